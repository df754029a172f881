#include "analysis/shell/parser.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "gtest/gtest.h"

namespace checkrein::analysis::shell {
namespace {

bool Accepts(std::string_view text) {
  const Script script = Parse(text);
  return !script.error || script.error->silent;
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

struct Case {
  bool accepted;
  std::string script;
};

std::vector<Case> Cases() {
  std::ifstream in(std::filesystem::path(CHECKREIN_SOURCE_DIR) / "src/analysis/shell/testdata/accept.txt");
  std::vector<Case> out;
  for (std::string line; std::getline(in, line);)
    if (line.size() >= 2 && (line[0] == '+' || line[0] == '-')) out.push_back({line[0] == '+', Unescape(std::string_view(line).substr(2))});
  return out;
}

bool HaveBash52() { return std::system("bash -c '[[ $BASH_VERSION == 5.2.* ]]' 2>/dev/null") == 0; }  // NOLINT: a fixed text

// What `bash -n` says; its warnings do not count.
bool BashAccepts(const std::string& script) {
  int in[2], err[2];
  if (pipe(in) != 0 || pipe(err) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    dup2(in[0], 0);
    dup2(err[1], 2);
    for (const int fd : {in[0], in[1], err[0], err[1]}) close(fd);
    execlp("bash", "bash", "--norc", "-n", static_cast<char*>(nullptr));
    _exit(127);
  }
  close(in[0]);
  close(err[1]);
  const pid_t writer = fork();  // so that neither side waits for the other, however long the text
  if (writer == 0) {
    size_t at = 0;
    while (at < script.size()) {
      const ssize_t n = write(in[1], script.data() + at, script.size() - at);
      if (n <= 0) break;
      at += static_cast<size_t>(n);
    }
    _exit(0);
  }
  close(in[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(err[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
  close(err[0]);
  int status = 0;
  waitpid(child, &status, 0);
  int writer_status = 0;
  waitpid(writer, &writer_status, 0);
  bool errors = false;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    const std::string_view line = std::string_view(text).substr(at, end - at);
    errors = errors || (line.starts_with("bash: ") && line.find("warning:") == std::string_view::npos);
    at = end + 1;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 && !errors;
}

TEST(ParserTest, AcceptsAndRejectsAsRecorded) {
  const std::vector<Case> cases = Cases();
  ASSERT_GT(cases.size(), 300U);
  for (const Case& c : cases) EXPECT_EQ(Accepts(c.script), c.accepted) << c.script;
}

TEST(ParserTest, TheRecordIsWhatBashSays) {
  if (!HaveBash52()) GTEST_SKIP() << "no bash 5.2 here: not proved that testdata/accept.txt is what it says";
  setenv("LC_ALL", "C.UTF-8", 1);
  for (const Case& c : Cases()) EXPECT_EQ(BashAccepts(c.script), c.accepted) << c.script;
}

TEST(ParserSlow, AcceptsTheCorpusAsBashDoes) {
  const char* shared = std::getenv("CHECKREIN_SHARED");
  const std::filesystem::path source = CHECKREIN_SOURCE_DIR;
  const std::filesystem::path corpus = (shared != nullptr ? std::filesystem::path(shared) : source / "../shared") / "corpora/parser_torture.jsonl.gz";
  if (!std::filesystem::exists(corpus)) GTEST_SKIP() << corpus << " is absent: accept/reject against bash on the torture corpus not proved";
  if (!HaveBash52()) GTEST_SKIP() << "no bash 5.2 here: accept/reject on the torture corpus not proved";
  setenv("LC_ALL", "C.UTF-8", 1);
  FILE* pipe = popen(("zcat '" + corpus.string() + "'").c_str(), "r");  // NOLINT: a path of ours
  ASSERT_NE(pipe, nullptr);
  std::string text;
  char buffer[65536];
  for (size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
  ASSERT_EQ(pclose(pipe), 0);
  size_t all = 0, wrong = 0, over = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const auto row = json::Parse(std::string_view(text).substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
    ASSERT_TRUE(row);
    const std::string script(row->Text("command"));
    const Script ours = Parse(script);
    if (ours.extglob_turned_on) continue;  // bash -n does not run shopt
    ++all;
    const bool accepted = !ours.error || ours.error->silent;
    if (accepted == BashAccepts(script)) continue;
    ++wrong;
    over += accepted ? 1U : 0U;
    ADD_FAILURE() << row->Text("id") << (accepted ? " accepted" : " refused: " + ours.error->text);
  }
  std::printf("%zu scripts, %zu unlike bash, %zu accepted that bash refuses\n", all, wrong, over);
  EXPECT_EQ(over, 0U);
  EXPECT_LE(wrong * 500, all);
}

TEST(ParserTest, KeepsTheLinesBeforeAnError) {
  const Script script = Parse("a\nb; c\nd; if\nfi");
  ASSERT_TRUE(script.error);
  EXPECT_EQ(script.list.items.size(), 3U);  // a, b, c: the line with the error has not begun to run
}

TEST(ParserTest, PositionsCoverTheText) {
  const std::string text = "cd /tmp && rm -rf \"$x\"/y >out";
  const Script script = Parse(text);
  ASSERT_FALSE(script.error);
  const Command& rm = script.list.items[1].pipeline.commands[0];
  const auto slice = [&text](Span span) { return text.substr(span.begin, span.end - span.begin); };
  EXPECT_EQ(slice(rm.span), "rm -rf \"$x\"/y >out");
  const Simple& simple = std::get<Simple>(rm.what);
  EXPECT_EQ(slice(simple.words[2].word.span), "\"$x\"/y");
  EXPECT_EQ(slice(simple.words[2].word.parts[0].parts[0].span), "$x");
  EXPECT_EQ(slice(rm.redirects[0].target.span), "out");
}

TEST(ParserTest, ReadsExtendedGlobsOnceTurnedOn) {
  EXPECT_FALSE(Accepts("echo @(a|b)"));
  EXPECT_TRUE(Accepts("shopt -s extglob\necho @(a|b)"));
  EXPECT_FALSE(Accepts("shopt -s extglob; echo @(a|b)"));  // the line is read before it runs
  EXPECT_FALSE(Accepts("shopt -s extglob\nshopt -u extglob\necho @(a|b)"));
}

TEST(ParserTest, CapsDepthAndSize) {
  const auto nested = [](std::string_view open, size_t n, std::string_view close) {
    std::string text = "echo ";
    for (size_t i = 0; i < n; ++i) text += open;
    text += "a";
    for (size_t i = 0; i < n; ++i) text += close;
    return text;
  };
  for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>{"$(", ")"}, {"\"$(", ")\""}, {"${x:-", "}"}, {"$((1+", "))"}, {"<(", ")"}}) {
    EXPECT_TRUE(Accepts(nested(open, 60, close))) << open;
    const Script deep = Parse(nested(open, 100000, close));
    ASSERT_TRUE(deep.error) << open;
    EXPECT_EQ(deep.error->kind, SyntaxError::Kind::kTooDeep) << open;
  }
  EXPECT_EQ(Parse(std::string(kMaxSource + 1, 'a')).error->kind, SyntaxError::Kind::kTooLong);
  EXPECT_EQ(Parse(std::string_view("a\0b", 3)).error->kind, SyntaxError::Kind::kNul);
}

TEST(ParserTest, ReadsHereDocumentBodies) {
  const Script script = Parse("cat <<A <<-'B C'; echo d\na $x\nA\n\tb $y\n\tB C\necho e");
  ASSERT_FALSE(script.error);
  const std::vector<Redirect>& redirects = script.list.items[0].pipeline.commands[0].redirects;
  ASSERT_EQ(redirects.size(), 2U);
  ASSERT_EQ(redirects[0].here->body.parts.size(), 3U);
  EXPECT_EQ(redirects[0].here->body.parts[1].parameter->name, "x");
  EXPECT_TRUE(redirects[1].here->quoted);
  EXPECT_EQ(redirects[1].here->body.parts[0].text, "b $y\n");
  EXPECT_EQ(script.list.items.size(), 3U);
}

}  // namespace
}  // namespace checkrein::analysis::shell
