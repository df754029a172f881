// Which package registries this machine's package managers are configured to use: what the group `registry` of policies holds. No host is
// written in our sources; each is read from a file of a manager or told by the manager itself.
//
//   for (const Registry& r : FindRegistries({"/", "/home/mira"}, AskManagers::kYes)) Print(r.host, r.told_by);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace checkrein::cli {

struct Registry {
  std::string host;      // as policies have it: lower case, with a port only where the address has one that is not 443 or 80
  std::string told_by;   // "pip, /etc/pip.conf"; the first that said so
};

struct RegistryPlaces {
  std::string root;      // "" for the machine's own: before /etc
  std::string home;
};

// kYes also runs `npm config get registry` and the like, which know their built-in answer, in `home`, never in a project: a project's own
// configuration must not name a host that is trusted everywhere.
enum class AskManagers : uint8_t { kNo, kYes };

// Each host once, in order. What cannot be read as an address is passed over: a registry less is a question more. Files: apt, pip, npm, yarn,
// cargo, go, gem, Maven.
std::vector<Registry> FindRegistries(const RegistryPlaces& places, AskManagers ask);

// The hosts of addresses (scheme://[user@]host[:port]/...) in a file of a manager's own form.
std::vector<std::string> HostsIn(std::string_view text);

// settings.json with these hosts added to "registries"; the same text when all are there. kInvalid when it is no such file.
Result<std::string> WithRegistries(const std::string& settings, const std::vector<Registry>& registries);

}  // namespace checkrein::cli
