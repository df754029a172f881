// Looks into one artifact: walks what is packed, makes views of each file, scans them, and tells what it found line by line.
//
//   Inspector inspector(scanner, options, emit);
//   inspector.Artifact(bytes, "pkg.tgz");     // or File(path, mode, bytes) for each file of a directory
//   inspector.Finish();
//
// Everything it is given is hostile: it runs in the cell of worker.h and has no way to anything but `emit`.
#pragma once

#include <atomic>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "release/archive/walk.h"
#include "release/decoded.h"
#include "release/expose/image.h"
#include "release/limits.h"
#include "release/report.h"
#include "release/scan/scanner.h"

namespace checkrein::release {

enum class Views : uint8_t { kAll, kRawOnly };          // kRawOnly: files as they are, for comparison with other scanners
enum class Secrets : uint8_t { kMasked, kRevealed };
enum class Detail : uint8_t { kFindings, kForDifference };  // kForDifference: a digest of each file, and words that may be code names

struct InspectOptions {
  Limits limits;
  Views views = Views::kAll;
  Secrets secrets = Secrets::kMasked;
  Detail detail = Detail::kFindings;
  int64_t deadline_ns = 0;
  std::atomic<uint64_t>* looked_at = nullptr;   // bytes so far are written there, for a progress line
};

class Inspector final : public WalkSink {
 public:
  using Emit = std::function<void(std::string_view line)>;
  Inspector(Scanner& scanner, const InspectOptions& options, Emit emit);

  void Artifact(std::string_view bytes, std::string_view name);
  bool File(std::string_view path, uint32_t mode, std::string_view bytes);   // false: a limit was hit
  void Problem(std::string_view path, std::string_view what) { OnProblem(path, what); }
  void Finish();

  void OnEntry(const PackedEntry& entry, std::string_view bytes) override;
  void OnArchive(std::string_view path, std::string_view kind) override;
  void OnOddity(Oddity oddity, std::string_view path, std::string_view detail) override;
  void OnProblem(std::string_view path, std::string_view what) override;

 private:
  // Where a text came from.
  struct Origin {
    const std::string& path;
    std::string_view file;                   // the text of the file itself
    const DecodedText* decoded = nullptr;    // when the text is made of what was encoded in it
    uint32_t depth = 0;                      // how often
  };
  struct Where {
    LineCursor::Place place;
    std::string via;
  };
  uint32_t ScanFile(const std::string& path, std::string_view text);   // its marks (scanner.h)
  uint32_t ScanText(const Origin& origin, std::string_view text);
  void ScanDecoded(const Origin& origin, std::string_view text);
  void AddUnpacked(const Origin& origin, std::string_view gzip, size_t outer_at, const std::string& via, DecodedText& into);
  bool Spend(const Origin& origin, size_t bytes);
  bool SpendPiece(const Origin& origin, size_t bytes);   // the same, and from the work of the artifact
  bool SpentOut(const Origin& origin, std::string_view why);
  std::optional<Where> Locate(const Origin& origin, size_t begin, size_t end);
  void AddMatch(const Origin& origin, std::string_view text, const Match& match);
  void AddKeys(const Origin& origin, std::string_view text);
  void AddCredentials(const std::string& path, std::string_view text);
  void AddFinding(Finding finding, std::string_view secret);
  void ReadMap(const std::string& path, std::string_view bytes, bool must);
  void ReadScript(const std::string& path, std::string_view bytes);
  void ReadPackage(std::string_view path, std::string_view bytes);
  void ReadElf(const std::string& path, std::string_view bytes);
  void MatchArtifacts(const PackedEntry& entry, std::string_view bytes);
  void Name(std::string_view kind, std::string_view name);
  void NameWords(std::string_view text);

  Scanner& scanner_;
  InspectOptions options_;
  Emit emit_;
  Walker walker_;
  Totals totals_;
  Report package_;                 // only its name, version, license, repository, scripts
  std::vector<Finding> findings_;
  std::set<std::string> told_;     // fingerprints of what was added
  std::set<std::string> names_;
  std::map<std::string, std::vector<size_t>> keys_by_public_;   // public part -> findings
  std::set<std::string> certificates_;
  std::vector<std::pair<std::string, std::string>> links_;      // script -> map it names
  std::set<std::string> maps_seen_;
  ImageLayers image_;
  LineCursor lines_;               // in the file that is looked at
  uint64_t decoded_left_ = 0;      // bytes that may still be decoded of it
  bool undecoded_ = false;   // of this file: that something was left encoded has been told
};

// `text` with all but the first characters of [begin, end) replaced, cut to a window round it, on one line.
std::string MaskedContext(std::string_view text, size_t begin, size_t end);
std::string Masked(std::string_view secret);
// 24 hexadecimal digits of the parts' SHA-256.
std::string ShortHash(std::initializer_list<std::string_view> parts);

}  // namespace checkrein::release
