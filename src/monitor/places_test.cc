#include "monitor/places.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

TEST(Places, AccountFromPasswdText) {
  const char* text = "root:x:0:0:root:/root:/bin/bash\nbad\nu:x:1000:1000::/home/u/:/bin/sh\nodd:x:7:7::relative:/bin/sh\n";
  EXPECT_EQ(FindAccount(text, 1000)->home, "/home/u");
  EXPECT_EQ(FindAccount(text, 0)->name, "root");
  EXPECT_EQ(FindAccount(text, 2).error().kind, Error::Kind::kNotFound);
  EXPECT_EQ(FindAccount(text, 7).error().kind, Error::Kind::kInvalid);
}

TEST(Places, TheEnvironmentHasNoSay) {
  const std::string before = FindPlaces("", "")->state;
  setenv("HOME", "/tmp/elsewhere", 1);
  setenv("XDG_STATE_HOME", "/tmp/elsewhere", 1);
  EXPECT_EQ(FindPlaces("", "")->state, before);
}

TEST(Places, AStateThatOthersMayWriteIsRefused) {
  char name[] = "/tmp/checkrein_places_XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  Places places;
  places.state = std::string(name) + "/state";
  EXPECT_TRUE(PrepareState(places));
  chmod(places.state.c_str(), 0777);
  EXPECT_EQ(PrepareState(places).error().kind, Error::Kind::kDenied);
  std::filesystem::remove_all(name);
}

}  // namespace
}  // namespace checkrein::monitor
