// The reference monitor: the life of one action, written once, top to bottom. Hook and supervisor both are thin shells around it.
//
//   Result<Monitor> monitor = Monitor::Open(options);
//   agent::Wire wire = monitor->Handle({Client::kClaude, "PreToolUse", bytes});   // write it to the client and exit
//
// Handle never fails: whatever goes wrong is a denial, and recorded where recording is possible. A process that serves many begins each
// event as it comes, steps those that are judged, and concludes all of them together: one flush of the log for all (group commit).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "advisories/live.h"
#include "agent/answer.h"
#include "audit/log.h"
#include "base/result.h"
#include "monitor/course.h"
#include "monitor/facts.h"
#include "monitor/finding.h"
#include "monitor/gatekeeper.h"
#include "monitor/judge.h"
#include "monitor/live_world.h"
#include "monitor/mode.h"
#include "monitor/places.h"
#include "monitor/record.h"
#include "monitor/settings.h"
#include "monitor/ticket.h"

namespace checkrein::monitor {

class JudgeTask;

class Monitor {
 public:
  struct Options {
    Places places;
    Mode mode = Mode::kHooks;
    std::string exec_command;          // how a shell starts our `exec`: "/usr/bin/checkrein-hook exec"; a ticket id is added
    std::string run_session;           // run: names the one session, whatever the client says
    std::string workspace;             // run: fixed
    std::vector<std::string> model_hosts;
    std::string path;                  // PATH, for the inventory: more places to look for clients in, never fewer
    std::vector<std::string> programs; // run: what it starts, for the inventory
    std::string tools;                 // checkrein-tools, which looks at what is published; "": nothing looks
    std::optional<LiveWorld> world;    // the default is this process's own root
    audit::Log* shared_log = nullptr;  // system: the one log of all users, borrowed
    int64_t uid = -1;                  // system: whose events these are
  };
  // kInvalid, kIo, kDenied: settings, policy, state or log are not in order. The caller refuses everything with this reason.
  static Result<Monitor> Open(Options options);
  // The same for a process that handles one event: its log is opened while the judge's child is at work, so that a log that is not in
  // order shows only there, as a refusal.
  static Result<Monitor> OpenForOne(Options options);

  agent::Wire Handle(const Submission& submission);

  // One event on its way: begun; judged; answered. Several are judged side by side, each in its own child.
  struct Case {
    enum class State : uint8_t { kBegun, kJudged, kAnswered } state = State::kBegun;
    Case();
    ~Case();
    int fd() const;        // becomes readable; -1 when nothing is waited for
    int wait_ms() const;   // no longer than this
    bool Step();           // what there is to do now, without waiting; whether it can be concluded
    agent::Wire answer;    // once concluded

    // The monitor's own.
    Monitor* monitor = nullptr;  // whose it is; nullptr when Refused
    bool Confirm();        // once, before anything is done on the judgement; else that is a refusal from here on
    std::unique_ptr<JudgeTask> task;
    Judgement j;
    std::string ticket_id, session_key, facts_error, advice, shields;
    std::optional<std::pair<std::string, advisories::PinReport>> likely_pins;   // of a workspace that was guessed
    SessionFacts known;
    Course course;
    Looked looked;         // at what it would publish
  };
  std::unique_ptr<Case> Begin(const Submission& submission);
  static std::unique_ptr<Case> Refused(const std::string& why);  // answered, without a record
  // Those of which Step said so, of one monitor or of several with the same log.
  static void Conclude(const std::vector<Case*>& cases);

  // What `run` does otherwise than files do. Unset: tickets are files, nothing is ever approved.
  struct Hooks {
    std::function<Status(const Ticket&)> keep_ticket;
    // Asked for an action that needs approval. An approval is used up by being answered with; otherwise the action is kept as
    // pending, under an id that a person can type.
    struct Approval {
      bool given = false;
      std::string pending_id;
    };
    std::function<Approval(const Judgement&)> approval;
    // Told of every record after it is durable: the supervisor shows them (`demo`).
    std::function<void(const json::Value&)> recorded;
  };
  void SetHooks(Hooks hooks) { hooks_ = std::move(hooks); }
  void SetWorld(LiveWorld world) { options_.world.emplace(std::move(world)); }

