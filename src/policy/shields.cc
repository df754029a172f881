#include "policy/shields.h"

#include <algorithm>
#include <array>

#include "cedar/parser.h"
#include "cedar/source.h"
#include "cedar/validate.h"
#include "effect/printable.h"
#include "policy/assemble.h"
#include "policy/words.h"

namespace checkrein::policy {
namespace {

constexpr std::array<std::string_view, 4> kNeeded = {"id", "reason", "link", "expires"};

Status CheckAnnotations(const cedar::Policy& policy) {
  const std::string where = cedar::Where(policy.source(), {});
  for (const std::string_view name : kNeeded)
    if (policy.AnnotationValue(name).empty()) return Error{Error::Kind::kInvalid, where + ": a shield needs @" + std::string(name)};
  for (const cedar::Annotation& annotation : policy.annotations)
    if (std::find(kNeeded.begin(), kNeeded.end(), annotation.name) == kNeeded.end()) return Error{Error::Kind::kInvalid, where + ": a shield has no @" + annotation.name + "; its annotations are @id, @reason, @link and @expires"};
  const std::string_view id = policy.AnnotationValue("id"), link = policy.AnnotationValue("link");
  if (!std::all_of(id.begin(), id.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }) || id.size() > 64)
    return Error{Error::Kind::kInvalid, where + ": a shield's @id is of a to z, digits and dashes, at most 64"};
  if (!link.starts_with("https://") || !std::all_of(link.begin(), link.end(), [](char c) { return c > ' ' && c < 0x7f; }) || link.size() > 512)
    return Error{Error::Kind::kInvalid, where + ": a shield's @link begins with https:// and has no space in it"};
  return Done{};
}

Status AddText(const ShieldText& text, cedar::PolicySet* set) {
  Result<std::vector<cedar::Policy>> policies = cedar::ParsePolicyList(text.text, text.file);
  if (!policies) return policies.error();
  for (cedar::Policy& policy : *policies) {
    const std::string where = cedar::Where(policy.source(), {});
    if (policy.is_template()) return Error{Error::Kind::kInvalid, where + ": a template is no shield; write the entities in its place"};
    if (policy.effect != cedar::Effect::kForbid) return Error{Error::Kind::kDenied, where + ": a shield may only forbid"};
    if (const Status annotated = CheckAnnotations(policy); !annotated) return annotated;
    policy.id = text.prefix + std::string(policy.AnnotationValue("id"));
    if (set->Find(policy.id) != nullptr) return Error{Error::Kind::kInvalid, where + ": there is a shield `" + policy.id + "` already"};
    if (const Status added = set->Add(std::move(policy)); !added) return Error{added.error().kind, where + ": " + added.error().text};
  }
  return Done{};
}

// The n of a condition `when { context.commands > n }` or `... > n && ...`; -1 for others. Where it does not hold the policy does not either.
int64_t CommandsAbove(const cedar::Program& program, const cedar::flat::Head& head) {
  for (const cedar::flat::Clause& clause : program.clauses.subspan(head.conditions.first, head.conditions.count)) {
    if (clause.unless != 0) continue;
    const cedar::flat::FlatNode* node = &program.nodes[clause.body];
    while (node->op == cedar::Op::kAnd) node = &program.nodes[node->a];
    if (node->op != cedar::Op::kGreater) continue;
    const cedar::flat::FlatNode &left = program.nodes[node->a], &right = program.nodes[node->b];
    if (left.op != cedar::Op::kGetAttr || left.b != kCommands || right.op != cedar::Op::kLiteral) continue;
    const cedar::flat::FlatNode& of = program.nodes[left.a];
    const cedar::Term& bound = program.constants[right.a];
    if (of.op == cedar::Op::kVariable && static_cast<cedar::Variable>(of.a) == cedar::Variable::kContext && bound.kind == cedar::Term::Kind::kLong) return bound.number;
  }
  return -1;
}

}  // namespace

void Shields::Aim() {
  constexpr uint32_t kChanges = 1u << kWriteFile | 1u << kDeleteFile, kFiles = kChanges | 1u << kReadFile;
  targets.clear();
  for (size_t i = 0; i < on.size(); ++i) {
    if (!on[i]) continue;
    const cedar::flat::Head& head = program.heads[i];
    const bool one = head.action_kind == cedar::Scope::Kind::kEqual || head.action_kind == cedar::Scope::Kind::kIn;
    Target target{~0u, {}, CommandsAbove(program, head)};  // any action, a list, another group of actions
    if (one && head.action < kFile) target.actions = 1u << head.action;
    if (one && head.action == kFile) target.actions = kFiles;
    if (one && head.action == kChange) target.actions = kChanges;
    if (head.resource_kind == cedar::Scope::Kind::kIn && program.uids[head.resource].type == kPathGroup) target.group = program.SymbolText(program.uids[head.resource].id);
    const auto same = [&](const Target& t) { return t.actions == target.actions && t.group == target.group && t.above == target.above; };
    if (std::none_of(targets.begin(), targets.end(), same)) targets.push_back(target);
  }
}

bool Shields::MayBeAbout(uint32_t action, const std::vector<std::string_view>& groups, int64_t commands) const {
  return std::any_of(targets.begin(), targets.end(), [&](const Target& t) {
    return commands > t.above && (t.actions >> action & 1) != 0 && (t.group.empty() || std::find(groups.begin(), groups.end(), t.group) != groups.end());
  });
}

std::string ShieldReason(const cedar::Program& program, size_t policy) {
  const std::string_view reason = program.annotation(policy, "reason"), link = program.annotation(policy, "link");
  return Printable(reason) + (link.empty() ? "" : "; " + Printable(link));
}

Result<cedar::PolicySet> ParseShields(const std::vector<ShieldText>& texts, const cedar::Schema& schema) {
  cedar::PolicySet set;
  for (const ShieldText& text : texts)
    if (const Status added = AddText(text, &set); !added) return added.error();
  if (const Status valid = ValidateAgainst(schema, set, 0); !valid) return valid.error();
  for (const cedar::Policy& policy : set)
    for (const auto& warning : cedar::ValidatePolicy(schema, policy).warnings) return Error{Error::Kind::kInvalid, warning.message};
  return set;
}

}  // namespace checkrein::policy
