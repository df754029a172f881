#include "monitor/service.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fields.h"
#include "monitor/caller.h"
#include "monitor/channel.h"
#include "monitor/clip.h"
#include "monitor/command.h"
#include "monitor/events.h"
#include "monitor/fit.h"
#include "monitor/monitor.h"
#include "monitor/pending.h"
#include "monitor/protocol.h"
#include "monitor/pulse.h"
#include "monitor/schema.h"

namespace checkrein::monitor {
namespace {

constexpr size_t kMaxConnections = 512;
constexpr size_t kMaxOfOneUser = 64;              // connections: nobody can keep the others out
constexpr size_t kMaxUsers = 256;                 // whose facts are held open; the one that asked longest ago gives way
constexpr size_t kMaxJudged = 32;                 // events judged side by side: a process each
constexpr size_t kMaxTaken = 1'024;               // tickets whose outcome is awaited, of one user
constexpr int64_t kIdleNs = 15'000'000'000;
constexpr int kSweepMs = 5'000;
constexpr timeval kSendWithin{2, 0};
constexpr size_t kMaxEtcBytes = 16u << 20;
constexpr int kNotStarted = 125;

Error In(const std::string& what, const Error& error) { return {error.kind, what + ": " + error.text}; }

// One user of the machine.
struct User {
  std::unique_ptr<Monitor> monitor;
  PendingActions pending = {};
  std::map<std::string, Ticket> taken = {};  // by id: handed out, outcome awaited
  int64_t asked_ns = 0;
};

struct Connection {
  Fd socket;
  Caller caller;
  std::unique_ptr<Receiver> receiver;
  std::optional<Submission> asked = std::nullopt;
  std::unique_ptr<Monitor::Case> event = nullptr;
  bool left = false;
  int64_t since_ns = 0;
};

class Service {
 public:
  Service(ServiceOptions options, audit::Log log, Fd listener, Fd signals, std::optional<gid_t> approvers)
      : options_(std::move(options)), log_(std::move(log)), listener_(std::move(listener)), signals_(std::move(signals)), approvers_(approvers) {}
  Status Begin();
  bool Turn();  // false: it was told to end
  Status End();

 private:
  Status Note(const std::string& kind, const std::string& event, std::optional<uid_t> by);
  Status Append(json::Value record);
  void Accept();
  bool Feed(Connection& c);
  bool Handle(Connection& c, const Request& request);
  void AnswerEvents();
  Result<User*> Of(const Caller& caller);
  Result<std::unique_ptr<Monitor>> OpenMonitor(const Caller& caller);
  bool MayApprove(const Caller& caller, uid_t whose) const;
  std::string Approve(const Caller& caller, const std::string& id);
  std::string Freeze(const Caller& caller, bool freeze);
  std::string Take(const Caller& caller, const std::string& id);
  std::string TakeOutcome(const Caller& caller, const Request& request);
  std::string List(const Caller& caller);
  std::string May(const Caller& caller, const std::string& what);
  std::string Settled(const Caller& caller, const Request& request);
  std::string UserState(uid_t uid) const { return options_.state + "/users/" + std::to_string(uid); }
  bool FrozenForAll() const { return access((options_.state + "/frozen").c_str(), F_OK) == 0; }

