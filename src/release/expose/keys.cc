#include "release/expose/keys.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/digest.h"
#include "release/scan/decode.h"

namespace checkrein::release {
namespace {

constexpr size_t kMaxPem = 64u << 10;   // bytes between the two lines: a 16384-bit RSA key has 13 KiB

// One element of DER (X.690): tag, contents, what follows.
struct Element {
  uint8_t tag = 0;
  std::string_view value, rest;
};

std::optional<Element> Read(std::string_view der) {
  if (der.size() < 2) return std::nullopt;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(der[i]); };
  size_t at = 1;
  size_t length = byte(at++);
  if (length >= 0x80) {
    const size_t count = length & 0x7F;
    if (count == 0 || count > 4 || at + count > der.size()) return std::nullopt;
    length = 0;
    for (size_t i = 0; i < count; ++i) length = length << 8 | byte(at++);
  }
  if (length > der.size() - at) return std::nullopt;
  return Element{byte(0), der.substr(at, length), der.substr(at + length)};
}

constexpr uint8_t kInteger = 2, kBits = 3, kOctets = 4, kOid = 6, kSequence = 0x30;

std::optional<Element> Expect(std::string_view der, uint8_t tag) {
  const std::optional<Element> out = Read(der);
  return out && out->tag == tag ? out : std::nullopt;
}

std::string_view Unsigned(std::string_view integer) {
  while (integer.size() > 1 && integer[0] == '\0') integer.remove_prefix(1);
  return integer;
}

size_t BitsOf(std::string_view number) {
  if (number.empty()) return 0;
  size_t bits = number.size() * 8;
  for (unsigned char top = static_cast<unsigned char>(number[0]); bits > 0 && (top & 0x80) == 0; top = static_cast<unsigned char>(top << 1)) --bits;
  return bits;
}

using namespace std::string_view_literals;
struct Known {
  std::string_view oid, name;
};
constexpr Known kKinds[] = {
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"sv, "RSA"}, {"\x2a\x86\x48\xce\x3d\x02\x01"sv, "EC"}, {"\x2b\x65\x70"sv, "Ed25519"}, {"\x2b\x65\x71"sv, "Ed448"},
    {"\x2b\x65\x6e"sv, "X25519"}, {"\x2a\x86\x48\xce\x38\x04\x01"sv, "DSA"},
};
constexpr Known kCurves[] = {
    {"\x2a\x86\x48\xce\x3d\x03\x01\x07"sv, "P-256"}, {"\x2b\x81\x04\x00\x22"sv, "P-384"}, {"\x2b\x81\x04\x00\x23"sv, "P-521"}, {"\x2b\x81\x04\x00\x0a"sv, "secp256k1"},
};
template <size_t N>
std::string_view NameOf(const Known (&table)[N], std::string_view oid) {
  for (const Known& row : table) {
    if (row.oid == oid) return row.name;
  }
  return "";
}

// PKCS#1: version, modulus, public exponent, six more numbers.
bool ReadRsa(std::string_view sequence, KeyBlock& out) {
  const std::optional<Element> version = Expect(sequence, kInteger);
  if (!version || version->value.size() != 1) return false;
  const std::optional<Element> modulus = Expect(version->rest, kInteger);
  if (!modulus) return false;
  const std::string_view n = Unsigned(modulus->value);
  std::string_view rest = modulus->rest;
  int numbers = 0;
  while (const std::optional<Element> number = Expect(rest, kInteger)) {
    if (number->value.empty()) return false;
    rest = number->rest;
    ++numbers;
  }
  if (numbers < 7 || BitsOf(n) < 384) return false;
  out.kind = "RSA, " + std::to_string(BitsOf(n)) + " bits";
  out.public_part = n;
  return true;
}

// SEC 1: version 1, octets, [0] curve, [1] public point.
bool ReadEc(std::string_view sequence, std::string_view curve, KeyBlock& out) {
  const std::optional<Element> version = Expect(sequence, kInteger);
  if (!version || version->value != "\x01"sv) return false;
  const std::optional<Element> secret = Expect(version->rest, kOctets);
  if (!secret || secret->value.size() < 16 || secret->value.size() > 72) return false;
  std::string_view rest = secret->rest;
  while (const std::optional<Element> part = Read(rest)) {
    if (part->tag == 0xA0) {
      if (const std::optional<Element> oid = Expect(part->value, kOid)) curve = NameOf(kCurves, oid->value);
    } else if (part->tag == 0xA1) {
      if (const std::optional<Element> point = Expect(part->value, kBits); point && point->value.size() > 1) out.public_part = point->value.substr(1);
    }
    rest = part->rest;
  }
  out.kind = "EC" + (curve.empty() ? std::string() : " " + std::string(curve));
  return true;
}

bool ReadDsa(std::string_view sequence, KeyBlock& out) {
  int numbers = 0;
  std::string_view rest = sequence, second;
  while (const std::optional<Element> number = Expect(rest, kInteger)) {
    if (numbers == 1) second = Unsigned(number->value);
    rest = number->rest;
    ++numbers;
  }
  if (numbers != 6 || BitsOf(second) < 512) return false;
  out.kind = "DSA, " + std::to_string(BitsOf(second)) + " bits";
  return true;
}

// PKCS#8 (RFC 5958): version, algorithm, octets.
bool ReadPkcs8(std::string_view sequence, KeyBlock& out) {
  const std::optional<Element> version = Expect(sequence, kInteger);
  if (!version || version->value.size() != 1) return false;
  const std::optional<Element> algorithm = Expect(version->rest, kSequence);
  if (!algorithm) return false;
  const std::optional<Element> oid = Expect(algorithm->value, kOid);
  const std::optional<Element> key = Expect(algorithm->rest, kOctets);
  if (!oid || !key) return false;
  const std::string_view kind = NameOf(kKinds, oid->value);
  if (kind == "RSA") {
    const std::optional<Element> inner = Expect(key->value, kSequence);
    return inner && ReadRsa(inner->value, out);
  }
  if (kind == "EC") {
    const std::optional<Element> inner = Expect(key->value, kSequence);
    const std::optional<Element> curve = Expect(oid->rest, kOid);
    return inner && ReadEc(inner->value, curve ? NameOf(kCurves, curve->value) : "", out);
  }
  if (kind.empty()) return false;
  if (kind == "DSA") {
    out.kind = "DSA";
    return Expect(key->value, kInteger).has_value();
  }
  const std::optional<Element> seed = Expect(key->value, kOctets);
  if (!seed || seed->value.size() < 32) return false;
  out.kind = kind;
  if (kind == "Ed25519" && seed->value.size() == 32) {
    Digest bytes{};
    std::copy(seed->value.begin(), seed->value.end(), bytes.begin());
    const SigningKey pair = SigningKey::FromSeed(bytes);
    out.public_part = AsText(pair.public_key());
  }
  return true;
}

// "openssh-key-v1\0", then length-prefixed texts: cipher, kdf, options; a number of keys; the public key.
bool ReadOpenSsh(std::string_view bytes, KeyBlock& out) {
  constexpr std::string_view kMagic = "openssh-key-v1\0"sv;
  if (!bytes.starts_with(kMagic)) return false;
  bytes.remove_prefix(kMagic.size());
  const auto take = [&]() -> std::optional<std::string_view> {
    if (bytes.size() < 4) return std::nullopt;
    uint32_t size = 0;
    for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(bytes[i]);
    bytes.remove_prefix(4);
    if (size > bytes.size()) return std::nullopt;
    const std::string_view text = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return text;
  };
  const std::optional<std::string_view> cipher = take();
  if (!cipher || !take() || !take() || bytes.size() < 4) return false;
  bytes.remove_prefix(4);
  const std::optional<std::string_view> public_key = take();
  const std::optional<std::string_view> secret = take();
  if (!public_key || !secret || public_key->size() < 8 || secret->size() < 16) return false;
  uint32_t size = 0;
  for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>((*public_key)[i]);
  out.kind = "OpenSSH" + (size <= 64 && size + 4 <= public_key->size() ? " " + std::string(public_key->substr(4, size)) : std::string());
  out.state = *cipher == "none" ? KeyBlock::State::kUsable : KeyBlock::State::kEncrypted;
  return true;
}

// OpenPGP (RFC 4880 5.5.3): a secret-key packet, whose usage octet behind the public part says whether it is encrypted. The public part is
// stepped over for RSA; for other algorithms the answer is "usable" unless an S2K usage (254, 255) is seen where it may stand.
KeyBlock::State PgpState(std::string_view bytes) {
  if (bytes.size() < 16) return KeyBlock::State::kBroken;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t lead = byte(0);
  if ((lead & 0x80) == 0) return KeyBlock::State::kBroken;
  const unsigned tag = (lead & 0x40) != 0 ? lead & 0x3F : lead >> 2 & 0x0F;
  if (tag != 5 && tag != 7) return KeyBlock::State::kBroken;
  size_t at = (lead & 0x40) != 0 ? (byte(1) < 192 ? 2 : byte(1) < 224 ? 3 : 6) : size_t{1} + (size_t{1} << (lead & 3));
  if (at + 6 >= bytes.size() || byte(at) != 4) return KeyBlock::State::kBroken;
  const uint8_t algorithm = byte(at + 5);
  at += 6;
  const auto skip_number = [&] {
    if (at + 2 <= bytes.size()) at += 2 + (static_cast<size_t>(byte(at)) << 8 | byte(at + 1)) / 8 + 1;
  };
  if (algorithm <= 3) {
    skip_number();
    skip_number();
  } else if (at < bytes.size()) {
    at += 1 + size_t{byte(at)};
    skip_number();
  }
  if (at >= bytes.size()) return KeyBlock::State::kBroken;
  return byte(at) >= 253 ? KeyBlock::State::kEncrypted : KeyBlock::State::kUsable;
}

KeyBlock ReadBlock(const Pem& pem) {
  KeyBlock out;
  out.begin = pem.begin;
  out.end = pem.end;
  if (pem.label == "ENCRYPTED PRIVATE KEY") {
    const std::optional<Element> whole = Expect(pem.der, kSequence);
    const std::optional<Element> algorithm = whole ? Expect(whole->value, kSequence) : std::nullopt;
    if (algorithm && Expect(algorithm->rest, kOctets)) out.state = KeyBlock::State::kEncrypted, out.kind = "PKCS#8";
    return out;
  }
  if (pem.headers.find("ENCRYPTED") != std::string::npos) {
    if (pem.der.size() >= 32) out.state = KeyBlock::State::kEncrypted, out.kind = pem.label.substr(0, pem.label.find(' '));
    return out;
  }
  if (pem.label == "OPENSSH PRIVATE KEY") {
    ReadOpenSsh(pem.der, out);
    return out;
  }
  if (pem.label == "PGP PRIVATE KEY BLOCK") {
    out.state = PgpState(pem.der);
    out.kind = "OpenPGP";
    return out;
  }
  const KeyBlock read = ReadKeyDer(pem.der);
  out.state = read.state;
  out.kind = read.kind;
  out.public_part = read.public_part;
  return out;
}

// A certificate's subjectPublicKeyInfo: RSA's modulus or the raw point or key.
std::string PublicPart(std::string_view der) {
  const std::optional<Element> whole = Expect(der, kSequence);
  const std::optional<Element> body = whole ? Expect(whole->value, kSequence) : std::nullopt;
  if (!body) return "";
  std::string_view rest = body->value;
  for (int i = 0; i < 12; ++i) {  // version, serial, algorithm, issuer, validity, subject, key
    const std::optional<Element> part = Read(rest);
    if (!part) return "";
    rest = part->rest;
    if (part->tag != kSequence) continue;
    const std::optional<Element> algorithm = Expect(part->value, kSequence);
    const std::optional<Element> bits = algorithm ? Expect(algorithm->rest, kBits) : std::nullopt;
    if (!bits || bits->value.size() < 2 || !Expect(algorithm->value, kOid)) continue;
    const std::string_view key = bits->value.substr(1);
    if (const std::optional<Element> rsa = Expect(key, kSequence)) {
      if (const std::optional<Element> modulus = Expect(rsa->value, kInteger)) return std::string(Unsigned(modulus->value));
    }
    return std::string(key);
  }
  return "";
}

// PuTTY's own format: text with "Encryption: none".
void FindPutty(std::string_view text, std::vector<KeyBlock>& out) {
  constexpr std::string_view kMark = "PuTTY-User-Key-File-";
  for (size_t at = text.find(kMark); at != std::string_view::npos; at = text.find(kMark, at + 1)) {
    const std::string_view body = text.substr(at, std::min(kMaxPem, text.find(kMark, at + 1) - at));   // no key holds the beginning of another
    if (body.find("Private-Lines:") == std::string_view::npos) continue;
    KeyBlock key;
    key.begin = at;
    key.end = at + std::min(body.size(), body.find("Private-MAC:"));
    key.kind = "PuTTY";
    key.state = body.find("Encryption: none") != std::string_view::npos ? KeyBlock::State::kUsable : KeyBlock::State::kEncrypted;
    out.push_back(std::move(key));
  }
}

}  // namespace

