// Which entries of public catalogues a record speaks to: OWASP Agentic, OWASP LLM (two editions), MITRE ATLAS, NIST SP 800-53, OCSF. The
// table is data/standards.json, one file with one version; catalogues renumber, so the edition is part of every id ("LLM03:2026").
//
//   StandardsFor(record)   // {"ASI02:2026", "LLM03:2026", "LLM06:2025", "AML.T0053:5.6.1", "AC-3:800-53r5"}
//
// Which row deserves which id is our judgement; the ids themselves are the catalogues'.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace checkrein::report {

// Ids for all that the record says, without repetition, in the order of the table.
std::vector<std::string> StandardsFor(const json::Value& record);

// OCSF's class for the record's main point: 6003 for a tool call, 2004 for a finding; 0 when there is none.
int64_t OcsfClassFor(const json::Value& record);

std::string_view StandardsVersion();

}  // namespace checkrein::report
