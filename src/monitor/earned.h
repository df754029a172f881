// Labels that an action's output earns by what the action was predicted to read, whatever the output looks like.
//
// `secret`: it names a protected place that holds credentials, or nobody knows what it reads and the workspace holds secrets.
// `untrusted`: it names a file outside the workspace that is neither the system's nor of the person's own agent configuration.
// `pii`: it reads what is declared as personal data (docs/format/personal.md), or a folder that holds some; it names such a place in the
// arguments of a tool that nobody knows; nobody knows what it reads and the workspace holds some; or it runs git, which shows and sends what
// is committed, in a repository that has some.
// Of the first two only reads count that words of the command name, or that are a tool's argument: a program that looks into its own
// configuration shows the model nothing of it. Files that actions of agents wrote have labels of their own (SessionFacts::past).
// Not covered: text that reached a file inside the workspace by other ways than an agent; what an opaque program reads outside of the
// workspace, which in the sandbox is not there.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analysis.h"
#include "analysis/past.h"
#include "base/json.h"
#include "effect/declared.h"

namespace checkrein::monitor {

enum class WorkspaceSecrets : bool { kNone, kThere };

struct ReadingPlace {
  std::string_view home, workspace;
  WorkspaceSecrets secrets = WorkspaceSecrets::kNone;          // asked only for opaque actions
  const DeclaredPlaces* personal = nullptr;                    // borrowed; nullptr: nothing is declared
  std::function<bool(std::string_view directory)> holds = {};  // whether some of it is there; unset: nobody can look, so it may be
  std::vector<std::string> named = {};                         // paths in the arguments of a tool that nobody knows
  std::function<bool()> committed = {};                        // whether the repository has some in it; unset: it has none
};

struct Earned {
  std::vector<std::string> labels;  // sorted
  std::string note;                 // of personal data: what is read, and by which pattern it is declared; for a person
};

// Cost: a few microseconds for each effect, and what `holds` costs for sets of files while something is declared.
Earned EarnedByReading(const analysis::Analysis& analysis, const ReadingPlace& place, const analysis::Past& past);

// Whether `index`, the bytes of a repository's .git/index (git's Documentation/gitformat-index), lists what is declared. True for a form that is
// not known: version 4, or what is damaged. `root`: the folder in which the repository's files lie.
bool ListsDeclared(std::string_view index, std::string_view root, const DeclaredPlaces& places, std::string_view home, std::string_view workspace);

// Whatever in a tool's arguments may be meant as a path, absolute and normalised: each text, and each part of it between blanks and quotes.
std::vector<std::string> PathsNamedIn(const json::Value& arguments, std::string_view cwd, std::string_view home);

}  // namespace checkrein::monitor
