// Writes logs for tests/foreign/run. usage: write_log DIR SIZE | for-ever | publish | prove INDEX. Prints the log's vkey (or the proof).
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log.h"
#include "audit/prove.h"

namespace {

using checkrein::audit::Log;

// Of many lengths, the longest that there can be among them.
std::string Record(uint64_t i) { return "{\"n\":" + std::to_string(i) + "}" + std::string(i % 4096 == 77 ? 65'000 : i * 7919 % 300, 'x'); }

int Fail(const checkrein::Error& error) {
  std::fprintf(stderr, "write_log: %s\n", error.text.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string what = argv[2];
  checkrein::Result<Log> log = Log::Open(argv[1], Log::Mode::kAppend);
  if (!log) return Fail(log.error());
  if (what == "prove") {
    const checkrein::Result<std::string> proof = checkrein::audit::ProveRecord(argv[1], std::strtoull(argv[3], nullptr, 10));
    if (!proof) return Fail(proof.error());
    std::fputs(proof->c_str(), stdout);
    return 0;
  }
  const uint64_t size = what == "for-ever" ? UINT64_MAX : what == "publish" ? 0 : std::strtoull(what.c_str(), nullptr, 10);
  while (log->size() < size) {
    // One at a time where tiles end, otherwise in batches; published now and then in between.
    const uint64_t at = log->size();
    std::vector<std::string> records;
    for (uint64_t i = at; i < size && i < at + (at % 512 < 250 || size == UINT64_MAX ? 1 : 97); ++i) records.push_back(Record(i));
    const checkrein::Result<uint64_t> index = log->AppendAll(std::vector<std::string_view>(records.begin(), records.end()));
    if (!index) return Fail(index.error());
    if (at % 1000 == 100) {
      if (checkrein::Status done = log->Publish(); !done) return Fail(done.error());
    }
  }
  if (checkrein::Status done = log->Publish(); !done) return Fail(done.error());
  std::puts(log->Vkey().c_str());
  return 0;
}
