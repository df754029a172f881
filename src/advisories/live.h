// The shields in force, kept true while the world changes: an import, an update of a client, a day of expiry. One for each monitor.
//
//   LiveShields live({state, home, path});
//   live.Act("claude");
//   if (const Status now = live.Refresh(UnixMillis(), Look::kQuick); !now) deny;    // before each action
//   circumstances.shields = live.enforced();
//
// A quick look is one stat of the file that holds what is in force and one for each installed program (some 10 us). Where anything
// differs from what it was, everything is worked out anew (milliseconds) and kept for the next process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisories/active.h"

namespace checkrein::advisories {

struct Machine {
  std::string state;                   // Checkrein's own directory: the file is STATE/advisories/active
  std::string home;
  std::string path;                    // PATH as this process has it: more places to look in, never fewer
  std::vector<std::string> prefixes = {};   // npm prefixes to look in beside the usual ones
  // Whether places where clients are installed are looked at as well, once a second: for a process that lives long.
  enum class Places : uint8_t { kNotWatched, kWatched } places = Places::kNotWatched;
  std::vector<std::string> programs = {};   // further programs that count as installed, whatever they are called: what `run` starts
};

enum class Look : uint8_t {
  kQuick,
  kWhole,   // also for clients that were installed since: when a session begins
};

// What a session's actions are asked about at one time. Made here, or from the bytes of the process that keeps it true.
class ChosenShields {
 public:
  ChosenShields() = default;
  ChosenShields(const Active& active, const std::vector<std::string>& clients, int64_t now_ms);   // borrows `active`
  std::string Bytes() const;
  static std::optional<ChosenShields> From(std::string_view bytes);   // nothing for what is not whole

  const policy::Shields* enforced() const { return enforced_.any() ? &enforced_ : nullptr; }      // nullptr: none
  const policy::Shields* with_trial() const { return has_trial_ ? &with_trial_ : nullptr; }       // with those on trial; nullptr where none is

 private:
  struct Own;
  struct OwnDeleter {
    void operator()(Own* own) const;
  };
  std::unique_ptr<Own, OwnDeleter> own_;   // of From: what the others borrow
  std::string_view image_;                 // that is not compiled in
  policy::Shields enforced_, with_trial_;
  bool has_trial_ = false;
};

class LiveShields {
 public:
  // Until the first Refresh that succeeds, all shields that are compiled in are in force.
  explicit LiveShields(Machine machine);

  // A client acts in this session. They add up: a session that calls itself otherwise sheds nothing.
  void Act(std::string_view client);

  // Errors: what was imported cannot be read, or no longer holds: nobody knows then what should be in force, so the caller denies. What
  // cannot be written down for the next process is no error.
  Status Refresh(int64_t now_ms, Look look);

  // nullptr: none. Valid until the next Refresh.
  const policy::Shields* enforced();
  // ChosenShields::Bytes, for a process that decides: it has nothing to look for or to choose then. After a Refresh that succeeded.
  std::string Bytes();
  const std::vector<std::string>& advisories() const { return advisories_; }  // that apply to this session; each once
  const Active& active() const { return active_; }

 private:
  bool IsCurrent(Look look, int64_t now_ms);
  void Load();
  Status WorkAnew();

  Machine machine_;
  std::vector<std::string> clients_;
  Active active_;
  std::vector<Stamp> places_;      // Machine::Places::kWatched
  int64_t places_seen_ms_ = 0;     // when they were looked at last
  std::string seen_;        // how the file looked that active_ was read from
  bool loaded_ = false;
  int64_t now_ms_ = -1;     // of the last Refresh that succeeded
  policy::Shields all_;     // where none has
  std::optional<ChosenShields> chosen_;
  std::vector<std::string> advisories_;
};

// Works everything out anew and writes it down: after an import, and whenever a person asks. kIo when it cannot be written.
Result<Active> WorkAndKeep(const Machine& machine);

// All that is known: compiled in and imported. Errors as Refresh. `set`, when given, receives its digest.
struct KnownSet {
  std::vector<Known> known;
  std::string digest;
};
Result<KnownSet> AllKnown(const std::string& state);

std::string ActiveFile(const std::string& state);

}  // namespace checkrein::advisories
