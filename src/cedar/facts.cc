#include "cedar/facts.h"

#include <algorithm>

namespace checkrein::cedar {

namespace {

std::span<const Term> MembersIn(const Term& term, const Storage& of_program, const Storage& of_request) {
  const size_t count = term.kind == Term::Kind::kRecord ? 2 * size_t{term.count} : term.count;
  if (term.number >= kOfRequest) return of_request.terms.subspan(static_cast<size_t>(term.number - kOfRequest), count);
  return of_program.terms.subspan(static_cast<size_t>(term.number), count);
}

const Ip& AddressIn(const Term& term, const Storage& of_program, const Storage& of_request) {
  if (term.number >= kOfRequest) return of_request.addresses[static_cast<size_t>(term.number - kOfRequest)];
  return of_program.addresses[static_cast<size_t>(term.number)];
}

}  // namespace

std::strong_ordering CompareTerms(const Term& a, const Term& b, const Storage& of_program, const Storage& of_request) {
  if (a.kind != b.kind) return a.kind <=> b.kind;
  if (a.kind == Term::Kind::kIp) return AddressIn(a, of_program, of_request) <=> AddressIn(b, of_program, of_request);
  if (a.kind != Term::Kind::kSet && a.kind != Term::Kind::kRecord) return a.number <=> b.number;
  if (a.count != b.count) return a.count <=> b.count;
  const auto left = MembersIn(a, of_program, of_request), right = MembersIn(b, of_program, of_request);
  for (size_t i = 0; i < left.size(); ++i)
    if (const auto order = CompareTerms(left[i], right[i], of_program, of_request); order != 0) return order;
  return std::strong_ordering::equal;
}

void NumberTable::Clear() {
  used_ = 0;
  if (++generation_ != 0) return;
  generation_ = 1;
  std::fill(slots_.begin(), slots_.end(), Slot());
}

void NumberTable::Add(uint64_t hash, uint32_t number) {
  if (2 * (used_ + 1) > slots_.size()) {
    // Only the low half of a hash is kept: enough for tables of fewer than 2^32 slots.
    std::pmr::vector<Slot> old(slots_.size() * 2, slots_.get_allocator());
    old.swap(slots_);
    used_ = 0;
    for (const Slot& slot : old)
      if (slot.generation == generation_) Add(slot.low, slot.number);
  }
  size_t at = hash & (slots_.size() - 1);
  while (slots_[at].generation == generation_) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = {generation_, static_cast<uint32_t>(hash), number};
  ++used_;
}

void Facts::Clear() {
  texts_.clear();
  uids_.clear();
  terms_.clear();
  addresses_.clear();
  rows_.clear();
  parents_.clear();
  text_table_.Clear();
  uid_table_.Clear();
  row_table_.Clear();
}

Symbol Facts::Text(std::string_view text) {
  const uint64_t hash = HashText(text);
  if (const auto known = program_.FindSymbol(text, hash)) return *known;
  const auto first = static_cast<uint32_t>(program_.symbols.size());
  const uint32_t found = text_table_.Find(hash, [&](uint32_t i) { return texts_[i] == text; });
  if (found != kNone) return first + found;
  texts_.push_back(text);
  text_table_.Add(hash, static_cast<uint32_t>(texts_.size() - 1));
  return first + static_cast<uint32_t>(texts_.size() - 1);
}

UidNumber Facts::Uid(std::string_view type, std::string_view id) { return Uid(Text(type), Text(id)); }

UidNumber Facts::Uid(Symbol type, Symbol id) {
  if (const auto known = program_.FindUid(type, id)) return *known;
  const auto first = static_cast<uint32_t>(program_.uids.size());
  const uint64_t hash = HashUid(type, id);
  const uint32_t found = uid_table_.Find(hash, [&](uint32_t i) { return uids_[i].type == type && uids_[i].id == id; });
  if (found != kNone) return first + found;
  uids_.push_back({type, id});
  uid_table_.Add(hash, static_cast<uint32_t>(uids_.size() - 1));
  return first + static_cast<uint32_t>(uids_.size() - 1);
}

std::optional<UidNumber> Facts::Named(std::string_view type, std::string_view id) const {
  const auto type_symbol = program_.FindSymbol(type), id_symbol = program_.FindSymbol(id);
  if (!type_symbol || !id_symbol) return std::nullopt;
  return program_.FindUid(*type_symbol, *id_symbol);
}

Term Facts::Address(const Ip& ip) {
  addresses_.push_back(ip);
  return {Term::Kind::kIp, 0, kOfRequest + static_cast<int64_t>(addresses_.size()) - 1};
}

Term Facts::Keep(Term::Kind kind, std::span<const Term> members, uint32_t count) {
  const Term term{kind, count, kOfRequest + static_cast<int64_t>(terms_.size())};
  terms_.insert(terms_.end(), members.begin(), members.end());
  return term;
}

Term Facts::Set(std::span<Term> members) {
  const auto before = [this](const Term& a, const Term& b) { return Compare(a, b) < 0; };
  if (!std::is_sorted(members.begin(), members.end(), before)) std::sort(members.begin(), members.end(), before);
  const auto end = std::unique(members.begin(), members.end(), [this](const Term& a, const Term& b) { return Compare(a, b) == 0; });
  const auto count = static_cast<size_t>(end - members.begin());
  return Keep(Term::Kind::kSet, members.first(count), static_cast<uint32_t>(count));
}

Term Facts::Record(std::span<Field> fields) {
  const auto before = [](const Field& a, const Field& b) { return a.name < b.name; };
  if (!std::is_sorted(fields.begin(), fields.end(), before)) std::sort(fields.begin(), fields.end(), before);
  const Term term = Keep(Term::Kind::kRecord, {}, static_cast<uint32_t>(fields.size()));
  for (const Field& field : fields) {
    terms_.push_back({Term::Kind::kString, 0, field.name});
    terms_.push_back(field.value);
  }
  return term;
}

Term Facts::Of(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool: return Bool(*value.boolean());
    case Value::Kind::kLong: return Long(*value.integer());
    case Value::Kind::kString: return String(*value.string());
    case Value::Kind::kEntity: return Entity(Uid(value.entity()->type(), value.entity()->id()));
    case Value::Kind::kIp: return Address(*value.ip());
    case Value::Kind::kDecimal: return {Term::Kind::kDecimal, 0, value.decimal()->ten_thousandths};
    case Value::Kind::kDatetime: return {Term::Kind::kDatetime, 0, value.datetime()->unix_ms};
    case Value::Kind::kDuration: return {Term::Kind::kDuration, 0, value.duration()->ms};
    case Value::Kind::kSet: {
      std::vector<Term> members;
      for (const Value& item : value.set()->items()) members.push_back(Of(item));
      return Set(members);
    }
    case Value::Kind::kRecord: break;
  }
  return Of(*value.record());
}

