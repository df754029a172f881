// `checkrein advisories doctor` and `approve`: what the files of a workspace would change about an agent that obeys them, which of them a
// person has approved, and the approving itself.
// Exit of doctor: 0 nothing unapproved stands; 1 something does; 3 something could not be read. Only approve writes, into the state and the log.
#include <algorithm>
#include <cstdio>

#include "advisories/doctor/finding.h"
#include "advisories/inventory/agent_files.h"
#include "advisories/inventory/look.h"
#include "advisories/pins/pins.h"
#include "advisories/pins/watch.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/path.h"
#include "cli/advisories_command.h"
#include "cli/inside.h"
#include "monitor/judge.h"
#include "monitor/monitor.h"
#include "monitor/pinned.h"
#include "report/text.h"
#include "secret/redact.h"

namespace checkrein::cli {
namespace {

using advisories::Finding;
using json::Array;
using json::Object;
using json::Value;
using report::Plain;

struct Options {
  std::string home, workspace, format = "table";
  std::vector<std::string> what;
  bool approve_all = false, forget = false;
};

enum class State : uint8_t { kUntrusted, kApproved, kChanged };
constexpr std::string_view kStates[] = {"untrusted", "approved", "changed"};

struct File {
  std::string path;   // relative to the workspace
  Digest digest{};
  State state = State::kUntrusted;
  std::string trouble, note;
  std::vector<std::pair<Finding, State>> findings;
};

struct Examination {
  std::string home, workspace;
  std::vector<File> files;                 // those with findings, and those that were approved
  std::vector<std::string> changed;        // servers of other files than the workspace's that are not as approved
  std::vector<std::string> incomplete;
  size_t looked_at = 0;
};

// The key under which servers are pinned; a state that has none has no pins.
Digest KeyOf(const std::string& state) {
  Digest key{};
  const Result<std::string> bytes = advisories::ReadRegular(state + "/redaction.key", key.size());
  if (bytes && bytes->size() == key.size()) std::copy(bytes->begin(), bytes->end(), key.begin());
  return key;
}

const advisories::FilePin* PinOf(const advisories::Pins& pins, const std::string& path, const std::string& workspace) {
  const auto at = std::find_if(pins.files.begin(), pins.files.end(), [&](const auto& pin) { return pin.path == path && (pin.workspace.empty() || pin.workspace == workspace); });
  return at == pins.files.end() ? nullptr : &*at;
}

State StateOfServer(const advisories::Pins& pins, const Finding& finding, const std::string& workspace) {
  State state = State::kUntrusted;
  for (const advisories::ServerPin& pin : pins.servers) {
    if (pin.name != finding.server || (!pin.workspace.empty() && pin.workspace != workspace)) continue;
    if (pin.digest == finding.server_digest) return State::kApproved;
    state = State::kChanged;
  }
  return state;
}

File ExamineFile(const std::string& path, const advisories::Pins& pins, const advisories::ExaminePlace& place, std::string note) {
  File file;
  file.path = path;
  file.note = std::move(note);
  const advisories::FilePin* pin = PinOf(pins, place.workspace + "/" + path, place.workspace);
  const Result<std::string> text = advisories::ReadRegular(place.workspace + "/" + path, advisories::kMaxAgentFile);
  if (!text) {
    file.trouble = text.error().text;
    if (pin != nullptr) file.state = State::kChanged;
    return file;
  }
  file.digest = Sha256(*text);
  if (pin != nullptr) file.state = pin->digest == file.digest ? State::kApproved : State::kChanged;
  for (Finding& finding : advisories::Examine(path, *text, place)) {
    State state = file.state;
    if (!finding.server.empty() && state != State::kApproved)
      if (const State server = StateOfServer(pins, finding, place.workspace); server != State::kUntrusted) state = server;
    file.findings.emplace_back(std::move(finding), state);
  }
  return file;
}

Examination ExamineWorkspace(const std::string& workspace, const std::string& home, const advisories::Pins& pins, const Digest& key) {
  Examination out;
  out.home = home;
  out.workspace = workspace;
  const advisories::ExaminePlace place{home, workspace, key};
  advisories::AgentFiles found = advisories::FindAgentFiles(workspace, home);
  out.incomplete = std::move(found.incomplete);
  std::vector<std::pair<std::string, std::string>> paths;
  for (const advisories::AgentFile& file : found.files) paths.emplace_back(file.path, file.note);
  for (const char* path : {".env", ".gemini/.env", ".claude/.env", ".codex/.env"})
    if (advisories::Exists(workspace + "/" + path) && std::none_of(paths.begin(), paths.end(), [&](const auto& p) { return p.first == path; })) paths.emplace_back(path, "");
  for (const advisories::FilePin& pin : pins.files) {
    const std::string path = advisories::ShownPath(pin.path, workspace);
    if (pin.workspace == workspace && path != pin.path && std::none_of(paths.begin(), paths.end(), [&](const auto& p) { return p.first == path; })) paths.emplace_back(path, "");
  }
  std::sort(paths.begin(), paths.end());
  out.looked_at = paths.size();
  for (auto& [path, note] : paths) {
    File file = ExamineFile(path, pins, place, std::move(note));
    if (!file.trouble.empty() && file.state != State::kChanged) out.incomplete.push_back(file.trouble);
    if (!file.findings.empty() || file.state != State::kUntrusted || !file.trouble.empty()) out.files.push_back(std::move(file));
  }
  // Servers that were approved, wherever they are configured.
  const monitor::LiveWorld world = monitor::LiveWorld::OfThisProcess();
  for (const char* client : {"claude", "codex", "gemini", "copilot", "opencode", "cursor", "vscode"}) {
    for (const advisories::ConfigText& config : monitor::ReadConfigs(world, home, workspace, client)) {
      const Result<advisories::Servers> servers = config.text ? advisories::ServersIn(config.place, *config.text) : Result<advisories::Servers>(advisories::Servers());
      if (!servers || IsBeneath(config.place.path, workspace)) continue;
      for (const advisories::Server& server : servers->servers) {
        if (!server.project.empty() && server.project != workspace) continue;
        Finding finding;
        finding.server = server.name;
        finding.server_digest = server.DigestWith(key);
        const std::string line = notation::Place(server.path, server.at) + ": the MCP server " + server.name + " is not what was approved";
        if (StateOfServer(pins, finding, workspace) == State::kChanged && std::find(out.changed.begin(), out.changed.end(), line) == out.changed.end()) out.changed.push_back(line);
      }
    }
  }
  return out;
}

std::string Safe(const std::string& text) { return secret::Redact(text, Digest{}); }

bool Unapproved(const File& file) {
  if (file.state == State::kChanged) return true;
  return std::any_of(file.findings.begin(), file.findings.end(), [](const auto& f) { return f.second != State::kApproved; });
}

void PrintJson(const Examination& examination) {
  Array files, changed, incomplete;
  for (const File& file : examination.files) {
    Array findings;
    for (const auto& [finding, state] : file.findings) {
      Array effects;
      for (const std::string& effect : finding.effects) effects.emplace_back(Safe(effect));
      findings.push_back(Object{{"code", advisories::RowOf(finding.code).name}, {"line", static_cast<int64_t>(finding.at.line)}, {"column", static_cast<int64_t>(finding.at.column)}, {"effects", effects},
                                {"what", Safe(finding.what)}, {"server", finding.server}, {"state", kStates[static_cast<size_t>(state)]}});
    }
    files.push_back(Object{{"path", file.path}, {"sha256", file.trouble.empty() ? HexEncode(file.digest) : ""}, {"state", kStates[static_cast<size_t>(file.state)]}, {"trouble", file.trouble}, {"note", file.note}, {"findings", findings}});
  }
  for (const std::string& line : examination.changed) changed.emplace_back(line);
  for (const std::string& line : examination.incomplete) incomplete.emplace_back(line);
  std::printf("%s\n", Value(Object{{"format", "checkrein-advisories-doctor-v1"}, {"workspace", examination.workspace}, {"looked_at", static_cast<int64_t>(examination.looked_at)}, {"files", files},
                                   {"changed_servers", changed}, {"incomplete", incomplete}}).Dump().c_str());
}

void Print(const Examination& examination) {
  for (const File& file : examination.files) {
    std::printf("%-10s %s%s%s\n", std::string(kStates[static_cast<size_t>(file.state)]).c_str(), Plain(file.path).c_str(), file.note.empty() ? "" : ": ", Plain(file.note).c_str());
    if (!file.trouble.empty()) std::printf("           %s\n", Plain(file.trouble).c_str());
    for (const auto& [finding, state] : file.findings) {
      std::string effects;
      for (const std::string& effect : finding.effects) effects += (effects.empty() ? "" : ", ") + Safe(effect);
      std::printf("  %s%s: %s\n", Plain(notation::Place(file.path, finding.at)).c_str(), state != file.state ? (" (" + std::string(kStates[static_cast<size_t>(state)]) + ")").c_str() : "", std::string(advisories::RowOf(finding.code).title).c_str());
      std::printf("      %s\n", Plain(Safe(finding.what)).c_str());
      if (!effects.empty()) std::printf("      would: %s\n", Plain(effects).c_str());
    }
  }
  for (const std::string& line : examination.changed) std::printf("changed    %s\n", Plain(line).c_str());
  for (const std::string& line : examination.incomplete) std::printf("INCOMPLETE %s\n", Plain(line).c_str());
  const size_t open = static_cast<size_t>(std::count_if(examination.files.begin(), examination.files.end(), Unapproved));
  if (open == 0 && examination.changed.empty()) {
    std::printf("%zu files that agents obey; nothing unapproved stands out.\n", examination.looked_at);
    return;
  }
  std::puts("\nWhat is untrusted is obeyed by the agents all the same: Checkrein says so and denies nothing because of it. What was approved and is\n"
            "changed is denied. To approve what stands there now: checkrein advisories approve FILE, or mcp:NAME for one MCP server.");
}

int ExitOf(const Examination& examination) {
  if (!examination.changed.empty() || std::any_of(examination.files.begin(), examination.files.end(), Unapproved)) return kFindings;
  return examination.incomplete.empty() ? kDone : kIncomplete;
}

struct Where {
  monitor::Places places;
  std::string home, workspace;
};

Result<Where> Find(const Options& options, const PlacesOptions& places_options) {
  Result<monitor::Places> places = places_options.Find();
  if (!places) return places.error();
  Where where;
  where.home = options.home.empty() ? places->home : advisories::RealPath(options.home).value_or(options.home);
  const std::string wanted = options.workspace.empty() ? "." : options.workspace;
  const std::optional<std::string> here = advisories::RealPath(wanted);
  if (!here) return Error{Error::Kind::kNotFound, wanted + ": there is no such directory"};
  where.workspace = monitor::WorkspaceFrom(*here, where.home);
  if (where.workspace.empty()) return Error{Error::Kind::kInvalid, *here + ": neither / nor a home is a project; name one"};
  where.places = std::move(places).take();
  return where;
}

// One thing to approve (or to forget), as it stands now.
struct Approval {
  std::string what;   // as a person names it, for the record
  std::optional<advisories::FilePin> file;
  std::vector<advisories::ServerPin> servers;
};

Result<Approval> ApprovalOf(const std::string& what, const Where& where, const Digest& key) {
  Approval approval;
  approval.what = what;
  if (!what.starts_with("mcp:")) {
    advisories::FilePin pin;
    pin.path = NormalizePath(what, where.workspace);
    const Result<std::string> text = advisories::ReadRegular(pin.path, advisories::kMaxAgentFile);
    if (!text) return text.error();
    pin.workspace = where.workspace;
    pin.digest = Sha256(*text);
    pin.approved_ms = UnixMillis();
    approval.file = std::move(pin);
    return approval;
  }
  const std::string name = what.substr(4);
  for (const advisories::ConfigPlace& place : advisories::ConfigPlaces(where.home, where.workspace)) {
    const Result<std::string> text = advisories::ReadRegular(place.path, advisories::kMaxConfigFile);
    if (!text) continue;
    const Result<advisories::Servers> servers = advisories::ServersIn(place, *text);
    if (!servers) return servers.error();
    for (const advisories::Server& server : servers->servers) {
      if (server.name != name || (!server.project.empty() && server.project != where.workspace)) continue;
      const bool everywhere = server.scope == "user" || server.scope == "managed" || server.scope == "extension";
      approval.servers.push_back({name, everywhere ? "" : where.workspace, server.DigestWith(key), {}, UnixMillis()});
    }
  }
  if (approval.servers.empty()) return Error{Error::Kind::kNotFound, what + ": no client is configured to use it here"};
  return approval;
}

void Apply(const Approval& approval, advisories::Pins& pins, const Where& where, bool forget) {
  const std::string name = approval.what.starts_with("mcp:") ? approval.what.substr(4) : "";
  // What is approved now takes the place of what was approved of it before.
  std::erase_if(pins.servers, [&](const advisories::ServerPin& pin) { return !name.empty() && pin.name == name && (pin.workspace.empty() || pin.workspace == where.workspace); });
  if (forget) {
    const std::string path = name.empty() ? NormalizePath(approval.what, where.workspace) : "";
    std::erase_if(pins.files, [&](const advisories::FilePin& pin) { return pin.path == path && pin.workspace == where.workspace; });
    return;
  }
  if (approval.file) pins.Put(*approval.file);
  for (const advisories::ServerPin& pin : approval.servers) pins.Put(pin);
}

// Recorded first: an approval that nobody could find later is none.
Status Record(monitor::Monitor& monitor, const Approval& approval, const Where& where, bool forget) {
  Value record = monitor::StartRecord(monitor.NewEnvelope(), "pin");
  record.Set("event", forget ? "withdrawn" : "approved").Set("what", approval.what).Set("workspace", where.workspace);
  if (approval.file) record.Set("path", approval.file->path).Set("sha256", HexEncode(approval.file->digest));
  if (!approval.servers.empty()) record.Set("definitions", static_cast<int64_t>(approval.servers.size()));
  const Result<uint64_t> index = monitor.Record(std::move(record));
  return index ? Status(Done{}) : Status(index.error());
}

int Approve(const std::vector<std::string>& what, const Where& where, bool forget) {
  if (const std::optional<Error> refused = RefusedInside("advisories approve")) return Report(*refused, kFindings);
  monitor::Monitor::Options with;
  with.places = where.places;
  Result<monitor::Monitor> monitor = monitor::Monitor::Open(std::move(with));  // also makes the key
  if (!monitor) return Report(monitor.error(), kIncomplete);
  const Digest key = KeyOf(where.places.state);
  std::vector<Approval> approvals;
  for (const std::string& one : what) {
    Result<Approval> approval = forget ? Result<Approval>(Approval{one, {}, {}}) : ApprovalOf(one, where, key);
    if (!approval) return Report(approval.error(), kUsage);
    approvals.push_back(std::move(approval).take());
  }
  for (const Approval& approval : approvals) {
    if (const Status recorded = Record(*monitor, approval, where, forget); !recorded) return Report(recorded.error(), kIncomplete);
    const Status kept = advisories::PinStore(where.places.state).Update([&](advisories::Pins& pins) { Apply(approval, pins, where, forget); });
    if (!kept) return Report(kept.error(), kIncomplete);
    if (forget) {
      std::printf("forgotten  %s\n", Plain(approval.what).c_str());
    } else if (approval.file) {
      std::printf("approved   %s\n           sha256 %s; a change is denied from now on\n", Plain(approval.what).c_str(), HexEncode(approval.file->digest).c_str());
    } else {
      std::printf("approved   %s\n           as configured in %zu place(s): command, arguments, environment, address; a change is denied from now on\n", Plain(approval.what).c_str(), approval.servers.size());
    }
  }
  return kDone;
}

int RunDoctor(const Options& options, const PlacesOptions& places_options) {
  const Result<Where> where = Find(options, places_options);
  if (!where) return Report(where.error(), kUsage);
  const Result<advisories::Pins> pins = advisories::PinStore(where->places.state).Load();
  if (!pins) return Report(pins.error(), kFindings);
  const Examination examination = ExamineWorkspace(where->workspace, where->home, *pins, KeyOf(where->places.state));
  if (options.approve_all) {
    std::vector<std::string> what;
    for (const File& file : examination.files)
      if (file.trouble.empty() && Unapproved(file)) what.push_back(file.path);
    if (what.empty()) std::puts("Nothing is to be approved.");
    return Approve(what, *where, /*forget=*/false);
  }
  if (options.format == "json") {
    PrintJson(examination);
  } else {
    Print(examination);
  }
  return ExitOf(examination);
}

int RunApprove(const Options& options, const PlacesOptions& places_options) {
  const Result<Where> where = Find(options, places_options);
  if (!where) return Report(where.error(), kUsage);
  return Approve(options.what, *where, options.forget);
}

}  // namespace

void AddAdvisoriesDoctor(const AdvisoriesCommand& advisories) {
  const auto options = std::make_shared<Options>();
  CLI::App* doctor = advisories.Add("doctor", "Show what the files of a project would change about an agent that obeys them: permissions, programs, addresses, hidden text");
  doctor->add_option("DIR", options->workspace, "The project (default: the current directory)");
  doctor->add_option("--home", options->home, "Whose configuration of clients (default: your home)");
  doctor->add_option("--format", options->format, "table or json")->check(CLI::IsMember({"table", "json"}));
  doctor->add_flag("--approve", options->approve_all, "Approve every file that is shown, as it stands now");
  doctor->callback([options, places = advisories.places, &exit = *advisories.exit] { exit.code = RunDoctor(*options, *places); });

  const auto approved = std::make_shared<Options>();
  CLI::App* approve = advisories.Add("approve", "Approve a file, or an MCP server as mcp:NAME, as it stands now: a later change is denied until it is approved again");
  approve->add_option("WHAT", approved->what, "FILE (below the project) or mcp:NAME")->required();
  approve->add_option("--workspace", approved->workspace, "The project (default: the current directory)");
  approve->add_option("--home", approved->home, "Whose configuration of clients (default: your home)");
  approve->add_flag("--forget", approved->forget, "Withdraw the approval: it is untrusted then, and a change is not denied");
  approve->callback([approved, places = advisories.places, &exit = *advisories.exit] { exit.code = RunApprove(*approved, *places); });
}

}  // namespace checkrein::cli
