#include "monitor/hook.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <functional>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "monitor/caller.h"
#include "monitor/channel.h"
#include "monitor/command.h"
#include "monitor/exec_watch.h"
#include "monitor/monitor.h"
#include "monitor/protocol.h"
#include "monitor/settle.h"
#include "monitor/watch.h"
#include "sandbox/session.h"

namespace checkrein::monitor {
namespace {

constexpr int kNotStarted = 125;

agent::Wire Refuse(const std::string& reason) { return agent::WriteRefusal(reason); }

int Fail(const std::string& reason) {
  fprintf(stderr, "checkrein: %s\n", reason.c_str());
  return kNotStarted;
}

// An answer is taken from a process of another user only: any of our own could be the agent's.
Result<Fd> ConnectToService(const std::string& path) {
  Result<Fd> service = ConnectTo(path);
  if (!service) return Error{service.error().kind, "no service: " + service.error().text};
  const Result<Caller> peer = CallerOf(service->get());
  if (!peer) return peer.error();
  if (peer->uid == getuid() && getuid() != 0) return Error{Error::Kind::kDenied, "service: " + path + " is served by this very user; nothing it says counts"};
  return service;
}

// One message there, one back.
Result<std::string> Ask(const Result<Fd>& other, std::string_view who, const std::string& request) {
  if (!other) return other.error();
  if (const Status sent = SendMessage(other->get(), request, {}); !sent) return Error{sent.error().kind, std::string(who) + sent.error().text};
  Result<Message> answer = ReceiveMessage(other->get(), MonotonicNanos() + int64_t{kHookDeadlineMs} * 1'000'000);
  if (!answer) return Error{answer.error().kind, std::string(who) + answer.error().text};
  return std::move(answer->bytes);
}

Result<std::string> AskService(const std::string& path, const std::string& request) { return Ask(ConnectToService(path), "service: ", request); }

Result<std::string> AskSupervisor(const std::string& path, const std::string& request) {
  Result<Fd> supervisor = ConnectTo(path);
  if (!supervisor) return Error{supervisor.error().kind, "no supervisor: " + supervisor.error().text};
  return Ask(supervisor, "supervisor: ", request);
}

agent::Wire Forward(const HookOptions& options, const Submission& submission) {
  const std::string event = EncodeEvent(submission);
  const Result<std::string> answer = options.supervisor.empty() ? AskService(options.service, event) : AskSupervisor(options.supervisor, event);
  if (!answer) return Refuse(answer.error().text);
  std::optional<agent::Wire> wire = DecodeAnswer(*answer);
  return wire ? *std::move(wire) : Refuse("an answer that is none");
}

Result<Monitor::Options> MonitorOptions(const HookOptions& options) {
  Result<Places> places = FindPlaces(options.state, options.config);
  if (!places) return places.error();
  Monitor::Options with;
  with.places = std::move(places).take();
  with.mode = Mode::kHooks;
  with.exec_command = options.self + " exec";
  if (const char* path = getenv("PATH")) with.path = path;
  with.tools = options.tools;
  return with;
}

// The supervisor runs it with our descriptors; we wait, and pass on the signals that ask us to end.
int ForwardExec(const HookOptions& options, const std::string& ticket) {
  const Result<Fd> supervisor = ConnectTo(options.supervisor);
  if (!supervisor) return Fail("no supervisor: " + supervisor.error().text);
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&wanted, signal);
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  const Fd signals(signalfd(-1, &wanted, SFD_CLOEXEC));
  if (const Status sent = SendMessage(supervisor->get(), EncodeExec(ticket), {0, 1, 2}); !sent) return Fail("supervisor: " + sent.error().text);
  Receiver receiver(supervisor->get());
  for (;;) {
    pollfd waiting[] = {{supervisor->get(), POLLIN, 0}, {signals.get(), POLLIN, 0}};
    if (poll(waiting, 2, -1) < 0 && errno != EINTR) return Fail(SystemError("poll", errno).text);
    if ((waiting[1].revents & POLLIN) != 0) {
      signalfd_siginfo info{};
      if (read(signals.get(), &info, sizeof info) == sizeof info) {
        if (const Status sent = SendMessage(supervisor->get(), EncodeSignal(static_cast<int>(info.ssi_signo)), {}); !sent) return Fail(sent.error().text);
      }
    }
    if (waiting[0].revents == 0) continue;
    const Result<Receiver::State> state = receiver.Feed();
    if (!state || *state == Receiver::State::kClosed) return Fail("the supervisor is gone");
    if (*state != Receiver::State::kMessage) continue;
    const std::optional<Ended> ended = DecodeEnded(receiver.Take().bytes);
    if (!ended) return Fail("supervisor: an answer that is none");
    if (!ended->error.empty()) fprintf(stderr, "checkrein: %s\n", ended->error.c_str());
    return ended->exit_code;
  }
}

// What the agent's side is told of changes that did not reach the workspace.
void TellHeld(const HeldCopy& copy, const Settled& settled) {
  if (settled.held.empty()) return;
  fprintf(stderr, "checkrein: %zu change(s) held for a person, not yet in the workspace:\n", settled.held.size());
  size_t shown = 0;
  for (const HeldPath& held : settled.held) {
    if (++shown > 8) break;
    fprintf(stderr, "  %s: %s\n", json::Quote(held.path).c_str(), held.why.c_str());
  }
  fprintf(stderr, "  a person can look at them with: checkrein changes %s\n", copy.id.c_str());
}

struct Ran {
  int exit_code = kNotStarted;
  EffectSet observed;
  ExecsSeen execs;
  std::string error;
};

// Until the program ends; what it executes is looked at meanwhile, for it waits for that.
Result<sandbox::Outcome> WaitWatching(sandbox::Process& process, ExecGroup& execs) {
  for (;;) {
    if (std::optional<sandbox::Outcome> ended = process.Poll()) return *std::move(ended);
    pollfd waiting[] = {{process.fd(), POLLIN, 0}, {execs.over() ? -1 : execs.fd(), POLLIN, 0}};
    if (poll(waiting, 2, execs.looks_again() ? kLookAgainMs : -1) < 0 && errno != EINTR) return SystemError("poll", errno);
    execs.Serve();
  }
}

Ran RunContained(const Ticket& ticket, const HeldCopy& copy, const Places& places, uint64_t processor_seconds) {
  Ran ran;
  sandbox::Plan plan;
  plan.copy = copy.copy;
  plan.home = places.home;
  plan.watch_execs = true;
  plan.hidden = {places.state};
  plan.hidden.insert(plan.hidden.end(), places.config.begin(), places.config.end());
  Result<sandbox::Session> session = sandbox::Session::Start(plan);
  if (!session) {
    ran.error = "cannot contain it: " + session.error().text;
    return ran;
  }
  sandbox::Program program = CommandProgram(ticket, CommandEnvironment(environ, places.home), processor_seconds);
  program.stdin_fd = 0;
  program.stdout_fd = 1;
  program.stderr_fd = 2;
  Result<sandbox::Process> process = session->Spawn(program);
  if (!process) {
    ran.error = process.error().text;
  } else {
    const Result<Fd> root = session->Root();
    ExecGroup execs(root ? process->TakeExecListener() : Fd(), root ? root->get() : -1);
    const Result<sandbox::Outcome> outcome = WaitWatching(*process, execs);
    ran.execs = execs.Take();
    ran.exit_code = outcome ? outcome->ShellStatus() : kNotStarted;
    ran.error = !outcome ? outcome.error().text : outcome->why.empty() ? WhyStopped(ran.exit_code, processor_seconds) : outcome->why;
  }
  if (const Status ended = session->End(); !ended && ran.error.empty()) ran.error = ended.error().text;
  Result<EffectSet> observed = CopyWatch(copy.copy).Look();
  if (observed) ran.observed = std::move(observed).take();
  if (!observed && ran.error.empty()) ran.error = observed.error().text;
  return ran;
}

}  // namespace

