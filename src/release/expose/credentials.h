// Files whose format says where the secret stands: .npmrc, .pypirc, .netrc, .pgpass, .htpasswd, shadow, docker and kube configuration,
// .env, cloud credentials. Told by name, then read as what they are; a value that is a variable or a placeholder is none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace checkrein::release {

struct Credential {
  std::string rule;         // "npmrc", "docker-config", ...
  std::string what;         // "token for a registry", "password hash"
  size_t begin = 0, end = 0;  // the secret, in the text
};

// Everything that `text` gives away if it is what its `path` says. At most kMaxCredentials.
inline constexpr size_t kMaxCredentials = 500;
std::vector<Credential> ReadCredentials(std::string_view path, std::string_view text);

struct CredentialRule {
  std::string_view id, what, advice;
};
// The rules that ReadCredentials names.
const CredentialRule& CredentialRuleById(std::string_view id);

// The environment and the history of an image's configuration, as lines NAME=VALUE: what was given to a build, or stands in every container.
std::vector<Credential> ReadImageConfig(std::string_view json);

}  // namespace checkrein::release
