// SMT-LIB 2 terms: built once each, folded where that is cheap, printed as definitions that share their parts.
//
//   Terms terms;
//   const TermId x = terms.Apply("ctx:approved", {}, Sort::Bool());     // an unknown
//   const TermId claim = terms.And(x, terms.Not(x));                    // folds to terms.False()
//   script += terms.Define(claim);                                      // what has not been written before
//   script += "(assert " + terms.Name(claim) + ")\n";
//
// Only what Debian 12's z3 4.8.12 and cvc5 1.0.3 both read is used: booleans, bit-vectors, strings with regular expressions, uninterpreted
// functions. No sets, arrays, datatypes or quantifiers, in which the two differ.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace checkrein::proof {

using TermId = uint32_t;

struct Sort {
  enum class Kind : uint8_t { kBool, kBits, kText };
  Kind kind = Kind::kBool;
  uint16_t width = 0;  // in bits, of kBits
  static Sort Bool() { return {}; }
  static Sort Bits(size_t width) { return {Kind::kBits, static_cast<uint16_t>(width)}; }
  static Sort Text() { return {Kind::kText, 0}; }
  bool operator==(const Sort&) const = default;
  std::string ToString() const;
};

struct Term {
  enum class Kind : uint8_t { kConstant, kApply, kOperation };
  Kind kind = Kind::kConstant;
  Sort sort;
  std::string head;            // of a constant its text, of an operation the operator; of an application the function's key
  std::vector<TermId> args;    // smaller than the term's own id
};

class Terms {
 public:
  Terms();

  TermId True() const { return 0; }
  TermId False() const { return 1; }
  TermId Bool(bool value) const { return value ? True() : False(); }
  TermId Bits(size_t width, uint64_t value);
  TermId Number(int64_t value) { return Bits(64, static_cast<uint64_t>(value)); }
  TermId BitText(std::string zeros_and_ones);
  TermId Text(std::string_view utf8);           // see Representable

  // The unknown function `key` of these arguments; with none, an unknown constant. A key has one signature.
  TermId Apply(std::string_view key, std::vector<TermId> args, Sort sort);
  // Any operator of SMT-LIB, not folded.
  TermId Op(std::string_view head, std::vector<TermId> args, Sort sort);

  TermId Not(TermId a);
  TermId And(std::vector<TermId> all);
  TermId Or(std::vector<TermId> any);
  TermId And(TermId a, TermId b) { return And(std::vector<TermId>{a, b}); }
  TermId Or(TermId a, TermId b) { return Or(std::vector<TermId>{a, b}); }
  TermId Implies(TermId a, TermId b) { return Or(Not(a), b); }
  TermId Equal(TermId a, TermId b);             // folds equal terms and two constants
  TermId If(TermId condition, TermId yes, TermId no);
  TermId Bit(TermId bits, size_t index);        // bit 0 is the lowest; a boolean
  TermId Matches(TermId text, std::string_view regex) { return Op("str.in_re", {text, Add({Term::Kind::kConstant, Sort::Text(), std::string(regex), {}})}, Sort::Bool()); }

  const Term& operator[](TermId id) const { return terms_[id]; }
  size_t size() const { return terms_.size(); }

  // Declarations and definitions that `root` needs and that were not given out yet. Forget starts anew, for another solver session.
  std::string Define(TermId root);
  void Forget();
  // How to write the term after Define.
  std::string Name(TermId id) const;
  // Every application below what Define was called for: the unknowns that a model gives values to.
  std::vector<TermId> DefinedApplications() const;

  // Whether SMT-LIB strings can hold `utf8`: they end at U+2FFFF.
  static bool Representable(std::string_view utf8);

 private:
  TermId Add(Term term);
  TermId Join(std::string_view head, std::vector<TermId> all, TermId neutral, TermId absorbing);

  std::vector<Term> terms_;
  std::unordered_map<std::string, TermId> known_;
  std::map<std::string, std::pair<size_t, bool>, std::less<>> functions_;  // key to number, and whether it is declared
  std::vector<bool> defined_;
};

}  // namespace checkrein::proof
