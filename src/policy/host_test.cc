#include "policy/host.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Row {
  std::string_view object, name;
  int64_t port;
  std::vector<std::string_view> groups;
};

TEST(Host, SpellingsAndGroups) {
  const Row rows[] = {
      {"a.example:443", "a.example", 443, {}},
      {"A.Example.:443", "a.example", 443, {}},
      {"a.example", "a.example", 0, {}},
      {"a.example:?", "a.example", 0, {}},
      {"a.example:99999", "?", 0, {"unknown"}},
      {"a.example:", "?", 0, {"unknown"}},
      {"remote:origin", "remote:origin", 0, {"remote"}},
      {"remote:*", "?", 0, {"unknown"}},
      {"registry:npm", "registry:npm", 0, {"registry"}},
      {"registry:a b", "?", 0, {"unknown"}},
      {"?", "?", 0, {"unknown"}},
      {"?:443", "?", 443, {"unknown"}},
      {"", "?", 0, {"unknown"}},
      {"*.example:443", "?", 443, {"unknown"}},
      {"u@a.example:443", "?", 443, {"unknown"}},
      {"a..example", "?", 0, {"unknown"}},
      {".example", "?", 0, {"unknown"}},
      {"unix:/run/x.sock", "?", 0, {"unknown"}},
      {std::string_view("model.example\0.evil.example:443", 31), "?", 443, {"unknown"}},
      {"m\xc3\xb6" "del.example", "?", 0, {"unknown"}},
      {"model.example:443", "model.example", 443, {"model"}},
      {"MODEL.example:80", "model.example", 80, {"model"}},
      {"other.example:8443", "other.example", 8443, {"model"}},
      {"other.example:443", "other.example", 443, {}},
      {"packages.example:443", "packages.example", 443, {"registry"}},
      {"localhost:1", "localhost", 1, {"loopback"}},
      {"x.localhost", "x.localhost", 0, {"loopback"}},
      {"127.1", "127.0.0.1", 0, {"loopback"}},
      {"0x7f000001:80", "127.0.0.1", 80, {"loopback"}},
      {"2130706433", "127.0.0.1", 0, {"loopback"}},
      {"017700000001", "127.0.0.1", 0, {"loopback"}},
      {"0", "0.0.0.0", 0, {"loopback"}},
      {"[::]:80", "::", 80, {"loopback"}},
      {"[::1]:80", "::1", 80, {"loopback"}},
      {"::1", "::1", 0, {"loopback"}},
      {"[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80, {"loopback"}},
      {"10.1.2.3", "10.1.2.3", 0, {"private"}},
      {"172.31.0.1", "172.31.0.1", 0, {"private"}},
      {"172.32.0.1", "172.32.0.1", 0, {}},
      {"192.168.0.1", "192.168.0.1", 0, {"private"}},
      {"100.64.0.1", "100.64.0.1", 0, {"private"}},
      {"[fd12::1]", "fd12::1", 0, {"private"}},
      {"printer", "printer", 0, {"private"}},
      {"nas.local", "nas.local", 0, {"private"}},
      {"224.0.0.1", "224.0.0.1", 0, {"private"}},
      {"169.254.169.254:80", "169.254.169.254", 80, {"metadata"}},
      {"169.254.43518", "169.254.169.254", 0, {"metadata"}},
      {"0xa9.0xfe.0xa9.0xfe", "169.254.169.254", 0, {"metadata"}},
      {"[64:ff9b::a9fe:a9fe]", "64:ff9b::a9fe:a9fe", 0, {"metadata"}},
      {"[2002:a9fe:a9fe::1]", "2002:a9fe:a9fe::1", 0, {"metadata"}},
      {"[::169.254.169.254]", "::169.254.169.254", 0, {"metadata"}},
      {"[fe80::1%eth0]:80", "fe80::1", 80, {"metadata"}},
      {"100.100.100.200", "100.100.100.200", 0, {"private", "metadata"}},
      {"256.1.1.1", "256.1.1.1", 0, {}},
      {"1.2.3.4.5", "1.2.3.4.5", 0, {}},
      {"[fe80::1", "?", 0, {"unknown"}},
      {"[x]", "?", 0, {"unknown"}},
  };
  const std::vector<std::string> model = {"model.example", "other.example:8443"}, registry = {"Packages.example."};
  for (const Row& row : rows) {
    const Host host = ParseHost(row.object);
    EXPECT_EQ(host.name, row.name) << row.object;
    EXPECT_EQ(host.port, row.port) << row.object;
    EXPECT_EQ(HostGroups(host, Direction::kConnect, model, registry), row.groups) << row.object;
  }
}

TEST(Host, AllInterfacesAreNotLoopbackToAServer) {
  for (const char* any : {"0.0.0.0:80", "[::]:80", "0"}) EXPECT_THAT(HostGroups(ParseHost(any), Direction::kListen, {}, {}), IsEmpty()) << any;
  EXPECT_THAT(HostGroups(ParseHost("127.0.0.1:80"), Direction::kListen, {}, {}), ElementsAre("loopback"));
}

TEST(Host, OfRemotes) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"https://a.example/x.git", "a.example"}, {"https://u:p@a.example:8443/x", "a.example"}, {"git@a.example:x/y.git", "a.example"},
      {"ssh://git@a.example/x", "a.example"},   {"https://b.example@a.example/x", "a.example"}, {"origin", "?"},
      {"?", "?"},                               {"/srv/x.git", "?"},
  };
  for (const auto& [remote, name] : rows) EXPECT_EQ(HostOfRemote(remote).name, name) << remote;
}

TEST(Host, Domains) {
  EXPECT_TRUE(IsDomainOf("a.b.example", "b.example"));
  EXPECT_TRUE(IsDomainOf("b.example", "B.example"));
  EXPECT_FALSE(IsDomainOf("ab.example", "b.example"));
  EXPECT_FALSE(IsDomainOf("b.example", "a.b.example"));
}

}  // namespace
}  // namespace checkrein::policy
