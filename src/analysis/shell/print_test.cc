// The printer must print what bash prints: every case is defined as a function in both.
#include "analysis/shell/print.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "analysis/shell/parser.h"
#include "gtest/gtest.h"

namespace checkrein::analysis::shell {
namespace {

std::vector<std::string> Cases() {
  std::ifstream in(std::filesystem::path(CHECKREIN_SOURCE_DIR) / "src/analysis/shell/testdata/print.txt");
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) {
    if (line == "%%") out.emplace_back();
    else if (!out.empty()) out.back() += line + "\n";
  }
  return out;
}

std::string Ours(const std::string& body) {
  const Script script = Parse("f() {\n" + body + "}\n");
  if (script.error) return "syntax: " + script.error->text;
  if (script.list.items.size() != 1) return "more than one command";
  const Function* function = std::get_if<Function>(&script.list.items[0].pipeline.commands[0].what);
  return function == nullptr ? "no function" : PrintFunction(*function);
}

// All of them in one bash, which only defines and prints.
std::vector<std::string> FromBash(const std::vector<std::string>& cases) {
  char name[] = "/tmp/checkrein-print-XXXXXX";
  const int fd = mkstemp(name);
  FILE* script = fdopen(fd, "w");
  for (const std::string& body : cases) std::fprintf(script, "f() {\n%s}\ndeclare -f f; printf '\\0'\n", body.c_str());
  std::fclose(script);
  FILE* pipe = popen((std::string("PATH=/nonexistent LC_ALL=C.UTF-8 exec /bin/bash --norc ") + name + " 2>/dev/null </dev/null").c_str(), "r");  // NOLINT
  std::string text;
  char buffer[4096];
  for (size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
  pclose(pipe);
  std::filesystem::remove(name);
  std::vector<std::string> out;
  for (size_t at = 0, end = 0; (end = text.find('\0', at)) != std::string::npos; at = end + 1) out.push_back(text.substr(at, end - at - 1));
  return out;
}

TEST(PrintTest, PrintsWhatBashPrints) {
  if (std::system("bash -c '[[ $BASH_VERSION == 5.2.* ]]' 2>/dev/null") != 0) GTEST_SKIP() << "no bash 5.2 here: printed functions not compared with bash's";  // NOLINT
  const std::vector<std::string> cases = Cases();
  ASSERT_GE(cases.size(), 20U);
  const std::vector<std::string> bash = FromBash(cases);
  ASSERT_EQ(bash.size(), cases.size());
  for (size_t i = 0; i < cases.size(); ++i) EXPECT_EQ(Ours(cases[i]), bash[i]) << cases[i];
}

// But for the first five cases, which hold what bash itself prints wrong: `coproc NAME simple`, a body that a `|` cuts off.
TEST(PrintTest, WhatIsPrintedReadsBackAsItself) {
  const std::vector<std::string> cases = Cases();
  for (size_t i = 5; i < cases.size(); ++i) {
    const std::string once = Ours(cases[i]);
    const Script script = Parse(once);
    ASSERT_FALSE(script.error) << once;
    ASSERT_EQ(script.list.items.size(), 1U) << once;
    EXPECT_EQ(PrintFunction(std::get<Function>(script.list.items[0].pipeline.commands[0].what)), once);
  }
}

TEST(PrintTest, ALongListIsNoDeepOne) {
  std::string body;
  for (int i = 0; i < 100'000; ++i) body += "a\n";
  const std::string text = Ours(body);
  EXPECT_EQ(std::count(text.begin(), text.end(), 'a'), 100'000);
}

}  // namespace
}  // namespace checkrein::analysis::shell
