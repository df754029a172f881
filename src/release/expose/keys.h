// Private keys, really parsed: whether somebody who has the file can use it.
//
//   for (const KeyBlock& key : FindKeys(text)) if (key.usable) ...
//
// PEM (PKCS#1, PKCS#8, SEC 1, DSA; encrypted in both ways), OpenSSH, PuTTY, OpenPGP, and certificates, so that a key and its certificate
// find each other. DER is read to the depth and length it needs and no further.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace checkrein::release {

struct KeyBlock {
  enum class State : unsigned char {
    kBroken,       // looks like a key and does not parse: an example, cut off, or something else
    kEncrypted,    // needs a pass phrase
    kUsable,
  };
  State state = State::kBroken;
  std::string kind;          // "RSA, 2048 bits", "EC P-256", "Ed25519", "OpenSSH"
  std::string public_part;   // what certificate and key have in common, as raw bytes; "" when not known
  size_t begin = 0, end = 0; // in the text
};

struct CertificateBlock {
  std::string public_part;
  size_t begin = 0, end = 0;
};

std::vector<KeyBlock> FindKeys(std::string_view text);
std::vector<CertificateBlock> FindCertificates(std::string_view text);

// DER of a PKCS#8 or PKCS#1 key in its own file (.der, .p8, .key): kBroken when it is none.
KeyBlock ReadKeyDer(std::string_view der);

// Everything behind "-----BEGIN X-----" up to its end line, its headers and line breaks taken out, decoded.
struct Pem {
  std::string label;       // "RSA PRIVATE KEY"
  std::string headers;
  std::string der;
  size_t begin = 0, end = 0;
};
std::vector<Pem> FindPem(std::string_view text);

}  // namespace checkrein::release
