#include "base/digest.h"

#include "gtest/gtest.h"

namespace checkrein {
namespace {

TEST(Digest, Sha256OfKnownText) {  // FIPS 180-4, example "abc"
  const std::string expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(HexEncode(Sha256("abc")), expected);
  EXPECT_EQ(HexEncode(Sha256({AsBytes("a"), AsBytes("bc")})), expected);
}

TEST(Digest, HmacSha256IsKeyed) {
  EXPECT_NE(HmacSha256(Digest{1}, AsBytes("x")), HmacSha256(Digest{2}, AsBytes("x")));
  EXPECT_EQ(HmacSha256(Digest{1}, AsBytes("x")), HmacSha256(Digest{1}, AsBytes("x")));
}

TEST(Digest, Ed25519MatchesRfc8032) {  // RFC 8032 section 7.1, test 1
  Digest seed;
  const Bytes raw = *HexDecode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  std::copy(raw.begin(), raw.end(), seed.begin());
  const SigningKey key = SigningKey::FromSeed(seed);
  EXPECT_EQ(HexEncode(key.public_key()), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const Signature signature = key.Sign({});
  EXPECT_EQ(HexEncode(signature).substr(0, 16), "e5564300c360ac72");
  EXPECT_TRUE(VerifySignature(key.public_key(), {}, signature));
  EXPECT_FALSE(VerifySignature(key.public_key(), AsBytes("x"), signature));
}

TEST(Digest, RandomDiffers) {
  Digest a{}, b{};
  FillRandom(a);
  FillRandom(b);
  EXPECT_NE(a, b);
  EXPECT_FALSE(SecretEqual(a, b));
  EXPECT_TRUE(SecretEqual(a, a));
}

}  // namespace
}  // namespace checkrein
