// `checkrein demo`: a recorded session of a real client, played again through the real hook, supervisor and sandbox.
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "audit/verify.h"
#include "base/bytes.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/demo.h"
#include "cli/launch.h"
#include "cli/scratch.h"
#include "monitor/protocol.h"
#include "report/story.h"

namespace checkrein::cli {
namespace {

struct Text {
  std::string_view file;
  std::string_view text;
};
constexpr Text kTexts[] = {
#include "demo_texts.inc"  // made from data/demo/ by cmake/CheckreinTexts.cmake
};

constexpr const char* kPlayer = "/run/checkrein/checkrein";
constexpr const char* kRecording = "/run/checkrein/session.jsonl";

std::string_view DemoText(std::string_view file) {
  for (const Text& text : kTexts)
    if (text.file == file) return text.text;
  return {};
}

std::string Replaced(std::string text, std::string_view what, std::string_view with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) text.replace(at, what.size(), with);
  return text;
}

Status WriteProject(const std::string& workspace) {
  const Result<json::Value> project = json::Parse(DemoText("project.json"));
  if (!project) return project.error();
  for (const auto& [name, content] : *project->At("files").object()) {
    const std::string path = workspace + "/" + name;
    if (const Status made = MakeDirectories(std::string(DirName(path)), 0755); !made) return made;
    if (const Status written = ReplaceFile(path, *content.string(), 0644); !written) return written;
  }
  return Done{};
}

report::StoryStyle Style() {
  report::StoryStyle style;
  if (isatty(STDOUT_FILENO) != 1) return style;
  if (getenv("NO_COLOR") == nullptr) style.colour = report::Colour::kYes;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) style.width = size.ws_col;
  return style;
}

Result<monitor::RunOptions> Plan(const Scratch& scratch, const std::string& hook) {
  monitor::RunOptions options;
  options.workspace = scratch.path() + "/project";
  options.places.state = scratch.path() + "/state";
  options.places.config = {scratch.path() + "/config"};
  options.places.home = scratch.path() + "/home";
  for (const std::string& directory : {options.workspace, options.places.home})
    if (const Status made = MakeDirectories(directory, 0755); !made) return made.error();
  if (const Status written = WriteProject(options.workspace); !written) return written.error();
  char self[4096];
  const ssize_t n = readlink("/proc/self/exe", self, sizeof self);
  if (n <= 0 || n == sizeof self) return SystemError("/proc/self/exe", errno);
  options.hook = hook;
  options.program = kPlayer;
  options.argv = {"claude (recorded)", "demo", "--play", kRecording};
  options.binds.push_back({std::string(self, static_cast<size_t>(n)), kPlayer, sandbox::Access::kReadOnly, sandbox::Audience::kEveryone});
  std::string recording = Replaced(std::string(DemoText("session.jsonl")), "@WORKSPACE@", options.workspace);
  recording = Replaced(std::move(recording), "@HOME@", options.places.home);
  options.planted.push_back({kRecording, recording, 0444});
  options.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + options.places.home, "LANG=C.UTF-8"};
  return options;
}

int RunDemo(const std::string& hook_path, bool keep) {
  const Result<std::string> hook = hook_path.empty() ? ProgramBeside("checkrein-hook") : Result<std::string>(hook_path);
  if (!hook) return Report(hook.error(), kUsage);
  Result<Scratch> scratch = Scratch::Make("demo");
  if (!scratch) return Report(scratch.error(), kIncomplete);
  if (keep) scratch->Keep();
  Result<monitor::RunOptions> options = Plan(*scratch, *hook);
  if (!options) return Report(options.error(), kIncomplete);
  const std::string log = options->places.state + "/log";
  std::puts("A recorded session of a real agent (Claude Code), played again: each event goes through the real hook, each permitted command really\n"
            "runs in the sandbox. The project's upgrade notes are poisoned: they tell the agent to send the project's token away.\n");
  report::Story story(Style());
  options->recorded = [&story](const json::Value& record) {
    std::fputs(story.Tell(record.Integer("index", 0), record).c_str(), stdout);
    std::fflush(stdout);
  };
  const std::string workspace = options->workspace;
  const Result<monitor::RunSummary> summary = monitor::Supervise(std::move(options).take());
  if (!summary) return Report(summary.error(), kIncomplete);
  const Result<audit::Verification> verified = audit::Verify(log, std::nullopt);
  if (!verified) return Report(verified.error(), kIncomplete);
  for (const std::string& problem : verified->problems) std::printf("NOT VERIFIED  %s\n", problem.c_str());
  std::printf("\nlog verify: %llu record(s), %s; root %s\n", static_cast<unsigned long long>(verified->size), verified->problems.empty() ? "all verified" : "NOT VERIFIED",
              Base64Encode(verified->root).c_str());
  std::printf("The agent asked for %llu actions; %llu were refused. It had no network; what it changed went to a copy, and %zu change(s) were committed.\n",
              static_cast<unsigned long long>(summary->actions), static_cast<unsigned long long>(summary->denied), summary->settled.committed.size());
  if (keep) std::printf("Kept: %s\n  look again: checkrein log show --state %s/state\n", scratch->path().c_str(), scratch->path().c_str());
  return summary->exit_code == 0 && verified->problems.empty() ? kDone : kFindings;
}

}  // namespace

void AddDemo(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("demo", "Play a recorded session in which an agent is talked into stealing a token");
  const auto hook = std::make_shared<std::string>();
  const auto recording = std::make_shared<std::string>();
  const auto keep = std::make_shared<bool>(false);
  command->add_option("--hook", *hook, "Another checkrein-hook than the one beside this program");
  command->add_flag("--keep", *keep, "Keep the scratch project, its state and its log");
  command->add_option("--play", *recording, "The player's own side, inside the sandbox")->group("");  // not in the help: the demo calls itself
  command->callback([=, &exit] {
    exit.code = recording->empty() ? RunDemo(*hook, *keep)
                                   : PlayRecording(*recording, std::string(monitor::kInsideHook) + " --supervisor " + monitor::kInsideSocket + " claude");
  });
}

}  // namespace checkrein::cli
