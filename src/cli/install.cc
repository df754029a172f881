// `checkrein install|uninstall CLIENT`: our hook in a client's user-level configuration, and out again. Shows the difference first.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "agent/install.h"
#include "agent/profile.h"
#include "base/fd.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/install_system.h"
#include "cli/launch.h"
#include "cli/places_options.h"
#include "cli/registries.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxConfigurationBytes = 8u << 20;

struct InstallOptions {
  std::shared_ptr<PlacesOptions> places;
  std::string client, hook, home;
  bool dry_run = false;
  bool leave_registries = false;
  bool system = false;
};

enum class Direction { kIn, kOut };

Result<agent::FileText> Present(const std::string& path) {
  Result<std::string> text = ReadFile(path, kMaxConfigurationBytes);
  if (text) return agent::FileText(std::move(text).take());
  if (text.error().kind == Error::Kind::kNotFound) return agent::FileText();
  return text.error();
}

unsigned ModeOf(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 0777u : 0600u;
}

Status Write(const std::string& path, const agent::FileText& text) {
  if (!text) {
    if (unlink(path.c_str()) != 0) return SystemError(path, errno);
    return Done{};
  }
  if (const Status made = MakeDirectories(std::string(DirName(path)), 0700); !made) return made;
  return ReplaceFile(path, *text, ModeOf(path));
}

void PrintDifference(const std::string& difference) {
  for (size_t at = 0; at < difference.size();) {
    const size_t end = std::min(difference.find('\n', at), difference.size());
    std::printf("%s\n", report::Plain(std::string_view(difference).substr(at, end - at)).c_str());
    at = end + 1;
  }
}

Result<agent::HookCommand> HookWords(const InstallOptions& options) {
  Result<std::string> hook = options.hook.empty() ? ProgramBeside("checkrein-hook") : Result<std::string>(options.hook);
  if (!hook) return hook.error();
  agent::HookCommand command{{std::move(hook).take()}};
  if (!options.places->state.empty()) command.words.insert(command.words.end(), {"--state", options.places->state});
  if (!options.places->config.empty()) command.words.insert(command.words.end(), {"--config", options.places->config});
  return command;
}

// Fills the group `registry` of policies, and shows with what. Whoever installs sees each host and where it comes from.
Status NoteRegistries(const InstallOptions& options, const std::string& directory, const std::string& home) {
  const std::vector<Registry> found = FindRegistries({"", home}, AskManagers::kYes);
  const std::string path = directory + "/settings.json";
  const Result<agent::FileText> before = Present(path);
  if (!before) return before.error();
  const Result<std::string> after = WithRegistries(before->value_or(""), found);
  if (!after) return Error{after.error().kind, path + ": " + after.error().text};
  if (found.empty()) {
    std::printf("No package manager here says which registry it uses. Hosts of yours: \"registries\" in %s\n", path.c_str());
    return Done{};
  }
  std::printf("This machine's package registries, which policies know as the group `registry` (%s):\n", path.c_str());
  for (const Registry& registry : found) std::printf("  %-40s %s\n", report::Plain(registry.host).c_str(), report::Plain(registry.told_by).c_str());
  if (options.dry_run || *after == before->value_or("")) return Done{};
  return Write(path, *after);
}

int RunInstall(const InstallOptions& options, Direction direction) {
  if (const std::optional<Error> refused = RefusedInside(direction == Direction::kIn ? "install" : "uninstall")) return Report(*refused, kFindings);
  if (options.system) {
    const SystemInstallation what{options.client, options.hook, options.dry_run};
    return direction == Direction::kIn ? InstallSystem(what) : UninstallSystem(what);
  }
  if (options.client.empty()) return Report(Error{Error::Kind::kInvalid, "which client? claude, codex, gemini, copilot or opencode"}, kUsage);
  const auto client = agent::ClientFromName(options.client);
  if (!client) return Report(Error{Error::Kind::kInvalid, options.client + ": not claude, codex, gemini, copilot or opencode"}, kUsage);
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const Result<agent::Profile> profile = agent::ReadProfile(*client);
  if (!profile) return Report(profile.error(), kIncomplete);
  const Result<agent::HookCommand> hook = HookWords(options);
  if (!hook) return Report(hook.error(), kUsage);
  const std::string home = options.home.empty() ? places->home : options.home;
  bool changed = false;
  for (const agent::FileTemplate& file : profile->user) {
    const std::string path = home + "/" + file.path;
    const Result<agent::FileText> before = Present(path);
    if (!before) return Report(before.error(), kIncomplete);
    const Result<agent::FileText> after = direction == Direction::kIn ? agent::Install(file, *hook, *before) : agent::Uninstall(file, *hook, *before);
    if (!after) return Report(Error{after.error().kind, path + ": " + after.error().text}, kUsage);
    if (*after == *before) continue;
    changed = true;
    PrintDifference(agent::Difference(path, *before, *after));
    if (options.dry_run) continue;
    if (const Status written = Write(path, *after); !written) return Report(written.error(), kIncomplete);
    if (direction == Direction::kIn && !file.note.empty()) std::printf("note: %s\n", file.note.c_str());
  }
  if (direction == Direction::kIn && !options.leave_registries && !places->config.empty())
    if (const Status noted = NoteRegistries(options, places->config.back(), home); !noted) return Report(noted.error(), kUsage);
  if (!changed) {
    std::printf("%s: nothing to do.\n", profile->title.c_str());
  } else if (options.dry_run) {
    std::puts("Nothing was written (--dry-run).");
  } else if (direction == Direction::kIn) {
    std::printf("%s asks Checkrein before each action now. With hooks only, Checkrein is a sensor and explainer: the agent runs as you do and could take\n"
                "this out again. The boundary is `checkrein run -- %s`. What holds on this machine: checkrein doctor %s\n",
                profile->title.c_str(), profile->program.c_str(), options.client.c_str());
  } else {
    std::printf("%s no longer asks Checkrein.\n", profile->title.c_str());
  }
  return kDone;
}

void Add(CLI::App& app, Exit& exit, const char* name, const char* help, Direction direction) {
  CLI::App* command = app.add_subcommand(name, help);
  const auto options = std::make_shared<InstallOptions>();
  options->places = AddPlacesOptions(*command);
  command->add_option("CLIENT", options->client, "claude, codex, gemini, copilot or opencode");
  command->add_flag("--system", options->system, "For every user of this machine, by a service of a user of its own (root only); without CLIENT the service alone");
  command->add_option("--hook", options->hook, "Another checkrein-hook than the one beside this program");
  command->add_option("--home", options->home, "Whose configuration (default: your home)");
  command->add_flag("--dry-run", options->dry_run, "Show the difference and write nothing");
  if (direction == Direction::kIn) command->add_flag("--leave-registries", options->leave_registries, "Do not look for the package registries of this machine");
  command->callback([options, direction, &exit] { exit.code = RunInstall(*options, direction); });
}

}  // namespace

void AddInstall(CLI::App& app, Exit& exit) {
  Add(app, exit, "install", "Put Checkrein's hook into a client's user-level configuration", Direction::kIn);
  Add(app, exit, "uninstall", "Take it out again", Direction::kOut);
}

}  // namespace checkrein::cli
