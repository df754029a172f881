#include "proof/term.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace checkrein::proof {
namespace {

// The code point at `at`, which moves on; nullopt for what is no UTF-8.
std::optional<uint32_t> NextCodePoint(std::string_view text, size_t* at) {
  const auto first = static_cast<unsigned char>(text[*at]);
  const size_t length = first < 0x80 ? 1 : (first >> 5) == 6 ? 2 : (first >> 4) == 14 ? 3 : (first >> 3) == 30 ? 4 : 0;
  if (length == 0 || *at + length > text.size()) return std::nullopt;
  uint32_t code = length == 1 ? first : first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[*at + i]);
    if ((next >> 6) != 2) return std::nullopt;
    code = code << 6 | (next & 0x3f);
  }
  *at += length;
  return code;
}

std::string FunctionName(size_t number) { return "f" + std::to_string(number); }

// A comment may not end before its line does.
std::string OneLine(std::string_view text) {
  std::string out;
  for (const char c : text) out += c < ' ' && c >= 0 ? '?' : c;
  return out;
}

}  // namespace

std::string Sort::ToString() const {
  switch (kind) {
    case Kind::kBool: return "Bool";
    case Kind::kBits: return "(_ BitVec " + std::to_string(width) + ")";
    case Kind::kText: break;
  }
  return "String";
}

Terms::Terms() {
  Add({Term::Kind::kConstant, Sort::Bool(), "true", {}});
  Add({Term::Kind::kConstant, Sort::Bool(), "false", {}});
}

TermId Terms::Add(Term term) {
  std::string key = std::to_string(static_cast<int>(term.kind)) + term.sort.ToString() + '\0' + term.head;
  for (const TermId arg : term.args) (key += '\0') += std::to_string(arg);
  const auto [it, fresh] = known_.emplace(std::move(key), static_cast<TermId>(terms_.size()));
  if (fresh) terms_.push_back(std::move(term));
  return it->second;
}

TermId Terms::Bits(size_t width, uint64_t value) {
  std::string text(width, '0');
  for (size_t i = 0; i < width && i < 64; ++i)
    if ((value >> i & 1) != 0) text[width - 1 - i] = '1';
  return BitText(std::move(text));
}

TermId Terms::BitText(std::string zeros_and_ones) {
  const size_t width = zeros_and_ones.size();
  return Add({Term::Kind::kConstant, Sort::Bits(width), "#b" + std::move(zeros_and_ones), {}});
}

bool Terms::Representable(std::string_view utf8) {
  for (size_t at = 0; at < utf8.size();) {
    const auto code = NextCodePoint(utf8, &at);
    if (!code || *code > 0x2ffff) return false;
  }
  return true;
}

TermId Terms::Text(std::string_view utf8) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (size_t at = 0; at < utf8.size();) {
    const auto read = NextCodePoint(utf8, &at);
    if (!read) ++at;
    const uint32_t code = read.value_or(0xfffd);
    if (code >= 0x20 && code < 0x7f && code != '"' && code != '\\') {
      out += static_cast<char>(code);
      continue;
    }
    std::string digits;
    for (uint32_t rest = code; digits.empty() || rest > 0; rest >>= 4) digits.insert(digits.begin(), kHex[rest & 15]);
    out += "\\u{" + digits + "}";
  }
  return Add({Term::Kind::kConstant, Sort::Text(), out + "\"", {}});
}

TermId Terms::Apply(std::string_view key, std::vector<TermId> args, Sort sort) {
  if (!functions_.contains(key)) functions_.emplace(std::string(key), std::pair{functions_.size(), false});
  return Add({Term::Kind::kApply, sort, std::string(key), std::move(args)});
}

TermId Terms::Op(std::string_view head, std::vector<TermId> args, Sort sort) { return Add({Term::Kind::kOperation, sort, std::string(head), std::move(args)}); }

TermId Terms::Not(TermId a) {
  if (a == True()) return False();
  if (a == False()) return True();
  const Term& t = terms_[a];
  if (t.kind == Term::Kind::kOperation && t.head == "not") return t.args[0];
  return Op("not", {a}, Sort::Bool());
}

