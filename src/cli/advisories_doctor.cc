// `checkrein advisories doctor`: what the files of a workspace, and those of the home, would change about an agent that obeys them, and which
// of them a person has approved.
// Exit: 0 nothing unapproved stands; 1 something does; 3 something could not be read. Only --approve writes, into the state and the log.
#include <algorithm>
#include <cstdio>

#include "advisories/doctor/finding.h"
#include "advisories/inventory/agent_files.h"
#include "advisories/inventory/look.h"
#include "advisories/pins/pins.h"
#include "advisories/pins/tools.h"
#include "advisories/pins/watch.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/path.h"
#include "cli/advisories_approve.h"
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
  bool approve_all = false, ask_servers = false;
};

enum class State : uint8_t { kUntrusted, kApproved, kChanged };
constexpr std::string_view kStates[] = {"untrusted", "approved", "changed"};

struct File {
  std::string path;   // relative to the workspace, or "~/..."
  Digest digest{};
  State state = State::kUntrusted;
  std::string trouble, note;
  std::vector<std::pair<Finding, State>> findings;
};

// What an MCP server says to the model, as it was asked.
struct Asked {
  std::string name, path, trouble;
  Digest tools{};
  State state = State::kUntrusted;
  std::vector<std::string> names, notes;
};

struct Examination {
  std::string home, workspace;
  std::vector<File> files;                 // those with findings, and those that were approved
  std::vector<std::string> changed;        // servers of other files than the workspace's that are not as approved
  std::vector<Asked> asked;
  std::vector<std::string> incomplete;
  size_t looked_at = 0;
};

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
  const std::string absolute = path.starts_with("~/") ? place.home + path.substr(1) : place.workspace + "/" + path;
  const advisories::FilePin* pin = PinOf(pins, absolute, place.workspace);
  const Result<std::string> text = advisories::ReadRegular(absolute, advisories::kMaxAgentFile);
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
  advisories::AgentFiles of_user = advisories::FindUserFiles(home);
  out.incomplete.insert(out.incomplete.end(), of_user.incomplete.begin(), of_user.incomplete.end());
  for (advisories::AgentFile& file : of_user.files) paths.emplace_back("~/" + file.path, std::move(file.note));
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
      const bool shown = std::any_of(paths.begin(), paths.end(), [&](const auto& path) { return path.first.starts_with("~/") && home + path.first.substr(1) == config.place.path; });
      if (!servers || shown || IsBeneath(config.place.path, workspace)) continue;
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

Asked Ask(const advisories::Server& server, const advisories::Pins& pins, const Where& where, const Digest& key) {
  Asked asked{server.name, notation::Place(server.path, server.at), "", {}, State::kUntrusted, {}, {}};
  const Result<std::string> said = AskServer(server, where);
  if (!said) {
    asked.trouble = said.error().text;
    return asked;
  }
  asked.tools = Sha256(*said);
  asked.names = advisories::NamesOfTools(*said);
  asked.notes = advisories::NotesOnTools(*said);
  const Digest digest = server.DigestWith(key);
  for (const advisories::ServerPin& pin : pins.servers) {
    if (pin.name != server.name || pin.digest != digest || pin.tools == Digest{} || asked.state == State::kApproved) continue;
    asked.state = pin.tools == asked.tools ? State::kApproved : State::kChanged;
  }
  return asked;
}

// Every server that any client would start here, once for each definition.
void AskServers(const advisories::Pins& pins, const Where& where, const Digest& key, Examination& out) {
  std::vector<Digest> seen;
  for (const advisories::ConfigPlace& place : advisories::ConfigPlaces(where.home, where.workspace)) {
    const Result<std::string> text = advisories::ReadRegular(place.path, advisories::kMaxConfigFile);
    const Result<advisories::Servers> servers = text ? advisories::ServersIn(place, *text) : Result<advisories::Servers>(advisories::Servers());
    if (!servers) continue;  // said by the examination of the file
    for (const advisories::Server& server : servers->servers) {
      const Digest digest = server.DigestWith(key);
      if ((!server.project.empty() && server.project != where.workspace) || std::find(seen.begin(), seen.end(), digest) != seen.end()) continue;
      seen.push_back(digest);
      out.asked.push_back(Ask(server, pins, where, key));
    }
  }
}

bool IsOpen(const Asked& asked) { return asked.state == State::kChanged || (asked.state == State::kUntrusted && !asked.notes.empty()); }

std::string Safe(const std::string& text) { return secret::Redact(text, Digest{}); }

bool Unapproved(const File& file) {
  if (file.state == State::kChanged) return true;
  return std::any_of(file.findings.begin(), file.findings.end(), [](const auto& f) { return f.second != State::kApproved; });
}

