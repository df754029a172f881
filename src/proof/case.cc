#include "proof/case.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/ascii.h"
#include "cedar/validate.h"

namespace checkrein::proof {
namespace {

using cedar::EntityUid;
using TypeKind = cedar::Type::Kind;

uint64_t NumberOf(std::string_view bits) {
  uint64_t n = 0;
  for (const char c : bits) n = n << 1 | (c == '1' ? 1 : 0);
  return n;
}

class StoreReader {
 public:
  StoreReader(const Universe& universe, const Model& model) : schema_(universe.schema()), universe_(universe), model_(model) {}

  EntityUid Uid(const std::string& type, const std::string& bits);
  cedar::Value Read(cedar::TypeRef type, const std::string& path, const std::vector<std::string>& args);
  cedar::Record Fields(cedar::TypeRef type, const std::string& path, const std::vector<std::string>& args);
  // Makes sure that the entity is in the store, whatever the model says of its existence.
  void Need(const std::string& type, const std::string& bits) { wanted_.insert({type, bits}); }
  Result<cedar::Entities> Store();

 private:
  void AddParents(const std::string& bits, const cedar::EntityType& type, cedar::Entity* entity);
  void AddParent(const cedar::EntityType& type, const EntityUid& parent, cedar::Entity* entity);

  const cedar::Schema& schema_;
  const Universe& universe_;
  const Model& model_;
  std::set<std::pair<std::string, std::string>> wanted_;            // type, code
  std::map<std::pair<std::string, std::string>, EntityUid> named_;  // of codes that no policy names
  std::map<std::string, int> counters_;
  std::vector<cedar::Entity> between_;                              // made up to link an entity to an ancestor that may not be its parent
};

// A code that no policy names becomes `host-1`, `host-2`, ...: an id that no policy has.
EntityUid StoreReader::Uid(const std::string& type, const std::string& bits) {
  const auto& ids = universe_.LiteralIds(type);
  if (const uint64_t code = NumberOf(bits); code < ids.size()) return EntityUid(type, ids[code]);
  const auto known = named_.find({type, bits});
  if (known != named_.end()) return known->second;
  std::string stem = type.substr(type.rfind(':') == std::string::npos ? 0 : type.rfind(':') + 1);
  stem = AsciiLower(stem);
  std::string id;
  do id = stem + "-" + std::to_string(++counters_[type]);
  while (std::find(ids.begin(), ids.end(), id) != ids.end());
  return named_.emplace(std::pair{type, bits}, EntityUid(type, id)).first->second;
}

cedar::Record StoreReader::Fields(cedar::TypeRef type, const std::string& path, const std::vector<std::string>& args) {
  cedar::Record record;
  for (const cedar::TypeAttribute& a : type->attributes) {
    const std::string inner = AttributePath(path, a.name);
    const std::string* present = a.required ? nullptr : model_.Find(PresentKey(inner), args);
    if (a.required || (present != nullptr && *present == "true")) record.Put(a.name, Read(a.type, inner, args));
  }
  return record;
}

// What the model says nothing of is as small as its type allows.
cedar::Value StoreReader::Read(cedar::TypeRef type, const std::string& path, const std::vector<std::string>& args) {
  const std::string* found = model_.Find(ValueKey(path), args);
  const auto number = [found] { return found == nullptr ? int64_t{0} : static_cast<int64_t>(NumberOf(*found)); };
  switch (type->kind) {
    case TypeKind::kBool:
    case TypeKind::kTrue:
    case TypeKind::kFalse: return found != nullptr && *found == "true";
    case TypeKind::kLong: return number();
    case TypeKind::kString: return found == nullptr ? std::string() : *found;
    case TypeKind::kDecimal: return cedar::Decimal{number()};
    case TypeKind::kDatetime: return cedar::Datetime{number()};
    case TypeKind::kDuration: return cedar::Duration{number()};
    case TypeKind::kIp: return found == nullptr ? cedar::Ip{} : IpFromBits(*found);
    case TypeKind::kEntity: return Uid(type->entity, found != nullptr ? *found : universe_.LiteralIds(type->entity).empty() ? "1" : "0");
    case TypeKind::kRecord: return Fields(type, path, args);
    case TypeKind::kSet: break;
  }
  std::vector<cedar::Value> members;
  const cedar::TypeRef element = type->element;
  if (found != nullptr) {  // a mask
    const auto& ids = universe_.LiteralIds(element->entity);
    for (size_t i = 0; i < ids.size() && i < found->size(); ++i)
      if ((*found)[found->size() - 1 - i] == '1') members.emplace_back(EntityUid(element->entity, ids[i]));
    return cedar::Set(std::move(members));
  }
  for (const auto& [arguments, holds] : model_.Table(MemberKey(path))) {
    if (holds != "true" || !std::equal(args.begin(), args.end(), arguments.begin(), arguments.end() - 1)) continue;
    Model one;
    one.Put(ValueKey("x"), {}, arguments.back());
    StoreReader reader(universe_, one);
    reader.named_ = named_;
    reader.counters_ = counters_;
    members.push_back(reader.Read(element, "x", {}));
    named_ = std::move(reader.named_);
    counters_ = std::move(reader.counters_);
  }
  return cedar::Set(std::move(members));
}

// Adds `parent`, by way of made-up entities where the schema does not let it be a parent itself.
void StoreReader::AddParent(const cedar::EntityType& type, const EntityUid& parent, cedar::Entity* entity) {
  const std::string target(parent.type());
  if (type.parents.contains(target)) {
    entity->parents.push_back(parent);
    return;
  }
  // The shortest way through the types, breadth first.
  std::map<std::string, std::string> from;
  std::deque<std::string> queue{type.name};
  while (!queue.empty() && !from.contains(target)) {
    const cedar::EntityType* at = schema_.FindEntityType(queue.front());
    queue.pop_front();
    for (const std::string& next : at->parents)
      if (from.emplace(next, at->name).second) queue.push_back(next);
  }
  EntityUid above = parent;
  for (std::string step = from[target]; !step.empty() && step != type.name; step = from[step]) {
    cedar::Entity link;
    link.uid = EntityUid(step, "between-" + std::to_string(between_.size() + 1));
    link.attrs = Fields(schema_.FindEntityType(step)->attributes, step, {"between"});
    link.parents.push_back(above);
    above = link.uid;
    between_.push_back(std::move(link));
  }
  entity->parents.push_back(above);
}

void StoreReader::AddParents(const std::string& bits, const cedar::EntityType& type, cedar::Entity* entity) {
  for (const std::string& group : type.ancestors) {
    for (const auto& [arguments, holds] : model_.Table(InKey(type.name, group)))
      if (holds == "true" && arguments[0] == bits) AddParent(type, Uid(group, arguments[1]), entity);
    const std::string* mask = model_.Find(GroupsKey(type.name, group), {bits});
    const auto& ids = universe_.LiteralIds(group);
    for (size_t i = 0; mask != nullptr && i < ids.size() && i < mask->size(); ++i)
      if ((*mask)[mask->size() - 1 - i] == '1') AddParent(type, EntityUid(group, ids[i]), entity);
  }
}

Result<cedar::Entities> StoreReader::Store() {
  for (const auto& [name, type] : schema_.entity_types()) {
    for (const auto& [arguments, exists] : model_.Table(ExistsKey(name)))
      if (exists == "true") Need(name, arguments[0]);
  }
  std::vector<cedar::Entity> all = schema_.ActionEntities();
  for (const auto& [name, bits] : wanted_) {
    const cedar::EntityType* type = schema_.FindEntityType(name);
    if (type == nullptr || type->is_enum) continue;
    cedar::Entity entity;
    entity.uid = Uid(name, bits);
    entity.attrs = Fields(type->attributes, name, {bits});
    AddParents(bits, *type, &entity);
    all.push_back(std::move(entity));
  }
  all.insert(all.end(), between_.begin(), between_.end());
  cedar::Entities entities;
  if (const Status added = entities.AddAll(std::move(all)); !added) return added.error();
  if (const Status acyclic = entities.CheckAcyclic(); !acyclic) return acyclic.error();
  if (const Status valid = cedar::ValidateEntities(schema_, entities); !valid) return valid.error();
  return entities;
}

void AppendEntity(const cedar::Entities& entities, const char* role, const EntityUid& uid, std::string* out) {
  *out += std::string(role) + uid.ToString() + "\n";
  const cedar::Entity* entity = entities.Find(uid);
  if (entity == nullptr) return;
  for (const auto& [name, value] : entity->attrs.fields()) *out += "    " + name + ": " + value.ToString() + "\n";
  cedar::Line line;
  entities.FindLine(uid, &line);
  for (size_t i = 1; i < line.size(); ++i) *out += "    in " + line[i].ToString() + "\n";
}

}  // namespace

Result<Case> ReadCase(const Universe& universe, const Model& model, const RequestKind& kind, const cedar::Record& context, const std::optional<OtherRequest>& other) {
  const std::string* principal = model.Find("principal", {});
  const std::string* resource = model.Find("resource", {});
  if (principal == nullptr || resource == nullptr) return Error{Error::Kind::kInternal, "a model without principal or resource"};
  StoreReader reader(universe, model);
  reader.Need(kind.principal, *principal);
  reader.Need(kind.resource, *resource);
  Case out;
  out.request = {reader.Uid(kind.principal, *principal), kind.action->uid, reader.Uid(kind.resource, *resource), reader.Fields(kind.action->context, "context", {})};
  if (other) {
    out.other = out.request;
    if (const std::string* q = other->principal_key.empty() ? nullptr : model.Find(other->principal_key, {})) {
      reader.Need(kind.principal, *q);
      out.other->principal = reader.Uid(kind.principal, *q);
    }
    cedar::Record changed;
    for (const auto& [name, value] : out.request.context.fields())
      if (std::find(other->without.begin(), other->without.end(), name) == other->without.end()) changed.Put(name, value);
    for (const auto& [name, value] : other->context.fields()) changed.Put(name, value);
    for (const std::string& name : other->fresh) changed.Put(name, reader.Read(kind.action->context->Find(name)->type, AttributePath(kOtherContext, name), {}));
    out.other->context = std::move(changed);
  }
  for (const auto& [name, value] : context.fields()) out.request.context.Put(name, value);
  Result<cedar::Entities> store = reader.Store();
  if (!store) return Error{Error::Kind::kInternal, "a model that is no store: " + store.error().text};
  out.entities = std::move(store).take();
  for (const cedar::Request* request : {&out.request, out.other ? &*out.other : &out.request})
    if (const Status valid = cedar::ValidateRequest(universe.schema(), *request); !valid) return Error{Error::Kind::kInternal, "a model that is no request: " + valid.error().text};
  return out;
}

std::string Case::ToString() const {
  std::string out;
  AppendEntity(entities, "principal ", request.principal, &out);
  out += "action " + request.action.ToString() + "\n";
  AppendEntity(entities, "resource ", request.resource, &out);
  const auto context = [&out](const char* what, const cedar::Record& record) {
    out += what;
    for (const auto& [name, value] : record.fields()) out += " " + name + ": " + value.ToString();
    out += "\n";
  };
  context("context", request.context);
  if (other) {
    if (other->principal != request.principal) AppendEntity(entities, "and principal ", other->principal, &out);
    context("and context", other->context);
  }
  return out;
}

}  // namespace checkrein::proof
