// What earlier calls of a session have left for the next: a shell's variables, functions, aliases and directory, and files that the
// agent wrote. With it "write a script, then run it", `export GIT_PAGER=x` then `git log`, and a poisoned PATH are one act.
//
//   Past past;
//   Place place; place.past = &past;
//   Analysis one = AnalyzeCommand("export GIT_PAGER=/tmp/x", place, world);
//   past.Follow(one.left, Past::Ran::kSurely);
//   AnalyzeCommand("git log", place, world);       // exec:/tmp/x is among the effects
//
// Whether a client keeps its shell between calls is not known and may change: an action is analysed both in a new shell and in one
// that was kept, and counts for both. Values are as the interpreter knows them; of two that may hold, what both have in common.
// Not covered: positional parameters, shell options, traps (their effects counted in the call that set them), and what a script that
// could not be read did to the shell that sourced it: such an action is contained, which is a process of its own, or a person approved it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "effect/effect.h"

namespace checkrein::analysis {

// A file that an action of the agent was predicted to write.
struct WrittenFile {
  std::string path;                    // absolute; a folder of which anything may have been written ends in `/**`
  std::optional<std::string> content;  // if it is known, at most Past::kMaxContent bytes
  std::vector<std::string> from;       // what the action took in: `connect:a.example:443`, `read:/x`; at most kMaxSources
  std::vector<std::string> labels;     // of the session and its sources when it was written
  std::string by;                      // session, and sub-agent if one; filled in by the monitor
  int64_t action = 0;                  // index of its record; likewise
  static constexpr size_t kMaxSources = 4;

  bool operator==(const WrittenFile&) const = default;
};

struct Past {
  // A variable; `(a)NAME` an alias, `(h)NAME` the path that `hash -p` gave a name, `(n)NAME` a builtin that `enable -n` took away.
  struct Name {
    enum class Known : uint8_t { kNothing, kPrefix, kExactly };  // as of analysis::Word
    std::string name;
    Known known = Known::kNothing;
    std::string text;
    bool exported = false;
    bool operator==(const Name&) const = default;
  };
  struct Function {
    std::string name;
    std::string text;  // its definition, as bash prints it; "": not known
    bool operator==(const Function&) const = default;
  };
  std::vector<Name> names;            // sorted by name, one each
  std::vector<Function> functions;    // sorted by name; several of one name: any of them
  std::vector<std::string> places;    // where the shell may stand; none: only where the client says
  bool lost = false;                  // there was more than is kept: any name may hold anything
  std::vector<WrittenFile> files;     // sorted by path, one each

  static constexpr size_t kMaxNames = 256;
  static constexpr size_t kMaxText = 4096;                     // bytes of a value; of a longer one its beginning is kept
  static constexpr size_t kMaxFunctions = 128;
  static constexpr size_t kMaxFunctionBytes = size_t{1} << 16; // of all texts together
  static constexpr size_t kMaxPlaces = 4;
  static constexpr size_t kMaxFiles = 256;                     // the oldest go first, those without labels before the others; AddFile
  static constexpr size_t kMaxContent = size_t{1} << 13;
  static constexpr size_t kMaxContentBytes = size_t{1} << 17;  // of all files together

  bool has_shell() const { return lost || !names.empty() || !functions.empty() || !places.empty(); }
  // The newest that is known of `path`: itself, or for text that instructs agents the folder it came with. nullptr: nothing.
  const WrittenFile* FindFile(std::string_view path) const;

  enum class Ran : uint8_t { kPerhaps, kSurely };
  // After an action that leaves `left` where it runs. What only perhaps ran is joined with what was.
  void Follow(const Past& left, Ran ran);
  // A file keeps the labels that it had: only a person clears them.
  void AddFile(WrittenFile file, size_t most = kMaxFiles);
  WrittenFile* Exactly(std::string_view path);  // by that very path; nullptr: nothing

 private:
  void MakeRoom();
};

}  // namespace checkrein::analysis
