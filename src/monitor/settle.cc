#include "monitor/settle.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "monitor/clip.h"
#include "monitor/meaning.h"
#include "base/fields.h"
#include "sandbox/keeper.h"

namespace checkrein::monitor {
namespace {

constexpr std::string_view kVersion = "held2", kVersionWithoutMode = "held1";
constexpr size_t kMaxAboutBytes = 64u << 10;

std::string Directory(const std::string& state, const std::string& id) { return state + "/held/" + id; }

}  // namespace

Result<HeldCopy> NewCopy(const std::string& state, const std::string& workspace, const std::string& source, Mode mode) {
  if (IsBeneath(state, workspace) || IsBeneath(workspace, state))
    return Error{Error::Kind::kInvalid, workspace + ": holds Checkrein's own state (" + state + ") or lies in it; choose another --workspace"};
  HeldCopy held;
  held.id = NewTicketId().substr(0, 12);
  held.made_ms = UnixMillis();
  held.source = Clip(source, kExcerpt);
  held.mode = ModeName(mode);
  const std::string directory = Directory(state, held.id);
  held.copy = {workspace, directory + "/upper", directory + "/work"};
  for (const std::string& part : {directory, held.copy.upper, held.copy.work})
    if (const Status made = MakeDirectories(part, 0700); !made) return made.error();
  FieldWriter about;
  about.Add(kVersion).Add(workspace).AddNumber(held.made_ms).Add(held.source).Add(held.mode);
  if (const Status written = ReplaceFile(directory + "/about", about.bytes(), 0600); !written) return written.error();
  return held;
}

Result<std::vector<HeldCopy>> HeldCopies(const std::string& state) {
  std::vector<HeldCopy> out;
  const std::string root = state + "/held";
  DIR* opened = opendir(root.c_str());
  if (opened == nullptr) return errno == ENOENT ? Result<std::vector<HeldCopy>>(out) : Result<std::vector<HeldCopy>>(SystemError(root, errno));
  std::vector<std::string> ids;
  while (const dirent* entry = readdir(opened))
    if (entry->d_name[0] != '.') ids.emplace_back(entry->d_name);
  closedir(opened);
  for (const std::string& id : ids) {
    const std::string directory = Directory(state, id);
    const Result<std::string> about = ReadFile(directory + "/about", kMaxAboutBytes);
    if (!about) return Error{about.error().kind, directory + ": a copy without its description: " + about.error().text};
    FieldReader r(*about);
    HeldCopy held;
    held.id = id;
    const std::string_view version = r.Text();
    const bool known = version == kVersion || version == kVersionWithoutMode;
    held.copy = {std::string(r.Text()), directory + "/upper", directory + "/work"};
    held.made_ms = r.Number();
    held.source = r.Text();
    if (version == kVersion) held.mode = r.Text();
    if (!known || !r.AtEnd()) return Error{Error::Kind::kInvalid, directory + "/about: damaged; look at " + directory + "/upper by hand"};
    out.push_back(std::move(held));
  }
  std::sort(out.begin(), out.end(), [](const HeldCopy& a, const HeldCopy& b) { return a.made_ms < b.made_ms; });
  return out;
}

Status Forget(const std::string& state, const HeldCopy& held) {
  if (const Status discarded = sandbox::Discard(held.copy); !discarded) return discarded;
  const std::string directory = Directory(state, held.id);
  unlink((directory + "/about").c_str());
  if (rmdir(directory.c_str()) != 0) return SystemError(directory, errno);
  return Done{};
}

Effect EffectOf(const sandbox::Change& change, const std::string& workspace) {
  const Op op = change.kind == sandbox::ChangeKind::kDeleted ? Op::kDelete : Op::kWrite;
  return {op, NormalizePath(change.path, workspace), {}};
}

namespace {

// The path stands beside the reason wherever it is shown: "needs approval: write:/home/u/p/x: this file ..." says it again.
std::string WithoutItself(std::string why, const Effect& effect) {
  const std::string itself = ToString(effect) + ": ";
  const size_t at = why.find(itself);
  return at == std::string::npos ? why : why.erase(at, itself.size());
}

}  // namespace

Result<std::vector<JudgedChange>> JudgeChanges(Monitor& monitor, const HeldCopy& held, const std::vector<std::string>& labels) {
  const Result<std::vector<sandbox::Change>> changes = sandbox::Changes(held.copy);
  if (!changes) return changes.error();
  policy::Circumstances circumstances = monitor.BaseCircumstances();
  circumstances.workspace = held.copy.workspace;
  circumstances.labels = labels;
  circumstances.coverage = Coverage::kFull;
  const Result<std::optional<policy::PolicySet>> project = monitor.ProjectPolicies(held.copy.workspace);
  const policy::PolicySet& policies = project && *project ? **project : monitor.policies();
  std::vector<JudgedChange> judged;
  Meanings meanings(held.copy);
  for (const sandbox::Change& change : *changes) {
    JudgedChange& one = judged.emplace_back(JudgedChange{change.path, change.refused.empty() ? change.conflict : change.refused, Verdict::kDeny, {}, {}});
    if (!one.problem.empty()) continue;
    if (!project) {
      one.problem = "the project's policies: " + project.error().text;
      continue;
    }
    ChangeMeaning meaning = meanings.Of(change);
    policy::Decision decision = policies.Decide(meaning.effects, circumstances);
    one.content = std::move(meaning.content);
    one.verdict = decision.verdict;
    one.why = WithoutItself(std::move(decision.why), EffectOf(change, held.copy.workspace)) + (meaning.note.empty() ? "" : "; it " + Clip(meaning.note, kShortText));
  }
  return judged;
}

namespace {

// What policy permits of the changes on the copy; the rest goes to `settled`.
Result<std::vector<std::string>> Permitted(Monitor& monitor, const HeldCopy& held, const std::vector<std::string>& labels, Hold hold, Settled& settled, sandbox::JudgedContents& contents) {
  Result<std::vector<JudgedChange>> judged = JudgeChanges(monitor, held, labels);
  if (!judged) return judged.error();
  std::vector<std::string> permitted;
  for (JudgedChange& one : *judged) {
    if (!one.problem.empty()) {
      settled.held.push_back({one.path, one.problem});
    } else if (hold == Hold::kEverything) {
      settled.held.push_back({one.path, "held by request (--hold)"});
    } else if (one.verdict == Verdict::kAllow) {
      permitted.push_back(one.path);
      if (one.content) contents[one.path] = *std::move(one.content);
    } else {
      settled.held.push_back({one.path, one.why});
    }
  }
  return permitted;
}

void Take(const sandbox::CommitReport& report, Settled& settled) {
  for (const sandbox::Change& change : report.committed) settled.committed.push_back(change.path);
  for (const sandbox::Uncommitted& left : report.left) settled.held.push_back({left.path, left.why});
}

}  // namespace

Result<Settled> Settle(Monitor& monitor, const HeldCopy& held, const std::vector<std::string>& labels, Hold hold) {
  Settled settled;
  sandbox::JudgedContents contents;  // nothing runs on the copy any more
  const Result<std::vector<std::string>> permitted = Permitted(monitor, held, labels, hold, settled, contents);
  if (!permitted) return permitted.error();
  if (!permitted->empty()) {
    const Result<sandbox::CommitReport> report = settled.held.empty() ? sandbox::CommitAll(held.copy) : sandbox::Commit(held.copy, *permitted);
    if (!report) return report.error();
    Take(*report, settled);
  }
  if (settled.held.empty()) {
    if (const Status gone = Forget(monitor.options().places.state, held); !gone) return gone.error();
  }
  return settled;
}

Result<Settled> SettleLive(Monitor& monitor, const HeldCopy& held, const std::vector<std::string>& labels, Hold hold, int64_t action) {
  Settled settled;
  sandbox::JudgedContents contents;
  const Result<std::vector<std::string>> permitted = Permitted(monitor, held, labels, hold, settled, contents);
  if (!permitted) return permitted.error();
  if (permitted->empty()) return settled;
  sandbox::Keeper keeper(monitor.options().places.state + "/undo", std::to_string(action), held.copy.workspace);
  const Result<sandbox::CommitReport> report = sandbox::CommitLive(held.copy, *permitted, &keeper, contents);
  if (!report) return report.error();
  Take(*report, settled);
  return settled;
}

}  // namespace checkrein::monitor
