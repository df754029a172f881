// Soundness by execution: what a command is predicted to do, against what the kernel saw it do.
//
// testdata/soundness.txt holds one command a line, over all classes of programs. Each runs in a scratch root under a system call
// trace (trace_for_test.h). Where the coverage is full, every program started, file opened for writing, made, renamed or removed, and
// every connection must have been predicted; and most of what was predicted must be seen.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "analysis/analysis.h"
#include "analysis/trace_for_test.h"
#include "base/path.h"
#include "gtest/gtest.h"

namespace checkrein::analysis {
namespace {

constexpr size_t kSampleStep = 8;         // ./check runs one command in eight, --full all
constexpr double kLeastObserved = 0.80;   // of the predicted effects (issue: soundness by execution)

std::vector<std::string> Commands() {
  std::ifstream in(CHECKREIN_SOURCE_DIR "/src/analysis/testdata/soundness.txt");
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '#') out.push_back(line);
  return out;
}

bool Covers(std::string_view object, std::string_view path) {
  if (object == path) return true;
  if (!object.ends_with("/**")) return false;
  const std::string_view dir = object.substr(0, object.size() - 3);
  return dir.empty() || path == dir || (path.starts_with(dir) && path.size() > dir.size() && path[dir.size()] == '/');
}

// Whoever is said to write /a/b/c may make /a/b; configure:git:KEY is the word for a change of the file that the key stands in.
bool Predicted(const EffectSet& effects, Op op, std::string_view path) {
  return std::any_of(effects.all().begin(), effects.all().end(), [&](const Effect& e) {
    if (e.op == Op::kConfigure && e.object.starts_with("git:") && op != Op::kConnect) return path.ends_with("/.git/config") || path.ends_with("/.git/config.lock") || path.ends_with("/.gitconfig");
    return e.op == op && (Covers(e.object, path) || (op == Op::kWrite && e.object.size() > path.size() && e.object.starts_with(path) && e.object[path.size()] == '/'));
  });
}

// `sh` for /usr/bin/dash, /bin/ls for /usr/bin/ls, and a program's own parts (git-core, cc1) for the program.
bool ProgramPredicted(const EffectSet& effects, const std::string& path) {
  if (path.starts_with("/usr/lib/git-core/") || path.starts_with("/usr/lib/gcc/") || path.starts_with("/usr/libexec/gcc/")) return true;
  std::string plain = path;
  if (plain.starts_with("/bin/") || plain.starts_with("/sbin/")) plain = "/usr" + plain;
  const std::string base(BaseName(plain));
  return std::any_of(effects.all().begin(), effects.all().end(), [&](const Effect& e) {
    if (e.op != Op::kExec) return false;
    if (e.object == path || e.object == plain || e.object == base) return true;
    return (e.object == "/usr/bin/gcc" || e.object == "/usr/bin/g++" || e.object == "/usr/bin/cc" || e.object == "/usr/bin/c++") && (base == "as" || base == "ld" || base == "collect2");
  });
}

// A temporary file beside a file that was predicted, or in /tmp, that is gone or renamed when the command ends.
bool IsTransient(const Observed& seen, const EffectSet& effects, const std::string& path) {
  if (!seen.transient.contains(path)) return false;
  if (path.starts_with("/tmp/")) return true;
  return std::any_of(effects.all().begin(), effects.all().end(), [&](const Effect& e) { return (e.op == Op::kWrite || e.op == Op::kDelete) && (DirName(e.object) == DirName(path) || Covers(e.object, path)); });
}

std::string Unpredicted(const Analysis& a, const Observed& seen) {
  std::string out;
  for (const auto& path : seen.execs)
    if (!ProgramPredicted(a.effects, path)) out += " exec:" + path;
  for (const auto& path : seen.writes)
    if (!Predicted(a.effects, Op::kWrite, path) && !IsTransient(seen, a.effects, path)) out += " write:" + path;
  for (const auto& path : seen.deletes)
    if (!Predicted(a.effects, Op::kDelete, path) && !IsTransient(seen, a.effects, path)) out += " delete:" + path;
  for (const auto& host : seen.connects)
    if (!Predicted(a.effects, Op::kConnect, host) && !Predicted(a.effects, Op::kConnect, host.substr(0, host.rfind(':')) + ":?")) out += " connect:" + host;
  return out;
}

bool AnyCovered(const std::set<std::string>& paths, const std::string& object) {
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) { return Covers(object, path); });
}

