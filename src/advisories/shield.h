// The policies of advisories as one program of forbids: read out of the advisories' files, checked, and with their days of expiry.
//
//   Result<cedar::PolicySet> set = ShieldsOf({&advisory}, schema);     // "CVE-2026-25725.json:31:9: a shield may only forbid"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "advisories/osv/advisory.h"
#include "cedar/ast.h"
#include "cedar/schema.h"

namespace checkrein::advisories {

inline constexpr size_t kMaxShields = 16;   // policies of one advisory

// In the order of the advisories. Each policy's id is ADVISORY:ID. Errors: as policy::ParseShields, at the line of the advisory's file;
// kInvalid for an @expires that is no day or time; kLimit.
Result<cedar::PolicySet> ShieldsOf(const std::vector<const Advisory*>& advisories, const cedar::Schema& schema);

// The advisory that a shield belongs to: what stands before its first colon.
std::string_view AdvisoryOf(std::string_view shield);

}  // namespace checkrein::advisories
