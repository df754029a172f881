#include "cedar/authorize.h"

#include <string>

#include "cedar/entity_json.h"
#include "cedar/parser.h"
#include "gtest/gtest.h"

namespace checkrein::cedar {
namespace {

Request Ask(std::string_view principal, std::string_view action, std::string_view resource) {
  return {EntityUid("User", principal), EntityUid("Action", action), EntityUid("Doc", resource), Record()};
}

// "allow a,b ! c,d": the decision, the reasons, and the policies in error.
std::string Answer(const Response& r) {
  std::string out = r.decision == Decision::kAllow ? "allow" : "deny";
  for (const Policy* p : r.reasons) out += " " + p->id;
  for (const auto& e : r.errors) out += " !" + e.policy->id;
  return out;
}

Entities World() {
  Entities e;
  EXPECT_TRUE(e.Add({EntityUid("User", "ann"), Record().Put("level", 3), {}, {EntityUid("Group", "staff")}}));
  EXPECT_TRUE(e.Add({EntityUid("Group", "staff"), {}, {}, {EntityUid("Group", "all")}}));
  EXPECT_TRUE(e.Add({EntityUid("Action", "read"), {}, {}, {EntityUid("Action", "any")}}));
  EXPECT_TRUE(e.Add({EntityUid("Doc", "d"), {}, {}, {EntityUid("Folder", "f")}}));
  return e;
}

std::string Of(const std::string& policies, const Request& request) {
  const auto set = ParsePolicies(policies, "p");
  if (!set) return set.error().text;
  return Answer(Authorize(*set, request, World()));
}

TEST(CedarAuthorize, ForbidWinsAndErrorsAreSkipped) {
  const Request r = Ask("ann", "read", "d");
  EXPECT_EQ(Of("", r), "deny");
  EXPECT_EQ(Of("permit(principal,action,resource);", r), "allow policy0");
  EXPECT_EQ(Of("permit(principal,action,resource);permit(principal,action,resource);", r), "allow policy0 policy1");
  EXPECT_EQ(Of("permit(principal,action,resource);forbid(principal,action,resource);", r), "deny policy1");
  EXPECT_EQ(Of("permit(principal,action,resource);forbid(principal,action,resource) when {resource.nope};", r), "allow policy0 !policy1");
  EXPECT_EQ(Of("permit(principal,action,resource) when {1};", r), "deny !policy0");
  EXPECT_EQ(Of("permit(principal,action,resource) unless {1};", r), "deny !policy0");
  EXPECT_EQ(Of("permit(principal,action,resource) when {false} when {1};", r), "deny");
  EXPECT_EQ(Of("permit(principal,action,resource) unless {true};", r), "deny");
  EXPECT_EQ(Of("permit(principal,action,resource) unless {false} when {principal.level > 2};", r), "allow policy0");
}

TEST(CedarAuthorize, Scopes) {
  const Request r = Ask("ann", "read", "d");
  for (const std::string yes : {"principal == User::\"ann\", action, resource", "principal in Group::\"all\", action, resource", "principal is User, action, resource",
                                "principal is User in Group::\"staff\", action, resource", "principal, action == Action::\"read\", resource",
                                "principal, action in Action::\"any\", resource", "principal, action in [Action::\"x\", Action::\"any\"], resource",
                                "principal, action, resource in Folder::\"f\"", "principal, action, resource == Doc::\"d\"", "principal, action, resource is Doc"}) {
    EXPECT_EQ(Of("permit(" + yes + ");", r), "allow policy0") << yes;
  }
  for (const std::string no : {"principal == User::\"bob\", action, resource", "principal in Group::\"none\", action, resource", "principal is Group, action, resource",
                               "principal is Group in Group::\"staff\", action, resource", "principal is User in Group::\"x\", action, resource",
                               "principal, action == Action::\"any\", resource", "principal, action in Action::\"x\", resource", "principal, action in [], resource",
                               "principal, action in [Action::\"x\"], resource", "principal, action, resource in Folder::\"g\"", "principal, action, resource is Folder"}) {
    EXPECT_EQ(Of("permit(" + no + ");", r), "deny") << no;
  }
  EXPECT_EQ(Of("permit(principal in User::\"nobody\", action, resource);", Ask("nobody", "read", "d")), "allow policy0");
}

TEST(CedarAuthorize, ScratchIsCleanBetweenRequests) {
  const auto set = ParsePolicies("permit(principal in Group::\"staff\",action,resource) when { [principal, resource].contains(resource) };", "p");
  Authorizer authorizer(*set);
  const Entities world = World();
  EXPECT_EQ(Answer(authorizer.Authorize(Ask("ann", "read", "d"), world)), "allow policy0");
  EXPECT_EQ(Answer(authorizer.Authorize(Ask("bob", "read", "d"), world)), "deny");
  EXPECT_EQ(Answer(authorizer.Authorize(Ask("ann", "read", "e"), world)), "allow policy0");
}

TEST(CedarEntities, LayersAndLines) {
  const Entities below = World();
  Entities above(&below);
  ASSERT_TRUE(above.Add({EntityUid("User", "cy"), {}, {}, {EntityUid("User", "ann"), EntityUid("Group", "staff")}}));
  EXPECT_TRUE(above.IsIn(EntityUid("User", "cy"), EntityUid("Group", "all")));
  EXPECT_NE(above.Find(EntityUid("User", "ann")), nullptr);
  EXPECT_EQ(above.Find(EntityUid("User", "x")), nullptr);
  EXPECT_EQ(above.Add({EntityUid("User", "cy"), {}, {}, {}}).error().text, "the entity User::\"cy\" is given twice");
  EXPECT_EQ(above.AddAll({{EntityUid("User", "cy"), {}, {}, {}}}).error().text, "the entity User::\"cy\" is given twice");
  Line line;
  EXPECT_EQ(line.subject(), nullptr);
  const EntityUid cy("User", "cy");
  above.FindLine(cy, &line);
  ASSERT_EQ(line.size(), 4u);
  EXPECT_EQ(line[3], EntityUid("Group", "all"));
  EXPECT_TRUE(above.CheckAcyclic());
  above.Clear();
  EXPECT_EQ(above.Find(cy), nullptr);
}

TEST(CedarEntities, CyclesEndAndAreNamed) {
  Entities e;
  ASSERT_TRUE(e.Add({EntityUid("A", "1"), {}, {}, {EntityUid("A", "2")}}));
  ASSERT_TRUE(e.Add({EntityUid("A", "2"), {}, {}, {EntityUid("A", "3")}}));
  ASSERT_TRUE(e.Add({EntityUid("A", "3"), {}, {}, {EntityUid("A", "2")}}));
  EXPECT_TRUE(e.IsIn(EntityUid("A", "1"), EntityUid("A", "3")));
  EXPECT_FALSE(e.IsIn(EntityUid("A", "1"), EntityUid("A", "4")));
  EXPECT_EQ(e.CheckAcyclic().error().text, "the entity A::\"2\" lies on or above a cycle of parents");
}

TEST(CedarEntities, ManyAncestorsOnceEach) {
  std::vector<Entity> list;
  for (int i = 0; i < 300; ++i) {
    Entity e{EntityUid("N", std::to_string(i)), {}, {}, {}};
    for (int j = i + 1; j < std::min(300, i + 10); ++j) e.parents.emplace_back("N", std::to_string(j));
    list.push_back(std::move(e));
  }
  Entities e;
  ASSERT_TRUE(e.AddAll(std::move(list)));
  Line line;
  const EntityUid first("N", "0");
  e.FindLine(first, &line);
  EXPECT_EQ(line.size(), 300u);
  EXPECT_TRUE(e.CheckAcyclic());
}

TEST(CedarEntityJson, ReadsAndWrites) {
  const std::string text = R"([{"uid":{"type":"A::B","id":"x"},"attrs":{"b":true,"d":{"__extn":{"fn":"decimal","arg":"1.5"}},"e":{"__entity":{"type":"A","id":""}},)"
                           R"("i":{"__extn":{"fn":"ip","arg":"10.0.0.0/8"}},"n":-9223372036854775808,"r":{"k":[]},"s":["a",1],)"
                           R"("t":{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"1970-01-01"}},{"__extn":{"fn":"duration","arg":"5ms"}}]}}},)"
                           R"("parents":[{"type":"A","id":"p"}],"tags":{"t":"v"}}])";
  const auto entities = ParseEntities(text);
  ASSERT_TRUE(entities) << entities.error().text;
  const auto again = ParseEntities(EntitiesToJson(*entities).Dump());
  ASSERT_TRUE(again);
  EXPECT_EQ(EntitiesToJson(*again), EntitiesToJson(*entities));
  const Entity* e = entities->Find(EntityUid("A::B", "x"));
  ASSERT_NE(e, nullptr);
  EXPECT_EQ(e->attrs.Find("t")->datetime()->unix_ms, 5);
  EXPECT_EQ(e->attrs.Find("d")->decimal()->ten_thousandths, 15000);
  EXPECT_EQ(*e->tags.Find("t"), Value("v"));
  EXPECT_TRUE(EntityUidFromJson(*json::Parse(R"({"__entity":{"type":"A","id":"b"}})")));
}

struct Bad {
  std::string text, error;
};

TEST(CedarEntityJson, RefusesWithThePlace) {
  const std::string uid = R"("uid":{"type":"A","id":"x"})";
  const std::vector<Bad> rows = {
      {"{}", "entities: expected an array"},
      {"[1]", "entities[0]: expected an object"},
      {"[{}]", "entities[0].uid: expected an entity: {\"type\": \"..\", \"id\": \"..\"}"},
      {R"([{"uid":{"type":"A","id":"x","z":1}}])", "entities[0].uid: expected an entity: {\"type\": \"..\", \"id\": \"..\"}"},
      {R"([{"uid":{"type":"A::","id":"x"}}])", "entities[0].uid: `A::` is no type name"},
      {R"([{"uid":{"type":"in","id":"x"}}])", "entities[0].uid: `in` is no type name"},
      {"[{" + uid + R"(,"attr":{}}])", "entities[0]: unknown key `attr`"},
      {"[{" + uid + R"(,"attrs":[]}])", "entities[0].attrs: expected an object"},
      {"[{" + uid + R"(,"tags":{"a":null}}])", "entities[0].tags.a: null is no value"},
      {"[{" + uid + R"(,"attrs":{"a":[1.5]}}])", "entities[0].attrs.a[0]: numbers must be integers of 64 bits"},
      {"[{" + uid + R"(,"attrs":{"a":{"b":{"__entity":1}}}}])", "entities[0].attrs.a.b: expected an entity: {\"type\": \"..\", \"id\": \"..\"}"},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":1}}}])", "entities[0].attrs.a: expected {\"fn\": \"..\", \"arg\": ..}"},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":{"fn":"ip","arg":"x"}}}}])", "entities[0].attrs.a: ip: not readable: \"x\""},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":{"fn":"decimal","arg":"x"}}}}])", "entities[0].attrs.a: decimal: not readable: \"x\""},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":{"fn":"datetime","arg":"x"}}}}])", "entities[0].attrs.a: datetime: not readable: \"x\""},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":{"fn":"duration","arg":"x"}}}}])", "entities[0].attrs.a: duration: not readable: \"x\""},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":{"fn":"ip","arg":1}}}}])", "entities[0].attrs.a: `ip` takes a string"},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":{"fn":"ip","arg":null}}}}])", "entities[0].attrs.a.args[0]: null is no value"},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":{"fn":"ip","args":[]}}}}])", "entities[0].attrs.a: wrong number of arguments for `ip`"},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":{"fn":"no","arg":"x"}}}}])", "entities[0].attrs.a: there is no function `no`"},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":{"fn":"isIpv4","arg":"x"}}}}])", "entities[0].attrs.a: `isIpv4` cannot stand in data"},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":{"fn":"offset","args":[1,2]}}}}])", "entities[0].attrs.a: `offset` takes a datetime and a duration"},
      {"[{" + uid + R"(,"attrs":{"a":{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"2000-01-01"}},{"__extn":{"fn":"duration","arg":"9223372036854775807ms"}}]}}}}])",
       "entities[0].attrs.a: overflow in offset"},
      {"[{" + uid + R"(,"parents":{}}])", "entities[0].parents: expected an array"},
      {"[{" + uid + R"(,"parents":[1]}])", "entities[0].parents[0]: expected an entity: {\"type\": \"..\", \"id\": \"..\"}"},
      {"[{" + uid + "},{" + uid + ",\"attrs\":{\"a\":1}}]", "the entity A::\"x\" is given twice"},
      {"[{" + uid + R"(,"parents":[{"type":"A","id":"x"}]}])", "the entity A::\"x\" lies on or above a cycle of parents"},
      {"[", "line 1, column 2: not valid JSON"},
  };
  for (const Bad& bad : rows) {
    const auto entities = ParseEntities(bad.text);
    EXPECT_EQ(entities ? "accepted" : entities.error().text, bad.error) << bad.text;
  }
  EXPECT_EQ(RecordFromJson(json::Value(1)).error().text, "expected an object");
  EXPECT_EQ(RecordFromJson(*json::Parse(R"({"__entity":{"type":"A","id":"b"}})")).error().text, "expected a record, not another value");
  EXPECT_EQ(RecordFromJson(*json::Parse(R"({"a":null})")).error().text, "record.a: null is no value");
  EXPECT_EQ(ValueFromJson(json::Value()).error().text, "value: null is no value");
  EXPECT_TRUE(RecordFromJson(*json::Parse(R"({"a":1})")));
}

}  // namespace
}  // namespace checkrein::cedar
