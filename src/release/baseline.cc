#include "release/baseline.h"

#include <algorithm>

namespace checkrein::release {
namespace {

bool IsDay(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (const size_t i : {0u, 1u, 2u, 3u, 5u, 6u, 8u, 9u}) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  return true;
}

}  // namespace

Result<Baseline> Baseline::Read(std::string_view text, std::string_view name) {
  const auto fail = [&](const std::string& what) { return Error{Error::Kind::kInvalid, std::string(name) + ": " + what}; };
  const Result<json::Value> parsed = json::Parse(text);
  if (!parsed) return fail(parsed.error().text);
  if (parsed->Text("format") != "checkrein-baseline/1" || parsed->At("accepted").array() == nullptr) return fail("not a baseline (format checkrein-baseline/1)");
  Baseline out;
  for (const json::Value& one : *parsed->At("accepted").array()) {
    Accepted entry{std::string(one.Text("fingerprint")), std::string(one.Text("rule")), std::string(one.Text("path")), std::string(one.Text("reason")), std::string(one.Text("owner")), std::string(one.Text("until"))};
    if (entry.fingerprint.empty() || entry.reason.empty() || entry.owner.empty()) return fail("an entry (" + entry.rule + " " + entry.path + ") without fingerprint, reason or owner");
    if (!IsDay(entry.until)) return fail("an entry (" + entry.rule + " " + entry.path + ") without an end: \"until\":\"2027-01-31\"");
    out.accepted.push_back(std::move(entry));
  }
  return out;
}

std::string Baseline::Write() const {
  json::Array list;
  for (const Accepted& entry : accepted) {
    json::Value one;
    one.Set("fingerprint", entry.fingerprint).Set("rule", entry.rule).Set("path", entry.path).Set("reason", entry.reason).Set("owner", entry.owner).Set("until", entry.until);
    list.push_back(std::move(one));
  }
  std::string out = "{\"format\":\"checkrein-baseline/1\",\"accepted\":[\n";
  for (size_t i = 0; i < list.size(); ++i) out += "  " + list[i].Dump() + (i + 1 < list.size() ? ",\n" : "\n");
  return out + "]}\n";
}

size_t Baseline::Apply(Report& report, std::string_view today) const {
  size_t ended = 0;
  for (const Accepted& entry : accepted) {
    if (std::string_view(entry.until) < today) {
      ++ended;
      continue;
    }
    for (Finding& finding : report.findings) {
      if (finding.fingerprint != entry.fingerprint || finding.rule != entry.rule) continue;
      finding.known = true;
      finding.detail = "accepted by " + entry.owner + " until " + entry.until + ": " + entry.reason;
    }
  }
  return ended;
}

}  // namespace checkrein::release
