// Whether what was approved is still what it was: a look at the stamp of each file, and at its bytes only where the stamp differs.
//
//   PinWatch watch(state, PinWatch::Stamps::kKept);
//   PinReport report = watch.Check(workspace, eyes);
//   if (!report.changed.empty()) ...   // "CLAUDE.md has changed since it was approved"
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisories/inventory/server.h"
#include "advisories/pins/pins.h"

namespace checkrein::advisories {

// How the session sees files: under `run` that is the copy, not the host.
struct Eyes {
  std::function<std::optional<FileStamp>(const std::string& path)> stamp;  // nothing: no such file
  std::function<std::optional<std::string>(const std::string& path, size_t cap)> read;
};

struct PinReport {
  std::vector<std::string> changed;   // one line for each file, for people; also when the list itself is damaged
  std::vector<ServerPin> servers;     // those that concern the session; to be held against the configuration when one is called
};

class PinWatch {
 public:
  // With hooks only each process is new, so a stamp that was found good again is written back; a supervisor keeps its own in memory, for
  // the session's files have other numbers than the host's.
  enum class Stamps : uint8_t { kKept, kInMemory };
  PinWatch(const std::string& state, Stamps stamps) : store_(state), stamps_(stamps) {}

  bool HasPins() const { return store_.Exists(); }
  // Cost: one file to read and one stamp for each pinned file of the workspace (1 us each).
  PinReport Check(const std::string& workspace, const Eyes& eyes);

 private:
  bool IsAsApproved(FilePin& pin, const Eyes& eyes, bool* fresh);
  PinStore store_;
  Stamps stamps_;
  std::map<std::string, std::pair<Digest, FileStamp>> seen_;  // kInMemory: by path
};

// `path` as the person named it in `workspace`.
std::string ShownPath(const std::string& path, const std::string& workspace);

// Whether a call of `tool` may be one of server `name`, as clients write both: "mcp__every__echo", "every/echo", "mcp_every_echo". Errs on the
// side of yes.
bool MayBeToolOf(std::string_view tool, std::string_view mcp_server, std::string_view name);

// The client's configuration as far as it was read: `text` is nothing where there is no file, `broken` where it cannot be read.
struct ConfigText {
  ConfigPlace place;
  std::optional<std::string> text;
  bool broken = false;
};
// A server whose definition is as approved and whose tools were approved as well: to be asked what it says now.
struct ToBeAsked {
  Server server;
  std::vector<Digest> approved;   // of its canonical text: one of these
};
struct ServerReport {
  std::vector<std::string> changed;
  std::vector<ToBeAsked> asked;
};
ServerReport LookAtServers(const std::vector<ServerPin>& pins, std::string_view tool, std::string_view mcp_server, const std::string& workspace, const std::vector<ConfigText>& texts, const Digest& key);
// What of the servers in `pins` that `tool` may belong to is not as approved, one line each; none when all is well or nothing is pinned.
// Every definition of the name that `client` would see in `workspace` must be one that was approved, and there must be one.
std::vector<std::string> ChangedServers(const std::vector<ServerPin>& pins, std::string_view tool, std::string_view mcp_server, const std::string& workspace, const std::vector<ConfigText>& texts, const Digest& key);

}  // namespace checkrein::advisories
