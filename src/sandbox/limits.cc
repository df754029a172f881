#include "sandbox/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include "base/path.h"
#include "sandbox/image.h"
#include "sandbox/steps.h"

namespace checkrein::sandbox {
namespace {

constexpr char kVersion2[] = "/sys/fs/cgroup";
constexpr char kPrefix[] = "checkrein-";
constexpr size_t kMaxText = 64u << 10;

bool HasWord(const Result<std::string>& text, std::string_view word) {
  if (!text) return false;
  const std::string padded = " " + text->substr(0, text->find('\n')) + " ";
  return padded.find(" " + std::string(word) + " ") != std::string::npos;
}

bool IsMarked(const std::string& group) {
  char value[8] = {};
  for (const char* name : {"trusted.delegate", "user.delegate"}) {  // systemd's mark
    if (getxattr(group.c_str(), name, value, sizeof value) == 1 && value[0] == '1') return true;
  }
  return false;
}

bool MayDivide(const std::string& group) {
  struct stat info{};
  if (stat(group.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != geteuid()) return false;
  if (geteuid() == 0 && !IsMarked(group)) return false;  // everything is root's
  const Result<std::string> given = ReadFile(group + "/cgroup.subtree_control", kMaxText);
  return HasWord(given, "memory") && HasWord(given, "pids") && access((group + "/cgroup.procs").c_str(), W_OK) == 0;
}

// An empty group goes; one in which somebody lives the kernel keeps.
void Sweep(const std::string& group) {
  const std::unique_ptr<DIR, int (*)(DIR*)> names(opendir(group.c_str()), closedir);
  if (names == nullptr) return;
  while (const dirent* entry = readdir(names.get())) {
    if (entry->d_type == DT_DIR && std::string_view(entry->d_name).starts_with(kPrefix)) unlinkat(dirfd(names.get()), entry->d_name, AT_REMOVEDIR);
  }
}

// A group's files are the kernel's, who lets nobody make another: O_CREAT is for the tests' plain directories.
bool Put(const Fd& directory, const char* file, uint64_t value) {
  const Fd at(openat(directory.get(), file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  return at.valid() && WriteAll(at.get(), std::to_string(value)).ok();
}

}  // namespace

bool HasPidMax(const std::string& release) {
  int major = 0, minor = 0;
  const char* end = release.data() + release.size();
  const auto [dot, bad] = std::from_chars(release.data(), end, major);
  if (bad != std::errc() || dot == end || *dot != '.') return false;
  return std::from_chars(dot + 1, end, minor).ec == std::errc() && (major > 6 || (major == 6 && minor >= 14));
}
bool HasPidMax() {
  utsname name{};
  return uname(&name) == 0 && HasPidMax(name.release);
}

int LimitProcesses(uint64_t most) {
  char text[12];
  const char* end = Decimal(text, static_cast<unsigned>(std::min<uint64_t>(most, 1u << 22)));
  // Whose setting it is goes by the caller's namespace, whichever /proc it is reached through. In a container the host's is mostly read-only.
  int file = open("/proc/sys/kernel/pid_max", O_WRONLY | O_CLOEXEC);
  if (file < 0) {
    const int proc = DetachedProc(0);
    if (proc < 0) return -proc;
    file = openat(proc, "sys/kernel/pid_max", O_WRONLY | O_CLOEXEC);
    const int error = errno;
    close(proc);
    if (file < 0) return error;
  }
  const int error = write(file, text, static_cast<size_t>(end - text)) < 0 ? errno : 0;
  close(file);
  return error;
}

std::optional<ControlGroup> ControlGroup::Make(const std::string& mount, const std::string& own, uint64_t memory_bytes, uint64_t processes) {
  for (std::string group = NormalizePath(own, "/"); group != "/"; group = std::string(DirName(group))) {
    if (!MayDivide(mount + group)) continue;
    Sweep(mount + group);
    std::string path = mount + group + "/" + kPrefix + std::to_string(getpid()) + "-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) return std::nullopt;
    ControlGroup made(path, Fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    if (!Put(made.directory_, "memory.max", memory_bytes) || !Put(made.directory_, "pids.max", processes)) return std::nullopt;
    (void)Put(made.directory_, "memory.swap.max", 0);  // where there is no swap, there is no such file
    return made;
  }
  return std::nullopt;
}

std::optional<ControlGroup> ControlGroup::Make(uint64_t memory_bytes, uint64_t processes) {
  if (access((std::string(kVersion2) + "/cgroup.controllers").c_str(), R_OK) != 0) return std::nullopt;
  const Result<std::string> own = ReadFile("/proc/self/cgroup", kMaxText);
  const size_t line = own ? own->find("0::/") : std::string::npos;  // the line of version 2
  if (line == std::string::npos || (line != 0 && (*own)[line - 1] != '\n')) return std::nullopt;
  return Make(kVersion2, own->substr(line + 3, own->find('\n', line) - line - 3), memory_bytes, processes);
}

ControlGroup::ControlGroup(ControlGroup&& other) noexcept : path_(std::exchange(other.path_, "")), directory_(std::move(other.directory_)) {}
ControlGroup& ControlGroup::operator=(ControlGroup&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(directory_, other.directory_);
  return *this;
}
ControlGroup::~ControlGroup() {
  if (!path_.empty()) rmdir(path_.c_str());
}

std::string LimitsInWords() {
  const std::string processes = HasPidMax() ? "processes of a session by its pid namespace" : geteuid() == 0 ? "processes not for root (Linux 6.14)" : "processes of a user by resource limit";
  const bool group = ControlGroup::Make(uint64_t{1} << 40, uint64_t{1} << 20).has_value();
  return processes + "; memory " + (group ? "by a control group" : "not (no control group is delegated to this user); short of memory, the kernel takes a session's program first") + "; processor time of each process of a command by resource limit";
}

}  // namespace checkrein::sandbox