KeyBlock ReadKeyDer(std::string_view der) {
  KeyBlock out;
  const std::optional<Element> whole = Expect(der, kSequence);
  if (!whole) return out;
  const std::string_view inner = whole->value;
  if (ReadPkcs8(inner, out) || ReadRsa(inner, out) || ReadEc(inner, "", out) || ReadDsa(inner, out)) out.state = KeyBlock::State::kUsable;
  return out;
}

std::vector<Pem> FindPem(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  std::vector<Pem> out;
  size_t next = 0;
  for (size_t at = text.find(kBegin); at != std::string_view::npos; at = next) {
    next = text.find(kBegin, at + kBegin.size());
    const size_t label_end = text.find("-----", at + kBegin.size());
    if (label_end == std::string_view::npos || label_end - at > 80) continue;
    Pem pem;
    pem.label = text.substr(at + kBegin.size(), label_end - at - kBegin.size());
    const size_t body = label_end + 5;
    if (body > next) continue;
    const std::string_view window = text.substr(body, std::min(kMaxPem, std::min(next, text.size()) - body));  // no block holds the beginning of another
    const size_t close = window.find("-----END ");
    if (close == std::string_view::npos) continue;
    pem.begin = at;
    pem.end = std::min(text.size(), body + close + 9 + pem.label.size() + 5);
    std::string base64;
    std::string_view rest = window.substr(0, close);
    while (!rest.empty()) {
      // A line ends at a line break, or at "\n" written out in a string of some language, or at its quotes.
      size_t end = rest.find_first_of("\n\\\"'");
      const std::string_view line = rest.substr(0, end);
      if (line.find(':') != std::string_view::npos) pem.headers += std::string(line) + "\n";
      else if (!line.starts_with('=') && !line.starts_with("    =")) {
        for (const char c : line) {
          if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/') base64 += c;
        }
      }
      if (end == std::string_view::npos) break;
      if (rest[end] == '\\' && end + 1 < rest.size() && (rest[end + 1] == 'n' || rest[end + 1] == 'r')) ++end;
      rest.remove_prefix(end + 1);
    }
    pem.der = DecodeBase64(base64);
    out.push_back(std::move(pem));
  }
  return out;
}

std::vector<KeyBlock> FindKeys(std::string_view text) {
  std::vector<KeyBlock> out;
  for (const Pem& pem : FindPem(text)) {
    if (pem.label.find("PRIVATE KEY") != std::string::npos) out.push_back(ReadBlock(pem));
  }
  FindPutty(text, out);
  return out;
}

std::vector<CertificateBlock> FindCertificates(std::string_view text) {
  std::vector<CertificateBlock> out;
  for (const Pem& pem : FindPem(text)) {
    if (pem.label == "CERTIFICATE" || pem.label == "TRUSTED CERTIFICATE") out.push_back({PublicPart(pem.der), pem.begin, pem.end});
  }
  return out;
}

}  // namespace checkrein::release
