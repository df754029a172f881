#include "audit/tile.h"

#include <charconv>
#include <cstdio>
#include <cstring>

#include "audit/merkle.h"

namespace checkrein::audit {
namespace {

constexpr uint64_t kGroup = 1000;  // a tile's number is written in groups of three digits

std::optional<uint64_t> Number(std::string_view digits) {
  uint64_t out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

}  // namespace

std::string TilePath(const TileId& tile) {
  char group[8];
  std::snprintf(group, sizeof group, "%03u", static_cast<unsigned>(tile.index % kGroup));
  std::string number = group;
  for (uint64_t rest = tile.index / kGroup; rest > 0; rest /= kGroup) {
    std::snprintf(group, sizeof group, "x%03u/", static_cast<unsigned>(rest % kGroup));
    number.insert(0, group);
  }
  std::string out = tile.level == kEntriesLevel ? "tile/entries/" : "tile/" + std::to_string(tile.level) + "/";
  out += number;
  if (tile.width != kTileWidth) out += ".p/" + std::to_string(tile.width);
  return out;
}

std::optional<TileId> ParseTilePath(std::string_view path) {
  const std::string_view whole = path;
  if (!path.starts_with("tile/")) return std::nullopt;
  path.remove_prefix(5);
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  TileId out;
  const std::string_view level = path.substr(0, slash);
  if (level == "entries") {
    out.level = kEntriesLevel;
  } else {
    const std::optional<uint64_t> number = Number(level);
    if (!number || *number > kMaxTileLevel) return std::nullopt;
    out.level = static_cast<int>(*number);
  }
  path.remove_prefix(slash + 1);
  if (const size_t partial = path.find(".p/"); partial != std::string_view::npos) {
    const std::optional<uint64_t> width = Number(path.substr(partial + 3));
    if (!width || *width == 0 || *width >= kTileWidth) return std::nullopt;
    out.width = static_cast<unsigned>(*width);
    path = path.substr(0, partial);
  }
  constexpr size_t kMaxGroups = 6;  // 18 digits: no overflow below
  for (size_t groups = 0; !path.empty(); ++groups) {
    if (groups == kMaxGroups) return std::nullopt;
    const size_t end = path.find('/');
    std::string_view group = path.substr(0, end);
    if (group.starts_with('x')) group.remove_prefix(1);
    const std::optional<uint64_t> number = Number(group);
    if (!number || *number >= kGroup) return std::nullopt;
    out.index = out.index * kGroup + *number;
    path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
  }
  if (TilePath(out) != whole) return std::nullopt;  // one spelling only
  return out;
}

std::string TileBytes(std::span<const Digest> hashes) {
  std::string out;
  out.reserve(hashes.size() * sizeof(Digest));
  for (const Digest& hash : hashes) out += AsText(hash);
  return out;
}

Result<std::vector<Digest>> ParseTile(std::string_view bytes, unsigned width) {
  if (bytes.size() != width * sizeof(Digest)) return Error{Error::Kind::kInvalid, "tile: " + std::to_string(bytes.size()) + " bytes for " + std::to_string(width) + " hashes"};
  std::vector<Digest> out(width);
  for (size_t i = 0; i < out.size(); ++i) std::memcpy(out[i].data(), bytes.data() + i * sizeof(Digest), sizeof(Digest));
  return out;
}

Digest SubtreeRoot(std::span<const Digest> hashes) {
  std::vector<Digest> row(hashes.begin(), hashes.end());
  while (row.size() > 1) {
    for (size_t i = 0; i < row.size() / 2; ++i) row[i] = NodeHash(row[2 * i], row[2 * i + 1]);
    row.resize(row.size() / 2);
  }
  return row.front();
}

std::string BundleEntry(std::string_view record) {
  std::string out;
  out.reserve(record.size() + 2);
  out += static_cast<char>(record.size() >> 8);
  out += static_cast<char>(record.size());
  out += record;
  return out;
}

Result<std::vector<std::string_view>> ParseBundle(std::string_view bytes, unsigned width) {
  const Error bad{Error::Kind::kInvalid, "bundle: does not hold exactly " + std::to_string(width) + " records"};
  std::vector<std::string_view> out;
  while (!bytes.empty()) {
    if (bytes.size() < 2 || out.size() == width) return bad;
    const size_t length = static_cast<size_t>(static_cast<uint8_t>(bytes[0])) << 8 | static_cast<uint8_t>(bytes[1]);
    if (bytes.size() - 2 < length) return bad;
    out.push_back(bytes.substr(2, length));
    bytes.remove_prefix(2 + length);
  }
  if (out.size() != width) return bad;
  return out;
}

}  // namespace checkrein::audit
