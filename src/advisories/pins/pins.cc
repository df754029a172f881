#include "advisories/pins/pins.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/fields.h"

namespace checkrein::advisories {
namespace {

constexpr std::string_view kVersion = "checkrein-pins-v1";

// Five numbers of eight bytes each, as the machine has them: inode numbers are unsigned.
std::string StampBytes(const FileStamp& stamp) {
  static_assert(sizeof(FileStamp) == 40);
  std::string bytes(sizeof stamp, '\0');
  std::memcpy(bytes.data(), &stamp, sizeof stamp);
  return bytes;
}

}  // namespace

void Pins::Put(FilePin pin) {
  const auto same = std::find_if(files.begin(), files.end(), [&](const FilePin& p) { return p.path == pin.path && p.workspace == pin.workspace; });
  if (same != files.end()) *same = std::move(pin);
  else files.push_back(std::move(pin));
}

void Pins::Put(ServerPin pin) {
  const auto same = std::find_if(servers.begin(), servers.end(), [&](const ServerPin& p) { return p.name == pin.name && p.workspace == pin.workspace && p.digest == pin.digest; });
  if (same != servers.end()) *same = std::move(pin);
  else servers.push_back(std::move(pin));
}

std::string Pins::Encode() const {
  FieldWriter w;
  w.Add(kVersion).AddNumber(static_cast<int64_t>(files.size())).AddNumber(static_cast<int64_t>(servers.size()));
  for (const FilePin& pin : files) {
    w.Add(pin.path).Add(pin.workspace).Add(AsText(pin.digest)).AddNumber(pin.approved_ms).Add(StampBytes(pin.stamp));
  }
  for (const ServerPin& pin : servers) w.Add(pin.name).Add(pin.workspace).Add(AsText(pin.digest)).Add(AsText(pin.tools)).AddNumber(pin.approved_ms);
  return w.bytes();
}

std::optional<Pins> Pins::Decode(std::string_view bytes) {
  FieldReader r(bytes);
  if (r.Text() != kVersion) return std::nullopt;
  const int64_t files = r.Number(), servers = r.Number();
  Pins pins;
  for (int64_t i = 0; i < files && r.ok(); ++i) {
    FilePin pin;
    pin.path = r.Text();
    pin.workspace = r.Text();
    r.Bytes(pin.digest);
    pin.approved_ms = r.Number();
    r.Bytes({reinterpret_cast<uint8_t*>(&pin.stamp), sizeof pin.stamp});
    pins.files.push_back(std::move(pin));
  }
  for (int64_t i = 0; i < servers && r.ok(); ++i) {
    ServerPin pin;
    pin.name = r.Text();
    pin.workspace = r.Text();
    r.Bytes(pin.digest);
    r.Bytes(pin.tools);
    pin.approved_ms = r.Number();
    pins.servers.push_back(std::move(pin));
  }
  if (!r.AtEnd()) return std::nullopt;
  return pins;
}

bool PinStore::Exists() const { return access(path_.c_str(), F_OK) == 0 || errno != ENOENT; }

Result<Pins> PinStore::Load() const {
  const Result<std::string> bytes = ReadFile(path_, kMaxPinsFile);
  if (!bytes && bytes.error().kind == Error::Kind::kNotFound) return Pins();
  if (!bytes) return bytes.error();
  std::optional<Pins> pins = Pins::Decode(*bytes);
  if (!pins) return Error{Error::Kind::kInvalid, path_ + ": damaged; remove it and approve again"};
  return *std::move(pins);
}

Status PinStore::Update(const std::function<void(Pins&)>& change) const {
  const std::string lock_path = path_ + ".lock";
  const Fd lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) return SystemError(lock_path, errno);
  while (flock(lock.get(), LOCK_EX) != 0)
    if (errno != EINTR) return SystemError(lock_path, errno);
  Result<Pins> pins = Load();
  if (!pins) return pins.error();
  change(*pins);
  const std::string bytes = pins->Encode();
  if (bytes.size() > kMaxPinsFile) return Error{Error::Kind::kLimit, path_ + ": too many approvals"};
  return ReplaceFile(path_, bytes, 0600);
}

}  // namespace checkrein::advisories
