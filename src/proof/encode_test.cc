// The encoder against the evaluator, operator by operator: the unknowns are pinned to a random request and store, and both solvers must
// find that the expression then has the evaluator's value, or errs where the evaluator errs, and that it can have no other.
#include "proof/encode.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "cedar/evaluate.h"
#include "cedar/parser.h"
#include "proof/random_case.h"
#include "proof/solvers.h"

namespace checkrein::proof {
namespace {

constexpr const char* kSchema = R"(
entity Color enum ["red", "green", "blue"];
entity Single enum ["only"];
entity Group in [Group] = { size: Long };
entity User in [Group, Color] = {
  age: Long, name: String, boss?: User, colors: Set<Color>, friends: Set<User>, words: Set<String>, numbers: Set<Long>,
  info: { level: Long, note?: String, inner: { flag: Bool } }, favourite: Color, single: Single,
};
entity Doc in [Doc, Group] = {
  owner: User, readers: Set<Group>, address: ipaddr, range?: ipaddr, score: decimal, made: datetime, span: duration, ranges: Set<ipaddr>,
};
action any;
action read, write in [Action::"any"] appliesTo { principal: User, resource: Doc, context: {
  n: Long, m: Long, flag: Bool, text: String, note?: String, user: User, color: Color, colors: Set<Color>, numbers: Set<Long>, users: Set<User>,
  address: ipaddr, score: decimal, made: datetime, span: duration, info: { level: Long, note?: String, inner: { flag: Bool } },
} };)";

constexpr const char* kExpressions[] = {
    "true", "!context.flag", "context.flag && context.n == 1", "context.flag || context.n + 1 > 0", "(context.n + 1 > 0) && context.flag",
    "if context.flag then context.n else context.m", "if context.n > 0 then context.n - context.m else context.n * context.m",
    "if context.flag then principal.colors else context.colors", "if context.flag then principal.friends else context.users",
    "if context.flag then principal else context.user", "if context.flag then context.info else principal.info", "(if context.flag then principal.info else context.info).note",
    "context.n + context.m", "context.n - context.m", "context.n * context.m", "-context.n", "context.n * 2 + 1 - context.m", "context.n < context.m", "context.n <= context.m", "context.n > context.m", "context.n >= context.m",
    "context.n == context.m", "context.n != context.m", "principal == context.user", "principal == User::\"a\"", "principal != resource.owner", "context.text == principal.name", "context.color == Color::\"red\"", "principal.single == Single::\"only\"",
    "context.info == principal.info", "context.colors == principal.colors", "context.numbers == principal.numbers", "context.users == principal.friends", "principal.friends == resource.owner.friends",
    "{a: context.n, b: context.flag} == {a: context.m, b: true}", "context.made == resource.made", "context.span == resource.span", "context.address == resource.address", "context.score == resource.score",
    "context.text like \"a*\"", "context.text like \"*a*\"", "context.text like \"a\\*b\"", "context.text like \"*\"", "context.text like \"ab\"", "context.text like \"*a*b\"", "principal.name like \"\xc3\xa9\"",
    "principal is User", "principal is Doc", "resource is Doc in Group::\"a\"", "resource is Doc in [Group::\"a\", Group::\"b\"]", "principal is Doc in Group::\"a\"",
    "principal in Group::\"a\"", "principal in [Group::\"a\", Group::\"b\"]", "principal in Color::\"red\"", "principal in [Color::\"red\", Color::\"blue\"]", "principal in principal.colors", "principal in context.color", "resource in resource.readers", "context.user in context.user",
    "resource in Doc::\"b\"", "resource in Doc::\"a\"", "Group::\"a\" in Group::\"b\"", "resource in Doc::\"b\" && Doc::\"b\" in Group::\"a\" && resource in Group::\"a\"", "resource.owner in Group::\"b\"", "principal in context.users", "principal in (if context.flag then [Group::\"a\"] else [Group::\"b\"])",
    "action == Action::\"read\"", "action in Action::\"any\"", "action in [Action::\"write\", Action::\"read\"]", "[Action::\"read\"].contains(action)",
    "context.colors.contains(Color::\"red\")", "context.colors.contains(context.color)", "context.colors.containsAll([Color::\"red\", Color::\"blue\"])", "context.colors.containsAll(principal.colors)", "[context.color, Color::\"red\"].containsAll(principal.colors)",
    "context.colors.containsAny(principal.colors)", "context.colors.containsAny([context.color, Color::\"blue\"])", "context.colors.isEmpty()", "[Color::\"red\"].isEmpty()", "[principal.favourite, context.color] == [Color::\"red\"]",
    "context.numbers.contains(context.n)", "context.numbers.contains(1)", "context.numbers.containsAll(principal.numbers)", "principal.numbers.containsAny(context.numbers)", "context.numbers.containsAll([1, context.n])", "[1, 2, context.n].containsAny(context.numbers)", "[1, context.m] == [context.n, 2]", "[1, 2, context.n].containsAll(context.numbers)",
    "context.numbers.isEmpty()", "[1, context.n].contains(context.m)", "context.users.contains(principal)", "principal.friends.containsAll(context.users)", "principal.words.contains(context.text)", "principal.words.containsAny(resource.owner.words)", "resource.ranges.contains(context.address)", "(if context.flag then principal.numbers else context.numbers).containsAll(context.numbers)", "context.numbers == [1, 2]",
    "principal.age", "principal.info.level", "principal.info.inner.flag", "context.user.age", "context.user.boss.age", "resource.owner.info.note", "principal.boss", "Group::\"a\".size", "context.note",
    "principal has boss", "principal has boss.boss.info.note", "context.user has age", "context.info has note", "context has note", "context has info.inner.flag", "Group::\"a\" has size", "principal has nothing", "context.user has info.inner.nothing", "principal has boss && principal.boss.age > 1",
    "ip(\"10.0.0.0/8\")", "context.address.isIpv4()", "context.address.isIpv6()", "context.address.isLoopback()", "context.address.isMulticast()", "context.address.isInRange(ip(\"10.0.0.0/8\"))", "context.address.isInRange(resource.address)", "context.address.isInRange(ip(\"::/0\"))", "resource has range && context.address.isInRange(resource.range)",
    "decimal(\"1.5\")", "context.score.lessThan(resource.score)", "context.score.lessThanOrEqual(resource.score)", "context.score.greaterThan(decimal(\"0.0001\"))", "context.score.greaterThanOrEqual(resource.score)",
    "datetime(\"2024-01-31\")", "context.made < resource.made", "context.made <= resource.made", "context.made > resource.made", "context.made >= datetime(\"1970-01-01\")", "context.made.offset(context.span)", "context.made.durationSince(resource.made)", "context.made.toDate()", "context.made.toTime()",
    "duration(\"1d2h\")", "context.span < resource.span", "context.span.toMilliseconds()", "context.span.toSeconds()", "context.span.toMinutes()", "context.span.toHours()", "context.span.toDays()",
    // What a validator refuses is an error for both, or false.
    "1 + true", "context.flag && 1", "false && (1 + true == 2)", "true || principal.nothing", "context.n == context.flag", "principal.nothing", "context.n < context.span", "resource is User && resource.age == 1", "if false then principal.nothing else 1", "-9223372036854775808 - 1", "ip(\"nonsense\").isIpv4()",
};

// What `agrees` asks about, at the values of a concrete request and store. (Pinning the rest as well only costs time.)
class Pins {
 public:
  Pins(Universe& universe, const Asked& asked, const Case& c, TermId agrees) : u_(universe), t_(universe.terms()), asked_(asked), case_(c) {
    (void)t_.Define(agrees);
    for (const TermId id : t_.DefinedApplications()) heads_ += t_[id].head + "\n";
  }

