#include "policy/shipped.h"

namespace checkrein::policy {
namespace {

struct Text {
  std::string_view file;
  std::string_view text;
};
constexpr Text kTexts[] = {
#include "policy_texts.inc"  // made from policies/ by cmake/CheckreinTexts.cmake
};

}  // namespace

std::string_view ShippedText(std::string_view file) {
  for (const Text& text : kTexts)
    if (text.file == file) return text.text;
  return {};
}

}  // namespace checkrein::policy
