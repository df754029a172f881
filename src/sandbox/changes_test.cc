#include "sandbox/changes.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "sandbox/hooks.h"
#include "sandbox/test_support.h"

namespace checkrein::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kTypes[] = {'f', 'd', 'l', '?'};

// "modified f a", with "!" for refused and "#" for a conflict.
std::vector<std::string> Lines(const Result<std::vector<Change>>& changes) {
  if (!changes) return {changes.error().text};
  std::vector<std::string> out;
  for (const Change& c : *changes) {
    out.push_back(std::string(ChangeKindName(c.kind)) + " " + kTypes[static_cast<int>(c.type)] + " " + c.path + (c.refused.empty() ? "" : " !") +
                  (c.conflict.empty() ? "" : " #"));
  }
  return out;
}

class ChangesTest : public ::testing::Test {
 protected:
  void SetUp() override { g_hooks = {}; }
  // Runs `script` in the workspace in a session of its own.
  void Do(const std::string& script) {
    NextTick();  // what the test wrote before was written before
    Result<Session> session = Session::Start(PlanFor(scratch_));
    ASSERT_TRUE(session.ok()) << session.error().text;
    const Ran ran = Shell(*session, "set -e; " + script, Reach::kCommandNetwork, scratch_.path("ws"));
    EXPECT_EQ(ran.outcome.ShellStatus(), 0) << ran.out << ran.outcome.why;
    ASSERT_TRUE(session->End().ok());
    NextTick();
  }
  std::vector<std::string> List() { return Lines(Changes(scratch_.copy())); }
  std::map<std::string, std::string> Left(const Result<CommitReport>& report) {
    std::map<std::string, std::string> out;
    EXPECT_TRUE(report.ok());
    if (report) {
      for (const Uncommitted& u : report->left) out[u.path] = u.why;
    }
    return out;
  }
  unsigned Mode(const std::string& relative) const {
    struct stat info{};
    EXPECT_EQ(lstat(scratch_.path(relative).c_str(), &info), 0) << relative;
    return info.st_mode & 07777;
  }
  Scratch scratch_;
};

TEST_F(ChangesTest, ListsEveryKindAndCommitsIt) {
  scratch_.Write("ws/a", "a");
  scratch_.Write("ws/del", "d");
  scratch_.Write("ws/kept", "k");
  scratch_.Write("ws/becomes-dir", "x");
  scratch_.MakeDir("ws/gone");
  scratch_.Write("ws/gone/inner", "i");
  scratch_.MakeDir("ws/again");
  scratch_.Write("ws/again/old", "o");
  scratch_.MakeDir("ws/becomes-file");
  scratch_.Write("ws/becomes-file/in", "o");
  scratch_.MakeDir("ws/moved");
  scratch_.Write("ws/moved/m", "m");
  ASSERT_EQ(symlink("a", scratch_.path("ws/link").c_str()), 0);
  Do("echo b > a; rm del; rm becomes-dir; mkdir becomes-dir; echo q > becomes-dir/q; rm -r gone again becomes-file; mkdir again; echo n > again/new; "
     "echo f > becomes-file; ln -sf kept link; mkdir -p x/y; echo z > x/y/z; mv moved moved2; chmod 700 x/y; touch -d 2001-02-03T04:05:06Z x/y/z; touch t; rm t");
  EXPECT_THAT(List(), ElementsAre("modified f a", "replaced d again", "added f again/new", "replaced d becomes-dir", "added f becomes-dir/q",
                                  "replaced f becomes-file", "deleted f del", "deleted d gone", "modified l link", "deleted d moved", "added d moved2",
                                  "added f moved2/m", "added d x", "added d x/y", "added f x/y/z"));
  const Result<CommitReport> report = CommitAll(scratch_.copy());
  EXPECT_THAT(Left(report), IsEmpty());
  EXPECT_EQ(report->committed.size(), 15u);
  EXPECT_EQ(scratch_.Read("ws/a"), "b\n");
  EXPECT_EQ(scratch_.Read("ws/again/new"), "n\n");
  EXPECT_EQ(scratch_.Read("ws/again/old"), "<none>");
  EXPECT_EQ(scratch_.Read("ws/becomes-dir/q"), "q\n");
  EXPECT_EQ(scratch_.Read("ws/becomes-file"), "f\n");
  EXPECT_EQ(scratch_.Read("ws/kept"), "k");
  EXPECT_EQ(scratch_.Read("ws/link"), "k");
  EXPECT_EQ(scratch_.Read("ws/moved2/m"), "m");
  for (const char* gone : {"ws/del", "ws/gone", "ws/moved"}) EXPECT_NE(access(scratch_.path(gone).c_str(), F_OK), 0) << gone;
  EXPECT_EQ(Mode("ws/x/y"), 0700u);
  struct stat info{};
  ASSERT_EQ(stat(scratch_.path("ws/x/y/z").c_str(), &info), 0);
  EXPECT_EQ(info.st_mtim.tv_sec, 981173106);
  char value[64];
  EXPECT_LT(getxattr(scratch_.path("ws/a").c_str(), "user.overlay.origin", value, sizeof value), 0) << "our marks must not stay on people's files";

  // The copy is as new: another session sees the committed state and its changes are no conflicts.
  Do("cat a x/y/z; echo c > a");
  EXPECT_THAT(List(), ElementsAre("modified f a"));
  EXPECT_THAT(Left(CommitAll(scratch_.copy())), IsEmpty());
  EXPECT_EQ(scratch_.Read("ws/a"), "c\n");
}

