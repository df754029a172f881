// Random policies against the recorded answers of the reference (tests/cedar/generate.js), and against a second evaluator that is written
// for nothing but plainness: a tree walk over copied values, straight from the language's definition.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/json.h"
#include "cedar/authorize.h"
#include "cedar/entity_json.h"
#include "cedar/extension.h"
#include "cedar/parser.h"
#include "cedar/policy_json.h"
#include "cedar/print.h"
#include "cedar/template.h"
#include "cedar/program_asked.h"
#include "cedar/validate.h"
#include "gtest/gtest.h"

namespace checkrein::cedar {
namespace {

__extension__ typedef __int128 Wide;  // any 64-bit sum or product fits

// nullopt is an error.
class Naive {
 public:
  Naive(const Policy& policy, const Request& request, const Entities& entities) : ast_(policy.ast), policy_(policy), request_(request), entities_(entities) {}

  std::optional<bool> Satisfied() const {
    if (!Scoped(policy_.principal, request_.principal) || !Scoped(policy_.action, request_.action) || !Scoped(policy_.resource, request_.resource)) return false;
    for (const Condition& c : policy_.conditions) {
      const auto b = Bool(c.body);
      if (!b) return std::nullopt;
      if (*b == c.unless) return false;
    }
    return true;
  }

