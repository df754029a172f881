#include "policy/request.h"

#include <set>

#include "cedar/parser.h"
#include "cedar/schema.h"
#include "cedar/validate.h"
#include "effect/places.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/path_groups.h"
#include "policy/words.h"

namespace checkrein::policy {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr Surroundings kHere = {"/home/user", "/home/user/project", "", ""};

// A program of the given policies; the image outlives it.
struct Compiled {
  explicit Compiled(std::string_view policies) : image(*CompileSet(*cedar::ParsePolicies(policies, "t.cedar"))), program(*cedar::Program::Open(image)) {}
  const std::string image;
  const cedar::Program program;
};

// Each word that a path can be described with is in the schema, so that a policy can name it.
TEST(Request, EveryGroupIsInTheSchema) {
  const std::string schema(PolicySet::Schema());
  for (std::string_view group : AllPlaceGroups()) {
    if (group.starts_with("maybe-")) group.remove_prefix(6);
    if (group == "metadata" || group == "loopback" || group == "private" || group == "link-local" || group == "unknown-host") continue;  // of hosts
    EXPECT_NE(schema.find("\"" + std::string(group) + "\""), std::string::npos) << group;
  }
  for (const Op op : kAllOps) {
    const Subject s = Classify({op, "?", {}}, Circumstances{});
    EXPECT_NE(schema.find("entity " + std::string(TextOf(s.type))), std::string::npos) << TextOf(s.type);
    for (const auto* groups : {&s.groups, &s.includes, &s.may_include})
      for (const std::string_view group : *groups) EXPECT_NE(schema.find("\"" + std::string(group) + "\""), std::string::npos) << group;
  }
}

TEST(Request, ActionsAreInTheGroupsThatTheSchemaSays) {
  const auto schema = cedar::ParseSchema(PolicySet::Schema(), "checkrein.cedarschema");
  ASSERT_TRUE(schema.ok()) << schema.error().text;
  const Compiled none("");
  cedar::Facts facts(none.program);
  for (const Op op : kAllOps) AddAction(Classify({op, "?", {}}, Circumstances{}).action, &facts);
  const std::vector<cedar::Entity> actions = facts.ToEntities();
  EXPECT_EQ(actions.size(), std::size(kAllOps));
  for (const cedar::Entity& action : actions) {
    const cedar::ActionType* declared = schema->FindAction(action.uid);
    ASSERT_NE(declared, nullptr) << action.uid.ToString();
    EXPECT_EQ(std::set<cedar::EntityUid>(action.parents.begin(), action.parents.end()), declared->ancestors) << action.uid.ToString();
  }
}

// What the reference calls conforming: whatever is asked, an attribute that a policy reads is there.
TEST(Request, ConformsToTheSchema) {
  const auto schema = cedar::ParseSchema(PolicySet::Schema(), "checkrein.cedarschema");
  ASSERT_TRUE(schema.ok()) << schema.error().text;
  const Compiled named(R"(permit (principal, action, resource in Path::"/home") when { resource in Setting::"git" || resource in Host::"example" || resource in Manager::"npm" };)");
  cedar::Facts facts(named.program);
  Circumstances c;
  c.model_hosts = {"model.example"};
  const char* objects[] = {"?", "", "/", "/**", "/home/user/project/a", "/home/user/project/**", "/etc/shadow", "a.example:443", "127.0.0.1:80", "[::1]:80", "[::ffff:10.0.0.1]",
                           "npm:left-pad", "files/list", "git:remote.origin.url", "https://x.example/y", "/usr/bin/sh", "bash", "\x01\xff"};
  for (const Op op : kAllOps)
    for (const char* object : objects)
      for (const Level level : {Level{false, false}, Level{true, true}}) {
        facts.Clear();
        const Effect effect{op, object, {}};  // the facts borrow of it and of what follows
        const Subject subject = Classify(effect, c);
        const cedar::UidNumber session = AddSession({"s", "claude", 0, kAllLabels}, &facts);
        AddAction(subject.action, &facts);
        const cedar::UidNumber resource = AddResource(subject, &facts);
        cedar::Entities entities;
        ASSERT_TRUE(entities.AddAll(facts.ToEntities()).ok());
        const cedar::Request request{facts.UidOf(session), facts.UidOf(subject.action), facts.UidOf(resource), *facts.ValueOf(ContextOf(level, c, &facts)).record()};
        const Status valid = cedar::ValidateRequest(*schema, request), conforms = cedar::ValidateEntities(*schema, entities);
        EXPECT_TRUE(valid.ok()) << OpName(op) << ":" << object << ": " << valid.error().text;
        EXPECT_TRUE(conforms.ok()) << OpName(op) << ":" << object << ": " << conforms.error().text;
      }
}

// Only ancestors that a policy names are made, and all of those.
TEST(Request, NamedAncestors) {
  const Compiled named(R"(permit (principal, action, resource) when { resource in [Path::"/a", Path::"/a/b", Path::"/", Path::"/a/b/c"] || resource in [Host::"x.example", Host::"example"] ||
    resource in [Setting::"git", Setting::"git:remote", Setting::"git:remote.origin"] || resource in [Manager::"npm", ToolServer::"files", Manager::""] };)");
  const auto parents = [&](const char* effect) {
    cedar::Facts facts(named.program);
    const Subject subject = Classify(*EffectFromString(effect), Circumstances{});
    AddResource(subject, &facts);
    std::set<std::string> ids;
    const std::vector<cedar::Entity> made = facts.ToEntities();
    for (const cedar::EntityUid& uid : made[0].parents)
      if (!uid.type().ends_with("Group")) ids.insert(std::string(uid.type()) + ":" + std::string(uid.id()));
    return ids;
  };
  EXPECT_THAT(parents("read:/a/b/c/d"), UnorderedElementsAre("Path:/a/b/c", "Path:/a/b", "Path:/a", "Path:/"));
  EXPECT_THAT(parents("read:/a/b"), UnorderedElementsAre("Path:/a", "Path:/"));
  EXPECT_THAT(parents("read:/a/b/**"), UnorderedElementsAre("Path:/a/b", "Path:/a", "Path:/"));
  EXPECT_THAT(parents("read:/**"), UnorderedElementsAre("Path:/"));
  EXPECT_THAT(parents("read:/ab/c"), UnorderedElementsAre("Path:/"));
  EXPECT_THAT(parents("read:?"), IsEmpty());
  EXPECT_THAT(parents("read:a/b"), IsEmpty());
  EXPECT_THAT(parents("connect:a.x.example:1"), UnorderedElementsAre("Host:x.example", "Host:example"));
  EXPECT_THAT(parents("connect:X.Example"), UnorderedElementsAre("Host:example"));
  EXPECT_THAT(parents("connect:notx.example"), UnorderedElementsAre("Host:example"));
  EXPECT_THAT(parents("push:https://a.x.example/r"), UnorderedElementsAre("Host:x.example", "Host:example"));
  EXPECT_THAT(parents("push:https://x.example/r"), UnorderedElementsAre("Host:x.example", "Host:example"));
  EXPECT_THAT(parents("configure:git:remote.origin.url"), UnorderedElementsAre("Setting:git", "Setting:git:remote", "Setting:git:remote.origin"));
  EXPECT_THAT(parents("configure:gitx:y"), IsEmpty());
  EXPECT_THAT(parents("install:npm:left-pad"), UnorderedElementsAre("Manager:npm"));
  EXPECT_THAT(parents("install:left-pad"), UnorderedElementsAre("Manager:"));
  EXPECT_THAT(parents("tool:files/list"), UnorderedElementsAre("ToolServer:files"));
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

TEST(PathGroups, WhatIsDeclaredPersonal) {
  DeclaredPlaces personal;
  for (const char* pattern : {"data/customers", "**/*.pii"}) ASSERT_TRUE(personal.Add(pattern, DeclaredPlaces::From::kPerson));
  Surroundings here = kHere;
  here.personal = &personal;
  EXPECT_THAT(GroupsOfPath("/home/user/project/data/customers/a", here).in, Contains("personal"));
  EXPECT_THAT(GroupsOfPath("/home/user/project/src/a.PII", here).in, Contains("personal"));
  EXPECT_THAT(GroupsOfPath("/home/user/project/data/customers/x/**", here).in, Contains("personal"));
  EXPECT_THAT(GroupsOfPath("/home/user/project/data/**", here).in, Not(Contains("personal")));
  EXPECT_THAT(GroupsOfPath("/home/user/project/data/**", here).includes, Contains("personal"));
  EXPECT_THAT(GroupsOfPath("/home/user/project/src/**", here).includes, Not(Contains("personal")));
  EXPECT_THAT(GroupsOfPath("/home/user/project/src/**", here).may_include, Contains("personal"));
  EXPECT_THAT(GroupsOfPath("?", here).may_include, Contains("personal"));
  EXPECT_THAT(GroupsOfPath("?", kHere).may_include, Not(Contains("personal")));
  EXPECT_THAT(GroupsOfPath("/usr/lib/a", here).may_include, Not(Contains("personal")));
}

TEST(PathGroups, CheckreinsOwnDirectoriesWhereverTheyAre) {
  const Surroundings here = {"/home/user", "/home/user/project", "/srv/state", "/tmp/config"};
  EXPECT_THAT(GroupsOfPath("/srv/state/key", here).in, Contains("checkrein"));
  EXPECT_THAT(GroupsOfPath("/tmp/config/policy/x.cedar", here).in, Contains("checkrein"));
  EXPECT_THAT(GroupsOfPath("/srv/**", here).includes, Contains("checkrein"));
  EXPECT_THAT(GroupsOfPath("/tmp/config2", here).in, Not(Contains("checkrein")));
  EXPECT_THAT(GroupsOfPath("/home/user/.local/state/checkrein/key", kHere).in, Contains("checkrein"));
}

TEST(Request, PathsThatAForbidNames) {
  const Compiled set(R"(
    permit (principal, action, resource in Path::"/a");
    forbid (principal, action, resource) when { resource in [Path::"/b", Path::"/c"] && resource in PathGroup::"home" };
    forbid (principal, action, resource == Host::"x.example");)");
  const std::vector<std::string_view> paths = ForbiddenPaths(set.program);
  EXPECT_THAT(paths, UnorderedElementsAre("/b", "/c"));
  EXPECT_EQ(AlsoJudged(*EffectFromString("write:/**"), paths).size(), 2u);
  EXPECT_EQ(AlsoJudged(*EffectFromString("read:?"), paths).size(), 2u);
  EXPECT_EQ(AlsoJudged(*EffectFromString("write:/b/**"), paths).size(), 1u);
  EXPECT_THAT(AlsoJudged(*EffectFromString("write:?"), paths), IsEmpty());
  EXPECT_THAT(AlsoJudged(*EffectFromString("read:/b"), paths), IsEmpty());
  EXPECT_THAT(AlsoJudged(*EffectFromString("connect:?"), paths), IsEmpty());
}

TEST(Programs, OnlySystemProgramsGoByTheirName) {
  const auto id = [](const char* effect) { return Classify(*EffectFromString(effect), Circumstances{}).id; };
  EXPECT_EQ(id("exec:/usr/bin/make"), "make");
  EXPECT_EQ(id("exec:sh"), "sh");
  EXPECT_EQ(id("exec:/home/user/project/make"), "/home/user/project/make");
  EXPECT_EQ(id("exec:/tmp/usr/bin/make"), "/tmp/usr/bin/make");
}

}  // namespace
}  // namespace checkrein::policy
