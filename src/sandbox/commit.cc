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
#include "sandbox/hooks.h"
#include "sandbox/keeper.h"
#include "sandbox/putting.h"
#include "sandbox/remove_tree.h"
#include "sandbox/shared.h"

namespace checkrein::sandbox {
namespace {

enum class Live : bool { kNo, kYes };
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
  // Of a live copy the upper layer is only read.
  Committer(Fd upper, Fd lower, Moment began, SharedPaths* shared, Live live, Keeper* keeper, const JudgedContents& judged, const Copy& copy)
      : upper_(std::move(upper)), lower_(std::move(lower)), began_(began), shared_(shared), live_(live), keeper_(keeper), judged_(judged), note_(copy) {}
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
  std::string CopyFile(const Place& place, const std::string& path, const std::string& temporary);
  std::string CheckJudged(const std::string& path, int copied) const;
  std::string ClearWay(const Place& place, const Change& change);
  Result<Place> Open(const std::string& path) const;
  bool IsUnderLeft(const std::string& path) const;

  std::string NoteShared(const Place& place, const std::string& path);
  std::string NotePutting(const Place& place, const std::string& path, const std::string& temporary, uint64_t made);
  std::string Replace(const Place& place, const Change& change, const std::string& temporary);
  bool IsNewer(const std::string& path, const struct stat& now) const;
  bool live() const { return live_ == Live::kYes; }

