#include <unistd.h>

#include "agent/install.h"
#include "base/fd.h"
#include "base/path.h"
#include "cli/doctor.h"
#include "cli/launch.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxConfigurationBytes = 8u << 20;

agent::FileText Text(const std::string& path) {
  Result<std::string> text = ReadFile(path, kMaxConfigurationBytes);
  return text ? agent::FileText(std::move(text).take()) : std::nullopt;
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// The hook command of ours that a configuration file names, whatever its options: a quoted string "/.../checkrein-hook ... CLIENT". JSON
// and TOML quote alike what agent::HookCommand permits.
std::optional<agent::HookCommand> NamedHook(const agent::FileText& text, agent::Client client) {
  if (!text) return std::nullopt;
  for (size_t at = text->find('"'); at != std::string::npos; at = text->find('"', at + 1)) {
    const size_t end = text->find('"', at + 1);
    if (end == std::string::npos) break;
    std::vector<std::string> words = Words(std::string_view(*text).substr(at + 1, end - at - 1));
    if (words.size() < 2 || words.back() != agent::ClientName(client) || !words.front().starts_with('/')) continue;
    if (!BaseName(words.front()).starts_with("checkrein-hook")) continue;
    words.pop_back();
    return agent::HookCommand{std::move(words)};
  }
  return std::nullopt;
}

std::string LocateProgram(const ClientQuestion& question, const std::string& name) {
  for (const std::string& directory : question.program_dirs) {
    const std::string path = directory + "/" + name;
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  const Result<std::string> found = FindProgram(name);
  return found ? *found : "";
}

struct Installation {
  std::optional<agent::HookCommand> hook;  // as the configuration names it
  bool managed = false;                    // in the system's own place, too
  bool exact = false;                      // the user's files are as `install` writes them
  agent::FileText user_text;
};

Installation Examine(const ClientQuestion& question, const agent::Profile& profile) {
  Installation found;
  for (const agent::FileTemplate& file : profile.managed) {
    if (const auto hook = NamedHook(Text(file.path), question.client)) {
      found.hook = hook;
      found.managed = true;
    }
  }
  if (profile.user.empty()) return found;
  found.user_text = Text(question.home + "/" + profile.user.front().path);
  if (const auto hook = NamedHook(found.user_text, question.client)) found.hook = hook;
  const agent::HookCommand& wanted = found.hook ? *found.hook : question.hook;
  found.exact = true;
  for (const agent::FileTemplate& file : profile.user) found.exact = found.exact && agent::IsInstalled(file, wanted, Text(question.home + "/" + file.path));
  if (found.exact) found.hook = wanted;
  return found;
}

// What came of one variant; kNotProbed in `finding` when it could not be seen.
std::optional<bool> Ran(const Trial& trial, ClientFinding& finding) {
  const Result<TrialOutcome> outcome = RunTrial(trial);
  if (!outcome) {
    finding.why = outcome.error().text;
  } else if (outcome->ran) {
    return true;
  } else if (!outcome->answered) {
    finding.why = "the client ended before the action" + (outcome->trouble.empty() ? "" : ": " + outcome->trouble);
  } else if (trial.variant == Trial::Variant::kAsConfigured && !outcome->ours) {
    finding.why = "the action did not run, but not by our hook's denial: " + outcome->trouble;
  } else {
    return false;
  }
  finding.hold = Hold::kNotProbed;
  return std::nullopt;
}

void Probe(Trial trial, const Installation& installed, ClientFinding& finding) {
  const bool claude = trial.client == agent::Client::kClaude;
  const auto as_configured = Ran(trial, finding);
  if (!as_configured) return;
  if (*as_configured) {
    finding.hold = Hold::kDoesNotHold;
    finding.why = claude ? "an action that our policy denies ran; look for disableAllHooks in the user's settings"
                         : "an action that our policy denies ran; Codex skips hooks silently until they are trusted: start it and confirm them with /hooks";
    return;
  }
  if (installed.managed) finding.notes.emplace_back("a time-out was not probed: the hook is in a managed file");
  trial.variant = Trial::Variant::kSilentHook;
  const std::optional<bool> silent = installed.managed ? std::optional<bool>(false) : Ran(trial, finding);
  trial.variant = Trial::Variant::kRepositoryOff;
  const std::optional<bool> off = claude ? Ran(trial, finding) : std::optional<bool>(false);
  if (!claude) finding.notes.emplace_back("no repository file that switches its hooks off is known");
  if (off == true) {
    finding.hold = Hold::kRepositoryOff;
    finding.why = ".claude/settings.json in a repository with disableAllHooks";
    if (silent == true) finding.notes.emplace_back("it also lets an action through when the hook times out");
    if (silent == false && !installed.managed) finding.notes.emplace_back("a time-out of the hook holds");
  } else if (silent == true) {
    finding.hold = Hold::kUnlessTimeOut;
    finding.why = "the client ran the action when its hook had not answered in time";
  } else if (silent && off) {
    finding.hold = Hold::kHolds;
  }
}

}  // namespace

std::string_view HoldText(Hold hold) {
  switch (hold) {
    case Hold::kHolds: return "holds";
    case Hold::kUnlessTimeOut: return "holds unless it times out";
    case Hold::kRepositoryOff: return "can be switched off by a repository file";
    case Hold::kDoesNotHold: return "does not hold";
    case Hold::kNotInstalled: return "not installed";
    case Hold::kNotProbed: return "not probed";
  }
  return "not probed";
}

ClientFinding ExamineClient(const ClientQuestion& question) {
  ClientFinding finding;
  finding.client = question.client;
  const Result<agent::Profile> profile = agent::ReadProfile(question.client);
  if (!profile) {
    finding.why = profile.error().text;
    return finding;
  }
  finding.title = profile->title;
  finding.program = LocateProgram(question, profile->program);
  const Installation installed = Examine(question, *profile);
  if (!finding.program.empty()) {
    const Result<std::string> version = AskVersion(finding.program, question.home);
    if (version) finding.version = *version;
  }
  if (!installed.hook) {
    finding.hold = Hold::kNotInstalled;
    return finding;
  }
  if (!installed.exact && !installed.managed) finding.notes.push_back("the hook entries differ from what `checkrein install " + std::string(agent::ClientName(question.client)) + "` writes: run it again");
  if (finding.program.empty()) {
    finding.why = "the hook is configured, but there is no program " + profile->program + " in PATH";
  } else if (question.client != agent::Client::kClaude && question.client != agent::Client::kCodex) {
    finding.why = "the hook is configured; the live probe knows Claude Code and Codex only";
  } else {
    Trial trial{Trial::Variant::kAsConfigured, question.client, finding.program, question.home, *installed.hook, installed.user_text, question.places};
    Probe(std::move(trial), installed, finding);
  }
  return finding;
}

}  // namespace checkrein::cli
