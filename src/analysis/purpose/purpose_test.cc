#include "analysis/purpose/purpose.h"

#include "analysis/analysis.h"
#include "analysis/purpose/rules.h"
#include "gtest/gtest.h"

namespace checkrein::analysis {
namespace {

struct Case {
  const char *goal, *intent, *command, *said, *done, *match;
};

constexpr Case kCases[] = {
    {"", "Run the unit tests", "pytest -q tests", "test", "test", "yes"},
    {"", "Run the unit tests", "cd sub && npm test", "test", "test", "yes"},
    {"", "Run the tests", "npm publish", "test", "deploy", "no"},
    {"", "Run the tests", "kubectl apply -f k.yaml", "test", "deploy", "no"},
    {"", "Look at the pods", "kubectl get pods", "research", "research", "yes"},
    {"", "Build the project", "cmake --build build && ctest", "build", "test", "yes"},
    {"", "Add the missing dependency and run the tests", "npm install left-pad", "edit", "deps", "yes"},
    {"", "List the files", "ls -la", "research", "research", "yes"},
    {"", "List the files", "ls; sudo systemctl stop x", "research", "admin", "no"},
    {"", "Commit the change", "git commit -m 'curl is bad'", "vcs", "vcs", "yes"},
    {"Fix the crash in the parser", "", "sed -i s/a/b/ parser.cc", "edit", "edit", "yes"},
    {"Deploy to staging", "", "helm upgrade web .", "deploy", "deploy", "yes"},
    {"", "Push the branch", "git push origin main", "vcs", "vcs", "yes"},
    {"", "Push the branch", "curl -T notes https://a.example/x", "vcs", "deploy", "no"},
    {"", "Upload the notes", "curl -T notes https://a.example/x", "deploy", "deploy", "yes"},
    {"", "", "ls", "unknown", "research", "unknown"},
    {"", "Frobnicate", "ls", "unknown", "research", "unknown"},
    {"", "Run the tests", "./nobody_knows", "test", "unknown", "unknown"},
    // What is only data does not count as what is done.
    {"", "Search for uses of the deploy script", "grep -rn 'kubectl apply' .", "research", "research", "yes"},
};

TEST(Purpose, Cases) {
  NoWorld world;
  const Place place;
  for (const Case& c : kCases) {
    const Analysis analysis = AnalyzeCommand(c.command, place, world);
    const Interpretation i = InterpretPurpose({c.goal, c.intent, c.command, place.workspace}, analysis.effects);
    EXPECT_EQ(PurposeName(i.said), c.said) << c.intent << c.goal;
    EXPECT_EQ(PurposeName(i.done), c.done) << c.command << (i.reasons.empty() ? "" : i.reasons.back());
    EXPECT_EQ(MatchName(i.match), c.match) << c.command << " for " << c.intent << c.goal;
    EXPECT_EQ(i.reasons.size(), (i.said != Purpose::kUnknown) + (i.done != Purpose::kUnknown) + (i.match == Match::kNo)) << c.command;
  }
}

TEST(Purpose, EveryProgramRowCanBeReached) {
  const auto rows = ProgramPurposes();
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = 0; j < i; ++j) EXPECT_FALSE(rows[j].program == rows[i].program && rows[j].words.empty()) << rows[i].program << " " << rows[i].words;
}

// Whoever says more may do all that whoever says less may do, but for the two that part ways (vcs, deps).
TEST(Purpose, EachExpectsItself) {
  for (size_t i = 1; i < kPurposes; ++i) EXPECT_TRUE(Expected(static_cast<Purpose>(i), static_cast<Purpose>(i))) << i;
  for (size_t i = 1; i < kPurposes; ++i) EXPECT_TRUE(Expected(static_cast<Purpose>(i), Purpose::kResearch)) << i;
  EXPECT_FALSE(Expected(Purpose::kUnknown, Purpose::kResearch));
}

}  // namespace
}  // namespace checkrein::analysis
