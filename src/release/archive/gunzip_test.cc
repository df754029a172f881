#include "release/archive/gunzip.h"

#include <gtest/gtest.h>

#include <string>

#include "secret/alphabets.h"

namespace checkrein::release {
namespace {

// `printf hello | gzip -n`, and a thousand times "a".
const std::string kHello = secret::FromHex("1f8b0800000000000003cb48cdc9c9070086a6103605000000");
const std::string kLong = secret::FromHex("1f8b08000000000002034b4c1c05a360140c77000003da389ae8030000");

struct All {
  std::string text, error;
  bool trailing = false;
};
All Read(std::string_view gzip, const Limits& limits = {}) {
  Gunzip stream(gzip, limits);
  All out;
  while (true) {
    const Result<std::string_view> piece = stream.Next();
    if (!piece) out.error = piece.error().text;
    if (!piece || piece->empty()) break;
    out.text += *piece;
  }
  out.trailing = stream.trailing();
  return out;
}

TEST(Gunzip, MembersAreOneText) {
  EXPECT_EQ(Read(kHello).text, "hello");
  EXPECT_EQ(Read(kHello + kHello).text, "hellohello");
  EXPECT_EQ(Read(kHello + kHello).error, "");
}

TEST(Gunzip, ZerosBehindArePadding) {
  EXPECT_FALSE(Read(kHello + std::string(700, '\0')).trailing);
  EXPECT_TRUE(Read(kHello + std::string(700, '\0') + "x").trailing);
  EXPECT_TRUE(Read(kHello + "x").trailing);
}

TEST(Gunzip, WhatIsCutAnywhereIsAnError) {
  for (size_t size = 2; size < kHello.size(); ++size) EXPECT_NE(Read(std::string_view(kHello).substr(0, size)).error, "") << size;
}

TEST(Gunzip, EveryTurnedBitOfChecksumAndLengthIsAnError) {
  for (size_t bit = 8 * (kHello.size() - 8); bit < 8 * kHello.size(); ++bit) {
    std::string turned = kHello;
    turned[bit / 8] = static_cast<char>(turned[bit / 8] ^ 1 << bit % 8);
    EXPECT_NE(Read(turned).error, "") << bit;
  }
}

TEST(Gunzip, MoreThanTheRatioIsALimit) {
  Limits limits;
  limits.ratio_free = 999;
  limits.ratio = 10;
  EXPECT_NE(Read(kLong, limits).error.find("--max-ratio"), std::string::npos);
  limits.ratio_free = 1000;
  EXPECT_EQ(Read(kLong, limits).text, std::string(1000, 'a'));
}

}  // namespace
}  // namespace checkrein::release
