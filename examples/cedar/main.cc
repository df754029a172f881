#include "cedar/authorize.h"
#include "cedar/parser.h"
#include "cedar/validate.h"
using namespace checkrein::cedar;

int main() {
  const auto schema = ParseSchema(R"(
    entity Group;
    entity User in [Group] = { age: Long };
    entity Doc = { owner: User, secret: Bool };
    action read appliesTo { principal: User, resource: Doc };)", "demo.cedarschema");
  const auto policies = ParsePolicies(R"(
    permit (principal in Group::"staff", action == Action::"read", resource) unless { resource.secret };
    permit (principal, action, resource) when { resource.owner == principal };)", "demo.cedar");
  if (!schema || !policies) return 2;                     // the error text points at the place
  const ValidationReport report = Validate(*schema, *policies);
  if (!report.ok()) return 2;                             // report.errors[0].message

  Entities entities;
  const EntityUid ann("User", "ann"), plan("Doc", "plan");
  (void)entities.Add({ann, Record().Put("age", 41), {}, {EntityUid("Group", "staff")}});
  (void)entities.Add({plan, Record().Put("owner", EntityUid("User", "bob")).Put("secret", false), {}, {}});

  Authorizer authorizer(*policies);                       // keeps its memory between requests
  const Response& r = authorizer.Authorize({ann, EntityUid("Action", "read"), plan, Record()}, entities);
  return r.decision == Decision::kAllow ? 0 : 1;          // r.reasons[0]->id == "policy0"
}
