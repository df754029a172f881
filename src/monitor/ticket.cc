#include "monitor/ticket.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/fields.h"

namespace checkrein::monitor {
namespace {

constexpr std::string_view kVersion = "ticket1";
constexpr size_t kMaxTicketBytes = 16u << 20;  // an 8 MiB command and its effects
constexpr size_t kMaxBoundScriptBytes = 64u << 20;
constexpr std::string_view kAbsent = "absent";
constexpr uint64_t kMaxFileBytes = 1u << 30;  // of one period

// Always as long, so that it can be written over in place.
std::string FixedNumber(uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(12 - std::min<size_t>(digits.size(), 12), '0') + digits;
}

std::optional<uint64_t> ReadFixedNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// A file of tickets, locked while this lives: a number, where the last whole entry ends, and the entries. What stands beyond that end was
// broken off, and is written over. An entry: id, "live" or "used", length, the encoded ticket.
class TicketFile {
 public:
  static Result<TicketFile> Open(const std::string& path, int flags) {
    TicketFile file;
    file.path_ = path;
    file.fd_.Reset(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600));
    if (!file.fd_.valid()) return SystemError(path, errno);
    while (flock(file.fd_.get(), LOCK_EX) != 0)
      if (errno != EINTR) return SystemError(path, errno);
    char head[kHeadBytes];
    const ssize_t n = pread(file.fd_.get(), head, sizeof head, 0);
    if (n < 0) return SystemError(path, errno);
    if (n == 0) return file;
    FieldReader r({head, static_cast<size_t>(n)});
    file.end_ = ReadFixedNumber(r.Text()).value_or(0);
    if (!r.AtEnd() || file.end_ < kHeadBytes || file.end_ > kMaxFileBytes) return Error{Error::Kind::kInvalid, path + ": damaged; remove it"};
    return file;
  }

  uint64_t end() const { return end_; }  // 0: new

  // No fsync: a ticket that a power cut takes away is a command that does not run.
  Status Add(const Ticket& ticket) const {
    const std::string body = ticket.Encode();
    const std::string entry = FieldWriter().Add(ticket.id).Add(kLive).Add(FixedNumber(body.size())).bytes() + body;
    const uint64_t at = std::max<uint64_t>(end_, kHeadBytes);
    if (body.size() > kMaxTicketBytes || at + entry.size() > kMaxFileBytes) return Error{Error::Kind::kLimit, "too many tickets at once"};
    if (const Status written = Write(entry, at); !written) return written;
    return Write(FieldWriter().Add(FixedNumber(at + entry.size())).bytes(), 0);
  }

  // The encoded ticket, from now on used. kNotFound: no live ticket has this id.
  Result<std::string> Take(std::string_view id) const {
    char head[kEntryHeadBytes];
    for (uint64_t at = kHeadBytes; at < end_;) {
      if (pread(fd_.get(), head, sizeof head, static_cast<off_t>(at)) != static_cast<ssize_t>(sizeof head)) break;
      FieldReader r({head, sizeof head});
      const std::string_view found = r.Text();
      const std::string_view state = r.Text();
      const std::optional<uint64_t> size = ReadFixedNumber(r.Text());
      if (!r.AtEnd() || !size || *size > kMaxTicketBytes) break;
      if (found == id && state == kLive) {
        if (const Status used = Write(FieldWriter().Add(id).Add(kUsed).bytes(), at); !used) return used.error();
        std::string body(*size, '\0');
        if (pread(fd_.get(), body.data(), body.size(), static_cast<off_t>(at + sizeof head)) != static_cast<ssize_t>(body.size())) break;
        return body;
      }
      at += sizeof head + *size;
    }
    return Error{Error::Kind::kNotFound, "no such ticket"};
  }

 private:
  static constexpr size_t kHeadBytes = 4 + 12;                          // one number
  static constexpr size_t kEntryHeadBytes = (4 + 32) + (4 + 4) + (4 + 12);  // id, state, length
  static constexpr std::string_view kLive = "live";
  static constexpr std::string_view kUsed = "used";

  Status Write(std::string_view bytes, uint64_t at) const {
    ssize_t n = 0;
    do {
      n = pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
    } while (n < 0 && errno == EINTR);
    if (n != static_cast<ssize_t>(bytes.size())) return SystemError(path_, n < 0 ? errno : ENOSPC);
    return Done{};
  }

  std::string path_;
  Fd fd_;
  uint64_t end_ = 0;
};

}  // namespace

