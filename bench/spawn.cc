// Times programs from their start to their end, all of them interleaved in one run, so that what disturbs the machine disturbs all alike.
//
//   spawn interleaved COUNT SPEC      COUNT rounds; each round starts every program once, one after the other, in an order that rotates
//   spawn paired COUNT SPEC           the same in random order, and by how much each program is slower than the first in the same round (median)
//   spawn together COUNT WIDTH SPEC   COUNT rounds of WIDTH copies of the first program, started at once
//
// SPEC is a file, one program a line, fields parted by tabs: LABEL STDIN-FILE PROGRAM ARGUMENT...
// Prints a line for each program: label, min, median, p99, max in milliseconds, the median against that of the first program, and how many
// of the runs ended with another status than 0; `together` also how many ended a second (rate). A tenth of the rounds, at least three, is run before and not counted.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace {

constexpr size_t kMaxSpecBytes = 1u << 20;

struct Program {
  std::string label, input;
  std::vector<std::string> words;
  std::vector<double> ms;
  size_t failures = 0;
};

[[noreturn]] void Die(const std::string& text) {
  std::fprintf(stderr, "spawn: %s\n", text.c_str());
  std::exit(2);
}

double NowMs() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (true) {
    const size_t end = text.find(separator);
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::vector<Program> ReadSpec(const std::string& path) {
  const auto text = checkrein::ReadFile(path, kMaxSpecBytes);
  if (!text) Die(text.error().text);
  std::vector<Program> programs;
  for (const std::string& line : Split(*text, '\n')) {
    if (line.empty()) continue;
    std::vector<std::string> fields = Split(line, '\t');
    if (fields.size() < 3) Die(path + ": a line has less than three fields");
    programs.push_back({fields[0], fields[1], {fields.begin() + 2, fields.end()}, {}, 0});
  }
  if (programs.empty()) Die(path + ": names no program");
  return programs;
}

pid_t Start(const Program& program) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, program.input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  for (const std::string& word : program.words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) Die("cannot start " + program.words[0]);
  return pid;
}

// One copy, or `width` at once: each is timed from its own start to its own end.
void Run(Program& program, size_t width, bool counted) {
  std::map<pid_t, double> started;
  for (size_t i = 0; i < width; ++i) {
    const double begin = NowMs();
    started[Start(program)] = begin;
  }
  while (!started.empty()) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, 0);
    const auto found = started.find(pid);
    if (found == started.end()) Die("a child is lost");
    if (counted) program.ms.push_back(NowMs() - found->second);
    if (counted && status != 0) ++program.failures;
    started.erase(found);
  }
}

double At(const std::vector<double>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(share * static_cast<double>(sorted.size())))];
}

// By how much the programs after the first were slower in the same round: the median. What disturbs a round disturbs both.
void PrintPaired(const std::vector<Program>& programs) {
  for (size_t p = 1; p < programs.size(); ++p) {
    std::vector<double> more;
    for (size_t i = 0; i < std::min(programs[0].ms.size(), programs[p].ms.size()); ++i) more.push_back(programs[p].ms[i] - programs[0].ms[i]);
    if (more.empty()) continue;
    std::sort(more.begin(), more.end());
    std::printf("paired %-27s %+9.1f us\n", programs[p].label.c_str(), At(more, 0.5) * 1000);
  }
}

void Print(std::vector<Program>& programs) {
  std::optional<double> first;
  std::printf("%-34s %6s %9s %9s %9s %9s %9s %7s\n", "milliseconds", "runs", "min", "median", "p99", "max", "ratio", "not 0");
  for (Program& program : programs) {
    if (program.ms.empty()) continue;
    std::sort(program.ms.begin(), program.ms.end());
    const double median = At(program.ms, 0.5);
    if (!first) first = median;
    std::printf("%-34s %6zu %9.3f %9.3f %9.3f %9.3f %9.2f %7zu\n", program.label.c_str(), program.ms.size(), program.ms.front(), median,
                At(program.ms, 0.99), program.ms.back(), median / *first, program.failures);
  }
}

size_t Number(std::string_view text) {
  size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n == 0) Die("not a count: " + std::string(text));
  return n;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  const bool interleaved = (mode == "interleaved" || mode == "paired") && argc == 4, together = mode == "together" && argc == 5;
  if (!interleaved && !together) Die("usage: spawn interleaved|paired COUNT SPEC | spawn together COUNT WIDTH SPEC");
  const size_t count = Number(argv[2]), width = together ? Number(argv[3]) : 1, before = std::max<size_t>(3, count / 10);
  std::vector<Program> programs = ReadSpec(argv[argc - 1]);
  if (together) programs.resize(1);
  std::vector<size_t> order(programs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::mt19937 random(1);  // pairs must not follow the same program always: what it leaves in the caches counts
  double counted_ms = 0;
  for (size_t round = 0; round < before + count; ++round) {
    const double begin = NowMs();
    if (mode == "paired") std::shuffle(order.begin(), order.end(), random);
    for (size_t i = 0; i < programs.size(); ++i) Run(programs[mode == "paired" ? order[i] : (round + i) % programs.size()], width, round >= before);
    if (round >= before) counted_ms += NowMs() - begin;
  }
  if (mode == "paired") PrintPaired(programs);
  Print(programs);
  if (together) std::printf("rate %.0f a second, %zu at once\n", static_cast<double>(count * width) * 1000 / counted_ms, width);
  return 0;
}
