#include "audit/note.h"

#include <algorithm>
#include <optional>

namespace checkrein::audit {
namespace {

constexpr std::string_view kDash = "\xe2\x80\x94 ";  // U+2014 and a space begin a signature line
constexpr std::string_view kSecretPrefix = "PRIVATE+KEY+";
constexpr size_t kTimeBytes = 8;

std::string BigEndian(uint64_t value, size_t bytes) {
  std::string out(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) out[i] = static_cast<char>(value >> (8 * (bytes - 1 - i)));
  return out;
}

uint64_t FromBigEndian(std::string_view bytes) {
  uint64_t out = 0;
  for (const char c : bytes) out = out << 8 | static_cast<uint8_t>(c);
  return out;
}

std::string TypedKey(KeyType type, std::span<const uint8_t> key) {
  std::string out(1, static_cast<char>(type));
  out += AsText(key);
  return out;
}

std::string NamedKey(std::string_view name, uint32_t id, const std::string& typed) {
  return std::string(name) + "+" + HexEncode(AsBytes(BigEndian(id, 4))) + "+" + Base64Encode(AsBytes(typed));
}

Error Bad(std::string_view what) { return {Error::Kind::kInvalid, "key: " + std::string(what)}; }

struct KeyParts {
  std::string name;
  uint32_t id = 0;
  KeyType type = KeyType::kEd25519;
  std::array<uint8_t, 32> key{};
};

// NAME+HEX8+BASE64(TYPE || 32 bytes), public and private alike.
Result<KeyParts> SplitKey(std::string_view text) {
  const size_t first = text.find('+');
  const size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return Bad("not of the form NAME+ID+KEY");
  KeyParts out;
  out.name = text.substr(0, first);
  if (!IsKeyName(out.name)) return Bad("the name is empty or holds a space or control character");
  const std::string_view hex = text.substr(first + 1, second - first - 1);
  const std::optional<Bytes> id = HexDecode(hex);
  // One spelling only: a note and its key must not have two texts.
  if (!id || id->size() != 4 || HexEncode(*id) != hex) return Bad("the id is not eight lower-case hex digits");
  const std::optional<Bytes> typed = Base64Decode(text.substr(second + 1));
  if (!typed || typed->empty()) return Bad("the key is not base64");
  const uint8_t type = typed->front();
  if (type != static_cast<uint8_t>(KeyType::kEd25519) && type != static_cast<uint8_t>(KeyType::kCosignature)) {
    return Error{Error::Kind::kUnsupported, "key: type " + std::to_string(type) + " is not supported"};
  }
  if (typed->size() != 1 + out.key.size()) return Bad("an Ed25519 key has 32 bytes");
  out.type = static_cast<KeyType>(type);
  std::copy(typed->begin() + 1, typed->end(), out.key.begin());
  out.id = static_cast<uint32_t>(FromBigEndian(AsText(*id)));
  return out;
}

std::string Line(const VerifierKey& by, std::string_view signature) {
  std::string bytes = BigEndian(by.Id(), 4);
  bytes += signature;
  return std::string(kDash) + by.name + " " + Base64Encode(AsBytes(bytes)) + "\n";
}

std::string CosignedText(std::string_view text, uint64_t unix_seconds) {
  return "cosignature/v1\ntime " + std::to_string(unix_seconds) + "\n" + std::string(text);
}

Result<NoteSignature> ParseSignatureLine(std::string_view line) {
  const Error bad{Error::Kind::kInvalid, "note: a signature line is malformed"};
  if (!line.starts_with(kDash)) return bad;
  line.remove_prefix(kDash.size());
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || !IsKeyName(line.substr(0, space))) return bad;
  const std::optional<Bytes> bytes = Base64Decode(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) return bad;
  const std::string_view raw = AsText(*bytes);
  return NoteSignature{std::string(line.substr(0, space)), static_cast<uint32_t>(FromBigEndian(raw.substr(0, 4))), std::string(raw.substr(4))};
}

bool Ed25519Holds(const PublicKey& key, std::string_view message, std::string_view signature) {
  Signature raw{};
  if (signature.size() != raw.size()) return false;
  std::copy(signature.begin(), signature.end(), reinterpret_cast<char*>(raw.data()));
  return VerifySignature(key, AsBytes(message), raw);
}

// All signatures of the note that claim to be by `key`.
std::vector<const NoteSignature*> By(const Note& note, const VerifierKey& key) {
  std::vector<const NoteSignature*> out;
  const uint32_t id = key.Id();
  for (const NoteSignature& s : note.signatures) {
    if (s.name == key.name && s.key_id == id) out.push_back(&s);
  }
  return out;
}

Error NotSigned(const VerifierKey& key) { return {Error::Kind::kNotFound, "note: not signed by " + key.Text()}; }
Error BadSignature(const VerifierKey& key) { return {Error::Kind::kDenied, "note: the signature by " + key.Text() + " is wrong"}; }

}  // namespace

bool IsKeyName(std::string_view name) {
  if (name.empty() || !IsUtf8(name)) return false;
  for (const char c : name) {
    if (static_cast<uint8_t>(c) <= 0x20 || c == 0x7f || c == '+') return false;
  }
  // The white space of Unicode beyond ASCII, which other readers of notes refuse: U+0085 U+00A0 U+1680 U+2000-200A U+2028 U+2029
  // U+202F U+205F U+3000.
  for (const std::string_view space : {"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"}) {
    if (name.find(space) != std::string_view::npos) return false;
  }
  for (size_t at = name.find("\xe2\x80"); at != std::string_view::npos; at = name.find("\xe2\x80", at + 1)) {
    const uint8_t last = static_cast<uint8_t>(name[at + 2]);
    if (last >= 0x80 && last <= 0x8a) return false;
  }
  return true;
}

