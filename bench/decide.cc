// What policy costs: loading a set in a process that is new, and deciding. Each figure is the least and the middle of many runs.
//
//   cmake --build --preset release --target bench_decide && build/release/bench_decide
#include <spawn.h>
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

// What one new process takes, as a hook is: this program started anew with `arguments`; it writes the microseconds of its work.
Times MeasureFresh(int runs, const std::vector<std::string>& arguments) {
  std::vector<double> us;
  for (int i = 0; i < runs; ++i) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    std::string output = std::to_string(ends[1]);
    std::vector<std::string> words = {"bench_decide", output};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t child = -1;
    if (posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, argv.data(), environ) != 0) std::abort();
    double took = 0;
    close(ends[1]);
    if (read(ends[0], &took, sizeof took) != sizeof took) std::abort();
    close(ends[0]);
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

// In the new process: arguments are the descriptor to write to, how many policies of a user, and the directory where they are kept.
int Once(char** argv) {
  Circumstances c;
  c.coverage = Coverage::kFull;
  const EffectSet one = Effects({"connect:a.example:443"});
  const int count = std::atoi(argv[2]);
  const std::vector<PolicySet::Text> user = count == 0 ? std::vector<PolicySet::Text>{} : UserPolicies(count);
  const int64_t start = MonotonicNanos();
  (void)Load(user, argv[3]).Decide(one, c);
  const double took = Micros(start);
  return write(std::atoi(argv[1]), &took, sizeof took) == sizeof took ? 0 : 1;
}

int Main() {
  std::printf("%-60s %9s %9s %9s   %s\n", "microseconds", "least", "median", "p99", "ceiling");
  Circumstances c;
  c.coverage = Coverage::kFull;
  const EffectSet few = Effects({"exec:/usr/bin/curl", "connect:a.example:443", "exec:sh", "read:/home/user/project/a.c", "write:/home/user/project/b.c"});
  char directory[] = "/tmp/bench_decide.XXXXXX";
  if (mkdtemp(directory) == nullptr) return 1;
  const std::string cache = std::string(directory) + "/policy";
  (void)Load(UserPolicies(20), cache);
  (void)Load(UserPolicies(150), cache);
  Print("new process: load base, decide 1 effect", "100", MeasureFresh(300, {"0", ""}));
  Print("new process: base and 20 of a user, kept compiled", "100", MeasureFresh(300, {"20", cache}));
  Print("new process: base and 150 of a user, kept compiled", "", MeasureFresh(300, {"150", cache}));
  Print("new process: base and 150 of a user, parsed and validated", "", MeasureFresh(30, {"150", ""}));
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

int main(int argc, char** argv) { return argc == 4 ? checkrein::policy::Once(argv) : checkrein::policy::Main(); }
