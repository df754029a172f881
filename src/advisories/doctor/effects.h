// Effects, in our vocabulary, of what settings name: commands, permission rules, addresses, directories.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "advisories/doctor/finding.h"

namespace checkrein::advisories {

// At most kMaxEffects; the last is then "..." and the number of the others.
inline constexpr size_t kMaxEffects = 12;
std::vector<std::string> EffectsOfCommand(std::string_view command, const ExaminePlace& place);
// A program with its words, as an MCP server is started.
std::vector<std::string> EffectsOfWords(const std::vector<std::string>& words, const ExaminePlace& place);
// "Bash(git:*)", "Write(src/**)", "WebFetch(domain:a.example)", "mcp__fs__read", "Shell(ls)", "run_shell_command(git)".
std::vector<std::string> EffectsOfRule(std::string_view rule, const ExaminePlace& place);
// OpenCode's names: "bash", "edit", "webfetch", "*", ...; `pattern`: "" for all.
std::vector<std::string> EffectsOfTool(std::string_view tool, std::string_view pattern, const ExaminePlace& place);
// connect:HOST:PORT of a URL; connect:? for what is none.
std::string EffectOfAddress(std::string_view url);
// What may be shown of a URL: neither log-in nor query, both of which hold keys.
std::string ShownAddress(std::string_view url);
std::vector<std::string> EffectsOfDirectory(std::string_view directory, const ExaminePlace& place);

}  // namespace checkrein::advisories
