#include "monitor/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fields.h"
#include "base/path.h"
#include "monitor/channel.h"
#include "monitor/clip.h"
#include "monitor/command.h"
#include "monitor/doors.h"
#include "monitor/edits.h"
#include "monitor/ended_runs.h"
#include "monitor/events.h"
#include "monitor/exec_watch.h"
#include "monitor/gateway.h"
#include "monitor/monitor.h"
#include "monitor/pending.h"
#include "monitor/protocol.h"
#include "monitor/repeats.h"
#include "monitor/run_plan.h"
#include "monitor/pulse.h"
#include "monitor/terminal.h"
#include "monitor/trespass.h"
#include "monitor/watch.h"
#include "sandbox/changes.h"
#include "sandbox/keeper.h"

namespace checkrein::monitor {
namespace {

constexpr size_t kMaxJudged = 32;         // events judged side by side: a process each
constexpr int64_t kIdleNs = 60'000'000'000;   // a connection that asks nothing for a minute is closed
constexpr int kSweepMs = 5'000;
constexpr size_t kMaxTickets = 1'024;     // decided and not yet used; the oldest gives way
constexpr int kNotStarted = 125;
constexpr size_t kMaxTold = 8;            // lines about one command
constexpr size_t kFixedWaiting = 7;       // what Waiting() begins with

// A command that runs for a connection from inside.
struct Running {
  sandbox::Process process;
  Ticket ticket;
  int64_t begin_ns = 0;
  uint64_t execs = 0;               // what it executes, by execs_
  EffectSet observed = {};          // by the broker
  std::vector<std::string> told = {};  // what to tell the agent at the end
  size_t untold = 0;

  void Tell(std::string line) {
    if (std::find(told.begin(), told.end(), line) != told.end()) return;
    told.size() < kMaxTold ? told.push_back(std::move(line)) : static_cast<void>(++untold);
  }
};

struct Connection {
  Fd socket;
  std::unique_ptr<Receiver> receiver;
  std::optional<Running> running;
  std::optional<Submission> asked = std::nullopt;   // an event that waits for its turn
  std::unique_ptr<Monitor::Case> event = nullptr;   // being judged
  bool left = false;                                // nobody waits for the answer; what was asked is recorded all the same
  Doors::Side side = Doors::Side::kInside;
  int64_t since_ns = 0;
};

class Supervisor {
 public:
  Supervisor(RunOptions options, Monitor monitor, HeldCopy copy)
      : options_(std::move(options)), monitor_(std::move(monitor)), copy_(std::move(copy)), watch_(copy_.copy), edits_(copy_.copy.workspace) {}

  Status Start();
  Status StartAgent();
  Result<RunSummary> Run();

 private:
  // What a command left running: a server. It ends with the session; what it executes until then is its action's.
  struct Background {
    sandbox::Process process;
    int64_t action = 0;
    uint64_t execs = 0;
  };

  Status StartGateway();
  ConnectionAnswer MayConnect(const ConnectionQuestion& question);
  void OnConnection(const json::Value& event);
  void TellPerson(const std::string& place, std::string_view why, std::string_view who);
  void SettleAction(Outcome& outcome, std::vector<std::string>* words);
  void PushEdits();
  void NameStale(Outcome& outcome, std::vector<std::string>* words);
  void ConnectMonitor();
  std::vector<pollfd> Waiting() const;
  int WaitMs() const;
  bool Turn();                                  // false when the agent has ended
  void AnswerEvents();
  void OnSignal();
  void Accept(Doors::Side side);
  size_t Taken(Doors::Side side) const;
  bool Serve(Connection& c);                    // false: the connection is over
  bool Handle(Connection& c, Message message);
  bool HandleInside(Connection& c, Request request, std::vector<Fd> fds);
  bool HandlePerson(Connection& c, const Request& request);
  bool Refuse(Trespass what, std::string_view detail);
  bool StartCommand(Connection& c, const std::string& ticket_id, std::vector<Fd> fds);
  bool FinishCommand(Connection& c);
  bool EndBackground(const Background& one);
  void FinishOnlyCommand(const std::optional<sandbox::Outcome>& ended);
  std::string Approve(const std::string& id);
  std::string Freeze(bool frozen);
  std::string ApprovalKey(const Judgement& j) const;
  void ObserveOwnTool(const json::Value& result);
  int64_t RecordNote(const std::string& kind, const json::Value& body);  // its index, -1 when it could not be written
  std::string RunDirectory() const { return ControlDirectory(options_.places.state) + "/" + copy_.id; }

