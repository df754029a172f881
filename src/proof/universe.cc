#include "proof/universe.h"

#include <algorithm>

namespace checkrein::proof {
namespace {

using Kind = Symbol::Kind;
using TypeKind = cedar::Type::Kind;

Kind KindOf(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
    case TypeKind::kTrue:
    case TypeKind::kFalse: return Kind::kBool;
    case TypeKind::kLong: return Kind::kLong;
    case TypeKind::kString: return Kind::kText;
    case TypeKind::kEntity: return Kind::kEntity;
    case TypeKind::kSet: return Kind::kSet;
    case TypeKind::kRecord: return Kind::kRecord;
    case TypeKind::kIp: return Kind::kIp;
    case TypeKind::kDecimal: return Kind::kDecimal;
    case TypeKind::kDatetime: return Kind::kDatetime;
    case TypeKind::kDuration: break;
  }
  return Kind::kDuration;
}

size_t WidthFor(size_t members) {
  size_t width = 1;
  while (width < 32 && (size_t{1} << width) < members) ++width;
  return width;
}

}  // namespace

std::string AttributePath(std::string_view owner, std::string_view name) { return std::string(owner) + "." + cedar::QuoteString(name); }

void Universe::Fail(std::string what) {
  if (!failed_) failed_ = Error{Error::Kind::kUnsupported, std::move(what)};
}

void Universe::Fact(TermId fact) {
  if (fact != terms_.True() && known_facts_.insert(fact).second) facts_.push_back(fact);
}

size_t Universe::EnumSize(std::string_view type) const {
  const cedar::EntityType* found = schema_.FindEntityType(type);
  return found != nullptr && found->is_enum ? found->ids.size() : 0;
}

Sort Universe::EntitySort(std::string_view type) const {
  const size_t size = EnumSize(type);
  return Sort::Bits(size > 0 ? WidthFor(size) : kCodeBits);
}

const std::vector<std::string>& Universe::LiteralIds(std::string_view type) const {
  static const std::vector<std::string> kNone;
  const cedar::EntityType* found = schema_.FindEntityType(type);
  if (found != nullptr && found->is_enum) return found->ids;
  const auto it = literals_.find(type);
  return it == literals_.end() ? kNone : it->second;
}

// ---- values

Symbol Universe::Variable(std::string_view key, std::string_view entity_type) {
  Symbol s = ScalarSymbol(Kind::kEntity, terms_.Apply(key, {}, EntitySort(entity_type)));
  s.type = entity_type;
  if (const size_t size = EnumSize(entity_type); size > 0) {
    Fact(terms_.Op("bvule", {s.term, terms_.Bits(WidthFor(size), size - 1)}, Sort::Bool()));
  } else {
    Fact(Exists(s));
  }
  return s;
}

TermId Universe::Code(std::string_view type, std::string_view id) {
  const Sort sort = EntitySort(type);
  if (const size_t size = EnumSize(type); size > 0) {
    const auto& ids = schema_.FindEntityType(type)->ids;
    const auto it = std::find(ids.begin(), ids.end(), id);
    if (it == ids.end()) Fail("no member " + cedar::EntityUid(type, id).ToString() + " of its enum");
    return terms_.Bits(sort.width, static_cast<uint64_t>(it - ids.begin()));
  }
  auto& ids = literals_[std::string(type)];
  auto it = std::find(ids.begin(), ids.end(), id);
  if (it == ids.end()) it = ids.insert(ids.end(), std::string(id));
  if (ids.size() > (1u << (kCodeBits - 1))) Fail("more entities are named than " + std::to_string(1u << (kCodeBits - 1)));
  return terms_.Bits(kCodeBits, static_cast<uint64_t>(it - ids.begin()));
}

Symbol Universe::Literal(const cedar::EntityUid& uid) {
  Symbol s = ScalarSymbol(Kind::kEntity, Code(uid.type(), uid.id()));
  s.type = uid.type();
  s.literal = std::string(uid.id());
  return s;
}

