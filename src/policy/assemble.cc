#include "policy/assemble.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/digest.h"
#include "base/path.h"
#include "cedar/parser.h"
#include "cedar/source.h"
#include "cedar/validate.h"

namespace checkrein::policy {
namespace {

constexpr ShippedSet kShippedSets[] = {
    {"base", {"base.cedar", ""}}, {"strict", {"base.cedar", "strict.cedar"}}, {"ci", {"base.cedar", "ci.cedar"}}, {"research", {"base.cedar", "research.cedar"}}, {"observe", {"observe.cedar", ""}}};

std::string IdOf(const cedar::Policy& policy, Origin origin) {
  const std::string_view written = policy.AnnotationValue("id");
  std::string id = written.empty() ? std::string(BaseName(policy.file)) + ":" + std::to_string(policy.line) : std::string(written);
  return origin == Origin::kProject ? "project:" + id : id;
}

Status Add(const PolicyText& text, cedar::PolicySet* set) {
  Result<std::vector<cedar::Policy>> policies = cedar::ParsePolicyList(text.text, text.file);
  if (!policies) return policies.error();
  for (cedar::Policy& policy : *policies) {
    const std::string where = cedar::Where(policy.source(), {});
    if (policy.is_template()) return Error{Error::Kind::kInvalid, where + ": a template is no policy yet; write the entities in its place"};
    if (text.origin == Origin::kProject && policy.effect != cedar::Effect::kForbid)
      return Error{Error::Kind::kDenied, where + ": a project may only forbid; move this permit to your own policy or remove it"};
    policy.id = IdOf(policy, text.origin);
    const std::string id = policy.id;
    if (set->Find(id) != nullptr) return Error{Error::Kind::kInvalid, where + ": there is a policy `" + id + "` already; give this one another @id"};
    if (const Status added = set->Add(std::move(policy)); !added) return Error{added.error().kind, where + ": " + added.error().text};
  }
  return Done{};
}

// How requests spell the name; "" when as it is written.
std::string Spelling(const cedar::EntityUid& uid) {
  std::string id(uid.id());
  if (uid.type() == "Host") {
    id = AsciiLower(id);
    while (!id.empty() && id.back() == '.') id.pop_back();
  } else if (uid.type() == "Path" && id != "?") {
    const bool is_set = id.ends_with("/**");
    if (is_set) id.resize(id.size() - 3);
    if (!id.starts_with('/') && !(is_set && id.empty())) return "an absolute path";
    id = NormalizePath(id.empty() ? "/" : id, "/");
    if (is_set) id += id == "/" ? "**" : "/**";
  }
  return id == uid.id() ? std::string() : "`" + std::string(uid.type()) + "::" + cedar::QuoteString(id) + "`";
}

void AddProblem(const cedar::Policy& policy, const cedar::EntityUid& uid, cedar::Span span, std::vector<std::string>* problems) {
  const std::string spelling = Spelling(uid);
  if (!spelling.empty()) problems->push_back(cedar::Point(policy.source(), span, uid.ToString() + " never matches: requests have it as " + spelling));
}

void FindMisspelt(const cedar::Policy& policy, std::vector<std::string>* problems) {
  for (const cedar::Scope* scope : {&policy.principal, &policy.resource})
    for (size_t i = 0; i < scope->entities.size(); ++i) AddProblem(policy, scope->entities[i], i < scope->entity_spans.size() ? scope->entity_spans[i] : scope->span, problems);
  for (const cedar::Node& node : policy.ast.nodes)
    if (node.op == cedar::Op::kLiteral)
      if (const cedar::EntityUid* uid = policy.ast.constants[node.a].entity()) AddProblem(policy, *uid, node.span, problems);
}

}  // namespace

std::span<const ShippedSet> ShippedSets() { return kShippedSets; }

std::string_view OriginName(Origin origin) { return origin == Origin::kShipped ? "shipped" : origin == Origin::kUser ? "user" : "project"; }

Result<cedar::PolicySet> Assemble(std::span<const PolicyText> texts) {
  cedar::PolicySet set;
  for (const PolicyText& text : texts)
    if (const Status added = Add(text, &set); !added) return added.error();
  return set;
}

// A misspelt word would be a rule that never matches. All problems are told, not only the first.
Status ValidateAgainst(const cedar::Schema& schema, const cedar::PolicySet& policies, size_t from) {
  constexpr size_t kMaxTold = 20;
  std::vector<std::string> problems;
  for (size_t i = from; i < policies.size(); ++i) {
    const cedar::Policy& policy = policies.policies()[i];
    for (cedar::ValidationProblem& problem : cedar::ValidatePolicy(schema, policy).errors) problems.push_back(std::move(problem.message));
    FindMisspelt(policy, &problems);
  }
  if (problems.empty()) return Done{};
  std::string told;
  for (size_t i = 0; i < std::min(problems.size(), kMaxTold); ++i) told += (i == 0 ? "" : "\n") + problems[i];
  if (problems.size() > kMaxTold) told += "\n(" + std::to_string(problems.size() - kMaxTold) + " more)";
  return Error{Error::Kind::kInvalid, told};
}

std::string DigestLine(std::string_view text, Origin origin) { return HexEncode(Sha256(text)) + " " + std::string(OriginName(origin)) + "\n"; }

}  // namespace checkrein::policy
