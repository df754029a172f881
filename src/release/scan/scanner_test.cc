// The scanner against the plain way of doing the same: every rule's expression over the whole text, one match after another.
#include "release/scan/scanner.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "release/rules/rule_file.h"

namespace checkrein::release {
namespace {

constexpr std::string_view kRules = R"(
[[rules]]
id = "bounded"
regex = '''\bkey-([a-f0-9]{8,20})\b'''
keywords = ["key-"]
[[rules]]
id = "prefixed"
regex = '''(?i)[\w.-]{0,10}?(?:acme)(?:[ \t\w.-]{0,5})=([a-z0-9]{6})(?:[;\s]|$)'''
keywords = ["acme"]
entropy = 1.5
[[rules]]
id = "open-ended"
regex = '''begin[\s\S]{4,}?end'''
keywords = ["begin"]
[[rules]]
id = "no-literal"
regex = '''[0-9]{6}[|%][a-z]{4}'''
keywords = ["face"]
[[rules]]
id = "generic-one"
regex = '''tok=([a-z0-9-]{6,30})'''
keywords = ["tok"]
)";

struct Ready {
  explicit Ready(std::string_view text, Habits habits = Habits::kArtifact) {
    Result<RuleSet> rules = LoadRules(text, "test", "", [](const std::string&) -> Result<std::string> { return Error{}; });
    if (!rules) {
      ADD_FAILURE() << rules.error().text;
      return;
    }
    Result<Compiled> built = Compiled::Build(std::move(*rules), Processor::kThisOne);
    if (!built) {
      ADD_FAILURE() << built.error().text;
      return;
    }
    compiled = std::make_unique<Compiled>(std::move(*built));
    Result<Scanner> made = Scanner::Make(*compiled, {.habits = habits});
    scanner = std::make_unique<Scanner>(std::move(*made));
  }
  std::multiset<std::string> Found(std::string_view text, std::string_view path = "a.txt") {
    std::multiset<std::string> out;
    scanner->BeginArtifact(Limits().work);   // each text by itself: these are dense
    const Scanned scanned = scanner->Scan({.path = path, .bytes = text, .commit = {}});
    EXPECT_EQ(scanned.incomplete, "");
    for (const Match& m : scanned.matches) out.insert(compiled->rules()[m.rule].rule->id + ":" + std::to_string(m.line) + ":" + std::string(text.substr(m.secret_begin, m.secret_end - m.secret_begin)));
    return out;
  }
  std::unique_ptr<Compiled> compiled;
  std::unique_ptr<Scanner> scanner;
};

// What gitleaks does: FindAll over the text, the first group, entropy, the generic rule last.
std::multiset<std::string> Plainly(const Ready& ready, std::string_view text) {
  struct One {
    std::string id, secret;
    size_t line;
  };
  std::vector<One> all;
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  Matcher matcher;
  for (const Rule& rule : ready.compiled->set().rules) {
    bool keyword = rule.keywords.empty();
    for (const std::string& k : rule.keywords) keyword = keyword || lower.find(k) != std::string::npos;
    if (!keyword) continue;
    const Result<Pattern> pattern = Pattern::Compile(rule.regex);
    for (size_t at = 0; pattern->Match(matcher, text, at, text.size(), text.size()) == Pattern::Outcome::kMatch;) {
      const size_t begin = matcher.begin(), end = matcher.end();
      std::string_view match = text.substr(begin, end - begin);
      while (match.starts_with('\n')) match.remove_prefix(1);
      while (match.ends_with('\n')) match.remove_suffix(1);
      std::string_view secret = match;
      if (pattern->captures() > 0 && pattern->Match(matcher, match) == Pattern::Outcome::kMatch && matcher.begin(1) != Matcher::kNone) secret = match.substr(matcher.begin(1), matcher.end(1) - matcher.begin(1));
      const auto line = static_cast<size_t>(std::count(text.begin(), text.begin() + (match.data() - text.data()), '\n')) + 1;
      if (rule.entropy == 0 || BitsPerCharacter(secret) > rule.entropy) all.push_back({rule.id, std::string(secret), line});
      at = end > at ? end : at + 1;
    }
  }
  std::multiset<std::string> out;
  for (const One& one : all) {
    bool drop = false;
    if (one.id.find("generic") != std::string::npos) {
      for (const One& other : all) drop = drop || (other.line == one.line && other.id.find("generic") == std::string::npos && other.secret.find(one.secret) != std::string::npos);
    }
    if (!drop) out.insert(one.id + ":" + std::to_string(one.line) + ":" + one.secret);
  }
  return out;
}

TEST(Scanner, IsThePlainWayOnRandomTexts) {
  Ready ready(kRules);
  ASSERT_NE(ready.scanner, nullptr);
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  const char* pieces[] = {"key-", "0123abcd", "deadbeef99", "g", " ", "\n", "acme", "ACME.x", "=", "abc123", ";", "begin", "end", "1234", "56|", "78%", "wxyz", "face", "tok=", "-", "a.b-c_", "zz", "\n\n", "key-00112233445566", "\t"};
  size_t found = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const size_t count = 1 + random() % 60;
    for (size_t i = 0; i < count; ++i) text += pieces[random() % std::size(pieces)];
    const std::multiset<std::string> expected = Plainly(ready, text);
    found += expected.size();
    ASSERT_EQ(ready.Found(text), expected) << "seed " << seed << "\n" << text;
  }
  EXPECT_GT(found, 1000u) << "the texts must hold what the rules look for";
}

