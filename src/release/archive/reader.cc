#include "release/archive/reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <utility>

namespace checkrein::release {
namespace {

constexpr size_t kMaxKept = 16u << 20;   // bytes of room that one large entry leaves to the next ones

std::string WhatOf(archive* a) { return archive_error_string(a) != nullptr ? archive_error_string(a) : "broken"; }

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

}  // namespace

void FreeArchive::operator()(archive* a) const { archive_read_free(a); }

Result<std::string_view> Filtered::Next() {
  if (ended_) return std::string_view();
  if (archive_ == nullptr) {
    archive_ = Archive(archive_read_new());
    archive_read_support_filter_bzip2(archive_.get());
    archive_read_support_filter_xz(archive_.get());
    archive_read_support_filter_zstd(archive_.get());
    archive_read_support_format_raw(archive_.get());
    archive_entry* entry = nullptr;
    if (archive_read_open_memory(archive_.get(), bytes_.data(), bytes_.size()) != ARCHIVE_OK) return Error{Error::Kind::kInvalid, WhatOf(archive_.get())};
    const int got = archive_read_next_header(archive_.get(), &entry);
    if (got == ARCHIVE_EOF) return std::string_view();
    if (got != ARCHIVE_OK && got != ARCHIVE_WARN) return Error{Error::Kind::kInvalid, WhatOf(archive_.get())};
  }
  const void* block = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  const int got = archive_read_data_block(archive_.get(), &block, &size, &offset);
  if (got != ARCHIVE_OK && got != ARCHIVE_EOF) return Error{Error::Kind::kInvalid, WhatOf(archive_.get())};
  ended_ = got == ARCHIVE_EOF || size == 0;
  return ended_ ? std::string_view() : std::string_view(static_cast<const char*>(block), size);
}

// The next piece; "" at the end or with `error`.
std::string_view Reader::Source::Take() {
  if (!error.empty()) return {};
  const Result<std::string_view> piece = pieces();
  if (!piece) {
    error = piece.error().text;
    return {};
  }
  if (const size_t last = piece->find_last_not_of('\0'); last != std::string_view::npos) last_written = given + last + 1;
  given += piece->size();
  return *piece;
}

long Reader::OnRead(archive* a, void* source, const void** block) {
  Source& from = *static_cast<Source*>(source);
  const std::string_view piece = from.Take();
  *block = piece.data();
  if (from.error.empty()) return static_cast<long>(piece.size());
  archive_set_error(a, -1, "%s", from.error.c_str());
  return -1;
}

Reader Reader::Tar(Pieces pieces) {
  Reader out;
  out.source_ = std::make_unique<Source>();
  out.source_->pieces = std::move(pieces);
  out.archive_ = Archive(archive_read_new());
  archive_read_support_format_tar(out.archive_.get());
  out.failed_ = archive_read_open(out.archive_.get(), out.source_.get(), nullptr, OnRead, nullptr) != ARCHIVE_OK;
  return out;
}

Reader Reader::Memory(std::string_view bytes, Packing packing) {
  if (packing == Packing::kTar) return Tar([bytes, given = false]() mutable -> Result<std::string_view> { return std::exchange(given, true) ? std::string_view() : bytes; });
  Reader out;
  out.packing_ = packing;
  out.archive_ = Archive(archive_read_new());
  if (packing == Packing::kZip) archive_read_support_format_zip_seekable(out.archive_.get());
  else archive_read_support_format_ar(out.archive_.get());
  out.failed_ = archive_read_open_memory(out.archive_.get(), bytes.data(), bytes.size()) != ARCHIVE_OK;
  return out;
}

Result<std::optional<PackedEntry>> Reader::Next(std::string_view outer) {
  if (bytes_.capacity() > kMaxKept) std::string().swap(bytes_);
  const int got = failed_ ? ARCHIVE_FATAL : archive_read_next_header(archive_.get(), &entry_);
  if (got == ARCHIVE_EOF) return std::optional<PackedEntry>();
  if (got != ARCHIVE_OK && got != ARCHIVE_WARN) return Error{Error::Kind::kInvalid, "broken archive: " + WhatOf(archive_.get())};
  return std::optional<PackedEntry>(Describe(entry_, outer));
}

bool Reader::encrypted() const { return archive_entry_is_encrypted(entry_) > 0; }

uint64_t Reader::told_bytes() const { return archive_entry_size_is_set(entry_) ? static_cast<uint64_t>(archive_entry_size(entry_)) : 0; }

Reader::Data Reader::Read(uint64_t cap) {
  const void* block = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  const uint64_t told = told_bytes();
  bytes_.clear();
  while (true) {
    const int got = archive_read_data_block(archive_.get(), &block, &size, &offset);
    if (got == ARCHIVE_EOF) return {bytes_, ""};
    if (got != ARCHIVE_OK) return {bytes_, WhatOf(archive_.get())};
    if (static_cast<uint64_t>(offset) + size > cap) return {bytes_, "larger than the limit for one file (--max-entry)"};
    // A tar's entry in one block needs no copy. (A zip's checksum is looked at when its end is asked for.)
    if (packing_ == Packing::kTar && offset == 0 && size == told) return {{static_cast<const char*>(block), size}, ""};
    if (bytes_.empty()) bytes_.reserve(std::min(told, cap));
    bytes_.resize(static_cast<size_t>(offset), '\0');  // a hole of a sparse file
    bytes_.append(static_cast<const char*>(block), size);
  }
}

Result<bool> Reader::MoreBehind() {
  if (packing_ != Packing::kTar) return false;
  const auto end = static_cast<uint64_t>(archive_filter_bytes(archive_.get(), 0));
  while (!source_->Take().empty()) {
  }
  if (!source_->error.empty()) return Error{Error::Kind::kInvalid, source_->error};
  return source_->last_written > end;
}

}  // namespace checkrein::release
