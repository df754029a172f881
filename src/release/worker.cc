#include "release/worker.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/clock.h"
#include "base/fd.h"
#include "release/feed.h"
#include "sandbox/parser_filter.h"

namespace checkrein::release {
namespace {

constexpr size_t kMaxAnswer = 512u << 20;   // bytes the child may say: 10,000 findings and the entries of a large image
constexpr int kGraceSeconds = 20;           // beyond the limit of time, which the child keeps by itself

// Gathers the child's answers; kills it when it says too much, no answer, or takes too long.
class Listener {
 public:
  Listener(pid_t pid, int fd, Report& report, int64_t deadline_ns, std::function<void()> tick = nullptr) : pid_(pid), fd_(fd), report_(report), deadline_ns_(deadline_ns), tick_(std::move(tick)) {}

  // Takes what is there; waits for more when `wait`. False: the child has said its last.
  bool Take(bool wait) {
    while (true) {
      pollfd ready{fd_, POLLIN, 0};
      const int64_t left_ms = (deadline_ns_ - MonotonicNanos()) / 1'000'000;
      if (left_ms <= 0) return Stop("took more time than the limit (--max-seconds)");
      const int got = poll(&ready, 1, wait ? static_cast<int>(std::min<int64_t>(left_ms, 250)) : 0);
      if (tick_) tick_();
      if (got < 0 && errno != EINTR) return Stop("poll failed");
      if (got <= 0) {
        if (!wait) return true;
        continue;
      }
      char buffer[1u << 16];
      const ssize_t n = read(fd_, buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      said_ += static_cast<size_t>(n);
      if (said_ > kMaxAnswer) return Stop("said too much");
      pending_.append(buffer, static_cast<size_t>(n));
      if (!Lines()) return Stop("gave an answer that is none");
      if (wait) return true;
    }
  }
  uint64_t files_done() const { return files_done_; }
  // Waits for the end, and says how it was.
  void Finish() {
    while (!stopped_ && Take(true)) {
    }
    if (stopped_) kill(pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    if (stopped_) return;
    if (WIFSIGNALED(status)) Problem("the parser was stopped by signal " + std::to_string(WTERMSIG(status)) + (WTERMSIG(status) == SIGSYS ? ": it asked the kernel for something that it may not" : ""));
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) Problem("the parser failed");
    else if (!ended_) Problem("the parser ended before its last answer");
  }

 private:
  void Problem(const std::string& what) { report_.problems.push_back({"", what}); }
  bool Stop(const std::string& what) {
    if (!stopped_) Problem("the parser " + what);
    stopped_ = true;
    kill(pid_, SIGKILL);
    return false;
  }
  bool Lines() {
    size_t begin = 0;
    for (size_t end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', begin)) {
      const std::string_view line = std::string_view(pending_).substr(begin, end - begin);
      if (line == kTakenLine) ++files_done_;
      else if (line == kEndLine) ended_ = true;
      else if (!report_.Take(line)) return false;
      begin = end + 1;
    }
    pending_.erase(0, begin);
    return true;
  }

  pid_t pid_;
  int fd_;
  Report& report_;
  int64_t deadline_ns_;
  std::function<void()> tick_;   // while it waits
  std::string pending_;
  size_t said_ = 0;
  uint64_t files_done_ = 0;
  bool ended_ = false, stopped_ = false;
};

// In the child, behind which there is no way but `fd`.
void Lock(std::initializer_list<int> keep) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setenv("TZ", "UTC0", 1);  // a zip's times would make the library look for the machine's time zone, in a file
  tzset();
  // Memory that was asked for once is used again: a mapping for each large file, made and torn down, was a tenth of the time.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  int least = 0;
  std::vector<int> sorted(keep);
  std::sort(sorted.begin(), sorted.end());
  for (const int fd : sorted) {
    if (fd > least && close_range(static_cast<unsigned>(least), static_cast<unsigned>(fd) - 1, 0) != 0) _exit(4);
    least = fd + 1;
  }
  if (close_range(static_cast<unsigned>(least), ~0u, 0) != 0) _exit(4);
#if !defined(__SANITIZE_ADDRESS__)  // the sanitizer's runtime makes calls that the lock kills; the release build's tests run locked
  if (!sandbox::InstallParserFilter(sandbox::NewCode::kAnonymous)) _exit(4);
#endif
}

// A number that the child writes and the parent reads. Without it, for want of memory, there is no progress line.
class SharedCount {
 public:
  SharedCount() {
    void* memory = mmap(nullptr, sizeof(std::atomic<uint64_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) count_ = new (memory) std::atomic<uint64_t>(0);
  }
  SharedCount(const SharedCount&) = delete;
  SharedCount& operator=(const SharedCount&) = delete;
  ~SharedCount() {
    if (count_ != nullptr) munmap(count_, sizeof *count_);
  }
  std::atomic<uint64_t>* get() const { return count_; }

 private:
  std::atomic<uint64_t>* count_ = nullptr;
};

class Speaker {
 public:
  explicit Speaker(int fd) : fd_(fd) {}
  void Say(std::string_view line) {
    buffer_ += line;
    if (buffer_.size() > (1u << 16)) Flush();
  }
  void Flush() {
    if (!WriteAll(fd_, buffer_)) _exit(3);
    buffer_.clear();
  }

