#include "advisories/shipped.h"

#include <cstdlib>

namespace checkrein::advisories {
namespace {

struct ShippedFile {
  std::string_view name, text;
};
#include "advisory_images.inc"  // made from data/advisories by tools/advisory_images.cc

}  // namespace

std::vector<Advisory> ShippedAdvisories() {
  std::vector<Advisory> all;
  for (const ShippedFile& file : kFiles) {
    Result<Advisory> advisory = ReadAdvisory(file.text, file.name);
    if (!advisory) std::abort();
    all.push_back(std::move(advisory).take());
  }
  return all;
}

cedar::Program ShippedShields() { return cedar::Program::OpenOwn({reinterpret_cast<const char*>(kImage), sizeof kImage}); }

std::string_view ShippedDigest() { return kDigest; }

}  // namespace checkrein::advisories