TEST(Scanner, AllowListsAndPaths) {
  const std::string rule = "[[rules]]\nid=\"r\"\nregex='''key=([a-z0-9]+)'''\nkeywords=[\"key\"]\n";
  EXPECT_EQ(Ready(rule).Found("key=abc").size(), 1u);
  EXPECT_EQ(Ready(rule + "[[rules.allowlists]]\nstopwords=[\"BC\"]\n").Found("key=abc").size(), 0u);
  EXPECT_EQ(Ready(rule + "[[rules.allowlists]]\nregexTarget=\"line\"\nregexes=['''fine''']\n").Found("key=abc # fine\nkey=abd").size(), 1u);
  EXPECT_EQ(Ready(rule + "[[rules.allowlists]]\nregexTarget=\"match\"\nregexes=['''^key=a''']\n").Found("key=abc key=bbc").size(), 1u);
  const std::string both = rule + "[[rules.allowlists]]\ncondition=\"AND\"\npaths=['''^test/''']\nregexes=['''^abc''']\n";
  EXPECT_EQ(Ready(both).Found("key=abc", "src/a").size(), 1u);
  EXPECT_EQ(Ready(both).Found("key=abc", "test/a").size(), 0u);
  EXPECT_EQ(Ready(both).Found("key=xyz", "test/a").size(), 1u);
  EXPECT_EQ(Ready(rule + "path='''\\.env$'''\n").Found("key=abc", "a.js").size(), 0u);
  EXPECT_EQ(Ready("[[rules]]\nid=\"p\"\npath='''\\.p12$'''\n").Found("x", "a.p12").size(), 1u);
  const std::string global = rule + "[allowlist]\npaths=['''^vendor/''']\n";
  EXPECT_EQ(Ready(global).Found("key=abc", "vendor/a").size(), 1u) << "an artifact's paths are not passed over";
  EXPECT_EQ(Ready(global, Habits::kSource).Found("key=abc", "vendor/a").size(), 0u);
  EXPECT_EQ(Ready(rule).Found("key=abc gitleaks:allow").size(), 1u) << "a comment in what is published excuses nothing";
  EXPECT_EQ(Ready(rule, Habits::kSource).Found("key=abc gitleaks:allow").size(), 0u);
}

TEST(Scanner, RequiredRules) {
  const std::string rules = "[[rules]]\nid=\"a\"\nregex='''AAA'''\n[[rules.required]]\nid=\"b\"\nwithinLines=1\n[[rules]]\nid=\"b\"\nregex='''BBB'''\nskipReport=true\n";
  EXPECT_EQ(Ready(rules).Found("AAA\nBBB").size(), 1u);
  EXPECT_EQ(Ready(rules).Found("AAA\n\n\nBBB").size(), 0u);
  EXPECT_EQ(Ready(rules).Found("BBB").size(), 0u);
}

TEST(Scanner, FloodsEndIncomplete) {
  Ready ready("[[rules]]\nid=\"r\"\nregex='''k[0-9]'''\n");
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "k1 ";
  EXPECT_NE(ready.scanner->Scan({.path = "a", .bytes = text, .commit = {}}).incomplete, "");
}

