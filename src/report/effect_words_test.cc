#include "report/effect_words.h"

#include <fstream>
#include <iterator>

#include "gtest/gtest.h"

namespace checkrein::report {
namespace {

TEST(EffectWords, SayWhatHappens) {
  const auto words = [](std::string_view text) { return EffectWords(*EffectFromString(text), 60); };
  EXPECT_EQ(words("exec:/usr/bin/curl"), "runs /usr/bin/curl");
  EXPECT_EQ(words("exec:?"), "runs a program that is not known before it runs");
  EXPECT_EQ(words("read:/a/**"), "reads everything in /a");
  EXPECT_EQ(words("read:/**"), "reads anything on this machine");
  EXPECT_EQ(words("write:?"), "writes a file that is not known before it runs");
  EXPECT_EQ(words("write:/a/.git/"), "writes the empty folder /a/.git");
  EXPECT_EQ(words("delete:/a"), "deletes /a");
  EXPECT_EQ(words("connect:a.example:443"), "connects to a.example, port 443");
  EXPECT_EQ(words("connect:[::1]:80"), "connects to [::1], port 80");
  EXPECT_EQ(words("connect:registry:npm"), "connects to the npm registry that this machine uses");
  EXPECT_EQ(words("connect:remote:origin"), "connects to the git remote origin");
  EXPECT_EQ(words("connect:?"), "connects to a host that is not known before it runs");
  EXPECT_EQ(words("push:forge"), "sends data to the forge that you are logged in to (GitHub, GitLab, ...)");
  EXPECT_EQ(words("push:force:origin"), "replaces or destroys what is at origin");
  EXPECT_EQ(words("push:s3://b/k"), "sends data to s3://b/k");
  EXPECT_EQ(words("install:npm:left-pad"), "installs left-pad with npm");
  EXPECT_EQ(words("install:npm:."), "installs packages with npm, those that the project names");
  EXPECT_EQ(words("privilege:sudo"), "asks for more rights: sudo");
  EXPECT_EQ(words("configure:git:core.pager"), "changes the setting git:core.pager");
  EXPECT_EQ(words("unknown:stdin-script"), "runs a script that comes to it from another program or a file");
  EXPECT_EQ(words("unknown:brand-new"), "does something that was not understood: brand-new");
}

TEST(EffectWords, HideNoControlCharacters) { EXPECT_EQ(EffectWords({Op::kRead, "/a\x1b[2K", {}}, 60).find('\x1b'), std::string::npos); }

TEST(EffectWords, KnowEveryUnknownOfTheFormat) {
  std::ifstream in(CHECKREIN_SOURCE_DIR "/docs/format/programs.md");
  const std::string page((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  constexpr std::string_view kStart = "`unknown:";
  size_t count = 0;
  for (size_t at = page.find(kStart); at != std::string::npos; at = page.find(kStart, at + 1), ++count) {
    const size_t begin = at + kStart.size();
    const std::string name = page.substr(begin, page.find('`', begin) - begin);
    if (name == "...") continue;
    EXPECT_EQ(EffectWords({Op::kUnknown, name, {}}, 60).find("not understood"), std::string::npos) << name;
  }
  EXPECT_GT(count, 20u);
}

}  // namespace
}  // namespace checkrein::report
