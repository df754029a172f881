// Policies asked of single requests: as AWS evaluates them, for somebody whom they do not name.
#include "release/storage/request.h"

#include <gtest/gtest.h>

namespace checkrein::release {
namespace {

struct Ask {
  const char* statements;
  const char* action;
  const char* key;
  std::map<std::string, std::string> context;
  bool permitted;
};

TEST(BucketRequest, AsAwsEvaluates) {
  const std::string open = R"({"Effect":"Allow","Principal":"*","Action":"s3:Get*","Resource":"arn:aws:s3:::b/pub/*")";
  const std::string deny = R"(,{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":)";
  const std::string plain = open + "}", unless_org = plain + deny + R"({"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}})", http = plain + deny + R"({"Bool":{"aws:SecureTransport":"false"}}})",
                    referer = open + R"(,"Condition":{"StringLike":{"aws:Referer":"https://x.example/*"}}})", exists = open + R"(,"Condition":{"StringEqualsIfExists":{"aws:Referer":"a"}}})", null = open + R"(,"Condition":{"Null":{"aws:Referer":"true"}}})",
                    ip = open + R"(,"Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.7"]}}})", not_ip = open + R"(,"Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}})",
                    named = R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"*","Resource":"*"})", but = R"({"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"NotAction":"s3:Delete*","NotResource":"arn:aws:s3:::b/no/*"})",
                    ignoring = open + R"(,"Condition":{"StringEqualsIgnoreCase":{"aws:UserAgent":"ABC"}}})";
  const Ask cases[] = {
      {plain.c_str(), "s3:GetObject", "pub/a", {}, true},  {plain.c_str(), "s3:getobject", "pub/a", {}, true},  {plain.c_str(), "s3:GetObject", "priv/a", {}, false}, {plain.c_str(), "s3:PutObject", "pub/a", {}, false},
      {unless_org.c_str(), "s3:GetObject", "pub/a", {}, false}, {unless_org.c_str(), "s3:GetObject", "pub/a", {{"aws:principalorgid", "o-1"}}, true},
      {http.c_str(), "s3:GetObject", "pub/a", {{"aws:securetransport", "false"}}, false}, {http.c_str(), "s3:GetObject", "pub/a", {{"aws:securetransport", "true"}}, true},
      {referer.c_str(), "s3:GetObject", "pub/a", {}, false}, {referer.c_str(), "s3:GetObject", "pub/a", {{"aws:referer", "https://x.example/y"}}, true},
      {exists.c_str(), "s3:GetObject", "pub/a", {}, true}, {exists.c_str(), "s3:GetObject", "pub/a", {{"aws:referer", "b"}}, false},
      {null.c_str(), "s3:GetObject", "pub/a", {}, true}, {null.c_str(), "s3:GetObject", "pub/a", {{"aws:referer", "b"}}, false},
      {ip.c_str(), "s3:GetObject", "pub/a", {}, true}, {not_ip.c_str(), "s3:GetObject", "pub/a", {}, true},
      {named.c_str(), "s3:GetObject", "pub/a", {}, false}, {but.c_str(), "s3:GetObject", "x", {}, true}, {but.c_str(), "s3:GetObject", "no/x", {}, false}, {but.c_str(), "s3:DeleteObject", "x", {}, false},
      {ignoring.c_str(), "s3:GetObject", "pub/a", {{"aws:useragent", "aBc"}}, true}, {ignoring.c_str(), "s3:GetObject", "pub/a", {{"aws:useragent", "abcd"}}, false},
  };
  for (const Ask& ask : cases) {
    const Result<json::Value> policy = json::Parse(R"({"Statement":[)" + std::string(ask.statements) + "]}");
    ASSERT_TRUE(policy.ok()) << ask.statements;
    const Result<std::vector<PolicyStatement>> statements = ReadStatements(*policy);
    ASSERT_TRUE(statements.ok()) << statements.error().text;
    BucketRequest request;
    request.action = ask.action;
    request.resource = "arn:aws:s3:::b/" + std::string(ask.key);
    request.address = 0xC0000207;   // 192.0.2.7
    request.context = ask.context;
    EXPECT_EQ(Permits(*statements, request), ask.permitted) << ask.statements << " " << ask.action << " " << ask.key;
  }
}

TEST(BucketRequest, WhatIsNotUnderstoodIsSaid) {
  for (const char* condition : {R"({"DateLessThan":{"aws:CurrentTime":"2030"}})", R"({"NumericEquals":{"s3:max-keys":"1"}})", R"({"ForAllValues:StringEquals":{"aws:TagKeys":"a"}})", R"({"StringEquals":{"aws:Referer":"${aws:userid}"}})",
                                R"({"StringEquals":{"aws:SourceIp":"1.2.3.4"}})", R"({"StringEquals":{"made:up":"x"}})"}) {
    const Result<json::Value> policy = json::Parse(R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":)" + std::string(condition) + "}}");
    ASSERT_TRUE(policy.ok()) << condition;
    EXPECT_FALSE(ReadStatements(*policy).ok()) << condition;
  }
}

TEST(BucketRequest, PatternsAndNetworks) {
  EXPECT_TRUE(MatchesPattern("a*c?e", "abbbcde"));
  EXPECT_FALSE(MatchesPattern("a*c?e", "abbbce"));
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_EQ(ReadNetwork("10.1.2.3/8")->bits, 8);
  for (const char* bad : {"10.1.2", "10.1.2.3/33", "10.1.2.256", "10.1.2.3.4", "", "::1/64", "a.b.c.d"}) EXPECT_FALSE(ReadNetwork(bad)) << bad;
}

}  // namespace
}  // namespace checkrein::release
