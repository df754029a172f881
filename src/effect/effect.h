// The vocabulary that every module shares: what an action does to the world.
//
// An effect is an operation on an object, written `op:object` (docs/format/verdict.md):
//   read:/etc/hosts   exec:/usr/bin/curl   connect:a.example:443   unknown:stdin-script
// Paths are absolute and normalised; an object that cannot be known is `?`; a set by prefix ends in `/**`.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein {

enum class Op : uint8_t { kRead, kWrite, kDelete, kExec, kConnect, kListen, kPrivilege, kInstall, kPush, kTool, kConfigure, kUnknown };
inline constexpr Op kAllOps[] = {Op::kRead,      Op::kWrite,   Op::kDelete, Op::kExec, Op::kConnect,   Op::kListen,
                                 Op::kPrivilege, Op::kInstall, Op::kPush,   Op::kTool, Op::kConfigure, Op::kUnknown};

std::string_view OpName(Op op);                          // "read"
std::optional<Op> OpFromName(std::string_view name);

// Half-open range of bytes of the source text (a shell command), for explanations.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
  auto operator<=>(const Span&) const = default;
};

struct Effect {
  Op op = Op::kUnknown;
  std::string object = "?";
  std::vector<Span> cause;  // the words that cause it; empty where there is no source text. Not part of equality.

  bool operator==(const Effect& other) const { return op == other.op && object == other.object; }
  auto operator<=>(const Effect& other) const {
    if (const auto order = op <=> other.op; order != 0) return order;
    return object <=> other.object;
  }
};

std::string ToString(const Effect& effect);                      // "read:/etc/hosts"
std::optional<Effect> EffectFromString(std::string_view text);   // nothing when the op is not one of ours or the object is empty

// How much of the action the prediction covers. Zero is the least, so that what was not set claims nothing.
enum class Coverage : uint8_t {
  kOpaque,   // something in it can do anything: an `unknown` effect says what
  kPartial,  // every program is known, but some option, object or input is not
  kFull,     // everything it does is in the effects
};
std::string_view CoverageName(Coverage coverage);
std::optional<Coverage> CoverageFromName(std::string_view name);
inline Coverage Least(Coverage a, Coverage b) { return a < b ? a : b; }

// Distinct effects in the order in which they were found. Adding one twice joins the causes.
class EffectSet {
 public:
  void Add(Effect effect);
  void Add(Op op, std::string object, Span cause);
  void AddAll(const EffectSet& other);
  bool Contains(const Effect& effect) const;
  const std::vector<Effect>& all() const { return effects_; }
  bool empty() const { return effects_.empty(); }
  size_t size() const { return effects_.size(); }

 private:
  std::vector<Effect> effects_;
  std::vector<uint32_t> order_;  // a hash table: 1 + an index into effects_, or 0. Add costs the same for 10,000 commands as for one
};

}  // namespace checkrein
