// From an effect to the question that Cedar is asked about it.
//
//   Subject s = Classify(*EffectFromString("write:/home/user/project/a.c"), circumstances, mentioned);
//   // s.action "WriteFile", s.type "Path", s.id "/home/user/project/a.c", s.groups {"workspace", "home"}, s.exact
//   cedar::Entity resource = ResourceOf(s);
//
// Only the resource's own ancestors are made, and only those that a policy mentions: nobody can ask about the others. Objects that are
// not known are judged as the worst that they may be. Pure; a few microseconds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cedar/ast.h"
#include "cedar/entities.h"
#include "cedar/evaluate.h"
#include "effect/effect.h"
#include "policy/decide.h"
#include "policy/host.h"

namespace checkrein::policy {

// What a set of policies looks at beyond groups: single paths, hosts, programs, ... that it names.
struct Mentioned {
  std::vector<cedar::EntityUid> entities;  // of every type that has members without number
  std::vector<std::string> forbidden;      // ids of type Path that a forbid names
  bool details = false;                    // it reads names, ports or addresses, so that two paths of the same groups may differ
};
Mentioned MentionedBy(const cedar::PolicySet& policies);

// One effect in the words of the schema. Views point into compiled-in text.
struct Subject {
  std::string_view action;                      // "WriteFile"
  std::string_view type;                        // "Path"
  std::string id;
  std::string_view group_type;                  // "PathGroup"; "" when the type has no groups
  std::vector<std::string_view> groups;
  std::vector<cedar::EntityUid> ancestors;      // mentioned ones
  std::string path;                             // of a program: the whole object
  // paths
  bool exact = true;
  std::vector<std::string_view> includes, may_include;
  // hosts
  Host host;
};

Subject Classify(const Effect& effect, const Circumstances& circumstances, const Mentioned& mentioned);

// Two subjects with the same signature get the same answer from policies that mention what `mentioned` says.
std::string Signature(const Subject& subject, const Mentioned& mentioned);

cedar::Entity ResourceOf(const Subject& subject);

// The session as principal. `labels` must be known ones (IsLabel).
cedar::Entity SessionOf(const Circumstances& circumstances, const std::vector<std::string>& labels);
bool IsLabel(std::string_view label);

// Every action of the schema with the groups that it is in.
std::vector<cedar::Entity> Actions();

struct Level {
  bool approved = false;
  bool sandboxed = false;
};
cedar::Record ContextOf(Level level, Coverage coverage);

// Paths that a forbid names and that lie in the set `effect`, or may be the unknown file that it reads: to be judged as well. (An unknown
// file that is changed is changed on a copy, where each file is judged before it is kept.)
std::vector<Effect> AlsoJudged(const Effect& effect, const Mentioned& mentioned);

}  // namespace checkrein::policy