  ServiceOptions options_;
  audit::Log log_;
  Fd listener_, signals_;
  std::optional<gid_t> approvers_;
  std::map<uid_t, User> users_;
  std::list<Connection> connections_;
  Pulse pulse_{MonotonicNanos(), UnixMillis()};
};

Result<std::unique_ptr<Monitor>> Service::OpenMonitor(const Caller& caller) {
  const Result<std::string> passwd = ReadFile("/etc/passwd", kMaxEtcBytes);
  if (!passwd) return passwd.error();
  const Result<Account> account = FindAccount(*passwd, caller.uid);
  if (!account) return account.error();
  Monitor::Options with;
  with.places = {account->home, UserState(caller.uid), options_.config};
  with.mode = Mode::kSystem;
  with.exec_command = options_.hook + " --service " + options_.socket + " exec";
  with.shared_log = &log_;
  with.uid = caller.uid;
  with.world.emplace(LiveWorld::AsSeenBy(caller));
  Result<Monitor> monitor = Monitor::Open(std::move(with));
  if (!monitor) return monitor.error();
  return std::make_unique<Monitor>(std::move(monitor).take());
}

Result<User*> Service::Of(const Caller& caller) {
  auto found = users_.find(caller.uid);
  if (found == users_.end()) {
    if (users_.size() >= kMaxUsers) {
      const auto busy = [this](uid_t uid) { return std::any_of(connections_.begin(), connections_.end(), [uid](const Connection& c) { return c.event && c.caller.uid == uid; }); };
      auto oldest = users_.end();
      for (auto u = users_.begin(); u != users_.end(); ++u)
        if (!busy(u->first) && (oldest == users_.end() || u->second.asked_ns < oldest->second.asked_ns)) oldest = u;
      if (oldest == users_.end()) return Error{Error::Kind::kLimit, "too many users at once"};
      users_.erase(oldest);
    }
    Result<std::unique_ptr<Monitor>> monitor = OpenMonitor(caller);
    if (!monitor) return monitor.error();
    found = users_.emplace(caller.uid, User{std::move(monitor).take()}).first;
    User* user = &found->second;  // stays where it is
    Monitor::Hooks hooks;
    hooks.approval = [user](const Judgement& j) -> Monitor::Hooks::Approval {
      FieldWriter w;
      w.Add(j.action_digest);
      for (const auto& [path, digest] : BindScripts(j.scripts, user->monitor->world())) w.Add(path).Add(digest);
      const std::string key = HexEncode(Sha256(w.bytes()));
      if (user->pending.TakeApproval(key, UnixMillis())) return {true, {}};
      return {false, user->pending.Wait(key, j.shown, j.why, j.session, UnixMillis())};
    };
    user->monitor->SetHooks(std::move(hooks));
  }
  // Groups may have changed since, and what it may see with them.
  found->second.monitor->SetWorld(LiveWorld::AsSeenBy(caller));
  found->second.asked_ns = MonotonicNanos();
  return &found->second;
}

void Service::Accept() {
  Fd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket.valid()) return;
  Result<Caller> caller = CallerOf(socket.get());
  if (!caller) return;
  const auto same = std::count_if(connections_.begin(), connections_.end(), [&](const Connection& c) { return c.caller.uid == caller->uid; });
  if (static_cast<size_t>(same) >= kMaxOfOneUser) return;
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendWithin, sizeof kSendWithin);
  Connection c;
  c.caller = std::move(caller).take();
  c.since_ns = MonotonicNanos();
  c.receiver = std::make_unique<Receiver>(socket.get());
  c.socket = std::move(socket);
  connections_.push_back(std::move(c));
}

bool Service::Feed(Connection& c) {
  const Result<Receiver::State> state = c.receiver->Feed();
  if (!state || *state == Receiver::State::kClosed) {
    c.left = c.event || c.asked;  // recorded though nobody waits
    return c.left;
  }
  while (c.receiver->HasMessage()) {
    const Message message = c.receiver->Take();
    std::optional<Request> request = DecodeRequest(message.bytes);
    if (!request || !message.fds.empty() || !Handle(c, *request)) return false;
  }
  return true;
}

bool Service::Handle(Connection& c, const Request& request) {
  std::string answer;
  switch (request.kind) {
    case Request::Kind::kEvent:
      if (c.event || c.asked) return false;
      c.asked = request.submission;
      return true;
    case Request::Kind::kTake:
      answer = Take(c.caller, request.ticket);
      break;
    case Request::Kind::kOutcome:
      answer = TakeOutcome(c.caller, request);
      break;
    case Request::Kind::kPending:
      answer = List(c.caller);
      break;
    case Request::Kind::kApprove:
      answer = Approve(c.caller, request.id);
      break;
    case Request::Kind::kFreeze:
    case Request::Kind::kThaw:
      answer = Freeze(c.caller, request.kind == Request::Kind::kFreeze);
      break;
    case Request::Kind::kMay:
      answer = May(c.caller, request.id);
      break;
    case Request::Kind::kSettled:
      answer = Settled(c.caller, request);
      break;
    case Request::Kind::kExec:
    case Request::Kind::kSignal:
      return false;  // the service starts nothing
  }
  [[maybe_unused]] const Status sent = SendMessage(c.socket.get(), answer, {});
  return false;
}

