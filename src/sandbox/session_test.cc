#include "sandbox/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>
#include <tuple>

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
            "/mnt:\n\n/root:\n\n/run:\ncheckrein\n\n" + home + ":\n\n/var/tmp:\n");
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

TEST_F(SessionTest, WhatAProgramLeavesInTheBackgroundLivesUntilItsProcessGoes) {
  Session session = Start(PlanFor(scratch_));
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  Program program;
  program.argv = {"/bin/sh", "-c", "(setsid sh -c 'trap \"\" HUP; echo up; exec sleep 1000' &) ; exit 3"};
  program.env = {"PATH=/usr/bin:/bin"};
  program.stdout_fd = writer.get();
  Result<Process> process = session.Spawn(program);
  ASSERT_TRUE(process.ok());
  writer.Reset(-1);
  EXPECT_EQ(process->Wait()->code, 3);
  char up[3];
  ASSERT_EQ(read(reader.get(), up, sizeof up), 3);
  EXPECT_FALSE(process->EverythingEnded());
  ASSERT_TRUE(process->Kill().ok());
  EXPECT_TRUE(ReadAll(reader.get(), 100).ok());  // ends only when the sleeper is dead
  pollfd all{process->everything_fd(), POLLIN, 0};
  EXPECT_EQ(poll(&all, 1, -1), 1);
}

// The third command and later ones are started by an init that stood ready.
TEST_F(SessionTest, ManyCommandsInARowAllGetWhatIsTheirs) {
  Session session = Start(PlanFor(scratch_));
  for (int i = 0; i < 12; ++i) {
    const Ran ran = RunProgram(session, {"/bin/sh", "-c", "echo $0 $$; pwd; exit " + std::to_string(i), "n" + std::to_string(i)}, Reach::kCommandNetwork, scratch_.path("ws"));
    EXPECT_EQ(ran.out, "n" + std::to_string(i) + " 2\n" + scratch_.path("ws") + "\n");
    EXPECT_EQ(ran.outcome.code, i);
  }
}

