#include "agent/tool_table.h"

#include <array>

namespace checkrein::agent {
namespace {

using Kind = ToolCall::Kind;

constexpr auto kClaudeTools = std::to_array<ToolRow>({
    {"Bash", Kind::kShell, "command", "", "timeout description run_in_background dangerouslyDisableSandbox"},
    {"Monitor", Kind::kShell, "command", "", "timeout_ms description persistent"},  // with `ws` in place of a command: see tools.cc
    {"BashOutput", Kind::kPlan, "", "", "*"},
    {"KillShell", Kind::kPlan, "", "", "*"},
    {"KillBash", Kind::kPlan, "", "", "*"},
    {"TaskOutput", Kind::kPlan, "", "", "*"},
    {"TaskStop", Kind::kPlan, "", "", "*"},
    {"Read", Kind::kRead, "file_path", "", "offset limit pages allow_large"},
    {"Write", Kind::kWrite, "file_path", "", "content"},
    {"Edit", Kind::kEdit, "file_path", "", "old_string new_string replace_all"},
    {"MultiEdit", Kind::kEdit, "file_path", "", "edits"},
    {"NotebookRead", Kind::kRead, "notebook_path", "", "cell_id"},
    {"NotebookEdit", Kind::kEdit, "notebook_path", "", "cell_id new_source cell_type edit_mode"},
    {"Glob", Kind::kSearch, "path?", "pattern", ""},
    {"Grep", Kind::kSearch, "path?", "pattern",
     "glob output_mode -B -A -C context -n -i -o type head_limit offset multiline"},
    {"LS", Kind::kSearch, "path", "", "ignore"},
    {"WebFetch", Kind::kFetch, "url", "", "prompt offset"},
    {"WebSearch", Kind::kFetch, "", "query", "allowed_domains blocked_domains"},
    {"Task", Kind::kAgent, "", "", "*"},
    {"Agent", Kind::kAgent, "", "", "*"},
    {"SendMessage", Kind::kAgent, "", "", "*"},
    {"ListAgents", Kind::kPlan, "", "", "*"},
    {"TodoWrite", Kind::kPlan, "", "", "*"},
    {"TaskCreate", Kind::kPlan, "", "", "*"},
    {"TaskGet", Kind::kPlan, "", "", "*"},
    {"TaskUpdate", Kind::kPlan, "", "", "*"},
    {"TaskList", Kind::kPlan, "", "", "*"},
    {"ToolSearch", Kind::kPlan, "", "", "*"},
    {"EnterPlanMode", Kind::kPlan, "", "", "*"},
    {"ExitPlanMode", Kind::kPlan, "", "", "*"},
    {"AskUserQuestion", Kind::kPlan, "", "", "*"},
    {"ReportFindings", Kind::kPlan, "", "", "*"},
    {"ScheduleWakeup", Kind::kPlan, "", "", "*"},
    {"CronList", Kind::kPlan, "", "", "*"},
    // Left unknown on purpose, for they reach outside or run what a file says: Skill, Workflow, Artifact, CronCreate, CronDelete,
    // RemoteTrigger, PushNotification, EnterWorktree, ExitWorktree, LSP.
});

constexpr auto kCodexTools = std::to_array<ToolRow>({
    // The client calls its exec_command "Bash" towards hooks and sends nothing but the command.
    {"Bash", Kind::kShell, "command", "", ""},
    {"exec_command", Kind::kShell, "cmd", "workdir",
     "justification login max_output_tokens prefix_rule sandbox_permissions shell tty yield_time_ms"},
    {"apply_patch", Kind::kEdit, "command", "", ""},
    {"view_image", Kind::kRead, "path", "", "detail"},
    {"web_search", Kind::kFetch, "", "query", ""},
    {"update_plan", Kind::kPlan, "", "", "*"},
    {"create_goal", Kind::kPlan, "", "", "*"},
    {"get_goal", Kind::kPlan, "", "", "*"},
    {"update_goal", Kind::kPlan, "", "", "*"},
    {"request_user_input", Kind::kPlan, "", "", "*"},
    {"tool_search", Kind::kPlan, "", "", "*"},
    {"spawn_agent", Kind::kAgent, "", "", "*"},
    {"send_input", Kind::kAgent, "", "", "*"},
    {"resume_agent", Kind::kAgent, "", "", "*"},
    {"wait_agent", Kind::kPlan, "", "", "*"},
    {"close_agent", Kind::kPlan, "", "", "*"},
    // Left unknown on purpose: write_stdin (types into a running program), exec (JavaScript that calls other tools).
});

constexpr auto kGeminiTools = std::to_array<ToolRow>({
    {"run_shell_command", Kind::kShell, "command", "dir_path", "description is_background delay_ms wait_for_previous"},
    {"read_file", Kind::kRead, "file_path", "", "start_line end_line wait_for_previous"},
    {"write_file", Kind::kWrite, "file_path", "", "content wait_for_previous"},
    {"replace", Kind::kEdit, "file_path", "", "instruction old_string new_string allow_multiple wait_for_previous"},
    {"list_directory", Kind::kSearch, "dir_path", "", "ignore file_filtering_options wait_for_previous"},
    {"glob", Kind::kSearch, "dir_path?", "pattern", "case_sensitive respect_git_ignore respect_gemini_ignore wait_for_previous"},
    {"grep_search", Kind::kSearch, "dir_path?", "pattern",
     "include_pattern exclude_pattern names_only max_matches_per_file total_max_matches case_sensitive fixed_strings context after "
     "before no_ignore wait_for_previous"},
    {"search_file_content", Kind::kSearch, "dir_path|path?", "pattern", "include wait_for_previous"},
    {"web_fetch", Kind::kFetch, "", "prompt", "wait_for_previous"},  // the addresses stand in the prompt: see tools.cc
    {"google_web_search", Kind::kFetch, "", "query", "wait_for_previous"},
    {"invoke_agent", Kind::kAgent, "", "", "*"},
    {"write_todos", Kind::kPlan, "", "", "*"},
    {"update_topic", Kind::kPlan, "", "", "*"},
    {"enter_plan_mode", Kind::kPlan, "", "", "*"},
    {"exit_plan_mode", Kind::kPlan, "", "", "*"},
    {"ask_user", Kind::kPlan, "", "", "*"},
    {"complete_task", Kind::kPlan, "", "", "*"},
    {"get_internal_docs", Kind::kPlan, "", "", "*"},
    {"list_background_processes", Kind::kPlan, "", "", "*"},
    {"read_background_output", Kind::kPlan, "", "", "*"},
    {"tracker_create_task", Kind::kPlan, "", "", "*"},
    {"tracker_get_task", Kind::kPlan, "", "", "*"},
    {"tracker_list_tasks", Kind::kPlan, "", "", "*"},
    {"tracker_update_task", Kind::kPlan, "", "", "*"},
    {"tracker_add_dependency", Kind::kPlan, "", "", "*"},
    {"tracker_visualize", Kind::kPlan, "", "", "*"},
    // Left unknown on purpose: save_memory, activate_skill, read_many_files (its paths are patterns).
});

constexpr auto kCopilotTools = std::to_array<ToolRow>({
    {"bash", Kind::kShell, "command", "", "description mode shellId initial_wait detach"},
    {"view", Kind::kRead, "path", "", "view_range forceReadLargeFiles"},
    {"create", Kind::kWrite, "path|file_path", "", "file_text diff"},
    {"edit", Kind::kEdit, "path|file_path", "", "old_str new_str diff"},  // permissionRequest says file_path and diff
    {"glob", Kind::kSearch, "paths?", "pattern", ""},
    {"grep", Kind::kSearch, "paths?", "pattern", "-A -B -C -i -n glob head_limit multiline output_mode type"},
    {"rg", Kind::kSearch, "paths?", "pattern", "-A -B -C -i -n glob head_limit multiline output_mode type"},
    {"web_fetch", Kind::kFetch, "url", "", "max_length start_index raw"},
    {"web_search", Kind::kFetch, "", "query", ""},
    {"task", Kind::kAgent, "", "", "*"},
    {"write_agent", Kind::kAgent, "", "", "*"},
    {"read_agent", Kind::kPlan, "", "", "*"},
    {"list_agents", Kind::kPlan, "", "", "*"},
    {"read_bash", Kind::kPlan, "", "", "*"},
    {"stop_bash", Kind::kPlan, "", "", "*"},
    {"list_bash", Kind::kPlan, "", "", "*"},
    {"sql", Kind::kPlan, "", "", "*"},  // a scratch database of the session
    {"report_intent", Kind::kPlan, "", "", "*"},
    {"update_todo", Kind::kPlan, "", "", "*"},
    {"ask_user", Kind::kPlan, "", "", "*"},
    {"exit_plan_mode", Kind::kPlan, "", "", "*"},
    {"task_complete", Kind::kPlan, "", "", "*"},
    {"fetch_copilot_cli_documentation", Kind::kPlan, "", "", "*"},
    // Left unknown on purpose: write_bash (types into a running program), skill, session_store_sql, store_memory, lsp,
    // apply_patch and str_replace_editor (never offered to the scripted model: their arguments are not measured).
});

constexpr auto kOpenCodeTools = std::to_array<ToolRow>({
    {"bash", Kind::kShell, "command", "workdir", "description timeout"},
    {"read", Kind::kRead, "filePath", "", "offset limit"},
    {"write", Kind::kWrite, "filePath", "", "content"},
    {"edit", Kind::kEdit, "filePath", "", "oldString newString replaceAll"},
    {"multiedit", Kind::kEdit, "filePath", "", "edits"},
    {"apply_patch", Kind::kEdit, "patchText", "", ""},
    {"patch", Kind::kEdit, "patchText", "", ""},
    {"list", Kind::kSearch, "path?", "", "ignore"},
    {"glob", Kind::kSearch, "path?", "pattern", ""},
    {"grep", Kind::kSearch, "path?", "pattern", "include"},
    {"webfetch", Kind::kFetch, "url", "", "format timeout"},
    {"websearch", Kind::kFetch, "", "query", "numResults livecrawl type contextMaxCharacters"},
    {"codesearch", Kind::kFetch, "", "query", "tokensNum"},
    {"task", Kind::kAgent, "", "", "*"},
    {"todowrite", Kind::kPlan, "", "", "*"},
    {"todoread", Kind::kPlan, "", "", "*"},
    {"question", Kind::kPlan, "", "", "*"},
    {"plan_enter", Kind::kPlan, "", "", "*"},
    {"plan_exit", Kind::kPlan, "", "", "*"},
    {"invalid", Kind::kPlan, "", "", "*"},
    // Left unknown on purpose: skill, lsp, batch; and every MCP or custom tool, for the client joins server and tool by "_".
});

}  // namespace

std::span<const ToolRow> ToolTable(Client client) {
  switch (client) {
    case Client::kClaude: return kClaudeTools;
    case Client::kCodex: return kCodexTools;
    case Client::kGemini: return kGeminiTools;
    case Client::kCopilot: return kCopilotTools;
    case Client::kOpenCode: return kOpenCodeTools;
  }
  return {};
}

}  // namespace checkrein::agent
