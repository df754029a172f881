// The report: one HTML file that needs nothing else, shows the record in three lanes and lets the reader's own browser verify it.
//
//   PageInput input{.log = &log, .checkpoint = log.CheckpointNote(), ...};
//   Status written = WritePage(input, [&](std::string_view part) { return WriteAll(fd, part); });
//
// Inside: the records' bytes as they were hashed, deflated, by chunks of 256, with their leaf hashes; the roots of all chunks of the log;
// the signed checkpoint. From these the page recomputes every hash with WebCrypto. Records that are left out are there as leaf hashes only.
// What comes from records is base64 or text, never markup; the policy of the page (CSP) permits its own script and style, by digest, and
// no address at all. docs/format/report.md has the layout.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace checkrein::report {

inline constexpr uint64_t kMaxPageRecords = 2'000'000;  // a browser that must hold more rows does not answer any more

struct PageInput {
  std::function<Result<std::string>(uint64_t)> read;   // a record's bytes, in order
  uint64_t size = 0;                                   // of the log
  std::string checkpoint;                              // the signed note of exactly that tree
  Digest root{};
  std::string vkey;
  std::string made;                                    // when, for a person
  std::vector<std::string> statements;                 // what log verify found: who anchored what
  std::map<std::string, std::string> policies;         // source of each policy in force, by id
  uint64_t from = 0, to = UINT64_MAX;                  // records [from, to) are shown ...
  std::string session;                                 // ... of this session only, if one is named
};
using Sink = std::function<Status(std::string_view)>;

// kInvalid: what was read does not lead to `root`; kLimit; what `read` and `sink` say. Memory: 32 bytes for each record of the log, and
// about 1 KiB for each row shown.
Status WritePage(const PageInput& input, const Sink& sink);

}  // namespace checkrein::report
