// Every example of data/rules: what a rule says that it finds is found, what it says that it leaves is left, by the gate and by redaction.
// Tokens are drawn here: none stands in the tree.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

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

toml::parse_result ReadFileOf(const char* name) {
  std::ifstream in(std::string(CHECKREIN_SOURCE_DIR "/data/rules/") + name, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return toml::parse(text);
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
  const toml::parse_result file = ReadFileOf("secrets.toml");
  ASSERT_TRUE(file.succeeded());
  size_t run = 0;
  for (const toml::node& node : *file.table()["rules"].as_array()) {
    const toml::table& rule = *node.as_table();
    const std::string id(rule["id"].value_or(std::string_view()));
    if (!rule.contains("regex")) continue;
    ASSERT_TRUE(rule["examples"]["match"].is_array() && rule["examples"]["miss"].is_array()) << id << ": a rule has examples";
    EXPECT_FALSE(rule["examples"]["match"].as_array()->empty()) << id;
    for (const toml::node& example : *rule["examples"]["match"].as_array()) {
      for (int round = 0; round < 5; ++round) {
        const std::string text = Draw(example.value_or(std::string_view()), random_);
        EXPECT_TRUE(Finds(id, text)) << id << ": " << text;
        EXPECT_TRUE(Finds(id, "first line\n  " + text + "\nlast line\n")) << id << ": " << text;
        if (const auto* find = rule["find"].as_table(); find != nullptr && !(*find)["prefixes"].as_array()->empty()) {
          EXPECT_FALSE(secret::Find(text).empty()) << "redaction, " << id << ": " << text;
        }
        ++run;
      }
    }
    for (const toml::node& example : *rule["examples"]["miss"].as_array()) EXPECT_FALSE(Finds(id, Draw(example.value_or(std::string_view()), random_))) << id << ": " << example.value_or(std::string_view());
  }
  EXPECT_GT(run, 200u);
}

TEST_F(Examples, OfEveryArtifactRule) {
  const toml::parse_result file = ReadFileOf("artifacts.toml");
  ASSERT_TRUE(file.succeeded());
  for (const toml::node& node : *file.table()["artifact"].as_array()) {
    const toml::table& rule = *node.as_table();
    const std::string id(rule["id"].value_or(std::string_view()));
    LazyPattern path{std::string(rule["path"].value_or(std::string_view()))};
    for (const toml::node& example : *rule["examples"]["match"].as_array()) EXPECT_TRUE(scanner_->Matches(path, example.value_or(std::string_view()))) << id << ": " << example.value_or(std::string_view());
    for (const toml::node& example : *rule["examples"]["miss"].as_array()) EXPECT_FALSE(scanner_->Matches(path, example.value_or(std::string_view()))) << id << ": " << example.value_or(std::string_view());
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
