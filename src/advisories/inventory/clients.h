// Which agent clients are installed: in npm's prefixes, by their makers' installers, in PATH, and as running processes. Offline, and nothing
// is executed: a version is what package.json beside the program or the installer's layout says.
//
//   ClientInventory found = FindClients({home, {"/usr/bin"}, {}, workspace, "/proc"});
//   for (const FoundClient& client : found.clients) client.what.version, client.found_by, client.would_run ...
//
// Several copies of one client are several rows. NOT covered: a client under another name that lies in no npm package and no known
// layout; other machines, containers that are not running; programs that only another user may look at (said so in `not_seen`).
#pragma once

#include <string>
#include <vector>

#include "advisories/installed.h"
#include "base/result.h"

namespace checkrein::advisories {

struct Search {
  std::string home;                    // "": none
  std::vector<std::string> path;       // directories in the order of PATH
  std::vector<std::string> prefixes;   // further places: npm prefixes, projects, other homes
  std::string workspace;               // its node_modules and those of the directories above it; "": none
  std::string proc = "/proc";          // "": processes are not looked at
};

struct FoundClient {
  Installed what;
  std::vector<std::string> found_by;   // "npm prefix /usr", "PATH: /usr/bin/claude", "process 4711"
  bool would_run = false;              // what its name starts, by PATH
  std::vector<int> processes;
  std::vector<std::string> notes;      // links that leave the home, deleted programs, ...
};

// Something that could not be read as what it should be. `place`: file, or file:line:col.
struct Problem {
  std::string text;
};

struct ClientInventory {
  std::vector<FoundClient> clients;    // by client, then path
  std::vector<Problem> problems;       // package.json files that are not in order: each is a finding
  std::vector<std::string> not_seen;   // what this user may not look at
  std::vector<std::string> places;     // directories that were looked in, or the nearest above those that are not there: what is installed
                                       // later shows by a change of one of them
};
ClientInventory FindClients(const Search& search);

// The search of a person: PATH, with the usual directories behind it whether PATH names them or not.
Search SearchOf(const std::string& home, const std::string& path_variable, const std::string& workspace);

}  // namespace checkrein::advisories
