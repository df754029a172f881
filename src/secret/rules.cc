#include "secret/rule.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

namespace checkrein::secret {
namespace {

constexpr size_t kEntropySample = 64;
constexpr size_t kMaxChecked = 256;       // characters that a check looks at, so that a long run costs no more
constexpr size_t kMaxJwtChecked = 16384;

// header.payload.signature, each base64url; the signature may be empty.
bool LooksLikeJwt(std::string_view body) {
  body = body.substr(0, kMaxJwtChecked);
  const size_t first = body.find('.');
  if (first == std::string_view::npos || first < 10) return false;
  const size_t second = body.find('.', first + 1);
  return second != std::string_view::npos && second - first > 10;
}

// Two parts of 22 and 43 characters.
bool LooksLikeSendgrid(std::string_view body) { return body.substr(0, 23).find('.') == 22; }

// Upper case and a digit; or, for some keys are of letters alone, upper and lower case in such a mix as no name has.
bool LooksDrawn(std::string_view body) {
  body = body.substr(0, kMaxChecked);
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::none_of(body.begin(), body.end(), upper)) return false;
  if (std::any_of(body.begin(), body.end(), [](char c) { return c >= '0' && c <= '9'; })) return true;
  size_t changes = 0;
  for (size_t i = 1; i < body.size(); ++i) changes += upper(body[i]) != upper(body[i - 1]) ? size_t{1} : size_t{0};
  if (!std::all_of(body.begin(), body.end(), [](char c) { return In(Charset::kAlnum, c); })) return false;
  return changes * 4 >= body.size() || (changes * 7 >= body.size() && Entropy(body) >= 43);
}

bool HasDigit(std::string_view body) {
  body = body.substr(0, kMaxChecked);
  return std::any_of(body.begin(), body.end(), [](char c) { return c >= '0' && c <= '9'; });
}

using C = Charset;
using B = Boundary;

// The rows: lengths and alphabets as the issuers document or as their tokens are seen to be. Minimal lengths err low: a token cut short by
// a screen or a limit is still worth hiding. "private-key" has its own scanner: a block of lines.
constexpr Rule kRules[] = {
#include "rule_table.inc"
};

constexpr PrefixIndex MakeIndex() {
  PrefixIndex out;
  size_t count = 0;
  for (size_t byte = 0; byte < 256; ++byte) {
    out.first[byte] = static_cast<uint8_t>(count);
    for (size_t row = 0; row < std::size(kRules); ++row) {
      for (const std::string_view prefix : kRules[row].prefixes) {
        if (static_cast<uint8_t>(prefix[0]) != byte) continue;
        out.entries[count++] = {prefix, static_cast<uint8_t>(row)};
        const size_t slot = PrefixIndex::Slot(prefix[0], prefix[1]);
        out.starts[slot / 64] |= uint64_t{1} << (slot % 64);
      }
    }
  }
  out.first[256] = static_cast<uint8_t>(count);
  return out;
}

}  // namespace

const PrefixIndex& Prefixes() {
  static constexpr PrefixIndex kIndex = MakeIndex();
  return kIndex;
}

std::span<const Rule> Rules() { return kRules; }

const Rule& RuleById(std::string_view id) {
  for (const Rule& rule : kRules) {
    if (rule.id == id) return rule;
  }
  std::abort();
}

int Entropy(std::string_view text) {
  text = text.substr(0, kEntropySample);
  if (text.empty()) return 0;
  uint8_t counts[256] = {};
  for (const char c : text) ++counts[static_cast<uint8_t>(c)];
  double bits = 0;
  const double size = static_cast<double>(text.size());
  for (const char c : text) {
    uint8_t& count = counts[static_cast<uint8_t>(c)];
    if (count == 0) continue;  // counted with an earlier one
    const double share = count / size;
    bits -= share * std::log2(share);
    count = 0;
  }
  return static_cast<int>(bits * 10);
}

}  // namespace checkrein::secret
