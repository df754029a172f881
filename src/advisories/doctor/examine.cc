#include "advisories/doctor/finding.h"

#include <algorithm>
#include <optional>

#include "advisories/doctor/effects.h"
#include "advisories/doctor/settings_table.h"
#include "advisories/doctor/text.h"
#include "base/path.h"

namespace checkrein::advisories {
namespace {

using notation::Node;

constexpr size_t kMaxShown = 200;  // bytes of a file's own words in one line

std::string Short(std::string_view text) {
  if (text.size() <= kMaxShown) return std::string(text);
  return std::string(text.substr(0, kMaxShown)) + "... (" + std::to_string(text.size()) + " bytes)";
}

std::vector<std::string_view> Split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(by, at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool IsOneOf(std::string_view word, std::string_view words) {
  const auto parts = Split(words, ' ');
  return std::find(parts.begin(), parts.end(), word) != parts.end();
}

// Whether `names` are what the pattern says. `**` stands in front only, so this is no search.
bool Matches(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& names) {
  const bool anywhere = !pattern.empty() && pattern[0] == "**";
  const size_t length = pattern.size() - (anywhere ? 1 : 0);
  // "experimental hook ** command": the two ends must fit.
  const auto middle = std::find(pattern.begin() + (anywhere ? 1 : 0), pattern.end(), "**");
  if (!anywhere && middle != pattern.end()) {
    const auto before = static_cast<size_t>(middle - pattern.begin()), after = pattern.size() - before - 1;
    if (names.size() < before + after) return false;
    for (size_t i = 0; i < before; ++i)
      if (pattern[i] != "*" && pattern[i] != names[i]) return false;
    for (size_t i = 0; i < after; ++i)
      if (pattern[pattern.size() - 1 - i] != "*" && pattern[pattern.size() - 1 - i] != names[names.size() - 1 - i]) return false;
    return true;
  }
  if (anywhere ? names.size() < length : names.size() != length) return false;
  for (size_t i = 0; i < length; ++i) {
    const std::string_view wanted = pattern[pattern.size() - length + i], name = names[names.size() - length + i];
    if (wanted != "*" && wanted != name) return false;
  }
  return true;
}

std::string AbsoluteOf(const std::string& path, const ExaminePlace& place) {
  return path.starts_with("~/") ? place.home + path.substr(1) : place.workspace + "/" + path;
}

class Examiner {
 public:
  Examiner(const std::string& path, const ExaminePlace& place, std::vector<Finding>& out) : path_(path), place_(place), out_(out) {}

  void Settings(const Node& root, Family family) {
    family_ = family;
    for (const SettingRow& row : SettingRows())
      if (row.family == family) rows_.push_back({&row, Split(row.pattern, ' ')});
    std::vector<std::string_view> names;
    Walk(root, names, 0);
  }

  void Servers(std::string_view text) {
    for (const ConfigPlace& config : ConfigPlaces(place_.home, place_.workspace)) {
      if (config.scope == "managed" || config.path != AbsoluteOf(path_, place_)) continue;
      const Result<advisories::Servers> servers = ServersIn(config, text);
      if (!servers) return;  // said by whoever parsed the settings
      for (const Server& server : servers->servers)
        if (server.project.empty() || server.project == place_.workspace) Add(server);
      for (const std::string& problem : servers->problems) Unreadable(problem, config.path);
    }
  }

  // `error` begins with "NAME:LINE:COLUMN: ", or with "NAME: ".
  void Unreadable(std::string_view error, std::string_view name) {
    notation::Position at;
    if (error.starts_with(name)) error.remove_prefix(name.size());
    for (uint32_t* number : {&at.line, &at.column}) {
      if (error.size() < 2 || error[0] != ':' || error[1] < '0' || error[1] > '9') break;
      error.remove_prefix(1);
      for (; !error.empty() && error[0] >= '0' && error[0] <= '9'; error.remove_prefix(1)) *number = *number * 10 + static_cast<uint32_t>(error[0] - '0');
    }
    if (error.starts_with(": ")) error.remove_prefix(2);
    Emit(Code::kUnreadable, at, {"unknown:?"}, Short(error));
  }

  void Emit(Code code, notation::Position at, std::vector<std::string> effects, std::string what) {
    AddFinding(out_, code, path_, at, std::move(effects), std::move(what));
  }

 private:
  struct Row {
    const SettingRow* row;
    std::vector<std::string_view> pattern;
  };

  void Add(const Server& server) {
    std::vector<std::string> words = {server.command};
    words.insert(words.end(), server.args.begin(), server.args.end());
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
    const bool remote = server.command.empty();
    std::vector<std::string> effects = remote ? std::vector<std::string>{EffectOfAddress(server.url)} : EffectsOfWords(words, place_);
    effects.push_back("tool:" + server.name + "/?");
    Emit(Code::kServer, server.at, std::move(effects), "server " + server.name + ": " + Short(remote ? ShownAddress(server.url) : line) + " (" + (server.origin.pinned ? "pinned: " : "not pinned: ") + server.origin.why + ")");
    if (out_.empty() || out_.back().code != Code::kServer) return;
    out_.back().server = server.name;
    out_.back().server_digest = server.DigestWith(place_.key);
    for (const auto& [name, value] : server.env) Variable(name, value, server.at, "for the server " + server.name + " ");
  }

  // The depth is bounded by the parser.
  void Walk(const Node& node, std::vector<std::string_view>& names, size_t depth) {
    for (const Row& row : rows_)
      if (Matches(row.pattern, names)) Read(*row.row, node, names);
    if (node.is_list()) {
      names.push_back("[]");
      for (const Node& item : node.items) Walk(item, names, depth + 1);
      names.pop_back();
    }
    for (const notation::Member& member : node.members) {
      // Editors write "chat.tools.autoApprove" for the nested names; a name of a command to approve is one name whatever it holds.
      const bool dotted = family_ == Family::kEditor && depth <= 1;
      const size_t before = names.size();
      if (dotted) {
        for (const std::string_view part : Split(member.name, '.')) names.push_back(part);
      } else {
        names.push_back(member.name);
      }
      Walk(member.value, names, depth + 1);
      names.resize(before);
    }
  }

  void Read(const SettingRow& row, const Node& node, const std::vector<std::string_view>& names) {
    const std::string what(row.what);
    switch (row.reading) {
      case Reading::kCommand: return Command(row, node);
      case Reading::kRule:
        if (node.is_text()) Emit(row.code, node.at, EffectsOfRule(node.text, place_), what + " " + Short(node.text));
        return;
      case Reading::kAllowed: return Allowed(row, node, names);
      case Reading::kTrue:
      case Reading::kFalse:
        if (node.kind == Node::Kind::kBoolean && node.boolean == (row.reading == Reading::kTrue)) Emit(row.code, node.at, EffectsOfSwitch(row.code), names.back() == "enabled" || Matches({"enabledPlugins", "*"}, names) ? what + " (" + Short(names.size() > 1 ? names[names.size() - (row.code == Code::kPlugIn ? 1 : 2)] : names.back()) + ")" : what);
        return;
      case Reading::kOneOf:
        if (node.is_text() && IsOneOf(node.text, row.words)) Emit(row.code, node.at, EffectsOfSwitch(row.code), what + " " + node.text);
        return;
      case Reading::kAny:
        if (node.kind != Node::Kind::kNull && !(node.kind == Node::Kind::kBoolean && !node.boolean)) Emit(row.code, node.at, EffectsOfSwitch(row.code), what + " " + Short(node.is_text() ? std::string_view(node.text) : names.back()));
        return;
      case Reading::kAddress:
        if (node.is_text() && !node.text.empty()) Emit(row.code, node.at, {EffectOfAddress(node.text)}, what + " " + Short(ShownAddress(node.text)));
        return;
      case Reading::kDirectory:
        if (node.is_text()) Emit(row.code, node.at, EffectsOfDirectory(node.text, place_), what + " " + Short(node.text));
        return;
      case Reading::kVariables:
        for (const notation::Member& member : node.members) Variable(member.name, member.value.text, member.at, "");
        return;
      case Reading::kTask:
        if (const Node* options = node.Find("runOptions"); options != nullptr && options->Text("runOn") == "folderOpen") Task(row, node);
        return;
    }
  }

  static std::vector<std::string> EffectsOfSwitch(Code code) {
    switch (code) {
      case Code::kMode: return {"exec:?", "write:?"};
      case Code::kTrust:
      case Code::kPlugIn: return {"exec:?"};
      case Code::kRedirect: return {"connect:?"};
      case Code::kDirectories: return {"read:?", "write:?"};
      case Code::kPermission: return {"unknown:?"};
      default: return {"configure:agent:guard"};
    }
  }

  void Command(const SettingRow& row, const Node& node) {
    if (node.is_text()) {
      if (!node.text.empty()) Emit(row.code, node.at, EffectsOfCommand(node.text, place_), std::string(row.what) + " " + Short(node.text));
    } else if (node.is_list()) {
      std::vector<std::string> words;
      std::string line;
      for (const Node& item : node.items) {
        if (!item.is_text()) return;
        words.push_back(item.text);
        line += (line.empty() ? "" : " ") + item.text;
      }
      if (!words.empty()) Emit(row.code, node.at, EffectsOfWords(words, place_), std::string(row.what) + " " + Short(line));
    } else {
      for (const notation::Member& member : node.members)
        if (!member.value.is_table()) Command(row, member.value);  // devcontainer: several under names of their own
    }
  }

  void Task(const SettingRow& row, const Node& node) {
    std::string line(node.Text("command"));
    if (const Node* args = node.Find("args"))
      for (const Node& arg : args->items) line += " " + arg.text;
    if (line.empty()) line = std::string(node.Text("script"));
    Emit(row.code, node.at, EffectsOfCommand(line, place_), std::string(row.what) + " " + Short(line));
  }

  // OpenCode: {"bash": "allow"} or {"bash": {"git *": "allow"}}.
  void Allowed(const SettingRow& row, const Node& node, const std::vector<std::string_view>& names) {
    if (!node.is_text() || node.text != "allow") return;
    const auto at = std::find(names.begin(), names.end(), "permission");
    const auto below = static_cast<size_t>(names.end() - at) - 1;
    const std::string_view tool = *(at + 1), pattern = below > 1 ? *(at + 2) : std::string_view();
    Emit(row.code, node.at, EffectsOfTool(tool, pattern, place_), std::string(row.what) + " " + Short(std::string(tool) + (pattern.empty() ? "" : " " + std::string(pattern))));
  }

  void Variable(std::string_view name, std::string_view value, notation::Position at, std::string_view whose) {
    const VariableRow* row = VariableRowOf(name);
    if (row == nullptr) return;
    const bool address = value.find("://") != std::string_view::npos;
    std::vector<std::string> effects = row->code == Code::kRedirect ? std::vector<std::string>{address ? EffectOfAddress(value) : "connect:?"} : std::vector<std::string>{"exec:?"};
    // A value may be a secret; an address and the names of programs are what a person must see.
    Emit(row->code, at, std::move(effects), std::string(whose) + Short(name) + " sets " + std::string(row->what) + ": " + Short(address ? ShownAddress(value) : value));
  }

  const std::string& path_;
  const ExaminePlace& place_;
  std::vector<Finding>& out_;
  Family family_ = Family::kNone;
  std::vector<Row> rows_;
};

bool IsConfigPlace(const std::string& path, const ExaminePlace& place) {
  const std::vector<ConfigPlace> places = ConfigPlaces(place.home, place.workspace);
  return std::any_of(places.begin(), places.end(), [&](const ConfigPlace& p) { return p.scope != "managed" && p.path == AbsoluteOf(path, place); });
}

}  // namespace

void AddFinding(std::vector<Finding>& out, Code code, const std::string& path, notation::Position at, std::vector<std::string> effects, std::string what) {
  if (out.size() >= kMaxFindings) return;
  Finding finding;
  finding.code = code;
  finding.path = path;
  finding.at = at;
  finding.effects = std::move(effects);
  finding.what = std::move(what);
  out.push_back(std::move(finding));
}

bool IsExaminedToo(std::string_view path) { return path == ".env" || path == ".gemini/.env" || path == ".claude/.env" || path == ".codex/.env"; }

std::vector<Finding> Examine(const std::string& path, std::string_view text, const ExaminePlace& place) {
  std::vector<Finding> out;
  Examiner examiner(path, place, out);
  const Family family = FamilyOf(path);
  const bool config = IsConfigPlace(path, place);
  if (family != Family::kNone || config) {
    // As liberally as the most liberal client reads it.
    const Result<Node> root = notation::Parse(text, path, path.ends_with(".toml") ? notation::Dialect::kToml : notation::Dialect::kJsonWithComments);
    if (!root) {
      examiner.Unreadable(root.error().text, path);
    } else {
      if (family != Family::kNone) examiner.Settings(*root, family);
      if (config) examiner.Servers(text);
    }
  }
  ExamineText(path, text, place, out);
  std::stable_sort(out.begin(), out.end(), [](const Finding& a, const Finding& b) { return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column); });
  return out;
}

}  // namespace checkrein::advisories
