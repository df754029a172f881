#include "advisories/inventory/origin.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>

#include "base/path.h"

namespace checkrein::advisories {
namespace {

using Kind = Origin::Kind;

bool IsOneOf(std::string_view word, std::span<const std::string_view> words) { return std::find(words.begin(), words.end(), word) != words.end(); }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// MAJOR.MINOR.PATCH with perhaps a pre-release or build (semver 2.0.0): what names one release of npm's.
bool IsExactSemver(std::string_view version) {
  if (version.starts_with('v')) version.remove_prefix(1);
  for (int part = 0; part < 3; ++part) {
    size_t digits = 0;
    while (digits < version.size() && IsDigit(version[digits])) ++digits;
    if (digits == 0) return false;
    version.remove_prefix(digits);
    if (part == 2) break;
    if (!version.starts_with('.')) return false;
    version.remove_prefix(1);
  }
  return version.empty() || ((version[0] == '-' || version[0] == '+') && version.size() > 1 && version.find_first_of(" |<>=^~*") == std::string_view::npos);
}

// One release of PyPI's (PEP 440), without wildcards.
bool IsExactRelease(std::string_view version) {
  return !version.empty() && IsDigit(version[0]) && version.find_first_of("*<>=~!, ") == std::string_view::npos && version.find('.') != std::string_view::npos;
}

bool IsHex(std::string_view text, size_t length) {
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); });
}

constexpr std::string_view kNewest = "no exact version: whatever is newest at each start";

Origin OfNpm(std::string_view spec) {
  Origin out;
  out.kind = Kind::kNpm;
  if (spec.starts_with("npm:")) spec.remove_prefix(4);
  const bool repository = spec.find("://") != std::string_view::npos || spec.starts_with("git") || spec.find(':') != std::string_view::npos ||
                          (spec.find('/') != std::string_view::npos && !spec.starts_with('@'));
  if (repository) {
    const size_t hash = spec.find('#');
    out.package = spec.substr(0, hash);
    if (hash != std::string_view::npos) out.version = spec.substr(hash + 1);
    out.pinned = IsHex(out.version, 40);
    out.why = out.pinned ? "one commit of a repository" : "a repository or file, not one commit of it";
    return out;
  }
  const size_t at = spec.find('@', 1);
  out.package = spec.substr(0, at);
  if (at != std::string_view::npos) out.version = spec.substr(at + 1);
  out.pinned = IsExactSemver(out.version);
  out.why = out.pinned ? "an exact version" : kNewest;
  return out;
}

Origin OfPyPI(std::string_view spec) {
  Origin out;
  out.kind = Kind::kPyPI;
  if (spec.find("://") != std::string_view::npos) {
    const size_t at = spec.rfind('@');
    const bool revision = at != std::string_view::npos && spec.substr(at).find('/') == std::string_view::npos;
    out.package = revision ? spec.substr(0, at) : spec;
    if (revision) out.version = spec.substr(at + 1);
    out.pinned = IsHex(out.version, 40);
    out.why = out.pinned ? "one commit of a repository" : "a repository or file, not one commit of it";
    return out;
  }
  const size_t at = spec.find_first_of("=<>~!@");
  out.package = spec.substr(0, at);
  if (at != std::string_view::npos) {
    const size_t from = spec.find_first_not_of("=@", at);
    out.version = from == std::string_view::npos ? "" : spec.substr(from);
    const bool exact = spec.substr(at).starts_with("==") || spec[at] == '@';
    out.pinned = exact && IsExactRelease(out.version);
    if (!exact) out.version = spec.substr(at);
  }
  if (const size_t extras = out.package.find('['); extras != std::string::npos) out.package.resize(extras);
  out.why = out.pinned ? "an exact version" : kNewest;
  return out;
}

Origin OfImage(std::string_view image) {
  Origin out;
  out.kind = Kind::kContainer;
  if (const size_t at = image.find('@'); at != std::string_view::npos) {
    out.package = image.substr(0, at);
    out.version = image.substr(at + 1);
    out.pinned = out.version.starts_with("sha256:") && IsHex(std::string_view(out.version).substr(7), 64);
    if (const size_t tag = out.package.rfind(':'); tag != std::string::npos && out.package.find('/', tag) == std::string::npos) out.package.resize(tag);
  } else {
    const size_t tag = image.rfind(':');
    const bool tagged = tag != std::string_view::npos && image.find('/', tag) == std::string_view::npos;
    out.package = image.substr(0, tagged ? tag : image.size());
    if (tagged) out.version = image.substr(tag + 1);
  }
  out.why = out.pinned ? "the digest of an image" : "a tag can be moved; only a digest names one image";
  return out;
}

