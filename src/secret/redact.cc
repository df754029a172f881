#include "secret/redact.h"

#include <algorithm>

#include "secret/rule.h"
#include "secret/scan.h"

namespace checkrein::secret {
namespace {

constexpr size_t kTagBytes = 3;

size_t RankOf(std::string_view id) {
  size_t rank = 0;
  for (const Rule& rule : Rules()) {
    if (rule.id == id) break;
    ++rank;
  }
  return rank;
}

}  // namespace

std::vector<Finding> Find(std::string_view text) {
  std::vector<Finding> raw;
  FindRaw(text, kMaxEncodings, raw);
  std::sort(raw.begin(), raw.end(), [](const Finding& a, const Finding& b) { return a.begin != b.begin ? a.begin < b.begin : a.end > b.end; });
  std::vector<Finding> out;
  for (const Finding& finding : raw) {
    if (out.empty() || finding.begin >= out.back().end) {
      out.push_back(finding);
      continue;
    }
    // Overlapping: one finding over both, for what either rule found must go.
    Finding& last = out.back();
    last.end = std::max(last.end, finding.end);
    if (last.rule != finding.rule && RankOf(finding.rule) < RankOf(last.rule)) last.rule = finding.rule;
  }
  return out;
}

std::string Redact(std::string_view text, const Digest& key) {
  std::string out;
  out.reserve(text.size());
  size_t done = 0;
  for (const Finding& finding : Find(text)) {
    out += text.substr(done, finding.begin - done);
    const Digest tag = HmacSha256(key, AsBytes(text.substr(finding.begin, finding.end - finding.begin)));
    out += "\xe2\x80\xb9secret:";
    out += finding.rule;
    out += ':';
    out += HexEncode(std::span(tag).first(kTagBytes));
    out += "\xe2\x80\xba";
    done = finding.end;
  }
  out += text.substr(done);
  return out;
}

}  // namespace checkrein::secret
