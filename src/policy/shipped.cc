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
#include "policy_images.inc"  // made from policies/ by tools/policy_images.cc

}  // namespace

std::string_view ShippedText(std::string_view file) {
  for (const Text& text : kTexts)
    if (text.file == file) return text.text;
  return {};
}

const ShippedImage* FindShippedImage(std::string_view set) {
  for (const ShippedImage& image : kImages)
    if (image.name == set) return &image;
  return nullptr;
}

}  // namespace checkrein::policy
