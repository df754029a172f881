// A bucket policy as tests of one request, and requests that a stranger can make.
//
//   Result<std::vector<PolicyStatement>> statements = ReadStatements(policy);
//   if (Permits(*statements, request)) ...
//
// A stranger is anyone without credentials, or an account that the policy does not name. Read is what can be told of a stranger's requests:
// principals, actions, resources, and conditions on texts, addresses, booleans and presence. Of the rest (numbers, times, sets of values,
// policy variables) ReadStatements says that it does not know. Source: AWS, "IAM JSON policy elements" and "evaluation logic".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace checkrein::release {

// One operator over one key. `values`: any of them.
struct PolicyTest {
  enum class Kind : uint8_t { kText, kAddress, kNull };
  Kind kind = Kind::kText;
  bool negated = false, if_exists = false, ignore_case = false, patterns = false;
  std::string key;                   // lower case
  std::vector<std::string> values;
};

struct PolicyStatement {
  bool allow = false;
  bool strangers = false;            // whether it is about them at all
  bool all_actions_but = false, all_resources_but = false;
  std::vector<std::string> actions, resources;   // patterns
  std::vector<PolicyTest> tests;
};

// What decides whether a stranger can give a key a value.
enum class KeyOf : uint8_t { kUnknown, kRequest, kCaller, kAddress, kTransport };
KeyOf WhoseKey(std::string_view key);

struct BucketRequest {
  bool anonymous = true;
  std::string action, resource;      // "s3:GetObject", an ARN
  uint32_t address = 0;              // IPv4
  std::map<std::string, std::string> context;   // by key in lower case; what is absent is not there
};

// kUnsupported: something in it is not understood here; the text says what.
Result<std::vector<PolicyStatement>> ReadStatements(const json::Value& policy);
bool Applies(const PolicyStatement& statement, const BucketRequest& request);
// Allowed by one statement and denied by none.
bool Permits(const std::vector<PolicyStatement>& statements, const BucketRequest& request);

// `*` any characters, `?` one.
bool MatchesPattern(std::string_view pattern, std::string_view text);
struct Network {
  uint32_t address = 0;
  int bits = 0;
};
std::optional<Network> ReadNetwork(std::string_view cidr);   // of IPv4
std::string AddressText(uint32_t address);

// The actions a stranger would try, the worst first.
struct BucketAction {
  std::string_view name;
  bool on_objects = false;
};
std::vector<BucketAction> BucketActions();

}  // namespace checkrein::release