TEST_F(SessionTest, FreezeStopsEverythingAndThawLetsItGoOn) {
  Session session = Start(PlanFor(scratch_));
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  Program program;
  // Two that wake each other up, and one that would undo a stop.
  program.argv = {"/bin/bash", "-c", "(while :; do kill -CONT -1 2>/dev/null; done) & while :; do echo x; done"};
  program.env = {"PATH=/usr/bin:/bin"};
  program.stdout_fd = writer.get();
  Result<Process> process = session.Spawn(program);
  ASSERT_TRUE(process.ok());
  writer.Reset(-1);
  char buffer[65536];
  ASSERT_GT(read(reader.get(), buffer, sizeof buffer), 0);
  ASSERT_TRUE(session.Freeze().ok());
  fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  while (read(reader.get(), buffer, sizeof buffer) > 0) {
  }
  pollfd more{reader.get(), POLLIN, 0};
  EXPECT_EQ(poll(&more, 1, 300), 0) << "something ran on";
  ASSERT_TRUE(session.Thaw().ok());
  EXPECT_EQ(poll(&more, 1, 10'000), 1);
}

TEST_F(SessionTest, AProgramThatAppearsAsRootHasNoMoreRights) {
  Plan plan = PlanFor(scratch_);
  plan.planted = {{"/etc/app/managed", "ours"}};
  Session session = Start(plan);
  const auto run = [&session](const std::string& script) {
    Program program;
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    program.argv = {"/bin/sh", "-c", script};
    program.env = {"PATH=/usr/bin:/bin"};
    program.identity = Identity::kAppearsRoot;
    program.reach = Reach::kAgentNetwork;
    program.stdout_fd = program.stderr_fd = writer.get();
    Result<Process> process = session.Spawn(program);
    writer.Reset(-1);
    EXPECT_TRUE(process.ok());
    if (!process) return std::string();
    std::string out = *ReadAll(reader.get(), 4096);
    EXPECT_EQ(process->Wait()->why, "");
    return out;
  };
  EXPECT_EQ(run("id -u; stat -c %u:%g /etc/app/managed; grep -E 'Cap(Eff|Prm|Bnd|Amb)' /proc/self/status | cut -f2 | sort -u"), "0\n0:0\n0000000000000000\n");
  EXPECT_EQ(run("echo x > /etc/app/managed; mount -t tmpfs x /mnt; chown 1 /tmp; true").find("ours"), std::string::npos);
  EXPECT_EQ(Shell(session, "id -u").out, std::to_string(geteuid()) + "\n");
}

// Accepts one connection from whichever of the sockets has one; where it was meant to go.
std::string AcceptOne(const NetworkSockets& network) {
  std::vector<pollfd> waiting;
  for (const Fd& fd : network.connections) waiting.push_back({fd.get(), POLLIN, 0});
  if (poll(waiting.data(), waiting.size(), 10'000) != 1) return "nothing came";
  for (const pollfd& one : waiting) {
    if (one.revents == 0) continue;
    const Fd connection(accept4(one.fd, nullptr, nullptr, SOCK_CLOEXEC));
    sockaddr_storage meant{};
    socklen_t size = sizeof meant;
    char text[INET6_ADDRSTRLEN] = "?";
    constexpr int kOriginal = 80;
    int family = 0;
    size = sizeof family;
    getsockopt(connection.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
    size = sizeof meant;
    if (getsockopt(connection.get(), family == AF_INET6 ? SOL_IPV6 : SOL_IP, kOriginal, &meant, &size) != 0) {
      size = sizeof meant;
      getsockname(connection.get(), reinterpret_cast<sockaddr*>(&meant), &size);
    }
    const auto* six = reinterpret_cast<const sockaddr_in6*>(&meant);
    const auto* four = reinterpret_cast<const sockaddr_in*>(&meant);
    inet_ntop(family, family == AF_INET6 ? static_cast<const void*>(&six->sin6_addr) : &four->sin_addr, text, sizeof text);
    return std::string(text) + " " + std::to_string(ntohs(four->sin_port));
  }
  return "?";
}

TEST_F(SessionTest, EveryConnectionLeadsToOurSockets) {
  Plan plan = PlanFor(scratch_);
  plan.networks = Networks::kBothIntercepted;
  plan.listeners = {{"127.0.0.1", 7777, Reach::kCommandNetwork}, {"127.0.0.1", 7778}};
  Session session = Start(plan);
  NetworkSockets commands = session.TakeNetwork(Reach::kCommandNetwork);
  NetworkSockets agents = session.TakeNetwork(Reach::kAgentNetwork);
  EXPECT_TRUE(commands.every_port && agents.every_port);
  ASSERT_GE(commands.connections.size(), 1u);
  const auto connect = [&session](const std::string& where, Reach reach) {
    return RunProgram(session, {"/bin/bash", "-c", "exec 3<>/dev/tcp/" + where}, reach).outcome.code;
  };
  EXPECT_EQ(connect("93.184.216.34/4443", Reach::kCommandNetwork), 0);
  EXPECT_EQ(AcceptOne(commands), "93.184.216.34 4443");
  EXPECT_EQ(connect("169.254.169.254/80", Reach::kAgentNetwork), 0);
  EXPECT_EQ(AcceptOne(agents), "169.254.169.254 80");
  if (commands.connections.size() > 1) {
    EXPECT_EQ(connect("2606:2800:220:1::1/443", Reach::kCommandNetwork), 0);
    EXPECT_EQ(AcceptOne(commands), "2606:2800:220:1::1 443");
  } else {
    std::cout << "[ not proved ] IPv6 as IPv4: the kernel here has none\n";
  }
  EXPECT_EQ(connect("127.0.0.1/7777", Reach::kCommandNetwork), 0);
  EXPECT_NE(connect("127.0.0.1/7778", Reach::kCommandNetwork), 0);
  EXPECT_EQ(connect("127.0.0.1/7778", Reach::kAgentNetwork), 0);
  EXPECT_NE(connect("127.0.0.1/9999", Reach::kCommandNetwork), 0);
  // A datagram to anywhere but a name server has nobody to receive it; the second one learns that.
  EXPECT_NE(RunProgram(session, {"/bin/bash", "-c", "exec 3<>/dev/udp/8.8.8.8/123; echo x >&3; sleep 0.2; echo x >&3"}).outcome.code, 0);
  EXPECT_EQ(RunProgram(session, {"/bin/bash", "-c", "exec 3<>/dev/udp/8.8.8.8/53; echo hello >&3"}).outcome.code, 0);
  char query[16];
  pollfd names{commands.names.front().get(), POLLIN, 0};
  ASSERT_EQ(poll(&names, 1, 10'000), 1);
  EXPECT_EQ(recv(commands.names.front().get(), query, sizeof query, 0), 6);
}

TEST_F(SessionTest, WithoutNftablesFewerPortsAreHeardAndTheOthersRefused) {
  Plan plan = PlanFor(scratch_);
  plan.networks = Networks::kIntercepted;
  g_hooks.netfilter_error = EOPNOTSUPP;
  Session session = Start(plan);
  g_hooks.netfilter_error = 0;
  NetworkSockets commands = session.TakeNetwork(Reach::kCommandNetwork);
  EXPECT_FALSE(commands.every_port);
  EXPECT_EQ(RunProgram(session, {"/bin/bash", "-c", "exec 3<>/dev/tcp/93.184.216.34/443"}).outcome.code, 0);
  EXPECT_EQ(AcceptOne(commands), "93.184.216.34 443");
  EXPECT_NE(RunProgram(session, {"/bin/bash", "-c", "exec 3<>/dev/tcp/93.184.216.34/4443"}).outcome.code, 0);
}

TEST_F(SessionTest, ASocketOfTheSessionReachesWhatListensInside) {
  Session session = Start(PlanFor(scratch_));
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  Program program;
  program.argv = {"/usr/bin/node", "-e", "require('net').createServer(c => c.end('served')).listen(3000, '127.0.0.1', () => console.log('up'))"};
  program.env = {"PATH=/usr/bin:/bin"};
  program.stdout_fd = writer.get();
  Result<Process> server = session.Spawn(program);
  ASSERT_TRUE(server.ok());
  writer.Reset(-1);
  char up[3];
  ASSERT_EQ(read(reader.get(), up, sizeof up), 3);
  Result<Fd> socket = session.Socket(Reach::kCommandNetwork);
  ASSERT_TRUE(socket) << socket.error().text;
  fcntl(socket->get(), F_SETFL, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(3000);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(socket->get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(*ReadAll(socket->get(), 64), "served");
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
  Hooks clone, full, landlock, off, old;
  clone.fail_clone = EPERM;
  full.fail_clone = ENOSPC;
  off.landlock_error = EOPNOTSUPP;
  old.landlock_abi = 1;
  landlock.landlock_error = ENOSYS;
  const Case cases[] = {
      {"user namespaces", clone, Error::Kind::kUnsupported, "user namespaces", "run it outside the container"},
      {"no more user namespaces", full, Error::Kind::kUnsupported, "namespaces", "end other sandboxes"},
      {"landlock off", off, Error::Kind::kUnsupported, "switched off", "lsm=landlock"},
      {"landlock of Linux 5.13", old, Error::Kind::kUnsupported, "older than ABI 2", "Linux 5.19"},
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

// What a client asks that obeys a configuration only if root owns it and all directories above it.
TEST_F(SessionTest, WhoNeedsRootsOwnershipSeesItAllTheWayUp) {
  Plan plan = PlanFor(scratch_);
  plan.host_files = HostFiles::kTheirOwners;
  plan.planted = {{"/etc/checkrein-client/settings.json", "{}"}};
  Session session = Start(plan);
  Program program;
  program.argv = {"/bin/sh", "-c", "stat -c %u / /etc /etc/checkrein-client /etc/checkrein-client/settings.json; test -x /usr/bin/env && head -c1 /etc/passwd >/dev/null && test ! -e /home/x"};
  program.env = {"PATH=/usr/bin:/bin", "HOME=" + scratch_.path("home")};
  program.identity = geteuid() == 0 ? Identity::kSelf : Identity::kAppearsRoot;
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  program.stdout_fd = program.stderr_fd = writer.get();
  Result<Process> process = session.Spawn(program);
  ASSERT_TRUE(process.ok()) << process.error().text;
  writer.Reset(-1);
  EXPECT_EQ(process->Wait()->ShellStatus(), 0);
  EXPECT_EQ(*ReadAll(reader.get(), 4096), "0\n0\n0\n0\n");
  const std::string shown = Shell(session, "ls /").out;
  ASSERT_TRUE(session.End().ok());
  Session other = Start(PlanFor(scratch_));
  EXPECT_EQ(Shell(other, "ls /").out, shown);
}

// The one is told and ends; the other will not hear it.
TEST_F(SessionTest, ProcessorTimeOfAProcessIsBounded) {
  Session session = Start(PlanFor(scratch_));
  std::vector<Process> running;
  for (const char* script : {"while :; do :; done", "trap '' XCPU; while :; do :; done", "sleep 0.1"}) {
    Program program;
    program.argv = {"/bin/sh", "-c", script};
    program.env = {"PATH=/usr/bin:/bin"};
    program.max_processor_seconds = 1;
    Result<Process> process = session.Spawn(program);
    ASSERT_TRUE(process.ok()) << process.error().text;
    running.push_back(std::move(process).take());
  }
  const std::pair<Outcome::Kind, int> expected[] = {{Outcome::Kind::kKilled, SIGXCPU}, {Outcome::Kind::kKilled, SIGKILL}, {Outcome::Kind::kExited, 0}};
  for (size_t i = 0; i < running.size(); ++i) {
    const Result<Outcome> outcome = running[i].Wait();
    EXPECT_EQ(outcome->kind, expected[i].first) << i;
    EXPECT_EQ(outcome->code, expected[i].second) << i;
  }
}

// A bomb goes off in a session with bounds of its own: the machine goes on making processes, and the end of the session is the end of all of them.
TEST_F(SessionTest, AForkBombStaysWithinItsBounds) {
  if (geteuid() == 0) return;  // as an ordinary user only (as_user_test.cc); root's bound is the namespace's (hostile_test.cc, many-processes)
  Session session = Start(PlanFor(scratch_));
  Program program;
  program.argv = {"/bin/bash", "-c", "b() { b | b & }; b; sleep 1; ls -d /proc/[0-9]* | wc -l"};
  program.env = {"PATH=/usr/bin:/bin"};
  program.max_processes = 64;
  Result<Process> process = session.Spawn(program);
  ASSERT_TRUE(process.ok()) << process.error().text;
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0) << "the machine still makes processes";
    if (child == 0) _exit(0);
    EXPECT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_EQ(RunProgram(session, {"/bin/true"}).outcome.code, 0) << "and so does the session, for other programs";
  }
  const pid_t bomb = process->everything_fd();
  EXPECT_TRUE(process->Kill().ok());
  pollfd ended{bomb, POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 10'000), 1) << "nothing of it is left";
  EXPECT_TRUE(session.End().ok());
}

// Files in memory: all the writable places of a session share one bound.
TEST_F(SessionTest, AMemoryBombInFilesStaysWithinItsBound) {
  Plan plan = PlanFor(scratch_);
  plan.scratch_bytes = 8 << 20;
  Session session = Start(plan);
  const Ran ran = Shell(session, "for d in /tmp /dev/shm /var/tmp " + scratch_.path("home") + "; do head -c 6M /dev/zero >$d/bomb; done 2>&1 | grep -c 'No space left'; "
                                 "cat /tmp/bomb /dev/shm/bomb /var/tmp/bomb " + scratch_.path("home/bomb") + " | wc -c");
  const size_t line = ran.out.find('\n');
  EXPECT_EQ(ran.out.substr(0, line), "3") << ran.out;
  EXPECT_LE(std::stoull(ran.out.substr(line + 1)), plan.scratch_bytes);
}

// A thinner second wall, with all it can do: the mounts hold, and renames between directories work.
TEST_F(SessionTest, OlderLandlocksHold) {
  scratch_.MakeDir("ws/d");
  for (int abi = 2; abi <= 6; ++abi) {
    g_hooks.landlock_abi = abi;
    Session session = Start(PlanFor(scratch_));
    g_hooks = {};
    const Ran ran = Shell(session, "echo x > f && mv f d/f && rm d/f && : > /tmp/t && ! (: > /etc/new) 2>/dev/null", Reach::kCommandNetwork, scratch_.path("ws"));
    EXPECT_EQ(ran.outcome.code, 0) << "ABI " << abi << ": " << ran.out;
  }
}

// Both are of each program: none starts without, or, where it is only for seeing and somebody around us sees already, it is said.
TEST_F(SessionTest, WithoutAProcOrAListenerNoProgramStarts) {
  Plan plan = PlanFor(scratch_);
  plan.watch_execs = true;
  for (const auto& [proc, notify, says] : {std::tuple(EPERM, 0, "/proc"), std::tuple(0, EINVAL, "watch")}) {
    g_hooks.proc_error = proc;
    g_hooks.notify_error = notify;
    Session session = Start(plan);
    Program program;
    program.argv = {"/bin/true"};
    const Result<Process> process = session.Spawn(program);
    g_hooks = {};
    ASSERT_FALSE(process.ok()) << says;
    EXPECT_THAT(process.error().text, HasSubstr(says));
  }
  g_hooks.notify_error = EBUSY;
  Session session = Start(plan);
  Program program;
  program.argv = {"/bin/true"};
  Result<Process> process = session.Spawn(program);
  g_hooks = {};
  ASSERT_TRUE(process.ok()) << process.error().text;
  EXPECT_FALSE(process->TakeExecListener().valid());
  EXPECT_EQ(process->Wait()->ShellStatus(), 0);
}

}  // namespace
}  // namespace checkrein::sandbox
