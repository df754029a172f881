#include "report/row.h"

#include <algorithm>

#include "report/standards.h"
#include "report/text.h"

namespace checkrein::report {
namespace {

std::vector<std::string> List(const json::Value& list) {
  std::vector<std::string> out;
  if (list.array() == nullptr) return out;
  for (const json::Value& item : *list.array()) {
    if (item.string() != nullptr) out.push_back(Plain(*item.string()));
  }
  return out;
}

std::string Joined(const std::vector<std::string>& items, std::string_view otherwise) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? std::string(otherwise) : out;
}

std::string Number(const json::Value& record, std::string_view key) { return std::to_string(record.Integer(key, 0)); }

std::string Counted(size_t n, std::string_view one, std::string_view more) { return std::to_string(n) + " " + std::string(n == 1 ? one : more); }

// The workspace's path is the same in all effects, and long.
std::vector<std::string> Shortened(std::vector<std::string> effects, const std::string& workspace) {
  if (workspace.size() < 2) return effects;
  for (std::string& effect : effects) {
    const size_t at = effect.find(":" + workspace);
    if (at == std::string::npos) continue;
    const size_t end = at + 1 + workspace.size();
    if (end == effect.size() || effect[end] == '/') effect.replace(at + 1, workspace.size(), ".");
  }
  return effects;
}

std::string WhatWasDone(const json::Value& record) {
  const json::Value& decision = record.At("decision");
  std::string out = Plain(decision.Text("verdict"));
  const std::string course = Plain(record.Text("course"));
  if (!course.empty() && course != out) out += " (" + course + ")";
  if (decision.Flag("approved")) out += ", approved by a person";
  return out + ": " + Plain(record.At("call").Text("shown"));
}

}  // namespace

std::string Describe(const json::Value& record) {
  const std::string_view kind = record.Text("k");
  if (kind == "turn") return "the person: " + Plain(record.Text("goal"));
  if (kind == "message") return Plain(record.Text("said"));
  if (kind == "refused") return "refused: " + Plain(record.Text("why"));
  if (kind == "run") return "run " + Plain(record.Text("program")) + " in " + Plain(record.Text("workspace"));
  if (kind == "run_end") return "the session ended, exit " + Number(record, "exit") + "; committed " + Joined(List(record.At("committed")), "nothing") + "; held " + Joined(List(record.At("held")), "nothing");
  if (kind == "approval") return "a person permitted action " + Plain(record.Text("action_digest").substr(0, 8)) + ", once";
  if (kind == "connection") return Plain(record.Text("host")) + (record.Integer("port", 0) == 0 ? "" : ":" + Number(record, "port")) + " " + Plain(record.Text("result"));  // none: a name, looked up
  if (kind == "finding" || kind == "incident") return std::string(kind) + " (" + Plain(record.Text("severity")) + ", " + Plain(record.Text("code")) + "): " + Plain(record.Text("what"));
  if (kind == "gate") return "release gate: " + Plain(record.Text("artifact")) + ": " + Plain(record.Text("verdict"));
  if (kind == "freeze" || kind == "thaw") return (kind == "freeze" ? "stopped by uid " : "lets go on: uid ") + Number(record, "by_uid");
  if (kind == "commit") return "uid " + Number(record, "by_uid") + " took changes of copy " + Plain(record.Text("copy")) + ": " + Joined(List(record.At("committed")), "none");
  if (kind == "change") return "uid " + Number(record, "by_uid") + " " + Plain(record.Text("event")) + " changes of copy " + Plain(record.Text("copy"));
  if (kind == "undo") return "uid " + Number(record, "by_uid") + " took back " + Number(record, "changes") + " change(s) of action " + Number(record, "action");
  if (kind == "labels") return "uid " + Number(record, "by_uid") + " says that " + Plain(record.Text("what")) + (record.Text("event") == "added" ? " is " : " is no longer ") + Joined(List(record.At("labels")), "labelled");
  if (kind == "background") return "left running by action " + Number(record, "ref") + ": " + Joined(List(record.At("effects")), "nothing seen");
  if (kind == "session") return "session " + Plain(record.Text("event"));
  if (kind == "log") {
    const std::string event = Plain(record.Text("event"));
    if (event == "boot") return "the log was opened, " + std::string(record.Flag("clean") ? "cleanly" : "after an unclean end") + ", at " + Number(record, "size") + " records";
    return "the log: " + event;
  }
  std::string out = Plain(kind);
  for (const char* member : {"event", "id", "path", "what", "why", "text"}) {
    if (const std::string_view text = record.Text(member); !text.empty()) out += " " + Plain(text);
  }
  return out;
}

const Row* Rows::Find(uint64_t index) const {
  const auto at = by_index_.find(index);
  return at == by_index_.end() ? nullptr : &rows_[at->second];
}

