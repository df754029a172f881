// How the inspector looks at one text: by the rules, by the parser of keys, and at what is encoded in it.
#include <algorithm>
#include <optional>

#include "release/archive/gunzip.h"
#include "release/expose/keys.h"
#include "release/inspect.h"
#include "release/scan/decode.h"
#include "secret/redact.h"

namespace checkrein::release {
namespace {

constexpr size_t kContext = 48;        // bytes of a line shown on either side of a finding
constexpr size_t kShown = 4;           // characters of a long secret that are shown
constexpr size_t kLong = 16;           // shorter secrets are not shown at all
constexpr size_t kMaxUnpacked = 16u << 20;    // bytes of a gzip found encoded in a text
constexpr uint64_t kFreeDecoded = 8u << 20;  // bytes decoded of one file, beside as many as it has itself

// Every secret in `text` but for its kind taken out.
std::string WithoutSecrets(std::string_view text) {
  std::string out;
  size_t at = 0;
  for (const secret::Finding& found : secret::Find(text)) {
    out += text.substr(at, found.begin - at);
    out += "\xe2\x80\xb9" + std::string(found.rule) + "\xe2\x80\xba";
    at = found.end;
  }
  return out + std::string(text.substr(at));
}

}  // namespace

std::string Masked(std::string_view secret) {
  const size_t shown = secret.size() >= kLong ? kShown : 0;
  return ToValidUtf8(secret.substr(0, shown)) + "\xe2\x80\xa6(" + std::to_string(secret.size()) + ")";
}

std::string MaskedContext(std::string_view text, size_t begin, size_t end) {
  size_t from = begin > kContext ? begin - kContext : 0;
  if (const size_t line = text.substr(from, begin - from).rfind('\n'); line != std::string_view::npos) from += line + 1;
  size_t to = std::min(text.size(), end + kContext);
  if (const size_t line = text.substr(end, to - end).find('\n'); line != std::string_view::npos) to = end + line;
  // Another secret may stand beside this one.
  std::string out = WithoutSecrets(text.substr(from, begin - from)) + Masked(text.substr(begin, end - begin)) + WithoutSecrets(text.substr(end, to - end));
  for (char& c : out) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return ToValidUtf8(out);
}

// Where [begin, end) of a text stands in its file; nothing when it belongs to two encoded pieces.
std::optional<Inspector::Where> Inspector::Locate(const Origin& origin, size_t begin, size_t end) {
  if (origin.decoded == nullptr) return Where{lines_.At(origin.file, begin), ""};
  const DecodedText::Piece* piece = origin.decoded->Find(begin, end);
  if (piece == nullptr) return std::nullopt;
  return Where{lines_.At(origin.file, piece->outer_at), piece->via};
}

void Inspector::AddMatch(const Origin& origin, std::string_view text, const Match& match) {
  const CompiledRule& compiled = scanner_.compiled().rules()[match.rule];
  const Rule& rule = *compiled.rule;
  const std::string_view secret = text.substr(match.secret_begin, match.secret_end - match.secret_begin);
  if (!rule.exposes.empty()) return Name(rule.exposes, secret);
  Finding finding;
  if (!secret.empty()) {
    const std::optional<Where> where = Locate(origin, origin.decoded == nullptr ? match.begin : match.secret_begin, match.secret_end);
    if (!where) return;
    finding.line = static_cast<int64_t>(where->place.line);
    finding.column = static_cast<int64_t>(where->place.column);
    finding.via = where->via;
    finding.masked = Masked(secret);
    finding.context = MaskedContext(text, match.secret_begin, match.secret_end);
  } else if (origin.decoded != nullptr) {
    return;  // a rule about paths: told of the file itself
  }
  finding.rule = rule.id;
  finding.severity = rule.severity;
  finding.what = rule.description;
  finding.advice = rule.advice;
  finding.path = origin.path;
  AddFinding(std::move(finding), secret);
}

// Private keys are parsed, whatever rule has seen them: one that does not parse is an example, one with a pass phrase not yet a leak.
void Inspector::AddKeys(const Origin& origin, std::string_view text) {
  for (const CertificateBlock& certificate : FindCertificates(text)) {
    if (!certificate.public_part.empty()) certificates_.insert(certificate.public_part);
  }
  for (const KeyBlock& key : FindKeys(text)) {
    Finding finding;
    finding.rule = key.state == KeyBlock::State::kUsable ? "private-key-usable" : key.state == KeyBlock::State::kEncrypted ? "private-key-encrypted" : "private-key-broken";
    finding.severity = key.state == KeyBlock::State::kUsable ? Severity::kBlock : key.state == KeyBlock::State::kEncrypted ? Severity::kReview : Severity::kNote;
    finding.what = key.state == KeyBlock::State::kUsable ? "a private key that anyone can use" : key.state == KeyBlock::State::kEncrypted ? "a private key with a pass phrase" : "something in the form of a private key that does not parse";
    finding.advice = key.state == KeyBlock::State::kBroken ? "nothing to do if it is an example" : "make a new key, replace it wherever it is trusted, and revoke certificates for it";
    finding.path = origin.path;
    const std::optional<Where> where = Locate(origin, key.begin, key.begin);
    if (!where) continue;
    finding.line = static_cast<int64_t>(where->place.line);
    finding.column = 1;
    finding.via = where->via;
    finding.detail = key.kind;
    const std::string_view block = text.substr(key.begin, key.end - key.begin);
    finding.masked = std::string(block.substr(0, std::min<size_t>(block.find('\n'), 40))) + "\xe2\x80\xa6";
    finding.masked = ToValidUtf8(finding.masked);
    finding.context = ShortHash({block});
    if (key.state == KeyBlock::State::kUsable) Name("keys", key.kind + " in " + origin.path);
    if (key.state == KeyBlock::State::kUsable && !key.public_part.empty()) keys_by_public_[key.public_part].push_back(findings_.size());
    AddFinding(std::move(finding), block);
  }
}

// Adds what `gzip` holds to `into`. Three bytes that look like gzip in something else are no gzip.
void Inspector::AddUnpacked(const Origin& origin, std::string_view gzip, size_t outer_at, const std::string& via, DecodedText& into) {
  Gunzip gunzip(gzip, options_.limits);
  std::string inflated;
  for (Result<std::string_view> piece = gunzip.Next(); piece && !piece->empty(); piece = gunzip.Next()) {
    inflated += *piece;
    if (inflated.size() < kMaxUnpacked) continue;
    OnProblem(origin.path, "a gzip in a text unpacks to more than 16 MiB");
    break;
  }
  if (!inflated.empty() && Spend(origin, inflated.size())) into.Add(inflated, outer_at, via + "+gzip");
}

// Takes from what may be decoded of one file.
bool Inspector::Spend(const Origin& origin, size_t bytes) {
  if (decoded_left_ >= bytes) {
    decoded_left_ -= bytes;
    return true;
  }
  return SpentOut(origin, "more that is encoded than is looked into");
}

// Nothing more of this file is decoded: told once.
bool Inspector::SpentOut(const Origin& origin, std::string_view why) {
  if (!undecoded_) OnProblem(origin.path, why);
  undecoded_ = true;
  decoded_left_ = 0;
  return false;
}

bool Inspector::SpendPiece(const Origin& origin, size_t bytes) {
  return Spend(origin, bytes) && (scanner_.work().Spend(Cost::kPiece + bytes) || SpentOut(origin, kTooMuchWork));
}

void Inspector::ScanDecoded(const Origin& origin, std::string_view text) {
  DecodedText inner;
  const auto scan = [&] {
    if (!inner.empty()) ScanText({origin.path, origin.file, &inner, origin.depth + 1}, inner.text());
    inner.Clear();
  };
  FindEncoded(text, [&](const Encoded& found) {
    const DecodedText::Piece* outer = origin.decoded == nullptr ? nullptr : &origin.decoded->At(found.begin);
    const size_t outer_at = outer == nullptr ? found.begin : outer->outer_at;
    std::string via = outer == nullptr ? std::string(found.kind) : outer->via + "+" + std::string(found.kind);
    if (PackingOf(found.decoded) == Packing::kGzip) AddUnpacked(origin, found.decoded, outer_at, via, inner);
    else if (SpendPiece(origin, found.decoded.size())) inner.Add(found.decoded, outer_at, std::move(via));
    if (inner.full()) scan();
  });
  scan();
}

// Quoted names of several words ("night-owl", 'new_checkout'): what two versions do not share of them may be a code name.
void Inspector::NameWords(std::string_view text) {
  constexpr size_t kMost = 64;
  for (size_t at = text.find_first_of("\"'`"); at != std::string_view::npos; at = text.find_first_of("\"'`", at + 1)) {
    size_t end = at + 1;
    bool joined = false;
    while (end < text.size() && end - at < kMost && ((text[end] >= 'a' && text[end] <= 'z') || (text[end] >= '0' && text[end] <= '9') || text[end] == '-' || text[end] == '_')) joined = joined || text[end] == '-' || text[end] == '_', ++end;
    const std::string_view word = text.substr(at + 1, end - at - 1);
    if (joined && end < text.size() && text[end] == text[at] && word.size() >= 6 && word[0] >= 'a' && word.back() != '-' && word.back() != '_') Name("code_names", word);
  }
}

// One file's text, or a view's.
uint32_t Inspector::ScanFile(const std::string& path, std::string_view text) {
  lines_ = {};
  decoded_left_ = text.size() + kFreeDecoded;
  undecoded_ = false;
  if (options_.detail == Detail::kForDifference) NameWords(text);
  return ScanText({path, text, nullptr, 0}, text);
}

uint32_t Inspector::ScanText(const Origin& origin, std::string_view text) {
  totals_.scanned_bytes += static_cast<int64_t>(text.size());
  if (options_.looked_at != nullptr) options_.looked_at->store(static_cast<uint64_t>(totals_.scanned_bytes), std::memory_order_relaxed);
  const Scanned scanned = scanner_.Scan({.path = origin.path, .bytes = text, .commit = {}});
  if (!scanned.incomplete.empty()) OnProblem(origin.path, scanned.incomplete);
  const bool keys = options_.views == Views::kAll && (scanned.marks & kKeyMark) != 0;
  for (const Match& match : scanned.matches) {
    // The parser below knows better.
    if (keys && scanner_.compiled().rules()[match.rule].rule->id == "private-key") continue;
    AddMatch(origin, text, match);
  }
  if (keys) AddKeys(origin, text);
  if (options_.views == Views::kAll && origin.depth < options_.limits.decode_depth) ScanDecoded(origin, text);
  return scanned.marks;
}

}  // namespace checkrein::release
