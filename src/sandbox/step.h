// One instruction of the list by which the spawner builds the session's view of the file system. The list is made beforehand, in the
// parent (layout.h), so that the child only makes system calls; the number of a failed step comes back and is put into words there.
//
// Three phases. First pieces are made, each a mount that is attached nowhere yet, held by a descriptor in a slot. Then the root is changed.
// Then the pieces are attached, by absolute paths that are resolved inside the new root, where no link can lead out.
#pragma once

#include <cstdint>
#include <string>

namespace checkrein::sandbox {

enum class Do : uint8_t {
  kTakeTree,     // slot = tree number `from` of those that came with the message to begin (unowned.h)
  kCloneTree,    // slot = detached recursive clone of `path`, with `attributes` on all of it
  kOpenDir,      // slot = `path` as O_PATH; it must be a directory and no link
  kStage,        // a tmpfs for everything of ours, on /tmp, as current directory; `text` its options
  kMakeDir,      // `path` in the stage, `mode`
  kMakeFile,     // `path` in the stage, `mode`, content `text`
  kMakeLink,     // `path` in the stage, pointing at `text`
  kSeal,         // the stage becomes read-only
  kCloneStaged,  // slot = detached clone of `path` in the stage, read-only when that is; never with set-id programs or devices
  kOverlayCopy,  // slot = overlay of slots from (lower), from + 1 (upper), from + 2 (work)
  kOverlayPlant, // slot, a part of the stage, over slot from, which is what stands at `path`: as a read-only overlay onto `path`
  kTerminals,    // slot = new devpts
  kPivot,        // slot becomes the root; the old one lies on it, and is to be unmounted
  kAttach,       // slot onto `path`
  kPin,          // `path` onto itself, so that it cannot be renamed
  kHideFile,     // /dev/null onto `path`
};

inline constexpr int kMaxSlots = 640;

// Mount attributes, as mount_setattr(2) counts them.
inline constexpr uint32_t kReadOnlyMount = 0x1;
inline constexpr uint32_t kNoSetIdMount = 0x2;
inline constexpr uint32_t kNoDeviceMount = 0x4;
inline constexpr uint32_t kNoExecMount = 0x8;

struct Step {
  Do what = Do::kAttach;
  int slot = -1;
  int from = -1;
  uint32_t attributes = 0;
  uint32_t mode = 0;
  std::string path = {};
  std::string text = {};
};

}  // namespace checkrein::sandbox
