#include "audit/note.h"

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "gtest/gtest.h"

namespace checkrein::audit {
namespace {

// The example of the C2SP signed-note specification.
constexpr std::string_view kSpecVkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

TEST(Note, ReadsKeysOfOthers) {
  for (const std::string_view vkey : {kSpecVkey, std::string_view("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
                                      std::string_view("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")}) {
    const Result<VerifierKey> key = VerifierKey::Parse(vkey);
    ASSERT_TRUE(key) << key.error().text;
    EXPECT_EQ(key->Text(), vkey);
  }
}

TEST(Note, RefusesMalformedKeys) {
  for (const std::string_view bad : {"", "a", "a+b", "a+00000000", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                     "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "exa mple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                     "example.com/foo+530d903a+AQ==", "example.com/foo+530d903a+", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2"}) {
    EXPECT_FALSE(VerifierKey::Parse(bad)) << bad;
  }
  EXPECT_EQ(VerifierKey::Parse("x+00000000+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").error().kind, Error::Kind::kUnsupported);
}

TEST(Note, NamesOfKeys) {
  EXPECT_TRUE(IsKeyName("example.com/log"));
  EXPECT_TRUE(IsKeyName("b\xc3\xa9"));
  for (const std::string_view bad : {"", "a b", "a+b", "a\tb", "a\x7f", "a\xff", "a\xc2\xa0", "a\xe2\x80\x83", "a\xe3\x80\x80"}) EXPECT_FALSE(IsKeyName(bad));
}

TEST(Note, SignsAndVerifies) {
  const NoteSigner signer = NoteSigner::Make("example.com/log", Sha256("seed"));
  const Result<NoteSigner> again = NoteSigner::Parse(NoteSigner::SecretText("example.com/log", Sha256("seed"), KeyType::kEd25519));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->verifier(), signer.verifier());
  const std::string text = "line one\n\nline three\n";
  const std::string bytes = SignedNote(text, {signer.SignatureLine(text)});
  const Result<Note> note = ParseNote(bytes);
  ASSERT_TRUE(note) << note.error().text;
  EXPECT_EQ(note->text, text);
  EXPECT_TRUE(VerifyNote(*note, signer.verifier()));
  EXPECT_EQ(VerifyNote(*note, NoteSigner::Make("example.com/log", Sha256("x")).verifier()).error().kind, Error::Kind::kNotFound);
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string bad = bytes;
    bad[at] = static_cast<char>(bad[at] ^ 2);
    const Result<Note> changed = ParseNote(bad);
    EXPECT_FALSE(changed.ok() && VerifyNote(*changed, signer.verifier()).ok()) << at;
  }
}

TEST(Note, OneBadSignatureOfAKnownKeySpoilsTheNote) {
  const NoteSigner signer = NoteSigner::Make("example.com/log", Sha256("seed"));
  const std::string text = "t\n";
  const Result<Note> note = ParseNote(SignedNote(text, {signer.SignatureLine(text), signer.SignatureLine("other\n")}));
  ASSERT_TRUE(note);
  EXPECT_EQ(VerifyNote(*note, signer.verifier()).error().kind, Error::Kind::kDenied);
}

TEST(Note, UnknownSignaturesAreIgnored) {
  const NoteSigner signer = NoteSigner::Make("example.com/log", Sha256("seed"));
  std::vector<std::string> lines;
  for (int i = 0; i < 20; ++i) lines.push_back(NoteSigner::Make("other/" + std::to_string(i), Sha256("o")).SignatureLine("t\n"));
  lines.push_back(signer.SignatureLine("t\n"));
  EXPECT_TRUE(VerifyNote(*ParseNote(SignedNote("t\n", lines)), signer.verifier()));
  lines.resize(kMaxNoteSignatures + 1, lines[0]);
  EXPECT_EQ(ParseNote(SignedNote("t\n", lines)).error().kind, Error::Kind::kLimit);
}

TEST(Note, RefusesMalformedNotes) {
  const std::string line = NoteSigner::Make("a", Sha256("seed")).SignatureLine("t\n");
  for (const std::string& bad : {std::string(), std::string("t\n"), std::string("t\n\n"), "t\n" + line, "t\n\n" + line + "x\n", "t\n\n" + line.substr(0, line.size() - 1), "t\r\n\n" + line,
                                 "t\n\n" + std::string("\xe2\x80\x94 a \n"), "t\n\n" + std::string("\xe2\x80\x94 a AAAA\n"), "\xff\n\n" + line, std::string("t\n\n- a AAAAAAAA\n")}) {
    EXPECT_FALSE(ParseNote(bad)) << bad;
  }
  EXPECT_EQ(ParseNote(std::string(kMaxNoteBytes + 1, 'x')).error().kind, Error::Kind::kLimit);
}

TEST(Note, CosignaturesCarryATime) {
  const NoteSigner witness = NoteSigner::Make("witness.example/w", Sha256("w"), KeyType::kCosignature);
  const std::string body = CheckpointBody("example.com/log", 3, EmptyRoot());
  Note note = *ParseNote(SignedNote(body, {witness.CosignatureLine(body, 1'790'000'000)}));
  EXPECT_EQ(*VerifyCosignature(note, witness.verifier()), 1'790'000'000u);
  EXPECT_FALSE(VerifyNote(note, witness.verifier())) << "a cosignature is no signature of the log";
  note.signatures[0].bytes[7] = static_cast<char>(note.signatures[0].bytes[7] ^ 1);  // one second later
  EXPECT_EQ(VerifyCosignature(note, witness.verifier()).error().kind, Error::Kind::kDenied);
  note.signatures[0].bytes.resize(8);
  EXPECT_EQ(VerifyCosignature(note, witness.verifier()).error().kind, Error::Kind::kDenied);
  note.signatures.clear();
  EXPECT_EQ(VerifyCosignature(note, witness.verifier()).error().kind, Error::Kind::kNotFound);
}

TEST(Checkpoint, OneSpellingOnly) {
  const std::string good = CheckpointBody("example.com/log", 12, EmptyRoot());
  const Result<Checkpoint> checkpoint = ParseCheckpointBody(good);
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->origin, "example.com/log");
  EXPECT_EQ(checkpoint->size, 12u);
  EXPECT_EQ(checkpoint->root, EmptyRoot());
  const std::string root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
  EXPECT_EQ(good, "example.com/log\n12\n" + root);
  for (const std::string& bad : {std::string(), std::string("o\n12\n"), "\n12\n" + root, "o\n012\n" + root, "o\n-1\n" + root, "o\n+1\n" + root, "o\n1 \n" + root, "o\n\n" + root, "o\n9223372036854775808\n" + root,
                                 std::string("o\n1\nAAAA\n"), "o\n1\n" + root + "extension\n", "o\n1\n" + root.substr(0, root.size() - 1)}) {
    EXPECT_FALSE(ParseCheckpointBody(bad)) << bad;
  }
  EXPECT_TRUE(ParseCheckpointBody("o\n0\n" + root));
}

}  // namespace
}  // namespace checkrein::audit
