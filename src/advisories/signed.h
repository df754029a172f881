// A feed of advisories with a signature: a C2SP signed note, `advisories.note`, that names each file by its digest.
//
//   checkrein-advisories-v1
//   2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae  ACME-2026-0001.json
//
//   — acme.example/advisories mS3n...
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/note.h"
#include "base/result.h"

namespace checkrein::advisories {

inline constexpr std::string_view kNoteName = "advisories.note";

struct NamedText {
  std::string name;   // base name, without line breaks or spaces
  std::string text;
};

// The note's text for these files, in order of name. kInvalid for a name that cannot stand in it.
Result<std::string> ManifestOf(const std::vector<NamedText>& files);

enum class Extent : uint8_t { kEach, kWhole };   // kWhole: the note must name nothing else either
// The name of the key by which the files are signed: one of `keys`. kDenied: by none of them, or a file is not in the note, or is
// another one there, or (kWhole) one of the note's is missing. kInvalid: the note is none.
Result<std::string> SignerOf(const std::vector<NamedText>& files, std::string_view note, const std::vector<audit::VerifierKey>& keys, Extent extent);

}  // namespace checkrein::advisories
