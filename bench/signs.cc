// How many injected texts show signs, and how many clean ones do.
//
//   zcat CORPORA/text_injection.jsonl.gz | bench_signs [--misses]     lines {"label":..,"source":..,"event":{"text":..}}
//   find /usr/lib/python3 -name '*.py' | bench_signs [--misses] --clean-files     paths of files that nobody planted anything in
//
// Injected are the labels injection, skill-injection and hidden-unicode; clean are benign and normal-tool; others are not counted.
// Without the clean ones a constant answer would pass: both limits must hold.
#include <cstdio>
#include <iostream>
#include <map>
#include <string>

#include "analysis/signs/signs.h"
#include "base/bytes.h"
#include "base/fd.h"
#include "base/json.h"

int main(int argc, char** argv) {
  bool list = false, files = false;
  for (int i = 1; i < argc; ++i) {
    list |= std::string_view(argv[i]) == "--misses";
    files |= std::string_view(argv[i]) == "--clean-files";
  }
  struct Count {
    int all = 0, signs = 0;
  };
  std::map<std::string, Count> sources;
  Count injected, clean;
  std::string line;
  while (std::getline(std::cin, line)) {
    if (files) {
      const auto text = checkrein::ReadFile(line, 1u << 20);
      if (!text || !checkrein::IsUtf8(*text)) continue;
      line = checkrein::json::Value().Set("label", "benign").Set("source", "files").Set("event", checkrein::json::Value().Set("text", *text)).Dump();
    }
    const auto row = checkrein::json::Parse(line);
    if (!row) {
      std::fprintf(stderr, "signs: %s\n", row.error().text.c_str());
      return 2;
    }
    const std::string_view label = row->Text("label");
    const bool bad = label == "injection" || label == "skill-injection" || label == "hidden-unicode";
    if (!bad && label != "benign" && label != "normal-tool") continue;
    const std::string text(row->At("event").Text("text"));
    const auto signs = checkrein::analysis::InjectionSigns(text);
    for (Count* count : {bad ? &injected : &clean, &sources[std::string(bad ? "injected  " : "clean     ") + std::string(row->Text("source"))]}) {
      ++count->all;
      count->signs += !signs.empty();
    }
    if (list && signs.empty() == bad) {
      std::printf("%s", bad ? "missed: " : "false:");
      for (const auto& sign : signs) std::printf(" [%s]", std::string(sign).c_str());
      std::printf(" %s\n", checkrein::json::Quote(text.substr(0, 300)).c_str());
    }
  }
  const auto percent = [](const Count& c) { return c.all == 0 ? 0.0 : 100.0 * c.signs / c.all; };
  for (const auto& [name, count] : sources) std::printf("%-70s %5d of %5d\n", name.c_str(), count.signs, count.all);
  std::printf("injected texts with signs: %d of %d = %.2f %% (target >= 90)\nclean texts with signs:    %d of %d = %.2f %% (target <= 1)\n", injected.signs, injected.all,
              percent(injected), clean.signs, clean.all, percent(clean));
  if (files) return clean.all > 0 && percent(clean) <= 1 ? 0 : 1;
  return injected.all > 0 && clean.all > 0 && percent(injected) >= 90 && percent(clean) <= 1 ? 0 : 1;
}