TEST_F(ChangesTest, WhatSomebodyElseChangedIsAConflictAndStays) {
  scratch_.Write("ws/both", "1");
  scratch_.Write("ws/mine", "1");
  scratch_.Write("ws/removed", "1");
  scratch_.MakeDir("ws/dir");
  scratch_.MakeDir("ws/dir/sub");
  scratch_.Write("ws/dir/sub/f", "1");
  Do("echo agent > both; echo agent > mine; rm removed; rm -r dir; echo agent > new; mkdir nd; echo agent > nd/f");
  scratch_.Write("ws/both", "person");
  scratch_.Write("ws/removed", "person");
  scratch_.Write("ws/dir/sub/f", "person");
  scratch_.Write("ws/new", "person");
  scratch_.Write("ws/nd", "person");
  EXPECT_THAT(List(), ElementsAre("modified f both #", "deleted d dir #", "modified f mine", "replaced d nd #", "added f nd/f", "modified f new #", "deleted f removed #"));
  const auto left = Left(CommitAll(scratch_.copy()));
  EXPECT_EQ(left.size(), 6u);
  EXPECT_EQ(left.at("nd/f"), "its directory was left");
  for (const char* kept : {"both", "removed", "dir/sub/f", "new", "nd"}) EXPECT_EQ(scratch_.Read(std::string("ws/") + kept), "person") << kept;
  EXPECT_EQ(scratch_.Read("ws/mine"), "agent\n");
  EXPECT_EQ(scratch_.Read("state/upper/both"), "agent\n") << "and the other side is not lost either";
}

TEST_F(ChangesTest, SetIdBitsAreStrippedAndSpecialFilesRefused) {
  scratch_.Write("ws/tool", "t", 0755);
  Do("chmod 6755 tool; cp tool new; chmod 4711 new; mkdir s; chmod 3777 s; mkfifo fifo; python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('sock')\"");
  const auto changes = Changes(scratch_.copy());
  EXPECT_THAT(Lines(changes), ElementsAre("added ? fifo !", "added f new", "added d s", "added ? sock !", "modified f tool"));
  EXPECT_EQ((*changes)[1].mode, 04711u);
  const auto left = Left(CommitAll(scratch_.copy()));
  EXPECT_EQ(left.size(), 2u);
  EXPECT_THAT(left.at("fifo"), HasSubstr("fifo"));
  EXPECT_EQ(Mode("ws/tool"), 0755u);
  EXPECT_EQ(Mode("ws/new"), 0711u);
  EXPECT_EQ(Mode("ws/s"), 0777u);
}

TEST_F(ChangesTest, SomePathsOnly) {
  scratch_.Write("ws/a", "1");
  Do("echo 2 > a; mkdir d; echo 3 > d/x; echo 4 > d/y");
  EXPECT_EQ(Commit(scratch_.copy(), {"none"}).error().kind, Error::Kind::kNotFound);
  EXPECT_THAT(Left(Commit(scratch_.copy(), {"d/x"})), IsEmpty());
  EXPECT_EQ(scratch_.Read("ws/d/x"), "3\n");
  EXPECT_EQ(scratch_.Read("ws/d/y"), "<none>");
  EXPECT_EQ(scratch_.Read("ws/a"), "1");
  EXPECT_THAT(List(), ElementsAre("modified f a", "added f d/y"));
  EXPECT_THAT(Left(CommitAll(scratch_.copy())), IsEmpty());
  EXPECT_EQ(scratch_.Read("ws/d/y"), "4\n");
}

