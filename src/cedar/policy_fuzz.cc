// Whatever the bytes: the parser answers; what it accepts prints and reads back to the same policies, as text and as JSON; and evaluating,
// validating against a small schema and authorizing end without a crash.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cedar/authorize.h"
#include "cedar/parser.h"
#include "cedar/policy_json.h"
#include "cedar/print.h"
#include "cedar/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace checkrein::cedar;
  static const Schema kSchema =
      ParseSchema("entity User in [Group] = { name: String, age?: Long, boss?: User } tags String; entity Group; entity Doc = { owner: User };"
                  "action read appliesTo { principal: User, resource: Doc, context: { mfa: Bool, ip?: ipaddr } };", "s").take();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policies = ParsePolicyList(text, "f");
  if (!policies) return 0;
  Entities entities;
  if (!entities.Add({EntityUid("User", "a"), Record().Put("name", "x").Put("boss", EntityUid("User", "a")), {}, {EntityUid("Group", "g")}})) std::abort();
  const Request request{EntityUid("User", "a"), EntityUid("Action", "read"), EntityUid("Doc", "d"), Record().Put("mfa", true)};
  PolicySet set;
  for (const Policy& policy : *policies) {
    const std::string printed = Print(policy);
    const auto again = ParsePolicyList(printed, "again");
    const auto json = PolicyToJson(policy);
    if (!again || again->size() != 1 || !(PolicyToJson((*again)[0]) == json)) std::abort();
    const auto read = PolicyFromJson(json, policy.id);
    if (!read || Print(*read) != printed) std::abort();
    (void)ValidatePolicy(kSchema, policy);
    if (!policy.is_template() && !set.Add(policy)) std::abort();
  }
  (void)Authorize(set, request, entities);
  if (!Format(text, "f")) std::abort();
  return 0;
}
