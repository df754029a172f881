#include "cedar/program.h"

#include <algorithm>
#include <vector>

#include "cedar/program_image.h"

namespace checkrein::cedar {
namespace {

using namespace flat;

Error Broken(std::string_view what) { return {Error::Kind::kInvalid, "the compiled policies are damaged: " + std::string(what)}; }

template <typename T>
std::span<const T> SectionOf(std::string_view image, const ImageHeader& header, Section section) {
  const Range range = header.sections[static_cast<size_t>(section)];
  return {reinterpret_cast<const T*>(image.data() + range.first), range.count};
}

template <typename T>
bool Lies(std::string_view image, const ImageHeader& header, Section section) {
  const Range range = header.sections[static_cast<size_t>(section)];
  return range.first % 8 == 0 && range.first >= sizeof(ImageHeader) && range.first <= image.size() && range.count <= (image.size() - range.first) / sizeof(T);
}

bool IsPowerOfTwo(size_t n) { return n != 0 && (n & (n - 1)) == 0; }

// Every entry is 0 or the number of something, and each number stands there once: every look ends, for a place is empty.
bool IsTable(std::span<const uint32_t> table, size_t count) {
  if (!IsPowerOfTwo(table.size()) || table.size() <= count) return false;
  std::vector<bool> seen(count, false);
  for (const uint32_t entry : table) {
    if (entry > count || (entry != 0 && seen[entry - 1])) return false;
    if (entry != 0) seen[entry - 1] = true;
  }
  return true;
}

bool InRange(Range range, size_t size, size_t width = 1) { return range.first <= size && range.count <= (size - range.first) / width; }

// Looks at every index of a program once.
class Verifier {
 public:
  explicit Verifier(const Program& program) : p_(program), used_(program.nodes.size(), false), height_(program.nodes.size(), 1) {}
  bool Tables() const;
  bool Terms() const;
  bool Nodes();
  bool Policies() const;
  bool Index() const;

 private:
  bool TextFits(TextRange range) const { return InRange({range.begin, range.size}, p_.text.size()); }
  bool TermFits(const Term& term, size_t before) const;
  bool NodeFits(NodeId id);
  bool Child(NodeId parent, uint32_t child);
  bool Children(NodeId parent, uint32_t first, uint32_t count, uint32_t width);
  bool SymbolsFit(uint32_t first, uint32_t count) const;
  bool HeadFits(const Head& head) const;

