#include <iterator>

#include "advisories/doctor/finding.h"

namespace checkrein::advisories {
namespace {

constexpr CodeRow kCodes[] = {
    {Code::kPermission, "permission", "permits without asking", "a rule lets the agent act without asking; look whether its pattern is as narrow as its purpose"},
    {Code::kMode, "mode", "switches questions off", "the agent's own questions are off or answered with yes (CVE-2026-33068: a repository may not decide that)"},
    {Code::kDirectories, "directories", "opens more directories", "the agent may work outside of the project without asking"},
    {Code::kTrust, "trust", "grants trust", "folders or servers count as trusted before a person has looked at them (CVE-2025-59536)"},
    {Code::kStarts, "starts", "starts a program", "a program runs without being asked for: a hook, a helper, a task; its effects are what the command line shows"},
    {Code::kServer, "server", "starts or calls an MCP server", "the client starts this command, or calls this address, and gives its tools to the model"},
    {Code::kRedirect, "redirect", "redirects the agent's traffic", "the model's address or a proxy is set: keys and conversations go there (CVE-2026-21852)"},
    {Code::kEnvironment, "environment", "sets a variable that runs code", "programs that the agent starts load or run what this variable names (CVE-2026-22708, CVE-2025-61260)"},
    {Code::kGuardOff, "guard-off", "switches a guard off", "hooks, a sandbox or another protection of the client is off"},
    {Code::kPlugIn, "plug-in", "loads code of others", "the client loads a plug-in, which runs inside of it with all its rights"},
    {Code::kHiddenText, "hidden-text", "hides text", "characters that people do not see or read otherwise than the model does (CVE-2021-42574)"},
    {Code::kHiddenComment, "hidden-comment", "talks to the model in a comment", "a comment that no reader of the page sees gives orders"},
    {Code::kUnreadable, "unreadable", "cannot be read", "nobody can say what the client makes of this file"},
};

}  // namespace

std::span<const CodeRow> Codes() { return kCodes; }

const CodeRow& RowOf(Code code) { return kCodes[static_cast<size_t>(code)]; }

}  // namespace checkrein::advisories
