#include "cli/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace checkrein::cli {

Pager::Pager() {
  if (isatty(STDOUT_FILENO) != 1) return;
  const char* wanted = std::getenv("PAGER");
  if (wanted != nullptr && (*wanted == '\0' || std::string_view(wanted) == "cat")) return;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  Fd read_end(ends[0]), write_end(ends[1]);
  // F: not for what fits the screen; R: colours; X: leaves the screen as it is; S: lines are as wide as the screen already.
  std::string command = wanted != nullptr ? wanted : "less -FRX";
  char shell[] = "sh", option[] = "-c";
  char* argv[] = {shell, option, command.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, read_end.get(), STDIN_FILENO);
  // A pager can start programs by keys and escapes; what it shows is text of strangers.
  setenv("LESSSECURE", "1", 0);
  const bool there = wanted != nullptr || std::system("command -v less >/dev/null 2>&1") == 0;
  const int problem = there ? posix_spawn(&pid_, "/bin/sh", &actions, nullptr, argv, environ) : ENOENT;
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) {
    pid_ = -1;
    return;
  }
  signal(SIGPIPE, SIG_IGN);  // whoever leaves early has seen enough
  std::fflush(stdout);
  terminal_.Reset(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  dup2(write_end.get(), STDOUT_FILENO);
}

Pager::~Pager() {
  if (pid_ <= 0) return;
  std::fflush(stdout);
  dup2(terminal_.get(), STDOUT_FILENO);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace checkrein::cli
