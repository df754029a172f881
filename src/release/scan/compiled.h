// A set of rules made ready to scan: vectorscan databases that tell where a match may end, patterns that find where it begins.
//
//   Result<Compiled> compiled = Compiled::Build(rules);              // some 0.5 s for 221 rules
//   std::string bytes = compiled->Serialise();                       // to keep
//   Result<Compiled> again = Compiled::Load(rules, bytes);           // some 2 ms
//
// The bytes belong to one set of rules (its digest) and one kind of processor; Load refuses others, and its caller builds anew.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "release/rules/expression.h"
#include "release/rules/rule.h"
#include "release/scan/pattern.h"

struct hs_database;
struct hs_scratch;

namespace checkrein::release {

struct FreeDatabase {
  void operator()(hs_database* database) const;
};
struct FreeScratch {
  void operator()(hs_scratch* scratch) const;
};
using Database = std::unique_ptr<hs_database, FreeDatabase>;
using Scratch = std::unique_ptr<hs_scratch, FreeScratch>;

inline constexpr uint32_t kUnbounded = UINT32_MAX;   // width of a rule whose matches have no longest
inline constexpr uint32_t kFirstLiteral = 1u << 24;  // events from here on are keywords that call for the gated database
inline constexpr uint32_t kFirstCounted = 1u << 26;  // the event of a literal that wakes a rule: only counted, by what it is beyond this

// Signs that tell the inspector what else a text holds, sought in the same pass: an event with this id and a bit's number.
inline constexpr uint32_t kFirstMark = 1u << 25;
inline constexpr uint32_t kKeyMark = 1;   // private keys or certificates
inline constexpr uint32_t kMapMark = 2;   // the comment that names a source map

// Whom the databases are made for.
enum class Processor : uint8_t { kThisOne, kAvx2 };

struct CompiledAllowlist {
  const Allowlist* list = nullptr;
  std::vector<LazyPattern> paths, regexes;
  Database stopwords;      // null: none
};

struct CompiledRule {
  const Rule* rule = nullptr;
  LazyPattern core{""};    // without the lazy prefix, its steps counted (expression.h)
  LazyPattern path{""};
  size_t stretch = 0;      // characters of [\w.-] that the match goes on to the left
  uint32_t width = 0;      // bytes of the longest match, or kUnbounded
  bool generic = false;    // gives way to a better rule on the same line
  std::vector<CompiledAllowlist> allowlists;
};

struct CompiledArtifact {
  const Artifact* artifact = nullptr;
  LazyPattern path{""};
};

class Compiled {
 public:
  // kInvalid: an expression that does not compile. kUnsupported: one that vectorscan cannot even approximate.
  static Result<Compiled> Build(RuleSet rules, Processor processor);
  // kInvalid: not of these rules, of another version or processor, or damaged.
  static Result<Compiled> Load(RuleSet rules, std::string_view bytes);
  std::string Serialise() const;

  const RuleSet& set() const { return *set_; }
  std::vector<CompiledRule>& rules() { return rules_; }
  std::vector<CompiledAllowlist>& allowlists() { return allowlists_; }
  std::vector<CompiledArtifact>& artifacts() { return artifacts_; }
  const hs_database* ends() const { return ends_.get(); }      // all rules with a literal, and the keywords of the others
  const hs_database* gated() const { return gated_.get(); }    // rules without a literal; null: none
  Result<Scratch> MakeScratch() const;
  // Rules without a literal or keyword, which slow everything down; for a person who writes rules.
  std::vector<std::string> Warnings() const;

 private:
  Compiled() = default;
  void Prepare(RuleSet rules);
  std::vector<CompiledAllowlist*> WithStopwords();

  std::unique_ptr<RuleSet> set_;   // stays where it is when this moves: the others point into it
  std::vector<CompiledRule> rules_;
  std::vector<CompiledAllowlist> allowlists_;
  std::vector<CompiledArtifact> artifacts_;
  Database ends_, gated_;
};

}  // namespace checkrein::release