TEST_F(ChangesTest, AReplacedDirectoryCommittedInPartStaysWhole) {
  scratch_.MakeDir("ws/d");
  scratch_.Write("ws/d/old", "1");
  Do("rm -r d; mkdir d; echo 2 > d/x; echo 3 > d/y");
  EXPECT_THAT(Left(Commit(scratch_.copy(), {"d/x"})), IsEmpty());
  Do("cat d/x d/y; test ! -e d/old");  // the committed and the uncommitted half are both seen inside
  EXPECT_THAT(List(), ElementsAre("added f d/y"));
}

// Between the session and the commit somebody puts a link in the way: nothing outside may be written.
TEST_F(ChangesTest, ALinkInTheWorkspaceLeadsNowhere) {
  scratch_.MakeDir("outside");
  scratch_.Write("outside/f", "safe");
  scratch_.MakeDir("ws/d");
  scratch_.Write("ws/d/f", "1");
  Do("echo evil > d/f; echo evil > d/g; rm -rf x; mkdir x; echo evil > x/f");
  ASSERT_EQ(rename(scratch_.path("ws/d").c_str(), scratch_.path("d-away").c_str()), 0);
  ASSERT_EQ(symlink("../outside", scratch_.path("ws/d").c_str()), 0);
  ASSERT_EQ(symlink("../outside", scratch_.path("ws/x").c_str()), 0);
  const auto left = Left(CommitAll(scratch_.copy()));
  EXPECT_GE(left.size(), 4u);
  EXPECT_EQ(scratch_.Read("outside/f"), "safe");
  EXPECT_EQ(scratch_.Read("outside/g"), "<none>");
}

TEST_F(ChangesTest, LinksMadeInsideAreCommittedAsLinks) {
  scratch_.MakeDir("ws/d");
  scratch_.Write("ws/d/f", "1");
  Do("rm -r d; ln -s /etc d; ln -s ../../../../etc/passwd p; ln -s d/hosts q");
  EXPECT_THAT(List(), ElementsAre("replaced l d", "added l p", "added l q"));
  EXPECT_THAT(Left(CommitAll(scratch_.copy())), IsEmpty());
  char target[64] = {};
  EXPECT_EQ(readlink(scratch_.path("ws/p").c_str(), target, sizeof target), 22);
  EXPECT_STREQ(target, "../../../../etc/passwd");
}

TEST_F(ChangesTest, ForgedMarksInTheUpperLayerAreNotBelieved) {
  scratch_.Write("ws/a", "1");
  Do("touch hollow; mkdir r; echo x > r/x");
  ASSERT_EQ(setxattr(scratch_.path("state/upper/hollow").c_str(), "user.overlay.metacopy", "", 0, 0), 0);
  ASSERT_EQ(setxattr(scratch_.path("state/upper/r").c_str(), "user.overlay.redirect", "/../..", 6, 0), 0);
  EXPECT_THAT(List(), ElementsAre("added f hollow !", "added d r !"));
}

// Nor can a program inside write such marks: it sees neither them nor the attributes that they are made of.
TEST_F(ChangesTest, MarksCannotBeForgedFromInside) {
  scratch_.MakeDir("ws/d");
  scratch_.Write("ws/d/kept", "1");
  scratch_.Write("ws/f", "1");
  Do("python3 - <<'E'\nimport os\nfor path, name, value in [('d', 'opaque', b'y'), ('d', 'redirect', b'/../..'), ('f', 'metacopy', b''), ('f', 'whiteout', b'')]:\n"
     "    try: os.setxattr(path, 'user.overlay.' + name, value)\n    except OSError: pass\nE\ntouch d/new");
  for (const char* name : {"user.overlay.opaque", "user.overlay.redirect"}) {
    char value[16];
    EXPECT_LT(getxattr(scratch_.path("state/upper/d").c_str(), name, value, sizeof value), 0) << name;
  }
  EXPECT_THAT(Left(CommitAll(scratch_.copy())), IsEmpty());
  EXPECT_EQ(scratch_.Read("ws/d/kept"), "1");
  EXPECT_EQ(scratch_.Read("ws/f"), "1");
}

