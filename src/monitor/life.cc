// The life of one action, top to bottom: judged in a child, what is to be done about it chosen, recorded, answered.
#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/path.h"
#include "monitor/clip.h"
#include "monitor/judge_child.h"
#include "monitor/monitor.h"
#include "monitor/pinned.h"

namespace checkrein::monitor {
namespace {

using agent::Answer;
using agent::Phase;

constexpr size_t kMaxLabelledFiles = 1024;  // of all sessions; read on every event. Beyond it see Past::AddFile.

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

bool Pushes(const std::vector<std::string>& effects) {
  return std::any_of(effects.begin(), effects.end(), [](const std::string& effect) { return effect.starts_with("push:"); });
}

// "" where it cannot be told.
std::string CurrentDirectory() {
  char path[4096];
  return getcwd(path, sizeof path) == nullptr ? std::string() : std::string(path);
}

agent::Wire Refuse(std::string_view reason) { return agent::WriteRefusal(reason); }

}  // namespace

agent::Wire Monitor::Handle(const Submission& submission) {
  const std::unique_ptr<Case> mine = Begin(submission);
  while (!mine->Step()) {
    pollfd waiting{mine->fd(), POLLIN, 0};
    (void)poll(&waiting, 1, mine->wait_ms());  // an error shows at the next step, or as time that has run out
  }
  Conclude({mine.get()});
  return std::move(mine->answer);
}

std::unique_ptr<Monitor::Case> Monitor::Begin(const Submission& submission) {
  auto out = std::make_unique<Case>();
  Case& c = *out;
  c.monitor = this;
  if (access((options_.places.state + "/frozen").c_str(), F_OK) == 0) return Refused("everything is frozen; a person can go on with: checkrein thaw");
  RefreshPolicies();
  c.ticket_id = NewTicketId();
  shields_.Act(agent::ClientName(submission.client));
  JudgeSetup setup;
  setup.policies = &policies_;
  setup.personal = &settings_.personal;
  setup.shadow = shadow_ ? &*shadow_ : nullptr;
  setup.policy_set = settings_.policy_set;
  setup.texts = settings_.texts;
  setup.circumstances = PlainCircumstances();
  setup.fixed_workspace = options_.workspace;
  setup.redaction_key = redaction_key_;
  setup.ticketed_command = options_.exec_command + " " + c.ticket_id;
  setup.has_pins = pins_.HasPins();
  Oracle oracle;
  oracle.world = &*options_.world;
  oracle.facts = [this, &c, client = submission.client](std::string_view session) {
    c.session_key = FactsKey(Clip(session, kShortText), client);
    return KnownFacts(c, c.session_key);
  };
  oracle.tools = [this, &c](const advisories::Server& server, const std::string& workspace) { return ToolsOf(server, workspace, c.session_key); };
  oracle.home = options_.places.home;
  // What the child will ask for is looked up while it begins. The workspace is a guess then; another one is looked up when it is asked for.
  oracle.ahead = [this, &c, has_pins = setup.has_pins] {
    LookUpShields();
    if (shields_known_ && options_.shared_log == nullptr) c.shields = shields_.Bytes();
    if (!has_pins || options_.mode == Mode::kSystem) return;  // a service's own directory tells nothing
    const std::string workspace = options_.workspace.empty() ? WorkspaceFrom(CurrentDirectory(), options_.places.home) : options_.workspace;
    c.likely_pins.emplace(workspace, pins_.Check(workspace, EyesOf(*options_.world, workspace)));
  };
  oracle.shields = [this, &c]() -> Result<std::string> {
    if (!shields_known_) return shields_known_.error();
    return c.shields;
  };
  oracle.likely_pins = [&c] { return c.likely_pins; };
  oracle.pins = [this](const std::string& workspace) { return pins_.Check(workspace, EyesOf(*options_.world, workspace)); };
  // The log is needed only after the judgement: opened while the child is at work, it costs the client no time.
  c.task = std::make_unique<JudgeTask>(submission, setup, std::move(oracle), kJudgeDeadlineMs, [this] { static_cast<void>(OpenLog()); });
  return out;
}

std::unique_ptr<Monitor::Case> Monitor::Refused(const std::string& why) {
  auto out = std::make_unique<Case>();
  out->answer = Refuse(why);
  out->state = Case::State::kAnswered;
  return out;
}

// What the judgement is made with, which the record then shows.
SessionFacts Monitor::KnownFacts(Case& c, const std::string& key) {
  Result<SessionFacts> facts = facts_.Load(key);
  const Result<SessionFacts> labelled = facts_.Load(kLabelledFiles);
  if (facts && labelled) {
    for (const analysis::WrittenFile& file : labelled->past.files) {
      // What this session wrote there last it knows better; what others put there it does not take away.
      if (analysis::WrittenFile* own = facts->past.Exactly(file.path)) {
        for (const std::string& label : file.labels)
          if (std::find(own->labels.begin(), own->labels.end(), label) == own->labels.end()) own->labels.push_back(label);
      } else {
        facts->past.AddFile(file, kMaxLabelledFiles + analysis::Past::kMaxFiles);
      }
    }
    for (const std::string& label : labelled->labels) facts->AddLabel(label);  // damaged: any file may hold anything
  } else if (facts) {
    c.facts_error = labelled.error().text;
  }
  if (!facts) c.facts_error = facts.error().text;
  if (facts) c.known = std::move(facts).take();
  return c.known;
}

Monitor::Case::Case() = default;
Monitor::Case::~Case() = default;
int Monitor::Case::fd() const { return state == State::kJudged || !task ? -1 : task->fd(); }
int Monitor::Case::wait_ms() const {
  if (state != State::kBegun) return 0;
  return static_cast<int>(std::max<int64_t>((task->deadline_ns() - MonotonicNanos()) / 1'000'000 + 1, 0));
}

bool Monitor::Case::Step() {
  if (state != State::kBegun) return true;
  std::optional<Judgement> judgement = task->Step();
  if (!judgement) return false;
  j = *std::move(judgement);
  state = State::kJudged;
  return true;
}

bool Monitor::Case::Confirm() {
  if (std::optional<Judgement> refused = task->Unbelieved()) j = *std::move(refused);
  task.reset();
  return j.refusal.empty();
}

void Monitor::Conclude(const std::vector<Case*>& cases) {
  std::vector<json::Value> records;
  std::vector<Case*> recorded;
  for (Case* c : cases) {
    if (c->state != Case::State::kJudged) continue;
    std::optional<json::Value> record = c->monitor->Choose(*c);
    if (!record) continue;
    records.push_back(*std::move(record));
    recorded.push_back(c);
  }
  // Recorded before it is answered: what cannot be recorded does not run.
  const Result<uint64_t> first = records.empty() ? Result<uint64_t>(uint64_t{0}) : recorded[0]->monitor->RecordAll(std::move(records));
  for (size_t i = 0; i < recorded.size(); ++i) recorded[i]->answer = recorded[i]->monitor->Answered(*recorded[i], first ? Result<uint64_t>(*first + i) : Result<uint64_t>(first.error()));
  for (Case* c : cases) c->state = Case::State::kAnswered;
}

// What is to be recorded; nothing when the answer is known without.
std::optional<json::Value> Monitor::Choose(Case& c) {
  Judgement& j = c.j;
  // Only where nothing but a record is made of it, the child may be ending meanwhile.
  const bool meanwhile = j.phase == Phase::kBeforeTool && !hooks_.approval && !Pushes(j.effects);
  if (!meanwhile) static_cast<void>(c.Confirm());
  if (const Status opened = OpenLog(); !opened) {
    c.answer = Refuse(opened.error().text);
    return std::nullopt;
  }
  if (j.refusal.empty() && !c.facts_error.empty()) j.refusal = c.facts_error;
  if (!j.refusal.empty()) return RefusalRecord(NewEnvelope(), j);
  switch (j.phase) {
    case Phase::kBeforeTool: {
      json::Value record = ChooseBefore(c);
      if (meanwhile && !c.Confirm()) return RefusalRecord(NewEnvelope(), j);
      return record;
    }
    case Phase::kAfterTool: {
      // Labels first: if the record then fails, the session is none the less known to have read this.
      const Result<SessionFacts> facts = facts_.Update(FactsKey(j.session, j.client), [&](SessionFacts& f) {
        for (const std::string& label : j.new_labels) f.AddLabel(label);
      });
      if (facts) return ResultRecord(NewEnvelope(), j, *facts);
      c.answer = {"", "checkrein: " + facts.error().text + "\n", 1};
      return std::nullopt;
    }
    case Phase::kPermission:
      c.answer = AnsweredEvent(j);
      return std::nullopt;
    default:
      break;
  }
  json::Value record = EventRecord(NewEnvelope(), j);
  if (j.phase == Phase::kSessionStart && options_.mode != Mode::kSystem) {
    if (const Status known = shields_.Refresh(UnixMillis(), advisories::Look::kWhole); !known) {
      c.answer = Refuse("advisories: " + known.error().text);
      return std::nullopt;
    }
    SetInstalled(record, shields_.active(), agent::ClientName(j.client), shields_.advisories());
  }
  return record;
}

agent::Wire Monitor::Answered(Case& c, const Result<uint64_t>& index) {
  // Beside the refusal's own record: it is refused whether this can be recorded or not.
  if (c.j.failed_itself && index) static_cast<void>(RecordFinding(Finding::kJudgeFailed, {static_cast<int64_t>(*index), c.j.session, std::string(agent::ClientName(c.j.client)), c.j.refusal, {}}));
  if (!c.j.refusal.empty()) return Refuse(c.j.refusal + (index ? "" : "; not recorded: " + index.error().text));
  if (c.j.phase == Phase::kAfterTool) return index ? c.j.nothing : agent::Wire{"", "checkrein: cannot record: " + index.error().text + "\n", 1};
  if (c.j.phase != Phase::kBeforeTool) return index ? AnsweredEvent(c.j) : Refuse("cannot record: " + index.error().text);
  return index ? AnsweredBefore(c, *index) : Refuse("cannot record this action: " + index.error().text);
}

json::Value Monitor::ChooseBefore(Case& c) {
  const Judgement& j = c.j;
  CourseQuestion question{options_.mode, j.client, j.kind, j.verdict, j.contained_after_approval, false};
  c.course = ChooseCourse(question);
  c.advice = j.why;
  c.looked = LookAtPublication(j, c.known, c.course);
  if (!c.looked.refusal.empty()) {
    c.course = {};
    c.advice = c.looked.refusal;
  } else if (c.course.needs_approval && hooks_.approval) {
    const Hooks::Approval approval = hooks_.approval(j);
    if (approval.given) {
      question.approved = true;
      c.course = ChooseCourse(question);
    } else {
      c.advice += "; a person can permit exactly this action with: checkrein approve " + approval.pending_id + "  (then run it again)";
    }
  } else if (c.course.answer == Answer::Kind::kDeny && j.verdict != Verdict::kDeny) {
    c.advice += "; this client has no prompt that holds: start it with `checkrein run` to approve or contain it";
  }
  const bool ticketed = c.course.answer == Answer::Kind::kRewrite;
  const ActionFacts with{&c.known, c.course, ticketed ? c.ticket_id : "", question.approved, c.course.answer == Answer::Kind::kDeny ? c.advice : "", shields_.advisories()};
  return ActionRecord(NewEnvelope(), j, with);
}

// What the release gate says of what this action would publish; nothing at all when it publishes nothing, or is denied anyhow.
Looked Monitor::LookAtPublication(const Judgement& j, const SessionFacts& known, const Course& course) const {
  if (options_.tools.empty() || settings_.gate == Settings::Gate::kOff || j.kind != agent::ToolCall::Kind::kShell) return {};
  if (course.answer == Answer::Kind::kDeny && !course.needs_approval) return {};
  const std::optional<Publication> publication = PublicationOf(j.command, j.effects);
  if (!publication) return {};
  std::vector<std::string_view> environment;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) environment.emplace_back(*variable);
  if (const std::string why = LeadsElsewhere(j.command, known.past, environment); !why.empty()) return {"the release gate: " + why, {}};
  const std::string baseline = options_.places.config.empty() ? "" : options_.places.config.back() + "/gate-baseline.json";
  return Gatekeeper({options_.tools, options_.path, options_.places.home, baseline}, *options_.world).Look(*publication, j.workdir);
}

