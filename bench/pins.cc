// What approvals by digest cost in themselves: bench/advisories builds and runs this. Prints minimum and median of one look in microseconds, all
// cases interleaved: no approvals; 1, 10 and 50 pinned files that did not change; a call of a pinned MCP server, its configuration read and parsed.
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "advisories/pins/watch.h"
#include "base/clock.h"
#include "monitor/pinned.h"

namespace {

using namespace checkrein;
using advisories::FilePin;
using advisories::PinStore;
using advisories::PinWatch;

constexpr int kRounds = 4000;

struct Case {
  std::string label;
  std::function<bool()> look;  // false: not as expected
  std::vector<double> us;
};

std::string Place(const std::string& root, const std::string& name) {
  const std::string state = root + "/" + name;
  std::filesystem::create_directories(state);
  return state;
}

}  // namespace

int main() {
  char root_name[] = "/var/tmp/checkrein_bench_pins_XXXXXX";
  if (mkdtemp(root_name) == nullptr) return 2;
  const std::string root = root_name, project = root + "/project", home = root + "/home";
  std::filesystem::create_directories(project);
  std::filesystem::create_directories(home);
  const monitor::LiveWorld world = monitor::LiveWorld::OfThisProcess();
  const advisories::Eyes eyes = monitor::EyesOf(world, project);
  std::vector<std::pair<std::string, std::string>> written;
  for (int i = 0; i < 50; ++i) {
    const std::string path = project + "/rules-" + std::to_string(i) + ".md", text(4096, static_cast<char>('a' + i % 26));
    std::ofstream(path) << text;
    written.emplace_back(path, text);
  }
  // As if written long ago: stamps are kept once they are settled, and change times cannot be set; so the bench says what was seen.
  const auto pin = [&](const std::string& state, int count) {
    return PinStore(state).Update([&](advisories::Pins& pins) {
      for (int i = 0; i < count; ++i) pins.Put(FilePin{written[static_cast<size_t>(i)].first, project, Sha256(written[static_cast<size_t>(i)].second), 1, *eyes.stamp(written[static_cast<size_t>(i)].first)});
    }).ok();
  };
  std::ofstream(project + "/.mcp.json") << R"({"mcpServers":{"every":{"command":"npx","args":["-y","server@1.2.3"],"env":{"A":"b"}}}})";
  const Digest key = Sha256("key");
  std::vector<advisories::ServerPin> pins;
  for (const advisories::ConfigText& text : monitor::ReadConfigs(world, home, project, "claude")) {
    const Result<advisories::Servers> servers = advisories::ServersIn(text.place, *text.text);
    if (!servers) return 2;
    for (const advisories::Server& server : servers->servers) pins.push_back({server.name, project, server.DigestWith(key), {}, 1});
  }

  std::vector<Case> cases;
  PinWatch none(Place(root, "none"), PinWatch::Stamps::kKept);
  cases.push_back({"no approvals", [&] { return !none.HasPins(); }, {}});
  std::vector<std::unique_ptr<PinWatch>> watches;
  for (const int count : {1, 10, 50}) {
    const std::string state = Place(root, "pinned-" + std::to_string(count));
    if (!pin(state, count)) return 2;
    watches.push_back(std::make_unique<PinWatch>(state, PinWatch::Stamps::kKept));
    cases.push_back({std::to_string(count) + " pinned files", [watch = watches.back().get(), &project, &eyes] { return watch->HasPins() && watch->Check(project, eyes).changed.empty(); }, {}});
  }
  cases.push_back({"call of a pinned server", [&] { return pins.size() == 1 && advisories::ChangedServers(pins, "mcp__every__echo", "every", project, monitor::ReadConfigs(world, home, project, "claude"), key).empty(); }, {}});
  bool good = true;
  for (int round = 0; round < kRounds; ++round)
    for (Case& one : cases) {
      const int64_t from = MonotonicNanos();
      good = one.look() && good;
      one.us.push_back(static_cast<double>(MonotonicNanos() - from) / 1000);
    }
  for (Case& one : cases) {
    std::sort(one.us.begin(), one.us.end());
    std::printf("%-26s min %7.2f us   median %7.2f us\n", one.label.c_str(), one.us.front(), one.us[one.us.size() / 2]);
  }
  std::filesystem::remove_all(root);
  if (!good) std::puts("an answer was not as expected");
  return good ? 0 : 1;
}
