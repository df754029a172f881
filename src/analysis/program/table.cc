#include "analysis/program/table.h"

#include <algorithm>

namespace checkrein::analysis {
namespace {

// All names stand in one literal. A compiler need not take more than 64 KiB of it; g++ and clang do.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
#include "programs_table.inc"
#pragma GCC diagnostic pop

template <typename Row>
const Row* Find(std::span<const Row> rows, std::string_view name) {
  const auto at = std::lower_bound(rows.begin(), rows.end(), name, [](const Row& row, std::string_view n) { return View(row.name) < n; });
  return at != rows.end() && View(at->name) == name ? &*at : nullptr;
}

}  // namespace

std::string_view View(Text text) { return {kBlob + text.at, text.size}; }

const Program* FindProgram(std::string_view name) {
  const Name* found = Find<Name>(kNames, name);
  return found ? &kPrograms[found->program] : nullptr;
}

const Program* FindSub(const Program& parent, std::string_view name) {
  const Name* found = Find<Name>(std::span<const Name>(kSubs).subspan(parent.first_sub, parent.sub_count), name);
  return found ? &kPrograms[found->program] : nullptr;
}

std::span<const Program> AllPrograms() { return kPrograms; }
std::span<const Name> AllNames() { return kNames; }

std::span<const Option> OptionsOf(const Program& p) { return std::span<const Option>(kOptions).subspan(p.first_option, p.option_count); }
std::span<const Argument> ArgumentsOf(const Program& p) { return std::span<const Argument>(kArguments).subspan(p.first_argument, p.argument_count); }
std::span<const Argument> ArgumentsOf(const Mode& m) { return std::span<const Argument>(kArguments).subspan(m.first_argument, m.argument_count); }
std::span<const Mode> ModesOf(const Program& p) { return std::span<const Mode>(kModes).subspan(p.first_mode, p.mode_count); }
std::span<const Variable> VariablesOf(const Program& p) { return std::span<const Variable>(kVariables).subspan(p.first_variable, p.variable_count); }

const Option* FindOption(const Program& program, std::string_view name) { return Find<Option>(OptionsOf(program), name); }

const Option* FindPrefixOption(const Program& program, std::string_view word) {
  const Option* best = nullptr;
  for (const Option& option : OptionsOf(program)) {
    std::string_view name = View(option.name);
    if (!name.ends_with('*')) continue;
    name.remove_suffix(1);
    if (word.starts_with(name) && (!best || View(best->name).size() < name.size() + 1)) best = &option;
  }
  return best;
}

const Option* FindAbbreviation(const Program& program, std::string_view name) {
  const auto options = OptionsOf(program);
  auto at = std::lower_bound(options.begin(), options.end(), name, [](const Option& row, std::string_view n) { return View(row.name) < n; });
  if (at == options.end() || !View(at->name).starts_with(name)) return nullptr;
  if (View(at->name) == name) return &*at;
  const Option* first = &*at;
  for (++at; at != options.end() && View(at->name).starts_with(name); ++at)
    if (at->role != first->role || at->takes != first->takes) return nullptr;
  return first;
}

}  // namespace checkrein::analysis
