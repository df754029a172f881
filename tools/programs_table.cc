// Build tool: data/programs/*.json -> the constant tables that src/analysis/program/table.cc includes.
//   programs_table IN.json... OUT
// The format is docs/format/programs.md. What breaks it fails the build: unknown members and roles, options listed twice, programs
// named twice, programs without examples. The output has offsets and no pointers, so that the hook starts without relocating it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/program/role.h"
#include "base/json.h"

namespace {

using checkrein::json::Value;
namespace an = checkrein::analysis;

constexpr size_t kMaxSubDepth = 4;  // gcloud compute instances list

std::string current_file;

bool complained = false;

// Goes on, so that one build shows every mistake.
void Complain(const std::string& text) {
  std::fprintf(stderr, "programs_table: %s: %s\n", current_file.c_str(), text.c_str());
  complained = true;
}

[[noreturn]] void Fail(const std::string& text) {
  std::fprintf(stderr, "programs_table: %s: %s\n", current_file.c_str(), text.c_str());
  std::exit(1);
}

std::vector<std::string> Words(std::string_view text) {
  std::istringstream in{std::string(text)};
  return {std::istream_iterator<std::string>(in), {}};
}

struct Tables {
  std::string blob, arguments, environment, modes;
  std::vector<std::string> programs;                    // one initialiser each; sub-commands of a program are neighbours
  std::vector<std::string> options;
  std::map<std::string, size_t> interned;
  std::map<std::string, size_t> names;                  // top-level name -> program
  std::vector<std::pair<std::string, size_t>> subs;     // (name, program), grouped by parent, sorted in the group
  size_t argument_count = 0, environment_count = 0, mode_count = 0;

