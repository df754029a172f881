#include "sandbox/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "sandbox/hooks.h"

namespace checkrein::sandbox {
namespace {

constexpr uint32_t kLoopback = 1;             // the interface index of `lo` in every namespace
constexpr uint32_t kSource = 0x0affff01;      // 10.255.255.1: programs take a machine with loopback addresses only for one without a network
constexpr int kNatPriority = -100;            // NF_IP_PRI_NAT_DST
constexpr char kTable[] = "checkrein";
constexpr char kChain[] = "out";

// Netlink messages one after the other in a fixed buffer. What does not fit is an error at the end, never written.
class Batch {
 public:
  void Begin(uint16_t type, uint16_t flags, const void* head, size_t size) {
    message_ = used_;
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
    header.nlmsg_seq = ++sequence_;
    Append(&header, sizeof header);
    Append(head, size);
    if ((flags & NLM_F_ACK) != 0) ++wanted_;
  }
  void End() {
    const auto length = static_cast<uint32_t>(used_ - message_);
    memcpy(bytes_ + message_, &length, sizeof length);
  }
  void Attribute(uint16_t type, const void* data, size_t size) {
    const nlattr head{static_cast<uint16_t>(sizeof(nlattr) + size), type};
    Append(&head, sizeof head);
    Append(data, size);
  }
  void Text(uint16_t type, const char* text) { Attribute(type, text, strlen(text) + 1); }
  void Number(uint16_t type, uint32_t value) {  // nf_tables counts in network order
    const uint32_t wire = htonl(value);
    Attribute(type, &wire, sizeof wire);
  }
  size_t Open(uint16_t type) {
    const size_t at = used_;
    Attribute(static_cast<uint16_t>(type | NLA_F_NESTED), nullptr, 0);
    return at;
  }
  void Close(size_t at) {
    const auto length = static_cast<uint16_t>(used_ - at);
    memcpy(bytes_ + at, &length, sizeof length);
  }

  // 0 when the kernel took every message.
  int Send(int protocol) const {
    if (full_) return EMSGSIZE;
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0) return errno;
    int error = send(fd, bytes_, used_, 0) < 0 ? errno : 0;
    for (int seen = 0; error == 0 && seen < wanted_;) error = Read(fd, &seen);
    close(fd);
    return error;
  }

 private:
  static int Read(int fd, int* seen) {
    alignas(nlmsghdr) char answer[4096];
    const ssize_t n = recv(fd, answer, sizeof answer, 0);
    if (n < 0) return errno == EINTR ? 0 : errno;
    const auto end = static_cast<size_t>(n);
    for (size_t at = 0; at + sizeof(nlmsghdr) <= end;) {
      nlmsghdr head{};
      nlmsgerr body{};
      memcpy(&head, answer + at, sizeof head);
      if (head.nlmsg_len < sizeof head || at + head.nlmsg_len > end) return EBADMSG;
      if (head.nlmsg_type == NLMSG_ERROR && head.nlmsg_len >= sizeof head + sizeof body.error) {
        memcpy(&body.error, answer + at + sizeof head, sizeof body.error);
        if (body.error != 0) return -body.error;
        ++*seen;
      }
      at += NLMSG_ALIGN(head.nlmsg_len);
    }
    return 0;
  }
  void Append(const void* data, size_t size) {
    const size_t padded = NLMSG_ALIGN(size);
    if (used_ + padded > sizeof bytes_) {
      full_ = true;
      return;
    }
    if (size > 0) memcpy(bytes_ + used_, data, size);
    memset(bytes_ + used_ + size, 0, padded - size);
    used_ += padded;
  }

  alignas(nlmsghdr) char bytes_[4096];
  size_t used_ = 0, message_ = 0;
  uint32_t sequence_ = 0;
  int wanted_ = 0;
  bool full_ = false;
};

// `ip address add 10.255.255.1/32 dev lo; ip route add local default dev lo` for both families.
int MakeEverythingLocal(bool with_ipv6) {
  Batch batch;
  const ifaddrmsg address{AF_INET, 32, 0, RT_SCOPE_HOST, kLoopback};
  const uint32_t source = htonl(kSource);
  batch.Begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_ACK, &address, sizeof address);
  batch.Attribute(IFA_LOCAL, &source, sizeof source);
  batch.Attribute(IFA_ADDRESS, &source, sizeof source);
  batch.End();
  for (const int family : {AF_INET, AF_INET6}) {
    if (family == AF_INET6 && !with_ipv6) continue;
    rtmsg route{};
    route.rtm_family = static_cast<unsigned char>(family);
    route.rtm_table = RT_TABLE_LOCAL;
    route.rtm_protocol = RTPROT_BOOT;
    route.rtm_scope = family == AF_INET ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
    route.rtm_type = RTN_LOCAL;
    batch.Begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_ACK, &route, sizeof route);
    batch.Attribute(RTA_OIF, &kLoopback, sizeof kLoopback);
    batch.End();
  }
  return batch.Send(NETLINK_ROUTE);
}

