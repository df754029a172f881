// What `checkrein doctor` finds, in three parts: the machine (doctor_machine.cc), each client's installation (doctor_client.cc), and, for
// the two clients that it can drive, what the client really does when our hook denies (doctor_probe.cc).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/profile.h"
#include "monitor/places.h"

namespace checkrein::cli {

struct MachineFinding {
  std::string name;    // "landlock", "state", "configuration": stable
  bool good = false;
  std::string detail;
  std::string mend;    // the command or change that mends it; empty when good
};
// Changes nothing.
std::vector<MachineFinding> ExamineMachine(const monitor::Places& places);

// What the hook is worth in this client, as it is configured now.
enum class Hold : uint8_t {
  kHolds,
  kUnlessTimeOut,      // a hook that does not answer lets the action through
  kRepositoryOff,      // a file in the repository switches the hook off
  kDoesNotHold,
  kNotInstalled,
  kNotProbed,
};
std::string_view HoldText(Hold hold);  // "holds", "holds unless it times out", ...

struct ClientFinding {
  agent::Client client = agent::Client::kClaude;
  std::string title;
  std::string program;             // path; "" when the client is not on this machine
  std::string version;             // its own words; "" when it did not say
  Hold hold = Hold::kNotProbed;
  std::string why;                 // for everything but kHolds and kNotInstalled
  std::vector<std::string> notes;  // each one sentence
};

struct ClientQuestion {
  agent::Client client = agent::Client::kClaude;
  std::string home;                        // whose configuration
  std::vector<std::string> program_dirs;   // looked in before PATH
  agent::HookCommand hook;                 // as `install` would write it
  monitor::Places places;
};
ClientFinding ExamineClient(const ClientQuestion& question);

// One run of a client that is told by its model to do what policy always denies.
struct Trial {
  enum class Variant : uint8_t {
    kAsConfigured,
    kRepositoryOff,  // the workspace holds the file that switches hooks off
    kSilentHook,     // a program that never answers stands in the hook's place, with a time-out of kTrialHookSeconds
  };
  Variant variant = Variant::kAsConfigured;
  agent::Client client = agent::Client::kClaude;  // kClaude or kCodex
  std::string program;
  std::string home;
  agent::HookCommand hook;                // as the client's configuration names it
  std::optional<std::string> user_hooks;  // the text of the person's own hook file
  monitor::Places places;
};
inline constexpr int kTrialHookSeconds = 2;
inline constexpr int kTrialMs = 25'000;   // a client that has not ended by then is ended
inline constexpr int kVersionMs = 10'000;

struct TrialOutcome {
  bool ran = false;      // the denied action left its marker: the hook did not hold
  bool answered = false; // the client told its model what became of the action
  bool ours = false;     // ... in our hook's words
  std::string trouble;   // when neither: the client's last words, untrusted
};
// Offline, in a sandbox of its own, with a scratch home. The person's configuration is only read, and of it only our own hook entries and
// the switches over them: no other hook, no credential, no environment. kUnsupported and others: no sandbox could be made.
// NOT covered: what only an interactive session does; hooks of others, which may deny more but cannot permit what ours denies.
Result<TrialOutcome> RunTrial(const Trial& trial);

// What `program --version` says, in such a sandbox; "" when it says nothing in time.
Result<std::string> AskVersion(const std::string& program, const std::string& home);

}  // namespace checkrein::cli
