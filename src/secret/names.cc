#include "secret/names.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "secret/scan.h"

namespace checkrein::secret {
namespace {

struct Word {
  std::string_view text;  // lower case
  NameSays says;
};

// Found as whole components of a name ("db_password", "dbPassword", "X-Api-Key").
constexpr Word kWords[] = {
    {"password", NameSays::kSecret},     {"passwd", NameSays::kSecret},     {"passphrase", NameSays::kSecret}, {"pass", NameSays::kSecret},
    {"pwd", NameSays::kSecret},          {"pw", NameSays::kSecret},         {"secret", NameSays::kSecret},     {"secretkey", NameSays::kSecret},
    {"clientsecret", NameSays::kSecret}, {"apikey", NameSays::kSecret},     {"apitoken", NameSays::kSecret},   {"accesskey", NameSays::kSecret},
    {"accesstoken", NameSays::kSecret},  {"authtoken", NameSays::kSecret},  {"accountkey", NameSays::kSecret}, {"privatekey", NameSays::kSecret},
    {"sharedaccesskey", NameSays::kSecret}, {"encryptionkey", NameSays::kSecret}, {"signingkey", NameSays::kSecret}, {"mysql_pwd", NameSays::kSecret},
    {"pgpassword", NameSays::kSecret},   {"sshpass", NameSays::kSecret},    {"userpass", NameSays::kSecret},   {"dbpass", NameSays::kSecret},
    {"dbpassword", NameSays::kSecret},   {"secrettoken", NameSays::kSecret}, {"sessiontoken", NameSays::kSecret}, {"bearertoken", NameSays::kSecret},
    {"token", NameSays::kToken},         {"key", NameSays::kToken},         {"auth", NameSays::kToken},        {"credential", NameSays::kToken},
    {"credentials", NameSays::kToken},   {"creds", NameSays::kToken},       {"bearer", NameSays::kToken},      {"session", NameSays::kToken},
    {"sig", NameSays::kToken},           {"signature", NameSays::kToken},   {"sid", NameSays::kToken},         {"webhook", NameSays::kToken},
    {"jwt", NameSays::kToken},           {"pat", NameSays::kToken},         {"otp", NameSays::kToken},         {"seed", NameSays::kToken},
    {"hash", NameSays::kDigest},         {"digest", NameSays::kDigest},     {"checksum", NameSays::kDigest},   {"integrity", NameSays::kDigest},
    {"sha", NameSays::kDigest},          {"sha1", NameSays::kDigest},       {"sha256", NameSays::kDigest},     {"sha384", NameSays::kDigest},
    {"sha512", NameSays::kDigest},       {"md5", NameSays::kDigest},        {"commit", NameSays::kDigest},     {"rev", NameSays::kDigest},
    {"revision", NameSays::kDigest},     {"etag", NameSays::kDigest},       {"resolved", NameSays::kDigest},   {"uuid", NameSays::kDigest},
    {"guid", NameSays::kDigest},         {"nonce", NameSays::kDigest},      {"narhash", NameSays::kDigest},    {"fingerprint", NameSays::kDigest},
    {"cid", NameSays::kDigest},          {"ref", NameSays::kDigest},        {"version", NameSays::kDigest},    {"url", NameSays::kDigest},
    {"href", NameSays::kDigest},         {"src", NameSays::kDigest},        {"path", NameSays::kDigest},       {"file", NameSays::kDigest},
};

// As the last component these make of a secret's name the name of something about it.
constexpr std::string_view kAbout[] = {
    "file",   "files",  "path",   "paths",  "dir",    "name",   "names", "url",    "uri",    "endpoint", "count",  "limit",  "limits", "length", "len",
    "size",   "type",   "id",     "ids",    "expiry", "expires", "ttl",  "policy", "field",  "fields",   "prompt", "hint",   "env",    "var",    "arn",
    "ref",    "header", "format", "version", "index", "manager", "store", "provider", "timeout", "stdin", "fd",    "required", "enabled", "min",   "max",
    "column", "label",  "title",  "class",  "rules",  "strength", "reset", "regex", "pattern", "usage",  "budget", "input",  "output", "alg",    "algorithm",
    "command", "cmd",   "through", "helper", "cache",  "service", "issuer", "scope", "scopes", "mode",   "location", "source", "spec", "parser", "keeper", "at"};

constexpr std::string_view kHeaders[] = {"authorization", "proxy-authorization", "x-api-key", "x-auth-token", "private-token", "x-vault-token",
                                         "x-amz-security-token", "x-goog-api-key", "x-access-token", "api-key", "ocp-apim-subscription-key"};

bool EqualIgnoringCase(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) { return Lower(x) == y; });
}

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Where the component that begins at `at` ends: before a separator, or where a capital follows a small letter.
size_t ComponentEnd(std::string_view name, size_t at) {
  size_t end = at;
  while (end < name.size() && IsAlnum(name[end]) && (end == at || !IsUpper(name[end]) || IsUpper(name[end - 1]))) ++end;
  return end;
}

