// What searching a large log costs: selective questions to an index of RECORDS records, warm; and what making the index costs.
//
//   cmake --preset release && cmake --build --preset release --target bench_search && build/release/bench_search [RECORDS] [DIR]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "report/index.h"

namespace {

namespace fs = std::filesystem;
using checkrein::MonotonicNanos;
using checkrein::report::Index;
using checkrein::report::Query;

constexpr int kRounds = 21;

// Every third record an action, then its outcome and its result; 50,000 paths, 5,000 hosts, 2,000 sessions, words of all sizes.
std::string Record(uint64_t n) {
  const uint64_t action = n / 3;
  const std::string t = checkrein::Rfc3339(1'795'744'800'000 + static_cast<int64_t>(n) * 400);
  const std::string session = "session-" + std::to_string(action / 160);
  if (n % 3 == 1) {
    return R"({"v":1,"k":"outcome","t":")" + t + R"(","ref":)" + std::to_string(n - 1) + R"(,"exit":0,"ms":12,"observed":{"effects":["write:/w/project/out/)" + std::to_string(action % 50'000) +
           R"(.js"]},"divergence":{"unpredicted":[],"score":)" + (action % 5000 == 7 ? "55" : "0") + "}}";
  }
  if (n % 3 == 2) return R"({"v":1,"k":"result","t":")" + t + R"(","client":"claude","session":")" + session + R"(","ref":)" + std::to_string(n - 2) + R"(,"failed":false,"output":{"bytes":12}})";
  static const char* const kTools[] = {"Bash", "Bash", "Bash", "Read", "Edit", "Write"};
  static const char* const kPrograms[] = {"npm", "git", "rg", "cat", "node", "python3", "make"};
  const char* program = action % 40'000 == 11 ? "nmap" : kPrograms[action % 7];
  return R"({"v":1,"k":"action","t":")" + t + R"(","client":"claude","session":")" + session + R"(","goal":"Fix the failing login test and make the build green","intent":{"description":"Look at module )" +
         std::to_string(action % 9973) + R"("},"call":{"tool":")" + kTools[action % 6] + R"(","kind":"shell","shown":")" + program + " run test " + std::to_string(action % 7919) +
         R"("},"predicted":{"effects":["exec:/usr/bin/)" + program + R"(","connect:host-)" + std::to_string(action % 5000) + R"(.example:443","read:/w/project/src/)" + std::to_string(action % 50'000) +
         R"(.ts"],"coverage":"full"},"labels":[],"decision":{"verdict":")" + (action % 997 == 0 ? "deny" : "allow") + R"(","policies":["p"],"why":"known"},"course":")" + (action % 997 == 0 ? "denied" : "allowed") + R"("})";
}

double Millis(int64_t ns) { return static_cast<double>(ns) / 1e6; }

}  // namespace

int main(int argc, char** argv) {
  const uint64_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  char name[] = "/tmp/checkrein_bench_XXXXXX";
  const std::string root = argc > 2 ? argv[2] : mkdtemp(name);
  auto index = Index::Open(root + "/index.sqlite");
  if (!index) return std::fprintf(stderr, "%s\n", index.error().text.c_str()), 1;
  int64_t begin = MonotonicNanos();
  const checkrein::Status made = index->CatchUp({"bench", records, [](uint64_t n) -> checkrein::Result<std::string> { return Record(n); }});
  if (!made) return std::fprintf(stderr, "%s\n", made.error().text.c_str()), 1;
  const double seconds = Millis(MonotonicNanos() - begin) / 1e3;
  std::printf("%llu records, index made in %.1f s (%.0f records/s), %.0f MiB\n", static_cast<unsigned long long>(records), seconds, static_cast<double>(records) / seconds,
              static_cast<double>(fs::file_size(root + "/index.sqlite")) / 1048576.0);
  struct Case {
    const char* what;
    Query query;
  };
  const Case cases[] = {
      {"session", {.session = "session-77"}},
      {"host", {.host = "host-4321.example"}},
      {"path, exactly", {.path = "/w/project/src/777.ts"}},
      {"path, below /w/project/out/4999", {.path = "/w/project/out/4999.js"}},
      {"program, rare", {.program = "nmap"}},
      {"denied", {.course = "denied"}},
      {"differs", {.differs = true}},
      {"two words, rare", {.text = "7001 module"}},
      {"tool and host", {.tool = "Bash", .host = "host-42.example"}},
      {"tool, verdict and session", {.session = "session-99", .tool = "Bash", .verdict = "allow"}},
      {"an hour, denied", {.course = "denied", .since_ms = 1'795'744'800'000 + 36'000'000, .until_ms = 1'795'744'800'000 + 39'600'000}},
      {"newest 100 of a tool", {.tool = "Bash"}},
  };
  double worst = 0;
  for (const Case& c : cases) {
    std::vector<int64_t> ns;
    size_t found = 0;
    for (int i = 0; i < kRounds; ++i) {
      begin = MonotonicNanos();
      const auto result = index->Search(c.query);
      ns.push_back(MonotonicNanos() - begin);
      if (!result) return std::fprintf(stderr, "%s\n", result.error().text.c_str()), 1;
      found = result->size();
    }
    std::sort(ns.begin(), ns.end());
    worst = std::max(worst, Millis(ns[ns.size() / 2]));
    std::printf("%-34s found %4zu   min %7.2f ms   median %7.2f ms   max %7.2f ms\n", c.what, found, Millis(ns.front()), Millis(ns[ns.size() / 2]), Millis(ns.back()));
  }
  std::printf("worst median %.2f ms\n", worst);
  if (argc <= 2) fs::remove_all(root);
}
