// The prover over a small schema: each kind of question both ways, and everything that must end in "not proved".
#include "proof/prove.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "base/clock.h"
#include "cedar/parser.h"
#include "proof/properties.h"

namespace checkrein::proof {
namespace {

constexpr const char* kSchema = R"(
entity Label enum ["secret", "untrusted"];
entity Group in [Group];
entity User in [Group] = { labels: Set<Label>, age: Long, purpose?: String };
entity Host in [Group] = { name: String, address?: ipaddr, tags: Set<String> };
action connect, listen appliesTo { principal: User, resource: Host, context: { approved: Bool, purpose?: String, words: Set<Set<String>> } };)";

struct Bench {
  cedar::Schema schema = cedar::ParseSchema(kSchema, "test.cedarschema").take();
  Result<Solvers> solvers = Solvers::Start(DebianSolvers(), Limits{});

  static cedar::PolicySet Set(const std::string& text) {
    Result<cedar::PolicySet> set = cedar::ParsePoliciesWithIds(text, "test.cedar");
    EXPECT_TRUE(set) << set.error().text;
    return std::move(set).take();
  }
  Finding Prove(const cedar::PolicySet& set, const Property& p) { return Prover(schema, nullptr, &*solvers).Prove(set, {p})[0]; }
};

Property Of(Property::Kind kind, const cedar::PolicySet* envelope, const cedar::PolicySet* other) {
  Property p;
  p.kind = kind;
  p.id = "test";
  p.envelope = envelope;
  p.other = other;
  return p;
}

using PK = Property::Kind;

TEST(Prove, ImpliesBothWays) {
  Bench b;
  const auto narrow = Bench::Set("permit (principal, action == Action::\"connect\", resource) when { resource.name like \"*.example.com\" };");
  const auto wide = Bench::Set("permit (principal, action == Action::\"connect\", resource) when { resource.name like \"*example.com\" };");
  EXPECT_EQ(b.Prove(narrow, Of(PK::kImplies, nullptr, &wide)).outcome, Outcome::kProved);
  const Finding f = b.Prove(wide, Of(PK::kImplies, nullptr, &narrow));
  ASSERT_EQ(f.outcome, Outcome::kRefuted) << f.why;
  const cedar::Request& r = f.counterexamples.at(0).example.request;
  EXPECT_EQ(r.action, cedar::EntityUid("Action", "connect"));
  EXPECT_TRUE(Breaks(f.property, wide, nullptr, f.counterexamples[0].example));
}

TEST(Prove, DisjointOverAddresses) {
  Bench b;
  const auto low = Bench::Set("permit (principal, action, resource) when { resource has address && resource.address.isInRange(ip(\"169.254.0.0/17\")) };");
  const auto high = Bench::Set("permit (principal, action, resource) when { resource has address && resource.address.isInRange(ip(\"169.254.128.0/17\")) };");
  const auto all = Bench::Set("permit (principal, action, resource) when { resource has address && resource.address.isInRange(ip(\"169.254.0.0/16\")) };");
  EXPECT_EQ(b.Prove(low, Of(PK::kDisjoint, nullptr, &high)).outcome, Outcome::kProved);
  EXPECT_EQ(b.Prove(low, Of(PK::kImplies, nullptr, &all)).outcome, Outcome::kProved);
  EXPECT_EQ(b.Prove(low, Of(PK::kDisjoint, nullptr, &all)).outcome, Outcome::kRefuted);
}

TEST(Prove, MustAllow) {
  Bench b;
  const auto adults = Bench::Set("permit (principal, action, resource) when { principal.age >= 18 };");
  const auto older = Bench::Set("permit (principal, action, resource) when { principal.age > 20 };");
  EXPECT_EQ(b.Prove(adults, Of(PK::kMustAllow, &older, nullptr)).outcome, Outcome::kProved);
  EXPECT_EQ(b.Prove(older, Of(PK::kMustAllow, &adults, nullptr)).outcome, Outcome::kRefuted);
}

TEST(Prove, AHierarchyHasItsLaws) {
  Bench b;
  const auto chain = Bench::Set("permit (principal in Group::\"a\", action, resource) when { Group::\"a\" in Group::\"b\" && Group::\"b\" in Group::\"c\" };");
  const auto top = Bench::Set("permit (principal in Group::\"c\", action, resource);");
  const auto loop = Bench::Set("permit (principal, action, resource) when { Group::\"a\" in Group::\"b\" && Group::\"b\" in Group::\"a\" };");
  EXPECT_EQ(b.Prove(chain, Of(PK::kImplies, nullptr, &top)).outcome, Outcome::kProved);
  EXPECT_EQ(b.Prove(top, Of(PK::kImplies, nullptr, &chain)).outcome, Outcome::kRefuted);
  EXPECT_EQ(b.Prove(loop, Of(PK::kNothingDead, nullptr, nullptr)).dead.size(), 1u) << "nothing is its own ancestor";
}

TEST(Prove, OnlyNarrows) {
  Bench b;
  const std::string before = "@id(\"all\") permit (principal, action, resource); @id(\"no-secret\") forbid (principal, action, resource) when { principal.labels.contains(Label::\"secret\") };";
  const auto old = Bench::Set(before);
  const auto narrower = Bench::Set(before + "@id(\"x\") forbid (principal, action == Action::\"listen\", resource);");
  const auto wider = Bench::Set("permit (principal, action, resource); forbid (principal, action == Action::\"connect\", resource) when { principal.labels.contains(Label::\"secret\") };");
  Prover prover(b.schema, nullptr, &*b.solvers);
  EXPECT_EQ(prover.OnlyNarrows(old, narrower).outcome, Outcome::kProved);
  const Finding f = prover.OnlyNarrows(old, wider);
  ASSERT_EQ(f.outcome, Outcome::kRefuted);
  EXPECT_EQ(f.counterexamples[0].refused_by, std::vector<std::string>{"no-secret"});
  EXPECT_TRUE(NarrowsByForm(Bench::Set("forbid (principal, action, resource);")));
  EXPECT_FALSE(NarrowsByForm(old));
}

TEST(Prove, AForbidThatErrsDenies) {
  Bench b;
  // Cedar alone would skip the forbid and allow; Checkrein denies, so nothing is allowed while age is at its end.
  const auto set = Bench::Set("permit (principal, action, resource); forbid (principal, action, resource) when { principal.age + 1 == 0 };");
  const auto end = Bench::Set("permit (principal, action, resource) when { principal.age == 9223372036854775807 };");
  EXPECT_EQ(b.Prove(set, Of(PK::kMustDeny, &end, nullptr)).outcome, Outcome::kProved);
  const Finding f = b.Prove(set, Of(PK::kNeverErrs, nullptr, nullptr));
  ASSERT_EQ(f.outcome, Outcome::kRefuted);
  EXPECT_EQ(f.counterexamples[0].erring, std::vector<std::string>{"policy1"});
}

TEST(Prove, DeclaredWordsMayNarrowAndNeverWiden) {
  Bench b;
  Property p = Of(PK::kDeclared, nullptr, nullptr);
  p.words = {"purpose"};
  EXPECT_EQ(b.Prove(Bench::Set("permit (principal, action, resource) unless { context has purpose && context.purpose == \"deploy\" };"), p).outcome, Outcome::kProved);
  EXPECT_EQ(b.Prove(Bench::Set("permit (principal, action, resource) when { context has purpose && context.purpose == \"deploy\" };"), p).outcome, Outcome::kRefuted);
  EXPECT_EQ(b.Prove(Bench::Set("permit (principal, action, resource) when { principal has purpose && principal.purpose like \"de*\" };"), p).outcome, Outcome::kRefuted);
  EXPECT_EQ(b.Prove(Bench::Set("permit (principal, action, resource) when { principal.age > 3 };"), p).outcome, Outcome::kProved);
  EXPECT_EQ(b.Prove(Bench::Set("permit (principal == User::\"root\", action, resource);"), p).outcome, Outcome::kRefuted);
  EXPECT_EQ(b.Prove(Bench::Set("permit (principal in Group::\"staff\", action, resource);"), p).outcome, Outcome::kProved) << "groups are not declared";
}

TEST(Prove, AFieldThatPermitsNothingCostsNothing) {
  Bench b;
  Property p = Of(PK::kNeverCosts, nullptr, nullptr);
  p.field = "approved";
  EXPECT_EQ(b.Prove(Bench::Set("permit (principal, action, resource) unless { context.approved };"), p).outcome, Outcome::kProved);
  EXPECT_EQ(b.Prove(Bench::Set("permit (principal, action == Action::\"connect\", resource); permit (principal, action, resource) unless { context.approved };"), p).outcome, Outcome::kRefuted);
  EXPECT_EQ(b.Prove(Bench::Set("permit (principal, action, resource) when { context.approved };"), p).outcome, Outcome::kProved);
}

TEST(Prove, WhatCannotBeWrittenIsNotProved) {
  Bench b;
  const auto set = Bench::Set("permit (principal, action, resource) when { context.words.isEmpty() };");
  const Finding f = b.Prove(set, Of(PK::kNeverErrs, nullptr, nullptr));
  EXPECT_EQ(f.outcome, Outcome::kNotProved);
  EXPECT_NE(f.why.find("sets of sets"), std::string::npos) << f.why;
}

// ---- solvers that are not to be trusted

std::string Script(const std::string& name, const std::string& body) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << "#!/bin/sh\n" << body;
  chmod(path.c_str(), 0755);
  return path;
}

