#include "sandbox/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/hooks.h"
#include "sandbox/step.h"
#include "sandbox/test_support.h"

namespace checkrein::sandbox {
namespace {

using ::testing::HasSubstr;

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override { g_hooks = {}; }
  void TearDown() override {
    g_hooks = {};
    struct stat null{};
    ASSERT_EQ(stat("/dev/null", &null), 0);
    ASSERT_TRUE(S_ISCHR(null.st_mode) && (null.st_mode & 0666) == 0666) << "the host's /dev/null was damaged";
  }
  Session Start(const Plan& plan) {
    Result<Session> session = Session::Start(plan);
    EXPECT_TRUE(session.ok()) << session.error().text;
    if (!session) abort();
    return std::move(session).take();
  }
  Scratch scratch_;
};

TEST_F(SessionTest, RunsAProgramWithGivenEnvironmentAndDirectory) {
  Session session = Start(PlanFor(scratch_));
  const Ran ran = Shell(session, "pwd; env | sort; exit 7", Reach::kCommandNetwork, scratch_.path("ws"));
  EXPECT_EQ(ran.outcome.kind, Outcome::Kind::kExited) << ran.outcome.why;
  EXPECT_EQ(ran.outcome.code, 7);
  EXPECT_EQ(ran.out, scratch_.path("ws") + "\nLC_ALL=C\nPATH=/usr/bin:/bin\nPWD=" + scratch_.path("ws") + "\n");
}

TEST_F(SessionTest, WritesGoToTheCopyAndStayThereForTheNextProgram) {
  scratch_.Write("ws/a", "one\n");
  Session session = Start(PlanFor(scratch_));
  const std::string ws = scratch_.path("ws");
  EXPECT_EQ(Shell(session, "echo two > a && echo new > b && mkdir d && touch d/x", Reach::kCommandNetwork, ws).outcome.code, 0);
  EXPECT_EQ(Shell(session, "cat a b; ls d", Reach::kAgentNetwork, ws).out, "two\nnew\nx\n");
  EXPECT_TRUE(session.End().ok());
  EXPECT_EQ(scratch_.Read("ws/a"), "one\n");
  EXPECT_EQ(scratch_.Read("ws/b"), "<none>");
  EXPECT_EQ(scratch_.Read("state/upper/a"), "two\n");
}

TEST_F(SessionTest, HomeAndScratchAreEmptyWritableAndShared) {
  scratch_.Write("home/secret", "s");
  Session session = Start(PlanFor(scratch_));
  const std::string home = scratch_.path("home");
  EXPECT_EQ(Shell(session, "ls -A " + home + " /root /run /var/tmp /mnt; echo k > " + home + "/k; echo t > /tmp/t; echo s > /dev/shm/s").out,
            "/mnt:\n\n/root:\n\n/run:\n\n" + home + ":\n\n/var/tmp:\n");
  EXPECT_EQ(Shell(session, "cat " + home + "/k /tmp/t /dev/shm/s").out, "k\nt\ns\n");
  EXPECT_EQ(scratch_.Read("home/k"), "<none>");
}

TEST_F(SessionTest, OutcomesAreTold) {
  Session session = Start(PlanFor(scratch_));
  EXPECT_EQ(Shell(session, "kill -TERM $$").outcome.kind, Outcome::Kind::kKilled);
  EXPECT_EQ(Shell(session, "kill -TERM $$").outcome.ShellStatus(), 143);
  const Outcome none = RunProgram(session, {"/no/such"}).outcome;
  EXPECT_EQ(none.kind, Outcome::Kind::kNotStarted);
  EXPECT_EQ(none.why, "exec: No such file or directory");
  EXPECT_EQ(none.ShellStatus(), 127);
  EXPECT_EQ(RunProgram(session, {"/etc/passwd"}).outcome.ShellStatus(), 126);
  const Outcome lost = RunProgram(session, {"/bin/true"}, Reach::kCommandNetwork, "/no/such").outcome;
  EXPECT_EQ(lost.why, "cwd: No such file or directory");
  EXPECT_EQ(lost.ShellStatus(), 125);
}

TEST_F(SessionTest, EndOfProgramKillsWhatItStarted) {
  Session session = Start(PlanFor(scratch_));
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  Program program;
  program.argv = {"/bin/sh", "-c", "(setsid sleep 1000 &) ; exit 3"};
  program.env = {"PATH=/usr/bin:/bin"};
  program.stdout_fd = writer.get();
  Result<Process> process = session.Spawn(program);
  ASSERT_TRUE(process.ok());
  writer.Reset(-1);
  const Result<std::string> out = ReadAll(reader.get(), 100);  // ends only when the sleeper is dead
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(process->Wait()->code, 3);
}

TEST_F(SessionTest, SignalAndKill) {
  Session session = Start(PlanFor(scratch_));
  Program program;
  program.argv = {"/bin/sleep", "1000"};
  Result<Process> a = session.Spawn(program);
  Result<Process> b = session.Spawn(program);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_FALSE(a->Poll().has_value());
  EXPECT_TRUE(a->Kill().ok());
  EXPECT_EQ(a->Wait()->ShellStatus(), 137);
  EXPECT_TRUE(a->Kill().ok());
  // The signal may arrive before the init waits: it is blocked and pending then, and so not lost.
  EXPECT_TRUE(b->Signal(SIGTERM).ok());
  EXPECT_EQ(b->Wait()->ShellStatus(), 143);
}

TEST_F(SessionTest, EndKillsEverything) {
  Session session = Start(PlanFor(scratch_));
  Program program;
  program.argv = {"/bin/sleep", "1000"};
  Result<Process> process = session.Spawn(program);
  ASSERT_TRUE(process.ok());
  EXPECT_TRUE(session.End().ok());
  EXPECT_EQ(process->Wait()->ShellStatus(), 137);
  EXPECT_FALSE(session.Spawn(program).ok());
  EXPECT_TRUE(session.End().ok());
}

TEST_F(SessionTest, ProgramsDoNotSeeEachOther) {
  Session session = Start(PlanFor(scratch_));
  Program program;
  program.argv = {"/bin/sleep", "1000"};
  Result<Process> other = session.Spawn(program);
  ASSERT_TRUE(other.ok());
  const Ran ran = Shell(session, "for p in /proc/[0-9]*; do cat $p/comm; done; echo $$");
  EXPECT_EQ(ran.out, "checkrein-init\nsh\n2\n");
}

TEST_F(SessionTest, AgentAndCommandsHaveNetworksOfTheirOwnWithListenersInTheAgents) {
  Plan plan = PlanFor(scratch_);
  plan.listeners = {{"127.0.0.1", 0}, {"127.0.0.9", 4443}};
  Session session = Start(plan);
  std::vector<Fd> listeners = session.TakeListeners();
  ASSERT_EQ(listeners.size(), 2u);
  EXPECT_TRUE(session.TakeListeners().empty());
  const std::string connect = "exec 3<>/dev/tcp/127.0.0.9/4443 && echo hello >&3";
  EXPECT_EQ(RunProgram(session, {"/bin/bash", "-c", connect}, Reach::kAgentNetwork).outcome.code, 0);
  pollfd ready{listeners[1].get(), POLLIN, 0};
  ASSERT_EQ(poll(&ready, 1, 0), 1);
  const Fd connection(accept4(listeners[1].get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_EQ(*ReadAll(connection.get(), 100), "hello\n");
  EXPECT_NE(RunProgram(session, {"/bin/bash", "-c", connect}, Reach::kCommandNetwork).outcome.code, 0);
  // Commands share theirs, and loopback is up in it.
  EXPECT_THAT(Shell(session, "cat /proc/net/dev | grep -c :").out, "1\n");
}

TEST_F(SessionTest, BindsAndPlantedFilesAppear) {
  scratch_.MakeDir("tool");
  scratch_.Write("tool/run", "#!/bin/sh\necho ran\n", 0755);
  scratch_.MakeDir("statedir");
  scratch_.Write("statedir/key", "agent's key");
  Plan plan = PlanFor(scratch_);
  plan.binds = {{scratch_.path("tool"), "/run/checkrein/tool"},
                {scratch_.path("tool/run"), scratch_.path("home/bin/run")},
                {scratch_.path("statedir"), scratch_.path("home/.agent"), Access::kReadWrite, Audience::kAgentOnly}};
  plan.planted = {{"/etc/claude-code/managed-settings.json", "{}"}, {"/etc/hosts", "127.0.0.1 localhost\n"}, {"/run/checkrein/note", "n"},
                  {scratch_.path("home/.config/app/settings"), "mine", 0555}};
  Session session = Start(plan);
  const std::string home = scratch_.path("home");
  EXPECT_EQ(Shell(session, "/run/checkrein/tool/run; " + home + "/bin/run; cat /etc/claude-code/managed-settings.json /run/checkrein/note " + home +
                               "/.config/app/settings /etc/hosts; head -c5 /etc/passwd").out,
            "ran\nran\n{}nmine127.0.0.1 localhost\nroot:");
  EXPECT_EQ(Shell(session, "cat " + home + "/.agent/key; echo more >> " + home + "/.agent/key", Reach::kAgentNetwork).out, "agent's key");
  EXPECT_EQ(scratch_.Read("statedir/key"), "agent's keymore\n");
  EXPECT_EQ(Shell(session, "ls -A " + home + "/.agent", Reach::kCommandNetwork).out, "");
  for (const std::string& change : {"echo x > " + home + "/.config/app/settings", "mv " + home + "/.config " + home + "/c2", "rm " + home + "/bin/run",
                                    std::string("echo x > /etc/hosts"), std::string("rm -r /run/checkrein"), std::string("mkdir /etc/new"),
                                    "mv " + home + " " + home + "2"}) {
    EXPECT_NE(Shell(session, change).outcome.code, 0) << change;
  }
}

TEST_F(SessionTest, HiddenPathsAreHidden) {
  scratch_.Write("ws/.env", "TOKEN");
  scratch_.MakeDir("ws/private");
  scratch_.Write("ws/private/k", "K");
  Plan plan = PlanFor(scratch_);
  plan.hidden = {scratch_.path("ws/.env"), scratch_.path("ws/private"), "/etc/passwd", "/no/such/file"};
  Session session = Start(plan);
  EXPECT_EQ(Shell(session, "cat .env /etc/passwd; ls private", Reach::kCommandNetwork, scratch_.path("ws")).out, "");
}

TEST_F(SessionTest, RootShowsTheCopyToTheSupervisor) {
  Session session = Start(PlanFor(scratch_));
  Shell(session, "echo mine > " + scratch_.path("ws/only-in-the-copy"));
  const Result<Fd> root = session.Root();
  ASSERT_TRUE(root) << root.error().text;
  const Fd file(openat(root->get(), scratch_.path("ws/only-in-the-copy").c_str() + 1, O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(file.valid());
  EXPECT_EQ(*ReadAll(file.get(), 64), "mine\n");
  EXPECT_EQ(scratch_.Read("ws/only-in-the-copy"), "<none>");
  ASSERT_TRUE(session.End());
  EXPECT_FALSE(session.Root());
}

TEST_F(SessionTest, ASecondSessionOnTheSameCopyIsRefused) {
  Session session = Start(PlanFor(scratch_));
  const Result<Session> second = Session::Start(PlanFor(scratch_));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, Error::Kind::kDenied);
  EXPECT_TRUE(session.End().ok());
  EXPECT_TRUE(Session::Start(PlanFor(scratch_)).ok());
}

TEST_F(SessionTest, DiesWithTheSupervisor) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  const pid_t supervisor = fork();
  if (supervisor == 0) {
    Result<Session> session = Session::Start(PlanFor(scratch_));
    Program program;
    program.argv = {"/bin/sh", "-c", "echo up; exec sleep 1000"};
    program.env = {"PATH=/usr/bin:/bin"};
    program.stdout_fd = writer.get();
    Result<Process> process = session ? session->Spawn(program) : Result<Process>(session.error());
    if (process) pause();
    _exit(1);
  }
  writer.Reset(-1);
  char up[3];
  ASSERT_EQ(read(reader.get(), up, 3), 3);
  ASSERT_EQ(kill(supervisor, SIGKILL), 0);
  const Result<std::string> rest = ReadAll(reader.get(), 100);  // ends only when the program is dead
  EXPECT_TRUE(rest.ok());
  ASSERT_EQ(waitpid(supervisor, nullptr, 0), supervisor);
}

TEST_F(SessionTest, BadPlansAndProgramsAreRefusedInWords) {
  struct Case {
    void (*change)(Plan&, const Scratch&);
    const char* says;
  };
  const Case cases[] = {
      {[](Plan& p, const Scratch&) { p.copy->workspace += "/none"; }, "not a directory"},
      {[](Plan& p, const Scratch& s) { p.copy->upper = s.path("ws/upper"); mkdir(p.copy->upper.c_str(), 0700); }, "must lie outside the workspace"},
      {[](Plan& p, const Scratch& s) { chmod(s.path("state/upper").c_str(), 0755); p.home = ""; }, "mode 0700"},
      {[](Plan& p, const Scratch&) { p.listeners = {{"10.0.0.1", 80}}; }, "not an address in 127.0.0.0/8"},
      {[](Plan& p, const Scratch&) { p.binds = {{"/no/such", "/run/x"}}; }, "does not exist"},
      {[](Plan& p, const Scratch&) { p.binds = {{"/usr", "/proc"}}; }, "the session's own"},
      {[](Plan& p, const Scratch& s) { p.binds = {{"/usr", s.path()}}; }, "would cover"},
      {[](Plan& p, const Scratch& s) { p.binds = {{s.path("state"), "/run/x", Access::kReadWrite}}; }, "around the copy"},
      {[](Plan& p, const Scratch&) { p.planted = {{"/no-such-top/x", ""}}; }, "make it there"},
      {[](Plan& p, const Scratch&) { p.planted = {{"relative", ""}}; }, "not an absolute path"},
      {[](Plan& p, const Scratch& s) { p.planted = {{s.path("ws/new"), ""}}; }, "make it first"},
      {[](Plan& p, const Scratch&) { p.home = "/etc/x"; }, "cannot be a home"},
      {[](Plan& p, const Scratch& s) { ASSERT_EQ(symlink(s.path("ws").c_str(), s.path("link").c_str()), 0); p.copy->workspace = s.path("link"); }, "not a directory"},
  };
  for (const Case& c : cases) {
    Scratch scratch;
    Plan plan = PlanFor(scratch);
    c.change(plan, scratch);
    const Result<Session> session = Session::Start(plan);
    ASSERT_FALSE(session.ok()) << c.says;
    EXPECT_THAT(session.error().text, HasSubstr(c.says));
  }
  Session session = Start(PlanFor(scratch_));
  Program program;
  EXPECT_FALSE(session.Spawn(program).ok());
  program.argv = {"sh"};
  EXPECT_FALSE(session.Spawn(program).ok());
  program.argv = {"/bin/sh", std::string("a\0b", 3)};
  EXPECT_FALSE(session.Spawn(program).ok());
  EXPECT_EQ(RunProgram(session, {"/bin/true"}).outcome.code, 0) << "a refused program must not harm the session";
}

TEST_F(SessionTest, MissingKernelFeaturesAreRefusedWithReasonAndMending) {
  struct Case {
    const char* name;
    Hooks hooks;
    Error::Kind kind;
    const char* says;
    const char* mend;
  };
  const auto step = [](Do what, int error) {
    Hooks hooks;
    hooks.fail_step = static_cast<int>(what);
    hooks.fail_error = error;
    return hooks;
  };
  Hooks clone, landlock;
  clone.fail_clone = EPERM;
  landlock.landlock_error = ENOSYS;
  const Case cases[] = {
      {"user namespaces", clone, Error::Kind::kUnsupported, "user namespaces", "run it outside the container"},
      {"landlock", landlock, Error::Kind::kUnsupported, "no Landlock", "lsm=landlock"},
      {"overlay", step(Do::kOverlayCopy, EINVAL), Error::Kind::kUnsupported, "no overlay can be mounted", "ext4, xfs, btrfs or tmpfs"},
      {"mount api", step(Do::kCloneTree, ENOSYS), Error::Kind::kUnsupported, "open_tree", "Linux 5.19"},
      {"restricted user namespaces", step(Do::kCloneTree, EPERM), Error::Kind::kUnsupported, "user namespaces", "outside the container"},
      {"tmpfs", step(Do::kStage, ENOMEM), Error::Kind::kIo, "private tmpfs: Cannot allocate memory", ""},
  };
  for (const Case& c : cases) {
    g_hooks = c.hooks;
    const Result<Session> session = Session::Start(PlanFor(scratch_));
    g_hooks = {};
    ASSERT_FALSE(session.ok()) << c.name;
    EXPECT_EQ(session.error().kind, c.kind) << c.name;
    EXPECT_THAT(session.error().text, HasSubstr(c.says)) << c.name;
    EXPECT_THAT(session.error().text, HasSubstr(c.mend)) << c.name;
  }
  // Seccomp is put on by each program: none starts without it.
  g_hooks.seccomp_error = EINVAL;
  Session session = Start(PlanFor(scratch_));
  const Ran ran = RunProgram(session, {"/bin/true"});
  EXPECT_EQ(ran.outcome.kind, Outcome::Kind::kNotStarted);
  EXPECT_THAT(ran.outcome.why, HasSubstr("seccomp"));
}

}  // namespace
}  // namespace checkrein::sandbox
