// One regular expression in PCRE2 with its JIT compiler, under limits, read as Go's regexp would: bytes, `$` only at the very end.
//
//   Matcher matcher;                                    // one per thread: match data and JIT stack
//   Result<Pattern> p = Pattern::Compile("AKIA[A-Z2-7]{16}");
//   if (p->Match(matcher, text) == Pattern::Outcome::kMatch) Use(matcher.begin(), matcher.end());
//
// Differences from Go that remain: counts and `.` are of bytes, not of characters; `\s` takes a vertical tab.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace checkrein::release {

// Working memory of matching and the last match. Not thread-safe.
class Matcher {
 public:
  Matcher();
  // The steps of expressions that were compiled to be counted, some two for each nanosecond; a match that would take more than `most` is
  // given up.
  void Allow(uint64_t most);
  uint64_t steps() const;
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) = delete;
  ~Matcher();
  size_t begin(size_t group = 0) const;   // of the last match; kNone when the group took no part
  size_t end(size_t group = 0) const;
  size_t groups() const { return groups_; }  // that took part or may have, the whole one too
  static constexpr size_t kNone = static_cast<size_t>(-1);

 private:
  friend class Pattern;
  struct Impl;
  std::unique_ptr<Impl> impl_;
  size_t groups_ = 0;
};

class Pattern {
 public:
  enum class Outcome : uint8_t { kLimit, kMatch, kNone };  // kLimit: the match was given up, the answer is not known
  static constexpr uint32_t kMatchLimit = 10'000'000;      // steps of one match without JIT; some 0.1 s
  static constexpr size_t kJitStack = 1u << 20;            // bytes

  static Result<Pattern> Compile(std::string_view regex);  // kInvalid: not an expression that PCRE2 takes
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  // The leftmost match that begins at or behind `from`, at most at `last`, in text[0, end). What stands before `from` is seen by `\b`; `$`
  // matches at `end` only when that is the text's end.
  Outcome Match(Matcher& matcher, std::string_view text, size_t from, size_t last, size_t end) const;
  Outcome Match(Matcher& matcher, std::string_view text) const { return Match(matcher, text, 0, text.size(), text.size()); }
  uint32_t captures() const { return captures_; }

 private:
  struct Free {
    void operator()(void* code) const;
  };
  Pattern() = default;
  std::unique_ptr<void, Free> code_;
  uint32_t captures_ = 0;
};

// A pattern that is compiled when it is first needed: 221 of them at once would cost 50 ms.
class LazyPattern {
 public:
  enum class Steps : uint8_t { kFree, kCounted };   // kCounted: without its lazy prefix, and where its steps are counted (expression.h)
  explicit LazyPattern(std::string regex, Steps steps = Steps::kFree) : regex_(std::move(regex)), steps_(steps) {}
  const std::string& regex() const { return regex_; }
  bool compiled() const { return pattern_ != nullptr; }
  // nullptr when it does not compile: rules are tried when they are loaded, so only for want of memory.
  const Pattern* Get();

 private:
  std::string regex_;
  Steps steps_;
  std::unique_ptr<Pattern> pattern_;
  bool failed_ = false;
};

}  // namespace checkrein::release
