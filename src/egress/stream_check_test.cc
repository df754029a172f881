#include "egress/stream_check.h"

#include <optional>
#include <vector>

#include "egress/client_hello.h"
#include "egress/names.h"
#include "egress/proxy.h"
#include "gtest/gtest.h"

namespace checkrein::egress {
namespace {

std::string Big(size_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}
std::string Extension(uint16_t type, const std::string& body) { return Big(type, 2) + Big(body.size(), 2) + body; }
std::string Sni(const std::string& name) {
  const std::string entry = Big(0, 1) + Big(name.size(), 2) + name;
  return Extension(0, Big(entry.size(), 2) + entry);
}
std::string Handshake(const std::string& extensions) {
  const std::string body = Big(0x0303, 2) + std::string(32, 'r') + Big(0, 1) + Big(2, 2) + Big(0x1301, 2) + Big(1, 1) + Big(0, 1) + Big(extensions.size(), 2) + extensions;
  return Big(1, 1) + Big(body.size(), 3) + body;
}
std::string Record(const std::string& fragment) { return Big(0x160301, 3) + Big(fragment.size(), 2) + fragment; }
std::string Hello(const std::string& extensions) { return Record(Handshake(extensions)); }

// Fed whole and byte by byte, the answer must be the same. "" for "all of it passed".
std::string Verdict(const std::string& bytes, const std::string& host = "a.example") {
  StreamCheck whole(host);
  const StreamCheck::Answer at_once = whole.Look(bytes);
  StreamCheck slow(host);
  std::string pending, refused;
  size_t passed = 0;
  for (const char c : bytes) {
    pending += c;
    const StreamCheck::Answer answer = slow.Look(pending);
    if (!answer.refused.empty()) {
      refused = answer.refused;
      break;
    }
    passed += answer.pass;
    pending.erase(0, answer.pass);
  }
  EXPECT_EQ(at_once.refused.empty(), refused.empty()) << at_once.refused << " / " << refused;
  if (!at_once.refused.empty()) return at_once.refused;
  EXPECT_EQ(at_once.pass, passed);
  return passed == bytes.size() ? "" : "held back";
}

struct Row {
  const char* what;
  std::string bytes;
  const char* verdict;  // the beginning of it; "" passes
};

TEST(StreamCheck, Tls) {
  const Row rows[] = {
      {"the name", Hello(Sni("a.example")), ""},
      {"in capitals", Hello(Sni("A.EXAMPLE")), ""},
      {"with data behind", Hello(Sni("a.example")) + "anything \x16\x03", ""},
      {"spread over records", Record(Handshake(Sni("a.example")).substr(0, 20)) + Record(Handshake(Sni("a.example")).substr(20)), ""},
      {"another name", Hello(Sni("evil.example")), "TLS: the greeting asks for another host, evil.example"},
      {"another name, spread", Record(Handshake(Sni("evil.example")).substr(0, 30)) + Record(Handshake(Sni("evil.example")).substr(30)), "TLS: the greeting asks for another"},
      {"a NUL in the name", Hello(Sni(std::string("a.example\0.evil.example", 23))), "TLS: the greeting asks for another"},
      {"no name", Hello(Extension(10, "xx")), "TLS: the greeting names no host"},
      {"no extensions", Hello(""), "TLS: the greeting names no host"},
      {"two names", Hello(Sni("a.example") + Sni("evil.example")), "TLS: a greeting that cannot"},
      {"an encrypted hello", Hello(Sni("a.example") + Extension(0xfe0d, "x")), "TLS: the name it asks for is encrypted"},
      {"an address for a name", Hello(Sni("127.0.0.1")), "TLS: the greeting asks for another"},
      {"a server's message", Record(Big(2, 1) + Big(1, 3) + "x"), "TLS: a greeting that cannot"},
      {"half of it", Hello(Sni("a.example")).substr(0, 40), "held back"},
      {"a length beyond its end", Record(Big(1, 1) + Big(3, 3) + "abc"), "TLS: a greeting that cannot"},
  };
  for (const Row& row : rows) EXPECT_EQ(Verdict(row.bytes).substr(0, std::string(row.verdict).size()), row.verdict) << row.what;
  EXPECT_EQ(Verdict(Hello(Sni("other.example")), ""), "") << "an address that was permitted as such";
}

TEST(StreamCheck, Http) {
  const std::string ok = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
  const Row rows[] = {
      {"plain", ok, ""},
      {"port and capitals", "GET / HTTP/1.1\r\nhOST: A.Example:8080\r\n\r\n", ""},
      {"trailing dot", "GET / HTTP/1.1\r\nHost: a.example.\r\n\r\n", ""},
      {"absolute target", "GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n\r\n", ""},
      {"two requests", ok + ok, ""},
      {"a body, and another request", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello" + ok, ""},
      {"a chunked body", "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + ok, ""},
      {"web socket", "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x85xxxx", ""},
      {"another host", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP: the request is for another host, evil.example"},
      {"another host, the second time", ok + "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP: the request is for another"},
      {"behind a body", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nxxGET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP: the request is for another"},
      {"behind chunks", "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP: the request is for another"},
      {"behind an upgrade", "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: upgrade\r\n\r\nGET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP: the request is for another"},
      {"behind an empty line", "\r\n\r\nGET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP: the request is for another"},
      {"small letters", "get / http/1.1\r\nHost: evil.example\r\n\r\n", "HTTP:"},
      {"absolute target elsewhere", "GET http://evil.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "HTTP: the request is for another"},
      {"userinfo", "GET http://a.example@evil.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "HTTP: the request is for another"},
      {"userinfo in Host", "GET / HTTP/1.1\r\nHost: a.example@evil.example\r\n\r\n", "HTTP: the request is for another"},
      {"no host", "GET / HTTP/1.1\r\n\r\n", "HTTP: a request that names no host"},
      {"no host, HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "HTTP: a request that names no host"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n", "HTTP: a request that names its host twice"},
      {"two lengths", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP: a body with two lengths"},
      {"two content lengths", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", "HTTP: a length"},
      {"folded", "GET / HTTP/1.1\r\nX: y\r\n Host: evil.example\r\nHost: a.example\r\n\r\n", "HTTP: a folded"},
      {"space before the colon", "GET / HTTP/1.1\r\nHost: a.example\r\nHost : evil.example\r\n\r\n", "HTTP: a header line"},
      {"a NUL", std::string("GET / HTTP/1.1\r\nHost: a.example\0\r\n\r\n", 36), "HTTP: a stray byte"},
      {"connect", "CONNECT evil.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", "HTTP: a request to be led on"},
      {"HTTP/2 in clear", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP: a version"},
      {"a verb that nginx takes", "_GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP: the request is for another"},
      {"a mark within the verb", "GE_T / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP: the request is for another"},
      {"a verb of marks", "!#$ / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP: the request is for another"},
      {"behind a blank", " \tGET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP: the request is for another"},
      {"HTTP/0.9 to another host", "GET http://evil.example/secret\r\n", "held back"},
      {"git's own protocol", std::string("0032git-upload-pack /p.git\0host=a.example\0", 43), ""},
      {"redis", "*1\r\n$4\r\nPING\r\n", ""},
      {"half a head", "GET / HTTP/1.1\r\nHost: a.exam", "held back"},
      {"SSH", "SSH-2.0-OpenSSH_9.2\r\n", ""},
      {"SMTP", "EHLO me\r\n", ""},
      {"binary", std::string("\0\1\2\3", 4), ""},
  };
  for (const Row& row : rows) EXPECT_EQ(Verdict(row.bytes).substr(0, std::string(row.verdict).size()), row.verdict) << row.what << ": " << Verdict(row.bytes);
}

TEST(StreamCheck, EndlessHeadsAreRefused) {
  StreamCheck check("a.example");
  EXPECT_FALSE(check.Look("GET / HTTP/1.1\r\nX: " + std::string(kMaxHeadBytes, 'x')).refused.empty());
  StreamCheck line("a.example");
  EXPECT_FALSE(line.Look(std::string(17 << 10, 'a')).refused.empty());
}

std::string Query(const std::string& labels, uint16_t type = 1, uint16_t flags = 0x0100) {
  return Big(0x1234, 2) + Big(flags, 2) + Big(1, 2) + Big(0, 6) + labels + std::string(1, '\0') + Big(type, 2) + Big(1, 2);
}

TEST(Names, QueriesAreReadAndAnswered) {
  NameTable table;
  const auto query = ReadQuery(Query("\1a\7EXAMPLE"));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->name, "a.example");
  const uint32_t address = *table.AddressFor("a.example");
  const std::string answer = AnswerWith(*query, address);
  EXPECT_EQ(answer.substr(0, 8), std::string("\x12\x34\x81\x80\0\1\0\1", 8));
  EXPECT_EQ(answer.substr(answer.size() - 4), std::string("\xc6\x12\0\1", 4));
  EXPECT_EQ(AnswerNoSuchName(*query)[3], '\x83');
  // No address of the other kind, and no keys for an encrypted greeting.
  for (const uint16_t type : {uint16_t{28}, uint16_t{65}, uint16_t{16}}) EXPECT_EQ(AnswerWith(*ReadQuery(Query("\1a\7example", type)), address).substr(6, 2), std::string("\0\0", 2));
}

TEST(Names, HostileQueries) {
  EXPECT_EQ(ReadQuery(Query("\3a.b\7example"))->name, "") << "a dot within a label";
  EXPECT_EQ(ReadQuery(Query(std::string("\2a\0\7example", 11)))->name, "") << "a NUL";
  EXPECT_EQ(ReadQuery(Query("\3" "127\1" "1"))->name, "") << "an address";
  EXPECT_FALSE(ReadQuery(Query("\xc0\x0c"))) << "a compressed name";
  EXPECT_FALSE(ReadQuery(Query("\1a", 1, 0x8100))) << "an answer";
  EXPECT_FALSE(ReadQuery(Query("\x3f" "short")));
  EXPECT_FALSE(ReadQuery(std::string(12, '\0')));
  std::string long_name;
  for (int i = 0; i < 100; ++i) long_name += "\3aaa";
  EXPECT_FALSE(ReadQuery(Query(long_name)));
}

TEST(Names, AnAddressMeansOneNameForEver) {
  NameTable table;
  const uint32_t a = *table.AddressFor("a.example"), b = *table.AddressFor("b.example");
  EXPECT_NE(a, b);
  EXPECT_EQ(*table.AddressFor("a.example"), a);
  in6_addr address{};
  address.s6_addr[10] = address.s6_addr[11] = 0xff;
  memcpy(&address.s6_addr[12], &b, 4);
  ASSERT_NE(table.NameOf(address), nullptr);
  EXPECT_EQ(*table.NameOf(address), "b.example");
  address.s6_addr[15] = 77;
  EXPECT_EQ(table.NameOf(address), nullptr);
  EXPECT_TRUE(NameTable::IsOurs(address));
}

// What it says, where it leads ("-" when refused, "..." when more is needed).
std::string Greet(const std::string& bytes) {
  ProxyGreeting greeting;
  std::string pending = bytes;
  for (;;) {
    const ProxyGreeting::Answer answer = greeting.Look(pending);
    pending.erase(0, answer.take);
    if (answer.refused) return "-";
    if (answer.ready) return greeting.where().host + ":" + std::to_string(greeting.where().port) + (pending.empty() ? "" : " +" + pending.substr(0, 4));
    if (answer.take == 0) return "...";
  }
}

TEST(Proxy, Greetings) {
  const std::string methods("\5\1\0", 3);
  const auto socks = [&methods](const std::string& request) { return Greet(methods + request); };
  EXPECT_EQ(Greet("CONNECT a.example:443 HTTP/1.1\r\nHost: x\r\n\r\nhello"), "a.example:443 +hell");
  EXPECT_EQ(Greet("GET http://A.example/x HTTP/1.1\r\nHost: a.example\r\n\r\n"), "a.example:80 +GET ");
  EXPECT_EQ(Greet("CONNECT u@a.example:443 HTTP/1.1\r\n\r\n"), "-");
  EXPECT_EQ(Greet("CONNECT 2130706433:443 HTTP/1.1\r\n\r\n"), "-");
  EXPECT_EQ(Greet(std::string("CONNECT a.example\0.evil.example:443 HTTP/1.1\r\n\r\n", 49)), "-");
  EXPECT_EQ(Greet("CONNECT [::ffff:10.0.0.1]:443 HTTP/1.1\r\n\r\n"), "10.0.0.1:443");
  EXPECT_EQ(Greet("GET / HTTP/1.1\r\n\r\n"), "-");
  EXPECT_EQ(Greet("CONNECT a.exam"), "...");
  EXPECT_EQ(socks(std::string("\5\1\0\3\x09" "a.example\1\xbb", 16)), "a.example:443");
  EXPECT_EQ(socks(std::string("\5\1\0\1\x0a\0\0\1\0\x50", 10)), "10.0.0.1:80");
  EXPECT_EQ(socks(std::string("\5\1\0\3\x0b" "a.example\0x\1\xbb", 18)), "-") << "a NUL";
  EXPECT_EQ(socks(std::string("\5\2\0\1\x0a\0\0\1\0\x50", 10)), "-") << "BIND";
  EXPECT_EQ(socks(std::string("\5\3\0\1\x0a\0\0\1\0\x50", 10)), "-") << "UDP";
  EXPECT_EQ(Greet(std::string("\5\1\2", 3)), "-") << "only with a password";
}

}  // namespace
}  // namespace checkrein::egress
