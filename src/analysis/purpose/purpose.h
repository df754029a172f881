// What an action is for, as far as rules can tell: read once from what was said (intent, else goal) and once from what it would do.
//
//   Interpretation i = InterpretPurpose({goal, intent, command}, effects);
//   i.done == Purpose::kDeploy; i.match == Match::kNo; i.reasons == {"said: test, by \"tests\"", "does: deploy, by kubectl apply"}
//
// It explains and may narrow; nothing is ever permitted because of it, for words are the agent's and cost nothing.
// Not covered: other languages than English, irony, plans over several actions. Cost: linear in the text and the effects; microseconds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "effect/effect.h"

namespace checkrein::analysis {

// In order of reach: of several things that an action does, the one furthest down names it.
enum class Purpose : uint8_t { kUnknown, kResearch, kEdit, kBuild, kTest, kVcs, kDeps, kDeploy, kAdmin };
inline constexpr size_t kPurposes = 9;
std::string_view PurposeName(Purpose purpose);  // "unknown", "research", ...

enum class Match : uint8_t { kUnknown, kNo, kYes };  // unknown: nothing was said, or nobody can tell what it does
std::string_view MatchName(Match match);

struct PurposeQuestion {
  std::string_view goal;     // the person's words
  std::string_view intent;   // the model's, for this action
  std::string_view command;  // the text that the effects' causes point into; "" for other tools
  std::string_view workspace;
};

struct Interpretation {
  Purpose said = Purpose::kUnknown;  // the first of those that the words name
  Purpose done = Purpose::kUnknown;
  Match match = Match::kUnknown;
  std::vector<std::string> reasons;  // for a person, at most three lines; they quote words of the command and of what was said
};

Interpretation InterpretPurpose(const PurposeQuestion& question, const EffectSet& effects);

}  // namespace checkrein::analysis
