// Whatever the bytes: entities (with and without a schema), requests' contexts and policies in JSON are read or refused; what is accepted
// is written and reads back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.h"
#include "cedar/entity_json.h"
#include "cedar/policy_json.h"
#include "cedar/print.h"
#include "cedar/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace checkrein;
  using namespace checkrein::cedar;
  static const Schema kSchema =
      ParseSchema("entity User in [Group] = { name: String, age?: Long, boss?: User, seen?: Set<datetime> } tags String; entity Group; entity Doc enum [\"d\"];"
                  "action read appliesTo { principal: User, resource: Doc, context: { mfa: Bool, ip?: ipaddr } };", "s").take();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = json::Parse(text);
  if (!value) return 0;
  if (const auto entities = EntitiesFromJson(*value)) {
    const json::Value written = EntitiesToJson(*entities);
    const auto again = EntitiesFromJson(written);
    if (!again || !(EntitiesToJson(*again) == written)) std::abort();
  }
  if (const auto entities = EntitiesFromJson(*value, kSchema); entities && !ValidateEntities(kSchema, *entities)) std::abort();
  (void)ContextFromJson(*value, kSchema, EntityUid("Action", "read"));
  (void)PolicySetFromJson(*value);
  if (const auto policy = PolicyFromJson(*value, "p")) {
    const json::Value written = PolicyToJson(*policy);
    const auto again = PolicyFromJson(written, "p");
    if (!again || !(PolicyToJson(*again) == written)) std::abort();
    (void)Print(*policy);
    (void)ValidatePolicy(kSchema, *policy);
  }
  return 0;
}