 private:
  int fd_;
  std::string buffer_;
};

int64_t Deadline(const Limits& limits, int extra) { return MonotonicNanos() + (static_cast<int64_t>(limits.seconds) + extra) * 1'000'000'000; }

void Failed(Report& report, const std::string& path, const std::string& what) { report.problems.push_back({path, what}); }

}  // namespace

Result<std::unique_ptr<Gate>> Gate::Make(Compiled& compiled, const GateSettings& settings) {
  Result<Scanner> scanner = Scanner::Make(compiled, settings.scan);
  if (!scanner) return scanner.error();
  return std::unique_ptr<Gate>(new Gate(compiled, settings, std::move(scanner).take()));
}

Gate::Gate(Compiled& compiled, const GateSettings& settings, Scanner scanner) : compiled_(compiled), settings_(settings), scanner_(std::move(scanner)) {}

Report Gate::Run(const std::string& path) {
  Report report;
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info{};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) {
    Failed(report, path, SystemError("open", errno).text);
  } else if (S_ISDIR(info.st_mode)) {
    report = RunDirectory(path);
  } else if (S_ISREG(info.st_mode)) {
    report = RunFile(path, fd.get(), static_cast<uint64_t>(info.st_size));
  } else {
    Failed(report, path, "neither a file nor a directory");
  }
  report.artifact = path;
  report.rules_digest = HexEncode(compiled_.set().digest);
  Warm(report);
  return report;
}

// Patterns that the child had to compile are compiled here, too, for the children to come.
void Gate::Warm(const Report& report) {
  for (const Finding& finding : report.findings) {
    for (CompiledRule& rule : compiled_.rules()) {
      if (rule.rule->id == finding.rule) rule.core.Get();
    }
  }
}

Report Gate::RunFile(const std::string& path, int fd, uint64_t size) {
  Report report;
  void* bytes = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED) {
    Failed(report, path, SystemError("mmap", errno).text);
    return report;
  }
  madvise(bytes, size, MADV_SEQUENTIAL);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    Failed(report, path, SystemError("pipe", errno).text);
    return report;
  }
  Fd ours(ends[0]);
  Fd theirs(ends[1]);
  const SharedCount count;
  const pid_t pid = fork();
  if (pid == 0) {
    Lock({theirs.get()});
    Speaker speaker(theirs.get());
    InspectOptions options = settings_.inspect;
    options.deadline_ns = Deadline(options.limits, 0);
    if (settings_.progress) options.looked_at = count.get();
    Inspector inspector(scanner_, options, [&](std::string_view line) { speaker.Say(line); });
    const size_t slash = path.rfind('/');
    inspector.Artifact({static_cast<const char*>(bytes), size}, slash == std::string::npos ? path : path.substr(slash + 1));
    inspector.Finish();
    speaker.Say(std::string(kEndLine) + "\n");
    speaker.Flush();
    _exit(0);
  }
  theirs.Reset(-1);
  if (pid < 0) {
    Failed(report, path, SystemError("fork", errno).text);
  } else {
    const auto tick = [&] {
      if (settings_.progress && count.get() != nullptr) settings_.progress(count.get()->load(std::memory_order_relaxed), 0);
    };
    Listener(pid, ours.get(), report, Deadline(settings_.inspect.limits, kGraceSeconds), tick).Finish();
    // Of the bytes that were looked at; hashed here, for the child is not to be believed about it.
    report.digest = HexEncode(Sha256(std::span(static_cast<const uint8_t*>(bytes), size)));
  }
  if (bytes != nullptr) munmap(bytes, size);
  return report;
}