void Service::AnswerEvents() {
  const auto begin = [this](const Connection& c, const Submission& asked) {
    const Result<User*> user = Of(c.caller);
    return user ? (*user)->monitor->Begin(asked) : Monitor::Refused(In("service", user.error()).text);
  };
  AnswerEventsOf(connections_, kMaxJudged, begin, FrozenForAll() ? "everything is frozen; who may approve can go on with: checkrein thaw" : nullptr);
}

// Nobody approves what their own processes ask for, be they in the group or not: an agent is one of those processes.
bool Service::MayApprove(const Caller& caller, uid_t whose) const {
  return caller.uid == 0 || (approvers_ && caller.IsIn(*approvers_) && caller.uid != whose);
}

std::string Service::Approve(const Caller& caller, const std::string& id) {
  bool mine = false;
  for (auto& [uid, user] : users_) {
    const std::vector<PendingAction> waiting = user.pending.List(UnixMillis());
    if (std::none_of(waiting.begin(), waiting.end(), [&](const PendingAction& p) { return p.id == id; })) continue;
    mine = mine || caller.uid == uid;
    if (!MayApprove(caller, uid)) continue;
    const std::optional<std::string> digest = user.pending.Approve(id, UnixMillis());
    if (!digest) continue;
    json::Value body = StartRecord(user.monitor->NewEnvelope(), "approval");
    body.Set("action_digest", *digest).Set("by_uid", static_cast<int64_t>(caller.uid)).Set("expires_s", kApprovalLifeMs / 1000);
    if (const Result<uint64_t> index = user.monitor->Record(std::move(body)); !index) {
      user.pending.TakeApproval(*digest, UnixMillis());  // what cannot be recorded does not count
      return EncodeEnded(1, "cannot record the approval: " + index.error().text);
    }
    return EncodeEnded(0, "");
  }
  if (mine) (void)Note("refused", "approve", caller.uid);
  return EncodeEnded(1, mine ? "this is an action of your own user, which an agent could approve, too; root or another member of " + std::string(kApproversGroup) + " can"
                             : "no action waits under " + Clip(id, kShortText) + " that you may approve (root may, and members of " + std::string(kApproversGroup) + ", for others)");
}

std::string Service::List(const Caller& caller) {
  std::vector<PendingAction> all;
  for (auto& [uid, user] : users_) {
    if (uid != caller.uid && !MayApprove(caller, uid)) continue;
    for (PendingAction& p : user.pending.List(UnixMillis())) {
      p.session = "uid " + std::to_string(uid) + " " + p.session;
      all.push_back(std::move(p));
    }
  }
  return EncodePending(all);
}

// What waits on a copy is decided by root, who names the user: whoever else asks has the uid of an agent, or no rights in another's home.
std::string Service::May(const Caller& caller, const std::string& what) {
  if (caller.uid == 0) return EncodeEnded(0, "");
  (void)Note("refused", Clip(what, kShortText), caller.uid);
  return EncodeEnded(1, Clip(what, kShortText) + ": in a system installation root decides about changes, for an agent could ask as you do: sudo checkrein " + Clip(what, kShortText) + " ... --of USER");
}

std::string Service::Settled(const Caller& caller, const Request& request) {
  if (caller.uid != 0) {
    (void)Note("refused", "settled", caller.uid);
    return EncodeEnded(1, "only root tells what became of held changes");
  }
  const Result<json::Value> told = json::Parse(request.record);
  const std::string_view kind = told ? told->Text("k") : std::string_view();
  if (kind != "commit" && kind != "change" && kind != "undo") return EncodeEnded(1, "no record of held changes");
  Envelope envelope = Monitor::StartEnvelope(Mode::kSystem);
  envelope.uid = request.uid;
  json::Value record = StartRecord(envelope, kind);
  for (const auto& [name, value] : *told->object())
    if (record.Find(name) == nullptr) record.Set(name, value);
  record.Set("by_uid", static_cast<int64_t>(caller.uid));
  const Status written = Append(std::move(record));
  return EncodeEnded(written ? 0 : 1, written ? "" : written.error().text);
}

