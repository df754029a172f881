#include "secret/alphabets.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace checkrein::secret {
namespace {

constexpr size_t kBlock = 64;

// One bit for each of 64 bytes: whether it is of base64.
uint64_t Base64Mask(const char* block) {
  uint64_t out = 0;
#if defined(__SSE2__)
  const auto at_most = [](__m128i v, char limit) { return _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(limit)), v); };
  for (size_t i = 0; i < kBlock; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + i));
    const __m128i letters = at_most(_mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a')), 25);
    // '+' ',' '-' '.' '/' '0' ... '9' follow one another; two of them are not meant.
    const __m128i rest = at_most(_mm_sub_epi8(bytes, _mm_set1_epi8('+')), '9' - '+');
    const __m128i not_meant = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(',')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('.')));
    const __m128i all = _mm_or_si128(_mm_or_si128(letters, _mm_andnot_si128(not_meant, rest)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')));
    out |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(all))) << i;
  }
#else
  for (size_t i = 0; i < kBlock; ++i) out |= static_cast<uint64_t>(InBase64(block[i])) << i;
#endif
  return out;
}

// The same of a text's 64 bytes at `at`, or what is left of them.
uint64_t MaskAt(std::string_view text, size_t at) {
  if (text.size() - at >= kBlock) return Base64Mask(text.data() + at);
  std::array<char, kBlock> last{};
  std::memcpy(last.data(), text.data() + at, text.size() - at);
  return Base64Mask(last.data());
}

// The bits behind which `length` bits are set, themselves among them.
uint64_t RunsOf(uint64_t mask, size_t length) {
  size_t have = 1;
  for (; have * 2 <= length; have *= 2) mask &= mask >> have;
  return have < length ? mask & mask >> (length - have) : mask;
}

}  // namespace

size_t NextBase64Run(std::string_view text, size_t from, size_t length) {
  size_t before = 0;  // characters of a run that reaches up to the block
  for (size_t at = from; at < text.size(); at += kBlock) {
    const uint64_t mask = MaskAt(text, at);
    if (before + static_cast<size_t>(std::countr_one(mask)) >= length) return at - before;
    if (const uint64_t runs = RunsOf(mask, length); runs != 0) return at + static_cast<size_t>(std::countr_zero(runs));
    before = mask == ~uint64_t{0} ? before + kBlock : static_cast<size_t>(std::countl_one(mask));
  }
  return std::string_view::npos;
}

size_t EndOfBase64(std::string_view text, size_t from) {
  for (size_t at = from; at < text.size(); at += kBlock) {
    const uint64_t mask = MaskAt(text, at);
    if (mask != ~uint64_t{0}) return at + static_cast<size_t>(std::countr_one(mask));
  }
  return text.size();
}

void AddBase64(std::string_view run, std::string& out) {
  size_t size = out.size();
  out.resize(size + run.size() / 4 * 3 + 3);
  size_t at = 0;
  // Four characters at once, as long as each is of the alphabet.
  for (; at + 4 <= run.size(); at += 4, size += 3) {
    const int all = Base64Value(run[at]) * (1 << 18) + Base64Value(run[at + 1]) * (1 << 12) + Base64Value(run[at + 2]) * (1 << 6) + Base64Value(run[at + 3]);
    if ((Base64Value(run[at]) | Base64Value(run[at + 1]) | Base64Value(run[at + 2]) | Base64Value(run[at + 3])) < 0) break;
    out[size] = static_cast<char>(all >> 16);
    out[size + 1] = static_cast<char>(all >> 8);
    out[size + 2] = static_cast<char>(all);
  }
  uint32_t bits = 0;
  int have = 0;
  for (; at < run.size(); ++at) {
    const int value = Base64Value(run[at]);
    if (value < 0) continue;
    bits = bits << 6 | static_cast<uint32_t>(value);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out[size++] = static_cast<char>(bits >> have);
  }
  out.resize(size);
}

void AddHex(std::string_view run, std::string& out) {
  for (size_t i = 0; i + 1 < run.size(); i += 2) out += static_cast<char>(HexValue(run[i]) << 4 | HexValue(run[i + 1]));
}

}  // namespace checkrein::secret