Origin Unsure(Kind kind, std::string why) {
  Origin out;
  out.kind = kind;
  out.why = std::move(why);
  return out;
}

// How a program that fetches packages finds the name among its words.
struct Fetcher {
  std::string_view program, verb;                  // verb: a word that must come first; "" for none
  Kind kind;
  std::span<const std::string_view> names;         // options whose value is the package
  std::span<const std::string_view> with_value;    // options that take a word
  std::span<const std::string_view> alone;         // options that take none
};

constexpr std::string_view kNpxNames[] = {"-p", "--package"};
constexpr std::string_view kNpxValue[] = {"--registry", "--prefix", "--cache", "--userconfig", "-w", "--workspace", "--loglevel"};
constexpr std::string_view kNpxAlone[] = {"-y", "--yes", "-q", "--quiet", "--no-install", "--prefer-offline", "--prefer-online", "--offline", "--silent", "--bun", "--ignore-existing"};
constexpr std::string_view kUvNames[] = {"--from"};
constexpr std::string_view kUvValue[] = {"--python", "-p", "--with", "--index", "--index-url", "--extra-index-url", "--default-index", "--directory", "--cache-dir", "--env-file", "--with-editable"};
constexpr std::string_view kUvAlone[] = {"-q", "--quiet", "-v", "--verbose", "--isolated", "--no-cache", "-n", "--offline", "--refresh", "--native-tls", "--no-config", "-U", "--upgrade"};
constexpr std::string_view kPipxNames[] = {"--spec"};
constexpr std::string_view kPipxValue[] = {"--python", "--index-url", "-i", "--pip-args"};
constexpr std::string_view kPipxAlone[] = {"-q", "--quiet", "--no-cache", "-v", "--verbose"};
constexpr std::string_view kDockerValue[] = {
    "-e", "--env", "-v", "--volume", "--mount", "--name", "-p", "--publish", "--network", "--net", "--env-file", "-w", "--workdir", "-u", "--user", "--entrypoint", "-l", "--label", "--platform",
    "--pull", "--add-host", "-m", "--memory", "--cpus", "--cap-add", "--cap-drop", "--security-opt", "--device", "-h", "--hostname", "--tmpfs", "--dns", "--pid", "--ipc", "--restart", "--log-driver", "--userns",
    "--shm-size", "--ulimit", "--pids-limit", "--runtime", "--gpus"};
constexpr std::string_view kDockerAlone[] = {"-i", "--interactive", "-t", "--tty", "-it", "-ti", "--rm", "-d", "--detach", "--init", "--privileged", "--read-only", "-P", "--publish-all", "-q", "--quiet"};
constexpr std::string_view kDenoAlone[] = {"-A", "--allow-all", "--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-run", "--no-prompt", "-q", "--quiet", "--no-lock"};

constexpr Fetcher kFetchers[] = {
    {"npx", "", Kind::kNpm, kNpxNames, kNpxValue, kNpxAlone},         {"bunx", "", Kind::kNpm, kNpxNames, kNpxValue, kNpxAlone},
    {"npm", "exec", Kind::kNpm, kNpxNames, kNpxValue, kNpxAlone},     {"npm", "x", Kind::kNpm, kNpxNames, kNpxValue, kNpxAlone},
    {"pnpm", "dlx", Kind::kNpm, kNpxNames, kNpxValue, kNpxAlone},     {"pnpx", "", Kind::kNpm, kNpxNames, kNpxValue, kNpxAlone},
    {"yarn", "dlx", Kind::kNpm, kNpxNames, kNpxValue, kNpxAlone},     {"bun", "x", Kind::kNpm, kNpxNames, kNpxValue, kNpxAlone},
    {"uvx", "", Kind::kPyPI, kUvNames, kUvValue, kUvAlone},           {"uv", "tool run", Kind::kPyPI, kUvNames, kUvValue, kUvAlone},
    {"pipx", "run", Kind::kPyPI, kPipxNames, kPipxValue, kPipxAlone}, {"docker", "run", Kind::kContainer, {}, kDockerValue, kDockerAlone},
    {"docker", "container run", Kind::kContainer, {}, kDockerValue, kDockerAlone},
    {"podman", "run", Kind::kContainer, {}, kDockerValue, kDockerAlone}, {"nerdctl", "run", Kind::kContainer, {}, kDockerValue, kDockerAlone},
};

