// testdata/second_look.txt: effects that are worth a copy or a question, and everyday commands beside them that have none.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "analysis/analysis.h"
#include "gtest/gtest.h"

namespace checkrein::analysis {
namespace {

constexpr std::string_view kKinds[] = {"unknown:hidden-code", "configure:"};

std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == '\\');
    if (escape) ++i;
    out += escape && text[i] == 'n' ? '\n' : text[i];
  }
  return out;
}

TEST(SecondLook, EachEffectIsSeenAndEverydayCommandsHaveNone) {
  std::ifstream in(std::filesystem::path(CHECKREIN_SOURCE_DIR) / "src/analysis/testdata/second_look.txt");
  NoWorld world;
  size_t seen = 0, plain = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    const size_t bar = line.find(" | ");
    ASSERT_NE(bar, std::string::npos) << line;
    const std::string wanted = line.substr(0, bar);
    const Analysis analysis = AnalyzeCommand(Unescaped(line.substr(bar + 3)), Place{}, world);
    EXPECT_TRUE(analysis.parsed) << line;
    const auto& all = analysis.effects.all();
    if (wanted != "-") {
      EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&wanted](const Effect& effect) { return ToString(effect) == wanted; })) << line;
      ++seen;
      continue;
    }
    ++plain;
    for (const Effect& effect : all)
      for (const std::string_view kind : kKinds) EXPECT_FALSE(ToString(effect).starts_with(kind)) << line << "\n  has " << ToString(effect);
  }
  EXPECT_GT(seen, 50u);
  EXPECT_GT(plain, 50u);
}

}  // namespace
}  // namespace checkrein::analysis
