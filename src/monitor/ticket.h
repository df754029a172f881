// A one-use ticket: what was judged is what runs. A rewritten shell command names only the ticket; the ticket holds the command
// itself, its directory, the digests of the scripts it runs, and the level that was decided.
//
// With hooks only, tickets stand in files in the state directory; under `run` the supervisor holds them in memory, out of reach.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "monitor/course.h"
#include "monitor/live_world.h"

namespace checkrein::monitor {

struct Ticket {
  std::string id;                // 32 hex digits from the kernel's generator
  int64_t expires_ms = 0;        // Unix time
  Level level = Level::kContained;
  std::string command;           // for `bash -c`
  std::string cwd;
  std::string workspace;
  std::string session_key;       // of the facts
  int64_t action = 0;            // index of the action's record
  std::vector<std::string> predicted;
  std::vector<std::pair<std::string, std::string>> scripts;  // absolute path, hex SHA-256

  std::string Encode() const;
  static std::optional<Ticket> Decode(std::string_view bytes);
};

inline constexpr int64_t kTicketLifeMs = 15 * 60 * 1000;  // clients may hold a call for a person's own prompt that long

std::string NewTicketId();
bool IsTicketId(std::string_view text);

// The digests of `scripts` as they are now; a file that cannot be read is left out (it will be refused when it appears).
std::vector<std::pair<std::string, std::string>> BindScripts(const std::vector<std::string>& scripts, const LiveWorld& world);
// kDenied when a script differs from what was judged.
Status CheckScripts(const Ticket& ticket, const LiveWorld& world);

// Tickets in files of the state directory, each used at most once even by processes that race for it.
//
// One file holds all tickets issued within one ticket's life: to make a file costs a hook more than anything else it does on the disk.
// A file is removed when the last ticket in it has expired. Layout: ticket.cc.
class TicketStore {
 public:
  explicit TicketStore(std::string directory) : directory_(std::move(directory)) {}
  // kLimit: too many at once. kIo, kInvalid: the store cannot be written.
  Status Put(const Ticket& ticket, int64_t now_ms) const;
  // kDenied: unknown, used, expired or damaged.
  Result<Ticket> Take(std::string_view id, int64_t now_ms) const;

 private:
  std::string PathOf(int64_t period) const;
  void RemoveBefore(int64_t period) const;
  std::string directory_;
};

}  // namespace checkrein::monitor