Symbol Universe::OfValue(const cedar::Value& value) {
  using VK = cedar::Value::Kind;
  switch (value.kind()) {
    case VK::kBool: return ScalarSymbol(Kind::kBool, terms_.Bool(*value.boolean()));
    case VK::kLong: return ScalarSymbol(Kind::kLong, terms_.Number(*value.integer()));
    case VK::kDecimal: return ScalarSymbol(Kind::kDecimal, terms_.Number(value.decimal()->ten_thousandths));
    case VK::kDatetime: return ScalarSymbol(Kind::kDatetime, terms_.Number(value.datetime()->unix_ms));
    case VK::kDuration: return ScalarSymbol(Kind::kDuration, terms_.Number(value.duration()->ms));
    case VK::kIp: return ScalarSymbol(Kind::kIp, terms_.BitText(IpBits(*value.ip())));
    case VK::kEntity: return Literal(*value.entity());
    case VK::kString:
      if (!Terms::Representable(*value.string())) Fail("a text with characters beyond U+2FFFF, which solvers cannot hold");
      return ScalarSymbol(Kind::kText, terms_.Text(*value.string()));
    case VK::kSet: {
      std::vector<Symbol> members;
      for (const cedar::Value& item : value.set()->items()) members.push_back(OfValue(item));
      return MakeSet(std::move(members));
    }
    case VK::kRecord: break;
  }
  Symbol s;
  s.kind = Kind::kRecord;
  for (const auto& [name, field] : value.record()->fields()) s.fields.push_back({name, terms_.True(), OfValue(field)});
  return s;
}

Symbol Universe::Unknown(cedar::TypeRef type, const std::string& path, const std::vector<TermId>& args) {
  Symbol s;
  s.kind = KindOf(type->kind);
  const auto scalar = [&](Sort sort) { s.term = terms_.Apply(ValueKey(path), args, sort); };
  switch (s.kind) {
    case Kind::kBool: scalar(Sort::Bool()); break;
    case Kind::kText: scalar(Sort::Text()); break;
    case Kind::kEntity:
      s.type = type->entity;
      scalar(EntitySort(s.type));
      if (const size_t size = EnumSize(s.type); size > 0) Fact(terms_.Op("bvule", {s.term, terms_.Bits(WidthFor(size), size - 1)}, Sort::Bool()));
      break;
    case Kind::kIp: {
      scalar(Sort::Bits(kIpBits));
      const TermId v6 = terms_.Bit(s.term, 136), prefix = terms_.Op("(_ extract 135 128)", {s.term}, Sort::Bits(8));
      Fact(terms_.Op("bvule", {prefix, terms_.If(v6, terms_.Bits(8, 128), terms_.Bits(8, 32))}, Sort::Bool()));
      Fact(terms_.Or(v6, terms_.Equal(terms_.Op("(_ extract 127 32)", {s.term}, Sort::Bits(96)), terms_.Bits(96, 0))));
      break;
    }
    case Kind::kRecord:
      for (const cedar::TypeAttribute& a : type->attributes) {
        const std::string inner = AttributePath(path, a.name);
        s.fields.push_back({a.name, a.required ? terms_.True() : terms_.Apply(PresentKey(inner), args, Sort::Bool()), Unknown(a.type, inner, args)});
      }
      break;
    case Kind::kSet: {
      if (const size_t size = EnumSize(type->element->entity); type->element->kind == TypeKind::kEntity && size > 0) {
        s.kind = Kind::kMask;
        s.type = type->element->entity;
        scalar(Sort::Bits(size));
        break;
      }
      const Kind element = KindOf(type->element->kind);
      Symbol prototype;
      prototype.kind = element;
      prototype.type = type->element->entity;
      OpenSet set;
      set.kind = OpenSet::Kind::kUnknown;
      set.key = MemberKey(path);
      set.element = element == Kind::kRecord || element == Kind::kSet ? std::string(kBeyond) : ElementKey(prototype);
      set.args = args;
      prototypes_.emplace(set.element, prototype);
      return AddSet(std::move(set));
    }
    default: scalar(Sort::Bits(64)); break;
  }
  return s;
}

