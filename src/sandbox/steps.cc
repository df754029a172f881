#include "sandbox/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "sandbox/hooks.h"

namespace checkrein::sandbox {

char* Decimal(char* buffer, unsigned value) {
  char digits[12];
  int n = 0;
  do {
    digits[n++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (n > 0) *buffer++ = digits[--n];
  *buffer = '\0';
  return buffer;
}

int AttachTree(int tree, const char* path) {
  const int error = move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) == 0 ? 0 : errno;
  close(tree);
  return error;
}

namespace {

constexpr char kStagePoint[] = "/tmp";

int CloneTree(const char* path, uint32_t attributes, unsigned recursive) {
  const int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
  if (tree < 0) return -errno;
  mount_attr change{};
  change.attr_set = attributes;
  change.propagation = MS_PRIVATE;  // nothing that the host mounts later may appear inside
  if (mount_setattr(tree, "", AT_EMPTY_PATH | recursive, &change, sizeof change) == 0) return tree;
  const int error = errno;
  close(tree);
  return -error;
}

// What it clones is ours already, and private.
int CloneOnto(const char* from, const char* onto, unsigned recursive) {
  const int tree = open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
  return tree < 0 ? errno : AttachTree(tree, onto);
}

struct Option {
  const char* name;
  const char* value;  // null: a flag
};

// A new file system as a detached mount; its descriptor or 0 - errno.
int NewMount(const char* type, const Option* options, size_t count, uint32_t attributes) {
  const int context = fsopen(type, FSOPEN_CLOEXEC);
  if (context < 0) return -errno;
  int error = 0;
  for (size_t i = 0; i < count && error == 0; ++i) {
    const fsconfig_command command = options[i].value == nullptr ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
    if (fsconfig(context, command, options[i].name, options[i].value, 0) != 0) error = errno;
  }
  if (error == 0 && fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) error = errno;
  int mounted = -1;
  if (error == 0) {
    mounted = fsmount(context, FSMOUNT_CLOEXEC, attributes);
    if (mounted < 0) error = errno;
  }
  close(context);
  return error == 0 ? mounted : -error;
}

void DescriptorPath(char* out, int fd) { Decimal(static_cast<char*>(mempcpy(out, "/proc/self/fd/", 14)), static_cast<unsigned>(fd)); }

// The layers are named by descriptor: a path may hold the colon that separates layers, and may be hidden by the stage already.
int OverlayCopy(const RawStep& step, const int* slots) {
  char lower[32], upper[32], work[32];
  DescriptorPath(lower, slots[step.from]);
  DescriptorPath(upper, slots[step.from + 1]);
  DescriptorPath(work, slots[step.from + 2]);
  const Option options[] = {{"lowerdir", lower}, {"upperdir", upper}, {"workdir", work}, {"userxattr", nullptr}, {"volatile", nullptr}};
  return NewMount("overlay", options, 5, step.attributes);
}

// A layer must be mounted somewhere: the part of the stage is, for that, below the overlay on the same path.
int OverlayPlant(const RawStep& step, int* slots) {
  if (const int error = AttachTree(std::exchange(slots[step.slot], -1), step.path); error != 0) return error;
  const int planted = open(step.path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (planted < 0) return errno;
  char layers[64];
  DescriptorPath(layers, planted);
  char* end = layers + strlen(layers);
  *end++ = ':';
  DescriptorPath(end, slots[step.from]);
  const Option options[] = {{"lowerdir", layers}, {"userxattr", nullptr}};
  const int overlay = NewMount("overlay", options, 2, step.attributes);
  close(planted);
  return overlay < 0 ? -overlay : AttachTree(overlay, step.path);
}

int MakeFile(const RawStep& step) {
  if (step.text_bytes == 0) return mknod(step.path, S_IFREG | static_cast<mode_t>(step.mode), 0) == 0 ? 0 : errno;
  const int fd = open(step.path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, static_cast<mode_t>(step.mode));
  if (fd < 0) return errno;
  int error = 0;
  for (uint64_t done = 0; done < step.text_bytes && error == 0;) {
    const ssize_t n = write(fd, step.text + done, step.text_bytes - done);
    if (n < 0) error = errno;
    if (n > 0) done += static_cast<uint64_t>(n);
  }
  close(fd);
  return error;
}

int MakeStage(const RawStep& step) {
  if (mount("tmpfs", kStagePoint, "tmpfs", MS_NOSUID | MS_NODEV, step.text) != 0) return errno;
  return chdir(kStagePoint) == 0 ? 0 : errno;
}

// On the mount that the current directory lies in: what is cloned from it afterwards is read-only as well, without a call for each.
int Seal() {
  mount_attr change{};
  change.attr_set = kReadOnlyMount;
  return mount_setattr(AT_FDCWD, ".", 0, &change, sizeof change) == 0 ? 0 : errno;
}

int CloneStaged(const char* path) {
  const int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  return tree < 0 ? -errno : tree;
}

int Pivot(int root) {
  if (move_mount(root, "", AT_FDCWD, kStagePoint, MOVE_MOUNT_F_EMPTY_PATH) != 0) return errno;
  close(root);
  // Both arguments the same: the old root is stacked on the new one, where paths from the root do not lead, and comes off (pivot_root(2), notes).
  if (chdir(kStagePoint) != 0 || syscall(SYS_pivot_root, ".", ".") != 0) return errno;
  return chdir("/") == 0 ? 0 : errno;
}

int Keep(int fd, int* slot) {
  if (fd < 0) return -fd;
  *slot = fd;
  return 0;
}

}  // namespace

int RunStep(const RawStep& step, const int* trees, int* slots) {
  if (FailedStep(static_cast<int>(step.what)) != 0) return FailedStep(static_cast<int>(step.what));
  int* slot = step.slot >= 0 ? slots + step.slot : nullptr;
  switch (step.what) {
    case Do::kTakeTree: return Keep(trees[step.from], slot);
    case Do::kCloneTree: return Keep(CloneTree(step.path, step.attributes, AT_RECURSIVE), slot);
    case Do::kOpenDir: {
      const int fd = open(step.path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      return Keep(fd < 0 ? -errno : fd, slot);
    }
    case Do::kStage: return MakeStage(step);
    case Do::kMakeDir: return mkdir(step.path, static_cast<mode_t>(step.mode)) == 0 ? 0 : errno;
    case Do::kMakeFile: return MakeFile(step);
    case Do::kMakeLink: return symlink(step.text, step.path) == 0 ? 0 : errno;
    case Do::kCloneStaged: return Keep(CloneStaged(step.path), slot);
    case Do::kSeal: return Seal();
    case Do::kOverlayCopy: return Keep(OverlayCopy(step, slots), slot);
    case Do::kOverlayPlant: return OverlayPlant(step, slots);
    case Do::kTerminals: {
      const Option options[] = {{"ptmxmode", "0666"}, {"mode", "0620"}};
      return Keep(NewMount("devpts", options, 2, step.attributes), slot);
    }
    case Do::kPivot: return Pivot(std::exchange(*slot, -1));
    case Do::kAttach: return AttachTree(std::exchange(*slot, -1), step.path);
    case Do::kPin: return CloneOnto(step.path, step.path, AT_RECURSIVE);
    case Do::kHideFile: return CloneOnto("/dev/null", step.path, 0);
  }
  return EINVAL;
}

int DetachedProc(uint32_t attributes) { return NewMount("proc", nullptr, 0, attributes); }

int MountProc() {
  if (FailedProc() != 0) return FailedProc();
  const int proc = DetachedProc(kNoSetIdMount | kNoDeviceMount | kNoExecMount | (Without(Wall::kReadOnlyProc) ? 0 : kReadOnlyMount));
  return proc < 0 ? -proc : AttachTree(proc, "/proc");
}

}  // namespace checkrein::sandbox
