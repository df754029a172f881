// What the spawner needs, in one block of memory: plain values and pointers into the block itself. The spawner touches its stack, this block and
// constants, nothing that a lock or an allocator guards. Its first values are there before the clone; the others its parent makes up while the kernel makes
// the namespaces, in the same memory, and then says so (kBeginRequest).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "sandbox/hooks.h"
#include "sandbox/layout.h"
#include "sandbox/network.h"
#include "sandbox/session.h"

namespace checkrein::sandbox {

struct RawStep {
  Do what;
  int slot;
  int from;
  uint32_t attributes;
  uint32_t mode;
  const char* path;
  const char* text;
  uint64_t text_bytes;
};
struct RawListener {
  uint32_t address;  // network order
  uint16_t port;     // host order
  Reach reach;
};
struct RawAudience {
  const char* target;
  Audience audience;
};
struct MemoryRange {
  uintptr_t begin = 0;
  uintptr_t end = 0;
};
struct Image {
  uid_t uid;
  gid_t gid;
  int channel;     // the spawner's end of the socket
  int landlock_abi;
  Networks networks;
  bool watch_execs;
  uint64_t max_processes;  // 0: this kernel has no bound of a session's own
  size_t block_bytes;
  // From here on there when the spawner is told to begin.
  MemoryRange arguments;   // the caller's (shed.h)
  size_t tree_count;       // descriptors that come with that, in this order: trees of the host (unowned.h) ...
  bool with_lock;          // ... and what holds the copy for as long as the spawner lives
  const RawStep* steps;
  size_t step_count;
  const RawListener* listeners;
  size_t listener_count;
  const char* const* writable;
  size_t writable_count;
  const RawAudience* audiences;
  size_t audience_count;
};

// Owns the block, on the parent's side.
class ImageBlock {
 public:
  static Result<ImageBlock> Make(const Plan& plan);
  Status Fill(const Layout& layout, const Plan& plan);  // kLimit when the plan is larger than anything we know of
  ImageBlock(ImageBlock&& other) noexcept;
  ImageBlock& operator=(ImageBlock&&) = delete;
  ~ImageBlock();
  Image& image() { return *reinterpret_cast<Image*>(base_); }

 private:
  ImageBlock(char* base, size_t size) : base_(base), size_(size) {}
  char* base_;
  size_t size_;
};

// --- messages ---------------------------------------------------------------------------------------------------------------------------

// Where in the child something failed. `step` counts for kStep only.
enum class Stage : uint32_t {
  kNone, kMaps, kStep, kLoopback, kListener, kPrivileges, kLandlock, kSeccomp,                                   // while a session is made
  kRequest, kClone, kNetwork, kIdentity, kAudience, kProc, kKeyring, kLimits, kStreams, kTerminal, kDirectory, kWatch, kExec,     // while a program is started
};
std::string_view StageName(Stage stage);

// The spawner to its parent: after start-up with the root and the listeners, after each request with {pidfd, report}.
struct Reply {
  Stage failed;  // kNone: done
  int32_t error;
  int32_t step;
  uint32_t sockets[2];  // start-up: which of the sockets of network.h come along, by network; bit i is socket i
};
inline constexpr size_t kMaxHanded = 1 + kMaxListeners + 2 * kInterceptSockets;

// A program's init to whoever reads the report: how the main process ended, as soon as it has. The first one counts.
struct Report {
  enum class Kind : uint32_t { kNotStarted, kExited, kKilled };
  Kind kind;
  Stage stage;
  int32_t code;
};

// A request: this head in a memory file, then the texts it points to by offset from the head's beginning, then room for the two pointer
// tables. Made by the parent, trusted by the spawner.
struct RequestHead {
  uint32_t total_bytes;
  uint32_t file;
  uint32_t cwd;
  uint32_t arguments;      // first of `argument_count` texts that follow each other
  uint32_t argument_count;
  uint32_t variables;
  uint32_t variable_count;
  uint32_t tables;         // offset of room for (argument_count + variable_count + 2) pointers, aligned
  uint64_t max_processes;
  uint64_t max_processor_seconds;
  Reach reach;
  Terminal terminal;
  Identity identity;
  uint8_t streams;         // bit i: descriptor i comes with the message; otherwise it is /dev/null
};
// An init to whoever reads the report, before anything else when execs are watched: one byte, with the listener if there is one.
inline constexpr char kListenerNotice = 'l';

// What is asked for, by the message's one byte.
inline constexpr char kBeginRequest = 'b';        // once, first: the image is complete. No answer but the session's
inline constexpr char kProgramRequest = 'p';      // a program: a memory file and its streams
inline constexpr char kSocketRequest[] = {'c', 'a'};  // a TCP socket in that network (by Reach)
inline constexpr char kFreezeRequest = 'f';       // stop everything
inline constexpr char kThawRequest = 't';

}  // namespace checkrein::sandbox
