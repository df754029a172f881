// Whatever the bytes, with a checksum that fits: a program is refused, or it can be asked anything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "cedar/ask_anything.h"
#include "cedar/program_image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace checkrein::cedar;
  std::vector<uint64_t> words((size + 7) / 8);
  if (size > 0) std::memcpy(words.data(), data, size);
  char* bytes = reinterpret_cast<char*>(words.data());
  const std::string_view image(bytes, words.size() * 8);
  if (image.size() >= sizeof(ImageHeader)) {
    std::memcpy(bytes, kImageMagic.data(), kImageMagic.size());
    const uint64_t whole = image.size();
    std::memcpy(bytes + offsetof(ImageHeader, size), &whole, sizeof whole);
    const uint64_t checksum = ChecksumOf(image);
    std::memcpy(bytes + offsetof(ImageHeader, checksum), &checksum, sizeof checksum);
  }
  const auto program = Program::Open(image);
  if (!program) return 0;
  if (!AskAnything(*program)) std::abort();
  return 0;
}