Finding ProveWith(const std::vector<SolverProgram>& programs, const std::string& policies, PK kind) {
  Bench b;
  Limits limits;
  limits.query_ms = 200;
  Result<Solvers> solvers = Solvers::Start(programs, limits);
  EXPECT_TRUE(solvers) << solvers.error().text;
  return Prover(b.schema, nullptr, &*solvers).Prove(Bench::Set(policies), {Of(kind, nullptr, nullptr)})[0];
}

constexpr const char* kErring = "permit (principal, action, resource) when { principal.age + 1 > 0 };";

TEST(Solver, AbsentIsAnErrorOfItsOwn) {
  const Result<Solvers> none = Solvers::Start({{"z3", "/nonexistent/z3"}}, Limits{});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Error::Kind::kNotFound);
}

TEST(Solver, OneThatSaysUnsatToAllIsContradicted) {
  const std::string liar = Script("liar", "while read -r line; do case $line in *check-sat*) echo unsat;; esac; done\n");
  const Finding f = ProveWith({{"z3", "/usr/bin/z3"}, {"cvc5", liar}}, kErring, PK::kNeverErrs);
  EXPECT_EQ(f.outcome, Outcome::kRefuted) << "the model of the honest one is replayed";
  EXPECT_NE(f.why.find("contradict"), std::string::npos) << f.why;
}

