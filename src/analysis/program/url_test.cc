#include "analysis/program/url.h"

#include <string>

#include "gtest/gtest.h"

namespace checkrein::analysis {
namespace {

struct Row {
  const char* url;
  const char* object;  // "" for none, "file:PATH" for a local file
};

std::string Object(std::string_view url) {
  const auto target = UrlTarget(url, "http");
  if (!target) return "";
  return target->local_file ? "file:" + target->path : target->Object();
}

TEST(Url, LeadsWhereTheProgramGoes) {
  constexpr Row kRows[] = {{"https://a.example/x", "a.example:443"},
                           {"a.example", "a.example:80"},
                           {"a.example:8080/x", "a.example:8080"},
                           {"HTTP://A.EXAMPLE./", "a.example:80"},
                           {"https://ok.example@evil.example/", "evil.example:443"},
                           {"https://user:pw@evil.example:1/", "evil.example:1"},
                           {"https://a.example\\@evil.example/", "a.example:443"},
                           {"https://a.example?@evil.example/", "a.example:443"},
                           {"https://a.example#@evil.example/", "a.example:443"},
                           {"http://2130706433/", "127.0.0.1:80"},
                           {"http://0x7f.1/", "127.0.0.1:80"},
                           {"http://0177.0.0.01/", "127.0.0.1:80"},
                           {"http://127.1/", "127.0.0.1:80"},
                           {"http://2852039166/", "169.254.169.254:80"},
                           {"http://[::1]:8080/", "[::1]:8080"},
                           {"http://[::ffff:169.254.169.254]/", "169.254.169.254:80"},
                           {"http://[fe80::1%25eth0]/", "[fe80::1]:80"},
                           {"http://%61.example/", "a.example:80"},
                           {"ftp://a.example", "a.example:21"},
                           {"ws://a.example", "a.example:80"},
                           {"ssh://git@a.example/x", "a.example:22"},
                           {"git://a.example/x", "a.example:9418"},
                           {"made-up://a.example", "a.example:?"},
                           {"file:///etc/shadow", "file:/etc/shadow"},
                           {"file:/etc/shadow", "file:/etc/shadow"},
                           {"FILE://localhost/etc/shadow", "file:/etc/shadow"},
                           {"http://", ""},
                           {"http://a b/", ""},
                           {"http://a.example:99999/", ""},
                           {"http://a.example:x/", ""},
                           {"http://[::1/", ""},
                           {"http://a.example%00.ok.example/", ""},
                           {"http://a.example\x01/", ""}};
  for (const Row& row : kRows) EXPECT_EQ(Object(row.url), row.object) << row.url;
}

TEST(Url, HostsWithAndWithoutPort) {
  EXPECT_EQ(HostTarget("me@a.example", 22)->Object(), "a.example:22");
  EXPECT_EQ(HostTarget("a.example:99", 22)->Object(), "a.example:99");
  EXPECT_EQ(HostTarget("::1", 22)->Object(), "[::1]:22");
  EXPECT_EQ(HostTarget("a.example", 0)->Object(), "a.example:?");
  EXPECT_FALSE(HostTarget("a/b", 22).has_value());
  EXPECT_FALSE(HostTarget("", 22).has_value());
}

}  // namespace
}  // namespace checkrein::analysis