uint32_t VerifierKey::Id() const {
  const std::string typed = TypedKey(type, key);
  const Digest digest = Sha256(name + "\n" + typed);
  return static_cast<uint32_t>(FromBigEndian(AsText(std::span(digest).first(4))));
}

Result<VerifierKey> VerifierKey::Parse(std::string_view vkey) {
  Result<KeyParts> parts = SplitKey(vkey);
  if (!parts) return parts.error();
  VerifierKey out{parts->name, parts->type, parts->key};
  if (out.Id() != parts->id) return Bad("the id does not belong to the key");
  return out;
}

std::string VerifierKey::Text() const { return NamedKey(name, Id(), TypedKey(type, key)); }

NoteSigner NoteSigner::Make(std::string name, const Digest& seed, KeyType type) {
  SigningKey key = SigningKey::FromSeed(seed);
  VerifierKey verifier{std::move(name), type, key.public_key()};
  return {std::move(verifier), std::move(key)};
}

Result<NoteSigner> NoteSigner::Parse(std::string_view secret) {
  if (!secret.starts_with(kSecretPrefix)) return Bad("not a private key");
  Result<KeyParts> parts = SplitKey(secret.substr(kSecretPrefix.size()));
  if (!parts) return parts.error();
  NoteSigner out = Make(parts->name, parts->key, parts->type);
  if (out.verifier().Id() != parts->id) return Bad("the id does not belong to the key");
  return out;
}

std::string NoteSigner::SecretText(std::string_view name, const Digest& seed, KeyType type) {
  const NoteSigner signer = Make(std::string(name), seed, type);
  return std::string(kSecretPrefix) + NamedKey(name, signer.verifier().Id(), TypedKey(type, seed));
}

std::string SignatureLine(const VerifierKey& by, const Signature& signature) { return Line(by, AsText(signature)); }

std::string NoteSigner::SignatureLine(std::string_view text) const { return Line(verifier_, AsText(Sign(text))); }

std::string NoteSigner::CosignatureLine(std::string_view text, uint64_t unix_seconds) const {
  const Signature signature = Sign(CosignedText(text, unix_seconds));
  return Line(verifier_, BigEndian(unix_seconds, kTimeBytes) + std::string(AsText(signature)));
}

std::string SignedNote(std::string_view text, const std::vector<std::string>& signature_lines) {
  std::string out(text);
  out += '\n';
  for (const std::string& line : signature_lines) out += line;
  return out;
}

Result<Note> ParseNote(std::string_view bytes) {
  const auto bad = [](std::string_view what) { return Error{Error::Kind::kInvalid, "note: " + std::string(what)}; };
  if (bytes.size() > kMaxNoteBytes) return Error{Error::Kind::kLimit, "note: more than " + std::to_string(kMaxNoteBytes) + " bytes"};
  if (!IsUtf8(bytes)) return bad("not UTF-8");
  for (const char c : bytes) {
    if (static_cast<uint8_t>(c) < 0x20 && c != '\n') return bad("holds a control character");
  }
  const size_t split = bytes.rfind("\n\n");  // the text may hold empty lines; signatures may not
  if (split == std::string_view::npos) return bad("no empty line before the signatures");
  Note note;
  note.text = bytes.substr(0, split + 1);
  std::string_view rest = bytes.substr(split + 2);
  if (rest.empty() || rest.back() != '\n') return bad("no signature lines");
  while (!rest.empty()) {
    if (note.signatures.size() == kMaxNoteSignatures) return Error{Error::Kind::kLimit, "note: more than " + std::to_string(kMaxNoteSignatures) + " signatures"};
    const size_t end = rest.find('\n');
    Result<NoteSignature> signature = ParseSignatureLine(rest.substr(0, end));
    if (!signature) return signature.error();
    note.signatures.push_back(std::move(signature).take());
    rest.remove_prefix(end + 1);
  }
  return note;
}

Status VerifyNote(const Note& note, const VerifierKey& key) {
  const auto signatures = By(note, key);
  if (key.type != KeyType::kEd25519 || signatures.empty()) return NotSigned(key);
  for (const NoteSignature* s : signatures) {
    if (!Ed25519Holds(key.key, note.text, s->bytes)) return BadSignature(key);
  }
  return Done{};
}

Result<uint64_t> VerifyCosignature(const Note& note, const VerifierKey& key) {
  const auto signatures = By(note, key);
  if (key.type != KeyType::kCosignature || signatures.empty()) return NotSigned(key);
  uint64_t latest = 0;
  for (const NoteSignature* s : signatures) {
    if (s->bytes.size() <= kTimeBytes) return BadSignature(key);
    const uint64_t time = FromBigEndian(std::string_view(s->bytes).substr(0, kTimeBytes));
    if (!Ed25519Holds(key.key, CosignedText(note.text, time), std::string_view(s->bytes).substr(kTimeBytes))) return BadSignature(key);
    latest = std::max(latest, time);
  }
  return latest;
}

}  // namespace checkrein::audit
