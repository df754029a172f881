#include "report/row.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "report/standards.h"

namespace checkrein::report {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

json::Value Record(const char* text) {
  Result<json::Value> value = json::Parse(text);
  EXPECT_TRUE(value) << value.error().text;
  return std::move(value).take();
}

const char* const kAction = R"({"v":1,"k":"action","t":"2026-11-27T01:00:00.000Z","mode":"run","client":"claude","session":"s1","cwd":"/w","workspace":"/w",
  "goal":"g","intent":{"said":"Now the tests.","description":"Run tests"},"call":{"tool":"Bash","kind":"shell","id":"t1","shown":"npm test","digest":"00"},
  "predicted":{"effects":["exec:npm","delete:/w/dist/**"],"coverage":"opaque"},"labels":["untrusted"],
  "decision":{"verdict":"contain","policies":["exec-contained"],"why":"w","set":"x"},"course":"contained"})";

TEST(Rows, JoinsTheThreeRecordsOfAnAction) {
  Rows rows;
  rows.Feed(5, Record(kAction));
  rows.Feed(6, Record(R"({"k":"outcome","ref":5,"exit":1,"ms":20,"observed":{"effects":["write:/w/a","write:/wide"]},"divergence":{"unpredicted":["write:/w/a"],"score":12},"held":["a"]})"));
  rows.Feed(7, Record(R"({"k":"result","ref":5,"failed":true,"output":{"bytes":812},"new_labels":["secret"]})"));
  ASSERT_EQ(rows.all().size(), 1u);
  const Row& row = *rows.Find(5);
  EXPECT_EQ(row.said, "Run tests — Now the tests.");
  EXPECT_EQ(row.did, "contain (contained): npm test");
  EXPECT_EQ(row.happened, "exit 1, 20 ms: write:./a, write:/wide; not predicted: 1 effect, differs by 12; held: a; the client says that it failed, 812 bytes of output; the session is now secret");
  EXPECT_EQ(row.outcome, 6);
  EXPECT_EQ(row.result, 7);
  EXPECT_TRUE(row.differs());
  EXPECT_EQ(row.lane, Lane::kBad);
  EXPECT_THAT(row.standards, Contains("AML.T0101:5.6.1"));
  EXPECT_THAT(row.standards, Contains("LLM03:2026"));
  EXPECT_EQ(OcsfClassFor(Record(kAction)), 6003);
}

TEST(Rows, StrangeRecordsNeitherCrashNorSteer) {
  Rows rows;
  for (const char* text : {R"({})", R"([])", R"("x")", R"({"k":"outcome"})", R"({"k":"outcome","ref":-5})", R"({"k":"outcome","ref":9})", R"({"k":"result","ref":"x"})", R"({"k":7})",
                           R"({"k":"action","call":[],"intent":4,"predicted":{"effects":"x"},"labels":{"a":1}})", R"({"k":"\u001b[2J\u202e","event":"<script>alert(1)</script>"})",
                           R"({"k":"turn","goal":"a\u001b]0;x\u0007\u202eb\nc"})"}) {
    rows.Feed(rows.all().size(), Record(text));
  }
  rows.FeedUnreadable(99);
  for (const Row& row : rows.all()) {
    for (const std::string& text : {row.kind, row.said, row.did, row.happened, row.session}) {
      for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << text;
      EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
    }
  }
}

TEST(Standards, EveryRowHasIdsWithAnEdition) {
  std::set<std::string> kinds;
  for (const char* kind : {"action", "outcome", "turn", "session", "run", "run_end", "approval", "refused", "finding", "incident", "commit", "undo", "change", "gate", "policy", "log", "key"}) {
    json::Value record;
    record.Set("k", kind);
    const std::vector<std::string> ids = StandardsFor(record);
    EXPECT_THAT(ids, Not(IsEmpty())) << kind;
    for (const std::string& id : ids) EXPECT_NE(id.find(':'), std::string::npos) << id << " has no edition";
  }
  EXPECT_FALSE(StandardsVersion().empty());
  EXPECT_EQ(OcsfClassFor(Record(R"({"k":"outcome","divergence":{"unpredicted":["write:/x"]}})")), 2004);
}

}  // namespace
}  // namespace checkrein::report
