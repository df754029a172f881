#include "sandbox/base_record.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <optional>

#include "sandbox/putting.h"
#include "sandbox/remove_tree.h"

namespace checkrein::sandbox {

namespace {

constexpr char kSetAside[] = "work-before";
constexpr size_t kMaxMark = 256;  // bytes
// A mark is written over the one before, all of it: emptying a file that has blocks, and filling it anew, is what ext4 writes out at once when it is closed.
constexpr size_t kMarkBytes = 128;

// State letter and start time of a process; nothing when it does not exist. proc(5): fields 3 and 22, counted after the name.
struct Life {
  char state = 0;
  std::string start;
};
std::optional<Life> LifeOf(const std::string& pid) {
  const Result<std::string> stat = ReadFile("/proc/" + pid + "/stat", 4096);
  if (!stat) return std::nullopt;
  size_t at = stat->rfind(')');
  if (at == std::string::npos || at + 2 >= stat->size()) return std::nullopt;
  Life life{(*stat)[at + 2], ""};
  for (int field = 3; field <= 22 && at != std::string::npos; ++field) at = stat->find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  life.start = stat->substr(at + 1, stat->find(' ', at + 1) - at - 1);
  return life;
}

Result<std::string> BootId() { return ReadFile("/proc/sys/kernel/random/boot_id", kMaxMark); }
// "" when nothing runs.
Result<std::string> Mark(const Copy& copy) {
  Result<std::string> mark = ReadFile(copy.work + "/" + kRunningFile, kMaxMark);
  if (mark) mark->resize(mark->find_last_not_of(' ') + 1);
  return mark;
}
Status WriteMark(int file, std::string mark, const std::string& path) {
  mark.resize(kMarkBytes, ' ');
  return pwrite(file, mark.data(), mark.size(), 0) == static_cast<ssize_t>(mark.size()) ? Status(Done{}) : SystemError(path, errno);
}

// "BOOT\nPID START\n": whether that very process still lives, or is dying.
bool IsSpawnerAlive(const std::string& mark) {
  const size_t line = mark.find('\n');
  const size_t space = mark.find(' ', line == std::string::npos ? 0 : line);
  if (line == std::string::npos || space == std::string::npos || !mark.ends_with('\n')) return false;
  const std::optional<Life> life = LifeOf(mark.substr(line + 1, space - line - 1));
  return life && life->start == mark.substr(space + 1, mark.size() - space - 2) && life->state != 'Z' && life->state != 'X';
}

}  // namespace

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
  if (const Result<std::string> mark = Mark(copy); mark && IsSpawnerAlive(*mark)) {
    return Error{Error::Kind::kDenied, "copy: " + copy.upper + ": a session on it is just ending; try again"};
  }
  if (Status s = FinishPutting(copy); !s) return s.error();
  return held;
}

Status Recover(const Copy& copy) {
  const Result<Fd> held = HoldCopy(copy);
  return held || held.error().kind == Error::Kind::kDenied ? Status(Done{}) : Status(held.error());
}

Status RecordBeginning(const Copy& copy) {
  const std::string path = copy.work + "/" + kBeginningFile;
  if (access(path.c_str(), F_OK) == 0) return Done{};
  const Fd file(open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return SystemError(path, errno);
  // What was written before this call must not be later than it. The coarse clock stamps files; but since Linux 6.13 a file whose times
  // somebody looked at gets finer ones, which may be ahead of that clock, and no later stamp is below them: so the file's own stamp counts.
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  struct stat made{};
  if (fstat(file.get(), &made) != 0) return SystemError(path, errno);
  if (made.st_ctim.tv_sec > now.tv_sec || (made.st_ctim.tv_sec == now.tv_sec && made.st_ctim.tv_nsec > now.tv_nsec)) now = made.st_ctim;
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

Result<bool> WasTorn(const Copy& copy) {
  const Result<std::string> marked = Mark(copy);
  if (!marked) return marked.error().kind == Error::Kind::kNotFound ? Result<bool>(false) : Result<bool>(marked.error());
  if (marked->empty()) return false;
  const Result<std::string> now = BootId();
  if (!now) return now.error();
  return !marked->starts_with(*now);
}

Status PrepareWork(const Copy& copy) {
  const Result<bool> torn = WasTorn(copy);
  if (!torn) return torn.error();
  if (*torn) return Error{Error::Kind::kIo, "copy: " + copy.upper + ": " + kTorn + "; look at its changes, save what you need, discard it"};
  const std::string left = copy.work + "/work", aside = copy.work + "/" + kSetAside;
  if (renameat2(AT_FDCWD, left.c_str(), AT_FDCWD, aside.c_str(), RENAME_NOREPLACE) == 0 || errno == ENOENT) return Done{};
  if (errno != EEXIST) return SystemError("copy: " + left, errno);
  if (Status s = RemoveSetAside(copy); !s) return s;  // of a start that was cut short
  return rename(left.c_str(), aside.c_str()) == 0 ? Status(Done{}) : SystemError("copy: " + left, errno);
}

Status RemoveSetAside(const Copy& copy) {
  const Fd work(open(copy.work.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!work.valid()) return SystemError("copy: " + copy.work, errno);
  return RemoveTree(work.get(), kSetAside);
}

Status MarkRunning(const Copy& copy, int spawner) {
  const Result<std::string> boot = BootId();
  if (!boot) return boot.error();
  const std::optional<Life> life = LifeOf(std::to_string(spawner));
  const std::string path = copy.work + "/" + kRunningFile;
  const Fd mark(open(path.c_str(), O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!life || !mark.valid()) return Error{Error::Kind::kIo, path + ": the mark of a running session cannot be written"};
  if (Status s = WriteMark(mark.get(), *boot + std::to_string(spawner) + " " + life->start + "\n", path); !s) return s;
  // On its way to the disk before anything of the session is; nobody waits for it. Some file systems do not know how: they write it when they like.
  [[maybe_unused]] const int begun = sync_file_range(mark.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  return Done{};
}

// Blanked, not removed: making a file is what a start would wait for where many were deleted lately (ext4 does not use their inodes again soon,
// and looks at each).
void ClearRunning(const Copy& copy) {
  const std::string path = copy.work + "/" + kRunningFile;
  const Fd mark(open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  if (mark.valid()) (void)WriteMark(mark.get(), "", path);  // not there: nothing ran
}

}  // namespace checkrein::sandbox
