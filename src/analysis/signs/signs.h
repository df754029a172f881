// Signs that a text tries to steer the model that reads it: orders and questions to it where only data should be, hidden characters.
//
// A sign may only add the label `untrusted`; its absence means nothing. Three kinds: phrases of the table (phrases.h), a short text that as
// a whole is a request, and characters that hide (hidden.h). Case, spacing, emphasis and zero-width characters do not matter.
// Not covered: paraphrase, most other languages, what is encoded or split, text in pictures. bench/signs measures it on texts of others.
#pragma once

#include <string_view>
#include <vector>

namespace checkrein::analysis {

// The kinds of signs found, each once, in the table's order; their names are words for a person ("override", "hidden text").
// Cost: linear, some 50 MB/s; memory: two bytes a word.
std::vector<std::string_view> InjectionSigns(std::string_view text);

}  // namespace checkrein::analysis
