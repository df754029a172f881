// checkrein gate audit|init|respond: accepting what was looked at, the hook that runs the gate, and what to do after a leak.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "agent/json_edit.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/gate.h"
#include "release/baseline.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using release::Baseline;
using release::Finding;
using report::Plain;

constexpr int64_t kAcceptedDays = 180;   // unless the person says otherwise

std::string Ask(const std::string& question, const std::string& otherwise) {
  std::cout << question << (otherwise.empty() ? "" : " [" + otherwise + "]") << ": " << std::flush;
  std::string answer;
  if (!std::getline(std::cin, answer)) return "";
  return answer.empty() ? otherwise : answer;
}

std::string Day(int64_t days_from_now) { return Rfc3339(UnixMillis() + days_from_now * 86'400'000).substr(0, 10); }

// One finding after another: accept with a reason, an owner and an end, or leave.
int RunAudit(const GateOptions& options, const std::string& file) {
  Baseline baseline;
  if (const Result<std::string> text = ReadFile(file, 8u << 20)) {
    Result<Baseline> read = Baseline::Read(*text, file);
    if (!read) return Report(read.error(), kUsage);
    baseline = std::move(*read);
  } else if (text.error().kind != Error::Kind::kNotFound) {
    return Report(text.error(), kUsage);
  }
  GateOptions inner = options;
  inner.baseline.clear();
  Result<std::vector<release::Report>> reports = GateReports(inner);
  if (!reports) return Report(reports.error(), kUsage);
  std::string owner;
  bool quit = false;
  size_t accepted = 0, left = 0;
  for (release::Report& report : *reports) {
    baseline.Apply(report, Day(0));
    for (const Finding& finding : report.findings) {
      if (finding.known || finding.severity == release::Severity::kNote) continue;
      if (quit) {
        ++left;
        continue;
      }
      std::cout << "\n" << SeverityName(finding.severity) << "  " << Plain(finding.rule) << "  " << Plain(finding.what) << "\n  " << Plain(finding.path) << ":" << finding.line << "\n  | " << Plain(finding.context) << "\n";
      const std::string answer = Ask("accept it, leave it, or quit (a/l/q)", "l");
      quit = answer == "q" || answer.empty();
      if (answer != "a") {
        ++left;
        continue;
      }
      const std::string reason = Ask("  reason", "");
      owner = Ask("  owner", owner);
      const std::string until = Ask("  until", Day(kAcceptedDays));
      if (reason.empty() || owner.empty()) {
        std::cout << "  not accepted: a reason and an owner are needed\n";
        ++left;
        continue;
      }
      baseline.accepted.push_back({finding.fingerprint, finding.rule, finding.path, reason, owner, until});
      ++accepted;
    }
  }
  if (accepted > 0) {
    const std::string text = baseline.Write();
    if (Result<Baseline> again = Baseline::Read(text, file); !again) return Report(again.error(), kUsage);
    if (const Status written = ReplaceFile(file, text, 0644); !written) return Report(written.error(), kIncomplete);
  }
  std::cout << "\n" << accepted << " accepted, " << left << " left; " << Plain(file) << "\n";
  return left == 0 ? kDone : kFindings;
}

// Writes a file that is not there yet, and says so.
Status WriteNew(const std::string& path, const std::string& text, unsigned mode) {
  const size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    if (const Status made = MakeDirectories(path.substr(0, slash), 0755); !made) return made;
  }
  const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file.valid()) return Error{Error::Kind::kIo, path + ": is there already; nothing was changed"};
  if (const Status written = WriteAll(file.get(), text); !written) return written;
  std::cout << "wrote " << Plain(path) << ":\n" << text;
  return Done{};
}

// Adds "prepublishOnly" to package.json, leaving every other byte as it is.
Status InitNpm(const std::string& dir, const std::string& command) {
  const std::string path = dir + "/package.json";
  Result<std::string> text = ReadFile(path, 8u << 20);
  if (!text) return text.error();
  const Result<json::Value> parsed = json::Parse(*text);
  if (!parsed || parsed->object() == nullptr) return Error{Error::Kind::kInvalid, path + ": not a JSON object"};
  const std::string_view old = parsed->At("scripts").Text("prepublishOnly");
  if (old.find("checkrein gate") != std::string_view::npos) {
    std::cout << path << " runs the gate already\n";
    return Done{};
  }
  if (!old.empty()) return Error{Error::Kind::kInvalid, path + ": has a prepublishOnly script; add `" + command + " && ` before it"};
  const agent::Span root = agent::RootSpan(*text);
  const std::optional<agent::Span> scripts = agent::MemberSpan(*text, root, "scripts");
  const std::string member = "\"prepublishOnly\": " + json::Quote(command);
  const agent::Span into = scripts ? *scripts : root;
  const std::string added = scripts ? "    " + member : "  \"scripts\": {\n    " + member + "\n  }";
  const std::optional<size_t> last = agent::LastElementEnd(*text, into);
  if (last) text->insert(*last, ",\n" + added);
  else text->insert(into.begin + 1, "\n" + added + "\n" + (scripts ? "  " : ""));
  if (!json::Parse(*text)) return Error{Error::Kind::kInternal, path + ": could not be changed; nothing was written"};
  if (const Status written = ReplaceFile(path, *text, 0644); !written) return written;
  std::cout << "wrote into " << Plain(path) << ":  " << member << "\n";
  return Done{};
}