// One expression of a rule: its name, and between Open and Close its attributes.
class Expression {
 public:
  Expression(Batch& batch, const char* name) : batch_(batch), element_(batch.Open(NFTA_LIST_ELEM)) {
    batch.Text(NFTA_EXPR_NAME, name);
    data_ = batch.Open(NFTA_EXPR_DATA);
  }
  ~Expression() {
    batch_.Close(data_);
    batch_.Close(element_);
  }

 private:
  Batch& batch_;
  size_t element_, data_;
};

void Load(Batch& batch, uint32_t base, uint32_t offset, uint32_t bytes) {
  const Expression payload(batch, "payload");
  batch.Number(NFTA_PAYLOAD_DREG, NFT_REG_1);
  batch.Number(NFTA_PAYLOAD_BASE, base);
  batch.Number(NFTA_PAYLOAD_OFFSET, offset);
  batch.Number(NFTA_PAYLOAD_LEN, bytes);
}
void LoadProtocol(Batch& batch) {
  const Expression meta(batch, "meta");
  batch.Number(NFTA_META_DREG, NFT_REG_1);
  batch.Number(NFTA_META_KEY, NFT_META_L4PROTO);
}
void Compare(Batch& batch, uint32_t how, const void* value, size_t size) {
  const Expression compare(batch, "cmp");
  batch.Number(NFTA_CMP_SREG, NFT_REG_1);
  batch.Number(NFTA_CMP_OP, how);
  const size_t data = batch.Open(NFTA_CMP_DATA);
  batch.Attribute(NFTA_DATA_VALUE, value, size);
  batch.Close(data);
}
void RedirectTo(Batch& batch, uint16_t port) {
  const uint16_t wire = htons(port);
  {
    const Expression immediate(batch, "immediate");
    batch.Number(NFTA_IMMEDIATE_DREG, NFT_REG_1);
    const size_t data = batch.Open(NFTA_IMMEDIATE_DATA);
    batch.Attribute(NFTA_DATA_VALUE, &wire, sizeof wire);
    batch.Close(data);
  }
  const Expression redirect(batch, "redir");
  batch.Number(NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1);
}

class Rules {
 public:
  Rules(Batch& batch, uint8_t family) : batch_(batch), head_{family, NFNETLINK_V0, 0} {}
  void TableAndChain() {
    Begin(NFT_MSG_NEWTABLE);
    batch_.Text(NFTA_TABLE_NAME, kTable);
    batch_.End();
    Begin(NFT_MSG_NEWCHAIN);
    batch_.Text(NFTA_CHAIN_TABLE, kTable);
    batch_.Text(NFTA_CHAIN_NAME, kChain);
    const size_t hook = batch_.Open(NFTA_CHAIN_HOOK);
    batch_.Number(NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT);
    batch_.Number(NFTA_HOOK_PRIORITY, static_cast<uint32_t>(kNatPriority));
    batch_.Close(hook);
    batch_.Number(NFTA_CHAIN_POLICY, NF_ACCEPT);
    batch_.Text(NFTA_CHAIN_TYPE, "nat");
    batch_.End();
  }
  // udp dport 53 redirect to :53
  void Names() {
    const size_t expressions = Rule();
    Protocol(IPPROTO_UDP);
    Load(batch_, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
    const uint16_t port = htons(kNamePort);
    Compare(batch_, NFT_CMP_EQ, &port, sizeof port);
    RedirectTo(batch_, kNamePort);
    EndRule(expressions);
  }
  // daddr != loopback, tcp redirect to :8
  void Connections() {
    const size_t expressions = Rule();
    if (head_.nfgen_family == NFPROTO_IPV4) {
      const uint8_t loopback = 127;
      Load(batch_, NFT_PAYLOAD_NETWORK_HEADER, 16, 1);
      Compare(batch_, NFT_CMP_NEQ, &loopback, sizeof loopback);
    } else {
      Load(batch_, NFT_PAYLOAD_NETWORK_HEADER, 24, 16);
      Compare(batch_, NFT_CMP_NEQ, &in6addr_loopback, sizeof in6addr_loopback);
    }
    Protocol(IPPROTO_TCP);
    RedirectTo(batch_, kInterceptPort);
    EndRule(expressions);
  }

 private:
  void Begin(uint16_t what) {
    batch_.Begin(static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | what), NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, &head_, sizeof head_);
  }
  size_t Rule() {
    Begin(NFT_MSG_NEWRULE);
    batch_.Text(NFTA_RULE_TABLE, kTable);
    batch_.Text(NFTA_RULE_CHAIN, kChain);
    return batch_.Open(NFTA_RULE_EXPRESSIONS);
  }
  void EndRule(size_t expressions) {
    batch_.Close(expressions);
    batch_.End();
  }
  void Protocol(uint8_t protocol) {
    LoadProtocol(batch_);
    Compare(batch_, NFT_CMP_EQ, &protocol, sizeof protocol);
  }

