// The seam between the shell (what commands are run, with which words) and program knowledge (what a program does with them).
//
// The shell interpreter (analysis/shell/) turns text into Commands and hands each to DescribeCommand (analysis/program/), which
// answers with effects and with what the program itself starts: nested commands and shell texts, which the interpreter follows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/analysis.h"
#include "analysis/world.h"
#include "effect/effect.h"

namespace checkrein::analysis {

// Whether a value is one of the session's own environment: of a variable that nothing in this text, and no earlier call, has set. Its
// text is not known, but whoever started the session chose it: it is no option in disguise.
enum class Ambient : uint8_t {
  kNo,
  kPart,             // made of such values and of known text
  kStepResult,       // the file of a CI runner that takes results: GITHUB_OUTPUT, GITHUB_STEP_SUMMARY, GITHUB_STATE; or empty elsewhere
  kStepEnvironment,  // the one that sets what later steps run with: GITHUB_ENV, GITHUB_PATH; or empty elsewhere
};
// Where those files lie on hosted runners (`_temp/_runner_file_commands`, https://docs.github.com/actions, "Workflow commands").
inline constexpr std::string_view kStepFiles = "/home/runner/work/_temp/_runner_file_commands/**";
inline constexpr std::string_view kStepEnvironmentSetting = "ci:environment";
constexpr bool IsStepFile(Ambient ambient) { return ambient == Ambient::kStepResult || ambient == Ambient::kStepEnvironment; }

// What effects call services that the machine is configured with (docs/format/programs.md). No command can say these words: whoever names
// a host so names one that nobody knows.
constexpr bool IsConfiguredHost(std::string_view host) { return host == "forge" || host == "cloud" || host == "cluster" || host == "dns"; }

// The working directory where that is not known: relative paths lead to `?`. Deep, so that `..` stays beneath the root of it.
inline constexpr std::string_view kNowhereRoot = "/\x01unknown-directory";
inline constexpr std::string_view kNowhere = "/\x01unknown-directory/a/a/a/a/a/a/a/a/a/a/a/a";

// What is known of a word after expansion.
struct Word {
  enum class Known : uint8_t {
    kNothing,  // zero: nothing is known; `text` is empty
    kPrefix,   // it starts with `text`
    kExactly,  // it is `text`
  };
  Known known = Known::kNothing;
  std::string text;
  bool may_be_several = false;  // an unquoted expansion: it may be no word, one or many ($x, *.c, $(ls))
  bool file_names = false;      // the part that is not known comes from pathname expansion only (*.c, src/*): every word starts with
                                // `text` and names something beneath the directory part of `text` (the working directory when that
                                // is empty), never through `..` or a leading '/'. It may begin with '-'. Without this the rest of a
                                // prefix may hold anything, `..` too.
  Ambient ambient = Ambient::kNo;  // of a word that is not exact
  Span span;                    // of the source text

  bool exact() const { return known == Known::kExactly; }
  bool Is(std::string_view value) const { return exact() && text == value; }
};

// What a command reads on standard input.
struct Input {
  enum class Kind : uint8_t {
    kInherited,  // the tool call's own: empty, but one client can type into a running program without asking
    kText,       // a here-document or here-string, or the output of a command whose output is known: `text`
    kFile,       // `text` is the absolute path
    kPipe,       // the output of another command; nothing is known of its bytes
  };
  // Where the bytes of a pipe come from: out of an encoding, so that nobody reads in the command what they say; or from nothing but words
  // of the command that everybody can read in it (jq -n '{"a": 1}').
  enum class Origin : uint8_t { kPlain, kDecoder, kOwnWords };
  Kind kind = Kind::kInherited;
  std::string text;
  Origin origin = Origin::kPlain;
};

// What a program text that is not known is called: `otherwise`, unless where it comes from makes it worse.
constexpr std::string_view UnknownText(Input::Origin origin, std::string_view otherwise) {
  return origin == Input::Origin::kDecoder ? "hidden-code" : otherwise;
}

// One program start: a simple command after expansion, redirections apart (the interpreter makes their effects itself).
struct Command {
  std::vector<Word> argv;                                // argv[0] is the program as written
  std::vector<std::pair<std::string, Word>> assignments; // NAME=value in front of it and exported variables that were set in this text
  Input input;
  Input::Origin words_from = Input::Origin::kPlain;  // of the substitutions that its words are made of: sh -c "$(curl ...)"
  Span span;
};

// A program or shell text that the described program starts.
struct Nested {
  enum class Kind : uint8_t {
    kCommand,    // `command`
    kShellText,  // `text`, read by the shell named in `shell` ("sh", "bash", ...)
    kShellFile,  // the script file `text` (absolute path), read by `shell`; its arguments in command.argv[1..]
  };
  Kind kind = Kind::kCommand;
  Command command;
  std::string text;
  std::string shell;
  std::optional<std::string> cwd;  // when it runs elsewhere (make -C, git -C, env -C)
  bool words_unknown = false;      // more words will be added that nobody can know now (xargs, find -exec +)
};

struct Description {
  EffectSet effects;
  Coverage coverage = Coverage::kOpaque;
  std::vector<std::string> notes;
  std::vector<Nested> nested;
  std::vector<std::string> scripts;   // absolute paths of files it runs as programs (python x.py, ./x, node a.js)
  Input::Origin prints = Input::Origin::kPlain;  // what it prints comes from there
  std::optional<std::string> output;  // what it prints, if that is known exactly (echo, printf of constants, cat of a known text, base64 -d)
};

// What the program named by argv[0] does with its words, environment and input. `place.cwd` is the directory it runs in.
// A program that is not in the tables gives `exec:NAME` and `unknown:program`, coverage opaque. Never fails.
// Not for shell builtins that change the shell's own state (cd, export, eval, source, set, trap, exec, ...): the interpreter's.
Description DescribeCommand(const Command& command, const Place& place, World& world);

// What a text that an opaque command may read names: files, hosts and shells, as effects (docs/format/programs.md, "Opaque commands").
EffectSet MentionedIn(std::string_view text, const Place& place, World& world, Span cause);

}  // namespace checkrein::analysis
