// What Checkrein knows of each client beside its dialect: where it keeps its state, which hosts and variables it needs, and the
// configuration that makes it ask our hook. Data: data/clients/*.json (docs/format/client_profile.md), compiled in.
//
//   Result<Profile> profile = ReadProfile(Client::kClaude);
//   Result<std::vector<PlantedFile>> files = ManagedFiles(*profile, HookCommand{{"/usr/bin/checkrein-hook"}}, Seat::kRun);
//   // /etc/claude-code/managed-settings.json, ready to be written where the sandbox has its /etc
//
// NOT covered: a client moved by an environment variable (CODEX_HOME, CLAUDE_CONFIG_DIR): those variables are not kept under
// `checkrein run`, so the client falls back to the place named here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/event.h"
#include "base/result.h"

namespace checkrein::agent {

// The command that a client is to start: the absolute path of checkrein-hook and its options; the client's name (and for Copilot
// the event) is added by the template. Clients hand it to a shell, so only words that mean themselves there are taken: letters,
// digits and _ . / + : = @ % -.
struct HookCommand {
  std::vector<std::string> words;
};

struct StatePath {
  enum class Type : uint8_t { kDirectory, kFile };
  std::string path;  // relative to the home directory
  Type type = Type::kDirectory;
};

// A file to write, as a template.
struct FileTemplate {
  enum class How : uint8_t {
    kWhole,  // `text` is the file
    kMerge,  // `merge`'s "hooks" are added to what the file holds (agent/install.h)
  };
  std::string path;  // managed: absolute; user: relative to the home directory
  How how = How::kWhole;
  std::string text;
  json::Value merge;
  std::string note;  // one sentence for a person about what this does not do; may be empty
  bool needs_root_owner = false;  // see PlantedFile
};

struct Profile {
  Client client = Client::kClaude;
  std::string title;     // "Claude Code"
  std::string measured;  // the version that the facts were measured with
  std::string program;   // what its command is called: `checkrein run -- claude`
  std::vector<StatePath> state;              // the agent's own, to be writable for it alone
  std::vector<std::string> model_hosts;      // "api.anthropic.com:443"
  std::vector<std::string> base_url_variables;  // variables that name another host of the model
  std::vector<std::string> keep_variables;   // what the agent may keep of the environment, the common ones included
  std::vector<std::pair<std::string, std::string>> set_variables;  // what it is given, whatever stood there before
  std::vector<FileTemplate> managed;         // for a system installation
  std::vector<FileTemplate> run;             // under `checkrein run`, beside those or in place of one with the same path
  std::vector<FileTemplate> user;            // for `checkrein install`
};

// Errors: kInternal (a profile that does not keep to its format: caught by a test).
Result<Profile> ReadProfile(Client client);

// The client that `program` (argv[0], with or without directories) starts, if it is one of ours.
std::optional<Client> ClientOfProgram(std::string_view program);

struct PlantedFile {
  std::string path;
  std::string content;
  // The client ignores this file (and says so only in a warning) unless it and every directory above it, up to "/", belong to
  // user 0 as the client sees it: in the sandbox of an ordinary user, that user must be mapped to 0.
  bool needs_root_owner = false;
};

// Where managed files are planted. Under `run` every permitted shell command is rewritten, so that a client may be told to run
// nothing else, and its own prompts and sandbox are off, for ours stand in their place: never plant those on a machine's own /etc.
enum class Seat : uint8_t { kSystem, kRun };

// The managed files filled in. For Seat::kRun the rewritten command must begin with the words of `hook`, separated by single
// spaces, and " exec ": two clients are told to run no other shell command, whether or not their hooks work.
// Errors: kInvalid (a word of the hook command that a shell would not take at its word).
Result<std::vector<PlantedFile>> ManagedFiles(const Profile& profile, const HookCommand& hook, Seat seat);

// `text` with the placeholders {hook} (the words, separated by spaces) and {hook_json} (a JSON list of them) filled in.
Result<std::string> FillTemplate(std::string_view text, const HookCommand& hook);

// `value` on several lines, two spaces per level: what the clients themselves write. No final newline.
std::string PrettyJson(const json::Value& value, size_t level = 0);

}  // namespace checkrein::agent
