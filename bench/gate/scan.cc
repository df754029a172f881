// bench_gate_scan RULES.toml DIR [REPEATS [FINDINGS]]: the scanner alone, on every regular file below DIR, in one thread: no process, no views.
// Prints the processor's seconds of reading, of vectorscan alone and of the whole scan, minima of REPEATS, and with a fourth argument what was found
// (path, line, rule, the secret in hexadecimal), to be compared with other scanners.
#include <hs/hs.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "release/rules/rule_file.h"
#include "release/scan/scanner.h"

using namespace checkrein;
using namespace checkrein::release;

namespace {

// Of the processor: other programs on the machine do not count. One thread, so on a quiet machine it is the time on the wall.
int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}
double Seconds(int64_t from) { return static_cast<double>(Now() - from) / 1e9; }

int Quiet(unsigned, unsigned long long, unsigned long long, unsigned, void* count) {
  ++*static_cast<size_t*>(count);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int repeats = argc > 3 ? std::atoi(argv[3]) : 3;
  const char* out_path = argc > 4 ? argv[4] : nullptr;
  Result<std::string> text = ReadFile(argv[1], kMaxRuleFile);
  if (!text) return 2;
  Result<RuleSet> rules = LoadRules(*text, argv[1], "", [](const std::string& path) { return ReadFile(path, kMaxRuleFile); });
  if (!rules) return std::fprintf(stderr, "%s\n", rules.error().text.c_str()), 2;
  int64_t begin = Now();
  Result<Compiled> built = Compiled::Build(*rules, Processor::kThisOne);
  if (!built) return std::fprintf(stderr, "%s\n", built.error().text.c_str()), 2;
  const double build_s = Seconds(begin);
  const std::string bytes = built->Serialise();
  begin = Now();
  Result<RuleSet> again = LoadRules(*text, argv[1], "", [](const std::string& path) { return ReadFile(path, kMaxRuleFile); });
  const double toml_s = Seconds(begin);
  Result<Compiled> compiled = Compiled::Load(std::move(*again), bytes);
  const double load_s = Seconds(begin);
  if (!compiled) return std::fprintf(stderr, "%s\n", compiled.error().text.c_str()), 2;
  std::printf("rules %zu, built in %.3f s, %zu bytes; loaded again in %.4f s (TOML %.4f s)\n", rules->rules.size(), build_s, bytes.size(), load_s, toml_s);

  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[2], std::filesystem::directory_options::skip_permission_denied)) {
    if (entry.is_regular_file() && !entry.is_symlink()) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  size_t total = 0;
  begin = Now();
  for (const std::string& path : paths) {
    Result<std::string> one = ReadFile(path, 1u << 30);
    texts.push_back(one ? std::move(*one) : std::string());
    total += texts.back().size();
  }
  const double read_s = Seconds(begin);

  Result<Scanner> scanner = Scanner::Make(*compiled, {.habits = Habits::kSource});
  Result<Scratch> scratch = compiled->MakeScratch();
  if (!scanner || !scratch) return 2;
  double scan_s = 1e9, hs_s = 1e9;
  size_t found = 0, incomplete = 0, events = 0;
  FILE* out = out_path != nullptr ? std::fopen(out_path, "w") : nullptr;
  for (int i = 0; i < repeats; ++i) {
    found = incomplete = 0;
    begin = Now();
    for (size_t k = 0; k < paths.size(); ++k) {
      const Scanned scanned = scanner->Scan({.path = paths[k], .bytes = texts[k], .commit = {}});
      found += scanned.matches.size();
      if (!scanned.incomplete.empty()) ++incomplete, std::printf("incomplete: %s: %s\n", paths[k].c_str(), scanned.incomplete.c_str());
      if (out == nullptr || i + 1 < repeats) continue;
      for (const Match& m : scanned.matches) {
        const std::string_view secret = std::string_view(texts[k]).substr(m.secret_begin, m.secret_end - m.secret_begin);
        std::fprintf(out, "%s\t%zu\t%s\t%s\n", paths[k].c_str(), m.line, compiled->rules()[m.rule].rule->id.c_str(), HexEncode(AsBytes(secret)).c_str());
      }
    }
    scan_s = std::min(scan_s, Seconds(begin));
    begin = Now();
    for (const std::string& one : texts) hs_scan(compiled->ends(), one.data(), static_cast<unsigned>(one.size()), 0, scratch->get(), Quiet, &events);
    hs_s = std::min(hs_s, Seconds(begin));
  }
  if (out != nullptr) std::fclose(out);
  const double gb = static_cast<double>(total) / 1e9;
  std::printf("files %zu, %.3f GB; read %.3f s; vectorscan %.3f s = %.2f GB/s; scan %.3f s = %.2f GB/s; findings %zu; incomplete %zu\n", paths.size(), gb, read_s, hs_s, gb / hs_s, scan_s, gb / scan_s, found, incomplete);
  return 0;
}
