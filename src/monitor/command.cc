#include "monitor/command.h"

#include <unistd.h>

#include <algorithm>

namespace checkrein::monitor {
namespace {

constexpr std::string_view kCommonNames[] = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_*", "LANGUAGE", "TERM", "COLORTERM", "TZ", "NO_COLOR", "COLUMNS", "LINES"};

bool Matches(std::string_view name, std::string_view pattern) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

template <typename Allowed>
std::vector<std::string> Select(const char* const* environment, Allowed allowed) {
  std::vector<std::string> out;
  for (; *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    if (const size_t equals = entry.find('='); equals != std::string_view::npos && allowed(entry.substr(0, equals))) out.emplace_back(entry);
  }
  return out;
}

bool IsCommon(std::string_view name) {
  return std::any_of(std::begin(kCommonNames), std::end(kCommonNames), [name](std::string_view pattern) { return Matches(name, pattern); });
}

}  // namespace

std::vector<std::string> CommandEnvironment(const char* const* environment, const std::string& home) {
  std::vector<std::string> out = Select(environment, [](std::string_view name) { return IsCommon(name) && name != "HOME"; });
  out.push_back("HOME=" + home);
  out.push_back("CHECKREIN=contained");
  return out;
}

std::vector<std::string> AgentEnvironment(const char* const* environment, const std::vector<std::string>& allowed) {
  return Select(environment, [&](std::string_view name) {
    return IsCommon(name) || std::any_of(allowed.begin(), allowed.end(), [name](const std::string& pattern) { return Matches(name, pattern); });
  });
}

sandbox::Program CommandProgram(const Ticket& ticket, std::vector<std::string> environment) {
  sandbox::Program program;
  const bool bash = access("/bin/bash", X_OK) == 0;
  program.file = bash ? "/bin/bash" : "/bin/sh";
  program.argv = {bash ? "bash" : "sh", "-c", ticket.command};
  program.env = std::move(environment);
  program.cwd = ticket.cwd;
  return program;
}

Outcome OutcomeOf(const Ticket& ticket, const EffectSet& observed, Sight sight) {
  Outcome outcome;
  outcome.action = ticket.action;
  outcome.how = ticket.level == Level::kContained ? "contained" : "started";
  const bool network = sight == Sight::kCopyAndNetwork;
  outcome.sensors = {"copy", "spawner"};
  outcome.blind_to = {"read", "exec"};
  if (network) {
    outcome.sensors.push_back("network");
  } else {
    outcome.blind_to.push_back("connect");
  }
  outcome.observed = observed;
  for (const std::string& text : ticket.predicted)
    if (const std::optional<Effect> effect = EffectFromString(text)) outcome.predicted.Add(*effect);
  outcome.divergence = network ? Subtract(outcome.predicted, observed, {Op::kWrite, Op::kDelete, Op::kConnect}) : Subtract(outcome.predicted, observed, {Op::kWrite, Op::kDelete});
  // The copy shows the workspace only: a write predicted elsewhere is not absent, it is unseen.
  std::erase_if(outcome.divergence.absent, [&](const Effect& e) { return e.op != Op::kConnect && !ticket.workspace.empty() && !e.object.starts_with(ticket.workspace + "/"); });
  return outcome;
}

}  // namespace checkrein::monitor
