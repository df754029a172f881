// checkrein-hook: the fast path. One tool call in, one answer out; a fresh process each time, so small and static.
//
//   checkrein-hook [--state DIR] [--config DIR] [--supervisor SOCKET | --service SOCKET] CLIENT [EVENT]   the event is on standard input
//   checkrein-hook [--state DIR] [--config DIR] [--supervisor SOCKET | --service SOCKET] exec TICKET      runs what was judged
//
// Whatever happens to it, it denies: a crash, a time-out and a usage error all end in one line on standard error and exit 2, the only
// form that every client measured takes for a denial. Its parent process never parses the event; a locked child does.
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <exception>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "monitor/hook.h"
#include "monitor/service.h"

namespace {

using checkrein::monitor::HookOptions;

constexpr int kDenied = 2;
constexpr int kNotStarted = 125;
int g_failure_exit = kDenied;  // written once, before any handler can run; handlers can be told nothing else

[[noreturn]] void Fail(std::string_view line) {
  // Only async-signal-safe calls: this is the end of every handler.
  [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, line.data(), line.size());
  _exit(g_failure_exit);
}

void OnCrash(int) { Fail("checkrein: the hook crashed; denied\n"); }
void OnAlarm(int) { Fail("checkrein: no decision in time; denied\n"); }
[[noreturn]] void OnTerminate() { Fail("checkrein: the hook failed; denied\n"); }

void InstallCrashPath() {
  // An own stack: a crash may be a stack that ran out.
  static char stack[32 * 1024];
  stack_t alternate{};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof stack;
  sigaltstack(&alternate, nullptr);
  struct sigaction action {};
  action.sa_handler = OnCrash;
  action.sa_flags = SA_ONSTACK;
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGXCPU, SIGXFSZ}) sigaction(signal, &action, nullptr);
  std::set_terminate(OnTerminate);
  signal(SIGPIPE, SIG_IGN);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
}

void StartDeadline() {
  struct sigaction action {};
  action.sa_handler = OnAlarm;
  sigaction(SIGALRM, &action, nullptr);
  itimerval timer{};
  timer.it_value.tv_sec = checkrein::monitor::kHookDeadlineMs / 1000;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

std::string ShellQuote(std::string_view word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string OwnPath() {
  char path[4096];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  return n > 0 && n < static_cast<ssize_t>(sizeof path) ? std::string(path, static_cast<size_t>(n)) : "checkrein-hook";
}

int WriteOut(const checkrein::agent::Wire& wire) {
  if (!wire.out.empty() && !checkrein::WriteAll(STDOUT_FILENO, wire.out)) Fail("checkrein: cannot write the answer; denied\n");
  if (!wire.err.empty() && !checkrein::WriteAll(STDERR_FILENO, wire.err)) return kDenied;
  return wire.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  InstallCrashPath();
  mallopt(M_TOP_PAD, 1 << 20);  // the heap grows once, not twenty times
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  HookOptions options;
  options.self = ShellQuote(OwnPath());
  options.tools = OwnPath().substr(0, OwnPath().rfind('/') + 1) + "checkrein-tools";
  if (!options.tools.starts_with('/')) options.tools.insert(0, "/");  // where it is not known nothing is: what is published is refused
  int at = 1;
  for (; at + 1 < argc && std::string_view(argv[at]).starts_with("--"); at += 2) {
    const std::string_view flag = argv[at];
    std::string* value = flag == "--state" ? &options.state : flag == "--config" ? &options.config : flag == "--supervisor" ? &options.supervisor : flag == "--service" ? &options.service : nullptr;
    if (value == nullptr) Fail("checkrein-hook: unknown option; denied\n");
    *value = argv[at + 1];
    options.self += " " + std::string(flag) + " " + ShellQuote(*value);
  }
  const bool exec = at + 1 < argc && std::string_view(argv[at]) == "exec";
  if (exec) g_failure_exit = kNotStarted;
  // Where the machine has the service, it decides, whatever else a user's own configuration says; nobody else is asked if it does not answer.
  if (at == 1) {
    const checkrein::Result<std::optional<std::string>> service = checkrein::monitor::InstalledService();
    if (!service) Fail("checkrein: the system service cannot be found; denied\n");
    if (*service) {
      options.service = **service;
      options.self += " --service " + ShellQuote(options.service);
    }
  }
  if (exec) {
    return checkrein::monitor::ExecTicket(options, argv[at + 1]);
  }
  const auto client = at < argc ? checkrein::agent::ClientFromName(argv[at]) : std::nullopt;
  if (!client) Fail("checkrein-hook: usage: checkrein-hook [--state DIR] [--config DIR] claude|codex|gemini|copilot|opencode [EVENT]; denied\n");
  StartDeadline();
  return WriteOut(checkrein::monitor::AnswerEvent(options, *client, at + 1 < argc ? argv[at + 1] : ""));
}