TEST(Solver, OneThatSaysSatWithoutAModelProvesAndRefutesNothing) {
  const std::string liar = Script("sat", "while read -r line; do case $line in *check-sat*) echo sat;; *get-value*) echo '((x true))';; esac; done\n");
  const Finding f = ProveWith({{"z3", liar}}, "permit (principal, action, resource) when { principal.age > 0 && principal.age + -1 >= 0 };", PK::kNeverErrs);
  EXPECT_EQ(f.outcome, Outcome::kNotProved);
}

TEST(Solver, OneThatHangsOrDiesIsNoProof) {
  const std::string mute = Script("mute", "exec sleep 1000\n"), dead = Script("dead", "exit 1\n");
  for (const std::string& path : {mute, dead}) {
    const Finding f = ProveWith({{"z3", path}, {"cvc5", "/usr/bin/cvc5"}}, "permit (principal, action == Action::\"connect\", resource) when { principal.age > 0 && principal.age + -1 >= 0 };", PK::kNeverErrs);
    EXPECT_EQ(f.outcome, Outcome::kNotProved) << path;
  }
}

TEST(Solver, OutOfMemoryIsNoProof) {
  Bench b;
  Limits limits;
  limits.memory_bytes = 16u << 20;  // too small for the program itself
  const Result<Solvers> solvers = Solvers::Start(DebianSolvers(), limits);
  if (!solvers) return;             // refused at once: as good
  Result<Solvers> running = Solvers::Start(DebianSolvers(), limits);
  EXPECT_EQ(Prover(b.schema, nullptr, &*running).Prove(Bench::Set(kErring), {Of(PK::kNeverErrs, nullptr, nullptr)})[0].outcome, Outcome::kNotProved);
}

