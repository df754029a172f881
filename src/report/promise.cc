#include "report/promise.h"

#include <algorithm>
#include <iterator>

namespace checkrein::report {
namespace {

constexpr std::string_view kHooks =
    "hooks only: no boundary. Whatever runs as this user, the agent included, could switch the hook off, act beside it, and leave out, rewrite or forge "
    "records; only an anchor kept elsewhere shows that. The boundary is `checkrein run`";
constexpr std::string_view kSystem =
    "system installation: the agent cannot change the record or the policy, but its client and its other processes are not held, and what a command did "
    "is its user's word. The boundary is `checkrein run`";

// What a client's event, or a command that one led to, is recorded as.
constexpr std::string_view kOfSessions[] = {"session", "turn", "message", "note", "action", "outcome", "result", "refused"};

// The text of a member near the beginning, which needs no unescaping.
std::string_view TextNear(std::string_view bytes, std::string_view member) {
  const size_t at = bytes.find(member);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = bytes.substr(at + member.size());
  return rest.substr(0, rest.find('"'));
}

}  // namespace

std::string_view NotPromised(std::string_view mode) { return mode == "run" ? std::string_view() : mode == "system" ? kSystem : kHooks; }

void Modes::FeedBytes(std::string_view bytes) {
  const std::string_view begin = bytes.substr(0, 256);
  Count(TextNear(begin, R"("k":")"), TextNear(begin, R"("mode":")"));
}

void Modes::Count(std::string_view kind, std::string_view mode) {
  if (std::find(std::begin(kOfSessions), std::end(kOfSessions), kind) != std::end(kOfSessions)) Add(mode);
}

void Modes::Add(std::string_view mode, uint64_t n) {
  if (mode == "system") system_ += n;
  else if (mode != "run") hooks_ += n;
}

std::vector<std::string> Modes::Lines() const {
  std::vector<std::string> out;
  if (hooks_ > 0) out.push_back(std::string(kHooks) + " (" + std::to_string(hooks_) + " here).");
  if (system_ > 0) out.push_back(std::string(kSystem) + " (" + std::to_string(system_) + " here).");
  return out;
}

}  // namespace checkrein::report
