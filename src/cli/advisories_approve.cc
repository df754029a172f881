// `checkrein advisories approve`: what a person approves of an agent's surroundings, by digest. Writes into the state and the log.
#include "cli/advisories_approve.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "advisories/inventory/agent_files.h"
#include "advisories/inventory/look.h"
#include "advisories/pins/pins.h"
#include "advisories/pins/tools.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/path.h"
#include "cli/inside.h"
#include "monitor/judge.h"
#include "monitor/mcp_ask.h"
#include "monitor/monitor.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using json::Value;
using report::Plain;

struct Options {
  std::string home, workspace;
  std::vector<std::string> what;
  bool forget = false, ask = false;
};

std::string PathOf(const std::string& what, const Where& where) { return what.starts_with("~/") ? NormalizePath(what.substr(2), where.home) : NormalizePath(what, where.workspace); }

// What clients obey in the home concerns every session.
std::string WorkspaceOf(const std::string& path, const Where& where) {
  if (IsBeneath(path, where.workspace) || !IsBeneath(path, where.home)) return where.workspace;
  const std::vector<advisories::AgentFile> files = advisories::FindUserFiles(where.home).files;
  const bool everywhere = std::any_of(files.begin(), files.end(), [&](const advisories::AgentFile& file) { return where.home + "/" + file.path == path; });
  return everywhere ? "" : where.workspace;
}

// One thing to approve (or to forget), as it stands now.
struct Approval {
  std::string what;   // as a person names it, for the record
  std::optional<advisories::FilePin> file;
  std::vector<advisories::ServerPin> servers;
  std::vector<std::string> told;   // lines for the person
};

// What the server says is approved with it. Refused where a text hides: nobody can have read it.
Status TakeTools(const advisories::Server& server, const Where& where, advisories::ServerPin* pin, std::vector<std::string>* told) {
  const Result<std::string> said = AskServer(server, where);
  if (!said) return Error{said.error().kind, "mcp:" + server.name + ": " + said.error().text + "; without --ask its command alone can be approved"};
  for (const std::string& note : advisories::NotesOnTools(*said)) {
    if (note.find(": hides ") != std::string::npos) return Error{Error::Kind::kDenied, "mcp:" + server.name + ": " + note + "; look at it with: checkrein advisories doctor --ask-servers"};
    told->push_back("note: " + note);
  }
  const std::vector<std::string> names = advisories::NamesOfTools(*said);
  std::string line = std::to_string(names.size()) + " tools as described now:";
  for (const std::string& name : names) line += " " + name;
  told->push_back(std::move(line));
  pin->tools = Sha256(*said);
  return Done{};
}

Result<Approval> ApprovalOf(const std::string& what, const Where& where, const Digest& key, Pinning pinning) {
  Approval approval;
  approval.what = what;
  if (!what.starts_with("mcp:")) {
    advisories::FilePin pin;
    pin.path = PathOf(what, where);
    const Result<std::string> text = advisories::ReadRegular(pin.path, advisories::kMaxAgentFile);
    if (!text) return text.error();
    pin.workspace = WorkspaceOf(pin.path, where);
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
      advisories::ServerPin pin{name, everywhere ? "" : where.workspace, server.DigestWith(key), {}, UnixMillis()};
      if (pinning == Pinning::kApproveWithTools)
        if (const Status asked = TakeTools(server, where, &pin, &approval.told); !asked) return asked.error();
      approval.servers.push_back(std::move(pin));
    }
  }
  if (approval.servers.empty()) return Error{Error::Kind::kNotFound, what + ": no client is configured to use it here"};
  return approval;
}

void Apply(const Approval& approval, advisories::Pins& pins, const Where& where, Pinning pinning) {
  const std::string name = approval.what.starts_with("mcp:") ? approval.what.substr(4) : "";
  // What is approved now takes the place of what was approved of it before.
  std::erase_if(pins.servers, [&](const advisories::ServerPin& pin) { return !name.empty() && pin.name == name && (pin.workspace.empty() || pin.workspace == where.workspace); });
  if (pinning == Pinning::kForget) {
    const std::string path = name.empty() ? PathOf(approval.what, where) : "";
    std::erase_if(pins.files, [&](const advisories::FilePin& pin) { return pin.path == path && (pin.workspace.empty() || pin.workspace == where.workspace); });
    return;
  }
  if (approval.file) pins.Put(*approval.file);
  for (const advisories::ServerPin& pin : approval.servers) pins.Put(pin);
}

// Recorded first: an approval that nobody could find later is none.
Status Record(monitor::Monitor& monitor, const Approval& approval, const Where& where, Pinning pinning) {
  Value record = monitor::StartRecord(monitor.NewEnvelope(), "pin");
  record.Set("event", pinning == Pinning::kForget ? "withdrawn" : "approved").Set("what", approval.what).Set("workspace", where.workspace);
  if (approval.file) record.Set("path", approval.file->path).Set("sha256", HexEncode(approval.file->digest));
  if (!approval.servers.empty()) record.Set("definitions", static_cast<int64_t>(approval.servers.size()));
  json::Array tools;
  for (const advisories::ServerPin& pin : approval.servers)
    if (pin.tools != Digest{}) tools.emplace_back(HexEncode(pin.tools));
  if (!tools.empty()) record.Set("tools", std::move(tools));
  const Result<uint64_t> index = monitor.Record(std::move(record));
  return index ? Status(Done{}) : Status(index.error());
}

}  // namespace

