#include "proof/solver.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"

namespace checkrein::proof {
namespace {

constexpr size_t kMaxAnswerBytes = 4u << 20;  // models of our questions are some kilobytes
constexpr int64_t kNanosPerMs = 1'000'000;

std::vector<std::string> ArgumentsOf(const SolverProgram& program, const Limits& limits) {
  const std::string ms = std::to_string(limits.query_ms);
  if (program.name == "cvc5") return {program.path, "--lang=smt2", "--incremental", "--produce-models", "--strings-exp", "--tlimit-per=" + ms};
  return {program.path, "-smt2", "-in", "-t:" + ms};
}

// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void BecomeSolver(int fd, pid_t parent, char* const* argv, const Limits& limits) {
  const auto limit = [](__rlimit_resource_t what, rlim_t value) {
    const struct rlimit r = {value, value};
    if (setrlimit(what, &r) != 0) _exit(126);
  };
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(126);
  if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0) _exit(126);
  const int null = open("/dev/null", O_WRONLY);
  if (null < 0 || dup2(null, 2) < 0) _exit(126);
  close_range(3, ~0u, 0);
  limit(RLIMIT_AS, limits.memory_bytes);
  limit(RLIMIT_CPU, static_cast<rlim_t>(limits.total_ms / 1000 + 1));
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  char* const no_environment[] = {nullptr};
  execve(argv[0], argv, no_environment);
  _exit(127);
}

}  // namespace

std::vector<SolverProgram> DebianSolvers() { return {{"z3", "/usr/bin/z3"}, {"cvc5", "/usr/bin/cvc5"}}; }

Result<Solver> Solver::Start(const SolverProgram& program, const Limits& limits) {
  if (access(program.path.c_str(), X_OK) != 0) return Error{Error::Kind::kNotFound, program.path + ": no such program; install the Debian package " + program.name};
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return SystemError("socketpair", errno);
  Fd ours(ends[0]), theirs(ends[1]);
  std::vector<std::string> arguments = ArgumentsOf(program, limits);
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return SystemError("fork", errno);
  if (child == 0) BecomeSolver(theirs.get(), parent, argv.data(), limits);
  Solver solver(program.name, child, std::move(ours), limits);
  if (const Status told = solver.Tell("(set-logic ALL)\n"); !told) return told.error();
  return solver;
}

Solver::Solver(std::string name, int64_t pid, Fd fd, const Limits& limits)
    : name_(std::move(name)), pid_(pid), fd_(std::move(fd)), limits_(limits), end_ns_(MonotonicNanos() + limits.total_ms * kNanosPerMs) {}

Solver::Solver(Solver&& other) noexcept
    : name_(std::move(other.name_)), pid_(std::exchange(other.pid_, -1)), fd_(std::move(other.fd_)), limits_(other.limits_), end_ns_(other.end_ns_), heard_(std::move(other.heard_)) {}

Solver& Solver::operator=(Solver&& other) noexcept {
  if (this == &other) return *this;
  Kill();
  name_ = std::move(other.name_);
  pid_ = std::exchange(other.pid_, -1);
  fd_ = std::move(other.fd_);
  limits_ = other.limits_;
  end_ns_ = other.end_ns_;
  heard_ = std::move(other.heard_);
  return *this;
}

Solver::~Solver() { Kill(); }

void Solver::Kill() {
  if (pid_ < 0) return;
  const auto child = static_cast<pid_t>(std::exchange(pid_, -1));
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Waits for more of the answer. The solver's own limit comes first; this one is for a solver that does not keep it.
Status Solver::Fill(int64_t deadline_ns) {
  for (;;) {
    const int64_t left = (deadline_ns - MonotonicNanos()) / kNanosPerMs;
    if (left <= 0) return Error{Error::Kind::kLimit, name_ + ": no answer within its time"};
    pollfd p = {fd_.get(), POLLIN, 0};
    const int ready = poll(&p, 1, static_cast<int>(std::min<int64_t>(left, 1 << 30)));
    if (ready < 0 && errno != EINTR) return SystemError("poll", errno);
    if (ready <= 0) continue;
    char buffer[16384];
    const ssize_t n = recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return Error{Error::Kind::kIo, name_ + ": ended (out of memory or time, or it crashed)"};
    heard_.append(buffer, static_cast<size_t>(n));
    if (heard_.size() > kMaxAnswerBytes) return Error{Error::Kind::kLimit, name_ + ": an answer of more than " + std::to_string(kMaxAnswerBytes) + " bytes"};
    return Done{};
  }
}

Status Solver::Tell(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      text.remove_prefix(static_cast<size_t>(n));
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return Error{Error::Kind::kIo, name_ + ": ended (out of memory or time, or it crashed)"};
    const int64_t left = (end_ns_ - MonotonicNanos()) / kNanosPerMs;
    if (left <= 0) return Error{Error::Kind::kLimit, name_ + ": its time is over"};
    // A solver answers only to what asks it, so it never waits for us to read while we write.
    pollfd p = {fd_.get(), POLLOUT, 0};
    if (poll(&p, 1, static_cast<int>(std::min<int64_t>(left, 1 << 30))) < 0 && errno != EINTR) return SystemError("poll", errno);
  }
  return Done{};
}

Result<std::string> Solver::Hear() {
  const int64_t deadline = std::min(end_ns_, MonotonicNanos() + (2 * limits_.query_ms + 1'000) * kNanosPerMs);
  size_t length = 0;
  while ((length = AnswerLength(heard_)) == 0) {
    if (const Status more = Fill(deadline); !more) return more.error();
  }
  const size_t begin = heard_.find_first_not_of(" \t\r\n");
  std::string answer = heard_.substr(begin, length - begin);
  heard_.erase(0, length);
  if (answer.starts_with("(error")) return Error{Error::Kind::kInvalid, name_ + ": " + answer};
  return answer;
}

size_t AnswerLength(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return 0;
  if (text[begin] != '(') {
    const size_t end = text.find_first_of(" \t\r\n(", begin);
    return end == std::string_view::npos ? 0 : end;
  }
  int depth = 0;
  for (size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '|') {
      i = text.find(c, i + 1);
      if (i == std::string_view::npos) return 0;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return i + 1;
    }
  }
  return 0;
}

}  // namespace checkrein::proof