  std::string Text(const std::string& text) {
    auto [at, fresh] = interned.emplace(text, blob.size());
    if (fresh) blob += text;
    return "{" + std::to_string(at->second) + "," + std::to_string(text.size()) + "}";
  }
};

template <typename Names>
size_t IndexOf(const Names& names, std::string_view name, const std::string& where) {
  for (size_t i = 0; i < std::size(names); ++i)
    if (names[i] == name) return i;
  Complain(where + ": unknown word " + std::string(name));
  return 0;
}

struct Range {
  size_t first = 0;
  size_t count = 0;
  std::string Print() const { return std::to_string(first) + "," + std::to_string(count); }
};

Range AddArguments(Tables& t, std::string_view text, const std::string& where) {
  Range range{t.argument_count, 0};
  for (std::string word : Words(text)) {
    const char* repeat = "kOne";
    if (word.ends_with('*')) repeat = "kAny";
    if (word.ends_with('?')) repeat = "kOptional";
    if (word.ends_with('*') || word.ends_with('?')) word.pop_back();
    t.arguments += "  {Role{" + std::to_string(IndexOf(an::kRoleNames, word, where)) + "},Repeat::" + repeat + "},\n";
    ++t.argument_count;
    ++range.count;
  }
  return range;
}

void CheckEffects(std::string_view text, const std::string& where) {
  static const std::set<std::string> kOps = {"read", "write", "delete", "exec", "connect", "listen", "privilege", "install", "push", "tool", "configure", "unknown"};
  for (const auto& word : Words(text)) {
    const size_t colon = word.find(':');
    if (colon == std::string::npos || colon + 1 == word.size() || !kOps.contains(word.substr(0, colon))) Fail(where + ": not an effect: " + word);
  }
}

Range AddOptions(Tables& t, const Value& program, const std::string& where) {
  std::map<std::string, std::string> options;
  const auto add = [&](const std::string& name, const std::string& initialiser) {
    if (!options.emplace(name, initialiser).second) Complain(where + ": option " + name + " listed twice");
  };
  for (const auto& name : Words(program.Text("flags"))) {
    if (name[0] != '-' && name[0] != '+') Fail(where + ": flag " + name);
    add(name, ",Role::kText,Takes::kNothing}");
  }
  if (const auto* object = program.At("options").object())
    for (const auto& [names, value] : *object) {
      if (!value.string()) Fail(where + ": options: " + names);
      std::string_view role = *value.string();
      const bool optional = role.starts_with('?');
      const bool named = role.starts_with('+');
      if (optional || named) role.remove_prefix(1);
      for (const auto& name : Words(names))
        add(name, ",Role{" + std::to_string(IndexOf(an::kRoleNames, role, where + ": " + name)) + "},Takes::" + (optional ? "kOptionalValue}" : named ? "kNameAndValue}" : "kValue}"));
    }
  if (const auto* modes = program.At("when").array())  // what turns a mode on and is listed nowhere else is a flag
    for (const Value& mode : *modes)
      for (const auto& name : Words(mode.Text("on")))
        if (name[0] == '-') options.emplace(name, ",Role::kText,Takes::kNothing}");
  Range range{t.options.size(), options.size()};
  for (const auto& [name, initialiser] : options) t.options.push_back("  {" + t.Text(name) + initialiser + ",");
  return range;
}

Range AddModes(Tables& t, const Value& program, const std::string& where) {
  Range range{t.mode_count, 0};
  if (!program.At("when").array()) return range;
  for (const Value& mode : *program.At("when").array()) {
    if (!mode.object()) Fail(where + ": when: not an object");
    for (const auto& [key, value] : *mode.object())
      if (key != "on" && key != "args" && key != "does" && key != "bare") Fail(where + ": when: unknown member " + key);
    if (mode.Text("on").empty()) Fail(where + ": when: no on");
    CheckEffects(mode.Text("does"), where);
    CheckEffects(mode.Text("bare"), where);
    const bool has_args = mode.Find("args") != nullptr;
    const Range args = AddArguments(t, mode.Text("args"), where);
    t.modes += "  {" + t.Text(std::string(mode.Text("on"))) + "," + (has_args ? "true" : "false") + "," + (mode.Find("bare") ? "true" : "false") + "," + args.Print() + "," +
               t.Text(std::string(mode.Text("does"))) + "," + t.Text(std::string(mode.Text("bare"))) + "},\n";
    ++t.mode_count;
    ++range.count;
  }
  return range;
}

Range AddEnvironment(Tables& t, const Value& program, const std::string& where) {
  Range range{t.environment_count, 0};
  if (const auto* object = program.At("env").object())
    for (const auto& [names, role] : *object)
      for (const auto& name : Words(names)) {
        t.environment += "  {" + t.Text(name) + ",Role{" + std::to_string(IndexOf(an::kRoleNames, *role.string(), where)) + "}},\n";
        ++t.environment_count;
        ++range.count;
      }
  return range;
}

size_t AddProgram(Tables& t, const Value& program, size_t depth, const std::string& parent);

Range AddSubs(Tables& t, const Value& program, size_t depth, const std::string& where) {
  const auto* array = program.At("sub").array();
  if (!array) return {};
  std::vector<std::pair<std::string, size_t>> subs;
  std::set<std::string> seen;
  for (const Value& sub : *array) {
    const size_t index = AddProgram(t, sub, depth + 1, where);
    for (const auto& name : Words(sub.Text("names"))) {
      if (!seen.insert(name).second) Complain(where + ": sub-command " + name + " listed twice");
      subs.emplace_back(name, index);
    }
  }
  std::sort(subs.begin(), subs.end());
  const Range range{t.subs.size(), subs.size()};
  t.subs.insert(t.subs.end(), subs.begin(), subs.end());
  return range;
}

size_t AddProgram(Tables& t, const Value& program, size_t depth, const std::string& parent) {
  static const std::set<std::string> kMembers = {"names", "dir", "syntax", "flags", "options", "args", "bare", "does", "when", "env", "stdin", "special", "executes", "lenient",
                                                 "coverage", "port", "manager", "sub", "examples", "why", "object", "builtin", "else"};
  if (!program.object()) Fail(parent + ": a program is not an object");
  const auto names = Words(program.Text("names"));
  if (names.empty()) Fail(parent + ": no names");
  const std::string where = parent.empty() ? names[0] : parent + " " + names[0];
  if (depth > kMaxSubDepth) Fail(where + ": too deep");
  for (const auto& [key, value] : *program.object())
    if (!kMembers.contains(key)) Fail(where + ": unknown member " + key);
  if (depth == 0 && (!program.At("examples").array() || program.At("examples").array()->size() < 2)) Fail(where + ": at least two examples, please");
  CheckEffects(program.Text("does"), where);
  CheckEffects(program.Text("bare"), where);
  CheckEffects(program.Text("else"), where);
  const std::string_view coverage = program.Text("coverage").empty() ? "full" : program.Text("coverage");
  if (coverage != "full" && coverage != "partial") Fail(where + ": coverage " + std::string(coverage) + "; what can do anything has does: unknown:WHAT");
  const std::string_view syntax = program.Text("syntax").empty() ? (program.At("sub").array() ? "posix" : "gnu") : program.Text("syntax");
  const size_t index = t.programs.size();
  t.programs.emplace_back();
  const Range options = AddOptions(t, program, where);
  const Range args = AddArguments(t, program.Text("args"), where);
  const Range modes = AddModes(t, program, where);
  const Range env = AddEnvironment(t, program, where);
  const Range subs = AddSubs(t, program, depth, where);
  const std::string dir = program.Text("dir").empty() ? "/usr/bin" : std::string(program.Text("dir"));
  t.programs[index] = "  {" + t.Text(names[0]) + "," + t.Text(dir) + "," + options.Print() + "," + args.Print() + "," + modes.Print() + "," + env.Print() + "," + subs.Print() + "," +
                      t.Text(std::string(program.Text("does"))) + "," + t.Text(std::string(program.Text("bare"))) + "," + t.Text(std::string(program.Text("else"))) + "," + t.Text(std::string(program.Text("manager"))) + "," +
                      t.Text(std::string(program.Text("object"))) + "," + std::to_string(program.Integer("port", 0)) + ",Syntax{" +
                      std::to_string(IndexOf(an::kSyntaxNames, syntax, where)) + "},Special{" + std::to_string(IndexOf(an::kSpecialNames, program.Text("special"), where)) + "},Coverage{" +
                      (coverage == "full" ? "2" : coverage == "partial" ? "1" : "0") + "}," + (program.Flag("executes") ? "true" : "false") + "," +
                      (program.Flag("lenient") ? "true" : "false") + "," + (program.Text("stdin") == "code" ? "true" : "false") + "," + (program.Flag("builtin") ? "true" : "false") + "},\n";
  if (depth == 0)
    for (const auto& name : names)
      if (!t.names.emplace(name, index).second) Complain(name + ": named twice");
  return index;
}

std::string Literal(const std::string& blob) {
  std::string out;
  for (size_t at = 0; at < blob.size(); at += 120) out += "  " + checkrein::json::Quote(blob.substr(at, 120)) + "\n";
  return out;
}

void ReadFile(Tables& t, const char* path) {
  current_file = path;
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto parsed = checkrein::json::Parse(text);
  if (!parsed) Fail(parsed.error().text);
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) Fail("only ASCII, please");
  if (!parsed->At("programs").array()) Fail("no programs");
  for (const Value& program : *parsed->At("programs").array()) AddProgram(t, program, 0, "");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) Fail("usage: programs_table IN.json... OUT");
  Tables t;
  t.Text("");
  for (int i = 1; i + 1 < argc; ++i) ReadFile(t, argv[i]);
  if (complained) return 1;
  const char* out_path = argv[argc - 1];
  std::ofstream out(out_path, std::ios::binary | std::ios::trunc);
  out << "// Generated by tools/programs_table.cc from data/programs/*.json.\n";
  out << "constexpr Name kNames[] = {\n";
  for (const auto& [name, index] : t.names) out << "  {" << t.Text(name) << "," << index << "},\n";
  out << "};\nconstexpr Name kSubs[] = {\n";
  for (const auto& [name, index] : t.subs) out << "  {" << t.Text(name) << "," << index << "},\n";
  out << "};\nconstexpr Option kOptions[] = {\n";
  for (const auto& option : t.options) out << option << "\n";
  out << "};\nconstexpr Argument kArguments[] = {\n" << t.arguments << "};\n";
  out << "constexpr Mode kModes[] = {\n" << t.modes << "};\n";
  out << "constexpr Variable kVariables[] = {\n" << t.environment << "};\n";
  out << "constexpr Program kPrograms[] = {\n";
  for (const auto& program : t.programs) out << program;
  out << "};\nconstexpr char kBlob[] =\n" << Literal(t.blob) << ";\n";
  out.close();
  if (!out) Fail(std::string(out_path) + ": cannot write");
  std::printf("programs_table: %zu names, %zu programs and sub-commands, %zu options\n", t.names.size(), t.programs.size(), t.options.size());
  return 0;
}
