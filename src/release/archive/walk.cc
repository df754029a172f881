#include "release/archive/walk.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/path.h"
#include "release/archive/gunzip.h"
#include "release/archive/zip_check.h"

namespace checkrein::release {
namespace {

struct OddityRow {
  Oddity oddity;
  std::string_view rule, text;
};
constexpr OddityRow kOddities[] = {
    {Oddity::kTraversal, "archive-traversal", "a name that leads out of the folder it is unpacked in"},
    {Oddity::kAbsolute, "archive-absolute-name", "an absolute name"},
    {Oddity::kDuplicate, "archive-duplicate-name", "a name that is there twice: which file counts depends on who unpacks"},
    {Oddity::kCaseCollision, "archive-case-collision", "two names that differ only in case: one file on many systems"},
    {Oddity::kEscapingLink, "archive-escaping-link", "a link that leads out of the archive"},
    {Oddity::kZipMismatch, "zip-mismatch", "the zip's directory and the entries themselves do not say the same"},
    {Oddity::kTrailing, "archive-trailing-data", "data behind the end of the archive"},
    {Oddity::kSpecial, "archive-special-file", "a device, pipe or socket"},
    {Oddity::kSetuid, "archive-setuid", "a program that runs as its owner or group (setuid, setgid)"},
    {Oddity::kBadName, "archive-bad-name", "a name with control characters or that is too long"},
};

const OddityRow& Row(Oddity oddity) {
  for (const OddityRow& row : kOddities) {
    if (row.oddity == oddity) return row;
  }
  return kOddities[0];
}

}  // namespace

std::string_view OddityRule(Oddity oddity) { return Row(oddity).rule; }
std::string_view OddityText(Oddity oddity) { return Row(oddity).text; }

struct Walker::Names {
  std::set<std::string> exact;
  std::unordered_map<std::string, std::string> folded;
};

Walker::Walker(const Limits& limits, WalkSink& sink, int64_t deadline_ns) : limits_(limits), sink_(sink) { spent_.deadline_ns = deadline_ns; }

void Walker::Problem(std::string_view path, std::string_view what) { sink_.OnProblem(path, what); }

bool Walker::Count(std::string_view path, uint64_t bytes) {
  if (stopped_) return false;
  ++spent_.entries;
  spent_.bytes += bytes;
  if (spent_.entries > limits_.entries) Problem(path, "more entries than the limit (--max-entries)"), stopped_ = true;
  else if (spent_.bytes > limits_.total_bytes) Problem(path, "more unpacked bytes than the limit (--max-total)"), stopped_ = true;
  else if (spent_.deadline_ns != 0 && MonotonicNanos() > spent_.deadline_ns) Problem(path, "more time than the limit (--max-seconds)"), stopped_ = true;
  return !stopped_;
}

bool IsTraversal(std::string_view path) {
  for (size_t at = 0; at <= path.size();) {
    size_t end = path.find_first_of("/\\", at);
    if (end == std::string_view::npos) end = path.size();
    if (path.substr(at, end - at) == "..") return true;
    at = end + 1;
  }
  return false;
}

bool LinkEscapes(std::string_view path, std::string_view target) {
  if (target.starts_with('/')) return true;
  std::string whole(DirName(path) == "." ? "" : DirName(path));
  whole += "/";
  whole += target;
  int depth = 0;
  for (size_t at = 0; at <= whole.size();) {
    size_t end = whole.find('/', at);
    if (end == std::string::npos) end = whole.size();
    const std::string_view part = std::string_view(whole).substr(at, end - at);
    if (part == "..") --depth;
    else if (!part.empty() && part != ".") ++depth;
    if (depth < 0) return true;
    at = end + 1;
  }
  return false;
}

void Walker::CheckName(const PackedEntry& entry, Names& names) {
  const size_t bang = entry.path.rfind('!');
  std::string_view name = bang == std::string::npos ? std::string_view(entry.path) : std::string_view(entry.path).substr(bang + 1);
  const auto odd = [&](Oddity oddity, std::string_view detail) { sink_.OnOddity(oddity, entry.path, detail); };
  if (name.size() > limits_.path_bytes) Problem(entry.path.substr(0, 256), "a name longer than the limit (--max-path)");
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) odd(Oddity::kBadName, "control characters");
  if (IsTraversal(name)) odd(Oddity::kTraversal, "");
  if (name.starts_with('/') || name.starts_with('\\') || (name.size() > 2 && name[1] == ':' && (name[2] == '\\' || name[2] == '/'))) odd(Oddity::kAbsolute, "");
  if (entry.kind == PackedEntry::Kind::kOther) odd(Oddity::kSpecial, "");
  if ((entry.mode & 06000) != 0 && entry.kind == PackedEntry::Kind::kFile) odd(Oddity::kSetuid, "");
  if (entry.kind == PackedEntry::Kind::kLink) {
    if (LinkEscapes(entry.hard ? std::string_view() : name, entry.link)) odd(Oddity::kEscapingLink, entry.link);
  }
  if (entry.kind == PackedEntry::Kind::kDirectory) return;
  while (name.starts_with("./")) name.remove_prefix(2);
  if (!names.exact.insert(std::string(name)).second) {
    odd(Oddity::kDuplicate, "");
    return;
  }
  const auto [at, fresh] = names.folded.emplace(AsciiLower(name), std::string(name));
  if (!fresh) odd(Oddity::kCaseCollision, at->second);
}

