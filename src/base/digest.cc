#include "base/digest.h"

#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/sha256.h"

namespace checkrein {

Digest Sha256(std::span<const uint8_t> bytes) {
  if (internal::HasSha256Instructions()) {
    internal::Sha256ByInstructions sha;
    sha.Add(bytes);
    return sha.Finish();
  }
  Digest out;
  crypto_hash_sha256(out.data(), bytes.data(), bytes.size());
  return out;
}

Digest Sha256(std::initializer_list<std::span<const uint8_t>> parts) {
  if (internal::HasSha256Instructions()) {
    internal::Sha256ByInstructions sha;
    for (const auto part : parts) sha.Add(part);
    return sha.Finish();
  }
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const auto part : parts) crypto_hash_sha256_update(&state, part.data(), part.size());
  Digest out;
  crypto_hash_sha256_final(&state, out.data());
  return out;
}

Digest HmacSha256(const Digest& key, std::span<const uint8_t> bytes) {
  static_assert(crypto_auth_hmacsha256_KEYBYTES == sizeof(Digest) && crypto_auth_hmacsha256_BYTES == sizeof(Digest));
  Digest out;
  crypto_auth_hmacsha256(out.data(), bytes.data(), bytes.size(), key.data());
  return out;
}

SigningKey SigningKey::FromSeed(const Digest& seed) {
  static_assert(crypto_sign_SEEDBYTES == sizeof(Digest) && crypto_sign_SECRETKEYBYTES == 64);
  SigningKey key;
  crypto_sign_seed_keypair(key.public_.data(), key.secret_.data(), seed.data());
  return key;
}

SigningKey::SigningKey(SigningKey&& other) noexcept : public_(other.public_), secret_(other.secret_) {
  sodium_memzero(other.secret_.data(), other.secret_.size());
}

SigningKey::~SigningKey() { sodium_memzero(secret_.data(), secret_.size()); }

Signature SigningKey::Sign(std::span<const uint8_t> message) const {
  Signature out;
  crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), secret_.data());
  return out;
}

bool VerifySignature(const PublicKey& key, std::span<const uint8_t> message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

void FillRandom(std::span<uint8_t> out) {
  constexpr size_t kAtOnce = 256;  // getentropy(3) gives no more
  for (; !out.empty(); out = out.subspan(std::min(kAtOnce, out.size())))
    if (getentropy(out.data(), std::min(kAtOnce, out.size())) != 0) std::abort();
}

bool SecretEqual(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace checkrein
