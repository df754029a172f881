#include <algorithm>

#include "base/digest.h"
#include "base/path.h"
#include "cedar/parser.h"
#include "cedar/schema.h"
#include "cedar/validate.h"
#include "policy/impl.h"
#include "policy/shipped.h"

namespace checkrein::policy {
namespace {

// Which texts make up a shipped set.
struct ShippedSet {
  std::string_view name;
  std::string_view files[2];
};
constexpr ShippedSet kShippedSets[] = {
    {"base", {"base.cedar", ""}}, {"strict", {"base.cedar", "strict.cedar"}}, {"ci", {"base.cedar", "ci.cedar"}}, {"observe", {"observe.cedar", ""}}};

enum class Origin { kShipped, kUser, kProject };

// A policy goes by its @id, or by where it stands. What a project says can never be taken for ours.
std::string IdOf(const cedar::Policy& policy, Origin origin) {
  const std::string_view written = policy.AnnotationValue("id");
  std::string id = written.empty() ? std::string(BaseName(policy.file)) + ":" + std::to_string(policy.line) : std::string(written);
  return origin == Origin::kProject ? "project:" + id : id;
}

Status Add(const PolicySet::Text& text, Origin origin, cedar::PolicySet* set) {
  Result<std::vector<cedar::Policy>> policies = cedar::ParsePolicyList(text.text, text.file);
  if (!policies) return policies.error();
  for (cedar::Policy& policy : *policies) {
    const std::string where = cedar::Where(policy.source(), {});
    if (policy.is_template()) return Error{Error::Kind::kInvalid, where + ": a template is no policy yet; write the entities in its place"};
    if (origin == Origin::kProject && policy.effect != cedar::Effect::kForbid)
      return Error{Error::Kind::kDenied, where + ": a project may only forbid; move this permit to your own policy or remove it"};
    policy.id = IdOf(policy, origin);
    const std::string id = policy.id;
    if (set->Find(id) != nullptr) return Error{Error::Kind::kInvalid, where + ": there is a policy `" + id + "` already; give this one another @id"};
    if (const Status added = set->Add(std::move(policy)); !added) return Error{added.error().kind, where + ": " + added.error().text};
  }
  return Done{};
}

// Policies that come from outside must fit the schema: a misspelt word would be a rule that never matches. (The shipped sets are
// validated by tests.) All problems are told, not only the first.
Status Validate(const cedar::PolicySet& policies, size_t from) {
  if (policies.size() == from) return Done{};
  const Result<cedar::Schema> schema = cedar::ParseSchema(PolicySet::Schema(), "checkrein.cedarschema");
  if (!schema) return schema.error();
  constexpr size_t kMaxTold = 20;
  std::string told;
  size_t problems = 0;
  for (size_t i = from; i < policies.size(); ++i)
    for (const cedar::ValidationProblem& problem : cedar::ValidatePolicy(*schema, policies.policies()[i]).errors)
      if (++problems <= kMaxTold) told += (told.empty() ? "" : "\n") + problem.message;
  if (problems == 0) return Done{};
  if (problems > kMaxTold) told += "\n(" + std::to_string(problems - kMaxTold) + " more)";
  return Error{Error::Kind::kInvalid, told};
}

}  // namespace

std::vector<std::string_view> PolicySet::ShippedNames() {
  std::vector<std::string_view> names;
  for (const ShippedSet& set : kShippedSets) names.push_back(set.name);
  return names;
}

std::string_view PolicySet::Schema() { return ShippedText("checkrein.cedarschema"); }

Result<PolicySet> PolicySet::Shipped(std::string_view name) { return Load(name, {}, {}); }

Result<PolicySet> PolicySet::Load(std::string_view shipped, const std::vector<Text>& user, const std::vector<Text>& project) {
  const auto found = std::find_if(std::begin(kShippedSets), std::end(kShippedSets), [shipped](const ShippedSet& s) { return s.name == shipped; });
  if (found == std::end(kShippedSets)) return Error{Error::Kind::kNotFound, "policy set `" + std::string(shipped) + "`: there is none of that name"};
  auto impl = std::make_unique<Impl>();
  std::string digests;  // of each text with its origin, so that moving a text between files or origins shows
  const auto add = [&impl, &digests](const Text& text, Origin origin) -> Status {
    digests += HexEncode(Sha256(text.text)) + (origin == Origin::kShipped ? " shipped\n" : origin == Origin::kUser ? " user\n" : " project\n");
    return Add(text, origin, &impl->set);
  };
  for (const std::string_view file : found->files) {
    if (file.empty()) continue;
    if (const Status added = add({std::string(file), std::string(ShippedText(file))}, Origin::kShipped); !added) return added.error();
  }
  const size_t shipped_policies = impl->set.size();
  for (const Text& text : user)
    if (const Status added = add(text, Origin::kUser); !added) return added.error();
  for (const Text& text : project)
    if (const Status added = add(text, Origin::kProject); !added) return added.error();
  if (const Status valid = Validate(impl->set, shipped_policies); !valid) return valid.error();
  if (const Status added = impl->actions.AddAll(Actions()); !added) return added.error();
  impl->mentioned = MentionedBy(impl->set);
  impl->digest = HexEncode(Sha256(digests));
  return PolicySet(std::move(impl));
}

PolicySet::PolicySet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PolicySet::PolicySet(PolicySet&&) noexcept = default;
PolicySet& PolicySet::operator=(PolicySet&&) noexcept = default;
PolicySet::~PolicySet() = default;

const std::string& PolicySet::digest() const { return impl_->digest; }

std::vector<std::string> PolicySet::Ids() const {
  std::vector<std::string> ids;
  for (const cedar::Policy& policy : impl_->set) ids.push_back(policy.id);
  return ids;
}

std::string PolicySet::Reason(std::string_view policy_id) const {
  const cedar::Policy* policy = impl_->set.Find(policy_id);
  return policy == nullptr ? std::string() : std::string(policy->AnnotationValue("reason"));
}

std::string PolicySet::Source(std::string_view policy_id) const {
  const cedar::Policy* policy = impl_->set.Find(policy_id);
  return policy == nullptr ? std::string() : policy->text;
}

}  // namespace checkrein::policy
