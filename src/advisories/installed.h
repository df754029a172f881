// An agent client that is installed on this machine, as the inventory finds it (inventory/) and as exposure, shields and history use it.
//
//   for (const FoundClient& client : FindClients(...).clients) client.what   // {"claude", "npm", "@anthropic-ai/claude-code", "2.1.1", "/usr/lib/...", "..."}
//
// Nothing in it is what a client says of itself while it runs: what decides whether a shield is in force may not come from there.
#pragma once

#include <string>

namespace checkrein::advisories {

struct Installed {
  std::string client;     // as in data/clients: claude, codex, gemini, copilot, opencode; or another product, such as cursor
  std::string ecosystem;  // of OSV, e.g. "npm"; "" for a program that comes from no registry
  std::string package;    // the ecosystem's name for it: "@anthropic-ai/claude-code"
  std::string version;    // "" when it cannot be told: then every version counts as affected
  std::string path;       // real path of the program
  std::string source;     // where the version was read, for people: "package.json beside the program"
};

}  // namespace checkrein::advisories
