// Any policy text over a schema with every type: encoding it, valid or not, must end in a formula or in "cannot be written", never in a
// crash. What solvers answer is read from the same bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "cedar/parser.h"
#include "cedar/schema.h"
#include "proof/encode.h"
#include "proof/solvers.h"

namespace {

using namespace checkrein;

constexpr const char* kSchema = R"(
entity Color enum ["red", "green", "blue"];
entity Group in [Group];
entity User in [Group, Color] = { age: Long, name: String, boss?: User, colors: Set<Color>, friends: Set<User>, info: { level: Long, note?: String }, nested: Set<Set<Long>> };
entity Doc in [Doc, Group] = { owner: User, address?: ipaddr, score: decimal, made: datetime, span: duration };
action read appliesTo { principal: User, resource: Doc, context: { n: Long, flag: Bool, color: Color, numbers: Set<Long>, user?: User } };)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Result<cedar::Schema> kRead = cedar::ParseSchema(kSchema, "fuzz");
  if (!kRead || size > 20'000) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)proof::AnswerLength(text);
  (void)proof::ReadValues(text, {proof::Sort::Bits(3), proof::Sort::Text(), proof::Sort::Bool()});
  const Result<cedar::PolicySet> policies = cedar::ParsePolicies(text, "fuzz");
  if (!policies) return 0;
  for (const proof::RequestKind& kind : proof::RequestKinds(*kRead)) {
    proof::Terms terms;
    proof::Universe universe(*kRead, terms);
    const proof::EncodedSet set = proof::Encode(universe, *policies, proof::AskAnything(universe, kind));
    const auto& facts = universe.Finish();
    if (universe.failed()) continue;
    (void)terms.Define(set.allowed);
    for (const proof::TermId fact : facts) (void)terms.Define(fact);
  }
  return 0;
}