Report Gate::RunDirectory(const std::string& path) {
  return RunFed(path, [&](const FeedFile& feed) { return FeedDirectory(path, settings_.inspect.limits, feed); });
}

Report Gate::RunFed(const std::string& name, const std::function<Status(const FeedFile&)>& feed) {
  Report report;
  report.artifact = name;
  report.rules_digest = HexEncode(compiled_.set().digest);
  Result<SharedRing> ring = SharedRing::Make(settings_.inspect.limits.entry_bytes);
  int answers[2], commands[2];
  if (!ring || pipe2(answers, O_CLOEXEC) != 0) {
    Failed(report, name, ring ? SystemError("pipe", errno).text : ring.error().text);
    return report;
  }
  Fd ours(answers[0]);
  Fd theirs(answers[1]);
  if (pipe2(commands, O_CLOEXEC) != 0) {
    Failed(report, name, SystemError("pipe", errno).text);
    return report;
  }
  Fd command_read(commands[0]);
  Fd command_write(commands[1]);
  const pid_t pid = fork();
  if (pid == 0) {
    Lock({theirs.get(), command_read.get()});
    Speaker speaker(theirs.get());
    InspectOptions options = settings_.inspect;
    options.deadline_ns = Deadline(options.limits, 0);
    Inspector inspector(scanner_, options, [&](std::string_view line) { speaker.Say(line); });
    ring->Serve(command_read.get(), inspector, [&] {
      speaker.Say(std::string(kTakenLine) + "\n");
      speaker.Flush();
    });
    inspector.Finish();
    speaker.Say(std::string(kEndLine) + "\n");
    speaker.Flush();
    _exit(0);
  }
  theirs.Reset(-1);
  command_read.Reset(-1);
  if (pid < 0) {
    Failed(report, name, SystemError("fork", errno).text);
    return report;
  }
  Listener listener(pid, ours.get(), report, Deadline(settings_.inspect.limits, kGraceSeconds));
  uint64_t batches = 0, done_bytes = 0;
  const auto wait_for = [&](uint64_t batch) {
    while (listener.files_done() < batch) {
      if (!listener.Take(true)) return false;
    }
    return true;
  };
  const auto send = [&] {
    const bool sent = ring->Send(command_write.get());
    ++batches;
    listener.Take(false);
    return sent && wait_for(batches - 1);  // the other half is free again
  };
  bool alive = true;
  const Status fed = feed([&](std::string_view path, std::string_view bytes) {
    if (bytes.size() > settings_.inspect.limits.entry_bytes) {
      Failed(report, std::string(path), "larger than the limit for one file (--max-entry)");
      return true;
    }
    if (!ring->Fits(path, bytes.size()) && !ring->empty()) alive = send();
    if (alive) ring->Put(path, bytes);
    done_bytes += bytes.size();
    if (settings_.progress) settings_.progress(done_bytes, 0);
    return alive;
  });
  if (alive && !ring->empty()) send();
  command_write.Reset(-1);
  if (!fed) Failed(report, name, fed.error().text);
  listener.Finish();
  return report;
}

}  // namespace checkrein::release
