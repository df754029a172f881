// A text as the phrases see it: a sequence of known words, each with whether it begins a sentence or a line.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace checkrein::analysis {

// A number for each word of the table; 0 is every other word.
using WordId = uint16_t;
using Vocabulary = std::unordered_map<std::string_view, WordId>;  // borrows the words

struct TextWord {
  WordId id = 0;
  bool begins = false;
};

// `text` as words: letters in lower case (ASCII only), typographic apostrophes as plain ones, zero-width characters dropped, emphasis and
// quotes passed over, other punctuation as words of one character.
std::vector<TextWord> WordsOf(std::string_view text, const Vocabulary& vocabulary);

}  // namespace checkrein::analysis
