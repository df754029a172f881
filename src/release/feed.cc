#include "release/feed.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "release/inspect.h"

namespace checkrein::release {
namespace {

// Before each file in a half: the sizes of its path and of its bytes.
struct FileHead {
  uint64_t path_bytes = 0;
  uint64_t bytes = 0;
};
constexpr size_t kPadding = 64;          // behind each file's bytes
constexpr size_t kMaxDepth = 512;        // directories in directories
constexpr size_t kMaxTold = 20;          // files that could not be read, by name

}  // namespace

Result<SharedRing> SharedRing::Make(uint64_t entry_bytes) {
  SharedRing out;
  out.half_ = (static_cast<size_t>(entry_bytes) + 2 * kBatch + 4095) / 4096 * 4096;
  void* memory = mmap(nullptr, 2 * out.half_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return SystemError("shared memory", errno);
  out.memory_ = static_cast<char*>(memory);
  return out;
}

SharedRing::SharedRing(SharedRing&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), half_(other.half_), current_(other.current_), used_(other.used_), files_(other.files_) {}

SharedRing::~SharedRing() {
  if (memory_ != nullptr) munmap(memory_, 2 * half_);
}

bool SharedRing::Fits(std::string_view path, size_t bytes) const { return files_ < kMaxBatchFiles && used_ + sizeof(FileHead) + path.size() + bytes + kPadding <= kBatch; }

void SharedRing::Put(std::string_view path, std::string_view bytes) {
  char* at = Half(current_) + used_;
  const FileHead head{path.size(), bytes.size()};
  std::memcpy(at, &head, sizeof head);
  std::memcpy(at + sizeof head, path.data(), path.size());
  if (!bytes.empty()) std::memcpy(at + sizeof head + path.size(), bytes.data(), bytes.size());
  used_ += (sizeof head + path.size() + bytes.size() + kPadding + 15) / 16 * 16;
  ++files_;
}

bool SharedRing::Send(int commands) {
  const uint64_t used = used_, files = files_;
  std::memcpy(Half(current_), &used, sizeof used);
  std::memcpy(Half(current_) + sizeof used, &files, sizeof files);
  const char which = static_cast<char>('0' + current_);
  const bool sent = WriteAll(commands, std::string_view(&which, 1)).ok();
  current_ = 1 - current_;
  used_ = kHead;
  files_ = 0;
  return sent;
}

void SharedRing::Serve(int commands, Inspector& inspector, const std::function<void()>& done) const {
  char which = 0;
  bool going = true;
  while (read(commands, &which, 1) == 1) {
    const char* half = Half(which == '1' ? 1 : 0);
    uint64_t files = 0, at = kHead;
    std::memcpy(&files, half + sizeof(uint64_t), sizeof files);
    for (uint64_t i = 0; i < files && going; ++i) {
      FileHead head;
      std::memcpy(&head, half + at, sizeof head);
      const char* path = half + at + sizeof head;
      going = inspector.File({path, head.path_bytes}, 0, {path + head.path_bytes, head.bytes});
      at += (sizeof head + head.path_bytes + head.bytes + kPadding + 15) / 16 * 16;
    }
    if (at > kBatch) madvise(const_cast<char*>(half), half_, MADV_REMOVE);  // one large file: its pages are not kept
    done();
  }
}

namespace {

class Directory {
 public:
  Directory(const Limits& limits, const std::function<bool(std::string_view, std::string_view)>& each) : limits_(limits), each_(each) {}

  bool Walk(int fd, const std::string& prefix, size_t depth) {
    struct Close {
      void operator()(DIR* d) const { closedir(d); }
    };
    const std::unique_ptr<DIR, Close> dir(fdopendir(fd));
    if (dir == nullptr || depth > kMaxDepth) {
      Miss(prefix);
      return true;
    }
    std::vector<std::string> names;
    while (const dirent* entry = readdir(dir.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != ".." && !(prefix.empty() && name == ".git")) names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      if (!One(dirfd(dir.get()), name, prefix + name, depth)) return false;
    }
    return true;
  }
  Status Outcome() const {
    if (missed_ == 0) return Done{};
    return Error{Error::Kind::kIo, std::to_string(missed_) + " files could not be read: " + told_};
  }

 private:
  bool One(int dir, const std::string& name, const std::string& path, size_t depth) {
    struct stat info{};
    if (fstatat(dir, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      Miss(path);
      return true;
    }
    if (S_ISDIR(info.st_mode)) {
      const int inner = openat(dir, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (inner < 0) Miss(path);
      return inner < 0 || Walk(inner, path + "/", depth + 1);
    }
    if (!S_ISREG(info.st_mode)) return true;
    const Fd file(openat(dir, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY));
    if (!file.valid() || !Read(file.get(), static_cast<size_t>(info.st_size))) {
      Miss(path);
      return true;
    }
    return each_(path, buffer_);
  }
  // At most one byte more than the limit: who gets it says so.
  bool Read(int fd, size_t expected) {
    const size_t cap = limits_.entry_bytes + 1;
    buffer_.resize(std::min(cap, expected + 1));
    size_t at = 0;
    while (at < cap) {
      if (at == buffer_.size()) buffer_.resize(std::min(cap, at * 2 + 4096));
      const ssize_t n = read(fd, buffer_.data() + at, buffer_.size() - at);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return false;
      if (n == 0) break;
      at += static_cast<size_t>(n);
    }
    buffer_.resize(at);
    return true;
  }
  void Miss(const std::string& path) {
    if (missed_++ < kMaxTold) told_ += (told_.empty() ? "" : ", ") + path;
  }

  const Limits& limits_;
  const std::function<bool(std::string_view, std::string_view)>& each_;
  std::string buffer_;
  std::string told_;
  size_t missed_ = 0;
};

}  // namespace

Status FeedDirectory(const std::string& root, const Limits& limits, const std::function<bool(std::string_view path, std::string_view bytes)>& each) {
  const int fd = open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError(root, errno);
  Directory directory(limits, each);
  if (!directory.Walk(fd, "", 0)) return Error{Error::Kind::kLimit, root + ": not all files were looked at"};
  return directory.Outcome();
}

}  // namespace checkrein::release
