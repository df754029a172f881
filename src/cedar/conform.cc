#include "cedar/conform.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "base/fd.h"
#include "base/json.h"
#include "cedar/authorize.h"
#include "cedar/entity_json.h"
#include "cedar/parser.h"
#include "cedar/question.h"
#include "cedar/validate.h"

namespace checkrein::cedar {
namespace {

constexpr size_t kMaxFileBytes = 64u << 20;

// The kind of a recorded message of the reference. Its texts are stable within 4.10.
std::string_view KindOfMessage(std::string_view text) {
  struct Row {
    std::string_view part;
    ProblemKind kind;
  };
  using P = ProblemKind;
  static constexpr Row kRows[] = {
      {"unrecognized entity type", P::kUnrecognizedEntityType},
      {"unrecognized action", P::kUnrecognizedActionId},
      {"unable to find an applicable action", P::kInvalidActionApplication},
      {"unexpected type: expected", P::kUnexpectedType},
      {"are not compatible", P::kIncompatibleTypes},
      {"access to optional attribute", P::kUnsafeOptionalAttributeAccess},
      {"safety of access to tag", P::kUnsafeTagAccess},
      {"wrong number of arguments", P::kWrongNumberArguments},
      {"error during extension function argument validation", P::kFunctionArgumentValidation},
      {"empty set literals are forbidden", P::kEmptySetForbidden},
      {"may not be called with non-literal", P::kNonLitExtConstructor},
      {"entity type not allowed to have tags", P::kNoTagsAllowed},
      {"enumerated entity", P::kInvalidEnumEntity},
      {"not found", P::kUnsafeAttributeAccess},
  };
  for (const Row& row : kRows) {
    if (text.find(row.part) != std::string_view::npos) return InfoOf(row.kind).code;
  }
  return "?";
}

std::set<std::string> Ids(const json::Value& list) {
  std::set<std::string> ids;
  if (list.array() == nullptr) return ids;
  for (const json::Value& id : *list.array()) ids.insert(id.string() == nullptr ? "?" : *id.string());
  return ids;
}

std::string Join(const std::set<std::string>& set) {
  std::string out = "{";
  for (const std::string& item : set) out += (out.size() > 1 ? ", " : "") + item;
  return out + "}";
}

class Runner {
 public:
  explicit Runner(std::string root) : root_(std::move(root)) {}
  Result<ConformReport> Run();

 private:
  void Difference(std::string what) {
    if (report_.differences.size() < kMaxDifferences) report_.differences.push_back(name_ + ": " + std::move(what));
  }
  Result<std::string> Read(const std::string& path) { return ReadFile(root_ + "/" + path, kMaxFileBytes); }
  void Manifest(const std::string& path);
  void Validation(const json::Value& manifest, const Schema& schema, const PolicySet& policies);
  void RecordedAnswers(const Schema& schema, const PolicySet& policies);
  void OneRequest(const json::Value& item, const Schema& schema, const PolicySet& policies, const Program& program, const Entities& entities);
  bool Compare(const json::Value& item, std::string_view engine, bool allowed, const std::set<std::string>& reasons, const std::set<std::string>& errors);

