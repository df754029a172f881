#include "sandbox/parser_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <string>

namespace checkrein::sandbox {
namespace {

// Ends with _exit(0) when `act` returned; the wait status of the locked child.
int InCell(void (*act)(), NewCode code = NewCode::kForbidden) {
  const pid_t child = fork();
  if (child == 0) {
    if (!InstallParserFilter(code)) _exit(99);
    act();
    _exit(0);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

struct Act {
  const char* name;
  void (*act)();
};

const Act kAllowed[] = {
    {"memory", [] {
       std::string text;
       for (int i = 0; i < 5'000'000; ++i) text.push_back(static_cast<char>(i));  // through brk, mmap and mremap
       if (text.size() != 5'000'000) abort();
     }},
    {"time", [] { timespec now{}; clock_gettime(CLOCK_MONOTONIC, &now); }},
    {"poll", [] { poll(nullptr, 0, 0); }},
    {"random", [] { char byte; if (syscall(SYS_getrandom, &byte, 1, 0) != 1) abort(); }},
    {"stat of a descriptor", [] { struct stat info; if (syscall(SYS_fstat, 1, &info) != 0) abort(); }},
    {"close", [] { close(1); }},
};

const Act kForbidden[] = {
    {"open", [] { open("/etc/passwd", O_RDONLY); }},
    {"stat", [] { struct stat info; stat("/etc/passwd", &info); }},
    {"exec", [] { execl("/bin/true", "true", nullptr); }},
    {"fork", [] { fork(); }},
    {"kill", [] { kill(getppid(), 0); }},
    {"socket", [] { socket(AF_UNIX, SOCK_STREAM, 0); }},
    {"executable memory", [] { mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
    {"memory made executable", [] { mprotect(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096, PROT_READ | PROT_EXEC); }},
    {"ioctl", [] { syscall(SYS_ioctl, 0, 0x5412, "x"); }},
    {"prctl", [] { syscall(SYS_prctl, 4, 1); }},
    {"dup", [] { static_cast<void>(!dup(0)); }},
    {"sendmsg", [] { syscall(SYS_sendmsg, 1, nullptr, 0); }},
};

TEST(ParserFilter, ComputingReadingWritingAndEndingWork) {
  for (const Act& act : kAllowed) EXPECT_EQ(InCell(act.act), 0) << act.name;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  static int reader, writer;
  reader = ends[0];
  writer = ends[1];
  EXPECT_EQ(InCell([] {
              char byte = 'x';
              if (write(writer, &byte, 1) != 1 || read(reader, &byte, 1) != 1) abort();
            }),
            0);
  close(ends[0]);
  close(ends[1]);
}

TEST(ParserFilter, EverythingElseKills) {
  for (const Act& act : kForbidden) {
    const int status = InCell(act.act);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << act.name << ": " << status;
  }
}

// What a compiler of regular expressions needs, and nothing more.
TEST(ParserFilter, WithNewCodeOnlyFreshMemoryMayBeExecutable) {
  EXPECT_EQ(InCell([] {
              void* code = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              if (code == MAP_FAILED) abort();
            },
                   NewCode::kAnonymous),
            0);
  for (const Act& act : kForbidden) {
    if (act.name == std::string("executable memory")) continue;
    const int status = InCell(act.act, NewCode::kAnonymous);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << act.name << ": " << status;
  }
  const int status = InCell([] { mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, 0, 0); }, NewCode::kAnonymous);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << "a file's bytes as code";
}

}  // namespace
}  // namespace checkrein::sandbox
