#include <algorithm>

#include "advisories/osv/advisory.h"
#include "advisories/osv/version.h"

namespace checkrein::advisories {
namespace {

bool OrderIsKnown(const Range& range, const std::string& ecosystem) {
  return range.type == Range::Type::kSemver || (range.type == Range::Type::kEcosystem && (ecosystem == "npm" || ecosystem.empty()));
}

Version VersionOf(const Event& event) { return *Version::Parse(event.version == "0" ? "0.0.0-0" : event.version); }

// Of one range, whose events are in order. OSV's algorithm: the last event at or below the version decides.
bool Holds(const Range& range, const Version& version) {
  bool limited = false, below_a_limit = false, affected = false;
  for (const Event& event : range.events) {
    const Version at = VersionOf(event);
    if (event.kind == Event::Kind::kLimit) {
      limited = true;
      below_a_limit = below_a_limit || version < at;
    } else if (event.kind == Event::Kind::kIntroduced) {
      affected = affected || !(version < at);
    } else if (event.kind == Event::Kind::kFixed ? !(version < at) : at < version) {
      affected = false;
    }
  }
  return affected && (!limited || below_a_limit);
}

bool IsListed(const Affected& affected, const std::string& version) { return std::find(affected.versions.begin(), affected.versions.end(), version) != affected.versions.end(); }

// Of one of the advisory's packages: whether the version is affected, as far as it can be told.
Standing::Kind StandingIn(const Affected& affected, const std::string& text, const std::optional<Version>& version, std::string* why) {
  if (IsListed(affected, text)) return Standing::Kind::kAffected;
  for (const Range& range : affected.ranges) {
    if (!OrderIsKnown(range, affected.ecosystem)) {
      *why = range.type == Range::Type::kGit ? "the advisory names commits, not versions" : "the order of versions in " + affected.ecosystem + " is not known to this version";
      return Standing::Kind::kUnknown;
    }
    if (!version) {
      *why = text.empty() ? "its version cannot be told" : "its version `" + text + "` has no place in the order of versions";
      return Standing::Kind::kUnknown;
    }
    if (Holds(range, *version)) return Standing::Kind::kAffected;
  }
  return Standing::Kind::kFixed;
}

}  // namespace

bool ConcernsClient(const Advisory& advisory, std::string_view client) { return !advisory.client.empty() && advisory.client == client; }

bool Concerns(const Advisory& advisory, const Installed& installed) {
  if (ConcernsClient(advisory, installed.client)) return true;
  return std::any_of(advisory.affected.begin(), advisory.affected.end(), [&](const Affected& a) {
    // A maker's own installer puts the same releases on the machine as the package does.
    return !a.package.empty() && a.package == installed.package && (a.ecosystem == installed.ecosystem || installed.ecosystem.empty());
  });
}

Standing StandingOf(const Advisory& advisory, const Installed& installed) {
  Standing standing;
  standing.kind = Standing::Kind::kElsewhere;
  if (advisory.withdrawn || !Concerns(advisory, installed)) return standing;
  const std::optional<Version> version = Version::Parse(installed.version);
  standing.kind = Standing::Kind::kFixed;
  std::optional<Version> least;
  for (const Affected& affected : advisory.affected) {
    if (!affected.package.empty() && !installed.package.empty() && affected.package != installed.package) continue;
    const Standing::Kind kind = StandingIn(affected, installed.version, version, &standing.why);
    if (kind == Standing::Kind::kAffected || (kind == Standing::Kind::kUnknown && standing.kind != Standing::Kind::kAffected)) standing.kind = kind;
    for (const Range& range : affected.ranges) {
      if (!OrderIsKnown(range, affected.ecosystem)) continue;
      for (const Event& event : range.events) {
        if (event.kind != Event::Kind::kFixed) continue;
        const Version at = VersionOf(event);
        if ((version && !(*version < at)) || (least && !(at < *least))) continue;
        least = at;
        standing.fixed_in = event.version;
      }
    }
  }
  if (standing.kind != Standing::Kind::kUnknown) standing.why.clear();
  return standing;
}

}  // namespace checkrein::advisories
