// Every example of data/rules: what a rule says that it finds is found, what it says that it leaves is left, by the gate and by redaction.
// Tokens are drawn here: none stands in the tree.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "notation/document.h"
#include "release/rules/rule_file.h"
#include "release/rules/shipped.h"
#include "release/scan/scanner.h"
#include "secret/redact.h"

namespace checkrein::release {
namespace {

std::string Alphabet(std::string_view name) {
  const std::string digits = "0123456789", lower = "abcdefghijklmnopqrstuvwxyz", upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  if (name == "alnum") return digits + lower + upper;
  if (name == "word") return digits + lower + upper + "_-";
  if (name == "base64") return digits + lower + upper + "+/";
  if (name == "hex") return digits + "abcdef";
  if (name == "digit") return digits;
  if (name == "aws") return upper + "234567";
  if (name == "bech32") return "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
  ADD_FAILURE() << "unknown alphabet " << name;
  return digits;
}

// "<alnum:36>" becomes 36 characters; a drawn token begins and ends with a letter or digit, as issuers make them.
std::string Draw(std::string_view text, std::mt19937& random) {
  std::string out;
  while (!text.empty()) {
    const size_t open = text.find('<');
    const size_t colon = text.find(':', open);
    const size_t close = text.find('>', open);
    if (open == std::string_view::npos || colon > close || close == std::string_view::npos) return out + std::string(text);
    const std::string letters = Alphabet(text.substr(open + 1, colon - open - 1));
    const int count = std::stoi(std::string(text.substr(colon + 1, close - colon - 1)));
    out += text.substr(0, open);
    for (int i = 0; i < count; ++i) {
      char c = 0;
      do c = letters[random() % letters.size()];
      while ((i == 0 || i + 1 == count) && std::isalnum(static_cast<unsigned char>(c)) == 0);
      if (i == 1 && count > 8 && letters.find('7') != std::string::npos) c = '7';  // a long token without any digit or capital is too rare to draw
      if (i == 2 && count > 8 && letters.find('Q') != std::string::npos) c = 'Q';
      out += c;
    }
    text.remove_prefix(close + 1);
  }
  return out;
}

notation::Node ReadFileOf(const char* name) {
  std::ifstream in(std::string(CHECKREIN_SOURCE_DIR "/data/rules/") + name, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  Result<notation::Node> file = notation::Parse(text, name, notation::Dialect::kToml);
  EXPECT_TRUE(file.ok()) << file.error().text;
  return file ? std::move(file).take() : notation::Node();
}

class Examples : public testing::Test {
 protected:
  void SetUp() override {
    Result<RuleSet> rules = ShippedRules();
    ASSERT_TRUE(rules.ok()) << rules.error().text;
    Result<Compiled> compiled = Compiled::Build(std::move(*rules), Processor::kThisOne);
    ASSERT_TRUE(compiled.ok()) << compiled.error().text;
    EXPECT_TRUE(compiled->Warnings().empty());
    compiled_ = std::make_unique<Compiled>(std::move(*compiled));
    Result<Scanner> scanner = Scanner::Make(*compiled_, {});
    ASSERT_TRUE(scanner.ok());
    scanner_ = std::make_unique<Scanner>(std::move(*scanner));
    const unsigned seed = std::random_device{}();
    RecordProperty("seed", std::to_string(seed));
    std::printf("seed %u\n", seed);
    random_.seed(seed);
  }
  bool Finds(std::string_view id, const std::string& text) {
    const Scanned scanned = scanner_->Scan({.path = "x.txt", .bytes = text, .commit = {}});
    EXPECT_EQ(scanned.incomplete, "");
    return std::any_of(scanned.matches.begin(), scanned.matches.end(), [&](const Match& m) { return compiled_->rules()[m.rule].rule->id == id; });
  }
  std::unique_ptr<Compiled> compiled_;
  std::unique_ptr<Scanner> scanner_;
  std::mt19937 random_;
};

TEST_F(Examples, OfEverySecretRule) {
  const notation::Node file = ReadFileOf("secrets.toml");
  ASSERT_NE(file.Find("rules"), nullptr);
  size_t run = 0;
  for (const notation::Node& rule : file.Find("rules")->items) {
    const std::string id(rule.Text("id"));
    if (rule.Find("regex") == nullptr) continue;
    const notation::Node* examples = rule.Find("examples");
    ASSERT_TRUE(examples != nullptr && examples->Find("match") != nullptr && examples->Find("miss") != nullptr) << id << ": a rule has examples";
    EXPECT_FALSE(examples->Find("match")->items.empty()) << id;
    for (const notation::Node& example : rule.Find("examples")->Find("match")->items) {
      for (int round = 0; round < 5; ++round) {
        const std::string text = Draw(example.text, random_);
        EXPECT_TRUE(Finds(id, text)) << id << ": " << text;
        EXPECT_TRUE(Finds(id, "first line\n  " + text + "\nlast line\n")) << id << ": " << text;
        if (const notation::Node* find = rule.Find("find"); find != nullptr && !find->Find("prefixes")->items.empty()) {
          EXPECT_FALSE(secret::Find(text).empty()) << "redaction, " << id << ": " << text;
        }
        ++run;
      }
    }
    for (const notation::Node& example : rule.Find("examples")->Find("miss")->items) EXPECT_FALSE(Finds(id, Draw(example.text, random_))) << id << ": " << example.text;
  }
  EXPECT_GT(run, 200u);
}

TEST_F(Examples, OfEveryArtifactRule) {
  const notation::Node file = ReadFileOf("artifacts.toml");
  ASSERT_NE(file.Find("artifact"), nullptr);
  for (const notation::Node& rule : file.Find("artifact")->items) {
    const std::string id(rule.Text("id"));
    LazyPattern path{std::string(rule.Text("path"))};
    for (const notation::Node& example : rule.Find("examples")->Find("match")->items) EXPECT_TRUE(scanner_->Matches(path, example.text)) << id << ": " << example.text;
    for (const notation::Node& example : rule.Find("examples")->Find("miss")->items) EXPECT_FALSE(scanner_->Matches(path, example.text)) << id << ": " << example.text;
  }
}

TEST_F(Examples, EveryRuleSaysWhatItIsAndWhatToDo) {
  for (const Rule& rule : compiled_->set().rules) {
    EXPECT_FALSE(rule.description.empty()) << rule.id;
    EXPECT_TRUE(!rule.exposes.empty() || !rule.advice.empty()) << rule.id;
    EXPECT_TRUE(rule.description.find('\n') == std::string::npos && !rule.description.ends_with('.')) << rule.id << ": one short text";
  }
  for (const Artifact& artifact : compiled_->set().artifacts) EXPECT_FALSE(artifact.description.empty() || artifact.advice.empty()) << artifact.id;
}

}  // namespace
}  // namespace checkrein::release
