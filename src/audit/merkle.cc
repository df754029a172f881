#include "audit/merkle.h"

#include <bit>

namespace checkrein::audit {
namespace {

constexpr uint8_t kLeafPrefix = 0;
constexpr uint8_t kNodePrefix = 1;

// The root over [begin, end), which must start at a multiple of the largest power of two that fits.
Result<Digest> RangeHash(uint64_t begin, uint64_t end, const SubtreeHash& hash) {
  std::vector<Digest> parts;
  while (begin < end) {
    const unsigned level = static_cast<unsigned>(std::bit_width(end - begin)) - 1;
    Result<Digest> part = hash(begin, level);
    if (!part) return part.error();
    parts.push_back(*part);
    begin += uint64_t{1} << level;
  }
  Digest root = parts.back();
  for (size_t i = parts.size() - 1; i-- > 0;) root = NodeHash(parts[i], root);
  return root;
}

// The largest power of two below n, for n >= 2.
uint64_t SplitPoint(uint64_t n) { return std::bit_floor(n - 1); }

}  // namespace

Digest LeafHash(std::string_view record) { return Sha256({std::span(&kLeafPrefix, 1), AsBytes(record)}); }

Digest NodeHash(const Digest& left, const Digest& right) { return Sha256({std::span(&kNodePrefix, 1), std::span(left), std::span(right)}); }

Digest EmptyRoot() { return Sha256(std::string_view()); }

std::optional<RightEdge> RightEdge::From(uint64_t size, std::vector<Digest> hashes) {
  if (hashes.size() != static_cast<size_t>(std::popcount(size))) return std::nullopt;
  RightEdge edge;
  edge.size_ = size;
  edge.hashes_ = std::move(hashes);
  return edge;
}

void RightEdge::Append(const Digest& leaf) {
  hashes_.push_back(leaf);
  for (uint64_t n = size_; (n & 1) != 0; n >>= 1) {
    const Digest right = hashes_.back();
    hashes_.pop_back();
    hashes_.back() = NodeHash(hashes_.back(), right);
  }
  ++size_;
}

Digest RightEdge::Root() const {
  if (hashes_.empty()) return EmptyRoot();
  Digest root = hashes_.back();
  for (size_t i = hashes_.size() - 1; i-- > 0;) root = NodeHash(hashes_[i], root);
  return root;
}

Result<std::vector<Digest>> InclusionProof(uint64_t index, uint64_t size, const SubtreeHash& hash) {
  if (index >= size) return Error{Error::Kind::kInvalid, "inclusion proof: record " + std::to_string(index) + " is not in a log of " + std::to_string(size)};
  std::vector<Digest> proof;  // highest first, turned round at the end
  uint64_t begin = 0;
  uint64_t end = size;
  while (end - begin > 1) {
    const uint64_t middle = begin + SplitPoint(end - begin);
    Result<Digest> sibling = index < middle ? RangeHash(middle, end, hash) : RangeHash(begin, middle, hash);
    if (!sibling) return sibling.error();
    proof.push_back(*sibling);
    (index < middle ? end : begin) = middle;
  }
  return std::vector<Digest>(proof.rbegin(), proof.rend());
}

Result<std::vector<Digest>> ConsistencyProof(uint64_t old_size, uint64_t new_size, const SubtreeHash& hash) {
  if (old_size > new_size) return Error{Error::Kind::kInvalid, "consistency proof: " + std::to_string(old_size) + " is larger than " + std::to_string(new_size)};
  std::vector<Digest> proof;
  if (old_size == 0 || old_size == new_size) return proof;
  uint64_t begin = 0;
  uint64_t end = new_size;
  while (end != old_size) {
    const uint64_t middle = begin + SplitPoint(end - begin);
    const bool left = old_size <= middle;
    Result<Digest> sibling = left ? RangeHash(middle, end, hash) : RangeHash(begin, middle, hash);
    if (!sibling) return sibling.error();
    proof.push_back(*sibling);
    (left ? end : begin) = middle;
  }
  if (begin != 0) {  // the old tree ends inside: its last part is no subtree that the verifier knows
    Result<Digest> last = RangeHash(begin, end, hash);
    if (!last) return last.error();
    proof.push_back(*last);
  }
  return std::vector<Digest>(proof.rbegin(), proof.rend());
}

bool VerifyInclusion(const Digest& leaf, uint64_t index, uint64_t size, std::span<const Digest> proof, const Digest& root) {
  if (index >= size) return false;
  uint64_t at = index;
  uint64_t last = size - 1;
  Digest hash = leaf;
  for (const Digest& sibling : proof) {
    if (last == 0) return false;
    if ((at & 1) != 0 || at == last) {
      hash = NodeHash(sibling, hash);
      while ((at & 1) == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

bool VerifyConsistency(uint64_t old_size, const Digest& old_root, uint64_t new_size, const Digest& new_root, std::span<const Digest> proof) {
  if (old_size > new_size) return false;
  if (old_size == new_size) return proof.empty() && old_root == new_root;
  if (old_size == 0) return proof.empty() && old_root == EmptyRoot();
  uint64_t at = old_size - 1;
  uint64_t last = new_size - 1;
  while ((at & 1) != 0) {
    at >>= 1;
    last >>= 1;
  }
  // A whole power of two is its own first hash; otherwise the proof brings it.
  if (at != 0 && proof.empty()) return false;
  Digest old_hash = at == 0 ? old_root : proof.front();
  Digest new_hash = old_hash;
  for (const Digest& sibling : at == 0 ? proof : proof.subspan(1)) {
    if (last == 0) return false;
    if ((at & 1) != 0 || at == last) {
      old_hash = NodeHash(sibling, old_hash);
      new_hash = NodeHash(sibling, new_hash);
      while ((at & 1) == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = NodeHash(new_hash, sibling);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == old_root && new_hash == new_root;
}

}  // namespace checkrein::audit