  RunOptions options_;
  Monitor monitor_;
  HeldCopy copy_;
  CopyWatch watch_;
  Edits edits_;
  std::map<std::string, std::string> stale_;  // what the person changed and the session does not see: why
  std::set<std::string> told_stale_;
  std::set<std::string> told_held_;  // paths whose being held the agent has been told of
  std::set<std::string> told_refused_;  // places that were refused, and the person told of
  Fd root_;                          // of the session, to write the person's edits into it
  std::optional<sandbox::Session> session_;
  std::optional<sandbox::Process> agent_;
  std::optional<TerminalRelay> terminal_;
  std::unique_ptr<Gateway> gateway_;
  Repeats repeats_;
  std::set<std::string> approved_;  // "a.example:443", for this session
  std::optional<Doors> doors_;
  Trespasses trespasses_;
  Fd signals_;
  std::list<Connection> connections_;
  std::vector<Background> background_;
  std::unique_ptr<ExecWatch> execs_;
  // Of `exec`: what its one command executes, contacts, and which record it is.
  uint64_t command_execs_ = 0;
  EffectSet command_observed_;
  int64_t command_record_ = -1, command_begin_ns_ = MonotonicNanos();
  std::map<std::string, Ticket> tickets_;
  PendingActions pending_;
  RunSummary summary_;
  bool person_left_ = false;
  Pulse pulse_{MonotonicNanos(), UnixMillis()};
  bool frozen_ = false;
};

Status Supervisor::StartGateway() {
  Gateway::Plan plan{RoutesOf(options_), options_.published};
  Gateway::Callbacks callbacks;
  callbacks.may = [this](const ConnectionQuestion& question) { return MayConnect(question); };
  callbacks.happened = [this](const json::Value& event) { OnConnection(event); };
  Result<std::unique_ptr<Gateway>> gateway = Gateway::Start(*session_, plan, std::move(callbacks));
  if (!gateway) return gateway.error();
  gateway_ = std::move(gateway).take();
  return Done{};
}

// Asked anew for each connection: the labels are those of this moment.
ConnectionAnswer Supervisor::MayConnect(const ConnectionQuestion& question) {
  policy::Circumstances circumstances = monitor_.BaseCircumstances();
  const Result<SessionFacts> facts = monitor_.facts().Load("run " + copy_.id);
  circumstances.labels = facts ? facts->labels : WorstLabels();
  ConnectionRules rules{options_.reach, approved_, {}};
  for (const Connection& c : connections_) {
    if (!c.running) continue;
    rules.predicted.insert(rules.predicted.end(), c.running->ticket.predicted.begin(), c.running->ticket.predicted.end());
    // What it may have read by now has reached nobody yet, and is not in the session's labels.
    if (const RecentCall* call = facts ? facts->FindAction(c.running->ticket.action) : nullptr)
      for (const std::string& label : call->labels)
        if (label != "untrusted" && std::find(circumstances.labels.begin(), circumstances.labels.end(), label) == circumstances.labels.end()) circumstances.labels.push_back(label);
  }
  ConnectionAnswer answer = monitor::MayConnect(monitor_.policies(), circumstances, rules, question);
  if (!answer.needs_approval) return answer;
  // A person may permit it for the rest of the session. Of a name that is only looked up, the port is not known yet: it is mostly this one.
  const std::string object = question.host + ":" + std::to_string(question.port == 0 ? 443 : question.port);
  const std::string key = HexEncode(Sha256("connect " + object));
  if (pending_.TakeApproval(key, UnixMillis())) {
    approved_.insert(object);
    return MayConnect(question);
  }
  const std::string id = pending_.Wait(key, "connect:" + object + " (for this session)", answer.why, copy_.id, UnixMillis());
  if (options_.role == RunOptions::Role::kCommand) {  // it may be over before anybody could
    answer.why += "; to permit it: checkrein exec --reach " + object + " -- ...";
    return answer;
  }
  answer.why += "; a person can permit it for this session with: checkrein approve " + id + "  (then try again)";
  return answer;
}

// Once for each place, and not into what the agent shows on the person's terminal.
void Supervisor::TellPerson(const std::string& place, std::string_view why, std::string_view who) {
  if (told_refused_.size() >= kMaxTold || !told_refused_.insert(place).second) return;
  std::string line = std::string(who) + "denied: connect to " + place + ": " + std::string(why);
  std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');  // the name is the agent's
  if (terminal_) {
    summary_.refused.push_back(line);
  } else {
    fprintf(stderr, "checkrein: %s\n", line.c_str());
  }
}

void Supervisor::OnConnection(const json::Value& event) {
  // Of a name that was only looked up the port is not known.
  const bool connects = event.Integer("port", 0) != 0;
  const std::string place = std::string(event.Text("host")) + (connects ? ":" + std::to_string(event.Integer("port", 0)) : "");
  const std::string_view result = event.Text("result");
  const bool refused = result.starts_with("refused: ");
  const std::string why(refused ? result.substr(9) : result);
  if (event.Text("net") == "commands") {
    if (connects) command_observed_.Add({Op::kConnect, place, {}});
    if (options_.role == RunOptions::Role::kCommand && refused) TellPerson(place, why, "");
    for (Connection& c : connections_) {
      if (!c.running) continue;
      if (connects) c.running->observed.Add({Op::kConnect, place, {}});
      if (refused) c.running->Tell("denied: connect to " + place + ": " + why);
    }
  }
  // Some clients wait for ever for what they do not get, and say nothing.
  if (event.Text("net") == "agent" && refused) TellPerson(place, why, "the agent itself: ");
  // One line of the log costs more than one connection: what repeats is counted, not written each time.
  if (const std::optional<int64_t> before = repeats_.Count(std::string(event.Text("net")) + " " + place + " " + std::string(result), MonotonicNanos())) {
    json::Value record = event;
    if (*before > 0) record.Set("repeated", *before);
    RecordNote("connection", record);
  }
}

void Supervisor::ConnectMonitor() {
  Monitor::Hooks hooks;
  hooks.keep_ticket = [this](const Ticket& ticket) -> Status {
    if (tickets_.size() >= kMaxTickets)
      tickets_.erase(std::min_element(tickets_.begin(), tickets_.end(), [](const auto& a, const auto& b) { return a.second.action < b.second.action; }));
    tickets_[ticket.id] = ticket;
    return Done{};
  };
  hooks.approval = [this](const Judgement& j) -> Monitor::Hooks::Approval {
    const std::string key = ApprovalKey(j);
    if (pending_.TakeApproval(key, UnixMillis())) return {true, {}};
    return {false, pending_.Wait(key, j.shown, j.why, copy_.id, UnixMillis())};
  };
  hooks.recorded = [this](const json::Value& record) {
    if (record.Text("k") == "action") {
      ++summary_.actions;
      const std::string_view course = record.Text("course");
      if (course == "denied" || course == "awaits approval") ++summary_.denied;
      if (course == "contained") ++summary_.contained;
    }
    if (record.Text("k") == "refused") ++summary_.denied;
    if (record.Text("k") == "policy") summary_.policy_fault = record.Text("why");  // "" when a set is in force
    if (record.Text("k") == "result") ObserveOwnTool(record);
    if ((record.Text("k") == "finding" || record.Text("k") == "incident") && summary_.findings.size() < kMaxTold) summary_.findings.emplace_back(record.Text("what"));
    if (options_.recorded) options_.recorded(record);
  };
  monitor_.SetHooks(std::move(hooks));
}

Status Supervisor::Start() {
  Result<Doors> doors = Doors::Open(RunDirectory());
  if (!doors) return doors.error();
  doors_.emplace(std::move(doors).take());
  Result<sandbox::Session> session = sandbox::Session::Start(PlanOfRun(options_, copy_, RunDirectory()));
  if (!session) return session.error();
  session_ = std::move(session).take();
  Doors::MakeRoomForDescriptors();  // programs have the spawner's limits, which it has by now
  Result<Fd> root = session_->Root();
  if (!root) return root.error();
  root_ = Fd(fcntl(root->get(), F_DUPFD_CLOEXEC, 0));
  Result<std::unique_ptr<ExecWatch>> execs = ExecWatch::Start(Fd(fcntl(root->get(), F_DUPFD_CLOEXEC, 0)));
  if (!execs) return execs.error();
  execs_ = std::move(execs).take();
  monitor_.SetWorld(LiveWorld(std::move(root).take()));
  ConnectMonitor();
  if (const Status started = StartGateway(); !started) return started;
  if (const Status pruned = sandbox::Prune(options_.places.state + "/undo", sandbox::kKeptBytes, sandbox::kKeptDays); !pruned) return pruned;
  if (access((options_.places.state + "/frozen").c_str(), F_OK) == 0) return Error{Error::Kind::kDenied, "everything is frozen; a person can go on with: checkrein thaw"};

  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) sigaddset(&wanted, signal);
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  signals_ = Fd(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_.valid()) return SystemError("signalfd", errno);