// With many directories two look at once; what they say is in one order, and the same each time.
TEST_F(ChangesTest, ManyDirectoriesAreListedInOrder) {
  for (const char* top : {"a", "a-b", "b"}) {
    scratch_.MakeDir("ws/" + std::string(top));
    scratch_.Write("ws/" + std::string(top) + "/old", "1");
  }
  Do("for t in a a-b b; do for i in $(seq 10 29); do mkdir $t/d$i; echo x > $t/d$i/f; mkdir $t/d$i/e; echo x > $t/d$i/e/g; done; echo 2 > $t/old; done; mkdir c; echo x > z");
  std::vector<std::string> expected;
  for (const std::string top : {"a", "a-b", "b"}) {
    for (int i = 10; i < 30; ++i) {
      const std::string directory = top + "/d" + std::to_string(i);
      for (const std::string& line : {"d " + directory, "d " + directory + "/e", "f " + directory + "/e/g", "f " + directory + "/f"}) expected.push_back("added " + line);
    }
    expected.push_back("modified f " + top + "/old");
  }
  expected.insert(expected.end(), {"added d c", "added f z"});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(List(), expected);
  // What one of them cannot read is one refused change, wherever it lies.
  ASSERT_EQ(chmod((scratch_.copy().upper + "/b/d20").c_str(), 0), 0);
  if (geteuid() != 0) expected[static_cast<size_t>(std::find(expected.begin(), expected.end(), "added d b/d20") - expected.begin())] += " !";
  if (geteuid() != 0) std::erase_if(expected, [](const std::string& line) { return line.find(" b/d20/") != std::string::npos; });
  EXPECT_EQ(List(), expected);
  ASSERT_EQ(chmod((scratch_.copy().upper + "/b/d20").c_str(), 0755), 0);
}

TEST_F(ChangesTest, TooDeepIsOneRefusedChange) {
  Do("i=0; while [ $i -lt 300 ]; do mkdir d && cd d; i=$((i+1)); done; echo x > f");
  const Result<std::vector<Change>> changes = Changes(scratch_.copy());
  ASSERT_TRUE(changes.ok());
  EXPECT_EQ(changes->size(), kMaxDepth + 1);
  EXPECT_THAT(changes->back().refused, HasSubstr("deeper"));
  EXPECT_TRUE(Discard(scratch_.copy()).ok());
}

