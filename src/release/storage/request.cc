#include "release/storage/request.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

#include "base/ascii.h"

namespace checkrein::release {
namespace {

Error NotUnderstood(std::string_view what) { return {Error::Kind::kUnsupported, std::string(what) + " is not understood here"}; }

// A text, a boolean or a number, or a list of them.
Result<std::vector<std::string>> Texts(const json::Value& value) {
  std::vector<std::string> out;
  const json::Array list = value.array() != nullptr ? *value.array() : json::Array{value};
  for (const json::Value& one : list) {
    if (one.string() != nullptr) out.push_back(*one.string());
    else if (one.boolean() != nullptr) out.emplace_back(*one.boolean() ? "true" : "false");
    else return NotUnderstood("a value that is no text");
    if (out.back().find("${") != std::string::npos) return NotUnderstood("the policy variable in " + out.back());
    const bool plain = std::all_of(out.back().begin(), out.back().end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (!plain) return NotUnderstood("a value beyond ASCII");
  }
  return out;
}

struct Operator {
  std::string_view name;
  PolicyTest::Kind kind;
  bool negated, ignore_case, patterns;
};
constexpr Operator kOperators[] = {
    {"stringequals", PolicyTest::Kind::kText, false, false, false},   {"stringnotequals", PolicyTest::Kind::kText, true, false, false},
    {"stringequalsignorecase", PolicyTest::Kind::kText, false, true, false}, {"stringnotequalsignorecase", PolicyTest::Kind::kText, true, true, false},
    {"stringlike", PolicyTest::Kind::kText, false, false, true},      {"stringnotlike", PolicyTest::Kind::kText, true, false, true},
    {"arnequals", PolicyTest::Kind::kText, false, false, true},       {"arnnotequals", PolicyTest::Kind::kText, true, false, true},
    {"arnlike", PolicyTest::Kind::kText, false, false, true},         {"arnnotlike", PolicyTest::Kind::kText, true, false, true},
    {"bool", PolicyTest::Kind::kText, false, true, false},            {"ipaddress", PolicyTest::Kind::kAddress, false, false, false},
    {"notipaddress", PolicyTest::Kind::kAddress, true, false, false}, {"null", PolicyTest::Kind::kNull, false, false, false},
};

Status ReadTests(const json::Value& condition, std::vector<PolicyTest>& out) {
  if (condition.is_null()) return Done{};
  if (condition.object() == nullptr) return NotUnderstood("a condition that is no object");
  for (const auto& [name, keys] : *condition.object()) {
    std::string lower = AsciiLower(name);
    const bool if_exists = lower.ends_with("ifexists");
    if (if_exists) lower.resize(lower.size() - std::string_view("ifexists").size());
    const auto* found = std::find_if(std::begin(kOperators), std::end(kOperators), [&](const Operator& one) { return one.name == lower; });
    if (found == std::end(kOperators) || keys.object() == nullptr) return NotUnderstood("the condition operator " + name);
    for (const auto& [key, values] : *keys.object()) {
      PolicyTest test{found->kind, found->negated, if_exists, found->ignore_case, found->patterns, AsciiLower(key), {}};
      const KeyOf whose = WhoseKey(test.key);
      if (whose == KeyOf::kUnknown) return NotUnderstood("the condition key " + key);
      if ((whose == KeyOf::kAddress) != (test.kind == PolicyTest::Kind::kAddress) && test.kind != PolicyTest::Kind::kNull) return NotUnderstood(name + " of " + key);
      Result<std::vector<std::string>> read = Texts(values);
      if (!read) return read.error();
      test.values = std::move(*read);
      out.push_back(std::move(test));
    }
  }
  return Done{};
}

// Whether a Principal means strangers: "*" does, and nobody by name is one.
Result<bool> MeansStrangers(const json::Value& principal) {
  if (principal.string() != nullptr) return *principal.string() == "*";
  if (principal.object() == nullptr) return NotUnderstood("a principal that is neither text nor object");
  bool any = false;
  for (const auto& [kind, values] : *principal.object()) {
    const Result<std::vector<std::string>> names = Texts(values);
    if (!names) return names.error();
    for (const std::string& name : *names) any = any || (kind == "AWS" && name == "*");
  }
  return any;
}

Result<PolicyStatement> ReadStatement(const json::Value& from) {
  PolicyStatement out;
  const std::string_view effect = from.Text("Effect");
  if (effect != "Allow" && effect != "Deny") return NotUnderstood("a statement that neither allows nor denies");
  out.allow = effect == "Allow";
  const bool but = from.Find("NotPrincipal") != nullptr;
  const Result<bool> strangers = MeansStrangers(but ? from.At("NotPrincipal") : from.At("Principal"));
  if (!strangers) return strangers.error();
  out.strangers = *strangers != but;
  out.all_actions_but = from.Find("NotAction") != nullptr;
  out.all_resources_but = from.Find("NotResource") != nullptr;
  Result<std::vector<std::string>> actions = Texts(out.all_actions_but ? from.At("NotAction") : from.At("Action"));
  if (!actions) return actions.error();
  Result<std::vector<std::string>> resources = Texts(out.all_resources_but ? from.At("NotResource") : from.At("Resource"));
  if (!resources) return resources.error();
  out.actions = std::move(*actions);
  out.resources = std::move(*resources);
  if (const Status tests = ReadTests(from.At("Condition"), out.tests); !tests) return tests.error();
  return out;
}

bool Holds(const PolicyTest& test, const BucketRequest& request) {
  const auto found = request.context.find(test.key);
  const bool there = test.key == "aws:sourceip" || found != request.context.end();
  if (test.kind == PolicyTest::Kind::kNull) return std::any_of(test.values.begin(), test.values.end(), [&](const std::string& v) { return (AsciiLower(v) == "true") != there; });
  if (!there) return test.if_exists || test.negated;
  const bool any = std::any_of(test.values.begin(), test.values.end(), [&](const std::string& value) {
    if (test.kind == PolicyTest::Kind::kAddress) {
      const std::optional<Network> network = ReadNetwork(value);   // a stranger comes by IPv4
      return network && (network->bits == 0 || (request.address ^ network->address) >> (32 - network->bits) == 0);
    }
    if (test.patterns) return MatchesPattern(value, found->second);
    return test.ignore_case ? AsciiLower(value) == AsciiLower(found->second) : value == found->second;
  });
  return any != test.negated;
}

}  // namespace

KeyOf WhoseKey(std::string_view key) {
  if (key == "aws:sourceip") return KeyOf::kAddress;
  if (key == "aws:securetransport") return KeyOf::kTransport;
  for (const std::string_view one : {"aws:referer", "aws:useragent", "s3:prefix", "s3:delimiter", "s3:versionid", "s3:authtype", "s3:signatureversion", "s3:locationconstraint"}) {
    if (key == one) return KeyOf::kRequest;
  }
  for (const std::string_view one : {"s3:x-amz-", "s3:requestobjecttag/", "s3:existingobjecttag/"}) {
    if (key.starts_with(one)) return KeyOf::kRequest;
  }
  for (const std::string_view one : {"aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:userid", "aws:username", "aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourcevpc",
                                     "aws:sourcevpce", "aws:sourceorgid", "s3:dataaccesspointarn", "s3:dataaccesspointaccount"}) {
    if (key == one) return KeyOf::kCaller;
  }
  return key.starts_with("aws:principaltag/") ? KeyOf::kCaller : KeyOf::kUnknown;
}

Result<std::vector<PolicyStatement>> ReadStatements(const json::Value& policy) {
  const json::Value& list = policy.At("Statement");
  if (list.array() == nullptr && list.object() == nullptr) return NotUnderstood("a policy without statements");
  std::vector<PolicyStatement> out;
  for (const json::Value& one : list.array() != nullptr ? *list.array() : json::Array{list}) {
    Result<PolicyStatement> read = ReadStatement(one);
    if (!read) return read.error();
    out.push_back(std::move(*read));
  }
  return out;
}

bool MatchesPattern(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, back = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') star = p++, back = t;
    else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) ++p, ++t;
    else if (star != std::string_view::npos) p = star + 1, t = ++back;
    else return false;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<Network> ReadNetwork(std::string_view cidr) {
  Network out;
  const size_t slash = std::min(cidr.find('/'), cidr.size());
  out.bits = 32;
  const auto number = [](std::string_view text, int most) -> std::optional<int> {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value >= 0 && value <= most ? std::optional(value) : std::nullopt;
  };
  if (slash < cidr.size()) {
    const std::optional<int> bits = number(cidr.substr(slash + 1), 32);
    if (!bits) return std::nullopt;
    out.bits = *bits;
  }
  std::string_view rest = cidr.substr(0, slash);
  for (int i = 0; i < 4; ++i) {
    const size_t dot = std::min(rest.find('.'), rest.size());
    const std::optional<int> byte = number(rest.substr(0, dot), 255);
    if (!byte || (dot == rest.size()) != (i == 3)) return std::nullopt;
    out.address = out.address << 8 | static_cast<uint32_t>(*byte);
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  return out;
}

std::string AddressText(uint32_t address) { return std::to_string(address >> 24) + "." + std::to_string(address >> 16 & 255) + "." + std::to_string(address >> 8 & 255) + "." + std::to_string(address & 255); }

std::vector<BucketAction> BucketActions() {
  return {{"s3:GetObject", true}, {"s3:ListBucket", false}, {"s3:PutObject", true}, {"s3:DeleteObject", true}, {"s3:GetObjectVersion", true}, {"s3:ListBucketVersions", false}, {"s3:PutObjectAcl", true}, {"s3:DeleteObjectVersion", true},
          {"s3:GetObjectAcl", true}, {"s3:GetObjectTagging", true}, {"s3:RestoreObject", true}, {"s3:AbortMultipartUpload", true}, {"s3:PutBucketPolicy", false}, {"s3:PutBucketAcl", false}, {"s3:GetBucketPolicy", false},
          {"s3:GetBucketAcl", false}, {"s3:ListBucketMultipartUploads", false}, {"s3:GetBucketLocation", false}, {"s3:DeleteBucket", false}};
}

bool Applies(const PolicyStatement& statement, const BucketRequest& request) {
  const std::string action = AsciiLower(request.action);
  const bool acts = std::any_of(statement.actions.begin(), statement.actions.end(), [&](const std::string& one) { return MatchesPattern(AsciiLower(one), action); });
  const bool lies = std::any_of(statement.resources.begin(), statement.resources.end(), [&](const std::string& one) { return MatchesPattern(one, request.resource); });
  return statement.strangers && acts != statement.all_actions_but && lies != statement.all_resources_but && std::all_of(statement.tests.begin(), statement.tests.end(), [&](const PolicyTest& test) { return Holds(test, request); });
}

bool Permits(const std::vector<PolicyStatement>& statements, const BucketRequest& request) {
  bool allowed = false;
  for (const PolicyStatement& statement : statements) {
    if (!Applies(statement, request)) continue;
    if (!statement.allow) return false;
    allowed = true;
  }
  return allowed;
}

}  // namespace checkrein::release
