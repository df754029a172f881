#include "monitor/ticket.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <array>

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

Status TicketStore::Put(const Ticket& ticket) const {
  if (const Status made = MakeDirectories(directory_, 0700); !made) return made;
  // No fsync: a ticket that a power cut takes away is a command that does not run.
  const std::string path = directory_ + "/" + ticket.id;
  FILE* file = fopen(path.c_str(), "wxe");
  if (file == nullptr) return SystemError(path, errno);
  const std::string bytes = ticket.Encode();
  const bool written = fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (fclose(file) != 0 || !written) return SystemError(path, errno);
  return Done{};
}

Result<Ticket> TicketStore::Take(std::string_view id, int64_t now_ms) const {
  if (!IsTicketId(id)) return Error{Error::Kind::kDenied, "not a ticket"};
  const std::string path = directory_ + "/" + std::string(id);
  // The rename decides who has it: of several takers one succeeds.
  const std::string taken = path + "." + std::to_string(getpid());
  if (rename(path.c_str(), taken.c_str()) != 0) return Error{Error::Kind::kDenied, "ticket " + std::string(id.substr(0, 8)) + ": unknown or used already"};
  const Result<std::string> bytes = ReadFile(taken, kMaxTicketBytes);
  unlink(taken.c_str());
  std::optional<Ticket> ticket = bytes ? Ticket::Decode(*bytes) : std::nullopt;
  if (!ticket || ticket->id != id) return Error{Error::Kind::kDenied, "ticket " + std::string(id.substr(0, 8)) + ": damaged"};
  if (now_ms > ticket->expires_ms) return Error{Error::Kind::kDenied, "ticket " + std::string(id.substr(0, 8)) + ": expired"};
  return *std::move(ticket);
}

}  // namespace checkrein::monitor
