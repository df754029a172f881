// `checkrein advisories inventory`: which agent clients are installed and running, which MCP servers they are configured to use, which
// files of the workspace agents obey, and where Checkrein itself stands. Offline; executes nothing; changes nothing.
// Exit: 0; 1 something is not in order (a hostile or broken file); 3 something could not be read.
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>

#include "advisories/doctor/effects.h"
#include "advisories/inventory/agent_files.h"
#include "advisories/inventory/clients.h"
#include "advisories/inventory/look.h"
#include "advisories/inventory/server.h"
#include "agent/install.h"
#include "agent/profile.h"
#include "base/bytes.h"
#include "base/json.h"
#include "base/path.h"
#include "cli/advisories_command.h"
#include "cli/launch.h"
#include "monitor/judge.h"
#include "monitor/settings.h"
#include "monitor/supervisor.h"
#include "report/text.h"
#include "secret/redact.h"

namespace checkrein::cli {
namespace {

using json::Array;
using json::Object;
using json::Value;
using report::Plain;

struct Options {
  std::string home, workspace, path, format = "table";
  std::vector<std::string> prefixes;
};

// Where Checkrein stands with one client.
struct OwnSeat {
  std::string client, how, file;  // how: "hooks" (user-level), "system", "none"
};

struct Inventory {
  advisories::ClientInventory clients;
  std::vector<advisories::Server> servers;
  advisories::AgentFiles files;
  std::vector<std::string> problems, incomplete;
  std::vector<OwnSeat> seats;
  std::string policy_set, settings_trouble, state;
  std::vector<std::string> policies;
  size_t sessions = 0;  // of `checkrein run` that are running
};

// Of a command line or an address, what may be shown.
std::string Shown(const std::string& text) { return secret::Redact(text, Digest{}); }

std::string ShownAddress(const std::string& url) { return Shown(advisories::ShownAddress(url)); }

void FindServers(const std::string& home, const std::string& workspace, Inventory& out) {
  for (const advisories::ConfigPlace& place : advisories::ConfigPlaces(home, workspace)) {
    const Result<std::string> text = advisories::ReadRegular(place.path, advisories::kMaxConfigFile);
    if (!text) {
      if (text.error().kind != Error::Kind::kNotFound) out.incomplete.push_back(text.error().text);
      continue;
    }
    const Result<advisories::Servers> servers = advisories::ServersIn(place, *text);
    if (!servers) {
      out.problems.push_back(servers.error().text);
      continue;
    }
    out.servers.insert(out.servers.end(), servers->servers.begin(), servers->servers.end());
    out.problems.insert(out.problems.end(), servers->problems.begin(), servers->problems.end());
  }
}

// Whether a file names our hook at all, whatever its options.
bool NamesHook(const std::string& path) {
  const Result<std::string> text = advisories::ReadRegular(path, advisories::kMaxConfigFile);
  return text && text->find("checkrein-hook") != std::string::npos;
}

void FindSeats(const std::string& home, Inventory& out) {
  for (const agent::Client client : {agent::Client::kClaude, agent::Client::kCodex, agent::Client::kGemini, agent::Client::kCopilot, agent::Client::kOpenCode}) {
    const Result<agent::Profile> profile = agent::ReadProfile(client);
    if (!profile) continue;
    OwnSeat seat{std::string(agent::ClientName(client)), "none", ""};
    for (const agent::FileTemplate& file : profile->managed)
      if (NamesHook(file.path)) seat = {seat.client, "system", file.path};
    for (const agent::FileTemplate& file : profile->user)
      if (seat.how == "none" && NamesHook(home + "/" + file.path)) seat = {seat.client, "hooks", home + "/" + file.path};
    out.seats.push_back(std::move(seat));
  }
}

void FindOwnMode(const monitor::Places& places, Inventory& out) {
  out.state = places.state;
  const Result<monitor::Settings> settings = monitor::LoadSettings(places.config);
  if (settings) {
    out.policy_set = settings->policy_set;
    for (const policy::PolicySet::Text& text : settings->texts) out.policies.push_back(text.file);
  } else {
    out.settings_trouble = settings.error().text;
  }
  const std::string root = monitor::ControlDirectory(places.state);
  for (const std::string& name : advisories::NamesIn(root)) out.sessions += advisories::Exists(root + "/" + name + "/control");
}

Value Texts(const std::vector<std::string>& texts) { return Array(texts.begin(), texts.end()); }

Value ToJson(const advisories::FoundClient& client) {
  Array processes;
  for (const int pid : client.processes) processes.emplace_back(pid);
  return Object{{"client", client.what.client}, {"ecosystem", client.what.ecosystem}, {"package", client.what.package}, {"version", client.what.version}, {"path", client.what.path}, {"source", client.what.source},
                {"found_by", Texts(client.found_by)}, {"would_run", client.would_run}, {"processes", processes}, {"notes", Texts(client.notes)}};
}

Value ToJson(const advisories::Server& server) {
  Array args, env, headers;
  for (const std::string& arg : server.args) args.emplace_back(Shown(arg));
  for (const auto& [name, value] : server.env) env.emplace_back(name);
  for (const auto& [name, value] : server.headers) headers.emplace_back(name);
  return Object{{"name", server.name}, {"clients", server.clients}, {"scope", server.scope}, {"project", server.project}, {"source", notation::Place(server.path, server.at)},
                {"command", Shown(server.command)}, {"args", args}, {"url", ShownAddress(server.url)}, {"env", env}, {"headers", headers}, {"enabled", server.enabled}, {"trusted", server.trusted},
                {"kind", advisories::OriginName(server.origin.kind)}, {"package", Shown(server.origin.package)}, {"version", Shown(server.origin.version)}, {"pinned", server.origin.pinned}, {"why", server.origin.why}};
}

Value ToJson(const advisories::AgentFile& file) {
  return Object{{"path", file.path}, {"kind", file.kind}, {"size", file.size}, {"sha256", file.trouble.empty() ? HexEncode(file.digest) : ""}, {"trouble", file.trouble}, {"note", file.note}};
}

void PrintJson(const Inventory& inventory) {
  Array clients, servers, files, seats;
  for (const auto& client : inventory.clients.clients) clients.push_back(ToJson(client));
  for (const auto& server : inventory.servers) servers.push_back(ToJson(server));
  for (const auto& file : inventory.files.files) files.push_back(ToJson(file));
  for (const OwnSeat& seat : inventory.seats) seats.push_back(Object{{"client", seat.client}, {"how", seat.how}, {"source", seat.file}});
  const Object own{{"version", CHECKREIN_VERSION}, {"state", inventory.state}, {"policy_set", inventory.policy_set}, {"policies", Texts(inventory.policies)}, {"settings_trouble", inventory.settings_trouble},
                   {"running_sessions", static_cast<int64_t>(inventory.sessions)}, {"clients", seats}};
  const Object all{{"format", "checkrein-inventory-v1"}, {"clients", clients}, {"mcp_servers", servers}, {"files", files}, {"checkrein", own},
                   {"problems", Texts(inventory.problems)}, {"incomplete", Texts(inventory.incomplete)}, {"not_seen", Texts(inventory.clients.not_seen)}};
  std::printf("%s\n", Value(all).Dump().c_str());
}

void PrintClients(const Inventory& inventory) {
  if (inventory.clients.clients.empty()) std::puts("No agent client was found.");
  for (const auto& client : inventory.clients.clients) {
    std::printf("%-10s %-12s %s%s\n", Plain(client.what.client).c_str(), client.what.version.empty() ? "(unknown)" : Plain(client.what.version).c_str(), Plain(client.what.path).c_str(),
                client.would_run ? "   <- what its name starts" : "");
    std::printf("%-23s version from %s\n", "", Plain(client.what.source).c_str());
    for (const std::string& by : client.found_by) std::printf("%-23s found by %s\n", "", Plain(by).c_str());
    for (const std::string& note : client.notes) std::printf("%-23s note: %s\n", "", Plain(note).c_str());
  }
}

void PrintServers(const Inventory& inventory) {
  for (const auto& server : inventory.servers) {
    std::string line = server.command.empty() ? ShownAddress(server.url) : Shown(server.command);
    for (const std::string& arg : server.args) line += " " + Shown(arg);
    std::printf("mcp        %-12s %s%s\n", Plain(server.name).c_str(), Plain(line).c_str(), server.enabled ? "" : "   (switched off)");
    std::printf("%-23s %s: %s\n", "", server.origin.pinned ? "pinned" : "NOT PINNED", Plain(std::string(advisories::OriginName(server.origin.kind)) + (server.origin.package.empty() ? "" : " " + Shown(server.origin.package)) +
                (server.origin.version.empty() ? "" : " " + Shown(server.origin.version)) + ", " + server.origin.why).c_str());
    std::string names;
    for (const auto& [name, value] : server.env) names += " " + name;
    if (!names.empty()) std::printf("%-23s environment:%s\n", "", Plain(names).c_str());
    std::printf("%-23s %s, %s, from %s\n", "", Plain(server.clients).c_str(), Plain(server.scope).c_str(), Plain(notation::Place(server.path, server.at)).c_str());
  }
}

void Print(const Inventory& inventory) {
  PrintClients(inventory);
  if (!inventory.servers.empty()) std::puts("");
  PrintServers(inventory);
  if (!inventory.files.files.empty()) std::puts("");
  for (const auto& file : inventory.files.files) {
    std::printf("file       %-12s %s\n%-23s %s\n", file.kind.c_str(), Plain(file.path).c_str(), "", file.trouble.empty() ? ("sha256 " + HexEncode(file.digest)).c_str() : Plain(file.trouble).c_str());
    if (!file.note.empty()) std::printf("%-23s note: %s\n", "", Plain(file.note).c_str());
  }
  std::printf("\ncheckrein  %-12s state in %s; policy set %s and %zu files of yours; %zu running sessions\n", CHECKREIN_VERSION, Plain(inventory.state).c_str(),
              inventory.settings_trouble.empty() ? Plain(inventory.policy_set).c_str() : "(broken settings)", inventory.policies.size(), inventory.sessions);
  for (const OwnSeat& seat : inventory.seats) std::printf("%-23s %s: %s%s\n", "", seat.client.c_str(), seat.how == "none" ? "no hook installed" : (seat.how + ", ").c_str(), Plain(seat.file).c_str());
  for (const std::string& problem : inventory.problems) std::printf("FINDING    %s\n", Plain(problem).c_str());
  for (const std::string& what : inventory.incomplete) std::printf("INCOMPLETE %s\n", Plain(what).c_str());
  for (const std::string& what : inventory.clients.not_seen) std::printf("not seen   %s\n", Plain(what).c_str());
}

int RunInventory(const Options& options, const PlacesOptions& places_options) {
  const Result<monitor::Places> places = places_options.Find();
  if (!places) return Report(places.error(), kUsage);
  const std::string home = options.home.empty() ? places->home : advisories::RealPath(options.home).value_or(options.home);
  const std::string wanted = options.workspace.empty() ? "." : options.workspace;
  const std::optional<std::string> here = advisories::RealPath(wanted);
  if (!here) return Report(Error{Error::Kind::kNotFound, wanted + ": there is no such directory"}, kUsage);
  // As a session would have it: neither "/" nor a home is a project.
  const std::string workspace = monitor::WorkspaceFrom(*here, home);
  const char* path = getenv("PATH");
  advisories::Search search = advisories::SearchOf(home, !options.path.empty() ? options.path : path != nullptr ? path : "", workspace);
  for (const std::string& prefix : options.prefixes) search.prefixes.push_back(advisories::RealPath(prefix).value_or(prefix));

  Inventory inventory;
  inventory.clients = advisories::FindClients(search);
  for (const advisories::Problem& problem : inventory.clients.problems) inventory.problems.push_back(problem.text);
  FindServers(home, workspace, inventory);
  inventory.files = advisories::FindAgentFiles(workspace, home);
  inventory.incomplete.insert(inventory.incomplete.end(), inventory.files.incomplete.begin(), inventory.files.incomplete.end());
  FindSeats(home, inventory);
  FindOwnMode(*places, inventory);
  if (options.format == "json") {
    PrintJson(inventory);
  } else {
    Print(inventory);
  }
  if (!inventory.problems.empty()) return kFindings;
  return inventory.incomplete.empty() ? kDone : kIncomplete;
}

}  // namespace

void AddAdvisoriesInventory(const AdvisoriesCommand& advisories) {
  CLI::App* command = advisories.Add("inventory", "List installed and running agent clients, their MCP servers, the files of the workspace that agents obey, and where Checkrein stands");
  const auto options = std::make_shared<Options>();
  command->add_option("--home", options->home, "Whose installations and configuration (default: your home)");
  command->add_option("--workspace", options->workspace, "The project (default: the current directory)");
  command->add_option("--prefix", options->prefixes, "A further npm prefix, project or home to search; may be repeated")->allow_extra_args(false);
  command->add_option("--path", options->path, "Directories to search instead of those of PATH, parted by colons");
  command->add_option("--format", options->format, "table or json")->check(CLI::IsMember({"table", "json"}));
  command->callback([options, places = advisories.places, &exit = *advisories.exit] { exit.code = RunInventory(*options, *places); });
}

}  // namespace checkrein::cli
