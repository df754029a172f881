// A shell that was kept between calls: what it starts with, and what it leaves (analysis/past.h).
#include "analysis/past.h"

#include <algorithm>

#include "analysis/shell/interpreter.h"
#include "analysis/shell/print.h"

namespace checkrein::analysis::shell {
namespace {

// Set anew by every shell, or its own.
bool IsShellsOwn(std::string_view name) {
  for (const std::string_view own : {"PWD", "OLDPWD", "REPLY", "OPTARG", "OPTIND", "RANDOM", "SRANDOM", "SECONDS", "LINENO", "UID", "EUID", "PPID", "BASHPID", "EPOCHSECONDS", "COLUMNS", "LINES", "SHLVL",
                                     "BASH_REMATCH", "COPROC", "PIPESTATUS"})
    if (name == own) return true;
  return false;
}

bool IsKept(std::string_view name) {
  if (name.starts_with("(a)") || name.starts_with("(h)") || name.starts_with("(n)")) return true;
  return !name.starts_with('(') && !IsShellsOwn(name);
}

// The only function in `text`, which outlives it in `session`; nullptr when it is not one.
const Command* ReadFunction(Session& session, const std::string& text) {
  session.scripts.push_back(std::make_unique<Script>(Parse(text)));
  const Script& script = *session.scripts.back();
  if (script.error || script.list.items.size() != 1 || script.list.items[0].pipeline.commands.size() != 1) return nullptr;
  const Function* function = std::get_if<Function>(&script.list.items[0].pipeline.commands[0].what);
  return function != nullptr ? function->body.get() : nullptr;
}

}  // namespace

void Interpreter::Recall(const Past& past) {
  for (const Past::Name& name : past.names) {
    Cell cell;
    cell.presence = Cell::Presence::kSet;
    cell.exported = name.exported;
    cell.value.known = static_cast<Known>(name.known);
    cell.value.text = name.text;
    cell.value.data = !cell.value.exact();
    state_.Set(name.name, std::move(cell));
  }
  for (const Past::Function& function : past.functions) {
    const std::string name = "(f)" + function.name;
    Cell cell;
    cell.presence = Cell::Presence::kSet;
    cell.bodies = {function.text.empty() ? nullptr : ReadFunction(session_, function.text)};
    const Cell* other = state_.Find(name);
    state_.Set(name, other != nullptr ? JoinCells(*other, cell) : cell);
  }
  if (!past.places.empty()) {
    Cell directory = Directory();
    for (const std::string& place : past.places)
      if (std::find(directory.places.begin(), directory.places.end(), place) == directory.places.end()) directory.places.push_back(place);
    state_.Set("(cwd)", std::move(directory));
  }
  if (past.lost) Unknown("earlier-state", Span{}, "earlier calls left more in the shell than is kept");
}

Past Interpreter::Leave() {
  SettleDirectory();
  Past past;
  past.lost = session_.place.past != nullptr && session_.place.past->lost;
  size_t function_bytes = 0;
  for (const auto& [name, cell] : state_.cells()) {
    if (name.starts_with("(f)")) {
      for (const Command* body : cell.bodies) {
        std::string text = body != nullptr ? PrintFunction(name.substr(3), *body) : "";
        // What does not read back as itself is kept as not known.
        if (function_bytes + text.size() > Past::kMaxFunctionBytes || (body != nullptr && !ReadsBack(text))) text.clear();
        function_bytes += text.size();
        past.functions.push_back({name.substr(3), std::move(text)});
      }
      continue;
    }
    if (!IsKept(name) || cell.presence == Cell::Presence::kUnset) continue;
    if (name == "HOME" && cell.value == Exactly(session_.place.home)) continue;
    if (name == "IFS" && cell.value == Exactly(" \t\n")) continue;
    Past::Name kept{name, static_cast<Past::Name::Known>(cell.value.known), cell.value.text, cell.exported};
    if (cell.array) kept = {name, Past::Name::Known::kNothing, "", cell.exported};
    if (cell.presence == Cell::Presence::kMaybe && cell.value == Value{} && !cell.exported && !name.starts_with('(')) continue;
    if (kept.text.size() > Past::kMaxText) {
      kept.text.resize(Past::kMaxText);
      kept.known = Past::Name::Known::kPrefix;
    }
    past.names.push_back(std::move(kept));
  }
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  std::sort(past.names.begin(), past.names.end(), by_name);
  std::stable_sort(past.functions.begin(), past.functions.end(), by_name);
  const std::vector<std::string>& places = Directory().places;
  if (places != std::vector<std::string>{session_.place.cwd}) past.places = places;
  if (past.names.size() > Past::kMaxNames || past.functions.size() > Past::kMaxFunctions || past.places.size() > Past::kMaxPlaces) {
    past.lost = true;
    past.names.resize(std::min(past.names.size(), Past::kMaxNames));
    past.functions.resize(std::min(past.functions.size(), Past::kMaxFunctions));
    past.places.resize(std::min(past.places.size(), Past::kMaxPlaces));
  }
  return past;
}

bool Interpreter::ReadsBack(const std::string& text) {
  const Script script = Parse(text);
  if (script.error || script.list.items.size() != 1 || script.list.items[0].pipeline.commands.size() != 1) return false;
  const Function* function = std::get_if<Function>(&script.list.items[0].pipeline.commands[0].what);
  return function != nullptr && PrintFunction(*function) == text;
}

}  // namespace checkrein::analysis::shell
