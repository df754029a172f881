// What a person reads as one thing: an action joined with its outcome and its result, or a record that stands alone. The story, the search
// index, the page and the exports are all made from rows.
//
//   Rows rows;
//   for (each record, in order) rows.Feed(index, record);
//   for (const Row& row : rows.all()) ...
//
// The three lanes: what was said, what was done about it, what happened. All texts are printable (report/text.h) whatever the records hold.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace checkrein::report {

enum class Lane : uint8_t { kGood, kNotice, kBad };  // how a row is drawn

struct Row {
  uint64_t index = 0;              // of the first record
  int64_t outcome = -1;            // of the record that says what happened, by our own sensors
  int64_t result = -1;             // by the client
  std::string kind;                // of the first record: "action", "turn", ...
  std::string time;                // as recorded: RFC 3339
  std::string mode, session, client, tool;
  std::string workspace;           // written as `.` in lanes
  std::string verdict, course;     // actions
  std::string said, did, happened; // one line each
  std::vector<std::string> labels;
  std::vector<std::string> policies;
  std::vector<std::string> predicted, observed;   // "op:object"
  std::vector<std::string> unpredicted;
  int64_t score = 0;               // of the divergence; 0 when nothing was seen to differ
  std::vector<std::string> standards;  // ids with edition: "ASI02:2026"
  Lane lane = Lane::kGood;

  bool is_action() const { return kind == "action"; }
  bool differs() const { return score > 0 || !unpredicted.empty(); }
};

class Rows {
 public:
  // Takes records in the order of the log. What cannot be understood becomes a row that says so.
  void Feed(uint64_t index, const json::Value& record);
  void FeedUnreadable(uint64_t index);
  const std::vector<Row>& all() const { return rows_; }
  // The row whose first record is `index`, if it is one's.
  const Row* Find(uint64_t index) const;

 private:
  void FeedAction(Row row, const json::Value& record);
  void FeedOutcome(uint64_t index, const json::Value& record);
  void FeedResult(uint64_t index, const json::Value& record);
  Row* FindAction(const json::Value& record);

  std::vector<Row> rows_;
  std::map<uint64_t, size_t> by_index_;
};

// One line for a record of any kind but action, outcome and result; "" for one that says nothing to a person.
std::string Describe(const json::Value& record);

}  // namespace checkrein::report
