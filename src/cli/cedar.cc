// checkrein cedar: the policy language by itself, for whoever wants to check us against another engine, or needs none of the rest.
//   authorize  decide requests: one from the command line, or many as JSON Lines
//   validate   say what is wrong with policies, before any request
//   format     print policies in one form
//   conform    run a directory of test manifests of the official form
#include <cstdio>
#include <iostream>
#include <memory>

#include "base/fd.h"
#include "base/json.h"
#include "cedar/authorize.h"
#include "cedar/conform.h"
#include "cedar/entity_json.h"
#include "cedar/parser.h"
#include "cedar/policy_json.h"
#include "cedar/print.h"
#include "cedar/validate.h"
#include "cli/commands.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxFileBytes = 64u << 20;
constexpr size_t kMaxLineBytes = 4u << 20;

struct Options {
  std::vector<std::string> policies;  // files
  std::string schema, entities, principal, action, resource, context, requests;
  bool json = false, check = false, write = false;
  std::string directory;
};

// "-" is standard input.
Result<std::string> ReadInput(const std::string& path) { return path == "-" ? ReadAll(0, kMaxFileBytes) : ReadFile(path, kMaxFileBytes); }

Result<cedar::PolicySet> ReadPolicyFile(const std::string& path) {
  const Result<std::string> text = ReadInput(path);
  if (!text) return text.error();
  if (!path.ends_with(".json")) return cedar::ParsePoliciesWithIds(*text, path);
  const Result<json::Value> value = json::Parse(*text);
  if (!value) return Error{value.error().kind, path + ": " + value.error().text};
  Result<cedar::PolicySet> set = cedar::PolicySetFromJson(*value);
  if (!set) return Error{set.error().kind, path + ": " + set.error().text};
  return set;
}

Result<cedar::PolicySet> ReadPolicies(const std::vector<std::string>& paths) {
  cedar::PolicySet all;
  for (const std::string& path : paths) {
    Result<cedar::PolicySet> set = ReadPolicyFile(path);
    if (!set) return set.error();
    if (paths.size() == 1) return set;
    if (const Status merged = all.Merge(std::move(set).take()); !merged) return Error{merged.error().kind, merged.error().text + "; give each policy of several files an @id of its own"};
  }
  return all;
}

Result<std::optional<cedar::Schema>> ReadSchema(const std::string& path) {
  if (path.empty()) return std::optional<cedar::Schema>();
  const Result<std::string> text = ReadFile(path, kMaxFileBytes);
  if (!text) return text.error();
  Result<cedar::Schema> schema = cedar::ParseSchema(*text, path);
  if (!schema) return schema.error();
  return std::optional<cedar::Schema>(std::move(schema).take());
}

// `User::"ann"` as it is written in policies.
Result<cedar::EntityUid> ReadUid(const std::string& text, const std::string& what) {
  const auto parsed = cedar::ParseExpression(text, what);
  if (!parsed) return parsed.error();
  const cedar::Node& root = parsed->ast[parsed->root];
  const cedar::EntityUid* uid = root.op == cedar::Op::kLiteral ? parsed->ast.constants[root.a].entity() : nullptr;
  if (uid == nullptr) return Error{Error::Kind::kInvalid, what + ": `" + text + "` is no entity; write Type::\"id\""};
  return *uid;
}

// What requests are decided over.
struct Engine {
  cedar::PolicySet policies;
  std::optional<cedar::Schema> schema;
  cedar::Entities entities;
};

Result<std::unique_ptr<Engine>> ReadEngine(const Options& options) {
  auto engine = std::make_unique<Engine>();
  Result<cedar::PolicySet> policies = ReadPolicies(options.policies);
  if (!policies) return policies.error();
  engine->policies = std::move(policies).take();
  Result<std::optional<cedar::Schema>> schema = ReadSchema(options.schema);
  if (!schema) return schema.error();
  engine->schema = std::move(schema).take();
  if (options.entities.empty() && !engine->schema) return engine;
  const Result<std::string> text = options.entities.empty() ? Result<std::string>(std::string("[]")) : ReadFile(options.entities, kMaxFileBytes);
  if (!text) return text.error();
  Result<cedar::Entities> entities = engine->schema ? cedar::ParseEntities(*text, *engine->schema) : cedar::ParseEntities(*text);
  if (!entities) return Error{entities.error().kind, options.entities + ": " + entities.error().text};
  engine->entities = std::move(entities).take();
  return engine;
}

Result<cedar::Record> ReadContext(const json::Value& object, const Engine& engine, const cedar::EntityUid& action) {
  return engine.schema ? cedar::ContextFromJson(object, *engine.schema, action) : cedar::RecordFromJson(object);
}

