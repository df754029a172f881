// What policy costs: loading a set in a process that is new, and deciding. Each figure is the least and the middle of many runs.
//
//   cmake --build --preset release --target bench_decide && build/release/bench_decide
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "policy/decide.h"

namespace checkrein::policy {
namespace {

struct Times {
  double least, median, p99;  // microseconds
};

Times Sorted(std::vector<double> us) {
  std::sort(us.begin(), us.end());
  return {us.front(), us[us.size() / 2], us[us.size() * 99 / 100]};
}

double Micros(int64_t from_ns) { return static_cast<double>(MonotonicNanos() - from_ns) / 1e3; }

Times Measure(int runs, const std::function<void()>& work) {
  std::vector<double> us;
  for (int i = 0; i < runs; ++i) {
    const int64_t start = MonotonicNanos();
    work();
    us.push_back(Micros(start));
  }
  return Sorted(std::move(us));
}

// The same, each run in a child of its own, as a hook is: nothing is warm but the page cache.
Times MeasureFresh(int runs, const std::function<void()>& work) {
  std::vector<double> us;
  for (int i = 0; i < runs; ++i) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    const pid_t child = fork();
    if (child == 0) {
      const int64_t start = MonotonicNanos();
      work();
      const double took = Micros(start);
      _exit(write(ends[1], &took, sizeof took) == sizeof took ? 0 : 1);
    }
    double took = 0;
    if (child < 0 || read(ends[0], &took, sizeof took) != sizeof took) std::abort();
    close(ends[0]);
    close(ends[1]);
    waitpid(child, nullptr, 0);
    us.push_back(took);
  }
  return Sorted(std::move(us));
}

void Print(const std::string& what, const char* ceiling, const Times& t) { std::printf("%-60s %9.2f %9.2f %9.2f   %s\n", what.c_str(), t.least, t.median, t.p99, ceiling); }

PolicySet Load(const std::vector<PolicySet::Text>& user = {}, const std::string& cache = {}) {
  Result<PolicySet> set = PolicySet::Load("base", user, {}, cache);
  if (!set) {
    std::fprintf(stderr, "%s\n", set.error().text.c_str());
    std::abort();
  }
  return std::move(set).take();
}

EffectSet Effects(const std::vector<const char*>& texts) {
  EffectSet set;
  for (const char* text : texts) set.Add(*EffectFromString(text));
  return set;
}

// A chain of sub-commands: a program, a file read and a file written in turn.
EffectSet Chain(int count) {
  EffectSet set;
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    switch (i % 3) {
      case 0: set.Add(Op::kExec, "/usr/bin/program" + n, {}); break;
      case 1: set.Add(Op::kRead, "/home/user/project/src/part" + std::to_string(i % 100) + "/file" + n + ".c", {}); break;
      default: set.Add(Op::kWrite, "/home/user/project/out/" + n + ".o", {}); break;
    }
  }
  return set;
}

// Policies of a kind that people write: hosts, directories and programs by name, some with conditions.
std::vector<PolicySet::Text> UserPolicies(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    text += "@id(\"user" + n + "\") @reason(\"a reason of some length for " + n + "\")\n";
    switch (i % 5) {
      case 0: text += "permit (principal, action == Action::\"Connect\", resource in Host::\"h" + n + ".example\") when { context.approved || resource.port == 443 };\n"; break;
      case 1: text += "forbid (principal, action in Action::\"change\", resource in Path::\"/srv/d" + n + "\") unless { context.sandboxed };\n"; break;
      case 2: text += "permit (principal, action == Action::\"Exec\", resource == Program::\"p" + n + "\") when { context.coverage == Coverage::\"full\" };\n"; break;
      case 3: text += "forbid (principal, action == Action::\"ReadFile\", resource in Path::\"/home/user/private" + n + "\") when { principal.labels.contains(Label::\"untrusted\") };\n"; break;
      default: text += "permit (principal in Client::\"c" + n + "\", action == Action::\"InstallPackage\", resource in Manager::\"m" + n + "\") when { context.approved };\n"; break;
    }
  }
  return {{"user.cedar", text}};
}

// One decision of each kind in turn, from texts, all levels included.
void Curve() {
  const char* const kEffects[] = {"connect:a.h20.example:8443", "write:/home/user/project/src/deep/er/file.c", "exec:/usr/bin/make", "read:/home/user/private13/x", "connect:other.example:443"};
  Circumstances c;
  c.coverage = Coverage::kFull;
  c.labels = {"untrusted"};
  c.model_hosts = {"model.example"};
  for (const int count : {0, 10, 50, 150, 1'000, 10'000}) {
    const PolicySet set = Load(count == 0 ? std::vector<PolicySet::Text>{} : UserPolicies(count));
    std::vector<EffectSet> each;
    for (const char* effect : kEffects) each.push_back(Effects({effect}));
    size_t next = 0;
    Print("decide, " + std::to_string(set.Ids().size()) + " policies", count == 150 ? "median 2, p99 10" : "", Measure(20'000, [&] { (void)set.Decide(each[next++ % each.size()], c); }));
  }
}

int Main() {
  std::printf("%-60s %9s %9s %9s   %s\n", "microseconds", "least", "median", "p99", "ceiling");
  Circumstances c;
  c.coverage = Coverage::kFull;
  const EffectSet one = Effects({"connect:a.example:443"});
  const EffectSet few = Effects({"exec:/usr/bin/curl", "connect:a.example:443", "exec:sh", "read:/home/user/project/a.c", "write:/home/user/project/b.c"});
  char directory[] = "/tmp/bench_decide.XXXXXX";
  if (mkdtemp(directory) == nullptr) return 1;
  const std::string cache = std::string(directory) + "/policy";
  const std::vector<PolicySet::Text> user = UserPolicies(150);
  Print("fresh process: load base, decide 1 effect", "100", MeasureFresh(300, [&] { (void)Load().Decide(one, c); }));
  Print("fresh process: load base and 150 of a user, parsed, decide", "", MeasureFresh(30, [&] { (void)Load(user).Decide(one, c); }));
  (void)Load(user, cache);
  Print("fresh process: the same, kept compiled", "", MeasureFresh(300, [&] { (void)Load(user, cache).Decide(one, c); }));
  const std::vector<PolicySet::Text> some = UserPolicies(20);
  (void)Load(some, cache);
  Print("fresh process: base and 20 of a user, kept compiled", "100", MeasureFresh(300, [&] { (void)Load(some, cache).Decide(one, c); }));
  Print("load base", "", Measure(300, [] { (void)Load(); }));
  Curve();
  const PolicySet set = Load();
  const EffectSet chain = Chain(10'000);
  Print("decide 5 effects", "", Measure(2000, [&] { (void)set.Decide(few, c); }));
  Print("decide 10,000 effects", "20,000", Measure(20, [&] { (void)set.Decide(chain, c); }));
  std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace checkrein::policy

int main() { return checkrein::policy::Main(); }