  Batch& batch_;
  nfgenmsg head_;
};

int Redirect(bool with_ipv6) {
  if (FailedNetfilter() != 0) return FailedNetfilter();
  Batch batch;
  const nfgenmsg mark{AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)};
  batch.Begin(NFNL_MSG_BATCH_BEGIN, 0, &mark, sizeof mark);
  batch.End();
  for (const uint8_t family : {NFPROTO_IPV4, NFPROTO_IPV6}) {
    if (family == NFPROTO_IPV6 && !with_ipv6) continue;
    Rules rules(batch, family);
    rules.TableAndChain();
    rules.Names();
    rules.Connections();
  }
  batch.Begin(NFNL_MSG_BATCH_END, 0, &mark, sizeof mark);
  batch.End();
  return batch.Send(NETLINK_NETFILTER);
}

// On loopback, or for the plain ports on every address.
int Bound(int family, int type, uint16_t port, bool everywhere) {
  const int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  six.sin6_addr = everywhere ? in6addr_any : in6addr_loopback;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  four.sin_addr.s_addr = htonl(everywhere ? INADDR_ANY : INADDR_LOOPBACK);
  const int on = 1;
  const auto* address = family == AF_INET6 ? reinterpret_cast<const sockaddr*>(&six) : reinterpret_cast<const sockaddr*>(&four);
  const socklen_t size = family == AF_INET6 ? sizeof six : sizeof four;
  if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, address, size) == 0 && (type == SOCK_DGRAM || listen(fd, SOMAXCONN) == 0)) return fd;
  const int error = errno;
  close(fd);
  return -error;
}

bool HasIpv6() {
  const int fd = Bound(AF_INET6, SOCK_STREAM, 0, false);
  if (fd < 0) return false;
  close(fd);
  return true;
}

int PlainListeners(int* sockets, bool with_ipv6) {
  int next = kPlain;
  for (const int family : {AF_INET, AF_INET6}) {
    if (family == AF_INET6 && !with_ipv6) continue;
    for (const uint16_t port : kPlainPorts) {
      sockets[next] = Bound(family, SOCK_STREAM, port, true);
      if (sockets[next] < 0) return -sockets[next];
      ++next;
    }
  }
  return 0;
}

}  // namespace

int LoopbackUp() {
  const int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (control < 0) return errno;
  ifreq request{};
  memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const int error = ioctl(control, SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
  close(control);
  return error;
}

int Intercept(int* sockets) {
  std::fill_n(sockets, static_cast<int>(kInterceptSockets), -1);
  const bool with_ipv6 = HasIpv6();
  if (const int error = MakeEverythingLocal(with_ipv6); error != 0) return error;
  for (const int family : {AF_INET, AF_INET6}) {
    if (family == AF_INET6 && !with_ipv6) continue;
    const int which = family == AF_INET ? 0 : 1;
    const int tcp = sockets[kTcp4 + which] = Bound(family, SOCK_STREAM, kInterceptPort, false);
    const int names = sockets[kNames4 + which] = Bound(family, SOCK_DGRAM, kNamePort, false);
    if (tcp < 0) return -tcp;
    if (names < 0) return -names;
  }
  return Redirect(with_ipv6) == 0 ? 0 : PlainListeners(sockets, with_ipv6);
}

}  // namespace checkrein::sandbox