TEST(Solver, AnswersAreCutWhereTheyEnd) {
  EXPECT_EQ(AnswerLength("sat\nunsat"), 3u);
  EXPECT_EQ(AnswerLength("sa"), 0u);
  EXPECT_EQ(AnswerLength("((x \"a)\"\"(\"))\n"), 13u);
  EXPECT_EQ(AnswerLength("((x"), 0u);
  EXPECT_EQ(AnswerLength("\n (a |b ( |) c"), 12u);
}

TEST(Solver, ValuesAreReadBySort) {
  const auto values = ReadValues("((f0 #b01) (f1 #xaF)\n (t2 true) (f3 \"a\\u{e9}\"\"\\u0041\"))", {Sort::Bits(2), Sort::Bits(8), Sort::Bool(), Sort::Text()});
  ASSERT_TRUE(values) << values.error().text;
  EXPECT_EQ(*values, (std::vector<std::string>{"01", "10101111", "true", "a\xc3\xa9\"A"}));
  EXPECT_FALSE(ReadValues("((f0 #b011))", {Sort::Bits(2)}));
  EXPECT_FALSE(ReadValues("((f0 yes))", {Sort::Bool()}));
  EXPECT_FALSE(ReadValues("((f0 true))", {Sort::Bool(), Sort::Bool()}));
  EXPECT_FALSE(ReadValues("", {Sort::Bool()}));
}

TEST(PropertyFile, SaysWhatIsWrong) {
  Bench b;
  const auto why = [&b](const char* text) {
    const Result<PropertyFile> file = PropertyFile::Parse(text, "p.cedar", b.schema);
    return file ? std::string("fine") : file.error().text;
  };
  EXPECT_EQ(why("@id(\"a\") @claim(\"c\") @must(\"deny\") permit (principal, action, resource);"), "fine");
  EXPECT_NE(why("@id(\"a\") @must(\"deny\") permit (principal, action, resource);").find("p.cedar:1:1: a property needs an @id and a @claim"), std::string::npos);
  EXPECT_NE(why("@id(\"a\") @claim(\"c\") permit (principal, action, resource);").find("needs one of @must"), std::string::npos);
  EXPECT_NE(why("@id(\"a\") @claim(\"c\") @must(\"deny\") @declared(\"x\") permit (principal, action, resource);").find("needs one of @must"), std::string::npos);
  EXPECT_NE(why("@id(\"a\") @claim(\"c\") @must(\"perhaps\") permit (principal, action, resource);").find("\"deny\" or \"allow\""), std::string::npos);
  EXPECT_NE(why("@id(\"a\") @claim(\"c\") @must(\"deny\") forbid (principal, action, resource);").find("as a permit"), std::string::npos);
  EXPECT_NE(why("@id(\"a\") @claim(\"c\") @must(\"deny\") permit (principal, action, resource) when { principal.agee == 1 };").find("did you mean"), std::string::npos);
  EXPECT_FALSE(ParseWorld("permit (principal, action, resource);", "w.cedar", b.schema));
}

}  // namespace
}  // namespace checkrein::proof
