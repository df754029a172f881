#include "effect/places.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/ascii.h"
#include "base/path.h"

namespace checkrein {
namespace {

struct Text {
  uint32_t at;
  uint16_t size;
};
enum class Anchor : uint8_t { kRoot, kHome, kFloating };
struct Pattern {
  Anchor anchor;
  bool subtree;  // everything beneath too
  uint8_t group;
  uint16_t first;
  uint8_t count;
  uint16_t row;
  Text written;
};
struct RowText {
  Text why;
  Text source;
};

#include "places_table.inc"

std::string_view View(Text text) { return {kBlob + text.at, text.size}; }

using Parts = std::vector<std::string_view>;

enum class Match : uint8_t { kNo, kMaybe, kYes };

Parts Split(std::string_view path) {
  constexpr size_t kUsual = 12;
  Parts parts;
  parts.reserve(kUsual);
  for (size_t at = 0; at < path.size();) {
    size_t end = path.find('/', at);
    if (end == std::string_view::npos) end = path.size();
    if (end > at) parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// Whether the first and last bytes rule a match out: nearly always, and far cheaper than looking for `*`. A pattern is never empty.
bool Differ(std::string_view pattern, std::string_view text) {
  if (text.empty()) return pattern != "*";
  return (pattern.front() != text.front() && pattern.front() != '*') || (pattern.back() != text.back() && pattern.back() != '*');
}

// `*` stands for any bytes of one component; there is at most a handful of them in a pattern.
bool Glob(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (text.size() < star || text.substr(0, star) != pattern.substr(0, star)) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (size_t at = star; at <= text.size(); ++at)
    if (Glob(rest, text.substr(at))) return true;
  return false;
}

// What is asked about: a path or a set, cut into folded components, from the root and (if it is in or above a home) from there.
struct Subject {
  bool is_set = false;
  bool strictly_in_workspace = false;
  bool above_home = false;  // a set that holds whole home directories
  bool in_home = false;
  Parts root;
  size_t home = 0;          // if in_home: the first component below the home directory
};

// The pattern's components against parts[from..].
Match MatchAt(const Pattern& p, const Parts& parts, size_t from, bool is_set) {
  const size_t have = parts.size() - from;
  if (!is_set && (have < p.count || (have > p.count && !p.subtree))) return Match::kNo;
  const size_t common = std::min<size_t>(have, p.count);
  for (size_t i = 0; i < common; ++i) {
    const std::string_view pattern = View(kComponents[p.first + i]);
    if (Differ(pattern, parts[from + i]) || !Glob(pattern, parts[from + i])) return Match::kNo;
  }
  if (have >= p.count) return have == p.count || p.subtree ? Match::kYes : Match::kNo;
  return is_set ? Match::kYes : Match::kNo;  // the set is above the place
}

Match Matches(const Pattern& p, const Subject& s) {
  switch (p.anchor) {
    case Anchor::kRoot: return MatchAt(p, s.root, 0, s.is_set);
    case Anchor::kHome:
      if (s.above_home) return Match::kYes;
      return s.in_home ? MatchAt(p, s.root, s.home, s.is_set) : Match::kNo;
    case Anchor::kFloating: break;
  }
  for (size_t from = 0; from < s.root.size(); ++from)
    if (const Match m = MatchAt(p, s.root, from, s.is_set); m == Match::kYes) return m;
  return s.is_set && !s.strictly_in_workspace ? Match::kMaybe : Match::kNo;
}

// `~` is the person's home, and anybody else's: an agent that runs as root can write there too.
void FindHome(Subject& s, const Parts& home) {
  const auto begins = [&s](const Parts& prefix) { return s.root.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), s.root.begin()); };
  size_t skip = 0;
  if (!home.empty() && begins(home)) {
    skip = home.size();
  } else if (s.root.size() >= 2 && s.root[0] == "home") {
    skip = 2;
  } else if (!s.root.empty() && s.root[0] == "root") {
    skip = 1;
  }
  s.in_home = skip > 0;
  s.home = skip;
  const bool over_home = s.root.size() < home.size() && std::equal(s.root.begin(), s.root.end(), home.begin());
  s.above_home = s.is_set && !s.in_home && (s.root.empty() || over_home || (s.root.size() == 1 && s.root[0] == "home"));
}

// Strips what only spells the root differently: /proc/self/root/etc is /etc.
std::string_view WithoutProcRoot(std::string_view path) {
  for (int i = 0; i < 8 && path.starts_with("/proc/"); ++i) {
    const size_t pid_end = path.find('/', 6);
    if (pid_end == std::string_view::npos) break;
    std::string_view rest = path.substr(pid_end);
    if (rest.starts_with("/task/")) {
      const size_t tid_end = rest.find('/', 6);
      if (tid_end == std::string_view::npos) break;
      rest = rest.substr(tid_end);
    }
    if (rest == "/root") return "/";
    if (!rest.starts_with("/root/")) break;
    path = rest.substr(5);
  }
  return path;
}

constexpr std::string_view kHarmlessDevices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty"};
constexpr std::string_view kSystemRoots[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/var", "/boot", "/proc", "/sys", "/run", "/srv"};
constexpr std::string_view kTempRoots[] = {"/tmp", "/var/tmp", "/dev/shm", "/home/runner/work/_temp"};  // the last: of a CI runner
constexpr std::string_view kPositions[] = {"workspace", "home", "temp", "harmless", "devices", "system", "elsewhere", "anywhere"};
constexpr std::string_view kHostGroups[] = {"metadata", "loopback", "private", "link-local", "unknown-host"};

void AddPositions(std::string_view path, bool is_set, std::string_view home, std::string_view workspace, std::vector<std::string_view>& out) {
  const auto under = [path](std::string_view root) { return !root.empty() && IsBeneath(path, root); };
  const auto any = [&under](auto& roots) { return std::any_of(std::begin(roots), std::end(roots), under); };
  const size_t before = out.size();
  if (under(workspace)) out.push_back("workspace");
  if (under(home)) out.push_back("home");
  // A project that lies in /tmp or /srv is a project: what is permitted for temporary or system files must not loosen what it protects.
  if (out.size() > before && out[before] == "workspace") return;
  if (any(kTempRoots)) {
    out.push_back("temp");
  } else if (under("/dev")) {
    const bool harmless = !is_set && (path.starts_with("/dev/fd/") || std::find(std::begin(kHarmlessDevices), std::end(kHarmlessDevices), path) != std::end(kHarmlessDevices));
    out.push_back(harmless ? "harmless" : "devices");
  } else if (any(kSystemRoots)) {
    out.push_back("system");
  }
  if (out.size() == before) out.push_back("elsewhere");
}

// The patterns by a component that they need, so that a path is held against a handful of several hundred: those with no such component
// (each of theirs has a `*`) stand in the last list, with the first and the last byte that some component must have.
constexpr size_t kLists = 256;

constexpr size_t ListOf(std::string_view component) {
  size_t hash = component.size();
  for (const char c : component) hash = hash * 31 + static_cast<unsigned char>(c);
  return (hash ^ hash >> 8) % kLists;
}

constexpr std::string_view ComponentOf(size_t pattern, size_t i) {
  const Text text = kComponents[kPatterns[pattern].first + i];
  return {kBlob + text.at, text.size};
}

// The longest component without a `*` says most.
constexpr size_t ListOfPattern(size_t pattern) {
  std::string_view longest;
  for (size_t i = 0; i < kPatterns[pattern].count; ++i)
    if (const std::string_view c = ComponentOf(pattern, i); c.find('*') == std::string_view::npos && c.size() > longest.size()) longest = c;
  return longest.empty() ? kLists : ListOf(longest);
}

struct PatternLists {
  std::array<uint16_t, kLists + 2> begins{};
  std::array<uint16_t, std::size(kPatterns)> patterns{};
};
static_assert(std::size(kPatterns) < 65536);
constexpr PatternLists kByComponent = [] {
  PatternLists lists;
  std::array<uint16_t, std::size(kPatterns)> of{};
  for (size_t i = 0; i < of.size(); ++i) ++lists.begins[(of[i] = static_cast<uint16_t>(ListOfPattern(i))) + 1u];
  for (size_t l = 1; l < lists.begins.size(); ++l) lists.begins[l] = static_cast<uint16_t>(lists.begins[l] + lists.begins[l - 1]);
  auto at = lists.begins;
  for (size_t i = 0; i < of.size(); ++i) lists.patterns[at[of[i]]++] = static_cast<uint16_t>(i);
  return lists;
}();

// Bits for the first and the last byte of a component; of a pattern those that are not `*`.
constexpr uint64_t EdgesOf(std::string_view component) {
  const auto bit = [](char c) { return c == '*' ? uint64_t{0} : uint64_t{1} << (static_cast<unsigned char>(c) % 32); };
  return bit(component.front()) | bit(component.back()) << 32;
}

constexpr auto kEdges = [] {
  std::array<uint64_t, std::size(kPatterns)> edges{};
  for (size_t i = 0; i < edges.size(); ++i)
    for (size_t c = 0; c < kPatterns[i].count; ++c) edges[i] |= EdgesOf(ComponentOf(i, c));
  return edges;
}();

Subject SubjectOf(std::string_view folded, std::string_view folded_home, bool is_set) {
  Subject s;
  s.is_set = is_set;
  s.root = Split(folded);
  FindHome(s, Split(folded_home));
  return s;
}

// Calls `found(pattern, match)` for every row that matches, in the order of the table.
template <typename Found>
void ForEachMatch(const Subject& s, Found found) {
  for (const Pattern& p : kPatterns)
    if (const Match m = Matches(p, s); m != Match::kNo) found(p, m);
}

// The same for a path, in any order, and a pattern perhaps twice. (A set may stand above a place whose components it lacks.)
template <typename Found>
void ForEachMatchOfPath(const Subject& s, Found found) {
  const auto look = [&](size_t list, uint64_t edges) {
    for (size_t i = kByComponent.begins[list]; i < kByComponent.begins[list + 1]; ++i) {
      const size_t pattern = kByComponent.patterns[i];
      if ((kEdges[pattern] & ~edges) != 0) continue;
      if (const Match m = Matches(kPatterns[pattern], s); m != Match::kNo) found(kPatterns[pattern], m);
    }
  };
  uint64_t edges = 0;
  for (const std::string_view part : s.root) edges |= EdgesOf(part);
  for (const std::string_view part : s.root) look(ListOf(part), edges);
  look(kLists, edges);
}

bool IsStrictlyBeneath(std::string_view path, std::string_view root) { return !root.empty() && path.size() > root.size() && IsBeneath(path, root); }

std::string_view CutSet(std::string_view path, bool& is_set) {
  is_set = path.ends_with("/**");
  if (is_set) path.remove_suffix(3);
  return path.empty() ? "/" : path;
}

}  // namespace

std::vector<std::string_view> PlaceGroups(std::string_view written, std::string_view home, std::string_view workspace) {
  if (written == "?") return {"anywhere"};
  bool is_set = false;
  const std::string_view path = WithoutProcRoot(CutSet(written, is_set));
  constexpr size_t kUsual = 8;
  std::vector<std::string_view> groups;
  groups.reserve(kUsual);
  AddPositions(path, is_set, home, workspace, groups);
  std::array<Match, std::size(kGroups)> best{};
  const auto note = [&best](const Pattern& p, Match m) { best[p.group] = std::max(best[p.group], m); };
  const std::string folded = AsciiLower(path), folded_home = AsciiLower(home);
  Subject s = SubjectOf(folded, folded_home, is_set);
  s.strictly_in_workspace = IsStrictlyBeneath(path, workspace);
  if (is_set) {
    ForEachMatch(s, note);
  } else {
    ForEachMatchOfPath(s, note);
  }
  for (size_t g = 0; g < best.size(); ++g) {
    if (best[g] == Match::kYes) groups.push_back(kGroups[g]);
    if (best[g] == Match::kMaybe) groups.push_back(kMaybeGroups[g]);
  }
  return groups;
}

std::vector<ProtectedPlace> PlacesOf(std::string_view written, std::string_view home, std::string_view workspace) {
  bool is_set = false;
  const std::string_view path = WithoutProcRoot(CutSet(written, is_set));
  std::vector<ProtectedPlace> places;
  if (written == "?") return places;
  const std::string folded = AsciiLower(path), folded_home = AsciiLower(home);
  Subject s = SubjectOf(folded, folded_home, is_set);
  s.strictly_in_workspace = IsStrictlyBeneath(path, workspace);
  ForEachMatch(s, [&places](const Pattern& p, Match m) {
    if (m != Match::kYes) return;
    places.push_back({View(p.written), kGroups[p.group], View(kRows[p.row].why), View(kRows[p.row].source)});
  });
  return places;
}

std::vector<std::string> PlacesBeneath(std::string_view path) {
  const std::string folded = AsciiLower(path);
  const Parts parts = Split(folded);
  std::vector<std::string> out;
  for (const Pattern& p : kPatterns) {
    const std::string_view written = View(p.written);
    if (!written.starts_with("**/")) continue;
    const std::string lower = AsciiLower(written.substr(3));
    const Parts names = Split(lower);
    for (size_t known = 1; known < names.size() && known <= parts.size(); ++known) {
      if (!std::equal(names.begin(), names.begin() + static_cast<ptrdiff_t>(known), parts.end() - static_cast<ptrdiff_t>(known))) continue;
      std::string example(path);
      for (size_t i = known; i < names.size(); ++i) {
        example += '/';
        for (const char c : names[i]) example += c == '*' ? 'x' : c;
      }
      out.push_back(std::move(example));
    }
  }
  return out;
}

std::vector<std::string_view> HostGroups(std::string_view written) {
  if (written == "?") return {"unknown-host"};
  std::string host = AsciiLower(written);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.starts_with("::ffff:") && host.find('.') != std::string::npos) host = host.substr(7);
  while (host.size() > 1 && host.back() == '.') host.pop_back();
  std::vector<std::string_view> groups;
  for (const Text text : kMetadataHosts)
    if (View(text) == host) groups.push_back("metadata");
  const bool number = !host.empty() && host.find_first_not_of("0123456789.") == std::string::npos;
  if (host == "localhost" || host.ends_with(".localhost") || host == "::1" || host == "ip6-localhost" || (number && host.starts_with("127."))) groups.push_back("loopback");
  if (number && (host == "0.0.0.0" || host == "0")) groups.push_back("loopback");
  if (number && host.starts_with("169.254.")) groups.push_back("link-local");
  if (host.find(':') != std::string::npos && (host.starts_with("fe8") || host.starts_with("fe9") || host.starts_with("fea") || host.starts_with("feb"))) groups.push_back("link-local");
  bool is_private = number && (host.starts_with("10.") || host.starts_with("192.168."));
  if (number && host.starts_with("172.") && host.size() > 6 && host[6] == '.') {
    const int second = (host[4] - '0') * 10 + (host[5] - '0');
    is_private = is_private || (second >= 16 && second <= 31);
  }
  if (number && host.starts_with("100.") && host.size() > 6) {
    const size_t dot = host.find('.', 4);
    const std::string second = host.substr(4, dot == std::string::npos ? 0 : dot - 4);
    is_private = is_private || (second.size() == 2 && second >= "64") || (second.size() == 3 && second <= "127");
  }
  if (host.find(':') != std::string::npos && (host.starts_with("fc") || host.starts_with("fd"))) is_private = true;
  if (is_private) groups.push_back("private");
  return groups;
}

std::vector<std::string_view> AllPlaceGroups() {
  std::vector<std::string_view> all(std::begin(kPositions), std::end(kPositions));
  all.insert(all.end(), std::begin(kGroups), std::end(kGroups));
  all.insert(all.end(), std::begin(kMaybeGroups), std::end(kMaybeGroups));
  all.insert(all.end(), std::begin(kHostGroups), std::end(kHostGroups));
  return all;
}

}  // namespace checkrein
