#include "policy/request.h"

#include <set>

#include "cedar/parser.h"
#include "cedar/schema.h"
#include "cedar/validate.h"
#include "effect/places.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/path_groups.h"

namespace checkrein::policy {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr Surroundings kHere = {"/home/user", "/home/user/project", "", ""};

Mentioned Of(std::string_view policies) {
  const auto set = cedar::ParsePolicies(policies, "t.cedar");
  EXPECT_TRUE(set.ok());
  return MentionedBy(*set);
}

// Each word that a path can be described with is in the schema, so that a policy can name it.
TEST(Request, EveryGroupIsInTheSchema) {
  const std::string schema(PolicySet::Schema());
  for (std::string_view group : AllPlaceGroups()) {
    if (group.starts_with("maybe-")) group.remove_prefix(6);
    if (group == "metadata" || group == "loopback" || group == "private" || group == "link-local" || group == "unknown-host") continue;  // of hosts
    EXPECT_NE(schema.find("\"" + std::string(group) + "\""), std::string::npos) << group;
  }
  for (const Op op : kAllOps) {
    const Subject s = Classify({op, "?", {}}, Circumstances{}, Mentioned{});
    EXPECT_NE(schema.find("\"" + std::string(s.action) + "\""), std::string::npos) << s.action;
    EXPECT_NE(schema.find("entity " + std::string(s.type)), std::string::npos) << s.type;
    for (const auto* groups : {&s.groups, &s.includes, &s.may_include})
      for (const std::string_view group : *groups) EXPECT_NE(schema.find("\"" + std::string(group) + "\""), std::string::npos) << group;
  }
}

TEST(Request, ActionsAreInTheGroupsThatTheSchemaSays) {
  const auto schema = cedar::ParseSchema(PolicySet::Schema(), "checkrein.cedarschema");
  ASSERT_TRUE(schema.ok()) << schema.error().text;
  for (const cedar::Entity& action : Actions()) {
    const cedar::ActionType* declared = schema->FindAction(action.uid);
    ASSERT_NE(declared, nullptr) << action.uid.ToString();
    EXPECT_EQ(std::set<cedar::EntityUid>(action.parents.begin(), action.parents.end()), declared->ancestors) << action.uid.ToString();
  }
}

// What the reference calls conforming: whatever is asked, an attribute that a policy reads is there.
TEST(Request, ConformsToTheSchema) {
  const auto schema = cedar::ParseSchema(PolicySet::Schema(), "checkrein.cedarschema");
  ASSERT_TRUE(schema.ok()) << schema.error().text;
  const Mentioned mentioned = Of(R"(permit (principal, action, resource in Path::"/home") when { resource in Setting::"git" || resource in Host::"example" || resource in Manager::"npm" };)");
  Circumstances c;
  c.model_hosts = {"model.example"};
  const cedar::Entity session = SessionOf(c, {"untrusted", "secret", "quarantined"});
  const char* objects[] = {"?", "", "/", "/**", "/home/user/project/a", "/home/user/project/**", "/etc/shadow", "a.example:443", "127.0.0.1:80", "[::1]:80", "[::ffff:10.0.0.1]",
                           "npm:left-pad", "files/list", "git:remote.origin.url", "https://x.example/y", "/usr/bin/sh", "bash", "\x01\xff"};
  for (const Op op : kAllOps)
    for (const char* object : objects)
      for (const Level level : {Level{false, false}, Level{true, true}}) {
        const Subject subject = Classify({op, object, {}}, c, mentioned);
        cedar::Entities entities;
        const cedar::Entity resource = ResourceOf(subject);
        ASSERT_TRUE(entities.AddAll(Actions()).ok() && entities.Add(session).ok() && entities.Add(resource).ok());
        const cedar::Request request{session.uid, cedar::EntityUid("Action", subject.action), resource.uid, ContextOf(level, Coverage::kPartial)};
        const Status valid = cedar::ValidateRequest(*schema, request), conforms = cedar::ValidateEntities(*schema, entities);
        EXPECT_TRUE(valid.ok()) << OpName(op) << ":" << object << ": " << valid.error().text;
        EXPECT_TRUE(conforms.ok()) << OpName(op) << ":" << object << ": " << conforms.error().text;
      }
}

TEST(PathGroups, OnePath) {
  EXPECT_THAT(GroupsOfPath("/home/user/project/a.c", kHere).in, UnorderedElementsAre("workspace", "home"));
  EXPECT_THAT(GroupsOfPath("/home/user/project/.env", kHere).in, UnorderedElementsAre("workspace", "home", "dotenv"));
  EXPECT_THAT(GroupsOfPath("/home/user/.env", kHere).in, UnorderedElementsAre("home", "credentials"));
  EXPECT_THAT(GroupsOfPath("/home/user/.cargo/registry/x", kHere).in, Contains("toolchain"));
  EXPECT_THAT(GroupsOfPath("/home/user/.cargox", kHere).in, Not(Contains("toolchain")));
  EXPECT_THAT(GroupsOfPath("/home/user/project/.git/hooks/x", kHere).in, Contains("autorun"));
  for (const char* vital : {"/", "/home", "/home/user", "/home/user/project", "/usr", "/usr/lib", "/etc", "/tmp", "/home/other"})
    EXPECT_THAT(GroupsOfPath(vital, kHere).in, Contains("vital")) << vital;
  for (const char* not_vital : {"/home/user/x", "/home/user/project/x", "/usr/lib/x", "/etc/x", "/tmp/x"})
    EXPECT_THAT(GroupsOfPath(not_vital, kHere).in, Not(Contains("vital"))) << not_vital;
}

TEST(PathGroups, Sets) {
  const PathGroups workspace = GroupsOfPath("/home/user/project/**", kHere);
  EXPECT_FALSE(workspace.exact);
  EXPECT_THAT(workspace.in, UnorderedElementsAre("workspace", "home"));
  EXPECT_THAT(workspace.may_include, Contains("autorun"));
  EXPECT_THAT(workspace.includes, Not(Contains("autorun")));
  const PathGroups home = GroupsOfPath("/home/user/**", kHere);
  EXPECT_THAT(home.in, Not(Contains("credentials")));
  EXPECT_THAT(home.includes, Contains("credentials"));
  EXPECT_THAT(home.includes, Contains("checkrein"));
  EXPECT_THAT(home.in, Contains("vital"));
  EXPECT_THAT(GroupsOfPath("/home/user/.ssh/**", kHere).in, Contains("credentials"));
  EXPECT_THAT(GroupsOfPath("/tmp/x/**", kHere).may_include, UnorderedElementsAre("temp"));
  EXPECT_THAT(GroupsOfPath("/tmp/**", {"/home/user", "/tmp/work", "", ""}).in, Contains("vital"));
  EXPECT_THAT(GroupsOfPath("/**", kHere).includes, Contains("credentials"));
  for (const char* devices : {"/dev/**", "/dev/null/**", "/dev/fd/3/**"}) {
    EXPECT_THAT(GroupsOfPath(devices, kHere).in, Contains("devices")) << devices;
    EXPECT_THAT(GroupsOfPath(devices, kHere).in, Not(Contains("harmless"))) << devices;
  }
}

TEST(PathGroups, WhatIsNotKnownMayBeAnything) {
  for (const char* object : {"?", "", "a/b", "~/x", "$HOME/x"}) {
    const PathGroups groups = GroupsOfPath(object, kHere);
    EXPECT_FALSE(groups.exact) << object;
    EXPECT_THAT(groups.in, ElementsAre("anywhere")) << object;
    for (const char* place : {"credentials", "autorun", "checkrein", "vital", "kernel"}) EXPECT_THAT(groups.may_include, Contains(place)) << object;
  }
  EXPECT_THAT(GroupsOfPath(std::string_view("/etc/x\0/y", 9), kHere).in, ElementsAre("anywhere"));
}

TEST(PathGroups, CheckreinsOwnDirectoriesWhereverTheyAre) {
  const Surroundings here = {"/home/user", "/home/user/project", "/srv/state", "/tmp/config"};
  EXPECT_THAT(GroupsOfPath("/srv/state/key", here).in, Contains("checkrein"));
  EXPECT_THAT(GroupsOfPath("/tmp/config/policy/x.cedar", here).in, Contains("checkrein"));
  EXPECT_THAT(GroupsOfPath("/srv/**", here).includes, Contains("checkrein"));
  EXPECT_THAT(GroupsOfPath("/tmp/config2", here).in, Not(Contains("checkrein")));
  EXPECT_THAT(GroupsOfPath("/home/user/.local/state/checkrein/key", kHere).in, Contains("checkrein"));
}

TEST(Mentioned, FindsWhatPoliciesName) {
  const Mentioned m = Of(R"(
    permit (principal, action, resource in Path::"/a");
    forbid (principal, action, resource) when { resource in [Path::"/b", Path::"/c"] && resource in PathGroup::"home" };
    permit (principal, action, resource == Host::"x.example");)");
  EXPECT_EQ(m.entities.size(), 4u);
  EXPECT_THAT(m.forbidden, UnorderedElementsAre("/b", "/c"));
  EXPECT_FALSE(m.details);
  EXPECT_TRUE(Of(R"(permit (principal, action, resource) when { resource.name like "*x" };)").details);
  EXPECT_TRUE(Of(R"(permit (principal, action, resource) when { resource has ip };)").details);
  EXPECT_FALSE(Of(R"(permit (principal, action, resource) when { resource.exact };)").details);
}

TEST(Signature, TellsApartWhatPoliciesTellApart) {
  const auto sign = [](const char* effect, const Mentioned& m) { return Signature(Classify(*EffectFromString(effect), Circumstances{}, m), m); };
  const Mentioned none, named = Of(R"(permit (principal, action, resource in Path::"/home/user/project/a");)"), details = Of(R"(permit (principal, action, resource) when { resource.name == "x" };)");
  EXPECT_EQ(sign("read:/home/user/project/a", none), sign("read:/home/user/project/b", none));
  EXPECT_NE(sign("read:/home/user/project/a", named), sign("read:/home/user/project/b", named));
  EXPECT_EQ(sign("read:/home/user/project/b", named), sign("read:/home/user/project/c", named));
  EXPECT_NE(sign("read:/home/user/project/b", details), sign("read:/home/user/project/c", details));
  EXPECT_NE(sign("read:/home/user/project/a", none), sign("write:/home/user/project/a", none));
  EXPECT_NE(sign("read:/home/user/project/a", none), sign("read:/home/user/project/a/**", none));
  EXPECT_NE(sign("connect:a.example:1", details), sign("connect:a.example:2", details));
  EXPECT_EQ(sign("connect:a.example:1", none), sign("connect:b.example:2", none));
}

TEST(Programs, OnlySystemProgramsGoByTheirName) {
  const auto id = [](const char* effect) { return Classify(*EffectFromString(effect), Circumstances{}, Mentioned{}).id; };
  EXPECT_EQ(id("exec:/usr/bin/make"), "make");
  EXPECT_EQ(id("exec:sh"), "sh");
  EXPECT_EQ(id("exec:/home/user/project/make"), "/home/user/project/make");
  EXPECT_EQ(id("exec:/tmp/usr/bin/make"), "/tmp/usr/bin/make");
}

}  // namespace
}  // namespace checkrein::policy
