#include "release/inspect.h"

#include <algorithm>
#include <cstring>

#include "base/digest.h"
#include "base/path.h"
#include "release/expose/binary.h"
#include "release/expose/credentials.h"
#include "release/expose/keys.h"
#include "release/expose/source_map.h"

namespace checkrein::release {
namespace {

constexpr size_t kMaxLinks = 100'000;

std::string_view LastName(std::string_view path) {
  const size_t bang = path.rfind('!');
  return bang == std::string_view::npos ? path : path.substr(bang + 1);
}

bool EndsWithAny(std::string_view path, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return path.ends_with(end); });
}

std::string ShortHex(std::string_view bytes, size_t count) {
  const Digest digest = Sha256(bytes);
  return HexEncode(std::span<const uint8_t>(digest).first(count));
}

// The first value of a header of METADATA or PKG-INFO.
std::string Header(std::string_view text, std::string_view name) {
  const std::string mark = "\n" + std::string(name) + ": ";
  const std::string with = "\n" + std::string(text.substr(0, 64u << 10));
  const size_t at = with.find(mark);
  if (at == std::string::npos) return "";
  const size_t begin = at + mark.size();
  return with.substr(begin, with.find_first_of("\r\n", begin) - begin);
}

}  // namespace

std::string ShortHash(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) {
    all += part;
    all += '\0';
  }
  return ShortHex(all, 12);
}

Inspector::Inspector(Scanner& scanner, const InspectOptions& options, Emit emit)
    : scanner_(scanner), options_(options), emit_(std::move(emit)), walker_(options_.limits, *this, options.deadline_ns) {
  scanner_.BeginArtifact(options_.limits.work);
}

void Inspector::OnProblem(std::string_view path, std::string_view what) { emit_(ProblemMessage(path, what)); }
void Inspector::OnArchive(std::string_view, std::string_view) { ++totals_.archives; }

void Inspector::OnOddity(Oddity oddity, std::string_view path, std::string_view detail) {
  Finding finding;
  finding.rule = OddityRule(oddity);
  finding.severity = oddity == Oddity::kCaseCollision || oddity == Oddity::kSetuid ? Severity::kReview : Severity::kBlock;
  finding.what = OddityText(oddity);
  finding.advice = "an honest packer does not make this: find out what did, and pack again";
  finding.path = path;
  finding.detail = ToValidUtf8(detail);
  AddFinding(std::move(finding), detail);
}

void Inspector::Artifact(std::string_view bytes, std::string_view name) {
  totals_.packed_bytes = static_cast<int64_t>(bytes.size());
  if (walker_.Walk(bytes, "")) return;
  PackedEntry entry;
  entry.path = name;
  walker_.Take(entry, bytes);
}

bool Inspector::File(std::string_view path, uint32_t mode, std::string_view bytes) {
  PackedEntry entry;
  entry.path = path;
  entry.mode = mode;
  return walker_.Take(entry, bytes);
}

void Inspector::Name(std::string_view kind, std::string_view name) {
  constexpr size_t kMaxNamesTold = 20'000;
  if (names_.size() >= kMaxNamesTold || name.size() > 256) return;
  if (names_.insert(std::string(kind) + "\n" + std::string(name)).second) emit_(NameMessage(kind, ToValidUtf8(name)));
}

void Inspector::AddFinding(Finding finding, std::string_view secret) {
  if (!scanner_.work().Spend(Cost::kFinding)) {
    ++totals_.findings_dropped;
    return;
  }
  finding.fingerprint = ShortHash({finding.rule, finding.path, finding.context, finding.rule.starts_with("archive-") ? finding.detail : ""});
  // Told once, however many views of a file show it.
  if (!told_.insert(ShortHash({finding.rule, finding.path, secret, std::to_string(finding.line)})).second) return;
  if (findings_.size() >= options_.limits.findings) {
    ++totals_.findings_dropped;
    return;
  }
  if (options_.secrets == Secrets::kRevealed) finding.secret = ToValidUtf8(secret);
  findings_.push_back(std::move(finding));
}

void Inspector::AddCredentials(const std::string& path, std::string_view text) {
  lines_ = {};
  std::vector<Credential> found = ReadCredentials(path, text);
  if (path.find("blobs/") != std::string::npos || path.ends_with(".json")) {
    for (Credential& one : ReadImageConfig(text)) found.push_back(std::move(one));
  }
  for (const Credential& one : found) {
    const CredentialRule& rule = CredentialRuleById(one.rule);
    Finding finding;
    finding.rule = one.rule;
    finding.what = rule.what;
    finding.advice = rule.advice;
    finding.path = path;
    finding.detail = ToValidUtf8(one.what);
    const LineCursor::Place place = lines_.At(text, one.begin);
    finding.line = static_cast<int64_t>(place.line);
    finding.column = static_cast<int64_t>(place.column);
    const std::string_view secret = text.substr(one.begin, one.end - one.begin);
    finding.masked = Masked(secret);
    finding.context = MaskedContext(text, one.begin, one.end);
    AddFinding(std::move(finding), secret);
  }
}

