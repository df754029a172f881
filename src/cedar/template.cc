#include "cedar/template.h"

namespace checkrein::cedar {
namespace {

std::optional<Error> Fill(Scope* scope, const std::optional<EntityUid>& value, std::string_view name, const std::string& id) {
  const bool open = scope->slot != Slot::kNone;
  if (!open && !value) return std::nullopt;
  if (!open) return Error{Error::Kind::kInvalid, "the template `" + id + "` has no slot ?" + std::string(name)};
  if (!value) return Error{Error::Kind::kInvalid, "the slot ?" + std::string(name) + " of the template `" + id + "` is given no entity"};
  scope->slot = Slot::kNone;
  scope->entities = {*value};
  scope->entity_spans = {scope->span};
  return std::nullopt;
}

}  // namespace

Result<Policy> Link(const Policy& tmpl, std::string id, const SlotValues& values) {
  if (!tmpl.is_template()) return Error{Error::Kind::kInvalid, "`" + tmpl.id + "` is no template: it has no slot"};
  Policy policy = tmpl;
  if (auto error = Fill(&policy.principal, values.principal, "principal", tmpl.id)) return *error;
  if (auto error = Fill(&policy.resource, values.resource, "resource", tmpl.id)) return *error;
  policy.id = std::move(id);
  return policy;
}

}  // namespace checkrein::cedar