  std::string root_, name_;
  ConformReport report_;
};

Result<ConformReport> Runner::Run() {
  std::vector<std::string> paths;
  for (const char* below : {"corpus-tests", "tests"}) {
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator it(root_ + "/" + below, error), end; it != end; it.increment(error)) {
      const std::string path = it->path().string();
      if (path.ends_with(".json") && !path.ends_with(".entities.json")) paths.push_back(path.substr(root_.size() + 1));
    }
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty()) return Error{Error::Kind::kNotFound, root_ + ": no manifests below corpus-tests or tests"};
  for (const std::string& path : paths) Manifest(path);
  return report_;
}

void Runner::Manifest(const std::string& path) {
  name_ = path;
  ++report_.manifests;
  const auto text = Read(path);
  if (!text) return Difference(text.error().text);
  const auto manifest = json::Parse(*text);
  if (!manifest) return Difference(manifest.error().text);
  const json::Array none;
  const json::Array& requests = manifest->At("requests").array() == nullptr ? none : *manifest->At("requests").array();
  report_.requests += requests.size();
  ++report_.validations;
  const auto schema_text = Read(std::string(manifest->Text("schema")));
  if (!schema_text) return Difference(schema_text.error().text);
  const auto schema = ParseSchema(*schema_text, std::string(manifest->Text("schema")));
  if (!schema) return Difference(schema.error().text);
  const auto policy_text = Read(std::string(manifest->Text("policies")));
  if (!policy_text) return Difference(policy_text.error().text);
  const auto policies = ParsePolicies(*policy_text, std::string(manifest->Text("policies")));
  if (!policies) return Difference(policies.error().text);
  Validation(*manifest, *schema, *policies);
  RecordedAnswers(*schema, *policies);
  const auto entity_text = Read(std::string(manifest->Text("entities")));
  if (!entity_text) return Difference(entity_text.error().text);
  const auto entities = ParseEntities(*entity_text, *schema);
  if (!entities) return Difference(entities.error().text);
  const auto image = Compile(*policies);
  if (!image) return Difference(image.error().text);
  const auto program = Program::Open(*image);
  if (!program) return Difference(program.error().text);
  for (const json::Value& item : requests) OneRequest(item, *schema, *policies, *program, *entities);
}

void Runner::Validation(const json::Value& manifest, const Schema& schema, const PolicySet& policies) {
  const ValidationReport report = Validate(schema, policies);
  if (report.ok() == manifest.Flag("shouldValidate")) {
    ++report_.validations_agree;
  } else {
    Difference(report.ok() ? "validates, and should not" : "should validate: " + report.errors[0].message);
  }
}

void Runner::RecordedAnswers(const Schema& schema, const PolicySet& policies) {
  const std::string base = name_.substr(name_.rfind('/') + 1);
  const auto text = Read("corpus-tests-validation/" + base.substr(0, base.size() - 5) + ".validation.json");
  if (!text) return;  // recorded for some cases only
  const auto recorded = json::Parse(*text);
  if (!recorded) return Difference(recorded.error().text);
  for (const Policy& policy : policies) {
    ++report_.answers;
    std::set<std::string> ours, theirs;
    for (const ValidationProblem& p : ValidatePolicy(schema, policy).errors) ours.insert(std::string(InfoOf(p.kind).code));
    const json::Value& answer = recorded->At("policyValidation").At("perPolicy").At(policy.id);
    const json::Array* errors = answer.At("strictErrors").array();
    for (size_t i = 0; errors != nullptr && i < errors->size(); ++i) theirs.insert(std::string(KindOfMessage((*errors)[i].string() == nullptr ? "" : *(*errors)[i].string())));
    if (answer.Flag("strict") == ours.empty() && ours == theirs) {
      ++report_.answers_agree;
    } else {
      Difference("problems " + Join(ours) + ", recorded " + Join(theirs));
    }
  }
}

void Runner::OneRequest(const json::Value& item, const Schema& schema, const PolicySet& policies, const Program& program, const Entities& entities) {
  const auto principal = EntityUidFromJson(item.At("principal")), action = EntityUidFromJson(item.At("action")), resource = EntityUidFromJson(item.At("resource"));
  if (!principal || !action || !resource) return Difference("a request names no principal, action or resource");
  auto context = ContextFromJson(item.At("context"), schema, *action);
  if (!context) return Difference(context.error().text);
  const Request request{*principal, *action, *resource, std::move(*context)};
  const json::Value* validate = item.Find("validateRequest");
  if (validate == nullptr || *validate == json::Value(true)) {
    if (Status valid = ValidateRequest(schema, request); !valid) return Difference(valid.error().text);
  }
  const Response response = Authorize(policies, request, entities);
  std::set<std::string> reasons, errors, flat_reasons, flat_errors;
  for (const Policy* policy : response.reasons) reasons.insert(policy->id);
  for (const auto& error : response.errors) errors.insert(error.policy->id);
  const bool tree_agrees = Compare(item, "authorizer", response.decision == Decision::kAllow, reasons, errors);

  Question question(program);
  Facts& facts = question.Start();
  facts.AddAll(entities);
  const auto number = [&facts](const EntityUid& uid) { return facts.Uid(uid.type(), uid.id()); };
  question.Pose(number(request.principal), number(request.action), number(request.resource));
  const Answer& answer = question.Ask(facts.Of(request.context));
  for (const uint32_t i : answer.reasons) flat_reasons.emplace(program.id(i));
  for (const uint32_t i : answer.errors) flat_errors.emplace(program.id(i));
  const bool flat_agrees = Compare(item, "compiled", answer.allowed, flat_reasons, flat_errors);
  if (tree_agrees && flat_agrees) ++report_.requests_agree;
}

bool Runner::Compare(const json::Value& item, std::string_view engine, bool allowed, const std::set<std::string>& reasons, const std::set<std::string>& errors) {
  const std::string_view decision = allowed ? "allow" : "deny";
  if (decision == item.Text("decision") && reasons == Ids(item.At("reason")) && errors == Ids(item.At("errors"))) return true;
  Difference(std::string(item.Text("description")) + ": " + std::string(engine) + " " + std::string(decision) + " by " + Join(reasons) + ", errors " + Join(errors) + "; recorded " +
             std::string(item.Text("decision")) + " by " + Join(Ids(item.At("reason"))) + ", errors " + Join(Ids(item.At("errors"))));
  return false;
}

}  // namespace

Result<ConformReport> Conform(const std::string& root) { return Runner(root).Run(); }

}  // namespace checkrein::cedar
