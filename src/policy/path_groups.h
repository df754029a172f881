// The places of a path, in the words of the schema: those of effect/places.h and what policy adds to them.
#pragma once

#include <string_view>
#include <vector>

#include "effect/declared.h"

namespace checkrein::policy {

struct PathGroups {
  bool exact = true;                                       // one path, known now
  std::vector<std::string_view> in, includes, may_include; // compiled-in text; as the attributes of Path in the schema
};

// `object`: absolute and normalised, or a set ("/a/**"), or "?"; anything else counts as "?". `state_dir`, `config_dir`: Checkrein's
// own, "" for the usual places.
struct Surroundings {
  std::string_view home, workspace, state_dir, config_dir;
  const DeclaredPlaces* personal = nullptr;  // the group `personal`; nullptr: nothing is declared
};
PathGroups GroupsOfPath(std::string_view object, const Surroundings& around);

}  // namespace checkrein::policy
