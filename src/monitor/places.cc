#include "monitor/places.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>

#include "base/fd.h"
#include "base/path.h"

namespace checkrein::monitor {
namespace {

constexpr size_t kMaxPasswdBytes = 16u << 20;  // a few hundred thousand accounts

std::vector<std::string_view> Split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (size_t at = 0;;) {
    const size_t end = text.find(by, at);
    parts.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) return parts;
    at = end + 1;
  }
}

std::optional<uint32_t> Number(std::string_view digits) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() && !digits.empty() ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<Account> FindAccountByName(std::string_view passwd, std::string_view name) {
  for (const std::string_view line : Split(passwd, '\n')) {
    const auto parts = Split(line, ':');
    if (parts.size() < 7 || parts[0] != name) continue;
    const std::optional<uint32_t> uid = Number(parts[2]), gid = Number(parts[3]);
    if (!uid || !gid || !parts[5].starts_with('/')) return std::nullopt;
    return Account{std::string(name), NormalizePath(parts[5], "/"), *uid, *gid};
  }
  return std::nullopt;
}

Result<Account> FindAccount(std::string_view passwd, uid_t uid) {
  const std::string wanted = std::to_string(uid);
  for (const std::string_view line : Split(passwd, '\n')) {
    const auto parts = Split(line, ':');
    if (parts.size() < 7 || parts[2] != wanted) continue;
    if (!parts[5].starts_with('/')) return Error{Error::Kind::kInvalid, "/etc/passwd: uid " + wanted + " has no absolute home; name --state and --config"};
    return Account{std::string(parts[0]), NormalizePath(parts[5], "/"), uid, Number(parts[3]).value_or(0)};
  }
  return Error{Error::Kind::kNotFound, "/etc/passwd: no uid " + wanted + "; name --state and --config"};
}

Result<Places> FindPlaces(std::string_view state, std::string_view config) {
  char cwd[4096];
  if (getcwd(cwd, sizeof cwd) == nullptr) return SystemError("current directory", errno);
  const Result<std::string> passwd = ReadFile("/etc/passwd", kMaxPasswdBytes);
  const Result<Account> account = passwd ? FindAccount(*passwd, getuid()) : Result<Account>(passwd.error());
  if (!account && (state.empty() || config.empty())) return account.error();
  Places places;
  places.home = account ? account->home : "/nonexistent";
  places.state = state.empty() ? places.home + "/.local/state/checkrein" : NormalizePath(state, cwd);
  if (config.empty()) {
    places.config = {"/etc/checkrein", places.home + "/.config/checkrein"};
  } else {
    places.config = {NormalizePath(config, cwd)};
  }
  return places;
}

Status PrepareState(const Places& places) {
  if (const Status made = MakeDirectories(places.state, 0700); !made) return made;
  struct stat info{};
  if (lstat(places.state.c_str(), &info) != 0) return SystemError(places.state, errno);
  if (!S_ISDIR(info.st_mode)) return Error{Error::Kind::kDenied, places.state + ": not a directory; remove it"};
  if (info.st_uid != geteuid()) return Error{Error::Kind::kDenied, places.state + ": belongs to another user; name another --state"};
  if ((info.st_mode & 022) != 0) return Error{Error::Kind::kDenied, places.state + ": others may write it; run: chmod 700 " + places.state};
  return Done{};
}

}  // namespace checkrein::monitor
