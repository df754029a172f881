// What a durable append costs: a fresh process each time, as the hook is, against a bare write + fdatasync of the same record; many
// processes at once; and one process that serves many, as the supervisor does.
//
//   cmake --preset release && cmake --build --preset release --target bench_append && build/release/bench_append [DIR]
//
// Figures are taken inside each child from before Open to after Append, so the start of the process is not in them. Both kinds of
// child alternate, so that a busy disk hits both.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "audit/log.h"
#include "base/clock.h"
#include "monitor/commit_group.h"

namespace {

using checkrein::MonotonicNanos;
using checkrein::audit::Log;

constexpr size_t kRecordBytes = 1024;
constexpr int kRounds = 1000;
constexpr int kWriters = 16;
constexpr int kRoundsAtOnce = 100;
constexpr int kBatches = 200;
constexpr size_t kBatch = 256;
constexpr size_t kGroupWriters = 256;
constexpr int kGroupRounds = 5;

void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

// Runs `body` in a child; nanoseconds that the body took.
template <typename Body>
int64_t InChild(Body body) {
  int ends[2];
  if (pipe(ends) != 0) Die("pipe");
  const pid_t pid = fork();
  if (pid < 0) Die("fork");
  if (pid == 0) {
    const int64_t begin = MonotonicNanos();
    body();
    const int64_t took = MonotonicNanos() - begin;
    _exit(write(ends[1], &took, sizeof took) == static_cast<ssize_t>(sizeof took) ? 0 : 1);
  }
  close(ends[1]);
  int64_t took = 0;
  if (read(ends[0], &took, sizeof took) != static_cast<ssize_t>(sizeof took)) Die("read");
  close(ends[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  return took;
}

void Bare(const std::string& path, const std::string& record) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, record.data(), record.size()) < 0 || fdatasync(fd) != 0) Die("bare");
  close(fd);
}

void Durable(const std::string& directory, const std::string& record) {
  checkrein::Result<Log> log = Log::Open(directory, Log::Mode::kAppend);
  if (!log || !log->Append(record)) Die("append");
}

void Print(const char* what, std::vector<int64_t> ns) {
  std::sort(ns.begin(), ns.end());
  const auto at = [&](double share) { return static_cast<double>(ns[static_cast<size_t>(static_cast<double>(ns.size() - 1) * share)]) / 1e3; };
  std::printf("%-52s n %5zu  min %7.0f  median %7.0f  p90 %7.0f  p99 %7.0f  max %7.0f us\n", what, ns.size(), at(0), at(0.5), at(0.9), at(0.99), at(1));
}

void OneAtATime(const std::string& root, const std::string& record) {
  std::vector<int64_t> bare, durable;
  for (int i = 0; i < kRounds; ++i) {
    bare.push_back(InChild([&] { Bare(root + "/bare", record); }));
    durable.push_back(InChild([&] { Durable(root + "/log", record); }));
  }
  Print("bare open+write+fdatasync, a process each", bare);
  Print("log open+append, a process each", durable);
}

void AtOnce(const std::string& root, const std::string& record) {
  std::vector<int> pipes;
  std::vector<pid_t> pids;
  for (int w = 0; w < kWriters; ++w) {
    int ends[2];
    if (pipe(ends) != 0) Die("pipe");
    const pid_t pid = fork();
    if (pid == 0) {
      for (int i = 0; i < kRoundsAtOnce; ++i) {
        const int64_t took = InChild([&] { Durable(root + "/many", record); });
        if (write(ends[1], &took, sizeof took) < 0) _exit(1);
      }
      _exit(0);
    }
    close(ends[1]);
    pipes.push_back(ends[0]);
    pids.push_back(pid);
  }
  std::vector<int64_t> all;
  for (const int fd : pipes) {
    int64_t took = 0;
    while (read(fd, &took, sizeof took) == static_cast<ssize_t>(sizeof took)) all.push_back(took);
    close(fd);
  }
  for (const pid_t pid : pids) waitpid(pid, nullptr, 0);
  Print("log open+append, 16 at once", all);
}

void Serving(const std::string& root, const std::string& record) {
  checkrein::Result<Log> log = Log::Open(root + "/serving", Log::Mode::kAppend);
  if (!log) Die("open");
  std::vector<int64_t> single, bare;
  const int fd = open((root + "/bare2").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  for (int i = 0; i < kRounds; ++i) {
    int64_t begin = MonotonicNanos();
    if (write(fd, record.data(), record.size()) < 0 || fdatasync(fd) != 0) Die("bare");
    bare.push_back(MonotonicNanos() - begin);
    begin = MonotonicNanos();
    if (!log->Append(record)) Die("append");
    single.push_back(MonotonicNanos() - begin);
  }
  close(fd);
  Print("bare write+fdatasync, one process", bare);
  Print("log append, one process", single);
  const auto middle = [](std::vector<int64_t> ns) { return std::sort(ns.begin(), ns.end()), static_cast<double>(ns[ns.size() / 2]); };
  std::printf("%-52s %.2f x (medians), %.2f x (minima)\n", "log append's rate against bare write+fdatasync's", middle(bare) / middle(single),
              static_cast<double>(*std::min_element(bare.begin(), bare.end())) / static_cast<double>(*std::min_element(single.begin(), single.end())));
  const std::vector<std::string_view> batch(kBatch, record);
  const int64_t begin = MonotonicNanos();
  for (int i = 0; i < kBatches; ++i) {
    if (!log->AppendAll(batch)) Die("append all");
  }
  const double seconds = static_cast<double>(MonotonicNanos() - begin) / 1e9;
  std::printf("%-52s %.0f records/s\n", "log append, batches of 256, tiles included", kBatches * static_cast<double>(kBatch) / seconds);
}

// What the process itself computed, whatever else this machine does meanwhile.
double CpuSeconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

// 256 writers in one process, each waiting for its own record to be durable, as clients of the supervisor do.
void ManyWriters(const std::string& root, const std::string& record) {
  checkrein::Result<Log> log = Log::Open(root + "/group", Log::Mode::kAppend);
  if (!log) Die("open");
  checkrein::monitor::CommitGroup group(&*log);
  double best = 0, cpu = 1e9;
  for (int round = 0; round < kGroupRounds; ++round) {
    std::vector<std::thread> writers;
    const double cpu_begin = CpuSeconds();
    const int64_t begin = MonotonicNanos();
    for (size_t w = 0; w < kGroupWriters; ++w) {
      writers.emplace_back([&] {
        for (int i = 0; i < kRoundsAtOnce; ++i) {
          if (!group.Append(record)) Die("group append");
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    cpu = std::min(cpu, (CpuSeconds() - cpu_begin) / (static_cast<double>(kGroupWriters) * kRoundsAtOnce));
    best = std::max(best, static_cast<double>(kGroupWriters) * kRoundsAtOnce / (static_cast<double>(MonotonicNanos() - begin) / 1e9));
  }
  std::printf("%-52s %.0f records/s (best of %d rounds); %.1f us of CPU each\n", "log append, 256 writers in one process, tiles included", best, kGroupRounds, cpu * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  std::string root = std::string(argc > 1 ? argv[1] : "/tmp") + "/checkrein_bench_XXXXXX";
  if (mkdtemp(root.data()) == nullptr) Die("mkdtemp");
  const std::string record(kRecordBytes, 'r');
  OneAtATime(root, record);
  AtOnce(root, record);
  Serving(root, record);
  ManyWriters(root, record);
  const std::string remove = "rm -rf " + root;
  return std::system(remove.c_str()) == 0 ? 0 : 1;
}
