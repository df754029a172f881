// Feeds of strangers: never a crash; what is refused says where; of what is taken, every shield only forbids, a version that nobody knows
// counts as affected, and what was withdrawn concerns nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "advisories/osv/advisory.h"
#include "advisories/shield.h"
#include "policy/decide.h"

namespace {

using namespace checkrein;
using namespace checkrein::advisories;

void Hold(bool claim) {
  if (!claim) std::abort();
}

void LookAt(const Advisory& advisory) {
  Hold(!advisory.id.empty() && advisory.modified_ms >= advisory.published_ms);
  for (const Affected& affected : advisory.affected) {
    Installed installed{advisory.client, affected.ecosystem, affected.package, "", "/p", "fuzz"};
    Hold(Concerns(advisory, installed) || advisory.withdrawn);
    for (const std::string_view version : {"", "latest", "1.2.3", "0.0.0-0", "99999999999999999999.0.0"}) {
      installed.version = version;
      const Standing standing = StandingOf(advisory, installed);
      Hold(!advisory.withdrawn || !standing.exposed());
      if (version.empty() || version == "latest") Hold(advisory.withdrawn || standing.exposed());
    }
    for (const Range& range : affected.ranges)
      for (const Event& event : range.events) {
        installed.version = event.version;
        static_cast<void>(StandingOf(advisory, installed));
      }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const cedar::Schema* schema = [] {
    Result<cedar::Schema> read = cedar::ParseSchema(policy::PolicySet::Schema(), "checkrein.cedarschema");
    if (!read) std::abort();
    return new cedar::Schema(std::move(read).take());
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Advisory> advisory = ReadAdvisory(text, "feed.json");
  if (!advisory) {
    Hold(std::string_view(advisory.error().text).starts_with("feed.json"));
    return 0;
  }
  LookAt(*advisory);
  const Result<cedar::PolicySet> shields = ShieldsOf({&*advisory}, *schema);
  if (!shields) {
    Hold(std::string_view(shields.error().text).find("feed.json") != std::string_view::npos);
    return 0;
  }
  Hold(shields->size() <= kMaxShields);
  for (const cedar::Policy& shield : *shields) {
    Hold(shield.effect == cedar::Effect::kForbid && AdvisoryOf(shield.id) == advisory->id);
    Hold(TimeOf(shield.AnnotationValue("expires")).has_value());
  }
  return 0;
}
