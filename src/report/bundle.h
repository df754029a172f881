// A forensic bundle: what happened, in one signed file that can be checked anywhere.
//
//   Result<std::string> archive = MakeBundle(contents, signer);
//   Result<BundleFound> found = CheckBundle(*archive, vkey_from_elsewhere);
//
// Inside (ustar, so that `tar -x` opens it): `manifest.json` with the SHA-256 of every other file, `manifest.note`, a signed note of the log's
// key over the manifest's digest, `vkey`, `checkpoint`, `records/N.json` with `proofs/N.tlog-proof` each, and what else was put in: policies,
// changes that were held, versions. docs/format/bundle.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/note.h"
#include "base/result.h"
#include "report/promise.h"
#include "report/tar.h"

namespace checkrein::report {

struct BundleRecord {
  uint64_t index = 0;
  std::string bytes;
  std::string proof;    // .tlog-proof
};
struct BundleContents {
  std::string made;                     // when, for a person
  std::string version;                  // of Checkrein
  std::string checkpoint;               // signed note; with cosignatures, if there are
  std::vector<BundleRecord> records;
  std::vector<TarFile> others;          // policies/..., changes/..., versions.json
};

Result<std::string> MakeBundle(const BundleContents& contents, const audit::NoteSigner& signer);

struct BundleFound {
  std::string made, version;
  audit::VerifierKey key;               // by which everything was checked
  uint64_t size = 0;                    // of the log, by its checkpoint
  std::vector<uint64_t> records;        // proved to be in it, byte for byte
  std::vector<std::string> others;
  Modes modes;                          // of those records
  std::vector<std::string> problems;    // empty only if everything held
};

// Untrusted bytes in. Without `vkey` the bundle's own key is used, and the caller must say so. kInvalid: no bundle, or not signed by the key.
Result<BundleFound> CheckBundle(std::string_view archive, const std::optional<audit::VerifierKey>& vkey);

}  // namespace checkrein::report