Digest PinKey(const std::string& state) {
  Digest key{};
  const Result<std::string> bytes = advisories::ReadRegular(state + "/redaction.key", key.size());
  if (bytes && bytes->size() == key.size()) std::copy(bytes->begin(), bytes->end(), key.begin());
  return key;
}

Result<Where> FindWhere(const std::string& home, const std::string& workspace, const PlacesOptions& places_options) {
  Result<monitor::Places> places = places_options.Find();
  if (!places) return places.error();
  Where where;
  where.home = home.empty() ? places->home : advisories::RealPath(home).value_or(home);
  const std::string wanted = workspace.empty() ? "." : workspace;
  const std::optional<std::string> here = advisories::RealPath(wanted);
  if (!here) return Error{Error::Kind::kNotFound, wanted + ": there is no such directory"};
  where.workspace = monitor::WorkspaceFrom(*here, where.home);
  if (where.workspace.empty()) return Error{Error::Kind::kInvalid, *here + ": neither / nor a home is a project; name one"};
  where.places = std::move(places).take();
  return where;
}

Result<std::string> AskServer(const advisories::Server& server, const Where& where) {
  constexpr int kPatienceMs = 30'000;  // a person waits; a hook would not
  return monitor::AskTools(server, {where.places, where.home, where.workspace, environ}, kPatienceMs);
}

int Approve(const std::vector<std::string>& what, const Where& where, Pinning pinning) {
  if (const std::optional<Error> refused = RefusedInside("advisories approve")) return Report(*refused, kFindings);
  monitor::Monitor::Options with;
  with.places = where.places;
  Result<monitor::Monitor> monitor = monitor::Monitor::Open(std::move(with));  // also makes the key
  if (!monitor) return Report(monitor.error(), kIncomplete);
  const bool forget = pinning == Pinning::kForget;
  const Digest key = PinKey(where.places.state);
  std::vector<Approval> approvals;
  for (const std::string& one : what) {
    Result<Approval> approval = forget ? Result<Approval>(Approval{one, {}, {}, {}}) : ApprovalOf(one, where, key, pinning);
    if (!approval) return Report(approval.error(), approval.error().kind == Error::Kind::kDenied ? kFindings : kUsage);
    approvals.push_back(std::move(approval).take());
  }
  for (const Approval& approval : approvals) {
    if (const Status recorded = Record(*monitor, approval, where, pinning); !recorded) return Report(recorded.error(), kIncomplete);
    const Status kept = advisories::PinStore(where.places.state).Update([&](advisories::Pins& pins) { Apply(approval, pins, where, pinning); });
    if (!kept) return Report(kept.error(), kIncomplete);
    if (forget) {
      std::printf("forgotten  %s\n", Plain(approval.what).c_str());
    } else if (approval.file) {
      std::printf("approved   %s\n           sha256 %s; a change is denied from now on\n", Plain(approval.what).c_str(), HexEncode(approval.file->digest).c_str());
    } else {
      std::printf("approved   %s\n           as configured in %zu place(s): command, arguments, environment, address; a change is denied from now on\n", Plain(approval.what).c_str(), approval.servers.size());
      for (const std::string& line : approval.told) std::printf("           %s\n", Plain(line).c_str());
    }
  }
  return kDone;
}

void AddAdvisoriesApprove(const AdvisoriesCommand& advisories) {
  const auto approved = std::make_shared<Options>();
  CLI::App* approve = advisories.Add("approve", "Approve a file, or an MCP server as mcp:NAME, as it stands now: a later change is denied until it is approved again");
  approve->add_option("WHAT", approved->what, "FILE (below the project; ~/FILE below the home) or mcp:NAME")->required();
  approve->add_option("--workspace", approved->workspace, "The project (default: the current directory)");
  approve->add_option("--home", approved->home, "Whose configuration of clients (default: your home)");
  approve->add_flag("--ask", approved->ask, "Start each MCP server named, in a sandbox without a network, and approve what it says of its tools as well");
  approve->add_flag("--forget", approved->forget, "Withdraw the approval: it is untrusted then, and a change is not denied");
  approve->callback([approved, places = advisories.places, &exit = *advisories.exit] {
    const Result<Where> where = FindWhere(approved->home, approved->workspace, *places);
    exit.code = where ? Approve(approved->what, *where, approved->forget ? Pinning::kForget : approved->ask ? Pinning::kApproveWithTools : Pinning::kApprove) : Report(where.error(), kUsage);
  });
}

}  // namespace checkrein::cli