Row* Rows::FindAction(const json::Value& record) {
  const int64_t ref = record.Integer("ref", -1);
  const auto at = ref < 0 ? by_index_.end() : by_index_.find(static_cast<uint64_t>(ref));
  return at == by_index_.end() || !rows_[at->second].is_action() ? nullptr : &rows_[at->second];
}

void Rows::FeedAction(Row row, const json::Value& record) {
  row.tool = Plain(record.At("call").Text("tool"));
  row.workspace = Plain(record.Text("workspace"));
  row.verdict = Plain(record.At("decision").Text("verdict"));
  row.course = Plain(record.Text("course"));
  const std::string description = Plain(record.At("intent").Text("description"));
  const std::string said = Plain(record.At("intent").Text("said"));
  row.said = description.empty() ? said : said.empty() ? description : description + " — " + said;
  row.did = WhatWasDone(record);
  row.labels = List(record.At("labels"));
  row.policies = List(record.At("decision").At("policies"));
  row.predicted = List(record.At("predicted").At("effects"));
  const bool runs = row.course != "denied" && row.course != "awaits approval";
  row.happened = runs ? "" : "it did not run";
  row.lane = runs ? Lane::kGood : row.course == "denied" ? Lane::kBad : Lane::kNotice;
  row.standards = StandardsFor(record);
  rows_.push_back(std::move(row));
}

void Rows::FeedOutcome(uint64_t index, const json::Value& record) {
  Row* row = FindAction(record);
  if (row == nullptr) return;
  row->outcome = static_cast<int64_t>(index);
  row->observed = List(record.At("observed").At("effects"));
  row->unpredicted = List(record.At("divergence").At("unpredicted"));
  row->score = record.At("divergence").Integer("score", row->unpredicted.empty() ? 0 : static_cast<int64_t>(row->unpredicted.size()));
  const std::vector<std::string> held = List(record.At("held"));
  row->happened = "exit " + Number(record, "exit") + ", " + Number(record, "ms") + " ms: " + Joined(Shortened(row->observed, row->workspace), "no change seen");
  if (row->differs()) row->happened += "; not predicted: " + Counted(row->unpredicted.size(), "effect", "effects") + ", differs by " + std::to_string(row->score);
  if (!held.empty()) row->happened += "; held: " + Joined(held, "");
  if (const std::string_view error = record.Text("error"); !error.empty()) row->happened += "; error: " + Plain(error);
  if (row->differs()) row->lane = Lane::kBad;
  else if (!held.empty()) row->lane = Lane::kNotice;
  const std::vector<std::string> more = StandardsFor(record);
  for (const std::string& id : more) {
    if (std::find(row->standards.begin(), row->standards.end(), id) == row->standards.end()) row->standards.push_back(id);
  }
}

void Rows::FeedResult(uint64_t index, const json::Value& record) {
  Row* row = FindAction(record);
  if (row == nullptr) return;
  row->result = static_cast<int64_t>(index);
  const std::vector<std::string> learned = List(record.At("new_labels"));
  std::string told = std::string(record.Flag("failed") ? "the client says that it failed" : "the client says that it ran") + ", " + std::to_string(record.At("output").Integer("bytes", 0)) + " bytes of output";
  if (!learned.empty()) told += "; the session is now " + Joined(learned, "");
  row->happened += (row->happened.empty() ? "" : "; ") + told;
}

void Rows::Feed(uint64_t index, const json::Value& record) {
  const std::string_view kind = record.Text("k");
  if (kind == "outcome") return FeedOutcome(index, record);
  if (kind == "result") return FeedResult(index, record);
  if (kind == "note") return;
  Row row;
  row.index = index;
  row.kind = Plain(kind);
  row.time = Plain(record.Text("t"));
  row.mode = Plain(record.Text("mode"));
  row.session = Plain(record.Text("session"));
  row.client = Plain(record.Text("client"));
  by_index_[index] = rows_.size();
  if (kind == "action") return FeedAction(std::move(row), record);
  const std::string text = Describe(record);
  row.standards = StandardsFor(record);
  if (kind == "turn" || kind == "message") row.said = text;
  else if (kind == "connection" || kind == "run_end" || kind == "finding" || kind == "incident") row.happened = text;
  else row.did = text;
  const std::string_view severity = record.Text("severity");
  if (kind == "refused" || kind == "incident" || kind == "finding") row.lane = severity == "low" || severity == "medium" ? Lane::kNotice : Lane::kBad;
  if (kind == "log" && record.Text("event") == "boot" && !record.Flag("clean")) row.lane = Lane::kNotice;
  rows_.push_back(std::move(row));
}

void Rows::FeedUnreadable(uint64_t index) {
  Row row;
  row.index = index;
  row.kind = "unreadable";
  row.did = "a record that is no JSON";
  row.lane = Lane::kBad;
  by_index_[index] = rows_.size();
  rows_.push_back(std::move(row));
}

}  // namespace checkrein::report
