// Each testdata/*.txt is files of a workspace ("=== PATH") and what is found in them ("=== expected"). \u{...} stands for that character, so
// that nothing hides in the tree. CHECKREIN_UPDATE=1 writes what is found anew; the difference is for a reviewer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "advisories/doctor/effects.h"
#include "advisories/doctor/finding.h"
#include "analysis/signs/hidden.h"
#include "base/fd.h"
#include "effect/printable.h"

namespace checkrein::advisories {
namespace {

const ExaminePlace kPlace{"/home/user", "/home/user/project", Digest{}};

std::string Expand(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t at = text.find("\\u{");
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    const size_t end = text.find('}', at);
    const auto c = static_cast<uint32_t>(std::stoul(std::string(text.substr(at + 3, end - at - 3)), nullptr, 16));
    const auto byte = [&](uint32_t b) { out += static_cast<char>(b); };
    if (c < 0x80) {
      byte(c);
    } else if (c < 0x800) {
      byte(0xC0 | c >> 6);
      byte(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      byte(0xE0 | c >> 12);
      byte(0x80 | (c >> 6 & 0x3F));
      byte(0x80 | (c & 0x3F));
    } else {
      byte(0xF0 | c >> 18);
      byte(0x80 | (c >> 12 & 0x3F));
      byte(0x80 | (c >> 6 & 0x3F));
      byte(0x80 | (c & 0x3F));
    }
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string Line(const Finding& finding) {
  std::string line = notation::Place(finding.path, finding.at) + " " + std::string(RowOf(finding.code).name);
  for (const std::string& effect : finding.effects) line += " " + effect;
  return Printable(line + " | " + finding.what) + "\n";
}

class Testdata : public testing::TestWithParam<std::string> {};

TEST_P(Testdata, IsFound) {
  const std::string path = GetParam();
  const std::string text = *ReadFile(path, 1u << 20);
  const size_t expected = text.find("=== expected\n");
  ASSERT_NE(expected, std::string::npos);
  std::string found;
  for (size_t at = 0; at < expected;) {
    const size_t line = text.find('\n', at), end = text.find("\n=== ", line);
    const std::string name = text.substr(at + 4, line - at - 4);
    for (const Finding& finding : Examine(name, Expand(std::string_view(text).substr(line + 1, end - line)), kPlace)) found += Line(finding);
    at = end + 1;
  }
  if (getenv("CHECKREIN_UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << text.substr(0, expected + 13) << found;
  EXPECT_EQ(found, text.substr(expected + 13));
}

std::vector<std::string> Cases() {
  std::vector<std::string> cases;
  for (const auto& entry : std::filesystem::directory_iterator(CHECKREIN_SOURCE_DIR "/src/advisories/doctor/testdata")) cases.push_back(entry.path());
  std::sort(cases.begin(), cases.end());
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Doctor, Testdata, testing::ValuesIn(Cases()), [](const testing::TestParamInfo<std::string>& one) { return std::filesystem::path(one.param).stem().string(); });

TEST(Doctor, EveryCodeHasItsRow) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < Codes().size(); ++i) {
    const CodeRow& row = Codes()[i];
    EXPECT_EQ(static_cast<size_t>(row.code), i) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.title.empty() || row.detail.empty() || row.title.ends_with('.') || row.detail.ends_with('.')) << row.name;
  }
  EXPECT_EQ(Codes().size(), static_cast<size_t>(Code::kUnreadable) + 1);
}

TEST(Doctor, ManyAndLongStayWithinBounds) {
  std::string many = R"({"permissions":{"allow":[)";
  for (int i = 0; i < 5000; ++i) many += (i == 0 ? "\"" : ",\"") + std::string("Bash(x") + std::to_string(i) + ":*)\"";
  EXPECT_EQ(Examine(".claude/settings.json", many + "]}}", kPlace).size(), kMaxFindings);
  // Neither comments without an end nor characters that hide make the cost grow with their number.
  std::string comments, hidden;
  for (int i = 0; i < 100'000; ++i) comments += "<!--", hidden += "\xE2\x80\xAE";
  EXPECT_LE(Examine("CLAUDE.md", comments, kPlace).size(), 2u);
  EXPECT_EQ(Examine("CLAUDE.md", hidden, kPlace).size(), 1u);
  EXPECT_EQ(EffectsOfCommand(std::string(100'000, 'x'), kPlace), std::vector<std::string>{"unknown:too-long"});
  std::string words = "cat";
  for (int i = 0; i < 100; ++i) words += " f" + std::to_string(i);
  EXPECT_EQ(EffectsOfCommand(words, kPlace).size(), kMaxEffects);
}

TEST(Doctor, AddressesAreHostsAndPorts) {
  const std::pair<const char*, const char*> kRows[] = {
      {"https://a.example/x", "connect:a.example:443"}, {"http://a.example", "connect:a.example:80"}, {"http://u:p@a.example:8080/x?y", "connect:a.example:8080"}, {"http://[::1]:80/", "connect:[::1]:80"},
      {"http://[::1]/", "connect:[::1]:80"}, {"socks5://p.example", "connect:p.example:1080"}, {"a.example", "connect:?"}, {"https://a b", "connect:?"}, {"https://", "connect:?"}, {"https://a\x1b.example", "connect:?"},
  };
  for (const auto& [url, effect] : kRows) EXPECT_EQ(EffectOfAddress(url), effect) << url;
}

}  // namespace
}  // namespace checkrein::advisories
