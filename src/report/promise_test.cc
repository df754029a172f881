#include "report/promise.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

json::Value Record(const char* kind, const char* mode) { return json::Value().Set("v", 1).Set("k", kind).Set("t", "x").Set("mode", mode); }

TEST(Promise, HooksOnlyAndSystemSayWhatTheyCannotAndRunNeedNot) {
  Modes modes;
  modes.Feed(Record("action", "run"));
  EXPECT_THAT(modes.Lines(), IsEmpty());
  modes.Feed(Record("action", "hooks"));
  modes.Feed(Record("outcome", "hooks"));
  modes.Feed(Record("turn", "system"));
  EXPECT_THAT(modes.Lines(), ElementsAre(testing::AllOf(HasSubstr("hooks only: no boundary"), HasSubstr("(2 here)")), testing::AllOf(HasSubstr("system installation"), HasSubstr("(1 here)"))));
}

TEST(Promise, WhatAPersonDidInATerminalDoesNotCount) {
  Modes modes;
  for (const char* kind : {"commit", "undo", "change", "pin", "incident", "key", "policy", "log"}) modes.Feed(Record(kind, "hooks"));
  EXPECT_THAT(modes.Lines(), IsEmpty());
}

TEST(Promise, AnUnknownModePromisesNoMoreThanHooks) {
  EXPECT_EQ(NotPromised("rum"), NotPromised("hooks"));
  EXPECT_EQ(NotPromised(""), NotPromised("hooks"));
  EXPECT_EQ(NotPromised("run"), "");
  Modes modes;
  modes.Feed(json::Value().Set("k", "action"));
  EXPECT_EQ(modes.Lines().size(), 1u);
}

TEST(Promise, BytesAreReadAsRecordsAre) {
  Modes modes;
  modes.FeedBytes(Record("action", "run").Dump());
  modes.FeedBytes(Record("commit", "hooks").Dump());
  modes.FeedBytes("");
  modes.FeedBytes(R"({"k":)");
  modes.FeedBytes(R"({"k":"act)");
  EXPECT_THAT(modes.Lines(), IsEmpty());
  modes.FeedBytes(Record("action", "hooks").Dump());
  EXPECT_THAT(modes.Lines(), ElementsAre(HasSubstr("(1 here)")));
}

}  // namespace
}  // namespace checkrein::report
