// What the tests must know of each client: how to point it at the scripted model, and how to start it without a person.
// `here` has home, work, port, clients (where they are installed).
import { cpSync, existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const url = (here) => `http://127.0.0.1:${here.port}`;
const binary = (here, client) => join(here.clients, client, 'node_modules', '.bin', client);

// A neutral call -> the client's tool. Paths may be relative to the workspace.
const tools = {
  claude: {
    shell: (c) => ({ name: 'Bash', input: { command: c.shell, description: c.intent ?? 'A test step' } }),
    read: (c) => ({ name: 'Read', input: { file_path: c.read } }),
    write: (c) => ({ name: 'Write', input: { file_path: c.write, content: c.content } }),
  },
  codex: {
    shell: (c) => ({ name: 'exec_command', input: { cmd: c.shell, ...c.extra } }),
    read: (c) => ({ name: 'view_image', input: { path: c.read } }),
    write: (c) => ({ name: 'apply_patch', raw: `*** Begin Patch\n*** Add File: ${c.write}\n${c.content.replace(/\n$/, '').replace(/^/gm, '+')}\n*** End Patch` }),
  },
  gemini: {
    shell: (c) => ({ name: 'run_shell_command', input: { command: c.shell, description: c.intent ?? 'A test step' } }),
    read: (c) => ({ name: 'read_file', input: { file_path: c.read } }),
    write: (c) => ({ name: 'write_file', input: { file_path: c.write, content: c.content } }),
  },
  copilot: {
    shell: (c) => ({ name: 'bash', input: { command: c.shell, description: c.intent ?? 'A test step' } }),
    read: (c) => ({ name: 'view', input: { path: c.read } }),
    write: (c) => ({ name: 'create', input: { path: c.write, file_text: c.content } }),
  },
  opencode: {
    shell: (c) => ({ name: 'bash', input: { command: c.shell, description: c.intent ?? 'A test step' } }),
    read: (c) => ({ name: 'read', input: { filePath: c.read } }),
    write: (c) => ({ name: 'write', input: { filePath: c.write, content: c.content } }),
  },
};

export function toolCall(client, call) {
  for (const kind of ['shell', 'read', 'write']) if (call[kind] !== undefined) return tools[client][kind](call);
  return call; // {"name", "input"} as the client itself spells it
}

// Files of the home directory (no hooks in them), environment, command line. `model` matters to Codex only: the tools that it
// offers depend on it, and "gpt-5.5" is the one that is given apply_patch.
export const clients = {
  claude: {
    files: (here) => ({
      '.claude.json': { hasCompletedOnboarding: true, customApiKeyResponses: { approved: ['sk-ant-dummy-key'.slice(-20)], rejected: [] },
        projects: { [here.work]: { hasTrustDialogAccepted: true } } },
      '.claude/settings.json': here.permissive ? { permissions: { allow: ['Bash', 'Read', 'Write', 'Edit'] } } : {},
    }),
    env: (here) => ({ ANTHROPIC_BASE_URL: url(here), ANTHROPIC_API_KEY: 'sk-ant-dummy-key', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1', DISABLE_TELEMETRY: '1' }),
    command: (here, prompt) => [binary(here, 'claude'), '-p', prompt, '--output-format', 'json', '--model', 'claude-sonnet-4-5'],
  },
  codex: {
    files: (here) => ({
      '.codex/config.toml': [
        `model = "${here.model ?? 'gpt-5.5'}"`, 'model_provider = "scripted"', 'check_for_update_on_startup = false',
        ...(here.permissive ? ['approval_policy = "never"', 'sandbox_mode = "danger-full-access"'] : []),
        '[model_providers.scripted]', 'name = "scripted"', `base_url = "${url(here)}/v1"`, 'wire_api = "responses"', 'env_key = "OPENAI_API_KEY"',
        'request_max_retries = 0', 'stream_max_retries = 0', '[analytics]', 'enabled = false', '[otel]', 'exporter = "none"',
        `[projects."${here.work}"]`, 'trust_level = "trusted"', '',
      ].join('\n'),
    }),
    env: () => ({ OPENAI_API_KEY: 'dummy' }),
    command: (here, prompt) => [binary(here, 'codex'), 'exec', '--json', '--skip-git-repo-check',
      ...(here.mode === 'hooks' ? ['--dangerously-bypass-hook-trust'] : []), prompt],
  },
  gemini: {
    files: () => ({
      '.gemini/settings.json': { security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
        general: { enableAutoUpdate: false }, privacy: { usageStatisticsEnabled: false }, telemetry: { enabled: false } },
    }),
    env: (here) => ({ GOOGLE_GEMINI_BASE_URL: url(here), GEMINI_API_KEY: 'dummy', GEMINI_CLI_NO_RELAUNCH: 'true', GEMINI_CLI_TRUST_WORKSPACE: 'true',
      GEMINI_TELEMETRY_ENABLED: 'false' }),
    command: (here, prompt) => [binary(here, 'gemini'), '-p', prompt, '-m', 'gemini-2.5-flash', '--output-format', 'json', ...(here.permissive ? ['--yolo'] : [])],
  },
  copilot: {
    files: (here) => ({ '.copilot/config.json': { trusted_folders: [here.work], banner: 'never' } }),
    env: (here) => ({ COPILOT_PROVIDER_BASE_URL: `${url(here)}/v1`, COPILOT_PROVIDER_TYPE: 'openai', COPILOT_PROVIDER_API_KEY: 'dummy',
      COPILOT_MODEL: 'scripted', COPILOT_OFFLINE: 'true', COPILOT_AUTO_UPDATE: 'false' }),
    command: (here, prompt) => [binary(here, 'copilot'), '-p', prompt, '--no-auto-update', ...(here.permissive ? ['--allow-all-tools'] : [])],
    prepare: (here) => {
      // Its first start unpacks 200 MB; one copy serves all runs.
      const unpacked = join(here.clients, 'copilot', '.unpacked');
      if (existsSync(unpacked)) cpSync(unpacked, join(here.home, '.cache', 'copilot'), { recursive: true });
    },
  },
  opencode: {
    files: (here) => ({
      '.config/opencode/opencode.json': {
        autoupdate: false, share: 'disabled', enabled_providers: ['scripted'], permission: here.permissive ? { bash: 'allow', edit: 'allow' } : {},
        provider: { scripted: { npm: '@ai-sdk/openai-compatible', name: 'scripted', options: { baseURL: `${url(here)}/v1`, apiKey: 'dummy' },
          models: { scripted: { name: 'scripted', tool_call: true, limit: { context: 100000, output: 8000 } } } } },
      },
    }),
    env: () => ({ OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1' }),
    command: (here, prompt) => [binary(here, 'opencode'), 'run', '--format', 'json', '-m', 'scripted/scripted', prompt],
    prepare: (here) => {
      // Without its plugin package in place it waits for ever for a registry.
      const to = join(here.home, '.config', 'opencode');
      const from = join(here.clients, 'opencode-plugin');
      if (!existsSync(join(to, 'node_modules'))) symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'));
      for (const file of ['package.json', 'package-lock.json']) cpSync(join(from, file), join(to, file));
    },
  },
};
