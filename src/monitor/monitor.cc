#include "monitor/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "monitor/clip.h"
#include "monitor/fit.h"
#include "monitor/judge_child.h"
#include "monitor/pinned.h"
#include "monitor/reconcile.h"
#include "secret/redact.h"

namespace checkrein::monitor {
namespace {

using agent::Answer;
using agent::Phase;

constexpr std::string_view kLabelledFiles = " labelled files";  // no session's key: those begin with a word
constexpr size_t kMaxLabelledFiles = 1024;  // of all sessions; read on every event. Beyond it the oldest lose their labels.

// The key under which digests of outputs and secrets are made: made once, kept with the state.
Result<Digest> RedactionKey(const std::string& state) {
  const std::string path = state + "/redaction.key";
  Digest key{};
  Result<std::string> bytes = ReadFile(path, key.size());
  if (!bytes && bytes.error().kind == Error::Kind::kNotFound) {
    FillRandom(key);
    // Exclusive, so that of two first hooks one key wins and the other reads it.
    const Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (fd.valid()) {
      if (const Status written = WriteAll(fd.get(), AsText(key)); !written) return written.error();
      return key;
    }
    if (errno != EEXIST) return SystemError(path, errno);
    // The winner may be between making and writing it: 32 bytes take no second look in practice, but a short read is an error below.
    bytes = ReadFile(path, key.size());
  }
  if (!bytes) return bytes.error();
  if (bytes->size() != key.size()) return Error{Error::Kind::kInvalid, path + ": damaged; remove it"};
  std::copy(bytes->begin(), bytes->end(), key.begin());
  return key;
}

std::string BootId() {
  Result<std::string> id = ReadFile("/proc/sys/kernel/random/boot_id", 64);
  if (!id) return "unknown";
  while (id->ends_with('\n')) id->pop_back();
  return std::move(id).take();
}

// A denial in the words of the client that asked: most need no more than WriteRefusal, one hides it from its model.
agent::Wire Deny(const Judgement& j, std::string_view reason) {
  agent::Event event;
  event.client = j.client;
  event.phase = j.phase;
  return agent::WriteAnswer(event, {Answer::Kind::kDeny, std::string(reason), {}});
}

bool Reaches(const std::vector<std::string>& effects) {
  return std::any_of(effects.begin(), effects.end(), [](const std::string& effect) { return effect.starts_with("connect:"); });
}

agent::Wire Refuse(std::string_view reason) { return agent::WriteRefusal(reason); }

}  // namespace

Monitor::Monitor(Options options, Settings settings, policy::PolicySet policies, Digest redaction_key)
    : options_(std::move(options)),
      settings_(std::move(settings)),
      policies_(std::move(policies)),
      redaction_key_(redaction_key),
      facts_(options_.places.state + "/sessions"),
      tickets_(options_.places.state + "/tickets"),
      pins_(options_.places.state, options_.mode == Mode::kRun ? advisories::PinWatch::Stamps::kInMemory : advisories::PinWatch::Stamps::kKept),
      boot_(BootId()),
      shields_({options_.places.state, options_.places.home, options_.path, {}, options_.programs}) {}

Result<Monitor> Monitor::Open(Options options) {
  Result<Monitor> monitor = OpenForOne(std::move(options));
  if (!monitor) return monitor;
  if (const Status opened = monitor->OpenLog(); !opened) return opened.error();
  return monitor;
}

Status Monitor::OpenLog() {
  if (log_) return Done{};
  Result<audit::Log> log = audit::Log::Open(options_.places.state + "/log", audit::Log::Mode::kAppend);
  if (!log) return log.error();
  log_ = std::move(log).take();
  Status booted = RecordBoot();
  if (!booted) log_.reset();
  return booted;
}

Result<Monitor> Monitor::OpenForOne(Options options) {
  if (const Status prepared = PrepareState(options.places); !prepared) return prepared.error();
  Result<Settings> settings = LoadSettings(options.places.config);
  if (!settings) return settings.error();
  Result<policy::PolicySet> policies = policy::PolicySet::Load(settings->policy_set, settings->texts, {}, options.places.state + "/policy");
  if (!policies) return policies.error();
  const Result<Digest> key = RedactionKey(options.places.state);
  if (!key) return key.error();
  if (!options.world) options.world = LiveWorld::OfThisProcess();
  std::optional<policy::PolicySet> shadow;
  if (settings->has_shadow()) {
    std::vector<policy::PolicySet::Text> texts = settings->texts;
    texts.insert(texts.end(), settings->shadow_texts.begin(), settings->shadow_texts.end());
    // A set on trial that does not load is a broken configuration like any other: whoever tries it wants to know.
    Result<policy::PolicySet> loaded = policy::PolicySet::Load(settings->shadow_set.empty() ? settings->policy_set : settings->shadow_set, texts, {}, options.places.state + "/policy");
    if (!loaded) return Error{loaded.error().kind, "the set on trial: " + loaded.error().text};
    shadow = std::move(loaded).take();
  }
  Monitor monitor(std::move(options), std::move(settings).take(), std::move(policies).take(), *key);
  monitor.shadow_ = std::move(shadow);
  if (monitor.options_.mode == Mode::kRun)
    if (const Status known = monitor.shields_.Refresh(UnixMillis(), advisories::Look::kWhole); !known) return known.error();
  return monitor;
}

std::string Monitor::FactsKey(std::string_view client_session, agent::Client client) const {
  // Under `run` there is one session whatever the client calls itself: a new id must not shed labels.
  if (options_.mode == Mode::kRun) return "run " + options_.run_session;
  return std::string(agent::ClientName(client)) + " " + std::string(client_session);
}

Result<std::optional<policy::PolicySet>> Monitor::ProjectPolicies(const std::string& workspace) const {
  const Result<std::vector<policy::PolicySet::Text>> project = ReadProjectPolicies(workspace);
  if (!project) return project.error();
  if (project->empty()) return std::optional<policy::PolicySet>();
  Result<policy::PolicySet> set = policy::PolicySet::Load(settings_.policy_set, settings_.texts, *project);
  if (!set) return set.error();
  return std::optional<policy::PolicySet>(std::move(set).take());
}

Envelope Monitor::NewEnvelope() const { return {UnixMillis(), MonotonicNanos(), boot_, options_.mode}; }

policy::Circumstances Monitor::BaseCircumstances() {
  policy::Circumstances c;
  shields_known_ = shields_.Refresh(UnixMillis(), advisories::Look::kQuick);
  c.shields = shields_.enforced();
  c.home = options_.places.home;
  c.workspace = options_.workspace;
  c.state_dir = options_.places.state;
  c.config_dir = options_.places.config.empty() ? "" : options_.places.config.back();
  c.model_hosts = options_.model_hosts;
  c.model_hosts.insert(c.model_hosts.end(), settings_.model_hosts.begin(), settings_.model_hosts.end());
  c.registries = settings_.registries;
  return c;
}

Result<uint64_t> Monitor::Record(json::Value record) {
  FitRecord(record);
  Result<uint64_t> index = log_->Append(record.Dump());
  if (index && hooks_.recorded) {
    json::Value shown = std::move(record);
    shown.Set("index", static_cast<int64_t>(*index));
    hooks_.recorded(shown);
  }
  return index;
}

agent::Wire Monitor::Handle(const Submission& submission) {
  if (access((options_.places.state + "/frozen").c_str(), F_OK) == 0) return Refuse("everything is frozen; a person can go on with: checkrein thaw");
  RefreshPolicies();
  const std::string ticket_id = NewTicketId();
  shields_.Act(agent::ClientName(submission.client));
  JudgeSetup setup;
  setup.policies = &policies_;
  setup.shadow = shadow_ ? &*shadow_ : nullptr;
  setup.policy_set = settings_.policy_set;
  setup.texts = settings_.texts;
  setup.circumstances = BaseCircumstances();
  if (!shields_known_) return Refuse("advisories: " + shields_known_.error().text);
  setup.shields_on_trial = shields_.with_trial();
  setup.fixed_workspace = options_.workspace;
  setup.redaction_key = redaction_key_;
  setup.ticketed_command = options_.exec_command + " " + ticket_id;

  std::string facts_error;
  SessionFacts known;  // what the judgement was made with, which the record then shows
  Oracle oracle;
  oracle.world = &*options_.world;
  oracle.facts = [&](std::string_view session) {
    Result<SessionFacts> facts = facts_.Load(FactsKey(Clip(session, kShortText), submission.client));
    const Result<SessionFacts> labelled = facts_.Load(kLabelledFiles);
    if (facts && labelled) {
      for (const analysis::WrittenFile& file : labelled->past.files)
        if (facts->past.FindFile(file.path) == nullptr) facts->past.AddFile(file, kMaxLabelledFiles + analysis::Past::kMaxFiles);
      for (const std::string& label : labelled->labels) facts->AddLabel(label);  // damaged: any file may hold anything
    } else if (facts) {
      facts_error = labelled.error().text;
    }
    if (!facts) facts_error = facts.error().text;
    if (facts) known = std::move(facts).take();
    return known;
  };
  setup.has_pins = pins_.HasPins();
  oracle.home = options_.places.home;
  oracle.pins = [&](const std::string& workspace) { return pins_.Check(workspace, EyesOf(*options_.world, workspace)); };
  // The log is needed only after the judgement: opened while the child is at work, it costs the client no time.
  Judgement j = JudgeInChild(submission, setup, oracle, kJudgeDeadlineMs, [this] { static_cast<void>(OpenLog()); });
  if (const Status opened = OpenLog(); !opened) return Refuse(opened.error().text);
  if (j.refusal.empty() && !facts_error.empty()) j.refusal = facts_error;
  if (!j.refusal.empty()) {
    const Result<uint64_t> index = Record(RefusalRecord(NewEnvelope(), j));
    return Refuse(j.refusal + (index ? "" : "; not recorded: " + index.error().text));
  }
  switch (j.phase) {
    case Phase::kBeforeTool:
      return HandleBefore(j, known, ticket_id);
    case Phase::kAfterTool:
      return HandleAfter(j);
    default:
      return HandleEvent(j);
  }
}

Status Monitor::IssueTicket(const Judgement& j, const std::string& id, Level level, uint64_t action) {
  Ticket ticket;
  ticket.id = id;
  ticket.expires_ms = UnixMillis() + kTicketLifeMs;
  ticket.level = level;
  ticket.command = j.command;
  ticket.cwd = j.workdir;
  ticket.workspace = j.workspace;
  ticket.session_key = FactsKey(j.session, j.client);
  ticket.action = static_cast<int64_t>(action);
  ticket.predicted = j.effects;
  ticket.scripts = BindScripts(j.scripts, *options_.world);
  return hooks_.keep_ticket ? hooks_.keep_ticket(ticket) : tickets_.Put(ticket, UnixMillis());
}

// The files that the action may write, with the labels they get: those of its session, of what it reads, and of the network.
std::vector<analysis::WrittenFile> Monitor::Labelled(const Judgement& j, const SessionFacts& known, int64_t action) {
  SessionFacts labels;
  for (const std::string& label : known.labels) labels.AddLabel(label);
  for (const std::string& label : j.file_labels) labels.AddLabel(label);
  for (const std::string& label : j.earned) labels.AddLabel(label);
  if (Reaches(j.effects)) labels.AddLabel("untrusted");
  std::vector<analysis::WrittenFile> written = j.written;
  for (analysis::WrittenFile& file : written) {
    file.labels = labels.labels;
    file.by = j.session + (j.agent_id.empty() ? "" : "/" + j.agent_id);
    file.action = action;
  }
  return written;
}

// Labels outlive the session that gave them: they stay with the files until a person clears them.
Status Monitor::KeepLabels(const std::vector<analysis::WrittenFile>& written) {
  if (written.empty()) return Done{};  // as most actions: no look at the file then
  const Result<SessionFacts> before = facts_.Load(kLabelledFiles);
  if (!before) return before.error();
  const auto matters = [&](const analysis::WrittenFile& file) { return !file.labels.empty() || before->past.FindFile(file.path) != nullptr; };
  if (std::none_of(written.begin(), written.end(), matters)) return Done{};
  const Result<SessionFacts> kept = facts_.Update(kLabelledFiles, [&](SessionFacts& f) {
    for (const analysis::WrittenFile& file : written)
      if (matters(file)) f.past.AddFile(file, kMaxLabelledFiles);
  });
  if (!kept) return kept.error();
  return Done{};
}

agent::Wire Monitor::HandleBefore(Judgement& j, const SessionFacts& known, const std::string& ticket_id) {
  const std::string key = FactsKey(j.session, j.client);
  CourseQuestion question{options_.mode, j.client, j.kind, j.verdict, j.contained_after_approval, false};
  Course course = ChooseCourse(question);
  std::string advice = j.why;
  if (course.needs_approval && hooks_.approval) {
    const Hooks::Approval approval = hooks_.approval(j);
    if (approval.given) {
      question.approved = true;
      course = ChooseCourse(question);
    } else {
      advice += "; a person can permit exactly this action with: checkrein approve " + approval.pending_id + "  (then run it again)";
    }
  } else if (course.answer == Answer::Kind::kDeny && j.verdict != Verdict::kDeny) {
    advice += "; this client has no prompt that holds: start it with `checkrein run` to approve or contain it";
  }

  const bool ticketed = course.answer == Answer::Kind::kRewrite;
  ActionFacts with{&known, course, ticketed ? ticket_id : "", question.approved, course.answer == Answer::Kind::kDeny ? advice : "", shields_.advisories()};
  // Recorded before it is answered: what cannot be recorded does not run.
  const Result<uint64_t> index = Record(ActionRecord(NewEnvelope(), j, with));
  if (!index) return Refuse("cannot record this action: " + index.error().text);
  if (ticketed) {
    if (const Status issued = IssueTicket(j, ticket_id, course.level, *index); !issued) return Refuse("cannot keep a ticket: " + issued.error().text);
  }
  const std::vector<analysis::WrittenFile> written = Labelled(j, known, static_cast<int64_t>(*index));
  const Result<SessionFacts> facts = facts_.Update(key, [&](SessionFacts& f) {
    if (f.workspace.empty()) f.workspace = j.workspace;
    ++f.actions;
    RecentCall call{j.call_id, static_cast<int64_t>(*index), std::string(VerdictName(j.verdict)), Reaches(j.effects), j.file_labels};
    for (const std::string& label : j.earned)
      if (std::find(call.labels.begin(), call.labels.end(), label) == call.labels.end()) call.labels.push_back(label);
    f.AddCall(std::move(call));
    if (course.answer == Answer::Kind::kDeny) return;
    f.past.Follow(j.left, course.answer == Answer::Kind::kAllow ? analysis::Past::Ran::kSurely : analysis::Past::Ran::kPerhaps);
    for (const analysis::WrittenFile& file : written) f.past.AddFile(file);
  });
  if (!facts) return Refuse(facts.error().text);
  if (course.answer != Answer::Kind::kDeny)
    if (const Status kept = KeepLabels(written); !kept) return Refuse(kept.error().text);
  switch (course.answer) {
    case Answer::Kind::kAllow:
      return j.allow;
    case Answer::Kind::kRewrite:
      return j.rewrite;
    case Answer::Kind::kAsk:
      return j.ask;
    default:
      return Deny(j, advice);
  }
}

agent::Wire Monitor::HandleAfter(const Judgement& j) {
  // Labels first: if the record then fails, the session is none the less known to have read this.
  Result<SessionFacts> facts = facts_.Update(FactsKey(j.session, j.client), [&](SessionFacts& f) {
    for (const std::string& label : j.new_labels) f.AddLabel(label);
  });
  if (!facts) return {"", "checkrein: " + facts.error().text + "\n", 1};
  const Result<uint64_t> index = Record(ResultRecord(NewEnvelope(), j, *facts));
  if (!index) return {"", "checkrein: cannot record: " + index.error().text + "\n", 1};
  return j.nothing;
}

agent::Wire Monitor::HandleEvent(const Judgement& j) {
  if (j.phase != Phase::kPermission) {
    json::Value record = EventRecord(NewEnvelope(), j);
    if (j.phase == Phase::kSessionStart) {
      if (const Status known = shields_.Refresh(UnixMillis(), advisories::Look::kWhole); !known) return Refuse("advisories: " + known.error().text);
      SetInstalled(record, shields_.active(), agent::ClientName(j.client), shields_.advisories());
    }
    const Result<uint64_t> index = Record(std::move(record));
    if (!index) return Refuse("cannot record: " + index.error().text);
  }
  const Result<SessionFacts> facts = facts_.Update(FactsKey(j.session, j.client), [&](SessionFacts& f) {
    if (f.workspace.empty()) f.workspace = j.workspace;
    if (j.phase == Phase::kPrompt) {
      f.goal = j.text;
      f.intent.clear();  // what was said before belongs to the turn before
    }
    if (j.phase == Phase::kMessage) f.intent = j.text;
  });
  if (!facts) return Refuse(facts.error().text);
  return j.nothing;
}

Status Monitor::WriteOutcome(const Outcome& outcome) {
  const Result<std::string> bytes = outcome.action < 0 ? Result<std::string>(std::string()) : log_->Read(static_cast<uint64_t>(outcome.action));
  const Result<json::Value> action = bytes ? json::Parse(*bytes) : Result<json::Value>(bytes.error());
  const Reconciled reconciled = ReconcileOutcome(action ? *action : json::Value(), outcome);
  Outcome shown = outcome;
  RedactCalls(shown.execs, redaction_key_);
  json::Value record = OutcomeRecord(NewEnvelope(), shown);
  SetDivergence(record, reconciled);
  // What did so much more than was known of it may have been steered: from now on the session is asked about whatever needs trust.
  if (reconciled.differs() == Differs::kHigh && action) {
    const agent::Client client = agent::ClientFromName(action->Text("client")).value_or(agent::Client{});
    const Result<SessionFacts> facts = facts_.Update(FactsKey(action->Text("session"), client), [](SessionFacts& f) { f.AddLabel("untrusted"); });
    if (!facts) return facts.error();
    SetList(record, "new_labels", {"untrusted"});
  }
  const Result<uint64_t> index = Record(std::move(record));
  if (!index) return index.error();
  return Done{};
}

// A log that is first written to after a boot, or that a broken-off write has marked, says so: silence and damage are to be seen. So is
// that other policies are in force than before.
Status Monitor::RecordBoot() {
  // In a file of its own, for a hook has no time to look for the last record.
  const std::string seen = options_.places.state + "/boot";
  const std::string now = boot_ + " " + policies_.digest();
  const Result<std::string> last = ReadFile(seen, kPathText);
  if (last && *last == now && log_->torn_bytes() == 0) return Done{};
  if (log_->size() == 0) {
    json::Value key = StartRecord(NewEnvelope(), "key");
    key.Set("event", "made").Set("vkey", log_->Vkey());
    if (const Result<uint64_t> index = Record(std::move(key)); !index) return index.error();
  }
  if (!last || !last->ends_with(" " + policies_.digest())) {
    json::Value policy = StartRecord(NewEnvelope(), "policy");
    policy.Set("event", "in force").Set("set", policies_.digest());
    SetList(policy, "ids", policies_.Ids());
    if (const Result<uint64_t> index = Record(std::move(policy)); !index) return index.error();
  }
  if (last && last->starts_with(boot_ + " ") && log_->torn_bytes() == 0) return ReplaceFile(seen, now, 0600);
  json::Value record = StartRecord(NewEnvelope(), "log");
  record.Set("event", "boot").Set("clean", log_->torn_bytes() == 0).Set("torn_bytes", static_cast<int64_t>(log_->torn_bytes())).Set("size", static_cast<int64_t>(log_->size()));
  const Result<uint64_t> index = Record(std::move(record));
  if (!index) return index.error();
  return ReplaceFile(seen, now, 0600);
}

void Monitor::RefreshPolicies() {
  if (options_.mode != Mode::kRun) return;
  Result<Settings> settings = LoadSettings(options_.places.config);
  std::string fault = settings ? std::string() : settings.error().text;
  std::optional<policy::PolicySet> set;
  if (settings && !settings->decides_as(settings_)) {
    Result<policy::PolicySet> loaded = policy::PolicySet::Load(settings->policy_set, settings->texts, {}, options_.places.state + "/policy");
    if (loaded) {
      set = std::move(loaded).take();
    } else {
      fault = loaded.error().text;
    }
  }
  const bool told = fault == policy_fault_;
  policy_fault_ = std::move(fault);
  if (!policy_fault_.empty() && !told) {
    json::Value record = StartRecord(NewEnvelope(), "policy");
    record.Set("event", "refused").Set("why", secret::Redact(Clip(policy_fault_, kExcerpt), redaction_key_)).Set("set", policies_.digest());
    (void)Record(std::move(record));  // what cannot be recorded does not run: the action at hand finds that out
  }
  if (!set) return;
  json::Value record = StartRecord(NewEnvelope(), "policy");
  record.Set("event", "in force").Set("set", set->digest());
  SetList(record, "ids", set->Ids());
  // Unrecorded it would decide without anybody knowing since when.
  if (!Record(std::move(record))) return;
  policies_ = std::move(*set);
  settings_.policy_set = settings->policy_set;
  settings_.texts = std::move(settings->texts);
}

Status Monitor::RecordHeartbeat() {
  json::Value record = StartRecord(NewEnvelope(), "log");
  record.Set("event", "heartbeat").Set("size", static_cast<int64_t>(log_->size()));
  const Result<uint64_t> index = Record(std::move(record));
  if (!index) return index.error();
  return Done{};
}

}  // namespace checkrein::monitor
