#include "release/storage/storage.h"

#include <gtest/gtest.h>

#include <map>

#include "release/storage/references.h"

namespace checkrein::release {
namespace {

struct Case {
  const char* name;
  const char* statement;
  bool is_public;
};

// AWS's own definition, statement by statement (S3 User Guide, "The meaning of public").
const Case kStatements[] = {
    {"anyone reads", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"})", true},
    {"anyone as AWS", R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":["s3:GetObject"],"Resource":"*"})", true},
    {"one of several is anyone", R"({"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root","*"]},"Action":"s3:GetObject"})", true},
    {"a fixed account", R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:*"})", false},
    {"all but some", R"({"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:GetObject"})", true},
    {"denied", R"({"Effect":"Deny","Principal":"*","Action":"s3:*"})", false},
    {"a fixed network", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}})", false},
    {"the whole network", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}})", true},
    {"half of it", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Condition":{"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}})", true},
    {"one fixed, one not", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","0.0.0.0/0"]}}})", true},
    {"not from a network", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Condition":{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}})", true},
    {"a VPC", R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}})", false},
    {"any VPC", R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Condition":{"StringLike":{"aws:SourceVpc":"vpc-*"}}})", true},
    {"if exists fixes nothing", R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Condition":{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}})", true},
    {"an organisation", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abc"}}})", false},
    {"a referer is no place", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Condition":{"StringLike":{"aws:Referer":"https://x.example/*"}}})", true},
    {"secure transport is no place", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Condition":{"Bool":{"aws:SecureTransport":"true"}}})", true},
    {"a role's sessions", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Condition":{"StringLike":{"aws:userid":"AROAEXAMPLEID:*"}}})", false},
    {"any user id", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Condition":{"StringLike":{"aws:userid":"*:x"}}})", true},
    {"a variable is not fixed", R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Condition":{"StringEquals":{"aws:SourceAccount":"${aws:PrincipalAccount}"}}})", true},
    {"an ARN with a fixed account", R"({"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:*"}}})", false},
    {"an ARN of any account", R"({"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:*:*"}}})", true},
    {"no bad action", R"({"Effect":"Allow","Principal":"*","Action":"s3:ReplicateObject"})", false},
    {"a pattern that covers one", R"({"Effect":"Allow","Principal":"*","Action":"s3:G*"})", true},
    {"everything but some", R"({"Effect":"Allow","Principal":"*","NotAction":"s3:DeleteBucket"})", true},
    {"case of actions", R"({"Effect":"Allow","Principal":"*","Action":"S3:GETOBJECT"})", true},
};

TEST(Storage, StatementsByAwsDefinition) {
  for (const Case& c : kStatements) {
    const Result<json::Value> statement = json::Parse(c.statement);
    ASSERT_TRUE(statement.ok()) << c.name;
    EXPECT_EQ(JudgeStatement(*statement).is_public, c.is_public) << c.name;
  }
}

Exposed Of(const std::string& text) {
  const Result<std::vector<StorageAnswer>> answers = JudgeStorage(text, "x");
  EXPECT_TRUE(answers.ok()) << text;
  return answers.ok() && answers->size() == 1 ? answers->front().exposed : Exposed::kUnknown;
}

constexpr const char* kOpenPolicy = R"("policy":{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]})";
constexpr const char* kOpenAcl = R"("acl":{"Grants":[{"Grantee":{"URI":"http://acs.amazonaws.com/groups/global/AllUsers"},"Permission":"READ"}]})";

std::string S3(const std::string& more) { return R"({"provider":"s3","bucket":"b",)" + more + "}"; }

TEST(Storage, BlocksNeutraliseWhatIsThere) {
  const std::string none = R"("public_access_block":null,"acl":{"Grants":[]},)";
  EXPECT_EQ(Of(S3(none + R"("policy":null)")), Exposed::kNo);
  EXPECT_EQ(Of(S3(none + kOpenPolicy)), Exposed::kYes);
  const std::string restrict_it = R"("public_access_block":{"RestrictPublicBuckets":true},"acl":{"Grants":[]},)";
  EXPECT_EQ(Of(S3(restrict_it + kOpenPolicy)), Exposed::kNo);
  // The settings that only stop new grants leave old ones open.
  const std::string block_new = R"("public_access_block":{"BlockPublicAcls":true,"BlockPublicPolicy":true},)";
  EXPECT_EQ(Of(S3(block_new + R"("acl":{"Grants":[]},)" + kOpenPolicy)), Exposed::kYes);
  EXPECT_EQ(Of(S3(block_new + R"("policy":null,)" + kOpenAcl)), Exposed::kYes);
  EXPECT_EQ(Of(S3(R"("public_access_block":{"IgnorePublicAcls":true},"policy":null,)" + std::string(kOpenAcl))), Exposed::kNo);
  EXPECT_EQ(Of(S3(R"("public_access_block":null,"policy":null,"ownership":"BucketOwnerEnforced",)" + std::string(kOpenAcl))), Exposed::kNo);
  // The account's settings count for the bucket.
  EXPECT_EQ(Of(S3(R"("account_public_access_block":{"IgnorePublicAcls":true,"RestrictPublicBuckets":true},)" + std::string(kOpenPolicy) + "," + kOpenAcl)), Exposed::kNo);
}

