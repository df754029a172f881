// The phrases by which a text speaks to the model that reads it, and the words they are made of.
//
// A phrase is a sequence of elements, parted by spaces:
//   a|b|@group   one of these words, or of a group's        x?    perhaps, then the next
//   ..N          at most N words, within the sentence       _     any word
//   ^            what follows begins a sentence or a line (only in front)
// Words are lower case; `. ? ! : ; < > , / ~` are words of their own. A phrase begins with a word, so that each word of a text leads to few
// phrases.
#pragma once

#include <span>
#include <string_view>

namespace checkrein::analysis {

struct WordGroup {
  std::string_view name;
  std::string_view words;  // parted by spaces
};

struct Phrase {
  std::string_view sign;     // what it is a sign of, in a word for people
  std::string_view pattern;
  std::string_view example;  // a text of ours that it finds: the tests hold each row to it
};

std::span<const WordGroup> WordGroups();
std::span<const Phrase> Phrases();

}  // namespace checkrein::analysis
