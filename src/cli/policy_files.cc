#include "cli/policy_files.h"

#include <algorithm>

#include "base/fd.h"
#include "cedar/schema.h"
#include "policy/assemble.h"
#include "policy/shipped.h"

namespace checkrein::cli {
namespace {
constexpr size_t kMaxPolicyBytes = 4u << 20;  // of one file: some ten thousand policies
}  // namespace

void AddPolicyOptions(CLI::App& command, PolicyFiles& files) {
  std::string names;
  for (const std::string_view name : policy::PolicySet::ShippedNames()) names += (names.empty() ? "" : ", ") + std::string(name);
  command.add_option("--set", files.set, "the shipped policy set: " + names)->capture_default_str();
  command.add_option("--policy", files.user, "a file of Cedar policies of your own, which may permit and forbid (may be given again)")->allow_extra_args(false);
  command.add_option("--project-policy", files.project, "a file of a project's policies, which may only forbid (may be given again)")->allow_extra_args(false);
}

Result<std::vector<policy::PolicySet::Text>> ReadPolicyTexts(const std::vector<std::string>& paths) {
  std::vector<policy::PolicySet::Text> texts;
  for (const std::string& path : paths) {
    Result<std::string> text = ReadFile(path, kMaxPolicyBytes);
    if (!text) return text.error();
    texts.push_back({path, std::move(text).take()});
  }
  return texts;
}

Result<policy::PolicySet> LoadPolicyFiles(const PolicyFiles& files) {
  const auto user = ReadPolicyTexts(files.user), project = ReadPolicyTexts(files.project);
  if (!user) return user.error();
  if (!project) return project.error();
  return policy::PolicySet::Load(files.set, *user, *project);
}

Result<cedar::PolicySet> ParsePolicyFiles(const PolicyFiles& files) {
  const auto sets = policy::ShippedSets();
  const auto shipped = std::find_if(sets.begin(), sets.end(), [&files](const policy::ShippedSet& s) { return s.name == files.set; });
  if (shipped == sets.end()) return Error{Error::Kind::kNotFound, "policy set `" + files.set + "`: there is none of that name"};
  std::vector<policy::PolicyText> all;
  for (const std::string_view file : shipped->files)
    if (!file.empty()) all.push_back({std::string(file), std::string(policy::ShippedText(file)), policy::Origin::kShipped});
  for (const auto& [paths, origin] : {std::pair{&files.user, policy::Origin::kUser}, std::pair{&files.project, policy::Origin::kProject}}) {
    Result<std::vector<policy::PolicySet::Text>> texts = ReadPolicyTexts(*paths);
    if (!texts) return texts.error();
    for (policy::PolicySet::Text& text : *texts) all.push_back({std::move(text.file), std::move(text.text), origin});
  }
  Result<cedar::PolicySet> set = policy::Assemble(all);
  if (!set) return set.error();
  const Result<cedar::Schema> schema = cedar::ParseSchema(policy::PolicySet::Schema(), "checkrein.cedarschema");
  if (!schema) return schema.error();
  if (const Status valid = policy::ValidateAgainst(*schema, *set, 0); !valid) return valid.error();
  return set;
}

}  // namespace checkrein::cli
