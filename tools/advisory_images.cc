// Build tool: data/advisories/ -> their texts, and all their shields as one program (src/policy/shields.h), for src/advisories/shipped.cc.
//   advisory_images SCHEMA ADVISORY.json... OUT
// Refuses an advisory that is not in order, has no shield, or has no example of abuse and of ordinary work: it would not build.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "advisories/osv/advisory.h"
#include "advisories/shield.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/path.h"
#include "policy/words.h"

namespace {

using namespace checkrein;

constexpr const char* kEnd = ")CKRDATA\"";

[[noreturn]] void Fail(const std::string& text) {
  std::fprintf(stderr, "advisory_images: %s\n", text.c_str());
  std::exit(1);
}

template <typename T>
T Need(Result<T> result) {
  if (!result) Fail(result.error().text);
  return std::move(result).take();
}

void Check(const advisories::Advisory& advisory) {
  if (advisory.policies.empty()) Fail(advisory.file + ": has no shield");
  if (advisory.id + ".json" != BaseName(advisory.file)) Fail(advisory.file + ": is called " + advisory.id);
  for (const bool abuse : {true, false})
    if (std::none_of(advisory.examples.begin(), advisory.examples.end(), [&](const auto& example) { return example.abuse == abuse; }))
      Fail(advisory.file + ": has no example of " + (abuse ? "abuse" : "ordinary work"));
  for (const std::string* text : {&advisory.summary, &advisory.client, &advisory.effect, &advisory.remains, &advisory.link})
    if (text->empty()) Fail(advisory.file + ": needs summary, a reference, and client, effect and remains of database_specific.checkrein");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) Fail("usage: advisory_images SCHEMA ADVISORIES... OUT");
  const cedar::Schema schema = Need(cedar::ParseSchema(Need(ReadFile(argv[1], 1u << 20)), argv[1]));
  std::vector<advisories::Advisory> all;
  std::string rows, digests;
  for (int i = 2; i + 1 < argc; ++i) {
    const std::string text = Need(ReadFile(argv[i], advisories::kMaxAdvisoryBytes));
    if (text.find(kEnd) != std::string::npos) Fail(std::string(argv[i]) + ": holds " + kEnd);
    all.push_back(Need(advisories::ReadAdvisory(text, std::string(BaseName(argv[i])))));  // no path of this machine goes into the programs
    Check(all.back());
    rows += "    {\"" + std::string(BaseName(argv[i])) + "\", R\"CKRDATA(" + text + kEnd + "},\n";
    digests += HexEncode(Sha256(text)) + "\n";
  }
  std::vector<const advisories::Advisory*> borrowed;
  for (const advisories::Advisory& advisory : all) borrowed.push_back(&advisory);
  const std::string image = Need(policy::CompileSet(Need(advisories::ShieldsOf(borrowed, schema))));
  std::ofstream out(argv[argc - 1], std::ios::binary);
  out << "constexpr ShippedFile kFiles[] = {\n" << rows << "};\nconstexpr std::string_view kDigest = \"" << HexEncode(Sha256(digests)) << "\";\nconstexpr uint64_t kImage[] = {";
  for (size_t i = 0; i < image.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, image.data() + i, 8);
    out << (i % 64 == 0 ? "\n" : "") << "0x" << std::hex << word << std::dec << ",";
  }
  out << "};\n";
  out.close();
  if (!out) Fail(std::string(argv[argc - 1]) + ": cannot be written");
  return 0;
}
