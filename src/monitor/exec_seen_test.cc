#include "monitor/exec_seen.h"

#include "gmock/gmock.h"

namespace checkrein::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Run {
  const char* caller;
  const char* path;
  const char* image = "";   // when the kernel says so
};

ExecsSeen Seen(const std::vector<Run>& runs) {
  ExecsSeen seen;
  seen.watched = true;
  for (const Run& run : runs) {
    ExecSeen one;
    one.path = run.path;
    one.caller = run.caller;
    one.image = run.image;
    one.as_claimed = !one.image.empty();
    one.times = 1;
    ++seen.count;
    seen.programs.push_back(one);
  }
  return seen;
}
EffectSet Set(const std::vector<std::string>& effects) {
  EffectSet set;
  for (const std::string& effect : effects) set.Add(*EffectFromString(effect));
  return set;
}
std::vector<std::string> Texts(const EffectSet& set) {
  std::vector<std::string> out;
  for (const Effect& effect : set.all()) out.push_back(ToString(effect));
  return out;
}
// What is left as a surprise.
std::vector<std::string> Surprises(const ExecsSeen& seen, const std::vector<std::string>& predicted, Coverage coverage) {
  const EffectSet accounted = AccountedExecs(seen, Set(predicted), coverage);
  const EffectSet effects = ExecEffects(seen, Set(predicted));
  std::vector<std::string> out;
  for (const Effect& effect : effects.all())
    if (!accounted.Contains(effect)) out.push_back(ToString(effect));
  return out;
}

TEST(ExecEffects, AreNamedAsThePredictionNamesThem) {
  const ExecsSeen seen = Seen({{"/usr/bin/bash", "/bin/sh"}, {"/usr/bin/dash", "/usr/local/bin/node"}, {"/usr/bin/dash", "/bin/ls"}});
  EXPECT_THAT(Texts(ExecEffects(seen, Set({"exec:sh", "exec:/usr/bin/node"}))), ElementsAre("exec:sh", "exec:/usr/bin/node", "exec:/usr/bin/ls"));
}

TEST(AccountedExecs, WhatWasPredictedAndWhatItStartsForItsWorkIsNoSurprise) {
  const ExecsSeen gcc = Seen({{"/usr/bin/bash", "/usr/bin/gcc", "/usr/bin/x86_64-linux-gnu-gcc-12"},
                              {"/usr/bin/x86_64-linux-gnu-gcc-12", "/usr/lib/gcc/x86_64-linux-gnu/12/cc1", "/usr/lib/gcc/x86_64-linux-gnu/12/cc1"},
                              {"/usr/bin/x86_64-linux-gnu-gcc-12", "/usr/lib/gcc/x86_64-linux-gnu/12/collect2", "/usr/lib/gcc/x86_64-linux-gnu/12/collect2"},
                              {"/usr/lib/gcc/x86_64-linux-gnu/12/collect2", "/usr/bin/ld"}});
  EXPECT_THAT(Surprises(gcc, {"exec:/usr/bin/gcc"}, Coverage::kFull), IsEmpty());
  EXPECT_THAT(Surprises(gcc, {"exec:/usr/bin/ls"}, Coverage::kFull).size(), 4u);
}

TEST(AccountedExecs, AShellOrAnInterpreterIsASurpriseWhereThePredictionWasWhole) {
  const ExecsSeen seen = Seen({{"/usr/bin/bash", "/usr/bin/find", "/usr/bin/find"}, {"/usr/bin/find", "/bin/sh", "/usr/bin/dash"}, {"/usr/bin/dash", "/usr/bin/curl"}});
  EXPECT_THAT(Surprises(seen, {"exec:/usr/bin/find"}, Coverage::kFull), ElementsAre("exec:/usr/bin/sh", "exec:/usr/bin/curl"));
  EXPECT_THAT(Surprises(seen, {"exec:/usr/bin/find"}, Coverage::kOpaque), IsEmpty()) << "it said that anything may come";
  for (const char* name : {"/usr/bin/python3.11", "/usr/bin/perl5.36", "/usr/bin/node"}) {
    EXPECT_EQ(Surprises(Seen({{"/usr/bin/bash", "/usr/bin/find", "/usr/bin/find"}, {"/usr/bin/find", name}}), {"exec:/usr/bin/find"}, Coverage::kFull).size(), 1u) << name;
  }
}

TEST(AccountedExecs, WhatCommandsCouldHaveMadeIsAlwaysASurpriseUnlessNamed) {
  for (const char* path : {"/w/node_modules/.bin/git", "/tmp/git", "/home/u/.local/bin/git", "/dev/shm/git"}) {
    const ExecsSeen seen = Seen({{"/usr/bin/bash", path}});
    EXPECT_EQ(Surprises(seen, {"exec:/usr/bin/git", "exec:git"}, Coverage::kOpaque).size(), 1u) << path;
    EXPECT_THAT(Surprises(seen, {"exec:" + std::string(path)}, Coverage::kFull), IsEmpty());
  }
}

TEST(AccountedExecs, AnImageThatIsNotTheClaimedFileIsASurpriseOfItsOwn) {
  ExecsSeen seen = Seen({{"/usr/bin/bash", "/usr/bin/ls", "/usr/bin/curl"}});
  seen.programs[0].as_claimed = false;
  EXPECT_THAT(Surprises(seen, {"exec:/usr/bin/ls"}, Coverage::kFull), ElementsAre("exec:/usr/bin/curl"));
  seen.programs[0].image = "/usr/bin/cat";
  seen.programs[0].interpreter = "/usr/bin/cat";
  seen.programs[0].as_claimed = true;
  EXPECT_THAT(Surprises(seen, {"exec:/usr/bin/ls"}, Coverage::kFull), IsEmpty()) << "a script's interpreter";
}

TEST(WhyRenameFailed, NamesTheDirectoryAndAWayOut) {
  ExecsSeen seen;
  EXPECT_EQ(WhyRenameFailed(seen, "/w"), "");
  seen.renamed_directories = {"/tmp/x"};
  EXPECT_EQ(WhyRenameFailed(seen, "/w"), "") << "not on the copy";
  seen.renamed_directories.push_back("/w/src");
  EXPECT_THAT(WhyRenameFailed(seen, "/w"), ::testing::AllOf(::testing::HasSubstr("\"/w/src\""), ::testing::HasSubstr("mv")));
}

TEST(RedactCalls, TakesSecretsOutOfArguments) {
  ExecsSeen seen = Seen({{"/usr/bin/bash", "/usr/bin/mysql"}});
  seen.programs[0].calls = {"mysql --password=hunter2hunter2 shop"};
  RedactCalls(seen, Digest{});
  EXPECT_THAT(seen.programs[0].calls[0], ::testing::Not(::testing::HasSubstr("hunter2")));
}

}  // namespace
}  // namespace checkrein::monitor
