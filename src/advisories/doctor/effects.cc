#include "advisories/doctor/effects.h"

#include <algorithm>
#include <iterator>

#include "analysis/analysis.h"
#include "analysis/program/url.h"
#include "base/path.h"
#include "effect/effect.h"

namespace checkrein::advisories {
namespace {

constexpr size_t kMaxCommand = 64u << 10;  // of one that is analysed

// The object of a file effect for a path or pattern of a rule: absolute; what a pattern may match is a set.
std::string PathObject(std::string_view spec, const ExaminePlace& place) {
  if (spec.empty() || spec == "*" || spec == "**") return "?";
  std::string path(spec);
  if (path.starts_with("//")) path.erase(0, 1);  // Claude Code: from the root
  if (path.starts_with("~/")) path = place.home + path.substr(1);
  const size_t star = path.find_first_of("*?[{");
  const bool set = star != std::string::npos;
  if (set) path = path.substr(0, path.rfind('/', star) == std::string::npos ? 0 : path.rfind('/', star));
  const std::string absolute = NormalizePath(path.empty() ? "." : path, place.workspace.empty() ? "/" : place.workspace);
  return set ? (absolute == "/" ? "/**" : absolute + "/**") : absolute;
}

std::string Quoted(std::string_view word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// The command that a rule's pattern begins with: "git status:*" and "git *" name git.
std::vector<std::string> EffectsOfPrefix(std::string_view pattern) {
  const size_t end = pattern.find_first_of(" :*");
  const std::string program(pattern.substr(0, end));
  if (program.empty()) return {"exec:?"};
  return {"exec:" + program};
}

struct ToolOp {
  std::string_view tool;
  std::vector<std::string_view> ops;
};
const ToolOp kTools[] = {
    {"Write", {"write"}}, {"Edit", {"write"}}, {"MultiEdit", {"write"}}, {"NotebookEdit", {"write"}}, {"write_file", {"write"}}, {"replace", {"write"}}, {"edit", {"write"}}, {"write", {"write"}},
    {"Read", {"read"}},   {"Glob", {"read"}},  {"Grep", {"read"}},       {"read", {"read"}},          {"read_file", {"read"}},   {"external_directory", {"read", "write"}},
};

}  // namespace

std::vector<std::string> EffectsOfCommand(std::string_view command, const ExaminePlace& place) {
  if (command.size() > kMaxCommand) return {"unknown:too-long"};
  analysis::Place where;
  where.cwd = where.workspace = place.workspace.empty() ? "/" : place.workspace;
  where.home = place.home;
  analysis::NoWorld world;
  const analysis::Analysis analysis = analysis::AnalyzeCommand(command, where, world);
  std::vector<std::string> out;
  for (const Effect& effect : analysis.effects.all()) out.push_back(ToString(effect));
  if (out.empty() && analysis.coverage != Coverage::kFull) out.emplace_back("unknown:?");
  if (out.size() > kMaxEffects) {
    const size_t more = out.size() - kMaxEffects + 1;
    out.resize(kMaxEffects - 1);
    out.push_back("... and " + std::to_string(more) + " more");
  }
  return out;
}

std::vector<std::string> EffectsOfWords(const std::vector<std::string>& words, const ExaminePlace& place) {
  std::string command;
  for (const std::string& word : words) command += (command.empty() ? "" : " ") + Quoted(word);
  return EffectsOfCommand(command, place);
}

std::vector<std::string> EffectsOfRule(std::string_view rule, const ExaminePlace& place) {
  const size_t open = rule.find('(');
  const std::string_view tool = rule.substr(0, open);
  std::string_view inside = open == std::string_view::npos ? std::string_view() : rule.substr(open + 1);
  if (inside.ends_with(')')) inside.remove_suffix(1);
  if (tool.starts_with("mcp__") || tool == "Mcp") {
    const std::string_view name = tool == "Mcp" ? inside : tool.substr(5);
    const size_t end = tool == "Mcp" ? name.find(':') : name.find("__");
    const std::string server(name.substr(0, end));
    const std::string called(end == std::string_view::npos ? std::string_view() : name.substr(end + (tool == "Mcp" ? 1 : 2)));
    return {"tool:" + (server.empty() || server == "*" ? "?" : server) + "/" + (called.empty() || called == "*" ? "?" : called)};
  }
  constexpr std::string_view kShells[] = {"Bash", "Shell", "run_shell_command", "ShellTool", "bash", "PowerShell"};
  if (std::find(std::begin(kShells), std::end(kShells), tool) != std::end(kShells)) return EffectsOfPrefix(inside);
  if (tool == "WebFetch" || tool == "WebSearch" || tool == "web_fetch" || tool == "google_web_search" || tool == "webfetch" || tool == "websearch") {
    if (inside.starts_with("domain:") && inside.find('*') == std::string_view::npos && inside.size() > 7) return {"connect:" + std::string(inside.substr(7)) + ":443"};
    return {"connect:?"};
  }
  for (const ToolOp& row : kTools) {
    if (row.tool != tool) continue;
    std::vector<std::string> out;
    for (const std::string_view op : row.ops) out.push_back(std::string(op) + ":" + PathObject(inside, place));
    return out;
  }
  if (tool == "*" || tool.empty()) return {"exec:?", "write:?", "connect:?"};
  return {"unknown:tool"};
}

std::vector<std::string> EffectsOfTool(std::string_view tool, std::string_view pattern, const ExaminePlace& place) {
  if (tool == "*") return {"exec:?", "write:?", "connect:?"};
  return EffectsOfRule(pattern.empty() ? std::string(tool) : std::string(tool) + "(" + std::string(pattern) + ")", place);
}

std::string EffectOfAddress(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "connect:?";
  std::string_view rest = url.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  const bool plain = std::all_of(rest.begin(), rest.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' || c == ']' || c == '_'; });
  if (rest.empty() || !plain) return "connect:?";
  const size_t colon = rest.rfind(':');
  const bool port = colon != std::string_view::npos && colon > rest.rfind(']') + (rest.rfind(']') == std::string_view::npos ? 1 : 0);
  if (port || (colon != std::string_view::npos && !rest.ends_with(']'))) return "connect:" + std::string(rest);
  const std::string_view name = url.substr(0, scheme);
  return "connect:" + std::string(rest) + (name == "http" || name == "ws" ? ":80" : name.starts_with("socks") ? ":1080" : ":443");
}

std::string ShownAddress(std::string_view url) {
  const size_t query = url.find('?');
  std::string out = query == std::string_view::npos ? std::string(url) : std::string(url.substr(0, query)) + "?...";
  const size_t scheme = out.find("://");
  if (scheme == std::string::npos) return out;
  const size_t end = std::min(out.find('/', scheme + 3), out.size());
  const size_t at = out.rfind('@', end);
  if (at != std::string::npos && at > scheme) out.erase(scheme + 3, at - scheme - 2);
  return out;
}

std::vector<std::string> EffectsOfDirectory(std::string_view directory, const ExaminePlace& place) {
  std::string object = PathObject(directory, place);
  if (object != "?" && !object.ends_with("/**")) object += object == "/" ? "**" : "/**";
  return {"read:" + object, "write:" + object};
}

}  // namespace checkrein::advisories
