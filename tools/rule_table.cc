// Build tool: data/rules/secrets.toml -> the rows of the redaction detector, which src/secret/rules.cc includes.
//   rule_table data/rules/secrets.toml OUT
// Takes the rules that have `find`, in their order, and refuses a row that breaks the format. The gate reads the same file as it is
// (src/release/rules), so that one table says what a secret is.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace {

[[noreturn]] void Fail(const std::string& text) {
  std::fprintf(stderr, "rule_table: %s\n", text.c_str());
  std::exit(1);
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c < 0x20 || c == 0x7f) Fail("control characters in a text");
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

struct Name {
  std::string_view written, cpp;
};
constexpr Name kCharsets[] = {{"alnum", "C::kAlnum"}, {"word", "C::kWord"}, {"dotted", "C::kDotted"}, {"hex", "C::kHex"}, {"upper", "C::kUpper"}, {"base64", "C::kBase64"}};
constexpr Name kBoundaries[] = {{"none", "B::kNone"}, {"word", "B::kWord"}};
constexpr Name kChecks[] = {{"LooksLikeJwt", "LooksLikeJwt"}, {"LooksLikeSendgrid", "LooksLikeSendgrid"}, {"LooksDrawn", "LooksDrawn"}, {"HasDigit", "HasDigit"}};
constexpr std::string_view kNumbers[] = {"min_length", "max_length", "min_entropy"};

template <size_t N>
std::string_view Cpp(const Name (&names)[N], std::string_view written, const std::string& where) {
  for (const Name& name : names) {
    if (name.written == written) return name.cpp;
  }
  Fail(where + ": unknown word " + std::string(written));
}

std::string Prefixes(const toml::table& find, const std::string& where) {
  const toml::array* prefixes = find["prefixes"].as_array();
  if (prefixes == nullptr || prefixes->size() > 10) Fail(where + ": prefixes must be an array of at most ten strings");
  std::string out;
  for (const toml::node& one : *prefixes) {
    const auto prefix = one.value<std::string_view>();
    if (!prefix || prefix->size() < 2) Fail(where + ": a prefix has two characters or more");
    out += (out.empty() ? "" : ", ") + Quoted(*prefix);
  }
  return out;
}

std::string Row(const toml::table& rule, const toml::table& find) {
  const std::string id(rule["id"].value_or(std::string_view()));
  const std::string text(rule["description"].value_or(std::string_view()));
  if (id.empty() || text.empty()) Fail("a rule without id or description");
  std::string out = "    {.id = " + Quoted(id) + ", .text = " + Quoted(text) + ", .prefixes = {" + Prefixes(find, id) + "}";
  for (const auto& [key, value] : find) {
    const std::string_view name = key.str();
    if (name == "prefixes") continue;
    const std::string_view word = value.value_or(std::string_view());
    if (name == "charset") out += ", .charset = " + std::string(Cpp(kCharsets, word, id));
  }
  for (const std::string_view number : kNumbers) {
    if (!find.contains(number)) continue;
    const auto value = find[number].value<int64_t>();
    if (!value || *value < 0 || *value > 65535) Fail(id + ": " + std::string(number) + " is no number from 0 to 65535");
    out += ", ." + std::string(number) + " = " + std::to_string(*value);
  }
  if (find.contains("boundary")) out += ", .boundary = " + std::string(Cpp(kBoundaries, find["boundary"].value_or(std::string_view()), id));
  if (find.contains("check")) out += ", .check = " + std::string(Cpp(kChecks, find["check"].value_or(std::string_view()), id));
  for (const auto& [key, value] : find) {
    const std::string_view name = key.str();
    const bool known = name == "prefixes" || name == "charset" || name == "boundary" || name == "check" || std::find(std::begin(kNumbers), std::end(kNumbers), name) != std::end(kNumbers);
    if (!known) Fail(id + ": unknown word " + std::string(name) + " in find");
  }
  return out + "},\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) Fail("usage: rule_table secrets.toml OUT");
  std::ifstream in(argv[1], std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const toml::parse_result parsed = toml::parse(text, std::string_view(argv[1]));
  if (!parsed) Fail(std::string(parsed.error().description()) + " at line " + std::to_string(parsed.error().source().begin.line));
  const toml::array* rules = parsed.table()["rules"].as_array();
  if (rules == nullptr) Fail("no rules");
  std::string out = "// Made by tools/rule_table.cc of data/rules/secrets.toml. Do not edit.\n";
  for (const toml::node& node : *rules) {
    const toml::table* rule = node.as_table();
    if (rule == nullptr) Fail("a rule that is no table");
    if (const toml::table* find = (*rule)["find"].as_table()) out += Row(*rule, *find);
  }
  std::ofstream(argv[2], std::ios::binary) << out;
  return 0;
}