  json::Value body;
  // The agent's arguments may hold a prompt with a secret in it: the program is named, its arguments are counted.
  body.Set("program", options_.argv[0]).Set("arguments", static_cast<int64_t>(options_.argv.size() - 1)).Set("workspace", options_.workspace);
  std::vector<std::string> reach;
  for (const auto* endpoints : {&options_.endpoints, &options_.reach})
    for (const egress::Endpoint& endpoint : *endpoints) reach.push_back(endpoint.host + ":" + std::to_string(endpoint.port));
  SetList(body, "reach", reach);
  if (!gateway_->every_port()) body.Set("network", "no nftables: only the ports 22, 80, 443 and 9418 are led out, others are refused unseen");
  body.Set("policy", monitor_.policies().digest());
  command_record_ = RecordNote("run", body);
  for (const std::string& gone : TakeEndedRuns(ControlDirectory(options_.places.state), UnixMillis()))
    if (const Status noted = monitor_.RecordFinding(Finding::kNoEnd, {-1, gone, {}, "the run " + gone + " ended without saying so: it was killed, or the machine went down", {}}); !noted) return noted;
  return Done{};
}

Status Supervisor::StartAgent() {
  sandbox::Program program;
  program.argv = options_.argv;
  program.file = options_.program;
  program.env = options_.environment;
  program.cwd = options_.workspace;
  const bool command = options_.role == RunOptions::Role::kCommand;
  program.reach = command ? sandbox::Reach::kCommandNetwork : sandbox::Reach::kAgentNetwork;
  program.identity = options_.identity;
  if (command) program.env = CommandEnvironment(environ, options_.places.home);
  if (isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1) {
    Result<TerminalRelay> terminal = TerminalRelay::Open();
    if (!terminal) return terminal.error();
    terminal_.emplace(std::move(terminal).take());
    program.terminal = sandbox::Terminal::kControlling;
    program.stdin_fd = program.stdout_fd = terminal_->slave();
    program.stderr_fd = isatty(STDERR_FILENO) == 1 ? terminal_->slave() : STDERR_FILENO;
  } else {
    program.stdin_fd = STDIN_FILENO;
    program.stdout_fd = STDOUT_FILENO;
    program.stderr_fd = STDERR_FILENO;
  }
  Result<sandbox::Process> agent = session_->Spawn(program);
  if (!agent) return agent.error();
  agent_.emplace(std::move(agent).take());
  if (command) command_execs_ = execs_->Add(agent_->TakeExecListener());
  if (terminal_) terminal_->CloseSlave();
  return Done{};
}

// What an approval is for: this very call, and the scripts that it runs as they are now.
std::string Supervisor::ApprovalKey(const Judgement& j) const {
  FieldWriter w;
  w.Add(j.action_digest);
  for (const auto& [path, digest] : BindScripts(j.scripts, monitor_.world())) w.Add(path).Add(digest);
  return HexEncode(Sha256(w.bytes()));
}

// The client's own file tools write without us: what they did shows in the copy once they say that they are done.
void Supervisor::ObserveOwnTool(const json::Value& result) {
  const json::Value& call = result.At("call");
  if (call.Text("kind") == KindName(agent::ToolCall::Kind::kShell) || result.Find("ref") == nullptr) return;
  const Result<SessionFacts> facts = monitor_.facts().Load("run " + copy_.id);
  const RecentCall* recent = facts ? facts->FindCall(call.Text("id")) : nullptr;
  const Result<EffectSet> observed = watch_.Look();
  if (recent == nullptr || !observed || observed->empty()) return;
  Ticket ticket;
  ticket.action = recent->action;
  const Result<std::string> bytes = monitor_.log().Read(static_cast<uint64_t>(recent->action));
  const Result<json::Value> action = bytes ? json::Parse(*bytes) : Result<json::Value>(bytes.error());
  const json::Array* effects = action ? action->At("predicted").At("effects").array() : nullptr;
  if (effects != nullptr)  // else all that happened counts as not predicted
    for (const json::Value& effect : *effects)
      if (effect.string() != nullptr) ticket.predicted.push_back(*effect.string());
  ticket.workspace = options_.workspace;
  Outcome outcome = OutcomeOf(ticket, *observed, {});
  outcome.how = "by the client";
  outcome.sensors = {"copy"};
  SettleAction(outcome, nullptr);
  if (const Status recorded = monitor_.WriteOutcome(outcome); !recorded) summary_.log_error = recorded.error().text;
}

int64_t Supervisor::RecordNote(const std::string& kind, const json::Value& body) {
  json::Value record = StartRecord(monitor_.NewEnvelope(), kind);
  record.Set("session", copy_.id);
  for (const auto& [key, value] : *body.object()) record.Set(key, value);
  const Result<uint64_t> index = monitor_.Record(record);
  if (!index) summary_.log_error = index.error().text;
  return index ? static_cast<int64_t>(*index) : -1;
}

std::vector<pollfd> Supervisor::Waiting() const {
  std::vector<pollfd> waiting = {{agent_->fd(), POLLIN, 0},
                                 {session_->fd(), 0, 0},  // only its hang-up matters
                                 {signals_.get(), POLLIN, 0},
                                 doors_->Waiting(Doors::Side::kInside, Taken(Doors::Side::kInside)),
                                 doors_->Waiting(Doors::Side::kPerson, Taken(Doors::Side::kPerson)),
                                 {terminal_ ? terminal_->master() : -1, POLLIN, 0},
                                 {terminal_ && !person_left_ ? STDIN_FILENO : -1, POLLIN, 0}};
  for (const Connection& c : connections_) {
    waiting.push_back({c.left ? -1 : c.socket.get(), POLLIN, 0});
    waiting.push_back({c.running ? c.running->process.fd() : c.event ? c.event->fd() : -1, POLLIN, 0});
  }
  for (const int fd : gateway_->fds()) waiting.push_back({fd, POLLIN, 0});
  waiting.push_back({edits_.fd(), POLLIN, 0});
  return waiting;
}

int Supervisor::WaitMs() const {
  if (edits_.walking()) return 0;
  int wait_ms = connections_.empty() ? Pulse::kPeriodMs : kSweepMs;
  for (const Connection& c : connections_)
    if (c.event) wait_ms = std::min(wait_ms, c.event->wait_ms());
  return wait_ms;
}

// Events are judged side by side, and all that are judged by now are recorded with one flush.
void Supervisor::AnswerEvents() {
  AnswerEventsOf(connections_, kMaxJudged, [this](const Connection&, const Submission& asked) { return monitor_.Begin(asked); },
                 frozen_ ? "this session is frozen; a person can go on with: checkrein thaw" : nullptr);
}

bool Supervisor::Turn() {
  std::vector<pollfd> waiting = Waiting();
  if (poll(waiting.data(), waiting.size(), WaitMs()) < 0) return errno == EINTR;
  edits_.Walk();
  if (waiting.back().revents != 0) PushEdits();
  const int64_t now_ns = MonotonicNanos();
  if (pulse_.IsDue(now_ns))
    if (const Status recorded = monitor_.RecordHeartbeat(pulse_.Beat(monitor_.NewEnvelope())); !recorded) summary_.log_error = recorded.error().text;
  gateway_->Serve();
  size_t at = kFixedWaiting;
  for (auto c = connections_.begin(); c != connections_.end();) {
    const short socket = waiting[at++].revents;
    const short process = waiting[at++].revents;
    bool goes_on = true;
    if (process != 0 && c->running) goes_on = FinishCommand(*c);
    if (goes_on && socket != 0) goes_on = Serve(*c);
    if (goes_on && !c->running && !c->event && !c->asked && now_ns - c->since_ns > kIdleNs) goes_on = false;
    c = goes_on ? std::next(c) : connections_.erase(c);
  }
  AnswerEvents();
  std::erase_if(background_, [this](const Background& one) { return one.process.EverythingEnded() && EndBackground(one); });
  if (waiting[2].revents != 0) OnSignal();
  if (waiting[3].revents != 0) Accept(Doors::Side::kInside);
  if (waiting[4].revents != 0) Accept(Doors::Side::kPerson);
  if (waiting[6].revents != 0 && !terminal_->FromPerson()) person_left_ = true;
  if (waiting[5].revents != 0) terminal_->FromAgent();
  return waiting[0].revents == 0 && (waiting[1].revents & (POLLHUP | POLLERR)) == 0;
}

void Supervisor::OnSignal() {
  signalfd_siginfo info{};
  while (read(signals_.get(), &info, sizeof info) == sizeof info) {
    const int number = static_cast<int>(info.ssi_signo);
    if (number == SIGWINCH) {
      if (terminal_) terminal_->FollowSize();
    } else {
      // The agent lives in a terminal session of its own, so the person's keys and `kill` reach it through us.
      [[maybe_unused]] const Status sent = agent_->Signal(number);
    }
  }
}

void Supervisor::Accept(Doors::Side side) {
  Fd socket = doors_->Accept(side);
  if (!socket.valid()) return;
  Connection c;
  c.since_ns = MonotonicNanos();
  c.receiver = std::make_unique<Receiver>(socket.get());
  c.socket = std::move(socket);
  c.side = side;
  connections_.push_back(std::move(c));
  if (side == Doors::Side::kInside && Taken(side) == Doors::kMaxInside) Refuse(Trespass::kFlood, "");
}

size_t Supervisor::Taken(Doors::Side side) const {
  return static_cast<size_t>(std::count_if(connections_.begin(), connections_.end(), [side](const Connection& c) { return c.side == side; }));
}

// False, for the conversation ends; and the log says what was tried.
bool Supervisor::Refuse(Trespass what, std::string_view detail) {
  const std::optional<FindingFacts> facts = trespasses_.Note(what, detail, MonotonicNanos());
  if (!facts) return false;
  if (const Status recorded = monitor_.RecordFinding(Finding::kTrespass, *facts); !recorded) summary_.log_error = recorded.error().text;
  return false;
}

bool Supervisor::Serve(Connection& c) {
  const Result<Receiver::State> state = c.receiver->Feed();
  if (!state && state.error().kind == Error::Kind::kLimit && c.side == Doors::Side::kInside) Refuse(Trespass::kDescriptors, state.error().text);
  if (!state || *state == Receiver::State::kClosed) {
    c.left = c.event || c.asked;
    if (c.left) return true;
    // Whoever waited for the command is gone: a client's time-out must end what it started.
    if (!c.running) return false;
    [[maybe_unused]] const Status killed = c.running->process.Kill();
    [[maybe_unused]] const Result<sandbox::Outcome> ended = c.running->process.Wait();
    FinishCommand(c);
    return false;
  }
  while (c.receiver->HasMessage())
    if (!Handle(c, c.receiver->Take())) return false;
  return true;
}

bool Supervisor::Handle(Connection& c, Message message) {
  std::optional<Request> request = DecodeRequest(message.bytes);
  if (c.side == Doors::Side::kPerson) return request && HandlePerson(c, *request);
  return request ? HandleInside(c, *std::move(request), std::move(message.fds)) : Refuse(Trespass::kMalformed, std::to_string(message.bytes.size()) + " bytes");
}

bool Supervisor::HandleInside(Connection& c, Request request, std::vector<Fd> fds) {
  const bool busy = c.event || c.asked || c.running;
  switch (request.kind) {
    case Request::Kind::kEvent:
      if (busy) return Refuse(Trespass::kOutOfTurn, "an event beside another");
      c.asked = std::move(request.submission);
      return true;
    case Request::Kind::kExec:
      return busy ? Refuse(Trespass::kOutOfTurn, "a ticket beside another") : StartCommand(c, request.ticket, std::move(fds));
    case Request::Kind::kSignal:
      if (!c.running) return Refuse(Trespass::kOutOfTurn, "a signal for no command");
      return c.running->process.Signal(request.signal).ok() || true;
    case Request::Kind::kPending: return Refuse(Trespass::kPersonsRequest, "pending");
    case Request::Kind::kApprove: return Refuse(Trespass::kPersonsRequest, "approve " + request.id);
    case Request::Kind::kFreeze: return Refuse(Trespass::kPersonsRequest, "freeze");
    case Request::Kind::kThaw: return Refuse(Trespass::kPersonsRequest, "thaw");
    case Request::Kind::kMay: return Refuse(Trespass::kPersonsRequest, request.id);  // what `checkrein` says of itself when it is called inside
    case Request::Kind::kTake:
    case Request::Kind::kOutcome:
    case Request::Kind::kSettled: break;
  }
  return Refuse(Trespass::kOutOfTurn, "a message for the system's service");
}

bool Supervisor::HandlePerson(Connection& c, const Request& request) {
  std::string answer;
  switch (request.kind) {
    case Request::Kind::kPending: answer = EncodePending(pending_.List(UnixMillis())); break;
    case Request::Kind::kFreeze:
    case Request::Kind::kThaw: answer = Freeze(request.kind == Request::Kind::kFreeze); break;
    case Request::Kind::kApprove: answer = Approve(request.id); break;
    default: return false;
  }
  [[maybe_unused]] const Status sent = SendMessage(c.socket.get(), answer, {});
  return false;
}

std::string Supervisor::Freeze(bool frozen) {
  frozen_ = frozen;  // before the rest: nothing new may start, whatever fails
  const Status done = frozen ? session_->Freeze() : session_->Thaw();
  json::Value body;
  body.Set("by_uid", static_cast<int64_t>(geteuid()));
  if (!done) body.Set("error", done.error().text);
  RecordNote(frozen ? "freeze" : "thaw", body);
  return EncodeEnded(done ? 0 : 1, done ? "" : done.error().text);
}

std::string Supervisor::Approve(const std::string& id) {
  const std::optional<std::string> digest = pending_.Approve(id, UnixMillis());
  if (!digest) return EncodeEnded(1, "no action waits under " + Clip(id, kShortText));
  json::Value body;
  body.Set("action_digest", *digest).Set("by_uid", static_cast<int64_t>(geteuid())).Set("expires_s", kApprovalLifeMs / 1000);
  RecordNote("approval", body);
  if (!summary_.log_error.empty()) {
    pending_.TakeApproval(*digest, UnixMillis());  // what cannot be recorded does not count
    return EncodeEnded(1, "cannot record the approval: " + summary_.log_error);
  }
  return EncodeEnded(0, "");
}

bool Supervisor::StartCommand(Connection& c, const std::string& ticket_id, std::vector<Fd> fds) {
  const auto refuse = [&](const std::string& why) {
    json::Value body;
    body.Set("why", why).Set("course", "denied");
    RecordNote("refused", body);
    if (!frozen_) Refuse(Trespass::kTicket, why);
    [[maybe_unused]] const Status sent = SendMessage(c.socket.get(), EncodeEnded(kNotStarted, why), {});
    return false;
  };
  if (frozen_) return refuse("this session is frozen");
  const auto found = tickets_.find(ticket_id);
  if (found == tickets_.end()) return refuse("ticket " + (IsTicketId(ticket_id) ? ticket_id.substr(0, 8) : std::string("?")) + ": unknown or used already");
  Ticket ticket = std::move(found->second);
  tickets_.erase(found);
  if (UnixMillis() > ticket.expires_ms) return refuse("ticket " + ticket_id.substr(0, 8) + ": expired");
  if (fds.size() != kMaxMessageFds) return refuse("ticket " + ticket_id.substr(0, 8) + ": without its three descriptors");
  if (const Status same = CheckScripts(ticket, monitor_.world()); !same) return refuse(same.error().text);
  sandbox::Program program = CommandProgram(ticket, CommandEnvironment(environ, options_.places.home), monitor_.settings().processor_seconds);
  program.stdin_fd = fds[0].get();
  program.stdout_fd = fds[1].get();
  program.stderr_fd = fds[2].get();
  Result<sandbox::Process> process = session_->Spawn(program);
  if (!process) return refuse(process.error().text);
  const uint64_t execs = execs_->Add(process->TakeExecListener());
  c.running.emplace(Running{.process = std::move(process).take(), .ticket = std::move(ticket), .begin_ns = MonotonicNanos(), .execs = execs});
  return true;
}

// The person's edits become visible inside, through the session's own mount.
void Supervisor::PushEdits() {
  for (const std::string& path : edits_.Take()) {
    // What cannot be written in there stays as the session last saw it, and is named; what both sides changed shows as a conflict.
    const Result<bool> pushed = sandbox::PushEdit(copy_.copy, root_.get(), path);
    if (pushed) stale_.erase(path);
    else stale_[path] = pushed.error().text;
  }
}

// What the session does not see as the person left it: never silently.
void Supervisor::NameStale(Outcome& outcome, std::vector<std::string>* words) {
  for (const auto& [path, why] : stale_) {
    outcome.stale.push_back(path);
    if (words != nullptr && words->size() < kMaxTold && told_stale_.insert(path).second) words->push_back("stale in here: the person changed " + json::Quote(path) + ", and it could not be shown: " + why);
  }
  if (edits_.complete()) return;
  outcome.blind_to.push_back("the person's edits in some directories");
  if (words != nullptr && told_stale_.insert("").second) words->push_back("the person's edits are not all seen in here: this project has more directories than this system lets one process watch (fs.inotify.max_user_watches)");
}

// What an action changed is decided now, and is in the workspace before the agent goes on.
void Supervisor::SettleAction(Outcome& outcome, std::vector<std::string>* words) {
  PushEdits();
  NameStale(outcome, words);
  const Result<SessionFacts> facts = monitor_.facts().Load("run " + copy_.id);
  const std::vector<std::string> labels = facts ? facts->labels : WorstLabels();
  const Result<Settled> settled = SettleLive(monitor_, copy_, labels, options_.hold, outcome.action);
  if (!settled) {
    if (outcome.error.empty()) outcome.error = settled.error().text;
    return;
  }
  outcome.committed = settled->committed;
  watch_.Committed(settled->committed);
  summary_.settled.committed.insert(summary_.settled.committed.end(), settled->committed.begin(), settled->committed.end());
  for (const HeldPath& held : settled->held) {
    if (!told_held_.insert(held.path).second) continue;
    outcome.held.push_back(held.path);
    if (words != nullptr && words->size() < kMaxTold) words->push_back("held for a person, not yet in the workspace: " + json::Quote(held.path) + ": " + held.why);
  }
}

// What a command's processes executed after its own end belongs to its action all the same.
bool Supervisor::EndBackground(const Background& one) {
  const ExecsSeen seen = execs_->Take(one.execs);
  execs_->Drop(one.execs);
  if (seen.count == 0 && seen.lost == 0 && seen.refused.empty()) return true;
  const EffectSet observed = ExecEffects(seen, {});
  std::vector<std::string> effects;
  for (const Effect& effect : observed.all()) effects.push_back(ToString(effect));
  json::Value body;
  body.Set("ref", one.action);
  SetList(body, "effects", effects);
  if (!seen.refused.empty()) SetList(body, "refused", seen.refused);
  body.Set("count", static_cast<int64_t>(seen.count)).Set("lost", static_cast<int64_t>(seen.lost));
  RecordNote("background", body);
  return true;
}

bool Supervisor::FinishCommand(Connection& c) {
  const std::optional<sandbox::Outcome> ended = c.running->process.Poll();
  if (!ended) return true;
  gateway_->Settle();  // it may have ended without waiting for what it connected to
  Running running = *std::exchange(c.running, std::nullopt);
  const Result<EffectSet> observed = watch_.Look();
  if (observed) running.observed.AddAll(*observed);
  Outcome outcome = OutcomeOf(running.ticket, running.observed, {Sight::Network::kByBroker, execs_->Take(running.execs)});
  outcome.exit_code = ended->ShellStatus();
  outcome.millis = (MonotonicNanos() - running.begin_ns) / 1'000'000;
  outcome.error = !ended->why.empty() ? ended->why : observed ? "" : observed.error().text;
  outcome.ambiguous = !background_.empty() || std::any_of(connections_.begin(), connections_.end(), [](const Connection& other) { return other.running.has_value(); });
  SettleAction(outcome, &running.told);
  if (const Status recorded = monitor_.WriteOutcome(outcome); !recorded) summary_.log_error = recorded.error().text;
  if (!outcome.error.empty()) running.Tell(outcome.error);
  for (const std::string& call : outcome.execs.refused) running.Tell("denied: " + call + ": nothing in the sandbox may; a debugger or tracer works outside, for the person");
  if (const std::string why = WhyStopped(outcome.exit_code, monitor_.settings().processor_seconds); !why.empty()) running.Tell(why);
  if (const std::string why = outcome.exit_code == 0 ? "" : WhyRenameFailed(outcome.execs, options_.workspace); !why.empty()) running.Tell(why);
  if (running.untold > 0) running.told.push_back("and " + std::to_string(running.untold) + " more; the person sees them with: checkrein log show");
  std::string words;
  for (const std::string& line : running.told) words += (words.empty() ? "" : "\ncheckrein: ") + line;
  [[maybe_unused]] const Status sent = SendMessage(c.socket.get(), EncodeEnded(outcome.exit_code, words), {});
  Background left{std::move(running.process), outcome.action, running.execs};
  if (left.process.EverythingEnded()) {
    execs_->Drop(left.execs);
  } else {
    background_.push_back(std::move(left));
  }
  return false;
}

// The outcome of `exec`'s command. It was not predicted: whoever typed it knows what it should do.
void Supervisor::FinishOnlyCommand(const std::optional<sandbox::Outcome>& ended) {
  gateway_->Settle();
  const Result<EffectSet> observed = watch_.Look();
  if (observed) command_observed_.AddAll(*observed);
  Ticket ticket;
  ticket.action = command_record_;
  ticket.workspace = options_.workspace;
  Outcome outcome = OutcomeOf(ticket, command_observed_, {Sight::Network::kByBroker, execs_->Take(command_execs_)});
  outcome.exit_code = ended ? ended->ShellStatus() : kNotStarted;
  outcome.millis = (MonotonicNanos() - command_begin_ns_) / 1'000'000;
  outcome.error = ended && !ended->why.empty() ? ended->why : observed ? "" : observed.error().text;
  SettleAction(outcome, nullptr);
  if (const Status recorded = monitor_.WriteOutcome(outcome); !recorded) summary_.log_error = recorded.error().text;
}

Result<RunSummary> Supervisor::Run() {
  while (Turn()) {
  }
  const std::optional<sandbox::Outcome> ended = agent_->Poll();
  if (terminal_) {
    // What the agent wrote last is still in the pseudo-terminal.
    pollfd last{terminal_->master(), POLLIN, 0};
    while (poll(&last, 1, 0) > 0 && (last.revents & POLLIN) != 0 && terminal_->FromAgent()) {
    }
    terminal_.reset();
  }
  if (options_.role == RunOptions::Role::kCommand) FinishOnlyCommand(ended);
  connections_.clear();
  for (const Background& one : background_) EndBackground(one);
  background_.clear();
  execs_.reset();
  gateway_.reset();
  root_.Reset(-1);
  monitor_.SetWorld(LiveWorld::OfThisProcess());  // lets the session's root go
  if (const Status over = session_->End(); !over) return over.error();
  summary_.exit_code = ended ? ended->ShellStatus() : kNotStarted;
  summary_.session = copy_.id;
  summary_.copy = copy_;
  const Result<SessionFacts> facts = monitor_.facts().Load("run " + copy_.id);
  Result<Settled> settled = Settle(monitor_, copy_, facts ? facts->labels : WorstLabels(), options_.hold);
  if (!settled) return settled.error();
  settled->committed.insert(settled->committed.begin(), summary_.settled.committed.begin(), summary_.settled.committed.end());
  summary_.settled = std::move(settled).take();
  json::Value body;
  body.Set("exit", summary_.exit_code);
  SetList(body, "committed", summary_.settled.committed);
  std::vector<std::string> held;
  for (const HeldPath& path : summary_.settled.held) held.push_back(path.path);
  SetList(body, "held", held);
  if (ended && !ended->why.empty()) body.Set("error", ended->why);
  RecordNote("run_end", body);
  if (const Status published = monitor_.log().Publish(); !published && summary_.log_error.empty()) summary_.log_error = published.error().text;
  if (ended && ended->kind == sandbox::Outcome::Kind::kNotStarted) return Error{Error::Kind::kNotFound, options_.argv[0] + ": " + ended->why};
  return summary_;
}

}  // namespace

