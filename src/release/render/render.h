// Reports in other programs' formats. Pure; nothing of the artifact's can break out of a format.
#pragma once

#include <span>
#include <string>

#include "release/report.h"

namespace checkrein::release {

std::string Sarif(std::span<const Report> reports);                        // SARIF 2.1.0, one run; for code scanning
std::string Junit(std::span<const Report> reports, Severity stops);        // one test case for each artifact
std::string GithubAnnotations(std::span<const Report> reports, Severity stops);  // workflow commands: ::error file=...::
std::string Html(std::span<const Report> reports, Severity stops);         // one page, no script, nothing loaded

std::string XmlEscaped(std::string_view text);        // also for HTML: & < > " ', control characters as U+FFFD
std::string WorkflowEscaped(std::string_view text);   // % \r \n : ,

}  // namespace checkrein::release