// A runner has no checkrein: the one in PATH, or the bundle that the project keeps or an earlier step has put there. Never silently none.
constexpr std::string_view kBundlePlace = ".checkrein/checkrein-bundle.tar.gz";
std::string FindProgram(std::string_view indent) {
  const std::string in(indent);
  return in + "if ! command -v checkrein; then\n" + in + "  [ -f " + std::string(kBundlePlace) + " ] || { echo \"no checkrein here: install it in a step before this one, or put its bundle at " + std::string(kBundlePlace) + "\"; exit 2; }\n" + in +
         "  mkdir -p \"$HOME/.checkrein\" && tar -xzf " + std::string(kBundlePlace) + " -C \"$HOME/.checkrein\" --strip-components=1\n" + in + "fi\n" + in + "export PATH=\"$PATH:$HOME/.checkrein/bin\"\n";
}

Status InitOne(const std::string& kind, const std::string& dir, bool open) {
  const std::string flag = open ? " --public" : "";
  if (kind == "npm") return InitNpm(dir, "checkrein gate npm" + flag);
  if (kind == "github") {
    return WriteNew(dir + "/.github/workflows/checkrein-gate.yml",
                    "name: checkrein gate\non: [push, pull_request]\npermissions:\n  contents: read\njobs:\n  gate:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: |\n" + FindProgram("          ") + "          checkrein gate npm" + flag +
                        " --format github\n",
                    0644);
  }
  if (kind == "gitlab") {
    return WriteNew(dir + "/.gitlab/checkrein-gate.yml", "# include this file in .gitlab-ci.yml:  include: { local: .gitlab/checkrein-gate.yml }\ncheckrein-gate:\n  stage: test\n  script:\n    - |\n" + FindProgram("      ") + "      checkrein gate npm" + flag + " --format junit -o gate.xml\n  artifacts:\n    when: always\n    reports:\n      junit: gate.xml\n", 0644);
  }
  return WriteNew(dir + "/.git/hooks/pre-push", "#!/bin/sh\n# Looks through what is about to be pushed: the whole history, for what was removed is still in it.\nexec checkrein gate --git --public \"$(git rev-parse --show-toplevel)\"\n", 0755);
}

int RunInit(const std::string& kind, const std::string& dir, std::optional<bool> open) {
  if (!open && kind != "pre-commit") {
    const std::string answer = Ask("is this project's source public (y/n)", "n");
    open = answer == "y" || answer == "yes";
  }
  const Status done = InitOne(kind, dir, open.value_or(false));
  if (done && (kind == "github" || kind == "gitlab")) std::cout << "The runner needs the program: installed by an earlier step, or its bundle at " << kBundlePlace << " in the project (scripts/bundle makes one)\n";
  return done ? kDone : Report(done.error(), kUsage);
}

struct Step {
  std::string_view rule, text;
};
constexpr Step kSteps[] = {
    {"npm-token", "npm token revoke ID   (npm token list shows the ids)"},
    {"npmrc", "npm token revoke ID, or change the password of the registry"},
    {"pypi-token", "revoke the token in the index's account settings; look at the project's release history"},
    {"github-token", "revoke it in the account's developer settings; look at the security log"},
    {"aws-access-key", "aws iam update-access-key --status Inactive, then delete-access-key; look at CloudTrail for its use"},
    {"private-key-usable", "make a new key; take the old one out of every authorized_keys and trust store; revoke certificates for it"},
};

