// Which sessions ran on a version that an advisory concerns, and whether the abused effect occurred in them: from the log alone, with what
// is known of advisories today. Pure.
//
//   History history(known, home);
//   for (each record, in order) history.Feed(index, record);
//   for (const PastExposure& e : history.Finish()) e.client, e.advisory, e.occurrences
//
// What a shield would refuse is what is looked for, in the predicted effects of actions and in what outcomes observed. NOT covered: what no
// sensor of ours saw, such as what a client does without any tool call.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "advisories/active.h"
#include "base/json.h"
#include "policy/decide.h"

namespace checkrein::advisories {

struct Occurrence {
  enum class How : uint8_t {
    kRefused,    // it did not run
    kOnACopy,    // it ran contained and nothing of it was kept
    kPerhaps,    // the client was to ask, or nothing tells whether it ran
    kHappened,
  };
  How how = How::kPerhaps;
  uint64_t record = 0;        // of the action
  std::string effect;         // "write:/a/.claude/settings.json"
  std::string shield;
};
std::string_view HowName(Occurrence::How how);

struct PastExposure {
  std::string client, session, begun;      // begun: as recorded, RFC 3339
  std::string advisory, version, source;   // of the program; "" and why, when it was not recorded
  int64_t actions = 0;
  std::vector<Occurrence> occurrences;
  bool happened() const;
};

class History {
 public:
  // `known` is borrowed. An error of the shields is kept, and Finish then has nothing: ask error().
  History(const std::vector<Known>& known, std::string home);
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  void Feed(uint64_t index, const json::Value& record);
  std::vector<PastExposure> Finish();   // in the order in which sessions began
  const Status& status() const { return status_; }

 private:
  struct Session {
    std::string client, id, begun;
    std::vector<Installed> installed;
    bool says_installed = false;
    int64_t actions = 0;
    std::map<std::string, std::vector<Occurrence>> found;   // by advisory
  };
  struct Action {
    size_t session = 0;
    policy::Circumstances circumstances;
    std::string course;
    std::vector<std::pair<std::string, size_t>> found;   // advisory, place in its list
  };
  Session& SessionOf(const json::Value& record);
  void FeedAction(uint64_t index, const json::Value& record);
  void FeedOutcome(const json::Value& record);
  void Look(const std::vector<std::string>& effects, uint64_t index, Occurrence::How how, Action& action);

  const std::vector<Known>& known_;
  std::string home_;
  Status status_ = Done{};
  std::vector<uint64_t> words_;
  policy::Shields shields_;
  std::vector<Session> sessions_;
  std::map<std::string, size_t> by_name_;
  std::map<uint64_t, Action> actions_;   // that may still get an outcome
};

}  // namespace checkrein::advisories