std::optional<SymbolField> Universe::Attribute(const Symbol& entity, std::string_view name) {
  const cedar::EntityType* type = schema_.FindEntityType(entity.type);
  const cedar::TypeAttribute* a = type == nullptr || type->attributes == nullptr ? nullptr : type->attributes->Find(name);
  if (a == nullptr) return std::nullopt;
  const std::string path = AttributePath(entity.type, name);
  return SymbolField{std::string(name), a->required ? terms_.True() : terms_.Apply(PresentKey(path), {entity.term}, Sort::Bool()), Unknown(a->type, path, {entity.term})};
}

TermId Universe::Same(const Symbol& a, const Symbol& b) {
  if (a.is_set() && b.is_set()) {
    if (a.kind == Kind::kMask || b.kind == Kind::kMask) {
      const std::string& type = a.kind == Kind::kMask ? a.type : b.type;
      return terms_.Equal(ToMask(a, type).term, ToMask(b, type).term);
    }
    if (a.set == b.set) return terms_.True();
    const std::string element = ElementOf(a.set).empty() ? ElementOf(b.set) : ElementOf(a.set);
    return Ask({Question::Kind::kSame, a.set, b.set, {}, element, 0});
  }
  if (a.kind != b.kind) return terms_.False();
  if (a.kind == Kind::kEntity && a.type != b.type) return terms_.False();
  if (a.kind != Kind::kRecord) return terms_.Equal(a.term, b.term);
  std::vector<TermId> all;
  for (const SymbolField& f : a.fields) {
    const SymbolField* g = b.Find(f.name);
    all.push_back(g == nullptr ? terms_.Not(f.present) : terms_.Equal(f.present, g->present));
    if (g != nullptr) all.push_back(terms_.Implies(f.present, Same(f.value, g->value)));
  }
  for (const SymbolField& g : b.fields)
    if (a.Find(g.name) == nullptr) all.push_back(terms_.Not(g.present));
  return terms_.And(std::move(all));
}

Symbol Universe::If(TermId condition, const Symbol& yes, const Symbol& no) {
  if (condition == terms_.True() || no.kind == Kind::kBad) return yes;  // where it is bad, its value means nothing
  if (condition == terms_.False() || yes.kind == Kind::kBad) return no;
  if (yes.is_set() && no.is_set()) {
    if (yes.kind == Kind::kMask || no.kind == Kind::kMask) {
      Symbol s = ToMask(yes, yes.kind == Kind::kMask ? yes.type : no.type);
      s.term = terms_.If(condition, s.term, ToMask(no, s.type).term);
      return s;
    }
    OpenSet set;
    set.kind = OpenSet::Kind::kChoice;
    set.condition = condition;
    set.yes = yes.set;
    set.no = no.set;
    return AddSet(std::move(set));
  }
  if (yes.kind != no.kind || yes.type != no.type) {
    Fail("an `if` with branches of different types");
    return yes;
  }
  Symbol s = yes;
  s.literal.reset();
  if (s.kind != Kind::kRecord) {
    s.term = terms_.If(condition, yes.term, no.term);
    return s;
  }
  s.fields.clear();
  for (const SymbolField& f : yes.fields) {
    const SymbolField* g = no.Find(f.name);
    s.fields.push_back({f.name, terms_.If(condition, f.present, g == nullptr ? terms_.False() : g->present), g == nullptr ? f.value : If(condition, f.value, g->value)});
  }
  for (const SymbolField& g : no.fields)
    if (yes.Find(g.name) == nullptr) s.fields.push_back({g.name, terms_.And(terms_.Not(condition), g.present), g.value});
  std::sort(s.fields.begin(), s.fields.end(), [](const SymbolField& x, const SymbolField& y) { return x.name < y.name; });
  return s;
}

}  // namespace checkrein::proof