  TermId All() {
    Pin(u_.Same(asked_.principal, u_.Literal(case_.request.principal)));
    Pin(u_.Same(asked_.resource, u_.Literal(case_.request.resource)));
    for (const SymbolField& field : asked_.context.fields)
      if (Asks(AttributePath("context", field.name))) PinField(field, case_.request.context.Find(field.name));
    const auto& types = u_.schema().entity_types();
    for (const auto& [name, type] : types)
      for (const char* id : {"a", "b"})
        if (!type.is_enum) (void)u_.Literal(cedar::EntityUid(name, id));
    for (const auto& [name, type] : types)
      if (!type.is_enum)
        for (const std::string& id : std::vector<std::string>(u_.LiteralIds(name))) PinEntity(type, cedar::EntityUid(name, id));
    return t_.And(std::move(all_));
  }

 private:
  // A question about all members of a set names the set only when it is answered.
  bool Asks(const std::string& what) const { return heads_.find(what) != std::string::npos || heads_.find("question") != std::string::npos; }
  void Pin(TermId term) { all_.push_back(term); }
  void PinField(const SymbolField& field, const cedar::Value* value) {
    if (field.present != t_.True()) Pin(t_.Equal(field.present, t_.Bool(value != nullptr)));
    if (value != nullptr) Pin(u_.Same(field.value, u_.OfValue(*value)));
  }
  void PinEntity(const cedar::EntityType& type, const cedar::EntityUid& uid) {
    const Symbol symbol = u_.Literal(uid);
    const cedar::Entity* entity = case_.entities.Find(uid);
    Pin(t_.Equal(u_.Exists(symbol), t_.Bool(entity != nullptr)));
    for (const cedar::TypeAttribute& a : type.attributes->attributes)
      if (Asks(AttributePath(type.name, a.name))) PinField(*u_.Attribute(symbol, a.name), entity == nullptr ? nullptr : entity->attrs.Find(a.name));
    for (const std::string& group : type.ancestors)
      for (const std::string& id : std::vector<std::string>(u_.LiteralIds(group))) {
        const cedar::EntityUid in(group, id);
        if (in != uid) Pin(t_.Equal(u_.In(symbol, u_.Literal(in)), t_.Bool(case_.entities.IsIn(uid, in))));
      }
  }

