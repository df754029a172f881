#include "release/difference.h"

#include <algorithm>
#include <map>

namespace checkrein::release {
namespace {

constexpr size_t kMaxListed = 500;

std::vector<std::string> New(const std::set<std::string>& before, const std::set<std::string>& now) {
  std::vector<std::string> out;
  for (const std::string& name : now) {
    if (!before.contains(name) && out.size() < kMaxListed) out.push_back(name);
  }
  return out;
}

json::Value List(const std::vector<std::string>& from) { return json::Array(from.begin(), from.end()); }

std::string Joined(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < 20; ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > 20) out += ", and " + std::to_string(names.size() - 20) + " more";
  return out;
}

}  // namespace

Difference Compare(const Report& before, const Report& now) {
  Difference out;
  std::map<std::string, const Entry*> old;
  for (const Entry& entry : before.entries) old[entry.path] = &entry;
  for (const Entry& entry : now.entries) {
    const auto was = old.find(entry.path);
    if (was == old.end()) {
      if (out.new_files.size() < kMaxListed) out.new_files.push_back(entry.path);
      continue;
    }
    if (was->second->mode != entry.mode && out.changed_permissions.size() < kMaxListed) out.changed_permissions.push_back(entry.path);
    old.erase(was);
  }
  for (const auto& [path, entry] : old) {
    if (out.gone_files.size() < kMaxListed) out.gone_files.push_back(path);
  }
  out.new_hosts = New(before.exposure.hosts, now.exposure.hosts);
  out.new_flags = New(before.exposure.flags, now.exposure.flags);
  out.new_words = New(before.exposure.code_names, now.exposure.code_names);
  out.new_prompts = New(before.exposure.prompts, now.exposure.prompts);
  out.new_people = New(before.exposure.people, now.exposure.people);
  for (const std::string& script : now.scripts) {
    if (std::find(before.scripts.begin(), before.scripts.end(), script) == before.scripts.end()) out.new_scripts.push_back(script);
  }
  out.bytes_before = before.totals.bytes;
  out.bytes_now = now.totals.bytes;
  out.own_lines_before = before.OwnLines();
  out.own_lines_now = now.OwnLines();
  return out;
}

json::Value Difference::ToJson() const {
  json::Value out;
  out.Set("new_files", List(new_files)).Set("gone_files", List(gone_files)).Set("changed_permissions", List(changed_permissions)).Set("new_hosts", List(new_hosts)).Set("new_flags", List(new_flags));
  out.Set("new_words", List(new_words)).Set("new_prompts", List(new_prompts)).Set("new_people", List(new_people)).Set("new_install_scripts", List(new_scripts));
  out.Set("bytes_before", bytes_before).Set("bytes_now", bytes_now).Set("own_lines_before", own_lines_before).Set("own_lines_now", own_lines_now);
  return out;
}

void AddDifference(Report& report, const Difference& difference) {
  const auto add = [&](std::string_view rule, Severity severity, std::string what, const std::vector<std::string>& names, std::string_view advice) {
    if (names.empty()) return;
    Finding finding;
    finding.rule = rule;
    finding.severity = severity;
    finding.what = std::move(what);
    finding.detail = Joined(names);
    finding.advice = advice;
    finding.fingerprint = std::string(rule) + ":" + finding.detail;
    report.findings.push_back(std::move(finding));
  };
  add("new-install-script", Severity::kReview, "a script that runs when the package is installed, and was not there before", difference.new_scripts, "look whether you wrote it");
  add("new-host", Severity::kReview, "internal hosts that the version before did not name", difference.new_hosts, "look whether they may be known");
  add("new-flag", Severity::kReview, "feature flags that the version before did not name", difference.new_flags, "look whether what they switch is announced");
  add("new-prompt", Severity::kReview, "prompts that the version before did not hold", difference.new_prompts, "look whether they may be read");
  add("new-word", Severity::kNote, "words that the version before did not hold, among them perhaps code names", difference.new_words, "");
  add("new-file", Severity::kNote, "files that the version before did not have", difference.new_files, "");
  add("changed-permissions", Severity::kNote, "files with other permissions than before", difference.changed_permissions, "");
}

}  // namespace checkrein::release