// An attempt that fails behind 64 KiB of the same characters, at every fourth byte of them: a second for each such piece, were it not counted.
TEST(Scanner, FailingAttemptsAreCounted) {
  Ready ready(R"(
[[rules]]
id = "greedy"
regex = '''\b(eyJ[a-zA-Z-]{14,}\.eyJ[a-z]{14,})'''
[[rules]]
id = "lazy"
regex = '''BEGIN [\s\S]{64,}?END'''
)");
  std::string greedy, lazy;
  for (int i = 0; i < 16'000; ++i) greedy += "eyJ-", lazy += "BEGIN ";
  greedy += " eyJaaaaaaaaaaaaaaaaaaaa.eyJaaaaaaaaaaaaaaaaaaaa";
  lazy += "D";   // without it PCRE2 knows that nothing matches
  const auto incomplete = [&](std::string_view text) {
    ready.scanner->BeginArtifact(Limits().work);
    return ready.scanner->Scan({.path = "a", .bytes = text, .commit = {}}).incomplete;
  };
  EXPECT_NE(incomplete(greedy), "");
  EXPECT_NE(incomplete(lazy), "");
  EXPECT_EQ(incomplete("eyJaaaaaaaaaaaaaaaaaaaa.eyJaaaaaaaaaaaaaaaaaaaa"), "");
}

// What hostile texts may cost is of the artifact: many small ones get no more than one large one.
TEST(Scanner, WorkIsOfTheArtifact) {
  Ready ready("[[rules]]\nid=\"r\"\nregex='''k_[0-9]'''\n");
  std::string text;
  for (int i = 0; i < 100; ++i) text += "k_1 ";
  const auto incomplete = [&] { return !ready.scanner->Scan({.path = "a", .bytes = text, .commit = {}}).incomplete.empty(); };
  ready.scanner->BeginArtifact(200'000);
  int times = 0;
  for (int i = 0; i < 200; ++i) times += incomplete() ? 1 : 0;
  EXPECT_GT(times, 50);
  ready.scanner->BeginArtifact(200'000);
  EXPECT_FALSE(incomplete());
}

// What was seen before the work was spent is told.
TEST(Scanner, FindingsBeforeAFloodAreTold) {
  Ready ready("[[rules]]\nid=\"r\"\nregex='''tok_[0-9]{6}'''\n");
  std::string text = "tok_123456\n";
  for (int i = 0; i < 200'000; ++i) text += "tok_ ";
  const Scanned scanned = ready.scanner->Scan({.path = "a", .bytes = text, .commit = {}});
  EXPECT_NE(scanned.incomplete, "");
  EXPECT_EQ(scanned.matches.size(), 1u);
}

TEST(Rules, RefusedWithAPlace) {
  const auto read = [](const std::string&) -> Result<std::string> { return Error{}; };
  struct Case {
    const char* text;
    const char* says;
  };
  const Case cases[] = {{"[[rules]]\nid=\"a\"\nregx=\"x\"", "regx"}, {"[[rules]]\nregex=\"x\"", "no id"}, {"[[rules]]\nid=\"a\"", "could find nothing"}, {"x", "t:1:"}, {"[[rules]]\nid=\"a\"\nregex=\"x\"\n[[rules]]\nid=\"a\"\nregex=\"y\"", "twice"},
                        {"[extend]\nurl=\"http://x\"", "not followed"}, {"[[rules]]\nid=\"a\"\nregex=\"x\"\n[[rules.allowlists]]\ncondition=\"XOR\"\nregexes=[\"a\"]", "condition"}, {"[[rules]]\nid=\"a\"\nregex=\"x\"\n[[rules.required]]\nid=\"nope\"", "is no rule"},
                        {"[[rules]]\nid=\"a\"\nregex=\"x\"\nseverity=\"fatal\"", "severity"}, {"[[artifact]]\nid=\"a\"", "path or magic"}};
  for (const Case& c : cases) {
    const Result<RuleSet> rules = LoadRules(c.text, "t", "", read);
    ASSERT_FALSE(rules.ok()) << c.text;
    EXPECT_NE(rules.error().text.find(c.says), std::string::npos) << rules.error().text;
  }
}

TEST(Rules, ExtendMergesAsGitleaks) {
  const std::string base = "[[rules]]\nid=\"a\"\ndescription=\"base\"\nregex=\"x\"\nentropy=3.0\nkeywords=[\"k\"]\n[[rules]]\nid=\"b\"\nregex=\"y\"\n";
  const Result<RuleSet> rules = LoadRules("[extend]\nuseDefault=true\ndisabledRules=[\"b\"]\n[[rules]]\nid=\"a\"\ndescription=\"mine\"\n", "t", base, [](const std::string&) -> Result<std::string> { return Error{}; });
  ASSERT_TRUE(rules.ok()) << rules.error().text;
  ASSERT_EQ(rules->rules.size(), 1u);
  EXPECT_EQ(rules->rules[0].description, "mine");
  EXPECT_EQ(rules->rules[0].regex, "x");
  EXPECT_EQ(rules->rules[0].entropy, 3.0);
}

TEST(Compiled, ComesBackFromItsBytes) {
  Ready ready(kRules);
  const std::string bytes = ready.compiled->Serialise();
  Result<Compiled> again = Compiled::Load(ready.compiled->set(), bytes);
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_EQ(again->Serialise(), bytes);
  for (const size_t cut : {size_t{0}, size_t{10}, bytes.size() / 2, bytes.size() - 1}) EXPECT_FALSE(Compiled::Load(ready.compiled->set(), std::string_view(bytes).substr(0, cut)).ok()) << cut;
  Ready other("[[rules]]\nid=\"x\"\nregex=\"y\"\n");
  EXPECT_FALSE(Compiled::Load(other.compiled->set(), bytes).ok()) << "of other rules";
}

}  // namespace
}  // namespace checkrein::release
