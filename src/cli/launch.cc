#include "cli/launch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "agent/profile.h"
#include "base/fd.h"
#include "base/path.h"
#include "monitor/command.h"
#include "monitor/protocol.h"

namespace checkrein::cli {
namespace {

using sandbox::Access;
using sandbox::Audience;
using sandbox::Bind;

Result<std::string> RealPath(const std::string& path) {
  char real[PATH_MAX];
  if (realpath(path.c_str(), real) == nullptr) return SystemError(path, errno);
  return std::string(real);
}

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

std::string Variable(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

// Where a session shows nothing of the host, so that tools that live there must be shown on purpose (sandbox/session.h).
bool IsHidden(const std::string& path, const std::string& home) {
  for (const char* tree : {"/home", "/root", "/run", "/tmp", "/var/tmp", "/mnt", "/media", "/srv"})
    if (IsBeneath(path, tree)) return true;
  return IsBeneath(path, home);
}

size_t Depth(std::string_view path) { return static_cast<size_t>(std::count(path.begin(), path.end(), '/')); }

// What of a hidden tree a program needs to start: its own directory, or the whole package that it is part of.
std::string InstallRoot(const std::string& program) {
  if (const size_t at = program.find("/node_modules/"); at != std::string::npos) return program.substr(0, at + 13);
  return std::string(DirName(program));
}

class Shown {
 public:
  Shown(const std::string& home, const std::string& workspace) : home_(home), workspace_(workspace) {}
  void Add(const std::string& directory) {
    // Never the home itself or what holds it: showing a tool must not show keys.
    if (!IsHidden(directory, home_) || IsBeneath(home_, directory) || IsBeneath(directory, workspace_) || !Exists(directory)) return;
    if (std::any_of(binds_.begin(), binds_.end(), [&](const Bind& bind) { return bind.target == directory; })) return;
    binds_.push_back({directory, directory, Access::kReadOnly, Audience::kEveryone});
  }
  // A directory of PATH; for a tool chain's `bin` deep in the home, the tool chain (~/.nvm/versions/node/v22/bin, not ~/.cargo/bin: that one's
  // parent holds credentials).
  void AddPathEntry(const std::string& entry) {
    const bool tool_chain = BaseName(entry) == "bin" && Depth(entry) >= Depth(home_) + 4;
    Add(tool_chain ? std::string(DirName(entry)) : entry);
  }
  std::vector<Bind> take() { return std::move(binds_); }

 private:
  std::string home_, workspace_;
  std::vector<Bind> binds_;
};

enum class EndpointOf { kModel, kPerson };

Status AddEndpoint(const std::string& text, monitor::RunOptions& options, EndpointOf whose) {
  Result<egress::Endpoint> endpoint = text.find("://") == std::string::npos ? egress::ParseEndpoint(text, 443) : egress::EndpointOfUrl(text);
  if (!endpoint) return endpoint.error();
  if (whose == EndpointOf::kModel) options.model_hosts.push_back(endpoint->host);
  std::vector<egress::Endpoint>& endpoints = whose == EndpointOf::kModel ? options.endpoints : options.reach;
  const bool known = std::any_of(endpoints.begin(), endpoints.end(), [&](const egress::Endpoint& e) { return e.host == endpoint->host && e.port == endpoint->port; });
  if (!known) endpoints.push_back(std::move(endpoint).take());
  return Done{};
}

Status AddClient(const agent::Profile& profile, const std::string& home, monitor::RunOptions& options, std::vector<std::string>& keep) {
  for (const std::string& host : profile.model_hosts)
    if (const Status added = AddEndpoint(host, options, EndpointOf::kModel); !added) return added;
  for (const std::string& name : profile.base_url_variables) {
    const std::string url = Variable(name.c_str());
    if (url.empty()) continue;
    if (const Status added = AddEndpoint(url, options, EndpointOf::kModel); !added) return Error{added.error().kind, name + ": " + added.error().text};
  }
  for (const agent::StatePath& state : profile.state) {
    const std::string path = home + "/" + state.path;
    // A state directory that is not there yet is made, so that a first log-in is kept; a file is not, for the client makes its own.
    if (!Exists(path)) {
      if (state.type == agent::StatePath::Type::kFile) continue;
      if (const Status made = MakeDirectories(path, 0700); !made) return made;
    }
    options.binds.push_back({path, path, Access::kReadWrite, Audience::kAgentOnly});
  }
  const Result<std::vector<agent::PlantedFile>> files = agent::ManagedFiles(profile, {{monitor::kInsideHook, "--supervisor", monitor::kInsideSocket}}, agent::Seat::kRun);
  if (!files) return files.error();
  for (const agent::PlantedFile& file : *files) {
    // Some obey a file only if root owns it, and all directories above it. An ordinary user has none to show, but the agent can be shown its own user as root.
    if (file.needs_root_owner && geteuid() != 0) options.identity = sandbox::Identity::kAppearsRoot;
    if (file.needs_root_owner) options.host_files = sandbox::HostFiles::kTheirOwners;
    options.planted.push_back({file.path, file.content, 0444});
  }
  keep = profile.keep_variables;
  return Done{};
}

// The directories of PATH, and those that hold the program and what it is part of.
void ShowProgram(Shown& shown, const std::string& program, const std::string& real) {
  const std::string path = Variable("PATH");
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find(':', at), path.size());
    if (end > at && path[at] == '/') shown.AddPathEntry(NormalizePath(path.substr(at, end - at), "/"));
    at = end + 1;
  }
  shown.Add(std::string(DirName(program)));
  shown.Add(InstallRoot(program));
  shown.Add(InstallRoot(real));
}

}  // namespace

