#include "sandbox/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "base/bytes.h"
#include "base/fd.h"

namespace checkrein::sandbox {
namespace {

constexpr char kFile[] = "/checkrein-shared";
constexpr size_t kMaxBytes = 512u << 20;

// Seven fields a line: hex of the path, then both sides as decimals.
template <typename Number>
bool Read(std::string_view& line, Number& out) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), out);
  if (error != std::errc()) return false;
  line.remove_prefix(static_cast<size_t>(end - line.data()));
  if (!line.empty()) line.remove_prefix(1);
  return true;
}
bool ReadSide(std::string_view& line, Side& side) { return Read(line, side.inode) && Read(line, side.ctime_ns) && Read(line, side.size); }
std::string Text(const Side& side) { return std::to_string(side.inode) + " " + std::to_string(side.ctime_ns) + " " + std::to_string(side.size); }

}  // namespace

Side SideOf(const struct stat& info) {
  // A directory's size and time follow what is in it; by itself it is its inode and mode.
  if (S_ISDIR(info.st_mode)) return {info.st_ino, 0, info.st_mode & 07777};
  return {info.st_ino, int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec, static_cast<uint64_t>(info.st_size)};
}

Result<SharedPaths> SharedPaths::Load(const Copy& copy) {
  SharedPaths shared;
  shared.file_ = copy.work + kFile;
  const Result<std::string> text = ReadFile(shared.file_, kMaxBytes);
  if (!text) return text.error().kind == Error::Kind::kNotFound ? Result<SharedPaths>(std::move(shared)) : Result<SharedPaths>(text.error());
  for (size_t at = 0; at < text->size();) {
    const size_t end = text->find('\n', at);
    if (end == std::string::npos) break;  // torn by a kill: as if it had not been written
    std::string_view line = std::string_view(*text).substr(at, end - at);
    at = end + 1;
    const size_t space = line.find(' ');
    SharedPath sides;
    const auto path = space == std::string_view::npos ? std::nullopt : HexDecode(line.substr(0, space));
    if (!path) return Error{Error::Kind::kInvalid, shared.file_ + ": damaged"};
    line.remove_prefix(space + 1);
    if (!ReadSide(line, sides.upper) || !ReadSide(line, sides.lower)) return Error{Error::Kind::kInvalid, shared.file_ + ": damaged"};
    shared.paths_[std::string(path->begin(), path->end())] = sides;
  }
  return shared;
}

const SharedPath* SharedPaths::Find(const std::string& path) const {
  const auto found = paths_.find(path);
  return found == paths_.end() ? nullptr : &found->second;
}

Status SharedPaths::Note(const std::string& path, const SharedPath& sides) {
  paths_[path] = sides;
  const Fd file(open(file_.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return SystemError(file_, errno);
  return WriteAll(file.get(), HexEncode(AsBytes(path)) + " " + Text(sides.upper) + " " + Text(sides.lower) + "\n");
}

Status SharedPaths::Forget(const Copy& copy) {
  if (unlink((copy.work + kFile).c_str()) != 0 && errno != ENOENT) return SystemError(copy.work + kFile, errno);
  return Done{};
}

}  // namespace checkrein::sandbox
