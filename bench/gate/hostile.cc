#include "../bench/gate/hostile.h"

#include <algorithm>
#include <bitset>

namespace checkrein::release {
namespace {

constexpr size_t kMostRepeats = 300;
constexpr int kMaxDepth = 32;

using Set = std::bitset<128>;

Set Range(char from, char to) {
  Set out;
  for (int c = from; c <= to; ++c) out.set(static_cast<size_t>(c));
  return out;
}
Set ClassOf(char letter) {
  const Set digits = Range('0', '9'), words = digits | Range('a', 'z') | Range('A', 'Z') | Range('_', '_');
  Set spaces = Range(' ', ' ') | Range('\t', '\t');
  switch (letter) {
    case 'd': return digits;
    case 'w': return words;
    case 's': return spaces;
    case 'D': return ~digits & Range('!', '~');
    case 'W': return ~words & Range('!', '~');
    case 'S': return Range('!', '~');
    default: return {};
  }
}

class Drawer {
 public:
  Drawer(std::string_view text, Length length, std::mt19937& random) : text_(text), length_(length), random_(random) {}
  std::string Draw() {
    std::string out = Alternatives(0);
    return failed_ || at_ != text_.size() ? "" : out;
  }

 private:
  bool Is(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  std::string Alternatives(int depth) {
    std::vector<std::string> all{Sequence(depth)};
    while (!failed_ && Is("|")) {
      ++at_;
      all.push_back(Sequence(depth));
    }
    // A way that is not empty, when there is one.
    std::erase_if(all, [](const std::string& one) { return one.empty(); });
    return all.empty() ? "" : all[random_() % all.size()];
  }
  std::string Sequence(int depth) {
    std::string out;
    while (!failed_ && at_ < text_.size() && text_[at_] != '|' && text_[at_] != ')') {
      const size_t begin = at_;
      std::string one = Atom(depth);
      const size_t end = at_;
      size_t times = Repeats();
      const size_t behind = at_;
      if (times == 0) continue;
      out += one;
      for (size_t i = 1; i < times && !failed_; ++i) {   // drawn anew each time
        at_ = begin;
        out += Atom(depth);
        failed_ = failed_ || at_ != end;
      }
      at_ = behind;
    }
    return out;
  }
  std::string Atom(int depth) {
    const char c = text_[at_++];
    if (c == '(') return Group(depth);
    if (c == '[') return Pick(Class());
    if (c == '.') return Pick(Range('a', 'z'));
    if (c == '^' || c == '$') return "";
    if (c != '\\') return std::string(1, c);
    if (at_ >= text_.size()) return Fail();
    const char e = text_[at_++];
    if (std::string_view("bBAzZ").find(e) != std::string_view::npos) return "";
    if (const Set set = ClassOf(e); set.any()) return Pick(set);
    return std::string(1, Escaped(e));
  }
  char Escaped(char e) {
    if (e == 'n') return '\n';
    if (e == 't') return '\t';
    if (e == 'r') return '\r';
    if (e == 'x' && at_ + 2 <= text_.size()) {
      at_ += 2;
      return static_cast<char>(std::stoi(std::string(text_.substr(at_ - 2, 2)), nullptr, 16));
    }
    return e;
  }
  std::string Group(int depth) {
    if (depth > kMaxDepth) return Fail();
    if (Is("?")) {
      const size_t close = text_.find_first_of(":)>", at_);
      if (close == std::string_view::npos || Is("?=") || Is("?!")) return Fail();
      at_ = close + 1;
      if (text_[close] == ')') return "";
    }
    std::string out = Alternatives(depth + 1);
    if (!Is(")")) return Fail();
    ++at_;
    return out;
  }
  Set Class() {
    Set set;
    const bool inverted = Is("^");
    if (inverted) ++at_;
    for (bool first = true; at_ < text_.size() && (first || text_[at_] != ']'); first = false) {
      if (Is("[:")) {
        const size_t end = text_.find(":]", at_);
        if (end == std::string_view::npos) return Fail(), Set();
        const std::string_view name = text_.substr(at_ + 2, end - at_ - 2);
        set |= name == "alnum" ? ClassOf('w') : name == "alpha" ? Range('a', 'z') : name == "digit" ? ClassOf('d') : name == "xdigit" ? Range('a', 'f') : ClassOf('w');
        at_ = end + 2;
        continue;
      }
      char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        const char e = text_[at_++];
        if (const Set more = ClassOf(e); more.any()) {
          set |= more;
          continue;
        }
        c = Escaped(e);
      }
      if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
        ++at_;
        char to = text_[at_++];
        if (to == '\\' && at_ < text_.size()) to = Escaped(text_[at_++]);
        if ((static_cast<unsigned char>(c) | static_cast<unsigned char>(to)) < 128) set |= Range(c, to);
        continue;
      }
      if (static_cast<unsigned char>(c) < 128) set.set(static_cast<size_t>(c));
    }
    if (at_ >= text_.size()) return Fail(), Set();
    ++at_;
    return inverted ? ~set & Range(' ', '~') : set;
  }
  std::string Pick(const Set& set) {
    if (set.none()) return Fail();
    size_t nth = random_() % set.count();
    for (size_t c = 0; c < set.size(); ++c) {
      if (set.test(c) && nth-- == 0) return std::string(1, static_cast<char>(c));
    }
    return "";
  }
  size_t Repeats() {
    size_t least = 1, most = 1;
    if (Is("*")) least = 0, most = kMostRepeats, ++at_;
    else if (Is("+")) most = kMostRepeats, ++at_;
    else if (Is("?")) least = 0, ++at_;
    else if (Is("{") && at_ + 1 < text_.size() && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9') {
      const auto number = [&] {
        size_t n = 0;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && n < 100'000) n = n * 10 + static_cast<size_t>(text_[at_++] - '0');
        return n;
      };
      ++at_;
      least = most = number();
      if (Is(",")) {
        ++at_;
        most = Is("}") ? std::max(least, kMostRepeats) : number();
      }
      if (!Is("}")) return Fail(), 0;
      ++at_;
    }
    if (Is("?") || Is("+")) ++at_;
    return std::min(std::max(least, size_t{0}), kMostRepeats) + (length_ == Length::kMost ? std::min(most, kMostRepeats) - std::min(least, kMostRepeats) : 0);
  }
  std::string Fail() {
    failed_ = true;
    return "";
  }