Term Facts::Of(const cedar::Record& record) {
  std::vector<Field> fields;
  for (const auto& [name, field] : record.fields()) fields.push_back({Text(name), Of(field)});
  return Record(fields);
}

Facts& Facts::Begin(UidNumber uid) {
  row_table_.Add(uid * 0x9E3779B97F4A7C15u >> 20, static_cast<uint32_t>(rows_.size()));
  rows_.push_back({uid, {}, {}, static_cast<uint32_t>(parents_.size()), 0});
  return *this;
}

Facts& Facts::Parent(UidNumber uid) {
  parents_.push_back(uid);
  ++rows_.back().parents_count;
  return *this;
}

void Facts::Add(const cedar::Entity& entity) {
  const Term attrs = Of(entity.attrs), tags = Of(entity.tags);
  Begin(Uid(entity.uid.type(), entity.uid.id())).Attributes(attrs);
  Tags(tags);
  for (const EntityUid& parent : entity.parents) Parent(Uid(parent.type(), parent.id()));
}

void Facts::AddAll(const Entities& entities) {
  for (const cedar::Entity& entity : entities.entities()) Add(entity);
}

const Facts::Row* Facts::Find(UidNumber uid) const {
  const uint32_t found = row_table_.Find(uid * 0x9E3779B97F4A7C15u >> 20, [&](uint32_t i) { return rows_[i].uid == uid; });
  return found == kNone ? nullptr : &rows_[found];
}

const Term* Facts::Look(const Term& record, Symbol name) const {
  constexpr size_t kFew = 8;  // fields among which stepping is faster than halving
  const std::span<const Term> all = Members(record);
  if (record.count <= kFew) {
    for (size_t i = 0; i < all.size(); i += 2)
      if (all[i].number == name) return &all[i + 1];
    return nullptr;
  }
  size_t low = 0, high = record.count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (all[2 * middle].number < name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < record.count && all[2 * low].number == name ? &all[2 * low + 1] : nullptr;
}

std::span<const Term> Facts::Members(const Term& term) const {
  return MembersIn(term, {program_.terms, program_.addresses}, {terms_, addresses_});
}

const Ip& Facts::AddressOf(const Term& term) const { return AddressIn(term, {program_.terms, program_.addresses}, {terms_, addresses_}); }

std::string_view Facts::TextOf(Symbol symbol) const {
  const size_t known = program_.symbols.size();
  return symbol < known ? program_.SymbolText(symbol) : texts_[symbol - known];
}

EntityUid Facts::UidOf(UidNumber uid) const {
  const flat::UidParts parts = PartsOf(uid);
  return EntityUid(TextOf(parts.type), TextOf(parts.id));
}

Value Facts::ValueOf(const Term& term) const {
  switch (term.kind) {
    case Term::Kind::kBool: return term.number != 0;
    case Term::Kind::kLong: return term.number;
    case Term::Kind::kString: return TextOf(static_cast<Symbol>(term.number));
    case Term::Kind::kEntity: return UidOf(static_cast<UidNumber>(term.number));
    case Term::Kind::kIp: return AddressOf(term);
    case Term::Kind::kDecimal: return Decimal{term.number};
    case Term::Kind::kDatetime: return Datetime{term.number};
    case Term::Kind::kDuration: return Duration{term.number};
    case Term::Kind::kSet: {
      std::vector<Value> items;
      for (const Term& member : Members(term)) items.push_back(ValueOf(member));
      return cedar::Set(std::move(items));
    }
    case Term::Kind::kRecord:
    case Term::Kind::kFailed: break;
  }
  cedar::Record record;
  if (term.kind == Term::Kind::kFailed) return record;
  const std::span<const Term> all = Members(term);
  for (size_t i = 0; i < all.size(); i += 2) record.Put(std::string(TextOf(static_cast<Symbol>(all[i].number))), ValueOf(all[i + 1]));
  return record;
}

std::vector<cedar::Entity> Facts::ToEntities() const {
  std::vector<cedar::Entity> entities;
  for (const Row& row : rows_) {
    cedar::Entity entity{UidOf(row.uid), *ValueOf(row.attrs).record(), *ValueOf(row.tags).record(), {}};
    for (const UidNumber parent : ParentsOf(row)) entity.parents.push_back(UidOf(parent));
    entities.push_back(std::move(entity));
  }
  return entities;
}

flat::UidParts Facts::PartsOf(UidNumber uid) const {
  const size_t known = program_.uids.size();
  return uid < known ? program_.uids[uid] : uids_[uid - known];
}

}  // namespace checkrein::cedar
