#include "report/bundle.h"

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "base/bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::report {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const audit::NoteSigner& Signer() {
  static const audit::NoteSigner signer = audit::NoteSigner::Make("checkrein.local/log/x", Sha256("seed"));
  return signer;
}

// A log of two records and a bundle of both.
BundleContents Contents() {
  const std::string a = R"({"k":"turn"})", b = R"({"k":"action"})";
  audit::RightEdge edge;
  edge.Append(audit::LeafHash(a));
  edge.Append(audit::LeafHash(b));
  const std::string body = audit::CheckpointBody(Signer().verifier().name, 2, edge.Root());
  const std::string checkpoint = audit::SignedNote(body, {Signer().SignatureLine(body)});
  const auto proof = [&](int index, const std::string& other) {
    return "c2sp.org/tlog-proof@v1\nindex " + std::to_string(index) + "\n" + Base64Encode(audit::LeafHash(other)) + "\n\n" + checkpoint;
  };
  return {"2026-11-27", "0.1.0", checkpoint, {{0, a, proof(0, b)}, {1, b, proof(1, a)}}, {{"policies/p1.cedar", "permit(principal, action, resource);"}, {"versions.json", "{}"}}};
}

TEST(Bundle, ProvesItsRecords) {
  const Result<std::string> archive = MakeBundle(Contents(), Signer());
  ASSERT_TRUE(archive) << archive.error().text;
  const Result<BundleFound> found = CheckBundle(*archive, std::nullopt);
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_THAT(found->problems, IsEmpty());
  EXPECT_THAT(found->records, ElementsAre(0, 1));
  EXPECT_THAT(found->others, ElementsAre("policies/p1.cedar", "versions.json"));
  EXPECT_EQ(found->size, 2u);
  EXPECT_TRUE(CheckBundle(*archive, Signer().verifier()));
  EXPECT_FALSE(CheckBundle(*archive, audit::NoteSigner::Make("checkrein.local/log/x", Sha256("other")).verifier())) << "another key";
}

TEST(Bundle, EverySingleByteChangeIsRefused) {
  const std::string good = *MakeBundle(Contents(), Signer());
  for (size_t at = 0; at < good.size(); ++at) {
    for (const char mask : {'\x01', '\x80'}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ mask);
      const Result<BundleFound> found = CheckBundle(bad, Signer().verifier());
      ASSERT_TRUE(!found || !found->problems.empty()) << at;
    }
  }
  for (size_t size = 0; size < good.size(); size += 97) ASSERT_FALSE(CheckBundle(good.substr(0, size), std::nullopt)) << size;
  EXPECT_FALSE(CheckBundle(good + std::string(512, '\0'), std::nullopt));
}

// Somebody who may make bundles of his own, but has no key of the log.
TEST(Bundle, ARecordOfAnotherNumberOrLogIsNamed) {
  BundleContents contents = Contents();
  std::swap(contents.records[0].bytes, contents.records[1].bytes);
  Result<BundleFound> found = CheckBundle(*MakeBundle(contents, Signer()), std::nullopt);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->problems, testing::Contains(testing::HasSubstr("record 0: ")));
  contents = Contents();
  contents.records[0].index = 1;
  contents.records.pop_back();
  found = CheckBundle(*MakeBundle(contents, Signer()), std::nullopt);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->problems, testing::Contains(testing::HasSubstr("the proof is that of record 0")));
}

TEST(Tar, NamesThatLeaveAreRefused) {
  for (const char* name : {"", "/a", "a/", "../a", "a/../b", "a//b", ".", "a b", "a\nb", "\xc3\xa4"}) {
    EXPECT_FALSE(IsTarName(name)) << name;
    EXPECT_FALSE(TarOf({{name, ""}})) << name;
  }
  EXPECT_TRUE(IsTarName("a/b-c_d.1"));
  EXPECT_FALSE(IsTarName(std::string(100, 'a')));
  EXPECT_FALSE(ReadTar(*TarOf({{"a", "1"}, {"a", "2"}}))) << "twice";
  EXPECT_EQ(*TarOf({}), std::string(1024, '\0'));
}

}  // namespace
}  // namespace checkrein::report
