// checkrein check: JSON Lines in, one answer a line out, in the same order (docs/format/verdict.md). Hermetic: a pure function of its input,
// its options and the policy; nothing that the commands speak of is looked at, and nobody's configuration is read.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "agent/read.h"
#include "analysis/analysis.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/policy_files.h"
#include "policy/decide.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxLineBytes = json::Limits{}.max_bytes;

struct Options {
  PolicyFiles policies;
  std::vector<std::string> model_hosts, registries;
};

struct Asked {
  json::Value id;
  analysis::Analysis analysis;
  policy::Circumstances circumstances;
};

Error Wrong(std::string text) { return {Error::Kind::kInvalid, std::move(text)}; }

// The string at `key`; `otherwise` when it is absent.
Result<std::string> TextOr(const json::Value& line, std::string_view key, std::string otherwise) {
  const json::Value* value = line.Find(key);
  if (value == nullptr) return otherwise;
  if (value->string() == nullptr) return Wrong("`" + std::string(key) + "` must be a string");
  if (value->string()->find('\0') != std::string::npos) return Wrong("`" + std::string(key) + "` holds a NUL byte, which no command or path can");
  return *value->string();
}

Result<std::string> DirectoryOr(const json::Value& line, std::string_view key, const std::string& otherwise) {
  const Result<std::string> text = TextOr(line, key, otherwise);
  if (!text) return text.error();
  if (!text->starts_with('/')) return Wrong("`" + std::string(key) + "` must be an absolute path");
  return NormalizePath(*text, "/");
}

Result<std::vector<std::string>> Labels(const json::Value& line) {
  std::vector<std::string> labels;
  const json::Value* value = line.Find("labels");
  if (value == nullptr) return labels;
  if (value->array() == nullptr) return Wrong("`labels` must be an array of strings");
  for (const json::Value& label : *value->array()) {
    if (label.string() == nullptr) return Wrong("`labels` must be an array of strings");
    labels.push_back(*label.string());
  }
  return labels;
}

// The call in a client's own hook JSON. An event that is no call before a tool has no effects to decide.
Result<analysis::Analysis> AnalyzeEvent(const json::Value& line, analysis::Place* place) {
  const std::optional<agent::Client> client = agent::ClientFromName(line.Text("client"));
  if (!client) return Wrong("`client` is none of claude, codex, gemini, copilot, opencode");
  const Result<agent::Event> event = agent::ReadEvent(*client, line.Text("event_name"), line.At("event").Dump());
  if (!event) return event.error();
  if (event->phase == agent::Phase::kUnknown) return Wrong("the event `" + event->name + "` is not known");
  if (line.Find("cwd") == nullptr && event->cwd.starts_with('/')) place->cwd = NormalizePath(event->cwd, "/");
  if (line.Find("workspace") == nullptr) place->workspace = place->cwd;
  analysis::NoWorld world;
  if (event->call) return analysis::AnalyzeCall(*event->call, *place, world);
  analysis::Analysis nothing;
  nothing.coverage = Coverage::kFull;
  nothing.parsed = true;
  return nothing;
}

Result<Asked> Read(const json::Value& line, const Options& options) {
  analysis::Place place;
  const auto cwd = DirectoryOr(line, "cwd", place.cwd), home = DirectoryOr(line, "home", place.home), workspace = DirectoryOr(line, "workspace", place.workspace);
  const auto shell = TextOr(line, "shell", place.shell);
  const auto labels = Labels(line);
  for (const auto* text : {&cwd, &home, &workspace, &shell})
    if (!text->ok()) return text->error();
  if (!labels) return labels.error();
  place = {*cwd, *home, *workspace, *shell};
  Asked asked;
  if (line.Find("client") != nullptr) {
    Result<analysis::Analysis> analysis = AnalyzeEvent(line, &place);
    if (!analysis) return analysis.error();
    asked.analysis = std::move(analysis).take();
    asked.circumstances.client = std::string(line.Text("client"));
  } else {
    const Result<std::string> command = TextOr(line, "command", "");
    if (!command) return command.error();
    if (line.Find("command") == nullptr) return Wrong("neither `command` nor `client` and `event`");
    analysis::NoWorld world;
    asked.analysis = analysis::AnalyzeCommand(*command, place, world);
  }
  asked.circumstances.labels = *labels;
  asked.circumstances.workspace = place.workspace;
  asked.circumstances.home = place.home;
  asked.circumstances.model_hosts = options.model_hosts;
  asked.circumstances.registries = options.registries;
  asked.circumstances.coverage = asked.analysis.coverage;
  return asked;
}