  std::string_view text_;
  Length length_;
  std::mt19937& random_;
  size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

std::string DrawMatch(std::string_view regex, Length length, std::mt19937& random) { return Drawer(regex, length, random).Draw(); }

std::vector<Hostile> HostileUnits(std::string_view regex, const std::vector<std::string>& keywords, std::mt19937& random) {
  std::vector<Hostile> out;
  const auto add = [&](std::string kind, std::string unit) {
    if (!unit.empty()) out.push_back({std::move(kind), std::move(unit)});
  };
  std::string many_least, many_most, many_cut, many_keywords;
  for (int i = 0; i < 16; ++i) {   // not one and the same, which an engine or a cache may be quick with
    const std::string least = DrawMatch(regex, Length::kLeast, random), most = DrawMatch(regex, Length::kMost, random);
    many_least += least.empty() ? "" : least + " ";
    many_most += most.empty() ? "" : most + " ";
    many_cut += most.empty() ? "" : most.substr(0, most.size() - most.size() / 8 - 1) + " ";
  }
  const std::string least = DrawMatch(regex, Length::kLeast, random), most = DrawMatch(regex, Length::kMost, random);
  add("whole", many_least);
  add("joined", least);
  add("half", least.substr(0, std::max<size_t>(4, least.size() / 2)) + " ");
  add("long", many_most);
  add("long joined", most);
  add("nearly", many_cut);
  std::string words;
  for (const std::string& keyword : keywords) words += keyword;
  add("keywords", words);
  return out;
}

}  // namespace checkrein::release
