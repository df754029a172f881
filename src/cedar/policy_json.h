// Policies from and to the official JSON form:
//   {"effect": "permit", "principal": {"op": "All"}, "action": {"op": "in", "entities": [..]}, "resource": {"op": "is", "entity_type": "Doc"},
//    "conditions": [{"kind": "when", "body": {"==": {"left": {"Var": "principal"}, "right": {"Value": 1}}}}], "annotations": {"id": "x"}}
// and sets of them: {"staticPolicies": {id: policy}, "templates": {id: policy}, "templateLinks": [{"templateId", "newId", "values": {"?principal": uid}}]}.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cedar/ast.h"

namespace checkrein::cedar {

// kInvalid naming the place (`policy.conditions[0].body.==.left: ...`), kLimit beyond kMaxHeight.
Result<Policy> PolicyFromJson(const json::Value& value, std::string id);
Result<PolicySet> PolicySetFromJson(const json::Value& value);

json::Value PolicyToJson(const Policy& policy);
json::Value PolicySetToJson(const PolicySet& policies);

}  // namespace checkrein::cedar
