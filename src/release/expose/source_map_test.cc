#include "release/expose/source_map.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace checkrein::release {
namespace {

TEST(SourceMap, OwnAndVendoredLines) {
  const Result<SourceMap> map = ReadSourceMap(R"({"version":3,"sourceRoot":"src","sources":["a.ts","../node_modules/x/i.js","b.ts","c.ts"],"sourcesContent":["1\n2\n3",")"
                                              R"(v\n",null,""],"mappings":"AAAA"})");
  ASSERT_TRUE(map.ok()) << map.error().text;
  ASSERT_EQ(map->sources.size(), 4u);
  EXPECT_EQ(map->sources[0].name, "src/a.ts");
  EXPECT_EQ(map->sources[0].lines, 3u);
  EXPECT_FALSE(map->sources[0].vendored);
  EXPECT_TRUE(map->sources[1].vendored);
  EXPECT_EQ(map->sources[1].lines, 1u);
  EXPECT_FALSE(map->sources[2].has_content) << "null";
  EXPECT_FALSE(map->sources[3].has_content) << "empty";
}

TEST(SourceMap, GuardLineIndexMapAndIgnoreList) {
  const Result<SourceMap> map = ReadSourceMap(")]}'\n{\"version\":3,\"sections\":[{\"offset\":{\"line\":0,\"column\":0},\"map\":{\"version\":3,\"sources\":[\"a\",\"b\"],\"sourcesContent\":[\"x\",\"y\"],\"ignoreList\":[1],\"mappings\":\"\"}}]}");
  ASSERT_TRUE(map.ok()) << map.error().text;
  ASSERT_EQ(map->sources.size(), 2u);
  EXPECT_FALSE(map->sources[0].vendored);
  EXPECT_TRUE(map->sources[1].vendored);
}

TEST(SourceMap, WhatIsNone) {
  for (const char* text : {"", "x", "[]", "{}", "{\"version\":3", "{\"sources\":1}", "{\"version\":3,\"sources\":[1]}", ")]}'", "{\"version\":3,\"sourcesContent\":{}}"}) EXPECT_FALSE(ReadSourceMap(text).ok()) << text;
  std::string deep = "{\"version\":3,\"sections\":[{\"map\":";
  std::string text;
  for (int i = 0; i < 50; ++i) text += deep;
  EXPECT_FALSE(ReadSourceMap(text).ok());
}

TEST(SourceMap, Links) {
  EXPECT_EQ(FindMapLink("x\n//# sourceMappingURL=a.js.map\n").url, "a.js.map");
  EXPECT_EQ(FindMapLink("/*# sourceMappingURL=a.css.map */").url, "a.css.map");
  EXPECT_EQ(FindMapLink("const s = 'sourceMappingURL=' + x").url, "");
  const std::string json = "{\"version\":3,\"sources\":[],\"mappings\":\"\"}";
  EXPECT_EQ(FindMapLink("x //# sourceMappingURL=data:application/json;charset=utf-8;base64," + Base64Encode(AsBytes(json))).inline_map, json);
}

TEST(SourceMap, Vendored) {
  for (const char* name : {"../node_modules/a/b.js", "webpack:///./node_modules/x", "webpack/bootstrap", "external \"fs\""}) EXPECT_TRUE(IsVendored(name)) << name;
  for (const char* name : {"../src/a.ts", "webpack:///src/index.js", "/home/x/modules/a.ts", ""}) EXPECT_FALSE(IsVendored(name)) << name;
}

}  // namespace
}  // namespace checkrein::release
