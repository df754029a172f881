#include "monitor/surroundings.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/path.h"
#include "base/fields.h"

namespace checkrein::monitor {
namespace {

bool SameFolded(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return AsciiLower(x) == AsciiLower(y); });
}

std::string Join(std::string_view directory, std::string_view name) {
  std::string out(directory);
  if (!out.ends_with('/')) out += '/';
  return out += name;
}

}  // namespace

std::string Surroundings::Encode() const {
  return FieldWriter().Add(existing).Add(real).AddNumber(complete).AddList(directories).AddList(links).bytes();
}

std::optional<Surroundings> Surroundings::Decode(std::string_view bytes) {
  FieldReader r(bytes);
  Surroundings s;
  s.existing = r.Text();
  s.real = r.Text();
  s.complete = r.Number() == 1;
  s.directories = r.List();
  s.links = r.List();
  if (!r.AtEnd()) return std::nullopt;
  return s;
}

// What `name` is in a directory that exists. A name that only differs in ASCII case from one that matters is asked about by itself, for
// an old XFS may fold it unseen; where folding shows, the listing is not complete (live_world.cc).
PathResolver::Name PathResolver::Classify(const Known& directory, std::string_view name) {
  if (!directory.complete) return Name::kAsk;
  for (const std::string& link : directory.links)
    if (SameFolded(link, name)) return Name::kAsk;
  for (const std::string& sub : directory.directories)
    if (SameFolded(sub, name)) return sub == name ? Name::kDirectory : Name::kAsk;
  return Name::kPlain;
}

// From what is known of the directories above, without asking. Nothing: the next step down must be looked at.
std::optional<PathResolver::Known> PathResolver::Derive(std::string_view path) const {
  std::string above(DirName(path));
  for (;;) {
    if (const auto at = known_.find(above); at != known_.end()) {
      const Known& known = at->second;
      if (!known.real) return Known{};
      std::string_view rest = path.substr(above == "/" ? 1 : above.size() + 1);
      if (known.exists && Classify(known, rest.substr(0, rest.find('/'))) != Name::kPlain) return std::nullopt;
      Known out;
      out.real = Join(*known.real, rest);
      return out;
    }
    if (above == "/") return std::nullopt;
    above = DirName(above);
  }
}

const PathResolver::Known& PathResolver::Directory(const std::string& path) {
  if (const auto at = known_.find(path); at != known_.end()) return at->second;
  if (std::optional<Known> derived = path == "/" ? std::nullopt : Derive(path)) return known_[path] = *std::move(derived);
  return Keep(path, around_(path));
}

const PathResolver::Known& PathResolver::Keep(const std::string& path, std::optional<Surroundings> around) {
  if (!around || !IsBeneath(path, around->existing)) return known_[path] = Known{};
  Known& existing = known_[around->existing];
  existing.real = around->real;
  existing.exists = true;
  existing.complete = around->complete;
  existing.directories = std::move(around->directories);
  existing.links = std::move(around->links);
  if (around->existing == path) return existing;
  Known out;
  out.real = Join(around->real, std::string_view(path).substr(around->existing == "/" ? 1 : around->existing.size() + 1));
  return known_[path] = std::move(out);
}

void PathResolver::Learn(const std::string& directory, std::optional<Surroundings> around) {
  if (known_.find(directory) == known_.end()) Keep(directory, std::move(around));
}

std::optional<std::string> PathResolver::Resolve(std::string_view path) {
  if (const auto at = known_.find(path); at != known_.end()) return at->second.real;
  if (path == "/") return Directory("/").real;
  const Known& directory = Directory(std::string(DirName(path)));
  const std::string_view name = BaseName(path);
  if (!directory.real) return std::nullopt;
  if (directory.exists && Classify(directory, name) == Name::kAsk) return one_(path);
  return Join(*directory.real, name);
}

}  // namespace checkrein::monitor
