#include "advisories/signed.h"

#include <algorithm>
#include <map>

#include "base/digest.h"

namespace checkrein::advisories {
namespace {

constexpr std::string_view kFirstLine = "checkrein-advisories-v1\n";
constexpr size_t kHexBytes = 64;

// Name to digest in hex. Nothing for what is not of the form above.
Result<std::map<std::string, std::string>> ReadManifest(std::string_view text) {
  const Error wrong{Error::Kind::kInvalid, std::string(kNoteName) + ": not a list of advisories"};
  std::map<std::string, std::string> files;
  if (!text.starts_with(kFirstLine)) return wrong;
  for (text.remove_prefix(kFirstLine.size()); !text.empty();) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos || end < kHexBytes + 3 || text.substr(kHexBytes, 2) != "  ") return wrong;
    if (!files.emplace(text.substr(kHexBytes + 2, end - kHexBytes - 2), text.substr(0, kHexBytes)).second) return wrong;
    text.remove_prefix(end + 1);
  }
  return files;
}

}  // namespace

Result<std::string> ManifestOf(const std::vector<NamedText>& files) {
  std::map<std::string, std::string> sorted;
  for (const NamedText& file : files) {
    if (file.name.empty() || std::any_of(file.name.begin(), file.name.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }))
      return Error{Error::Kind::kInvalid, "a file's name has a space or control character: rename it"};
    sorted[file.name] = HexEncode(Sha256(file.text));
  }
  std::string text(kFirstLine);
  for (const auto& [name, digest] : sorted) text += digest + "  " + name + "\n";
  return text;
}

Result<std::string> SignerOf(const std::vector<NamedText>& files, std::string_view note_bytes, const std::vector<audit::VerifierKey>& keys, Extent extent) {
  const Result<audit::Note> note = audit::ParseNote(note_bytes);
  if (!note) return Error{Error::Kind::kInvalid, std::string(kNoteName) + ": " + note.error().text};
  const auto by = std::find_if(keys.begin(), keys.end(), [&](const audit::VerifierKey& key) { return audit::VerifyNote(*note, key).ok(); });
  if (by == keys.end()) return Error{Error::Kind::kDenied, std::string(kNoteName) + ": signed by no key of \"advisory_keys\""};
  const Result<std::map<std::string, std::string>> listed = ReadManifest(note->text);
  if (!listed) return listed.error();
  for (const NamedText& file : files) {
    const auto found = listed->find(file.name);
    if (found == listed->end()) return Error{Error::Kind::kDenied, file.name + ": not in " + std::string(kNoteName) + ", so nobody signed it"};
    if (found->second != HexEncode(Sha256(file.text))) return Error{Error::Kind::kDenied, file.name + ": not the file that was signed"};
  }
  if (extent == Extent::kWhole && listed->size() != files.size()) return Error{Error::Kind::kDenied, std::string(kNoteName) + ": names files that are not there"};
  return by->name;
}

}  // namespace checkrein::advisories
