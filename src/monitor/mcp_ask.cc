#include "monitor/mcp_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "advisories/pins/tools.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/fields.h"
#include "base/path.h"
#include "base/pipe.h"
#include "monitor/command.h"
#include "monitor/live_world.h"
#include "sandbox/parser_filter.h"
#include "sandbox/session.h"

namespace checkrein::monitor {
namespace {

constexpr size_t kMaxReport = 32u << 20;
constexpr size_t kMaxAnswers = 64;       // kept
constexpr size_t kMaxAskedFile = 1u << 16;
constexpr char kGood = 'y', kBad = 'n';

// Where a home keeps programs and packages: to be read by a server that is started from them.
constexpr std::string_view kToolchains[] = {".npm", ".nvm", ".volta", ".bun", ".deno", ".cargo/bin", ".local/bin", ".local/lib", ".local/share/uv", ".local/share/pipx", ".local/share/pnpm", ".local/share/mise", ".cache/uv", ".npm-global", ".asdf", ".pyenv"};

constexpr std::string_view kHidden[] = {"/home", "/root", "/tmp", "/var/tmp", "/srv", "/mnt", "/media"};  // of what a session hides: where servers lie

bool Exists(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0;
}

bool IsDirectory(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// Read-only: the workspace, toolchains, and the directories of files that the command names.
std::vector<sandbox::Bind> BindsFor(const advisories::Server& server, const AskWhere& where) {
  std::vector<sandbox::Bind> binds;
  const auto add = [&](const std::string& path) {
    const bool covered = std::any_of(binds.begin(), binds.end(), [&](const sandbox::Bind& bind) { return IsBeneath(path, bind.target); });
    // Never what holds our own files, the home or the root as a whole.
    if (covered || path == "/" || IsBeneath(where.home, path) || IsBeneath(where.places.state, path) || !Exists(path)) return;
    binds.push_back({path, path, sandbox::Access::kReadOnly, sandbox::Audience::kEveryone});
  };
  if (!where.workspace.empty()) add(where.workspace);
  for (const std::string_view toolchain : kToolchains) add(where.home + "/" + std::string(toolchain));
  std::vector<std::string> words = server.args;
  words.push_back(server.command);
  words.push_back(server.cwd);
  for (const std::string& word : words) {
    if (!word.starts_with('/') || word.find('\0') != std::string::npos) continue;
    const std::string path = NormalizePath(word, "/");
    const bool hidden = std::any_of(std::begin(kHidden), std::end(kHidden), [&](std::string_view root) { return IsBeneath(path, root) && path != root; });
    if (!hidden && !IsBeneath(path, where.home)) continue;
    const std::string directory = IsDirectory(path) ? path : std::string(DirName(path));
    if (directory == where.home || directory == "/tmp" || directory == "/var/tmp") add(path);
    else add(directory);
  }
  return binds;
}

std::vector<std::string> EnvironmentFor(const advisories::Server& server, const AskWhere& where) {
  static const char* const kNone[] = {nullptr};
  std::vector<std::string> env = CommandEnvironment(where.environment != nullptr ? where.environment : kNone, where.home);
  for (const char* offline : {"npm_config_offline=true", "UV_OFFLINE=1", "NO_UPDATE_NOTIFIER=1"}) env.emplace_back(offline);
  for (const auto& [name, value] : server.env) {
    std::erase_if(env, [&](const std::string& entry) { return entry.starts_with(name + "="); });
    if (name.find('=') == std::string::npos && name.find('\0') == std::string::npos && value.find('\0') == std::string::npos) env.push_back(name + "=" + value);
  }
  return env;
}

[[noreturn]] void Report(int fd, char kind, const std::string& text) {
  _exit(WriteAll(fd, std::string(1, kind) + text) ? 0 : 3);
}

// In the locked child: descriptors 0 from the server, 1 to it, 2 to us.
[[noreturn]] void Talk() {
  advisories::ToolDialogue dialogue;
  if (!WriteAll(1, dialogue.Begin())) Report(2, kBad, "it does not listen");
  std::string pending;
  char buffer[65536];
  for (;;) {
    const ssize_t n = read(0, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) Report(2, kBad, "it ended without telling its tools");
    pending.append(buffer, static_cast<size_t>(n));
    for (size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      const Result<std::string> next = dialogue.Take(std::string_view(pending).substr(0, end));
      pending.erase(0, end + 1);
      if (!next) Report(2, kBad, next.error().text);
      if (dialogue.done()) Report(2, kGood, dialogue.Canonical());
      if (!next->empty() && !WriteAll(1, *next)) Report(2, kBad, "it does not listen");
    }
    if (pending.size() > advisories::kMaxToolLine) Report(2, kBad, "a message that does not end");
  }
}

[[noreturn]] void Child(int from, int to, int report) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_IGN);
  int fds[] = {from, to, report};
  for (int& fd : fds)
    if ((fd = fcntl(fd, F_DUPFD, 10)) < 0) _exit(4);
  for (int i = 0; i < 3; ++i)
    if (dup2(fds[i], i) < 0) _exit(4);
  if (close_range(3, ~0u, 0) != 0) _exit(4);
#if !defined(__SANITIZE_ADDRESS__)  // as in judge_child.cc
  if (!sandbox::InstallParserFilter()) _exit(4);
#endif
  Talk();
}

// What the child reports until it ends or the time is over.
Result<std::string> ReadReport(int fd, int64_t deadline_ns) {
  std::string report;
  for (;;) {
    const int64_t left_ms = (deadline_ns - MonotonicNanos()) / 1'000'000;
    if (left_ms <= 0) return Error{Error::Kind::kLimit, "it does not tell its tools in time"};
    pollfd waiting{fd, POLLIN, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(left_ms));
    if (ready < 0 && errno != EINTR) return SystemError("poll", errno);
    if (ready <= 0) continue;
    char buffer[65536];
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError("read", errno);
    if (n == 0) return report;
    report.append(buffer, static_cast<size_t>(n));
    if (report.size() > kMaxReport) return Error{Error::Kind::kLimit, "it tells too much"};
  }
}

Result<std::string> TalkWith(sandbox::Session& session, sandbox::Program program, int64_t deadline_ns) {
  Result<Pipe> to = MakePipe(), from = MakePipe(), report = MakePipe();
  for (const Result<Pipe>* made : {&to, &from, &report})
    if (!*made) return made->error();
  program.stdin_fd = to->read_end.get();
  program.stdout_fd = from->write_end.get();
  Result<sandbox::Process> process = session.Spawn(program);
  if (!process) return process.error();
  to->read_end.Reset(-1);
  from->write_end.Reset(-1);
  const pid_t pid = fork();
  if (pid < 0) return SystemError("fork", errno);
  if (pid == 0) Child(from->read_end.get(), to->write_end.get(), report->write_end.get());
  report->write_end.Reset(-1);
  to->write_end.Reset(-1);
  from->read_end.Reset(-1);
  Result<std::string> text = ReadReport(report->read_end.get(), deadline_ns);
  if (!text) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!text) return text;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || text->empty()) return Error{Error::Kind::kInternal, "what it says cannot be read"};
  if ((*text)[0] != kGood) return Error{Error::Kind::kInvalid, text->substr(1)};
  return text->substr(1);
}

}  // namespace

