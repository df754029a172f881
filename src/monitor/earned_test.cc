#include "monitor/earned.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Earned(std::string_view command, WorkspaceSecrets secrets = WorkspaceSecrets::kNone, const analysis::Past& past = {}) {
  analysis::NoWorld world;
  const analysis::Place place;
  return EarnedByReading(analysis::AnalyzeCommand(command, place, world), {place.home, place.workspace, secrets}, past).labels;
}

TEST(Earned, ProtectedPlacesAreSecret) {
  EXPECT_THAT(Earned("cat .env"), ElementsAre("secret"));
  EXPECT_THAT(Earned("cat ~/.ssh/id_rsa"), testing::Contains("secret"));
  EXPECT_THAT(Earned("cd ~ && head -c 100 .aws/credentials"), testing::Contains("secret"));
}

TEST(Earned, WhatAProgramReadsForItselfShowsNothing) {
  EXPECT_THAT(Earned("git status"), IsEmpty());
  EXPECT_THAT(Earned("npm ls"), IsEmpty());
}

TEST(Earned, FilesOutsideTheWorkspaceAreUntrusted) {
  EXPECT_THAT(Earned("cat ~/Downloads/readme.txt"), ElementsAre("untrusted"));
  EXPECT_THAT(Earned("cat /tmp/page.html"), ElementsAre("untrusted"));
  EXPECT_THAT(Earned("cat ../other/README.md"), ElementsAre("untrusted"));
  EXPECT_THAT(Earned("cat README.md src/*.cc"), IsEmpty());
  EXPECT_THAT(Earned("cat /usr/include/stdio.h /etc/os-release /dev/null"), IsEmpty());
  EXPECT_THAT(Earned("cat ~/.claude/CLAUDE.md"), IsEmpty());
}

TEST(Earned, FilesOfAgentsHaveLabelsOfTheirOwn) {
  analysis::Past past;
  past.AddFile({"/tmp/page.html", {}, {}, {}, "s", 3});
  EXPECT_THAT(Earned("cat /tmp/page.html", WorkspaceSecrets::kNone, past), IsEmpty());
}

TEST(Earned, AnOpaqueActionMayReadTheSecretsThatAreThere) {
  EXPECT_THAT(Earned("./tool", WorkspaceSecrets::kThere), ElementsAre("secret"));
  EXPECT_THAT(Earned("./tool", WorkspaceSecrets::kNone), IsEmpty());
  EXPECT_THAT(Earned("ls", WorkspaceSecrets::kThere), IsEmpty());
}

}  // namespace
}  // namespace checkrein::monitor
