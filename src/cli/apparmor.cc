#include "cli/apparmor.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.h"

namespace checkrein::cli {
namespace {

constexpr const char* kParsers[] = {"/usr/sbin/apparmor_parser", "/sbin/apparmor_parser"};

}  // namespace

Result<std::string> AppArmorProfile(const std::vector<std::string>& programs) {
  std::string out =
      "# Lets Checkrein make user namespaces (kernel.apparmor_restrict_unprivileged_userns). Made by `checkrein doctor --apparmor`.\n"
      "# `unconfined`: nothing else changes for these programs; their own sandbox confines what they start.\n"
      "abi <abi/4.0>,\n"
      "include <tunables/global>\n";
  for (const std::string& program : programs) {
    if (!program.starts_with('/') || program.find_first_of("*?[]{}^\"\\@\n") != std::string::npos) {
      return Error{Error::Kind::kInvalid, program + ": AppArmor would take this path for a pattern; install checkrein in another place"};
    }
    out += "\nprofile checkrein." + program.substr(program.rfind('/') + 1) + " \"" + program + "\" flags=(unconfined) {\n  userns,\n}\n";
  }
  return out;
}

Status InstallAppArmorProfile(const std::string& directory, const std::string& profile) {
  const std::string path = directory + "/checkrein";
  if (Status written = ReplaceFile(path, profile, 0644); !written) return written;
  const auto* parser = std::find_if(std::begin(kParsers), std::end(kParsers), [](const char* one) { return access(one, X_OK) == 0; });
  if (parser == std::end(kParsers)) return Error{Error::Kind::kNotFound, path + ": written, and not loaded: there is no apparmor_parser; apt-get install apparmor"};
  const std::string file = path;
  char* argv[] = {const_cast<char*>(*parser), const_cast<char*>("-r"), const_cast<char*>(file.c_str()), nullptr};
  pid_t pid = -1;
  int status = -1;
  if (posix_spawn(&pid, *parser, nullptr, nullptr, argv, environ) != 0 || waitpid(pid, &status, 0) != pid || status != 0) {
    return Error{Error::Kind::kIo, path + ": written, and not loaded: " + *parser + " -r failed; it may be older than the rule `userns,` (AppArmor 4)"};
  }
  return Done{};
}

}  // namespace checkrein::cli