Status Monitor::RecordLooked(const Looked& looked, const Judgement& j, int64_t action) {
  for (const json::Value& artifact : looked.artifacts) {
    json::Value record = StartRecord(NewEnvelope(), "gate");
    for (const auto& [name, value] : *artifact.object()) record.Set(name, value);
    record.Set("action", action);
    if (const Result<uint64_t> index = Record(std::move(record)); !index) return index.error();
  }
  if (looked.refusal.empty() || looked.artifacts.empty()) return Done{};
  std::vector<std::string> artifacts;
  for (const json::Value& artifact : looked.artifacts) artifacts.emplace_back(std::string(artifact.Text("artifact")) + " sha256:" + std::string(artifact.Text("sha256")));
  return RecordFinding(Finding::kGate, {action, j.session, std::string(agent::ClientName(j.client)), looked.refusal, std::move(artifacts)});
}

agent::Wire Monitor::AnsweredBefore(Case& c, uint64_t index) {
  const Judgement& j = c.j;
  const Course& course = c.course;
  if (const Status recorded = RecordLooked(c.looked, j, static_cast<int64_t>(index)); !recorded) return Refuse("cannot record what the release gate saw: " + recorded.error().text);
  if (j.incident) {
    const std::string what = "action " + std::to_string(index) + " was denied for it; without that policy: " + std::string(VerdictName(j.unguarded));
    if (const Status recorded = RecordFinding(Finding::kPolicyFailed, {static_cast<int64_t>(index), j.session, std::string(agent::ClientName(j.client)), what, j.policies}); !recorded)
      return Refuse("cannot record that a policy failed: " + recorded.error().text);
  }
  if (course.answer == Answer::Kind::kRewrite) {
    if (const Status issued = IssueTicket(j, c.ticket_id, course.level, index); !issued) return Refuse("cannot keep a ticket: " + issued.error().text);
  }
  std::vector<analysis::WrittenFile> written = Labelled(j, c.known, static_cast<int64_t>(index));
  // A command that runs by ticket is watched: "somewhere in the workspace" becomes the files themselves (LabelObserved).
  if (course.answer == Answer::Kind::kRewrite)
    std::erase_if(written, [&j](const analysis::WrittenFile& file) { return file.path.ends_with("/**") && IsBeneath(j.workspace, file.path.substr(0, std::max<size_t>(file.path.size() - 3, 1))); });
  const Result<SessionFacts> facts = facts_.Update(FactsKey(j.session, j.client), [&](SessionFacts& f) {
    if (f.workspace.empty()) f.workspace = j.workspace;
    ++f.actions;
    RecentCall call{j.call_id, static_cast<int64_t>(index), std::string(VerdictName(j.verdict)), Reaches(j.effects), j.file_labels};
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
      return Deny(j, c.advice);
  }
}

agent::Wire Monitor::AnsweredEvent(const Judgement& j) {
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

// What a command was seen to have written, where nobody could tell before: with the labels of its session and of what it may have read.
Status Monitor::LabelObserved(const Outcome& outcome, const json::Value& action) {
  constexpr size_t kMaxNamed = 128;  // of more than these the folders of the workspace in which they lie are named
  const std::string workspace(action.Text("workspace"));
  std::vector<std::string> paths;
  for (const Effect& effect : outcome.observed.all())
    if (effect.op == Op::kWrite && effect.object.starts_with('/')) paths.push_back(effect.object);
  if (paths.empty()) return Done{};
  const std::string key = FactsKey(action.Text("session"), agent::ClientFromName(action.Text("client")).value_or(agent::Client{}));
  Result<SessionFacts> known = facts_.Load(key);
  if (!known) return known.error();
  SessionFacts labels;
  labels.labels = known->labels;
  if (const RecentCall* call = known->FindAction(outcome.action)) {
    for (const std::string& label : call->labels) labels.AddLabel(label);
    if (call->reaches_out) labels.AddLabel("untrusted");
  }
  if (labels.labels.empty()) return Done{};
  if (paths.size() > kMaxNamed && !workspace.empty()) {
    for (std::string& path : paths) {
      const size_t slash = IsBeneath(path, workspace) ? path.find('/', workspace.size() + 1) : std::string::npos;
      if (slash != std::string::npos) path = path.substr(0, slash) + "/**";
    }
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  }
  std::vector<analysis::WrittenFile> written;
  for (std::string& path : paths) {
    const analysis::WrittenFile* predicted = known->past.Exactly(path);
    if (predicted != nullptr && predicted->action == outcome.action) continue;
    written.push_back({std::move(path), {}, {}, labels.labels, std::string(action.Text("session")), outcome.action});
  }
  if (written.empty()) return Done{};
  const Result<SessionFacts> kept = facts_.Update(key, [&](SessionFacts& f) {
    for (const analysis::WrittenFile& file : written) f.past.AddFile(file);
  });
  if (!kept) return kept.error();
  return KeepLabels(written);
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

}  // namespace checkrein::monitor
