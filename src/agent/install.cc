#include "agent/install.h"

#include <algorithm>
#include <vector>

#include "agent/json_edit.h"
#include "base/path.h"

namespace checkrein::agent {
namespace {

constexpr std::string_view kHookProgram = "checkrein-hook";
// Above this many pairs of lines a difference is one block out and one block in: settings files are far smaller.
constexpr size_t kMaxLinePairs = 4u << 20;

Error Refuse(const FileTemplate& file, std::string_view why) {
  return Error{Error::Kind::kInvalid, "~/" + file.path + ": " + std::string(why) + "; nothing was changed"};
}

// ---- merging into a settings file ----------------------------------------------------------------------------------------

// The entries to add, per event, with the hook command filled in.
Result<json::Value> Wanted(const FileTemplate& file, const HookCommand& hook) {
  // By this name our entries are known again later.
  if (hook.words.empty() || BaseName(hook.words.front()) != kHookProgram)
    return Error{Error::Kind::kInvalid, "hook command: the program must be called " + std::string(kHookProgram)};
  const Result<std::string> filled = FillTemplate(file.merge.Dump(), hook);
  if (!filled) return filled.error();
  return json::Parse(*filled);
}

// Whether an entry of a "hooks" list is ours: one handler, and its command starts our hook.
bool IsOurs(const json::Value& entry) {
  const json::Array* handlers = entry.At("hooks").array();
  if (handlers == nullptr || handlers->size() != 1) return false;
  const std::string_view command = handlers->front().Text("command");
  return BaseName(command.substr(0, command.find(' '))) == kHookProgram;
}

struct Settings {
  std::string_view text;
  json::Value value;
};

Result<Settings> ReadSettings(const FileTemplate& file, std::string_view text) {
  Result<json::Value> value = json::Parse(text);
  if (!value) {
    if (value.error().kind == Error::Kind::kLimit) return value.error();
    return Refuse(file, "is not plain JSON (" + value.error().text + "); add the hooks by hand or take comments out");
  }
  if (value->object() == nullptr) return Refuse(file, "must hold a JSON object");
  const json::Value* hooks = value->Find("hooks");
  if (hooks != nullptr && hooks->object() == nullptr) return Refuse(file, "\"hooks\" must be an object");
  if (hooks != nullptr)
    for (const auto& [event, entries] : *hooks->object())
      if (file.merge.At("hooks").Find(event) != nullptr && entries.array() == nullptr)
        return Refuse(file, "\"hooks\"." + json::Quote(event) + " must be a list");
  return Settings{text, std::move(value).take()};
}

// `text` with `element` as the last of the container at `span`, at the given depth of indentation.
std::string AppendElement(std::string_view text, Span span, const std::string& element, size_t level) {
  const std::string inner = "\n" + std::string(level * 2, ' ') + element;
  const std::optional<size_t> last = LastElementEnd(text, span);
  const std::string outer = last ? "" : "\n" + std::string((level - 1) * 2, ' ');
  const size_t at = last.value_or(span.begin + 1);
  return std::string(text.substr(0, at)) + (last ? "," : "") + inner + outer + std::string(text.substr(at));
}

// Adds what is wanted to a text that holds nothing of ours.
std::string Merge(std::string_view present, const json::Value& wanted) {
  std::string text(present);
  const std::optional<Span> hooks = MemberSpan(text, RootSpan(text), "hooks");
  if (!hooks) return AppendElement(text, RootSpan(text), "\"hooks\": " + PrettyJson(wanted.At("hooks"), 1), 1);
  for (const auto& [event, entries] : *wanted.At("hooks").object()) {
    const Span object = *MemberSpan(text, RootSpan(text), "hooks");
    const std::optional<Span> list = MemberSpan(text, object, event);
    if (!list) {
      text = AppendElement(text, object, json::Quote(event) + ": " + PrettyJson(entries, 2), 2);
      continue;
    }
    for (const json::Value& entry : *entries.array())
      text = AppendElement(text, *MemberSpan(text, *MemberSpan(text, RootSpan(text), "hooks"), event), PrettyJson(entry, 3), 3);
  }
  return text;
}

// Takes the text `cut` out of `text` once, if it stands there exactly once.
bool CutOnce(std::string& text, const std::string& cut) {
  const size_t at = text.find(cut);
  if (at == std::string::npos || text.find(cut, at + 1) != std::string::npos) return false;
  text.erase(at, cut.size());
  return true;
}

// The text before Merge, found by taking out what Merge puts in; right only if merging it again gives `present`.
std::optional<std::string> Unmerge(std::string_view present, const json::Value& wanted) {
  std::string text(present);
  const std::string member = "\n  \"hooks\": " + PrettyJson(wanted.At("hooks"), 1);
  if (!CutOnce(text, "," + member) && !CutOnce(text, member + "\n")) {
    const json::Object& events = *wanted.At("hooks").object();
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      const std::string list = "\n    " + json::Quote(event->first) + ": " + PrettyJson(event->second, 2);
      if (CutOnce(text, "," + list) || CutOnce(text, list + "\n  ")) continue;
      // The same entry stands under other events too: look only within this one's list.
      const std::optional<Span> hooks = MemberSpan(text, RootSpan(text), "hooks");
      const std::optional<Span> span = hooks ? MemberSpan(text, *hooks, event->first) : std::nullopt;
      if (!span) return std::nullopt;
      std::string entries = text.substr(span->begin, span->end - span->begin);
      for (const json::Value& entry : *event->second.array()) {
        const std::string element = "\n      " + PrettyJson(entry, 3);
        if (!CutOnce(entries, "," + element) && !CutOnce(entries, element + "\n    ")) return std::nullopt;
      }
      text.replace(span->begin, span->end - span->begin, entries);
    }
  }
  const Result<json::Value> value = json::Parse(text);
  if (!value || value->object() == nullptr || Merge(text, wanted) != present) return std::nullopt;
  return text;
}

bool HoldsOurs(const json::Value& settings) {
  const json::Object* hooks = settings.At("hooks").object();
  if (hooks == nullptr) return false;
  for (const auto& [event, entries] : *hooks)
    if (entries.array() != nullptr && std::any_of(entries.array()->begin(), entries.array()->end(), IsOurs)) return true;
  return false;
}

// Our entries out of the values; lists and "hooks" that are empty then go too.
json::Value WithoutOurs(const json::Value& settings) {
  json::Object hooks;
  for (const auto& [event, entries] : *settings.At("hooks").object()) {
    if (entries.array() == nullptr) {
      hooks.emplace_back(event, entries);
      continue;
    }
    json::Array kept;
    for (const json::Value& entry : *entries.array())
      if (!IsOurs(entry)) kept.push_back(entry);
    if (!kept.empty() || entries.array()->empty()) hooks.emplace_back(event, std::move(kept));
  }
  json::Object rest;
  for (const json::Member& member : *settings.object()) {
    if (member.first != "hooks") rest.push_back(member);
    else if (!hooks.empty()) rest.emplace_back("hooks", hooks);
  }
  return json::Value(std::move(rest));
}

std::string FreshText(const json::Value& wanted) { return PrettyJson(wanted) + "\n"; }

bool HasExactly(const json::Value& settings, const json::Value& wanted) {
  for (const auto& [event, entries] : *wanted.At("hooks").object()) {
    const json::Array* present = settings.At("hooks").At(event).array();
    if (present == nullptr) return false;
    json::Array ours;
    for (const json::Value& entry : *present)
      if (IsOurs(entry)) ours.push_back(entry);
    if (!(json::Value(ours) == entries)) return false;
  }
  return true;
}

Result<FileText> UnmergeFrom(const FileTemplate& file, const json::Value& wanted, const std::string& present) {
  const Result<Settings> settings = ReadSettings(file, present);
  if (!settings) return settings.error();
  if (!HoldsOurs(settings->value)) return FileText(present);
  if (present == FreshText(wanted)) return FileText();
  if (std::optional<std::string> exact = Unmerge(present, wanted)) return FileText(*std::move(exact));
  const json::Value rest = WithoutOurs(settings->value);
  return FileText(PrettyJson(rest) + "\n");
}

Result<FileText> MergeInto(const FileTemplate& file, const json::Value& wanted, const FileText& present) {
  if (!present || present->find_first_not_of(" \t\r\n") == std::string::npos) return FileText(FreshText(wanted));
  const Result<Settings> settings = ReadSettings(file, *present);
  if (!settings) return settings.error();
  if (HasExactly(settings->value, wanted)) return present;
  if (!HoldsOurs(settings->value)) return FileText(Merge(*present, wanted));
  const Result<FileText> clean = UnmergeFrom(file, wanted, *present);
  if (!clean) return clean.error();
  return *clean ? FileText(Merge(**clean, wanted)) : FileText(FreshText(wanted));
}

// ---- differences -----------------------------------------------------------------------------------------------------------

std::vector<std::string_view> Lines(const FileText& text) {
  std::vector<std::string_view> lines;
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    lines.push_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return lines;
}

struct Line {
  char mark;
  std::string_view text;
};

// A shortest list of lines kept, taken out and put in (longest common subsequence; quadratic, hence the cap).
std::vector<Line> Compare(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  std::vector<Line> lines;
  if (a.size() * b.size() > kMaxLinePairs) {
    for (const std::string_view line : a) lines.push_back({'-', line});
    for (const std::string_view line : b) lines.push_back({'+', line});
    return lines;
  }
  const size_t width = b.size() + 1;
  std::vector<uint32_t> common((a.size() + 1) * width, 0);
  for (size_t i = a.size(); i-- > 0;)
    for (size_t j = b.size(); j-- > 0;)
      common[i * width + j] = a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1 : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      lines.push_back({' ', a[i]});
      ++i, ++j;
    } else if (j == b.size() || (i < a.size() && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      lines.push_back({'-', a[i++]});
    } else {
      lines.push_back({'+', b[j++]});
    }
  }
  return lines;
}

}  // namespace