std::string ControlDirectory(const std::string& state) { return state + "/run"; }

Result<RunSummary> Supervise(RunOptions options) {
  signal(SIGPIPE, SIG_IGN);
  Monitor::Options with;
  with.places = options.places;
  with.mode = Mode::kRun;
  with.exec_command = std::string(kInsideHook) + " --supervisor " + kInsideSocket + " exec";
  with.workspace = options.workspace;
  with.model_hosts = options.model_hosts;
  if (const char* path = getenv("PATH")) with.path = path;
  with.programs = {options.program};
  with.tools = std::string(DirName(options.hook)) + "/checkrein-tools";
  if (const Status prepared = PrepareState(options.places); !prepared) return prepared.error();
  // What a run that was killed was just putting into its workspace. Where that cannot be finished, a file of a strange name stays; nothing is lost.
  if (const Result<std::vector<HeldCopy>> left = HeldCopies(options.places.state)) {
    for (const HeldCopy& one : *left) [[maybe_unused]] const Status finished = sandbox::Recover(one.copy);
  }
  Result<HeldCopy> copy = NewCopy(options.places.state, options.workspace, options.argv.empty() ? "" : options.argv[0], Mode::kRun);
  if (!copy) return copy.error();
  with.run_session = copy->id;
  Result<Monitor> monitor = Monitor::Open(std::move(with));
  const HeldCopy kept = *copy;
  const std::string state = options.places.state;
  Result<RunSummary> done = [&]() -> Result<RunSummary> {
    if (!monitor) return monitor.error();
    Supervisor supervisor(std::move(options), std::move(monitor).take(), std::move(copy).take());
    if (const Status started = supervisor.Start(); !started) return started.error();
    if (const Status started = supervisor.StartAgent(); !started) return started.error();
    return supervisor.Run();
  }();
  // A run that never began leaves no copy behind; one that did may hold a person's work.
  if (!done) {
    const Result<std::vector<sandbox::Change>> changes = sandbox::Changes(kept.copy);
    if (changes && changes->empty()) {
      [[maybe_unused]] const Status gone = Forget(state, kept);
    }
  }
  return done;
}

}  // namespace checkrein::monitor
