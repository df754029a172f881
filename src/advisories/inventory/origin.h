// What an MCP server's command line starts, and whether tomorrow's start is the same thing as today's.
//
//   OriginOf("npx", {"-y", "@scope/server@1.2.3", "--port", "1"})   -> {kNpm, "@scope/server", "1.2.3", pinned}
//   OriginOf("uvx", {"server"})                                     -> {kPyPI, "server", "", not pinned: "whatever is newest at each start"}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::advisories {

struct Origin {
  enum class Kind : uint8_t { kUnknown, kProgram, kNpm, kPyPI, kContainer, kRemote };
  Kind kind = Kind::kUnknown;
  std::string package;   // kProgram: the program or the script it runs; kContainer: the image; kRemote: ""
  std::string version;   // exactly as written: "1.2.3", "latest", "^2", "sha256:..."; "" when none is
  bool pinned = false;   // an exact version or digest; never for programs and addresses, whose content is another's
  std::string why;       // for people, one short text
};
std::string_view OriginName(Origin::Kind kind);  // "unknown", "program", "npm", "PyPI", "container", "remote"

// Pure: the words as configured, nothing looked up. An option that this version does not know before the package's name leaves it unknown
// rather than guessed.
Origin OriginOf(std::string_view command, const std::vector<std::string>& args);
Origin OriginOfAddress();

}  // namespace checkrein::advisories
