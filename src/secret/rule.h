// The table of what is a secret: one row per rule, made of data/rules/secrets.toml (tools/rule_table.cc), which the release gate reads, too.
//
//   for (const Rule& rule : Rules()) std::puts(rule.text);
//
// A row with prefixes is found by them; a row without is found by what stands around it (context.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace checkrein::secret {

// What the characters behind a prefix may be.
enum class Charset : uint8_t {
  kAlnum,      // A-Z a-z 0-9
  kWord,       // the same and _ -
  kDotted,     // the same and .
  kHex,        // 0-9 a-f A-F
  kUpper,      // A-Z 0-9
  kBase64,     // A-Z a-z 0-9 + / =
};

namespace internal {
constexpr std::array<uint8_t, 256> MakeCharsets() {  // one bit for each charset
  std::array<uint8_t, 256> out{};
  for (int i = 0; i < 256; ++i) {
    const bool digit = i >= '0' && i <= '9';
    const bool upper = i >= 'A' && i <= 'Z';
    const bool lower = i >= 'a' && i <= 'z';
    const bool alnum = digit || upper || lower;
    const bool word = alnum || i == '_' || i == '-';
    const bool hex = digit || (i >= 'a' && i <= 'f') || (i >= 'A' && i <= 'F');
    const bool base64 = word || i == '+' || i == '/' || i == '=';
    out[static_cast<size_t>(i)] = static_cast<uint8_t>((alnum ? 1 : 0) | (word ? 2 : 0) | (word || i == '.' ? 4 : 0) | (hex ? 8 : 0) | (digit || upper ? 16 : 0) | (base64 ? 32 : 0));
  }
  return out;
}
inline constexpr std::array<uint8_t, 256> kCharsets = MakeCharsets();
}  // namespace internal

constexpr bool In(Charset charset, char c) { return (internal::kCharsets[static_cast<uint8_t>(c)] >> static_cast<int>(charset) & 1) != 0; }

enum class Boundary : uint8_t {
  kNone,   // the prefix is telling wherever it stands
  kWord,   // only at the beginning of a word: a letter or digit before it makes it something else
};

// Up to ten literals.
class Literals {
 public:
  template <typename... T>
  constexpr Literals(T... literals) : items_{std::string_view(literals)...}, count_(sizeof...(T)) {}
  constexpr const std::string_view* begin() const { return items_; }
  constexpr const std::string_view* end() const { return items_ + count_; }
  constexpr bool empty() const { return count_ == 0; }

 private:
  std::string_view items_[10];
  size_t count_;
};

struct Rule {
  std::string_view id;                             // stable: "github-token"
  std::string_view text;                     // what it is, for a person
  Literals prefixes;
  Charset charset = Charset::kWord;
  uint16_t min_length = 0;                   // of what follows the prefix
  uint16_t max_length = 0;                   // longer is no match (0: no limit)
  uint8_t min_entropy = 0;                   // of what follows, tenths of a bit per character: keeps out "xxxx..."
  Boundary boundary = Boundary::kNone;
  bool (*check)(std::string_view body) = nullptr;  // more to be asked of what follows
};

// Most telling first: where findings overlap, the first row names the whole.
std::span<const Rule> Rules();

// The row of a rule that has no prefixes; aborts when there is none (a programmer's mistake).
const Rule& RuleById(std::string_view id);

// The prefixes of the table by their first byte; `starts` tells which pairs of bytes begin one: nearly every position of a text is
// settled by one look there.
struct PrefixIndex {
  struct Entry {
    std::string_view prefix;
    uint8_t rule = 0;  // its row
  };
  static constexpr size_t kMaxEntries = 160;
  uint64_t starts[65536 / 64] = {};
  Entry entries[kMaxEntries] = {};   // within one first byte in the order of the table
  uint8_t first[257] = {};           // entries of byte b: first[b]..first[b + 1]

  static constexpr size_t Slot(char a, char b) { return static_cast<size_t>(static_cast<uint8_t>(a)) << 8 | static_cast<uint8_t>(b); }
  constexpr bool MayStart(char a, char b) const { return (starts[Slot(a, b) / 64] >> (Slot(a, b) % 64) & 1) != 0; }
  std::span<const Entry> By(char a) const {
    const size_t byte = static_cast<uint8_t>(a);
    return std::span(entries).subspan(first[byte], static_cast<size_t>(first[byte + 1] - first[byte]));
  }
};
const PrefixIndex& Prefixes();

// Shannon's entropy of the first 64 characters, in tenths of a bit per character: 0 for "aaaa", 20 for "abcd".
int Entropy(std::string_view text);

}  // namespace checkrein::secret
