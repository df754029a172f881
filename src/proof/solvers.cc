#include "proof/solvers.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/clock.h"

namespace checkrein::proof {
namespace {

void AppendUtf8(uint32_t code, std::string* out) {
  const auto put = [out](uint32_t byte) { *out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f)), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  }
}

// `\u{3c}`, `\u003c` and `""` as SMT-LIB 2.6 has them; anything else stands for itself.
std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') ++i;  // doubled
    if (i >= text.size()) break;
    if (text.substr(i).starts_with("\\u")) {
      const bool braces = text.substr(i).starts_with("\\u{");
      const size_t begin = i + (braces ? 3 : 2), end = braces ? text.find('}', begin) : begin + 4;
      uint32_t code = 0;
      if (end <= text.size() && end > begin) {
        const auto [stop, bad] = std::from_chars(text.data() + begin, text.data() + end, code, 16);
        if (bad == std::errc() && stop == text.data() + end) {
          AppendUtf8(code, &out);
          i = braces ? end : end - 1;
          continue;
        }
      }
    }
    out += text[i];
  }
  return out;
}

// One value, made canonical; nullopt when it is none of the sort.
std::optional<std::string> Canonical(std::string_view token, const Sort& sort) {
  if (sort.kind == Sort::Kind::kBool) return token == "true" || token == "false" ? std::optional<std::string>(token) : std::nullopt;
  if (sort.kind == Sort::Kind::kText) return token.size() >= 2 && token[0] == '"' ? std::optional<std::string>(Unescape(token.substr(1, token.size() - 2))) : std::nullopt;
  std::string bits;
  if (token.starts_with("#b")) bits = token.substr(2);
  if (token.starts_with("#x")) {
    for (const char c : token.substr(2)) {
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 0;
      for (int i = 3; i >= 0; --i) bits += (digit >> i & 1) != 0 ? '1' : '0';
    }
  }
  return bits.size() == sort.width ? std::optional(bits) : std::nullopt;
}

}  // namespace

Result<std::vector<std::string>> ReadValues(std::string_view answer, const std::vector<Sort>& sorts) {
  // ((NAME VALUE) (NAME VALUE) ..): our names have neither spaces nor brackets.
  const Error malformed{Error::Kind::kInvalid, "a solver's model cannot be read"};
  std::vector<std::string> values;
  if (answer.empty() || answer[0] != '(') return malformed;
  size_t at = 1;
  for (const Sort& sort : sorts) {
    at = answer.find('(', at);
    if (at == std::string_view::npos) return malformed;
    const size_t length = AnswerLength(answer.substr(at));
    const size_t space = answer.find_first_of(" \n", at);
    if (length == 0 || space == std::string_view::npos || space >= at + length) return malformed;
    const size_t begin = answer.find_first_not_of(" \n", space);
    auto value = Canonical(answer.substr(begin, at + length - 1 - begin), sort);
    if (!value) return malformed;
    values.push_back(std::move(*value));
    at += length;
  }
  return values;
}

void Model::Put(const std::string& key, std::vector<std::string> arguments, std::string value) { functions_[key].insert_or_assign(std::move(arguments), std::move(value)); }

const std::map<std::vector<std::string>, std::string>& Model::Table(const std::string& key) const {
  static const std::map<std::vector<std::string>, std::string> kNone;
  const auto it = functions_.find(key);
  return it == functions_.end() ? kNone : it->second;
}

const std::string* Model::Find(const std::string& key, const std::vector<std::string>& arguments) const {
  const auto& table = Table(key);
  const auto it = table.find(arguments);
  return it == table.end() ? nullptr : &it->second;
}

Result<Solvers> Solvers::Start(std::vector<SolverProgram> programs, const Limits& limits) {
  std::vector<Member> members;
  Error absent{Error::Kind::kNotFound, "no solver: install the Debian packages z3 and cvc5"};
  for (SolverProgram& program : programs) {
    Result<Solver> solver = Solver::Start(program, limits);
    if (!solver) {
      if (solver.error().kind != Error::Kind::kNotFound) return solver.error();
      continue;
    }
    Member member;
    member.program = std::move(program);
    member.running.push_back(std::move(solver).take());
    members.push_back(std::move(member));
  }
  if (members.empty()) return absent;
  return Solvers(std::move(members), limits);
}

Solvers::Solvers(std::vector<Member> members, const Limits& limits)
    : members_(std::move(members)), limits_(limits), end_ns_(MonotonicNanos() + int64_t{limits.total_ms} * 1'000'000) {}

std::string Solvers::Names() const {
  std::string names;
  for (const Member& m : members_) names += (names.empty() ? "" : " and ") + m.program.name;
  return names;
}

