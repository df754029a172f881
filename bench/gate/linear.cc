// bench_gate_linear PROGRAM DIR CORPUS [RULES.toml]: time of the processor per byte of hostile text, beyond what starting costs, against that of
// real text (64 MiB of the files below CORPUS): the same as one line, and texts made of each rule's expression (hostile.h), of 8 MiB each, through
// `PROGRAM gate`. Prints each that costs more than twice as much, and how many of them are not exit 3, which must be none. DIR is written to.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "../bench/gate/hostile.h"
#include "base/fd.h"
#include "release/rules/rule_file.h"
#include "release/rules/shipped.h"

using namespace checkrein;
using namespace checkrein::release;

namespace {

constexpr size_t kReal = 64u << 20, kHostile = 8u << 20;
constexpr int kRounds = 3;

struct Run {
  double seconds = 1e9;   // of the processor, the least of kRounds
  int status = -1;
};

class Program {
 public:
  Program(std::string program, std::string dir, std::string rules) : program_(std::move(program)), file_(dir + "/x.js"), state_(dir + "/state"), rules_(std::move(rules)) {}

  double PerByte(std::string_view text, int* status) {
    if (!ReplaceFile(file_, text, 0600)) return 0;
    Run best;
    for (int i = 0; i < kRounds; ++i) {
      const Run run = Once();
      best.seconds = std::min(best.seconds, run.seconds);
      best.status = run.status;
    }
    *status = best.status;
    if (text.empty()) start_ = best.seconds;
    return text.empty() ? 0 : (best.seconds - start_) / static_cast<double>(text.size()) * 1e9;
  }
  double start() const { return start_; }

 private:
  Run Once() const {
    std::vector<const char*> words{program_.c_str(), "gate", "--format", "json", "--state", state_.c_str()};
    if (!rules_.empty()) words.insert(words.end(), {"--rules", rules_.c_str()});
    words.insert(words.end(), {file_.c_str(), nullptr});
    const pid_t pid = fork();
    if (pid == 0) {
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, STDOUT_FILENO);
      execv(words[0], const_cast<char* const*>(words.data()));
      _exit(126);
    }
    int status = 0;
    rusage used{};
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid) return {};
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    return {seconds(used.ru_utime) + seconds(used.ru_stime), WIFEXITED(status) ? WEXITSTATUS(status) : -1};
  }

  std::string program_, file_, state_, rules_;
  double start_ = 0;
};

std::string RealText(const char* corpus) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    if (entry.is_regular_file()) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::string out;
  for (const std::string& path : paths) {
    if (out.size() >= kReal) break;
    if (const Result<std::string> one = ReadFile(path, 1u << 20)) out += *one;
  }
  out.resize(std::min(out.size(), kReal));
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string rule_file = argc > 4 ? argv[4] : "";
  const auto read = [](const std::string& path) { return ReadFile(path, kMaxRuleFile); };
  const Result<std::string> text = rule_file.empty() ? Result<std::string>(std::string()) : read(rule_file);
  if (!text) return 2;
  const Result<RuleSet> rules = rule_file.empty() ? ShippedRules() : LoadRules(*text, rule_file, ShippedRuleText(), read);
  if (!rules) return 2;
  Program program(argv[1], argv[2], rule_file);
  int status = 0;
  program.PerByte("", &status);   // compiles the rules, once
  program.PerByte("", &status);
  std::string real = RealText(argv[3]);
  const double plain = program.PerByte(real, &status);
  std::printf("start: %.3f s; real text, %zu MiB: %.2f ns a byte, exit %d\n", program.start(), real.size() >> 20, plain, status);
  std::replace_if(real.begin(), real.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  const double line = program.PerByte(real, &status);
  std::printf("the same as one line: %.2f ns a byte = %.2f x, exit %d\n", line, line / plain, status);

  constexpr unsigned kSeed = 7;
  std::mt19937 random(kSeed);
  size_t tried = 0, dear = 0, bad = 0, incomplete = 0, not_drawn = 0;
  double worst = 0;
  for (const Rule& rule : rules->rules) {
    if (rule.regex.empty()) continue;
    const std::vector<Hostile> units = HostileUnits(rule.regex, rule.keywords, random);
    not_drawn += units.size() < 3;
    for (const Hostile& unit : units) {
      std::string hostile;
      while (hostile.size() < kHostile) hostile += unit.unit;
      hostile.resize(kHostile);
      const double ratio = program.PerByte(hostile, &status) / plain;
      ++tried;
      incomplete += status == 3;
      if (status != 3) worst = std::max(worst, ratio);
      if (ratio <= 2) continue;
      ++dear;
      bad += status != 3;
      std::printf("  %-30s %-12s %6.2f x, exit %d%s\n", rule.id.c_str(), unit.kind.c_str(), ratio, status, status == 3 ? "" : "  <-- beyond");
      std::fflush(stdout);
    }
  }
  std::printf("%zu hostile texts (seed %u; %zu rules could not be drawn): %zu cost more than twice as much, %zu were answered incomplete; the dearest that was not: %.2f x; %zu beyond 2 x without exit 3 (must be 0)\n", tried, kSeed, not_drawn, dear, incomplete, worst, bad);
  return bad == 0 ? 0 : 1;
}
