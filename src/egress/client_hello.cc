#include "egress/client_hello.h"

#include <cstdint>

namespace checkrein::egress {
namespace {

constexpr uint8_t kHandshakeRecord = 0x16, kClientHelloMessage = 1;
constexpr uint16_t kServerName = 0, kEncryptedClientHello = 0xfe0d;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  // Big endian, `size` bytes; 0 and !ok() when there are not so many.
  uint32_t Number(size_t size) {
    uint32_t out = 0;
    for (const char c : Take(size)) out = out << 8 | static_cast<uint8_t>(c);
    return out;
  }
  std::string_view Take(size_t size) {
    if (size > bytes_.size()) {
      ok_ = false;
      bytes_ = {};
      return {};
    }
    const std::string_view out = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return out;
  }
  std::string_view Vector(size_t length_bytes) { return Take(Number(length_bytes)); }
  bool ok() const { return ok_; }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

// server_name_list: exactly one host_name.
bool ReadName(std::string_view extension, ClientHello& out) {
  Reader outer(extension);
  Reader list(outer.Vector(2));
  if (!outer.ok() || !outer.empty() || list.Number(1) != 0) return false;
  out.name = list.Vector(2);
  out.has_name = true;
  return list.ok() && list.empty() && !out.name.empty();
}

bool ReadExtensions(std::string_view bytes, ClientHello& out) {
  Reader extensions(bytes);
  while (!extensions.empty()) {
    const uint32_t type = extensions.Number(2);
    const std::string_view body = extensions.Vector(2);
    if (!extensions.ok()) return false;
    if (type == kEncryptedClientHello) out.has_hidden = true;
    if (type == kServerName && (out.has_name || !ReadName(body, out))) return false;  // twice is forbidden
  }
  return true;
}

bool ReadBody(std::string_view body, ClientHello& out) {
  Reader hello(body);
  hello.Number(2);   // legacy_version
  hello.Take(32);    // random
  hello.Vector(1);   // legacy_session_id
  hello.Vector(2);   // cipher_suites
  hello.Vector(1);   // legacy_compression_methods
  if (!hello.ok()) return false;
  if (hello.empty()) return true;
  const std::string_view extensions = hello.Vector(2);
  return hello.ok() && hello.empty() && ReadExtensions(extensions, out);
}

}  // namespace

ClientHello ReadClientHello(std::string_view bytes) {
  ClientHello out;
  const auto malformed = [&out] {
    out.state = ClientHello::State::kMalformed;
    return out;
  };
  if (bytes.size() > kMaxHelloBytes) bytes = bytes.substr(0, kMaxHelloBytes);
  std::string message;
  Reader records(bytes);
  while (!records.empty()) {
    if (records.Number(1) != kHandshakeRecord && records.ok()) return malformed();
    records.Number(2);
    const std::string_view fragment = records.Vector(2);
    if (!records.ok()) break;
    if (fragment.empty()) return malformed();
    message += fragment;
    Reader handshake(message);
    const uint32_t type = handshake.Number(1);
    if (handshake.ok() && type != kClientHelloMessage) return malformed();
    const std::string_view body = handshake.Vector(3);
    if (!handshake.ok()) continue;
    if (!handshake.empty() || !ReadBody(body, out)) return malformed();
    out.state = ClientHello::State::kWhole;
    return out;
  }
  return bytes.size() >= kMaxHelloBytes ? malformed() : out;
}

}  // namespace checkrein::egress
