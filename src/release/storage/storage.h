// Who can reach a bucket, from its configuration alone: no network is asked.
//
//   Result<std::vector<StorageAnswer>> answers = JudgeStorage(json, "bucket.json");
//   for (const StorageAnswer& a : *answers) if (a.exposure != Exposed::kNo) Show(a.reasons);
//
// Reads what the clouds' own tools print, or a Terraform plan (docs/format/bucket.md). AWS's definition of "public" is followed word by
// word (S3 User Guide, "Blocking public access", the meaning of public): a policy is public unless it grants to fixed principals only, or
// under a condition that fixes where requests come from. What is not in the input is unknown, and unknown is a finding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace checkrein::release {

enum class Exposed : uint8_t { kUnknown, kYes, kNo };
std::string_view ExposedName(Exposed exposed);

struct StorageReason {
  std::string what;      // "statement 2 lets anyone read"
  std::string request;   // "" when none is known; that would succeed, in words: "GET https://BUCKET.s3.amazonaws.com/ANY-KEY without credentials"
  bool of_policy = false;
};

struct StorageAnswer {
  std::string bucket, provider;          // "s3", "r2", "gcs"
  Exposed exposed = Exposed::kUnknown;
  std::vector<StorageReason> reasons;    // why it is exposed
  std::vector<std::string> unknown;      // what would have to be known
  std::vector<std::string> latent;       // what is public and at present blocked: one setting away
  std::optional<json::Value> policy;     // of S3, when there is one that parses
  json::Value ToJson() const;
};

// kInvalid: not JSON, or of no form that is known.
Result<std::vector<StorageAnswer>> JudgeStorage(std::string_view text, std::string_view name);

// A statement of an S3 policy by AWS's definition. `why` says what makes it public.
struct StatementJudgement {
  bool is_public = false;
  std::string why, actions;
};
StatementJudgement JudgeStatement(const json::Value& statement);

// Whether a CIDR is fixed and not wider than what AWS still takes for private: /8 and narrower for IPv4, /32 for IPv6.
bool IsFixedCidr(std::string_view cidr);

}  // namespace checkrein::release
