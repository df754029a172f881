#include "release/expose/credentials.h"

#include <algorithm>
#include <functional>

#include "base/ascii.h"
#include "base/path.h"
#include "secret/names.h"

namespace checkrein::release {
namespace {

constexpr CredentialRule kRules[] = {
    {"npmrc", "npm credentials", "whoever has this can publish as you: revoke the token at the registry, and keep .npmrc out of what is packed (\"files\" in package.json)"},
    {"pypirc", "PyPI credentials", "whoever has this can publish as you: revoke the token at the index, and use trusted publishing instead of a file"},
    {"netrc", "password in .netrc", "change the password at that host, and keep .netrc out of what is packed"},
    {"pgpass", "database password in .pgpass", "change the password of that database user"},
    {"htpasswd", "password hash in .htpasswd", "a hash can be tried offline: change the password, and keep the file out of what is packed"},
    {"shadow", "password hash in /etc/shadow", "a hash can be tried offline: change the password; build the image without it"},
    {"docker-config", "registry credentials in a docker configuration", "whoever has this can push images: log out of the registry, change the password or token"},
    {"kube-config", "cluster credentials in a kube configuration", "whoever has this can use the cluster: revoke the user's certificate or token"},
    {"env-file", "secret in an environment file", "change the value where it is valid, and keep the file out of what is packed"},
    {"cloud-credentials", "cloud credentials", "whoever has this can use the account: revoke the key in the provider's console, and look at what it did"},
    {"image-config", "secret in an image's environment or history", "it is in every copy of the image: change the value, and use build secrets (RUN --mount=type=secret)"},
    {"service-account", "service account key", "whoever has this is that service: delete the key in the provider's console"},
};

// A value that stands for itself.
bool IsSecret(std::string_view value) { return value.size() >= 3 && !secret::IsPlaceholder(value) && value != "xxx" && value.find("${") == std::string_view::npos; }

class Reader {
 public:
  Reader(std::string_view text, std::vector<Credential>& out) : text_(text), out_(out) {}

