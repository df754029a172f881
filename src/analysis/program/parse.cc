#include "analysis/program/parse.h"

#include <algorithm>

#include "analysis/program/context.h"
#include "base/path.h"

namespace checkrein::analysis {
namespace {

bool InList(std::string_view list, std::string_view name) {
  for (size_t at = 0; at < list.size();) {
    size_t end = list.find(' ', at);
    if (end == std::string_view::npos) end = list.size();
    if (list.substr(at, end - at) == name) return true;
    at = end + 1;
  }
  return false;
}

bool AllDigits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; }

class Sorter {
 public:
  Sorter(const Program& program, const std::vector<Word>& argv, size_t from) : argv_(argv), at_(from) {
    out_.program = &program;
    out_.chain.push_back(&program);
    out_.names.push_back(argv.empty() ? std::string_view() : BaseName(argv.front().text));
    out_.arguments_at = argv.size();
  }

  Parsed Go() {
    while (at_ < argv_.size()) Next();
    return std::move(out_);
  }

 private:
  void Next() {
    const Word& word = argv_[at_];
    const Syntax syntax = out_.program->syntax;
    if (!options_ended_ && syntax != Syntax::kRaw) {
      const bool plain = !word.text.empty() && word.text[0] != '-' && word.text[0] != '+';
      // A word of which nothing is known, or whose several parts are not: it could be an option.
      const bool chosen = word.ambient != Ambient::kNo && !word.may_be_several;
      const bool could_be = !chosen && ((word.known == Word::Known::kNothing) || (word.may_be_several && !(word.file_names && plain)) || (word.known == Word::Known::kPrefix && word.text.empty()));
      if (could_be) {
        out_.may_hide_options = true;
        if (!word.file_names) out_.hides_only_names = false;
        return Argument(word);
      }
      if (word.Is("--")) {
        options_ended_ = true;
        ++at_;
        return;
      }
      if (word.text.size() > 1 && word.text[0] == '-') return syntax == Syntax::kLong ? LongOnly(word) : Dashed(word);
      if (word.text.size() > 1 && word.text[0] == '@' && FindAny("@*")) return Take(*FindAny("@*"), "@*", Rest(word, 1), word);
      if (word.text.size() > 1 && word.text[0] == '+' && FindAny("+")) return Take(*FindAny("+"), "+", Rest(word, 1), word);
    }
    Argument(word);
  }

  void Argument(const Word& word) {
    if (word.may_be_several && !word.file_names) out_.may_hide_arguments = true;
    if (out_.program->sub_count > 0 && out_.arguments.empty()) {
      const Program* sub = word.exact() && !word.may_be_several ? FindSub(*out_.program, word.text) : nullptr;
      if (sub) {
        out_.program = sub;
        out_.chain.push_back(sub);
        out_.names.push_back(word.text);
        ++at_;
        return;
      }
      if (out_.program->argument_count == 0 && !out_.unknown_sub) out_.unknown_sub = word;
    }
    if (out_.arguments.empty()) out_.arguments_at = at_;
    if (out_.program->syntax == Syntax::kPosix) options_ended_ = true;
    out_.arguments.push_back(word);
    ++at_;
  }

  // The option `name` of the sub-command, or of what it belongs to.
  const Option* FindAny(std::string_view name) const {
    for (auto program = out_.chain.rbegin(); program != out_.chain.rend(); ++program)
      if (const Option* option = FindOption(**program, name)) return option;
    return nullptr;
  }

  const Option* FindLong(std::string_view name) const {
    for (auto program = out_.chain.rbegin(); program != out_.chain.rend(); ++program)
      if (const Option* option = FindAbbreviation(**program, name)) return option;
    return nullptr;
  }

  const Option* FindPrefix(std::string_view word) const {
    for (auto program = out_.chain.rbegin(); program != out_.chain.rend(); ++program)
      if (const Option* option = FindPrefixOption(**program, word)) return option;
    return nullptr;
  }

  void Unknown(const Word& word) {
    out_.unknown_options.push_back(word);
    out_.options.push_back({nullptr, word.text, std::nullopt, word.span});
    ++at_;
  }

  // A word that belongs to the option before it.
  std::optional<Word> NextWord() {
    if (at_ >= argv_.size()) return std::nullopt;
    if (argv_[at_].may_be_several) out_.may_hide_options = true, out_.hides_only_names = false;
    return argv_[at_++];
  }