Result<json::Value> Decide(const Engine& engine, const cedar::Request& request, cedar::Authorizer* authorizer) {
  if (engine.schema)
    if (const Status valid = cedar::ValidateRequest(*engine.schema, request); !valid) return valid.error();
  const cedar::Response& response = authorizer->Authorize(request, engine.entities);
  json::Array reasons, errors;
  for (const cedar::Policy* policy : response.reasons) reasons.emplace_back(policy->id);
  for (const auto& error : response.errors) {
    json::Value one = json::Object{};
    one.Set("policy", error.policy->id).Set("message", error.message);
    errors.push_back(std::move(one));
  }
  json::Value answer = json::Object{};
  answer.Set("decision", response.decision == cedar::Decision::kAllow ? "allow" : "deny").Set("reason", std::move(reasons)).Set("errors", std::move(errors));
  return answer;
}

Result<json::Value> DecideLine(const Engine& engine, const std::string& line, cedar::Authorizer* authorizer) {
  const Result<json::Value> asked = json::Parse(line);
  if (!asked) return asked.error();
  const auto uid = [&](const char* key) -> Result<cedar::EntityUid> {
    const json::Value& value = asked->At(key);
    if (const std::string* text = value.string()) return ReadUid(*text, key);
    return cedar::EntityUidFromJson(value);
  };
  const auto principal = uid("principal"), action = uid("action"), resource = uid("resource");
  for (const auto* one : {&principal, &action, &resource})
    if (!one->ok()) return one->error();
  const json::Value none = json::Object{};
  const json::Value* given = asked->Find("context");
  auto context = ReadContext(given == nullptr ? none : *given, engine, *action);
  if (!context) return context.error();
  return Decide(engine, {*principal, *action, *resource, std::move(*context)}, authorizer);
}

// A line in, a line out, in the same order. A line that cannot be asked is answered with what is wrong with it.
int AuthorizeLines(const Engine& engine, std::istream& in) {
  cedar::Authorizer authorizer(engine.policies);
  int worst = kDone;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    Result<json::Value> answer = line.size() > kMaxLineBytes ? Result<json::Value>(Error{Error::Kind::kLimit, "a line is longer than 4 MiB"}) : DecideLine(engine, line, &authorizer);
    if (!answer) {
      json::Value refused = json::Object{};
      refused.Set("decision", "deny").Set("error", answer.error().text);
      answer = std::move(refused);
      worst = kIncomplete;
    }
    std::printf("%s\n", answer->Dump().c_str());
  }
  return worst;
}

int AuthorizeOne(const Engine& engine, const Options& options) {
  const auto principal = ReadUid(options.principal, "--principal"), action = ReadUid(options.action, "--action"), resource = ReadUid(options.resource, "--resource");
  for (const auto* one : {&principal, &action, &resource})
    if (!one->ok()) return Report(one->error(), kUsage);
  json::Value object = json::Object{};
  if (!options.context.empty()) {
    const Result<std::string> text = ReadFile(options.context, kMaxFileBytes);
    if (!text) return Report(text.error(), kUsage);
    Result<json::Value> parsed = json::Parse(*text);
    if (!parsed) return Report({parsed.error().kind, options.context + ": " + parsed.error().text}, kUsage);
    object = std::move(parsed).take();
  }
  auto context = ReadContext(object, engine, *action);
  if (!context) return Report(context.error(), kUsage);
  cedar::Authorizer authorizer(engine.policies);
  const Result<json::Value> answer = Decide(engine, {*principal, *action, *resource, std::move(*context)}, &authorizer);
  if (!answer) return Report(answer.error(), kUsage);
  const bool allowed = answer->Text("decision") == "allow";
  if (options.json) {
    std::printf("%s\n", answer->Dump().c_str());
  } else {
    std::printf("%s\n", allowed ? "allow" : "deny");
    for (const json::Value& id : *answer->At("reason").array()) std::printf("  by %s\n", report::Plain(*id.string()).c_str());
    for (const json::Value& error : *answer->At("errors").array())
      std::printf("  skipped %s: %s\n", report::Plain(std::string(error.Text("policy"))).c_str(), report::Plain(std::string(error.Text("message"))).c_str());
  }
  return allowed ? kDone : kFindings;
}

int RunAuthorize(const Options& options) {
  const bool one = !options.principal.empty() || !options.action.empty() || !options.resource.empty();
  if (one == !options.requests.empty()) return Report({Error::Kind::kInvalid, "give --principal, --action and --resource, or --requests FILE"}, kUsage);
  const auto engine = ReadEngine(options);
  if (!engine) return Report(engine.error(), kUsage);
  if (one) return AuthorizeOne(**engine, options);
  if (options.requests == "-") return AuthorizeLines(**engine, std::cin);
  const Result<std::string> text = ReadFile(options.requests, kMaxFileBytes);
  if (!text) return Report(text.error(), kUsage);
  std::istringstream in(*text);
  return AuthorizeLines(**engine, in);
}

void PrintProblem(const cedar::ValidationProblem& problem, bool warning, bool as_json) {
  const cedar::ProblemInfo& info = cedar::InfoOf(problem.kind);
  if (!as_json) {
    std::printf("%s%s [%s]\n", warning ? "warning: " : "", problem.message.c_str(), std::string(info.code).c_str());
    return;
  }
  json::Value line = json::Object{};
  line.Set("policy", problem.policy).Set("kind", info.code).Set("severity", warning ? "warning" : "error").Set("text", problem.what).Set("message", problem.message);
  std::printf("%s\n", line.Dump().c_str());
}

