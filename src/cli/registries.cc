#include "cli/registries.h"

#include <dirent.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/child.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxFileBytes = 1u << 20;

// A file of a manager, below the root or (`~/`) the home, and the words of a line that make its address a registry's; "" takes every line.
struct FileRow {
  std::string_view manager, path, words[3];
};
constexpr FileRow kFiles[] = {
    {"apt", "/etc/apt/sources.list", {"deb "}},
    {"pip", "/etc/pip.conf", {"index-url", "extra-index-url"}},
    {"pip", "~/.config/pip/pip.conf", {"index-url", "extra-index-url"}},
    {"pip", "~/.pip/pip.conf", {"index-url", "extra-index-url"}},
    {"uv", "~/.config/uv/uv.toml", {"index-url", "url"}},
    {"npm", "/etc/npmrc", {"registry"}},
    {"npm", "~/.npmrc", {"registry"}},
    {"yarn", "~/.yarnrc", {"registry"}},
    {"yarn", "~/.yarnrc.yml", {"npmRegistryServer"}},
    {"cargo", "~/.cargo/config.toml", {"registry", "index"}},
    {"cargo", "~/.cargo/config", {"registry", "index"}},
    {"go", "~/.config/go/env", {"GOPROXY"}},
    {"gem", "~/.gemrc", {"- http", "- https", ":sources"}},
    {"gem", "/etc/gemrc", {"- http", "- https", ":sources"}},
    {"maven", "~/.m2/settings.xml", {"<url>"}},
};

// What a manager says without going to any network.
struct Question {
  std::string_view manager, command;
};
constexpr Question kQuestions[] = {{"npm", "npm config get registry"},
                                   {"yarn", "yarn config get registry"},
                                   {"go", "go env GOPROXY"},
                                   {"gem", "gem sources --list"},
                                   {"pip", "python3 -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)'"}};

// "host" or "host:port"; "" for what is none.
std::string HostOf(std::string_view authority) {
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  std::string host;
  for (const char c : authority) host += AsciiLower(c);
  for (const std::string_view usual : {":443", ":80"})
    if (host.ends_with(usual)) host.resize(host.size() - usual.size());
  const bool fits = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':'; });
  return fits && (host.find('.') != std::string::npos || host == "localhost") && host.front() != ':' && host.front() != '.' ? host : std::string();
}

void Add(const std::vector<std::string>& hosts, const std::string& told_by, std::vector<Registry>* found) {
  for (const std::string& host : hosts)
    if (std::none_of(found->begin(), found->end(), [&host](const Registry& r) { return r.host == host; })) found->push_back({host, told_by});
}

// The lines that speak of a registry, and are no comment.
std::string LinesOf(std::string_view text, const FileRow& row) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const size_t first = line.find_first_not_of(" \t");
    at = end + 1;
    if (first == std::string_view::npos || line[first] == '#' || line[first] == ';') continue;
    if (std::any_of(std::begin(row.words), std::end(row.words), [line](std::string_view word) { return !word.empty() && line.find(word) != std::string_view::npos; })) (out += line) += '\n';
  }
  return out;
}

void AddFile(const FileRow& row, const std::string& path, std::vector<Registry>* found) {
  const Result<std::string> text = ReadFile(path, kMaxFileBytes);
  if (text) Add(HostsIn(LinesOf(*text, row)), std::string(row.manager) + ", " + path, found);
}

void AddAptDirectory(const std::string& directory, std::vector<Registry>* found) {
  DIR* opened = opendir(directory.c_str());
  if (opened == nullptr) return;
  std::vector<std::string> names;
  while (const dirent* entry = readdir(opened)) names.emplace_back(entry->d_name);
  closedir(opened);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (name.ends_with(".list")) AddFile({"apt", "", {"deb "}}, directory + "/" + name, found);
    if (name.ends_with(".sources")) AddFile({"apt", "", {"URIs:"}}, directory + "/" + name, found);
  }
}

}  // namespace

std::vector<std::string> HostsIn(std::string_view text) {
  std::vector<std::string> hosts;
  for (size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    size_t scheme = at;
    while (scheme > 0 && text[scheme - 1] >= 'a' && text[scheme - 1] <= 'z') --scheme;
    const std::string_view name = text.substr(scheme, at - scheme);
    if (name != "https" && name != "http") continue;  // a file: or cdrom: is no host
    const std::string_view rest = text.substr(at + 3);
    const std::string host = HostOf(rest.substr(0, rest.find_first_of("/ \t\r\n\"'<>,|?#)]")));
    if (!host.empty() && std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
  }
  return hosts;
}

std::vector<Registry> FindRegistries(const RegistryPlaces& places, AskManagers ask) {
  std::vector<Registry> found;
  for (const FileRow& row : kFiles) {
    const bool in_home = row.path.starts_with("~/");
    if (in_home && places.home.empty()) continue;
    AddFile(row, in_home ? places.home + std::string(row.path.substr(1)) : places.root + std::string(row.path), &found);
  }
  AddAptDirectory(places.root + "/etc/apt/sources.list.d", &found);
  if (ask == AskManagers::kNo) return found;
  for (const Question& question : kQuestions) {
    const std::string script = "cd \"$0\" && exec timeout 10 " + std::string(question.command) + " 2>/dev/null";
    const Result<Ended> answer = RunChild({"sh", "-c", script, places.home.empty() ? "/" : places.home}, "");
    if (answer && answer->status == 0) Add(HostsIn(answer->output), std::string(question.manager) + " itself", &found);
  }
  return found;
}

Result<std::string> WithRegistries(const std::string& settings, const std::vector<Registry>& registries) {
  json::Value value{json::Object{}};
  if (!settings.empty()) {
    Result<json::Value> parsed = json::Parse(settings);
    if (!parsed) return parsed.error();
    if (parsed->object() == nullptr) return Error{Error::Kind::kInvalid, "must be an object"};
    value = std::move(parsed).take();
  }
  json::Array all;
  if (const json::Value* known = value.Find("registries"); known != nullptr) {
    if (known->array() == nullptr) return Error{Error::Kind::kInvalid, "\"registries\": must be a list of texts"};
    all = *known->array();
  }
  const size_t before = all.size();
  for (const Registry& registry : registries)
    if (std::none_of(all.begin(), all.end(), [&](const json::Value& v) { return v.string() != nullptr && *v.string() == registry.host; })) all.emplace_back(registry.host);
  if (all.size() == before) return settings;
  value.Set("registries", std::move(all));
  return value.Dump() + "\n";
}

}  // namespace checkrein::cli
