#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.h"
#include "base/pipe.h"

namespace checkrein::cli {
namespace {

// Feeds and drains at once: a child may write before it has read everything. `to` is closed when all is written.
Status Exchange(Fd& to, const Fd& from, std::string_view input, std::string& output) {
  fcntl(to.get(), F_SETFL, O_NONBLOCK);
  if (input.empty()) to.Reset(-1);
  for (;;) {
    pollfd waiting[] = {{from.get(), POLLIN, 0}, {to.get(), POLLOUT, 0}};
    if (poll(waiting, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return SystemError("poll", errno);
    }
    if (to.valid() && waiting[1].revents != 0) {
      const ssize_t n = write(to.get(), input.data(), input.size());
      if (n > 0) input.remove_prefix(static_cast<size_t>(n));
      if (input.empty() || (n < 0 && errno != EAGAIN && errno != EINTR)) to.Reset(-1);  // it need not read all
    }
    if (waiting[0].revents == 0) continue;
    char buffer[16384];
    const ssize_t n = read(from.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError("read", errno);
    if (n == 0) return Done{};
    output.append(buffer, static_cast<size_t>(n));
    if (output.size() > kMaxChildOutput) return Error{Error::Kind::kLimit, "child: said more than " + std::to_string(kMaxChildOutput) + " bytes"};
  }
}

}  // namespace

Result<Ended> RunChild(const std::vector<std::string>& argv, std::string_view input) {
  Result<Pipe> in = MakePipe();
  if (!in) return in.error();
  Result<Pipe> out = MakePipe();
  if (!out) return out.error();
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in->read_end.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, out->write_end.get(), 1);
  pid_t pid = -1;
  const int problem = posix_spawnp(&pid, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) return SystemError(argv[0], problem);
  in->read_end.Reset(-1);
  out->write_end.Reset(-1);
  // A child that ends early must not end us by a signal.
  const auto old = signal(SIGPIPE, SIG_IGN);
  Ended ended;
  const Status exchanged = Exchange(in->write_end, out->read_end, input, ended.output);
  signal(SIGPIPE, old);
  out->read_end.Reset(-1);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!exchanged) return exchanged.error();
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

}  // namespace checkrein::cli