int RunValidate(const Options& options) {
  const auto schema = ReadSchema(options.schema);
  if (!schema) return Report(schema.error(), kFindings);
  const auto policies = ReadPolicies(options.policies);
  if (!policies) return Report(policies.error(), policies.error().kind == Error::Kind::kNotFound ? kUsage : kFindings);
  const cedar::ValidationReport found = cedar::Validate(**schema, *policies);
  for (const auto& problem : found.errors) PrintProblem(problem, false, options.json);
  for (const auto& problem : found.warnings) PrintProblem(problem, true, options.json);
  if (!options.json) std::printf("%zu policies, %zu errors, %zu warnings\n", policies->size(), found.errors.size(), found.warnings.size());
  return found.ok() ? kDone : kFindings;
}

int FormatOne(const std::string& path, const Options& options) {
  const Result<std::string> text = ReadInput(path);
  if (!text) return Report(text.error(), kUsage);
  const Result<std::string> formatted = cedar::Format(*text, path);
  if (!formatted) return Report(formatted.error(), kFindings);
  if (options.check) {
    if (*formatted == *text) return kDone;
    std::printf("%s: would be formatted\n", report::Plain(path).c_str());
    return kFindings;
  }
  if (options.write && path != "-") {
    if (*formatted == *text) return kDone;
    const Status written = ReplaceFile(path, *formatted, 0644);
    return written ? kDone : Report(written.error(), kIncomplete);
  }
  return std::fwrite(formatted->data(), 1, formatted->size(), stdout) == formatted->size() ? kDone : kIncomplete;
}

int RunFormat(const Options& options) {
  int worst = kDone;
  for (const std::string& path : options.policies) worst = std::max(worst, FormatOne(path, options));
  return worst;
}

int RunConform(const Options& options) {
  const auto result = cedar::Conform(options.directory);
  if (!result) return Report(result.error(), kUsage);
  for (const std::string& difference : result->differences) std::printf("DIFFERS %s\n", report::Plain(difference).c_str());
  std::printf("%zu manifests\n%zu of %zu requests agree\n%zu of %zu validations agree\n%zu of %zu recorded validation answers agree\n", result->manifests, result->requests_agree,
              result->requests, result->validations_agree, result->validations, result->answers_agree, result->answers);
  const bool all = result->differences.empty() && result->requests_agree == result->requests && result->validations_agree == result->validations && result->answers_agree == result->answers;
  return all ? kDone : kFindings;
}

}  // namespace

void AddCedar(CLI::App& app, Exit& exit) {
  CLI::App* cedar = app.add_subcommand("cedar", "the Cedar policy language: authorize, validate, format, conform");
  cedar->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto policies = [&options](CLI::App* command) {
    command->add_option("--policies", options->policies, "a file of policies: Cedar text, or JSON when it ends in .json (may be given again)")->required()->allow_extra_args(false);
  };

  CLI::App* authorize = cedar->add_subcommand("authorize", "decide requests over policies and entities: exit 0 allow, 1 deny");
  policies(authorize);
  authorize->add_option("--entities", options->entities, "a JSON file of entities");
  authorize->add_option("--schema", options->schema, "a schema: requests and entities must conform to it");
  authorize->add_option("--principal", options->principal, "for one request: Type::\"id\"");
  authorize->add_option("--action", options->action, "for one request: Action::\"id\"");
  authorize->add_option("--resource", options->resource, "for one request: Type::\"id\"");
  authorize->add_option("--context", options->context, "for one request: a JSON file of its context");
  authorize->add_option("--requests", options->requests, "many requests as JSON Lines, `-` for standard input; answers are JSON Lines");
  authorize->add_flag("--json", options->json, "answer one request in JSON");
  authorize->callback([options, &exit] { exit.code = RunAuthorize(*options); });

  CLI::App* validate = cedar->add_subcommand("validate", "what is wrong with policies by a schema: exit 0 nothing, 1 something");
  policies(validate);
  validate->add_option("--schema", options->schema, "the schema, in the human syntax")->required();
  validate->add_flag("--json", options->json, "one JSON object a line for each problem");
  validate->callback([options, &exit] { exit.code = RunValidate(*options); });

  CLI::App* format = cedar->add_subcommand("format", "print policies in one form; comments stay");
  format->add_option("FILE", options->policies, "Cedar text, `-` for standard input")->required();
  format->add_flag("--check", options->check, "only say which files would change: exit 1 if any");
  format->add_flag("--write", options->write, "replace the files");
  format->callback([options, &exit] { exit.code = RunFormat(*options); });

  CLI::App* conform = cedar->add_subcommand("conform", "run test manifests of the official form below DIR/tests and DIR/corpus-tests");
  conform->add_option("DIR", options->directory, "the directory that their paths are relative to")->required();
  conform->callback([options, &exit] { exit.code = RunConform(*options); });
}

}  // namespace checkrein::cli
