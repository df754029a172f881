// The advisories that are compiled in (data/advisories), with all their shields as one program.
#pragma once

#include <string_view>
#include <vector>

#include "advisories/osv/advisory.h"
#include "cedar/program.h"

namespace checkrein::advisories {

// Read anew: some 0.1 ms for each. They were checked when this program was built.
std::vector<Advisory> ShippedAdvisories();
// Costs nothing.
cedar::Program ShippedShields();
std::string_view ShippedDigest();  // hex SHA-256 over the digests of their texts

}  // namespace checkrein::advisories