// Whether the trace saw the predicted effect; nothing: a trace of files, programs and connections cannot tell.
std::optional<bool> WasSeen(const Effect& e, const Observed& seen) {
  if (e.object == "?") return std::nullopt;
  switch (e.op) {
    case Op::kRead: return AnyCovered(seen.reads, e.object) || AnyCovered(seen.writes, e.object) || AnyCovered(seen.deletes, e.object);
    case Op::kWrite: return AnyCovered(seen.writes, e.object);
    case Op::kDelete: return AnyCovered(seen.deletes, e.object) || AnyCovered(seen.writes, e.object);
    case Op::kExec: {
      EffectSet one;
      one.Add(Op::kExec, e.object, {});
      return std::any_of(seen.execs.begin(), seen.execs.end(), [&](const std::string& path) { return ProgramPredicted(one, path); });
    }
    case Op::kConnect: return seen.connects.contains(e.object);
    default: return std::nullopt;
  }
}

struct Score {
  size_t commands = 0, full = 0, predicted = 0, observed = 0, unsound = 0;
};

void RunEvery(size_t step, size_t least) {
  Tracer tracer;
  if (!tracer.missing().empty()) GTEST_SKIP() << "not proved: that predictions hold when commands run (" << tracer.missing() << ")";
  Score score;
  const auto commands = Commands();
  for (size_t i = 0; i < commands.size(); i += step) {
    const std::string& command = commands[i];
    NoWorld world;
    const Analysis a = AnalyzeCommand(command, Place{}, world);
    const Observed seen = tracer.Run(command);
    EXPECT_TRUE(seen.ran) << command << ": the trace is empty";
    ++score.commands;
    std::string all;
    for (const Effect& e : a.effects.all()) all += " " + ToString(e);
    if (a.coverage == Coverage::kFull) {
      ++score.full;
      const std::string missed = Unpredicted(a, seen);
      if (!missed.empty()) ++score.unsound;
      EXPECT_TRUE(missed.empty()) << command << "\n  did, unpredicted:" << missed << "\n  predicted:" << all;
    }
    std::string unseen;
    for (const Effect& e : a.effects.all()) {
      const auto was = WasSeen(e, seen);
      if (!was) continue;
      ++score.predicted;
      if (*was) ++score.observed;
      else unseen += " " + ToString(e);
    }
    if (!unseen.empty() && std::getenv("CHECKREIN_SHOW_UNSEEN") != nullptr) std::printf("unseen: %s\n   %s\n", command.c_str(), unseen.c_str());
  }
  const double share = score.predicted == 0 ? 0 : static_cast<double>(score.observed) / static_cast<double>(score.predicted);
  std::printf("soundness: %zu commands run, %zu with full coverage, %zu of these unsound; %zu of %zu predicted effects observed (%.1f %%)\n", score.commands, score.full, score.unsound, score.observed,
              score.predicted, 100 * share);
  EXPECT_GE(score.commands, least);
  EXPECT_GE(score.full * 10, score.commands * 6) << "most of these commands are plain: too few are understood for this to prove anything";
  EXPECT_GE(share, kLeastObserved);
}

TEST(Soundness, ASampleOfCommandsDoesOnlyWhatWasPredicted) { RunEvery(kSampleStep, 300 / kSampleStep); }
TEST(SoundnessSlow, EveryCommandDoesOnlyWhatWasPredicted) { RunEvery(1, 300); }

// The test itself: a command that does more than it says must be caught.
TEST(Soundness, TheTraceSeesWhatIsDone) {
  Tracer tracer;
  if (!tracer.missing().empty()) GTEST_SKIP() << "not proved: that the trace sees what is done (" << tracer.missing() << ")";
  const Observed seen = tracer.Run("cp a.txt new.txt; rm b.txt; mkdir d; mv a.txt d/; (exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null; /usr/bin/true");
  EXPECT_TRUE(seen.execs.contains("/usr/bin/cp"));
  EXPECT_TRUE(seen.execs.contains("/usr/bin/true"));
  EXPECT_TRUE(seen.reads.contains("/home/user/project/a.txt"));
  EXPECT_TRUE(seen.writes.contains("/home/user/project/new.txt"));
  EXPECT_TRUE(seen.writes.contains("/home/user/project/d"));
  EXPECT_TRUE(seen.writes.contains("/home/user/project/d/a.txt"));
  EXPECT_TRUE(seen.deletes.contains("/home/user/project/b.txt"));
  EXPECT_TRUE(seen.deletes.contains("/home/user/project/a.txt"));
  EXPECT_TRUE(seen.connects.contains("127.0.0.1:9"));
  const Analysis nothing;  // nothing predicted: everything above is a miss
  const std::string missed = Unpredicted(nothing, seen);
  for (const char* each : {"exec:/usr/bin/cp", "write:/home/user/project/new.txt", "delete:/home/user/project/b.txt", "connect:127.0.0.1:9"}) EXPECT_NE(missed.find(each), std::string::npos) << each;
}

}  // namespace
}  // namespace checkrein::analysis
