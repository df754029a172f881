// Build tool: the shipped rules of the release gate as vectorscan databases for any processor with AVX2 (others build them when they run).
//   gate_rules OUT
#include <cstdio>

#include "base/fd.h"
#include "release/rules/shipped.h"
#include "release/scan/compiled.h"

int main(int argc, char** argv) {
  using namespace checkrein;
  using namespace checkrein::release;
  if (argc != 2) return 2;
  Result<RuleSet> rules = ShippedRules();
  if (!rules) return std::fprintf(stderr, "gate_rules: %s\n", rules.error().text.c_str()), 1;
  Result<Compiled> compiled = Compiled::Build(std::move(*rules), Processor::kAvx2);
  if (!compiled) return std::fprintf(stderr, "gate_rules: %s\n", compiled.error().text.c_str()), 1;
  for (const std::string& warning : compiled->Warnings()) std::fprintf(stderr, "gate_rules: %s\n", warning.c_str());
  const std::string bytes = compiled->Serialise();
  if (bytes.empty() || !ReplaceFile(argv[1], bytes, 0644)) return std::fprintf(stderr, "gate_rules: cannot write %s\n", argv[1]), 1;
  return 0;
}
