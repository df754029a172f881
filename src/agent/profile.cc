#include "agent/profile.h"

#include <algorithm>

#include "base/path.h"

namespace checkrein::agent {
namespace {

struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

#include "client_profiles.inc"

Error Broken(std::string_view name, std::string_view what) {
  return Error{Error::Kind::kInternal, std::string(name) + ": " + std::string(what)};
}

Result<std::string_view> Embedded(std::string_view name) {
  for (const EmbeddedFile& file : kEmbeddedFiles)
    if (file.name == name) return file.text;
  return Broken(name, "is not compiled in");
}

Result<json::Value> EmbeddedJson(std::string_view name) {
  const Result<std::string_view> text = Embedded(name);
  if (!text) return text.error();
  return json::Parse(*text);
}

Result<std::vector<std::string>> Strings(const json::Value& value, std::string_view where) {
  if (value.array() == nullptr) return Broken(where, "must be a list");
  std::vector<std::string> strings;
  for (const json::Value& item : *value.array()) {
    if (item.string() == nullptr) return Broken(where, "must hold strings");
    strings.push_back(*item.string());
  }
  return strings;
}

// A member that `known` does not name is a misspelt one: its content would be lost silently.
Status OnlyMembers(const json::Value& value, std::string_view where, std::initializer_list<std::string_view> known) {
  if (value.object() == nullptr) return Broken(where, "must be an object");
  for (const json::Member& member : *value.object())
    if (std::find(known.begin(), known.end(), member.first) == known.end()) return Broken(where, "unknown member " + member.first);
  return Done{};
}

Result<FileTemplate> ReadTemplate(const json::Value& value) {
  if (const Status status = OnlyMembers(value, "file", {"path", "json", "text", "file", "merge", "note", "owner"}); !status) return status.error();
  FileTemplate file;
  file.path = value.Text("path");
  file.note = value.Text("note");
  if (file.path.empty()) return Broken("file", "has no path");
  if (const json::Value* owner = value.Find("owner"); owner != nullptr && *owner != json::Value("root")) return Broken(file.path, "owner must be root");
  file.needs_root_owner = value.Find("owner") != nullptr;
  if (const json::Value* content = value.Find("json")) {
    file.text = PrettyJson(*content) + "\n";
  } else if (const json::Value* lines = value.Find("text")) {
    const Result<std::vector<std::string>> text = Strings(*lines, file.path);
    if (!text) return text.error();
    for (const std::string& line : *text) file.text += line + "\n";
  } else if (!value.Text("file").empty()) {
    const Result<std::string_view> text = Embedded(value.Text("file"));
    if (!text) return text.error();
    file.text = *text;
  } else if (value.At("merge").At("hooks").object() != nullptr) {
    file.how = FileTemplate::How::kMerge;
    file.merge = value.At("merge");
  } else {
    return Broken(file.path, "has no content");
  }
  return file;
}

Result<std::vector<FileTemplate>> ReadTemplates(const json::Value& list, std::string_view where) {
  if (list.array() == nullptr) return Broken(where, "must be a list");
  std::vector<FileTemplate> files;
  for (const json::Value& item : *list.array()) {
    Result<FileTemplate> file = ReadTemplate(item);
    if (!file) return file.error();
    files.push_back(std::move(file).take());
  }
  return files;
}

Result<std::vector<StatePath>> ReadState(const json::Value& list) {
  if (list.array() == nullptr) return Broken("state", "must be a list");
  std::vector<StatePath> paths;
  for (const json::Value& item : *list.array()) {
    const std::string_view type = item.Text("type");
    if (item.Text("path").empty() || (type != "directory" && type != "file")) return Broken("state", "needs a path and a type");
    paths.push_back({std::string(item.Text("path")), type == "file" ? StatePath::Type::kFile : StatePath::Type::kDirectory});
  }
  return paths;
}

// Reads the lists one after the other; the first fault stands.
Status ReadLists(Profile& profile, const json::Value& root, const json::Value& base) {
  struct Row {
    const json::Value& value;
    std::string_view where;
    std::vector<std::string> Profile::* to;
  };
  const json::Value& keep = root.At("environment").At("keep");
  const Row rows[] = {{root.At("model").At("hosts"), "model.hosts", &Profile::model_hosts},
                      {root.At("model").At("base_url_variables"), "model.base_url_variables", &Profile::base_url_variables},
                      {base.At("environment").At("keep"), "base: environment.keep", &Profile::keep_variables},
                      {keep, "environment.keep", &Profile::keep_variables}};
  for (const Row& row : rows) {
    const Result<std::vector<std::string>> strings = Strings(row.value, row.where);
    if (!strings) return strings.error();
    std::vector<std::string>& to = profile.*row.to;
    to.insert(to.end(), strings->begin(), strings->end());
  }
  const json::Object* set = root.At("environment").At("set").object();
  if (set == nullptr) return Broken("environment.set", "must be an object");
  for (const json::Member& member : *set) {
    if (member.second.string() == nullptr) return Broken("environment.set", "must hold strings");
    profile.set_variables.emplace_back(member.first, *member.second.string());
  }
  return Done{};
}

bool IsPlain(std::string_view word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+:=@%-";
  return !word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos;
}

std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (size_t at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    out += text.substr(0, at);
    out += to;
    text.remove_prefix(at + from.size());
  }
  return out += text;
}

}  // namespace

