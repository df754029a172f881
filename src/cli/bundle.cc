// `checkrein bundle`: one signed file with all that somebody needs who was not there; `bundle verify` checks it anywhere.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <cstdio>

#include "audit/key.h"
#include "audit/log.h"
#include "audit/prove.h"
#include "base/clock.h"
#include "base/fd.h"
#include "cli/anchor.h"
#include "cli/commands.h"
#include "cli/places_options.h"
#include "cli/promise.h"
#include "monitor/settings.h"
#include "monitor/settle.h"
#include "policy/decide.h"
#include "report/bundle.h"
#include "report/standards.h"
#include "report/text.h"
#include "sandbox/beneath.h"
#include "secret/redact.h"

namespace checkrein::cli {
namespace {

constexpr uint64_t kMaxBundleRecords = 100'000;
constexpr size_t kMaxBundleBytes = size_t{1} << 30;
constexpr size_t kMaxChangeText = 256 << 10;   // of one changed file; larger ones are there by digest

struct BundleOptions {
  std::shared_ptr<PlacesOptions> places;
  std::string to = "checkrein-bundle.tar", session;
  uint64_t from = 0, until = UINT64_MAX;
  std::string archive, vkey;
};

// File names in an archive hold no strangers' bytes.
std::string SafeName(std::string_view id) {
  std::string out;
  for (const char c : id.substr(0, 60)) out += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' ? c : '_';
  return out.empty() || out[0] == '.' ? "_" + out : out;
}

Status AddRecords(const audit::Log& log, const std::string& directory, const BundleOptions& options, report::BundleContents& contents) {
  size_t bytes_in_all = 0;
  std::map<int64_t, bool> chosen;
  for (uint64_t n = options.from; n < std::min(options.until, log.size()); ++n) {
    Result<std::string> bytes = log.Read(n);
    if (!bytes) return bytes.error();
    if (!options.session.empty()) {
      const Result<json::Value> record = json::Parse(*bytes);
      if (!record) continue;
      if (record->Text("session") == options.session) chosen[static_cast<int64_t>(n)] = true;
      else if (!chosen.contains(record->Integer("ref", -1))) continue;
    }
    Result<std::string> proof = audit::ProveRecord(directory, n);
    if (!proof) return proof.error();
    bytes_in_all += bytes->size() + proof->size();
    contents.records.push_back({n, std::move(bytes).take(), std::move(proof).take()});
    if (contents.records.size() > kMaxBundleRecords || bytes_in_all > kMaxBundleBytes)
      return Error{Error::Kind::kLimit, "bundle: more than " + std::to_string(kMaxBundleRecords) + " records; choose some with --session, --from, --until"};
  }
  return Done{};
}

void AddPolicies(const std::vector<std::string>& config, report::BundleContents& contents) {
  const Result<monitor::Settings> settings = monitor::LoadSettings(config);
  const Result<policy::PolicySet> policies = settings ? policy::PolicySet::Load(settings->policy_set, settings->texts, {}) : Result<policy::PolicySet>(settings.error());
  if (!policies) {
    contents.others.push_back({"policies/unreadable.txt", policies.error().text + "\n"});
    return;
  }
  std::string all = "// digest " + policies->digest() + "\n";
  for (const std::string& id : policies->Ids()) all += policies->Source(id) + "\n\n";
  contents.others.push_back({"policies/in-force.cedar", all});
}

// What waits for a person, by path, kind and digest; the text of small files, redacted as records are.
Status AddChanges(const std::string& state, report::BundleContents& contents) {
  const Result<std::vector<monitor::HeldCopy>> copies = monitor::HeldCopies(state);
  if (!copies) return copies.error();
  const Result<std::string> key_bytes = ReadFile(state + "/redaction.key", 32);
  Digest key{};
  if (key_bytes && key_bytes->size() == key.size()) std::copy(key_bytes->begin(), key_bytes->end(), key.begin());
  else FillRandom(key);
  for (const monitor::HeldCopy& copy : *copies) {
    const Result<std::vector<sandbox::Change>> changes = sandbox::Changes(copy.copy);
    if (!changes) return changes.error();
    const Fd upper(open(copy.copy.upper.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    json::Array list;
    size_t number = 0;
    for (const sandbox::Change& change : *changes) {
      json::Value item;
      item.Set("effect", secret::Redact(ToString(monitor::EffectOf(change, copy.copy.workspace)), key));
      // Whatever ran on the copy made these names: no link of it leads out.
      const std::optional<std::string> bytes = sandbox::ReadBeneath(upper.get(), change.path, report::kMaxTarFile);
      if (bytes) {
        item.Set("bytes", static_cast<int64_t>(bytes->size())).Set("hmac", HexEncode(HmacSha256(key, AsBytes(*bytes))));
        if (bytes->size() <= kMaxChangeText && IsUtf8(*bytes)) {
          const std::string name = "changes/" + SafeName(copy.id) + "/" + std::to_string(number) + ".txt";
          item.Set("text", name);
          contents.others.push_back({name, secret::Redact(*bytes, key)});
        }
      }
      list.push_back(std::move(item));
      ++number;
    }
    json::Value about;
    about.Set("copy", copy.id).Set("workspace", copy.copy.workspace).Set("made", Rfc3339(copy.made_ms)).Set("changes", std::move(list));
    contents.others.push_back({"changes/" + SafeName(copy.id) + ".json", about.Dump()});
  }
  return Done{};
}

json::Value Versions() {
  json::Value out;
  out.Set("checkrein", CHECKREIN_VERSION).Set("standards", report::StandardsVersion());
  utsname system{};
  if (uname(&system) == 0) out.Set("kernel", std::string(system.sysname) + " " + system.release + " " + system.machine);
  if (const Result<std::string> os = ReadFile("/etc/os-release", 8192)) out.Set("os-release", *os);
  return out;
}

int RunMake(const BundleOptions& options) {
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const std::string directory = places->state + "/log";
  report::BundleContents contents;
  {
    Result<audit::Log> log = audit::Log::Open(directory, audit::Log::Mode::kAppend);
    if (!log) return Report(log.error(), kIncomplete);
    if (const Status published = log->Publish(); !published) return Report(published.error(), kIncomplete);
    contents.made = Rfc3339(UnixMillis());
    contents.version = CHECKREIN_VERSION;
    const Result<std::string> checkpoint = ReadFile(directory + "/checkpoint", audit::kMaxNoteBytes);
    if (!checkpoint) return Report(checkpoint.error(), kIncomplete);
    contents.checkpoint = *checkpoint;
    if (const Status added = AddRecords(*log, directory, options, contents); !added) return Report(added.error(), kIncomplete);
  }
  AddPolicies(places->config, contents);
  if (const Status added = AddChanges(places->state, contents); !added) return Report(added.error(), kIncomplete);
  const Result<AnchorPlaces> anchors = ReadAnchorPlaces(directory);
  if (!anchors) return Report(anchors.error(), kIncomplete);
  size_t number = 0;
  for (const audit::Anchor& anchor : LoadAnchors(directory, *anchors).notes) contents.others.push_back({"anchors/" + std::to_string(number++) + ".checkpoint", anchor.note});
  contents.others.push_back({"versions.json", Versions().Dump()});
  report::Modes modes;
  for (const report::BundleRecord& record : contents.records) modes.FeedBytes(record.bytes);
  const Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Result<audit::NoteSigner> signer = audit::LoadKey(fd.get(), audit::MissingKey::kRefuse);
  if (!signer) return Report(signer.error(), kIncomplete);
  const Result<std::string> archive = report::MakeBundle(contents, *signer);
  if (!archive) return Report(archive.error(), kIncomplete);
  if (const Status written = ReplaceFile(options.to, *archive, 0600); !written) return Report(written.error(), kIncomplete);
  std::printf("%s: %zu record(s) with their proofs, %zu other file(s)\nto check it anywhere: checkrein bundle verify --vkey '%s' %s\n", options.to.c_str(), contents.records.size(),
              contents.others.size(), signer->verifier().Text().c_str(), options.to.c_str());
  TellPromises(modes);
  return kDone;
}

int RunCheck(const BundleOptions& options) {
  const Result<std::string> archive = ReadFile(options.archive, 2 * kMaxBundleBytes);
  if (!archive) return Report(archive.error(), kIncomplete);
  std::optional<audit::VerifierKey> key;
  if (!options.vkey.empty()) {
    const Result<audit::VerifierKey> parsed = audit::VerifierKey::Parse(options.vkey);
    if (!parsed) return Report(parsed.error(), kUsage);
    key = *parsed;
  }
  const Result<report::BundleFound> found = report::CheckBundle(*archive, key);
  if (!found) {
    std::printf("NOT VERIFIED  %s\n", report::Plain(found.error().text).c_str());
    return kFindings;
  }
  for (const std::string& problem : found->problems) std::printf("NOT VERIFIED  %s\n", report::Plain(problem).c_str());
  if (!found->problems.empty()) return kFindings;
  std::printf("verified: %zu record(s), each proved to be in a log of %llu; %zu other file(s), as they were when the bundle was made (%s)\n", found->records.size(),
              static_cast<unsigned long long>(found->size), found->others.size(), report::Plain(found->made).c_str());
  std::printf("  key      %s\n", report::Plain(found->key.Text()).c_str());
  if (!key) std::puts("           the bundle's own: whoever made up a bundle made up its key, too; name the log's with --vkey");
  std::puts("  only signed, not proved to be complete: that nothing was left out between these records");
  TellPromises(found->modes);
  return kDone;
}

}  // namespace

void AddBundle(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("bundle", "Pack records with proofs, policies, held changes and versions into one signed file");
  const auto options = std::make_shared<BundleOptions>();
  options->places = AddPlacesOptions(*command);
  command->add_option("-o,--to", options->to, "The file (default checkrein-bundle.tar)");
  command->add_option("--session", options->session, "Only this session's records");
  command->add_option("--from", options->from, "Begin at this record");
  command->add_option("--until", options->until, "End before this record");
  CLI::App* verify = command->add_subcommand("verify", "Check a bundle; needs nothing else");
  verify->add_option("ARCHIVE", options->archive, "The file")->required();
  verify->add_option("--vkey", options->vkey, "The log's key, from elsewhere");
  command->callback([command, options, &exit] { exit.code = command->get_subcommands().empty() ? RunMake(*options) : RunCheck(*options); });
}

}  // namespace checkrein::cli