  void Add(std::string_view rule, std::string_view what, std::string_view secret) {
    if (out_.size() >= kMaxCredentials || !IsSecret(secret)) return;
    const auto begin = static_cast<size_t>(secret.data() - text_.data());
    out_.push_back({std::string(rule), std::string(what), begin, begin + secret.size()});
  }
  void Lines(const std::function<void(std::string_view)>& each) const {
    for (size_t at = 0; at < text_.size();) {
      size_t end = text_.find('\n', at);
      if (end == std::string_view::npos) end = text_.size();
      std::string_view line = text_.substr(at, end - at);
      if (line.ends_with('\r')) line.remove_suffix(1);
      each(line);
      at = end + 1;
    }
  }
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  std::vector<Credential>& out_;
};

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view Unquoted(std::string_view text) {
  text = Trimmed(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) return text.substr(1, text.size() - 2);
  return text;
}

// NAME=VALUE or NAME: VALUE; an empty name when it is neither.
struct Pair {
  std::string_view name, value;
};
Pair Split(std::string_view line, std::string_view signs) {
  const size_t at = line.find_first_of(signs);
  if (at == std::string_view::npos) return {};
  return {Trimmed(line.substr(0, at)), Unquoted(line.substr(at + 1))};
}

void Npmrc(Reader& r) {
  r.Lines([&](std::string_view line) {
    const Pair pair = Split(line, "=");
    const std::string name = AsciiLower(pair.name);
    if (name.starts_with('#') || name.starts_with(';')) return;
    if (name.ends_with("_authtoken")) r.Add("npmrc", "token for a registry", pair.value);
    else if (name.ends_with("_password") || name.ends_with("_auth")) r.Add("npmrc", "password for a registry", pair.value);
  });
}

void Pypirc(Reader& r) {
  r.Lines([&](std::string_view line) {
    const Pair pair = Split(line, "=:");
    if (AsciiLower(pair.name) == "password") r.Add("pypirc", "password or token for an index", pair.value);
  });
}

void Netrc(Reader& r) {
  std::string_view last;
  const std::string_view text = r.text();
  for (size_t at = 0; at < text.size();) {
    at = text.find_first_not_of(" \t\r\n", at);
    if (at == std::string_view::npos) return;
    size_t end = text.find_first_of(" \t\r\n", at);
    if (end == std::string_view::npos) end = text.size();
    const std::string_view word = text.substr(at, end - at);
    if (last == "password" || last == "account") r.Add("netrc", "password", word);
    last = word;
    at = end;
  }
}

void Pgpass(Reader& r) {
  r.Lines([&](std::string_view line) {
    if (line.starts_with('#')) return;
    size_t at = 0;
    for (int i = 0; i < 4; ++i) {
      at = line.find(':', at);
      while (at != std::string_view::npos && at > 0 && line[at - 1] == '\\') at = line.find(':', at + 1);
      if (at == std::string_view::npos) return;
      ++at;
    }
    r.Add("pgpass", "database password", line.substr(at));
  });
}

bool LooksHashed(std::string_view field) {
  if (field.starts_with("{SHA}")) return field.size() > 20;
  if (field.starts_with('$')) return field.size() >= 20 && std::count(field.begin(), field.end(), '$') >= 2;
  const bool crypt = field.size() == 13 && std::all_of(field.begin(), field.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '/'; });
  return crypt;
}

void Hashes(Reader& r, std::string_view rule) {
  r.Lines([&](std::string_view line) {
    const size_t at = line.find(':');
    if (at == std::string_view::npos || line.starts_with('#')) return;
    const std::string_view field = line.substr(at + 1, line.find(':', at + 1) - at - 1);
    if (!LooksHashed(field)) return;
    // A hash begins with '$' as a variable does: told apart above.
    const size_t skip = field.starts_with('$') ? field.find('$', 1) + 1 : 0;
    r.Add(rule, "password hash", field.substr(skip));
  });
}

void EnvFile(Reader& r) {
  r.Lines([&](std::string_view line) {
    line = Trimmed(line);
    if (line.starts_with("export ")) line.remove_prefix(7);
    if (line.starts_with('#')) return;
    const Pair pair = Split(line, "=");
    if (pair.name.empty()) return;
    const secret::NameSays says = secret::Judge(pair.name);
    if (says == secret::NameSays::kSecret || (says == secret::NameSays::kToken && pair.value.size() >= 8)) r.Add("env-file", "value of " + std::string(pair.name), pair.value);
    else if (const size_t at = pair.value.find("://"); at != std::string_view::npos) {  // scheme://user:password@host
      const std::string_view rest = pair.value.substr(at + 3, pair.value.find('/', at + 3) - at - 3);
      const size_t sign = rest.rfind('@');
      const size_t colon = rest.find(':');
      if (sign != std::string_view::npos && colon < sign) r.Add("env-file", "password in " + std::string(pair.name), rest.substr(colon + 1, sign - colon - 1));
    }
  });
}

// The strings that follow `"key":` anywhere in a JSON text.
void JsonStrings(Reader& r, std::string_view key, const std::function<void(std::string_view)>& each) {
  const std::string quoted = "\"" + std::string(key) + "\"";
  const std::string_view text = r.text();
  for (size_t at = text.find(quoted); at != std::string_view::npos; at = text.find(quoted, at + 1)) {
    size_t from = text.find_first_not_of(" \t\r\n", at + quoted.size());
    if (from == std::string_view::npos || text[from] != ':') continue;
    from = text.find_first_not_of(" \t\r\n", from + 1);
    if (from == std::string_view::npos || text[from] != '"') continue;
    const size_t end = text.find('"', from + 1);
    if (end == std::string_view::npos) return;
    each(text.substr(from + 1, end - from - 1));
  }
}

void DockerConfig(Reader& r) {
  for (const std::string_view key : {"auth", "identitytoken", "registrytoken", "password"}) {
    JsonStrings(r, key, [&](std::string_view value) { r.Add("docker-config", "credentials for a registry", value); });
  }
}

void KubeConfig(Reader& r) {
  r.Lines([&](std::string_view line) {
    const Pair pair = Split(line, ":");
    const std::string name = AsciiLower(pair.name.starts_with("- ") ? pair.name.substr(2) : pair.name);
    if (name == "client-key-data" || name == "token" || name == "password" || name == "id-token" || name == "refresh-token" || name == "access-token") r.Add("kube-config", name, pair.value);
  });
}

void CloudIni(Reader& r) {
  r.Lines([&](std::string_view line) {
    const Pair pair = Split(line, "=");
    const std::string name = AsciiLower(pair.name);
    if (name == "aws_secret_access_key" || name == "aws_session_token" || name == "client_secret" || name == "secret_key" || name == "key" || name == "account_key") r.Add("cloud-credentials", name, pair.value);
  });
}

void ServiceAccount(Reader& r) {
  if (r.text().find("\"service_account\"") == std::string_view::npos && r.text().find("\"refresh_token\"") == std::string_view::npos && r.text().find("\"refreshToken\"") == std::string_view::npos) return;
  for (const std::string_view key : {"private_key", "client_secret", "refresh_token", "refreshToken", "accessToken"}) {
    JsonStrings(r, key, [&](std::string_view value) { r.Add("service-account", std::string(key), value); });
  }
}

}  // namespace

