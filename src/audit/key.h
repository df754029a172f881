// The key of a log's directory: DIR/key (private, 0600, one line) and DIR/vkey (public, one line).
//
//   Result<NoteSigner> signer = LoadOrMakeKey(directory_fd, log_is_empty);
#pragma once

#include <string>

#include "audit/note.h"
#include "base/result.h"

namespace checkrein::audit {

inline constexpr size_t kMaxKeyFileBytes = 4096;

// Reads DIR/key; makes key and a random origin when there is none and `make` says so. The caller holds the directory's lock.
// kDenied when others may read the key; kInvalid when it is malformed, is not the key of DIR/vkey, or is gone from a log that has records.
enum class MissingKey { kMake, kRefuse };
Result<NoteSigner> LoadKey(int directory, MissingKey missing);

// Reads DIR/vkey, which whoever verifies needs and may read.
Result<VerifierKey> LoadVerifierKey(int directory);

// Reads DIR/`name` whole, at most `cap` bytes, following no link.
Result<std::string> ReadFileAt(int directory, const std::string& name, size_t cap);

// Writes DIR/`name` by way of a temporary file DIR/`temporary` that only one process writes at a time: synced, then renamed.
// The caller syncs the directory that holds it.
Status WriteFileAt(int directory, const std::string& name, const std::string& temporary, std::string_view bytes, unsigned mode);

}  // namespace checkrein::audit