Result<Profile> ReadProfile(Client client) {
  const std::string name = std::string(ClientName(client)) + ".json";
  const Result<json::Value> root = EmbeddedJson(name);
  if (!root) return root.error();
  const Result<json::Value> base = EmbeddedJson("base.json");
  if (!base) return base.error();
  const Status members = OnlyMembers(*root, name, {"format", "client", "title", "measured", "program", "state", "model", "environment", "managed", "run", "user"});
  if (!members) return members.error();
  if (root->Text("client") != ClientName(client)) return Broken(name, "is about another client");
  Profile profile;
  profile.client = client;
  profile.title = root->Text("title");
  profile.measured = root->Text("measured");
  profile.program = root->Text("program");
  if (profile.title.empty() || profile.measured.empty() || profile.program.empty()) return Broken(name, "title, measured or program is missing");
  if (const Status status = ReadLists(profile, *root, *base); !status) return status.error();
  Result<std::vector<StatePath>> state = ReadState(root->At("state"));
  if (!state) return state.error();
  profile.state = std::move(state).take();
  Result<std::vector<FileTemplate>> managed = ReadTemplates(root->At("managed"), "managed");
  if (!managed) return managed.error();
  profile.managed = std::move(managed).take();
  Result<std::vector<FileTemplate>> run = ReadTemplates(root->At("run"), "run");
  if (!run) return run.error();
  profile.run = std::move(run).take();
  Result<std::vector<FileTemplate>> user = ReadTemplates(root->At("user"), "user");
  if (!user) return user.error();
  profile.user = std::move(user).take();
  return profile;
}

std::optional<Client> ClientOfProgram(std::string_view program) {
  for (const Client client : {Client::kClaude, Client::kCodex, Client::kGemini, Client::kCopilot, Client::kOpenCode})
    if (const Result<Profile> profile = ReadProfile(client); profile && profile->program == BaseName(program)) return client;
  return std::nullopt;
}

Result<std::string> FillTemplate(std::string_view text, const HookCommand& hook) {
  if (hook.words.empty()) return Error{Error::Kind::kInvalid, "hook command: is empty"};
  std::string words;
  json::Array list;
  for (const std::string& word : hook.words) {
    if (!IsPlain(word))
      return Error{Error::Kind::kInvalid, "hook command: " + json::Quote(word) + " would need quoting; install checkrein under a plain path"};
    if (!words.empty()) words += ' ';
    words += word;
    list.emplace_back(word);
  }
  return ReplaceAll(ReplaceAll(text, "{hook_json}", json::Value(std::move(list)).Dump()), "{hook}", words);
}

Result<std::vector<PlantedFile>> ManagedFiles(const Profile& profile, const HookCommand& hook, Seat seat) {
  std::vector<FileTemplate> templates = profile.managed;
  if (seat == Seat::kRun)
    for (const FileTemplate& file : profile.run) {
      std::erase_if(templates, [&](const FileTemplate& other) { return other.path == file.path; });
      templates.push_back(file);
    }
  std::vector<PlantedFile> files;
  for (const FileTemplate& file : templates) {
    Result<std::string> content = FillTemplate(file.text, hook);
    if (!content) return content.error();
    files.push_back({file.path, std::move(content).take(), file.needs_root_owner});
  }
  return files;
}

std::string PrettyJson(const json::Value& value, size_t level) {
  const std::string inner((level + 1) * 2, ' ');
  const std::string outer(level * 2, ' ');
  std::string out;
  if (const json::Array* array = value.array(); array != nullptr && !array->empty()) {
    for (const json::Value& item : *array) out += (out.empty() ? "[\n" : ",\n") + inner + PrettyJson(item, level + 1);
    return out + "\n" + outer + "]";
  }
  if (const json::Object* object = value.object(); object != nullptr && !object->empty()) {
    for (const auto& [key, member] : *object) out += (out.empty() ? "{\n" : ",\n") + inner + json::Quote(key) + ": " + PrettyJson(member, level + 1);
    return out + "\n" + outer + "}";
  }
  return value.Dump();
}

}  // namespace checkrein::agent
