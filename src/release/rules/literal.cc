#include "release/rules/literal.h"

#include <algorithm>
#include <cstdint>

namespace checkrein::release {
namespace {

constexpr int kMaxDepth = 64;  // groups in groups

// What is known of one part: the literal that runs from its start, that runs to its end, and the best inside.
struct Part {
  size_t head = 0, tail = 0, best = 0;
  bool whole = false;   // nothing but the literal: head == tail == best == its length
};

Part Join(const Part& a, const Part& b) {
  Part out;
  out.best = std::max({a.best, b.best, a.tail + b.head});
  out.whole = a.whole && b.whole;
  out.head = a.whole ? a.best + b.head : a.head;
  out.tail = b.whole ? b.best + a.tail : b.tail;
  if (out.whole) out.head = out.tail = out.best = a.best + b.best;
  return out;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}
  Part Alternatives(int depth) {
    Part out = Sequence(depth);
    while (at_ < text_.size() && text_[at_] == '|') {
      ++at_;
      const Part other = Sequence(depth);
      // Either may be the one: what is certain is the shorter of both.
      out = {0, 0, std::min(out.best, other.best), false};
    }
    return out;
  }
  bool failed() const { return failed_ || at_ != text_.size(); }

 private:
  Part Sequence(int depth) {
    Part out{0, 0, 0, true};
    while (at_ < text_.size() && text_[at_] != '|' && text_[at_] != ')') {
      Part atom = Atom(depth);
      const size_t least = Repeats();
      if (least == 0) atom = {0, 0, 0, false};
      else if (least != 1 || varied_) atom.whole = false;
      if (failed_) return {};
      out = Join(out, atom);
    }
    return out;
  }
  Part Atom(int depth) {
    const char c = text_[at_++];
    if (c == '(') return Group(depth);
    if (c == '[') return Class();
    if (c == '\\') return Escape();
    if (c == '^' || c == '$') return {0, 0, 0, true};
    if (c == '.') return {0, 0, 0, false};
    return {1, 1, 1, true};
  }
  Part Group(int depth) {
    if (depth >= kMaxDepth) failed_ = true;
    if (failed_) return {};
    if (at_ < text_.size() && text_[at_] == '?') {
      const size_t close = text_.find_first_of(":)>", at_);
      if (close == std::string_view::npos || text_.substr(at_, 2) == "?=" || text_.substr(at_, 2) == "?!") {
        failed_ = true;
        return {};
      }
      at_ = close + 1;
      if (text_[close] == ')') return {0, 0, 0, true};  // only flags
    }
    const Part inner = Alternatives(depth + 1);
    if (at_ >= text_.size() || text_[at_] != ')') failed_ = true;
    ++at_;
    return inner;
  }
  Part Class() {
    if (at_ < text_.size() && text_[at_] == '^') ++at_;
    if (at_ < text_.size() && text_[at_] == ']') ++at_;
    while (at_ < text_.size() && text_[at_] != ']') {
      if (text_[at_] == '\\') ++at_;
      else if (text_.substr(at_, 2) == "[:") at_ = std::min(text_.find(":]", at_), text_.size() - 1) + 1;
      ++at_;
    }
    if (at_ >= text_.size()) failed_ = true;
    ++at_;
    return {0, 0, 0, false};
  }
  Part Escape() {
    if (at_ >= text_.size()) failed_ = true;
    if (failed_) return {};
    const char c = text_[at_++];
    if (c == 'b' || c == 'B' || c == 'A' || c == 'z' || c == 'Z') return {0, 0, 0, true};
    if (c == 'x') {
      at_ = std::min(text_.size(), at_ + 2);
      return {1, 1, 1, true};
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter && c != 'n' && c != 'r' && c != 't') return {0, 0, 0, false};  // a class
    return {1, 1, 1, true};
  }
  // The least number of times; `varied_` when it may be more.
  size_t Repeats() {
    varied_ = false;
    if (at_ >= text_.size()) return 1;
    size_t least = 1;
    const char c = text_[at_];
    if (c == '*' || c == '?') least = 0, varied_ = true, ++at_;
    else if (c == '+') varied_ = true, ++at_;
    else if (c == '{' && at_ + 1 < text_.size() && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9') {
      size_t i = at_ + 1;
      least = 0;
      while (i < text_.size() && text_[i] >= '0' && text_[i] <= '9' && least < 100'000) least = least * 10 + static_cast<size_t>(text_[i++] - '0');
      varied_ = i < text_.size() && text_[i] == ',';
      const size_t close = text_.find('}', i);
      if (close == std::string_view::npos) return 1;
      at_ = close + 1;
    } else {
      return 1;
    }
    if (at_ < text_.size() && (text_[at_] == '?' || text_[at_] == '+')) ++at_;  // lazy, possessive
    return least;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool failed_ = false;
  bool varied_ = false;
};

}  // namespace

size_t RequiredLiteral(std::string_view regex) {
  Parser parser(regex);
  const Part part = parser.Alternatives(0);
  return parser.failed() ? 0 : part.best;
}

LazyPrefix FindLazyPrefix(std::string_view regex) {
  constexpr std::string_view kFlag = "(?i)";
  constexpr std::string_view kClass = "[\\w.-]{0,";
  LazyPrefix out;
  size_t at = regex.starts_with(kFlag) ? kFlag.size() : 0;
  if (!regex.substr(at).starts_with(kClass)) return out;
  const size_t begin = at;
  at += kClass.size();
  size_t most = 0;
  while (at < regex.size() && regex[at] >= '0' && regex[at] <= '9' && most < 10'000) most = most * 10 + static_cast<size_t>(regex[at++] - '0');
  if (!regex.substr(at).starts_with("}?")) return out;
  at += 2;
  if (regex.find('|') != std::string_view::npos) {  // an alternative at the top would not have the prefix
    int depth = 0;
    bool in_class = false;
    for (size_t i = at; i < regex.size(); ++i) {
      if (regex[i] == '\\') ++i;
      else if (in_class) in_class = regex[i] != ']';
      else if (regex[i] == '[') in_class = true, i += regex.substr(i + 1).starts_with(']') ? size_t{1} : size_t{0};
      else if (regex[i] == '(') ++depth;
      else if (regex[i] == ')') --depth;
      else if (regex[i] == '|' && depth == 0) return out;
    }
  }
  return {begin, at, most};
}

}  // namespace checkrein::release
