// The pure middle of the flow: bytes of a client's event in, judgement out. It reads hostile bytes, so it runs in a child process
// that has locked itself (judge_child.h); what it needs from outside it asks for through `Outside`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "advisories/pins/watch.h"
#include "agent/answer.h"
#include "agent/event.h"
#include "analysis/analysis.h"
#include "base/digest.h"
#include "effect/effect.h"
#include "effect/verdict.h"
#include "monitor/facts.h"
#include "monitor/settings.h"
#include "policy/decide.h"

namespace checkrein::monitor {

// One event as it reached us.
struct Submission {
  agent::Client client = agent::Client::kClaude;
  std::string event_name;   // from the hook's command line, for clients whose JSON does not name it
  std::string bytes;        // the client's JSON: untrusted
};

// What is set before any event is read. Borrowed for the call.
struct JudgeSetup {
  const policy::PolicySet* policies = nullptr;
  const DeclaredPlaces* personal = nullptr;     // what the person declares as personal data; a project's own is added by Judge
  const policy::PolicySet* shadow = nullptr;    // asked beside and recorded; nullptr: none
  std::string_view policy_set;                  // what `policies` was made of: it is made anew with a project's own, which may only forbid
  std::span<const policy::PolicySet::Text> texts;
  policy::Circumstances circumstances;   // session, client, labels, workspace, coverage, commands and shields are filled in by Judge
  std::string fixed_workspace;           // run: from the command line; "" with hooks only: the session's first directory
  Digest redaction_key{};
  std::string ticketed_command;          // what a shell command is rewritten to, if it is
  bool has_pins = false;                 // a person has approved something by digest: whether it still is that is asked
};

// The shields of advisories that are in force now; borrowed. `on_trial`: in place of `enforced`, asked beside and recorded; nullptr: none.
struct ShieldsInForce {
  const policy::Shields* enforced = nullptr;
  const policy::Shields* on_trial = nullptr;
};

// What the judge may ask of the world.
class Outside : public analysis::World {
 public:
  virtual SessionFacts Facts(std::string_view session) = 0;  // by the client's own session id
  // Said before Facts: paths in `directory` will be asked for, and what the project in `workspace` forbids, unless the facts name another.
  // Whoever answers from afar may fetch all at once.
  virtual void WillLookAt(std::string_view directory, std::string_view workspace) { static_cast<void>(directory), static_cast<void>(workspace); }
  // An error: nobody can tell what is in force, so nothing may be decided.
  virtual Result<ShieldsInForce> Shields() = 0;
  // What the project in `workspace` forbids and declares, as read (settings.h).
  virtual Result<ProjectTexts> Project(std::string_view workspace) = 0;
  // Whether a file of `places` is there in `directory` or beneath; true where it cannot be told.
  virtual bool HoldsDeclared(std::string_view directory, const DeclaredPlaces& places, std::string_view workspace) = 0;
  // What of that which was approved for sessions in `workspace` ("" for none) has changed; asked only where has_pins.
  virtual advisories::PinReport Pins(std::string_view workspace) = 0;
  // Every file in which `client` looks for MCP servers, as read.
  virtual std::vector<advisories::ConfigText> Configs(agent::Client client, std::string_view workspace) = 0;
  // The digest of what an MCP server says to the model (mcp_ask.h).
  virtual Result<Digest> ToolsOf(const advisories::Server& server, std::string_view workspace) {
    static_cast<void>(server), static_cast<void>(workspace);
    return Error{Error::Kind::kUnsupported, "nobody here can ask it"};
  }
};

// What is known of an event once it is read, analysed and decided. All texts that a model or person wrote are redacted and clipped.
struct Judgement {
  bool failed_itself = false;           // of a refusal: not the event was at fault, but the process that read it
  std::string refusal;                  // not "": the event cannot be read or is not known; only the fields up to `session` may be set
  agent::Client client = agent::Client::kClaude;
  agent::Phase phase = agent::Phase::kUnknown;
  std::string event;
  std::string session;

  std::string turn, cwd, permission_mode, agent_id;
  std::string workspace;
  std::string text;                     // the person's or the model's words

  // Of a tool call.
  agent::ToolCall::Kind kind = agent::ToolCall::Kind::kUnknown;
  std::string tool, call_id, description;
  std::string shown;                    // the call in one redacted line: the command, or the tool's main argument
  std::string command, workdir;         // kShell: exactly as they will run; not redacted, never recorded
  std::string action_digest;            // hex SHA-256 over client, tool, arguments and directory: what an approval binds to

  // Before a call.
  std::vector<std::string> effects;     // predicted, as strings
  Coverage coverage = Coverage::kOpaque;
  int64_t commands = 0;                 // of the shell text (analysis.h)
  std::vector<std::string> notes, scripts;
  analysis::Past left;                  // what its shell leaves if it is kept (no files)
  std::vector<analysis::WrittenFile> written;  // files that it may write, without labels
  std::vector<std::string> file_labels; // of files that it may read or run
  std::vector<std::string> earned;      // labels that its output will earn by what it reads (earned.h)
  std::string purpose_said, purpose_done, purpose_match;  // analysis/purpose/purpose.h, by name
  std::vector<std::string> purpose_reasons;
  Verdict verdict = Verdict::kDeny;
  bool contained_after_approval = false, incident = false;
  Verdict unguarded = Verdict::kDeny;   // of an incident: the answer without the forbids that could not be evaluated
  std::vector<std::string> policies;
  std::vector<std::string> shields;     // of advisories, that refused something the policies permit
  std::string why;
  std::string set_digest;               // of the set that decided, the project's policies with it
  bool shadowed = false;                // a shadow set was asked too
  std::string shadow_digest;
  Verdict shadow_verdict = Verdict::kDeny;
  std::vector<std::string> shadow_policies;

  // After a call.
  bool failed = false;
  int64_t output_bytes = 0;
  std::string output_digest;            // HMAC, so that it tells nothing to whoever has only the log
  std::vector<std::string> new_labels;  // earned by this output

  // Ready answers in the client's dialect; the caller picks one.
  agent::Wire allow, rewrite, ask, nothing;

  std::string Encode() const;
  static std::optional<Judgement> Decode(std::string_view bytes);
};

// Never fails: what cannot be judged is a refusal. Cost: linear in the event.
Judgement Judge(const Submission& submission, const JudgeSetup& setup, Outside& outside);

// The workspace that a session's first directory gives, with hooks only: nothing ("") for "/", the home, or what holds the home.
std::string WorkspaceFrom(std::string_view cwd, std::string_view home);

}  // namespace checkrein::monitor
