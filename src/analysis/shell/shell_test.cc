// What scripts do, by tables of cases (testdata/). The programs are a small table of the test's own, so that a case depends on the
// shell alone.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "analysis/shell/analyze.h"
#include "analysis/shell/interpreter.h"
#include "base/bytes.h"
#include "base/path.h"
#include "gtest/gtest.h"

namespace checkrein::analysis::shell {
namespace {

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

std::vector<std::string> Lines(std::string_view name) {
  std::ifstream in(std::filesystem::path(CHECKREIN_SOURCE_DIR) / "src/analysis/shell/testdata" / name);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.push_back(line);
  return out;
}

class TestWorld final : public World {
 public:
  std::optional<std::string> Resolve(std::string_view path) override { return path == "/known/link" ? "/etc/target" : std::string(path); }
  std::optional<std::string> Read(std::string_view path, size_t) override {
    if (path == "/known/script.sh") return "rm from-script\n";
    return std::nullopt;
  }
};

std::string Object(const Word& word, const std::string& cwd, Description& out) {
  if (word.exact()) return NormalizePath(word.text, cwd);
  if (!word.file_names) out.coverage = Least(out.coverage, Coverage::kPartial);
  if (word.known == Word::Known::kNothing || (word.may_be_several && !word.file_names)) return "?";
  const size_t slash = word.text.rfind('/');
  const std::string folder = NormalizePath(word.text.substr(0, slash == std::string::npos ? 0 : slash + 1), cwd);
  return folder == "/" ? "/**" : folder + "/**";
}

Nested Shell(Nested::Kind kind, std::string text, const analysis::Command& command, size_t from) {
  Nested nested;
  nested.kind = kind;
  nested.text = std::move(text);
  nested.shell = "bash";
  nested.command = command;
  nested.command.argv.erase(nested.command.argv.begin(), nested.command.argv.begin() + static_cast<std::ptrdiff_t>(std::min(from, command.argv.size())));
  return nested;
}

void TestShell(const analysis::Command& command, const std::string& cwd, Description& out) {
  const std::vector<Word>& argv = command.argv;
  if (argv.size() > 2 && argv[1].Is("-c")) {
    if (!argv[2].exact()) {
      out.effects.Add(Op::kUnknown, "shell-text", {});
      out.coverage = Coverage::kOpaque;
    } else {
      out.nested.push_back(Shell(Nested::Kind::kShellText, argv[2].text, command, 3));
    }
  } else if (argv.size() > 1 && argv[1].exact() && argv[1].text[0] != '-') {
    const std::string path = NormalizePath(argv[1].text, cwd);
    out.effects.Add(Op::kRead, path, {});
    out.nested.push_back(Shell(Nested::Kind::kShellFile, path, command, 1));
  } else if (command.input.kind == Input::Kind::kText) {
    out.nested.push_back(Shell(Nested::Kind::kShellText, command.input.text, command, argv.size()));
  } else if (command.input.kind != Input::Kind::kInherited) {
    out.effects.Add(Op::kUnknown, "stdin-script", {});
    out.coverage = Coverage::kOpaque;
  }
}

// rm touch cat tee grep git curl sh bash env timeout xargs base64; anything else is unknown.
Description TestPrograms(const analysis::Command& command, const analysis::Place& place, World&) {
  Description out;
  out.coverage = Coverage::kFull;
  const std::string& name = command.argv[0].text;
  const std::string base(BaseName(name));
  out.effects.Add(Op::kExec, name.starts_with("/bin/") ? base : name, {});
  const auto each = [&](Op op) {
    for (size_t i = 1; i < command.argv.size(); ++i)
      if (!command.argv[i].exact() || command.argv[i].text[0] != '-') out.effects.Add(op, Object(command.argv[i], place.cwd, out), {});
  };
  for (const auto& [variable, value] : command.assignments)
    if (variable == "GIT_PAGER" && base == "git") out.effects.Add(Op::kConfigure, "env:" + variable + "=" + value.text, {});
  if (base == "rm") {
    each(Op::kDelete);
  } else if (base == "touch" || base == "tee") {
    each(Op::kWrite);
  } else if (base == "cat" || base == "ls") {
    each(Op::kRead);
    if (base == "cat" && command.argv.size() == 1 && command.input.kind == Input::Kind::kText) out.output = command.input.text;
  } else if (base == "curl") {
    out.effects.Add(Op::kConnect, command.argv[1].text, {});
  } else if (base == "sh" || base == "bash") {
    TestShell(command, place.cwd, out);
  } else if (base == "env" || base == "timeout" || base == "xargs") {
    Nested nested;
    nested.command = command;
    nested.command.argv.erase(nested.command.argv.begin(), nested.command.argv.begin() + (base == "xargs" ? 1 : 2));
    nested.words_unknown = base == "xargs";
    if (base == "xargs") {
      out.coverage = Coverage::kPartial;
      if (command.input.kind == Input::Kind::kText) {
        nested.words_unknown = false;
        Word word;
        word.known = Word::Known::kExactly;
        word.text = command.input.text.substr(0, command.input.text.find('\n'));
        nested.command.argv.push_back(word);
      }
    }
    out.nested.push_back(std::move(nested));
  } else if (base == "base64") {
    if (command.input.kind == Input::Kind::kText) {
      std::string text = command.input.text;
      while (text.ends_with('\n')) text.pop_back();
      if (const auto bytes = Base64Decode(text)) out.output = std::string(AsText(*bytes));
    }
  } else if (base != "git" && base != "grep") {
    out.coverage = Coverage::kOpaque;
    if (base.size() > 1) out.effects.Add(Op::kUnknown, "program", {});
  }
  return out;
}

Analysis Analyze(std::string_view command) {
  TestWorld world;
  return AnalyzeWith(command, Place{}, world, &TestPrograms);
}

std::set<std::string> Effects(const Analysis& analysis) {
  std::set<std::string> out;
  for (const Effect& effect : analysis.effects.all()) {
    std::string text = ToString(effect);
    if (text.starts_with("configure:env:")) text.erase(0, 10);
    out.insert(std::move(text));
  }
  return out;
}

std::string Joined(const std::set<std::string>& set) {
  std::string out;
  for (const std::string& item : set) out += (out.empty() ? "" : " | ") + item;
  return out;
}

// Never fewer than somebody finds who cuts the text at its operators.
TEST(Commands, AreCounted) {
  const auto count = [](std::string_view text) {
    NoWorld world;
    return AnalyzeCommand(text, Place{}, world).commands;
  };
  EXPECT_EQ(count(""), 0);
  EXPECT_EQ(count("# nothing"), 0);
  EXPECT_EQ(count("ls"), 1);
  EXPECT_EQ(count("a=1"), 1);
  EXPECT_EQ(count("a; b && c || d | e & f\ng"), 7);
  EXPECT_EQ(count("echo \"a; b; c\" 'd; e'"), 1);
  EXPECT_EQ(count("cat <<E\na; b; c\nE"), 1);
  EXPECT_EQ(count("a $(b; c) `d; e` <(f)"), 6);
  EXPECT_GE(count("for x in 1 2; do a; done"), 3);
  EXPECT_GE(count("if a; then b; elif c; then d; else e; fi"), 6);
  EXPECT_GE(count("while a; do b; done"), 3);
  EXPECT_GE(count("for ((i = 0; i < 3; i++)); do a; done"), 5);
  EXPECT_GE(count("case x in a) b;; c) d;; e) ;; esac"), 4);
  EXPECT_GE(count("f() { a; b; }; f"), 5);
  EXPECT_GE(count("[[ a && b || c && d ]]"), 4);
  EXPECT_GE(count("(a; b)"), 2);
  EXPECT_GE(count("a; b; ) c; d | e"), 5);  // bash stops at the parenthesis
  EXPECT_GE(count("cat <<E\n$(a; b\nE\nc"), 2);
  EXPECT_EQ(count("bash -c 'a; b; c'"), 1);
  EXPECT_EQ(count(std::string((1u << 20) + 1, 'a')), 1 << 20);
}

TEST(ShellTest, EffectsAreThoseOfTheTable) {
  std::string command;
  size_t cases = 0;
  for (const std::string& line : Lines("effects.txt")) {
    if (line.starts_with("$ ")) command = Unescape(std::string_view(line).substr(2));
    if (!line.starts_with("> ")) continue;
    ++cases;
    const Analysis analysis = Analyze(command);
    // An object may hold blanks: words that are no effect of their own go on from the one before.
    std::set<std::string> expected;
    std::string coverage, current;
    for (size_t at = 2; at <= line.size();) {
      const size_t end = std::min(line.find(' ', at), line.size());
      const std::string word = line.substr(at, end - at);
      at = end + 1;
      if (coverage.empty()) {
        coverage = word;
      } else if (current.empty() || EffectFromString(word) || word.starts_with("env:")) {
        if (!current.empty()) expected.insert(current);
        current = word;
      } else {
        current += " " + word;
      }
    }
    if (!current.empty()) expected.insert(current);
    EXPECT_EQ(Joined(Effects(analysis)), Joined(expected)) << command;
    EXPECT_EQ(CoverageName(analysis.coverage), coverage) << command;
  }
  EXPECT_GT(cases, 60U);
}

TEST(ShellTest, NoBypassIsSilent) {
  size_t cases = 0;
  for (const std::string& line : Lines("bypasses.txt")) {
    if (line.starts_with('#')) continue;
    ++cases;
    const Analysis analysis = Analyze(Unescape(line));
    bool seen = analysis.coverage == Coverage::kOpaque;
    for (const Effect& effect : analysis.effects.all()) seen = seen || effect.object.find("/victim") != std::string::npos || effect.object == "/**" || effect.object == "?";
    EXPECT_TRUE(seen) << line << "\n  " << CoverageName(analysis.coverage) << " " << Joined(Effects(analysis));
    if (analysis.coverage != Coverage::kOpaque) continue;
    const bool named = std::any_of(analysis.effects.all().begin(), analysis.effects.all().end(), [](const Effect& e) { return e.op == Op::kUnknown || e.object == "a"; });
    EXPECT_TRUE(named) << "opaque without an `unknown` effect: " << line;
  }
  EXPECT_GT(cases, 150U);
}

TEST(ShellTest, DataDoesNothing) {
  for (const std::string& line : Lines("only_data.txt")) {
    if (line.starts_with("# T")) continue;
    const Analysis analysis = Analyze(Unescape(line));
    EXPECT_EQ(analysis.coverage, Coverage::kFull) << line << "\n  " << Joined(Effects(analysis));
    for (const Effect& effect : analysis.effects.all()) {
      EXPECT_EQ(effect.object.find("victim"), std::string::npos) << line << "\n  " << ToString(effect);
      EXPECT_NE(ToString(effect), "exec:rm") << line;
    }
  }
}

TEST(ShellTest, TenThousandCommandsAllCount) {
  for (const std::string_view link : {" && ", " | ", "\n"}) {
    std::string text;
    for (int i = 0; i < 10000; ++i) text += (i > 0 ? std::string(link) : "") + "rm /a" + std::to_string(i);
    const Analysis analysis = Analyze(text);
    EXPECT_TRUE(analysis.parsed);
    EXPECT_EQ(analysis.effects.size(), 10001U) << link;
    EXPECT_EQ(analysis.coverage, Coverage::kFull) << link;
  }
  std::string nested = "if true; then for i in a b; do { ";
  for (int i = 0; i < 10000; ++i) nested += "rm /a" + std::to_string(i) + ";";
  nested += "}; done; fi";
  EXPECT_EQ(Analyze(nested).effects.size(), 10001U);
}

TEST(ShellTest, WhatIsTooDeepOrTooMuchIsUnknown) {
  const auto unknown = [](const std::string& text, std::string_view what) {
    const Analysis analysis = Analyze(text);
    EXPECT_EQ(analysis.coverage, Coverage::kOpaque) << text.substr(0, 80);
    EXPECT_TRUE(analysis.effects.Contains({Op::kUnknown, std::string(what), {}})) << text.substr(0, 80) << "\n  " << Joined(Effects(analysis));
  };
  std::string text = "rm /a";
  for (int i = 0; i < 1000; ++i) text = "( " + text + ")";
  unknown(text, "depth");
  text = "rm /a";
  for (int i = 0; i < 150; ++i) text = "( " + text + ")";
  unknown(text, "depth");
  text.clear();
  for (int i = 0; i < 2000; ++i) text += "eval ";
  EXPECT_EQ(Analyze(text + "rm /a").coverage, Coverage::kOpaque);
  unknown(":(){ :|:& };:", "recursion");
  unknown("f() { bash -c 'eval \"$x\"'; }; export x='bash -c \"eval \\\"\\$x\\\"\"'; f", "depth");
  std::string doubling;
  for (int i = 0; i < 40; ++i) doubling += "f" + std::to_string(i) + "() { f" + std::to_string(i + 1) + "; f" + std::to_string(i + 1) + "; }\n";
  unknown(doubling + "f0", "budget");
  unknown("echo $((" + std::string(5000, '(') + "1" + std::string(5000, ')') + "))", "arithmetic");
  unknown("x=x; echo $((x))", "arithmetic");
}

TEST(ShellTest, TextsThatGrowStaySmall) {
  std::string text = "x=a;";
  for (int i = 0; i < 200; ++i) text += "x=$x$x;";
  EXPECT_TRUE(Analyze(text + "echo $x").parsed);
  EXPECT_NE(Analyze("rm " + std::string(40, '{') + "a,b" + std::string(40, '}')).effects.size(), 0U);
  text = "rm ";
  for (int i = 0; i < 40; ++i) text += "{a,b}";
  EXPECT_EQ(Analyze(text).coverage, Coverage::kPartial);
}

TEST(ShellTest, CausesAreWordsOfTheSource) {
  const std::string text = "cd /tmp && eval \"rm -rf $HOME/x\" && cat <a";
  const Analysis analysis = Analyze(text);
  for (const Effect& effect : analysis.effects.all())
    for (const Span span : effect.cause) {
      ASSERT_LE(span.end, text.size());
      const std::string words = text.substr(span.begin, span.end - span.begin);
      const bool right = effect.op == Op::kRead ? words == "<a" : (effect.op != Op::kDelete || words.find("eval") != std::string::npos);
      EXPECT_TRUE(right) << ToString(effect) << " caused by " << words;
    }
}

// Whoever writes by the new name writes there, wherever the home lies.
TEST(ShellTest, ALinkToWhatIsObeyedIsAWriteOfIt) {
  const auto writes = [](const std::string& command, const std::string& home, const std::string& target) {
    NoWorld world;
    const Place place{home + "/project", home, home + "/project", "bash", nullptr};
    const EffectSet effects = AnalyzeCommand(command, place, world).effects;
    return std::any_of(effects.all().begin(), effects.all().end(), [&](const Effect& e) { return e.op == Op::kWrite && e.object == target; });
  };
  for (const std::string home : {"/home/user", "/opt/service", "/var/lib/jenkins", "/srv/ci", "/root"}) EXPECT_TRUE(writes("ln -s ~/.bashrc notes.md", home, home + "/.bashrc")) << home;
  for (const std::string target : {"/etc/shadow", "/etc/cron.d/job", "/etc/systemd/system/a.service", "/home/user/project/.git/hooks/pre-commit"})
    EXPECT_TRUE(writes("ln -s " + target + " notes.md", "/home/user", target)) << target;
  for (const std::string target : {"/usr/bin/python3", "/etc/os-release", "/home/user/project/a.md"}) EXPECT_FALSE(writes("ln -s " + target + " notes.md", "/home/user", target)) << target;
}

TEST(ShellTest, OtherDialectsAreNeverFull) {
  TestWorld world;
  Place place;
  for (const char* dialect : {"zsh", "sh", "dash", "fish", ""}) {
    place.shell = dialect;
    EXPECT_EQ(AnalyzeWith("true", place, world, &TestPrograms).coverage, Coverage::kPartial) << dialect;
  }
}

}  // namespace
}  // namespace checkrein::analysis::shell
