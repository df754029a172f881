#include "effect/declared.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/path.h"

namespace checkrein {
namespace {

constexpr std::string_view kAny = "**";

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    if (end > at) parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// `*` and `?` within one component; back to the last `*` at a mismatch, so that the cost is the product of the two lengths at most.
bool Glob(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Error Wrong(std::string_view pattern, std::string_view what) {
  return {Error::Kind::kInvalid, "\"" + std::string(pattern.substr(0, 200)) + "\": " + std::string(what)};
}

}  // namespace

Status DeclaredPlaces::Add(std::string_view written, From from) {
  if (written.empty()) return Wrong(written, "an empty pattern declares nothing; name a file or folder");
  if (std::any_of(written.begin(), written.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) return Wrong("", "a pattern with a control character");
  // They would be taken for what they are in a shell, and match nothing.
  if (written.find_first_of("[]{}!\\$") != std::string_view::npos) return Wrong(written, "only `*`, `?` and `**` have a meaning in a pattern; write `?` for another such character");
  Pattern pattern;
  pattern.written = written;
  std::string_view rest = written;
  if (rest.starts_with('/')) {
    pattern.anchor = Anchor::kRoot;
  } else if (rest == "~" || rest.starts_with("~/")) {
    pattern.anchor = Anchor::kHome;
    rest.remove_prefix(1);
  } else if (rest.starts_with('~')) {
    return Wrong(written, "`~` is the person's own home; name another one from the root");
  }
  if (from == From::kProject && pattern.anchor != Anchor::kWorkspace) return Wrong(written, "a project declares what lies in it; write the pattern as it is seen from the project's folder");
  for (const std::string_view component : Split(rest)) {
    if (component == ".") continue;
    if (component == "..") return Wrong(written, "`..` has no place in a pattern");
    if (component.find(kAny) != std::string_view::npos && component != kAny) return Wrong(written, "`**` stands between slashes, alone");
    pattern.components.push_back(AsciiLower(component));
  }
  while (!pattern.components.empty() && pattern.components.back() == kAny) pattern.components.pop_back();  // all beneath is declared anyhow
  if (pattern.components.size() > kMaxComponents) return Error{Error::Kind::kLimit, Wrong(written, "a pattern of more than " + std::to_string(kMaxComponents) + " components").text};
  if (patterns_.size() == kMaxPatterns) return Error{Error::Kind::kLimit, "more than " + std::to_string(kMaxPatterns) + " patterns"};
  patterns_.push_back(std::move(pattern));
  return Done{};
}

std::vector<std::string> DeclaredPlaces::Written() const {
  std::vector<std::string> written;
  for (const Pattern& pattern : patterns_) written.push_back(pattern.written);
  return written;
}

// The pattern as a machine: bit i is set when its first i components have been matched.
DeclaredPlaces::Lies DeclaredPlaces::LookAt(const Pattern& pattern, const std::vector<std::string_view>& components, bool is_set) {
  const size_t count = pattern.components.size();
  const uint64_t matched = uint64_t{1} << count;
  const auto skip = [&](uint64_t states) {  // a `**` may stand for nothing
    for (size_t i = 0; i < count; ++i)
      if ((states >> i & 1) != 0 && pattern.components[i] == kAny) states |= uint64_t{1} << (i + 1);
    return states;
  };
  uint64_t states = skip(1);
  for (size_t at = 0; at < components.size() && (states & matched) == 0 && states != 0; ++at) {
    uint64_t next = 0;
    for (size_t i = 0; i < count; ++i) {
      if ((states >> i & 1) == 0) continue;
      if (pattern.components[i] == kAny) next |= uint64_t{1} << i;
      else if (Glob(pattern.components[i], components[at])) next |= uint64_t{1} << (i + 1);
    }
    states = skip(next);
  }
  if ((states & matched) != 0) return Lies::kWithin;
  if (!is_set || states == 0) return Lies::kOutside;
  for (size_t i = 0; i < count; ++i) {
    if ((states >> i & 1) == 0) continue;
    const auto plain = [](const std::string& component) { return component.find_first_of("*?") == std::string::npos; };
    if (std::all_of(pattern.components.begin() + static_cast<std::ptrdiff_t>(i), pattern.components.end(), plain)) return Lies::kHolds;
  }
  return Lies::kMayHold;
}

DeclaredPlaces::Answer DeclaredPlaces::Look(std::string_view object, std::string_view home, std::string_view workspace) const {
  Answer best;
  if (patterns_.empty()) return best;
  if (!object.starts_with('/')) return {Lies::kMayHold, patterns_.front().written};
  const bool is_set = object.ends_with("/**");
  if (is_set) object.remove_suffix(3);
  const std::string path = AsciiLower(object), folded_home = AsciiLower(home), folded_workspace = AsciiLower(workspace);
  const std::vector<std::string_view> all = Split(path);
  for (const Pattern& pattern : patterns_) {
    Lies lies = Lies::kOutside;
    if (pattern.anchor == Anchor::kRoot) {
      lies = LookAt(pattern, all, is_set);
    } else if (const std::string_view root = pattern.anchor == Anchor::kHome ? folded_home : folded_workspace; root.empty()) {
      continue;
    } else if (IsBeneath(path.empty() ? "/" : std::string_view(path), root)) {
      lies = LookAt(pattern, Split(std::string_view(path).substr(root == "/" ? 0 : root.size())), is_set);
    } else if (is_set && IsBeneath(root, path.empty() ? "/" : std::string_view(path))) {
      lies = LookAt(pattern, {}, true);  // the whole home, the whole workspace
      if (lies == Lies::kWithin) lies = Lies::kHolds;
    }
    if (lies > best.lies) best = {lies, pattern.written};
    if (best.lies == Lies::kWithin) break;
  }
  return best;
}

}  // namespace checkrein
