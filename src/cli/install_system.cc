#include "cli/install_system.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/install.h"
#include "agent/profile.h"
#include "base/fd.h"
#include "base/path.h"
#include "cli/child.h"
#include "cli/commands.h"
#include "cli/launch.h"
#include "monitor/places.h"
#include "monitor/service.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxFileBytes = 16u << 20;
constexpr const char* kUnit = "/etc/systemd/system/checkrein.service";
constexpr const char* kPackagedUnit = "/usr/lib/systemd/system/checkrein.service";

struct Text {
  std::string_view file, text;
};
constexpr Text kTexts[] = {
#include "system_texts.inc"  // made from data/system/ by cmake/CheckreinTexts.cmake
};

std::string UnitText() {
  for (const Text& text : kTexts)
    if (text.file == "checkrein.service") return std::string(text.text);
  return {};
}

struct File {
  std::string path, text;
};

// All that the installation consists of, but for accounts and directories.
Result<std::vector<File>> Files(const SystemInstallation& what) {
  std::vector<File> files;
  if (access(kPackagedUnit, F_OK) != 0) files.push_back({kUnit, UnitText()});
  files.push_back({monitor::kServiceMark, std::string(monitor::kServiceSocket) + "\n"});
  if (what.client.empty()) return files;
  const auto client = agent::ClientFromName(what.client);
  if (!client) return Error{Error::Kind::kInvalid, what.client + ": not claude, codex, gemini, copilot or opencode"};
  const Result<agent::Profile> profile = agent::ReadProfile(*client);
  if (!profile) return profile.error();
  Result<std::string> hook = what.hook.empty() ? ProgramBeside("checkrein-hook") : Result<std::string>(what.hook);
  if (!hook) return hook.error();
  const Result<std::vector<agent::PlantedFile>> managed = agent::ManagedFiles(*profile, {{*hook, "--service", monitor::kServiceSocket}}, agent::Seat::kSystem);
  if (!managed) return managed.error();
  for (const agent::PlantedFile& file : *managed) files.push_back({file.path, file.content});
  return files;
}

Status Run(const std::vector<std::string>& argv) {
  const Result<Ended> ended = RunChild(argv, "");
  if (!ended) return ended.error();
  if (ended->status != 0) return Error{Error::Kind::kIo, argv[0] + ": exit " + std::to_string(ended->status)};
  return Done{};
}

bool HasAccount() {
  const Result<std::string> passwd = ReadFile("/etc/passwd", kMaxFileBytes);
  return passwd && monitor::FindAccountByName(*passwd, monitor::kServiceUser);
}

Status MakeAccounts() {
  if (!HasAccount())
    if (const Status made = Run({"useradd", "--system", "--user-group", "--no-create-home", "--home-dir", monitor::kServiceState, "--shell", "/usr/sbin/nologin", monitor::kServiceUser}); !made) return made;
  const Result<std::string> groups = ReadFile("/etc/group", kMaxFileBytes);
  if (!groups) return groups.error();
  if (monitor::FindGroup(*groups, monitor::kApproversGroup)) return Done{};
  return Run({"groupadd", "--system", monitor::kApproversGroup});
}

Status MakeState() {
  if (const Status made = MakeDirectories(monitor::kServiceState, 0700); !made) return made;
  const Result<std::string> passwd = ReadFile("/etc/passwd", kMaxFileBytes);
  const auto account = passwd ? monitor::FindAccountByName(*passwd, monitor::kServiceUser) : std::nullopt;
  if (!account) return Error{Error::Kind::kNotFound, std::string("no user ") + monitor::kServiceUser};
  if (chown(monitor::kServiceState, account->uid, account->gid) != 0 || chmod(monitor::kServiceState, 0700) != 0) return SystemError(monitor::kServiceState, errno);
  return Done{};
}

bool RunsSystemd() { return access("/run/systemd/system", F_OK) == 0; }

Result<std::optional<std::string>> Present(const std::string& path) {
  Result<std::string> text = ReadFile(path, kMaxFileBytes);
  if (text) return std::optional<std::string>(std::move(text).take());
  if (text.error().kind == Error::Kind::kNotFound) return std::optional<std::string>();
  return text.error();
}

