// Everything that requests of one kind may hold: unknown attributes, unknown hierarchy, as SMT terms over a schema.
//
//   Universe universe(schema, terms);
//   const Symbol host = universe.Variable("resource", "Host");           // some Host that exists
//   const TermId in = universe.In(host, universe.Literal(EntityUid("Host", "a.example")));
//   const std::vector<TermId>& facts = universe.Finish();                // true in every store that conforms to the schema
//
// Attributes and parents are uninterpreted functions of entities. The hierarchy's laws (nothing is its own ancestor, ancestors of ancestors
// are ancestors, what does not exist has none) are written out for the pairs that are asked about; the others can then be left unrelated.
// A set whose members cannot be listed is a predicate, and questions about all its members are asked about each value that is compared
// with a member anywhere, and one more value for each question: a set that answers differently elsewhere can be cut down to these.
//
// What this version cannot write (sets of records or of sets, tags, hierarchies of unknown actions) is an error, never a guess.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/schema.h"
#include "proof/symbol.h"

namespace checkrein::proof {

// The keys under which unknowns are declared, for whoever reads a model.
std::string AttributePath(std::string_view owner, std::string_view name);  // owner: an entity type, "context", or a path
inline std::string ValueKey(std::string_view path) { return "value " + std::string(path); }
inline std::string PresentKey(std::string_view path) { return "has " + std::string(path); }
inline std::string MemberKey(std::string_view path) { return "member " + std::string(path); }
inline std::string ExistsKey(std::string_view type) { return "exists " + std::string(type); }
inline std::string InKey(std::string_view type, std::string_view group) { return "in " + std::string(type) + " " + std::string(group); }
inline std::string GroupsKey(std::string_view type, std::string_view group) { return "groups " + std::string(type) + " " + std::string(group); }

class Universe {
 public:
  Universe(const cedar::Schema& schema, Terms& terms) : schema_(schema), terms_(terms) {}

  const cedar::Schema& schema() const { return schema_; }
  Terms& terms() { return terms_; }
  void Fail(std::string what);                      // the first is kept
  const std::optional<Error>& failed() const { return failed_; }

  // ---- values
  Symbol Variable(std::string_view key, std::string_view entity_type);   // an entity that exists, unless the type is an enum
  Symbol Literal(const cedar::EntityUid& uid);
  Symbol OfValue(const cedar::Value& value);
  // An unknown of a schema's type, a function of `args` (none: a constant).
  Symbol Unknown(cedar::TypeRef type, const std::string& path, const std::vector<TermId>& args);
  // The field of an attribute of an entity; nullopt when the type declares none of that name.
  std::optional<SymbolField> Attribute(const Symbol& entity, std::string_view name);

  TermId Same(const Symbol& a, const Symbol& b);    // a boolean; values of different kinds are never the same
  Symbol If(TermId condition, const Symbol& yes, const Symbol& no);

  // ---- entities
  TermId Exists(const Symbol& entity);
  TermId In(const Symbol& entity, const Symbol& group);       // reflexive
  TermId InAny(const Symbol& entity, const Symbol& groups);   // groups: a set
  // The two are in the same entities, as far as anything encoded so far asks.
  void SameParents(const Symbol& a, const Symbol& b);

  // ---- sets
  Symbol MakeSet(std::vector<Symbol> members);
  TermId Contains(const Symbol& set, const Symbol& member);
  TermId ContainsAll(const Symbol& set, const Symbol& wanted);
  TermId ContainsAny(const Symbol& set, const Symbol& wanted);
  TermId IsEmpty(const Symbol& set);

  void Hold(TermId fact) { Fact(fact); }            // adds to what Finish gives
  // What holds of every conforming store, and what was held. Call when nothing more will be encoded.
  const std::vector<TermId>& Finish();

  // The ids that the policies mention, by code, for whoever reads a model.
  const std::vector<std::string>& LiteralIds(std::string_view type) const;

 private:
  struct OpenSet {
    enum class Kind : uint8_t { kMembers, kUnknown, kChoice } kind = Kind::kMembers;
    std::vector<Symbol> members;             // kMembers
    std::string key, element;                // kUnknown: its predicate; what its members are
    std::vector<TermId> args;
    TermId condition = 0;                    // kChoice
    uint32_t yes = 0, no = 0;
  };
  struct Question {                          // about all members of sets; answered by Finish
    enum class Kind : uint8_t { kAll, kAny, kEmpty, kSame, kIn } kind;
    uint32_t a = 0, b = 0;
    Symbol entity;                           // kIn: is it in one of a
    std::string element;
    TermId answer = 0;
  };
  struct Relation {                          // one pair that `in` is asked about
    Symbol entity, group;
    TermId holds;
  };
  struct Groups {                            // all enum groups of an entity
    Symbol entity;
    std::string group_type;
    TermId mask;
  };

  // The element of sets of sets and of records: a schema may have them, but no policy can be proved that looks at one.
  static constexpr std::string_view kBeyond = "beyond";

  void Fact(TermId fact);
  size_t EnumSize(std::string_view type) const;    // 0: not an enum
  Sort EntitySort(std::string_view type) const;
  TermId Code(std::string_view type, std::string_view id);
  Symbol AddSet(OpenSet set);
  Symbol ToMask(const Symbol& set, std::string_view enum_type);
  TermId MaskHas(const Symbol& mask, const Symbol& member);
  TermId OneBit(const Symbol& member, size_t width);
  TermId MemberOf(uint32_t set, const Symbol& member);
  std::string ElementOf(uint32_t set) const;       // "" when it has no members at all
  const std::vector<Symbol>* Listed(uint32_t set) const;
  TermId Ask(Question question);
  void Answer(const Question& question);
  void Compare(const std::string& element, const Symbol& value);
  TermId RelationTerm(const Symbol& entity, const Symbol& group);
  TermId MaskOf(const Symbol& entity, std::string_view group_type);
  void CloseHierarchy();
  void CloseOver(const Relation& first);

  const cedar::Schema& schema_;
  Terms& terms_;
  std::optional<Error> failed_;
  std::set<TermId> known_facts_;
  std::vector<TermId> facts_;
  std::map<std::string, std::vector<std::string>, std::less<>> literals_;  // by type, in the order of their codes
  std::vector<OpenSet> sets_;
  std::vector<Question> questions_;
  std::map<std::string, std::vector<Symbol>> compared_;   // by element: what members are compared with
  std::map<std::string, Symbol> prototypes_;              // by element: some value of its kind
  std::vector<Relation> relations_;
  std::set<TermId> related_;
  std::vector<Groups> groups_;
  std::set<TermId> grouped_;
};

}  // namespace checkrein::proof
