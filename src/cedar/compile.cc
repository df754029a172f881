// From policies to the flat form of program.h.
#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

#include "cedar/facts.h"
#include "cedar/program.h"
#include "cedar/program_image.h"

namespace checkrein::cedar {
namespace {

using namespace flat;

// Gives numbers to texts and entities, and lays values out as terms.
class Compiler {
 public:
  Result<std::string> Run(const PolicySet& policies, const Names& names);

 private:
  TextRange Write(std::string_view t) {
    const TextRange range{static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(t.size())};
    text_ += t;
    return range;
  }
  Symbol Name(std::string_view t);
  UidNumber Number(const EntityUid& uid);
  Term Lay(const Value& value);
  Term LayAll(Term::Kind kind, size_t count, const std::vector<Term>& members);
  void AddPolicy(const Policy& policy);
  void AddNodes(const Ast& ast);
  Head HeadOf(const Policy& policy);
  void AddIndex();
  std::string Image() const;

  std::string text_;
  std::vector<TextRange> symbols_;
  std::unordered_map<std::string, Symbol> symbol_of_;
  std::vector<UidParts> uids_;
  std::vector<uint8_t> uid_flags_;
  std::map<std::pair<Symbol, Symbol>, UidNumber> uid_of_;
  std::vector<Head> heads_;
  std::vector<About> abouts_;
  std::vector<Symbol> ids_;
  std::vector<Note> notes_;
  std::vector<Clause> clauses_;
  std::vector<FlatNode> nodes_;
  std::vector<Term> constants_, terms_;
  std::vector<Ip> addresses_;
  std::vector<Range> patterns_;
  std::vector<uint32_t> lists_, always_, buckets_, bucketed_;
  bool forbid_ = false;  // the policy at hand
};

Symbol Compiler::Name(std::string_view t) {
  const auto [at, added] = symbol_of_.emplace(std::string(t), static_cast<Symbol>(symbols_.size()));
  if (added) symbols_.push_back(Write(t));
  return at->second;
}

UidNumber Compiler::Number(const EntityUid& uid) {
  const UidParts parts{Name(uid.type()), Name(uid.id())};
  const auto [at, added] = uid_of_.emplace(std::pair(parts.type, parts.id), static_cast<UidNumber>(uids_.size()));
  if (added) {
    uids_.push_back(parts);
    uid_flags_.push_back(0);
  }
  if (forbid_) uid_flags_[at->second] |= kNamedByForbid;
  return at->second;
}

Term Compiler::LayAll(Term::Kind kind, size_t count, const std::vector<Term>& members) {
  const Term term{kind, static_cast<uint32_t>(count), static_cast<int64_t>(terms_.size())};
  terms_.insert(terms_.end(), members.begin(), members.end());
  return term;
}

Term Compiler::Lay(const Value& value) {
  const auto kind = static_cast<Term::Kind>(value.kind());
  switch (value.kind()) {
    case Value::Kind::kBool: return {kind, 0, *value.boolean()};
    case Value::Kind::kLong: return {kind, 0, *value.integer()};
    case Value::Kind::kString: return {kind, 0, Name(*value.string())};
    case Value::Kind::kEntity: return {kind, 0, Number(*value.entity())};
    case Value::Kind::kDecimal: return {kind, 0, value.decimal()->ten_thousandths};
    case Value::Kind::kDatetime: return {kind, 0, value.datetime()->unix_ms};
    case Value::Kind::kDuration: return {kind, 0, value.duration()->ms};
    case Value::Kind::kIp: addresses_.push_back(*value.ip()); return {kind, 0, static_cast<int64_t>(addresses_.size()) - 1};
    case Value::Kind::kSet: {
      std::vector<Term> members;
      for (const Value& item : value.set()->items()) members.push_back(Lay(item));
      std::sort(members.begin(), members.end(), [this](const Term& a, const Term& b) { return CompareTerms(a, b, {terms_, addresses_}, {}) < 0; });
      return LayAll(kind, members.size(), members);
    }
    case Value::Kind::kRecord: break;
  }
  std::vector<std::pair<Symbol, Term>> fields;
  for (const auto& [name, field] : value.record()->fields()) fields.emplace_back(Name(name), Lay(field));
  std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Term> flat;
  for (const auto& [name, term] : fields) {
    flat.push_back({Term::Kind::kString, 0, name});
    flat.push_back(term);
  }
  return LayAll(kind, fields.size(), flat);
}

// The same tree with this program's numbers in place of the policy's own indices.
void Compiler::AddNodes(const Ast& ast) {
  const auto base = static_cast<uint32_t>(nodes_.size());
  for (const Node& n : ast.nodes) {
    FlatNode out{n.op, {}, n.a, n.b, n.c};
    switch (n.op) {
      case Op::kLiteral:
        constants_.push_back(Lay(ast.constants[n.a]));
        out.a = static_cast<uint32_t>(constants_.size() - 1);
        break;
      case Op::kVariable:
      case Op::kSlot: break;
      case Op::kIf: out.a += base, out.b += base, out.c += base; break;
      case Op::kNot:
      case Op::kNegate:
      case Op::kIsEmpty: out.a += base; break;
      case Op::kGetAttr:
      case Op::kIs: out.a += base, out.b = Name(ast.strings[n.b]); break;
      case Op::kIsIn: out.a += base, out.b = Name(ast.strings[n.b]), out.c += base; break;
      case Op::kHas:
        out.a += base;
        out.b = static_cast<uint32_t>(lists_.size());
        for (uint32_t i = 0; i < n.c; ++i) {
          const Symbol name = Name(ast.strings[n.b + i]);
          lists_.push_back(name);
        }
        break;
      case Op::kLike: {
        out.a += base;
        std::vector<uint32_t> parts;
        for (const std::string& part : ast.patterns[n.b].parts) parts.push_back(Name(part));
        patterns_.push_back({static_cast<uint32_t>(lists_.size()), static_cast<uint32_t>(parts.size())});
        lists_.insert(lists_.end(), parts.begin(), parts.end());
        out.b = static_cast<uint32_t>(patterns_.size() - 1);
        break;
      }
      case Op::kCall:
        out.b = static_cast<uint32_t>(lists_.size());
        for (uint32_t i = 0; i < n.c; ++i) lists_.push_back(ast.lists[n.b + i] + base);
        break;
      case Op::kSet:
        out.b = static_cast<uint32_t>(lists_.size());
        for (uint32_t i = 0; i < n.c; ++i) lists_.push_back(ast.lists[n.b + i] + base);
        if (n.a == 0) break;
        constants_.push_back(Lay(ast.constants[n.a - 1]));
        out.a = static_cast<uint32_t>(constants_.size());
        break;
      case Op::kRecord:
        out.b = static_cast<uint32_t>(lists_.size());
        for (uint32_t i = 0; i < n.c; ++i) {
          const Symbol name = Name(ast.strings[ast.lists[n.b + 2 * i]]);
          lists_.push_back(name);
          lists_.push_back(ast.lists[n.b + 2 * i + 1] + base);
        }
        break;
      default: out.a += base, out.b += base; break;
    }
    nodes_.push_back(out);
  }
}

Head Compiler::HeadOf(const Policy& policy) {
  Head head;
  head.effect = policy.effect;
  head.principal_kind = policy.principal.kind;
  head.action_kind = policy.action.kind;
  head.resource_kind = policy.resource.kind;
  const auto typed = [](const Scope& s) { return s.kind == Scope::Kind::kIs || s.kind == Scope::Kind::kIsIn; };
  const auto single = [](const Scope& s) { return s.kind == Scope::Kind::kEqual || s.kind == Scope::Kind::kIn || s.kind == Scope::Kind::kIsIn; };
  if (typed(policy.principal)) head.principal_type = Name(policy.principal.type);
  if (typed(policy.resource)) head.resource_type = Name(policy.resource.type);
  if (single(policy.principal)) head.principal = Number(policy.principal.entities[0]);
  if (single(policy.resource)) head.resource = Number(policy.resource.entities[0]);
  if (single(policy.action)) head.action = Number(policy.action.entities[0]);
  if (policy.action.kind == Scope::Kind::kInAny) {
    head.actions = {static_cast<uint32_t>(lists_.size()), static_cast<uint32_t>(policy.action.entities.size())};
    for (const EntityUid& uid : policy.action.entities) {
      const UidNumber number = Number(uid);
      lists_.push_back(number);
    }
  }
  return head;
}

void Compiler::AddPolicy(const Policy& policy) {
  forbid_ = policy.effect == Effect::kForbid;
  Head head = HeadOf(policy);
  const auto base = static_cast<uint32_t>(nodes_.size());
  AddNodes(policy.ast);
  head.conditions = {static_cast<uint32_t>(clauses_.size()), static_cast<uint32_t>(policy.conditions.size())};
  for (const Condition& condition : policy.conditions) clauses_.push_back({condition.body + base, condition.unless});
  heads_.push_back(head);
  ids_.push_back(Name(policy.id));
  About about{Write(policy.text), Write(policy.file), policy.line, policy.column, {static_cast<uint32_t>(notes_.size()), static_cast<uint32_t>(policy.annotations.size())}};
  for (const Annotation& note : policy.annotations) {
    const TextRange name = Write(note.name);
    notes_.push_back({name, Write(note.value)});
  }
  abouts_.push_back(about);
}

// Each policy is filed below the entity of its scope that the fewest policies name: whoever asks reads only what its own entities and
// their ancestors select.
void Compiler::AddIndex() {
  std::vector<uint32_t> named(uids_.size(), 0), chosen(heads_.size(), kNone);
  const auto each = [](const Head& head, auto visit) {
    for (const UidNumber uid : {head.resource, head.principal, head.action})
      if (uid != kNone) visit(uid);
  };
  for (const Head& head : heads_) each(head, [&](UidNumber uid) { ++named[uid]; });
  buckets_.assign(uids_.size() + 1, 0);
  for (size_t i = 0; i < heads_.size(); ++i) {
    each(heads_[i], [&](UidNumber uid) {
      if (chosen[i] == kNone || named[uid] < named[chosen[i]]) chosen[i] = uid;
    });
    if (chosen[i] == kNone) {
      always_.push_back(static_cast<uint32_t>(i));
    } else {
      ++buckets_[chosen[i] + 1];
    }
  }
  for (size_t i = 1; i < buckets_.size(); ++i) buckets_[i] += buckets_[i - 1];
  bucketed_.assign(heads_.size() - always_.size(), 0);
  std::vector<uint32_t> next(buckets_.begin(), buckets_.end());
  for (size_t i = 0; i < heads_.size(); ++i)
    if (chosen[i] != kNone) bucketed_[next[chosen[i]]++] = static_cast<uint32_t>(i);
}

// Half full at most, so that every look ends at an empty place.
template <typename HashOf>
std::vector<uint32_t> TableOf(size_t count, HashOf hash_of) {
  size_t size = 4;
  while (size < 2 * count + 1) size *= 2;
  std::vector<uint32_t> table(size, 0);
  for (size_t i = 0; i < count; ++i) {
    size_t at = hash_of(i) & (size - 1);
    while (table[at] != 0) at = (at + 1) & (size - 1);
    table[at] = static_cast<uint32_t>(i + 1);
  }
  return table;
}

std::string Compiler::Image() const {
  ImageWriter out;
  const std::string_view text = text_;
  out.Put(Section::kText, std::span(text.data(), text.size()));
  out.Put<TextRange>(Section::kSymbols, symbols_);
  out.Put<uint32_t>(Section::kSymbolTable, TableOf(symbols_.size(), [&](size_t i) { return HashText(text.substr(symbols_[i].begin, symbols_[i].size)); }));
  out.Put<UidParts>(Section::kUids, uids_);
  out.Put<uint32_t>(Section::kUidTable, TableOf(uids_.size(), [&](size_t i) { return HashUid(uids_[i].type, uids_[i].id); }));
  out.Put<uint8_t>(Section::kUidFlags, uid_flags_);
  out.Put<Head>(Section::kHeads, heads_);
  out.Put<About>(Section::kAbouts, abouts_);
  out.Put<Symbol>(Section::kIds, ids_);
  out.Put<Note>(Section::kNotes, notes_);
  out.Put<Clause>(Section::kClauses, clauses_);
  out.Put<FlatNode>(Section::kNodes, nodes_);
  out.Put<Term>(Section::kConstants, constants_);
  out.Put<Term>(Section::kTerms, terms_);
  out.Put<Ip>(Section::kAddresses, addresses_);
  out.Put<Range>(Section::kPatterns, patterns_);
  out.Put<uint32_t>(Section::kLists, lists_);
  out.Put<uint32_t>(Section::kAlways, always_);
  out.Put<uint32_t>(Section::kBuckets, buckets_);
  out.Put<uint32_t>(Section::kBucketed, bucketed_);
  return std::move(out).Finish();
}

Result<std::string> Compiler::Run(const PolicySet& policies, const Names& names) {
  for (const std::string_view name : names.texts) Name(name);
  for (const EntityUid& uid : names.entities) Number(uid);
  for (const Policy& policy : policies) {
    AddPolicy(policy);
    if (text_.size() + nodes_.size() * sizeof(FlatNode) > kMaxProgramBytes / 4) return Error{Error::Kind::kLimit, "the policies are too large in their flat form"};
  }
  AddIndex();
  return Image();
}

}  // namespace

Result<std::string> Compile(const PolicySet& policies, const Names& names) { return Compiler().Run(policies, names); }

}  // namespace checkrein::cedar
