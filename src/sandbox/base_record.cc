#include "sandbox/base_record.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <charconv>

#include "sandbox/remove_tree.h"

namespace checkrein::sandbox {

Result<Fd> HoldCopy(const Copy& copy) {
  for (const std::string* layer : {&copy.upper, &copy.work}) {
    struct stat info{};
    if (lstat(layer->c_str(), &info) != 0) return SystemError("copy: " + *layer, errno);
    if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077) != 0) {
      return Error{Error::Kind::kInvalid, "copy: " + *layer + ": must be a directory of the caller's, mode 0700"};
    }
  }
  Fd held(open(copy.work.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!held.valid()) return SystemError("copy: " + copy.work, errno);
  if (flock(held.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{Error::Kind::kDenied, "copy: " + copy.upper + ": a session is still running on it; end it first"};
  }
  return held;
}

Status RecordBeginning(const Copy& copy) {
  const std::string path = copy.work + "/" + kBeginningFile;
  if (access(path.c_str(), F_OK) == 0) return Done{};
  // The coarse clock is the one that stamps files: what was written before this call is not later than it.
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  const Fd file(open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return SystemError(path, errno);
  return WriteAll(file.get(), std::to_string(now.tv_sec) + " " + std::to_string(now.tv_nsec) + "\n");
}

Result<Moment> Beginning(const Copy& copy) {
  const Result<std::string> text = ReadFile(copy.work + "/" + kBeginningFile, 64);
  if (!text) return text.error();
  Moment moment;
  const char* end = text->data() + text->size();
  const auto [space, bad] = std::from_chars(text->data(), end, moment.seconds);
  if (bad != std::errc() || space == end || *space != ' ' || std::from_chars(space + 1, end, moment.nanoseconds).ec != std::errc()) {
    return Error{Error::Kind::kInvalid, "copy: " + copy.work + "/" + kBeginningFile + ": damaged"};
  }
  return moment;
}

namespace {
Result<std::string> BootId() { return ReadFile("/proc/sys/kernel/random/boot_id", 64); }
}  // namespace

Result<bool> WasTorn(const Copy& copy) {
  const Result<std::string> marked = ReadFile(copy.work + "/" + kRunningFile, 64);
  if (!marked) return marked.error().kind == Error::Kind::kNotFound ? Result<bool>(false) : Result<bool>(marked.error());
  const Result<std::string> now = BootId();
  if (!now) return now.error();
  return *marked != *now;
}

Status MarkRunning(const Copy& copy) {
  const Result<bool> torn = WasTorn(copy);
  if (!torn) return torn.error();
  if (*torn) return Error{Error::Kind::kIo, "copy: " + copy.upper + ": " + kTorn + "; look at its changes, save what you need, discard it"};
  const Fd work(open(copy.work.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!work.valid()) return SystemError("copy: " + copy.work, errno);
  if (Status s = RemoveTree(work.get(), "work"); !s) return s;
  const Result<std::string> boot = BootId();
  if (!boot) return boot.error();
  const Fd mark(openat(work.get(), kRunningFile, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!mark.valid()) return SystemError("copy: " + copy.work, errno);
  return WriteAll(mark.get(), *boot);
}

void ClearRunning(const Copy& copy) { unlink((copy.work + "/" + kRunningFile).c_str()); }

}  // namespace checkrein::sandbox
