#include "report/text.h"

#include "gtest/gtest.h"

namespace checkrein::report {
namespace {

TEST(Plain, OrdinaryTextStays) {
  EXPECT_EQ(Plain("git commit -m 'é ‹›' \\n"), "git commit -m 'é ‹›' \\n");
}

TEST(Plain, NothingSteersTheTerminal) {
  EXPECT_EQ(Plain("\x1b[2Jx\r\a\x7f"), "\\x1b[2Jx\\x0d\\x07\\x7f");
  EXPECT_EQ(Plain("a\nb\tc"), "a\\nb\\tc");
  EXPECT_EQ(Plain("\xC2\x9B""31m"), "\\x9b31m");                // CSI as one character
  EXPECT_EQ(Plain("\xE2\x80\xAE""evil"), "\\u{202e}evil");      // right-to-left override
  EXPECT_EQ(Plain("a\xE2\x80\x8B""b"), "a\\u{200b}b");          // zero width space
  EXPECT_EQ(Plain("\xF3\xA0\x81\x81"), "\\u{e0041}");           // tag letter
  EXPECT_EQ(Plain("\xFF\xE2\x80"), "\\xff\\xe2\\x80");
}

}  // namespace
}  // namespace checkrein::report
