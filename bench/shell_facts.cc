// What bench/understand asks of our reader of bash beyond `checkrein check`: JSON Lines {"id","command"} in, one answer a line out.
//
//   programs  the words of every simple command, as far as they are plain text; null for a word that is not
//   probe     a script without side effects that calls `__probe N WORD` for the words of the command that have none; bash can run it
//   print     of a text that is one function and no more (`is_function`): how our printer prints it, as hex
//   claims    what the interpreter says those calls are: [N, [WORD as hex, ...]], or [N, null] where it does not know
//
// The probe keeps assignments, constant loops and the order of things, and drops whatever runs, reads or writes; so what bash and the
// interpreter are asked is the same text, and neither is asked to do anything.
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <iostream>
#include <string>
#include <variant>

#include "analysis/shell/analyze.h"
#include "analysis/shell/ast.h"
#include "analysis/shell/parser.h"
#include "analysis/shell/print.h"
#include "base/json.h"

namespace checkrein::analysis::shell {
namespace {

// --- the programs of a script ---

class Visitor {
 public:
  explicit Visitor(std::function<void(const Simple&)> visit) : visit_(std::move(visit)) {}
  void Visit(const List& list) {
    for (const Item& item : list.items)
      for (const Command& command : item.pipeline.commands) Visit(command);
  }

 private:
  void Visit(const WordNode& word) { Visit(word.parts); }
  void Visit(const std::vector<Part>& parts) {
    for (const Part& part : parts) {
      Visit(part.parts);
      if (part.script) Visit(part.script->list);
      if (!part.parameter) continue;
      Visit(part.parameter->operand);
      if (part.parameter->second) Visit(*part.parameter->second);
    }
  }
  void Visit(const Assignment& assignment) {
    Visit(assignment.value);
    if (assignment.array)
      for (const ArrayElement& element : *assignment.array) Visit(element.value);
  }
  void Visit(const Command& command) {
    for (const Redirect& redirect : command.redirects) {
      Visit(redirect.target);
      if (redirect.here && !redirect.here->quoted) Visit(redirect.here->body);
    }
    std::visit([this](const auto& what) { VisitWhat(what); }, command.what);
  }
  void VisitWhat(const Simple& simple) {
    visit_(simple);
    for (const Assignment& assignment : simple.assignments) Visit(assignment);
    for (const Argument& word : simple.words) word.assignment ? Visit(*word.assignment) : Visit(word.word);
  }
  void VisitWhat(const Subshell& what) { Visit(what.body); }
  void VisitWhat(const Group& what) { Visit(what.body); }
  void VisitWhat(const If& what) {
    for (const If::Branch& branch : what.branches) Visit(branch.condition), Visit(branch.body);
    if (what.otherwise) Visit(*what.otherwise);
  }
  void VisitWhat(const For& what) {
    for (const WordNode& word : what.words) Visit(word);
    Visit(what.body);
  }
  void VisitWhat(const ArithmeticFor& what) { Visit(what.body); }
  void VisitWhat(const While& what) { Visit(what.condition), Visit(what.body); }
  void VisitWhat(const Case& what) {
    Visit(what.subject);
    for (const Case::Clause& clause : what.clauses) Visit(clause.body);
  }
  void VisitWhat(const ArithmeticCommand&) {}
  void VisitWhat(const ConditionalCommand&) {}
  void VisitWhat(const Function& what) { Visit(*what.body); }
  void VisitWhat(const Coproc& what) { Visit(*what.body); }

  std::function<void(const Simple&)> visit_;
};

std::optional<std::string> Plain(const std::vector<Part>& parts) {
  std::string out;
  for (const Part& part : parts) {
    switch (part.kind) {
      case Part::Kind::kLiteral: case Part::Kind::kEscaped: case Part::Kind::kSingleQuoted: case Part::Kind::kAnsiQuoted: out += part.text; break;
      case Part::Kind::kDoubleQuoted: case Part::Kind::kLocaleQuoted: {
        const std::optional<std::string> inner = Plain(part.parts);
        if (!inner) return std::nullopt;
        out += *inner;
        break;
      }
      default: return std::nullopt;
    }
  }
  return out;
}

json::Value Programs(const Script& script) {
  json::Array out;
  Visitor([&](const Simple& simple) {
    json::Array words;
    for (const Argument& word : simple.words) {
      const std::optional<std::string> text = word.assignment ? std::nullopt : Plain(word.word.parts);
      words.push_back(text ? json::Value(*text) : json::Value());
    }
    if (!words.empty()) out.emplace_back(std::move(words));
  }).Visit(script.list);
  return out;
}

// --- the probe ---

class Probe {
 public:
  explicit Probe(std::string_view source) : source_(source) {}
  std::string Of(const Script& script) {
    if (!script.span_is_whole) Emit(script.list);
    return std::move(out_);
  }

