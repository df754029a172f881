// `checkrein log report`: the record as one HTML file that verifies itself in any browser.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "audit/verify.h"
#include "base/clock.h"
#include "base/fd.h"
#include "cli/anchor.h"
#include "cli/log_command.h"
#include "monitor/settings.h"
#include "policy/decide.h"
#include "report/page.h"

namespace checkrein::cli {
namespace {

struct ReportOptions {
  std::string to = "checkrein-report.html", session;
  uint64_t from = 0, until = UINT64_MAX;
};

// What others vouch for, in sentences; an anchor that contradicts the log makes no report.
Result<std::vector<std::string>> Statements(const std::string& directory) {
  const Result<AnchorPlaces> places = ReadAnchorPlaces(directory);
  if (!places) return places.error();
  const Anchors anchors = LoadAnchors(directory, *places);
  const Result<audit::Verification> found = audit::Verify(directory, {std::nullopt, anchors.notes, anchors.witnesses});
  if (!found) return found.error();
  if (!found->problems.empty()) return Error{Error::Kind::kInvalid, "the log is not verified: " + found->problems[0]};
  std::vector<std::string> out;
  for (const audit::Cosigned& c : found->cosigned)
    out.push_back("The first " + std::to_string(c.size) + " were cosigned by " + c.witness + " at " + Rfc3339(static_cast<int64_t>(c.unix_seconds) * 1000) + ".");
  for (const audit::Anchored& a : found->anchored) out.push_back("The first " + std::to_string(a.size) + " agree with the " + a.where + ".");
  const uint64_t rest = found->size - std::min(found->size, found->vouched_size());
  if (rest > 0) out.push_back("The last " + std::to_string(rest) + " are only signed by the log's own key.");
  return out;
}

std::map<std::string, std::string> PolicySources(const std::vector<std::string>& config) {
  std::map<std::string, std::string> out;
  const Result<monitor::Settings> settings = monitor::LoadSettings(config);
  if (!settings) return out;
  const Result<policy::PolicySet> policies = policy::PolicySet::Load(settings->policy_set, settings->texts, {});
  if (!policies) return out;
  for (const std::string& id : policies->Ids()) out[id] = policies->Source(id);
  return out;
}

int RunReport(const LogCommand& command, const ReportOptions& options) {
  const Result<monitor::Places> places = command.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const Result<audit::Log> log = command.Open(audit::Log::Mode::kRead);
  if (!log) return Report(log.error(), kIncomplete);
  Result<std::vector<std::string>> statements = Statements(places->state + "/log");
  if (!statements) return Report(statements.error(), kFindings);
  report::PageInput input;
  input.read = [&log](uint64_t n) { return log->Read(n); };
  input.size = log->size();
  input.checkpoint = log->CheckpointNote();
  if (input.checkpoint.empty()) return Report(Error{Error::Kind::kNotFound, "the log is empty"}, kIncomplete);
  input.root = log->Root();
  input.vkey = log->Vkey();
  input.made = Rfc3339(UnixMillis());
  input.statements = std::move(statements).take();
  input.policies = PolicySources(places->config);
  input.from = options.from;
  input.to = options.until;
  input.session = options.session;
  const bool to_stdout = options.to == "-";
  const std::string temporary = options.to + ".tmp";
  const Fd file(to_stdout ? -1 : open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!to_stdout && !file.valid()) return Report(SystemError(temporary, errno), kIncomplete);
  const int fd = to_stdout ? STDOUT_FILENO : file.get();
  Status written = report::WritePage(input, [fd](std::string_view part) { return WriteAll(fd, part); });
  if (written && !to_stdout && rename(temporary.c_str(), options.to.c_str()) != 0) written = SystemError(options.to, errno);
  if (!written) {
    if (!to_stdout) unlink(temporary.c_str());
    return Report(written.error(), written.error().kind == Error::Kind::kInvalid ? kFindings : kIncomplete);
  }
  if (!to_stdout) std::printf("%s\n", options.to.c_str());
  return kDone;
}

}  // namespace

void AddLogReport(const LogCommand& log) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App* report = log.Add("report", "Write the record as one HTML file, which verifies itself in a browser and contacts nothing");
  report->add_option("-o,--to", options->to, "The file (default checkrein-report.html; - is standard output)");
  report->add_option("--session", options->session, "Only this session; other records are there as hashes only");
  report->add_option("--from", options->from, "Begin at this record");
  report->add_option("--until", options->until, "End before this record");
  report->callback([log, options] { log.exit->code = RunReport(log, *options); });
}

}  // namespace checkrein::cli
