// A network namespace in which every name, address and TCP port leads to three sockets of ours, whatever a program does or ignores.
//
// Rules of spawner.h: system calls only, in the new namespace, with its capabilities. How it is built:
//   - loopback is up, and every IPv4 and IPv6 address is local to it ("AnyIP": a local default route), so a connection to anywhere arrives here;
//   - nftables, spoken to over netlink, leads TCP to any address but loopback to one port, and UDP port 53 to another: the listener asks the
//     kernel for where the connection was meant to go (SO_ORIGINAL_DST);
//   - everything else has nobody to answer it: other UDP gets "port unreachable", ICMP and raw sockets need capabilities nobody has.
// The sockets are made inside and passed out; whoever accepts from them decides. Source: nft(8), ip-route(8) "local", and the kernel's
// include/uapi/linux/netfilter/nf_tables.h.
#pragma once

#include <cstdint>

namespace checkrein::sandbox {

// Privileged, so that no program can take it or be in its way; not among the ports that browsers refuse. Also the address of the proxy for
// clients that insist on one: a connection that was meant for this very port speaks HTTP CONNECT or SOCKS 5.
inline constexpr uint16_t kInterceptPort = 8;
inline constexpr uint16_t kNamePort = 53;
// A listener for each of these stands in for nftables where the kernel has none; connections to other ports are then refused by the kernel,
// unseen: less is reached, never more.
inline constexpr uint16_t kPlainPorts[] = {22, 80, 443, 9418};

enum InterceptSocket : int { kTcp4, kTcp6, kNames4, kNames6, kPlain, kInterceptSockets = kPlain + 2 * 4 };

// Fills `sockets` (-1 for none: IPv6 may be absent, the plain ports are used only without nftables). Returns 0 or an errno value.
int Intercept(int* sockets);
int LoopbackUp();

}  // namespace checkrein::sandbox