// What to do after a leak, from the answer of `gate --format json`.
int RunRespond(const std::string& file) {
  const Result<std::string> text = ReadFile(file, 512u << 20);
  if (!text) return Report(text.error(), kUsage);
  json::Limits limits;
  limits.max_bytes = 512u << 20;
  const Result<json::Value> parsed = json::Parse(*text, limits);
  if (!parsed || parsed->Text("format") != "checkrein-gate/1") return Report(Error{Error::Kind::kInvalid, file + ": not an answer of `checkrein gate --format json`"}, kUsage);
  for (const json::Value& artifact : *parsed->At("artifacts").array()) {
    const std::string name(artifact.At("package").Text("name")), version(artifact.At("package").Text("version"));
    std::cout << Plain(artifact.Text("artifact")) << "  SHA-256 " << Plain(artifact.Text("sha256")) << "\n\n1. Stop more people from getting it.\n";
    if (!name.empty()) {
      std::cout << "   npm unpublish " << Plain(name) << "@" << Plain(version) << "      (within 72 hours; later: npm deprecate)\n   or, at a Python index: yank the release, then delete its files\n";
      std::cout << "   npm view " << Plain(name) << " time --json      (since when it was there)\n";
    }
    std::cout << "   Mirrors and caches keep copies: from here on everything below counts as read.\n\n2. Make what was in it worthless.\n";
    size_t count = 0;
    if (const json::Array* findings = artifact.At("findings").array()) {
      for (const json::Value& finding : *findings) {
        if (finding.Text("severity") != "block") continue;
        std::cout << "   " << ++count << ". " << Plain(finding.Text("what")) << "  " << Plain(finding.Text("path")) << ":" << finding.Integer("line", 0) << "  " << Plain(finding.Text("masked")) << "\n";
        std::string_view advice = finding.Text("advice");
        for (const Step& step : kSteps) {
          if (step.rule == finding.Text("rule")) advice = step.text;
        }
        std::cout << "      " << Plain(advice) << "\n";
      }
    }
    if (count == 0) std::cout << "   nothing that stops a release was found in it\n";
    const json::Value& rebuild = artifact.At("summary").At("rebuild");
    std::cout << "\n3. Know what strangers know.\n   " << rebuild.Integer("own_lines", 0) << " own source lines in " << rebuild.Integer("own_sources", 0) << " files\n";
    for (const std::string_view list : {"keys", "hosts", "people", "prompts", "flags"}) {
      const json::Array* names = artifact.At("exposure").At(list).array();
      if (names == nullptr || names->empty()) continue;
      std::cout << "   " << list << ": ";
      for (size_t i = 0; i < names->size() && i < 20; ++i) std::cout << (i == 0 ? "" : ", ") << ((*names)[i].string() != nullptr ? Plain(*(*names)[i].string()) : "");
      std::cout << (names->size() > 20 ? ", ...\n" : "\n");
    }
    std::cout << "\n4. Publish a clean version, through the gate, and tell those who use the package.\n\n";
  }
  return kDone;
}

}  // namespace

void AddGateHabits(CLI::App& gate, const std::shared_ptr<GateOptions>& options, Exit& exit) {
  CLI::App* audit = gate.add_subcommand("audit", "Walk through the findings one by one, and accept what may stay: with a reason, an owner and an end");
  audit->fallthrough();
  auto file = std::make_shared<std::string>("checkrein-baseline.json");
  auto paths = std::make_shared<std::vector<std::string>>();
  audit->add_option("--write", *file, "the baseline to add to")->capture_default_str();
  audit->add_option("path", *paths, "what to look at")->required();
  audit->callback([options, file, paths, &exit] {
    GateOptions inner = *options;
    inner.paths = *paths;
    exit.code = RunAudit(inner, *file);
  });

  CLI::App* init = gate.add_subcommand("init", "Write the hook that runs the gate before every release, and say what was written");
  auto kind = std::make_shared<std::string>();
  auto dir = std::make_shared<std::string>(".");
  auto is_public = std::make_shared<bool>(false);
  auto is_private = std::make_shared<bool>(false);
  init->add_option("kind", *kind, "npm, github, gitlab or pre-commit")->required()->check(CLI::IsMember({"npm", "github", "gitlab", "pre-commit"}));
  init->add_option("--in", *dir, "the project")->capture_default_str();
  auto* open = init->add_flag("--source-public", *is_public, "the source is public; do not ask");
  init->add_flag("--source-private", *is_private, "the source is not public; do not ask")->excludes(open);
  init->callback([kind, dir, is_public, is_private, &exit] { exit.code = RunInit(*kind, *dir, *is_public ? std::optional(true) : *is_private ? std::optional(false) : std::nullopt); });

  CLI::App* respond = gate.add_subcommand("respond", "After a leak: the steps, from the gate's JSON about what was published");
  auto report = std::make_shared<std::string>();
  respond->add_option("report", *report, "the answer of `checkrein gate --format json`")->required();
  respond->callback([report, &exit] { exit.code = RunRespond(*report); });
}

}  // namespace checkrein::cli
