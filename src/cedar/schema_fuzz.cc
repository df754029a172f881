// Whatever the bytes: the schema parser answers, and its types can be walked.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "cedar/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto schema = checkrein::cedar::ParseSchema({reinterpret_cast<const char*>(data), size}, "f");
  if (!schema) return 0;
  for (const auto& [name, type] : schema->entity_types()) (void)type.attributes->ToString();
  for (const auto& [uid, action] : schema->actions()) (void)action.context->ToString();
  (void)schema->ActionEntities();
  return 0;
}