 private:
  using V = std::optional<Value>;
  bool Reaches(const EntityUid& from, const EntityUid& to) const {
    if (from == to) return true;
    const Entity* e = entities_.Find(from);
    if (e == nullptr) return false;
    for (const EntityUid& p : e->parents) {
      if (Reaches(p, to)) return true;
    }
    return false;
  }
  bool Scoped(const Scope& s, const EntityUid& uid) const {
    if (!s.type.empty() && uid.type() != s.type) return false;
    if (s.kind == Scope::Kind::kAny || s.kind == Scope::Kind::kIs) return true;
    if (s.kind == Scope::Kind::kEqual) return uid == s.entities[0];
    for (const EntityUid& e : s.entities) {
      if (Reaches(uid, e)) return true;
    }
    return false;
  }
  std::optional<bool> Bool(NodeId id) const {
    const V v = Eval(id);
    if (!v || v->boolean() == nullptr) return std::nullopt;
    return *v->boolean();
  }
  V Member(const Value& object, const std::string& name, bool* missing) const {
    *missing = false;
    const Record* record = object.record();
    if (object.entity() != nullptr) {
      const Entity* e = entities_.Find(*object.entity());
      if (e == nullptr) *missing = true;
      record = e == nullptr ? nullptr : &e->attrs;
    } else if (record == nullptr) {
      return std::nullopt;
    }
    const Value* found = record == nullptr ? nullptr : record->Find(name);
    if (found == nullptr) {
      *missing = true;
      return std::nullopt;
    }
    return *found;
  }
  V InTest(const Value& a, const Value& b) const {
    if (a.entity() == nullptr) return std::nullopt;
    if (b.entity() != nullptr) return Value(Reaches(*a.entity(), *b.entity()));
    if (b.set() == nullptr) return std::nullopt;
    bool in = false;
    for (const Value& item : b.set()->items()) {
      if (item.entity() == nullptr) return std::nullopt;
      in = in || Reaches(*a.entity(), *item.entity());
    }
    return Value(in);
  }
  static std::optional<Wide> Ordered(const Value& v) {
    if (v.integer() != nullptr) return *v.integer();
    if (v.datetime() != nullptr) return v.datetime()->unix_ms;
    if (v.duration() != nullptr) return v.duration()->ms;
    return std::nullopt;
  }
  static V Fit(Wide n, Value::Kind kind) {
    if (n < INT64_MIN || n > INT64_MAX) return std::nullopt;
    const auto narrow = static_cast<int64_t>(n);
    if (kind == Value::Kind::kDatetime) return Value(Datetime{narrow});
    if (kind == Value::Kind::kDuration) return Value(Duration{narrow});
    return Value(narrow);
  }
  // `*` in patterns by trying every length.
  static bool Like(const std::vector<std::string>& parts, size_t i, std::string_view text) {
    if (!text.starts_with(parts[i])) return false;
    text.remove_prefix(parts[i].size());
    if (i + 1 == parts.size()) return text.empty();
    for (size_t skip = 0; skip <= text.size(); ++skip) {
      if (Like(parts, i + 1, text.substr(skip))) return true;
    }
    return false;
  }
  V Call(const Node& n) const {
    std::vector<Value> args;
    for (uint32_t i = 0; i < n.c; ++i) {
      const V v = Eval(ast_.lists[n.b + i]);
      if (!v) return std::nullopt;
      args.push_back(*v);
    }
    const auto f = static_cast<Function>(n.a);
    if (args.size() != InfoOf(f).arity) return std::nullopt;
    const std::string* s = args[0].string();
    const auto lift = [](const auto& parsed) -> V { return parsed ? V(Value(*parsed)) : std::nullopt; };
    if (!InfoOf(f).method && s == nullptr) return std::nullopt;
    if (f == Function::kIp) return lift(ParseIp(*s));
    if (f == Function::kDecimal) return lift(ParseDecimal(*s));
    if (f == Function::kDatetime) return lift(ParseDatetime(*s));
    if (f == Function::kDuration) return lift(ParseDuration(*s));
    if (const Ip* ip = args[0].ip(); f <= Function::kIsInRange) {
      if (ip == nullptr) return std::nullopt;
      if (f == Function::kIsIpv4) return Value(!ip->v6);
      if (f == Function::kIsIpv6) return Value(ip->v6);
      if (f == Function::kIsLoopback) return Value(IsInRange(*ip, *ParseIp(ip->v6 ? "::1" : "127.0.0.0/8")));
      if (f == Function::kIsMulticast) return Value(IsInRange(*ip, *ParseIp(ip->v6 ? "ff00::/8" : "224.0.0.0/4")));
      return args[1].ip() == nullptr ? V() : V(Value(IsInRange(*ip, *args[1].ip())));
    }
    if (f <= Function::kGreaterThanOrEqual) {
      const Decimal *a = args[0].decimal(), *b = args[1].decimal();
      if (a == nullptr || b == nullptr) return std::nullopt;
      return Value(f == Function::kLessThan ? *a < *b : f == Function::kLessThanOrEqual ? *a <= *b : f == Function::kGreaterThan ? *a > *b : *a >= *b);
    }
    constexpr int64_t kDay = 86'400'000;
    if (const Datetime* t = args[0].datetime(); f <= Function::kToTime) {
      if (t == nullptr) return std::nullopt;
      const Wide ms = t->unix_ms;
      const Wide day = ms >= 0 ? ms / kDay : -((-ms + kDay - 1) / kDay);
      if (f == Function::kToDate) return Fit(day * kDay, Value::Kind::kDatetime);
      if (f == Function::kToTime) return Fit(ms - day * kDay, Value::Kind::kDuration);
      if (f == Function::kOffset) return args[1].duration() == nullptr ? V() : Fit(ms + args[1].duration()->ms, Value::Kind::kDatetime);
      return args[1].datetime() == nullptr ? V() : Fit(ms - args[1].datetime()->unix_ms, Value::Kind::kDuration);
    }
    const Duration* d = args[0].duration();
    if (d == nullptr) return std::nullopt;
    const int64_t unit = f == Function::kToMilliseconds ? 1 : f == Function::kToSeconds ? 1000 : f == Function::kToMinutes ? 60'000 : f == Function::kToHours ? 3'600'000 : kDay;
    return Value(d->ms / unit);
  }
  V Two(const Node& n) const {
    const V a = Eval(n.a), b = Eval(n.b);
    if (!a || !b) return std::nullopt;
    const auto x = Ordered(*a), y = Ordered(*b);
    switch (n.op) {
      case Op::kEqual: return Value(*a == *b);
      case Op::kNotEqual: return Value(!(*a == *b));
      case Op::kIn: return InTest(*a, *b);
      case Op::kLess:
      case Op::kLessEqual:
      case Op::kGreater:
      case Op::kGreaterEqual:
        if (!x || !y || a->kind() != b->kind()) return std::nullopt;
        return Value(n.op == Op::kLess ? *x < *y : n.op == Op::kLessEqual ? *x <= *y : n.op == Op::kGreater ? *x > *y : *x >= *y);
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kMultiply:
        if (a->integer() == nullptr || b->integer() == nullptr) return std::nullopt;
        return Fit(n.op == Op::kAdd ? *x + *y : n.op == Op::kSubtract ? *x - *y : *x * *y, Value::Kind::kLong);
      case Op::kContains: return a->set() == nullptr ? V() : V(Value(a->set()->Contains(*b)));
      case Op::kContainsAll:
      case Op::kContainsAny: {
        if (a->set() == nullptr || b->set() == nullptr) return std::nullopt;
        size_t found = 0;
        for (const Value& item : b->set()->items()) found += a->set()->Contains(item);
        return Value(n.op == Op::kContainsAll ? found == b->set()->items().size() : found > 0);
      }
      default: break;
    }
    if (a->entity() == nullptr || b->string() == nullptr) return std::nullopt;
    const Entity* e = entities_.Find(*a->entity());
    const Value* tag = e == nullptr ? nullptr : e->tags.Find(*b->string());
    if (n.op == Op::kHasTag) return Value(tag != nullptr);
    return tag == nullptr ? V() : V(*tag);
  }
  V Eval(NodeId id) const {
    const Node& n = ast_[id];
    switch (n.op) {
      case Op::kLiteral: return ast_.constants[n.a];
      case Op::kVariable:
        return n.a == 0 ? Value(request_.principal) : n.a == 1 ? Value(request_.action) : n.a == 2 ? Value(request_.resource) : Value(request_.context);
      case Op::kSlot: return std::nullopt;
      case Op::kIf: {
        const auto test = Bool(n.a);
        return test ? Eval(*test ? n.b : n.c) : V();
      }
      case Op::kAnd:
      case Op::kOr: {
        const auto left = Bool(n.a);
        if (!left || *left == (n.op == Op::kOr)) return left ? V(Value(*left)) : V();
        const auto right = Bool(n.b);
        return right ? V(Value(*right)) : V();
      }
      case Op::kNot: {
        const auto b = Bool(n.a);
        return b ? V(Value(!*b)) : V();
      }
      case Op::kNegate: {
        const V v = Eval(n.a);
        return v && v->integer() != nullptr ? Fit(-static_cast<Wide>(*v->integer()), Value::Kind::kLong) : V();
      }
      case Op::kIsEmpty: {
        const V v = Eval(n.a);
        return v && v->set() != nullptr ? V(Value(v->set()->items().empty())) : V();
      }
      case Op::kGetAttr: {
        const V v = Eval(n.a);
        bool missing = false;
        return v ? Member(*v, ast_.strings[n.b], &missing) : V();
      }
      case Op::kHas: {
        V v = Eval(n.a);
        for (uint32_t i = 0; v && i < n.c; ++i) {
          bool missing = false;
          v = Member(*v, ast_.strings[n.b + i], &missing);
          if (missing) return Value(false);
        }
        return v ? V(Value(true)) : V();
      }
      case Op::kLike: {
        const V v = Eval(n.a);
        return v && v->string() != nullptr ? V(Value(Like(ast_.patterns[n.b].parts, 0, *v->string()))) : V();
      }
      case Op::kIs:
      case Op::kIsIn: {
        const V v = Eval(n.a);
        if (!v || v->entity() == nullptr) return std::nullopt;
        const bool is = v->entity()->type() == ast_.strings[n.b];
        if (n.op == Op::kIs || !is) return Value(is);
        const V group = Eval(n.c);
        return group ? InTest(*v, *group) : V();
      }
      case Op::kCall: return Call(n);
      case Op::kSet: {
        std::vector<Value> items;
        for (uint32_t i = 0; i < n.c; ++i) {
          const V v = Eval(ast_.lists[n.b + i]);
          if (!v) return std::nullopt;
          items.push_back(*v);
        }
        return Value(Set(std::move(items)));
      }
      case Op::kRecord: {
        Record record;
        for (uint32_t i = 0; i < n.c; ++i) {
          const V v = Eval(ast_.lists[n.b + 2 * i + 1]);
          if (!v) return std::nullopt;
          record.Put(ast_.strings[ast_.lists[n.b + 2 * i]], *v);
        }
        return Value(std::move(record));
      }
      default: return Two(n);
    }
  }

