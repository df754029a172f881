// What root's programs may read of the host: what others may, at any depth, by the kernel's own check, and by a list where that cannot be had.
#include "sandbox/unowned.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "sandbox/hooks.h"
#include "sandbox/layout.h"
#include "sandbox/test_support.h"

namespace checkrein::sandbox {
namespace {

using ::testing::HasSubstr;

// A machine whose /opt is a file system of its own, in a mount namespace that ends with the test.
class UnownedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    g_hooks = {};
    if (geteuid() != 0) GTEST_SKIP() << "not root; not proved: what root's programs may read of the host";
    std::error_code error;  // the tree may lie in /opt, over which a file system of the test's own comes
    std::filesystem::copy_file(CHECKREIN_HOSTILE, scratch_.path("hostile"), error);
    ASSERT_FALSE(error) << error.message();
    host_ = Fd(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(mount("none", "/opt", "tmpfs", 0, "mode=0755"), 0) << strerrordesc_np(errno);
  }
  void TearDown() override {
    g_hooks = {};
    if (host_.valid()) {
      ASSERT_EQ(setns(host_.get(), CLONE_NEWNS), 0);
    }
  }
  static void MakeDirs(const std::string& path, mode_t mode = 0755) {
    for (size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) mkdir(path.substr(0, at).c_str(), 0755);
    mkdir(path.c_str(), mode);
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
  }
  static void Write(const std::string& path, mode_t mode) {
    const Fd file(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ASSERT_TRUE(WriteAll(file.get(), "content").ok());
    ASSERT_EQ(fchmod(file.get(), mode), 0);
  }
  // Whether a program of a session reads each of these, as "yn...".
  static std::string Reads(const Plan& plan, const std::vector<std::string>& paths) {
    Result<Session> session = Session::Start(plan);
    EXPECT_TRUE(session.ok()) << session.error().text;
    if (!session) return "";
    std::string script;
    for (const std::string& path : paths) script += "[ -n \"$(cat '" + path + "' 2>/dev/null)\" ] && printf y || printf n; ";  // a hidden file may be an empty one
    return Shell(*session, script).out;
  }
  Scratch scratch_;
  Fd host_;
};

TEST_F(UnownedTest, AtAnyDepthAndOnOtherFileSystemsOnlyWhatOthersMayReadIsThere) {
  MakeDirs("/opt/a/b/c");
  MakeDirs("/opt/with blank");
  ASSERT_EQ(mount("none", "/opt/with blank", "tmpfs", 0, "mode=0755"), 0);
  Write("/opt/a/b/c/plain", 0644);
  Write("/opt/a/b/c/secret", 0600);
  Write("/opt/a/b/c/group", 0640);
  Write("/opt/with blank/secret", 0600);
  Write("/opt/with blank/plain", 0604);
  const std::vector<std::string> paths = {"/opt/a/b/c/plain", "/opt/with blank/plain", "/etc/passwd", "/opt/a/b/c/secret", "/opt/a/b/c/group", "/opt/with blank/secret", "/etc/shadow"};
  EXPECT_EQ(Reads(PlanFor(scratch_), paths), "yyynnnn");
  g_hooks.without = static_cast<uint32_t>(Wall::kHiddenSecrets);
  EXPECT_EQ(Reads(PlanFor(scratch_), paths), "yyyyyyy") << "so it is this wall that hides them";
  g_hooks = {};
  g_hooks.unowned_error = EPERM;  // the list does not look as deep
  EXPECT_EQ(Reads(PlanFor(scratch_), paths), "yyyyyyn");
}

TEST_F(UnownedTest, WhereAFileSystemCannotDoItTheListHides) {
  MakeDirs("/opt/lower");
  MakeDirs("/opt/other");
  Write("/opt/lower/plain", 0644);
  Write("/opt/lower/secret", 0600);
  ASSERT_TRUE(UnownedTrees(AlwaysCovered(LiveHost()), HostAttributes()).has_value());
  ASSERT_EQ(mount("none", "/opt", "overlay", 0, "lowerdir=/opt/lower:/opt/other"), 0) << strerrordesc_np(errno);
  ASSERT_FALSE(UnownedTrees(AlwaysCovered(LiveHost()), HostAttributes()).has_value());
  EXPECT_EQ(Reads(PlanFor(scratch_), {"/opt/plain", "/opt/secret", "/etc/shadow"}), "ynn");
}

TEST_F(UnownedTest, ASocketOutsideTheHiddenTreesCannotBeConnectedTo) {
  const Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{AF_UNIX, "/opt/socket"};
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(chmod("/opt/socket", 0777), 0);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  Plan plan = PlanFor(scratch_);
  plan.binds = {{scratch_.path("hostile"), "/run/checkrein/hostile"}};
  const auto connects = [&plan] {
    Result<Session> session = Session::Start(plan);
    return session.ok() && RunProgram(*session, {"/run/checkrein/hostile", "connect-path", "/opt/socket"}).outcome.code == 0;
  };
  EXPECT_FALSE(connects());
  g_hooks.without = static_cast<uint32_t>(Wall::kHiddenSecrets);
  EXPECT_TRUE(connects());
}

// What is ours lies below directories that only root may pass: they are ours then, and hold nothing else.
TEST_F(UnownedTest, WorkspaceHomeAndBindsAreReachedThroughWhatOthersMayNotPass) {
  for (const char* made : {"/opt/shut/ws", "/opt/shut/home", "/opt/shut/state", "/opt/shut/deep/bound"}) MakeDirs(made);
  for (const char* layer : {"/opt/shut/state/upper", "/opt/shut/state/work"}) MakeDirs(layer, 0700);
  Write("/opt/shut/ws/file", 0600);
  Write("/opt/shut/deep/bound/file", 0600);
  Write("/opt/shut/other", 0644);
  ASSERT_EQ(chmod("/opt/shut", 0700), 0);
  Plan plan;
  plan.copy = Copy{"/opt/shut/ws", "/opt/shut/state/upper", "/opt/shut/state/work"};
  plan.home = "/opt/shut/home";
  plan.binds = {{"/opt/shut/deep/bound", "/opt/shut/deep/bound"}};
  plan.planted = {{"/opt/shut/planted", "ours"}};
  plan.hidden = {"/opt/shut/state", "/opt/shut/other"};
  Result<Session> session = Session::Start(plan);
  ASSERT_TRUE(session.ok()) << session.error().text;
  const Ran ran = Shell(*session, "cat file /opt/shut/deep/bound/file /opt/shut/planted && echo new >made && touch ~/x /opt/shut/home/y; ls /opt/shut", Reach::kCommandNetwork, "/opt/shut/ws");
  EXPECT_THAT(ran.out, HasSubstr("contentcontentours"));
  EXPECT_THAT(ran.out, HasSubstr("deep\nhome\nplanted\nws\n"));
  EXPECT_EQ(access("/opt/shut/state/upper/made", F_OK), 0);
}

// For a client that asks who owns what is above its configuration; no session has less than the list.
TEST_F(UnownedTest, OwnersAreShownToThoseThatNeedThem) {
  for (const auto& [files, owner] : {std::pair(HostFiles::kNobodys, "65534\n"), std::pair(HostFiles::kTheirOwners, "0\n")}) {
    Plan plan = PlanFor(scratch_);
    plan.host_files = files;
    Result<Session> session = Session::Start(plan);
    ASSERT_TRUE(session.ok()) << session.error().text;
    EXPECT_EQ(Shell(*session, "stat -c %u /").out, owner);
    EXPECT_EQ(Shell(*session, "cat /etc/shadow 2>/dev/null | wc -c").out, "0\n");
  }
}

// A directory of the host's that is shown with something of ours in it is still nobody's.
TEST_F(UnownedTest, PlantingBesideSecretsShowsNone) {
  MakeDirs("/opt/conf.d");
  Write("/opt/conf.d/secret", 0600);
  Write("/opt/conf.d/plain", 0644);
  Plan plan = PlanFor(scratch_);
  plan.planted = {{"/opt/conf.d/new/deeper/ours", "x"}, {"/etc/checkrein-planted/ours", "x"}};
  const std::vector<std::string> paths = {"/opt/conf.d/new/deeper/ours", "/etc/checkrein-planted/ours", "/opt/conf.d/plain", "/etc/passwd", "/opt/conf.d/secret", "/etc/shadow"};
  EXPECT_EQ(Reads(plan, paths), "yyyynn");
  g_hooks.without = static_cast<uint32_t>(Wall::kHiddenSecrets);
  EXPECT_EQ(Reads(plan, paths), "yyyyyy");
}

}  // namespace
}  // namespace checkrein::sandbox
