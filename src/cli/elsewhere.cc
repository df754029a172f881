#include "cli/elsewhere.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/fd.h"
#include "cli/commands.h"

namespace checkrein::cli {

bool IsElsewhere(std::string_view subcommand) {
  constexpr std::array<std::string_view, 3> kNames = {"doctor", "gate", "witness"};
  return std::find(kNames.begin(), kNames.end(), subcommand) != kNames.end();
}

int RunElsewhere(char** argv) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return Report(SystemError("/proc/self/exe", error.value()), kIncomplete);
  const std::string program = self.parent_path() / "checkrein-tools";
  execv(program.c_str(), argv);
  return Report(SystemError(program, errno), kIncomplete);
}

}  // namespace checkrein::cli