const CredentialRule& CredentialRuleById(std::string_view id) {
  for (const CredentialRule& rule : kRules) {
    if (rule.id == id) return rule;
  }
  return kRules[0];
}

std::vector<Credential> ReadCredentials(std::string_view path, std::string_view text) {
  std::vector<Credential> out;
  constexpr size_t kMaxFile = 1u << 20;  // none of these is larger
  if (text.size() > kMaxFile || text.empty()) return out;
  const size_t bang = path.rfind('!');
  if (bang != std::string_view::npos) path.remove_prefix(bang + 1);
  const std::string whole = "/" + AsciiLower(path);
  const std::string_view name = BaseName(whole);
  const auto below = [&](std::string_view tail) { return std::string_view(whole).ends_with(tail); };
  Reader r(text, out);
  if (name == ".npmrc" || name == "npmrc") Npmrc(r);
  else if (name == ".pypirc") Pypirc(r);
  else if (name == ".netrc" || name == "_netrc" || name == ".authinfo") Netrc(r);
  else if (name == ".pgpass" || name == "pgpass.conf") Pgpass(r);
  else if (name == ".htpasswd" || name == "htpasswd") Hashes(r, "htpasswd");
  else if (below("etc/shadow") || below("etc/shadow-") || below("etc/gshadow") || name == "shadow") Hashes(r, "shadow");
  else if (name == ".dockercfg" || name == ".dockerconfigjson" || below(".docker/config.json") || below("docker/config.json")) DockerConfig(r);
  else if (name == "kubeconfig" || name == ".kubeconfig" || below(".kube/config") || name.ends_with(".kubeconfig") || below("kubernetes/admin.conf")) KubeConfig(r);
  else if (below(".aws/credentials") || below(".aws/config") || name == ".s3cfg" || name == ".boto" || name == "rclone.conf") CloudIni(r);
  else if (name == ".env" || name.starts_with(".env.") || name.ends_with(".env") || name == ".envrc") EnvFile(r);
  else if (name.ends_with(".json")) ServiceAccount(r);
  if (name == ".env.example" || name == ".env.sample" || name == ".env.template" || name == ".env.dist") out.clear();
  return out;
}

std::vector<Credential> ReadImageConfig(std::string_view json) {
  std::vector<Credential> out;
  if (json.find("\"rootfs\"") == std::string_view::npos || json.find("\"history\"") == std::string_view::npos) return out;
  Reader r(json, out);
  constexpr size_t kMaxValue = 4096;   // bytes
  // Words NAME=VALUE wherever they stand: in "Env", and in "created_by" of a build argument.
  for (size_t at = json.find('='); at != std::string_view::npos && out.size() < kMaxCredentials; at = json.find('=', at + 1)) {
    size_t begin = at;
    while (begin > 0 && ((json[begin - 1] >= 'A' && json[begin - 1] <= 'Z') || (json[begin - 1] >= 'a' && json[begin - 1] <= 'z') || (json[begin - 1] >= '0' && json[begin - 1] <= '9') || json[begin - 1] == '_')) --begin;
    const std::string_view name = json.substr(begin, at - begin);
    if (name.empty()) continue;
    const std::string_view rest = json.substr(at + 1, kMaxValue);
    const std::string_view value = rest.substr(0, rest.find_first_of("\" \\\n,;|&"));
    const secret::NameSays says = secret::Judge(name);
    if (says == secret::NameSays::kSecret || (says == secret::NameSays::kToken && value.size() >= 8)) r.Add("image-config", "value of " + std::string(name), value);
  }
  return out;
}

}  // namespace checkrein::release
