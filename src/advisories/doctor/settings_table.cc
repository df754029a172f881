#include "advisories/doctor/settings_table.h"

#include "base/path.h"

namespace checkrein::advisories {
namespace {

// Sources: the clients' published settings pages and schemas; docs/clients.md for what was measured.
constexpr SettingRow kRows[] = {
    {Family::kClaude, "permissions allow []", Code::kPermission, Reading::kRule, "permits", ""},
    {Family::kClaude, "permissions defaultMode", Code::kMode, Reading::kOneOf, "permission mode", "bypassPermissions acceptEdits dontAsk auto"},
    {Family::kClaude, "permissions additionalDirectories []", Code::kDirectories, Reading::kDirectory, "works in", ""},
    {Family::kClaude, "skipDangerousModePermissionPrompt", Code::kMode, Reading::kTrue, "does not ask before it bypasses all questions", ""},
    {Family::kClaude, "enableAllProjectMcpServers", Code::kTrust, Reading::kTrue, "starts every MCP server of the project", ""},
    {Family::kClaude, "enabledMcpjsonServers []", Code::kTrust, Reading::kAny, "starts the project's MCP server", ""},
    {Family::kClaude, "hooks * [] hooks [] command", Code::kStarts, Reading::kCommand, "a hook runs", ""},
    {Family::kClaude, "hooks * [] hooks [] url", Code::kRedirect, Reading::kAddress, "a hook sends events to", ""},
    {Family::kClaude, "apiKeyHelper", Code::kStarts, Reading::kCommand, "the key helper runs", ""},
    {Family::kClaude, "awsAuthRefresh", Code::kStarts, Reading::kCommand, "the log-in helper runs", ""},
    {Family::kClaude, "awsCredentialExport", Code::kStarts, Reading::kCommand, "the log-in helper runs", ""},
    {Family::kClaude, "gcpAuthRefresh", Code::kStarts, Reading::kCommand, "the log-in helper runs", ""},
    {Family::kClaude, "otelHeadersHelper", Code::kStarts, Reading::kCommand, "the telemetry helper runs", ""},
    {Family::kClaude, "statusLine command", Code::kStarts, Reading::kCommand, "the status line runs", ""},
    {Family::kClaude, "subagentStatusLine command", Code::kStarts, Reading::kCommand, "the status line runs", ""},
    {Family::kClaude, "fileSuggestion command", Code::kStarts, Reading::kCommand, "the file suggestion runs", ""},
    {Family::kClaude, "env", Code::kEnvironment, Reading::kVariables, "", ""},
    {Family::kClaude, "disableAllHooks", Code::kGuardOff, Reading::kTrue, "switches all hooks off, Checkrein's user-level ones among them", ""},
    {Family::kClaude, "sandbox enabled", Code::kGuardOff, Reading::kFalse, "switches the client's sandbox off", ""},
    {Family::kClaude, "sandbox allowUnsandboxedCommands", Code::kGuardOff, Reading::kTrue, "lets commands leave the client's sandbox", ""},
    {Family::kClaude, "sandbox autoAllowBashIfSandboxed", Code::kPermission, Reading::kTrue, "permits every sandboxed command", ""},
    {Family::kClaude, "sandbox excludedCommands []", Code::kGuardOff, Reading::kCommand, "outside of the client's sandbox runs", ""},
    {Family::kClaude, "sandbox enableWeakerNestedSandbox", Code::kGuardOff, Reading::kTrue, "weakens the client's sandbox", ""},
    {Family::kClaude, "enabledPlugins *", Code::kPlugIn, Reading::kTrue, "enables a plug-in", ""},
    {Family::kClaude, "extraKnownMarketplaces *", Code::kPlugIn, Reading::kAny, "adds a marketplace of plug-ins", ""},

    {Family::kCodex, "** approval_policy", Code::kMode, Reading::kOneOf, "approval policy", "never on-failure"},
    {Family::kCodex, "** sandbox_mode", Code::kGuardOff, Reading::kOneOf, "sandbox mode", "danger-full-access"},
    {Family::kCodex, "sandbox_workspace_write network_access", Code::kGuardOff, Reading::kTrue, "opens the network for the client's sandbox", ""},
    {Family::kCodex, "sandbox_workspace_write writable_roots []", Code::kDirectories, Reading::kDirectory, "writes in", ""},
    {Family::kCodex, "projects * trust_level", Code::kTrust, Reading::kOneOf, "a project is", "trusted"},
    {Family::kCodex, "features hooks", Code::kGuardOff, Reading::kFalse, "switches hooks off, Checkrein's user-level ones among them", ""},
    {Family::kCodex, "notify", Code::kStarts, Reading::kCommand, "each turn's end runs", ""},
    {Family::kCodex, "hooks * [] hooks [] command", Code::kStarts, Reading::kCommand, "a hook runs", ""},
    {Family::kCodex, "** model_provider", Code::kRedirect, Reading::kAny, "the model comes from", ""},
    {Family::kCodex, "model_providers * base_url", Code::kRedirect, Reading::kAddress, "the model is at", ""},
    {Family::kCodex, "** chatgpt_base_url", Code::kRedirect, Reading::kAddress, "the model is at", ""},
    {Family::kCodex, "** openai_base_url", Code::kRedirect, Reading::kAddress, "the model is at", ""},
    {Family::kCodex, "model_providers * auth command", Code::kStarts, Reading::kCommand, "the key helper runs", ""},
    {Family::kCodex, "otel exporter * endpoint", Code::kRedirect, Reading::kAddress, "telemetry goes to", ""},
    {Family::kCodex, "** model_instructions_file", Code::kPermission, Reading::kAny, "replaces the client's own instructions by", ""},
    {Family::kCodex, "** experimental_instructions_file", Code::kPermission, Reading::kAny, "replaces the client's own instructions by", ""},
    {Family::kCodex, "shell_environment_policy set", Code::kEnvironment, Reading::kVariables, "", ""},
    {Family::kCodex, "shell_environment_policy ignore_default_excludes", Code::kPermission, Reading::kTrue, "gives commands the variables that hold keys", ""},

    // Hooks of Codex, Cursor and Copilot in files of their own.
    {Family::kHooks, "** command", Code::kStarts, Reading::kCommand, "a hook runs", ""},
    {Family::kHooks, "** bash", Code::kStarts, Reading::kCommand, "a hook runs", ""},
    {Family::kHooks, "disableAllHooks", Code::kGuardOff, Reading::kTrue, "switches all hooks off", ""},

    {Family::kGemini, "tools allowed []", Code::kPermission, Reading::kRule, "permits", ""},
    {Family::kGemini, "allowedTools []", Code::kPermission, Reading::kRule, "permits", ""},
    {Family::kGemini, "tools autoAccept", Code::kMode, Reading::kTrue, "accepts tool calls without asking", ""},
    {Family::kGemini, "autoAccept", Code::kMode, Reading::kTrue, "accepts tool calls without asking", ""},
    {Family::kGemini, "general defaultApprovalMode", Code::kMode, Reading::kOneOf, "approval mode", "yolo auto_edit autoEdit"},
    {Family::kGemini, "tools approvalMode", Code::kMode, Reading::kOneOf, "approval mode", "yolo auto_edit autoEdit"},
    {Family::kGemini, "security folderTrust enabled", Code::kTrust, Reading::kFalse, "asks for no trust in folders", ""},
    {Family::kGemini, "hooks * [] hooks [] command", Code::kStarts, Reading::kCommand, "a hook runs", ""},
    {Family::kGemini, "hooks * [] command", Code::kStarts, Reading::kCommand, "a hook runs", ""},
    {Family::kGemini, "hooksConfig enabled", Code::kGuardOff, Reading::kFalse, "switches hooks off, Checkrein's among them", ""},
    {Family::kGemini, "hooksConfig disabled []", Code::kGuardOff, Reading::kAny, "switches a hook off", ""},
    {Family::kGemini, "hooks disabled []", Code::kGuardOff, Reading::kAny, "switches a hook off", ""},
    {Family::kGemini, "tools discoveryCommand", Code::kStarts, Reading::kCommand, "tool discovery runs", ""},
    {Family::kGemini, "tools callCommand", Code::kStarts, Reading::kCommand, "tool calls run", ""},
    {Family::kGemini, "toolDiscoveryCommand", Code::kStarts, Reading::kCommand, "tool discovery runs", ""},
    {Family::kGemini, "toolCallCommand", Code::kStarts, Reading::kCommand, "tool calls run", ""},
    {Family::kGemini, "tools sandbox", Code::kGuardOff, Reading::kFalse, "switches the client's sandbox off", ""},
    {Family::kGemini, "context includeDirectories []", Code::kDirectories, Reading::kDirectory, "works in", ""},
    {Family::kGemini, "telemetry otlpEndpoint", Code::kRedirect, Reading::kAddress, "telemetry goes to", ""},
    {Family::kGemini, "mcpServers * trust", Code::kTrust, Reading::kTrue, "calls of a server need no asking", ""},

    {Family::kCopilot, "disableAllHooks", Code::kGuardOff, Reading::kTrue, "switches all hooks off, Checkrein's user-level ones among them", ""},
    {Family::kCopilot, "trusted_folders []", Code::kTrust, Reading::kDirectory, "trusts", ""},
    {Family::kCopilot, "trustedFolders []", Code::kTrust, Reading::kDirectory, "trusts", ""},
    {Family::kCopilot, "** command", Code::kStarts, Reading::kCommand, "the client runs", ""},
    {Family::kCopilot, "** bash", Code::kStarts, Reading::kCommand, "a hook runs", ""},
    {Family::kCopilot, "enabledPlugins *", Code::kPlugIn, Reading::kTrue, "enables a plug-in", ""},

    {Family::kOpenCode, "permission", Code::kMode, Reading::kOneOf, "every permission is", "allow"},
    {Family::kOpenCode, "permission *", Code::kPermission, Reading::kAllowed, "permits", ""},
    {Family::kOpenCode, "permission * *", Code::kPermission, Reading::kAllowed, "permits", ""},
    {Family::kOpenCode, "agent * permission *", Code::kPermission, Reading::kAllowed, "permits", ""},
    {Family::kOpenCode, "agent * permission * *", Code::kPermission, Reading::kAllowed, "permits", ""},
    {Family::kOpenCode, "plugin []", Code::kPlugIn, Reading::kAny, "loads the plug-in", ""},
    {Family::kOpenCode, "provider * options baseURL", Code::kRedirect, Reading::kAddress, "the model is at", ""},
    {Family::kOpenCode, "provider * npm", Code::kPlugIn, Reading::kAny, "loads the provider's package", ""},
    {Family::kOpenCode, "lsp * command", Code::kStarts, Reading::kCommand, "a language server is", ""},
    {Family::kOpenCode, "formatter * command", Code::kStarts, Reading::kCommand, "after edits runs", ""},
    {Family::kOpenCode, "experimental hook ** command", Code::kStarts, Reading::kCommand, "a hook runs", ""},
    {Family::kOpenCode, "share", Code::kRedirect, Reading::kOneOf, "publishes conversations", "auto"},
    {Family::kOpenCode, "instructions []", Code::kPermission, Reading::kAny, "takes instructions from", ""},

    {Family::kCursorPermissions, "permissions allow []", Code::kPermission, Reading::kRule, "permits", ""},
    {Family::kCursorCloud, "install", Code::kStarts, Reading::kCommand, "the set-up runs", ""},
    {Family::kCursorCloud, "start", Code::kStarts, Reading::kCommand, "the start runs", ""},
    {Family::kCursorCloud, "terminals [] command", Code::kStarts, Reading::kCommand, "a terminal runs", ""},

    {Family::kEditor, "** chat tools autoApprove", Code::kMode, Reading::kTrue, "approves every tool call (CVE-2025-53773)", ""},
    {Family::kEditor, "** chat tools global autoApprove", Code::kMode, Reading::kTrue, "approves every tool call (CVE-2025-53773)", ""},
    {Family::kEditor, "** chat tools edits autoApprove", Code::kMode, Reading::kAny, "approves edits of", ""},
    {Family::kEditor, "** chat tools terminal autoApprove *", Code::kPermission, Reading::kAny, "approves the command", ""},
    {Family::kEditor, "** chat tools terminal enableAutoApprove", Code::kMode, Reading::kTrue, "approves commands without asking", ""},
    {Family::kEditor, "** chat mcp autostart", Code::kTrust, Reading::kOneOf, "starts MCP servers", "newAndOutdated onlyNew"},
    {Family::kEditor, "** task allowAutomaticTasks", Code::kTrust, Reading::kOneOf, "automatic tasks are", "on"},
    {Family::kEditor, "** security workspace trust enabled", Code::kTrust, Reading::kFalse, "asks for no trust in folders", ""},
    {Family::kEditor, "** http proxy", Code::kRedirect, Reading::kAddress, "traffic goes through", ""},
    {Family::kEditor, "** http proxyStrictSSL", Code::kRedirect, Reading::kFalse, "does not check certificates", ""},
    {Family::kEditor, "** terminal integrated env linux", Code::kEnvironment, Reading::kVariables, "", ""},
    {Family::kEditor, "** terminal integrated automationProfile linux path", Code::kStarts, Reading::kCommand, "tasks run in", ""},
    {Family::kEditor, "** git path", Code::kStarts, Reading::kCommand, "git is", ""},
    {Family::kEditor, "** python defaultInterpreterPath", Code::kStarts, Reading::kCommand, "python is", ""},
    {Family::kTasks, "tasks []", Code::kStarts, Reading::kTask, "opening the folder runs", ""},
    {Family::kEditor, "tasks tasks []", Code::kStarts, Reading::kTask, "opening the folder runs", ""},

    {Family::kDevContainer, "initializeCommand", Code::kStarts, Reading::kCommand, "on this machine, before the container, runs", ""},
    {Family::kDevContainer, "onCreateCommand", Code::kStarts, Reading::kCommand, "the container's making runs", ""},
    {Family::kDevContainer, "updateContentCommand", Code::kStarts, Reading::kCommand, "the container's update runs", ""},
    {Family::kDevContainer, "postCreateCommand", Code::kStarts, Reading::kCommand, "the container's making runs", ""},
    {Family::kDevContainer, "postStartCommand", Code::kStarts, Reading::kCommand, "the container's start runs", ""},
    {Family::kDevContainer, "postAttachCommand", Code::kStarts, Reading::kCommand, "attaching runs", ""},
    {Family::kDevContainer, "privileged", Code::kGuardOff, Reading::kTrue, "the container is privileged", ""},
    {Family::kDevContainer, "mounts []", Code::kDirectories, Reading::kAny, "the container sees", ""},
    {Family::kDevContainer, "runArgs []", Code::kGuardOff, Reading::kOneOf, "the container is started with", "--privileged --network=host --pid=host --ipc=host"},
    {Family::kDevContainer, "containerEnv", Code::kEnvironment, Reading::kVariables, "", ""},
    {Family::kDevContainer, "remoteEnv", Code::kEnvironment, Reading::kVariables, "", ""},
};

constexpr VariableRow kVariables[] = {
    {"*_BASE_URL", Code::kRedirect, "the model's address"},
    {"OPENAI_API_BASE", Code::kRedirect, "the model's address"},
    {"*_PROXY", Code::kRedirect, "a proxy"},
    {"*_proxy", Code::kRedirect, "a proxy"},
    {"*_OTLP_ENDPOINT", Code::kRedirect, "where telemetry goes"},
    {"NODE_EXTRA_CA_CERTS", Code::kRedirect, "whose certificates are believed"},
    {"SSL_CERT_FILE", Code::kRedirect, "whose certificates are believed"},
    {"REQUESTS_CA_BUNDLE", Code::kRedirect, "whose certificates are believed"},
    {"NODE_TLS_REJECT_UNAUTHORIZED", Code::kRedirect, "that certificates are not checked"},
    {"CLAUDE_CONFIG_DIR", Code::kTrust, "where Claude Code's own settings are"},
    {"CODEX_HOME", Code::kTrust, "where Codex's own settings are (CVE-2025-61260)"},
    {"GEMINI_CLI_HOME", Code::kTrust, "where Gemini CLI's own settings are"},
    {"GEMINI_CLI_SYSTEM_SETTINGS_PATH", Code::kTrust, "where Gemini CLI's system settings are"},
    {"GEMINI_CLI_TRUST_WORKSPACE", Code::kTrust, "that Gemini CLI trusts the folder"},
    {"COPILOT_HOME", Code::kTrust, "where Copilot CLI's own settings are"},
    {"OPENCODE_CONFIG", Code::kTrust, "where OpenCode's own settings are"},
    {"OPENCODE_CONFIG_DIR", Code::kTrust, "where OpenCode's own settings are"},
    {"OPENCODE_CONFIG_CONTENT", Code::kTrust, "OpenCode's own settings"},
    {"XDG_CONFIG_HOME", Code::kTrust, "where programs' own settings are"},
    {"HOME", Code::kTrust, "where programs' own settings are"},
    {"PATH", Code::kEnvironment, "which programs run"},
    {"NODE_OPTIONS", Code::kEnvironment, "what node loads"},
    {"NODE_PATH", Code::kEnvironment, "what node loads"},
    {"PYTHONPATH", Code::kEnvironment, "what python loads"},
    {"PYTHONSTARTUP", Code::kEnvironment, "what python runs"},
    {"PYTHONWARNINGS", Code::kEnvironment, "what python loads"},
    {"PERL5OPT", Code::kEnvironment, "what perl loads"},
    {"PERL5LIB", Code::kEnvironment, "what perl loads"},
    {"RUBYOPT", Code::kEnvironment, "what ruby loads"},
    {"JAVA_TOOL_OPTIONS", Code::kEnvironment, "what java loads"},
    {"LD_PRELOAD", Code::kEnvironment, "what every program loads"},
    {"LD_LIBRARY_PATH", Code::kEnvironment, "what every program loads"},
    {"BASH_ENV", Code::kEnvironment, "what bash runs first"},
    {"ENV", Code::kEnvironment, "what sh runs first"},
    {"PROMPT_COMMAND", Code::kEnvironment, "what bash runs"},
    {"PAGER", Code::kEnvironment, "which program shows output"},
    {"GIT_PAGER", Code::kEnvironment, "which program shows output"},
    {"BROWSER", Code::kEnvironment, "which program opens addresses"},
    {"EDITOR", Code::kEnvironment, "which program edits"},
    {"VISUAL", Code::kEnvironment, "which program edits"},
    {"GIT_EDITOR", Code::kEnvironment, "which program edits"},
    {"GIT_SSH", Code::kEnvironment, "which program git starts"},
    {"GIT_SSH_COMMAND", Code::kEnvironment, "which program git starts"},
    {"GIT_EXTERNAL_DIFF", Code::kEnvironment, "which program git starts"},
    {"GIT_ASKPASS", Code::kEnvironment, "which program git asks"},
    {"SSH_ASKPASS", Code::kEnvironment, "which program ssh asks"},
    {"GIT_CONFIG_GLOBAL", Code::kEnvironment, "git's settings"},
    {"GIT_CONFIG_COUNT", Code::kEnvironment, "git's settings"},
    {"LESSOPEN", Code::kEnvironment, "which program less starts"},
};

}  // namespace

std::span<const SettingRow> SettingRows() { return kRows; }

const VariableRow* VariableRowOf(std::string_view name) {
  for (const VariableRow& row : kVariables)
    if (row.name.starts_with('*') ? name.ends_with(row.name.substr(1)) : name == row.name) return &row;
  return nullptr;
}

Family FamilyOf(std::string_view path) {
  const std::string_view name = BaseName(path);
  const std::string_view directory = BaseName(DirName(path));
  const bool json = name.ends_with(".json") || name.ends_with(".jsonc");
  if (directory == ".claude" && (name == "settings.json" || name == "settings.local.json")) return Family::kClaude;
  if (directory == ".codex" && name == "config.toml") return Family::kCodex;
  if ((directory == ".codex" || directory == ".cursor") && name == "hooks.json") return Family::kHooks;
  if (path.find(".github/hooks/") != std::string_view::npos && json) return Family::kHooks;
  if (directory == ".gemini" && name == "settings.json") return Family::kGemini;
  if ((directory == "copilot" || directory == ".copilot") && json && (name.starts_with("settings") || name == "config.json")) return Family::kCopilot;
  if (path.find("/.copilot/hooks/") != std::string_view::npos && json) return Family::kHooks;
  if (name == "opencode.json" || name == "opencode.jsonc" || (directory == "opencode" && name == "config.json")) return Family::kOpenCode;
  if (directory == ".cursor" && (name == "cli.json" || name == "cli-config.json")) return Family::kCursorPermissions;
  if (directory == ".cursor" && name == "environment.json") return Family::kCursorCloud;
  if (((directory == ".vscode" || path.starts_with("~/.config/Code/User/")) && name == "settings.json") || name.ends_with(".code-workspace")) return Family::kEditor;
  if ((directory == ".vscode" || path.starts_with("~/.config/Code/User/")) && name == "tasks.json") return Family::kTasks;
  if (name == "devcontainer.json" || name == ".devcontainer.json") return Family::kDevContainer;
  return Family::kNone;
}

}  // namespace checkrein::advisories
