#include "advisories/pins/watch.h"

#include <time.h>

#include <algorithm>

#include "advisories/inventory/agent_files.h"
#include "base/path.h"

namespace checkrein::advisories {
namespace {

// A file that was written in the moment in which it was read could be written once more without a new stamp: clocks of file systems have
// ticks, network file systems coarse ones.
constexpr int64_t kSettledNs = 2'000'000'000;

bool IsSettled(const FileStamp& stamp) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec - std::max(stamp.modified_ns, stamp.changed_ns) > kSettledNs;
}

// As clients spell a server's name within a tool's.
std::string Spelt(std::string_view name) {
  std::string out;
  for (const char c : name) out += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ? c : '_';
  return out;
}

}  // namespace

std::string ShownPath(const std::string& path, const std::string& workspace) {
  return !workspace.empty() && path != workspace && IsBeneath(path, workspace) ? path.substr(workspace.size() + 1) : path;
}

bool PinWatch::IsAsApproved(FilePin& pin, const Eyes& eyes, bool* fresh) {
  const std::optional<FileStamp> stamp = eyes.stamp(pin.path);
  if (!stamp) return false;
  const auto known = stamps_ == Stamps::kInMemory ? seen_.find(pin.path) : seen_.end();
  if (known != seen_.end() ? known->second == std::pair(pin.digest, *stamp) : pin.stamp == *stamp) return true;
  const std::optional<std::string> text = eyes.read(pin.path, kMaxAgentFile);
  if (!text || Sha256(*text) != pin.digest) return false;
  // The stamp of before the reading: whoever wrote meanwhile has left another.
  if (!IsSettled(*stamp)) return true;
  if (stamps_ == Stamps::kInMemory) {
    seen_.insert_or_assign(pin.path, std::pair(pin.digest, *stamp));
  } else {
    pin.stamp = *stamp;
    *fresh = true;
  }
  return true;
}

PinReport PinWatch::Check(const std::string& workspace, const Eyes& eyes) {
  PinReport report;
  Result<Pins> pins = store_.Load();
  if (!pins) {
    report.changed.push_back(pins.error().text);
    return report;
  }
  bool fresh = false;
  for (FilePin& pin : pins->files) {
    if (!pin.workspace.empty() && pin.workspace != workspace) continue;
    if (!IsAsApproved(pin, eyes, &fresh)) report.changed.push_back(ShownPath(pin.path, workspace) + " has changed since it was approved");
  }
  for (ServerPin& pin : pins->servers)
    if (pin.workspace.empty() || pin.workspace == workspace) report.servers.push_back(std::move(pin));
  if (fresh) {
    // Only a saving of time: another process may have approved or withdrawn meanwhile, and what is not written is found anew.
    [[maybe_unused]] const Status kept = store_.Update([&](Pins& now) {
      for (FilePin& pin : now.files)
        for (const FilePin& found : pins->files)
          if (found.path == pin.path && found.workspace == pin.workspace && found.digest == pin.digest) pin.stamp = found.stamp;
    });
  }
  return report;
}

bool MayBeToolOf(std::string_view tool, std::string_view mcp_server, std::string_view name) {
  const std::string spelt = Spelt(name);
  if (!mcp_server.empty()) return mcp_server == name || Spelt(mcp_server) == spelt;
  std::string rest = Spelt(tool);
  for (const std::string_view prefix : {"mcp__", "mcp_"}) {
    if (rest.starts_with(prefix)) {
      rest.erase(0, prefix.size());
      break;
    }
  }
  return rest.starts_with(spelt) && (rest.size() == spelt.size() || rest[spelt.size()] == '_' || rest[spelt.size()] == '-');
}

std::vector<std::string> ChangedServers(const std::vector<ServerPin>& pins, std::string_view tool, std::string_view mcp_server, const std::string& workspace, const std::vector<ConfigText>& texts, const Digest& key) {
  return LookAtServers(pins, tool, mcp_server, workspace, texts, key).changed;
}

ServerReport LookAtServers(const std::vector<ServerPin>& pins, std::string_view tool, std::string_view mcp_server, const std::string& workspace, const std::vector<ConfigText>& texts, const Digest& key) {
  ServerReport report;
  std::vector<std::string>& changed = report.changed;
  std::vector<std::string> names;
  for (const ServerPin& pin : pins)
    if (MayBeToolOf(tool, mcp_server, pin.name) && std::find(names.begin(), names.end(), pin.name) == names.end()) names.push_back(pin.name);
  if (names.empty()) return report;
  std::vector<Server> servers;
  for (const ConfigText& text : texts) {
    if (!text.text && !text.broken) continue;
    Result<Servers> read = text.broken ? Result<Servers>(Error{Error::Kind::kIo, text.place.path + ": cannot be read"}) : ServersIn(text.place, *text.text);
    if (!read) {
      changed.push_back(read.error().text + ": which servers it starts is not known");
      continue;
    }
    for (Server& server : read->servers)
      if (server.project.empty() || server.project == workspace) servers.push_back(std::move(server));
    for (const std::string& problem : read->problems) changed.push_back(problem);
  }
  for (const std::string& name : names) {
    bool defined = false;
    for (const Server& server : servers) {
      if (server.name != name && Spelt(server.name) != Spelt(name)) continue;
      defined = true;
      const Digest digest = server.DigestWith(key);
      bool approved = false;
      ToBeAsked asked;
      for (const ServerPin& pin : pins) {
        if (pin.name != server.name || pin.digest != digest) continue;
        approved = true;
        if (pin.tools != Digest{}) asked.approved.push_back(pin.tools);
      }
      if (!asked.approved.empty()) {
        asked.server = server;
        report.asked.push_back(std::move(asked));
      }
      if (!approved) changed.push_back("the MCP server " + server.name + " is not what was approved: " + notation::Place(server.path, server.at));
    }
    if (!defined) changed.push_back("the MCP server " + name + " was approved and is not configured where it was");
  }
  return report;
}

}  // namespace checkrein::advisories