void Walker::WalkCompressed(std::string_view bytes, std::string_view path, uint32_t depth, Packing packing) {
  std::optional<Gunzip> gunzip;
  Filtered filtered(bytes);
  if (packing == Packing::kGzip) gunzip.emplace(bytes, limits_);
  const Pieces pieces = [&] { return gunzip ? gunzip->Next() : filtered.Next(); };
  const Result<std::string_view> first = pieces();
  if (!first) return Problem(path, first.error().text);
  if (PackingOf(*first) == Packing::kTar) {
    Reader tar = Reader::Tar([&, given = false]() mutable { return std::exchange(given, true) ? pieces() : *first; });
    WalkEntries(tar, bytes.size(), path, depth);
  } else {
    WalkData(*first, pieces, bytes.size(), path, depth);
  }
  if (gunzip && gunzip->trailing()) sink_.OnOddity(Oddity::kTrailing, path, "behind the end of the gzip stream");
}

// What is compressed without being a tar: one file.
void Walker::WalkData(std::string_view first, const Pieces& pieces, uint64_t packed_bytes, std::string_view path, uint32_t depth) {
  PackedEntry inside;
  inside.path = path.empty() ? "data" : std::string(path) + "!data";
  std::string all(first);
  while (true) {
    const Result<std::string_view> piece = pieces();
    if (!piece) Problem(path, piece.error().text);
    if (!piece || piece->empty()) break;
    if (all.size() + piece->size() > limits_.entry_bytes) return Problem(inside.path, "larger than the limit for one file (--max-entry)");
    all += *piece;
    if (BeyondRatio(all.size(), packed_bytes, path)) return;
  }
  if (Count(inside.path, all.size())) Offer(inside, all, depth + 1);
}

bool Walker::BeyondRatio(uint64_t bytes, uint64_t packed_bytes, std::string_view path) {
  if (bytes <= limits_.ratio_free || bytes / limits_.ratio <= packed_bytes) return false;
  Problem(path, "unpacks to more than the limit's multiple of its size (--max-ratio)");
  return true;
}

void Walker::WalkEntries(Reader& reader, uint64_t packed_bytes, std::string_view path, uint32_t depth) {
  Names names;
  uint64_t unpacked = 0;
  while (!stopped_) {
    Result<std::optional<PackedEntry>> next = reader.Next(path);
    if (!next) return Problem(path, next.error().text);
    if (!*next) break;
    PackedEntry& entry = **next;
    CheckName(entry, names);
    if (entry.kind != PackedEntry::Kind::kFile) {
      if (Count(entry.path, 0)) sink_.OnEntry(entry, {});
      if (entry.kind != PackedEntry::Kind::kLink || reader.told_bytes() == 0) continue;
      entry.kind = PackedEntry::Kind::kFile;  // a hard link that brings its file along
    }
    if (reader.encrypted()) {
      Problem(entry.path, "encrypted: cannot be looked into");
      continue;
    }
    if (reader.told_bytes() > limits_.entry_bytes) {
      Problem(entry.path, "larger than the limit for one file (--max-entry)");
      continue;
    }
    const Reader::Data data = reader.Read(limits_.entry_bytes);
    if (!data.problem.empty()) Problem(entry.path, data.problem);
    unpacked += data.bytes.size();
    if (BeyondRatio(unpacked, packed_bytes, path)) return;
    if (Count(entry.path, data.bytes.size())) Offer(entry, data.bytes, depth + 1);
    if (!data.problem.empty()) return;
  }
  if (stopped_) return;
  const Result<bool> more = reader.MoreBehind();
  if (!more) return Problem(path, more.error().text);
  if (*more) sink_.OnOddity(Oddity::kTrailing, path, "behind the end of the tar");
}

bool Walker::Walk(std::string_view bytes, std::string_view path, uint32_t depth) {
  const Packing packing = PackingOf(bytes);
  if (packing == Packing::kNone) return false;
  sink_.OnArchive(path, PackingName(bytes));
  if (packing == Packing::kUnknown) {
    Problem(path, std::string("packed as ") + std::string(PackingName(bytes)) + ", which is not read here");
    return true;
  }
  if (depth >= limits_.nesting) {
    Problem(path, "archives in archives deeper than the limit (--max-nesting)");
    return true;
  }
  if (packing == Packing::kZip) {
    for (const ZipFault& fault : CheckZip(bytes)) {
      const std::string at = path.empty() ? fault.name : std::string(path) + "!" + fault.name;
      if (fault.trailing) sink_.OnOddity(Oddity::kTrailing, at, fault.what);
      else sink_.OnOddity(Oddity::kZipMismatch, at, fault.what);
    }
  }
  if (packing == Packing::kGzip || packing == Packing::kStream) {
    WalkCompressed(bytes, path, depth, packing);
  } else {
    Reader reader = Reader::Memory(bytes, packing);
    WalkEntries(reader, bytes.size(), path, depth);
  }
  return true;
}

void Walker::Offer(const PackedEntry& entry, std::string_view bytes, uint32_t depth) {
  if (PackingOf(bytes) != Packing::kNone) Walk(bytes, entry.path, depth);
  sink_.OnEntry(entry, bytes);
}

bool Walker::Take(const PackedEntry& entry, std::string_view bytes) {
  if (!Count(entry.path, bytes.size())) return false;
  Offer(entry, bytes, 0);
  return !stopped_;
}

}  // namespace checkrein::release