agent::Wire AnswerEvent(const HookOptions& options, agent::Client client, const std::string& event_name) {
  Submission submission{client, event_name, {}};
  Result<std::string> bytes = ReadAll(STDIN_FILENO, json::Limits{}.max_bytes);
  if (!bytes) return Refuse("event: " + bytes.error().text);
  submission.bytes = std::move(bytes).take();
  if (!options.supervisor.empty() || !options.service.empty()) return Forward(options, submission);
  Result<Monitor::Options> with = MonitorOptions(options);
  if (!with) return Refuse(with.error().text);
  Result<Monitor> monitor = Monitor::OpenForOne(std::move(with).take());
  if (!monitor) return Refuse(monitor.error().text);
  return monitor->Handle(submission);
}

namespace {

// Runs the command on a copy, keeps of its changes what policy permits, and tells what is held. The caller records it.
Result<Outcome> RunTicket(Monitor& monitor, const Ticket& ticket, const std::function<std::vector<std::string>()>& labels) {
  if (ticket.workspace.empty()) return Error{Error::Kind::kDenied, "this session has no workspace to copy: start the client in a project directory, not in / or the home"};
  monitor.ActAs(std::string_view(ticket.session_key).substr(0, ticket.session_key.find(' ')));
  const Result<HeldCopy> copy = NewCopy(monitor.options().places.state, ticket.workspace, ticket.command, monitor.options().mode);
  if (!copy) return copy.error();
  const int64_t begin = MonotonicNanos();
  const Ran ran = RunContained(ticket, *copy, monitor.options().places, monitor.settings().processor_seconds);
  Outcome outcome = OutcomeOf(ticket, ran.observed, {Sight::Network::kUnseen, ran.execs});
  outcome.exit_code = ran.exit_code;
  outcome.millis = (MonotonicNanos() - begin) / 1'000'000;
  outcome.error = ran.error;
  const Result<Settled> settled = Settle(monitor, *copy, labels(), Hold::kByPolicy);
  if (settled) {
    outcome.committed = settled->committed;
    for (const HeldPath& held : settled->held) outcome.held.push_back(held.path);
    TellHeld(*copy, *settled);
  } else if (outcome.error.empty()) {
    outcome.error = settled.error().text;
  }
  return outcome;
}

int Told(const Outcome& outcome, const Ticket& ticket, const Status& recorded) {
  if (!recorded) fprintf(stderr, "checkrein: cannot record the outcome: %s\n", recorded.error().text.c_str());
  if (!outcome.error.empty()) fprintf(stderr, "checkrein: %s\n", outcome.error.c_str());
  if (const std::string why = outcome.exit_code == 0 ? "" : WhyRenameFailed(outcome.execs, ticket.workspace); !why.empty()) fprintf(stderr, "checkrein: %s\n", why.c_str());
  return outcome.exit_code;
}

// The service hands the ticket out once; the command is this user's, and so are the copy and what is held of it.
int ExecForService(const HookOptions& options, const std::string& ticket_id) {
  const Result<std::string> answer = AskService(options.service, EncodeTake(ticket_id));
  if (!answer) return Fail(answer.error().text);
  const std::optional<HandedTicket> handed = DecodeTicket(*answer);
  if (!handed) {
    const std::optional<Ended> refused = DecodeEnded(*answer);
    return Fail(refused ? refused->error : "service: an answer that is none");
  }
  Result<Monitor::Options> with = MonitorOptions(options);
  if (!with) return Fail(with.error().text);
  with->mode = Mode::kSystem;
  with->places.config = {"/etc/checkrein"};  // what changes are kept is decided by the machine's policies, not this user's
  Result<Monitor> monitor = Monitor::OpenForOne(std::move(with).take());
  if (!monitor) return Fail(monitor.error().text);
  const Result<Outcome> outcome = RunTicket(*monitor, handed->ticket, [&] { return handed->labels; });
  if (!outcome) return Fail(outcome.error().text);
  const Result<std::string> told = AskService(options.service, EncodeOutcome(ticket_id, *outcome));
  const std::optional<Ended> ended = told ? DecodeEnded(*told) : std::nullopt;
  Status recorded = Done{};
  if (!ended || ended->exit_code != 0) recorded = Error{Error::Kind::kIo, ended ? ended->error : told ? "an answer that is none" : told.error().text};
  return Told(*outcome, handed->ticket, recorded);
}

}  // namespace

int ExecTicket(const HookOptions& options, const std::string& ticket_id) {
  if (!options.supervisor.empty()) return ForwardExec(options, ticket_id);
  if (!options.service.empty()) return ExecForService(options, ticket_id);
  Result<Monitor::Options> with = MonitorOptions(options);
  if (!with) return Fail(with.error().text);
  Result<Monitor> monitor = Monitor::Open(std::move(with).take());
  if (!monitor) return Fail(monitor.error().text);
  const Result<Ticket> ticket = monitor->tickets().Take(ticket_id, UnixMillis());
  if (!ticket) return Fail(ticket.error().text);
  if (const Status same = CheckScripts(*ticket, monitor->world()); !same) return Fail(same.error().text);
  const Result<Outcome> outcome = RunTicket(*monitor, *ticket, [&] {  // as they are when it has run
    const Result<SessionFacts> facts = monitor->facts().Load(ticket->session_key);
    return facts ? facts->labels : WorstLabels();
  });
  if (!outcome) return Fail(outcome.error().text);
  return Told(*outcome, *ticket, monitor->WriteOutcome(*outcome));
}

}  // namespace checkrein::monitor
