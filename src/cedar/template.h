// Templates: policies whose scope holds ?principal or ?resource, and their links.
//
//   Result<Policy> policy = Link(tmpl, "ann-reads", {EntityUid("User", "ann"), std::nullopt});
//   if (policy) set.Add(std::move(*policy));
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cedar/ast.h"

namespace checkrein::cedar {

struct SlotValues {
  std::optional<EntityUid> principal;
  std::optional<EntityUid> resource;
};

// The template with its slots filled and another id. kInvalid when a slot lacks its value, a value has no slot, or `tmpl` is no template.
Result<Policy> Link(const Policy& tmpl, std::string id, const SlotValues& values);

}  // namespace checkrein::cedar
