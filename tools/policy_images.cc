// Build tool: policies/ -> the shipped sets in their flat form (src/cedar/program.h), as arrays that src/policy/shipped.cc includes.
//   policy_images POLICIES_DIR/checkrein.cedarschema POLICIES_DIR/*.cedar... OUT
// Refuses a set that does not validate strictly, a policy that can never apply, and one without @id, @reason and @standards: it would not build.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fd.h"
#include "base/path.h"
#include "cedar/program.h"
#include "cedar/validate.h"
#include "policy/assemble.h"
#include "policy/words.h"

namespace {

using namespace checkrein;
using namespace checkrein::policy;

constexpr size_t kMaxTextBytes = 1u << 20;

[[noreturn]] void Fail(const std::string& text) {
  std::fprintf(stderr, "policy_images: %s\n", text.c_str());
  std::exit(1);
}

template <typename T>
T Need(Result<T> result) {
  if (!result) Fail(result.error().text);
  return std::move(result).take();
}

void Check(const cedar::Schema& schema, const cedar::PolicySet& set) {
  if (const Status valid = ValidateAgainst(schema, set, 0); !valid) Fail(valid.error().text);
  for (const cedar::Policy& policy : set) {
    for (const auto& warning : cedar::ValidatePolicy(schema, policy).warnings) Fail(warning.message);
    for (const char* name : {"id", "reason", "standards"})
      if (policy.AnnotationValue(name).empty()) Fail(policy.file + ":" + std::to_string(policy.line) + ": a shipped policy needs @" + name);
  }
}

// As words: an array of these needs no relocation and is aligned.
void WriteImage(std::ofstream& out, const ShippedSet& set, const std::string& image) {
  out << "constexpr uint64_t k_" << set.name << "[] = {";
  for (size_t i = 0; i < image.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, image.data() + i, 8);
    out << (i % 64 == 0 ? "\n" : "") << "0x" << std::hex << word << std::dec << ",";
  }
  out << "};\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) Fail("usage: policy_images SCHEMA POLICIES... OUT");
  const std::string schema_text = Need(ReadFile(argv[1], kMaxTextBytes));
  const cedar::Schema schema = Need(cedar::ParseSchema(schema_text, argv[1]));
  std::map<std::string, std::string> texts;
  for (int i = 2; i + 1 < argc; ++i) texts[std::string(BaseName(argv[i]))] = Need(ReadFile(argv[i], kMaxTextBytes));
  std::ofstream out(argv[argc - 1]);
  std::string table;
  for (const ShippedSet& set : ShippedSets()) {
    std::vector<PolicyText> parts;
    std::string digest_lines;
    for (const std::string_view file : set.files) {
      if (file.empty()) continue;
      if (!texts.contains(std::string(file))) Fail("the set `" + std::string(set.name) + "` needs " + std::string(file));
      parts.push_back({std::string(file), texts[std::string(file)], Origin::kShipped, {}});
      digest_lines += DigestLine(parts.back().text, Origin::kShipped);
    }
    const cedar::PolicySet policies = Need(Assemble(parts));
    Check(schema, policies);
    WriteImage(out, set, Need(CompileSet(policies)));
    table += "{\"" + std::string(set.name) + "\", k_" + std::string(set.name) + ", sizeof k_" + std::string(set.name) + ", R\"(" + digest_lines + ")\", \"" +
             HexEncode(Sha256(digest_lines)) + "\"},\n";
  }
  out << "constexpr ShippedImage kImages[] = {\n" << table << "};\n";
  out.flush();
  if (!out) Fail(std::string(argv[argc - 1]) + ": cannot be written");
  return 0;
}
