#include "audit/merkle.h"

#include <algorithm>

#include "base/bytes.h"
#include "gtest/gtest.h"

namespace checkrein::audit {
namespace {

// The inputs that implementations of RFC 6962 have always tested with, and their roots for 1 to 8 leaves as computed by
// golang.org/x/mod/sumdb/tlog.
const char* const kInputs[] = {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const char* const kRoots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

std::vector<Digest> Leaves(size_t n) {
  std::vector<Digest> out;
  for (size_t i = 0; i < n; ++i) {
    const std::optional<Bytes> input = HexDecode(i < 8 ? kInputs[i] : "ff");
    out.push_back(LeafHash(std::string(AsText(*input)) + (i < 8 ? "" : std::to_string(i))));
  }
  return out;
}

// MTH of RFC 6962 2.1 written down as the document has it: the second opinion.
Digest PlainRoot(std::span<const Digest> leaves) {
  if (leaves.empty()) return EmptyRoot();
  if (leaves.size() == 1) return leaves[0];
  size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  return NodeHash(PlainRoot(leaves.first(k)), PlainRoot(leaves.subspan(k)));
}

SubtreeHash Over(const std::vector<Digest>& leaves) {
  return [&leaves](uint64_t begin, unsigned level) -> Result<Digest> {
    if (begin % (uint64_t{1} << level) != 0 || begin + (uint64_t{1} << level) > leaves.size()) return Error{Error::Kind::kInternal, "no such subtree"};
    return PlainRoot(std::span(leaves).subspan(begin, size_t{1} << level));
  };
}

TEST(Merkle, ClassicVectors) {
  EXPECT_EQ(HexEncode(EmptyRoot()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::vector<Digest> leaves = Leaves(8);
  RightEdge edge;
  EXPECT_EQ(edge.Root(), EmptyRoot());
  for (size_t n = 0; n < 8; ++n) {
    edge.Append(leaves[n]);
    EXPECT_EQ(edge.size(), n + 1);
    EXPECT_EQ(HexEncode(edge.Root()), kRoots[n]);
  }
}

TEST(Merkle, RightEdgeNeedsAsManyHashesAsBits) {
  RightEdge edge;
  for (const Digest& leaf : Leaves(7)) edge.Append(leaf);
  EXPECT_EQ(RightEdge::From(7, edge.hashes()), edge);
  EXPECT_FALSE(RightEdge::From(8, edge.hashes()));
  EXPECT_FALSE(RightEdge::From(0, edge.hashes()));
  EXPECT_TRUE(RightEdge::From(0, {}));
}

TEST(Merkle, EveryProofUpToSeventyHoldsAndNoAlteredOne) {
  const std::vector<Digest> leaves = Leaves(70);
  for (size_t size = 1; size <= 70; ++size) {
    const Digest root = PlainRoot(std::span(leaves).first(size));
    for (size_t index = 0; index < size; ++index) {
      Result<std::vector<Digest>> proof = InclusionProof(index, size, Over(leaves));
      ASSERT_TRUE(proof) << proof.error().text;
      ASSERT_TRUE(VerifyInclusion(leaves[index], index, size, *proof, root)) << index << " in " << size;
      ASSERT_FALSE(VerifyInclusion(leaves[(index + 1) % 70], index, size, *proof, root));
      ASSERT_FALSE(VerifyInclusion(leaves[index], size, size, *proof, root));
      if (size > 1) {
        ASSERT_FALSE(VerifyInclusion(leaves[index], (index + 1) % size, size, *proof, root));
      }
      for (Digest& hash : *proof) {
        hash[3] ^= 1;
        ASSERT_FALSE(VerifyInclusion(leaves[index], index, size, *proof, root));
        hash[3] ^= 1;
      }
      proof->push_back(root);
      ASSERT_FALSE(VerifyInclusion(leaves[index], index, size, *proof, root));
      proof->pop_back();
      if (!proof->empty()) proof->pop_back();
      ASSERT_EQ(VerifyInclusion(leaves[index], index, size, *proof, root), size == 1);
    }
  }
}

TEST(Merkle, EveryConsistencyProofUpToFortyHoldsAndNoAlteredOne) {
  const std::vector<Digest> leaves = Leaves(40);
  for (size_t now = 0; now <= 40; ++now) {
    for (size_t old = 0; old <= now; ++old) {
      const Digest old_root = PlainRoot(std::span(leaves).first(old));
      const Digest new_root = PlainRoot(std::span(leaves).first(now));
      Result<std::vector<Digest>> proof = ConsistencyProof(old, now, Over(leaves));
      ASSERT_TRUE(proof) << proof.error().text;
      ASSERT_TRUE(VerifyConsistency(old, old_root, now, new_root, *proof)) << old << " to " << now;
      Digest other = new_root;
      other[0] ^= 1;
      ASSERT_EQ(VerifyConsistency(old, old_root, now, other, *proof), old == 0 && now > 0);  // every tree extends the empty one
      other = old_root;
      other[0] ^= 1;
      ASSERT_FALSE(VerifyConsistency(old, other, now, new_root, *proof));
      for (Digest& hash : *proof) {
        hash[9] ^= 1;
        ASSERT_FALSE(VerifyConsistency(old, old_root, now, new_root, *proof));
        hash[9] ^= 1;
      }
      proof->push_back(new_root);
      ASSERT_FALSE(VerifyConsistency(old, old_root, now, new_root, *proof));
    }
  }
}

TEST(Merkle, EqualSizesAreDecidedByTheRoots) {
  const Digest root = Leaves(1)[0];
  EXPECT_TRUE(VerifyConsistency(1, root, 1, root, {}));
  EXPECT_FALSE(VerifyConsistency(1, root, 1, EmptyRoot(), {}));
  EXPECT_FALSE(VerifyConsistency(2, root, 1, root, {}));
}

TEST(Merkle, ProofsOfWhatIsNotThereAreRefused) {
  const std::vector<Digest> leaves = Leaves(4);
  EXPECT_FALSE(InclusionProof(4, 4, Over(leaves)));
  EXPECT_FALSE(InclusionProof(0, 5, Over(leaves))) << "the source's error comes through";
  EXPECT_FALSE(ConsistencyProof(3, 2, Over(leaves)));
  EXPECT_FALSE(ConsistencyProof(3, 8, Over(leaves)));
  EXPECT_FALSE(ConsistencyProof(5, 7, Over(leaves)));
}

}  // namespace
}  // namespace checkrein::audit
