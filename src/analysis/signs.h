// Signs that a text tries to steer the model: instructions to it where only data should be. A first cut: telling phrases, read with
// case, spacing and zero-width characters folded. A sign may only add the label `untrusted`; its absence means nothing.
// Not covered: paraphrase, other languages, text in pictures. Cost: linear.
#pragma once

#include <string_view>

namespace checkrein::analysis {

bool HasInjectionSigns(std::string_view text);

}  // namespace checkrein::analysis
