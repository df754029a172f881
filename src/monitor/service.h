// The monitor of a system installation: one process of a user of its own, which keeps log, keys, facts and tickets, decides for every user of
// the machine, and is spoken to over a socket (docs/format/service.md).
//
//   ServiceOptions options;                       // /var/lib/checkrein, /run/checkrein/service.sock
//   if (const Status s = Serve(options); !s) ...  // until SIGTERM
//
// Who asks is the kernel's word (caller.h), never the asker's. Files are looked at with the asker's rights. What one user's sessions are known
// to have done is kept apart from another's. One poll loop; events are judged side by side and recorded together.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace checkrein::monitor {

inline constexpr const char* kServiceSocket = "/run/checkrein/service.sock";
inline constexpr const char* kServiceState = "/var/lib/checkrein";
// That this machine has the service: root's file, the socket's path in it. Hooks that find it ask the service or deny.
inline constexpr const char* kServiceMark = "/etc/checkrein/service";
inline constexpr const char* kServiceUser = "checkrein";
inline constexpr const char* kApproversGroup = "checkrein-approvers";

struct ServiceOptions {
  std::string state = kServiceState;
  std::vector<std::string> config = {"/etc/checkrein"};
  std::string socket = kServiceSocket;
  std::string hook = "/usr/bin/checkrein-hook";  // what a rewritten command starts
  std::string user = kServiceUser;               // whom to become when started as root
};

// The group of that name from group(5) text.
std::optional<gid_t> FindGroup(std::string_view group_file, std::string_view name);

// kDenied, kIo, kInvalid: it cannot begin. Done after SIGTERM or SIGINT.
Status Serve(const ServiceOptions& options);

// The service's socket when this machine has the service, else nothing. An error: it has, and nobody can say where; ask nobody else then.
Result<std::optional<std::string>> InstalledService();

}  // namespace checkrein::monitor
