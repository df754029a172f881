// What a word on a command line is to the program that gets it. One list for the data files (data/programs/*.json), the tool that
// compiles them (tools/programs_table.cc) and the code that reads the compiled tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace checkrein::analysis {

enum class Role : uint8_t {
  kText,        // means nothing outside the program
  kMaybeRead,   // a file that it reads if there is a slash in it (man ls, man ./ls.1)
  kRead,        // a file it reads; `-` is standard input
  kReadTree,    // a file or folder, read with all that is in it
  kList,        // a folder whose names are listed, or a file whose attributes are read
  kWrite,       // a file it creates or changes; `-` is standard output
  kWriteTree,   // a folder in which it creates or changes files
  kMakeDirectory,  // a folder that it makes, empty
  kReadWrite,   // changed in place
  kDelete,      // a file it deletes
  kDeleteTree,  // a file or folder it deletes with all that is in it
  kDestroy,     // a file whose content is overwritten before it is deleted
  kTemplate,    // a name with XXXX in it: it makes a file beside it
  kMove,        // a file or folder that goes away from here: read and deleted, with all that is in it
  kReadList,    // a file that names other files to read: those cannot be known
  kDirectory,   // the folder in which it runs: the other words are relative to it
  kProgram,     // a program it starts, with words nobody can know
  kShell,       // shell text that it runs with `sh -c`
  kShellRest,   // this word and all that follow, joined by blanks, are shell text
  kCommand,     // this word and all that follow are a command that it starts
  kRemote,      // runs on another machine
  kCode,        // program text in a language that is not followed
  kScript,      // a file of program text that it runs
  kConfig,      // a file of settings that can make it run programs
  kUrl,         // it connects to where this leads
  kSource,      // a file it reads, or a URL that it fetches
  kHost,        // it connects to this host (host, host:port, user@host)
  kListen,      // it listens there
  kPackage,     // it installs this package
  kPush,        // data goes there for others to see
  kConfigure,   // a setting of the program that may make it run something
};

inline constexpr std::string_view kRoleNames[] = {
    "text", "maybe-read", "read",    "read-tree", "list", "write",  "write-tree", "make-directory", "read-write", "delete", "delete-tree", "destroy", "template", "move",   "read-list", "directory", "program",
    "shell", "shell-rest", "command", "remote", "code",  "script",     "config",     "url",    "source", "host",        "listen", "package",   "push",      "configure"};

constexpr std::optional<Role> RoleFromName(std::string_view name) {
  for (uint8_t i = 0; i < std::size(kRoleNames); ++i)
    if (kRoleNames[i] == name) return Role{i};
  return std::nullopt;
}

// How a program takes its options from its words.
enum class Syntax : uint8_t {
  kGnu,    // getopt_long: options anywhere, short ones combined, long ones abbreviated, `--` ends them
  kPosix,  // the same, but the first other word ends them (wrappers, ssh, docker run)
  kLong,   // one dash and a whole word: -name value, -name=value (find, gcc, java, go, openssl)
  kRaw,    // every word is an argument (echo, dd, expr)
};
inline constexpr std::string_view kSyntaxNames[] = {"gnu", "posix", "long", "raw"};

enum class Takes : uint8_t { kNothing, kValue, kOptionalValue, kNameAndValue };  // optional values are only attached: -x5, --x=5
enum class Repeat : uint8_t { kOne, kOptional, kAny };            // `a`, `a?`, `a*`

// Behaviour that no table can say: one small file each in analysis/program/, named by `special` in the data.
#define CHECKREIN_SPECIALS(X)                                                                                                      \
  X(None, "") X(Shell, "shell") X(Interpreter, "interpreter") X(Find, "find") X(Sed, "sed") X(Awk, "awk") X(Xargs, "xargs")        \
  X(Tar, "tar") X(Git, "git") X(Curl, "curl") X(Dd, "dd") X(Echo, "echo") X(Printf, "printf") X(Env, "env") X(Ssh, "ssh")          \
  X(Scp, "scp") X(Grep, "grep") X(Copy, "copy") X(Docker, "docker") X(Base64, "base64") X(Cat, "cat") X(Jq, "jq") X(Nc, "nc")      \
  X(Chmod, "chmod") X(Vim, "vim") X(Sql, "sql") X(Compiler, "compiler") X(Cloud, "cloud") X(Socat, "socat") X(Dc, "dc")        \
  X(At, "at") X(Service, "service") X(RunParts, "run-parts") X(Sysctl, "sysctl") X(Mount, "mount") X(Sshfs, "sshfs") X(M4, "m4") X(Cpio, "cpio") X(Yq, "yq") X(Stem, "stem")                                    \
  X(Ps, "ps") X(Strace, "strace") X(Forge, "forge") X(Ldd, "ldd")

enum class Special : uint8_t {
#define CHECKREIN_SPECIAL(name, text) k##name,
  CHECKREIN_SPECIALS(CHECKREIN_SPECIAL)
#undef CHECKREIN_SPECIAL
};
inline constexpr std::string_view kSpecialNames[] = {
#define CHECKREIN_SPECIAL(name, text) text,
    CHECKREIN_SPECIALS(CHECKREIN_SPECIAL)
#undef CHECKREIN_SPECIAL
};

}  // namespace checkrein::analysis
