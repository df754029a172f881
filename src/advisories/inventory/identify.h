// What a program or a package directory is, from what lies around it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisories/inventory/products.h"

namespace checkrein::advisories {

struct Identity {
  std::string client;      // "": none that we know
  std::string ecosystem, package, version;
  std::string program;     // real path
  std::string source;      // where the version was read
  std::string copy;        // equal for everything that belongs to one installed copy
  std::string problem;     // a package.json that is not in order: what and where
  std::vector<std::string> notes;
};

// A regular file that can be executed, or a link to one.
bool IsProgram(const std::string& path);

// The package of `product` in `directory` (which holds a package.json). Always has the client: a package.json that is not in order leaves
// the version unknown.
Identity IdentifyPackage(const std::string& directory, const Product& product);

// By the installer's layout, else by the package that the program lies in, else by what a package manager's start script names. `root` is
// put before every path that is opened: "" or another process's root.
Identity IdentifyProgram(const std::string& path, const std::string& root);

// The prefix that HOME/.npmrc sets; nothing when it sets none.
std::optional<std::string> NpmPrefixOf(const std::string& home);

}  // namespace checkrein::advisories