void Show(const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::printf("%s\n", report::Plain(std::string_view(text).substr(at, end - at)).c_str());
    at = end + 1;
  }
}

std::optional<int> RefusedToOthers() {
  if (geteuid() == 0) return std::nullopt;
  return Report(Error{Error::Kind::kDenied, "a system installation is root's to change"}, kFindings);
}

}  // namespace

int InstallSystem(const SystemInstallation& what) {
  if (const auto refused = what.dry_run ? std::nullopt : RefusedToOthers()) return *refused;
  const Result<std::vector<File>> files = Files(what);
  if (!files) return Report(files.error(), kUsage);
  std::vector<File> missing;
  bool differs = false;
  for (const File& file : *files) {
    const Result<std::optional<std::string>> present = Present(file.path);
    if (!present) return Report(present.error(), kIncomplete);
    if (*present == file.text) continue;
    Show(agent::Difference(file.path, *present, file.text));
    if (*present) {
      differs = true;
      std::fprintf(stderr, "checkrein: %s: is there and differs; it is left as it is: put our lines in by hand, or move it away\n", file.path.c_str());
    }
    missing.push_back(file);
  }
  if (differs) return kUsage;
  if (what.dry_run) {
    std::puts("Nothing was written (--dry-run).");
    return kDone;
  }
  if (const Status made = MakeAccounts(); !made) return Report(made.error(), kIncomplete);
  if (const Status made = MakeState(); !made) return Report(made.error(), kIncomplete);
  for (const File& file : missing) {
    if (const Status made = MakeDirectories(std::string(DirName(file.path)), 0755); !made) return Report(made.error(), kIncomplete);
    if (const Status written = ReplaceFile(file.path, file.text, 0644); !written) return Report(written.error(), kIncomplete);
  }
  if (RunsSystemd()) {
    for (const auto& command : std::vector<std::vector<std::string>>{{"systemctl", "daemon-reload"}, {"systemctl", "enable", "--now", "checkrein.service"}})
      if (const Status done = Run(command); !done) return Report(done.error(), kIncomplete);
  } else {
    std::puts("There is no systemd here. Until `checkrein serve` runs (as root: it becomes the user checkrein), every action is denied.");
  }
  std::printf("Log, keys and policy belong to the user %s: %s, /etc/checkrein.\n"
              "What waits for a person is permitted by root, or by a member of %s who is another user: checkrein approve ID\n",
              monitor::kServiceUser, monitor::kServiceState, monitor::kApproversGroup);
  if (what.client.empty()) std::puts("No client asks it yet: checkrein install --system CLIENT");
  std::puts("Not promised: an agent still runs as its user, whatever its client lets it do without asking; a client that lets actions pass when its hook\n"
            "fails is not held by it; root can change all of this. The boundary is `checkrein run`.");
  return kDone;
}

int UninstallSystem(const SystemInstallation& what) {
  if (const auto refused = what.dry_run ? std::nullopt : RefusedToOthers()) return *refused;
  const Result<std::vector<File>> files = Files(what);
  if (!files) return Report(files.error(), kUsage);
  const bool service_too = what.client.empty();
  if (service_too && RunsSystemd() && !what.dry_run)
    if (const Status done = Run({"systemctl", "disable", "--now", "checkrein.service"}); !done) return Report(done.error(), kIncomplete);
  for (const File& file : *files) {
    const bool of_service = file.path == kUnit || file.path == monitor::kServiceMark;
    if (of_service != service_too) continue;
    const Result<std::optional<std::string>> present = Present(file.path);
    if (!present) return Report(present.error(), kIncomplete);
    if (!*present) continue;
    if (**present != file.text) {
      std::fprintf(stderr, "checkrein: %s: was changed since; take our lines out by hand\n", file.path.c_str());
      continue;
    }
    Show(agent::Difference(file.path, *present, std::nullopt));
    if (!what.dry_run && unlink(file.path.c_str()) != 0) return Report(SystemError(file.path, errno), kIncomplete);
  }
  if (what.dry_run) std::puts("Nothing was changed (--dry-run).");
  else if (service_too) std::printf("The service is out. Its records and keys stay in %s, and its user.\n", monitor::kServiceState);
  return kDone;
}

}  // namespace checkrein::cli