TEST(Storage, UnknownIsNotAPass) {
  EXPECT_EQ(Of(S3(R"("policy":null,"acl":{"Grants":[]})")), Exposed::kUnknown) << "no block";
  EXPECT_EQ(Of(S3(R"("public_access_block":null,"acl":{"Grants":[]})")), Exposed::kUnknown) << "no policy";
  EXPECT_EQ(Of(S3(R"("public_access_block":null,"policy":null)")), Exposed::kUnknown) << "no ACL";
  EXPECT_EQ(Of(S3(R"("public_access_block":null,"policy":"{","acl":{"Grants":[]})")), Exposed::kUnknown) << "a broken policy";
  EXPECT_EQ(Of(R"({"PublicAccessBlockConfiguration":{"BlockPublicAcls":true}})"), Exposed::kUnknown);
  EXPECT_FALSE(JudgeStorage("{}", "x").ok());
  EXPECT_FALSE(JudgeStorage("[", "x").ok());
}

TEST(Storage, Google) {
  const std::string base = R"({"provider":"gcs","bucket":"b","public_access_prevention":"inherited","uniform_bucket_level_access":true,"bindings":[)";
  EXPECT_EQ(Of(base + "]}"), Exposed::kNo);
  EXPECT_EQ(Of(base + R"({"role":"roles/storage.objectViewer","members":["allUsers"]}]})"), Exposed::kYes);
  EXPECT_EQ(Of(base + R"({"role":"roles/storage.objectViewer","members":["allAuthenticatedUsers"]}]})"), Exposed::kYes);
  EXPECT_EQ(Of(R"({"provider":"gcs","bucket":"b","public_access_prevention":"enforced","bindings":[{"role":"r","members":["allUsers"]}]})"), Exposed::kNo);
  EXPECT_EQ(Of(R"({"provider":"gcs","bucket":"b","public_access_prevention":"inherited","bindings":[]})"), Exposed::kUnknown) << "fine-grained ACLs not given";
  EXPECT_EQ(Of(R"({"provider":"gcs","bucket":"b","public_access_prevention":"inherited","bindings":[],"acl":[{"entity":"allUsers","role":"READER"}]})"), Exposed::kYes);
}

TEST(Storage, R2) {
  EXPECT_EQ(Of(R"({"provider":"r2","bucket":"b","r2_dev":{"enabled":false},"custom_domains":[]})"), Exposed::kNo);
  EXPECT_EQ(Of(R"({"provider":"r2","bucket":"b","r2_dev":{"enabled":true},"custom_domains":[]})"), Exposed::kYes);
  EXPECT_EQ(Of(R"({"provider":"r2","bucket":"b","r2_dev":false,"custom_domains":[{"domain":"f.example"}]})"), Exposed::kYes);
  EXPECT_EQ(Of(R"({"provider":"r2","bucket":"b","r2_dev":false})"), Exposed::kUnknown);
}

TEST(Storage, TerraformPlan) {
  const auto plan = [](const std::string& resources) { return R"({"planned_values":{"root_module":{"resources":[)" + resources + R"(]}}})"; };
  const std::string bucket = R"({"type":"aws_s3_bucket","name":"b","values":{"bucket":"b"}})";
  EXPECT_EQ(Of(plan(bucket)), Exposed::kNo);
  EXPECT_EQ(Of(plan(bucket + R"(,{"type":"aws_s3_bucket_acl","name":"a","values":{"bucket":"b","acl":"public-read"}})")), Exposed::kYes);
  const std::string open = R"(,{"type":"aws_s3_bucket_policy","name":"p","values":{"bucket":"b","policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:GetObject\"}]}"}})";
  EXPECT_EQ(Of(plan(bucket + open)), Exposed::kYes);
  EXPECT_EQ(Of(plan(bucket + open + R"(,{"type":"aws_s3_bucket_public_access_block","name":"x","values":{"bucket":"b","restrict_public_buckets":true,"ignore_public_acls":true}})")), Exposed::kNo);
  EXPECT_EQ(Of(plan(R"({"type":"google_storage_bucket","name":"g","values":{"name":"g","uniform_bucket_level_access":true}},{"type":"google_storage_bucket_iam_member","name":"m","values":{"bucket":"g","role":"roles/storage.objectViewer","member":"allUsers"}})")),
            Exposed::kYes);
}