  Universe& u_;
  Terms& t_;
  const Asked& asked_;
  const Case& case_;
  std::string heads_;
  std::vector<TermId> all_;
};

class Differential {
 public:
  explicit Differential(uint64_t seed) : schema_(cedar::ParseSchema(kSchema, "test").take()), random_(seed), solvers_(Start()) {}

  void Try(const char* text, int times) {
    const Result<cedar::ParsedExpression> e = cedar::ParseExpression(text, "test");
    ASSERT_TRUE(e) << text << ": " << e.error().text;
    RandomCases cases(schema_, {}, random_++);
    const std::vector<RequestKind> kinds = RequestKinds(schema_);
    for (int i = 0; i < times; ++i) TryOne(text, *e, kinds[cases.Below(kinds.size())], &cases);
  }
  int wrong() const { return wrong_; }
  int tried() const { return tried_; }
  int given_up() const { return given_up_; }

 private:
  static Solvers Start() {
    Result<Solvers> solvers = Solvers::Start(DebianSolvers(), Limits{5'000, 3'600'000, uint64_t{1} << 30});
    EXPECT_TRUE(solvers) << "scripts/packages has z3 and cvc5";
    return std::move(solvers).take();
  }

  void TryOne(const char* text, const cedar::ParsedExpression& e, const RequestKind& kind, RandomCases* cases) {
    const Case c = cases->Next(kind, 70);
    const Result<cedar::Value> value = cedar::Evaluate(e.ast, e.root, c.request, c.entities);
    Terms terms;
    Universe u(schema_, terms);
    const Asked asked = AskAnything(u, kind);
    const Encoded encoded = EncodeExpression(u, e.ast, e.root, asked);
    const TermId agrees = value ? terms.And(terms.Not(encoded.error), u.Same(encoded.value, u.OfValue(*value))) : encoded.error;
    const TermId pinned = Pins(u, asked, c, agrees).All();
    const std::vector<TermId> facts = u.Finish();
    ASSERT_FALSE(u.failed()) << text << ": " << u.failed()->text;
    solvers_.Begin(&terms);
    for (const TermId fact : facts) solvers_.Assume(fact);
    ++tried_;
    const Answer may = solvers_.Check(terms.And(pinned, agrees));
    solvers_.Drop();
    const Answer may_not = solvers_.Check(terms.And(pinned, terms.Not(agrees)));
    solvers_.Drop();
    if (may.kind == Answer::Kind::kSat && may_not.kind == Answer::Kind::kUnsat) return;
    // No answer within the limits shows nothing either way. What one solver did say against us does.
    const bool may_be = may.kind == Answer::Kind::kSat || (may.kind == Answer::Kind::kUnknown && !may.has_model && may.why.find(": unsat") == std::string::npos);
    const bool must_be = may_not.kind == Answer::Kind::kUnsat || (may_not.kind == Answer::Kind::kUnknown && !may_not.has_model);
    if (may_be && must_be) {
      ++given_up_;
      std::printf("given up: %s (%s%s)\n", text, may.why.c_str(), may_not.why.c_str());
      return;
    }
    ++wrong_;
    ADD_FAILURE() << text << " is " << (value ? value->ToString() : "an error: " + value.error().text) << " for\n" << c.ToString() << may.why << " " << may_not.why;
  }

  cedar::Schema schema_;
  uint64_t random_;
  Solvers solvers_;
  int wrong_ = 0, tried_ = 0, given_up_ = 0;
};

void TryAll(uint64_t seed, int times) {
  Differential differential(seed);
  for (const char* text : kExpressions) {
    differential.Try(text, times);
    if (differential.wrong() > 5) break;
  }
  std::printf("seed %llu: %d expressions of %zu kinds, %d differences, %d given up by the solvers\n", static_cast<unsigned long long>(seed), differential.tried(), std::size(kExpressions), differential.wrong(),
              differential.given_up());
  EXPECT_LE(differential.given_up() * 50, differential.tried()) << "so many given up that little is shown";
}

// Whatever walks an expression is bounded by its height, which the parser bounds.
TEST(Encode, TheHighestExpressionFits) {
  std::string text = "context.n";
  for (int i = 0; i < 650; ++i) text += " + 1";
  const cedar::Schema schema = cedar::ParseSchema(kSchema, "test").take();
  const Result<cedar::ParsedExpression> e = cedar::ParseExpression(text, "test");
  ASSERT_TRUE(e) << e.error().text;
  Terms terms;
  Universe u(schema, terms);
  const Asked asked = AskAnything(u, RequestKinds(schema)[0]);
  const Encoded encoded = EncodeExpression(u, e->ast, e->root, asked);
  EXPECT_FALSE(u.failed());
  EXPECT_GT(terms.Define(encoded.error).size(), 10'000u);
}

TEST(Encode, AgreesWithTheEvaluatorOnEveryOperator) { TryAll(1, 2); }
TEST(EncodeSlow, AgreesWithTheEvaluatorOnEveryOperator) { TryAll(std::random_device()(), 20); }

}  // namespace
}  // namespace checkrein::proof
