#include "monitor/gatekeeper.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/fd.h"
#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

std::string Answer(const std::string& verdict, const std::string& findings, const std::string& incomplete) {
  return R"({"format":"checkrein-gate/1","summary":{"verdict":")" + verdict + R"("},"artifacts":[{"artifact":"/proc/self/fd/3","sha256":"aa","rules_sha256":"bb","package":{"name":"x","version":"1"},"summary":{"verdict":")" + verdict +
         R"(","rebuild":{"own_lines":0}},"findings":[)" + findings + R"(],"incomplete":[)" + incomplete + "]}]}";
}
const std::string kFinding = R"({"rule":"r","severity":"block","what":"a key","advice":"remove it","path":"package/k.pem","line":3})";

TEST(GateAnswer, OnlyCleanPasses) {
  EXPECT_EQ(ReadGateAnswer(Answer("clean", "", ""), 0, {"x.tgz"}).refusal, "");
  EXPECT_EQ(ReadGateAnswer(Answer("findings", kFinding, ""), 1, {"x.tgz"}).refusal, "the release gate: x.tgz: package/k.pem:3: a key (r); remove it");
  EXPECT_NE(ReadGateAnswer(Answer("incomplete", "", R"({"path":"a.rar","what":"packed as rar"})"), 3, {"x.tgz"}).refusal.find("a.rar: packed as rar"), std::string::npos);
  for (const int status : {1, 2, 3, 127, 128}) EXPECT_NE(ReadGateAnswer(Answer("clean", "", ""), status, {"x.tgz"}).refusal, "") << status;
  for (const char* text : {"", "{}", "[]", "null", R"({"format":"checkrein-gate/1","summary":{"verdict":"clean"},"artifacts":[]})"}) EXPECT_NE(ReadGateAnswer(text, 0, {"x.tgz"}).refusal, "") << text;
  EXPECT_NE(ReadGateAnswer(Answer("", "", ""), 0, {"x.tgz"}).refusal, "");
}

TEST(GateAnswer, IsRecordedByDigest) {
  const Looked looked = ReadGateAnswer(Answer("clean", "", ""), 0, {"x.tgz"});
  ASSERT_EQ(looked.artifacts.size(), 1u);
  EXPECT_EQ(looked.artifacts[0].Text("artifact"), "x.tgz");
  EXPECT_EQ(looked.artifacts[0].Text("sha256"), "aa");
  EXPECT_EQ(looked.artifacts[0].Text("verdict"), "clean");
}

// A stand-in for checkrein-tools that answers as it is told, and one that never does.
class GatekeeperTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/var/tmp/checkrein_gatekeeper_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = std::filesystem::canonical(name);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  void Write(const std::string& file, const std::string& text, mode_t mode = 0644) {
    std::filesystem::create_directories(std::filesystem::path(dir_ + "/" + file).parent_path());
    ASSERT_TRUE(ReplaceFile(dir_ + "/" + file, text, mode).ok());
    ASSERT_EQ(chmod((dir_ + "/" + file).c_str(), mode), 0);
  }
  Looked Look(const Publication& publication) { return Gatekeeper({dir_ + "/tools", "", dir_, ""}, world_).Look(publication, dir_); }

  std::string dir_;
  LiveWorld world_ = LiveWorld::OfThisProcess();
};

TEST_F(GatekeeperTest, LooksAtTheBytesThatItRead) {
  Write("x.tgz", "the bytes");
  // Refuses unless its last argument is a file with these bytes.
  Write("tools", "#!/bin/sh\nfor last; do :; done\n[ \"$(cat \"$last\")\" = 'the bytes' ] || exit 9\ncat <<'EOF'\n" + Answer("clean", "", "") + "\nEOF\n", 0755);
  EXPECT_EQ(Look({Publication::Kind::kFiles, {"x.tgz"}, ""}).refusal, "");
  EXPECT_NE(Look({Publication::Kind::kFiles, {"y.tgz"}, ""}).refusal.find("is not there"), std::string::npos);
  EXPECT_NE(Look({Publication::Kind::kFiles, {"."}, ""}).refusal, "") << "a directory is no file";
}

TEST_F(GatekeeperTest, WithoutTheProgramNothingPasses) {
  Write("x.tgz", "x");
  EXPECT_NE(Look({Publication::Kind::kFiles, {"x.tgz"}, ""}).refusal, "");
}

TEST_F(GatekeeperTest, AdviceIsTheRefusal) { EXPECT_NE(Look({Publication::Kind::kFiles, {}, "pack it first"}).refusal.find("pack it first"), std::string::npos); }

TEST_F(GatekeeperTest, ARepositoryHoldsItsOwnObjects) {
  Write("tools", "#!/bin/sh\ncat <<'EOF'\n" + Answer("clean", "", "") + "\nEOF\n", 0755);
  const Publication push{Publication::Kind::kRepository, {}, ""};
  EXPECT_NE(Look(push).refusal, "") << "no repository";
  Write(".git/HEAD", "ref: refs/heads/main\n");
  std::filesystem::create_directories(dir_ + "/.git/objects/pack");
  std::filesystem::create_directories(dir_ + "/.git/objects/info");
  EXPECT_EQ(Look(push).refusal, "");
  Write(".git/objects/info/alternates", "/elsewhere\n");
  EXPECT_NE(Look(push).refusal, "") << "alternates";
  std::filesystem::remove(dir_ + "/.git/objects/info/alternates");
  std::filesystem::create_directory_symlink("/elsewhere", dir_ + "/.git/objects/ab");
  EXPECT_NE(Look(push).refusal, "") << "a link";
  std::filesystem::remove(dir_ + "/.git/objects/ab");
  Write("HEAD", "a bare repository beside it");
  EXPECT_EQ(Look(push).refusal, "") << "git takes .git first";
  std::filesystem::rename(dir_ + "/.git", dir_ + "/git");
  EXPECT_NE(Look(push).refusal, "") << "a bare repository";
  Write(".git", "gitdir: " + dir_ + "/git\n");
  EXPECT_NE(Look(push).refusal, "") << "a worktree's .git";
}

}  // namespace
}  // namespace checkrein::monitor