Result<std::string> FindProgram(const std::string& name) {
  char cwd[PATH_MAX];
  if (getcwd(cwd, sizeof cwd) == nullptr) return SystemError("current directory", errno);
  if (name.find('/') != std::string::npos) return NormalizePath(name, cwd);
  const std::string path = Variable("PATH");
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find(':', at), path.size());
    const std::string candidate = NormalizePath(path.substr(at, end - at) + "/" + name, cwd);
    if (end > at && access(candidate.c_str(), X_OK) == 0) return candidate;
    at = end + 1;
  }
  return Error{Error::Kind::kNotFound, name + ": not found in PATH"};
}

Result<std::vector<Bind>> BindsToStart(const std::string& program, const std::string& home, const std::string& workspace) {
  const Result<std::string> real = RealPath(program);
  if (!real) return real.error();
  Shown shown(home, workspace);
  ShowProgram(shown, program, *real);
  return shown.take();
}

Result<std::string> ProgramBeside(const std::string& name) {
  const Result<std::string> self = RealPath("/proc/self/exe");
  if (!self) return self.error();
  const std::string path = std::string(DirName(*self)) + "/" + name;
  if (access(path.c_str(), X_OK) != 0) return Error{Error::Kind::kNotFound, path + ": not there; install checkrein as a whole"};
  return path;
}

Result<monitor::RunOptions> PlanLaunch(const LaunchRequest& request) {
  monitor::RunOptions options;
  options.places = request.places;
  options.hold = request.hold;
  options.published = request.published;
  Result<std::string> workspace = RealPath(request.workspace.empty() ? "." : request.workspace);
  if (!workspace) return workspace.error();
  options.workspace = *workspace;
  Result<std::string> home = RealPath(request.home.empty() ? request.places.home : request.home);
  if (!home) return home.error();
  options.places.home = *home;
  if (options.workspace == "/" || IsBeneath(*home, options.workspace))
    return Error{Error::Kind::kInvalid, options.workspace + ": holds the home directory, so it cannot be the workspace; change into a project directory, or name --workspace"};
  const Result<std::string> hook = request.hook.empty() ? ProgramBeside("checkrein-hook") : RealPath(request.hook);
  if (!hook) return hook.error();
  options.hook = *hook;

  const Result<std::string> program = FindProgram(request.argv.front());
  if (!program) return program.error();
  const Result<std::string> real = RealPath(*program);
  if (!real) return real.error();
  options.argv = request.argv;
  options.program = *program;

  std::vector<std::string> keep = request.variables;
  std::vector<std::pair<std::string, std::string>> set;
  std::optional<agent::Client> client = agent::ClientOfProgram(request.argv.front());
  if (!request.client.empty()) {
    client = agent::ClientFromName(request.client);
    if (!client) return Error{Error::Kind::kInvalid, "--client " + request.client + ": not claude, codex, gemini, copilot or opencode"};
  }
  if (client) {
    const Result<agent::Profile> profile = agent::ReadProfile(*client);
    if (!profile) return profile.error();
    std::vector<std::string> names;
    if (const Status added = AddClient(*profile, *home, options, names); !added) return added.error();
    keep.insert(keep.end(), names.begin(), names.end());
    set = profile->set_variables;
  }
  for (const std::string& endpoint : request.reach)
    if (const Status added = AddEndpoint(endpoint, options, EndpointOf::kPerson); !added) return added.error();

  Shown shown(*home, options.workspace);
  ShowProgram(shown, *program, *real);
  for (const std::string& directory : request.show) {
    const Result<std::string> found = RealPath(directory);
    if (!found) return found.error();
    shown.Add(*found);
  }
  for (Bind& bind : shown.take()) options.binds.push_back(std::move(bind));

  options.environment = monitor::AgentEnvironment(environ, keep);
  const auto give = [&](const std::string& name, const std::string& value) {
    std::erase_if(options.environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
    options.environment.push_back(name + "=" + value);
  };
  give("HOME", *home);
  for (const auto& [name, value] : set) give(name, value);
  return options;
}

}  // namespace checkrein::cli
