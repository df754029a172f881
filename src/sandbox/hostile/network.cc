// Sockets: the host's loopback, its abstract and pathname sockets, families that lead elsewhere.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sandbox/hostile/hostile.h"

namespace hostile {
namespace {

Result ConnectLoopback(const std::string& port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(atoi(port.c_str())));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  return Verdict(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}
// Data in the first packet: a way to connect that some filters do not see.
Result FastOpen(const std::string& port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(atoi(port.c_str())));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  return Verdict(sendto(fd, "x", 1, MSG_FASTOPEN, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 1);
}
Result UdpOut(const std::string&) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(0x08080808);
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  return Verdict(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);  // a route must exist for that, no packet is sent
}

Result ConnectUnix(const std::string& name, bool abstract) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path + (abstract ? 1 : 0), name.data(), name.size());
  const socklen_t length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  return Verdict(connect(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0);
}
Result ConnectAbstract(const std::string& name) { return ConnectUnix(name, true); }
Result ConnectPath(const std::string& path) { return ConnectUnix(path, false); }

// "FAMILY TYPE PROTOCOL" in decimal. Succeeds when such a socket can be made.
Result MakeSocket(const std::string& triple) {
  int family = 0, type = 0, protocol = 0;
  if (sscanf(triple.c_str(), "%d %d %d", &family, &type, &protocol) != 3) return Result::kNotTried;
  return Verdict(socket(family, type, protocol) >= 0);
}

}  // namespace

const Case kNetworkCases[] = {{"connect-loopback", ConnectLoopback}, {"fast-open", FastOpen},       {"udp-out", UdpOut},
                              {"connect-abstract", ConnectAbstract}, {"connect-path", ConnectPath}, {"make-socket", MakeSocket},
                              {nullptr, nullptr}};

}  // namespace hostile