void Inspector::ReadMap(const std::string& path, std::string_view bytes, bool must) {
  Result<SourceMap> map = ReadSourceMap(bytes);
  if (!map) {
    // What looks like one and cannot be read holds sources that nobody has looked at as such.
    if (map.error().kind == Error::Kind::kLimit || (must && bytes.find("\"sourcesContent\"") != std::string_view::npos)) OnProblem(path, map.error().text);
    if (must) {
      // A .map file that is none: its text is looked at as it is, so nothing in it is missed.
      ScanFile(path, bytes);
    }
    return;
  }
  maps_seen_.insert(path);
  MapFacts facts;
  facts.path = path;
  std::string rest;
  for (const std::string& text : map->names_and_rest) rest += text + "\n";
  ScanFile(path, rest);
  for (const MapSource& source : map->sources) {
    ++facts.sources;
    if (!source.has_content) continue;
    ++facts.with_content;
    (source.vendored ? facts.vendored_sources : facts.own_sources) += 1;
    (source.vendored ? facts.vendored_lines : facts.own_lines) += static_cast<int64_t>(source.lines);
    if (!source.vendored) facts.own_bytes += static_cast<int64_t>(source.content.size());
    ScanFile(path + "!" + ToValidUtf8(source.name), source.content);
  }
  emit_(MapMessage(facts));
}

void Inspector::ReadScript(const std::string& path, std::string_view bytes) {
  MapLink link = FindMapLink(bytes);
  if (!link.inline_map.empty()) ReadMap(path + "!inline.map", link.inline_map, false);
  if (!link.url.empty() && links_.size() < kMaxLinks) links_.emplace_back(path, link.url);
}

void Inspector::ReadPackage(std::string_view path, std::string_view bytes) {
  const std::string_view name = LastName(path);
  const bool top = std::count(name.begin(), name.end(), '/') <= 1 && path.find('!') == std::string_view::npos;
  if (!top || bytes.size() > (4u << 20)) return;
  if (BaseName(name) == "package.json" && package_.name.empty()) {
    const Result<json::Value> parsed = json::Parse(bytes);
    if (!parsed) return;
    package_.name = parsed->Text("name");
    package_.version = parsed->Text("version");
    package_.license = parsed->Text("license");
    package_.repository = parsed->At("repository").string() != nullptr ? *parsed->At("repository").string() : std::string(parsed->At("repository").Text("url"));
    for (const std::string_view when : {"preinstall", "install", "postinstall", "prepare"}) {
      if (const std::string_view script = parsed->At("scripts").Text(when); !script.empty()) package_.scripts.push_back(std::string(when) + ": " + std::string(script));
    }
  } else if ((BaseName(name) == "METADATA" || BaseName(name) == "PKG-INFO") && package_.name.empty()) {
    package_.name = ToValidUtf8(Header(bytes, "Name"));
    package_.version = ToValidUtf8(Header(bytes, "Version"));
    package_.license = ToValidUtf8(Header(bytes, "License-Expression"));
    if (package_.license.empty()) package_.license = ToValidUtf8(Header(bytes, "License"));
    package_.repository = ToValidUtf8(Header(bytes, "Home-page"));
    if (package_.repository.empty()) package_.repository = ToValidUtf8(Header(bytes, "Project-URL"));
  }
}

void Inspector::ReadElf(const std::string& path, std::string_view bytes) {
  const Binary binary = ReadBinary(bytes);
  if (!binary.is_elf) return;
  if (binary.broken) return OnProblem(path, "an ELF file whose tables lie outside it");
  uint64_t debug = 0;
  for (const DebugSection& section : binary.debug) {
    debug += section.bytes;
    if (section.unreadable) OnProblem(path + "!" + section.name, "a compressed debug section that cannot be unpacked");
    if (!section.unpacked.empty()) ScanFile(path + "!" + section.name, section.unpacked);
  }
  if (debug == 0) return;
  Finding finding;
  finding.rule = "debug-information";
  finding.severity = Severity::kReview;
  finding.what = "a program with its debug information: names, types, source files and build paths";
  finding.advice = "strip it (strip --strip-debug), or build without -g";
  finding.path = path;
  finding.detail = std::to_string(binary.debug.size()) + " sections, " + std::to_string(debug) + " bytes";
  AddFinding(std::move(finding), {});
}

