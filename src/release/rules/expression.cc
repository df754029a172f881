#include "release/rules/expression.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace checkrein::release {
namespace {

constexpr int kMaxDepth = 64;           // groups in groups
constexpr size_t kMaxLiterals = 64;     // alternatives
constexpr size_t kLongLiteral = 8;      // characters, and times
constexpr size_t kBestLiteral = 16;     // characters from which on a longer one is no better
constexpr size_t kFirstLiteral = 3;     // characters from which on one is sought
constexpr size_t kLongRepeat = 48;      // times: from here on its steps are counted
constexpr size_t kLongTail = 16;        // times: behind a token's mark, what follows is left to PCRE2, where its steps are counted
constexpr size_t kNowhere = std::string_view::npos;
constexpr size_t kWithout = 100'000;    // times: a repeat without bound

// A change of the text at its end: [begin, end) becomes `text`.
struct Cut {
  size_t begin = 0, end = 0;
  std::string text;
};

// What is known of one part.
struct Part {
  std::string head, tail;             // the literal that runs from its start, and that runs to its end
  std::vector<std::string> best;      // one of these is in it
  std::vector<std::string> first;     // and one of these: the first that are long enough to be sought
  bool whole = false;                 // nothing but the literal: head == tail
  std::vector<Cut> cuts;              // what can go from its end, in order of place
  bool open = false;                  // and with it all that stands behind it
  bool long_tail = false;             // it ends in a long repeat
};

size_t Shortest(const std::vector<std::string>& words) {
  size_t out = words.empty() ? 0 : words[0].size();
  for (const std::string& word : words) out = std::min(out, word.size());
  return out;
}

void Better(std::vector<std::string>& best, const std::vector<std::string>& other) {
  const size_t a = std::min(Shortest(best), kBestLiteral), b = std::min(Shortest(other), kBestLiteral);
  if (b > a || (b == a && other.size() < best.size())) best = other;
}

Part Join(Part a, Part b) {
  Part out;
  out.whole = a.whole && b.whole;
  out.head = a.whole ? a.head + b.head : a.head;
  out.tail = b.whole ? a.tail + b.tail : b.tail;
  out.best = std::move(a.best);
  Better(out.best, b.best);
  if (const std::string between = a.tail + b.head; !between.empty()) Better(out.best, {between});
  out.first = std::move(a.first);
  // While only a literal that goes on was read, it grows.
  if (out.first.empty() || (a.whole && out.first.size() == 1 && b.whole)) {
    if (Shortest(out.best) >= kFirstLiteral) out.first = out.best;
  }
  return out;
}

bool IsRare(const std::vector<std::string>& literals) { return !literals.empty() && std::none_of(literals.begin(), literals.end(), IsCommon); }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}
  Part Alternatives(int depth) {
    Part out = Sequence(depth);
    while (at_ < text_.size() && text_[at_] == '|') {
      ++at_;
      Part other = Sequence(depth);
      out.head.clear();
      out.tail.clear();
      out.whole = false;
      // Either may be the one.
      if (out.best.empty() || other.best.empty() || out.best.size() + other.best.size() > kMaxLiterals) out.best.clear();
      else out.best.insert(out.best.end(), other.best.begin(), other.best.end());
      if (out.first.empty() || other.first.empty() || out.first.size() + other.first.size() > kMaxLiterals) out.first.clear();
      else out.first.insert(out.first.end(), other.first.begin(), other.first.end());
      out.cuts.insert(out.cuts.end(), other.cuts.begin(), other.cuts.end());
      out.open = out.open || other.open;
      out.long_tail = out.long_tail || other.long_tail;
    }
    return out;
  }
  bool failed() const { return failed_ || at_ != text_.size(); }
  bool caseless() const { return caseless_; }
  const std::vector<Cut>& callouts() const { return callouts_; }

 private:
  struct Repeat {
    size_t least = 1, most = 1;
    bool lazy = false;
    size_t begin = 0;     // of its sign in the text
  };

  Part Sequence(int depth) {
    Part out;
    out.whole = true;
    std::vector<Cut> cuts;
    bool long_before = false;            // the part before repeats for long: a sign behind it can go
    size_t marks = 0, run = 0;           // literals seen, and characters of the one that goes on
    size_t open_from = kNowhere;         // from here on everything can go
    while (at_ < text_.size() && text_[at_] != '|' && text_[at_] != ')') {
      const size_t begin = at_;
      const bool simple = text_[at_] != '(';
      const bool edge = text_.substr(at_, 2) == "\\b";
      Part atom = Atom(depth);
      const Repeat repeat = Repeats();
      if (failed_) return {};
      const bool varied = repeat.most != repeat.least;
      const bool once = repeat.most == 1 && repeat.least == 1;
      const bool was_long = std::exchange(long_before, simple ? varied && repeat.least >= kLongLiteral : once && atom.long_tail);
      const bool certain = marks >= 2 || IsRare(out.first);   // what stands before is seldom in ordinary text
      run = simple && once && atom.whole && !atom.head.empty() ? run + 1 : 0;
      if (run == kFirstLiteral || (!simple && once && Shortest(atom.best) >= kFirstLiteral)) ++marks;
      if (open_from != kNowhere) {
      } else if (!simple && once && atom.open) cuts = std::move(atom.cuts), open_from = at_;
      else if (simple && certain && repeat.most >= kLongTail && (varied || repeat.most >= 2 * kLongTail)) cuts = {{repeat.least == 0 ? begin : repeat.begin, at_, Times(varied ? repeat.least : kLongTail)}}, open_from = at_;
      else if (repeat.least == 0) cuts.push_back({begin, at_, ""});
      else if (edge || (was_long && simple && repeat.most == 1)) cuts = cuts.empty() ? cuts : With(std::move(cuts), {begin, at_, ""});
      else if (simple && varied) cuts = {{repeat.begin, at_, Times(repeat.least)}};
      else if (!simple && repeat.most == 1) cuts = std::move(atom.cuts);
      else cuts.clear();
      if (repeat.most >= kLongRepeat && repeat.lazy) callouts_.push_back({begin, begin, "(?C2)"});
      else if (repeat.most >= kLongRepeat && varied) callouts_.push_back({at_, at_, "(?C1)"});
      if (repeat.least == 0) atom = {};
      else if (repeat.most != 1) atom.whole = false, atom.head.clear(), atom.tail.clear();
      out = Join(std::move(out), std::move(atom));
    }
    if (open_from != kNowhere) cuts.push_back({open_from, at_, ""});
    out.cuts = std::move(cuts);
    out.open = open_from != kNowhere;
    out.long_tail = long_before;
    return out;
  }
  static std::string Times(size_t least) { return least < 2 ? "" : "{" + std::to_string(least) + "}"; }
  static std::vector<Cut> With(std::vector<Cut> cuts, Cut more) {
    cuts.push_back(std::move(more));
    return cuts;
  }
  static Part Literal(char c) {
    const std::string one(1, c);
    Part out;
    out.head = out.tail = one;
    out.best = {one};
    out.whole = true;
    return out;
  }
  static Part Nothing() {
    Part out;
    out.whole = true;
    return out;
  }
  Part Atom(int depth) {
    const char c = text_[at_++];
    if (c == '(') return Group(depth);
    if (c == '[') return Class();
    if (c == '\\') return Escape();
    if (c == '^' || c == '$') return Nothing();
    if (c == '.') return {};
    return Literal(c);
  }
  Part Fail() {
    failed_ = true;
    return {};
  }
  Part Group(int depth) {
    if (depth >= kMaxDepth) return Fail();
    if (at_ < text_.size() && text_[at_] == '?') {
      const size_t close = text_.find_first_of(":)>", at_);
      if (close == std::string_view::npos || text_.substr(at_, 2) == "?=" || text_.substr(at_, 2) == "?!" || text_.substr(at_, 3) == "?<=" || text_.substr(at_, 3) == "?<!") return Fail();
      const std::string_view flags = text_.substr(at_, close - at_);
      if (!flags.starts_with("?P<") && !flags.starts_with("?<")) {
        if (flags.find('x') != std::string_view::npos) return Fail();
        caseless_ = caseless_ || flags.find('i') != std::string_view::npos;
      }
      at_ = close + 1;
      if (text_[close] == ')') return Nothing();  // only flags
    }
    Part inner = Alternatives(depth + 1);
    if (at_ >= text_.size() || text_[at_] != ')') return Fail();
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
    if (at_ >= text_.size()) return Fail();
    ++at_;
    return {};
  }
  Part Escape() {
    if (at_ >= text_.size()) return Fail();
    const char c = text_[at_++];
    if (c == 'b' || c == 'B' || c == 'A' || c == 'z' || c == 'Z') return Nothing();
    if (c == 'n') return Literal('\n');
    if (c == 'r') return Literal('\r');
    if (c == 't') return Literal('\t');
    if (c == 'x' && at_ < text_.size() && text_[at_] == '{') at_ = std::min(text_.find('}', at_), text_.size() - 1) + 1;
    else if (c == 'x') at_ = std::min(text_.size(), at_ + 2);
    else if (c == 'p' || c == 'P') at_ = at_ < text_.size() && text_[at_] == '{' ? std::min(text_.find('}', at_), text_.size() - 1) + 1 : std::min(text_.size(), at_ + 1);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter) return {};   // a class, or a character by number: no literal is told of it, which is never wrong
    return Literal(c);
  }
  size_t Number() {
    size_t out = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') out = std::min(kWithout, out * 10 + static_cast<size_t>(text_[at_++] - '0'));
    return out;
  }
  Repeat Repeats() {
    Repeat out;
    out.begin = at_;
    if (at_ >= text_.size()) return out;
    const char c = text_[at_];
    if (c == '*') out.least = 0, out.most = kWithout, ++at_;
    else if (c == '+') out.most = kWithout, ++at_;
    else if (c == '?') out.least = 0, ++at_;
    else if (c == '{' && at_ + 1 < text_.size() && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9') {
      ++at_;
      out.least = out.most = Number();
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        out.most = at_ < text_.size() && text_[at_] == '}' ? kWithout : Number();
      }
      if (at_ >= text_.size() || text_[at_] != '}') failed_ = true;
      ++at_;
    } else {
      return out;
    }
    if (at_ < text_.size() && (text_[at_] == '?' || text_[at_] == '+')) out.lazy = text_[at_++] == '?';
    return out;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool failed_ = false;
  bool caseless_ = false;
  std::vector<Cut> callouts_;
};