std::string Ticket::Encode() const {
  FieldWriter w;
  w.Add(kVersion).Add(id).AddNumber(expires_ms).AddNumber(static_cast<int>(level)).Add(command).Add(cwd).Add(workspace).Add(session_key);
  w.AddNumber(action).AddList(predicted).AddNumber(static_cast<int64_t>(scripts.size()));
  for (const auto& [path, digest] : scripts) w.Add(path).Add(digest);
  return w.bytes();
}

std::optional<Ticket> Ticket::Decode(std::string_view bytes) {
  FieldReader r(bytes);
  if (r.Text() != kVersion) return std::nullopt;
  Ticket t;
  t.id = r.Text();
  t.expires_ms = r.Number();
  t.level = r.Number() == static_cast<int>(Level::kPlain) ? Level::kPlain : Level::kContained;
  for (std::string* field : {&t.command, &t.cwd, &t.workspace, &t.session_key}) *field = r.Text();
  t.action = r.Number();
  t.predicted = r.List();
  const int64_t count = r.Number();
  for (int64_t i = 0; r.ok() && i < count; ++i) {
    std::string path(r.Text());
    std::string digest(r.Text());
    t.scripts.emplace_back(std::move(path), std::move(digest));
  }
  if (!r.AtEnd()) return std::nullopt;
  return t;
}

std::string NewTicketId() {
  std::array<uint8_t, 16> random;
  FillRandom(random);
  return HexEncode(random);
}

bool IsTicketId(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::vector<std::pair<std::string, std::string>> BindScripts(const std::vector<std::string>& scripts, const LiveWorld& world) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& path : scripts) {
    const std::optional<std::string> content = world.Read(path, kMaxBoundScriptBytes);
    out.emplace_back(path, content ? HexEncode(Sha256(*content)) : std::string(kAbsent));
  }
  return out;
}

Status CheckScripts(const Ticket& ticket, const LiveWorld& world) {
  for (const auto& [path, digest] : ticket.scripts) {
    const std::optional<std::string> content = world.Read(path, kMaxBoundScriptBytes);
    if ((content ? HexEncode(Sha256(*content)) : kAbsent) != digest)
      return Error{Error::Kind::kDenied, path + ": changed after it was judged; run the command again so that it is judged anew"};
  }
  return Done{};
}

std::string TicketStore::PathOf(int64_t period) const { return directory_ + "/" + std::to_string(period); }

// Whatever is in the directory and is no file of a period from `period` on.
void TicketStore::RemoveBefore(int64_t period) const {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ignored)) {
    int64_t of = 0;
    const std::string name = entry.path().filename();
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), of);
    if (error == std::errc() && end == name.data() + name.size() && of >= period) continue;
    unlink(entry.path().c_str());
  }
}

Status TicketStore::Put(const Ticket& ticket, int64_t now_ms) const {
  if (const Status made = MakeDirectories(directory_, 0700); !made) return made;
  const int64_t period = now_ms / kTicketLifeMs;
  const Result<TicketFile> file = TicketFile::Open(PathOf(period), O_CREAT);
  if (!file) return file.error();
  if (file->end() == 0) RemoveBefore(period - 1);
  return file->Add(ticket);
}

Result<Ticket> TicketStore::Take(std::string_view id, int64_t now_ms) const {
  if (!IsTicketId(id)) return Error{Error::Kind::kDenied, "not a ticket"};
  const auto denied = [&](std::string_view why) { return Error{Error::Kind::kDenied, "ticket " + std::string(id.substr(0, 8)) + ": " + std::string(why)}; };
  for (const int64_t period : {now_ms / kTicketLifeMs, now_ms / kTicketLifeMs - 1}) {
    const Result<TicketFile> file = TicketFile::Open(PathOf(period), 0);
    if (!file && file.error().kind == Error::Kind::kNotFound) continue;
    if (!file) return file.error();
    const Result<std::string> bytes = file->Take(id);
    if (!bytes && bytes.error().kind == Error::Kind::kNotFound) continue;
    std::optional<Ticket> ticket = bytes ? Ticket::Decode(*bytes) : std::nullopt;
    if (!ticket || ticket->id != id) return denied("damaged");
    if (now_ms > ticket->expires_ms) return denied("expired");
    return *std::move(ticket);
  }
  return denied("unknown, used already, or expired");
}

}  // namespace checkrein::monitor
