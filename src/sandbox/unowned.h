// The host's file systems for a session of root's, as ones in which no file has an owner: permission bits for "others" are then all that the kernel goes by,
// for files of root's too. What other users may not read is hidden from root's programs at any depth, without a list of what that is, and nothing of the
// host can be written or connected to, whatever its mode.
//
//   std::optional<std::vector<HostTree>> trees = UnownedTrees(AlwaysCovered(host), HostAttributes());
//
// By idmapped mounts (mount_setattr(2), Linux 5.12) whose map names no id that is in use. Works where the caller has CAP_SYS_ADMIN over the file systems
// and these can do it: ext4, xfs, btrfs, tmpfs and others, but not overlay, so not in most containers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"

namespace checkrein::sandbox {

struct HostTree {
  std::string path;  // where it is to be mounted
  Fd tree;           // a detached mount without those below it, private
};

inline constexpr size_t kMaxHostTrees = 32;

// The root, the host's /proc (with owners: programs have one of their own in front of it), and whatever is mounted outside of `covered`, parents before
// children. `attributes` as in step.h. What is mounted meanwhile, or cannot be reached, is not there. Nothing: not possible here.
std::optional<std::vector<HostTree>> UnownedTrees(const std::vector<std::string>& covered, uint32_t attributes);

}  // namespace checkrein::sandbox
