// Whatever the bytes, with a checksum that fits: a program is refused, or it can be asked anything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "cedar/program_image.h"
#include "cedar/question.h"

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
  Question question(*program);
  Facts& facts = question.Start();
  const UidNumber user = facts.Uid("User", "u"), action = facts.Uid("Action", "a"), doc = facts.Uid("Doc", "d");
  Facts::Field inner[] = {{facts.Text("b"), Facts::Bool(true)}};
  Facts::Field own[] = {{facts.Text("a"), facts.Record(inner)}, {facts.Text("n"), facts.String("xyz")}};
  facts.Begin(user).Attributes(own);
  facts.Parent(facts.Uid("Group", "g"));
  facts.Begin(doc).Parent(facts.Uid("Dir", "q"));
  Facts::Field context[] = {{facts.Text("n"), Facts::Long(1)}};
  question.Pose(user, action, doc);
  const Answer& answer = question.Ask(facts.Record(context));
  for (const auto policies : {answer.reasons, answer.errors})
    for (const uint32_t policy : policies)
      if (program->id(policy).size() + program->source(policy).size() + program->file(policy).size() + program->annotation(policy, "id").size() > 4 * size) std::abort();
  return 0;
}
