#include "report/story.h"

#include "gtest/gtest.h"

namespace checkrein::report {
namespace {

json::Value Record(std::string_view text) {
  Result<json::Value> value = json::Parse(text);
  EXPECT_TRUE(value) << text;
  return value ? *value : json::Value();
}

TEST(Story, AnActionAndWhatBecameOfIt) {
  Story story(StoryStyle{});
  EXPECT_EQ(story.Tell(4, Record(R"({"k":"action","call":{"shown":"cat x"},"intent":{"said":"I will look.","description":"Show x"},
    "predicted":{"effects":["read:/w/x"],"coverage":"full"},"labels":["untrusted"],"decision":{"verdict":"allow","policies":["read-workspace"],"why":"reading is fine"},"course":"started"})")),
            "\n#4    cat x\n"
            "      said       “I will look.”\n"
            "      intent     Show x\n"
            "      would do   read:/w/x   [full]\n"
            "      session is untrusted\n"
            "      decision   allow   by read-workspace\n"
            "                 reading is fine\n");
  EXPECT_EQ(story.Tell(5, Record(R"({"k":"outcome","exit":0,"ms":3,"how":"started","observed":{"effects":[]},"divergence":{"unpredicted":["write:/w/y"]},"held":["y"]})")),
            "      happened   exit 0 after 3 ms, started; observed: no change to the workspace\n"
            "      diverges   not predicted: write:/w/y\n"
            "      held       y\n");
}

TEST(Story, AFindingWithItsReasonsAndNoKindIsOnlyItsName) {
  Story story(StoryStyle{});
  EXPECT_EQ(story.Tell(9, Record(R"({"k":"finding","code":"divergence","severity":"high","ref":4,"what":"action 4: contacted a host","evidence":["unpredicted-connect 30: connect:a.example:443"]})")),
            "\n#9    finding (high, divergence): action 4: contacted a host\n"
            "      because    unpredicted-connect 30: connect:a.example:443\n");
  EXPECT_EQ(story.Tell(10, Record(R"({"k":"commit","by_uid":1000,"copy":"ab12","committed":["x"]})")), "\n#10   uid 1000 took changes of copy ab12: x\n");
  EXPECT_EQ(story.Tell(11, Record(R"({"k":"gate","artifact":"x.tgz","verdict":"findings"})")), "\n#11   release gate: x.tgz: findings\n");
}

TEST(Story, TheModelsWordsAreToldOnce) {
  Story story(StoryStyle{});
  const json::Value record = Record(R"({"k":"action","call":{"shown":"a"},"intent":{"said":"greetings"},"decision":{"verdict":"deny"},"course":"denied"})");
  EXPECT_NE(story.Tell(0, record).find("greetings"), std::string::npos);
  EXPECT_EQ(story.Tell(1, record).find("greetings"), std::string::npos);
}

TEST(Story, NoColourUnlessAskedAndNothingFromARecordSteersTheTerminal) {
  const json::Value record = Record("{\"k\":\"turn\",\"goal\":\"x\\u001b[31m\\ny\"}");
  EXPECT_EQ(Story(StoryStyle{}).Tell(0, record), "\n      the person “x\\x1b[31m\\ny”\n");
  const json::Value action = Record(R"({"k":"action","call":{"shown":"a"},"decision":{"verdict":"deny"},"course":"denied"})");
  EXPECT_EQ(Story(StoryStyle{}).Tell(0, action).find('\x1b'), std::string::npos);
  EXPECT_NE(Story(StoryStyle{Colour::kYes, 80}).Tell(0, action).find("\x1b[31mdeny"), std::string::npos);
}

TEST(Story, LongTextsAreWrappedAndCut) {
  std::string words;
  for (int i = 0; i < 100; ++i) words += "word ";
  json::Value record;
  record.Set("k", "turn").Set("goal", words);
  const std::string told = Story(StoryStyle{Colour::kNo, 60}).Tell(0, record);
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 4);
  EXPECT_NE(told.find("…"), std::string::npos);
}

TEST(Story, EmptyAndUnknownRecordsDoNotCrash) {
  Story story(StoryStyle{});
  for (const char* text : {"{}", R"({"k":"action"})", R"({"k":"outcome"})", R"({"k":"later"})", R"({"k":7})", "[]", "null"}) story.Tell(0, Record(text));
}

}  // namespace
}  // namespace checkrein::report
