#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "sandbox/remove_tree.h"
#include "sandbox/test_support.h"

namespace checkrein::sandbox {

Scratch::Scratch() {
  root_ = "/tmp/checkrein-test-XXXXXX";
  if (mkdtemp(root_.data()) == nullptr) abort();
  for (const char* directory : {"ws", "home", "state"}) MakeDir(directory);
  for (const char* layer : {"state/upper", "state/work"}) MakeDir(layer, 0700);
}

Scratch::~Scratch() { EXPECT_TRUE(RemoveTree(AT_FDCWD, root_.c_str()).ok()) << "left behind: " << root_; }

void Scratch::MakeDir(const std::string& relative, unsigned mode) const {
  ASSERT_EQ(mkdir(path(relative).c_str(), mode), 0) << relative;
  ASSERT_EQ(chmod(path(relative).c_str(), mode), 0);
}

void Scratch::Write(const std::string& relative, const std::string& content, unsigned mode) const {
  std::ofstream(path(relative)) << content;
  ASSERT_EQ(chmod(path(relative).c_str(), mode), 0) << relative;
}

std::string Scratch::Read(const std::string& relative) const {
  const Result<std::string> text = ReadFile(path(relative), 1 << 20);
  return text ? *text : "<none>";
}

Plan PlanFor(const Scratch& scratch) {
  Plan plan;
  plan.copy = scratch.copy();
  plan.home = scratch.path("home");
  plan.scratch_bytes = 64 << 20;
  return plan;
}

Ran RunProgram(Session& session, const std::vector<std::string>& argv, Reach reach, const std::string& cwd) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  Program program;
  program.argv = argv;
  program.env = {"PATH=/usr/bin:/bin", "LC_ALL=C"};
  program.cwd = cwd;
  program.stdout_fd = program.stderr_fd = writer.get();
  program.reach = reach;
  Result<Process> process = session.Spawn(program);
  writer.Reset(-1);
  if (!process) return {{Outcome::Kind::kNotStarted, 0, process.error().text}, ""};
  const Result<std::string> out = ReadAll(reader.get(), 1 << 20);
  const Result<Outcome> outcome = process->Wait();
  EXPECT_TRUE(out.ok() && outcome.ok());
  return {*outcome, *out};
}

Ran Shell(Session& session, const std::string& script, Reach reach, const std::string& cwd) { return RunProgram(session, {"/bin/sh", "-c", script}, reach, cwd); }

void NextTick() {
  timespec begin{}, now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &begin);
  do {
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
  } while (now.tv_sec == begin.tv_sec && now.tv_nsec == begin.tv_nsec);
}

}  // namespace checkrein::sandbox