TEST_F(ChangesTest, HugeSparseFilesCostNothing) {
  Do("truncate -s 4T sparse; printf end | dd of=sparse bs=1 seek=4000000000000 conv=notrunc status=none");
  EXPECT_THAT(Left(CommitAll(scratch_.copy())), IsEmpty());
  struct stat info{};
  ASSERT_EQ(stat(scratch_.path("ws/sparse").c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 4398046511104);
  EXPECT_LT(info.st_blocks, 64);
}

TEST_F(ChangesTest, SomeAreDroppedAndTheOthersStay) {
  scratch_.Write("ws/kept", "1");
  scratch_.Write("ws/gone", "1");
  Do("echo 2 > kept; rm gone; mkdir -p d/e; echo x > d/e/f; echo y > d/g; echo z > new");
  EXPECT_EQ(Discard(scratch_.copy(), {"new", "nowhere"}).error().kind, Error::Kind::kNotFound);
  EXPECT_THAT(List(), ElementsAre("added d d", "added d d/e", "added f d/e/f", "added f d/g", "deleted f gone", "modified f kept", "added f new")) << "nothing was dropped";
  EXPECT_EQ(Discard(scratch_.copy(), {"../escaped"}).error().kind, Error::Kind::kNotFound);
  ASSERT_TRUE(Discard(scratch_.copy(), {"d/e", "d/e/f", "gone", "kept"}).ok()) << "a path goes with its directory";
  EXPECT_THAT(List(), ElementsAre("added d d", "added f d/g", "added f new"));
  EXPECT_THAT(Left(CommitAll(scratch_.copy())), IsEmpty());
  EXPECT_EQ(scratch_.Read("ws/kept"), "1");
  EXPECT_EQ(scratch_.Read("ws/gone"), "1");
  EXPECT_EQ(scratch_.Read("ws/d/g"), "y\n");
  EXPECT_EQ(scratch_.Read("ws/d/e/f"), "<none>");
}

TEST_F(ChangesTest, WhatWasJudgedByItsContentIsCommittedWithThatContentOnly) {
  Result<Session> session = Session::Start(PlanFor(scratch_));
  ASSERT_TRUE(session.ok()) << session.error().text;
  Shell(*session, "echo good > a; echo good > b; echo longer than it was > c; mkfifo d", Reach::kCommandNetwork, scratch_.path("ws"));
  const JudgedContents judged = {{"a", "good\n"}, {"b", "evil\n"}, {"c", "long"}};
  const Result<CommitReport> report = CommitLive(scratch_.copy(), {"a", "b", "c"}, nullptr, judged);
  EXPECT_THAT(Left(report), ElementsAre(Pair("b", "was changed since it was judged"), Pair("c", "was changed since it was judged")));
  EXPECT_EQ(scratch_.Read("ws/a"), "good\n");
  EXPECT_EQ(scratch_.Read("ws/b"), "<none>");
  EXPECT_EQ(scratch_.Read("ws/c"), "<none>");
}

TEST_F(ChangesTest, NothingWhileTheSessionLives) {
  Result<Session> session = Session::Start(PlanFor(scratch_));
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(Shell(*session, "echo x > x", Reach::kCommandNetwork, scratch_.path("ws")).outcome.code, 0);
  EXPECT_EQ(CommitAll(scratch_.copy()).error().kind, Error::Kind::kDenied);
  EXPECT_EQ(Discard(scratch_.copy()).error().kind, Error::Kind::kDenied);
  EXPECT_EQ(Discard(scratch_.copy(), {"x"}).error().kind, Error::Kind::kDenied);
  EXPECT_THAT(List(), ElementsAre("added f x")) << "a look is allowed";
  ASSERT_TRUE(session->End().ok());
  EXPECT_TRUE(Discard(scratch_.copy()).ok());
  EXPECT_NE(access(scratch_.path("state/upper").c_str(), F_OK), 0);
  EXPECT_EQ(scratch_.Read("ws/x"), "<none>");
}

TEST_F(ChangesTest, ACopyTornByACrashOfTheMachineIsOnlyLookedAt) {
  scratch_.Write("ws/a", "1");
  Do("echo 2 > a");
  EXPECT_EQ(scratch_.Read("state/work/checkrein-running").find_first_not_of(' '), std::string::npos) << "blank: nothing runs";
  scratch_.Write("state/work/checkrein-running", "another boot\n");
  EXPECT_THAT(List(), ElementsAre("modified f a #"));
  EXPECT_EQ(Left(CommitAll(scratch_.copy())).size(), 1u);
  EXPECT_EQ(scratch_.Read("ws/a"), "1");
  EXPECT_THAT(Session::Start(PlanFor(scratch_)).error().text, HasSubstr("the machine went down"));
  EXPECT_TRUE(Discard(scratch_.copy()).ok());
}

// kill -9 of the supervisor: the mark stays, but of this boot, and nothing is lost.
TEST_F(ChangesTest, ACopyLeftByAKilledSupervisorGoesOn) {
  NextTick();
  const pid_t supervisor = fork();
  if (supervisor == 0) {
    Result<Session> session = Session::Start(PlanFor(scratch_));
    if (session && Shell(*session, "echo x > x", Reach::kCommandNetwork, scratch_.path("ws")).outcome.code == 0) kill(getpid(), SIGKILL);
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(supervisor, &status, 0), supervisor);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_NE(scratch_.Read("state/work/checkrein-running"), "<none>");
  // The spawner goes when it sees that its parent has gone; until everything below it is dead too, the copy is held.
  for (;;) {
    const Result<CommitReport> report = CommitAll(scratch_.copy());
    if (report) break;
    ASSERT_EQ(report.error().kind, Error::Kind::kDenied) << report.error().text;
  }
  EXPECT_EQ(scratch_.Read("ws/x"), "x\n");
  Do("cat x");
}

// The copy on another file system than the workspace: files are copied, not moved.
std::string g_edited;  // what the person writes while a commit is between its last look and the exchange; "" for nobody
Point g_killed_at = Point::kLinked;

TEST_F(ChangesTest, ACommitThatIsKilledLeavesNothingToTheNext) {
  struct Case {
    const char* name;
    Point killed_at;
    bool edits;
    const char* then;  // in the workspace, after the next one came
    std::vector<std::string> open;
  };
  const Case cases[] = {
      {"old", Point::kLinked, false, "1", {"modified f d/old"}},
      {"old", Point::kExchanged, false, "2\n", {"modified f d/old #"}},
      {"old", Point::kExchanged, true, "the person's", {"modified f d/old #"}},
      {"new", Point::kLinked, false, "<none>", {"added f d/new"}},
      {"link", Point::kLinked, false, "<none>", {"added l d/link"}},
  };
  for (const Case& c : cases) {
    const std::string what = std::string(c.name) + (c.killed_at == Point::kLinked ? " linked" : " exchanged") + (c.edits ? " edited" : "");
    Scratch scratch;
    scratch.MakeDir("ws/d");
    scratch.Write("ws/d/old", "1");
    NextTick();
    Result<Session> session = Session::Start(PlanFor(scratch));
    ASSERT_TRUE(session.ok());
    const std::string script = std::string(c.name) == "link" ? "ln -s nowhere d/link" : "echo 2 >d/" + std::string(c.name);
    ASSERT_EQ(Shell(*session, script, Reach::kCommandNetwork, scratch.path("ws")).outcome.code, 0);
    const pid_t child = fork();
    if (child == 0) {
      g_edited = c.edits ? scratch.path("ws/d/old") : "";
      g_killed_at = c.killed_at;
      g_hooks.at_point = [](Point point) {
        if (point == g_killed_at) kill(getpid(), SIGKILL);
        const Fd file(g_edited.empty() ? -1 : open(g_edited.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
        if (file.valid() && !WriteAll(file.get(), "the person's")) _exit(1);
      };
      (void)CommitLive(scratch.copy(), {std::string("d/") + c.name}, nullptr);
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << what;
    const auto strays = [&scratch] {
      size_t count = 0;
      for (const auto& entry : std::filesystem::directory_iterator(scratch.path("ws/d"))) count += entry.path().filename().string().starts_with(".checkrein");
      return count;
    };
    EXPECT_EQ(strays(), 1u) << what << ": so there was something to be found";
    EXPECT_TRUE(Recover(scratch.copy()).ok());
    EXPECT_EQ(strays(), 1u) << what << ": not while a session lives";
    ASSERT_TRUE(session->End().ok());
    const Status recovered = Recover(scratch.copy());
    EXPECT_TRUE(recovered.ok()) << (recovered ? "" : recovered.error().text);
    EXPECT_EQ(strays(), 0u) << what;
    EXPECT_EQ(scratch.Read(std::string("ws/d/") + c.name), c.then) << what;
    EXPECT_EQ(Lines(Changes(scratch.copy())), c.open) << what;
    // Whoever makes a file of that name later keeps it.
    scratch.Write("ws/d/.checkrein-commit-" + std::to_string(child) + "-0", "somebody's");
    EXPECT_TRUE(Recover(scratch.copy()).ok());
    EXPECT_EQ(strays(), 1u) << what;
  }
}

TEST_F(ChangesTest, AcrossFileSystems) {
  std::string other = "/dev/shm/checkrein-test-XXXXXX";
  ASSERT_NE(mkdtemp(other.data()), nullptr);
  Copy copy{scratch_.path("ws"), other + "/upper", other + "/work"};
  struct stat here{}, there{};
  ASSERT_EQ(stat(other.c_str(), &there), 0);
  ASSERT_EQ(stat(copy.workspace.c_str(), &here), 0);
  ASSERT_EQ(mkdir(copy.upper.c_str(), 0700) + mkdir(copy.work.c_str(), 0700), 0);
  scratch_.Write("ws/a", "1");
  NextTick();
  Plan plan;
  plan.copy = copy;
  {
    Result<Session> session = Session::Start(plan);
    if (!session) {
      (void)Discard(copy);
      rmdir(other.c_str());
      GTEST_SKIP() << "no overlay on " << other << ": " << session.error().text << "; not proved: a commit across file systems";
    }
    const Ran ran = Shell(*session, "echo 2 > a; ln -s a l; mkdir d; echo 3 > d/x; chmod 4000 d/x; truncate -s 1G s; touch -d 2001-02-03T04:05:06Z a",
                          Reach::kCommandNetwork, copy.workspace);
    EXPECT_EQ(ran.outcome.code, 0) << ran.out;
  }
  EXPECT_THAT(Left(CommitAll(copy)), IsEmpty());
  EXPECT_EQ(scratch_.Read("ws/a"), "2\n");
  EXPECT_EQ(scratch_.Read("ws/l"), "2\n");
  EXPECT_EQ(Mode("ws/d/x"), 0u);
  struct stat info{};
  ASSERT_EQ(stat(scratch_.path("ws/a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mtim.tv_sec, 981173106);
  EXPECT_THAT(Lines(Changes(copy)), ElementsAre(HasSubstr("No such file")));  // as new: no session has begun
  EXPECT_TRUE(Discard(copy).ok());
  EXPECT_EQ(rmdir(other.c_str()), 0);
}

}  // namespace
}  // namespace checkrein::sandbox