// Terraform leaves out what is decided only when a plan is applied: that is unknown, and never a pass.
TEST(Storage, WhatAPlanLeavesUndecidedIsUnknown) {
  const auto plan = [](const std::string& resources) { return R"({"planned_values":{"root_module":{"resources":[)" + resources + R"(]}}})"; };
  const std::string bucket = R"({"type":"aws_s3_bucket","name":"b","values":{"bucket":"b"}})";
  EXPECT_EQ(Of(plan(bucket + R"(,{"type":"aws_s3_bucket_policy","name":"p","values":{"bucket":"b"}})")), Exposed::kUnknown);
  EXPECT_EQ(Of(plan(bucket + R"(,{"type":"aws_s3_bucket_acl","name":"a","values":{"bucket":"b"}})")), Exposed::kUnknown);
  EXPECT_EQ(Of(plan(bucket + R"(,{"type":"aws_s3_bucket_policy","name":"p","values":{"policy":"{\"Statement\":[]}"}})")), Exposed::kUnknown);
  const std::string google = R"({"type":"google_storage_bucket","name":"g","values":{"name":"g","uniform_bucket_level_access":true}})";
  EXPECT_EQ(Of(plan(google)), Exposed::kNo);
  EXPECT_EQ(Of(plan(google + R"(,{"type":"google_storage_bucket_iam_member","name":"m","values":{"bucket":"g","role":"roles/storage.objectViewer"}})")), Exposed::kUnknown);
  EXPECT_EQ(Of(plan(google + R"(,{"type":"google_storage_bucket_iam_member","name":"m","values":{"role":"roles/storage.objectViewer","member":"user:a@example.org"}})")), Exposed::kUnknown);
}

// A bucket whose name is decided when the plan is applied is found by what the expression refers to, through modules too.
TEST(Storage, WhatAPlanRefersTo) {
  const auto plan = [](const std::string& resources, const std::string& configuration) {
    return R"({"planned_values":{"root_module":{"resources":[{"address":"aws_s3_bucket.a","type":"aws_s3_bucket","name":"a","values":{"bucket":"alpha"}},{"address":"aws_s3_bucket.b","type":"aws_s3_bucket","name":"b","values":{}})" + resources +
           R"(},"configuration":{"root_module":)" + configuration + "}}";
  };
  const std::string block = R"(,{"address":"aws_s3_bucket_acl.x","type":"aws_s3_bucket_acl","name":"x","values":{"acl":"public-read"}}]})";
  const auto exposed = [](const std::string& text) {
    std::map<std::string, Exposed> out;
    const Result<std::vector<StorageAnswer>> answers = JudgeStorage(text, "plan");
    if (answers) {
      for (const StorageAnswer& answer : *answers) out[answer.bucket] = answer.exposed;
    }
    return out;
  };
  using Answers = std::map<std::string, Exposed>;
  const auto refers = [](const std::string& to) { return R"({"resources":[{"address":"aws_s3_bucket_acl.x","expressions":{"bucket":{"references":[)" + to + R"(]}}}]})"; };
  EXPECT_EQ(exposed(plan(block, refers(R"("aws_s3_bucket.b.id","aws_s3_bucket.b")"))), (Answers{{"alpha", Exposed::kNo}, {"b", Exposed::kYes}}));
  EXPECT_EQ(exposed(plan(block, refers(R"("aws_s3_bucket.a.bucket","aws_s3_bucket.a")"))), (Answers{{"alpha", Exposed::kYes}, {"b", Exposed::kNo}}));
  EXPECT_EQ(exposed(plan(block, refers(R"("local.name")")))["alpha"], Exposed::kUnknown) << "it may be any of them";
  EXPECT_EQ(exposed(plan(block, refers(R"("aws_s3_bucket.a.id","aws_s3_bucket.b.id")")))["alpha"], Exposed::kUnknown);
  const std::string inner = R"(],"child_modules":[{"resources":[{"address":"module.m[\"k\"].aws_s3_bucket_acl.x","type":"aws_s3_bucket_acl","name":"x","values":{"acl":"public-read"}}]}]})";
  const std::string calls = R"({"module_calls":{"m":{"expressions":{"target":{"references":["aws_s3_bucket.a.id","aws_s3_bucket.a"]}},"module":{"resources":[{"address":"aws_s3_bucket_acl.x","expressions":{"bucket":{"references":["var.target"]}}}]}}}})";
  EXPECT_EQ(exposed(plan(inner, calls)), (Answers{{"alpha", Exposed::kYes}, {"b", Exposed::kNo}}));
  EXPECT_EQ(WithoutIndexes("module.m[\"a]b\"].x.y[0]"), "module.m.x.y");
}

TEST(Storage, TheRequestIsTold) {
  const Result<std::vector<StorageAnswer>> answers = JudgeStorage(S3(R"("public_access_block":null,"acl":{"Grants":[]},)" + std::string(kOpenPolicy)), "x");
  ASSERT_TRUE(answers.ok());
  EXPECT_EQ(answers->front().reasons.front().request, "GET https://b.s3.amazonaws.com/ANY-KEY without credentials");
}

}  // namespace
}  // namespace checkrein::release
