// Names and bytes of C2SP tlog-tiles: hash tiles and entry bundles.
//
//   TilePath({kEntriesLevel, 1234067, 256});   // "tile/entries/x001/x234/067"
//   TilePath({1, 0, 17});                      // "tile/1/000.p/17"
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace checkrein::audit {

inline constexpr unsigned kTileWidth = 256;  // hashes in a full tile, records in a full bundle
inline constexpr unsigned kTileBits = 8;
inline constexpr int kEntriesLevel = -1;
inline constexpr int kMaxTileLevel = 7;      // 256^8 leaves are more than kMaxLogSize

struct TileId {
  int level = 0;                // 0..kMaxTileLevel, or kEntriesLevel
  uint64_t index = 0;
  unsigned width = kTileWidth;  // 1..255 is a partial tile
  auto operator<=>(const TileId&) const = default;
};

std::string TilePath(const TileId& tile);
std::optional<TileId> ParseTilePath(std::string_view path);  // takes exactly what TilePath writes

std::string TileBytes(std::span<const Digest> hashes);
// kInvalid unless `bytes` holds exactly `width` hashes.
Result<std::vector<Digest>> ParseTile(std::string_view bytes, unsigned width);

// The root of the perfect subtree over `hashes`, whose number is a power of two.
Digest SubtreeRoot(std::span<const Digest> hashes);

// One record as it stands in a bundle: two bytes of length, high one first, and the record.
std::string BundleEntry(std::string_view record);
// The records of a bundle (they borrow `bytes`); kInvalid unless there are exactly `width` and nothing else.
Result<std::vector<std::string_view>> ParseBundle(std::string_view bytes, unsigned width);

}  // namespace checkrein::audit
