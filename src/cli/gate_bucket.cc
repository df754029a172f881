// checkrein gate bucket FILE...: who can reach a bucket, from its exported configuration (docs/format/bucket.md). Offline.
#include <algorithm>
#include <optional>

#include "base/fd.h"
#include "cli/gate.h"
#include "cli/gate_bucket_proof.h"
#include "release/storage/storage.h"
#include "report/terminal.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using release::Exposed;
using release::StorageAnswer;
using report::Plain;

struct Answer {
  StorageAnswer storage;
  std::optional<PolicyProof> proof;   // of a policy
};

// What two solvers say of the policy, beside what the definition says of each statement.
std::string ProofText(const PolicyProof& proof) {
  switch (proof.kind) {
    case PolicyProof::Kind::kPossible: return "a stranger's request that the policy permits (" + proof.solvers + "; evaluated again): " + proof.request;
    case PolicyProof::Kind::kImpossible: return "no request of a stranger is permitted by the policy (" + proof.solvers + ")";
    case PolicyProof::Kind::kNotKnown: break;
  }
  return "no proof about the policy: " + proof.why;
}

// A request that was found is a finding, whatever the definition says (RestrictPublicBuckets holds back only what counts as public). That none
// was found leaves the definition's answer as it is, but no request stands beside it.
void Join(StorageAnswer& storage, const PolicyProof& proof) {
  if (proof.kind == PolicyProof::Kind::kImpossible) {
    for (release::StorageReason& reason : storage.reasons) {
      if (reason.of_policy) reason.request.clear();
    }
  }
  if (proof.kind != PolicyProof::Kind::kPossible || storage.exposed == Exposed::kYes || !storage.latent.empty()) return;
  storage.reasons.push_back({"the policy permits a stranger's request, though it is not public by definition", proof.request, true});
  storage.exposed = Exposed::kYes;
}

json::Value ToJson(const Answer& answer) {
  json::Value out = answer.storage.ToJson();
  if (!answer.proof) return out;
  const PolicyProof& proof = *answer.proof;
  json::Value one;
  one.Set("stranger", proof.kind == PolicyProof::Kind::kPossible ? "permitted" : proof.kind == PolicyProof::Kind::kImpossible ? "not permitted" : "unknown");
  one.Set("request", proof.request).Set("solvers", proof.solvers).Set("why", proof.why);
  out.Set("proof", std::move(one));
  return out;
}

std::string Show(const Answer& whole) {
  const StorageAnswer& answer = whole.storage;
  const report::Terminal terminal = report::TerminalOf(STDOUT_FILENO);
  const report::Tone tone = answer.exposed == Exposed::kNo ? report::Tone::kGood : report::Tone::kBad;
  std::string out = Paint(terminal, tone, std::string(ExposedName(answer.exposed))) + "  " + Plain(answer.provider) + "  " + Plain(answer.bucket) + "\n";
  for (const release::StorageReason& reason : answer.reasons) out += report::Fold(terminal, Plain(reason.what), 2) + (reason.request.empty() ? "" : report::Fold(terminal, "would succeed: " + Plain(reason.request), 4));
  for (const std::string& unknown : answer.unknown) out += report::Fold(terminal, "not known: " + Plain(unknown), 2);
  for (const std::string& latent : answer.latent) out += report::Fold(terminal, "held back: " + Plain(latent), 2);
  if (whole.proof) out += report::Fold(terminal, Plain(ProofText(*whole.proof)), 2);
  return out;
}

int RunBucket(const std::vector<std::string>& files, const std::string& format) {
  std::vector<Answer> answers;
  for (const std::string& file : files) {
    const Result<std::string> text = ReadFile(file, 8u << 20);
    if (!text) return Report(text.error(), kIncomplete);
    Result<std::vector<StorageAnswer>> judged = release::JudgeStorage(*text, file);
    if (!judged) return Report(judged.error(), kUsage);
    for (StorageAnswer& answer : *judged) {
      Answer one{std::move(answer), std::nullopt};
      if (one.storage.policy) {
        one.proof = ProvePolicy(*one.storage.policy, one.storage.bucket);
        Join(one.storage, *one.proof);
      }
      if (one.storage.bucket.empty()) one.storage.bucket = file;
      answers.push_back(std::move(one));
    }
  }
  std::string out;
  json::Array list;
  for (const Answer& answer : answers) {
    out += Show(answer);
    list.push_back(ToJson(answer));
  }
  if (format == "json") {
    json::Value all;
    all.Set("format", "checkrein-bucket/1").Set("buckets", std::move(list));
    out = all.Dump() + "\n";
  }
  if (const Status written = WriteAll(STDOUT_FILENO, out); !written) return Report(written.error(), kIncomplete);
  const auto any = [&](Exposed exposed) { return std::any_of(answers.begin(), answers.end(), [&](const Answer& a) { return a.storage.exposed == exposed; }); };
  if (any(Exposed::kUnknown) || answers.empty()) return kIncomplete;
  return any(Exposed::kYes) ? kFindings : kDone;
}

}  // namespace

void AddGateBucket(CLI::App& gate, Exit& exit) {
  CLI::App* command = gate.add_subcommand("bucket", "Who can reach a bucket (S3, R2, GCS), from its exported configuration or a Terraform plan");
  auto files = std::make_shared<std::vector<std::string>>();
  auto format = std::make_shared<std::string>("table");
  command->add_option("file", *files, "JSON")->required();
  command->add_option("--format", *format, "how to answer")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  command->callback([files, format, &exit] { exit.code = RunBucket(*files, *format); });
}

}  // namespace checkrein::cli
