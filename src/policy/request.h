// From an effect to the question that Cedar is asked about it.
//
//   Subject s = Classify(*EffectFromString("write:/home/user/project/a.c"), circumstances);
//   // s.action kWriteFile, s.type kPath, s.id "/home/user/project/a.c", s.groups {"workspace", "home"}, s.exact
//   const UidNumber resource = AddResource(s, &facts);
//
// Only the resource's own ancestors are made, and only those that a policy names: nobody can ask about the others. Objects that are
// not known are judged as the worst that they may be. Pure; about a microsecond.
#pragma once

#include <bitset>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/facts.h"
#include "effect/effect.h"
#include "policy/decide.h"
#include "policy/host.h"
#include "policy/words.h"

namespace checkrein::policy {

// One effect in the words of the schema. Views point into compiled-in text.
struct Subject {
  KnownEntity action = kDoUnknown;              // kWriteFile
  Word type = kUnknown;                         // kPath
  std::string id;
  Word group_type = kPathGroup;                 // of `groups`
  std::vector<std::string_view> groups;
  std::string path;                             // of a program: the whole object
  // paths
  bool exact = true;
  std::vector<std::string_view> includes, may_include;
  // hosts
  Host host;
};

Subject Classify(const Effect& effect, const Circumstances& circumstances);
// Whether the session holds a secret from here on: it reads credentials or a .env file.
bool ReadsSecret(const Subject& subject);
// Whether it holds personal data from here on: it reads what is declared as that. (Of a set that may hold some, whoever can look says so.)
bool ReadsPersonal(const Subject& subject);

// Adds the subject with its groups and those of its ancestors that the policies name. Texts are borrowed from `subject`.
cedar::UidNumber AddResource(const Subject& subject, cedar::Facts* facts);

// Whether a policy names the subject, or an entity that it lies in (its groups apart).
bool IsNamed(const Subject& subject, const cedar::Program& program);

// Labels as a set; nothing when one of them is not known.
using Labels = std::bitset<kLabelCount>;
inline const Labels kSecretLabel{1u << (kSecret - kFirstLabel)}, kPiiLabel{1u << (kPii - kFirstLabel)}, kAllLabels = ~Labels();
std::string_view LabelName(size_t bit);
std::optional<Labels> LabelsOf(std::span<const std::string> labels);

// A session as a request has it. Borrows its texts.
struct Speaker {
  std::string_view session, client;
  int depth = 0;  // as in Circumstances
  Labels labels;
};
// Adds the session as principal.
cedar::UidNumber AddSession(const Speaker& session, cedar::Facts* facts);

// Adds an action of the schema with the groups that it is in.
void AddAction(KnownEntity action, cedar::Facts* facts);

struct Level {
  bool approved = false;
  bool sandboxed = false;
};
cedar::Term ContextOf(Level level, const Circumstances& circumstances, cedar::Facts* facts);

// Ids of type Path that a forbid names.
std::vector<std::string_view> ForbiddenPaths(const cedar::Program& program);
// Those that lie in the set `effect`, or may be the unknown file that it reads: to be judged as well. (An unknown file that is changed is
// changed on a copy, where each file is judged before it is kept.)
std::vector<Effect> AlsoJudged(const Effect& effect, const std::vector<std::string_view>& forbidden_paths);

}  // namespace checkrein::policy
