#include "report/page.h"

#include "audit/log.h"
#include "audit/merkle.h"
#include "audit/note.h"
#include "base/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::report {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Made {
  Status status = Done{};
  std::string html;
};

Made Make(const std::vector<std::string>& records, PageInput input = {}) {
  audit::RightEdge edge;
  for (const std::string& record : records) edge.Append(audit::LeafHash(record));
  input.read = [&](uint64_t n) -> Result<std::string> { return records[n]; };
  input.size = records.size();
  if (input.root == Digest{}) input.root = edge.Root();
  input.vkey = "checkrein.local/log/x+00000000+AA==";
  input.checkpoint = "checkrein.local/log/x\n" + std::to_string(records.size()) + "\n\n\n";
  Made made;
  made.status = WritePage(input, [&](std::string_view part) -> Status {
    made.html += part;
    return Done{};
  });
  return made;
}

TEST(Page, NothingOfARecordIsMarkup) {
  const std::string evil = R"(</div></script><script>alert(1)</script><img src=x onerror=alert(2)>)";
  json::Value record;
  record.Set("k", "turn").Set("goal", evil).Set("session", "\"><b>").Set("t", "<i>");
  PageInput input;
  input.policies["<u>"] = "</div><script>3</script>";
  input.statements = {"</div><script>4</script>"};
  const Made made = Make({record.Dump(), evil, ""}, input);
  ASSERT_TRUE(made.status) << made.status.error().text;
  EXPECT_THAT(made.html, Not(HasSubstr("alert(")));
  EXPECT_THAT(made.html, Not(HasSubstr("onerror")));
  // One script, one style, both ours; nothing can be fetched.
  size_t scripts = 0;
  for (size_t at = made.html.find("<script"); at != std::string::npos; at = made.html.find("<script", at + 1)) ++scripts;
  EXPECT_EQ(scripts, 1u);
  EXPECT_THAT(made.html, HasSubstr("default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(made.html, Not(HasSubstr("{{")));
  EXPECT_THAT(made.html, Not(HasSubstr("unsafe")));
}

TEST(Page, OtherSessionsAreLeftOut) {
  PageInput input;
  input.session = "s1";
  const Made made = Make({R"({"k":"turn","session":"s1","goal":"mine"})", R"({"k":"turn","session":"s2","goal":"theirs"})"}, input);
  ASSERT_TRUE(made.status);
  const Made all = Make({R"({"k":"turn","session":"s1","goal":"mine"})", R"({"k":"turn","session":"s2","goal":"theirs"})"});
  EXPECT_LT(made.html.size(), all.html.size());
}

TEST(Page, ALogThatDoesNotLeadToItsRootMakesNoReport) {
  PageInput input;
  input.root[0] = 1;
  const Made made = Make({R"({"k":"turn"})"}, input);
  ASSERT_FALSE(made.status);
  EXPECT_EQ(made.status.error().kind, Error::Kind::kInvalid);
  EXPECT_TRUE(made.html.empty());
}

TEST(Page, AnEmptyLogHasOne) { EXPECT_TRUE(Make({}).status); }

}  // namespace
}  // namespace checkrein::report
