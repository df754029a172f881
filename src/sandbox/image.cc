#include "sandbox/image.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <memory>
#include <new>
#include <utility>

#include "base/fd.h"

namespace checkrein::sandbox {
namespace {

constexpr size_t kMostOfLayout = 64u << 20;  // 200 binds with long paths stay below it

// Hands out pieces of a block that is known to be large enough.
class Bump {
 public:
  explicit Bump(char* at) : at_(at) {}
  template <typename T>
  T* Array(size_t count) {
    at_ += (alignof(T) - reinterpret_cast<uintptr_t>(at_) % alignof(T)) % alignof(T);
    T* out = reinterpret_cast<T*>(at_);
    at_ += count * sizeof(T);
    return out;
  }
  const char* Text(std::string_view text) {
    char* out = at_;
    memcpy(out, text.data(), text.size());
    out[text.size()] = '\0';
    at_ += text.size() + 1;
    return out;
  }

 private:
  char* at_;
};

size_t Need(const Layout& layout, const Plan& plan) {
  size_t bytes = sizeof(Image) + 4096 + plan.listeners.size() * sizeof(RawListener);
  for (const Step& step : layout.steps) bytes += sizeof(RawStep) + step.path.size() + step.text.size() + 2;
  for (const std::string& path : layout.writable) bytes += sizeof(char*) + path.size() + 1;
  for (const auto& [path, who] : layout.audiences) bytes += sizeof(RawAudience) + path.size() + 1;
  return bytes;
}

}  // namespace

// Of address space: what nobody writes to costs nothing.
Result<ImageBlock> ImageBlock::Make(const Plan& plan) {
  size_t size = kMostOfLayout;
  for (const PlantedFile& file : plan.planted) size += file.content.size();
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return SystemError("sandbox: memory for the plan", errno);
  auto* image = new (memory) Image{};
  image->networks = plan.networks;
  image->watch_execs = plan.watch_execs;
  image->block_bytes = size;
  return ImageBlock(static_cast<char*>(memory), size);
}

Status ImageBlock::Fill(const Layout& layout, const Plan& plan) {
  if (Need(layout, plan) > size_) return Error{Error::Kind::kLimit, "sandbox: the plan is too large"};
  Bump bump(base_ + sizeof(Image));
  Image* image = &this->image();

  RawStep* steps = bump.Array<RawStep>(layout.steps.size());
  for (size_t i = 0; i < layout.steps.size(); ++i) {
    const Step& s = layout.steps[i];
    steps[i] = {s.what, s.slot, s.from, s.attributes, s.mode, bump.Text(s.path), bump.Text(s.text), s.text.size()};
  }
  image->steps = steps;
  image->step_count = layout.steps.size();

  RawListener* listeners = bump.Array<RawListener>(plan.listeners.size());
  for (size_t i = 0; i < plan.listeners.size(); ++i) listeners[i] = {inet_addr(plan.listeners[i].address.c_str()), plan.listeners[i].port, plan.listeners[i].reach};
  image->listeners = listeners;
  image->listener_count = plan.listeners.size();

  const char** writable = bump.Array<const char*>(layout.writable.size());
  for (size_t i = 0; i < layout.writable.size(); ++i) writable[i] = bump.Text(layout.writable[i]);
  image->writable = writable;
  image->writable_count = layout.writable.size();

  RawAudience* audiences = bump.Array<RawAudience>(layout.audiences.size());
  for (size_t i = 0; i < layout.audiences.size(); ++i) audiences[i] = {bump.Text(layout.audiences[i].first), layout.audiences[i].second};
  image->audiences = audiences;
  image->audience_count = layout.audiences.size();
  return Done{};
}

ImageBlock::ImageBlock(ImageBlock&& other) noexcept : base_(std::exchange(other.base_, nullptr)), size_(other.size_) {}
ImageBlock::~ImageBlock() {
  if (base_ != nullptr) munmap(base_, size_);
}

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kNone: return "none";
    case Stage::kMaps: return "user namespace maps";
    case Stage::kStep: return "file system";
    case Stage::kLoopback: return "loopback";
    case Stage::kListener: return "listener";
    case Stage::kPrivileges: return "privileges";
    case Stage::kLandlock: return "landlock";
    case Stage::kSeccomp: return "seccomp";
    case Stage::kRequest: return "request";
    case Stage::kClone: return "new process";
    case Stage::kNetwork: return "network";
    case Stage::kIdentity: return "identity";
    case Stage::kAudience: return "binds of others";
    case Stage::kProc: return "/proc";
    case Stage::kKeyring: return "keyring";
    case Stage::kLimits: return "limits";
    case Stage::kStreams: return "standard streams";
    case Stage::kTerminal: return "terminal";
    case Stage::kDirectory: return "cwd";
    case Stage::kWatch: return "watch";
    case Stage::kExec: return "exec";
  }
  return "unknown";
}

}  // namespace checkrein::sandbox
