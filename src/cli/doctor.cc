// `checkrein doctor [CLIENT...]`: what really holds on this machine: the kernel's parts, the configuration, and what each client does with
// our hook. Exit: 0 all in order; 1 something does not hold; 3 something could not be probed.
#include "cli/doctor.h"

#include <limits.h>
#include <stdlib.h>

#include <cstdio>

#include "cli/apparmor.h"
#include "cli/commands.h"
#include "cli/elsewhere.h"
#include "cli/launch.h"
#include "cli/places_options.h"
#include "report/promise.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using json::Array;
using json::Object;
using json::Value;
using report::Plain;

constexpr const char* kBoundary = "Under `checkrein run` the boundary is the sandbox, whatever a client does with its hooks.";

struct Options {
  std::shared_ptr<PlacesOptions> places;
  std::vector<std::string> clients, program_dirs;
  std::string home, hook;
  std::string apparmor_dir = "/etc/apparmor.d";
  bool json = false, apparmor = false, install_apparmor = false;
};

struct Findings {
  std::vector<MachineFinding> machine;
  std::vector<ClientFinding> clients;
};

int ExitOf(const Findings& findings, const Options& options) {
  int code = kDone;
  for (const MachineFinding& finding : findings.machine)
    if (!finding.good) return kFindings;
  for (const ClientFinding& finding : findings.clients) {
    if (finding.hold == Hold::kNotProbed) code = kIncomplete;
    // Nobody has to install hooks; whoever names a client asks whether its hook holds.
    if (finding.hold == Hold::kNotInstalled && options.clients.empty()) continue;
    if (finding.hold != Hold::kHolds && finding.hold != Hold::kNotProbed) return kFindings;
  }
  return code;
}

void Print(const Findings& findings) {
  for (const MachineFinding& finding : findings.machine) {
    std::printf("%-16s %-8s %s\n", finding.name.c_str(), finding.good ? "good" : "MISSING", Plain(finding.detail).c_str());
    if (!finding.mend.empty()) std::printf("%-16s %-8s mend: %s\n", "", "", Plain(finding.mend).c_str());
  }
  std::puts("");
  for (const ClientFinding& finding : findings.clients) {
    std::string line(HoldText(finding.hold));
    if (!finding.why.empty()) line += ": " + Plain(finding.why);
    std::printf("%-16s %s\n", Plain(finding.title).c_str(), line.c_str());
    if (finding.program.empty()) {
      std::printf("%-16s no program in PATH\n", "");
    } else {
      std::printf("%-16s %s  %s\n", "", Plain(finding.program).c_str(), finding.version.empty() ? "(version unknown)" : Plain(finding.version).c_str());
    }
    for (const std::string& note : finding.notes) std::printf("%-16s note: %s\n", "", Plain(note).c_str());
  }
  std::printf("\n%s\n", kBoundary);
  for (const char* mode : {"hooks", "system"}) std::printf("Not promised: %s.\n", std::string(report::NotPromised(mode)).c_str());
}

void PrintJson(const Findings& findings) {
  Array machine, clients;
  for (const MachineFinding& f : findings.machine) machine.push_back(Object{{"name", f.name}, {"good", f.good}, {"detail", f.detail}, {"mend", f.mend}});
  for (const ClientFinding& f : findings.clients) {
    Array notes(f.notes.begin(), f.notes.end());
    clients.push_back(Object{{"client", agent::ClientName(f.client)}, {"program", f.program}, {"version", f.version}, {"hook", HoldText(f.hold)}, {"why", f.why}, {"notes", notes}});
  }
  std::printf("%s\n", Value(Object{{"format", "checkrein-doctor-v1"}, {"machine", machine}, {"clients", clients}, {"run", kBoundary}, {"not_promised", Object{{"hooks", report::NotPromised("hooks")}, {"system", report::NotPromised("system")}}}}).Dump().c_str());
}

