// What verifying a large log costs: time and memory of `log verify`, in a process of its own, against a bare read + SHA-256 of the same
// records' segments, both with warm files.
//
//   cmake --preset release && cmake --build --preset release --target bench_verify && build/release/bench_verify [RECORDS] [DIR]
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "audit/log.h"
#include "audit/verify.h"
#include "base/clock.h"
#include "base/digest.h"

namespace {

namespace fs = std::filesystem;
using checkrein::MonotonicNanos;
using checkrein::audit::Log;

constexpr int kRounds = 5;

// An action's record, 620 bytes: less than a tenth of real ones is shorter.
std::string Record(uint64_t i) {
  std::string out = R"({"v":1,"k":"action","t":"2026-11-27T01:00:00.000Z","mono":)" + std::to_string(i) +
                    R"(,"mode":"run","client":"claude","session":"5b0e8a52","call":{"tool":"Bash","shown":"npm test 2>&1 | tail -20"},"predicted":{"effects":["exec:npm"]}})";
  out.resize(620, ' ');
  return out;
}

void Make(const std::string& directory, uint64_t size) {
  checkrein::Result<Log> log = Log::Open(directory, Log::Mode::kAppend);
  if (!log) std::exit(1);
  while (log->size() < size) {
    std::vector<std::string> records;
    for (uint64_t i = log->size(); i < size && records.size() < 8192; ++i) records.push_back(Record(i));
    if (!log->AppendAll(std::vector<std::string_view>(records.begin(), records.end()))) std::exit(1);
  }
  if (!log->Publish()) std::exit(1);
}

struct Cost {
  double wall_s = 0, cpu_s = 0;
  long peak_kib = 0;
};

template <typename Body>
Cost InChild(Body body) {
  const int64_t begin = MonotonicNanos();
  const pid_t pid = fork();
  if (pid == 0) _exit(body() ? 0 : 1);
  int status = 0;
  rusage used{};
  wait4(pid, &status, 0, &used);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) std::exit(1);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return {static_cast<double>(MonotonicNanos() - begin) / 1e9, seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss};
}

bool ReadAndHash(const std::string& directory) {
  std::string buffer(1 << 20, '\0');
  for (const auto& entry : fs::recursive_directory_iterator(directory + "/segment")) {
    const int fd = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    for (ssize_t n; (n = read(fd, buffer.data(), buffer.size())) > 0;) (void)checkrein::Sha256(std::string_view(buffer.data(), static_cast<size_t>(n)));
    close(fd);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t size = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  char name[] = "/tmp/checkrein_bench_XXXXXX";
  const std::string root = argc > 2 ? argv[2] : mkdtemp(name);
  const std::string directory = root + "/log";
  Make(directory, size);
  std::vector<Cost> ours, bare;
  for (int i = 0; i < kRounds; ++i) {
    bare.push_back(InChild([&] { return ReadAndHash(directory); }));
    ours.push_back(InChild([&] {
      const auto found = checkrein::audit::Verify(directory, std::nullopt);
      return found && found->problems.empty() && found->size == size;
    }));
  }
  const auto print = [](const char* what, std::vector<Cost>& costs) {
    std::sort(costs.begin(), costs.end(), [](const Cost& a, const Cost& b) { return a.cpu_s < b.cpu_s; });
    double wall = costs[0].wall_s;
    for (const Cost& c : costs) wall = std::min(wall, c.wall_s);
    std::printf("%-28s wall min %6.2f s   cpu min %6.2f s, median %6.2f s   peak %4ld MiB\n", what, wall, costs[0].cpu_s, costs[costs.size() / 2].cpu_s, costs.back().peak_kib / 1024);
  };
  std::printf("%llu records\n", static_cast<unsigned long long>(size));
  print("read + SHA-256 of segments", bare);
  print("verify", ours);
  if (argc <= 2) fs::remove_all(root);
}