json::Value Texts(const std::vector<std::string>& texts) {
  json::Array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

std::string Answer(const json::Value& id, const analysis::Analysis& analysis, const policy::Decision& decision) {
  json::Array effects;
  for (const Effect& effect : analysis.effects.all()) effects.emplace_back(ToString(effect));
  json::Value out;
  out.Set("id", id);
  out.Set("verdict", VerdictName(decision.verdict));
  out.Set("contained_after_approval", decision.contained_after_approval);
  out.Set("coverage", CoverageName(analysis.coverage));
  out.Set("parsed", analysis.parsed);
  out.Set("effects", std::move(effects));
  out.Set("policies", Texts(decision.policies));
  out.Set("why", decision.why);
  return out.Dump() + "\n";
}

// What cannot be judged is denied, and says so in one more member.
std::string Refusal(const json::Value& id, const Error& error) {
  policy::Decision decision;
  decision.why = "denied: this line cannot be judged";
  std::string out = Answer(id, {}, decision);
  out.resize(out.size() - 2);
  return out + ",\"error\":" + json::Quote(error.text) + "}\n";
}

struct Counts {
  size_t refused = 0;
};

std::string AnswerLine(std::string_view text, const policy::PolicySet& policies, const Options& options, Counts* counts) {
  const auto refuse = [counts](const json::Value& id, const Error& error) {
    ++counts->refused;
    return Refusal(id, error);
  };
  const Result<json::Value> line = json::Parse(text);
  if (!line) return refuse(nullptr, line.error());
  if (line->object() == nullptr) return refuse(nullptr, Wrong("a line must be an object"));
  const json::Value& id = line->At("id");
  if (id.string() == nullptr && id.integer() == nullptr) return refuse(nullptr, Wrong("`id` must be a string or an integer"));
  const Result<Asked> asked = Read(*line, options);
  if (!asked) return refuse(id, asked.error());
  return Answer(id, asked->analysis, policies.Decide(asked->analysis.effects, asked->circumstances));
}

// Lines of a descriptor, each at most kMaxLineBytes; a longer one is passed over and told as such.
class Lines {
 public:
  struct Line {
    std::string text;
    bool too_long = false;
  };
  explicit Lines(int fd) : fd_(fd) {}
  // Nothing at the end, or when reading fails: see error().
  std::optional<Line> Next() {
    Line line;
    while (true) {
      const size_t end = buffer_.find('\n', at_);
      if (end != std::string::npos) {
        Take(&line, end);
        at_ = end + 1;
        return line;
      }
      Take(&line, buffer_.size());
      buffer_.clear();
      at_ = 0;
      if (Fill()) continue;
      if (line.text.empty() && !line.too_long) return std::nullopt;
      return line;  // the last one, which no line break ends
    }
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  void Take(Line* line, size_t end) {
    if (line->text.size() + (end - at_) > kMaxLineBytes) line->too_long = true;
    if (line->too_long) {
      line->text.clear();
    } else {
      line->text.append(buffer_, at_, end - at_);
    }
  }
  bool Fill() {
    buffer_.resize(1u << 16);
    ssize_t got = 0;
    do got = read(fd_, buffer_.data(), buffer_.size());
    while (got < 0 && errno == EINTR);
    if (got < 0) error_ = SystemError("standard input", errno);
    buffer_.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return got > 0;
  }

  int fd_;
  std::string buffer_;
  size_t at_ = 0;
  std::optional<Error> error_;
};

int RunCheck(const Options& options) {
  const Result<policy::PolicySet> policies = LoadPolicyFiles(options.policies);
  if (!policies) return Report(policies.error(), kUsage);
  Counts counts;
  Lines lines(STDIN_FILENO);
  std::string out;
  while (std::optional<Lines::Line> line = lines.Next()) {
    if (line->too_long) {
      ++counts.refused;
      out += Refusal(nullptr, {Error::Kind::kLimit, "the line is longer than " + std::to_string(kMaxLineBytes) + " bytes"});
    } else if (line->text.find_first_not_of(" \t\r") != std::string::npos) {
      out += AnswerLine(line->text, *policies, options, &counts);
    }
    if (out.size() < (1u << 16)) continue;
    if (const Status written = WriteAll(STDOUT_FILENO, out); !written) return Report(written.error(), kIncomplete);
    out.clear();
  }
  if (const Status written = WriteAll(STDOUT_FILENO, out); !written) return Report(written.error(), kIncomplete);
  if (lines.error()) return Report(*lines.error(), kIncomplete);
  return counts.refused == 0 ? kDone : kIncomplete;
}

}  // namespace

void AddCheck(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("check", "Decide many commands or events: JSON Lines in, one answer a line out, nothing touched");
  auto options = std::make_shared<Options>();  // CLI11 keeps references into it for as long as its callbacks live
  AddPolicyOptions(*command, options->policies);
  command->add_option("--model-host", options->model_hosts, "a host of the client's own model (may be given again)")->allow_extra_args(false);
  command->add_option("--registry", options->registries, "a host of a package registry (may be given again)")->allow_extra_args(false);
  command->callback([options, &exit] { exit.code = RunCheck(*options); });
}

}  // namespace checkrein::cli
