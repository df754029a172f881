// Writes logs for tests/foreign/run. usage: write_log DIR SIZE | for-ever | publish | proofs STEP TO. Prints the log's vkey; `proofs` writes
// TO/INDEX.tlog-proof for each STEPth record and the last.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log.h"
#include "audit/prove.h"
#include "base/fd.h"

namespace {

using checkrein::audit::Log;

// Of many lengths, the longest that there can be among them.
std::string Record(uint64_t i) { return "{\"n\":" + std::to_string(i) + "}" + std::string(i % 4096 == 77 ? 65'000 : i * 7919 % 300, 'x'); }

int Fail(const checkrein::Error& error) {
  std::fprintf(stderr, "write_log: %s\n", error.text.c_str());
  return 1;
}

int Prove(const std::string& directory, uint64_t size, uint64_t step, const std::string& to) {
  if (checkrein::Status made = checkrein::MakeDirectories(to, 0755); !made) return Fail(made.error());
  for (uint64_t index = 0; index < size; index = index + step < size || index == size - 1 ? index + step : size - 1) {
    const checkrein::Result<std::string> proof = checkrein::audit::ProveRecord(directory, index);
    if (!proof) return Fail(proof.error());
    if (checkrein::Status written = checkrein::ReplaceFile(to + "/" + std::to_string(index) + ".tlog-proof", *proof, 0644); !written) return Fail(written.error());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string what = argv[2];
  checkrein::Result<Log> log = Log::Open(argv[1], Log::Mode::kAppend);
  if (!log) return Fail(log.error());
  if (what == "proofs" && argc == 5) return Prove(argv[1], log->size(), std::strtoull(argv[3], nullptr, 10), argv[4]);
  const uint64_t size = what == "for-ever" ? UINT64_MAX : what == "publish" ? 0 : std::strtoull(what.c_str(), nullptr, 10);
  while (log->size() < size) {
    // One at a time where tiles end (seldom in a large log, for each waits for the disk), otherwise in batches; published now and then.
    const uint64_t at = log->size();
    const bool single = size == UINT64_MAX || (size > 4096 ? at % 4096 < 3 : at % 512 < 250);
    std::vector<std::string> records;
    for (uint64_t i = at; i < size && i < at + (single ? 1 : size > 4096 ? 997 : 97); ++i) records.push_back(Record(i));
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
