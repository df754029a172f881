#include "release/verdict.h"

#include <algorithm>

namespace checkrein::release {
namespace {

// SPDX identifiers of licences under which source may be copied (opensource.org), the usual ones.
constexpr std::string_view kOpen[] = {"MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "MPL-2.0", "GPL-2.0", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0", "GPL-3.0-only", "GPL-3.0-or-later",
                                      "LGPL-2.1", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0", "LGPL-3.0-only", "LGPL-3.0-or-later", "AGPL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Unlicense", "CC0-1.0", "Zlib",
                                      "BlueOak-1.0.0", "EPL-2.0", "EUPL-1.2", "Artistic-2.0", "BSL-1.0", "PSF-2.0", "Python-2.0", "WTFPL", "MIT License", "BSD License", "Apache License 2.0", "BSD", "Apache 2.0"};
constexpr std::string_view kForges[] = {"github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "sr.ht", "gitea.com", "github:", "gitlab:", "bitbucket:"};

bool IsOpen(std::string_view license) {
  // Of "(MIT OR Apache-2.0)" one open one is enough; "AND" needs all.
  const bool all = license.find(" AND ") != std::string_view::npos;
  bool any = false;
  for (size_t at = 0; at < license.size();) {
    const size_t end = std::min({license.find(" OR ", at), license.find(" AND ", at), license.size()});
    std::string_view one = license.substr(at, end - at);
    while (!one.empty() && (one.front() == '(' || one.front() == ' ')) one.remove_prefix(1);
    while (!one.empty() && (one.back() == ')' || one.back() == ' ')) one.remove_suffix(1);
    const bool open = std::find(std::begin(kOpen), std::end(kOpen), one) != std::end(kOpen);
    if (all && !open) return false;
    any = any || open;
    at = end + (license.substr(end).starts_with(" OR ") ? 4 : 5);
  }
  return any;
}

bool IsShorthand(std::string_view repository) {  // "owner/name" means GitHub to npm
  return std::count(repository.begin(), repository.end(), '/') == 1 && repository.find(':') == std::string_view::npos && repository.find(' ') == std::string_view::npos;
}

}  // namespace

std::optional<std::string> PublicBecause(const Report& report) {
  if (!IsOpen(report.license) || report.repository.empty()) return std::nullopt;
  const bool forge = std::any_of(std::begin(kForges), std::end(kForges), [&](std::string_view f) { return report.repository.find(f) != std::string::npos; });
  if (!forge && !IsShorthand(report.repository)) return std::nullopt;
  return "its licence is " + report.license + " and its repository " + report.repository;
}

void ApplyBudget(Report& report, const BudgetSettings& settings) {
  report.own_line_budget = settings.own_lines;
  std::optional<std::string> open;
  if (settings.source_is_public == true) open = "the settings say so";
  else if (!settings.source_is_public) open = PublicBecause(report);
  if (open) {
    report.public_because = *open;
    report.own_line_budget = -1;
    return;
  }
  int64_t sources = 0, maps = 0;
  for (const MapFacts& map : report.exposure.maps) {
    sources += map.own_sources;
    maps += map.own_lines > 0 ? 1 : 0;
  }
  if (report.OwnLines() <= settings.own_lines) return;
  Finding finding;
  finding.rule = "own-source";
  finding.what = "anyone can rebuild " + std::to_string(report.OwnLines()) + " lines of your source, in " + std::to_string(sources) + " files, from " + std::to_string(maps) + (maps == 1 ? " source map" : " source maps");
  finding.advice = "build without source maps or without sourcesContent, or keep *.map out of what is packed (\"files\" in package.json); if the source is public, say --public or run `checkrein gate init`";
  for (const MapFacts& map : report.exposure.maps) {
    if (map.own_lines > 0) {
      finding.path = map.path;
      break;
    }
  }
  finding.detail = "budget " + std::to_string(settings.own_lines) + " lines";
  finding.fingerprint = "own-source:" + std::to_string(report.OwnLines());  // who accepts so many lines has not accepted more
  report.findings.insert(report.findings.begin(), std::move(finding));
}

}  // namespace checkrein::release
