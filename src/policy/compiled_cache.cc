#include "policy/compiled_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/digest.h"
#include "base/fd.h"
#include "cedar/program.h"

namespace checkrein::policy {
namespace {

constexpr std::string_view kEnding = ".program";
constexpr size_t kMaxCachedBytes = 64u << 20;

// Removes the oldest files of ours until `kMaxCachedFiles` are left.
void Prune(const std::string& directory) {
  struct File {
    timespec written;
    std::string path;
  };
  std::vector<File> files;
  DIR* opened = opendir(directory.c_str());
  if (opened == nullptr) return;
  while (const dirent* entry = readdir(opened)) {
    const std::string path = directory + "/" + entry->d_name;
    struct stat about {};
    if (path.ends_with(kEnding) && stat(path.c_str(), &about) == 0) files.push_back({about.st_mtim, path});
  }
  closedir(opened);
  if (files.size() <= kMaxCachedFiles) return;
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) {
    return a.written.tv_sec != b.written.tv_sec ? a.written.tv_sec < b.written.tv_sec : a.written.tv_nsec < b.written.tv_nsec;
  });
  for (size_t i = 0; i + kMaxCachedFiles < files.size(); ++i) unlink(files[i].path.c_str());
}

}  // namespace

CompiledCache::CompiledCache(std::string directory, const ShippedImage& shipped, std::span<const PolicyText> texts) : directory_(std::move(directory)) {
  if (directory_.empty()) return;
  std::string key = std::string(shipped.name) + " " + std::string(shipped.digest) + " " CHECKREIN_POLICY_COMPILER "\n";
  for (const PolicyText& text : texts) key += text.digest_line + std::to_string(text.file.size()) + " " + text.file + "\n";
  path_ = directory_ + "/" + HexEncode(Sha256(key)) + std::string(kEnding);
}

std::vector<uint64_t> CompiledCache::Read() const {
  if (path_.empty()) return {};
  const Fd file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat about {};
  if (!file.valid() || fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return {};
  const auto size = static_cast<size_t>(about.st_size);
  if (size == 0 || size > kMaxCachedBytes || size % 8 != 0) return {};
  std::vector<uint64_t> words(size / 8);
  for (size_t have = 0; have < size;) {
    const ssize_t got = read(file.get(), reinterpret_cast<char*>(words.data()) + have, size - have);
    if (got <= 0) return {};
    have += static_cast<size_t>(got);
  }
  if (!cedar::Program::Open({reinterpret_cast<const char*>(words.data()), size})) return {};
  return words;
}

void CompiledCache::Write(const std::string& image) const {
  if (path_.empty() || image.size() > kMaxCachedBytes || !MakeDirectories(directory_, 0700)) return;
  if (ReplaceFile(path_, image, 0600)) Prune(directory_);
}

}  // namespace checkrein::policy
