#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/doctor.h"
#include "monitor/settings.h"
#include "policy/decide.h"
#include "sandbox/features.h"
#include "sandbox/limits.h"

namespace checkrein::cli {
namespace {

// What monitor::PrepareState would say, without making anything.
MachineFinding ExamineState(const std::string& path) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {"state", true, path + ": not there yet; made when first needed", ""};
    return {"state", false, SystemError(path, errno).text, "name another --state"};
  }
  if (!S_ISDIR(info.st_mode)) return {"state", false, path + ": not a directory", "rm " + path};
  if (info.st_uid != geteuid()) return {"state", false, path + ": belongs to another user", "name another --state"};
  if ((info.st_mode & 022) != 0) return {"state", false, path + ": others may write it", "chmod 700 " + path};
  return {"state", true, path, ""};
}

MachineFinding ExamineConfiguration(const std::vector<std::string>& directories) {
  const auto bad = [](const Error& error) { return MachineFinding{"configuration", false, error.text, "mend or remove that file; until then every action is denied"}; };
  const Result<monitor::Settings> settings = monitor::LoadSettings(directories);
  if (!settings) return bad(settings.error());
  const Result<policy::PolicySet> set = policy::PolicySet::Load(settings->policy_set, settings->texts, {});
  if (!set) return bad(set.error());
  return {"configuration", true, "policy set " + settings->policy_set + ", " + std::to_string(set->Ids().size()) + " policies, " + (settings->registries.empty() ? "no package registry (`checkrein install` looks for them)" : std::to_string(settings->registries.size()) + " package registries"), ""};
}

}  // namespace

std::vector<MachineFinding> ExamineMachine(const monitor::Places& places) {
  std::vector<MachineFinding> findings;
  const Result<sandbox::Features> features = sandbox::ProbeFeatures();
  if (features) {
    for (const sandbox::Feature& feature : features->all) findings.push_back({feature.name, feature.present, feature.detail, feature.mend});
  } else {
    findings.push_back({"kernel", false, features.error().text, "run as a user that may start processes"});
  }
  findings.push_back({"limits", true, sandbox::LimitsInWords(), ""});
  findings.push_back(ExamineState(places.state));
  findings.push_back(ExamineConfiguration(places.config));
  return findings;
}

}  // namespace checkrein::cli