TermId Terms::Join(std::string_view head, std::vector<TermId> all, TermId neutral, TermId absorbing) {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::erase(all, neutral);
  for (const TermId id : all) {
    if (id == absorbing) return absorbing;
    if (std::binary_search(all.begin(), all.end(), Not(id))) return absorbing;
  }
  if (all.empty()) return neutral;
  return all.size() == 1 ? all[0] : Op(head, std::move(all), Sort::Bool());
}

TermId Terms::And(std::vector<TermId> all) { return Join("and", std::move(all), True(), False()); }
TermId Terms::Or(std::vector<TermId> any) { return Join("or", std::move(any), False(), True()); }

TermId Terms::Equal(TermId a, TermId b) {
  if (a == b) return True();
  if (terms_[a].sort != terms_[b].sort) std::abort();  // the encoder compares like with like
  if (terms_[a].kind == Term::Kind::kConstant && terms_[b].kind == Term::Kind::kConstant) return False();
  if (a > b) std::swap(a, b);
  if (a == True()) return b;
  if (a == False()) return Not(b);
  return Op("=", {a, b}, Sort::Bool());
}

TermId Terms::If(TermId condition, TermId yes, TermId no) {
  if (condition == True() || yes == no) return yes;
  if (condition == False()) return no;
  if (yes == True() && no == False()) return condition;
  if (yes == False() && no == True()) return Not(condition);
  return Op("ite", {condition, yes, no}, terms_[yes].sort);
}

TermId Terms::Bit(TermId bits, size_t index) {
  const Term& t = terms_[bits];
  if (t.kind == Term::Kind::kConstant) return Bool(t.head[t.head.size() - 1 - index] == '1');
  const std::string at = std::to_string(index);
  return Equal(Op("(_ extract " + at + " " + at + ")", {bits}, Sort::Bits(1)), Bits(1, 1));
}

std::string Terms::Name(TermId id) const {
  const Term& t = terms_[id];
  if (t.kind == Term::Kind::kConstant) return t.head;
  if (t.kind == Term::Kind::kApply && t.args.empty()) return FunctionName(functions_.find(t.head)->second.first);
  return "t" + std::to_string(id);
}

std::string Terms::Define(TermId root) {
  defined_.resize(terms_.size(), false);
  std::vector<TermId> wanted{root}, order;
  while (!wanted.empty()) {
    const TermId id = wanted.back();
    wanted.pop_back();
    if (defined_[id]) continue;
    defined_[id] = true;
    order.push_back(id);
    wanted.insert(wanted.end(), terms_[id].args.begin(), terms_[id].args.end());
  }
  std::sort(order.begin(), order.end());  // parts first
  std::string out;
  for (const TermId id : order) {
    const Term& t = terms_[id];
    if (t.kind == Term::Kind::kConstant) continue;
    std::string head = t.head;
    if (t.kind == Term::Kind::kApply) {
      auto& [number, declared] = functions_.find(t.head)->second;
      head = FunctionName(number);
      if (!declared) {
        declared = true;
        out += "; " + head + ": " + OneLine(t.head) + "\n(declare-fun " + head + " (";
        for (const TermId arg : t.args) out += terms_[arg].sort.ToString() + " ";
        out += ") " + t.sort.ToString() + ")\n";
      }
      if (t.args.empty()) continue;
    }
    out += "(define-fun t" + std::to_string(id) + " () " + t.sort.ToString() + " ";
    if (!t.args.empty()) out += '(';
    out += head;
    for (const TermId arg : t.args) (out += ' ') += Name(arg);
    out += t.args.empty() ? ")\n" : "))\n";
  }
  return out;
}

void Terms::Forget() {
  defined_.assign(terms_.size(), false);
  for (auto& entry : functions_) entry.second.second = false;
}

std::vector<TermId> Terms::DefinedApplications() const {
  std::vector<TermId> out;
  for (TermId id = 0; id < defined_.size(); ++id)
    if (defined_[id] && terms_[id].kind == Term::Kind::kApply) out.push_back(id);
  return out;
}

}  // namespace checkrein::proof