  const Program& p_;
  std::vector<bool> used_;        // nodes that are some node's child: a tree has no second way to one
  std::vector<uint32_t> height_;
};

bool Verifier::Tables() const {
  return std::all_of(p_.symbols.begin(), p_.symbols.end(), [&](TextRange r) { return TextFits(r); }) && IsTable(p_.symbol_table, p_.symbols.size()) &&
         IsTable(p_.uid_table, p_.uids.size()) && p_.uid_flags.size() == p_.uids.size() &&
         std::all_of(p_.uids.begin(), p_.uids.end(), [&](UidParts u) { return u.type < p_.symbols.size() && u.id < p_.symbols.size(); }) &&
         std::all_of(p_.addresses.begin(), p_.addresses.end(), [](const Ip& ip) {
           const auto* bytes = reinterpret_cast<const unsigned char*>(&ip);
           return bytes[offsetof(Ip, v6)] <= 1 && ip.prefix <= (bytes[offsetof(Ip, v6)] != 0 ? 128 : 32);
         });
}

// `before`: what a set or record holds stands before it, so that nothing holds itself.
bool Verifier::TermFits(const Term& term, size_t before) const {
  const auto below = [&term](size_t size) { return term.number >= 0 && static_cast<uint64_t>(term.number) < size; };
  switch (term.kind) {
    case Term::Kind::kBool: return below(2);
    case Term::Kind::kString: return below(p_.symbols.size());
    case Term::Kind::kEntity: return below(p_.uids.size());
    case Term::Kind::kIp: return below(p_.addresses.size());
    case Term::Kind::kSet:
    case Term::Kind::kRecord:
      return below(before + 1) && InRange({static_cast<uint32_t>(term.number), term.count}, before, term.kind == Term::Kind::kRecord ? 2 : 1);
    case Term::Kind::kLong:
    case Term::Kind::kDecimal:
    case Term::Kind::kDatetime:
    case Term::Kind::kDuration: return true;
    case Term::Kind::kFailed: break;
  }
  return false;
}

bool Verifier::Terms() const {
  constexpr uint32_t kMaxDepth = 1000;  // of sets in sets: bounds the stack of a comparison
  std::vector<uint32_t> depth(p_.terms.size(), 1);
  uint64_t size = 0;  // of all comparisons that could be asked for: sharing must not multiply them
  for (size_t i = 0; i < p_.terms.size(); ++i) {
    const Term& term = p_.terms[i];
    if (!TermFits(term, i)) return false;
    if (term.kind != Term::Kind::kSet && term.kind != Term::Kind::kRecord) continue;
    const size_t width = term.kind == Term::Kind::kRecord ? 2 * size_t{term.count} : term.count;
    size += width;
    for (size_t k = 0; k < width; ++k) depth[i] = std::max(depth[i], depth[static_cast<size_t>(term.number) + k] + 1);
    if (depth[i] > kMaxDepth || size > p_.terms.size()) return false;  // each member is held once
  }
  return std::all_of(p_.constants.begin(), p_.constants.end(), [&](const Term& term) { return TermFits(term, p_.terms.size()); });
}

bool Verifier::Child(NodeId parent, uint32_t child) {
  if (child >= parent || used_[child]) return false;
  used_[child] = true;
  height_[parent] = std::max(height_[parent], height_[child] + 1);
  return height_[parent] <= kMaxHeight;
}

bool Verifier::Children(NodeId parent, uint32_t first, uint32_t count, uint32_t width) {
  if (!InRange({first, count}, p_.lists.size(), width)) return false;
  for (uint32_t i = 0; i < count; ++i)
    if (!Child(parent, p_.lists[first + width * i + width - 1])) return false;
  return true;
}

bool Verifier::SymbolsFit(uint32_t first, uint32_t count) const {
  if (!InRange({first, count}, p_.lists.size())) return false;
  const auto all = p_.lists.subspan(first, count);
  return std::all_of(all.begin(), all.end(), [&](uint32_t symbol) { return symbol < p_.symbols.size(); });
}

bool Verifier::NodeFits(NodeId id) {
  const FlatNode& n = p_.nodes[id];
  switch (n.op) {
    case Op::kLiteral: return n.a < p_.constants.size();
    case Op::kVariable: return n.a <= 3;
    case Op::kSlot: return true;
    case Op::kIf: return Child(id, n.a) && Child(id, n.b) && Child(id, n.c);
    case Op::kNot:
    case Op::kNegate:
    case Op::kIsEmpty: return Child(id, n.a);
    case Op::kGetAttr:
    case Op::kIs: return Child(id, n.a) && n.b < p_.symbols.size();
    case Op::kIsIn: return Child(id, n.a) && n.b < p_.symbols.size() && Child(id, n.c);
    case Op::kHas: return Child(id, n.a) && SymbolsFit(n.b, n.c);
    case Op::kLike: return Child(id, n.a) && n.b < p_.patterns.size();
    case Op::kCall: return n.a <= static_cast<uint32_t>(Function::kToDays) && Children(id, n.b, n.c, 1);
    case Op::kSet: return n.a <= p_.constants.size() && (n.a == 0 || p_.constants[n.a - 1].kind == Term::Kind::kSet) && Children(id, n.b, n.c, 1);
    case Op::kRecord:
      for (uint32_t i = 0; InRange({n.b, n.c}, p_.lists.size(), 2) && i < n.c; ++i)
        if (p_.lists[n.b + 2 * i] >= p_.symbols.size()) return false;
      return Children(id, n.b, n.c, 2);
    case Op::kAnd: case Op::kOr: case Op::kEqual: case Op::kNotEqual: case Op::kLess: case Op::kLessEqual: case Op::kGreater: case Op::kGreaterEqual:
    case Op::kIn: case Op::kAdd: case Op::kSubtract: case Op::kMultiply: case Op::kContains: case Op::kContainsAll: case Op::kContainsAny:
    case Op::kGetTag: case Op::kHasTag: return Child(id, n.a) && Child(id, n.b);
  }
  return false;  // no operator at all
}

bool Verifier::Nodes() {
  for (NodeId id = 0; id < p_.nodes.size(); ++id)
    if (!NodeFits(id)) return false;
  return std::all_of(p_.patterns.begin(), p_.patterns.end(), [&](Range r) { return r.count >= 1 && SymbolsFit(r.first, r.count); });
}

bool Verifier::HeadFits(const Head& head) const {
  using K = Scope::Kind;
  if (head.effect > Effect::kPermit) return false;
  const auto fits = [&](K kind, UidNumber uid, Symbol type) {
    if (kind > K::kIsIn) return false;
    const bool wants_uid = kind == K::kEqual || kind == K::kIn || kind == K::kIsIn, wants_type = kind == K::kIs || kind == K::kIsIn;
    return (wants_uid ? uid < p_.uids.size() : uid == kNone) && (wants_type ? type < p_.symbols.size() : type == kNone);
  };
  if (!fits(head.principal_kind, head.principal, head.principal_type) || !fits(head.resource_kind, head.resource, head.resource_type)) return false;
  if (!InRange(head.conditions, p_.clauses.size()) || !InRange(head.actions, p_.lists.size())) return false;
  if (head.action_kind != K::kInAny) return (head.action_kind == K::kAny || head.action_kind == K::kEqual || head.action_kind == K::kIn) && fits(head.action_kind, head.action, kNone);
  const auto actions = p_.lists.subspan(head.actions.first, head.actions.count);
  return head.action == kNone && std::all_of(actions.begin(), actions.end(), [&](uint32_t uid) { return uid < p_.uids.size(); });
}

bool Verifier::Policies() const {
  return p_.abouts.size() == p_.heads.size() && p_.ids.size() == p_.heads.size() &&
         std::all_of(p_.ids.begin(), p_.ids.end(), [&](Symbol id) { return id < p_.symbols.size(); }) && std::all_of(p_.heads.begin(), p_.heads.end(), [&](const Head& h) { return HeadFits(h); }) &&
         std::all_of(p_.clauses.begin(), p_.clauses.end(), [&](const Clause& c) { return c.body < p_.nodes.size() && c.unless <= 1; }) &&
         std::all_of(p_.notes.begin(), p_.notes.end(), [&](const Note& n) { return TextFits(n.name) && TextFits(n.value); }) &&
         std::all_of(p_.abouts.begin(), p_.abouts.end(),
                     [&](const About& a) { return TextFits(a.text) && TextFits(a.file) && InRange(a.annotations, p_.notes.size()); });
}

// Every policy is in the index exactly once, where its head says: one that were left out would never be asked.
bool Verifier::Index() const {
  if (p_.buckets.size() != p_.uids.size() + 1 || p_.buckets[0] != 0 || p_.buckets.back() != p_.bucketed.size()) return false;
  if (!std::is_sorted(p_.buckets.begin(), p_.buckets.end()) || p_.always.size() + p_.bucketed.size() != p_.heads.size()) return false;
  std::vector<bool> seen(p_.heads.size(), false);
  const auto once = [&](uint32_t policy) {
    if (policy >= seen.size() || seen[policy]) return false;
    seen[policy] = true;
    return true;
  };
  if (!std::all_of(p_.always.begin(), p_.always.end(), once)) return false;
  for (size_t uid = 0; uid < p_.uids.size(); ++uid)
    for (uint32_t i = p_.buckets[uid]; i < p_.buckets[uid + 1]; ++i) {
      if (!once(p_.bucketed[i])) return false;
      const Head& head = p_.heads[p_.bucketed[i]];
      if (head.principal != uid && head.action != uid && head.resource != uid) return false;
    }
  return true;
}

}  // namespace

uint64_t HashUid(Symbol type, Symbol id) {
  const uint64_t h = (uint64_t{type} << 32 | id) * 0x9E3779B97F4A7C15u;
  return h ^ (h >> 32);
}

Program Program::OpenOwn(std::string_view image) {
  ImageHeader header;
  std::memcpy(&header, image.data(), sizeof header);
  Program p;
  p.text = SectionOf<char>(image, header, Section::kText);
  p.symbols = SectionOf<TextRange>(image, header, Section::kSymbols);
  p.symbol_table = SectionOf<uint32_t>(image, header, Section::kSymbolTable);
  p.uids = SectionOf<UidParts>(image, header, Section::kUids);
  p.uid_table = SectionOf<uint32_t>(image, header, Section::kUidTable);
  p.uid_flags = SectionOf<uint8_t>(image, header, Section::kUidFlags);
  p.heads = SectionOf<Head>(image, header, Section::kHeads);
  p.abouts = SectionOf<About>(image, header, Section::kAbouts);
  p.ids = SectionOf<Symbol>(image, header, Section::kIds);
  p.notes = SectionOf<Note>(image, header, Section::kNotes);
  p.clauses = SectionOf<Clause>(image, header, Section::kClauses);
  p.nodes = SectionOf<FlatNode>(image, header, Section::kNodes);
  p.constants = SectionOf<Term>(image, header, Section::kConstants);
  p.terms = SectionOf<Term>(image, header, Section::kTerms);
  p.addresses = SectionOf<Ip>(image, header, Section::kAddresses);
  p.patterns = SectionOf<Range>(image, header, Section::kPatterns);
  p.lists = SectionOf<uint32_t>(image, header, Section::kLists);
  p.always = SectionOf<uint32_t>(image, header, Section::kAlways);
  p.buckets = SectionOf<uint32_t>(image, header, Section::kBuckets);
  p.bucketed = SectionOf<uint32_t>(image, header, Section::kBucketed);
  return p;
}

Result<Program> Program::Open(std::string_view image) {
  if (reinterpret_cast<uintptr_t>(image.data()) % 8 != 0) return Broken("not aligned");
  ImageHeader header;
  if (image.size() < sizeof header) return Broken("too short");
  std::memcpy(&header, image.data(), sizeof header);
  if (header.magic != kImageMagic) return Broken("not of this version");
  if (header.size != image.size() || image.size() > kMaxProgramBytes) return Broken("not of the size that it says");
  if (header.checksum != ChecksumOf(image)) return Broken("the checksum differs");
  using S = Section;
  const bool lies = Lies<char>(image, header, S::kText) && Lies<TextRange>(image, header, S::kSymbols) && Lies<uint32_t>(image, header, S::kSymbolTable) &&
                    Lies<UidParts>(image, header, S::kUids) && Lies<uint32_t>(image, header, S::kUidTable) && Lies<uint8_t>(image, header, S::kUidFlags) &&
                    Lies<Head>(image, header, S::kHeads) && Lies<About>(image, header, S::kAbouts) && Lies<Symbol>(image, header, S::kIds) && Lies<Note>(image, header, S::kNotes) &&
                    Lies<Clause>(image, header, S::kClauses) && Lies<FlatNode>(image, header, S::kNodes) && Lies<Term>(image, header, S::kConstants) &&
                    Lies<Term>(image, header, S::kTerms) && Lies<Ip>(image, header, S::kAddresses) && Lies<Range>(image, header, S::kPatterns) &&
                    Lies<uint32_t>(image, header, S::kLists) && Lies<uint32_t>(image, header, S::kAlways) && Lies<uint32_t>(image, header, S::kBuckets) &&
                    Lies<uint32_t>(image, header, S::kBucketed);
  if (!lies) return Broken("a section lies outside");
  Program program = OpenOwn(image);
  if (const Status sound = program.Verify(); !sound) return sound.error();
  return program;
}

Status Program::Verify() const {
  Verifier verifier(*this);
  if (!verifier.Tables()) return Broken("a table of names");
  if (!verifier.Terms()) return Broken("a value");
  if (!verifier.Nodes()) return Broken("an expression");
  if (!verifier.Policies()) return Broken("a policy");
  if (!verifier.Index()) return Broken("the index");
  return Done{};
}

std::string_view Program::annotation(size_t policy, std::string_view name) const {
  const Range range = abouts[policy].annotations;
  for (const Note& note : notes.subspan(range.first, range.count))
    if (Text(note.name) == name) return Text(note.value);
  return "";
}

std::optional<size_t> Program::Find(std::string_view id_text) const {
  const auto symbol = FindSymbol(id_text);
  if (!symbol) return std::nullopt;
  const auto found = std::find(ids.begin(), ids.end(), *symbol);
  return found == ids.end() ? std::nullopt : std::optional<size_t>(static_cast<size_t>(found - ids.begin()));
}

std::optional<Symbol> Program::FindSymbol(std::string_view wanted, uint64_t hash) const {
  if (symbol_table.empty()) return std::nullopt;
  const size_t mask = symbol_table.size() - 1;
  for (size_t at = hash & mask; symbol_table[at] != 0; at = (at + 1) & mask)
    if (SymbolText(symbol_table[at] - 1) == wanted) return symbol_table[at] - 1;
  return std::nullopt;
}

std::optional<UidNumber> Program::FindUid(Symbol type, Symbol id) const {
  if (uid_table.empty()) return std::nullopt;
  const size_t mask = uid_table.size() - 1;
  for (size_t at = HashUid(type, id) & mask; uid_table[at] != 0; at = (at + 1) & mask) {
    const UidParts parts = uids[uid_table[at] - 1];
    if (parts.type == type && parts.id == id) return uid_table[at] - 1;
  }
  return std::nullopt;
}

}  // namespace checkrein::cedar
