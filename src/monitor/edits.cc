#include "monitor/edits.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace checkrein::monitor {
namespace {

constexpr uint32_t kWanted = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR | IN_DONT_FOLLOW;
constexpr int kStep = 64;  // directories at once

std::string Join(const std::string& directory, const char* name) { return directory.empty() ? name : directory + "/" + name; }

}  // namespace

Edits::Edits(std::string workspace) : workspace_(std::move(workspace)), inotify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)), complete_(inotify_.valid()) {
  if (inotify_.valid()) to_watch_.push_back("");
}

void Edits::Watch(const std::string& directory) {
  const std::string path = directory.empty() ? workspace_ : workspace_ + "/" + directory;
  const int watch = watched_.size() < kMaxWatches ? inotify_add_watch(inotify_.get(), path.c_str(), kWanted) : -1;
  if (watch < 0) {
    if (access(path.c_str(), F_OK) == 0) complete_ = false;
    return;
  }
  watched_[watch] = directory;
  DIR* stream = opendir(path.c_str());
  if (stream == nullptr) return;
  while (const dirent* entry = readdir(stream)) {
    if (entry->d_type == DT_DIR && std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0) to_watch_.push_back(Join(directory, entry->d_name));
  }
  closedir(stream);
}

void Edits::Walk() {
  for (int i = 0; i < kStep && !to_watch_.empty(); ++i) {
    const std::string directory = std::move(to_watch_.front());
    to_watch_.pop_front();
    Watch(directory);
  }
}

std::set<std::string> Edits::Take() {
  std::set<std::string> touched;
  alignas(inotify_event) char buffer[16384];
  ssize_t n = 0;
  while ((n = read(inotify_.get(), buffer, sizeof buffer)) > 0) {
    for (ssize_t at = 0; at < n;) {
      inotify_event event{};
      std::memcpy(&event, buffer + at, sizeof event);
      const char* name = buffer + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_Q_OVERFLOW) != 0) complete_ = false;
      if ((event.mask & IN_IGNORED) != 0) watched_.erase(event.wd);
      const auto directory = watched_.find(event.wd);
      if (directory == watched_.end() || event.len == 0 || std::strncmp(name, ".checkrein-", 11) == 0) continue;
      const std::string path = Join(directory->second, name);
      touched.insert(path);
      // A new directory may have been filled before it is watched: all of it counts as touched.
      if ((event.mask & IN_ISDIR) != 0 && (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
        std::deque<std::string> inner = {path};
        while (!inner.empty() && touched.size() < kMaxWatches) {
          const std::string next = std::move(inner.front());
          inner.pop_front();
          Watch(next);
          DIR* stream = opendir((workspace_ + "/" + next).c_str());
          if (stream == nullptr) continue;
          while (const dirent* entry = readdir(stream)) {
            if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
            touched.insert(Join(next, entry->d_name));
            if (entry->d_type == DT_DIR) inner.push_back(Join(next, entry->d_name));
          }
          closedir(stream);
        }
      }
    }
  }
  return touched;
}

}  // namespace checkrein::monitor
