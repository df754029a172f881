// Hostile bytes through everything the gate's cell does: containers, views, parsers, rules. No crash, no hang, no unbounded memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "release/inspect.h"
#include "release/rules/shipped.h"

namespace {

using namespace checkrein;
using namespace checkrein::release;

Scanner& TheScanner() {
  static const std::unique_ptr<Compiled> compiled = [] {
    Result<RuleSet> rules = ShippedRules();
    if (!rules) std::abort();
    Result<Compiled> built = Compiled::Build(std::move(*rules), Processor::kThisOne);
    if (!built) std::abort();
    return std::make_unique<Compiled>(std::move(*built));
  }();
  static const std::unique_ptr<Scanner> scanner = [] {
    Result<Scanner> made = Scanner::Make(*compiled, {});
    if (!made) std::abort();
    return std::make_unique<Scanner>(std::move(*made));
  }();
  return *scanner;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  InspectOptions options;
  options.limits.entry_bytes = 4u << 20;
  options.limits.total_bytes = 16u << 20;
  options.limits.ratio_free = 1u << 20;
  options.limits.entries = 2000;
  options.detail = Detail::kForDifference;
  Report report;
  Inspector inspector(TheScanner(), options, [&](std::string_view line) {
    line.remove_suffix(1);
    if (!report.Take(line)) std::abort();  // the parent would not believe its own child
  });
  inspector.Artifact({reinterpret_cast<const char*>(data), size}, "x.js.map");
  inspector.Finish();
  return 0;
}
