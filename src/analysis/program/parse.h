// The words of a command, sorted by its program's table into options and arguments.
//
//   Parsed p = ParseWords(*FindProgram("tar"), command.argv, 1);
//   if (const Given* g = p.Find("-C")) ... g->value ...
//
// As getopt_long(3) does: short options combined, long ones abbreviated and with `=`, `--`, options after arguments.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "analysis/command.h"
#include "analysis/program/table.h"

namespace checkrein::analysis {

struct Given {
  const Option* option = nullptr;  // nullptr: not in the table
  std::string_view name;           // the table's spelling, or as written
  std::optional<Word> value;
  Span span;
};

struct Parsed {
  const Program* program = nullptr;   // the deepest sub-command
  std::vector<const Program*> chain;  // from the program to it
  std::vector<std::string_view> names;  // of the chain, as they were written (no folder): several names share a row
  std::vector<Given> options;
  std::vector<Word> arguments;
  size_t arguments_at = 0;            // index of the first argument in argv; argv.size() if there is none
  std::vector<Word> unknown_options;
  std::optional<Word> unknown_sub;    // the word that should have been a sub-command
  bool may_hide_options = false;      // a word that is not known stands where an option could
  bool hides_only_names = true;       // and each is the name of a file in the working directory (*.c)
  bool may_hide_arguments = false;

  const Given* Find(std::string_view any_of) const;  // blank-separated spellings; the last one given
  bool Has(std::string_view any_of) const { return Find(any_of) != nullptr; }
  std::vector<const Given*> All(std::string_view any_of) const;
  std::string_view name() const { return names.front(); }
  std::string_view sub() const { return names.size() > 1 ? names[1] : std::string_view(); }
};

// Sorts argv[from..]. Follows sub-commands.
Parsed ParseWords(const Program& program, const std::vector<Word>& argv, size_t from);

}  // namespace checkrein::analysis
