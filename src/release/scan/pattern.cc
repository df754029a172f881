#include "release/scan/pattern.h"

#include <algorithm>

#include "release/rules/expression.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace checkrein::release {
namespace {

constexpr uint32_t kMaxGroups = 64;
constexpr uint64_t kCallout = 16;   // steps that being called costs

PCRE2_SPTR Units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

}  // namespace

struct Matcher::Impl {
  pcre2_match_data* data = pcre2_match_data_create(kMaxGroups, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(32u << 10, Pattern::kJitStack, nullptr);
  uint64_t steps = 0, most = UINT64_MAX;
  size_t start = Matcher::kNone;   // where the attempt began that was last heard of
  size_t reach = 0;                // and how far it came
  size_t attempts = 0;             // of this match

  // How far each attempt to match has come (expression.h says where this is called): an attempt that fails behind 64 KiB of one character
  // costs 64 KiB, and may be made at every fourth byte of them.
  static int Count(pcre2_callout_block* block, void* impl) {
    Impl& self = *static_cast<Impl*>(impl);
    if (block->start_match != self.start) {
      self.start = self.reach = block->start_match;
      ++self.attempts;
      if (block->callout_number == 2 && self.attempts > 1) self.steps += 2 * (block->subject_length - block->current_position);
    }
    if (block->current_position > self.reach) {
      self.steps += block->current_position - self.reach;
      self.reach = block->current_position;
    }
    self.steps += kCallout;
    return self.steps > self.most ? PCRE2_ERROR_CALLOUT : 0;
  }
  Impl() {
    pcre2_set_match_limit(context, Pattern::kMatchLimit);
    pcre2_set_callout(context, Count, this);
    pcre2_jit_stack_assign(context, nullptr, stack);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_jit_stack_free(stack);
  }
};

void Matcher::Allow(uint64_t most) {
  impl_->steps = 0;
  impl_->most = most;
}
uint64_t Matcher::steps() const { return impl_->steps; }

Matcher::Matcher() : impl_(std::make_unique<Impl>()) {}
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher::~Matcher() = default;

size_t Matcher::begin(size_t group) const {
  if (group >= groups_) return kNone;
  const size_t at = pcre2_get_ovector_pointer(impl_->data)[2 * group];
  return at == PCRE2_UNSET ? kNone : at;
}

size_t Matcher::end(size_t group) const {
  if (group >= groups_) return kNone;
  const size_t at = pcre2_get_ovector_pointer(impl_->data)[2 * group + 1];
  return at == PCRE2_UNSET ? kNone : at;
}

void Pattern::Free::operator()(void* code) const { pcre2_code_free(static_cast<pcre2_code*>(code)); }
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::Compile(std::string_view regex) {
  int error = 0;
  PCRE2_SIZE at = 0;
  Pattern out;
  pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
  pcre2_set_newline(context, PCRE2_NEWLINE_LF);
  pcre2_code* code = pcre2_compile(Units(regex), regex.size(), PCRE2_DOLLAR_ENDONLY | PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C, &error, &at, context);
  pcre2_compile_context_free(context);
  if (code == nullptr) {
    PCRE2_UCHAR text[160] = {};
    pcre2_get_error_message(error, text, sizeof text);
    return Error{Error::Kind::kInvalid, "regular expression \"" + std::string(regex) + "\": " + reinterpret_cast<const char*>(text) + " at " + std::to_string(at)};
  }
  out.code_.reset(code);
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // where there is no JIT the interpreter does, under the same limits
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &out.captures_);
  if (out.captures_ >= kMaxGroups) return Error{Error::Kind::kUnsupported, "regular expression \"" + std::string(regex) + "\": more than 63 groups"};
  return out;
}

Pattern::Outcome Pattern::Match(Matcher& matcher, std::string_view text, size_t from, size_t last, size_t end) const {
  matcher.impl_->start = Matcher::kNone;
  matcher.impl_->attempts = 0;
  pcre2_set_offset_limit(matcher.impl_->context, last);
  const uint32_t options = end < text.size() ? PCRE2_NOTEOL : 0;
  const int got = pcre2_match(static_cast<const pcre2_code*>(code_.get()), Units(text), std::min(end, text.size()), from, options, matcher.impl_->data, matcher.impl_->context);
  matcher.groups_ = got > 0 ? static_cast<size_t>(got) : 0;
  if (got > 0) return Outcome::kMatch;
  return got == PCRE2_ERROR_NOMATCH ? Outcome::kNone : Outcome::kLimit;
}

const Pattern* LazyPattern::Get() {
  if (pattern_ == nullptr && !failed_) {
    Result<Pattern> compiled = Pattern::Compile(steps_ == Steps::kCounted ? ReadExpression(regex_).counted : regex_);
    if (compiled) pattern_ = std::make_unique<Pattern>(std::move(*compiled));
    else failed_ = true;
  }
  return pattern_.get();
}

}  // namespace checkrein::release
