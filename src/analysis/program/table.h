// The compiled program tables (docs/format/programs.md), and how to look things up in them.
//
//   const Program* git = FindProgram("git");
//   const Program* log = FindSub(*git, "log");
//   OptionMatch m = FindLongOption(*log, "--onelin");   // abbreviations as getopt_long takes them
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "analysis/program/role.h"
#include "effect/effect.h"

namespace checkrein::analysis {

struct Text {  // of the tables' one text
  uint32_t at;
  uint16_t size;
};
std::string_view View(Text text);

struct Name {
  Text name;
  uint16_t program;
};
struct Option {
  Text name;  // "-x", "--long", or with a `*` at the end: whatever starts so
  Role role;
  Takes takes;
};
struct Argument {
  Role role;
  Repeat repeat;
};
struct Mode {  // when one of the options `on` was given
  Text on;
  bool has_args;
  bool has_bare;
  uint32_t first_argument, argument_count;
  Text does;
  Text bare;
};
struct Variable {
  Text name;
  Role role;
};
struct Program {
  Text name;
  Text dir;
  uint32_t first_option, option_count;      // sorted by name
  uint32_t first_argument, argument_count;
  uint32_t first_mode, mode_count;
  uint32_t first_variable, variable_count;
  uint32_t first_sub, sub_count;            // sorted by name
  Text does;     // effects it has whenever it runs
  Text bare;     // effects it has when it is given no argument
  Text otherwise; // effects it has when no mode that has arguments applies
  Text manager;  // the word for its packages: "npm"
  Text object;   // its name in `exec:` where that is not its path: shells
  uint16_t port; // where it connects if nothing else is said
  Syntax syntax;
  Special special;
  Coverage coverage;
  bool executes;    // an option that is not in the table could make it run anything
  bool lenient;     // options that are not in the table do no more than is said here
  bool stdin_code;  // without arguments it runs what it reads
  bool builtin;     // named bare it is a part of the shell: nothing is started
};

const Program* FindProgram(std::string_view name);                       // by base name; nullptr: not in the tables
const Program* FindSub(const Program& parent, std::string_view name);
std::span<const Program> AllPrograms();
std::span<const Name> AllNames();

std::span<const Option> OptionsOf(const Program& program);
std::span<const Argument> ArgumentsOf(const Program& program);
std::span<const Argument> ArgumentsOf(const Mode& mode);
std::span<const Mode> ModesOf(const Program& program);
std::span<const Variable> VariablesOf(const Program& program);

// The option spelt exactly `name`; nullptr if none.
const Option* FindOption(const Program& program, std::string_view name);
// The option with a `*` whose name starts `word`, the longest; nullptr if none.
const Option* FindPrefixOption(const Program& program, std::string_view word);
// The only long option that starts with `name` (at least "--x"), or the exact one; nullptr if none or several differ in role.
const Option* FindAbbreviation(const Program& program, std::string_view name);

}  // namespace checkrein::analysis