Result<std::string> AskTools(const advisories::Server& server, const AskWhere& where, int deadline_ms) {
  if (server.command.empty()) return Error{Error::Kind::kInvalid, "it runs elsewhere and cannot be asked without a network"};
  const int64_t deadline_ns = MonotonicNanos() + int64_t{deadline_ms} * 1'000'000;
  sandbox::Plan plan;
  plan.home = where.home;
  plan.binds = BindsFor(server, where);
  plan.hidden = {where.places.state};
  plan.hidden.insert(plan.hidden.end(), where.places.config.begin(), where.places.config.end());
  Result<sandbox::Session> session = sandbox::Session::Start(plan);
  if (!session) return Error{session.error().kind, "cannot contain it: " + session.error().text};
  sandbox::Program program;
  program.file = "/bin/sh";
  program.argv = {"sh", "-c", "exec \"$0\" \"$@\"", server.command};
  program.argv.insert(program.argv.end(), server.args.begin(), server.args.end());
  program.env = EnvironmentFor(server, where);
  const std::string home = where.workspace.empty() ? "/" : where.workspace;
  program.cwd = server.cwd.empty() ? home : NormalizePath(server.cwd, home);
  Result<std::string> said = TalkWith(*session, std::move(program), deadline_ns);
  const Status ended = session->End();
  if (said && !ended) return ended.error();
  return said;
}

Digest AskedTools::KeyOf(std::string_view session, const advisories::Server& server, const std::string& workspace) {
  FieldWriter w;
  w.Add(session).Add(workspace).Add(server.command).AddList(server.args).Add(server.cwd);
  for (const auto& [name, value] : server.env) w.Add(name).Add(value);
  const LiveWorld world = LiveWorld::OfThisProcess();
  std::vector<std::string> words = server.args;
  words.push_back(server.command);
  for (const std::string& word : words) {
    if (word.empty() || word.starts_with('-') || word.find('\0') != std::string::npos) continue;
    const std::optional<advisories::FileStamp> stamp = world.Stamp(NormalizePath(word, workspace.empty() ? "/" : workspace));
    if (stamp) w.Add(word).Add({reinterpret_cast<const char*>(&*stamp), sizeof *stamp});
  }
  return Sha256(w.bytes());
}

std::vector<AskedTools::Answer> AskedTools::Load() const {
  std::vector<Answer> answers;
  const Result<std::string> bytes = ReadFile(path_, kMaxAskedFile);
  if (!bytes) return answers;
  FieldReader r(*bytes);
  while (r.ok() && !r.AtEnd() && answers.size() < kMaxAnswers) {
    Answer answer;
    r.Bytes(answer.key);
    if (!r.Bytes(answer.tools)) return {};
    answers.push_back(answer);
  }
  return answers;
}

std::optional<Digest> AskedTools::Find(const Digest& key) const {
  for (const Answer& answer : Load())
    if (answer.key == key) return answer.tools;
  return std::nullopt;
}

void AskedTools::Keep(const Digest& key, const Digest& tools) const {
  std::vector<Answer> answers = Load();
  std::erase_if(answers, [&](const Answer& answer) { return answer.key == key; });
  answers.insert(answers.begin(), {key, tools});
  if (answers.size() > kMaxAnswers) answers.resize(kMaxAnswers);
  FieldWriter w;
  for (const Answer& answer : answers) w.Add(AsText(answer.key)).Add(AsText(answer.tools));
  static_cast<void>(ReplaceFile(path_, w.bytes(), 0600));
}

}  // namespace checkrein::monitor
