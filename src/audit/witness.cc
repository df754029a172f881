#include "audit/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>

#include "audit/checkpoint.h"
#include "audit/key.h"
#include "audit/merkle.h"

namespace checkrein::audit {
namespace {

constexpr const char* kKeyName = "key";
constexpr const char* kTemporary = "witness.tmp";

struct Request {
  uint64_t old_size = 0;
  std::vector<Digest> hashes;
  std::string_view note;
};

std::optional<std::string_view> TakeLine(std::string_view& rest) {
  const size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<uint64_t> ParseSize(std::string_view digits) {
  uint64_t out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc() || end != digits.data() + digits.size() || std::to_string(out) != digits || out > uint64_t{INT64_MAX}) return std::nullopt;
  return out;
}

std::optional<Request> ParseRequest(std::string_view bytes) {
  Request out;
  std::optional<std::string_view> line = TakeLine(bytes);
  if (!line || !line->starts_with("old ")) return std::nullopt;
  const std::optional<uint64_t> old_size = ParseSize(line->substr(4));
  if (!old_size) return std::nullopt;
  out.old_size = *old_size;
  for (line = TakeLine(bytes); line && !line->empty(); line = TakeLine(bytes)) {
    const std::optional<Bytes> raw = Base64Decode(*line);
    if (!raw || raw->size() != sizeof(Digest) || out.hashes.size() == kMaxExtensionHashes) return std::nullopt;
    std::copy(raw->begin(), raw->end(), out.hashes.emplace_back().begin());
  }
  if (!line) return std::nullopt;
  out.note = bytes;
  return out;
}

std::string LogPath(std::string_view origin_digest, std::string_view file) { return "log/" + std::string(origin_digest) + "/" + std::string(file); }

WitnessAnswer Refuse(int status, std::string why) { return {status, std::move(why) + "\n"}; }

WitnessAnswer Conflict(uint64_t size) { return {409, std::to_string(size) + "\n", "text/x.tlog.size"}; }

// The vkey file of a log is one line.
Result<VerifierKey> TrustedKey(int directory, std::string_view origin_digest) {
  const Result<std::string> text = ReadFileAt(directory, LogPath(origin_digest, "vkey"), kMaxKeyFileBytes);
  if (!text) return text.error();
  return VerifierKey::Parse(std::string_view(*text).substr(0, text->size() - (text->ends_with('\n') ? 1 : 0)));
}

// What was signed last. Nothing kept is size 0; something kept that cannot be read is an error, never a beginning anew.
Result<Checkpoint> LastSigned(int directory, std::string_view origin_digest, const VerifierKey& log, const VerifierKey& self) {
  const Result<std::string> bytes = ReadFileAt(directory, LogPath(origin_digest, "checkpoint"), kMaxNoteBytes);
  if (!bytes && bytes.error().kind == Error::Kind::kNotFound) return Checkpoint{log.name, 0, EmptyRoot()};
  if (!bytes) return bytes.error();
  const Result<Note> note = ParseNote(*bytes);
  if (!note) return note.error();
  if (const Result<uint64_t> time = VerifyCosignature(*note, self); !time) return time.error();
  return ParseCheckpointBody(note->text);
}

class Locked {
 public:
  explicit Locked(int directory) : fd_(openat(directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    while (fd_.valid() && flock(fd_.get(), LOCK_EX) != 0) {
      if (errno != EINTR) fd_.Reset(-1);
    }
  }
  bool held() const { return fd_.valid(); }

 private:
  Fd fd_;  // closing it lets go
};

Result<NoteSigner> MakeKey(int directory, const std::string& name) {
  if (!IsKeyName(name)) return Error{Error::Kind::kInvalid, "witness: '" + name + "' cannot name a key; give a name such as witness.example/w1"};
  Digest seed;
  FillRandom(seed);
  const std::string secret = NoteSigner::SecretText(name, seed, KeyType::kCosignature);
  Status written = WriteFileAt(directory, kKeyName, kTemporary, secret + "\n", 0600);
  if (written && fsync(directory) != 0) written = SystemError(kKeyName, errno);
  if (!written) return written.error();
  return NoteSigner::Parse(secret);
}

}  // namespace

std::string WitnessRequest(uint64_t old_size, const std::vector<Digest>& extension, std::string_view note) {
  std::string out = "old " + std::to_string(old_size) + "\n";
  for (const Digest& hash : extension) out += Base64Encode(hash) + "\n";
  return out + "\n" + std::string(note);
}

Result<Witness> Witness::Open(const std::string& directory, const std::string& name) {
  if (Status made = MakeDirectories(directory, 0700); !made) return made.error();
  Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return SystemError(directory, errno);
  const Locked locked(fd.get());
  if (!locked.held()) return SystemError(directory + "/lock", errno);
  struct stat info{};
  if (fstatat(fd.get(), kKeyName, &info, AT_SYMLINK_NOFOLLOW) != 0) {
    Result<NoteSigner> made = MakeKey(fd.get(), name);
    if (!made) return made.error();
    return Witness(std::move(fd), std::move(made).take());
  }
  if ((info.st_mode & 0077) != 0) return Error{Error::Kind::kDenied, directory + "/key: others than its owner may read or write it; chmod 600, and treat the key as known"};
  const Result<std::string> text = ReadFileAt(fd.get(), kKeyName, kMaxKeyFileBytes);
  if (!text) return text.error();
  Result<NoteSigner> signer = NoteSigner::Parse(std::string_view(*text).substr(0, text->size() - (text->ends_with('\n') ? 1 : 0)));
  if (!signer) return Error{signer.error().kind, directory + "/" + signer.error().text};
  if (signer->verifier().type != KeyType::kCosignature) return Error{Error::Kind::kInvalid, directory + "/key: not a witness's key"};
  if (!name.empty() && signer->verifier().name != name) return Error{Error::Kind::kInvalid, directory + "/key: belongs to " + signer->verifier().name + ", not to " + name};
  return Witness(std::move(fd), std::move(signer).take());
}

Status Witness::Trust(const VerifierKey& log) {
  if (log.type != KeyType::kEd25519) return Error{Error::Kind::kInvalid, "witness: " + log.Text() + " is not the key of a log"};
  const std::string digest = HexEncode(Sha256(log.name));
  const Locked locked(directory_.get());
  if (!locked.held()) return SystemError("witness lock", errno);
  const Result<VerifierKey> known = TrustedKey(directory_.get(), digest);
  if (known && *known == log) return Done{};
  if (known) return Error{Error::Kind::kInvalid, "witness: another key is trusted for " + log.name + ": " + known->Text()};
  if (known.error().kind != Error::Kind::kNotFound) return known.error();
  for (const std::string& name : {std::string("log"), "log/" + digest}) {
    if (mkdirat(directory_.get(), name.c_str(), 0700) != 0 && errno != EEXIST) return SystemError(name, errno);
  }
  return WriteFileAt(directory_.get(), LogPath(digest, "vkey"), kTemporary, log.Text() + "\n", 0600);
}

WitnessAnswer Witness::AddCheckpoint(std::string_view bytes, uint64_t unix_seconds) {
  if (bytes.size() > kMaxWitnessRequest) return Refuse(400, "the request is too long");
  const std::optional<Request> request = ParseRequest(bytes);
  if (!request) return Refuse(400, "malformed: wanted `old SIZE`, hashes, an empty line and a checkpoint");
  const Result<Note> note = ParseNote(request->note);
  if (!note) return Refuse(400, note.error().text);
  const Result<Checkpoint> checkpoint = ParseCheckpointBody(note->text);
  if (!checkpoint) return Refuse(400, checkpoint.error().text);
  const std::string digest = HexEncode(Sha256(checkpoint->origin));
  const Locked locked(directory_.get());
  if (!locked.held()) return Refuse(500, "cannot lock");
  const Result<VerifierKey> key = TrustedKey(directory_.get(), digest);
  if (!key && key.error().kind == Error::Kind::kNotFound) return Refuse(404, "this log is not known here");
  if (!key) return Refuse(500, key.error().text);
  if (const Status held = VerifyNote(*note, *key); !held || key->name != checkpoint->origin) return Refuse(403, "not signed by the log's key");
  if (request->old_size > checkpoint->size) return Refuse(400, "the old size is above the new one");
  const Result<Checkpoint> last = LastSigned(directory_.get(), digest, *key, verifier());
  if (!last) return Refuse(500, "what was signed last cannot be read: " + last.error().text);
  if (request->old_size != last->size) return Conflict(last->size);
  // The very same size may be signed again, for a later time; with another root it is a fork.
  if (!VerifyConsistency(last->size, last->root, checkpoint->size, checkpoint->root, request->hashes)) return Refuse(422, "does not extend what was signed before");
  const std::string line = signer_.CosignatureLine(note->text, unix_seconds);
  // Kept before it is answered: whoever has the signature may rely on it. Only the log's own signature is kept beside ours.
  std::string kept = SignedNote(note->text, {});
  for (const NoteSignature& s : note->signatures) {
    if (s.name == key->name && s.key_id == key->Id()) {
      Signature raw{};
      std::copy(s.bytes.begin(), s.bytes.end(), reinterpret_cast<char*>(raw.data()));  // VerifyNote has seen that it has 64 bytes
      kept += SignatureLine(*key, raw);
      break;
    }
  }
  Status written = WriteFileAt(directory_.get(), LogPath(digest, "checkpoint"), kTemporary, kept + line, 0600);
  const Fd parent(openat(directory_.get(), ("log/" + digest).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (written && (!parent.valid() || fsync(parent.get()) != 0)) written = SystemError(digest, errno);
  if (!written) return Refuse(500, written.error().text);
  return {200, line};
}

WitnessAnswer Witness::Latest(std::string_view origin_digest) const {
  const std::optional<Bytes> raw = HexDecode(origin_digest);
  if (!raw || raw->size() != sizeof(Digest)) return Refuse(404, "no such log");
  const Result<std::string> note = ReadFileAt(directory_.get(), LogPath(HexEncode(*raw), "checkpoint"), kMaxNoteBytes);
  if (!note) return Refuse(404, "nothing signed of this log");
  return {200, *note};
}

}  // namespace checkrein::audit
