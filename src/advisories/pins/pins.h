// What a person has approved of an agent's surroundings, by digest: files of a workspace, and MCP servers. Kept in one file of the state
// directory, outside every workspace.
//
//   PinStore store(state);
//   store.Update([&](Pins& pins) { pins.Put(FilePin{path, workspace, digest}); });
//
// A pin never permits anything: what is approved and changes is a reason to deny, and what was never approved is only called untrusted.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace checkrein::advisories {

// By what a file is known to be untouched without reading it. The change time cannot be set by an ordinary user.
struct FileStamp {
  uint64_t device = 0, inode = 0;
  int64_t size = 0, modified_ns = 0, changed_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

struct FilePin {
  std::string path;        // absolute, as approved; links are followed when it is looked at
  std::string workspace;   // the project whose sessions it concerns; "" for every session
  Digest digest{};         // SHA-256 of the content
  int64_t approved_ms = 0;
  FileStamp stamp;         // when this digest was last seen; all zero: not known
};

struct ServerPin {
  std::string name;
  std::string workspace;   // "" for every session
  Digest digest{};         // Server::DigestWith the state's redaction key
  Digest tools{};          // SHA-256 of what it says to the model (tools.h); all zero: it was not asked
  int64_t approved_ms = 0;
};

struct Pins {
  std::vector<FilePin> files;
  std::vector<ServerPin> servers;

  bool empty() const { return files.empty() && servers.empty(); }
  // Adds, or replaces what is pinned under the same path (the same name and digest) for the same workspace.
  void Put(FilePin pin);
  void Put(ServerPin pin);

  std::string Encode() const;
  static std::optional<Pins> Decode(std::string_view bytes);  // nothing for what is not whole
};

inline constexpr size_t kMaxPinsFile = 4u << 20;  // bytes; read on every action of whoever has pins: usually a few kilobytes

class PinStore {
 public:
  explicit PinStore(const std::string& state) : path_(state + "/pins") {}

  // No file is no pins. kInvalid: damaged, which whoever decides takes for a change; kIo.
  Result<Pins> Load() const;
  bool Exists() const;
  // Loads, changes and replaces, under a lock. A damaged file is an error: it is not written over.
  Status Update(const std::function<void(Pins&)>& change) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace checkrein::advisories
