// Whether a zip says the same to those who read it from the front (its local headers) and from the back (its central directory): what
// differs was used to show reviewers one file and users another. Source: APPNOTE.TXT 6.3, sections 4.3 and 4.4.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::release {

inline constexpr size_t kMaxZipFaults = 100;   // told; an archive with that many needs no more

struct ZipFault {
  std::string name;        // the entry's, "" for the whole
  std::string what;
  bool trailing = false;   // data before the first, between, or behind the last part
};

std::vector<ZipFault> CheckZip(std::string_view zip);

}  // namespace checkrein::release
