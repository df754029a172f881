#include "audit/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

namespace checkrein::audit {
namespace {

constexpr const char* kKeyName = "key";
constexpr const char* kVkeyName = "vkey";
constexpr size_t kOriginRandomBytes = 8;

std::string_view WithoutNewline(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

// A name that no two logs share and that tells nothing about the machine.
std::string NewOrigin() {
  uint8_t random[kOriginRandomBytes];
  FillRandom(random);
  return "checkrein.local/log/" + HexEncode(random);
}

Result<NoteSigner> MakeKey(int directory) {
  Digest seed;
  FillRandom(seed);
  const std::string secret = NoteSigner::SecretText(NewOrigin(), seed, KeyType::kEd25519);
  Result<NoteSigner> signer = NoteSigner::Parse(secret);
  if (!signer) return signer.error();
  // The public half first: a key without it would be refused, the other way round nothing has been signed yet.
  Status written = WriteFileAt(directory, kVkeyName, "vkey.tmp", signer->verifier().Text() + "\n", 0644);
  if (written) written = WriteFileAt(directory, kKeyName, "key.tmp", secret + "\n", 0600);
  if (written && fsync(directory) != 0) written = SystemError("log directory", errno);
  if (!written) return written.error();
  return signer;
}

}  // namespace

Result<std::string> ReadFileAt(int directory, const std::string& name, size_t cap) {
  const Fd fd(openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) return SystemError(name, errno);
  Result<std::string> bytes = ReadAll(fd.get(), cap);
  if (!bytes) return Error{bytes.error().kind, name + ": " + bytes.error().text};
  return bytes;
}

Status WriteFileAt(int directory, const std::string& name, const std::string& temporary, std::string_view bytes, unsigned mode) {
  const Fd fd(openat(directory, temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, static_cast<mode_t>(mode)));
  if (!fd.valid()) return SystemError(temporary, errno);
  Status written = WriteAll(fd.get(), bytes);
  if (written && (fchmod(fd.get(), static_cast<mode_t>(mode)) != 0 || fdatasync(fd.get()) != 0)) written = SystemError(temporary, errno);
  if (written && renameat(directory, temporary.c_str(), directory, name.c_str()) != 0) written = SystemError(name, errno);
  if (!written) unlinkat(directory, temporary.c_str(), 0);
  return written;
}

Result<VerifierKey> LoadVerifierKey(int directory) {
  const Result<std::string> text = ReadFileAt(directory, kVkeyName, kMaxKeyFileBytes);
  if (!text) return text.error();
  Result<VerifierKey> key = VerifierKey::Parse(WithoutNewline(*text));
  if (!key) return Error{key.error().kind, std::string(kVkeyName) + ": " + key.error().text};
  if (key->Text() + "\n" != *text) return Error{Error::Kind::kInvalid, std::string(kVkeyName) + ": not one line that ends in a newline"};
  return key;
}

Result<NoteSigner> LoadKey(int directory, MissingKey missing) {
  const Fd fd(openat(directory, kKeyName, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid() && errno == ENOENT) {
    if (missing == MissingKey::kMake) return MakeKey(directory);
    return Error{Error::Kind::kInvalid, "key: gone, but the log has records; put it back, or begin a new log in another directory"};
  }
  if (!fd.valid()) return SystemError(kKeyName, errno);
  struct stat info{};
  if (fstat(fd.get(), &info) != 0) return SystemError(kKeyName, errno);
  if ((info.st_mode & 0077) != 0) {
    return Error{Error::Kind::kDenied, "key: others than its owner may read or write it; chmod 600, and treat the key as known"};
  }
  const Result<std::string> text = ReadAll(fd.get(), kMaxKeyFileBytes);
  if (!text) return text.error();
  Result<NoteSigner> signer = NoteSigner::Parse(WithoutNewline(*text));
  if (!signer) return signer.error();
  const Result<VerifierKey> verifier = LoadVerifierKey(directory);
  if (!verifier) return verifier.error();
  if (signer->verifier() != *verifier || verifier->type != KeyType::kEd25519) return Error{Error::Kind::kInvalid, "key: is not the key of vkey"};
  return signer;
}

}  // namespace checkrein::audit
