#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.h"
#include "base/path.h"
#include "cli/doctor.h"
#include "cli/launch.h"
#include "cli/probe_server.h"
#include "cli/scratch.h"
#include "sandbox/session.h"

namespace checkrein::cli {
namespace {

using json::Array;
using json::Object;
using json::Value;
using sandbox::Access;
using sandbox::Audience;

constexpr uint16_t kPort = 18080;  // the network is the session's own: every port of it is free
constexpr const char* kMarker = "checkrein-doctor-marker";
constexpr const char* kWorkspace = "checkrein-doctor-work";  // in the scratch home
constexpr size_t kMaxToldBytes = 64u << 10;
constexpr size_t kMaxTomlBytes = 1u << 20;

std::string Command(const agent::HookCommand& hook, agent::Client client) {
  std::string text;
  for (const std::string& word : hook.words) text += word + " ";
  return text + std::string(agent::ClientName(client));
}

// Of the entries in `hooks`, those that start our hook; for a hook that is to be silent the deciding event alone, with a short time-out.
Value OurHooks(const Value& hooks, const std::string& command, Trial::Variant variant) {
  Value kept = Object{};
  if (hooks.object() == nullptr) return kept;
  for (const auto& [event, entries] : *hooks.object()) {
    if (variant == Trial::Variant::kSilentHook && event != "PreToolUse") continue;
    if (entries.array() == nullptr) continue;
    Array ours;
    for (const Value& entry : *entries.array()) {
      const Array* commands = entry.At("hooks").array();
      if (commands == nullptr) continue;
      Array mine;
      for (Value one : *commands) {
        if (one.Text("command") != command) continue;
        if (variant == Trial::Variant::kSilentHook) one.Set("timeout", kTrialHookSeconds);
        mine.push_back(std::move(one));
      }
      if (mine.empty()) continue;
      Value copy = entry;
      copy.Set("hooks", std::move(mine));
      ours.push_back(std::move(copy));
    }
    if (!ours.empty()) kept.Set(event, std::move(ours));
  }
  return kept;
}

// The lines of a config.toml that switch hooks or say which are trusted: tables [hooks...] and [features], and their dotted keys. A
// reader of lines, not of TOML: a value over several lines that looks like a header is taken for one, which can only spoil the probe.
std::string HookTables(const std::string& toml) {
  std::string top, tables;
  bool before_tables = true, keep = false;
  for (size_t at = 0; at < toml.size();) {
    const size_t end = std::min(toml.find('\n', at), toml.size());
    std::string_view line = std::string_view(toml).substr(at, end - at);
    at = end + 1;
    while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
    if (line.starts_with('[')) {
      before_tables = false;
      keep = line.starts_with("[hooks") || line.starts_with("[[hooks") || line.starts_with("[features]");
    }
    if (keep) tables += std::string(line) + "\n";
    if (before_tables && (line.starts_with("features.") || line.starts_with("hooks."))) top += std::string(line) + "\n";
  }
  return top + "\x01" + tables;
}

Status Put(const std::string& path, std::string_view text) {
  if (const Status made = MakeDirectories(std::string(DirName(path)), 0700); !made) return made;
  return ReplaceFile(path, text, 0600);
}

Status WriteClaudeHome(const Trial& trial, const Value& present, const std::string& scratch_home) {
  const std::string workspace = trial.home + "/" + kWorkspace;
  const Value state = Object{{"hasCompletedOnboarding", true},
                             {"customApiKeyResponses", Object{{"approved", Array{"sk-ant-dummy-key"}}, {"rejected", Array{}}}},
                             {"projects", Object{{workspace, Object{{"hasTrustDialogAccepted", true}}}}}};
  if (const Status put = Put(scratch_home + "/.claude.json", state.Dump()); !put) return put;
  // The tool is otherwise permitted, so that only the hook stands between model and action.
  Value settings = Object{{"permissions", Object{{"allow", Array{"Bash"}}}}};
  settings.Set("hooks", OurHooks(present.At("hooks"), Command(trial.hook, trial.client), trial.variant));
  if (const Value* off = present.Find("disableAllHooks")) settings.Set("disableAllHooks", *off);
  if (const Status put = Put(scratch_home + "/.claude/settings.json", settings.Dump()); !put) return put;
  if (trial.variant != Trial::Variant::kRepositoryOff) return Done{};
  return Put(scratch_home + "/" + kWorkspace + "/.claude/settings.json", R"({"disableAllHooks":true})");
}

Status WriteCodexHome(const Trial& trial, const Value& present, const std::string& scratch_home) {
  const Result<std::string> theirs = ReadFile(trial.home + "/.codex/config.toml", kMaxTomlBytes);
  const std::string kept = HookTables(theirs ? *theirs : "");
  const size_t cut = kept.find('\x01');
  const std::string text = "model = \"gpt-5.5\"\nmodel_provider = \"scripted\"\ncheck_for_update_on_startup = false\napproval_policy = \"never\"\n"
                           "sandbox_mode = \"danger-full-access\"\n" + kept.substr(0, cut) +
                           "[model_providers.scripted]\nname = \"scripted\"\nbase_url = \"http://127.0.0.1:" + std::to_string(kPort) + "/v1\"\n"
                           "wire_api = \"responses\"\nenv_key = \"OPENAI_API_KEY\"\nrequest_max_retries = 0\nstream_max_retries = 0\n"
                           "[analytics]\nenabled = false\n[otel]\nexporter = \"none\"\n[projects." + json::Quote(trial.home + "/" + kWorkspace) +
                           "]\ntrust_level = \"trusted\"\n" + kept.substr(cut + 1);
  if (const Status put = Put(scratch_home + "/.codex/config.toml", text); !put) return put;
  // Trust goes by a digest of what the file says, so our entries are written as they were read.
  const Value hooks = Object{{"hooks", OurHooks(present.At("hooks"), Command(trial.hook, trial.client), trial.variant)}};
  return Put(scratch_home + "/.codex/hooks.json", hooks.Dump());
}

Status WriteHome(const Trial& trial, const std::string& scratch_home) {
  Value present;
  if (trial.user_hooks) {
    const Result<Value> parsed = json::Parse(*trial.user_hooks);
    if (!parsed) return parsed.error();
    present = *parsed;
  }
  if (const Status made = MakeDirectories(scratch_home + "/" + kWorkspace, 0700); !made) return made;
  return trial.client == agent::Client::kClaude ? WriteClaudeHome(trial, present, scratch_home) : WriteCodexHome(trial, present, scratch_home);
}

std::string OptionAfter(const std::vector<std::string>& words, std::string_view name) {
  for (size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == name) return words[i + 1];
  return "";
}

bool IsThere(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

Result<sandbox::Plan> PlanTrial(const Trial& trial, const std::string& scratch) {
  sandbox::Plan plan;
  plan.listeners.push_back({"127.0.0.1", kPort});
  plan.binds.push_back({scratch + "/home", trial.home, Access::kReadWrite, Audience::kEveryone});
  const std::string& hook = trial.hook.words.front();
  if (trial.variant == Trial::Variant::kSilentHook) {
    plan.planted.push_back({hook, "#!/bin/sh\nexec sleep 600\n", 0555});
  } else if (IsThere(hook)) {
    plan.binds.push_back({hook, hook, Access::kReadOnly, Audience::kEveryone});
  }
  // The hook's decisions come from the person's policy; what it records goes to scratch, never into the person's log.
  const std::string state = OptionAfter(trial.hook.words, "--state"), config = OptionAfter(trial.hook.words, "--config");
  plan.binds.push_back({scratch + "/state", state.empty() ? trial.places.state : state, Access::kReadWrite, Audience::kEveryone});
  std::vector<std::string> directories = trial.places.config;
  if (!config.empty()) directories = {config};
  for (const std::string& directory : directories)
    if (IsThere(directory) && !IsBeneath(directory, "/etc")) plan.binds.push_back({directory, directory, Access::kReadOnly, Audience::kEveryone});
  Result<std::vector<sandbox::Bind>> shown = BindsToStart(trial.program, trial.home, trial.home + "/" + kWorkspace);
  if (!shown) return shown.error();
  for (sandbox::Bind& bind : *shown) {
    const bool known = std::any_of(plan.binds.begin(), plan.binds.end(), [&](const sandbox::Bind& b) { return b.target == bind.target; });
    if (!known) plan.binds.push_back(std::move(bind));
  }
  return plan;
}

std::vector<std::string> CleanEnvironment(const std::string& home) {
  const char* path = getenv("PATH");
  return {"PATH=" + std::string(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path), "HOME=" + home, "TERM=dumb", "LANG=C.UTF-8", "NO_COLOR=1", "USER=probe"};
}

sandbox::Program ProgramOf(const Trial& trial) {
  sandbox::Program program;
  program.env = CleanEnvironment(trial.home);
  program.cwd = trial.home + "/" + kWorkspace;
  program.reach = sandbox::Reach::kAgentNetwork;
  const std::string url = "http://127.0.0.1:" + std::to_string(kPort);
  if (trial.client == agent::Client::kClaude) {
    program.argv = {trial.program, "-p", "please do the test step", "--output-format", "json", "--model", "claude-sonnet-4-5"};
    program.env.insert(program.env.end(), {"ANTHROPIC_BASE_URL=" + url, "ANTHROPIC_API_KEY=sk-ant-dummy-key", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
                                           "DISABLE_AUTOUPDATER=1", "DISABLE_TELEMETRY=1"});
  } else {
    program.argv = {trial.program, "exec", "--json", "--skip-git-repo-check"};
    // The shortened time-out makes other hooks of them than those that were trusted.
    if (trial.variant == Trial::Variant::kSilentHook) program.argv.emplace_back("--dangerously-bypass-hook-trust");
    program.argv.emplace_back("please do the test step");
    program.env.emplace_back("OPENAI_API_KEY=dummy");
  }
  return program;
}

Result<Fd> OpenOutput(const std::string& path) {
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.valid()) return SystemError(path, errno);
  return fd;
}

// The end of what a client said, on one line, short.
std::string LastWords(const std::string& path) {
  constexpr size_t kMaxShown = 200;
  const Result<std::string> all = ReadFile(path, kMaxToldBytes);
  std::string text = all ? *all : "";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text.size() > kMaxShown ? "..." + text.substr(text.size() - kMaxShown) : text;
}

}  // namespace

Result<TrialOutcome> RunTrial(const Trial& trial) {
  const Result<Scratch> scratch = Scratch::Make("doctor");
  if (!scratch) return scratch.error();
  const std::string& at = scratch->path();
  if (const Status made = MakeDirectories(at + "/state", 0700); !made) return made.error();
  if (const Status written = WriteHome(trial, at + "/home"); !written) return written.error();
  const Result<sandbox::Plan> plan = PlanTrial(trial, at);
  if (!plan) return plan.error();
  Result<sandbox::Session> session = sandbox::Session::Start(*plan);
  if (!session) return session.error();
  std::vector<Fd> listeners = session->TakeListeners();
  if (listeners.size() != 1) return Error{Error::Kind::kInternal, "doctor: no listener in the session"};
  const std::string marker = at + "/home/" + kWorkspace + "/" + kMarker;
  // `approve` is for a person's own hands: every policy set that is shipped denies it to an agent, whatever stands beside it.
  ProbeServer server(std::move(listeners.front()), trial.client == agent::Client::kClaude ? Dialect::kAnthropic : Dialect::kOpenAiResponses,
                     "touch " + std::string(kMarker) + "; checkrein approve 000000");
  const Result<Fd> output = OpenOutput(at + "/out");
  if (!output) return output.error();
  sandbox::Program program = ProgramOf(trial);
  program.stdout_fd = output->get();
  program.stderr_fd = output->get();
  Result<sandbox::Process> process = session->Spawn(program);
  if (!process) return process.error();
  const bool late = server.ServeUntil(process->fd(), kTrialMs) == ProbeServer::End::kTimeUp;
  if (const Status killed = process->Kill(); !killed) return killed.error();
  if (const Status ended = session->End(); !ended) return ended.error();
  TrialOutcome outcome;
  outcome.ran = IsThere(marker);
  outcome.answered = !server.results().empty();
  for (const std::string& result : server.results()) outcome.ours = outcome.ours || result.find("checkrein: denied") != std::string::npos;
  outcome.trouble = late ? "it had not ended after " + std::to_string(kTrialMs / 1000) + " s" : LastWords(at + "/out");
  return outcome;
}

Result<std::string> AskVersion(const std::string& program_path, const std::string& home) {
  const Result<Scratch> scratch = Scratch::Make("doctor");
  if (!scratch) return scratch.error();
  sandbox::Plan plan;
  plan.home = home;
  Result<std::vector<sandbox::Bind>> shown = BindsToStart(program_path, home, home + "/" + kWorkspace);
  if (!shown) return shown.error();
  plan.binds = std::move(shown).take();
  Result<sandbox::Session> session = sandbox::Session::Start(plan);
  if (!session) return session.error();
  const Result<Fd> output = OpenOutput(scratch->path() + "/out");
  if (!output) return output.error();
  sandbox::Program program;
  program.argv = {program_path, "--version"};
  program.env = CleanEnvironment(home);
  program.stdout_fd = output->get();
  Result<sandbox::Process> process = session->Spawn(program);
  if (!process) return process.error();
  pollfd done{process->fd(), POLLIN, 0};
  poll(&done, 1, kVersionMs);
  if (const Status killed = process->Kill(); !killed) return killed.error();
  if (const Status ended = session->End(); !ended) return ended.error();
  const Result<std::string> said = ReadFile(scratch->path() + "/out", kMaxToldBytes);
  return said ? said->substr(0, std::min<size_t>(said->find('\n'), 80)) : std::string();
}

}  // namespace checkrein::cli
