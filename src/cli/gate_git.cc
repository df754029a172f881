// The history of a git repository: every blob and every commit that any branch, tag or reflog reaches, each once.
//
// Only git's plumbing runs (rev-list, cat-file): neither runs hooks, filters or anything that the repository's configuration names. Objects
// that are not there are not fetched. What git prints goes to the locked parser like any file.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <unordered_map>

#include "base/fd.h"
#include "cli/gate.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxObjects = 20'000'000;

// A git that writes into a pipe; reads from `input` when that is a descriptor.
class Git {
 public:
  static Result<Git> Start(const std::string& repository, const std::vector<std::string>& words, int input) {
    std::vector<std::string> argv = {"git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*", "-C", repository};
    argv.insert(argv.end(), words.begin(), words.end());
    std::vector<char*> pointers;
    for (std::string& word : argv) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    std::vector<std::string> environment = {"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin"};
    std::vector<char*> variables;
    for (std::string& variable : environment) variables.push_back(variable.data());
    variables.push_back(nullptr);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return SystemError("pipe", errno);
    Git out;
    out.output_ = Fd(ends[0]);
    const Fd theirs(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (input >= 0) posix_spawn_file_actions_adddup2(&actions, input, 0);
    else posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), 1);
    const int problem = posix_spawnp(&out.pid_, "git", &actions, nullptr, pointers.data(), variables.data());
    posix_spawn_file_actions_destroy(&actions);
    if (problem != 0) return SystemError("git", problem);
    return out;
  }
  Git(Git&& other) noexcept : pid_(std::exchange(other.pid_, -1)), output_(std::move(other.output_)), buffer_(std::move(other.buffer_)), at_(other.at_) {}
  Git& operator=(Git&&) = delete;
  ~Git() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      Wait();
    }
  }
  // A line without its break; false at the end.
  bool Line(std::string* line) {
    while (true) {
      const size_t end = buffer_.find('\n', at_);
      if (end != std::string::npos) {
        line->assign(buffer_, at_, end - at_);
        at_ = end + 1;
        return true;
      }
      if (!Fill()) return false;
    }
  }
  bool Bytes(size_t count, std::string* bytes) {
    while (buffer_.size() - at_ < count) {
      if (!Fill()) return false;
    }
    bytes->assign(buffer_, at_, count);
    at_ += count;
    return true;
  }
  bool Skip(size_t count) {
    while (count > 0) {
      if (buffer_.size() == at_ && !Fill()) return false;
      const size_t step = std::min(count, buffer_.size() - at_);
      at_ += step;
      count -= step;
    }
    return true;
  }
  // Its exit status; 0 is good.
  int Wait() {
    int status = -1;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }

 private:
  Git() = default;
  bool Fill() {
    buffer_.erase(0, at_);
    at_ = 0;
    const size_t had = buffer_.size();
    buffer_.resize(had + (1u << 18));
    ssize_t got = 0;
    do got = read(output_.get(), buffer_.data() + had, 1u << 18);
    while (got < 0 && errno == EINTR);
    buffer_.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return got > 0;
  }

  pid_t pid_ = -1;
  Fd output_;
  std::string buffer_;
  size_t at_ = 0;
};

bool IsObjectName(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Status FeedHistory(const std::string& repository, Objects which, const release::Limits& limits, const release::Gate::FeedFile& feed) {
  std::unordered_map<std::string, std::string> paths;
  std::string names, line;
  {
    Result<Git> list = Git::Start(repository, {"rev-list", "--objects", "--all", "--reflog"}, -1);
    if (!list) return list.error();
    while (list->Line(&line)) {
      const size_t space = line.find(' ');
      const std::string name = line.substr(0, space);
      if (!IsObjectName(name)) return Error{Error::Kind::kInvalid, repository + ": git listed something that is no object"};
      if (paths.size() >= kMaxObjects) return Error{Error::Kind::kLimit, repository + ": more than 20 million objects"};
      if (paths.emplace(name, space == std::string::npos ? "" : line.substr(space + 1)).second) names += name + "\n";
    }
    if (list->Wait() != 0) return Error{Error::Kind::kInvalid, repository + ": git cannot list its history; is it a repository, and whole?"};
  }
  if (which == Objects::kAll) {
    Result<Git> list = Git::Start(repository, {"cat-file", "--batch-check=%(objectname)", "--batch-all-objects", "--unordered"}, -1);
    if (!list) return list.error();
    while (list->Line(&line)) {
      if (!IsObjectName(line)) return Error{Error::Kind::kInvalid, repository + ": git listed something that is no object"};
      if (paths.size() >= kMaxObjects) return Error{Error::Kind::kLimit, repository + ": more than 20 million objects"};
      if (paths.emplace(line, "").second) names += line + "\n";
    }
    if (list->Wait() != 0) return Error{Error::Kind::kInvalid, repository + ": git cannot list its objects"};
  }
  const Fd input(memfd_create("objects", MFD_CLOEXEC));
  if (!input.valid()) return SystemError("memfd", errno);
  if (const Status written = WriteAll(input.get(), names); !written) return written;
  lseek(input.get(), 0, SEEK_SET);
  Result<Git> objects = Git::Start(repository, {"cat-file", "--batch", "--buffer"}, input.get());
  if (!objects) return objects.error();
  std::string bytes;
  size_t missing = 0;
  while (objects->Line(&line)) {
    const size_t kind_at = line.find(' ');
    const size_t size_at = kind_at == std::string::npos ? kind_at : line.find(' ', kind_at + 1);
    if (size_at == std::string::npos) {  // NAME missing
      ++missing;
      continue;
    }
    const std::string name = line.substr(0, kind_at);
    const std::string_view kind = std::string_view(line).substr(kind_at + 1, size_at - kind_at - 1);
    uint64_t size = 0;
    std::from_chars(line.data() + size_at + 1, line.data() + line.size(), size);
    if (kind == "tree" || size > limits.entry_bytes) {
      if (!objects->Skip(size + 1)) return Error{Error::Kind::kIo, repository + ": git stopped early"};
      if (kind != "tree") return Error{Error::Kind::kLimit, repository + ": " + paths[name] + " is larger than the limit for one file (--max-entry)"};
      continue;
    }
    if (!objects->Bytes(size, &bytes) || !objects->Skip(1)) return Error{Error::Kind::kIo, repository + ": git stopped early"};
    const std::string path = kind == "blob" ? paths[name] + "@" + name.substr(0, 12) : std::string(kind) + "@" + name.substr(0, 12);
    if (!feed(path, bytes)) return Error{Error::Kind::kLimit, repository + ": not all of the history was looked at"};
  }
  if (objects->Wait() != 0 || missing > 0) return Error{Error::Kind::kIo, repository + ": " + std::to_string(missing) + " objects are not there (a shallow or partial clone?)"};
  return Done{};
}

}  // namespace checkrein::cli
