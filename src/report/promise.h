// What records of each mode cannot promise, in the words that every screen and export uses (docs/threat-model.md, "What each mode promises").
//
//   Modes modes;
//   for (each record) modes.Feed(record);
//   for (const std::string& line : modes.Lines()) ...   // "3 records were made with hooks only: no boundary. ..."
//
// Only what a client's event led to counts: what a person did in a terminal says nothing about the sessions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace checkrein::report {

// "" for `run`, whose limits are those of the sandbox. An unknown mode promises no more than hooks only.
std::string_view NotPromised(std::string_view mode);

class Modes {
 public:
  void Feed(const json::Value& record) { Count(record.Text("k"), record.Text("mode")); }
  // The same from a record's bytes, without reading more than their beginning: our records begin with kind, time and mode.
  void FeedBytes(std::string_view bytes);
  // Something that is known to be of this mode though no record of it was fed.
  void Add(std::string_view mode, uint64_t n = 1);
  // One for each mode that does not promise what `run` does; printable.
  std::vector<std::string> Lines() const;

 private:
  void Count(std::string_view kind, std::string_view mode);
  uint64_t hooks_ = 0, system_ = 0;
};

}  // namespace checkrein::report
