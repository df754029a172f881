// The file system: what is hidden, what is read-only, what was mounted, what was left open.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
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
                           {nullptr, nullptr}};

}  // namespace hostile
