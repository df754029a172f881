#include "monitor/earned.h"

#include <algorithm>

#include "base/path.h"
#include "policy/path_groups.h"

namespace checkrein::monitor {
namespace {

using Lies = DeclaredPlaces::Lies;

constexpr size_t kMaxNamed = 256;           // paths that one call names
constexpr size_t kMaxPathText = 4'096;      // PATH_MAX

// Where the names of programs stand, in order: a long chain has as many as it has reads.
std::vector<Span> ProgramNames(const EffectSet& effects) {
  std::vector<Span> names;
  for (const Effect& effect : effects.all())
    if (effect.op == Op::kExec && !effect.cause.empty()) names.push_back(effect.cause.front());
  std::sort(names.begin(), names.end());
  return names;
}

// Whether some word beside the names of programs caused it.
bool IsNamed(const Effect& read, const std::vector<Span>& programs) {
  if (read.cause.empty()) return true;
  return std::any_of(read.cause.begin(), read.cause.end(), [&](const Span& span) { return !std::binary_search(programs.begin(), programs.end(), span); });
}

bool Has(const std::vector<std::string_view>& groups, std::string_view group) { return std::find(groups.begin(), groups.end(), group) != groups.end(); }

// The pattern by which something is declared that lies in the path, or in the set and is there; "" for none.
std::string_view Holds(std::string_view object, const ReadingPlace& place) {
  const DeclaredPlaces::Answer answer = place.personal->Look(object, place.home, place.workspace);
  if (answer.lies == Lies::kOutside) return {};
  if (answer.lies == Lies::kWithin || !place.holds) return answer.pattern;
  const std::string_view where = object.starts_with('/') ? object.substr(0, std::max<size_t>(object.size() - 3, 1)) : place.workspace;
  return !where.empty() && place.holds(where) ? answer.pattern : std::string_view();
}

// What of it the action reads, in words; "" for nothing.
std::string PersonalRead(const analysis::Analysis& analysis, const ReadingPlace& place) {
  if (place.personal == nullptr || place.personal->empty()) return {};
  const auto says = [](std::string_view what, std::string_view pattern) { return std::string(what) + " declared as personal data by `" + std::string(pattern) + "`"; };
  for (const Effect& effect : analysis.effects.all())
    if (effect.op == Op::kRead)
      if (const std::string_view pattern = Holds(effect.object, place); !pattern.empty())
        return effect.object == "?" ? says("reads what is not known, perhaps what is", pattern) : says("reads " + effect.object + ",", pattern);
  for (const std::string& path : place.named)
    for (const std::string& object : {path, path == "/" ? std::string("/**") : path + "/**"})
      if (const std::string_view pattern = Holds(object, place); !pattern.empty()) return says("names " + path + ",", pattern);
  const auto is_git = [](const Effect& effect) { return effect.op == Op::kExec && BaseName(effect.object) == "git"; };
  if (place.committed && std::any_of(analysis.effects.all().begin(), analysis.effects.all().end(), is_git) && place.committed()) return "runs git in a repository that has personal data in it";
  if (analysis.coverage != Coverage::kOpaque || place.workspace.empty()) return {};
  const std::string_view pattern = Holds(std::string(place.workspace) + "/**", place);
  return pattern.empty() ? std::string() : says("nobody can tell what it reads, and the workspace holds what is", pattern);
}

void AddPath(std::string_view text, std::string_view cwd, std::string_view home, std::vector<std::string>& out) {
  if (text.starts_with("file://")) text.remove_prefix(7);
  if (text.empty() || text.size() > kMaxPathText || out.size() >= kMaxNamed || text.find('\0') != std::string_view::npos) return;
  std::string path = text == "~" || text.starts_with("~/") ? std::string(home) + std::string(text.substr(1)) : std::string(text);
  path = NormalizePath(path, cwd.starts_with('/') ? cwd : "/");
  if (std::find(out.begin(), out.end(), path) == out.end()) out.push_back(std::move(path));
}

// Recursion is bounded: JSON is read to a depth of 128.
void AddPaths(const json::Value& value, std::string_view cwd, std::string_view home, std::vector<std::string>& out) {
  if (const std::string* text = value.string()) {
    AddPath(*text, cwd, home, out);
    constexpr std::string_view kBetween = " \t\r\n\"'`=,;:|&<>()";
    for (size_t at = text->find_first_not_of(kBetween); at != std::string::npos && out.size() < kMaxNamed;) {
      const size_t end = std::min(text->find_first_of(kBetween, at), text->size());
      AddPath(std::string_view(*text).substr(at, end - at), cwd, home, out);
      at = text->find_first_not_of(kBetween, end);
    }
  } else if (const json::Array* items = value.array()) {
    for (const json::Value& item : *items) AddPaths(item, cwd, home, out);
  } else if (const json::Object* members = value.object()) {
    for (const auto& [name, member] : *members) AddPaths(member, cwd, home, out);
  }
}

}  // namespace

Earned EarnedByReading(const analysis::Analysis& analysis, const ReadingPlace& place, const analysis::Past& past) {
  bool secret = analysis.coverage == Coverage::kOpaque && place.secrets == WorkspaceSecrets::kThere;
  bool untrusted = false;
  const policy::Surroundings around{place.home, place.workspace, {}, {}};
  const std::vector<Span> programs = ProgramNames(analysis.effects);
  for (const Effect& effect : analysis.effects.all()) {
    if (effect.op != Op::kRead || !IsNamed(effect, programs)) continue;
    const auto groups = policy::GroupsOfPath(effect.object, around).in;
    secret |= Has(groups, "credentials") || Has(groups, "dotenv");
    if (effect.object == "?" || past.FindFile(effect.object) != nullptr) continue;
    const bool inside = Has(groups, "workspace") || Has(groups, "system") || Has(groups, "harmless") || Has(groups, "devices");
    const bool own = Has(groups, "home") && (Has(groups, "agent-config") || Has(groups, "instructions"));
    untrusted |= !inside && !own;
  }
  Earned earned;
  earned.note = PersonalRead(analysis, place);
  if (!earned.note.empty()) earned.labels.emplace_back("pii");
  if (secret) earned.labels.emplace_back("secret");
  if (untrusted) earned.labels.emplace_back("untrusted");
  return earned;
}

bool ListsDeclared(std::string_view index, std::string_view root, const DeclaredPlaces& places, std::string_view home, std::string_view workspace) {
  const auto number = [index](size_t at, size_t bytes) {
    uint64_t n = 0;
    for (size_t i = 0; i < bytes; ++i) n = n << 8 | static_cast<unsigned char>(index[at + i]);
    return n;
  };
  constexpr size_t kHeader = 12, kFlags = 60, kFixed = 62;  // up to an entry's flags, up to its name
  if (index.size() < kHeader || !index.starts_with("DIRC")) return true;
  const uint64_t version = number(4, 4), entries = number(8, 4);
  if (version != 2 && version != 3) return true;
  size_t at = kHeader;
  for (uint64_t i = 0; i < entries; ++i) {
    if (index.size() - at < kFixed + 2) return true;
    const bool extended = version == 3 && (number(at + kFlags, 2) & 0x4000) != 0;
    const size_t name = at + kFixed + (extended ? 2 : 0);
    const size_t end = index.find('\0', name);
    if (end == std::string_view::npos) return true;
    const std::string path = std::string(root) + "/" + std::string(index.substr(name, end - name));
    if (places.Look(path, home, workspace).lies == Lies::kWithin) return true;
    at += (end - at + 8) / 8 * 8;  // filled up with one to eight NULs
    if (at > index.size()) return true;
  }
  return false;
}

std::vector<std::string> PathsNamedIn(const json::Value& arguments, std::string_view cwd, std::string_view home) {
  std::vector<std::string> out;
  AddPaths(arguments, cwd, home, out);
  if (out.size() >= kMaxNamed) out.emplace_back("/");  // too many to tell: any
  return out;
}

}  // namespace checkrein::monitor
