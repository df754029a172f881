// What containing a program costs: launch of a whole session, spawn into a running one, both from a small and a large parent, beside fork+exec
// and bubblewrap; the difference and the commit of many changes. Interleaved, so that noise of the machine meets all alike.
//
//   bench_contain [rounds] [ballast MiB] [changes]        defaults: 50 512 9000
//
// Compare ratios and minima, not milliseconds. Run it on an idle machine, as an ordinary user and as root.
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "sandbox/changes.h"
#include "sandbox/session.h"

namespace {

using namespace checkrein;           // NOLINT: a program of its own
using namespace checkrein::sandbox;  // NOLINT

double Now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

[[noreturn]] void Die(const std::string& what) {
  fprintf(stderr, "bench_contain: %s\n", what.c_str());
  exit(1);
}
template <typename T>
T Must(Result<T> result) {
  if (!result) Die(result.error().text);
  return std::move(result).take();
}

void SpawnAndWait(std::vector<const char*> argv) {
  argv.push_back(nullptr);
  pid_t child = -1;
  char* environment[] = {nullptr};
  if (posix_spawn(&child, argv[0], nullptr, nullptr, const_cast<char* const*>(argv.data()), environment) != 0) Die(argv[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) Die(std::string(argv[0]) + ": status " + std::to_string(status));
}

std::string g_top;  // of the scratch directories; a benchmark may have one
Plan FullPlan() {
  Plan plan;
  plan.copy = Copy{g_top + "/ws", g_top + "/upper", g_top + "/work"};
  plan.home = g_top + "/home";
  return plan;
}
void RunTrue(Session& session) {
  Program program;
  program.argv = {"/bin/true"};
  Process process = Must(session.Spawn(program));
  const Outcome outcome = Must(process.Wait());
  if (outcome.ShellStatus() != 0) Die("true: " + outcome.why);
}
void Launch(const Plan& plan) {
  Session session = Must(Session::Start(plan));
  RunTrue(session);
  if (Status s = session.End(); !s) Die(s.error().text);
}

struct Timed {
  std::string name;
  std::function<void()> run;
  std::vector<double> ms = {};
};

void Measure(std::vector<Timed>& all, int rounds) {
  for (int round = -2; round < rounds; ++round) {  // two to warm up
    for (Timed& one : all) {
      const double begin = Now();
      one.run();
      if (round >= 0) one.ms.push_back(Now() - begin);
    }
  }
  double floor = 0;
  printf("%-58s %8s %8s %8s %8s\n", "", "min ms", "median", "p95", "x floor");
  for (Timed& one : all) {
    std::sort(one.ms.begin(), one.ms.end());
    const double median = one.ms[one.ms.size() / 2];
    if (floor == 0) floor = median;
    printf("%-58s %8.2f %8.2f %8.2f %8.2f\n", one.name.c_str(), one.ms.front(), median, one.ms[one.ms.size() * 95 / 100], median / floor);
  }
}

void MeasureLaunch(const std::string& self, int rounds, size_t ballast_mib) {
  const Plan plan = FullPlan();
  Plan no_copy = plan;
  no_copy.copy.reset();
  Plan running_plan = no_copy;
  Session running = Must(Session::Start(running_plan));
  std::vector<Timed> all = {
      {"fork+exec /bin/true (posix_spawn)", [] { SpawnAndWait({"/bin/true"}); }},
      {"ours, spawn into a running session", [&] { RunTrue(running); }},
      {"ours, whole session in the process, with copy", [&] { Launch(plan); }},
      {"ours, whole session in the process, without copy", [&] { Launch(no_copy); }},
      {"ours, whole session as a command, with copy", [&] { SpawnAndWait({self.c_str(), "--once", g_top.c_str()}); }},
  };
  if (access("/usr/bin/bwrap", X_OK) == 0) {
    all.push_back({"bwrap --unshare-all, ro /, dev, proc, tmpfs", [] {
                     SpawnAndWait({"/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
                                   "--tmpfs", "/tmp", "--tmpfs", "/home", "--tmpfs", "/run", "/bin/true"});
                   }});
  }
  if (access("/usr/bin/firejail", X_OK) == 0) {
    all.push_back({"firejail --net=none --seccomp, no profile", [] { SpawnAndWait({"/usr/bin/firejail", "--quiet", "--noprofile", "--net=none", "--seccomp", "/bin/true"}); }});
  }
  Measure(all, rounds);

  const size_t bytes = ballast_mib << 20;
  void* ballast = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (ballast == MAP_FAILED) Die("ballast");
  memset(ballast, 1, bytes);
  printf("\nthe same with %zu MiB in the parent\n", ballast_mib);
  Session large = Must(Session::Start(running_plan));
  std::vector<Timed> some = {
      {"fork+exec /bin/true (posix_spawn)", [] { SpawnAndWait({"/bin/true"}); }},
      {"ours, spawn into a session started by the large parent", [&] { RunTrue(large); }},
      {"ours, whole session in the process, with copy", [&] { Launch(plan); }},
  };
  Measure(some, std::max(5, rounds / 5));
  munmap(ballast, bytes);
}

void MeasureChanges(int count) {
  const Plan plan = FullPlan();
  (void)Must(CommitAll(*plan.copy));  // the copy begins anew: what is made now was there before
  for (int i = 0; i < count; ++i) {
    const std::string directory = plan.copy->workspace + "/d" + std::to_string(i / 100);
    if (i % 100 == 0) mkdir(directory.c_str(), 0755);
    close(open((directory + "/f" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0644));
  }
  timespec tick{0, 20'000'000};
  nanosleep(&tick, nullptr);
  {
    Session session = Must(Session::Start(plan));
    Program program;
    program.argv = {"/bin/sh", "-c", "for d in d*; do for f in $d/*; do echo x > $f; done; done"};
    program.cwd = plan.copy->workspace;
    Process process = Must(session.Spawn(program));
    if (Must(process.Wait()).ShellStatus() != 0) Die("changes");
  }
  std::vector<double> ms;
  size_t found = 0;
  for (int i = 0; i < 5; ++i) {
    const double begin = Now();
    found = Must(Changes(*plan.copy)).size();
    ms.push_back(Now() - begin);
  }
  printf("\ndifference of %zu changes: %.1f ms (best of 5)\n", found, *std::min_element(ms.begin(), ms.end()));
  const double begin = Now();
  const CommitReport report = Must(CommitAll(*plan.copy));
  const double took = Now() - begin;
  printf("commit of %zu (%zu left): %.1f ms, %.1f us a file\n", report.committed.size(), report.left.size(), took, took * 1e3 / std::max<double>(1, static_cast<double>(found)));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "--once") == 0) {
    g_top = argv[2];
    Launch(FullPlan());
    return 0;
  }
  const int rounds = argc > 1 ? atoi(argv[1]) : 50;
  const size_t ballast = argc > 2 ? static_cast<size_t>(atoi(argv[2])) : 512;
  const int changes = argc > 3 ? atoi(argv[3]) : 9000;
  g_top = "/tmp/checkrein-bench-XXXXXX";
  if (mkdtemp(g_top.data()) == nullptr) Die("mkdtemp");
  for (const char* name : {"/ws", "/home"}) mkdir((g_top + name).c_str(), 0755);
  for (const char* name : {"/upper", "/work"}) mkdir((g_top + name).c_str(), 0700);
  char self[4096] = {};
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) Die("self");
  printf("uid %u, %d rounds\n", geteuid(), rounds);
  MeasureLaunch(self, rounds, ballast);
  MeasureChanges(changes);
  (void)Discard(FullPlan().copy.value());
  const std::string remove = "rm -rf " + g_top;
  return system(remove.c_str()) == 0 ? 0 : 1;
}
