#include "audit/crc32c.h"

#include <string>

#include "gtest/gtest.h"

namespace checkrein::audit {
namespace {

TEST(Crc32c, KnownAnswers) {  // RFC 3720 B.4
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62A8AB43u);
  EXPECT_EQ(Crc32c(""), 0u);
}

TEST(Crc32c, InstructionAndTableAgree) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(Crc32c(bytes), Crc32cPortable(bytes)) << bytes.size();
    bytes += static_cast<char>(i * 151 + 7);
  }
}

}  // namespace
}  // namespace checkrein::audit
