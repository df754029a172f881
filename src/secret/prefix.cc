#include <algorithm>

#include "secret/scan.h"

namespace checkrein::secret {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr size_t kMaxLabel = 64;  // "OPENSSH PRIVATE KEY" and its like

// What a private key's block is made of: base64, white space, headers' punctuation, and the same escaped as JSON and shells do.
bool InBlock(std::string_view text, size_t at) {
  const char c = text[at];
  if (c == '-') return at + 1 < text.size() && text[at + 1] != '-';
  return In(Charset::kBase64, c) || IsSpace(c) || c == '\\' || c == ':' || c == ',' || c == '%' || c == '"' || c == '.';
}

class PrefixScan {
 public:
  PrefixScan(std::string_view text, std::vector<Finding>& found) : text_(text), found_(found) {}

  void Run() {
    const PrefixIndex& index = Prefixes();
    for (size_t at = 0; at + 1 < text_.size();) {
      if (!index.MayStart(text_[at], text_[at + 1])) {
        ++at;
        continue;
      }
      at = std::max(at + 1, One(at));
    }
  }

 private:
  // The end of what was found at `at`, or `at`.
  size_t One(size_t at) {
    const std::string_view rest = text_.substr(at);
    if (rest.starts_with(kBegin)) return Block(at);
    const bool word_start = AtWordStart(text_, at);
    for (const PrefixIndex::Entry& entry : Prefixes().By(rest[0])) {
      if (!rest.starts_with(entry.prefix)) continue;
      const Rule& rule = Rules()[entry.rule];
      if (rule.boundary == Boundary::kWord && !word_start) continue;
      const std::string_view body = Body(rule, at + entry.prefix.size());
      if (body.size() < rule.min_length || (rule.max_length != 0 && body.size() > rule.max_length)) continue;
      if (Entropy(body) < rule.min_entropy || (rule.check != nullptr && !rule.check(body))) continue;
      const size_t end = at + entry.prefix.size() + body.size();
      found_.push_back({rule.id, at, end});
      return end;
    }
    return at;
  }

  // The run of the rule's characters from `from`. A run is walked once however many prefixes stand in it.
  std::string_view Body(const Rule& rule, size_t from) {
    Stretch& run = runs_[static_cast<size_t>(rule.charset)];
    if (from < run.begin || from >= run.end) {
      run = {from, from};
      while (run.end < text_.size() && In(rule.charset, text_[run.end])) ++run.end;
    }
    return text_.substr(from, run.end - from);
  }

  size_t Block(size_t at) {
    const size_t label = at + kBegin.size();
    const size_t dashes = text_.substr(label, kMaxLabel).find("-----");
    if (dashes == std::string_view::npos || text_.substr(label, dashes).find("PRIVATE KEY") == std::string_view::npos) return at;
    size_t end = label + dashes + 5;
    while (end < text_.size() && InBlock(text_, end)) ++end;
    // Header lines or dashes inside may have stopped that; the end line is surer, if there is one before the next block.
    if (closing_ < label) closing_ = text_.find(kEnd, label);  // npos is never below, so each stretch is searched once
    if (closing_ != std::string_view::npos && (closing_ <= end || text_.substr(0, closing_).find(kBegin, end) == std::string_view::npos)) {
      const size_t last = text_.substr(closing_ + kEnd.size(), kMaxLabel).find("-----");
      end = std::max(end, last == std::string_view::npos ? closing_ + kEnd.size() : closing_ + kEnd.size() + last + 5);
    }
    found_.push_back({Rules()[0].id, at, end});
    return end;
  }

  std::string_view text_;
  std::vector<Finding>& found_;
  struct Stretch {
    size_t begin = 0;
    size_t end = 0;
  };
  Stretch runs_[6];         // by charset: the run walked last
  size_t closing_ = 0;   // the next end of a block, as far as it has been looked for
};

}  // namespace

bool AtWordStart(std::string_view text, size_t at) {
  if (at == 0 || !IsAlnum(text[at - 1])) return true;
  if (at >= 2 && text[at - 2] == '\\' && std::string_view("nrtbf0").find(text[at - 1]) != std::string_view::npos) return true;
  if (at >= 3 && text[at - 3] == '%' && In(Charset::kHex, text[at - 2]) && In(Charset::kHex, text[at - 1])) return true;
  if (at >= 6 && text[at - 6] == '\\' && text[at - 5] == 'u') return true;
  return at >= 4 && text[at - 4] == '\\' && text[at - 3] == 'x';
}

void FindPrefixed(std::string_view text, std::vector<Finding>& found) { PrefixScan(text, found).Run(); }

}  // namespace checkrein::secret
