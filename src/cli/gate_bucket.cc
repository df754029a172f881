// checkrein gate bucket FILE...: who can reach a bucket, from its exported configuration (docs/format/bucket.md). Offline.
#include <algorithm>

#include "base/fd.h"
#include "cli/gate.h"
#include "release/storage/storage.h"
#include "report/terminal.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using release::Exposed;
using release::StorageAnswer;
using report::Plain;

std::string Show(const StorageAnswer& answer) {
  const report::Terminal terminal = report::TerminalOf(STDOUT_FILENO);
  const report::Tone tone = answer.exposed == Exposed::kNo ? report::Tone::kGood : report::Tone::kBad;
  std::string out = Paint(terminal, tone, std::string(ExposedName(answer.exposed))) + "  " + Plain(answer.provider) + "  " + Plain(answer.bucket) + "\n";
  for (const release::StorageReason& reason : answer.reasons) out += report::Fold(terminal, Plain(reason.what), 2) + report::Fold(terminal, "would succeed: " + Plain(reason.request), 4);
  for (const std::string& unknown : answer.unknown) out += report::Fold(terminal, "not known: " + Plain(unknown), 2);
  for (const std::string& latent : answer.latent) out += report::Fold(terminal, "held back: " + Plain(latent), 2);
  return out;
}

int RunBucket(const std::vector<std::string>& files, const std::string& format) {
  std::vector<StorageAnswer> answers;
  for (const std::string& file : files) {
    const Result<std::string> text = ReadFile(file, 8u << 20);
    if (!text) return Report(text.error(), kIncomplete);
    Result<std::vector<StorageAnswer>> judged = release::JudgeStorage(*text, file);
    if (!judged) return Report(judged.error(), kUsage);
    for (StorageAnswer& answer : *judged) {
      if (answer.bucket.empty()) answer.bucket = file;
      answers.push_back(std::move(answer));
    }
  }
  std::string out;
  json::Array list;
  for (const StorageAnswer& answer : answers) {
    out += Show(answer);
    list.push_back(answer.ToJson());
  }
  if (format == "json") {
    json::Value all;
    all.Set("format", "checkrein-bucket/1").Set("buckets", std::move(list));
    out = all.Dump() + "\n";
  }
  if (const Status written = WriteAll(STDOUT_FILENO, out); !written) return Report(written.error(), kIncomplete);
  const auto any = [&](Exposed exposed) { return std::any_of(answers.begin(), answers.end(), [&](const StorageAnswer& a) { return a.exposed == exposed; }); };
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