Result<ClientQuestion> QuestionOf(const Options& options, const monitor::Places& places) {
  ClientQuestion question;
  question.places = places;
  const std::string& home = options.home.empty() ? places.home : options.home;
  char real[PATH_MAX];
  if (realpath(home.c_str(), real) == nullptr) return SystemError(home, errno);
  question.home = real;
  for (const std::string& directory : options.program_dirs) {
    if (realpath(directory.c_str(), real) == nullptr) continue;  // no such directory: nothing is found in it
    question.program_dirs.emplace_back(real);
  }
  const Result<std::string> hook = options.hook.empty() ? ProgramBeside("checkrein-hook") : Result<std::string>(options.hook);
  if (!hook) return hook.error();
  question.hook.words = {*hook};
  if (!options.places->state.empty()) question.hook.words.insert(question.hook.words.end(), {"--state", options.places->state});
  if (!options.places->config.empty()) question.hook.words.insert(question.hook.words.end(), {"--config", options.places->config});
  return question;
}

int RunAppArmor(const Options& options) {
  std::vector<std::string> programs;
  for (const char* name : {"checkrein", "checkrein-hook"}) {
    Result<std::string> program = ProgramBeside(name);
    if (!program) return Report(program.error(), kUsage);
    programs.push_back(std::move(program).take());
  }
  const Result<std::string> profile = AppArmorProfile(programs);
  if (!profile) return Report(profile.error(), kUsage);
  if (options.apparmor) {
    std::fputs(profile->c_str(), stdout);
    return kDone;
  }
  if (const Status installed = InstallAppArmorProfile(options.apparmor_dir, *profile); !installed) return Report(installed.error(), kIncomplete);
  std::printf("%s/checkrein: written and loaded; user namespaces are usable for %s and %s now. To take it back: apparmor_parser -R, and remove the file\n",
              options.apparmor_dir.c_str(), programs[0].c_str(), programs[1].c_str());
  return kDone;
}

int RunDoctor(const Options& options) {
  if (options.apparmor || options.install_apparmor) return RunAppArmor(options);
  std::vector<agent::Client> clients;
  for (const std::string& name : options.clients) {
    const auto client = agent::ClientFromName(name);
    if (!client) return Report(Error{Error::Kind::kInvalid, Plain(name) + ": not claude, codex, gemini, copilot or opencode"}, kUsage);
    clients.push_back(*client);
  }
  if (clients.empty()) clients = {agent::Client::kClaude, agent::Client::kCodex, agent::Client::kGemini, agent::Client::kCopilot, agent::Client::kOpenCode};
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  Result<ClientQuestion> question = QuestionOf(options, *places);
  if (!question) return Report(question.error(), kUsage);
  Findings findings;
  findings.machine = ExamineMachine(*places);
  for (const agent::Client client : clients) {
    question->client = client;
    findings.clients.push_back(ExamineClient(*question));
  }
  if (options.json) {
    PrintJson(findings);
  } else {
    Print(findings);
  }
  return ExitOf(findings, options);
}

}  // namespace

void AddDoctor(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("doctor", kDoctorText);
  const auto options = std::make_shared<Options>();
  options->places = AddPlacesOptions(*command);
  command->add_option("CLIENT", options->clients, "claude, codex, gemini, copilot, opencode (default: all)");
  command->add_option("--home", options->home, "Whose configuration (default: your home)");
  command->add_option("--hook", options->hook, "Another checkrein-hook than the one beside this program");
  command->add_option("--client-path", options->program_dirs, "A directory to find clients in, before PATH; may be repeated")->allow_extra_args(false);
  command->add_flag("--apparmor", options->apparmor, "Print the AppArmor profile that Ubuntu's restricted user namespaces need");
  command->add_flag("--install-apparmor", options->install_apparmor, "As root: write that profile and load it");
  command->add_option("--apparmor-dir", options->apparmor_dir, "Where profiles are (default: /etc/apparmor.d)");
  command->add_flag("--json", options->json, "For programs");
  command->callback([options, &exit] { exit.code = RunDoctor(*options); });
}

}  // namespace checkrein::cli
