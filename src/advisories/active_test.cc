#include "advisories/active.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "advisories/shipped.h"
#include "base/json.h"

namespace checkrein::advisories {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Osv(const std::string& id, const std::string& client, const std::string& fixed, const std::string& shield, const std::string& extra = "") {
  const auto text = [](const std::string& of) { return json::Quote(of); };
  return "{\"schema_version\":\"1.7.0\",\"id\":" + text(id) + ",\"modified\":\"2026-01-02T03:04:05Z\"," + extra + "\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":" + text("@acme/" + client) +
         "},\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":" + text(fixed) + "}]}]}],\"database_specific\":{\"checkrein\":{\"client\":" + text(client) + ",\"policies\":[" +
         text("@id(\"" + shield + "\") @reason(\"r\") @link(\"https://a.example/x\") @expires(\"2030-01-01\")") + "," +
         text("forbid (principal, action == Action::\"WriteFile\", resource) when { resource.name like \"*/x\" };") + "]}}}";
}

Known Read(const std::string& text) {
  Result<Advisory> advisory = ReadAdvisory(text, "a.json");
  EXPECT_TRUE(advisory) << (advisory ? "" : advisory.error().text);
  return {std::move(advisory).take(), true, false};
}

Installed Program(const std::string& client, const std::string& version, const std::string& path = "/nowhere") { return {client, "npm", "@acme/" + client, version, path, "a test"}; }

std::vector<std::string> On(const policy::Shields& shields) {
  std::vector<std::string> ids;
  for (size_t i = 0; i < shields.program.size(); ++i)
    if (shields.on[i]) ids.emplace_back(shields.program.id(i));
  return ids;
}

TEST(ActiveTest, WhatIsKeptIsWhatIsRead) {
  const Result<Active> active = Work({Read(Osv("A-1", "one", "2.0.0", "x")), Read(Osv("A-2", "two", "2.0.0", "y"))}, {Program("one", "1.9.9", "/etc/passwd"), Program("one", "2.0.0")}, "digest");
  ASSERT_TRUE(active);
  const std::string bytes = active->Encode();
  const std::optional<Active> read = Active::Decode(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->Encode(), bytes);
  EXPECT_EQ(read->installed.size(), 2u);
  EXPECT_EQ(read->stamps[0], StampOf("/etc/passwd"));
  EXPECT_EQ(read->in_force[0].because, "one 1.9.9 (a test)");
  EXPECT_EQ(read->in_force[1].only_for, "two");
}

TEST(ActiveTest, NoDamagedByteIsTakenForSomethingElse) {
  const Result<Active> active = Work({Read(Osv("A-1", "one", "2.0.0", "x"))}, {Program("one", "1.0.0")}, "digest");
  ASSERT_TRUE(active);
  const std::string bytes = active->Encode();
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string other = bytes;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(Active::Decode(other)) << i;
    EXPECT_FALSE(Active::Decode(std::string_view(bytes).substr(0, i))) << i;
  }
}

TEST(ActiveTest, AShieldIsInForceWhereAnAffectedVersionIsAndForWhomNobodyKnows) {
  const std::vector<Known> known = {Read(Osv("A-1", "one", "2.0.0", "x")), Read(Osv("A-2", "two", "2.0.0", "y"))};
  const auto on = [&](const std::vector<Installed>& installed, const std::vector<std::string>& clients) {
    const Result<Active> active = Work(known, installed, "digest");
    EXPECT_TRUE(active);
    const cedar::Program program = ProgramOf(*active);
    return On(ShieldsFor(*active, program, clients, 0, Trial::kLeftOut));
  };
  EXPECT_THAT(on({Program("one", "1.0.0"), Program("two", "2.0.0")}, {"two"}), ElementsAre("A-1:x"));             // one's hole is everybody's
  EXPECT_THAT(on({Program("one", "2.0.0"), Program("two", "2.0.0")}, {"one", "two"}), IsEmpty());
  EXPECT_THAT(on({Program("one", "2.0.0"), Program("one", "1.0.0", "/b"), Program("two", "2.0.0")}, {}), ElementsAre("A-1:x"));  // one old copy is enough
  EXPECT_THAT(on({Program("one", ""), Program("two", "2.0.0")}, {}), ElementsAre("A-1:x"));
  EXPECT_THAT(on({Program("one", "latest"), Program("two", "2.0.0")}, {}), ElementsAre("A-1:x"));
  EXPECT_THAT(on({}, {}), IsEmpty());                                                                              // nobody acts yet
  EXPECT_THAT(on({}, {"two"}), ElementsAre("A-2:y"));
  EXPECT_THAT(on({}, {"two", "one"}), ElementsAre("A-1:x", "A-2:y"));
}

TEST(ActiveTest, WhatIsWithdrawnOrOnTrialIsNotInForce) {
  const auto work = [](Known known) { return *Work({known}, {Program("one", "1.0.0")}, "digest"); };
  EXPECT_THAT(work(Read(Osv("A-1", "one", "2.0.0", "x", R"("withdrawn":"2026-02-02T03:04:05Z",)"))).in_force, IsEmpty());
  Known trial = Read(Osv("A-1", "one", "2.0.0", "x"));
  trial.on_trial = true;
  const Active active = work(trial);
  const cedar::Program program = ProgramOf(active);
  EXPECT_THAT(On(ShieldsFor(active, program, {}, 0, Trial::kLeftOut)), IsEmpty());
  EXPECT_THAT(On(ShieldsFor(active, program, {}, 0, Trial::kIncluded)), ElementsAre("A-1:x"));
}

TEST(ActiveTest, TheShippedOnesNeedNoProgramOfTheirOwn) {
  std::vector<Known> known;
  for (Advisory& advisory : ShippedAdvisories()) known.push_back({std::move(advisory), false, false});
  const Result<Active> active = Work(known, {}, "digest");
  ASSERT_TRUE(active);
  EXPECT_TRUE(active->image.empty());
  EXPECT_EQ(active->shields.size(), ShippedShields().size());
}

}  // namespace
}  // namespace checkrein::advisories
