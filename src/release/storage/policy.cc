// S3 bucket policies: which statements are public.
#include <algorithm>
#include <functional>

#include "base/ascii.h"
#include "release/storage/storage.h"

namespace checkrein::release {
namespace {

// A string, or each string of an array; anything else calls with "*", the widest.
void ForEach(const json::Value& value, const std::function<void(std::string_view)>& each) {
  if (const std::string* one = value.string()) return each(*one);
  if (const json::Array* list = value.array()) {
    for (const json::Value& one : *list) each(one.string() != nullptr ? std::string_view(*one.string()) : std::string_view("*"));
    return;
  }
  each("*");
}

// Not a pattern and no variable: one value.
bool IsFixed(std::string_view value) { return !value.empty() && value.find_first_of("*?") == std::string_view::npos && value.find("${") == std::string_view::npos; }

bool AnyPrincipal(const json::Value& statement) {
  if (statement.Find("NotPrincipal") != nullptr) return true;  // all but some
  const json::Value& principal = statement.At("Principal");
  if (principal.string() != nullptr) return !IsFixed(*principal.string());
  bool any = principal.object() == nullptr || principal.object()->empty();
  for (const auto& [kind, values] : principal.object() != nullptr ? *principal.object() : json::Object()) {
    // A service acts for anyone who can make it: only with a fixed source (below) is it somebody. Federated and canonical users are fixed.
    ForEach(values, [&, &k = kind](std::string_view one) { any = any || !IsFixed(one) || (k == "Service" && one.empty()); });
  }
  return any;
}

// Keys whose fixed values make a statement not public (AWS, "The meaning of public").
bool KeyFixes(const std::string& key, const json::Value& values) {
  bool all = true;
  bool some = false;
  const auto every = [&](const std::function<bool(std::string_view)>& good) {
    ForEach(values, [&](std::string_view one) {
      some = true;
      all = all && good(one);
    });
  };
  if (key == "aws:sourceip") every(IsFixedCidr);
  else if (key == "aws:userid") every([](std::string_view one) { return !one.starts_with('*') && IsFixed(one.ends_with(":*") ? one.substr(0, one.size() - 2) : one); });
  else if (key == "aws:sourcearn" || key == "aws:principalarn") every([](std::string_view one) {
    // arn:aws:iam::ACCOUNT:...: fixed when the account is.
    size_t at = 0;
    for (int i = 0; i < 4 && at != std::string_view::npos; ++i) at = one.find(':', at + (i > 0 ? 1 : 0));
    const std::string_view account = at == std::string_view::npos ? std::string_view() : one.substr(at + 1, one.find(':', at + 1) - at - 1);
    return IsFixed(one) || (account.size() == 12 && IsFixed(account));
  });
  else if (key == "aws:sourcevpc" || key == "aws:sourcevpce" || key == "aws:sourceowner" || key == "aws:sourceaccount" || key == "s3:x-amz-server-side-encryption-aws-kms-key-id" || key == "aws:principalorgid" ||
           key == "aws:principalaccount" || key == "s3:dataaccesspointarn" || key == "s3:dataaccesspointaccount" || key == "aws:principalorgpaths" || key == "aws:sourceorgid")
    every(IsFixed);
  else return false;
  return some && all;
}

// The operators that say "is one of these"; `IfExists` says it only to those who have the key, so it fixes nothing.
bool OperatorFixes(const std::string& name) {
  return name == "stringequals" || name == "stringlike" || name == "stringequalsignorecase" || name == "arnequals" || name == "arnlike" || name == "ipaddress" || name == "foranyvalue:stringequals" || name == "foranyvalue:stringlike";
}

bool ConditionFixes(const json::Value& statement) {
  const json::Value& condition = statement.At("Condition");
  if (condition.object() == nullptr) return false;
  for (const auto& [name, keys] : *condition.object()) {
    if (!OperatorFixes(AsciiLower(name)) || keys.object() == nullptr) continue;
    for (const auto& [key, values] : *keys.object()) {
      if (KeyFixes(AsciiLower(key), values)) return true;
    }
  }
  return false;
}

// "Bad actions": those that read, list or change. Others (s3:PutObjectAcl is a Put*) do not make a policy public.
std::string BadActions(const json::Value& statement) {
  std::string out;
  const auto add = [&](std::string_view action) {
    const std::string lower = AsciiLower(action);
    bool bad = lower == "*" || lower == "s3:*";
    for (const std::string_view prefix : {"s3:get", "s3:list", "s3:delete", "s3:put", "s3:abortmultipartupload", "s3:restoreobject"}) {
      const std::string_view fixed = std::string_view(lower).substr(0, std::min(lower.find_first_of("*?"), lower.size()));
      bad = bad || lower.starts_with(prefix) || (fixed.size() < lower.size() && prefix.starts_with(fixed));
    }
    if (bad) out += (out.empty() ? "" : ", ") + std::string(action);
  };
  if (statement.Find("NotAction") != nullptr) return "everything but some";
  ForEach(statement.At("Action"), add);
  return out;
}

}  // namespace

bool IsFixedCidr(std::string_view cidr) {
  const size_t slash = cidr.find('/');
  if (!IsFixed(cidr)) return false;
  const bool six = cidr.find(':') != std::string_view::npos;
  if (slash == std::string_view::npos) return true;
  int bits = 0;
  const std::string_view digits = cidr.substr(slash + 1);
  if (digits.empty() || digits.size() > 3) return false;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    bits = bits * 10 + (c - '0');
  }
  return bits >= (six ? 32 : 8);
}

StatementJudgement JudgeStatement(const json::Value& statement) {
  StatementJudgement out;
  if (statement.Text("Effect") != "Allow") return out;
  out.actions = BadActions(statement);
  if (!AnyPrincipal(statement) || ConditionFixes(statement) || out.actions.empty()) return out;
  out.is_public = true;
  out.why = statement.Find("Condition") == nullptr ? "to anyone, without a condition" : "to anyone, under a condition that fixes neither place nor caller";
  return out;
}

}  // namespace checkrein::release
