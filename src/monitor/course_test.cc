#include "monitor/course.h"

#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

using agent::Answer;
using agent::Client;
using Tool = agent::ToolCall::Kind;

struct Row {
  const char* what;
  CourseQuestion question;
  Answer::Kind answer;
  Level level = Level::kContained;
  bool needs_approval = false;
};

CourseQuestion Q(Mode mode, Client client, Tool tool, Verdict verdict, bool contained_after = false, bool approved = false) {
  return {mode, client, tool, verdict, contained_after, approved};
}

const Row kRows[] = {
    {"nothing set denies", {}, Answer::Kind::kDeny},
    {"run: allow is still started by the supervisor", Q(Mode::kRun, Client::kClaude, Tool::kShell, Verdict::kAllow), Answer::Kind::kRewrite, Level::kPlain},
    {"run: contain", Q(Mode::kRun, Client::kCodex, Tool::kShell, Verdict::kContain), Answer::Kind::kRewrite},
    {"run: a file tool is contained already", Q(Mode::kRun, Client::kClaude, Tool::kWrite, Verdict::kContain), Answer::Kind::kAllow},
    {"run: ask is answered elsewhere", Q(Mode::kRun, Client::kClaude, Tool::kShell, Verdict::kAsk), Answer::Kind::kDeny, Level::kContained, true},
    {"run: approved", Q(Mode::kRun, Client::kClaude, Tool::kShell, Verdict::kAsk, false, true), Answer::Kind::kRewrite, Level::kPlain},
    {"run: approved, contained", Q(Mode::kRun, Client::kClaude, Tool::kShell, Verdict::kAsk, true, true), Answer::Kind::kRewrite},
    {"run: nobody approves a deny", Q(Mode::kRun, Client::kClaude, Tool::kShell, Verdict::kDeny, false, true), Answer::Kind::kDeny},
    {"hooks: allow stands as it is", Q(Mode::kHooks, Client::kGemini, Tool::kShell, Verdict::kAllow), Answer::Kind::kAllow, Level::kPlain},
    {"hooks: contain", Q(Mode::kHooks, Client::kClaude, Tool::kShell, Verdict::kContain), Answer::Kind::kRewrite},
    {"hooks: a file tool cannot be contained: ask", Q(Mode::kHooks, Client::kClaude, Tool::kWrite, Verdict::kContain), Answer::Kind::kAsk},
    {"hooks: Codex cannot ask", Q(Mode::kHooks, Client::kCodex, Tool::kMcp, Verdict::kContain), Answer::Kind::kDeny},
    {"hooks: ask in the client's prompt", Q(Mode::kHooks, Client::kClaude, Tool::kShell, Verdict::kAsk), Answer::Kind::kAsk},
    {"hooks: a prompt would drop the containment", Q(Mode::kHooks, Client::kClaude, Tool::kShell, Verdict::kAsk, true), Answer::Kind::kDeny},
    {"hooks: never ask Codex", Q(Mode::kHooks, Client::kCodex, Tool::kShell, Verdict::kAsk), Answer::Kind::kDeny},
    {"hooks: never ask Gemini", Q(Mode::kHooks, Client::kGemini, Tool::kShell, Verdict::kAsk), Answer::Kind::kDeny},
};

TEST(Course, Table) {
  for (const Row& row : kRows) {
    const Course course = ChooseCourse(row.question);
    EXPECT_EQ(course.answer, row.answer) << row.what;
    if (row.answer == Answer::Kind::kRewrite) {
      EXPECT_EQ(course.level, row.level) << row.what;
    }
    EXPECT_EQ(course.needs_approval, row.needs_approval) << row.what;
  }
}

TEST(Course, ADenialIsNeverWidened) {
  for (const Mode mode : {Mode::kHooks, Mode::kRun})
    for (const Client client : {Client::kClaude, Client::kCodex, Client::kGemini, Client::kCopilot, Client::kOpenCode})
      for (const bool approved : {false, true})
        EXPECT_EQ(ChooseCourse(Q(mode, client, Tool::kShell, Verdict::kDeny, approved, approved)).answer, Answer::Kind::kDeny);
}

}  // namespace
}  // namespace checkrein::monitor
