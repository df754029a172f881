// Source maps (ECMA-426): what of the source stands in them.
//
//   Result<SourceMap> map = ReadSourceMap(bytes);
//   for (const MapSource& source : map->sources) if (source.has_content && !source.vendored) own += source.lines;
//
// Index maps (`sections`), the `)]}'` line, `sourceRoot`, `ignoreList` and `x_google_ignoreList` are read. Contents are borrowed from the
// result. A null or empty content is a source without content.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace checkrein::release {

inline constexpr size_t kMaxMapSources = 1'000'000;

struct MapSource {
  std::string name;        // with sourceRoot before it
  std::string content;
  bool has_content = false;
  bool vendored = false;   // of a package: below node_modules, or on the ignore list
  size_t lines = 0;        // of content: line breaks, and one more for an unfinished last line
};

struct SourceMap {
  std::vector<MapSource> sources;
  std::vector<std::string> names_and_rest;   // every other text but the mappings: file, sourceRoot, source names
};

// kInvalid: not a source map, or not JSON. kLimit: more than kMaxMapSources.
Result<SourceMap> ReadSourceMap(std::string_view bytes);

// Whether a source's name says that it is other people's.
bool IsVendored(std::string_view name);

size_t CountLines(std::string_view text);

// The inline map of a script or style sheet (`//# sourceMappingURL=data:...`), decoded, and where a map that is not inline should be.
struct MapLink {
  std::string inline_map;
  std::string url;
};
MapLink FindMapLink(std::string_view script);

}  // namespace checkrein::release
