// Everything in this module must hold for an ordinary user too: when root runs the tests, they run once more as nobody.
#include <errno.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <stdlib.h>
#include <unistd.h>

namespace {

TEST(AsOrdinaryUser, AllTestsHold) {
  if (geteuid() != 0) GTEST_SKIP() << "run by an ordinary user already; not proved: the same as root";
  constexpr unsigned kNobody = 65534;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 || setresuid(kNobody, kNobody, kNobody) != 0) _exit(100);
    unsetenv("GTEST_OUTPUT");  // nobody may not write where root's report goes
    execl("/proc/self/exe", "sandbox_test_as_user", "--gtest_brief=1", "--gtest_filter=-AsOrdinaryUser.*", nullptr);
    _exit(errno == EACCES ? 101 : 102);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 101) GTEST_SKIP() << "the test program lies where nobody may not read it; not proved: the sandbox as an ordinary user";
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
