// `checkrein log verify` and `log prove`: what the record proves, to whom, and how others check it.
#include <unistd.h>

#include <cstdio>

#include "audit/prove.h"
#include "audit/verify.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "cli/anchor.h"
#include "cli/log_command.h"
#include "cli/promise.h"
#include "report/gaps.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

struct VerifyOptions {
  std::string vkey;
  bool gaps = false;
  AnchorPlaces places;
  std::vector<std::string> witnesses;
};

std::string Number(uint64_t n) { return std::to_string(n); }
std::string Records(uint64_t size) { return size == 0 ? "no record" : size == 1 ? "record 0" : "records 0 to " + Number(size - 1); }

void PrintVouched(const audit::Verification& found) {
  const char* label = "  anchored";
  for (const audit::Anchored& anchor : found.anchored) {
    std::printf("%s %s: %s\n", label, Records(anchor.size).c_str(), report::Plain(anchor.where).c_str());
    label = "          ";
  }
  for (const audit::Cosigned& c : found.cosigned) {
    std::printf("%s %s: cosigned by %s at %s by its clock\n", label, Records(c.size).c_str(), report::Plain(c.witness).c_str(), Rfc3339(static_cast<int64_t>(c.unix_seconds) * 1000).c_str());
    label = "          ";
  }
  const uint64_t vouched = found.vouched_size();
  if (vouched == found.size && vouched > 0) return;
  if (vouched == 0) {
    std::puts("  anchored nowhere: every record is only self-signed. Whoever can read the key could have rewritten all of them, or cut off the end;\n"
              "           `checkrein log anchor` keeps a checkpoint where they cannot change it");
  } else {
    std::printf("  only self-signed: the last %s (%s to %s). Whoever can read the key could have rewritten or cut off these\n", Number(found.size - vouched).c_str(),
                Number(vouched).c_str(), Number(found.size - 1).c_str());
  }
}

// True when there is none.
Result<bool> PrintGaps(const audit::Log& log) {
  report::Gaps gaps;
  for (uint64_t n = 0; n < log.size(); ++n) {
    const Result<std::string> bytes = log.Read(n);
    if (!bytes) return bytes.error();
    if (const Result<json::Value> record = json::Parse(*bytes)) gaps.Feed(n, *record);
  }
  const std::vector<report::Gap> found = gaps.Found();
  for (const report::Gap& gap : found) std::printf("  gap      after record %s: %s\n", Number(gap.index).c_str(), gap.what.c_str());
  if (found.empty()) std::puts("  gaps     none: while a run lasted, something was written at least every five minutes");
  return found.empty();
}

int RunVerify(const LogCommand& command, const VerifyOptions& options) {
  const Result<std::string> directory = command.Directory();
  if (!directory) return Report(directory.error(), kUsage);
  Result<AnchorPlaces> places = ReadAnchorPlaces(*directory);
  if (!places) return Report(places.error(), kIncomplete);
  for (const std::string& path : options.places.files) places->files.push_back(path);
  for (const std::string& path : options.places.repositories) places->repositories.push_back(path);
  Anchors anchors = LoadAnchors(*directory, *places);
  anchors.witnesses.insert(anchors.witnesses.end(), options.witnesses.begin(), options.witnesses.end());
  const std::optional<std::string> vkey = options.vkey.empty() ? std::nullopt : std::optional(options.vkey);
  report::Modes modes;
  const Result<audit::Verification> found = audit::Verify(*directory, {vkey, anchors.notes, anchors.witnesses, [&modes](std::string_view record) { modes.FeedBytes(record); }});
  if (!found) return Report(found.error(), kIncomplete);
  for (const std::string& problem : found->problems) std::printf("NOT VERIFIED  %s\n", report::Plain(problem).c_str());
  for (const std::string& place : anchors.unreadable) std::printf("ANCHOR GONE   %s\n", report::Plain(place).c_str());
  if (!found->problems.empty()) {
    if (found->size > 0) std::printf("  good as far as %s\n", Records(found->size).c_str());
    return kFindings;
  }
  std::printf("verified: %s record(s), complete and in order, every one under a signed head\n", Number(found->size).c_str());
  std::printf("  root     %s\n", Base64Encode(found->root).c_str());
  if (const Result<audit::Log> log = audit::Log::Open(*directory, audit::Log::Mode::kRead)) {
    std::printf("  key      %s\n", report::Plain(log->Vkey()).c_str());
    if (!vkey) std::puts("           the directory's own: keep it elsewhere and name it with --vkey, for whoever rewrites the log can rewrite this too");
  }
  PrintVouched(*found);
  if (found->dropped_tail_bytes > 0) std::printf("  note     %s byte(s) of a write that never ended stand behind the last record; they were never acknowledged\n", Number(found->dropped_tail_bytes).c_str());
  bool whole = anchors.unreadable.empty();
  if (options.gaps) {
    const Result<audit::Log> log = audit::Log::Open(*directory, audit::Log::Mode::kRead);
    const Result<bool> none = log ? PrintGaps(*log) : Result<bool>(log.error());
    if (!none) return Report(none.error(), kIncomplete);
    whole = whole && *none;
  }
  TellPromises(modes);
  return whole ? kDone : kIncomplete;
}

