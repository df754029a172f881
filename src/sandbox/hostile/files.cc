// The file system: what is hidden, what is read-only, what was mounted, what was left open.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sandbox/hostile/hostile.h"

namespace hostile {
namespace {

Result Read(const std::string& path) {
  char byte;
  const int fd = open(path.c_str(), O_RDONLY);
  return Verdict(fd >= 0 && read(fd, &byte, 1) == 1);
}

Result Create(const std::string& path) { return Verdict(open(path.c_str(), O_CREAT | O_WRONLY, 0600) >= 0); }
Result OpenForWriting(const std::string& path) { return Verdict(open(path.c_str(), O_WRONLY) >= 0); }
Result OpenDevice(const std::string& path) { return Verdict(open(path.c_str(), O_RDWR) >= 0); }
Result Exists(const std::string& path) { return Verdict(access(path.c_str(), F_OK) == 0); }

Result ChangeModeToTheSame(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return Result::kNotTried;
  return Verdict(chmod(path.c_str(), info.st_mode & 07777) == 0);
}
// Of standard input: a descriptor is not bound by the session's mounts.
Result ChangeModeOfInput(const std::string&) {
  struct stat info {};
  if (fstat(0, &info) != 0) return Result::kNotTried;
  return Verdict(fchmod(0, info.st_mode & 07777) == 0);
}
Result TouchOld(const std::string& path) {
  const timespec times[2] = {{1, 0}, {1, 0}};
  return Verdict(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

Result MountTmpfs(const std::string& path) { return Verdict(mount("tmpfs", path.c_str(), "tmpfs", 0, nullptr) == 0); }
Result MountNewApi(const std::string&) { return Verdict(fsopen("tmpfs", 0) >= 0); }
Result CloneMount(const std::string& path) { return Verdict(open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC) >= 0); }
Result Unmount(const std::string& path) { return Verdict(umount2(path.c_str(), MNT_DETACH) == 0); }
Result RemountWritable(const std::string& path) {
  return Verdict(mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV, nullptr) == 0);
}
Result ChangeRoot(const std::string& path) { return Verdict(chroot(path.c_str()) == 0); }

Result MakeDevice(const std::string& path) { return Verdict(mknod((path + "/null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0); }
// A whiteout is the one device that an ordinary process may make; on an overlay it would delete what lies below.
Result MakeWhiteout(const std::string& path) { return Verdict(mknod((path + "/whiteout").c_str(), S_IFCHR, makedev(0, 0)) == 0); }

Result NameToHandle(const std::string& path) {
  struct {
    file_handle head;
    char room[128];
  } handle{};
  handle.head.handle_bytes = sizeof handle.room;
  int mount_id = 0;
  return Verdict(name_to_handle_at(AT_FDCWD, path.c_str(), &handle.head, &mount_id, 0) == 0);
}

// `argument` is "FD NAME": a directory of the host's that the launcher left open.
Result LeakedDirectory(const std::string& argument) {
  const size_t space = argument.find(' ');
  const int fd = openat(atoi(argument.c_str()), argument.substr(space + 1).c_str(), O_RDONLY);
  return Verdict(fd >= 0);
}
Result AnyLeakedDescriptor(const std::string&) {
  for (int fd = 3; fd < 1024; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) return Result::kSucceeded;
  }
  return Result::kStopped;
}

// `argument` is "DIR FILE": moves DIR away and makes another in its place.
Result SwapParent(const std::string& argument) {
  const std::string directory = argument.substr(0, argument.find(' '));
  const std::string file = argument.substr(argument.find(' ') + 1);
  if (rename(directory.c_str(), (directory + "-away").c_str()) != 0) return Verdict(false);
  mkdir(directory.c_str(), 0700);
  const int fd = open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
  return Verdict(fd >= 0);
}
Result Unlink(const std::string& path) { return Verdict(unlink(path.c_str()) == 0); }

// Marks of overlayfs that would show a moved directory in a place. (Those in "user." may be set, and are escaped by the kernel: changes_test.cc.)
Result ForgeMark(const std::string& argument) {
  const std::string path = argument.substr(0, argument.find(' ')), name = argument.substr(argument.find(' ') + 1);
  mkdir(path.c_str(), 0700);
  return Verdict(setxattr(path.c_str(), name.c_str(), "y", 1, 0) == 0);
}
// Of a program, capabilities that the next to execute it would have; of a file, that nobody may change it.
Result FileCapability(const std::string& path) {
  const unsigned char all[20] = {1, 0, 0, 2, 0xff, 0xff, 0xff, 0xff};  // VFS_CAP_REVISION_2, effective
  close(open(path.c_str(), O_CREAT | O_WRONLY, 0700));
  return Verdict(setxattr(path.c_str(), "security.capability", all, sizeof all, 0) == 0);
}
Result Immutable(const std::string& path) {
  const int fd = open(path.c_str(), O_CREAT | O_RDWR, 0600);
  int flags = FS_IMMUTABLE_FL;
  return Verdict(fd >= 0 && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0);
}
Result OpenByHandle(const std::string& path) {
  struct {
    file_handle head;
    char room[128];
  } handle{};
  handle.head.handle_bytes = sizeof handle.room;
  int mount_id = 0;
  name_to_handle_at(AT_FDCWD, path.c_str(), &handle.head, &mount_id, 0);
  const int root = open("/", O_RDONLY | O_DIRECTORY);
  return Unless(open_by_handle_at(root, &handle.head, O_RDONLY) < 0 && errno == EOPNOTSUPP);  // EPERM would mean that it is reachable
}
Result WatchFileSystem(const std::string&) { return Verdict(syscall(SYS_fanotify_init, 0x200 | 0x1, O_RDONLY) >= 0); }  // by names, as users may since 5.13
// A device of the host's through a link of /proc that needs no name in any tree.
Result OpenThroughProc(const std::string& path) { return Verdict(open(("/proc/self/root" + path).c_str(), O_RDONLY) >= 0); }
Result PivotRoot(const std::string& path) { return Verdict(syscall(SYS_pivot_root, path.c_str(), path.c_str()) == 0); }
Result QuotaControl(const std::string&) { return Unless(syscall(SYS_quotactl, 0x80000100 << 8, nullptr, 0, nullptr) < 0 && errno == EPERM); }
Result HardLinkOut(const std::string& argument) {
  const std::string from = argument.substr(0, argument.find(' ')), to = argument.substr(argument.find(' ') + 1);
  return Verdict(link(from.c_str(), to.c_str()) == 0);
}

}  // namespace

const Case kFileCases[] = {{"read", Read},
                           {"create", Create},
                           {"open-for-writing", OpenForWriting},
                           {"open-device", OpenDevice},
                           {"exists", Exists},
                           {"chmod", ChangeModeToTheSame},
                           {"chmod-input", ChangeModeOfInput},
                           {"touch-old", TouchOld},
                           {"mount", MountTmpfs},
                           {"mount-new-api", MountNewApi},
                           {"clone-mount", CloneMount},
                           {"unmount", Unmount},
                           {"remount", RemountWritable},
                           {"chroot", ChangeRoot},
                           {"make-device", MakeDevice},
                           {"make-whiteout", MakeWhiteout},
                           {"file-handle", NameToHandle},
                           {"leaked-directory", LeakedDirectory},
                           {"any-leaked-descriptor", AnyLeakedDescriptor},
                           {"swap-parent", SwapParent},
                           {"unlink", Unlink},
                           {"forge-mark", ForgeMark},
                           {"file-capability", FileCapability},
                           {"immutable", Immutable},
                           {"open-by-handle", OpenByHandle},
                           {"watch-file-system", WatchFileSystem},
                           {"open-through-proc", OpenThroughProc},
                           {"pivot-root", PivotRoot},
                           {"quota-control", QuotaControl},
                           {"hard-link-out", HardLinkOut},
                           {nullptr, nullptr}};

}  // namespace hostile
