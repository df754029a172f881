// The first thing a TLS client says, read far enough to know which server it asks for (RFC 8446 4.1.2, RFC 6066 3).
#pragma once

#include <string>
#include <string_view>

namespace checkrein::egress {

inline constexpr size_t kMaxHelloBytes = 32u << 10;  // a hello with post-quantum keys has about 2 KiB; records are 16 KiB at most

struct ClientHello {
  enum class State { kIncomplete, kMalformed, kWhole } state = State::kIncomplete;
  bool has_name = false;
  std::string name;         // as the client wrote it
  bool has_hidden = false;  // encrypted_client_hello: the name that counts may be another one (also when it is only grease: nobody can tell)
};
// `bytes` is the beginning of the stream and starts with a handshake record (0x16). The hello may be spread over several records.
ClientHello ReadClientHello(std::string_view bytes);

}  // namespace checkrein::egress
