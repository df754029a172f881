#include "advisories/inventory/products.h"

#include <algorithm>

namespace checkrein::advisories {
namespace {

constexpr std::string_view kClaude[] = {"claude"};
constexpr std::string_view kCodex[] = {"codex"};
constexpr std::string_view kGemini[] = {"gemini"};
constexpr std::string_view kCopilot[] = {"copilot"};
constexpr std::string_view kOpenCode[] = {"opencode"};
constexpr std::string_view kCursor[] = {"cursor-agent", "cursor"};

constexpr Product kProducts[] = {
    {"claude", "@anthropic-ai/claude-code", kClaude},
    {"codex", "@openai/codex", kCodex},
    {"gemini", "@google/gemini-cli", kGemini},
    {"copilot", "@github/copilot", kCopilot},
    {"opencode", "opencode-ai", kOpenCode},
    {"cursor", "", kCursor},
};

// Packages that hold a product's program for one platform and are not named after its package.
constexpr std::pair<std::string_view, std::string_view> kPlatformPrefixes[] = {
    {"opencode-linux-", "opencode"},
};

// A component that follows `marker` in a real path is the version. Sources: the installers' own layouts, as their users report them
// (claude: anthropics/claude-code issue 50044; codex: openai/codex pull request 17022; cursor: its install script).
struct Marker {
  std::string_view client, marker;
};
constexpr Marker kMarkers[] = {
    {"claude", "/claude/versions/"},
    {"codex", "/packages/standalone/releases/"},
    {"cursor", "/cursor-agent/versions/"},
    {"copilot", "/copilot/pkg/linux-x64/"},
    {"copilot", "/copilot/pkg/linux-arm64/"},
    {"copilot", "/copilot/pkg/universal/"},
};

constexpr NativePlace kPlaces[] = {
    {"claude", ".local/share/claude/versions", ""},
    {"codex", ".codex/packages/standalone/releases", "codex"},
    {"codex", ".codex/packages/standalone/releases", "bin/codex"},
    {"cursor", ".local/share/cursor-agent/versions", "cursor-agent"},
};

constexpr std::string_view kPlatforms[] = {"-linux-", "-darwin-", "-win32-", "-x86_64-", "-aarch64-"};

}  // namespace

std::span<const Product> Products() { return kProducts; }
std::span<const NativePlace> NativePlaces() { return kPlaces; }

const Product* ProductOfClient(std::string_view client) {
  const auto at = std::find_if(std::begin(kProducts), std::end(kProducts), [&](const Product& product) { return product.client == client; });
  return at == std::end(kProducts) ? nullptr : at;
}

const Product* ProductOfProgram(std::string_view name) {
  for (const Product& product : kProducts)
    if (std::find(product.programs.begin(), product.programs.end(), name) != product.programs.end()) return &product;
  return nullptr;
}

const Product* ProductOfPackage(std::string_view name) {
  for (const Product& product : kProducts) {
    if (product.package.empty() || !name.starts_with(product.package)) continue;
    const std::string_view rest = name.substr(product.package.size());
    if (rest.empty() || rest.starts_with("-linux")) return &product;
  }
  for (const auto& [prefix, client] : kPlatformPrefixes)
    if (name.starts_with(prefix)) return ProductOfClient(client);
  return nullptr;
}

std::string_view PlainVersion(std::string_view version) {
  size_t end = version.size();
  for (const std::string_view platform : kPlatforms) end = std::min(end, version.find(platform));
  return version.substr(0, end);
}

std::optional<NativeProgram> NativeFromPath(std::string_view real_path) {
  for (const auto& [client, marker] : kMarkers) {
    const size_t at = real_path.find(marker);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = real_path.substr(at + marker.size());
    const std::string_view version = PlainVersion(rest.substr(0, rest.find('/')));
    if (version.empty() || version[0] < '0' || version[0] > '9') continue;
    return NativeProgram{client, std::string(version), "its installer's layout: *" + std::string(marker) + "VERSION"};
  }
  if (real_path.ends_with("/.opencode/bin/opencode")) return NativeProgram{"opencode", "", "its installer's layout, which does not tell the version"};
  return std::nullopt;
}

}  // namespace checkrein::advisories