  // Appends a record. The only way to the log, so that every record has its envelope's time from here.
  Result<uint64_t> Record(json::Value record);
  Result<uint64_t> RecordAll(std::vector<json::Value> records);  // with nothing between them, durable all at once; the first's index
  // Takes secrets out of what sensors saw; done to every record before it is written.
  void Redact(json::Value& record) const;
  Envelope NewEnvelope() const;
  static Envelope StartEnvelope(Mode mode);  // of a record that belongs to no monitor
  // With its divergence from what the action's record said.
  Status WriteOutcome(const Outcome& outcome);
  // "log" records: that the log was opened after a boot or after a broken-off write (else nothing); that it is still being written to, with
  // what Pulse::Beat found.
  Status RecordBoot();
  Status RecordHeartbeat(json::Value silence);
  // A finding or incident that is about no outcome: recorded at once, its `ref` and the rest as given.
  Status RecordFinding(Finding finding, const FindingFacts& facts);
  // Under `run`, where one process lives long: policy files that a person changed meanwhile. They decide from here on when they load; when
  // they do not, the last good set stays, the log says so, and PolicyFault does until they are mended. (With hooks only each process reads
  // them anew, and denies when they do not load.) Cost: reading them.
  void RefreshPolicies();
  const std::string& PolicyFault() const { return policy_fault_; }

  audit::Log& log() { return options_.shared_log != nullptr ? *options_.shared_log : *log_; }  // after Open
  const Options& options() const { return options_; }
  const Settings& settings() const { return settings_; }
  const policy::PolicySet& policies() const { return policies_; }
  // The same with what the project in `workspace` forbids; nothing when it has no policies of its own. An error denies.
  Result<std::optional<policy::PolicySet>> ProjectPolicies(const std::string& workspace) const;
  // With the shields in force, as they are now: what has come in since (an import) counts. Valid until the next call or event.
  policy::Circumstances BaseCircumstances();
  policy::Circumstances PlainCircumstances() const;   // without shields
  // Actions that follow are of this client; in a session all that were named so count.
  void ActAs(std::string_view client) { shields_.Act(client); }
  FactStore& facts() { return facts_; }
  TicketStore& tickets() { return tickets_; }
  const LiveWorld& world() const { return *options_.world; }

 private:
  Monitor(Options options, Settings settings, policy::PolicySet policies, Digest redaction_key);
  Status OpenLog();
  void LookUpShields();

  std::string FactsKey(std::string_view client_session, agent::Client client) const;
  SessionFacts KnownFacts(Case& c, const std::string& key);
  std::optional<json::Value> Choose(Case& c);
  json::Value ChooseBefore(Case& c);
  agent::Wire Answered(Case& c, const Result<uint64_t>& index);
  agent::Wire AnsweredBefore(Case& c, uint64_t index);
  agent::Wire AnsweredEvent(const Judgement& j);
  static std::vector<analysis::WrittenFile> Labelled(const Judgement& j, const SessionFacts& known, int64_t action);
  Result<Digest> ToolsOf(const advisories::Server& server, const std::string& workspace, const std::string& session) const;  // asked once in a session
  Status LabelObserved(const Outcome& outcome, const json::Value& action);
  Status KeepLabels(const std::vector<analysis::WrittenFile>& written);
  Looked LookAtPublication(const Judgement& j, const SessionFacts& known, const Course& course) const;
  Status RecordLooked(const Looked& looked, const Judgement& j, int64_t action);
  Status IssueTicket(const Judgement& j, const std::string& id, Level level, uint64_t action);

  Options options_;
  Settings settings_;
  policy::PolicySet policies_;
  std::string policy_fault_;
  std::string InForce() const;      // a digest of everything that a person has said: policies, what is declared
  void SayInForce(json::Value& record) const;
  std::optional<policy::PolicySet> shadow_;  // on trial: asked beside and recorded
  std::optional<audit::Log> log_;  // nothing: not opened yet, or shared
  bool is_open_ = false;           // the log, and booting is recorded
  Digest redaction_key_;
  FactStore facts_;
  TicketStore tickets_;
  advisories::PinWatch pins_;
  Hooks hooks_;
  std::string boot_;  // known once the log is open
  advisories::LiveShields shields_;
  Status shields_known_ = Done{};  // an error: what is in force cannot be told, so everything is refused
};

}  // namespace checkrein::monitor