Origin OfSpec(Kind kind, std::string_view spec) {
  if (spec.empty()) return Unsure(kind, "it names nothing");
  return kind == Kind::kNpm ? OfNpm(spec) : kind == Kind::kPyPI ? OfPyPI(spec) : OfImage(spec);
}

// The index behind the verb's words; nothing when `args` do not begin with them.
std::optional<size_t> AfterVerb(std::string_view verb, const std::vector<std::string>& args) {
  size_t at = 0;
  while (!verb.empty()) {
    const size_t space = verb.find(' ');
    if (at >= args.size() || args[at] != verb.substr(0, space)) return std::nullopt;
    ++at;
    verb = space == std::string_view::npos ? "" : verb.substr(space + 1);
  }
  return at;
}

Origin Fetch(const Fetcher& fetcher, const std::vector<std::string>& args, size_t at) {
  for (; at < args.size(); ++at) {
    const std::string_view word = args[at];
    if (word == "--") continue;
    if (!word.starts_with('-')) return OfSpec(fetcher.kind, word);
    const size_t equals = word.find('=');
    const std::string_view option = word.substr(0, equals);
    const bool joined = equals != std::string_view::npos;
    if (IsOneOf(option, fetcher.names)) return OfSpec(fetcher.kind, joined ? word.substr(equals + 1) : at + 1 < args.size() ? std::string_view(args[at + 1]) : std::string_view());
    if (joined && option.starts_with("--")) continue;
    if (IsOneOf(option, fetcher.with_value)) {
      ++at;
    } else if (!IsOneOf(option, fetcher.alone)) {
      return Unsure(fetcher.kind, "the option " + std::string(word.substr(0, 40)) + " is not known, so neither is what follows it");
    }
  }
  return Unsure(fetcher.kind, "it names nothing");
}

constexpr std::string_view kInterpreters[] = {"node", "nodejs", "python", "python3", "bash", "sh", "bun", "ruby", "perl", "tsx", "ts-node"};

Origin OfProgram(std::string_view command, std::string_view name, const std::vector<std::string>& args) {
  Origin out;
  out.kind = Kind::kProgram;
  out.package = command;
  out.why = "a program of this machine: whoever can write it decides what it does";
  if (!IsOneOf(name, kInterpreters)) return out;
  for (const std::string& word : args) {
    if (word.starts_with('-')) {
      out.why = "a program of this machine, told by options what to run";
      return out;
    }
    out.package = word;
    return out;
  }
  return out;
}

}  // namespace

std::string_view OriginName(Kind kind) {
  constexpr std::string_view kNames[] = {"unknown", "program", "npm", "PyPI", "container", "remote"};
  return kNames[static_cast<size_t>(kind)];
}

Origin OriginOf(std::string_view command, const std::vector<std::string>& args) {
  if (command.empty()) return Unsure(Kind::kUnknown, "it names no command");
  const std::string_view name = BaseName(command);
  if (name == "env" || name == "cmd") return Unsure(Kind::kUnknown, "started by way of another program");
  for (const Fetcher& fetcher : kFetchers) {
    if (name != fetcher.program) continue;
    if (const std::optional<size_t> at = AfterVerb(fetcher.verb, args)) return Fetch(fetcher, args, *at);
  }
  if (name == "deno" && !args.empty() && args[0] == "run") {
    for (size_t i = 1; i < args.size(); ++i) {
      const std::string_view word = args[i];
      if (word.starts_with("npm:")) return OfNpm(word);
      if (!word.starts_with('-')) break;
      if (word.find('=') == std::string_view::npos && !IsOneOf(word, kDenoAlone)) break;
    }
    return Unsure(Kind::kProgram, "a program of this machine or of an address");
  }
  return OfProgram(command, name, args);
}

Origin OriginOfAddress() { return Unsure(Kind::kRemote, "runs elsewhere: whoever owns the address decides what it does"); }

}  // namespace checkrein::advisories
