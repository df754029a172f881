// Command lines of clouds and vaults: SERVICE ... VERB. Where the verb looks, they connect; where it changes something, that is data and
// orders that leave this machine; where it hands out a secret or a shell, it says so. Verbs as in the vendors' manuals of 2026; a verb
// that is not known changes something. Options are not told apart (each service has its own), so the coverage is never better than partial.
#include <algorithm>

#include "analysis/program/describe.h"

namespace checkrein::analysis {
namespace {

constexpr std::string_view kLooks[] = {"list", "ls", "describe", "get", "show", "view", "status", "version", "whoami", "info", "search", "inspect", "validate", "tail", "logs", "wait", "head-object", "head-bucket", "ps", "check", "history", "diff", "du", "stat", "cat", "lsd", "lsf", "size", "read", "lookup", "explain", "query", "help", "docs", "completion", "regions", "sizes", "graph", "output", "providers", "account", "fmt", "top", "releases", "domains"};
constexpr std::string_view kLookPrefixes[] = {"list-", "describe-", "get-", "show-", "search-", "lookup-", "filter-", "scan-", "query-", "batch-get-", "check-", "validate-", "estimate-"};
constexpr std::string_view kSecretWords[] = {"get-secret-value", "batch-get-secret-value", "get-session-token", "get-federation-token", "assume-role", "assume-role-with-web-identity", "create-access-key", "get-authorization-token", "get-login-password", "get-password-data", "print-access-token", "print-identity-token", "get-access-token", "access", "export-credentials", "get-token", "decrypt", "--with-decryption", "get-credentials", "get-kubeconfig", "secret", "secrets", "keys", "kv", "config:get", "unseal"};
constexpr std::string_view kShellWords[] = {"ssh", "start-session", "execute-command", "send-command", "run-command", "invoke-command", "exec", "ssh-exec", "serial-port", "console", "cloud-shell", "send-ssh-public-key", "bash", "shell", "run:detached"};
constexpr std::string_view kSettingWords[] = {"configure", "config", "login", "logout", "auth", "init", "profile", "context"};
constexpr std::string_view kCopyWords[] = {"cp", "sync", "mv", "rsync", "copy", "copyto", "move", "put", "get", "upload", "download", "mirror", "sync-to", "push", "pull"};

constexpr std::string_view kShows[] = {"get", "list", "ls", "list-profiles", "get-value", "view", "show", "status", "whoami", "current", "current-context", "describe"};

// What these undo cannot be had back.
constexpr std::string_view kDestroys[] = {"delete", "destroy", "terminate", "purge", "rm", "rb", "remove", "del", "wipe", "deprovision", "rmdir", "deletefile", "cleanup", "drop", "reset", "kill", "disable", "revoke", "unregister", "unsubscribe", "reset-password"};

template <typename List>
bool In(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool Looks(std::string_view word) {
  return In(kLooks, word) || std::any_of(std::begin(kLookPrefixes), std::end(kLookPrefixes), [word](std::string_view prefix) { return word.starts_with(prefix); });
}

// s3://bucket/x, gs://..., az://..., NAME:path (rclone, minio): a place in the cloud.
bool IsRemote(const Word& word) {
  const size_t colon = word.text.find(':');
  return colon != std::string::npos && colon > 0 && word.text.find('/') > colon;
}

// Between here and there: what goes up is read and pushed, what comes down is written.
void Transfer(Context& c, const std::vector<Word>& places) {
  for (size_t i = 0; i < places.size(); ++i) {
    const Word& word = places[i];
    const bool last = i + 1 == places.size();
    if (IsRemote(word)) {
      if (last) c.Add(Op::kPush, word.exact() ? word.text : "?", word.span);
    } else {
      c.Path(last && places.size() > 1 ? Op::kWrite : Op::kRead, word, Tree::kWhole);
      if (places.size() == 1) c.Add(Op::kPush, "cloud", word.span);
    }
  }
}

// `aws configure set KEY VALUE`, of a key that names no program (credential_process does): aws-cli, "configure set".
bool IsPlainSetting(const std::vector<Word>& words) {
  if (words.size() < 4 || !words[0].Is("configure") || !words[1].Is("set") || !words[2].exact()) return false;
  constexpr std::string_view kPlain[] = {"region", "output", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "retry_mode", "max_attempts"};
  const std::string_view key = std::string_view(words[2].text).substr(words[2].text.rfind('.') + 1);
  return In(kPlain, key);
}

}  // namespace

Then DescribeCloud(Context& c, const Parsed& p) {
  std::vector<Word> words;  // neither options nor, as far as one can tell, their values
  bool secret = false, shell = false, looks = false, setting = false, copies = false, help = p.arguments.empty();
  for (size_t i = 0; i < p.arguments.size(); ++i) {
    const Word& word = p.arguments[i];
    if (word.Is("--help") || word.Is("-h") || word.Is("--version") || word.Is("help")) help = true;
    secret = secret || In(kSecretWords, word.text);
    if (word.text.starts_with("file://") || word.text.starts_with("fileb://")) c.Path(Op::kRead, Rest(word, word.text.find("//") + 2));
    if (word.text.starts_with('-')) {
      const bool value_follows = word.text.find('=') == std::string::npos && i + 1 < p.arguments.size() && !p.arguments[i + 1].text.starts_with('-');
      if (word.Is("--endpoint-url") && value_follows) c.Connect(p.arguments[i + 1], "https");
      if (value_follows) ++i;
      if (value_follows && (p.arguments[i].text.starts_with("file://") || p.arguments[i].text.starts_with("fileb://"))) c.Path(Op::kRead, Rest(p.arguments[i], p.arguments[i].text.find("//") + 2));
      continue;
    }
    copies = copies || (words.size() < 3 && In(kCopyWords, word.text));
    if (words.size() < 5) {
      looks = looks || Looks(word.text);
      shell = shell || In(kShellWords, word.text);
    }
    if (words.empty()) setting = In(kSettingWords, word.text);
    words.push_back(word);
  }
  c.Partial("options of cloud programs are not told apart");
  if (help) return Then::kDone;
  if (p.name() == "aws" && IsPlainSetting(words)) return c.AddText("write:~/.aws/config write:~/.aws/credentials", c.command.span), Then::kDone;
  c.Add(Op::kConnect, "cloud:443", c.command.span);
  if (secret) c.Unknown("cloud-secret", c.command.span);
  if (shell) c.Unknown("remote-command", c.command.span);
  // `aws configure get region`, `gcloud config list`: they show settings. Which of them are keys, their names say.
  const bool shows = setting && words.size() > 1 && In(kShows, words[1].text);
  if (shows && std::any_of(words.begin() + 2, words.end(), [](const Word& w) { return !w.exact() || w.text.find("secret") != std::string::npos || w.text.find("token") != std::string::npos || w.text.find("password") != std::string::npos; }))
    c.Unknown("cloud-secret", c.command.span);
  if (setting && !shows) c.Add(Op::kConfigure, "cloud", c.command.span);
  const auto verb = std::find_if(words.begin(), words.end(), [](const Word& w) { return In(kCopyWords, w.text); });
  if (copies && verb != words.end() && std::any_of(verb, words.end(), IsRemote)) {
    Transfer(c, std::vector<Word>(verb + 1, words.end()));
  } else if (!looks && !setting) {
    const bool destroys = std::any_of(words.begin(), words.end(), [](const Word& w) {
      return In(kDestroys, w.text) || std::any_of(std::begin(kDestroys), std::end(kDestroys), [&w](std::string_view word) { return w.text.starts_with(std::string(word) + "-"); });
    });
    c.Add(Op::kPush, destroys ? "force:cloud" : "cloud", c.command.span);
  }
  return Then::kDone;
}

}  // namespace checkrein::analysis
