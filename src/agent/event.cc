#include "agent/event.h"

#include <array>

namespace checkrein::agent {
namespace {

constexpr std::array<std::string_view, 5> kClients = {"claude", "codex", "gemini", "copilot", "opencode"};
constexpr std::array<std::string_view, 10> kPhases = {"unknown",    "session-start", "prompt",   "message",     "before-tool",
                                                      "after-tool", "permission",    "turn-end", "session-end", "note"};

}  // namespace

std::string_view ClientName(Client client) { return kClients.at(static_cast<size_t>(client)); }

std::optional<Client> ClientFromName(std::string_view name) {
  for (size_t i = 0; i < kClients.size(); ++i)
    if (kClients[i] == name) return static_cast<Client>(i);
  return std::nullopt;
}

std::string_view PhaseName(Phase phase) { return kPhases.at(static_cast<size_t>(phase)); }

}  // namespace checkrein::agent
