#include "secret/alphabets.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace checkrein::secret {
namespace {

// The same, one character at a time.
size_t Plainly(std::string_view text, size_t from, size_t length) {
  size_t run = 0;
  for (size_t i = from; i < text.size(); ++i) {
    run = InBase64(text[i]) ? run + 1 : 0;
    if (run == length) return i + 1 - length;
  }
  return std::string_view::npos;
}

TEST(Alphabets, FindTheSameRunsAsOneLooksCharacterByCharacter) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 4000; ++round) {
    std::string text(random() % 400, 'x');
    const auto breaks = random() % 60;  // how often a byte of any kind stands in it
    for (char& c : text) c = random() % 60 < breaks ? static_cast<char>(random()) : "aZ09+/-_"[random() % 8];
    const size_t from = text.empty() ? 0 : random() % text.size(), length = 1 + random() % 64;
    ASSERT_EQ(NextBase64Run(text, from, length), Plainly(text, from, length)) << "length " << length << " from " << from << " of " << text;
    if (const size_t run = Plainly(text, from, 1); run != std::string_view::npos) {
      const size_t end = EndOfBase64(text, run);
      ASSERT_EQ(Plainly(text, run, end - run), run) << text;
      ASSERT_TRUE(end == text.size() || !InBase64(text[end])) << text;
    }
  }
}

TEST(Alphabets, EveryByteIsInBase64OrNot) {
  for (int c = 0; c < 256; ++c) {
    const std::string text(64, static_cast<char>(c));
    EXPECT_EQ(NextBase64Run(text, 0, 64), InBase64(static_cast<char>(c)) ? 0 : std::string_view::npos) << c;
  }
}

TEST(Alphabets, Decode) {
  EXPECT_EQ(FromBase64("aGVsbG8="), "hello");
  EXPECT_EQ(FromBase64("aGVs\r\nbG8"), "hello");
  EXPECT_EQ(FromBase64("_-8"), FromBase64("/+8"));
  EXPECT_EQ(FromBase64("a"), "");
  EXPECT_EQ(FromHex("68656C6c6f7"), "hello");
  std::string all = "x";
  AddBase64("aGk", all);
  AddHex("21", all);
  EXPECT_EQ(all, "xhi!");
}

}  // namespace
}  // namespace checkrein::secret
