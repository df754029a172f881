#include "monitor/course.h"

namespace checkrein::monitor {
namespace {

using agent::Answer;

Course Contain(const CourseQuestion& q) {
  if (q.tool == agent::ToolCall::Kind::kShell) return {Answer::Kind::kRewrite, Level::kContained, false};
  if (q.mode == Mode::kRun) return {Answer::Kind::kAllow, Level::kContained, false};
  // The service has a channel of its own to a person, who may let it happen plainly, unless policy wanted both approval and a sandbox.
  if (q.mode == Mode::kSystem && q.verdict == Verdict::kContain) return {q.approved ? Answer::Kind::kAllow : Answer::Kind::kDeny, q.approved ? Level::kPlain : Level::kContained, !q.approved};
  if (q.approved) return {Answer::Kind::kDeny, Level::kContained, false};  // approved on condition of a sandbox that is not there
  return {agent::CanAsk(q.client) ? Answer::Kind::kAsk : Answer::Kind::kDeny, Level::kContained, false};
}

Course Allow(const CourseQuestion& q) {
  if (q.mode == Mode::kRun && q.tool == agent::ToolCall::Kind::kShell) return {Answer::Kind::kRewrite, Level::kPlain, false};
  return {Answer::Kind::kAllow, Level::kPlain, false};
}

Course Ask(const CourseQuestion& q) {
  if (q.approved) return q.contained_after_approval ? Contain(q) : Allow(q);
  if (q.mode != Mode::kHooks) return {Answer::Kind::kDeny, Level::kContained, true};
  // With hooks only an approval file could be written by the agent itself; only the client's own prompt is worth asking.
  // What must run contained even after approval cannot be asked there: the prompt would let it run plainly.
  const bool can = agent::CanAsk(q.client) && !q.contained_after_approval;
  return {can ? Answer::Kind::kAsk : Answer::Kind::kDeny, Level::kContained, false};
}

}  // namespace

Course ChooseCourse(const CourseQuestion& question) {
  switch (question.verdict) {
    case Verdict::kDeny:
      return {};
    case Verdict::kAsk:
      return Ask(question);
    case Verdict::kContain:
      return Contain(question);
    case Verdict::kAllow:
      return Allow(question);
  }
  return {};
}

}  // namespace checkrein::monitor
