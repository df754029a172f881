#include "analysis/signs/signs.h"

#include <algorithm>
#include <bitset>
#include <cstdlib>

#include "analysis/signs/hidden.h"
#include "analysis/signs/phrases.h"
#include "analysis/signs/words.h"

namespace checkrein::analysis {
namespace {

constexpr size_t kMaxWords = 1024;      // in the table; one more aborts, in any test
constexpr size_t kMaxRequestWords = 400;  // a longer text is no single request
constexpr std::string_view kRequest = "request";
constexpr std::string_view kHidden = "hidden text";
constexpr std::string_view kComment = "hidden comment";

struct Element {
  enum class Kind { kOneOf, kPerhaps, kGap, kAny, kBegins };
  Kind kind = Kind::kOneOf;
  size_t gap = 0;
  std::bitset<kMaxWords> words;
};

struct Compiled {
  std::string_view sign;
  bool begins = false;  // only where a sentence begins
  std::vector<Element> elements;
};

std::vector<std::string_view> Split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = text.find(by);
    if (end != 0) parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

// The table, ready to be matched. Made on the first use: only texts that a model has read need it.
class Matcher {
 public:
  Matcher() {
    for (const Phrase& phrase : Phrases()) Compile(phrase);
    do_ = GroupWords("do");
    ask_ = GroupWords("ask");
    model_ = GroupWords("model");
    for (const char* word : {"must", "system", "instruction", "instructions", "critical", "ignore", "secretly"}) orders_.set(Id(word));
    question_ = Id("?");
    todo_ = Id("todo");
    colon_ = Id(":");
    for (const char* stop : {".", "?", "!", ";", "(", ")", "[", "]", "{", "}", "="}) stops_.set(Id(stop));  // sentences end, and code is none
  }

  const Vocabulary& vocabulary() const { return vocabulary_; }

  void FindPhrases(const std::vector<TextWord>& words, std::vector<std::string_view>& found) const {
    for (size_t at = 0; at < words.size(); ++at) {
      for (const size_t i : first_[words[at].id]) {
        const Compiled& phrase = phrases_[i];
        if (phrase.begins && !words[at].begins) continue;
        if (std::find(found.begin(), found.end(), phrase.sign) == found.end() && Matches(words, at, phrase, 0)) found.push_back(phrase.sign);
      }
    }
  }

  // Whether a short text as a whole is a request or a question to its reader, as hardly any output of a tool is. A sentence has its full stop:
  // subjects of commits and names of files have none.
  bool IsRequest(std::string_view text, const std::vector<TextWord>& words) const {
    const size_t from = text.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos || words.size() > kMaxRequestWords || text[from] == '<' || text[from] == '[' || text[from] == '{') return false;
    text = text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
    if (std::count(text.begin(), text.end(), '\n') > 1 || text.find("```") != std::string_view::npos) return false;
    const size_t first = words.size() > 2 && words[0].id == todo_ && words[1].id == colon_ ? 2 : 0;
    if (do_[words[first].id] && words.size() > first + 3 && words[first + 1].id != colon_ && !stops_[words[first + 1].id]) {
      return stops_[words.back().id] || words.back().id == colon_ || std::any_of(words.begin() + 1, words.end(), [](const TextWord& w) { return w.begins; });
    }
    const bool asks = text.ends_with('?') || text.ends_with("\xEF\xBC\x9F") || text.ends_with("\xD8\x9F");  // also full-width and Arabic
    if (asks && text.find('\n') == std::string_view::npos && words.size() < kMaxRequestWords / 4) return true;
    return ask_[words[0].id] && std::any_of(words.begin(), words.end(), [&](const TextWord& word) { return word.id == question_; });
  }

  // A comment of a page that no reader sees and that speaks to a model, or gives orders.
  bool HasTalkingComment(std::string_view text) const {
    // A comment ends at the first "-->", whatever begins in it: so each byte is read once.
    for (size_t at = text.find("<!--"), end = 0; at != std::string_view::npos; at = end == std::string_view::npos ? end : text.find("<!--", end)) {
      end = text.find("-->", at);
      const std::vector<TextWord> words = WordsOf(text.substr(at + 4, end == std::string_view::npos ? end : end - at - 4), vocabulary_);
      bool ordered = false, begun = false;
      for (const TextWord& word : words) {
        if (model_[word.id]) return true;
        ordered |= orders_[word.id];
        begun |= word.begins && do_[word.id];
      }
      if (ordered && begun) return true;
    }
    return false;
  }

