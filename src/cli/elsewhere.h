// Sub-commands that stand in a program of their own, checkrein-tools: they need libraries (archives, pattern matching, HTTP) that take
// longer to load than most commands take to run. People and scripts call `checkrein NAME` all the same.
#pragma once

#include <string_view>

namespace checkrein::cli {

inline constexpr const char* kWitnessText = "Remember other people's logs and cosign what extends them";
inline constexpr const char* kGateText = "See what strangers could recover from a package before you publish it";
inline constexpr const char* kDoctorText = "What really holds on this machine: kernel, configuration, and each client's hook, tried live";

bool IsElsewhere(std::string_view subcommand);

// Becomes checkrein-tools, which lies beside this program, with the same arguments. Comes back only when it cannot be started: kIncomplete.
int RunElsewhere(char** argv);

}  // namespace checkrein::cli