  Fd upper_, lower_;
  Moment began_;
  SharedPaths* shared_;
  Live live_;
  Keeper* keeper_;
  const JudgedContents& judged_;
  std::vector<Change> directories_;  // made or changed: their modes and times are set when their contents are in
  std::string left_directory_;       // of the last directory that was left: what lies beneath it is left too
  PutNote note_;
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
  if (there && !merged && IsNewer(change.path, now)) return "changed in the workspace meanwhile";
  if (change.kind == ChangeKind::kDeleted) return Remove(*place, change);
  return change.type == ChangeType::kDirectory ? PutDirectory(*place, change) : PutFile(*place, change);
}

bool Committer::IsNewer(const std::string& path, const struct stat& now) const {
  if (const SharedPath* known = shared_->Find(path)) return known->lower != SideOf(now);
  return now.st_ctim.tv_sec > began_.seconds || (now.st_ctim.tv_sec == began_.seconds && now.st_ctim.tv_nsec > began_.nanoseconds);
}

// Both sides of `path` and of its directory as they are now.
std::string Committer::NoteShared(const Place& place, const std::string& path) {
  const auto side = [](int directory, const char* name) {
    struct stat info{};
    return fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0 ? SideOf(info) : Side{};
  };
  const std::string parent = Parent(path);
  if (!parent.empty() && shared_->Find(parent) == nullptr) {
    if (const Status noted = shared_->Note(parent, {{}, side(place.lower.get(), "")}); !noted) return noted.error().text;
  }
  const Side lower = side(place.lower.get(), place.name.c_str());
  const Status noted = shared_->Note(path, {lower.inode == 0 ? Side{} : side(place.upper.get(), place.name.c_str()), lower});
  return noted ? "" : noted.error().text;
}

std::string Committer::Remove(const Place& place, const Change& change) {
  if (keeper_ != nullptr) {
    if (const Status kept = keeper_->KeepTree(place.lower.get(), place.name, change.path); !kept) return kept.error().text;
  }
  if (const Status removed = RemoveTree(place.lower.get(), place.name.c_str()); !removed) return removed.error().text;
  // In a directory that was made by a commit there is no mark.
  if (!live()) return unlinkat(place.upper.get(), place.name.c_str(), 0) == 0 || errno == ENOENT ? "" : Reason("its mark in the copy");
  std::vector<std::string> below;
  for (auto at = shared_->Below(change.path); at != shared_->end() && at->first.starts_with(change.path + "/"); ++at) below.push_back(at->first);
  for (const std::string& path : below) {
    if (const Status noted = shared_->Note(path, {}); !noted) return noted.error().text;
  }
  return NoteShared(place, change.path);
}

// For what is of another type than before.
std::string Committer::ClearWay(const Place& place, const Change& change) {
  if (change.kind != ChangeKind::kReplaced) return "";
  if (keeper_ != nullptr) {
    if (const Status kept = keeper_->KeepTree(place.lower.get(), place.name, change.path); !kept) return kept.error().text;
  }
  const Status removed = RemoveTree(place.lower.get(), place.name.c_str());
  return removed ? "" : removed.error().text;
}

std::string Committer::PutDirectory(const Place& place, const Change& change) {
  if (std::string why = ClearWay(place, change); !why.empty()) return why;
  if (change.kind != ChangeKind::kModified && mkdirat(place.lower.get(), place.name.c_str(), 0700) != 0) return Reason("mkdir");
  // From now on the lower directory is the one the contents go to, and must show through.
  // On a live copy it must not: what the session deletes in it would come back from below. Set before anything is in the lower one.
  const Fd inside = OpenBeneath(place.upper.get(), place.name, O_RDONLY | O_DIRECTORY);
  if (live()) {
    if (change.kind != ChangeKind::kModified && (!inside.valid() || fsetxattr(inside.get(), "user.overlay.opaque", "y", 1, 0) != 0)) return Reason("its mark in the copy");
    if (change.kind != ChangeKind::kModified) {
      if (std::string why = NoteShared(place, change.path); !why.empty()) return why;
    }
  } else if (inside.valid()) fremovexattr(inside.get(), "user.overlay.opaque");
  directories_.push_back(change);
  return "";
}

std::string Committer::PutFile(const Place& place, const Change& change) {
  if (live()) {
    if (std::string why = ClearWay(place, change); !why.empty()) return why;
    return CopyAcross(place, change);
  }
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

// What is put in place, not what could be read once more from where the session writes.
std::string Committer::CheckJudged(const std::string& path, int copied) const {
  const auto judged = judged_.find(path);
  if (judged == judged_.end()) return "";
  const Result<std::string> content = lseek(copied, 0, SEEK_SET) == 0 ? ReadAll(copied, judged->second.size()) : Result<std::string>(SystemError("read", errno));
  return content && *content == judged->second ? "" : "was changed since it was judged";
}

// Data only, hole by hole: a file of 8 EiB with nothing in it costs nothing.
std::string Committer::CopyFile(const Place& place, const std::string& path, const std::string& temporary) {
  struct stat info{};
  if (fstatat(place.upper.get(), place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return Reason("read");
  if (!live() && (info.st_mode & S_IRUSR) == 0 && fchmodat(place.upper.get(), place.name.c_str(), 0600, 0) != 0) return Reason("read");
  // The session may have put something else there meanwhile: a fifo, say, whose open would wait for a writer.
  const Fd from = OpenBeneath(place.upper.get(), place.name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat opened{};
  if (!from.valid() || fstat(from.get(), &opened) != 0) return Reason("read");
  if (!S_ISREG(opened.st_mode)) return "is no file any more";
  // Without a name while it is written: whoever kills us then leaves nothing behind. Not every file system can.
  Fd to(openat(place.lower.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const bool nameless = to.valid();
  if (!nameless) {
    if (std::string why = NotePutting(place, path, temporary, 0); !why.empty()) return why;
    to = Fd(openat(place.lower.get(), temporary.c_str(), O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600));
  }
  struct stat made{};
  if (!to.valid() || fstat(to.get(), &made) != 0) return Reason("write");
  if (std::string why = NotePutting(place, path, temporary, made.st_ino); !why.empty()) return why;
  for (off_t at = 0; at < info.st_size;) {
    const off_t data = lseek(from.get(), at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    off_t end = data < 0 ? -1 : lseek(from.get(), data, SEEK_HOLE);
    if (end < 0) return Reason("read");
    if (std::string why = CopyData(from.get(), to.get(), data, end); !why.empty()) return why;
    at = end;
  }
  struct stat after{};
  if (live() && (fstat(from.get(), &after) != 0 || SideOf(after) != SideOf(info))) return "is being written";
  if (std::string why = CheckJudged(path, to.get()); !why.empty()) return why;
  if (ftruncate(to.get(), info.st_size) != 0 || fchmod(to.get(), info.st_mode & kKeptMode) != 0) return Reason("write");
  const timespec times[] = {info.st_atim, info.st_mtim};
  if (futimens(to.get(), times) != 0) return Reason("times");
  const std::string nameless_path = "/proc/self/fd/" + std::to_string(to.get());
  return !nameless || linkat(AT_FDCWD, nameless_path.c_str(), place.lower.get(), temporary.c_str(), AT_SYMLINK_FOLLOW) == 0 ? "" : Reason("write");
}

std::string Committer::NotePutting(const Place& place, const std::string& path, const std::string& temporary, uint64_t made) {
  const struct stat& old = place.before;
  const Status noted = note_.Write({Parent(path), temporary, place.name, made, old.st_ino, old.st_size, old.st_mtim.tv_sec, old.st_mtim.tv_nsec});
  return noted ? "" : noted.error().text;
}

std::string Committer::CopyAcross(const Place& place, const Change& change) {
  const std::string temporary = ".checkrein-commit-" + std::to_string(getpid()) + "-" + std::to_string(counter_++);
  std::string why;
  if (change.type == ChangeType::kLink) {
    if (why = NotePutting(place, change.path, temporary, 0); !why.empty()) return why;
    if (symlinkat(change.link_target.c_str(), place.lower.get(), temporary.c_str()) != 0) return Reason("link");
    struct stat made{};
    why = fstatat(place.lower.get(), temporary.c_str(), &made, AT_SYMLINK_NOFOLLOW) == 0 ? NotePutting(place, change.path, temporary, made.st_ino) : Reason("link");
  } else {
    why = CopyFile(place, change.path, temporary);
  }
  if (live()) {
    if (why.empty()) why = Replace(place, change, temporary);
    unlinkat(place.lower.get(), temporary.c_str(), 0);
    return why.empty() ? NoteShared(place, change.path) : why;
  }
  const unsigned flags = change.kind == ChangeKind::kModified ? 0 : RENAME_NOREPLACE;
  if (why.empty() && renameat2(place.lower.get(), temporary.c_str(), place.lower.get(), place.name.c_str(), flags) != 0) why = Reason("rename");
  if (!why.empty()) {
    unlinkat(place.lower.get(), temporary.c_str(), 0);
    return why;
  }
  return unlinkat(place.upper.get(), place.name.c_str(), 0) == 0 ? "" : Reason("its copy");
}

// Puts the temporary file in place. What stood there comes out by an exchange, so that an edit made after the last look can be put back. It is kept, and
// what happens is noted, before that: what cannot be undone is not done, and the old file stands under the temporary name for a moment only.
std::string Committer::Replace(const Place& place, const Change& change, const std::string& temporary) {
  const bool modified = change.kind == ChangeKind::kModified;
  const int lower = place.lower.get();
  json::Value before, after;
  before.Set("type", "none");
  if (keeper_ != nullptr) {
    if (modified) {  // for kReplaced KeepTree has told what was there
      const Result<json::Value> old = keeper_->Look(lower, place.name, true);
      if (!old) return old.error().text;
      before = *old;
    }
    const Result<json::Value> made = keeper_->Look(lower, temporary, false);
    if (!made) return made.error().text;
    after = *made;
    if (const Status noted = keeper_->Note(change.path, before, after); !noted) return noted.error().text;
  }
  AtPoint(Point::kLinked);
  const auto rename = [&](unsigned flags) { return renameat2(lower, temporary.c_str(), lower, place.name.c_str(), flags) == 0; };
  const auto not_done = [&](std::string why) {  // the last line of a path tells how it was left
    if (keeper_ != nullptr) (void)keeper_->Note(change.path, after, before);
    return why;
  };
  if (!rename(modified ? RENAME_EXCHANGE : RENAME_NOREPLACE)) return not_done(Reason("rename"));
  if (!modified) return "";
  AtPoint(Point::kExchanged);
  struct stat replaced{};
  if (fstatat(lower, temporary.c_str(), &replaced, AT_SYMLINK_NOFOLLOW) != 0) return Reason("replaced file");
  if (IsSame(replaced, place.before)) return "";
  return rename(RENAME_EXCHANGE) ? not_done("changed in the workspace meanwhile") : Reason("rename");
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
    json::Value before;
    before.Set("type", "none");
    if (keeper_ != nullptr && it->kind == ChangeKind::kModified) {
      const Result<json::Value> looked = keeper_->Look(place->lower.get(), place->name, false);
      if (looked) before = *looked;
    }
    if (!made.valid() || fchmod(made.get(), it->mode & kKeptMode) != 0) {
      report.left.push_back({it->path, Reason("mode")});
      continue;
    }
    if (it->kind != ChangeKind::kModified) futimens(made.get(), times);
    if (keeper_ != nullptr) {
      const Result<json::Value> after = keeper_->Look(place->lower.get(), place->name, false);
      const Status kept = after ? keeper_->Note(it->path, before, *after) : Status(after.error());
      if (!kept) report.left.push_back({it->path, kept.error().text});
    }
    if (live()) {
      if (std::string why = NoteShared(*place, it->path); !why.empty()) report.left.push_back({it->path, std::move(why)});
      continue;
    }
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
  if (status) status = SharedPaths::Forget(copy);
  if (status && unlink((copy.work + "/" + kBeginningFile).c_str()) != 0 && errno != ENOENT) return SystemError("commit: " + copy.work, errno);
  return status;
}

Result<CommitReport> Run(const Copy& copy, const std::vector<std::string>* only, Live live, Keeper* keeper, const JudgedContents& judged = {}) {
  const Result<Fd> held = live == Live::kYes ? Result<Fd>(Fd()) : HoldCopy(copy);
  if (!held) return held.error();
  Result<SharedPaths> shared = SharedPaths::Load(copy);
  if (!shared) return shared.error();
  const Result<std::vector<Change>> changes = Changes(copy);
  if (!changes) return changes.error();
  const Result<Moment> began = Beginning(copy);
  if (!began) return began.error();
  std::set<std::string> wanted;
  if (only != nullptr) {
    std::set<std::string> known;
    for (const Change& change : *changes) known.insert(change.path);
    for (const std::string& path : *only) {
      if (live == Live::kNo && !known.contains(path)) return Error{Error::Kind::kNotFound, "commit: " + path + ": not among the changes"};
      for (std::string at = path; !at.empty(); at = Parent(at)) wanted.insert(at);
    }
  }
  Fd upper(open(copy.upper.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  Fd lower(open(copy.workspace.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!upper.valid() || !lower.valid()) return SystemError("commit: " + copy.workspace, errno);
  Committer committer(std::move(upper), std::move(lower), *began, &*shared, live, keeper, judged, copy);
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

Result<CommitReport> CommitAll(const Copy& copy) { return Run(copy, nullptr, Live::kNo, nullptr); }
Result<CommitReport> Commit(const Copy& copy, const std::vector<std::string>& paths) { return Run(copy, &paths, Live::kNo, nullptr); }
Result<CommitReport> CommitLive(const Copy& copy, const std::vector<std::string>& paths, Keeper* keeper, const JudgedContents& judged) { return Run(copy, &paths, Live::kYes, keeper, judged); }

}  // namespace checkrein::sandbox