void PrintJson(const Examination& examination) {
  Array files, changed, servers, incomplete;
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
  for (const Asked& asked : examination.asked) {
    Array names(asked.names.begin(), asked.names.end()), notes;
    for (const std::string& note : asked.notes) notes.emplace_back(Safe(note));
    servers.push_back(Object{{"name", asked.name}, {"place", asked.path}, {"state", kStates[static_cast<size_t>(asked.state)]}, {"tools", std::move(names)}, {"sha256", asked.trouble.empty() ? HexEncode(asked.tools) : ""}, {"notes", std::move(notes)}, {"trouble", asked.trouble}});
  }
  for (const std::string& line : examination.changed) changed.emplace_back(line);
  for (const std::string& line : examination.incomplete) incomplete.emplace_back(line);
  std::printf("%s\n", Value(Object{{"format", "checkrein-advisories-doctor-v1"}, {"workspace", examination.workspace}, {"looked_at", static_cast<int64_t>(examination.looked_at)}, {"files", files},
                                   {"changed_servers", changed}, {"servers", servers}, {"incomplete", incomplete}}).Dump().c_str());
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
  for (const Asked& asked : examination.asked) {
    std::string names;
    for (const std::string& name : asked.names) names += " " + name;
    std::printf("%-10s %s: the MCP server %s %s%s\n", std::string(kStates[static_cast<size_t>(asked.state)]).c_str(), Plain(asked.path).c_str(), Plain(asked.name).c_str(), asked.trouble.empty() ? "offers" : "cannot be asked:", Plain(asked.trouble.empty() ? names : " " + asked.trouble).c_str());
    for (const std::string& note : asked.notes) std::printf("      %s\n", Plain(Safe(note)).c_str());
  }
  for (const std::string& line : examination.incomplete) std::printf("INCOMPLETE %s\n", Plain(line).c_str());
  const size_t open = static_cast<size_t>(std::count_if(examination.files.begin(), examination.files.end(), Unapproved));
  if (open == 0 && examination.changed.empty() && std::none_of(examination.asked.begin(), examination.asked.end(), IsOpen)) {
    std::printf("%zu files that agents obey; nothing unapproved stands out.\n", examination.looked_at);
    return;
  }
  std::puts("\nWhat is untrusted is obeyed by the agents all the same: Checkrein says so and denies nothing because of it. What was approved and is\n"
            "changed is denied. To approve what stands there now: checkrein advisories approve FILE, or mcp:NAME for one MCP server.");
}

int ExitOf(const Examination& examination) {
  if (!examination.changed.empty() || std::any_of(examination.files.begin(), examination.files.end(), Unapproved) || std::any_of(examination.asked.begin(), examination.asked.end(), IsOpen)) return kFindings;
  const bool asked_all = std::all_of(examination.asked.begin(), examination.asked.end(), [](const Asked& asked) { return asked.trouble.empty(); });
  return examination.incomplete.empty() && asked_all ? kDone : kIncomplete;
}

int RunDoctor(const Options& options, const PlacesOptions& places_options) {
  const Result<Where> where = FindWhere(options.home, options.workspace, places_options);
  if (!where) return Report(where.error(), kUsage);
  const Result<advisories::Pins> pins = advisories::PinStore(where->places.state).Load();
  if (!pins) return Report(pins.error(), kFindings);
  Examination examination = ExamineWorkspace(where->workspace, where->home, *pins, PinKey(where->places.state));
  if (options.ask_servers) AskServers(*pins, *where, PinKey(where->places.state), examination);
  if (options.approve_all) {
    std::vector<std::string> what;
    for (const File& file : examination.files)
      if (file.trouble.empty() && Unapproved(file)) what.push_back(file.path);
    if (what.empty()) std::puts("Nothing is to be approved.");
    return Approve(what, *where, Pinning::kApprove);
  }
  if (options.format == "json") {
    PrintJson(examination);
  } else {
    Print(examination);
  }
  return ExitOf(examination);
}

}  // namespace

void AddAdvisoriesDoctor(const AdvisoriesCommand& advisories) {
  const auto options = std::make_shared<Options>();
  CLI::App* doctor = advisories.Add("doctor", "Show what the files of a project would change about an agent that obeys them: permissions, programs, addresses, hidden text");
  doctor->add_option("DIR", options->workspace, "The project (default: the current directory)");
  doctor->add_option("--home", options->home, "Whose configuration of clients (default: your home)");
  doctor->add_option("--format", options->format, "table or json")->check(CLI::IsMember({"table", "json"}));
  doctor->add_flag("--ask-servers", options->ask_servers, "Start every MCP server, each in a sandbox without a network, and look at what it says of its tools");
  doctor->add_flag("--approve", options->approve_all, "Approve every file that is shown, as it stands now");
  doctor->callback([options, places = advisories.places, &exit = *advisories.exit] { exit.code = RunDoctor(*options, *places); });
}

}  // namespace checkrein::cli
