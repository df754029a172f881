// Asks a Program: who may do what to which resource, given facts. The same answers as Authorizer (authorize.h) gives, faster, and several
// times over different contexts for the price of one look at the scopes.
//
//   Question question(program);                       // keeps its memory: use it again
//   Facts& facts = question.Start();                  // empty; add the entities
//   question.Pose(ann, read, plan);                   // finds the policies whose scope fits
//   const Answer& answer = question.Ask(context);     // a record term of these facts; may be asked again with another
//   if (answer.allowed) ...
#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <vector>

#include "cedar/facts.h"
#include "cedar/program.h"

namespace checkrein::cedar {

struct Answer {
  bool allowed = false;
  std::span<const uint32_t> reasons;  // indices of the determining policies: satisfied forbids if any, else satisfied permits; in order
  std::span<const uint32_t> errors;   // indices of the policies that could not be evaluated; in order
};

// Not for several threads at once. Borrows the program. Its memory is inside it: what is usual is asked without any allocation.
class Question {
 public:
  explicit Question(const Program& program) : program_(program), facts_(program, &memory_) {}
  explicit Question(Program&&) = delete;
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  Facts& Start();
  Facts& facts() { return facts_; }
  void Pose(UidNumber principal, UidNumber action, UidNumber resource);
  // Valid until the next call. Between Pose and Ask, and between one Ask and the next, values may be added, as for another context, but no
  // entities: what a policy said without looking at the context is not asked again.
  const Answer& Ask(const Term& context);
  // From now on sees whether an attribute of this name is read: where none was since Pose, the answers did not depend on its value.
  void Watch(Symbol attribute) { watched_ = attribute; }
  bool saw_watched() const { return saw_watched_; }
  // The policies whose scopes fit, as indices; valid until the next Start.
  std::span<const uint32_t> fitting() const { return matched_; }
  size_t matched() const { return matched_.size(); }

 private:
  // An entity and its ancestors. Those that the program knows are also bits.
  struct Line {
    explicit Line(std::pmr::memory_resource* memory) : members(memory), bits(memory) {}
    std::pmr::vector<UidNumber> members;
    std::pmr::vector<uint64_t> bits;
  };
  void FindLine(UidNumber uid, Line* line);
  bool Has(const Line& line, UidNumber uid) const;
  bool IsIn(UidNumber uid, UidNumber group);
  bool Fits(const flat::Head& head) const;
  void MatchIndexed();
  // What a policy whose scope fits has said. kUnasked: nothing yet, or what it said depends on the context.
  enum class Said : uint8_t { kUnasked, kNo, kYes, kErr };
  Said Test(uint32_t policy);

  Term Eval(NodeId id);
  Term Typed(NodeId id, Term::Kind kind);
  Term Variable(uint32_t which);
  Term Order(const flat::FlatNode& n);
  Term Arithmetic(const flat::FlatNode& n);
  Term In(const Term& left, const Term& right);
  Term SetTest(const flat::FlatNode& n);
  Term Tag(const flat::FlatNode& n);
  const Term* Look(const Term& object, Symbol name) const;
  Term GetAttr(const flat::FlatNode& n);
  Term HasAttr(const flat::FlatNode& n);
  Term Like(const flat::FlatNode& n);
  Term Is(const flat::FlatNode& n);
  Term BuildSet(const flat::FlatNode& n);
  Term BuildRecord(const flat::FlatNode& n);
  Term Call(const flat::FlatNode& n);
  bool Contains(const Term& set, const Term& member) const;

  const Program& program_;
  std::array<std::byte, 6144> buffer_;  // not initialised: `memory_` hands it out before it asks for more
  std::pmr::monotonic_buffer_resource memory_{buffer_.data(), buffer_.size()};
  Facts facts_;
  UidNumber principal_ = kNone, action_ = kNone, resource_ = kNone;
  UidNumber other_ = kNone;  // whose other_line_ is
  Symbol principal_type_ = kNone, resource_type_ = kNone;
  Line principal_line_{&memory_}, action_line_{&memory_}, resource_line_{&memory_}, other_line_{&memory_};
  Term context_;
  bool saw_context_ = false;                 // the policy at hand looked at it
  Symbol watched_ = kNone;
  bool saw_watched_ = false;
  std::pmr::vector<Said> said_{&memory_};    // by each of matched_
  std::pmr::vector<uint32_t> matched_{&memory_}, permits_{&memory_}, forbids_{&memory_}, errors_{&memory_};
  std::pmr::vector<Term> stack_{&memory_};  // members of a set or record that is being built
  std::pmr::vector<Facts::Field> fields_{&memory_};
  Answer answer_;
};

}  // namespace checkrein::cedar