constexpr uint32_t FirstLetters() {
  uint32_t out = 0;
  for (const Word& known : kWords) out |= uint32_t{1} << (known.text[0] - 'a');
  return out;
}

NameSays JudgeWord(std::string_view word) {
  const char first = Lower(word[0]);
  if (first < 'a' || first > 'z' || (FirstLetters() >> (first - 'a') & 1) == 0) return NameSays::kOrdinary;
  for (const Word& known : kWords) {
    if (known.text.size() == word.size() && known.text[0] == first && EqualIgnoringCase(word, known.text)) return known.says;
  }
  return NameSays::kOrdinary;
}

bool IsPair(std::string_view a, std::string_view b) {  // "api key", "access key": two components, one word
  constexpr std::string_view kFirst[] = {"api", "access", "private", "secret", "account", "auth", "client", "encryption", "signing", "master", "admin", "service", "storage", "app", "subscription", "license"};
  if (!EqualIgnoringCase(b, "key") && !EqualIgnoringCase(b, "token")) return false;
  return std::any_of(std::begin(kFirst), std::end(kFirst), [a](std::string_view first) { return EqualIgnoringCase(a, first); });
}

}  // namespace

NameSays Judge(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return NameSays::kOrdinary;
  while (name.starts_with('-')) name.remove_prefix(1);
  if (name.size() < 2) return NameSays::kOrdinary;
  if (name == "PWD" || name == "OLDPWD") return NameSays::kOrdinary;
  const char initial = Lower(name.front());
  for (const std::string_view header : kHeaders) {
    if (header[0] == initial && EqualIgnoringCase(name, header)) return NameSays::kHeader;
  }
  if (EqualIgnoringCase(name, "cookie") || EqualIgnoringCase(name, "set-cookie")) return NameSays::kCookie;
  NameSays says = NameSays::kOrdinary;
  std::string_view before;
  for (size_t at = 0; at < name.size();) {
    const size_t end = ComponentEnd(name, at);
    if (end == at) {
      ++at;
      continue;
    }
    const std::string_view word = name.substr(at, end - at);
    const bool last = end == name.size();
    if (last && says != NameSays::kOrdinary && says != NameSays::kDigest) {
      for (const std::string_view about : kAbout) {
        if (EqualIgnoringCase(word, about)) return NameSays::kDigest;
      }
    }
    if (EqualIgnoringCase(before, "public") || EqualIgnoringCase(before, "foreign") || EqualIgnoringCase(before, "primary") || EqualIgnoringCase(before, "host")) {
      if (EqualIgnoringCase(word, "key")) return NameSays::kDigest;
    }
    NameSays here = JudgeWord(word);
    if (!before.empty() && IsPair(before, word)) here = NameSays::kSecret;
    says = std::max(says, here);
    before = word;
    at = end;
  }
  return says;
}

