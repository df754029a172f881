#include "monitor/settings.h"

#include <dirent.h>
#include <errno.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/fd.h"
#include "base/json.h"

namespace checkrein::monitor {
namespace {

constexpr size_t kMaxSettingsBytes = 1u << 20;
constexpr size_t kMaxPolicyBytes = 4u << 20;
constexpr size_t kMaxPolicyFiles = 256;

Result<std::vector<std::string>> TextList(const json::Value& value, const std::string& where) {
  std::vector<std::string> out;
  if (value.array() == nullptr) return Error{Error::Kind::kInvalid, where + ": must be a list of texts"};
  for (const json::Value& item : *value.array()) {
    if (item.string() == nullptr) return Error{Error::Kind::kInvalid, where + ": must be a list of texts"};
    out.push_back(*item.string());
  }
  return out;
}

Status AddPersonal(const json::Value& value, const std::string& where, DeclaredPlaces::From from, DeclaredPlaces& personal) {
  const Result<std::vector<std::string>> patterns = TextList(value, where);
  if (!patterns) return patterns.error();
  for (const std::string& pattern : *patterns)
    if (const Status added = personal.Add(pattern, from); !added) return Error{added.error().kind, where + ": " + added.error().text};
  return Done{};
}

Status AddSettingsFile(const std::string& path, Settings& settings) {
  const Result<std::string> text = ReadFile(path, kMaxSettingsBytes);
  if (!text) return text.error().kind == Error::Kind::kNotFound ? Status(Done{}) : Status(text.error());
  const Result<json::Value> value = json::Parse(*text);
  if (!value) return Error{Error::Kind::kInvalid, path + ": " + value.error().text};
  if (value->object() == nullptr) return Error{Error::Kind::kInvalid, path + ": must be an object"};
  for (const auto& [key, setting] : *value->object()) {
    const std::string where = path + ": " + json::Quote(key);
    if (key == "policy") {
      if (setting.string() == nullptr) return Error{Error::Kind::kInvalid, where + ": must be the name of a policy set"};
      settings.policy_set = *setting.string();
    } else if (key == "shadow") {
      if (setting.string() == nullptr) return Error{Error::Kind::kInvalid, where + ": must be the name of a policy set"};
      settings.shadow_set = *setting.string();
    } else if (key == "release_gate") {
      if (setting.string() == nullptr || (*setting.string() != "publish" && *setting.string() != "off")) return Error{Error::Kind::kInvalid, where + ": must be \"publish\" or \"off\""};
      settings.gate = *setting.string() == "off" ? Settings::Gate::kOff : Settings::Gate::kPublish;
    } else if (key == "unsigned_advisories") {
      if (setting.string() == nullptr || (*setting.string() != "accept" && *setting.string() != "refuse")) return Error{Error::Kind::kInvalid, where + ": must be \"accept\" or \"refuse\""};
      settings.accept_unsigned_advisories = *setting.string() == "accept";
    } else if (key == "personal_data") {
      if (const Status added = AddPersonal(setting, where, DeclaredPlaces::From::kPerson, settings.personal); !added) return added;
    } else if (key == "processor_seconds") {
      const int64_t* seconds = setting.integer();
      if (seconds == nullptr || *seconds < 0) return Error{Error::Kind::kInvalid, where + ": must be a whole number of seconds, 0 for no bound"};
      settings.processor_seconds = static_cast<uint64_t>(*seconds);
    } else if (key == "registries" || key == "model_hosts" || key == "advisory_keys") {
      Result<std::vector<std::string>> hosts = TextList(setting, where);
      if (!hosts) return hosts.error();
      auto& list = key == "registries" ? settings.registries : key == "model_hosts" ? settings.model_hosts : settings.advisory_keys;
      list.insert(list.end(), hosts->begin(), hosts->end());
    } else {
      return Error{Error::Kind::kInvalid, where + ": unknown setting; known are \"policy\", \"shadow\", \"registries\", \"model_hosts\", \"advisory_keys\", \"unsigned_advisories\", \"release_gate\", \"personal_data\", \"processor_seconds\""};
    }
  }
  return Done{};
}

}  // namespace

Result<std::vector<policy::PolicySet::Text>> ReadPolicyDirectory(const std::string& directory) {
  DIR* opened = opendir(directory.c_str());
  if (opened == nullptr) return errno == ENOENT ? Error{Error::Kind::kNotFound, directory + ": there is no such directory"} : SystemError(directory, errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = readdir(opened)) {
    const std::string name = entry->d_name;
    if (name.ends_with(".cedar") && !name.starts_with('.')) names.push_back(name);
  }
  const int failed = errno;  // half a directory could be one without its forbids
  closedir(opened);
  if (failed != 0) return SystemError(directory, failed);
  if (names.size() > kMaxPolicyFiles) return Error{Error::Kind::kLimit, directory + ": more than " + std::to_string(kMaxPolicyFiles) + " policy files"};
  std::sort(names.begin(), names.end());
  std::vector<policy::PolicySet::Text> texts;
  for (const std::string& name : names) {
    const std::string path = directory + "/" + name;
    Result<std::string> text = ReadFile(path, kMaxPolicyBytes);
    if (!text) return text.error();
    texts.push_back({path, std::move(text).take()});
  }
  return texts;
}

Result<ProjectTexts> ReadProject(const std::string& workspace) {
  ProjectTexts project;
  const std::string directory = workspace + "/" + std::string(kProjectFolder);
  Result<std::vector<policy::PolicySet::Text>> texts = ReadPolicyDirectory(directory);
  if (!texts && texts.error().kind == Error::Kind::kNotFound) return project;
  if (!texts) return texts.error();
  project.policies = std::move(texts).take();
  Result<std::string> settings = ReadFile(directory + "/settings.json", kMaxSettingsBytes);
  if (!settings && settings.error().kind != Error::Kind::kNotFound) return settings.error();
  // A file without a byte in it is one that cannot be understood, not one that is not there.
  if (settings) project.settings = settings->empty() ? " " : std::move(settings).take();
  return project;
}

Status AddProjectSettings(std::string_view text, const std::string& workspace, DeclaredPlaces& personal) {
  if (text.empty()) return Done{};
  const std::string path = workspace + "/" + std::string(kProjectFolder) + "/settings.json";
  const Result<json::Value> value = json::Parse(text);
  if (!value) return Error{Error::Kind::kInvalid, path + ": " + value.error().text};
  if (value->object() == nullptr) return Error{Error::Kind::kInvalid, path + ": must be an object"};
  for (const auto& [key, setting] : *value->object()) {
    const std::string where = path + ": " + json::Quote(key);
    if (key != "personal_data") return Error{Error::Kind::kInvalid, where + ": a project may only declare \"personal_data\"; other settings are the person's own"};
    if (const Status added = AddPersonal(setting, where, DeclaredPlaces::From::kProject, personal); !added) return added;
  }
  return Done{};
}

Result<Settings> LoadSettings(const std::vector<std::string>& directories) {
  Settings settings;
  for (const std::string& directory : directories) {
    if (const Status added = AddSettingsFile(directory + "/settings.json", settings); !added) return added.error();
    for (const auto& [below, into] : {std::pair("/policy", &settings.texts), std::pair("/shadow", &settings.shadow_texts)}) {
      Result<std::vector<policy::PolicySet::Text>> texts = ReadPolicyDirectory(directory + below);
      if (!texts && texts.error().kind == Error::Kind::kNotFound) continue;
      if (!texts) return texts.error();
      into->insert(into->end(), std::make_move_iterator(texts->begin()), std::make_move_iterator(texts->end()));
    }
  }
  return settings;
}

}  // namespace checkrein::monitor
