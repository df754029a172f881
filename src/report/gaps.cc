#include "report/gaps.h"

#include "report/text.h"

namespace checkrein::report {

void Gaps::Feed(uint64_t index, const json::Value& record) {
  const std::string boot(record.Text("boot"));
  const int64_t mono_ms = record.Integer("mono", 0) / 1'000'000;
  const std::string session(record.Text("session"));
  const std::string_view kind = record.Text("k");
  if (!boot.empty() && boot != boot_) {
    for (const auto& [name, run] : runs_) found_.push_back({run.index, "the run " + Plain(name) + " has no end: the machine was started anew meanwhile"});
    runs_.clear();
    boot_ = boot;
  }
  if (kind == "log" && record.Text("event") == "boot" && !record.Flag("clean"))
    found_.push_back({index, std::to_string(record.Integer("torn_bytes", 0)) + " bytes of a write that was cut off stood at the log's end"});
  if (record.Text("mode") != "run") return;
  for (auto& [name, run] : runs_) {
    if (mono_ms - run.mono_ms > kSilenceMs)
      found_.push_back({run.index, "nothing was written for " + std::to_string((mono_ms - run.mono_ms) / 60'000) + " minutes while the run " + Plain(name) + " lasted"});
    run.mono_ms = mono_ms;
    run.index = index;
  }
  if (kind == "run") runs_[session] = {index, mono_ms, boot};
  if (kind == "run_end") runs_.erase(session);
}

std::vector<Gap> Gaps::Found() const {
  std::vector<Gap> out = found_;
  for (const auto& [name, run] : runs_) out.push_back({run.index, "the run " + Plain(name) + " goes on, or was cut off: it has no end"});
  return out;
}

}  // namespace checkrein::report
