#include "advisories/inventory/origin.h"

#include <gtest/gtest.h>

namespace checkrein::advisories {
namespace {

using Kind = Origin::Kind;

TEST(Origin, SaysWhatStartsAndWhetherItIsPinned) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const struct {
    const char* command;
    std::vector<std::string> args;
    Kind kind;
    std::string package, version;
    bool pinned;
  } kRows[] = {
      {"npx", {"-y", "@scope/server@1.2.3", "--port", "1"}, Kind::kNpm, "@scope/server", "1.2.3", true},
      {"npx", {"@scope/server"}, Kind::kNpm, "@scope/server", "", false},
      {"npx", {"-y", "server@latest"}, Kind::kNpm, "server", "latest", false},
      {"npx", {"-y", "server@^1.2.3"}, Kind::kNpm, "server", "^1.2.3", false},
      {"npx", {"server@1.2"}, Kind::kNpm, "server", "1.2", false},
      {"npx", {"server@1.2.x"}, Kind::kNpm, "server", "1.2.x", false},
      {"npx", {"server@1.2.3 || 2"}, Kind::kNpm, "server", "1.2.3 || 2", false},
      {"npx", {"server@1.2.3-beta.1+x"}, Kind::kNpm, "server", "1.2.3-beta.1+x", true},
      {"npx", {"server@1.2.3-<2"}, Kind::kNpm, "server", "1.2.3-<2", false},
      {"/usr/bin/npx", {"--package=server@1.2.3", "-c", "run"}, Kind::kNpm, "server", "1.2.3", true},
      {"npx", {"-p", "server@2.0.0", "server-cli"}, Kind::kNpm, "server", "2.0.0", true},
      {"npx", {"--strange", "server@1.2.3"}, Kind::kNpm, "", "", false},
      {"npx", {"github:owner/repo"}, Kind::kNpm, "github:owner/repo", "", false},
      {"npx", {"owner/repo#" + std::string(40, 'b')}, Kind::kNpm, "owner/repo", std::string(40, 'b'), true},
      {"npx", {"https://h.example/x.tgz"}, Kind::kNpm, "https://h.example/x.tgz", "", false},
      {"npx", {}, Kind::kNpm, "", "", false},
      {"npm", {"exec", "--", "server@1.0.0"}, Kind::kNpm, "server", "1.0.0", true},
      {"npm", {"run", "mcp"}, Kind::kProgram, "npm", "", false},
      {"pnpm", {"dlx", "server@1.0.0"}, Kind::kNpm, "server", "1.0.0", true},
      {"bunx", {"server"}, Kind::kNpm, "server", "", false},
      {"deno", {"run", "-A", "npm:server@1.0.0"}, Kind::kNpm, "server", "1.0.0", true},
      {"deno", {"run", "-A", "https://h.example/s.ts"}, Kind::kProgram, "", "", false},
      {"uvx", {"server"}, Kind::kPyPI, "server", "", false},
      {"uvx", {"server==1.2.3"}, Kind::kPyPI, "server", "1.2.3", true},
      {"uvx", {"server@1.2"}, Kind::kPyPI, "server", "1.2", true},
      {"uvx", {"server@latest"}, Kind::kPyPI, "server", "latest", false},
      {"uvx", {"server>=1.2.3"}, Kind::kPyPI, "server", ">=1.2.3", false},
      {"uvx", {"server==1.2.*"}, Kind::kPyPI, "server", "1.2.*", false},
      {"uvx", {"--from", "server[extra]==1.2.3", "run-it"}, Kind::kPyPI, "server", "1.2.3", true},
      {"uvx", {"--from", "git+https://h.example/r@main", "x"}, Kind::kPyPI, "git+https://h.example/r", "main", false},
      {"uvx", {"--from", "git+https://h.example/r@" + std::string(40, 'c'), "x"}, Kind::kPyPI, "git+https://h.example/r", std::string(40, 'c'), true},
      {"uv", {"tool", "run", "server==1.2.3"}, Kind::kPyPI, "server", "1.2.3", true},
      {"uv", {"run", "server.py"}, Kind::kProgram, "uv", "", false},
      {"pipx", {"run", "--spec", "server==1.2.3", "server"}, Kind::kPyPI, "server", "1.2.3", true},
      {"docker", {"run", "-i", "--rm", "-e", "TOKEN", "ghcr.io/o/s@" + digest}, Kind::kContainer, "ghcr.io/o/s", digest, true},
      {"docker", {"run", "-i", "--rm", "ghcr.io/o/s:v1"}, Kind::kContainer, "ghcr.io/o/s", "v1", false},
      {"docker", {"run", "host.example:5000/s"}, Kind::kContainer, "host.example:5000/s", "", false},
      {"docker", {"run", "host.example:5000/s:v1@" + digest}, Kind::kContainer, "host.example:5000/s", digest, true},
      {"docker", {"run", "--volume=/:/host", "s"}, Kind::kContainer, "s", "", false},
      {"docker", {"run", "--new-option", "x", "s@" + digest}, Kind::kContainer, "", "", false},
      {"docker", {"run", "s@sha256:abc"}, Kind::kContainer, "s", "sha256:abc", false},
      {"node", {"/opt/server.js", "stdio"}, Kind::kProgram, "/opt/server.js", "", false},
      {"python3", {"-m", "server"}, Kind::kProgram, "python3", "", false},
      {"/opt/server", {"npx", "x@1.2.3"}, Kind::kProgram, "/opt/server", "", false},
      {"env", {"npx", "server@1.2.3"}, Kind::kUnknown, "", "", false},
      {"", {}, Kind::kUnknown, "", "", false},
  };
  for (const auto& row : kRows) {
    const Origin origin = OriginOf(row.command, row.args);
    const std::string what = std::string(row.command) + " " + testing::PrintToString(row.args);
    EXPECT_EQ(origin.kind, row.kind) << what;
    EXPECT_EQ(origin.package, row.package) << what;
    EXPECT_EQ(origin.version, row.version) << what;
    EXPECT_EQ(origin.pinned, row.pinned) << what;
    EXPECT_FALSE(origin.why.empty()) << what;
  }
}

}  // namespace
}  // namespace checkrein::advisories
