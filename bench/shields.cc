// What advisories add to the path of one hook, which is a new process each time: finding out which shields are in force, and asking them.
// Each run is this program started anew, with and without them by turns; figures are the least and the middle of the differences' sides.
//
//   cmake --build --preset release --target bench_shields && build/release/bench_shields [RUNS]
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "advisories/live.h"
#include "advisories/shipped.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/fields.h"
#include "policy/decide.h"

namespace checkrein::advisories {
namespace {

// An ordinary command: some files read, one written, two programs, one host.
EffectSet Effects() {
  EffectSet effects;
  for (const char* text : {"exec:/usr/bin/git", "read:/home/user/project/src/a.c", "read:/home/user/project/src/**", "write:/home/user/project/src/a.c", "exec:/usr/bin/npm", "connect:registry.example:443"})
    effects.Add(*EffectFromString(text));
  return effects;
}

policy::Circumstances At() {
  policy::Circumstances c;
  c.client = "claude";
  c.coverage = Coverage::kFull;
  return c;
}

// One process: with shields or without. Writes the microseconds to `out`.
int RunOnce(int out, const std::string& state, bool shields) {
  const policy::PolicySet base = policy::PolicySet::Shipped("base").take();
  const EffectSet effects = Effects();
  policy::Circumstances c = At();
  // A hook has looked at its state directory and read a session's file by then: what that code costs for the first time is not ours.
  const Result<std::string> session = ReadFile(state + "/session", 1u << 16);
  if (!session || !StampOf(state).seen.size() || FieldReader(*session).Text() != "session") return 1;
  const int64_t start = MonotonicNanos();
  LiveShields live({state, "/nonexistent", "", {}, {}});
  if (shields) {
    live.Act("claude");
    if (!live.Refresh(UnixMillis(), Look::kQuick)) return 1;
    c.shields = live.enforced();
  }
  const policy::Decision decision = base.Decide(effects, c);
  const double took = static_cast<double>(MonotonicNanos() - start) / 1e3;
  if (decision.effects.size() != effects.size()) return 1;
  return write(out, &took, sizeof took) == sizeof took ? 0 : 1;
}

double Fresh(const std::string& state, bool shields) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  std::string words[] = {"bench_shields", "--once", std::to_string(ends[1]), state, shields ? "1" : "0"};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data(), nullptr};
  pid_t child = -1;
  if (posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, argv, environ) != 0) std::abort();
  close(ends[1]);
  double took = 0;
  if (read(ends[0], &took, sizeof took) != sizeof took) std::abort();
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return took;
}

void Measure(const char* what, const std::string& state, int runs) {
  std::vector<double> with, without;
  for (int i = 0; i < runs; ++i) {
    without.push_back(Fresh(state, false));
    with.push_back(Fresh(state, true));
  }
  std::sort(with.begin(), with.end());
  std::sort(without.begin(), without.end());
  const size_t middle = with.size() / 2;
  std::printf("%-52s without %6.1f least %6.1f middle   with %6.1f %6.1f   added: %5.1f least, %5.1f middle (us)\n", what, without[0], without[middle], with[0], with[middle], with[0] - without[0], with[middle] - without[middle]);
}

std::string StateWith(const std::string& scratch, const char* name, const std::vector<std::pair<std::string, std::string>>& clients) {
  const std::string state = scratch + "/" + name;
  std::filesystem::create_directories(state + "/advisories");
  std::vector<Installed> installed;
  for (const auto& [client, version] : clients) {
    const std::string path = state + "/" + client;
    if (!ReplaceFile(path, "program", 0755)) std::abort();
    installed.push_back({client, "", "", version, path, path + "/package.json"});
  }
  const Result<KnownSet> known = AllKnown(state);
  Result<Active> active = known ? Work(known->known, installed, known->digest) : Result<Active>(known.error());
  if (!active) std::abort();
  if (!ReplaceFile(state + "/session", FieldWriter().Add("session").bytes(), 0600)) std::abort();
  if (!ReplaceFile(ActiveFile(state), active->Encode(), 0600)) std::abort();
  return state;
}

int Run(int runs) {
  std::string scratch = std::filesystem::temp_directory_path() / "checkrein_bench_XXXXXX";
  if (mkdtemp(scratch.data()) == nullptr) std::abort();
  const std::string fixed = StateWith(scratch, "fixed", {{"claude", "99.0.0"}, {"codex", "99.0.0"}, {"gemini", "99.0.0"}, {"copilot", "99.0.0"}, {"opencode", "99.0.0"}, {"cursor", "99.0.0"}});
  const std::string one = StateWith(scratch, "one", {{"claude", "2.1.1"}, {"codex", "99.0.0"}, {"gemini", "99.0.0"}, {"copilot", "99.0.0"}, {"opencode", "99.0.0"}, {"cursor", "99.0.0"}});
  const std::string all = StateWith(scratch, "all", {{"claude", "0.0.1"}, {"codex", "0.0.1"}, {"gemini", "99.0.0"}, {"copilot", "99.0.0"}, {"opencode", "99.0.0"}, {"cursor", "0.0.1"}});
  Measure("six clients, all up to date: no shield in force", fixed, runs);
  Measure("six clients, Claude Code 2.1.1", one, runs);
  Measure("six clients, three so old that nearly every shield is", all, runs);
  std::filesystem::remove_all(scratch);
  return 0;
}

}  // namespace
}  // namespace checkrein::advisories

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == "--once") return checkrein::advisories::RunOnce(std::atoi(argv[2]), argv[3], argv[4][0] == '1');
  return checkrein::advisories::Run(argc > 1 ? std::atoi(argv[1]) : 300);
}
