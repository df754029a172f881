#include "release/archive/walk.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "base/clock.h"
#include "base/path.h"
#include "release/archive/zip_check.h"

namespace checkrein::release {
namespace {

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, FreeArchive>;

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

std::string Folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

uint64_t Octal(std::string_view field) {
  if (!field.empty() && (static_cast<unsigned char>(field[0]) & 0x80) != 0) {  // base 256 (GNU)
    uint64_t out = 0;
    for (size_t i = 4; i < field.size(); ++i) out = out << 8 | static_cast<unsigned char>(field[i]);
    return out;
  }
  uint64_t out = 0;
  for (const char c : field) {
    if (c >= '0' && c <= '7') out = out * 8 + static_cast<uint64_t>(c - '0');
    else if (out != 0) break;
  }
  return out;
}

const char* NameOf(archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr) name = archive_entry_pathname_utf8(entry);
  return name == nullptr ? "" : name;
}

PackedEntry Describe(archive_entry* from, std::string_view outer) {
  PackedEntry out;
  out.path = outer.empty() ? NameOf(from) : std::string(outer) + "!" + NameOf(from);
  out.mode = static_cast<uint32_t>(archive_entry_mode(from)) & 07777;
  const char* hard = archive_entry_hardlink(from);
  const char* soft = archive_entry_symlink(from);
  if (hard != nullptr || soft != nullptr) {
    out.kind = PackedEntry::Kind::kLink;
    out.link = hard != nullptr ? hard : soft;
    out.hard = hard != nullptr;
  } else if (archive_entry_filetype(from) == AE_IFDIR) {
    out.kind = PackedEntry::Kind::kDirectory;
  } else if (archive_entry_filetype(from) != AE_IFREG && archive_entry_filetype(from) != 0) {
    out.kind = PackedEntry::Kind::kOther;
  }
  if (const char* user = archive_entry_uname(from)) out.user = user;
  return out;
}

Archive OpenFiltered(Packing packing) {
  Archive a(archive_read_new());
  if (packing == Packing::kGzip) archive_read_support_filter_gzip(a.get());
  if (packing == Packing::kStream) {
    archive_read_support_filter_bzip2(a.get());
    archive_read_support_filter_xz(a.get());
    archive_read_support_filter_zstd(a.get());
  }
  return a;
}

// Whether a compressed stream holds a tar. The library would take a stream of zeros for an empty one.
bool HoldsTar(std::string_view bytes, Packing packing) {
  const Archive a = OpenFiltered(packing);
  archive_read_support_format_raw(a.get());
  archive_entry* entry = nullptr;
  char head[512] = {};
  if (archive_read_open_memory(a.get(), bytes.data(), bytes.size()) != ARCHIVE_OK || archive_read_next_header(a.get(), &entry) != ARCHIVE_OK) return false;
  const la_ssize_t got = archive_read_data(a.get(), head, sizeof head);
  return got == sizeof head && PackingOf({head, sizeof head}) == Packing::kTar;
}

// An entry's data in one piece.
class Data {
 public:
  // False with `what` when it ends early or grows beyond `cap`.
  bool Read(archive* from, uint64_t cap, std::string* what) {
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    while (true) {
      const int got = archive_read_data_block(from, &block, &size, &offset);
      if (got == ARCHIVE_EOF) return true;
      if (got != ARCHIVE_OK) {
        *what = archive_error_string(from) != nullptr ? archive_error_string(from) : "broken";
        return false;
      }
      if (static_cast<uint64_t>(offset) + size > cap) {
        *what = "larger than the limit for one file (--max-entry)";
        return false;
      }
      bytes_.resize(static_cast<size_t>(offset), '\0');  // a hole of a sparse file
      bytes_.append(static_cast<const char*>(block), size);
    }
  }
  std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

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
  const auto [at, fresh] = names.folded.emplace(Folded(name), std::string(name));
  if (!fresh) odd(Oddity::kCaseCollision, at->second);
}

// Behind a tar's last entry only zeros may stand.
void Walker::CheckTail(std::string_view tar, uint64_t last_header, std::string_view path) {
  uint64_t at = last_header;
  while (at + 512 <= tar.size()) {  // over the headers that belong to one entry (pax, long names), to its own and its data
    const std::string_view header = tar.substr(at, 512);
    const char type = header[156];
    const bool has_data = type != '1' && type != '2' && type != '3' && type != '4' && type != '5' && type != '6';
    const uint64_t size = has_data ? Octal(header.substr(124, 12)) : 0;
    if (size > tar.size()) return;  // the library has said so already
    at += 512 + (size + 511) / 512 * 512;
    if (type != 'x' && type != 'g' && type != 'L' && type != 'K') break;
  }
  if (at < tar.size() && tar.substr(at).find_first_not_of('\0') != std::string_view::npos) sink_.OnOddity(Oddity::kTrailing, path, "behind the end of the tar");
}

void Walker::WalkGzip(std::string_view bytes, std::string_view path, uint32_t depth) {
  Result<Inflated> whole = InflateWhole(bytes, limits_);
  if (!whole && whole.error().kind == Error::Kind::kLimit) return WalkWith(bytes, path, depth, Packing::kGzip);
  if (!whole) return Problem(path, whole.error().text);
  if (whole->bytes.size() > limits_.ratio_free && whole->bytes.size() / limits_.ratio > bytes.size()) return Problem(path, "unpacks to more than the limit's multiple of its size (--max-ratio)");
  if (whole->trailing) sink_.OnOddity(Oddity::kTrailing, path, "behind the end of the gzip stream");
  if (PackingOf(whole->bytes) == Packing::kTar) return WalkWith(whole->bytes, path, depth, Packing::kTar);
  PackedEntry inside;
  inside.path = path.empty() ? "data" : std::string(path) + "!data";
  if (whole->bytes.size() > limits_.entry_bytes) return Problem(inside.path, "larger than the limit for one file (--max-entry)");
  if (Count(inside.path, whole->bytes.size())) Offer(inside, whole->bytes, depth + 1);
}

void Walker::WalkWith(std::string_view bytes, std::string_view path, uint32_t depth, Packing packing) {
  const Archive a = OpenFiltered(packing);
  const bool filtered = packing == Packing::kStream || packing == Packing::kGzip;
  if (packing == Packing::kZip) archive_read_support_format_zip_seekable(a.get());
  else if (packing == Packing::kAr) archive_read_support_format_ar(a.get());
  else if (!filtered || HoldsTar(bytes, packing)) archive_read_support_format_tar(a.get());
  else archive_read_support_format_raw(a.get());
  if (archive_read_open_memory(a.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return Problem(path, archive_error_string(a.get()) != nullptr ? archive_error_string(a.get()) : "cannot be opened");
  Names names;
  uint64_t last_header = 0;
  uint64_t unpacked = 0;
  size_t seen = 0;
  while (!stopped_) {
    archive_entry* from = nullptr;
    const int got = archive_read_next_header(a.get(), &from);
    if (got == ARCHIVE_EOF) break;
    if (got != ARCHIVE_OK && got != ARCHIVE_WARN) {
      Problem(path, std::string("broken archive: ") + (archive_error_string(a.get()) != nullptr ? archive_error_string(a.get()) : "unknown"));
      return;
    }
    ++seen;
    last_header = static_cast<uint64_t>(archive_read_header_position(a.get()));
    const PackedEntry entry = Describe(from, path);
    CheckName(entry, names);
    if (entry.kind != PackedEntry::Kind::kFile) {
      if (Count(entry.path, 0)) sink_.OnEntry(entry, {});
      continue;
    }
    if (archive_entry_is_encrypted(from) > 0) {
      Problem(entry.path, "encrypted: cannot be looked into");
      continue;
    }
    Data data;
    std::string what;
    if (archive_entry_size_is_set(from) && static_cast<uint64_t>(archive_entry_size(from)) > limits_.entry_bytes) {
      Problem(entry.path, "larger than the limit for one file (--max-entry)");
      continue;
    }
    const bool whole = data.Read(a.get(), limits_.entry_bytes, &what);
    if (!whole) Problem(entry.path, what);
    unpacked += data.bytes().size();
    if (unpacked > limits_.ratio_free && unpacked / limits_.ratio > bytes.size()) {
      Problem(path, "unpacks to more than the limit's multiple of its size (--max-ratio)");
      return;
    }
    if (Count(entry.path, data.bytes().size())) Offer(entry, data.bytes(), depth + 1);
    if (!whole) return;
  }
  if (stopped_) return;
  if (packing == Packing::kTar && seen > 0) CheckTail(bytes, last_header, path);
  if (packing == Packing::kGzip && bytes.size() > 8) {
    // zlib's stream stops at the first thing that is no member; the trailer then does not fit what came out.
    uint32_t told = 0;
    for (unsigned i = 0; i < 4; ++i) told |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[bytes.size() - 4 + i])) << (8 * i);
    const auto out = static_cast<uint64_t>(archive_filter_bytes(a.get(), 0));
    if (told != static_cast<uint32_t>(out) && out <= UINT32_MAX) sink_.OnOddity(Oddity::kTrailing, path, "the gzip trailer does not fit");
  }
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
  if (packing == Packing::kGzip) WalkGzip(bytes, path, depth);
  else WalkWith(bytes, path, depth, packing);
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