 private:
  // A table with too many words is a programmer's mistake: no input reaches it.
  WordId Id(std::string_view word) {
    if (vocabulary_.size() + 1 >= kMaxWords) abort();
    return vocabulary_.try_emplace(word, static_cast<WordId>(vocabulary_.size() + 1)).first->second;
  }

  std::bitset<kMaxWords> GroupWords(std::string_view name) {
    std::bitset<kMaxWords> out;
    for (const WordGroup& group : WordGroups()) {
      if (group.name != name) continue;
      for (const std::string_view word : Split(group.words, ' ')) out.set(Id(word));
    }
    return out;
  }

  void Compile(const Phrase& phrase) {
    Compiled out;
    out.sign = phrase.sign;
    for (std::string_view token : Split(phrase.pattern, ' ')) {
      Element element;
      if (token == "^") {
        out.begins |= out.elements.empty();
        if (out.elements.empty()) continue;
        element.kind = Element::Kind::kBegins;
      } else if (token == "_") {
        element.kind = Element::Kind::kAny;
      } else if (token.starts_with("..")) {
        element.kind = Element::Kind::kGap;
        for (const char digit : token.substr(2)) element.gap = element.gap * 10 + static_cast<size_t>(digit - '0');
      } else {
        if (token.size() > 1 && token.ends_with('?')) {
          element.kind = Element::Kind::kPerhaps;
          token.remove_suffix(1);
        }
        for (const std::string_view word : Split(token, '|')) {
          if (word.starts_with('@')) element.words |= GroupWords(word.substr(1));
          else element.words.set(Id(word));
        }
      }
      out.elements.push_back(element);
    }
    for (size_t id = 0; id < kMaxWords; ++id)
      if (out.elements[0].words[id]) first_[id].push_back(phrases_.size());
    phrases_.push_back(std::move(out));
  }

  // The depth is the number of elements, and a gap is short: the cost of a word is bounded by the table.
  bool Matches(const std::vector<TextWord>& words, size_t at, const Compiled& phrase, size_t from) const {
    for (size_t i = from; i < phrase.elements.size(); ++i) {
      const Element& element = phrase.elements[i];
      switch (element.kind) {
        case Element::Kind::kBegins:
          if (at < words.size() && !words[at].begins) return false;
          continue;
        case Element::Kind::kGap:
          for (size_t skip = 0; skip <= element.gap && at + skip <= words.size(); ++skip) {
            if (Matches(words, at + skip, phrase, i + 1)) return true;
            if (at + skip < words.size() && stops_[words[at + skip].id]) return false;
          }
          return false;
        case Element::Kind::kPerhaps:
          if (at < words.size() && element.words[words[at].id] && Matches(words, at + 1, phrase, i + 1)) return true;
          continue;
        case Element::Kind::kAny:
        case Element::Kind::kOneOf:
          if (at >= words.size() || (element.kind == Element::Kind::kOneOf && !element.words[words[at].id])) return false;
          ++at;
      }
    }
    return true;
  }

  Vocabulary vocabulary_;
  std::vector<Compiled> phrases_;
  std::vector<size_t> first_[kMaxWords];  // by word: the phrases that may begin with it
  std::bitset<kMaxWords> do_, ask_, model_, orders_, stops_;
  WordId question_ = 0, todo_ = 0, colon_ = 0;
};

}  // namespace

std::vector<std::string_view> InjectionSigns(std::string_view text) {
  static const Matcher matcher;  // holds nothing of any text
  std::vector<std::string_view> found;
  const std::vector<TextWord> words = WordsOf(text, matcher.vocabulary());
  if (words.empty()) return found;
  matcher.FindPhrases(words, found);
  if (std::find(found.begin(), found.end(), kRequest) == found.end() && matcher.IsRequest(text, words)) found.push_back(kRequest);
  if (matcher.HasTalkingComment(text)) found.push_back(kComment);
  if (HasHiddenText(text)) found.push_back(kHidden);
  return found;
}

}  // namespace checkrein::analysis
