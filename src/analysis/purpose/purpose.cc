#include "analysis/purpose/purpose.h"

#include <algorithm>
#include <array>

#include "analysis/purpose/rules.h"
#include "base/ascii.h"
#include "base/path.h"

namespace checkrein::analysis {
namespace {

constexpr size_t kMaxWords = 400;  // of a goal: what it is for is said early

constexpr std::array<std::string_view, kPurposes> kNames = {"unknown", "research", "edit", "build", "test", "vcs", "deps", "deploy", "admin"};

bool IsWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; }

bool Lists(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const size_t end = words.find(' ');
    const std::string_view word = words.substr(0, end);
    if (word.ends_with('*') ? wanted.starts_with(word.substr(0, word.size() - 1)) : word == wanted) return true;
    words = end == std::string_view::npos ? std::string_view() : words.substr(end + 1);
  }
  return false;
}

Purpose OfWord(std::string_view word) {
  for (const WordPurpose& row : WordPurposes())
    if (Lists(row.words, word)) return row.purpose;
  return Purpose::kUnknown;
}

struct Said {
  std::vector<Purpose> purposes;  // in the order in which they are said
  std::string first_word;
};

Said ReadWords(std::string_view text) {
  Said said;
  size_t words = 0;
  for (size_t at = 0; at < text.size() && words < kMaxWords;) {
    if (!IsWord(text[at])) {
      ++at;
      continue;
    }
    std::string word;
    for (; at < text.size() && IsWord(text[at]); ++at) word += AsciiLower(text[at]);
    ++words;
    const Purpose purpose = OfWord(word);
    if (purpose == Purpose::kUnknown) continue;
    if (said.purposes.empty()) said.first_word = word;
    said.purposes.push_back(purpose);
  }
  return said;
}

// The first word of `command` behind `cause` that is no option and on the same simple command; "" when there is none.
std::string_view FirstOperand(std::string_view command, const Effect& effect) {
  if (effect.cause.empty()) return {};
  for (size_t at = effect.cause.front().end; at < command.size();) {
    if (command[at] == ' ' || command[at] == '\t') {
      ++at;
      continue;
    }
    const size_t end = std::min(command.find_first_of(" \t\n;&|<>()", at), command.size());
    if (end == at) return {};
    const std::string_view word = command.substr(at, end - at);
    if (!word.starts_with('-')) return word;
    at = end;
  }
  return {};
}

struct Done {
  Purpose purpose = Purpose::kUnknown;
  std::string by;
};

Done OfProgram(const Effect& effect, std::string_view command) {
  const std::string_view program = BaseName(effect.object);
  const std::string_view operand = FirstOperand(command, effect);
  for (const ProgramPurpose& row : ProgramPurposes()) {
    if (row.program != program || (!row.words.empty() && !Lists(row.words, operand))) continue;
    return {row.purpose, std::string(program) + (row.words.empty() ? "" : " " + std::string(operand))};
  }
  return {};
}

Done OfEffect(const Effect& effect, const PurposeQuestion& question) {
  const auto named = [&](Purpose purpose) { return Done{purpose, ToString(effect)}; };
  switch (effect.op) {
    case Op::kExec:
      return OfProgram(effect, question.command);
    case Op::kInstall:
      return named(Purpose::kDeps);
    case Op::kPush:
      return named(effect.object.find_first_of(".:") == std::string::npos ? Purpose::kVcs : Purpose::kDeploy);  // `origin`; an upload to an address
    case Op::kPrivilege:
      return named(Purpose::kAdmin);
    case Op::kWrite:
    case Op::kDelete:
      if (effect.object == "?" || effect.object.starts_with("/dev/") || effect.object.starts_with("/tmp/")) return {};
      if (IsBeneath(effect.object, question.workspace)) return named(Purpose::kEdit);
      return effect.object.starts_with("/home/") || effect.object.starts_with("/root/") ? Done{} : named(Purpose::kAdmin);
    case Op::kRead:
    case Op::kConnect:
      return named(Purpose::kResearch);
    default:
      return {};
  }
}

}  // namespace

std::string_view PurposeName(Purpose purpose) { return kNames[static_cast<size_t>(purpose)]; }

std::string_view MatchName(Match match) { return match == Match::kYes ? "yes" : match == Match::kNo ? "no" : "unknown"; }

Interpretation InterpretPurpose(const PurposeQuestion& question, const EffectSet& effects) {
  Interpretation out;
  Done done;
  for (const Effect& effect : effects.all()) {
    Done one = OfEffect(effect, question);
    if (one.purpose > done.purpose) done = std::move(one);
  }
  out.done = done.purpose;
  Said said = ReadWords(question.intent);
  const bool by_goal = said.purposes.empty();
  if (by_goal) said = ReadWords(question.goal);
  if (!said.purposes.empty()) out.said = said.purposes.front();
  if (out.said != Purpose::kUnknown) out.reasons.push_back(std::string(by_goal ? "goal" : "said") + ": " + std::string(PurposeName(out.said)) + ", by \"" + said.first_word + "\"");
  if (out.done != Purpose::kUnknown) out.reasons.push_back("does: " + std::string(PurposeName(out.done)) + ", by " + done.by);
  if (out.said == Purpose::kUnknown || out.done == Purpose::kUnknown) return out;
  const bool expected = std::any_of(said.purposes.begin(), said.purposes.end(), [&](Purpose purpose) { return Expected(purpose, out.done); });
  out.match = expected ? Match::kYes : Match::kNo;
  if (!expected) out.reasons.push_back("nobody who says " + std::string(PurposeName(out.said)) + " is expected to do " + std::string(PurposeName(out.done)));
  return out;
}

}  // namespace checkrein::analysis
