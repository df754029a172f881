#include "cli/policy_files.h"

#include "base/fd.h"

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

}  // namespace checkrein::cli
