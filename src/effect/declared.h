// Places that somebody declared by patterns: the files that hold personal data.
//
//   DeclaredPlaces places;
//   places.Add("data/customers", DeclaredPlaces::From::kProject);        // in whatever workspace the session has
//   places.Add("~/exports/**/*.csv", DeclaredPlaces::From::kPerson);
//   places.Look("/home/u/p/data/customers/a.csv", "/home/u", "/home/u/p").lies   // kWithin
//
// A pattern begins with `/`, with `~/` (the person's home), or lies in the workspace. `*` and `?` stand for bytes of one component, a
// component `**` for any number of components. What it matches is declared with everything beneath. Letters are compared without case
// (ASCII), as file systems may: that declares more, never less.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace checkrein {

class DeclaredPlaces {
 public:
  // A project speaks of itself only: its patterns lie in the workspace.
  enum class From : uint8_t { kPerson, kProject };
  static constexpr size_t kMaxPatterns = 1'024, kMaxComponents = 60;  // bounds the cost; a state is a bit of 64

  // kInvalid: what is wrong with the pattern; kLimit.
  Status Add(std::string_view pattern, From from);

  bool empty() const { return patterns_.empty(); }
  std::vector<std::string> Written() const;  // the patterns, in order

  // How a path, a set (`/x/**`) or what is not known (`?`) lies to the places.
  enum class Lies : uint8_t { kOutside, kMayHold, kHolds, kWithin };  // kHolds: a set above a place without `*`, whether or not there is one
  struct Answer {
    Lies lies = Lies::kOutside;
    std::string_view pattern;  // the first that says so, as written; borrowed
  };
  // `home`, `workspace`: absolute, "" for none. Cost: about a microsecond for each pattern.
  Answer Look(std::string_view object, std::string_view home, std::string_view workspace) const;

 private:
  enum class Anchor : uint8_t { kRoot, kHome, kWorkspace };
  struct Pattern {
    std::string written;
    Anchor anchor = Anchor::kWorkspace;
    std::vector<std::string> components;  // folded
  };
  static Lies LookAt(const Pattern& pattern, const std::vector<std::string_view>& components, bool is_set);
  std::vector<Pattern> patterns_;
};

}  // namespace checkrein
