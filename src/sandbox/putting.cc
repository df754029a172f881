#include "sandbox/putting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "sandbox/beneath.h"

namespace checkrein::sandbox {
namespace {

constexpr size_t kMaxNote = 16u << 10;  // a path and two names
constexpr size_t kDigestText = 64;

// "DIGEST" over what follows it, then each field and a NUL: a longer note of before may stand behind it.
std::string Text(const Putting& p) {
  std::string body;
  const auto add = [&body](std::string_view field) { body.append(field).push_back('\0'); };
  for (const std::string* text : {&p.directory, &p.temporary, &p.name}) add(*text);
  for (const uint64_t number : {p.made, p.before}) add(std::to_string(number));
  for (const int64_t number : {p.size, p.seconds, p.nanoseconds}) add(std::to_string(number));
  return HexEncode(Sha256(body)) + body;
}

template <typename T>
bool ToNumber(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// Nothing: none was written whole, so no name was made after it.
std::optional<Putting> Parse(std::string_view note) {
  if (note.size() < kDigestText) return std::nullopt;
  const std::string_view body = note.substr(kDigestText);
  std::vector<std::string_view> fields;
  size_t at = 0;
  for (; fields.size() < 8; ++at) {
    const size_t end = body.find('\0', at);
    if (end == std::string_view::npos) return std::nullopt;
    fields.push_back(body.substr(at, end - at));
    at = end;
  }
  if (HexEncode(Sha256(body.substr(0, at))) != note.substr(0, kDigestText)) return std::nullopt;
  Putting p{std::string(fields[0]), std::string(fields[1]), std::string(fields[2])};
  if (!ToNumber(fields[3], p.made) || !ToNumber(fields[4], p.before) || !ToNumber(fields[5], p.size) || !ToNumber(fields[6], p.seconds) || !ToNumber(fields[7], p.nanoseconds)) return std::nullopt;
  return p;
}

std::optional<struct stat> Look(const Fd& directory, const std::string& name) {
  struct stat info{};
  if (fstatat(directory.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return info;
}

}  // namespace

Status PutNote::Write(const Putting& putting) {
  if (!file_.valid()) file_ = Fd(open(path_.c_str(), O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  const std::string text = Text(putting);
  if (!file_.valid() || pwrite(file_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) return SystemError(path_, errno);
  return Done{};
}

Status FinishPutting(const Copy& copy) {
  const std::string path = copy.work + "/checkrein-putting";
  const Result<std::string> note = ReadFile(path, kMaxNote);
  if (!note) return note.error().kind == Error::Kind::kNotFound ? Status(Done{}) : Status(note.error());
  const std::optional<Putting> p = Parse(*note);
  if (!p) return Done{};
  const Fd workspace(open(copy.workspace.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const Fd directory = workspace.valid() ? OpenBeneath(workspace.get(), p->directory, O_RDONLY | O_DIRECTORY) : Fd();
  if (directory.valid()) {
    const auto left = Look(directory, p->temporary), there = Look(directory, p->name);
    const bool ours = left && (p->made == 0 || left->st_ino == p->made);
    const bool replaced = left && p->before != 0 && left->st_ino == p->before && left->st_size == p->size && left->st_mtim.tv_sec == p->seconds && left->st_mtim.tv_nsec == p->nanoseconds;
    bool put_back = false;
    if (left && !ours && !replaced && there && there->st_ino == p->made) {
      put_back = renameat2(directory.get(), p->temporary.c_str(), directory.get(), p->name.c_str(), RENAME_EXCHANGE) == 0;
      if (!put_back) return SystemError("commit: " + p->name, errno);
    }
    if ((ours || replaced || put_back) && unlinkat(directory.get(), p->temporary.c_str(), 0) != 0) return SystemError("commit: " + p->temporary, errno);
  }
  // Blanked, not removed, as the mark of a running session is.
  const Fd file(open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  const std::string blank(kDigestText, ' ');
  return file.valid() && pwrite(file.get(), blank.data(), blank.size(), 0) == static_cast<ssize_t>(blank.size()) ? Status(Done{}) : SystemError(path, errno);
}

}  // namespace checkrein::sandbox