  // Records the option; its value is `attached`, or the next word when it needs one.
  void Take(const Option& option, std::string_view name, std::optional<Word> attached, const Word& word) {
    Given given{&option, name, std::nullopt, word.span};
    ++at_;
    if (option.takes == Takes::kNothing) {
      out_.options.push_back(std::move(given));
      return;
    }
    if (option.takes == Takes::kNameAndValue && !attached) NextWord();
    if (attached && option.takes != Takes::kNameAndValue) {
      given.value = std::move(attached);
    } else if (option.takes != Takes::kOptionalValue) {
      given.value = NextWord();
    }
    out_.options.push_back(std::move(given));
  }

  void Dashed(const Word& word) {
    if (word.text.size() > 2 && word.text[1] == '-') return LongOption(word);
    if (word.text == "--") return Unknown(word);  // a prefix: --$x
    if (AllDigits(std::string_view(word.text).substr(1)) && word.exact()) {
      if (const Option* number = FindAny("-NUM")) return Take(*number, "-NUM", Rest(word, 1), word);
    }
    if (word.text.size() > 2 && word.exact()) {  // zip -TT: one option of two letters
      if (const Option* whole = FindAny(word.text)) return Take(*whole, View(whole->name), std::nullopt, word);
    }
    if (const Option* prefix = FindPrefix(word.text)) {
      const size_t size = View(prefix->name).size() - 1;
      const bool more = word.text.size() > size || !word.exact();
      return Take(*prefix, View(prefix->name), more ? std::optional<Word>(Rest(word, size)) : std::nullopt, word);
    }
    Cluster(word);
  }

  void Cluster(const Word& word) {
    for (size_t i = 1; i < word.text.size(); ++i) {
      const std::string name = {'-', word.text[i]};
      const Option* option = FindAny(name);
      if (!option) option = FindAny(name + "*");
      if (!option) return Unknown(word);
      if (option->takes == Takes::kNothing) {
        out_.options.push_back({option, View(option->name), std::nullopt, word.span});
        continue;
      }
      const bool more = i + 1 < word.text.size() || !word.exact();
      return Take(*option, View(option->name), more ? std::optional<Word>(Rest(word, i + 1)) : std::nullopt, word);
    }
    if (!word.exact()) return Unknown(word);  // -ab$x: more letters may follow
    ++at_;
  }

  void LongOption(const Word& word) {
    const size_t equals = word.text.find('=');
    const std::string name = word.text.substr(0, equals);
    if (equals == std::string::npos && !word.exact()) return Unknown(word);
    const Option* option = FindAny(name);
    if (!option) option = FindPrefix(word.text);
    if (option && View(option->name).ends_with('*')) return Take(*option, View(option->name), Rest(word, View(option->name).size() - 1), word);
    if (!option) option = FindLong(name);
    if (!option) return Unknown(word);
    Take(*option, View(option->name), equals == std::string::npos ? std::nullopt : std::optional<Word>(Rest(word, equals + 1)), word);
  }

  void LongOnly(const Word& word) {
    const size_t equals = word.text.find('=');
    const std::string name = word.text.substr(0, equals);
    if (equals == std::string::npos && !word.exact() && !FindPrefix(word.text)) return Unknown(word);
    const Option* option = word.exact() ? FindAny(word.text) : nullptr;
    if (option) return Take(*option, View(option->name), std::nullopt, word);
    const auto attached = [&]() { return equals == std::string::npos ? std::optional<Word>() : std::optional<Word>(Rest(word, equals + 1)); };
    if (equals != std::string::npos || word.exact()) option = FindAny(name);
    if (!option && name.starts_with("--")) option = FindAny(name.substr(1));  // go and others take two dashes for one
    if (option) return Take(*option, View(option->name), attached(), word);
    if (const Option* prefix = FindPrefix(word.text)) {
      const size_t size = View(prefix->name).size() - 1;
      const bool more = word.text.size() > size || !word.exact();
      return Take(*prefix, View(prefix->name), more ? std::optional<Word>(Rest(word, size)) : std::nullopt, word);
    }
    Unknown(word);
  }

  const std::vector<Word>& argv_;
  size_t at_;
  bool options_ended_ = false;
  Parsed out_;
};

}  // namespace

const Given* Parsed::Find(std::string_view any_of) const {
  const Given* found = nullptr;
  for (const Given& given : options)
    if (given.option && InList(any_of, given.name)) found = &given;
  return found;
}

std::vector<const Given*> Parsed::All(std::string_view any_of) const {
  std::vector<const Given*> found;
  for (const Given& given : options)
    if (given.option && InList(any_of, given.name)) found.push_back(&given);
  return found;
}

Parsed ParseWords(const Program& program, const std::vector<Word>& argv, size_t from) { return Sorter(program, argv, from).Go(); }

}  // namespace checkrein::analysis
