#include "sandbox/changes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "base/fd.h"
#include "sandbox/base_record.h"
#include "sandbox/beneath.h"
#include "sandbox/shared.h"

// How overlayfs writes things down in the upper layer, in a user namespace (Documentation/filesystems/overlayfs.rst in the kernel's sources):
// a deleted entry is a character device 0:0; a directory with user.overlay.opaque = "y" hides what the lower layer holds there; a directory
// without it is merged. Renames of lower directories (user.overlay.redirect), files without their content (user.overlay.metacopy) and whiteouts as
// attributes do not occur with our mount options: they are refused, not interpreted.

namespace checkrein::sandbox {
namespace {

constexpr mode_t kModeBits = 07777;

bool IsWhiteout(const struct stat& info) { return S_ISCHR(info.st_mode) && info.st_rdev == makedev(0, 0); }

ChangeType TypeOf(const struct stat& info) {
  if (S_ISREG(info.st_mode)) return ChangeType::kFile;
  if (S_ISDIR(info.st_mode)) return ChangeType::kDirectory;
  return S_ISLNK(info.st_mode) ? ChangeType::kLink : ChangeType::kOther;
}

std::optional<struct stat> StatOf(int directory, const std::string& name) {
  struct stat info{};
  if (directory < 0 || fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return info;
}

bool HasAttribute(int directory, const std::string& name, const char* attribute) {
  const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;  // there is no call that takes a directory descriptor
  return lgetxattr(path.c_str(), attribute, nullptr, 0) >= 0;
}

struct Listing {
  std::vector<std::string> names;  // sorted
  size_t directories = 0;          // of them, as far as the file system tells
};
Result<Listing> List(int directory) {
  const int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* stream = copy < 0 ? nullptr : fdopendir(copy);
  if (stream == nullptr) return SystemError("changes", errno);
  Listing listing;
  while (const dirent* entry = readdir(stream)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    listing.names.emplace_back(entry->d_name);
    listing.directories += entry->d_type == DT_DIR ? 1 : 0;
  }
  closedir(stream);
  std::sort(listing.names.begin(), listing.names.end());
  return listing;
}

// One walk may go in two once: the cost is the kernel's, a look at both sides of each change, and there are mostly two processors.
enum class Hands : uint8_t { kOne, kTwo };
constexpr size_t kDirectoriesForTwo = 8;  // below, a thread costs more than it saves

class Walk {
 public:
  Walk(Moment began, const SharedPaths& shared, Hands hands, std::atomic<size_t>& total) : began_(began), shared_(shared), hands_(hands), total_(total) {}
  Status Directory(int upper, int lower, const std::string& path, size_t depth);
  std::vector<Change> changes;

 private:
  struct Shared;
  static void* TakeEntries(void* shared);
  Status InTwo(int upper, int lower, const std::string& path, const std::vector<std::string>& names, size_t depth);
  Status Entry(int upper, int lower, const std::string& name, std::string at, size_t depth);
  Status Subdirectory(int upper, int lower, const std::string& name, Change change, const std::optional<struct stat>& below, size_t depth);
  std::string Conflict(int lower, const std::string& name, const std::string& path, const struct stat& below, size_t depth) const;
  Status GoneFromShared(const std::string& directory, int lower, const std::vector<std::string>& names);
  // Since both sides were last known to be the same.
  bool IsNewer(const std::string& path, const struct stat& info) const {
    if (const SharedPath* known = shared_.Find(path)) return known->lower != SideOf(info);
    return info.st_ctim.tv_sec > began_.seconds || (info.st_ctim.tv_sec == began_.seconds && info.st_ctim.tv_nsec > began_.nanoseconds);
  }
  Status Add(Change change) {
    if (total_.fetch_add(1, std::memory_order_relaxed) >= kMaxChanges) return Error{Error::Kind::kLimit, "changes: more than " + std::to_string(kMaxChanges)};
    changes.push_back(std::move(change));
    return Done{};
  }

  Moment began_;
  const SharedPaths& shared_;
  Hands hands_;
  std::atomic<size_t>& total_;  // changes found by all hands
};

// What somebody else changed in the workspace at `name`, or beneath it, since the copy began; "" for nothing.
std::string Walk::Conflict(int lower, const std::string& name, const std::string& path, const struct stat& below, size_t depth) const {
  if (IsNewer(path, below)) return "changed in the workspace meanwhile";
  if (!S_ISDIR(below.st_mode)) return "";
  if (depth > kMaxDepth) return "too deep to be looked through for changes made meanwhile";
  const Fd directory = OpenBeneath(lower, name, O_RDONLY | O_DIRECTORY);
  if (!directory.valid()) return std::string("cannot be looked through for changes made meanwhile: ") + strerrordesc_np(errno);
  const Result<Listing> listing = List(directory.get());
  if (!listing) return listing.error().text;
  for (const std::string& inner : listing->names) {
    const auto info = StatOf(directory.get(), inner);
    if (!info) continue;
    if (const std::string found = Conflict(directory.get(), inner, path + "/" + inner, *info, depth + 1); !found.empty()) {
      return found.starts_with("changed") ? "something in it was changed in the workspace meanwhile: " + inner : found;
    }
  }
  return "";
}

Status Walk::Subdirectory(int upper, int lower, const std::string& name, Change change, const std::optional<struct stat>& below, size_t depth) {
  if (depth >= kMaxDepth) {
    change.refused = "lies deeper than " + std::to_string(kMaxDepth) + " directories, with all it holds";
    return Add(std::move(change));
  }
  const Fd inside = OpenBeneath(upper, name, O_RDONLY | O_DIRECTORY);
  if (!inside.valid()) {
    change.refused = std::string("cannot be read: ") + strerrordesc_np(errno);
    return Add(std::move(change));
  }
  if (fgetxattr(inside.get(), "user.overlay.redirect", nullptr, 0) >= 0) {
    change.refused = "was moved in a way that this version does not read";
    return Add(std::move(change));
  }
  char opaque = 0;
  const bool is_opaque = fgetxattr(inside.get(), "user.overlay.opaque", &opaque, 1) == 1 && opaque == 'y';
  // One that was made by a commit while the session ran: opaque so that the session goes on seeing its own, and the same as the one below.
  const SharedPath* known = is_opaque && below && S_ISDIR(below->st_mode) ? shared_.Find(change.path) : nullptr;
  struct stat above{};
  const bool made_by_commit = known != nullptr && known->lower.inode == below->st_ino && fstat(inside.get(), &above) == 0 && known->upper.inode == above.st_ino;
  const bool merged = below && S_ISDIR(below->st_mode) && (!is_opaque || made_by_commit);
  Fd under;
  const std::string path = change.path;
  if (merged) {
    under = OpenBeneath(lower, name, O_RDONLY | O_DIRECTORY);
    if (!under.valid()) return SystemError("changes: " + path, errno);
    if (change.mode != (below->st_mode & kModeBits)) {
      change.kind = ChangeKind::kModified;
      if (IsNewer(path, *below)) change.conflict = "changed in the workspace meanwhile";
      if (Status s = Add(std::move(change)); !s) return s;
    }
  } else {
    change.kind = below ? ChangeKind::kReplaced : ChangeKind::kAdded;
    if (below) change.conflict = Conflict(lower, name, path, *below, depth);
    if (Status s = Add(std::move(change)); !s) return s;
  }
  if (made_by_commit) {
    const Result<Listing> listing = List(inside.get());
    if (!listing) return listing.error();
    if (Status s = GoneFromShared(path, under.get(), listing->names); !s) return s;
  }
  return Directory(inside.get(), under.get(), path, depth + 1);
}

// In an opaque directory a deletion leaves no mark: what was noted and is not there any more was deleted.
Status Walk::GoneFromShared(const std::string& directory, int lower, const std::vector<std::string>& names) {
  const std::string prefix = directory + "/";
  for (auto at = shared_.Below(directory); at != shared_.end() && at->first.starts_with(prefix); ++at) {
    const std::string name = at->first.substr(prefix.size());
    if (name.find('/') != std::string::npos || std::binary_search(names.begin(), names.end(), name)) continue;
    const auto below = StatOf(lower, name);
    if (!below || at->second.upper.inode == 0) continue;
    Change change;
    change.path = at->first;
    change.kind = ChangeKind::kDeleted;
    change.type = TypeOf(*below);
    change.mode = below->st_mode & kModeBits;
    change.conflict = Conflict(lower, name, change.path, *below, 0);
    if (Status s = Add(std::move(change)); !s) return s;
  }
  return Done{};
}

Status Walk::Entry(int upper, int lower, const std::string& name, std::string at, size_t depth) {
  const auto above = StatOf(upper, name);
  if (!above) return Done{};  // gone since the directory was read: a live session
  const auto below = StatOf(lower, name);
  Change change;
  change.path = std::move(at);
  const std::string& path = change.path;
  change.type = TypeOf(*above);
  change.mode = above->st_mode & kModeBits;
  if (IsWhiteout(*above)) {
    if (!below) return Done{};  // deleted on both sides
    change.kind = ChangeKind::kDeleted;
    change.type = TypeOf(*below);
    change.mode = below->st_mode & kModeBits;
    change.conflict = Conflict(lower, name, path, *below, depth);
    return Add(std::move(change));
  }
  const SharedPath* known = shared_.Find(path);
  if (change.type != ChangeType::kDirectory && known != nullptr && known->upper == SideOf(*above)) return Done{};
  if (change.type == ChangeType::kDirectory) return Subdirectory(upper, lower, name, std::move(change), below, depth);

  const bool same_type = below && TypeOf(*below) == change.type;
  change.kind = !below ? ChangeKind::kAdded : same_type ? ChangeKind::kModified : ChangeKind::kReplaced;
  if (below) change.conflict = Conflict(lower, name, path, *below, depth);
  if (!below && known != nullptr && known->lower.inode != 0) change.conflict = "deleted in the workspace meanwhile";
  if (change.type == ChangeType::kOther) change.refused = "a device, socket or fifo";
  if (change.type == ChangeType::kLink) {
    char target[4096];
    const ssize_t length = readlinkat(upper, name.c_str(), target, sizeof target);
    if (length < 0) return SystemError("changes: " + path, errno);
    change.link_target.assign(target, static_cast<size_t>(length));
  }
  if (change.type == ChangeType::kFile) {
    change.size_bytes = static_cast<uint64_t>(above->st_size);
    const bool hollow = above->st_blocks == 0;  // only such a file can be one of these two
    if (hollow && (HasAttribute(upper, name, "user.overlay.metacopy") || HasAttribute(upper, name, "user.overlay.whiteout"))) {
      change.refused = "written down in a way that this version does not read";
    }
  }
  return Add(std::move(change));
}

Status Walk::Directory(int upper, int lower, const std::string& path, size_t depth) {
  const Result<Listing> listing = List(upper);
  if (!listing) return listing.error();
  const std::vector<std::string>& names = listing->names;
  if (hands_ == Hands::kTwo && listing->directories >= kDirectoriesForTwo) return InTwo(upper, lower, path, names, depth);
  if (changes.capacity() - changes.size() < names.size()) changes.reserve(std::max(2 * changes.capacity(), changes.size() + names.size()));
  for (const std::string& name : names) {
    if (Status s = Entry(upper, lower, name, path.empty() ? name : path + "/" + name, depth); !s) return s;
  }
  return Done{};
}

// The entries of one directory, of which each hand takes the next.
struct Walk::Shared {
  const Walk& walk;
  int upper, lower;
  const std::string& path;
  const std::vector<std::string>& names;
  size_t depth;
  std::vector<std::vector<Change>> found;  // by name
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  Status failure = Done{};  // of whoever failed first
};

void* Walk::TakeEntries(void* with) {
  Shared& all = *static_cast<Shared*>(with);
  Walk hand(all.walk.began_, all.walk.shared_, Hands::kOne, all.walk.total_);
  for (size_t i = all.next++; i < all.names.size() && !all.failed; i = all.next++) {
    const std::string& name = all.names[i];
    const Status done = hand.Entry(all.upper, all.lower, name, all.path.empty() ? name : all.path + "/" + name, all.depth);
    if (!done && !all.failed.exchange(true)) all.failure = done;
    all.found[i].swap(hand.changes);
  }
  return nullptr;
}

Status Walk::InTwo(int upper, int lower, const std::string& path, const std::vector<std::string>& names, size_t depth) {
  Shared all{*this, upper, lower, path, names, depth, std::vector<std::vector<Change>>(names.size())};
  pthread_t second{};
  sigset_t every, before;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &before);  // signals are for the caller's thread
  const bool alone = pthread_create(&second, nullptr, TakeEntries, &all) != 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  TakeEntries(&all);
  if (!alone) pthread_join(second, nullptr);
  if (!all.failure) return all.failure;
  size_t count = changes.size();
  for (const std::vector<Change>& found : all.found) count += found.size();
  changes.reserve(count);
  for (std::vector<Change>& found : all.found) std::move(found.begin(), found.end(), std::back_inserter(changes));
  return Done{};
}

}  // namespace

std::string_view ChangeKindName(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded: return "added";
    case ChangeKind::kModified: return "modified";
    case ChangeKind::kDeleted: return "deleted";
    case ChangeKind::kReplaced: return "replaced";
  }
  return "unknown";
}

Result<std::vector<Change>> Changes(const Copy& copy) {
  const Result<Moment> began = Beginning(copy);
  if (!began) return began.error();
  const Fd upper(open(copy.upper.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!upper.valid()) return SystemError("changes: " + copy.upper, errno);
  const Fd lower(open(copy.workspace.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!lower.valid()) return SystemError("changes: " + copy.workspace, errno);
  const Result<SharedPaths> shared = SharedPaths::Load(copy);
  if (!shared) return shared.error();
  std::atomic<size_t> total = 0;
  Walk walk(*began, *shared, Hands::kTwo, total);
  if (Status s = walk.Directory(upper.get(), lower.get(), "", 0); !s) return s.error();
  const Result<bool> torn = WasTorn(copy);
  if (!torn) return torn.error();
  if (*torn) {
    for (Change& change : walk.changes) change.conflict = kTorn;
  }
  return std::move(walk.changes);
}

}  // namespace checkrein::sandbox