size_t MarkLength(std::string_view text) {
  constexpr std::string_view kClose = "\xe2\x80\xba";
  constexpr size_t kTag = 6;
  if (!text.starts_with(kMarkName) || !text.substr(kMarkName.size()).starts_with(':')) return 0;
  size_t end = kMarkName.size() + 1;
  while (end < text.size() && end <= kMaxName && ((text[end] >= 'a' && text[end] <= 'z') || text[end] == '-')) ++end;
  const std::string_view rest = text.substr(end, 1 + kTag + kClose.size());
  if (rest.size() < 1 + kTag + kClose.size() || rest[0] != ':' || !rest.ends_with(kClose)) return 0;
  return std::all_of(rest.begin() + 1, rest.begin() + 1 + kTag, [](char c) { return In(Charset::kHex, c); }) ? end + rest.size() : 0;
}

bool IsPlaceholder(std::string_view value) {
  while (value.starts_with('\\')) value.remove_prefix(1);
  if (value.empty()) return true;
  const char first = value.front();
  if (first == '$' || first == '<' || first == '{' || first == '(' || first == '[' || first == '`' || first == '*' || first == '@') return true;
  if (first == '%' && (value.size() < 3 || !In(Charset::kHex, value[1]) || !In(Charset::kHex, value[2]))) return true;
  if (MarkLength(value) > 0 || value == "\xe2\x80\xa6" || value == "...") return true;
  if (value.size() == 1) return true;
  if (std::all_of(value.begin(), value.end(), [first](char c) { return c == first; })) return true;
  constexpr std::string_view kWordsThatAreNone[] = {"none", "null", "nil", "true", "false", "undefined", "yes", "no", "string", "str", "required", "optional", "password", "secret", "token", "key",
                                                    "empty", "default", "redacted", "changeme", "example", "placeholder", "value", "prompt", "stdin", "env", "file", "ask", "auto", "on", "off"};
  for (const std::string_view word : kWordsThatAreNone) {
    if (EqualIgnoringCase(value, word)) return true;
  }
  // An identifier's path in some language: args.password, process.env.KEY, config["x"], get_secret().
  bool identifier = !IsDigit(first);
  bool dotted = false;
  bool digit = false;
  for (const char c : value) {
    if (c == '.') dotted = true;
    else if (c == '(' || c == '[') return identifier;
    else if (!IsAlnum(c) && c != '_') return false;
    digit = digit || IsDigit(c);
  }
  return identifier && dotted && !digit && value.back() != '.';
}

bool LooksRandom(std::string_view value, size_t min_length) {
  if (value.size() < min_length || IsPlaceholder(value)) return false;
  size_t upper = 0, lower = 0, digits = 0, separators = 0;
  for (const char c : value.substr(0, 256)) {
    if (IsDigit(c)) ++digits;
    else if (IsUpper(c)) ++upper;
    else if (c >= 'a' && c <= 'z') ++lower;
    else if (c == '+' || c == '/' || c == '=' || c == '_' || c == '-' || c == '.' || c == '~') ++separators;
    else return false;
  }
  if (digits == 0 || upper + lower == 0) return false;
  if (separators * 4 > value.size()) return false;  // words strung together
  if (value.front() == '/' || value.front() == '.' || value.front() == '~' || value.front() == '-') return false;
  return Entropy(value) >= (value.size() >= 24 ? 32 : 27);
}

bool IsKnownHarmless(std::string_view value) {
  size_t hex = 0, dashes = 0;
  for (const char c : value.substr(0, 256)) {
    if (In(Charset::kHex, c)) ++hex;
    else if (c == '-') ++dashes;
    else return false;
  }
  if (dashes == 4 && hex == 32) return true;  // a UUID
  return dashes == 0;                         // a digest, a revision, a number
}

}  // namespace checkrein::secret
