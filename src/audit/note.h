// C2SP signed notes: a text, an empty line, and signature lines. Ed25519 (type 0x01) is signed and verified here, witnesses'
// cosignature/v1 (type 0x04) too.
//
//   NoteSigner signer = NoteSigner::Make("example.com/log", seed);
//   std::string note = SignedNote("text\n", {signer.SignatureLine("text\n")});
//   Result<Note> read = ParseNote(note);                 // untrusted
//   Status good = VerifyNote(*read, signer.verifier());  // kNotFound: not signed by it; kDenied: a bad signature
//
// Not covered: type 0x06 (ML-DSA-44; no library for it in Debian 12), 0x05. Signatures by keys that nobody asks about are ignored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace checkrein::audit {

inline constexpr size_t kMaxNoteBytes = 1'000'000;  // what golang.org/x/mod/sumdb/note takes
inline constexpr size_t kMaxNoteSignatures = 100;   // likewise; C2SP asks for at least 16

enum class KeyType : uint8_t { kEd25519 = 0x01, kCosignature = 0x04 };

// Whether `name` may name a key: not empty, UTF-8, no '+', no white space or control character.
bool IsKeyName(std::string_view name);

// A public key with its name. Text form ("vkey"): NAME+HEX8+BASE64(TYPE || KEY).
struct VerifierKey {
  std::string name;
  KeyType type = KeyType::kEd25519;
  PublicKey key{};

  static Result<VerifierKey> Parse(std::string_view vkey);  // kInvalid; kUnsupported for another type
  std::string Text() const;
  uint32_t Id() const;  // first 4 bytes of SHA-256(NAME || 0x0A || TYPE || KEY)
  bool operator==(const VerifierKey&) const = default;
};

class NoteSigner {
 public:
  static NoteSigner Make(std::string name, const Digest& seed, KeyType type);
  static NoteSigner Make(std::string name, const Digest& seed) { return Make(std::move(name), seed, KeyType::kEd25519); }
  // The private text form: PRIVATE+KEY+NAME+HEX8+BASE64(TYPE || SEED).
  static Result<NoteSigner> Parse(std::string_view secret);
  static std::string SecretText(std::string_view name, const Digest& seed, KeyType type);

  const VerifierKey& verifier() const { return verifier_; }
  Signature Sign(std::string_view text) const { return key_.Sign(AsBytes(text)); }
  std::string SignatureLine(std::string_view text) const;                       // kEd25519 keys
  std::string CosignatureLine(std::string_view text, uint64_t unix_seconds) const;  // kCosignature keys

 private:
  NoteSigner(VerifierKey verifier, SigningKey key) : verifier_(std::move(verifier)), key_(std::move(key)) {}
  VerifierKey verifier_;
  SigningKey key_;
};

// A signature line for a signature made earlier by the Ed25519 key `by`.
std::string SignatureLine(const VerifierKey& by, const Signature& signature);

std::string SignedNote(std::string_view text, const std::vector<std::string>& signature_lines);

struct NoteSignature {
  std::string name;
  uint32_t key_id = 0;
  std::string bytes;  // what follows the key id
};
struct Note {
  std::string text;  // ends in '\n'
  std::vector<NoteSignature> signatures;
};

// Untrusted bytes in; checks form only. kInvalid, kLimit.
Result<Note> ParseNote(std::string_view bytes);

// Whether `key` (kEd25519) signed the note. Every signature that claims to be by `key` must be good.
Status VerifyNote(const Note& note, const VerifierKey& key);

// The same for a cosignature/v1 by `key` (kCosignature): the time at which the witness says that it saw the checkpoint.
Result<uint64_t> VerifyCosignature(const Note& note, const VerifierKey& key);

}  // namespace checkrein::audit
