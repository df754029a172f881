#include "report/bundle.h"

#include <algorithm>
#include <charconv>

#include "audit/checkpoint.h"
#include "audit/prove.h"
#include "base/digest.h"
#include "base/json.h"

namespace checkrein::report {
namespace {

constexpr std::string_view kManifest = "manifest.json", kSignature = "manifest.note";
constexpr std::string_view kForm = "checkrein.bundle/1";

// No log's checkpoint begins like this: a bundle's signature cannot be taken for one.
std::string SignedText(std::string_view origin, std::string_view manifest) { return std::string(kForm) + "\n" + std::string(origin) + "\n" + HexEncode(Sha256(manifest)) + "\n"; }

Error Bad(std::string_view what) { return {Error::Kind::kInvalid, "bundle: " + std::string(what)}; }

class Check {
 public:
  Check(std::vector<TarFile> files, BundleFound& found) : found_(found) {
    for (TarFile& file : files) files_[file.name] = std::move(file.bytes);
  }

  const std::string* Find(std::string_view name) const {
    const auto at = files_.find(std::string(name));
    return at == files_.end() ? nullptr : &at->second;
  }

  void Manifest(const json::Value& manifest) {
    found_.made = manifest.Text("made");
    found_.version = manifest.Text("version");
    const json::Object* listed = manifest.At("files").object();
    size_t named = 0;
    if (listed != nullptr) {
      for (const auto& [name, digest] : *listed) {
        ++named;
        const std::string* bytes = Find(name);
        if (bytes == nullptr) found_.problems.push_back(name + ": missing");
        else if (digest.string() == nullptr || HexEncode(Sha256(*bytes)) != *digest.string()) found_.problems.push_back(name + ": not the file that was signed");
      }
    }
    if (named + 2 != files_.size()) found_.problems.push_back("there are files that the manifest does not name");
  }

  void Records() {
    const std::string* checkpoint = Find("checkpoint");
    const Result<audit::Note> note = checkpoint == nullptr ? Result<audit::Note>(Bad("no checkpoint")) : audit::ParseNote(*checkpoint);
    const Result<audit::Checkpoint> tree = note ? audit::ParseCheckpointBody(note->text) : Result<audit::Checkpoint>(note.error());
    if (!tree || !audit::VerifyNote(*note, found_.key) || tree->origin != found_.key.name) {
      found_.problems.push_back("checkpoint: not signed by " + found_.key.Text());
      return;
    }
    found_.size = tree->size;
    for (const auto& [name, bytes] : files_) {
      if (name.starts_with("records/")) Record(name, bytes, *tree);
      else if (name.find('/') != std::string::npos ? !name.starts_with("proofs/") : name == "versions.json") found_.others.push_back(name);
    }
    std::sort(found_.records.begin(), found_.records.end());
  }

 private:
  void Record(const std::string& name, const std::string& bytes, const audit::Checkpoint& tree) {
    uint64_t index = 0;
    const std::string digits = name.substr(8, name.size() - std::min<size_t>(name.size(), 13));
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    const std::string* proof = Find("proofs/" + digits + ".tlog-proof");
    if (error != std::errc() || end != digits.data() + digits.size() || name != "records/" + std::to_string(index) + ".json" || proof == nullptr) {
      found_.problems.push_back(name + ": has no proof");
      return;
    }
    const Result<audit::Proved> proved = audit::CheckProof(*proof, bytes, found_.key);
    if (!proved) found_.problems.push_back("record " + digits + ": " + proved.error().text);
    else if (proved->index != index) found_.problems.push_back("record " + digits + ": the proof is that of record " + std::to_string(proved->index));
    else if (proved->size != tree.size) found_.problems.push_back("record " + digits + ": the proof is of another tree");
    else found_.records.push_back(index), found_.modes.FeedBytes(bytes);
  }

  std::map<std::string, std::string> files_;
  BundleFound& found_;
};

}  // namespace

Result<std::string> MakeBundle(const BundleContents& contents, const audit::NoteSigner& signer) {
  std::vector<TarFile> files = {{"vkey", signer.verifier().Text() + "\n"}, {"checkpoint", contents.checkpoint}};
  for (const BundleRecord& record : contents.records) {
    files.push_back({"records/" + std::to_string(record.index) + ".json", record.bytes});
    files.push_back({"proofs/" + std::to_string(record.index) + ".tlog-proof", record.proof});
  }
  files.insert(files.end(), contents.others.begin(), contents.others.end());
  json::Object listed;
  for (const TarFile& file : files) listed.emplace_back(file.name, HexEncode(Sha256(file.bytes)));
  json::Value manifest;
  manifest.Set("form", kForm).Set("made", contents.made).Set("version", contents.version).Set("origin", signer.verifier().name).Set("files", std::move(listed));
  const std::string text = manifest.Dump();
  const std::string to_sign = SignedText(signer.verifier().name, text);
  files.insert(files.begin(), {{std::string(kManifest), text}, {std::string(kSignature), audit::SignedNote(to_sign, {signer.SignatureLine(to_sign)})}});
  return TarOf(files);
}

Result<BundleFound> CheckBundle(std::string_view archive, const std::optional<audit::VerifierKey>& vkey) {
  Result<std::vector<TarFile>> files = ReadTar(archive);
  if (!files) return files.error();
  BundleFound found;
  Check check(std::move(files).take(), found);
  const std::string* own = check.Find("vkey");
  const std::string* manifest = check.Find(kManifest);
  const std::string* signature = check.Find(kSignature);
  if (own == nullptr || manifest == nullptr || signature == nullptr) return Bad("no key, manifest or signature in it");
  const Result<audit::VerifierKey> key = vkey ? Result<audit::VerifierKey>(*vkey) : audit::VerifierKey::Parse(std::string_view(*own).substr(0, own->size() - (own->ends_with('\n') ? 1 : 0)));
  if (!key) return key.error();
  found.key = *key;
  const Result<audit::Note> note = audit::ParseNote(*signature);
  if (!note) return note.error();
  if (note->text != SignedText(key->name, *manifest)) return Bad("the signature is not over this manifest");
  if (const Status held = audit::VerifyNote(*note, *key); !held) return Bad("the manifest is not signed by " + key->Text());
  const Result<json::Value> parsed = json::Parse(*manifest);
  if (!parsed) return parsed.error();
  check.Manifest(*parsed);
  check.Records();
  return found;
}

}  // namespace checkrein::report
