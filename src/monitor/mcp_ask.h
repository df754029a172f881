// Asks an MCP server what it says to the model, and believes it nothing: the server runs in a sandbox of its own, without a network, with the
// workspace to read and no home; a child that is locked with seccomp reads what it says; both end with the question.
//
//   Result<std::string> said = AskTools(server, where, kAskDeadlineMs);     // canonical text (advisories/pins/tools.h)
//
// NOT covered: a server that needs a network, a key in a file of the home, or more time to begin: it cannot be asked. One that tells this
// from a client's question can answer otherwise. The session's copy: what is asked is the workspace as it lies outside.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "advisories/inventory/server.h"
#include "advisories/pins/pins.h"
#include "base/digest.h"
#include "base/result.h"
#include "monitor/places.h"

namespace checkrein::monitor {

struct AskWhere {
  Places places;
  std::string home;         // whose toolchains and servers; usually places.home
  std::string workspace;    // "" for none
  const char* const* environment = nullptr;
};

inline constexpr int kAskDeadlineMs = 6'000;   // within the judge's own deadline: the client waits

// Of `server` count command, args, env and cwd. Errors: kInvalid (it has no command), kLimit (too slow, too much), kDenied and kInvalid (what
// it answers), kUnsupported and others of the sandbox.
Result<std::string> AskTools(const advisories::Server& server, const AskWhere& where, int deadline_ms);

// What servers answered, so that each is asked once in a session, and again when the files that its command names are others.
class AskedTools {
 public:
  explicit AskedTools(const std::string& state) : path_(state + "/asked") {}
  static Digest KeyOf(std::string_view session, const advisories::Server& server, const std::string& workspace);
  std::optional<Digest> Find(const Digest& key) const;
  void Keep(const Digest& key, const Digest& tools) const;  // what cannot be kept is asked again

 private:
  struct Answer {
    Digest key{}, tools{};
  };
  std::vector<Answer> Load() const;
  std::string path_;
};

}  // namespace checkrein::monitor