 private:
  static bool IsFree(const WordNode& word) { return IsFree(word.parts); }
  static bool IsFree(const std::vector<Part>& parts) {
    for (const Part& part : parts)
      if (!IsFree(part)) return false;
    return true;
  }
  static bool IsFree(const Part& part) {
    switch (part.kind) {
      case Part::Kind::kLiteral: case Part::Kind::kEscaped: case Part::Kind::kSingleQuoted: case Part::Kind::kAnsiQuoted: return true;
      case Part::Kind::kDoubleQuoted: case Part::Kind::kLocaleQuoted: return IsFree(part.parts);
      case Part::Kind::kArithmetic: return IsFreeArithmetic(part.parts);
      case Part::Kind::kParameter: return IsFree(*part.parameter);
      default: return false;
    }
  }
  // Only what evaluates nothing that a variable holds: an array's subscript would run.
  static bool IsFreeArithmetic(const std::vector<Part>& parts) {
    for (const Part& part : parts)
      if (part.kind != Part::Kind::kLiteral || part.text.find_first_not_of("0123456789+-*/%()<>&|^ ") != std::string::npos || part.text.find("++") != std::string::npos ||
          part.text.find("--") != std::string::npos)
        return false;
    return true;
  }
  // Names whose value is the process's own, or that of the line that runs.
  static bool IsOwn(std::string_view name) {
    for (const std::string_view own : {"0", "$", "!", "-", "_", "?", "LINENO", "RANDOM", "SECONDS", "SRANDOM", "EPOCHSECONDS", "EPOCHREALTIME", "FUNCNAME", "PPID", "SHLVL", "OPTIND", "DIRSTACK", "GROUPS", "HISTCMD"})
      if (name == own) return true;
    return name.starts_with("BASH");
  }
  static bool IsFree(const Parameter& parameter) {
    if (parameter.indirect || parameter.subscript || IsOwn(parameter.name)) return false;
    if (parameter.op == "@" || parameter.op == "=" || parameter.op == ":=" || parameter.op == "?" || parameter.op == ":?") return false;
    if (parameter.op == ":") return IsFreeArithmetic(parameter.operand.parts) && (!parameter.second || IsFreeArithmetic(parameter.second->parts));
    return IsFree(parameter.operand) && (!parameter.second || IsFree(*parameter.second));
  }

  std::string_view Raw(Span span) const { return source_.substr(span.begin, span.end - span.begin); }
  void EmitInner(const std::vector<Part>& parts) {
    for (const Part& part : parts) {
      EmitInner(part.parts);
      if (part.script && !part.script->span_is_whole) EmitApart([&] { Emit(part.script->list); });
    }
  }
  void EmitApart(const std::function<void()>& body) {
    const size_t before = out_.size();
    out_ += "(\n";
    const size_t begin = out_.size();
    body();
    if (out_.size() == begin) out_.resize(before);
    else out_ += ")\n";
  }
  void Emit(const List& list) {
    for (const Item& item : list.items) {
      const bool apart = item.pipeline.commands.size() > 1 || item.then == Item::Then::kBackground;
      for (const Command& command : item.pipeline.commands) {
        if (apart) EmitApart([&] { Emit(command); });
        else Emit(command);
      }
    }
  }
  void Emit(const Command& command) {
    std::visit([this](const auto& what) { EmitWhat(what); }, command.what);
  }
  void EmitAssignment(const Assignment& assignment) {
    if (assignment.array || assignment.subscript || !IsFree(assignment.value) || IsOwn(assignment.name)) return EmitInner(assignment.value.parts);
    for (const std::string_view special : {"PATH", "IFS", "LC_ALL", "LANG", "LC_CTYPE", "POSIXLY_CORRECT", "HOME", "PWD", "OLDPWD", "UID", "EUID", "SHELLOPTS", "GLOBIGNORE", "TEXTDOMAIN", "PS4"})
      if (assignment.name == special && special != "IFS") return;
    out_ += Raw(assignment.span);
    out_ += '\n';
  }
  void EmitWord(const WordNode& word) {
    EmitInner(word.parts);
    if (!IsFree(word)) return;
    out_ += "__probe " + std::to_string(next_++) + " ";
    out_ += Raw(word.span);
    out_ += '\n';
  }
  void EmitWhat(const Simple& simple) {
    if (simple.words.empty()) {
      for (const Assignment& assignment : simple.assignments) EmitAssignment(assignment);
      return;
    }
    const std::optional<std::string> name = Plain(simple.words[0].word.parts);
    const bool exports = name && (*name == "export" || *name == "readonly" || *name == "declare" || *name == "local");
    for (const Argument& word : simple.words) {
      if (word.assignment) continue;
      if (exports && LooksAssigned(word.word)) {
        if (*name == "export" && IsFree(word.word)) out_ += std::string(Raw(word.word.span)) + "\n";
        continue;
      }
      EmitWord(word.word);
    }
  }
  static bool LooksAssigned(const WordNode& word) {
    if (word.parts.empty() || word.parts[0].kind != Part::Kind::kLiteral) return false;
    const std::string& text = word.parts[0].text;
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) return false;
    return text.substr(0, equals).find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string::npos && (text[0] < '0' || text[0] > '9');
  }
  void EmitWhat(const Subshell& what) { EmitApart([&] { Emit(what.body); }); }
  void EmitWhat(const Group& what) { Emit(what.body); }
  void EmitWhat(const If& what) {
    for (const If::Branch& branch : what.branches) EmitApart([&] { Emit(branch.condition), Emit(branch.body); });
    if (what.otherwise) EmitApart([&] { Emit(*what.otherwise); });
  }
  void EmitWhat(const For& what) {
    bool free = what.has_list && !what.select && !IsOwn(what.name);
    for (const WordNode& word : what.words) free = free && IsFree(word);
    for (const WordNode& word : what.words) EmitWord(word);
    if (!free) return EmitApart([&] { Emit(what.body); });
    const size_t before = out_.size();
    out_ += "for " + what.name + " in";
    for (const WordNode& word : what.words) (out_ += ' ') += Raw(word.span);
    out_ += "; do\n";
    const size_t begin = out_.size();
    Emit(what.body);
    if (out_.size() == begin) out_.resize(before);
    else out_ += "done\n";
  }
  void EmitWhat(const ArithmeticFor& what) { EmitApart([&] { Emit(what.body); }); }
  void EmitWhat(const While& what) { EmitApart([&] { Emit(what.condition), Emit(what.body); }); }
  void EmitWhat(const Case& what) {
    EmitWord(what.subject);
    for (const Case::Clause& clause : what.clauses) EmitApart([&] { Emit(clause.body); });
  }
  void EmitWhat(const ArithmeticCommand&) {}
  void EmitWhat(const ConditionalCommand&) {}
  void EmitWhat(const Function& what) { EmitApart([&] { Emit(*what.body); }); }
  void EmitWhat(const Coproc& what) { EmitApart([&] { Emit(*what.body); }); }