std::string Changed(std::string_view text, std::vector<Cut> cuts) {
  std::stable_sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) { return a.begin < b.begin; });
  std::string out;
  size_t at = 0;
  for (const Cut& cut : cuts) {
    if (cut.begin < at) continue;   // in what is already gone
    out += std::string(text.substr(at, cut.begin - at)) + cut.text;
    at = cut.end;
  }
  return out + std::string(text.substr(at));
}

}  // namespace

bool IsCommon(std::string_view literal) {
  constexpr size_t kLongWord = 14;
  return literal.size() < kLongWord && std::all_of(literal.begin(), literal.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == ':' || c == '/' || c == '.'; });
}

Expression ReadExpression(std::string_view regex) {
  Expression out;
  const std::string core = WithoutLazyPrefix(regex);
  out.ends = out.counted = core;
  Parser parser(core);
  Part part = parser.Alternatives(0);
  if (parser.failed()) return out;
  out.understood = true;
  out.literals = std::move(part.best);
  out.first = std::move(part.first);
  std::sort(out.literals.begin(), out.literals.end());
  out.literals.erase(std::unique(out.literals.begin(), out.literals.end()), out.literals.end());
  out.shortest = Shortest(out.literals);
  out.caseless = parser.caseless();
  out.counted = Changed(core, parser.callouts());
  out.ends = Changed(core, std::move(part.cuts));
  return out;
}

std::string WithoutLazyPrefix(std::string_view regex) {
  const LazyPrefix prefix = FindLazyPrefix(regex);
  return std::string(regex.substr(0, prefix.begin)) + std::string(regex.substr(prefix.end));
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
