#include "monitor/judge.h"

#include <algorithm>

#include "agent/read.h"
#include "analysis/purpose/purpose.h"
#include "analysis/signs/signs.h"
#include "base/bytes.h"
#include "base/path.h"
#include "effect/printable.h"
#include "monitor/clip.h"
#include "monitor/earned.h"
#include "base/fields.h"
#include "monitor/past_fields.h"
#include "secret/redact.h"

namespace checkrein::monitor {
namespace {

using agent::Answer;
using agent::Phase;
using Tool = agent::ToolCall::Kind;

constexpr size_t kMaxFileNotes = 8;  // of one action

std::string Safe(std::string_view text, const Digest& key, size_t cap) { return Clip(secret::Redact(text, key), cap); }

// The call in one line. The command for a shell; the path, address or tool for others.
std::string Shown(const agent::ToolCall& call) {
  if (call.kind == Tool::kShell) return call.command;
  std::string out = call.name;
  if (!call.paths.empty()) out += " " + call.paths.front();
  if (call.paths.size() > 1) out += " (+" + std::to_string(call.paths.size() - 1) + " more)";
  if (!call.pattern.empty()) out += " " + call.pattern;
  if (!call.url.empty()) out += " " + call.url;
  return out;
}

std::string DigestOf(const agent::Event& event) {
  FieldWriter w;
  w.Add(agent::ClientName(event.client)).Add(event.call->name).Add(event.call->arguments.Dump()).Add(event.cwd).Add(event.call->workdir);
  return HexEncode(Sha256(w.bytes()));
}

void FillCall(const agent::Event& event, const JudgeSetup& setup, Judgement& j) {
  const agent::ToolCall& call = *event.call;
  j.kind = call.kind;
  j.tool = Clip(call.name, kShortText);
  j.call_id = Clip(call.call_id, kShortText);
  j.description = Safe(call.description, setup.redaction_key, kExcerpt);
  j.shown = Safe(Shown(call), setup.redaction_key, kCommandExcerpt);
  j.action_digest = DigestOf(event);
  if (call.kind != Tool::kShell) return;
  j.command = call.command;
  j.workdir = NormalizePath(call.workdir, event.cwd.empty() ? "/" : event.cwd);
}

// Whether `path` (a file or a set) lies in the set `set`, which ends in `/**`.
bool LiesIn(std::string_view path, std::string_view set) {
  if (!set.ends_with("/**")) return false;
  set.remove_suffix(2);
  return path.size() > set.size() && path.starts_with(set);
}

// What a text carries with it wherever it is copied. (That somebody from outside wrote a text counts for the file that is named, and for text
// that instructs agents: Past::FindFile. Or one page from the web would label every search in a workspace for ever.)
std::vector<std::string> OfContent(const std::vector<std::string>& labels) {
  std::vector<std::string> out;
  for (const std::string& label : labels)
    if (label == "pii" || label == "secret") out.push_back(label);
  return out;
}

// Labels of files that the action reads or runs and that an action wrote; a note says of each who did, and from what.
std::vector<std::string> LabelsOfFiles(analysis::Analysis& analysis, const SessionFacts& facts, std::string_view workspace) {
  std::vector<std::string> labels;
  std::vector<const analysis::WrittenFile*> seen;
  const auto add = [&](const Effect& effect, const analysis::WrittenFile* file, const std::vector<std::string>& its_labels) {
    if (std::find(seen.begin(), seen.end(), file) != seen.end()) return;
    seen.push_back(file);
    for (const std::string& label : its_labels)
      if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
    std::string note = effect.object + " was written by action " + std::to_string(file->action);
    for (const std::string& from : file->from) note += (&from == &file->from.front() ? " from " : ", ") + from;
    for (const std::string& label : file->labels) note += (&label == &file->labels.front() ? ", labelled " : ", ") + label;
    const bool runs = effect.op == Op::kExec || std::find(analysis.scripts.begin(), analysis.scripts.end(), effect.object) != analysis.scripts.end();
    if (seen.size() <= kMaxFileNotes && (!its_labels.empty() || runs)) analysis.notes.push_back(std::move(note));
  };
  std::vector<const analysis::WrittenFile*> labelled, sets;  // a single file, which most effects name, need only be looked for in the sets
  for (const analysis::WrittenFile& file : facts.past.files) {
    if (file.labels.empty()) continue;
    labelled.push_back(&file);
    if (file.path.ends_with("/**")) sets.push_back(&file);
  }
  for (const Effect& effect : analysis.effects.all()) {
    const bool reads = effect.op == Op::kRead || effect.op == Op::kExec;
    if (!reads && effect.op != Op::kPush) continue;
    if (reads)
      if (const analysis::WrittenFile* file = facts.past.FindFile(effect.object)) add(effect, file, file->labels);
    for (const analysis::WrittenFile* one : effect.op == Op::kPush || effect.object.ends_with("/**") ? labelled : sets) {
      const analysis::WrittenFile& file = *one;
      if (reads && (LiesIn(file.path, effect.object) || LiesIn(effect.object, file.path))) add(effect, &file, OfContent(file.labels));
      // What is pushed comes out of the repository, into which it was committed. (For secrets the release gate looks at what is pushed.)
      const bool committed = effect.op == Op::kPush && !workspace.empty() && IsBeneath(file.path, std::string(workspace) + "/.git");
      if (committed && std::find(file.labels.begin(), file.labels.end(), "pii") != file.labels.end()) add(effect, &file, {"pii"});
    }
  }
  return labels;
}

// Looked for only where it matters: for an action of which nobody can tell what it reads.
WorkspaceSecrets SecretsOf(const analysis::Analysis& analysis, const analysis::Place& place, Outside& outside) {
  if (analysis.coverage != Coverage::kOpaque || place.workspace.empty()) return WorkspaceSecrets::kNone;
  constexpr size_t kMaxDotenv = 1u << 16;
  return outside.Read(place.workspace + "/.env", kMaxDotenv) ? WorkspaceSecrets::kThere : WorkspaceSecrets::kNone;
}

// Explains, and never widens: no policy can see it.
void FillPurpose(const analysis::Analysis& analysis, const SessionFacts& facts, const Digest& key, Judgement& j) {
  const std::string& intent = j.description.empty() ? facts.intent : j.description;
  const analysis::Interpretation i = analysis::InterpretPurpose({facts.goal, intent, j.command, j.workspace}, analysis.effects);
  j.purpose_said = analysis::PurposeName(i.said);
  j.purpose_done = analysis::PurposeName(i.done);
  j.purpose_match = analysis::MatchName(i.match);
  for (const std::string& reason : i.reasons) j.purpose_reasons.push_back(Safe(reason, key, kExcerpt));  // they quote
}

// What holds in a workspace: the person's word, and what the project adds to it.
struct Rules {
  std::optional<policy::PolicySet> narrowed;  // the set with what the project forbids; nothing when it has no policies of its own
  DeclaredPlaces personal;
};

// What is declared by a name that is a link, or lies behind one, is declared where it leads, too: whoever reads it there names no link.
void AddWhereLinksLead(const std::string& home, const std::string& workspace, Outside& outside, DeclaredPlaces& personal) {
  for (const std::string& written : personal.Written()) {
    const std::string path = written.starts_with('/') ? written : written.starts_with('~') ? home + written.substr(1) : workspace.empty() ? std::string() : workspace + "/" + written;
    if (!path.starts_with('/')) continue;
    const size_t wild = path.find_first_of("*?");
    const size_t fixed = wild == std::string::npos ? path.size() : path.rfind('/', wild);
    const std::string named = NormalizePath(path.substr(0, fixed), "/");
    const std::optional<std::string> real = outside.Resolve(named);
    // A name with a letter that no pattern may have, or one pattern too many: as it is written it is declared all the same.
    if (real && *real != named) static_cast<void>(personal.Add((*real == "/" ? "" : *real) + path.substr(fixed), DeclaredPlaces::From::kPerson).ok());
  }
}

Result<Rules> RulesIn(const std::string& workspace, const JudgeSetup& setup, Outside& outside) {
  Rules rules;
  if (setup.personal != nullptr) rules.personal = *setup.personal;
  if (workspace.empty()) {
    AddWhereLinksLead(setup.circumstances.home, workspace, outside, rules.personal);
    return rules;
  }
  const Result<ProjectTexts> project = outside.Project(workspace);
  if (!project) return Error{project.error().kind, "the project's policies: " + project.error().text};
  if (const Status added = AddProjectSettings(project->settings, workspace, rules.personal); !added) return Error{added.error().kind, "the project's settings: " + added.error().text};
  AddWhereLinksLead(setup.circumstances.home, workspace, outside, rules.personal);
  if (project->policies.empty()) return rules;
  Result<policy::PolicySet> set = policy::PolicySet::Load(setup.policy_set, {setup.texts.begin(), setup.texts.end()}, project->policies);
  if (!set) return Error{set.error().kind, "the project's policies: " + set.error().text};
  rules.narrowed = std::move(set).take();
  return rules;
}

// Whether the repository in `root` has declared files in it, as far as its index says. One that keeps it elsewhere, or has one that is too large
// to read, may.
bool Committed(const std::string& root, const analysis::Place& place, const DeclaredPlaces& personal, Outside& outside) {
  constexpr size_t kMaxIndex = 1u << 20, kShort = 1u << 12;
  const std::string git = root == "/" ? "/.git" : root + "/.git";
  if (outside.Read(git, kShort)) return true;  // a file: of a worktree or a submodule
  if (!outside.Read(git + "/HEAD", kShort)) return false;
  const std::optional<std::string> index = outside.Read(git + "/index", kMaxIndex);
  if (!index) return outside.HoldsDeclared(root, personal, place.workspace);  // nothing was added yet, or much
  return ListsDeclared(*index, root, personal, place.home, place.workspace);
}

// What EarnedByReading asks of the world, and of the call.
ReadingPlace ReadingPlaceOf(const agent::ToolCall& call, const analysis::Analysis& analysis, const analysis::Place& place, const DeclaredPlaces& personal, Outside& outside) {
  ReadingPlace reading{place.home, place.workspace, SecretsOf(analysis, place, outside), &personal, {}, {}, {}};
  reading.holds = [&outside, &personal, workspace = place.workspace](std::string_view directory) { return outside.HoldsDeclared(directory, personal, workspace); };
  reading.committed = [&outside, &personal, &place] {
    for (const std::string& root : {place.workspace, place.cwd})
      if (!root.empty() && !personal.empty() && Committed(root, place, personal, outside)) return true;
    return false;
  };
  if (!personal.empty() && (call.kind == Tool::kMcp || call.kind == Tool::kUnknown)) {
    reading.named = PathsNamedIn(call.arguments, place.cwd, place.home);
    const size_t named = reading.named.size();
    for (size_t i = 0; i < named; ++i)
      if (std::optional<std::string> real = outside.Resolve(reading.named[i]); real && *real != reading.named[i]) reading.named.push_back(*std::move(real));
  }
  return reading;
}

// Whether a server describes its tools as it did when they were approved; "" when it does.
std::string ChangedTools(const advisories::ToBeAsked& asked, const std::string& workspace, Outside& outside) {
  const Result<Digest> tools = outside.ToolsOf(asked.server, workspace);
  if (!tools) return "the MCP server " + asked.server.name + " was approved with the descriptions of its tools, and cannot be asked for them now: " + tools.error().text;
  if (std::find(asked.approved.begin(), asked.approved.end(), *tools) != asked.approved.end()) return {};
  return "the MCP server " + asked.server.name + " describes its tools otherwise than when they were approved";
}

// What was approved and is not any more what it was, one line each: files that the agent obeys, and the server that it calls.
std::vector<std::string> Unapproved(const agent::Event& event, const JudgeSetup& setup, const std::string& workspace, Outside& outside) {
  if (!setup.has_pins) return {};
  advisories::PinReport report = outside.Pins(workspace);
  const agent::ToolCall& call = *event.call;
  const bool perhaps_mcp = call.kind == Tool::kMcp || call.kind == Tool::kUnknown;
  const auto may_be = [&](const advisories::ServerPin& pin) { return advisories::MayBeToolOf(call.name, call.mcp_server, pin.name); };
  if (perhaps_mcp && std::any_of(report.servers.begin(), report.servers.end(), may_be)) {
    const advisories::ServerReport servers =
        advisories::LookAtServers(report.servers, call.name, call.mcp_server, workspace, outside.Configs(event.client, workspace), setup.redaction_key);
    report.changed.insert(report.changed.end(), servers.changed.begin(), servers.changed.end());
    // Only what is defined as approved is started at all.
    if (servers.changed.empty())
      for (const advisories::ToBeAsked& one : servers.asked)
        if (std::string line = ChangedTools(one, workspace, outside); !line.empty()) report.changed.push_back(std::move(line));
  }
  for (std::string& line : report.changed) line = Printable(line);  // names of files and servers are a repository's words
  return report.changed;
}

void JudgeBefore(const agent::Event& event, const JudgeSetup& setup, const SessionFacts& facts, Outside& outside, Judgement& j) {
  analysis::Place place;
  place.cwd = j.kind == Tool::kShell ? j.workdir : NormalizePath(event.cwd, "/");
  place.home = setup.circumstances.home;
  place.workspace = j.workspace;
  place.past = &facts.past;
  const Result<Rules> rules = RulesIn(j.workspace, setup, outside);
  if (!rules) {
    j.refusal = Safe(rules.error().text, setup.redaction_key, kExcerpt);
    return;
  }
  analysis::Analysis analysis = analysis::AnalyzeCall(*event.call, place, outside);
  j.file_labels = LabelsOfFiles(analysis, facts, j.workspace);
  Earned earned = EarnedByReading(analysis, ReadingPlaceOf(*event.call, analysis, place, rules->personal, outside), facts.past);
  if (!earned.note.empty()) analysis.notes.push_back(std::move(earned.note));
  j.earned = std::move(earned.labels);
  FillPurpose(analysis, facts, setup.redaction_key, j);
  DropSecrets(analysis.left);
  DropSecrets(analysis.written);
  for (const Effect& effect : analysis.effects.all()) j.effects.push_back(secret::Redact(ToString(effect), setup.redaction_key));
  j.coverage = analysis.coverage;
  for (const std::string& note : analysis.notes) j.notes.push_back(secret::Redact(note, setup.redaction_key));
  j.scripts = analysis.scripts;
  j.left = std::move(analysis.left);
  j.written = std::move(analysis.written);

  policy::Circumstances circumstances = setup.circumstances;
  circumstances.session = j.session;
  circumstances.client = agent::ClientName(event.client);
  circumstances.depth = event.agent_id.empty() ? 0 : 1;
  circumstances.labels = facts.labels;
  for (const std::string& label : j.file_labels)
    if (std::find(circumstances.labels.begin(), circumstances.labels.end(), label) == circumstances.labels.end()) circumstances.labels.push_back(label);
  // What it reads it may send in the same breath. (Text from outside is no such thing: the action was thought of before it was read.)
  for (const std::string& label : j.earned)
    if (label != "untrusted" && std::find(circumstances.labels.begin(), circumstances.labels.end(), label) == circumstances.labels.end()) circumstances.labels.push_back(label);
  circumstances.personal = &rules->personal;
  circumstances.workspace = j.workspace;
  circumstances.coverage = analysis.coverage;
  circumstances.commands = j.commands = analysis.commands;
  const std::vector<std::string> unapproved = Unapproved(event, setup, j.workspace, outside);
  if (!unapproved.empty()) circumstances.labels.emplace_back("unapproved");
  for (size_t i = 0; i < unapproved.size() && i < kMaxFileNotes; ++i) j.notes.push_back(Safe(unapproved[i], setup.redaction_key, kExcerpt));
  const Result<ShieldsInForce> shields = outside.Shields();
  if (!shields) {
    j.refusal = Safe("advisories: " + shields.error().text, setup.redaction_key, kExcerpt);
    return;
  }
  circumstances.shields = shields->enforced;
  const policy::PolicySet& policies = rules->narrowed ? *rules->narrowed : *setup.policies;
  const policy::Decision decision = policies.Decide(analysis.effects, circumstances);
  j.set_digest = policies.digest();
  if (setup.shadow != nullptr || shields->on_trial != nullptr) {
    const policy::PolicySet& on_trial = setup.shadow != nullptr ? *setup.shadow : policies;
    if (shields->on_trial != nullptr) circumstances.shields = shields->on_trial;
    const policy::Decision shadow = on_trial.Decide(analysis.effects, circumstances);
    j.shadowed = true;
    j.shadow_digest = on_trial.digest();
    j.shadow_verdict = shadow.verdict;
    j.shadow_policies = shadow.policies;
  }
  j.verdict = decision.verdict;
  j.contained_after_approval = decision.contained_after_approval;
  j.incident = decision.incident;
  j.unguarded = decision.unguarded;
  j.policies = decision.policies;
  j.shields = decision.shields;
  j.why = Safe(decision.why, setup.redaction_key, kExcerpt);
  if (!unapproved.empty() && decision.verdict == Verdict::kDeny)
    j.why += "; " + Safe(unapproved[0], setup.redaction_key, kExcerpt) + (unapproved.size() > 1 ? " (and " + std::to_string(unapproved.size() - 1) + " more)" : "") + "; a person can look with: checkrein advisories doctor";

  j.allow = agent::WriteAnswer(event, {Answer::Kind::kAllow, j.why, {}});
  j.ask = agent::WriteAnswer(event, {Answer::Kind::kAsk, j.why, {}});
  if (j.kind == Tool::kShell) j.rewrite = agent::WriteAnswer(event, {Answer::Kind::kRewrite, j.why, setup.ticketed_command});
}

// Labels come from text that reached the model, never from a command having run.
void JudgeAfter(const agent::Event& event, const JudgeSetup& setup, const SessionFacts& facts, Judgement& j) {
  j.failed = event.failed;
  j.output_bytes = static_cast<int64_t>(event.output.size());
  j.output_digest = HexEncode(HmacSha256(setup.redaction_key, AsBytes(event.output)));
  if (event.output.empty()) return;
  if (!secret::Find(event.output).empty()) j.new_labels.push_back("secret");
  bool untrusted = event.call && (event.call->kind == Tool::kFetch || event.call->kind == Tool::kMcp || event.call->kind == Tool::kUnknown);
  if (const RecentCall* call = facts.FindCall(j.call_id)) {
    untrusted |= call->reaches_out;
    for (const std::string& label : call->labels)
      if (label != "untrusted") j.new_labels.push_back(label);
      else untrusted = true;
  }
  if (untrusted || !analysis::InjectionSigns(event.output).empty()) j.new_labels.push_back("untrusted");
}

}  // namespace

std::string WorkspaceFrom(std::string_view cwd, std::string_view home) {
  if (!cwd.starts_with('/')) return {};
  std::string path = NormalizePath(cwd, "/");
  if (path == "/" || IsBeneath(home, path)) return {};
  return path;
}

Judgement Judge(const Submission& submission, const JudgeSetup& setup, Outside& outside) {
  Judgement j;
  j.client = submission.client;
  j.event = Clip(submission.event_name, kShortText);
  const Result<agent::Event> event = agent::ReadEvent(submission.client, submission.event_name, submission.bytes);
  if (!event) {
    j.refusal = Safe(event.error().text, setup.redaction_key, kExcerpt);
    return j;
  }
  j.phase = event->phase;
  j.event = Clip(event->name, kShortText);
  j.session = Clip(event->session, kShortText);
  if (event->phase == Phase::kUnknown) {
    j.refusal = "unknown event " + j.event + ": this version does not know it";
    return j;
  }
  const std::string first = !setup.fixed_workspace.empty() ? setup.fixed_workspace : WorkspaceFrom(event->cwd, setup.circumstances.home);
  if (event->phase == Phase::kBeforeTool) outside.WillLookAt(event->cwd, first);
  const SessionFacts facts = outside.Facts(event->session);
  j.turn = Clip(event->turn, kShortText);
  j.cwd = Clip(event->cwd, kPathText);
  j.permission_mode = Clip(event->permission_mode, kShortText);
  j.agent_id = Clip(event->agent_id, kShortText);
  j.text = Safe(event->text, setup.redaction_key, kExcerpt);
  j.workspace = setup.fixed_workspace.empty() && !facts.workspace.empty() ? facts.workspace : first;
  j.nothing = agent::WriteAnswer(*event, {Answer::Kind::kNothing, {}, {}});
  if (event->call) FillCall(*event, setup, j);
  if (event->phase == Phase::kBeforeTool || event->phase == Phase::kPermission) {
    if (event->call) {
      JudgeBefore(*event, setup, facts, outside, j);
    } else {
      j.refusal = "event " + j.event + " names no tool";
    }
  } else if (event->phase == Phase::kAfterTool) {
    JudgeAfter(*event, setup, facts, j);
  }
  return j;
}

namespace {

constexpr std::string_view kVersion = "judgement5";

void AddWire(FieldWriter& w, const agent::Wire& wire) { w.Add(wire.out).Add(wire.err).AddNumber(wire.exit_code); }

agent::Wire ReadWire(FieldReader& r) {
  agent::Wire wire;
  wire.out = r.Text();
  wire.err = r.Text();
  wire.exit_code = static_cast<int>(r.Number());
  return wire;
}

// A number that names an enumerator; anything else is `worst` and spoils the reader's result.
template <typename Enum>
Enum ReadEnum(FieldReader& r, Enum last, bool& ok) {
  const int64_t n = r.Number();
  ok = ok && n >= 0 && n <= static_cast<int64_t>(last);
  return ok ? static_cast<Enum>(n) : Enum{};
}

}  // namespace

std::string Judgement::Encode() const {
  FieldWriter w;
  w.Add(kVersion).Add(refusal).AddNumber(static_cast<int>(client)).AddNumber(static_cast<int>(phase)).Add(event).Add(session);
  w.Add(turn).Add(cwd).Add(permission_mode).Add(agent_id).Add(workspace).Add(text);
  w.AddNumber(static_cast<int>(kind)).Add(tool).Add(call_id).Add(description).Add(shown).Add(command).Add(workdir).Add(action_digest);
  w.AddList(effects).AddNumber(static_cast<int>(coverage)).AddNumber(commands).AddList(notes).AddList(scripts).AddNumber(static_cast<int>(verdict));
  w.AddNumber(contained_after_approval).AddNumber(incident).AddNumber(static_cast<int>(unguarded)).AddList(policies).AddList(shields).Add(why);
  w.Add(set_digest).Add(shadow_digest).AddNumber(shadowed).AddNumber(static_cast<int>(shadow_verdict)).AddList(shadow_policies);
  WritePast(w, left);
  WriteFiles(w, written);
  w.AddList(file_labels).AddList(earned).Add(purpose_said).Add(purpose_done).Add(purpose_match).AddList(purpose_reasons).AddNumber(failed).AddNumber(output_bytes).Add(output_digest).AddList(new_labels);
  for (const agent::Wire* wire : {&allow, &rewrite, &ask, &nothing}) AddWire(w, *wire);
  return w.bytes();
}

std::optional<Judgement> Judgement::Decode(std::string_view bytes) {
  FieldReader r(bytes);
  if (r.Text() != kVersion) return std::nullopt;
  bool ok = true;
  Judgement j;
  j.refusal = r.Text();
  j.client = ReadEnum(r, agent::Client::kOpenCode, ok);
  j.phase = ReadEnum(r, Phase::kNote, ok);
  for (std::string* field : {&j.event, &j.session, &j.turn, &j.cwd, &j.permission_mode, &j.agent_id, &j.workspace, &j.text}) *field = r.Text();
  j.kind = ReadEnum(r, Tool::kPlan, ok);
  for (std::string* field : {&j.tool, &j.call_id, &j.description, &j.shown, &j.command, &j.workdir, &j.action_digest}) *field = r.Text();
  j.effects = r.List();
  j.coverage = ReadEnum(r, Coverage::kFull, ok);
  j.commands = r.Number();
  j.notes = r.List();
  j.scripts = r.List();
  j.verdict = ReadEnum(r, Verdict::kAllow, ok);
  j.contained_after_approval = r.Number() != 0;
  j.incident = r.Number() != 0;
  j.unguarded = ReadEnum(r, Verdict::kAllow, ok);
  j.policies = r.List();
  j.shields = r.List();
  j.why = r.Text();
  j.set_digest = r.Text();
  j.shadow_digest = r.Text();
  j.shadowed = r.Number() != 0;
  j.shadow_verdict = ReadEnum(r, Verdict::kAllow, ok);
  j.shadow_policies = r.List();
  j.left = ReadPast(r);
  j.written = ReadFiles(r);
  j.file_labels = r.List();
  j.earned = r.List();
  for (std::string* field : {&j.purpose_said, &j.purpose_done, &j.purpose_match}) *field = r.Text();
  j.purpose_reasons = r.List();
  j.failed = r.Number() != 0;
  j.output_bytes = r.Number();
  j.output_digest = r.Text();
  j.new_labels = r.List();
  for (agent::Wire* wire : {&j.allow, &j.rewrite, &j.ask, &j.nothing}) *wire = ReadWire(r);
  if (!ok || !r.AtEnd()) return std::nullopt;
  return j;
}

}  // namespace checkrein::monitor