void Solvers::TellOne(Member& member, const std::string& text) {
  if (member.running.empty()) return;
  if (const Status told = member.running[0].Tell(text); !told) {
    member.failure = told.error().text;
    member.running.clear();
  }
}

void Solvers::Tell(const std::string& text) {
  if (keeps_script_) script_ += text;
  for (Member& member : members_) TellOne(member, text);
}

std::string Solvers::HearOne(Member& member) {
  if (member.running.empty()) return "";
  Result<std::string> heard = member.running[0].Hear();
  if (heard) return std::move(heard).take();
  member.failure = heard.error().text;
  member.running.clear();
  return "";
}

void Solvers::Begin(Terms* terms) {
  if (terms_ != nullptr) Tell("(pop " + std::to_string(depth_ + 1) + ")\n");
  terms_ = terms;
  depth_ = 0;
  terms_->Forget();
  for (Member& member : members_) {
    if (!member.running.empty()) continue;
    Result<Solver> again = Solver::Start(member.program, limits_);
    if (again) {
      member.running.push_back(std::move(again).take());
    } else {
      member.failure = again.error().text;
    }
  }
  Tell("(push 1)\n");
}

void Solvers::Assume(TermId fact) {
  if (fact != terms_->True()) Tell(terms_->Define(fact) + "(assert " + terms_->Name(fact) + ")\n");
}

Answer Solvers::Check(TermId claim) {
  if (MonotonicNanos() > end_ns_) {
    Tell("(push 1)\n");
    ++depth_;
    return {Answer::Kind::kUnknown, "no proof (the time for all questions is over)", 0, false};
  }
  // Definitions go in front of the push, so that they stay when the claim is dropped.
  const std::string definitions = terms_->Define(claim);
  Tell(definitions + "(push 1)\n(assert " + terms_->Name(claim) + ")\n(check-sat)\n");
  ++depth_;
  Answer answer;
  size_t unsat = 0;
  std::string told;
  for (size_t i = 0; i < members_.size(); ++i) {
    const std::string heard = HearOne(members_[i]);
    if (heard == "unsat") ++unsat;
    if (heard == "sat" && !answer.has_model) {
      answer.has_model = true;
      answer.from = i;
    }
    told += (told.empty() ? "" : ", ") + members_[i].program.name + ": " + (heard.empty() ? members_[i].failure : heard == "unknown" ? "cannot tell within its limits" : heard);
  }
  if (unsat == members_.size()) {
    answer.kind = Answer::Kind::kUnsat;
  } else if (answer.has_model && unsat == 0) {
    answer.kind = Answer::Kind::kSat;
  } else {
    answer.why = (answer.has_model ? "the solvers contradict each other (" : "no proof (") + told + ")";
  }
  return answer;
}

bool Solvers::Prefer(const Answer& answer, const std::string& also) {
  Member& member = members_[answer.from];
  TellOne(member, "(push 1)\n(assert " + also + ")\n(check-sat)\n");
  const bool sat = HearOne(member) == "sat";
  TellOne(member, sat ? "(pop 1)\n(assert " + also + ")\n" : "(pop 1)\n");
  return sat;
}

void Solvers::Drop() {
  Tell("(pop 1)\n");
  --depth_;
}

Result<Model> Solvers::ReadModel(const Answer& answer) {
  Member& member = members_[answer.from];
  std::vector<TermId> wanted;
  std::vector<Sort> sorts;
  const std::vector<TermId> applications = terms_->DefinedApplications();
  for (const TermId id : applications) {
    for (const TermId arg : (*terms_)[id].args) wanted.push_back(arg);
    wanted.push_back(id);
  }
  if (wanted.empty()) return Model();
  std::string names;
  for (const TermId id : wanted) {
    names += ' ' + terms_->Name(id);
    sorts.push_back((*terms_)[id].sort);
  }
  // After Prefer the last check may have failed: ask again, so that there is a model.
  TellOne(member, "(check-sat)\n(get-value (" + names + "))\n");
  const std::string sat = HearOne(member);
  const std::string heard = sat == "sat" ? HearOne(member) : "";
  const Result<std::vector<std::string>> values = ReadValues(heard, sorts);
  if (!values) return Error{Error::Kind::kInternal, values.error().text + (member.failure.empty() ? "" : " (" + member.failure + ")")};
  Model model;
  size_t next = 0;
  for (const TermId id : applications) {
    std::vector<std::string> arguments;
    for (size_t i = 0; i < (*terms_)[id].args.size(); ++i) arguments.push_back((*values)[next++]);
    model.Put((*terms_)[id].head, std::move(arguments), (*values)[next++]);
  }
  return model;
}

}  // namespace checkrein::proof
