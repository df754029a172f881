#include "sandbox/exec_listener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/path.h"

namespace checkrein::sandbox {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kMaxPath = 4096;  // PATH_MAX: a longer one the kernel refuses
constexpr size_t kPiece = 128;     // most strings are shorter

// A text of another process, up to its NUL or `cap` bytes. Nothing when it cannot be read. Never reads across a page whose successor may be missing.
std::optional<std::string> TextAt(int memory, uint64_t address, size_t cap) {
  std::string text;
  while (text.size() < cap) {
    char piece[kPiece];
    const size_t want = std::min({sizeof piece, cap - text.size(), kPage - static_cast<size_t>(address % kPage)});
    const ssize_t n = pread(memory, piece, want, static_cast<off_t>(address));
    if (n <= 0) return std::nullopt;
    const auto* end = static_cast<const char*>(memchr(piece, '\0', static_cast<size_t>(n)));
    text.append(piece, end == nullptr ? static_cast<size_t>(n) : static_cast<size_t>(end - piece));
    if (end != nullptr) break;
    address += static_cast<uint64_t>(n);
  }
  return text;
}

void ReadArguments(int memory, uint64_t table, ExecAttempt& attempt) {
  uint64_t pointers[kMaxExecArguments + 1] = {};
  size_t bytes = 0;
  if (table == 0) return;
  // Up to the end of the page first: the table may be the last thing on it.
  const size_t first = std::min(sizeof pointers, kPage - static_cast<size_t>(table % kPage));
  ssize_t have = pread(memory, pointers, first, static_cast<off_t>(table));
  if (have == static_cast<ssize_t>(first) && first < sizeof pointers) {
    const ssize_t more = pread(memory, reinterpret_cast<char*>(pointers) + first, sizeof pointers - first, static_cast<off_t>(table + first));
    if (more > 0) have += more;
  }
  const size_t count = have > 0 ? static_cast<size_t>(have) / sizeof pointers[0] : 0;
  for (size_t i = 0; i < count && pointers[i] != 0; ++i) {
    const std::optional<std::string> text = i < kMaxExecArguments && bytes < kMaxExecArgumentBytes ? TextAt(memory, pointers[i], kMaxExecArgumentBytes - bytes) : std::nullopt;
    if (!text) {
      ++attempt.arguments_left_out;
      continue;
    }
    bytes += text->size() + 1;
    attempt.arguments.push_back(*text);
  }
}

std::string LinkAt(int directory, const char* name) {
  char text[kMaxPath];
  const ssize_t n = readlinkat(directory, name, text, sizeof text);
  return n > 0 ? std::string(text, static_cast<size_t>(n)) : std::string();
}

ImageId IdOf(const struct stat& info) { return {info.st_dev, info.st_ino}; }
ImageId IdAt(int directory, const char* name) {
  struct stat info{};
  return fstatat(directory, name, &info, 0) == 0 ? IdOf(info) : ImageId{};
}

// "/proc/self/fd/7", "/dev/fd/7", "/proc/12/exe": what leads through the process itself is asked of the process.
std::string OwnLink(std::string_view path) {
  if (path.starts_with("/dev/fd/")) return "fd/" + std::string(path.substr(8));
  if (!path.starts_with("/proc/")) return "";
  const size_t slash = path.find('/', 6);
  if (slash == std::string_view::npos) return "";
  const std::string_view rest = path.substr(slash + 1);
  const bool one = rest == "exe" || (rest.starts_with("fd/") && rest.find('/', 3) == std::string_view::npos);
  return one ? std::string(rest) : "";
}

ImageId FindProgram(int root, const std::string& path, Fd& file) {
  open_how how{};
  how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  file = Fd(static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
  if (!file.valid() && errno == EACCES) {  // executable, and not readable
    how.flags = O_PATH | O_CLOEXEC;
    file = Fd(static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
  }
  struct stat info{};
  if (!file.valid() || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || (info.st_mode & 0111) == 0) return {};
  return IdOf(info);
}

std::string InterpreterOf(const Fd& file) {
  char line[256];
  const ssize_t n = file.valid() ? pread(file.get(), line, sizeof line, 0) : -1;
  if (n < 3 || line[0] != '#' || line[1] != '!') return "";
  const std::string_view rest(line + 2, static_cast<size_t>(n) - 2);
  const size_t begin = rest.find_first_not_of(" \t");
  if (begin == std::string_view::npos || rest[begin] != '/') return "";
  return NormalizePath(rest.substr(begin, std::min(rest.find_first_of(" \t\n", begin), rest.size()) - begin), "/");
}

// Finds what the call names. Paths are followed below the session's root, where no link leads out.
void Resolve(const seccomp_data& call, int root, ExecAttempt& attempt) {
  const bool at = call.nr == SYS_execveat;
  const int process = attempt.process.get();
  const int directory = static_cast<int>(call.args[0]);
  std::string own;
  if (at && attempt.path.empty()) {
    own = "fd/" + std::to_string(directory);
  } else {
    const std::string base = at && directory != AT_FDCWD ? "fd/" + std::to_string(directory) : "cwd";
    if (!attempt.path.starts_with('/')) attempt.path = NormalizePath(attempt.path, LinkAt(process, base.c_str()));
    own = OwnLink(attempt.path);
  }
  if (!own.empty()) {
    attempt.path = LinkAt(process, own.c_str());
    attempt.target_id = IdAt(process, own.c_str());
  } else {
    attempt.path = NormalizePath(attempt.path, "/");
    Fd file;
    attempt.target_id = FindProgram(root, attempt.path, file);
    attempt.interpreter = InterpreterOf(file);
    if (!attempt.interpreter.empty()) attempt.interpreter_id = FindProgram(root, attempt.interpreter, file);
  }
  attempt.exists = attempt.target_id.inode != 0;
}

void LookAt(const seccomp_notif& notice, int root, ExecAttempt& attempt) {
  attempt.look = ExecAttempt::Look::kUnreadable;
  attempt.process = Fd(open(("/proc/" + std::to_string(notice.pid)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!attempt.process.valid()) return;
  const Fd memory(openat(attempt.process.get(), "mem", O_RDONLY | O_CLOEXEC));
  if (!memory.valid()) return;
  const bool at = notice.data.nr == SYS_execveat;
  std::optional<std::string> path = TextAt(memory.get(), notice.data.args[at ? 1 : 0], kMaxPath);
  if (!path) return;
  attempt.path = std::move(*path);
  ReadArguments(memory.get(), notice.data.args[at ? 2 : 1], attempt);
  attempt.caller = LinkAt(attempt.process.get(), "exe");
  attempt.caller_id = IdAt(attempt.process.get(), "exe");
  Resolve(notice.data, root, attempt);
  attempt.look = ExecAttempt::Look::kRead;
}

bool IsRename(int number) {
#ifdef SYS_rename
  if (number == SYS_rename) return true;
#endif
  return number == SYS_renameat || number == SYS_renameat2;
}

// What is never let go on; "" for the rest. A call that is not known here is none that was asked to be told: refused as well.
std::string_view RefusedCall(int number) {
  switch (number) {
    case SYS_execve:
    case SYS_execveat: return "";
    case SYS_ptrace: return "ptrace";
    case SYS_process_vm_readv: return "process_vm_readv";
    case SYS_process_vm_writev: return "process_vm_writev";
    case SYS_pidfd_getfd: return "pidfd_getfd";
    case SYS_setns: return "setns";
    case SYS_mount: return "mount";
    case SYS_bpf: return "bpf";
    case SYS_kill: return "signal to init";
    default: return IsRename(number) ? "" : "a call that is not told";
  }
}

// Fills `attempt` when the call would rename a directory.
void LookAtRename(const seccomp_notif& notice, int root, ExecAttempt& attempt) {
  attempt.call = ExecAttempt::Call::kRenameDirectory;
  const bool at = notice.data.nr == SYS_renameat || notice.data.nr == SYS_renameat2;
  attempt.process = Fd(open(("/proc/" + std::to_string(notice.pid)).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Fd memory(attempt.process.valid() ? openat(attempt.process.get(), "mem", O_RDONLY | O_CLOEXEC) : -1);
  const std::optional<std::string> path = memory.valid() ? TextAt(memory.get(), notice.data.args[at ? 1 : 0], kMaxPath) : std::nullopt;
  if (!path || path->empty()) return;
  const int directory = static_cast<int>(notice.data.args[0]);
  const std::string base = at && directory != AT_FDCWD ? "fd/" + std::to_string(directory) : "cwd";
  attempt.path = NormalizePath(*path, path->starts_with('/') ? "/" : LinkAt(attempt.process.get(), base.c_str()));
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const Fd found(static_cast<int>(syscall(SYS_openat2, root, attempt.path.c_str(), &how, sizeof how)));
  attempt.exists = found.valid();
  attempt.look = ExecAttempt::Look::kRead;
}

}  // namespace

ExecAttempt::After ExecAttempt::LookAgain() const {
  const ImageId id = IdAt(process.get(), "exe");
  if (id.inode == 0) return {};
  const bool as_claimed = id == target_id || id == interpreter_id;
  if (id == caller_id && !as_claimed) return {After::What::kSame, {}};
  return {as_claimed ? After::What::kAsClaimed : After::What::kOther, LinkAt(process.get(), "exe")};
}

std::optional<ExecAttempt> ExecListener::Next() {
  while (listener_.valid()) {
    pollfd now{listener_.get(), POLLIN, 0};
    if (poll(&now, 1, 0) <= 0) return std::nullopt;
    if ((now.revents & POLLIN) == 0) {
      listener_.Reset(-1);  // nobody is left who could execute anything
      return std::nullopt;
    }
    seccomp_notif notice{};
    if (ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &notice) != 0) {
      if (errno == EINTR || errno == ENOENT) continue;  // killed between poll and here
      return std::nullopt;
    }
    ExecAttempt attempt;
    const bool rename = IsRename(notice.data.nr);
    if (const std::string_view refused = RefusedCall(notice.data.nr); !refused.empty()) {
      seccomp_notif_resp refuse{};
      refuse.id = notice.id;
      refuse.error = -EPERM;
      [[maybe_unused]] const int sent = ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &refuse);  // fails when it was killed meanwhile
      attempt.call = ExecAttempt::Call::kRefused;
      attempt.look = ExecAttempt::Look::kRead;
      attempt.refused = refused;
      return attempt;
    }
    if (started_) {
      rename ? LookAtRename(notice, root_, attempt) : LookAt(notice, root_, attempt);
      if (ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &notice.id) != 0) {
        attempt = {};
        attempt.look = ExecAttempt::Look::kWithdrawn;
      }
    }
    seccomp_notif_resp go_on{};
    go_on.id = notice.id;
    go_on.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &go_on) != 0) attempt.look = ExecAttempt::Look::kWithdrawn;
    if (!std::exchange(started_, true) || (rename && !attempt.exists)) continue;
    return attempt;
  }
  return std::nullopt;
}

}  // namespace checkrein::sandbox
