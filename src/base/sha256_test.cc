#include "base/sha256.h"

#include <sodium.h>

#include <string>

#include "gtest/gtest.h"

namespace checkrein::internal {
namespace {

Digest BySodium(std::string_view text) {
  Digest out;
  crypto_hash_sha256(out.data(), AsBytes(text).data(), text.size());
  return out;
}

TEST(Sha256ByInstructions, AgreesWithLibsodiumAtEveryLengthAndSplit) {
  if (!HasSha256Instructions()) GTEST_SKIP() << "no SHA instructions here: NOT PROVED that they give what libsodium gives";
  std::string text;
  for (size_t length = 0; length < 400; ++length) {
    Sha256ByInstructions whole;
    whole.Add(AsBytes(text));
    ASSERT_EQ(whole.Finish(), BySodium(text)) << length;
    for (const size_t split : {size_t{1}, size_t{63}, size_t{64}, size_t{65}, length / 2}) {
      if (split > length) continue;
      Sha256ByInstructions parts;
      parts.Add(AsBytes(text.substr(0, split)));
      parts.Add({});
      parts.Add(AsBytes(text.substr(split)));
      ASSERT_EQ(parts.Finish(), BySodium(text)) << length << " at " << split;
    }
    text += static_cast<char>(length * 167 + 13);
  }
  const std::string large(1'000'003, 'x');
  EXPECT_EQ(Sha256(large), BySodium(large));
}

}  // namespace
}  // namespace checkrein::internal
