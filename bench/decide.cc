// What policy costs: loading the base set and deciding, beside the ceilings that a hook's 3 ms leave for them.
//
//   cmake --build --preset release --target bench_decide && build/release/bench_decide
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "policy/decide.h"

namespace checkrein::policy {
namespace {

struct Times {
  double first, median, p99;  // microseconds
};

Times Measure(int runs, const std::function<void()>& work) {
  std::vector<double> us;
  for (int i = 0; i < runs; ++i) {
    const int64_t start = MonotonicNanos();
    work();
    us.push_back(static_cast<double>(MonotonicNanos() - start) / 1e3);
  }
  const double first = us.front();
  std::sort(us.begin(), us.end());
  return {first, us[us.size() / 2], us[us.size() * 99 / 100]};
}

void Print(const char* what, const char* ceiling, const Times& t) { std::printf("%-52s %9.1f %9.1f %9.1f   %s\n", what, t.first, t.median, t.p99, ceiling); }

PolicySet Base() {
  Result<PolicySet> set = PolicySet::Shipped("base");
  if (!set) std::abort();
  return std::move(set).take();
}

EffectSet Effects(std::initializer_list<const char*> texts) {
  EffectSet set;
  for (const char* text : texts) set.Add(*EffectFromString(text));
  return set;
}

// A chain of 10,000 sub-commands: a program, a file read and a file written in turn.
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

int Main() {
  std::printf("%-52s %9s %9s %9s   %s\n", "microseconds", "first", "median", "p99", "ceiling");
  Print("load base", "400, the first, with a decision", Measure(300, [] { Base(); }));
  const PolicySet set = Base();
  Circumstances c;
  c.coverage = Coverage::kFull;
  const EffectSet one = Effects({"connect:a.example:443"});
  const EffectSet few = Effects({"exec:/usr/bin/curl", "connect:a.example:443", "exec:sh", "read:/home/user/project/a.c", "write:/home/user/project/b.c"});
  const EffectSet chain = Chain(10'000);
  Print("decide 1 effect", "", Measure(2000, [&] { set.Decide(one, c); }));
  Print("decide 5 effects", "", Measure(2000, [&] { set.Decide(few, c); }));
  Print("decide 10,000 effects", "20,000", Measure(20, [&] { set.Decide(chain, c); }));
  return 0;
}

}  // namespace
}  // namespace checkrein::policy

int main() { return checkrein::policy::Main(); }
