// Commit of a copy into its workspace. See changes.h.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/fd.h"
#include "base/path.h"
#include "sandbox/base_record.h"
#include "sandbox/beneath.h"
#include "sandbox/changes.h"
#include "sandbox/remove_tree.h"

namespace checkrein::sandbox {
namespace {

constexpr mode_t kKeptMode = 0777;  // never set-id or sticky bits

std::string Parent(const std::string& path) {
  const std::string_view parent = DirName(path);
  return parent == "." ? std::string() : std::string(parent);
}

std::string Reason(std::string_view what) { return std::string(what) + ": " + strerrordesc_np(errno); }

// The bytes from `at` to `end`, or to where the file ends now. copy_file_range(2) does not go between kinds of file systems, which is where this runs.
std::string CopyData(int from, int to, off_t at, off_t end) {
  char buffer[65536];
  while (at < end) {
    const ssize_t n = pread(from, buffer, std::min(sizeof buffer, static_cast<size_t>(end - at)), at);
    if (n == 0) return "";
    if (n < 0 || pwrite(to, buffer, static_cast<size_t>(n), at) != n) return Reason(n < 0 ? "read" : "write");
    at += n;
  }
  return "";
}

// One directory in both trees, and a name in it.
struct Place {
  Fd upper;
  Fd lower;
  std::string name;
  struct stat before = {};  // of what stands in the workspace; st_ino is 0 when nothing does
};

// Whether somebody wrote to it or put something else in its place. Not by ctime: a rename of our own changes that.
bool IsSame(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

class Committer {
 public:
  Committer(Fd upper, Fd lower, Moment began) : upper_(std::move(upper)), lower_(std::move(lower)), began_(began) {}
  void Apply(const Change& change);
  void Finish();
  CommitReport report;

 private:
  std::string Do(const Change& change);
  std::string Remove(const Place& place, const Change& change);
  std::string PutDirectory(const Place& place, const Change& change);
  std::string PutFile(const Place& place, const Change& change);
  std::string Exchange(const Place& place, const Change& change);
  std::string CopyAcross(const Place& place, const Change& change);
  std::string CopyFile(const Place& place, const std::string& temporary);
  std::string ClearWay(const Place& place, const Change& change);
  Result<Place> Open(const std::string& path) const;
  bool IsUnderLeft(const std::string& path) const;

  Fd upper_, lower_;
  Moment began_;
  std::vector<Change> directories_;  // made or changed: their modes and times are set when their contents are in
  std::string left_directory_;       // of the last directory that was left: what lies beneath it is left too
  unsigned counter_ = 0;
};

Result<Place> Committer::Open(const std::string& path) const {
  Place place{OpenBeneath(upper_.get(), Parent(path), O_PATH | O_DIRECTORY), OpenBeneath(lower_.get(), Parent(path), O_PATH | O_DIRECTORY),
              std::string(BaseName(path))};
  if (!place.upper.valid() || !place.lower.valid()) return SystemError("its directory", errno);
  return place;
}

bool Committer::IsUnderLeft(const std::string& path) const {
  return !left_directory_.empty() && path.size() > left_directory_.size() && path.starts_with(left_directory_) && path[left_directory_.size()] == '/';
}

void Committer::Apply(const Change& change) {
  std::string why = change.refused.empty() ? change.conflict : change.refused;
  if (why.empty() && IsUnderLeft(change.path)) why = "its directory was left";
  if (why.empty()) why = Do(change);
  if (why.empty()) {
    report.committed.push_back(change);
    return;
  }
  report.left.push_back({change.path, std::move(why)});
  // Below a directory whose mode alone could not be set, contents may still be committed.
  const bool merged = change.kind == ChangeKind::kModified;
  if (change.type == ChangeType::kDirectory && !merged && !IsUnderLeft(change.path)) left_directory_ = change.path;
}

std::string Committer::Do(const Change& change) {
  Result<Place> place = Open(change.path);
  if (!place) return place.error().text;
  // The last look: what was checked for conflicts must still be what is there.
  struct stat& now = place->before;
  const bool there = fstatat(place->lower.get(), place->name.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0;
  if (there == (change.kind == ChangeKind::kAdded)) return "changed in the workspace meanwhile";
  const bool merged = change.kind == ChangeKind::kModified && change.type == ChangeType::kDirectory;
  if (there && !merged && (now.st_ctim.tv_sec > began_.seconds || (now.st_ctim.tv_sec == began_.seconds && now.st_ctim.tv_nsec > began_.nanoseconds))) {
    return "changed in the workspace meanwhile";
  }
  if (change.kind == ChangeKind::kDeleted) return Remove(*place, change);
  return change.type == ChangeType::kDirectory ? PutDirectory(*place, change) : PutFile(*place, change);
}

std::string Committer::Remove(const Place& place, const Change&) {
  if (const Status removed = RemoveTree(place.lower.get(), place.name.c_str()); !removed) return removed.error().text;
  return unlinkat(place.upper.get(), place.name.c_str(), 0) == 0 ? "" : Reason("its mark in the copy");
}

// For what is of another type than before.
std::string Committer::ClearWay(const Place& place, const Change& change) {
  if (change.kind != ChangeKind::kReplaced) return "";
  const Status removed = RemoveTree(place.lower.get(), place.name.c_str());
  return removed ? "" : removed.error().text;
}

std::string Committer::PutDirectory(const Place& place, const Change& change) {
  if (std::string why = ClearWay(place, change); !why.empty()) return why;
  if (change.kind != ChangeKind::kModified && mkdirat(place.lower.get(), place.name.c_str(), 0700) != 0) return Reason("mkdir");
  // From now on the lower directory is the one the contents go to, and must show through.
  const Fd inside = OpenBeneath(place.upper.get(), place.name, O_RDONLY | O_DIRECTORY);
  if (inside.valid()) fremovexattr(inside.get(), "user.overlay.opaque");
  directories_.push_back(change);
  return "";
}

std::string Committer::PutFile(const Place& place, const Change& change) {
  if (change.type == ChangeType::kFile && fchmodat(place.upper.get(), place.name.c_str(), change.mode & kKeptMode, 0) != 0) return Reason("mode");
  const std::string path = "/proc/self/fd/" + std::to_string(place.upper.get()) + "/" + place.name;
  for (const char* attribute : {"user.overlay.origin", "user.overlay.impure", "user.overlay.nlink", "system.posix_acl_access"}) {
    lremovexattr(path.c_str(), attribute);  // most are not there
  }
  if (std::string why = ClearWay(place, change); !why.empty()) return why;
  if (change.kind == ChangeKind::kModified) return Exchange(place, change);
  if (renameat2(place.upper.get(), place.name.c_str(), place.lower.get(), place.name.c_str(), RENAME_NOREPLACE) == 0) return "";
  return errno == EXDEV ? CopyAcross(place, change) : Reason("rename");
}

// The two files change places, so that an edit made after the last look is in our hands and can be put back.
std::string Committer::Exchange(const Place& place, const Change& change) {
  const auto exchange = [&place] { return renameat2(place.upper.get(), place.name.c_str(), place.lower.get(), place.name.c_str(), RENAME_EXCHANGE) == 0; };
  if (!exchange()) return errno == EXDEV || errno == EINVAL ? CopyAcross(place, change) : Reason("rename");
  struct stat replaced{};
  if (fstatat(place.upper.get(), place.name.c_str(), &replaced, AT_SYMLINK_NOFOLLOW) != 0) return Reason("replaced file");
  if (!IsSame(replaced, place.before)) return exchange() ? "changed in the workspace meanwhile" : Reason("rename");
  return unlinkat(place.upper.get(), place.name.c_str(), 0) == 0 ? "" : Reason("replaced file");
}

// Data only, hole by hole: a file of 8 EiB with nothing in it costs nothing.
std::string Committer::CopyFile(const Place& place, const std::string& temporary) {
  struct stat info{};
  if (fstatat(place.upper.get(), place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return Reason("read");
  if ((info.st_mode & S_IRUSR) == 0 && fchmodat(place.upper.get(), place.name.c_str(), 0600, 0) != 0) return Reason("read");
  const Fd from = OpenBeneath(place.upper.get(), place.name, O_RDONLY);
  if (!from.valid()) return Reason("read");
  const Fd to(openat(place.lower.get(), temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to.valid()) return Reason("write");
  for (off_t at = 0; at < info.st_size;) {
    const off_t data = lseek(from.get(), at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    off_t end = data < 0 ? -1 : lseek(from.get(), data, SEEK_HOLE);
    if (end < 0) return Reason("read");
    if (std::string why = CopyData(from.get(), to.get(), data, end); !why.empty()) return why;
    at = end;
  }
  if (ftruncate(to.get(), info.st_size) != 0 || fchmod(to.get(), info.st_mode & kKeptMode) != 0) return Reason("write");
  const timespec times[] = {info.st_atim, info.st_mtim};
  return futimens(to.get(), times) == 0 ? "" : Reason("times");
}

std::string Committer::CopyAcross(const Place& place, const Change& change) {
  const std::string temporary = ".checkrein-commit-" + std::to_string(getpid()) + "-" + std::to_string(counter_++);
  std::string why;
  if (change.type == ChangeType::kLink) {
    if (symlinkat(change.link_target.c_str(), place.lower.get(), temporary.c_str()) != 0) return Reason("link");
  } else {
    why = CopyFile(place, temporary);
  }
  const unsigned flags = change.kind == ChangeKind::kModified ? 0 : RENAME_NOREPLACE;
  if (why.empty() && renameat2(place.lower.get(), temporary.c_str(), place.lower.get(), place.name.c_str(), flags) != 0) why = Reason("rename");
  if (!why.empty()) {
    unlinkat(place.lower.get(), temporary.c_str(), 0);
    return why;
  }
  return unlinkat(place.upper.get(), place.name.c_str(), 0) == 0 ? "" : Reason("its copy");
}

// Innermost first, so that a directory's time is set after its contents, and its write permission goes last.
void Committer::Finish() {
  for (auto it = directories_.rbegin(); it != directories_.rend(); ++it) {
    const Result<Place> place = Open(it->path);
    if (!place) continue;
    struct stat info{};
    if (fstatat(place->upper.get(), place->name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const Fd made = OpenBeneath(place->lower.get(), place->name, O_RDONLY | O_DIRECTORY);
    const timespec times[] = {info.st_atim, info.st_mtim};
    if (!made.valid() || fchmod(made.get(), it->mode & kKeptMode) != 0) {
      report.left.push_back({it->path, Reason("mode")});
      continue;
    }
    if (it->kind != ChangeKind::kModified) futimens(made.get(), times);
    unlinkat(place->upper.get(), place->name.c_str(), AT_REMOVEDIR);  // only when nothing was left in it
  }
}

// With nothing left, the copy is as new: the directories that were only passed through go, and the next session begins anew.
Status StartAfresh(const Copy& copy) {
  const Fd upper(open(copy.upper.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  DIR* stream = upper.valid() ? fdopendir(openat(upper.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) : nullptr;
  if (stream == nullptr) return SystemError("commit: " + copy.upper, errno);
  Status status = Done{};
  while (const dirent* entry = readdir(stream)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    status = RemoveTree(upper.get(), entry->d_name);
    if (!status) break;
  }
  closedir(stream);
  ClearRunning(copy);
  if (status && unlink((copy.work + "/" + kBeginningFile).c_str()) != 0 && errno != ENOENT) return SystemError("commit: " + copy.work, errno);
  return status;
}

Result<CommitReport> Run(const Copy& copy, const std::vector<std::string>* only) {
  const Result<Fd> held = HoldCopy(copy);
  if (!held) return held.error();
  const Result<std::vector<Change>> changes = Changes(copy);
  if (!changes) return changes.error();
  const Result<Moment> began = Beginning(copy);
  if (!began) return began.error();
  std::set<std::string> wanted;
  if (only != nullptr) {
    std::set<std::string> known;
    for (const Change& change : *changes) known.insert(change.path);
    for (const std::string& path : *only) {
      if (!known.contains(path)) return Error{Error::Kind::kNotFound, "commit: " + path + ": not among the changes"};
      for (std::string at = path; !at.empty(); at = Parent(at)) wanted.insert(at);
    }
  }
  Fd upper(open(copy.upper.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  Fd lower(open(copy.workspace.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!upper.valid() || !lower.valid()) return SystemError("commit: " + copy.workspace, errno);
  Committer committer(std::move(upper), std::move(lower), *began);
  for (const Change& change : *changes) {
    if (only == nullptr || wanted.contains(change.path)) committer.Apply(change);
  }
  committer.Finish();
  if (only == nullptr && committer.report.left.empty()) {
    if (Status s = StartAfresh(copy); !s) return s.error();
  }
  return std::move(committer.report);
}

}  // namespace

Result<CommitReport> CommitAll(const Copy& copy) { return Run(copy, nullptr); }
Result<CommitReport> Commit(const Copy& copy, const std::vector<std::string>& paths) { return Run(copy, &paths); }

}  // namespace checkrein::sandbox
