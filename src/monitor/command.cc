#include "monitor/command.h"

#include <signal.h>
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

sandbox::Program CommandProgram(const Ticket& ticket, std::vector<std::string> environment, uint64_t processor_seconds) {
  sandbox::Program program;
  const bool bash = access("/bin/bash", X_OK) == 0;
  program.file = bash ? "/bin/bash" : "/bin/sh";
  program.argv = {bash ? "bash" : "sh", "-c", ticket.command};
  program.env = std::move(environment);
  program.cwd = ticket.cwd;
  program.max_processor_seconds = processor_seconds;
  return program;
}

std::string WhyStopped(int exit_code, uint64_t processor_seconds) {
  if (exit_code != 128 + SIGXCPU || processor_seconds == 0) return "";
  return "stopped: a process of it used the " + std::to_string(processor_seconds) +
         " seconds of processor time that one may use; do the work in smaller parts, or ask the user for a larger \"processor_seconds\" in settings.json";
}

Outcome OutcomeOf(const Ticket& ticket, EffectSet observed, Sight sight) {
  Outcome outcome;
  outcome.action = ticket.action;
  outcome.how = ticket.level == Level::kContained ? "contained" : "started";
  outcome.sensors = {"copy", "spawner"};
  outcome.blind_to = {"read"};
  const auto sensor = [&](bool there, const char* name, Op op) {
    (there ? outcome.sensors : outcome.blind_to).push_back(there ? name : std::string(OpName(op)));
  };
  sensor(sight.execs.watched, "exec", Op::kExec);
  sensor(sight.network == Sight::Network::kByBroker, "network", Op::kConnect);
  for (const std::string& text : ticket.predicted)
    if (const std::optional<Effect> effect = EffectFromString(text)) outcome.predicted.Add(*effect);
  outcome.execs = std::move(sight.execs);
  outcome.observed = std::move(observed);
  outcome.observed.AddAll(ExecEffects(outcome.execs, outcome.predicted));
  return outcome;
}

}  // namespace checkrein::monitor
