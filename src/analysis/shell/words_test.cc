// What the interpreter knows of a word must be what bash makes of it: every case runs in both.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "analysis/shell/analyze.h"
#include "gtest/gtest.h"

namespace checkrein::analysis::shell {
namespace {

struct Probes {
  std::vector<std::string> known;  // one text per call of `probe`: its words, each followed by a byte 1
  size_t unknown = 0;
};
Probes* g_probes = nullptr;  // Describe is a plain function; the test is single-threaded

Description Record(const analysis::Command& command, const analysis::Place&, World&) {
  Description out;
  out.coverage = Coverage::kFull;
  if (!command.argv[0].Is("probe")) return out;
  std::string text;
  for (size_t i = 1; i < command.argv.size(); ++i) {
    if (!command.argv[i].exact() || command.argv[i].may_be_several) {
      ++g_probes->unknown;
      return out;
    }
    text += command.argv[i].text + '\x01';
  }
  g_probes->known.push_back(std::move(text));
  return out;
}

std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    out += c == 'n' ? '\n' : (c == 't' ? '\t' : c);
  }
  return out;
}

// Runs `script` in bash with nothing on its PATH, and says what `probe` was called with.
std::vector<std::string> FromBash(const std::string& script, const std::filesystem::path& folder) {
  std::ofstream(folder / "script") << "PATH=/nonexistent; probe() { if (($#)); then printf '%s\\001' \"$@\"; fi; printf '\\002'; }\n" << script << "\n";
  FILE* pipe = popen(("cd '" + folder.string() + "' && HOME=/home/user LC_ALL=C.UTF-8 exec bash --norc ./script 2>/dev/null </dev/null").c_str(), "r");  // NOLINT
  std::string text;
  char buffer[4096];
  for (size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
  pclose(pipe);
  std::vector<std::string> out;
  for (size_t at = 0, end = 0; (end = text.find('\x02', at)) != std::string::npos; at = end + 1) out.push_back(text.substr(at, end - at));
  return out;
}

TEST(WordsTest, KnownWordsAreThoseOfBash) {
  if (std::system("bash -c '[[ $BASH_VERSION == 5.2.* ]]' 2>/dev/null") != 0) GTEST_SKIP() << "no bash 5.2 here: known words not compared with bash's";  // NOLINT
  char name[] = "/tmp/checkrein-words-XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  const std::filesystem::path folder = name;
  std::ifstream in(std::filesystem::path(CHECKREIN_SOURCE_DIR) / "src/analysis/shell/testdata/words.txt");
  size_t known = 0, unknown = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#') || line.empty()) continue;
    const std::string script = Unescape(line);
    Probes probes;
    g_probes = &probes;
    NoWorld world;
    AnalyzeWith(script, Place{}, world, &Record);
    g_probes = nullptr;
    known += probes.known.size();
    unknown += probes.unknown;
    const std::vector<std::string> bash = FromBash(script, folder);
    if (probes.unknown == 0) {
      EXPECT_EQ(probes.known, bash) << line;
    }
  }
  std::filesystem::remove_all(folder);
  std::printf("%zu calls known, %zu not wholly\n", known, unknown);
  EXPECT_GE(known, 60U);
  EXPECT_LE(unknown * 10, known);
}

}  // namespace
}  // namespace checkrein::analysis::shell
