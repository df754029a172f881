// The Merkle tree of RFC 6962 section 2.1: hashes, the right edge that an appender carries, proofs and their verification.
//
//   RightEdge edge;
//   edge.Append(LeafHash("record"));
//   Digest root = edge.Root();
//
// Pure functions over values; verification takes untrusted input and never aborts on it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace checkrein::audit {

Digest LeafHash(std::string_view record);                   // SHA-256(0x00 || record)
Digest NodeHash(const Digest& left, const Digest& right);   // SHA-256(0x01 || left || right)
Digest EmptyRoot();                                         // SHA-256("")

// The roots of the perfect subtrees that make up a tree of `size` leaves, largest first: one per bit set in `size`. All that is
// needed to go on appending and to compute the root.
class RightEdge {
 public:
  RightEdge() = default;
  // Nothing when the number of hashes is not the number of bits set in `size`.
  static std::optional<RightEdge> From(uint64_t size, std::vector<Digest> hashes);

  uint64_t size() const { return size_; }
  const std::vector<Digest>& hashes() const { return hashes_; }
  void Append(const Digest& leaf);
  Digest Root() const;

  bool operator==(const RightEdge&) const = default;

 private:
  uint64_t size_ = 0;
  std::vector<Digest> hashes_;
};

// Gives the root of the perfect subtree over leaves [begin, begin + 2^level); `begin` is a multiple of 2^level.
using SubtreeHash = std::function<Result<Digest>(uint64_t begin, unsigned level)>;

// PATH and PROOF of RFC 6962 2.1.1 and 2.1.2, lowest hash first. kInvalid when index >= size or old_size > new_size.
Result<std::vector<Digest>> InclusionProof(uint64_t index, uint64_t size, const SubtreeHash& hash);
Result<std::vector<Digest>> ConsistencyProof(uint64_t old_size, uint64_t new_size, const SubtreeHash& hash);

// RFC 9162 2.1.3.2 and 2.1.4.2. Equal sizes hold when the roots are equal and the proof is empty; an old size of 0 holds with the
// empty root and an empty proof.
bool VerifyInclusion(const Digest& leaf, uint64_t index, uint64_t size, std::span<const Digest> proof, const Digest& root);
bool VerifyConsistency(uint64_t old_size, const Digest& old_root, uint64_t new_size, const Digest& new_root, std::span<const Digest> proof);

}  // namespace checkrein::audit
