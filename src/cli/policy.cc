// checkrein policy: look at policies before anybody is judged by them.
//   check    do they load: text, types against the schema, what a project may say; do they keep what is promised, by proof
//   diff     what a change newly permits and denies (policy_diff.cc)
//   test     run examples: effects in, the answer that a person expects out
//   explain  what a policy says and why
//   suggest  the smallest edit that would permit an action (policy_suggest.cc)
#include <cstdio>
#include <memory>

#include "base/fd.h"
#include "cli/commands.h"
#include "cli/policy_files.h"
#include "cli/proofs.h"
#include "policy/examples.h"
#include "policy/shipped.h"
#include "report/terminal.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxExampleBytes = 4u << 20;

struct Options {
  PolicyFiles files;
  std::vector<std::string> names;  // of files or policies, for the sub-command at hand
};

int RunPolicyCheck(const Options& options) {
  PolicyFiles files = options.files;
  files.user.insert(files.user.end(), options.names.begin(), options.names.end());
  for (const auto* paths : {&files.user, &files.project})
    if (const auto texts = ReadPolicyTexts(*paths); !texts) return Report(texts.error(), kUsage);
  const Result<policy::PolicySet> set = LoadPolicyFiles(files);
  if (!set) return Report(set.error(), set.error().kind == Error::Kind::kNotFound ? kUsage : kFindings);
  std::printf("%zu policies load, digest %s\n", set->Ids().size(), set->digest().c_str());
  return CheckPromises(files);
}

// Prints what came of one file of examples.
int TestOne(const std::string& file, std::string_view text, const PolicyFiles& files, const std::vector<policy::PolicySet::Text>& user) {
  const auto report = policy::RunExamples(text, file, files.set, user);
  if (!report) return Report(report.error(), kUsage);
  for (const std::string& failure : report->failures) std::printf("FAILED %s\n", failure.c_str());
  std::printf("%s: %zu of %zu examples answered as expected\n", report::Plain(file).c_str(), report->run - report->failures.size(), report->run);
  return report->failures.empty() ? kDone : kFindings;
}

int RunPolicyTest(const Options& options) {
  const auto user = ReadPolicyTexts(options.files.user);
  if (!user) return Report(user.error(), kUsage);
  if (options.names.empty()) {
    const std::string shipped = options.files.set + ".tests.json";
    return TestOne(shipped, policy::ShippedText(shipped), options.files, *user);
  }
  int worst = kDone;
  for (const std::string& file : options.names) {
    const Result<std::string> text = ReadFile(file, kMaxExampleBytes);
    if (!text) return Report(text.error(), kUsage);
    worst = std::max(worst, TestOne(file, *text, options.files, *user));
  }
  return worst;
}

int RunPolicyExplain(const Options& options) {
  const Result<policy::PolicySet> set = LoadPolicyFiles(options.files);
  if (!set) return Report(set.error(), kUsage);
  const report::Terminal terminal = report::TerminalOf(1);
  std::string out;
  for (const std::string& id : options.names) {
    const std::string source = set->Source(id);
    if (source.empty()) return Report({Error::Kind::kNotFound, "policy `" + report::Plain(id) + "`: the set has none of that name; without a name all are listed"}, kUsage);
    out += report::Fold(terminal, report::Plain(set->Reason(id)), 0) + "\n";
    for (size_t at = 0; at < source.size();) {
      const size_t end = std::min(source.find('\n', at), source.size());
      out += "  " + report::Plain(source.substr(at, end - at)) + "\n";
      at = end + 1;
    }
    out += "\n";
  }
  if (options.names.empty())
    for (const std::string& id : set->Ids()) out += report::Paint(terminal, report::Tone::kStrong, report::Plain(id)) + "\n" + report::Fold(terminal, report::Plain(set->Reason(id)), 4);
  std::fputs(out.c_str(), stdout);
  return kDone;
}

void Add(CLI::App& policy, Exit& exit, const char* name, const char* help, const char* names_help, int (*run)(const Options&)) {
  CLI::App* command = policy.add_subcommand(name, help);
  auto options = std::make_shared<Options>();  // CLI11 keeps references into it for as long as its callbacks live
  AddPolicyOptions(*command, options->files);
  command->add_option("names", options->names, names_help);
  command->callback([options, run, &exit] { exit.code = run(*options); });
}

}  // namespace

void AddPolicy(CLI::App& app, Exit& exit) {
  CLI::App* policy = app.add_subcommand("policy", "Check, prove, compare, test and explain policies");
  policy->require_subcommand(1);
  Add(*policy, exit, "check", "Load policies, say what is wrong with them, prove what is promised", "files of Cedar policies of your own", RunPolicyCheck);
  Add(*policy, exit, "test", "Run examples: the shipped ones, or those of files", "files of examples (JSON)", RunPolicyTest);
  AddPolicyDiff(*policy, exit);
  Add(*policy, exit, "explain", "Show policies with their reasons", "ids of policies; none for all", RunPolicyExplain);
  AddPolicySuggest(*policy, exit);
}

}  // namespace checkrein::cli