void AddVerify(const LogCommand& log) {
  const auto options = std::make_shared<VerifyOptions>();
  CLI::App* verify = log.Add("verify", "Read everything again, check every hash, signature and anchor, and say what that proves");
  verify->add_option("--vkey", options->vkey, "The key to trust, as `checkrein log key` printed it once");
  verify->add_option("--anchor", options->places.files, "A checkpoint that was kept elsewhere (may be given again)");
  verify->add_option("--anchor-git", options->places.repositories, "A repository with notes by `log anchor git`");
  verify->add_option("--witness", options->witnesses, "The vkey of a witness whose cosignatures count");
  verify->add_flag("--gaps", options->gaps, "Also look for silences, unclean ends and runs without an end");
  verify->callback([log, options] { log.exit->code = RunVerify(log, *options); });
}

struct ProveOptions {
  uint64_t index = 0;
  std::string to;
  std::string check, record, vkey;
};

int RunProve(const LogCommand& command, const ProveOptions& options) {
  Result<audit::Log> log = command.Open(audit::Log::Mode::kAppend);
  if (!log) return Report(log.error(), kIncomplete);
  const std::string directory = *command.Directory();
  Result<std::string> proof = audit::ProveRecord(directory, options.index);
  if (!proof && proof.error().kind == Error::Kind::kNotFound && options.index < log->size()) {
    if (const Status published = log->Publish(); !published) return Report(published.error(), kIncomplete);
    proof = audit::ProveRecord(directory, options.index);
  }
  if (!proof) return Report(proof.error(), proof.error().kind == Error::Kind::kNotFound ? kUsage : kFindings);
  const Result<std::string> record = log->Read(options.index);
  if (!record) return Report(record.error(), kFindings);
  const std::string name = options.to.empty() ? "record-" + Number(options.index) : options.to;
  if (const Status written = ReplaceFile(name + ".json", *record, 0600); !written) return Report(written.error(), kIncomplete);
  if (const Status written = ReplaceFile(name + ".tlog-proof", *proof, 0600); !written) return Report(written.error(), kIncomplete);
  std::printf("%s.json        the record's bytes, as they were hashed\n%s.tlog-proof  its path to a signed checkpoint (c2sp.org/tlog-proof)\n\n", name.c_str(), name.c_str());
  std::printf("to check it with nothing but these two files and the key:\n  checkrein log check-proof --vkey '%s' %s.tlog-proof %s.json\n", log->Vkey().c_str(), name.c_str(), name.c_str());
  report::Modes modes;
  modes.FeedBytes(*record);
  std::puts("or with a program that is not ours: any reader of c2sp.org/tlog-proof; tests/foreign/ has one each for Go (golang.org/x/mod/sumdb) and\n"
            "Node (@sigstore/verify), as in docs/format/audit.md, \"Verifying with other programs\"");
  TellPromises(modes);
  return kDone;
}

int RunCheckProof(const ProveOptions& options) {
  const Result<audit::VerifierKey> key = audit::VerifierKey::Parse(options.vkey);
  if (!key) return Report(key.error(), kUsage);
  const Result<std::string> proof = ReadFile(options.check, audit::kMaxProofBytes);
  if (!proof) return Report(proof.error(), kIncomplete);
  const Result<std::string> record = ReadFile(options.record, audit::kMaxRecordBytes);
  if (!record) return Report(record.error(), kIncomplete);
  const Result<audit::Proved> proved = audit::CheckProof(*proof, *record, *key);
  if (!proved) {
    std::printf("NOT PROVED  %s\n", report::Plain(proved.error().text).c_str());
    return kFindings;
  }
  std::printf("proved: these bytes are record %s of a log of %s record(s), signed by %s\n", Number(proved->index).c_str(), Number(proved->size).c_str(), report::Plain(key->Text()).c_str());
  report::Modes modes;
  modes.FeedBytes(*record);
  TellPromises(modes);
  return kDone;
}

void AddProve(const LogCommand& log) {
  const auto options = std::make_shared<ProveOptions>();
  CLI::App* prove = log.Add("prove", "Write a record and its proof (.tlog-proof), for somebody who has nothing else");
  prove->add_option("N", options->index, "The record's number")->required();
  prove->add_option("--to", options->to, "Name of the two files, without ending (default: record-N)");
  prove->callback([log, options] { log.exit->code = RunProve(log, *options); });
  const auto check_options = std::make_shared<ProveOptions>();
  CLI::App* check = log.Add("check-proof", "Check a record against its .tlog-proof; needs no log");
  check->add_option("PROOF", check_options->check, "The .tlog-proof")->required();
  check->add_option("RECORD", check_options->record, "The record's bytes")->required();
  check->add_option("--vkey", check_options->vkey, "The log's key")->required();
  check->callback([log, check_options] { log.exit->code = RunCheckProof(*check_options); });
}

}  // namespace

void AddLogVerify(const LogCommand& log) {
  AddVerify(log);
  AddProve(log);
}

}  // namespace checkrein::cli
