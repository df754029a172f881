// What is usual for an agent in a project, learned from its own record: programs, hosts, kinds of places, tools, and how fast they come. What
// is unusual gets points, with reasons that add up to the score exactly.
//
//   Baseline usual;
//   for (const Row& row : rows.all()) {
//     const Anomaly odd = usual.Judge(row);   // before it is learned from
//     usual.Learn(row);
//   }
//
// Silent (no reasons) until it has seen kEnoughActions in kEnoughSessions of the same project and client. It never permits anything and
// nothing asks it whether to: an attacker who is patient becomes usual, which is why it may only add to what a person looks at.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "report/row.h"

namespace checkrein::report {

inline constexpr int64_t kEnoughActions = 100;
inline constexpr size_t kEnoughSessions = 3;

struct AnomalyReason {
  std::string what;   // "program", "host", "place", "tool", "rate"
  std::string value;  // printable
  int points = 0;
};
struct Anomaly {
  bool heard = false;   // enough was seen to say anything at all
  int score = 0;        // the sum of the reasons' points
  std::vector<AnomalyReason> reasons;
};

class Baseline {
 public:
  Anomaly Judge(const Row& row) const;
  void Learn(const Row& row);

 private:
  // One thing that an action can have, and what it is worth when it is new or rare.
  struct Feature {
    std::string what, value;
    auto operator<=>(const Feature&) const = default;
  };
  struct Usual {
    int64_t actions = 0;
    std::set<std::string> sessions;
    std::map<Feature, int64_t> seen;    // how many actions had it
    int64_t most_in_a_minute = 0;
    std::string minute;                 // the current one, and how many came in it
    int64_t in_minute = 0;
  };
  static std::set<Feature> FeaturesOf(const Row& row);
  static std::string KeyOf(const Row& row) { return row.client + "\n" + row.workspace; }

  std::map<std::string, Usual> usual_;   // by client and project
};

}  // namespace checkrein::report
