#include "cedar/conform.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/fd.h"
#include "gtest/gtest.h"

namespace checkrein::cedar {
namespace {

struct TempDir {
  std::string path;
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cedar-conform-XXXXXX").string();
    path = mkdtemp(pattern.data()) == nullptr ? "" : pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
  }
};

void Put(const std::string& path, const std::string& text) { ASSERT_TRUE(ReplaceFile(path, text, 0600)); }

std::string Manifest(const std::string& policies, const std::string& requests) {
  return R"({"policies":"tests/)" + policies + R"(","entities":"tests/e.entities.json","schema":"tests/s.cedarschema","shouldValidate":true,"requests":[)" + requests + "]}";
}

TEST(CedarConform, CountsAgreementsAndTellsDifferences) {
  const TempDir dir;
  const std::string tests = dir.path + "/tests";
  ASSERT_TRUE(MakeDirectories(tests, 0700));
  ASSERT_TRUE(MakeDirectories(dir.path + "/corpus-tests-validation", 0700));
  Put(tests + "/s.cedarschema", "entity A; action a appliesTo {principal: A, resource: A, context: {n: Long}};");
  Put(tests + "/bad.cedarschema", "entity");
  Put(tests + "/p.cedar", "permit(principal,action,resource) when { context.n == 1 };");
  Put(tests + "/bad.cedar", "permit");
  Put(tests + "/wrong.cedar", "permit(principal,action,resource) when { context.m == 1 };");
  Put(tests + "/e.entities.json", "[]");
  const auto request = [](const std::string& type, const std::string& context, const std::string& rest) {
    const std::string uid = R"({"type":")" + type + R"(","id":"x"})";
    return R"({"description":"r","principal":)" + uid + R"(,"action":{"type":"Action","id":"a"},"resource":)" + uid + R"(,"context":)" + context + rest + "}";
  };
  const std::string yes = R"(,"decision":"allow","reason":["policy0"],"errors":[])", no = R"(,"decision":"deny","reason":[],"errors":[])";
  Put(tests + "/1.json", Manifest("p.cedar", request("A", R"({"n":1})", yes) + "," + request("A", R"({"n":2})", no) + "," + request("A", R"({"n":2})", yes)));
  Put(tests + "/2.json", Manifest("p.cedar", request("B", R"({"n":1})", no) + "," + request("A", "1", no) + R"(,{"principal":1})"));
  Put(tests + "/3.json", Manifest("bad.cedar", ""));
  Put(tests + "/4.json", Manifest("none.cedar", ""));
  Put(tests + "/5.json", Manifest("wrong.cedar", ""));
  Put(tests + "/6.json", "{");
  Put(tests + "/7.json", R"({"schema":"tests/bad.cedarschema"})");
  Put(tests + "/8.json", R"({"schema":"tests/none"})");
  Put(tests + "/9.json", R"({"schema":"tests/s.cedarschema","policies":"tests/p.cedar","shouldValidate":false,"entities":"tests/none","requests":[{}]})");
  Put(tests + "/a.json", R"({"schema":"tests/s.cedarschema","policies":"tests/p.cedar","shouldValidate":true,"entities":"tests/6.json"})");
  Put(dir.path + "/corpus-tests-validation/1.validation.json", R"({"policyValidation":{"perPolicy":{"policy0":{"strict":true}}}})");
  Put(dir.path + "/corpus-tests-validation/2.validation.json", R"({"policyValidation":{"perPolicy":{"policy0":{"strict":false,"strictErrors":["attribute not found",1]}}}})");
  Put(dir.path + "/corpus-tests-validation/5.validation.json", "{");
  const auto report = Conform(dir.path);
  ASSERT_TRUE(report) << report.error().text;
  EXPECT_EQ(report->manifests, 10u);
  EXPECT_EQ(report->requests, 7u);
  EXPECT_EQ(report->requests_agree, 2u);
  EXPECT_EQ(report->validations_agree, 3u);
  EXPECT_EQ(report->answers, 2u);
  EXPECT_EQ(report->answers_agree, 1u);
  std::string all;
  for (const std::string& d : report->differences) all += d.substr(0, d.find('\n')) + "\n";
  EXPECT_EQ(all,
            "tests/1.json: r: authorizer deny by {}, errors {}; recorded allow by {policy0}, errors {}\n"
            "tests/1.json: r: compiled deny by {}, errors {}; recorded allow by {policy0}, errors {}\n"
            "tests/2.json: problems {}, recorded {?, no-such-attribute}\n"
            "tests/2.json: principal: the entity type `B` is not declared\n"
            "tests/2.json: context: expected an object\n"
            "tests/2.json: a request names no principal, action or resource\n"
            "tests/3.json: tests/bad.cedar:1:7: expected `(`, found the end of the text\n"
            "tests/4.json: " + dir.path + "/tests/none.cedar: No such file or directory\n"
            "tests/5.json: should validate: tests/wrong.cedar:1:42: no attribute `m` in `{\"n\": Long}`\n"
            "tests/5.json: line 1, column 2: not valid JSON\n"
            "tests/6.json: line 1, column 2: not valid JSON\n"
            "tests/7.json: tests/bad.cedarschema:1:7: expected the entity type's name, found the end of the text\n"
            "tests/8.json: " + dir.path + "/tests/none: No such file or directory\n"
            "tests/9.json: validates, and should not\n"
            "tests/9.json: " + dir.path + "/tests/none: No such file or directory\n"
            "tests/a.json: line 1, column 2: not valid JSON\n");
  EXPECT_EQ(Conform(dir.path + "/none").error().kind, Error::Kind::kNotFound);
}

// The official corpus: every decision, reason and error, every verdict of validation, every recorded kind of problem.
TEST(CedarConformSlow, OfficialCorpus) {
  const char* given = std::getenv("CHECKREIN_SHARED");
  const std::string shared = std::string(given != nullptr ? given : CHECKREIN_SOURCE_DIR "/../shared") + "/cedar";
  if (!std::filesystem::exists(shared + "/conformance.tar.gz")) {
    GTEST_SKIP() << "no " << shared << "/conformance.tar.gz: agreement with 62,546 recorded requests and 7,831 validations was not proved";
  }
  const TempDir dir;
  for (const char* archive : {"conformance.tar.gz", "validation-answers.tar.xz"}) {
    ASSERT_EQ(std::system(("tar -xf '" + shared + "/" + archive + "' -C '" + dir.path + "'").c_str()), 0) << archive;
  }
  const auto report = Conform(dir.path);
  ASSERT_TRUE(report) << report.error().text;
  for (const std::string& d : report->differences) ADD_FAILURE() << d;
  EXPECT_EQ(report->requests, 62546u);
  EXPECT_EQ(report->requests_agree, 62546u);
  EXPECT_EQ(report->validations, 7831u);
  EXPECT_EQ(report->validations_agree, 7831u);
  EXPECT_EQ(report->answers, 7750u);
  EXPECT_EQ(report->answers_agree, 7750u);
}

}  // namespace
}  // namespace checkrein::cedar
