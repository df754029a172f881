#include "proof/properties.h"

#include <algorithm>

#include "cedar/parser.h"
#include "cedar/validate.h"

namespace checkrein::proof {
namespace {

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

bool HasAnnotation(const cedar::Policy& policy, std::string_view name) {
  return std::any_of(policy.annotations.begin(), policy.annotations.end(), [name](const cedar::Annotation& a) { return a.name == name; });
}

Error Wrong(const cedar::Policy& policy, const std::string& what) { return {Error::Kind::kInvalid, cedar::Where(policy.source(), {}) + ": " + what}; }

Result<cedar::PolicySet> ParseValid(std::string_view text, std::string_view file, const cedar::Schema& schema) {
  Result<cedar::PolicySet> set = cedar::ParsePoliciesWithIds(text, file);
  if (!set) return set.error();
  const cedar::ValidationReport report = cedar::Validate(schema, *set);
  if (!report.ok()) return Error{Error::Kind::kInvalid, report.errors[0].message};
  return set;
}

Result<Property> ReadProperty(const cedar::Policy& policy) {
  Property p;
  p.id = policy.AnnotationValue("id");
  p.claim = policy.AnnotationValue("claim");
  if (p.id.empty() || p.claim.empty()) return Wrong(policy, "a property needs an @id and a @claim");
  if (policy.effect != cedar::Effect::kPermit) return Wrong(policy, "a property is written as a permit: the requests that it is about");
  const std::string_view must = policy.AnnotationValue("must"), field = policy.AnnotationValue("never_costs"), declared = policy.AnnotationValue("declared");
  if ((must.empty() ? 0 : 1) + (field.empty() ? 0 : 1) + (declared.empty() ? 0 : 1) != 1) return Wrong(policy, "a property needs one of @must, @never_costs and @declared");
  if (!must.empty() && must != "deny" && must != "allow") return Wrong(policy, "@must is \"deny\" or \"allow\", not " + cedar::QuoteString(must));
  p.kind = must == "deny" ? Property::Kind::kMustDeny : must == "allow" ? Property::Kind::kMustAllow : !field.empty() ? Property::Kind::kNeverCosts : Property::Kind::kDeclared;
  p.field = field;
  p.words = Words(declared);
  return p;
}

}  // namespace

Result<PropertyFile> PropertyFile::Parse(std::string_view text, std::string_view file, const cedar::Schema& schema) {
  Result<cedar::PolicySet> all = ParseValid(text, file, schema);
  if (!all) return all.error();
  PropertyFile out;
  out.envelopes_ = std::move(all).take();
  for (const cedar::Policy& policy : out.envelopes_) {
    Result<Property> property = ReadProperty(policy);
    if (!property) return property.error();
    Row row{std::move(property).take(), std::make_unique<cedar::PolicySet>(), Words(policy.AnnotationValue("sets")), HasAnnotation(policy, "as_shipped")};
    if (const Status added = row.envelope->Add(policy); !added) return added.error();
    row.property.envelope = row.envelope.get();
    out.rows_.push_back(std::move(row));
  }
  return out;
}

std::vector<Property> PropertyFile::For(std::string_view name, Extent extent) const {
  std::vector<Property> out;
  Property errs, dead;
  errs.kind = Property::Kind::kNeverErrs;
  errs.id = "never-errs";
  errs.claim = "no policy can fail while it is evaluated";
  dead.kind = Property::Kind::kNothingDead;
  dead.id = "nothing-dead";
  dead.claim = "each policy applies to some request";
  out.push_back(std::move(errs));
  out.push_back(std::move(dead));
  for (const Row& row : rows_) {
    if (row.as_shipped && extent == Extent::kExtended) continue;
    if (row.sets.empty() || std::find(row.sets.begin(), row.sets.end(), name) != row.sets.end()) out.push_back(row.property);
  }
  return out;
}

Result<cedar::PolicySet> ParseWorld(std::string_view text, std::string_view file, const cedar::Schema& schema) {
  Result<cedar::PolicySet> set = ParseValid(text, file, schema);
  if (!set) return set;
  for (const cedar::Policy& policy : *set)
    if (policy.effect != cedar::Effect::kForbid) return Wrong(policy, "a world file only forbids: the requests that cannot occur");
  return set;
}

}  // namespace checkrein::proof
