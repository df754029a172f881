#include "monitor/publication.h"

#include <algorithm>
#include <span>

namespace checkrein::monitor {
namespace {

constexpr std::string_view kPlainOnly = "in a command of its own, without shell syntax, so that the release gate can look at it first";

// Options of a publishing command: those that take the next word, and those that stand alone. Any other is not understood.
struct Publisher {
  std::string_view programs, verb;   // separated by spaces
  std::string_view effect;           // what analysis says of it
  Publication::Kind kind;
  std::string_view with_value, alone;
  std::string_view advice;           // when its words name nothing that can be looked at
};
constexpr Publisher kPublishers[] = {
    {"npm pnpm", "publish", "push:registry:npm", Publication::Kind::kFiles, "--access --tag --otp --registry --loglevel", "--dry-run --provenance --json --no-git-checks --quiet --silent",
     "publish a file, for what a directory packs to is only known afterwards: npm pack, then npm publish ./NAME-VERSION.tgz"},
    {"twine", "upload", "push:registry:pip", Publication::Kind::kFiles, "-r --repository --repository-url -u --username -p --password -c --comment --config-file", "--skip-existing --verbose --non-interactive --disable-progress-bar",
     "name each file of dist/ that is to be published"},
    {"docker podman", "push", "connect:registry:docker", Publication::Kind::kImage, "", "-q --quiet --disable-content-trust", "name one image with its tag"},
    {"git", "push", "push:", Publication::Kind::kRepository, "", "", ""},
};

bool IsIn(std::string_view word, std::string_view list) {
  for (size_t at = 0; at < list.size();) {
    const size_t end = std::min(list.find(' ', at), list.size());
    if (list.substr(at, end - at) == word) return true;
    at = end + 1;
  }
  return false;
}

// Of variables with which git finds another repository, docker and podman another store of images.
constexpr std::string_view kLeading[] = {"GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_", "GIT_ALTERNATE_", "GIT_WORK_TREE", "GIT_CEILING_", "GIT_DISCOVERY_", "GIT_CONFIG", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "CONTAINER_HOST", "CONTAINER_CONNECTION", "CONTAINERS_"};
bool Leads(std::string_view name) {
  return std::any_of(std::begin(kLeading), std::end(kLeading), [name](std::string_view prefix) { return name.starts_with(prefix); });
}

std::vector<std::string_view> WordsOf(std::string_view command) {
  std::vector<std::string_view> words;
  for (size_t at = command.find_first_not_of(" \t"); at != std::string_view::npos;) {
    const size_t end = std::min(command.find_first_of(" \t", at), command.size());
    words.push_back(command.substr(at, end - at));
    at = command.find_first_not_of(" \t", end);
  }
  return words;
}

// Whether every word stands for itself, in whatever shell.
bool IsPlain(std::string_view command) { return command.find_first_of("\n\r\"'`$\\&|;<>(){}[]*?~#!=%^") == std::string_view::npos; }
// `--tag=next` is plain, too.
bool IsPlainButForEquals(std::string_view command) {
  std::string text(command);
  for (size_t at = 0; (at = text.find(" --", at)) != std::string::npos; ++at) {
    const size_t equals = text.find_first_of("= ", at + 3);
    if (equals != std::string::npos && text[equals] == '=') text[equals] = ' ';
  }
  return IsPlain(text);
}

bool Publishes(const Publisher& by, const std::vector<std::string>& effects) {
  const auto program = [&](const std::string& effect) { return effect.starts_with("exec:") && IsIn(std::string_view(effect).substr(effect.find_last_of("/:") + 1), by.programs); };
  const auto pushes = [&](const std::string& effect) { return effect.starts_with("push:"); };
  const auto there = [&](const std::string& effect) { return by.effect.ends_with(':') ? effect.starts_with(by.effect) : effect == by.effect; };
  return std::any_of(effects.begin(), effects.end(), program) && std::any_of(effects.begin(), effects.end(), pushes) && std::any_of(effects.begin(), effects.end(), there);
}

std::optional<std::vector<std::string>> Operands(const Publisher& by, std::span<const std::string_view> words) {
  std::vector<std::string> out;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view name = words[i].substr(0, words[i].find('='));
    if (!words[i].starts_with('-')) out.emplace_back(words[i]);
    else if (IsIn(name, by.with_value)) i += name.size() == words[i].size() ? size_t{1} : size_t{0};
    else if (!IsIn(words[i], by.alone)) return std::nullopt;
  }
  return out;
}

}  // namespace

std::optional<Publication> PublicationOf(std::string_view command, const std::vector<std::string>& effects) {
  const auto by = std::find_if(std::begin(kPublishers), std::end(kPublishers), [&](const Publisher& p) { return Publishes(p, effects); });
  if (by == std::end(kPublishers)) return std::nullopt;
  const std::vector<std::string_view> words = WordsOf(command);
  const bool plain = words.size() >= 2 && IsPlainButForEquals(command) && IsIn(words[0].substr(words[0].rfind('/') + 1), by->programs);
  Publication out;
  out.kind = by->kind;
  if (!plain) {
    out.advice = "publish " + std::string(kPlainOnly);
    return out;
  }
  if (words[1] != by->verb) {
    // Another sub-command of the same registry (npm dist-tag) publishes nothing; options before the verb could lead elsewhere.
    if (std::find(words.begin(), words.end(), by->verb) == words.end()) return std::nullopt;
    out.advice = "write \"" + std::string(words[0]) + " " + std::string(by->verb) + "\" first and options behind it, " + std::string(kPlainOnly);
    return out;
  }
  if (by->kind == Publication::Kind::kRepository) return out;
  std::optional<std::vector<std::string>> operands = Operands(*by, std::span(words).subspan(2));
  const bool good = operands && !operands->empty() && (by->kind != Publication::Kind::kImage || operands->size() == 1);
  const bool packed = good && (by->effect != "push:registry:npm" || (operands->size() == 1 && (operands->front().ends_with(".tgz") || operands->front().ends_with(".tar.gz"))));
  if (packed) out.what = *std::move(operands);
  else out.advice = by->advice;
  return out;
}

std::string LeadsElsewhere(std::string_view command, const analysis::Past& past, std::span<const std::string_view> environment) {
  const auto said = [](std::string_view what) { return std::string(what) + " may lead it elsewhere than the release gate looks; publish from a new session without that"; };
  if (past.lost) return said("what this session's shell holds");
  const std::vector<std::string_view> words = WordsOf(command);
  const std::string_view program = words.empty() ? std::string_view() : words[0].substr(words[0].rfind('/') + 1);
  for (const analysis::Past::Name& name : past.names)
    if (Leads(name.name) || (name.name.starts_with('(') && std::string_view(name.name).substr(name.name.find(')') + 1) == program)) return said(name.name);
  for (const analysis::Past::Function& function : past.functions)
    if (function.name == program) return said("the function " + function.name);
  for (const std::string_view variable : environment)
    if (Leads(variable)) return said(variable.substr(0, variable.find('=')));
  return {};
}

}  // namespace checkrein::monitor