  const Ast& ast_;
  const Policy& policy_;
  const Request& request_;
  const Entities& entities_;
};

std::set<std::string> Ids(const json::Value& list) {
  std::set<std::string> ids;
  if (list.array() != nullptr) {
    for (const json::Value& id : *list.array()) ids.insert(*id.string());
  }
  return ids;
}

// The set with its template's link, as the reference had it.
PolicySet WithLink(const json::Value& item, PolicySet policies) {
  if (item.Find("template") == nullptr) return policies;
  auto templates = ParsePolicyList(item.Text("template"), "t");
  EXPECT_TRUE(templates) << item.Text("template");
  if (!templates) return policies;
  SlotValues values;
  if (const json::Value* principal = item.At("values").Find("?principal")) values.principal = *EntityUidFromJson(*principal);
  if (const json::Value* resource = item.At("values").Find("?resource")) values.resource = *EntityUidFromJson(*resource);
  auto linked = Link((*templates)[0], "linked", values);
  EXPECT_TRUE(linked) << item.Text("template");
  if (linked) {
    EXPECT_TRUE(policies.Add(std::move(*linked)).ok());
  }
  return policies;
}

void CheckAuthorization(const json::Value& item, const PolicySet& policies, const Entities& entities) {
  const Request request{*EntityUidFromJson(item.At("principal")), *EntityUidFromJson(item.At("action")), *EntityUidFromJson(item.At("resource")),
                        *RecordFromJson(item.At("context"))};
  const Response response = Authorize(policies, request, entities);
  std::set<std::string> reasons, errors, naive_reasons[2], naive_errors;
  for (const Policy* p : response.reasons) reasons.insert(p->id);
  for (const auto& e : response.errors) errors.insert(e.policy->id);
  EXPECT_EQ(response.decision == Decision::kAllow, item.Text("decision") == "allow") << item.Dump();
  EXPECT_EQ(reasons, Ids(item.At("reason"))) << item.Dump();
  EXPECT_EQ(errors, Ids(item.At("errors"))) << item.Dump();
  for (const Policy& p : policies) {
    const auto satisfied = Naive(p, request, entities).Satisfied();
    if (!satisfied) naive_errors.insert(p.id);
    if (satisfied && *satisfied) naive_reasons[p.effect == Effect::kPermit].insert(p.id);
  }
  EXPECT_EQ(errors, naive_errors);
  EXPECT_EQ(reasons, naive_reasons[0].empty() ? naive_reasons[1] : naive_reasons[0]);
  ExpectSameAnswer(policies, request, entities);
}

void CheckProblems(const json::Value& item, const Schema& schema, const Policy& policy) {
  const ValidationReport report = ValidatePolicy(schema, policy);
  std::set<std::string> found;
  for (const ValidationProblem& p : report.errors) found.insert(std::string(InfoOf(p.kind).code));
  EXPECT_EQ(found, Ids(item.At("problems").At(policy.id))) << policy.text << "\n" << item.Text("schema");
  EXPECT_EQ(!report.warnings.empty(), Ids(item.At("impossible")).contains(policy.id)) << policy.text << "\n" << item.Text("schema");
}

// What is said of policies and data by a schema.
void CheckAgainstSchema(const json::Value& item, const Schema& schema, const PolicySet& policies) {
  for (const Policy& policy : policies)
    if (policy.id != "linked") CheckProblems(item, schema, policy);
  if (item.Find("template") != nullptr) {
    Policy tmpl = (*ParsePolicyList(item.Text("template"), "t"))[0];
    tmpl.id = "t";
    CheckProblems(item, schema, tmpl);
  }
  EXPECT_EQ(EntitiesFromJson(item.At("entities"), schema).ok(), item.Flag("entities_conform")) << item.At("entities").Dump() << "\n" << item.Text("schema");
  for (const json::Value& asked : *item.At("requests").array()) {
    if (asked.Find("conforms") == nullptr) continue;
    const EntityUid action = *EntityUidFromJson(asked.At("action"));
    const auto context = ContextFromJson(asked.At("context"), schema, action);
    const bool conforms = context && ValidateRequest(schema, {*EntityUidFromJson(asked.At("principal")), action, *EntityUidFromJson(asked.At("resource")), *context}).ok();
    EXPECT_EQ(conforms, asked.Flag("conforms")) << asked.Dump() << "\n" << item.Text("schema");
  }
}

// Printing and the JSON form lose nothing.
void CheckRoundTrips(const Policy& policy) {
  const std::string text = Print(policy);
  const auto again = ParsePolicyList(text, "again");
  ASSERT_TRUE(again) << text << "\n" << again.error().text;
  const json::Value json = PolicyToJson(policy);
  EXPECT_EQ(PolicyToJson((*again)[0]), json) << policy.text << "\n" << text;
  EXPECT_EQ(Print((*again)[0]), text);
  const auto read = PolicyFromJson(json, policy.id);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(PolicyToJson(*read), json);
  EXPECT_EQ(Print(*read), text);
}

// Differences that are meant: what we refuse and the reference takes (schema.h).
bool IsMeant(const std::string& refusal) { return refusal.find("declared twice") != std::string::npos; }

// The reference's JSON of the first policy is read and means what its text means. (Its form may differ from ours: it writes `has a.b` out.)
void CheckJson(const json::Value& item, const Policy& policy, const Entities& entities) {
  const auto read = PolicyFromJson(item.At("json"), policy.id);
  ASSERT_TRUE(read) << read.error().text << "\n" << item.At("json").Dump();
  for (const json::Value& asked : *item.At("requests").array()) {
    const Request request{*EntityUidFromJson(asked.At("principal")), *EntityUidFromJson(asked.At("action")), *EntityUidFromJson(asked.At("resource")), *RecordFromJson(asked.At("context"))};
    EXPECT_EQ(Naive(*read, request, entities).Satisfied(), Naive(policy, request, entities).Satisfied()) << policy.text << "\n" << asked.Dump();
  }
}

struct Counts {
  size_t sets = 0, requests = 0, problems = 0, meant = 0;
};

void CheckSet(const json::Value& item, const Schema& fixed, Counts* counts) {
  ++counts->sets;
  const Schema* schema = &fixed;
  std::optional<Schema> own;
  if (item.Find("schema") != nullptr) {
    schema = nullptr;
    auto parsed = ParseSchema(item.Text("schema"), "s");
    const bool meant = !parsed && IsMeant(parsed.error().text);
    counts->meant += meant;
    if (!meant) {
      EXPECT_EQ(parsed.ok(), item.Flag("schema_parses")) << item.Text("schema") << "\n" << (parsed ? "" : parsed.error().text);
    }
    if (parsed && item.Flag("schema_parses")) schema = &own.emplace(std::move(parsed).take());
  }
  auto parsed = ParsePolicies(item.Text("policies"), "p");
  ASSERT_EQ(parsed.ok(), item.Flag("parses")) << item.Text("policies") << (parsed ? "" : parsed.error().text);
  if (!parsed) return;
  const PolicySet policies = WithLink(item, std::move(parsed).take());
  auto entities = EntitiesFromJson(item.At("entities"));
  ASSERT_EQ(!entities.ok(), item.Flag("entities_refused")) << item.At("entities").Dump();
  if (entities) {
    ASSERT_TRUE(entities->Add({EntityUid("Action", "read"), {}, {}, {EntityUid("Action", "any")}}).ok());
    for (const json::Value& request : *item.At("requests").array()) CheckAuthorization(request, policies, *entities);
    counts->requests += item.At("requests").array()->size();
  }
  if (schema != nullptr && item.Find("problems") != nullptr) {
    CheckAgainstSchema(item, *schema, policies);
    counts->problems += policies.size();
  }
  for (const Policy& policy : policies) CheckRoundTrips(policy);
  if (entities && item.Find("json") != nullptr) CheckJson(item, *policies.begin(), *entities);
}

TEST(CedarDifferential, RecordedAnswersAndASecondEvaluator) {
  const auto golden = json::Parse(*ReadFile(CHECKREIN_SOURCE_DIR "/src/cedar/testdata/validate.json", 1u << 20));
  const Schema schema = ParseSchema(golden->Text("schema"), "s").take();
  const char* const other = std::getenv("CHECKREIN_DIFFERENTIAL");
  std::ifstream in(other != nullptr ? other : CHECKREIN_SOURCE_DIR "/src/cedar/testdata/differential.jsonl");
  Counts counts;
  for (std::string line; std::getline(in, line);) {
    const auto item = json::Parse(line);
    ASSERT_TRUE(item);
    CheckSet(*item, schema, &counts);
  }
  EXPECT_GE(counts.sets, 100u);
  EXPECT_GE(counts.requests, 1000u);
  EXPECT_LE(counts.meant, counts.sets / 20);
  std::printf("%zu sets, %zu decisions, %zu policies validated, %zu meant differences\n", counts.sets, counts.requests, counts.problems, counts.meant);
}

}  // namespace
}  // namespace checkrein::cedar
