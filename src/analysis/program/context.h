// What DescribeCommand fills while it looks at one command: effects with their causes, coverage with its reasons, nested commands.
//
//   Context c(command, place, world);
//   c.Path(Op::kRead, word);                       // read:/home/user/project/a.c, and where a symbolic link leads
//   c.Unknown("code", word.span);                  // unknown:code, coverage opaque
//   return std::move(c.out);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/command.h"
#include "analysis/program/role.h"
#include "analysis/program/url.h"

namespace checkrein::analysis {

enum class Tree : uint8_t { kOne, kWhole };  // the path itself, or everything beneath it too

class Context {
 public:
  Context(const Command& the_command, const Place& the_place, World& the_world);

  const Command& command;
  const Place& place;
  World& world;
  std::string cwd;   // where relative words lead; an option may change it
  std::string in_nowhere = "?";  // what a path is that is relative to kNowhere
  Description out;   // starts with coverage full

  void Add(Op op, std::string object, Span cause);
  void AddText(std::string_view effects, Span cause);  // "connect:registry:npm read:./**": paths relative to cwd
  void Unknown(std::string_view what, Span cause);     // unknown:WHAT and opaque
  void Partial(std::string note);
  void Opaque(std::string note);

  // The path that `word` names, as effects. Nothing for an empty word. Unknown words give `?` (partial), prefixes a set.
  void Path(Op op, const Word& word, Tree tree = Tree::kOne);
  // A folder that is made, empty: in a protected place it is written with a slash at its end, for nothing obeys an empty folder.
  void MakeDirectory(const Word& word);
  void PathText(Op op, std::string_view path, Span cause, Tree tree = Tree::kOne);
  // Where the word leads, as the object of an effect.
  std::string Object(const Word& word, Tree tree) const;
  std::string Resolve(std::string_view path) const;    // absolute, normalised against cwd

  void Connect(const Word& word, std::string_view default_scheme);
  void ConnectHost(const Word& word, uint16_t port);
  void Listen(const Word& word);

  void Shell(const Word& text);                        // sh -c TEXT
  void ShellText(std::string text, std::string shell, Span cause);
  void Run(std::vector<Word> argv, bool words_unknown);  // a nested command
  void Script(const Word& file);                       // a file of program text that it runs
  void ProjectCode(Span cause);

  // The value that the environment variable `name` has for this command, if this text sets it.
  const Word* Variable(std::string_view name) const;
};

Word Exactly(std::string text, Span span);
// What follows the first `skip` bytes of `word`, of which they are known.
Word Rest(const Word& word, size_t skip);
// The program word's effect object and what is known of it.
struct ProgramName {
  std::string base;      // to look up in the tables; "" when it is not a program of the system
  std::string object;    // of the exec effect
  bool in_project = false;  // named by a path outside the system's program folders
  std::string path;      // absolute, if named by a path
};
ProgramName NameProgram(const Word& word, const Context& c);

}  // namespace checkrein::analysis
