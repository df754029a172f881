#include "monitor/ended_runs.h"

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "monitor/channel.h"

namespace checkrein::monitor {
namespace {

constexpr int64_t kStartsWithinMs = 500;  // between a socket's being made and its being listened at

bool NobodyListens(const std::string& socket, int64_t now_ms) {
  struct stat info{};
  if (lstat(socket.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const int64_t made_ms = int64_t{info.st_ctim.tv_sec} * 1000 + info.st_ctim.tv_nsec / 1'000'000;
  if (const int64_t age_ms = now_ms - made_ms; age_ms >= 0 && age_ms < kStartsWithinMs) return false;
  return !ConnectTo(socket).ok();
}

}  // namespace

std::vector<std::string> TakeEndedRuns(const std::string& control, int64_t now_ms) {
  std::vector<std::string> names, out;
  DIR* opened = opendir(control.c_str());
  if (opened == nullptr) return out;
  while (const dirent* entry = readdir(opened))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  closedir(opened);
  for (std::string& name : names) {
    const std::string directory = control + "/" + name;
    // Of several who look, the one that takes the socket away tells it.
    if (!NobodyListens(directory + "/control", now_ms) || unlink((directory + "/control").c_str()) != 0) continue;
    unlink((directory + "/inside").c_str());
    rmdir(directory.c_str());
    out.push_back(std::move(name));
  }
  return out;
}

}  // namespace checkrein::monitor
