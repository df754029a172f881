// What a change on a copy means to policy: mostly that its path is written or deleted. Some paths need a second look.
//
//   Meanings meanings(held.copy);
//   ChangeMeaning meaning = meanings.Of(change);
//   policies.Decide(meaning.effects, ...);   then commit it only with meaning.content, if there is one
//
//   git's configuration       by its keys: each that was set is `configure:git:KEY`; the file is written only if one is not harmless, so that a
//                             clone or a new branch needs nobody, and a setting that runs a program somebody
//   package.json, composer.json  by what runs without being asked for: `configure:npm:scripts.postinstall`
//   a directory that git would take for a repository though it is not named so (HEAD, objects, refs): as if its name were .git
//   a link                    also as the places that a directory of its name holds: `.vscode -> x` brings x/tasks.json
//
// Nothing that is read here is believed: what is not plainly of its grammar, or too large, counts as a change of everything in it.
// Cost: a stat or two for most changes; the named files are read.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/fd.h"
#include "effect/effect.h"
#include "sandbox/changes.h"

namespace checkrein::monitor {

struct ChangeMeaning {
  EffectSet effects;
  std::string note;                    // for a person, where the path does not tell: "sets core.fsmonitor"; untrusted text
  std::optional<std::string> content;  // of the file, as it was when it was judged: only that may be committed
};

class Meanings {
 public:
  explicit Meanings(const sandbox::Copy& copy);
  ChangeMeaning Of(const sandbox::Change& change);

 private:
  // On the copy as the session sees it, or nearly: what was deleted there may still count.
  bool MayStand(const std::string& path) const;
  std::optional<std::string> Read(const std::string& path) const;
  bool LooksLikeARepository(const std::string& directory);
  std::optional<std::string> BareRepository(const std::string& path);
  bool WouldRun(const std::string& repository) const;

  std::string workspace_;
  Fd upper_, lower_;
  std::map<std::string, bool> repositories_;  // directories looked at; "" is the workspace
};

}  // namespace checkrein::monitor
