#include "audit/tile.h"

#include "audit/merkle.h"
#include "gtest/gtest.h"

namespace checkrein::audit {
namespace {

TEST(Tile, PathsAsTheSpecificationWritesThem) {
  EXPECT_EQ(TilePath({0, 1234067, 256}), "tile/0/x001/x234/067");
  EXPECT_EQ(TilePath({kEntriesLevel, 1234067, 256}), "tile/entries/x001/x234/067");
  EXPECT_EQ(TilePath({0, 273, 112}), "tile/0/273.p/112");
  EXPECT_EQ(TilePath({1, 1, 17}), "tile/1/001.p/17");
  EXPECT_EQ(TilePath({2, 0, 1}), "tile/2/000.p/1");
  EXPECT_EQ(TilePath({0, 1000, 256}), "tile/0/x001/000");
  for (const int level : {kEntriesLevel, 0, 1, kMaxTileLevel}) {
    for (const uint64_t index : {uint64_t{0}, uint64_t{1}, uint64_t{999}, uint64_t{1000}, uint64_t{999'999}, uint64_t{1'000'000}, uint64_t{999'999'999'999}}) {
      for (const unsigned width : {1u, 255u, 256u}) {
        const TileId tile{level, index, width};
        EXPECT_EQ(ParseTilePath(TilePath(tile)), tile) << TilePath(tile);
      }
    }
  }
}

TEST(Tile, OneSpellingOnly) {
  for (const std::string_view bad :
       {"", "tile/", "tile/0", "tile/0/", "tile/0/1", "tile/0/0001", "tile/0/x001", "tile/0/001/x002", "tile/00/001", "tile/8/001", "tile/-1/001", "tile/entrie/001", "tile/0/001.p/0", "tile/0/001.p/256",
        "tile/0/001.p/01", "tile/0/001.p/", "tile/0/x000/001", "tile/0/001/", "tile/0/../001", "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/ab1", "/tile/0/001"}) {
    EXPECT_FALSE(ParseTilePath(bad)) << bad;
  }
}

TEST(Tile, BytesAndBack) {
  std::vector<Digest> hashes;
  for (int i = 0; i < 4; ++i) hashes.push_back(LeafHash(std::to_string(i)));
  const std::string bytes = TileBytes(hashes);
  EXPECT_EQ(*ParseTile(bytes, 4), hashes);
  EXPECT_FALSE(ParseTile(bytes, 3));
  EXPECT_FALSE(ParseTile(bytes.substr(1), 4));
  EXPECT_EQ(SubtreeRoot(hashes), NodeHash(NodeHash(hashes[0], hashes[1]), NodeHash(hashes[2], hashes[3])));
  EXPECT_EQ(SubtreeRoot(std::span(hashes).first(1)), hashes[0]);
}

TEST(Tile, BundlesAndBack) {
  const std::string longest(65'535, 'x');
  const std::string bytes = BundleEntry("") + BundleEntry("one") + BundleEntry(longest);
  EXPECT_EQ(bytes.substr(0, 7), std::string("\0\0\0\3one", 7));
  const auto records = ParseBundle(bytes, 3);
  ASSERT_TRUE(records);
  EXPECT_EQ((*records)[1], "one");
  EXPECT_EQ((*records)[2], longest);
  EXPECT_FALSE(ParseBundle(bytes, 2));
  EXPECT_FALSE(ParseBundle(bytes, 4));
  EXPECT_FALSE(ParseBundle(bytes.substr(0, bytes.size() - 1), 3));
  EXPECT_FALSE(ParseBundle(bytes + "x", 3));
}

}  // namespace
}  // namespace checkrein::audit
