// One advisory, as an OSV file says it (docs/format/advisory.md).
//
//   Result<Advisory> advisory = ReadAdvisory(text, "CVE-2026-25725.json");   // strict: see below
//   Standing s = StandingOf(*advisory, installed);                           // does it concern this program?
//
// Untrusted bytes in. A file that is not in order is refused as a whole, with file:line:col: an advisory that is read by half could be one
// without its shield.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisories/installed.h"
#include "base/result.h"
#include "notation/document.h"

namespace checkrein::advisories {

inline constexpr size_t kMaxAdvisoryBytes = 1u << 20;  // the largest record of the public databases for a client has 20 KB
inline constexpr size_t kMaxAdvisoryDepth = 32;        // database_specific may nest as it likes, within reason
inline constexpr size_t kMaxAdvisoryValues = 1u << 16;
inline constexpr size_t kMaxAffected = 256;            // packages of one advisory
inline constexpr size_t kMaxRanges = 64;               // of one package
inline constexpr size_t kMaxEvents = 512;              // of one range
inline constexpr size_t kMaxVersions = 10'000;         // listed for one package
inline constexpr size_t kMaxExamples = 32;

struct Event {
  enum class Kind : uint8_t { kIntroduced, kFixed, kLastAffected, kLimit };
  Kind kind = Kind::kIntroduced;
  std::string version;
  notation::Position at;
};

struct Range {
  enum class Type : uint8_t { kSemver, kEcosystem, kGit };
  Type type = Type::kGit;
  std::vector<Event> events;  // kSemver, and kEcosystem of npm: in order of version
};

struct Affected {
  std::string ecosystem, package;     // "" for a product of no registry: then Advisory::client says what it is
  std::vector<Range> ranges;
  std::vector<std::string> versions;  // listed one by one
};

// One line of `checkrein check`, and what is expected of it while the shield is in force.
struct Example {
  bool abuse = false;       // else ordinary work: decided as it is without the shield
  std::string line;         // JSON
  std::string verdict;      // of an abuse
  notation::Position at;
};

struct Advisory {
  std::string file;                    // as it was read: for messages
  std::string id;
  std::vector<std::string> aliases;
  std::string summary, details, link;  // link: the first ADVISORY or WEB reference; "" if none
  int64_t published_ms = 0, modified_ms = 0;
  bool withdrawn = false;
  std::vector<Affected> affected;

  // database_specific.checkrein, where there is one.
  std::string client;                  // whose program it is, however it was installed; "" where only a package is named
  std::string effect, remains;         // for people: what the abuse does; what the shield leaves open
  std::vector<std::string> unconfirmed;
  std::string policies;                // Cedar; "" for none. Line i of it is line `policy_lines[i]` of the file
  std::vector<notation::Position> policy_lines;
  std::vector<Example> examples;
};

// Errors, each with file:line:col: kInvalid for what is no OSV record of schema 1.x, contradicts itself (fixed before it was introduced,
// ranges of a package that overlap, modified before it was published), or has a member that this version does not know where a misspelt
// one would weaken it; kLimit beyond the bounds above. The policies are only cut out here: shield.h reads them.
Result<Advisory> ReadAdvisory(std::string_view text, std::string_view file);

// "2026-02-06", "2026-02-06T10:11:12Z" or with a fraction: milliseconds since 1970. Nothing for what is no such day.
std::optional<int64_t> TimeOf(std::string_view text);

struct Standing {
  enum class Kind : uint8_t {
    kUnknown,   // the version, or the order of such versions, cannot be told: counts as affected
    kAffected,
    kFixed,     // concerned, and past it
    kElsewhere, // another program
  };
  Kind kind = Kind::kUnknown;
  std::string fixed_in;   // the least version above this one that is not affected, as written; "" when none is stated
  std::string why;        // of kUnknown
  bool exposed() const { return kind == Kind::kUnknown || kind == Kind::kAffected; }
};
// Pure. A withdrawn advisory concerns nothing.
Standing StandingOf(const Advisory& advisory, const Installed& installed);

// Whether the advisory is about this product at all, whatever its version.
bool Concerns(const Advisory& advisory, const Installed& installed);
bool ConcernsClient(const Advisory& advisory, std::string_view client);

}  // namespace checkrein::advisories
