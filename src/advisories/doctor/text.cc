#include "advisories/doctor/text.h"

#include <algorithm>

#include "advisories/doctor/effects.h"
#include "advisories/doctor/settings_table.h"
#include "analysis/signs/hidden.h"
#include "analysis/signs/signs.h"
#include "base/path.h"

namespace checkrein::advisories {
namespace {

constexpr size_t kMaxHidden = 16;     // of one file: one is enough to look at it
constexpr size_t kMaxShown = 120;
constexpr size_t kMaxHeadLines = 200;

notation::Position PositionOf(std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, at);
  const size_t line = before.rfind('\n');
  return {static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n') + 1), static_cast<uint32_t>(at - (line == std::string_view::npos ? 0 : line + 1) + 1)};
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

void Hidden(const std::string& path, std::string_view text, std::vector<Finding>& out) {
  uint32_t line = 0;
  size_t found = 0;
  for (std::optional<analysis::HiddenText> at = analysis::FindHiddenText(text, 0); at && found < kMaxHidden; at = analysis::FindHiddenText(text, at->at + at->size)) {
    const notation::Position where = PositionOf(text, at->at);
    if (where.line == line) {  // once for each line
      const size_t end = text.find('\n', at->at);
      if (end == std::string_view::npos) break;
      at = analysis::HiddenText{end, 0, {}};
      continue;
    }
    line = where.line;
    ++found;
    AddFinding(out, Code::kHiddenText, path, where, {}, std::string(at->what));
  }
}

void Comments(const std::string& path, std::string_view text, std::vector<Finding>& out) {
  // A comment ends at the first "-->", whatever begins in it; so each byte is looked at once.
  for (size_t at = text.find("<!--"), end = 0; at != std::string_view::npos; at = end == std::string_view::npos ? end : text.find("<!--", end)) {
    end = text.find("-->", at);
    const std::string_view comment = text.substr(at, end == std::string_view::npos ? end : end + 3 - at);
    const std::vector<std::string_view> signs = analysis::InjectionSigns(comment);
    if (signs.empty() || (signs.size() == 1 && signs[0] == "hidden text")) continue;  // said by itself
    std::string named;
    for (const std::string_view sign : signs) named += (named.empty() ? "" : ", ") + std::string(sign);
    AddFinding(out, Code::kHiddenComment, path, PositionOf(text, at), {}, "a comment that readers do not see (" + named + "): " + std::string(Trim(comment.substr(4, kMaxShown))));
  }
}

// `allowed-tools: Bash(git:*), Write` of a skill or command; a value in brackets or a list of lines "- Bash" as well.
void Rules(const std::string& path, std::string_view value, notation::Position at, const ExaminePlace& place, std::vector<Finding>& out) {
  size_t depth = 0, begin = 0;
  for (size_t i = 0; i <= value.size(); ++i) {
    const char c = i < value.size() ? value[i] : ',';
    if (c == '(') ++depth;
    if (c == ')' && depth > 0) --depth;
    if (c != ',' || (depth > 0 && i < value.size())) continue;
    std::string_view rule = Trim(value.substr(begin, i - begin));
    begin = i + 1;
    while (!rule.empty() && (rule.front() == '[' || rule.front() == '"' || rule.front() == '\'')) rule.remove_prefix(1);
    while (!rule.empty() && (rule.back() == ']' || rule.back() == '"' || rule.back() == '\'')) rule.remove_suffix(1);
    if (!rule.empty()) AddFinding(out, Code::kPermission, path, at, EffectsOfRule(rule, place), "when it is used it permits " + std::string(rule.substr(0, kMaxShown)));
  }
}

// The lines between "---" and "---" at the top.
void Head(const std::string& path, std::string_view text, const ExaminePlace& place, std::vector<Finding>& out) {
  if (!text.starts_with("---")) return;
  std::string_view list;  // the key whose list of lines we are in
  size_t at = text.find('\n');
  for (uint32_t line = 2; at != std::string_view::npos && line < kMaxHeadLines; ++line) {
    const size_t begin = at + 1;
    at = text.find('\n', begin);
    const std::string_view raw = text.substr(begin, at == std::string_view::npos ? at : at - begin);
    const std::string_view trimmed = Trim(raw);
    if (trimmed == "---") return;
    const notation::Position where{line, 1};
    if (trimmed.starts_with("- ") && list == "allowed-tools") {
      Rules(path, trimmed.substr(2), where, place, out);
      continue;
    }
    const size_t colon = trimmed.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = Trim(trimmed.substr(0, colon)), value = Trim(trimmed.substr(colon + 1));
    list = value.empty() ? key : std::string_view();
    if (key == "allowed-tools" && !value.empty()) Rules(path, value, where, place, out);
    if (key == "permissionMode" && (value == "bypassPermissions" || value == "acceptEdits" || value == "dontAsk" || value == "auto")) AddFinding(out, Code::kMode, path, where, {"exec:?", "write:?"}, "permission mode " + std::string(value));
    if (key == "command" && !value.empty()) AddFinding(out, Code::kStarts, path, where, EffectsOfCommand(value, place), "a hook of its own runs " + std::string(value.substr(0, kMaxShown)));
  }
}

// Claude Code runs !`COMMAND` of a command or skill when a person or the model uses it, before the model reads it.
void Inlined(const std::string& path, std::string_view text, const ExaminePlace& place, std::vector<Finding>& out) {
  for (size_t at = text.find("!`"); at != std::string_view::npos; at = text.find("!`", at + 2)) {
    const size_t end = text.find('`', at + 2);
    if (end == std::string_view::npos) return;
    const std::string_view command = text.substr(at + 2, end - at - 2);
    if (command.find('\n') != std::string_view::npos || command.empty()) continue;
    AddFinding(out, Code::kStarts, path, PositionOf(text, at), EffectsOfCommand(command, place), "when it is used it runs " + std::string(command.substr(0, kMaxShown)));
    at = end;
  }
}

void DotEnv(const std::string& path, std::string_view text, std::vector<Finding>& out) {
  uint32_t line = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view raw = Trim(text.substr(at, end - at));
    at = end + 1;
    ++line;
    if (raw.starts_with("export ")) raw = Trim(raw.substr(7));
    const size_t equals = raw.find('=');
    if (equals == std::string_view::npos || raw.starts_with('#')) continue;
    const std::string_view name = Trim(raw.substr(0, equals));
    const VariableRow* row = VariableRowOf(name);
    // Programs of the project may well have a proxy or an address of their own; only agents' homes and loaders are never theirs to set.
    if (row == nullptr || (row->code == Code::kRedirect && !name.ends_with("_BASE_URL"))) continue;
    std::string_view value = Trim(raw.substr(equals + 1));
    while (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == '"' || value.back() == '\'')) value.remove_suffix(1);
    AddFinding(out, row->code, path, {line, 1}, {row->code == Code::kRedirect ? EffectOfAddress(value) : "exec:?"}, std::string(name) + " sets " + std::string(row->what) + ": " + ShownAddress(value).substr(0, kMaxShown));
  }
}

}  // namespace

void ExamineText(const std::string& path, std::string_view text, const ExaminePlace& place, std::vector<Finding>& out) {
  if (text.find('\0') != std::string_view::npos) return;
  const std::string_view name = BaseName(path);
  if (name == ".env") return DotEnv(path, text, out);
  Hidden(path, text, out);
  const bool markdown = name.ends_with(".md") || name.ends_with(".mdc") || name.ends_with(".markdown") || name.find('.') == std::string_view::npos || name.starts_with('.');
  if (!markdown) return;
  Comments(path, text, out);
  Head(path, text, place, out);
  if (path.find("/commands/") != std::string::npos || path.find("/skills/") != std::string::npos) Inlined(path, text, place, out);
}

}  // namespace checkrein::advisories