Result<FileText> Install(const FileTemplate& file, const HookCommand& hook, const FileText& present) {
  if (file.how == FileTemplate::How::kWhole) {
    Result<std::string> text = FillTemplate(file.text, hook);
    if (!text) return text.error();
    return FileText(std::move(text).take());
  }
  const Result<json::Value> wanted = Wanted(file, hook);
  if (!wanted) return wanted.error();
  return MergeInto(file, *wanted, present);
}

Result<FileText> Uninstall(const FileTemplate& file, const HookCommand& hook, const FileText& present) {
  if (!present) return FileText();
  if (file.how == FileTemplate::How::kWhole) return FileText();  // the file is ours by its name
  const Result<json::Value> wanted = Wanted(file, hook);
  if (!wanted) return wanted.error();
  return UnmergeFrom(file, *wanted, *present);
}

bool IsInstalled(const FileTemplate& file, const HookCommand& hook, const FileText& present) {
  if (!present) return false;
  const Result<FileText> after = Install(file, hook, present);
  return after && *after == present;
}

std::string Difference(std::string_view path, const FileText& before, const FileText& after) {
  constexpr size_t kContext = 2;
  if (before == after) return "";
  const std::vector<Line> lines = Compare(Lines(before), Lines(after));
  std::string out = std::string(path) + (before ? (after ? "" : " (removed)") : " (new)") + "\n";
  size_t shown = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const size_t first = i > kContext ? i - kContext : 0;
    const size_t last = std::min(lines.size(), i + kContext + 1);
    const bool near = std::any_of(lines.begin() + static_cast<std::ptrdiff_t>(first), lines.begin() + static_cast<std::ptrdiff_t>(last),
                                  [](const Line& line) { return line.mark != ' '; });
    if (!near) continue;
    if (i != shown) out += "  ...\n";
    out += std::string(1, lines[i].mark) + " " + std::string(lines[i].text) + "\n";
    shown = i + 1;
  }
  return out;
}

}  // namespace checkrein::agent