// Anybody may stop their own; who may approve stops all, and lets all go on.
std::string Service::Freeze(const Caller& caller, bool freeze) {
  const bool all = caller.uid == 0 || (approvers_ && caller.IsIn(*approvers_));
  if (!freeze && !all) {
    (void)Note("refused", "thaw", caller.uid);
    return EncodeEnded(1, "only root and members of " + std::string(kApproversGroup) + " may let the service go on");
  }
  if (freeze) {
    const std::string directory = all ? options_.state : UserState(caller.uid);
    if (const Status made = MakeDirectories(directory, 0700); !made) return EncodeEnded(1, made.error().text);
    const Fd mark(open((directory + "/frozen").c_str(), O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!mark.valid()) return EncodeEnded(1, SystemError(directory, errno).text);
  } else {
    // Whom they froze themselves a member thaws as well, but not their own: that may be their agent.
    for (const auto& [uid, user] : users_)
      if (MayApprove(caller, uid)) unlink((UserState(uid) + "/frozen").c_str());
    if (unlink((options_.state + "/frozen").c_str()) != 0 && errno != ENOENT) return EncodeEnded(1, SystemError(options_.state, errno).text);
  }
  Status noted = Note(freeze ? "freeze" : "thaw", all ? "all" : "own", caller.uid);
  if (noted) {
    const std::string what = std::string(freeze ? "uid " : "thawed: uid ") + std::to_string(caller.uid) + (freeze ? " stopped " : " lets ") + (all ? "everybody's sessions" : "its own sessions") + (freeze ? "" : " go on");
    noted = Append(FrozenIncident(Monitor::StartEnvelope(Mode::kSystem), freeze ? Freezing::kBegins : Freezing::kEnds, caller.uid, what));
  }
  return EncodeEnded(noted ? 0 : 1, noted ? "" : noted.error().text);
}

std::string Service::Take(const Caller& caller, const std::string& id) {
  const Result<User*> user = Of(caller);
  if (!user) return EncodeEnded(kNotStarted, user.error().text);
  if (FrozenForAll() || access((UserState(caller.uid) + "/frozen").c_str(), F_OK) == 0) return EncodeEnded(kNotStarted, "everything is frozen");
  Monitor& monitor = *(*user)->monitor;
  const Result<Ticket> ticket = monitor.tickets().Take(id, UnixMillis());
  const Status same = ticket ? CheckScripts(*ticket, monitor.world()) : Status(ticket.error());
  if (!same) {
    json::Value body = StartRecord(monitor.NewEnvelope(), "refused");
    body.Set("why", same.error().text).Set("course", "denied");
    if (const Result<uint64_t> noted = monitor.Record(std::move(body)); !noted) return EncodeEnded(kNotStarted, noted.error().text);
    return EncodeEnded(kNotStarted, same.error().text);
  }
  const Result<SessionFacts> facts = monitor.facts().Load(ticket->session_key);
  if ((*user)->taken.size() >= kMaxTaken) (*user)->taken.erase((*user)->taken.begin());
  (*user)->taken[ticket->id] = *ticket;
  return EncodeTicket(*ticket, facts ? facts->labels : WorstLabels());
}

// The caller's own word about its own command, and recorded as that; which action it was is ours.
std::string Service::TakeOutcome(const Caller& caller, const Request& request) {
  const Result<User*> user = Of(caller);
  if (!user) return EncodeEnded(1, user.error().text);
  const auto taken = (*user)->taken.find(request.ticket);
  if (taken == (*user)->taken.end()) return EncodeEnded(1, "no such ticket is under way");
  Outcome outcome = request.outcome;
  outcome.action = taken->second.action;
  for (const std::string& text : taken->second.predicted)
    if (const std::optional<Effect> effect = EffectFromString(text)) outcome.predicted.Add(*effect);
  (*user)->taken.erase(taken);
  const Status written = (*user)->monitor->WriteOutcome(outcome);
  return EncodeEnded(written ? 0 : 1, written ? "" : written.error().text);
}

// A record of the service itself.
Status Service::Note(const std::string& kind, const std::string& event, std::optional<uid_t> by) {
  json::Value record = StartRecord(Monitor::StartEnvelope(Mode::kSystem), kind);
  record.Set("event", event).Set("size", static_cast<int64_t>(log_.size()));
  if (by) record.Set("by_uid", static_cast<int64_t>(*by));
  return Append(record);
}

Status Service::Append(json::Value record) {
  if (const Status kept = CheckRecord(record); !kept) return kept;
  FitRecord(record);
  const Result<uint64_t> index = log_.Append(record.Dump());
  if (!index) return index.error();
  return Done{};
}

// It serves from here on. The mark of one that began and did not end is a finding, and so is what a kill left of a write.
Status Service::Begin() {
  const std::string mark = options_.state + "/serving";
  const auto found = [this](Finding finding, std::string what) { return Append(FindingRecord(Monitor::StartEnvelope(Mode::kSystem), finding, {-1, {}, {}, std::move(what), {}})); };
  if (access(mark.c_str(), F_OK) == 0)
    if (const Status noted = found(Finding::kNoEnd, "the service that ran before ended without saying so"); !noted) return noted;
  if (const uint64_t torn = log_.torn_bytes(); torn > 0)
    if (const Status noted = found(Finding::kCutOff, std::to_string(torn) + " bytes of a write that never ended stood at the log's end and were dropped"); !noted) return noted;
  if (const Status noted = Note("log", "service begins", std::nullopt); !noted) return noted;
  return ReplaceFile(mark, "", 0600);
}

Status Service::End() {
  const Status noted = Note("log", "service ends", std::nullopt);
  const Status published = log_.Publish();
  if (noted) unlink((options_.state + "/serving").c_str());
  return noted ? published : noted;
}

bool Service::Turn() {
  std::vector<pollfd> waiting = {{signals_.get(), POLLIN, 0}, {listener_.get(), connections_.size() < kMaxConnections ? short{POLLIN} : short{0}, 0}};
  int wait_ms = connections_.empty() ? Pulse::kPeriodMs : kSweepMs;
  for (const Connection& c : connections_) {
    waiting.push_back({c.left ? -1 : c.socket.get(), POLLIN, 0});
    waiting.push_back({c.event ? c.event->fd() : -1, POLLIN, 0});
    if (c.event) wait_ms = std::min(wait_ms, c.event->wait_ms());
  }
  if (poll(waiting.data(), waiting.size(), wait_ms) < 0) return errno == EINTR;
  const int64_t now_ns = MonotonicNanos();
  if (pulse_.IsDue(now_ns)) {
    // What cannot be recorded is refused when it is asked for.
    if (json::Value silence = pulse_.Beat(Monitor::StartEnvelope(Mode::kSystem)); silence.object() != nullptr) (void)Append(silence);
    (void)Note("log", "heartbeat", std::nullopt);
  }
  size_t at = 2;
  for (auto c = connections_.begin(); c != connections_.end(); at += 2) {
    bool goes_on = true;
    if (waiting[at].revents != 0) goes_on = Feed(*c);
    if (goes_on && !c->event && !c->asked && now_ns - c->since_ns > kIdleNs) goes_on = false;
    c = goes_on ? std::next(c) : connections_.erase(c);
  }
  AnswerEvents();
  pollfd coming = waiting[1];
  for (size_t i = 0; coming.revents != 0 && i < kMaxOfOneUser; ++i) {
    Accept();
    if (poll(&coming, 1, 0) < 0) break;
  }
  return waiting[0].revents == 0;
}

// Root's rights are given up but for two: to look at files as the user who asks.
Status BecomeServiceUser(const std::string& name) {
  const Result<std::string> passwd = ReadFile("/etc/passwd", kMaxEtcBytes);
  if (!passwd) return passwd.error();
  const std::optional<Account> account = FindAccountByName(*passwd, name);
  if (!account) return Error{Error::Kind::kNotFound, "no user " + name + "; make one: checkrein install --system"};
  if (account->uid == 0) return Error{Error::Kind::kDenied, name + ": is root"};
  if (prctl(PR_SET_KEEPCAPS, 1) != 0) return SystemError("prctl", errno);
  const gid_t none[1] = {account->gid};
  if (syscall(SYS_setgroups, 0, none) != 0 || syscall(SYS_setresgid, account->gid, account->gid, account->gid) != 0 ||
      syscall(SYS_setresuid, account->uid, account->uid, account->uid) != 0) {
    return SystemError("become " + name, errno);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[0].effective = data[0].permitted = 1u << CAP_SETUID | 1u << CAP_SETGID;
  if (syscall(SYS_capset, &header, data) != 0) return SystemError("capset", errno);
  if (prctl(PR_SET_KEEPCAPS, 0) != 0) return SystemError("prctl", errno);
  return Done{};
}

Status PrepareDirectory(const std::string& path, mode_t mode, const std::string& user) {
  if (const Status made = MakeDirectories(path, static_cast<unsigned>(mode)); !made) return made;
  if (geteuid() != 0) return Done{};
  const Result<std::string> passwd = ReadFile("/etc/passwd", kMaxEtcBytes);
  const std::optional<Account> account = passwd ? FindAccountByName(*passwd, user) : std::nullopt;
  if (!account) return Error{Error::Kind::kNotFound, "no user " + user + "; make one: checkrein install --system"};
  if (chown(path.c_str(), account->uid, account->gid) != 0 || chmod(path.c_str(), mode) != 0) return SystemError(path, errno);
  return Done{};
}

}  // namespace

std::optional<gid_t> FindGroup(std::string_view group_file, std::string_view name) {
  while (!group_file.empty()) {
    const size_t end = std::min(group_file.find('\n'), group_file.size());
    const std::string_view line = group_file.substr(0, end);
    group_file.remove_prefix(std::min(end + 1, group_file.size()));
    if (!line.starts_with(name) || !line.substr(name.size()).starts_with(':')) continue;
    const size_t second = line.find(':', name.size() + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const std::string digits(line.substr(second + 1, line.find(':', second + 1) - second - 1));
    if (digits.empty() || digits.size() > 10 || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    return static_cast<gid_t>(strtoul(digits.c_str(), nullptr, 10));
  }
  return std::nullopt;
}

Status Serve(const ServiceOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  umask(0077);
  const std::string run = options.socket.substr(0, options.socket.rfind('/'));
  if (const Status made = PrepareDirectory(options.state, 0700, options.user); !made) return made;
  if (const Status made = PrepareDirectory(run, 0755, options.user); !made) return made;
  if (geteuid() == 0)
    if (const Status became = BecomeServiceUser(options.user); !became) return became;
  // Nobody traces it and no core of it is written: it holds the log's key.
  const rlimit no_core{0, 0};
  if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0) return SystemError("prctl", errno);
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : {SIGTERM, SIGINT}) sigaddset(&wanted, number);
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  Fd signals(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.valid()) return SystemError("signalfd", errno);
  Result<audit::Log> log = audit::Log::Open(options.state + "/log", audit::Log::Mode::kAppend);
  if (!log) return log.error();
  const Result<std::string> groups = ReadFile("/etc/group", kMaxEtcBytes);
  const std::optional<gid_t> approvers = groups ? FindGroup(*groups, kApproversGroup) : std::nullopt;
  Result<Fd> listener = ListenAt(options.socket);
  if (!listener) return listener.error();
  if (chmod(options.socket.c_str(), 0666) != 0) return SystemError(options.socket, errno);  // who may do what is decided by who asks
  Service service(options, std::move(log).take(), std::move(listener).take(), std::move(signals), approvers);
  if (const Status begun = service.Begin(); !begun) return begun;
  while (service.Turn()) {
  }
  unlink(options.socket.c_str());
  return service.End();
}

}  // namespace checkrein::monitor