void Inspector::MatchArtifacts(const PackedEntry& entry, std::string_view bytes) {
  for (CompiledArtifact& artifact : scanner_.compiled().artifacts()) {
    const release::Artifact& rule = *artifact.artifact;
    if (bytes.size() < rule.min_bytes || !bytes.starts_with(rule.magic)) continue;
    if (!rule.path.empty() && !scanner_.Matches(artifact.path, entry.path)) continue;
    Finding finding;
    finding.rule = rule.id;
    finding.severity = rule.severity;
    finding.what = rule.description;
    finding.advice = rule.advice;
    finding.path = entry.path;
    AddFinding(std::move(finding), {});
  }
}

void Inspector::OnEntry(const PackedEntry& entry, std::string_view bytes) {
  image_.Entry(entry.path, bytes);
  if (entry.kind != PackedEntry::Kind::kFile) return;
  const std::string path = ToValidUtf8(entry.path);
  ++totals_.entries;
  totals_.bytes += static_cast<int64_t>(bytes.size());
  if (options_.detail == Detail::kForDifference) {
    emit_(EntryMessage({path, static_cast<int64_t>(bytes.size()), static_cast<int64_t>(entry.mode), ShortHex(bytes, 8)}));
  }
  if (options_.views == Views::kRawOnly) {
    ScanFile(path, bytes);
    return;
  }
  if (scanner_.PassesOver(path)) return;
  MatchArtifacts(entry, bytes);
  if (PackingOf(bytes) != Packing::kNone) return;  // its entries were told one by one
  if (!entry.user.empty() && entry.user != "root" && entry.user != "runner" && entry.user != "node") Name("people", "owner of files: " + entry.user);
  ReadPackage(path, bytes);
  AddCredentials(path, bytes);
  const std::string_view name = LastName(path);
  if (name.ends_with(".map")) return ReadMap(path, bytes, true);
  if (EndsWithAny(name, {".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte", ".coffee"}) && !EndsWithAny(name, {".d.ts", ".d.mts", ".d.cts"}) && !IsVendored(name)) emit_(NameMessage("source", path));
  if (bytes.starts_with("\x7f" "ELF")) ReadElf(path, bytes);
  if (bytes.size() < (64u << 10) && bytes.starts_with("\x30\x82")) {
    const KeyBlock key = ReadKeyDer(bytes);
    if (key.state == KeyBlock::State::kUsable) {
      Finding finding;
      finding.rule = "private-key-usable";
      finding.what = "a private key that anyone can use";
      finding.advice = "make a new key, replace it wherever it is trusted, and revoke certificates for it";
      finding.path = path;
      finding.detail = key.kind + ", DER";
      AddFinding(std::move(finding), bytes);
    }
  }
  const uint32_t marks = ScanFile(path, bytes);
  if ((marks & kMapMark) != 0 && EndsWithAny(name, {".js", ".mjs", ".cjs", ".css", ".jsx", ".ts"})) ReadScript(path, bytes);
}

void Inspector::Finish() {
  for (const auto& [public_part, indexes] : keys_by_public_) {
    if (!certificates_.contains(public_part)) continue;
    for (const size_t index : indexes) {
      if (index < findings_.size()) findings_[index].detail += ", and its certificate is in the package";
    }
  }
  for (const auto& [script, url] : links_) {
    const std::string beside = std::string(DirName(script)) + "/" + url;
    if (maps_seen_.contains(beside) || url.find("://") == std::string::npos) continue;
    Finding finding;
    finding.rule = "map-elsewhere";
    finding.severity = Severity::kReview;
    finding.what = "the source map is not in the package but at an address that anyone can try";
    finding.advice = "look whether the address answers; remove the map there or the comment here";
    finding.path = script;
    finding.detail = ToValidUtf8(url);
    AddFinding(std::move(finding), url);
  }
  std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
    if (a.severity != b.severity) return a.severity < b.severity;
    if (a.path != b.path) return a.path < b.path;
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  });
  for (Finding& finding : findings_) {
    if (const std::string fate = image_.Fate(finding.path); !fate.empty()) finding.detail += (finding.detail.empty() ? "" : "; ") + fate;
    emit_(FindingMessage(finding));
  }
  if (totals_.findings_dropped > 0) OnProblem("", std::to_string(totals_.findings_dropped) + " more findings than are told (--max-findings, --max-work)");
  emit_(PackageMessage(package_));
  emit_(TotalsMessage(totals_));
}

}  // namespace checkrein::release
