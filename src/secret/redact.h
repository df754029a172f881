// Finds secrets in text and takes them out, so that none is ever written to the log or a screen.
//
//   std::string safe = Redact("curl -H 'Authorization: Bearer ghp_...'", key);   // "... ‹secret:github-token:3fa9c1›"
//
// Literals first (prefixes such as `ghp_`, `AKIA`, `-----BEGIN ... PRIVATE KEY-----`), then validators and entropy on what they
// found. Linear time, no regular-expression library: small enough for the hook.
// Not covered: a secret that looks like no rule's and has no telling name beside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace checkrein::secret {

struct Finding {
  std::string_view rule;  // stable id from the table: "github-token"
  size_t begin = 0;       // half-open range of bytes of the text
  size_t end = 0;
};

// All secrets in `text`, in order, not overlapping.
std::vector<Finding> Find(std::string_view text);

// `text` with each finding replaced by `‹secret:RULE:TAG›`; TAG is the first 6 hex digits of HMAC-SHA-256(key, secret), so that
// the same secret can be recognised in two records without being told.
std::string Redact(std::string_view text, const Digest& key);

}  // namespace checkrein::secret