  std::string_view source_;
  std::string out_;
  int next_ = 0;
};

std::string Hex(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

json::Array* g_claims = nullptr;  // Describe is a plain function; this program has one thread

Description Record(const analysis::Command& command, const analysis::Place&, World&) {
  Description out;
  out.coverage = Coverage::kFull;
  if (command.argv.size() < 2 || !command.argv[0].Is("__probe") || !command.argv[1].exact()) return out;
  json::Array words;
  bool known = true;
  for (size_t i = 2; i < command.argv.size(); ++i) {
    known = known && command.argv[i].exact() && !command.argv[i].may_be_several;
    words.emplace_back(Hex(command.argv[i].text));
  }
  json::Array claim;
  claim.emplace_back(static_cast<int64_t>(std::stoi(command.argv[1].text)));
  claim.push_back(known ? json::Value(std::move(words)) : json::Value());
  g_claims->emplace_back(std::move(claim));
  return out;
}

json::Array Claims(const std::string& probe) {
  json::Array claims;
  g_claims = &claims;
  NoWorld world;
  AnalyzeWith(probe, Place{}, world, &Record);
  g_claims = nullptr;
  return claims;
}

// The function that is all that `script` is, if it is that.
const Function* OnlyFunction(const Script& script) {
  if (script.error || script.list.items.size() != 1) return nullptr;
  const Item& item = script.list.items[0];
  if (item.then != Item::Then::kNext || item.pipeline.commands.size() != 1 || item.pipeline.negations > 0 || item.pipeline.timed) return nullptr;
  const Command& command = item.pipeline.commands[0];
  return command.redirects.empty() ? std::get_if<Function>(&command.what) : nullptr;
}

json::Value Answer(const json::Value& question) {
  const std::string command(question.Text("command"));
  json::Value out;
  out.Set("id", question.At("id"));
  const Script script = Parse(command);
  out.Set("parsed", !script.error || script.error->silent).Set("programs", Programs(script));
  const Function* function = OnlyFunction(script);
  out.Set("is_function", function != nullptr);
  if (function != nullptr) out.Set("print", Hex(PrintFunction(*function)));
  const std::string probe = script.error ? "" : Probe(command).Of(script);
  return out.Set("probe", probe).Set("claims", probe.empty() ? json::Array{} : Claims(probe));
}

}  // namespace
}  // namespace checkrein::analysis::shell

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const checkrein::Result<checkrein::json::Value> question = checkrein::json::Parse(line);
    if (!question) {
      std::fprintf(stderr, "shell_facts: %s\n", question.error().text.c_str());
      return 2;
    }
    std::cout << checkrein::analysis::shell::Answer(*question).Dump() << '\n';
  }
  return 0;
}
