#include "policy/compiled_cache.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

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
  for (const PolicyText& text : texts) key += DigestLine(text.text, text.origin) + std::to_string(text.file.size()) + " " + text.file + "\n";
  path_ = directory_ + "/" + HexEncode(Sha256(key)) + std::string(kEnding);
}

std::vector<uint64_t> CompiledCache::Read() const {
  if (path_.empty()) return {};
  const Result<std::string> bytes = ReadFile(path_, kMaxCachedBytes);
  if (!bytes || bytes->empty() || bytes->size() % 8 != 0) return {};
  std::vector<uint64_t> words(bytes->size() / 8);
  std::memcpy(words.data(), bytes->data(), bytes->size());
  if (!cedar::Program::Open({reinterpret_cast<const char*>(words.data()), bytes->size()})) return {};
  return words;
}

void CompiledCache::Write(const std::string& image) const {
  if (path_.empty() || image.size() > kMaxCachedBytes || !MakeDirectories(directory_, 0700)) return;
  if (ReplaceFile(path_, image, 0600)) Prune(directory_);
}

}  // namespace checkrein::policy
