// configure.mjs RUN: prepares RUN (home, work, etc, turns.json, command.json) from RUN/session.json. Called by `drive`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clients, toolCall } from './clients.mjs';
import { readProfile, render, root } from './profile.mjs';

const run = process.argv[2];
const session = JSON.parse(readFileSync(join(run, 'session.json'), 'utf8'));
const here = {
  home: join(run, 'home'), work: join(run, 'home', 'work'), port: 18080, mode: session.mode, model: session.model,
  permissive: session.permissive ?? true, clients: process.env.CHECKREIN_CLIENTS ?? join(root, 'build', 'clients'),
};
const place = (text) => text.replaceAll('{work}', here.work).replaceAll('{home}', here.home).replaceAll('{run}', run);
const deep = (value) => {
  if (typeof value === 'string') return place(value);
  if (Array.isArray(value)) return value.map(deep);
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, v]) => [place(k), deep(v)]));
  return value;
};
function put(path, content, mode) {
  mkdirSync(dirname(path), { recursive: true });
  if (content?.from) content = readFileSync(new URL(content.from, import.meta.url), 'utf8'); // a file of this directory
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2), { mode });
}

const client = clients[session.client];
const profile = readProfile(session.client);
for (const directory of [here.work, join(run, 'tmp')]) mkdirSync(directory, { recursive: true });
const homeFiles = client.files(here);
for (const [path, content] of Object.entries(homeFiles)) put(join(here.home, path), content);
client.prepare?.(here);

// A test of time-outs cannot wait ten minutes: every time-out of the profile becomes this one (Gemini counts in milliseconds).
function hurry(text) {
  const s = session.hook_timeout_s;
  if (s === undefined) return text;
  return text.replace(/("?timeout(?:Sec)?"?\s*[:=]\s*)(\d+)/g, (_, name, value) => `${name}${Number(value) >= 1000 ? s * 1000 : s}`);
}

const hook = deep(session.hook ?? []);
if (session.mode === 'hooks')
  for (const file of profile.user) put(join(here.home, file.path), hurry(render(file, hook, homeFiles[file.path])));
const planted = { managed: profile.managed, planted: [...profile.managed, ...profile.run] }[session.mode] ?? [];
for (const file of planted) put(join(run, 'etc', file.path.replace(/^\/etc\//, '')), hurry(render(file, hook)));
for (const [path, content] of Object.entries(deep(session.files ?? {}))) put(path, content, path.endsWith('.sh') ? 0o755 : 0o644);

const turns = session.turns.map((turn) => ({ ...deep(turn), calls: (turn.calls ?? []).map((call) => toolCall(session.client, deep(call))) }));
put(join(run, 'turns.json'), turns);
const before = ['run', 'user'].includes(session.mode) ? deep(session.before ?? []) : [];
put(join(run, 'command.json'), {
  argv: [...before, ...client.command(here, session.prompt ?? 'please do the test step'), ...deep(session.client_arguments ?? [])],
  env: {
    HOME: here.home, PATH: '/usr/local/bin:/usr/bin:/bin', TERM: 'dumb', LANG: 'C.UTF-8', NO_COLOR: '1', USER: 'tester',
    CLAUDE_CODE_TMPDIR: join(run, 'tmp'),
    ...(planted.length > 0 ? profile.environment.set : {}), ...client.env(here), ...deep(session.env ?? {}),
  },
  work: here.work, port: here.port, timeout_s: session.timeout_s ?? 60, spoiled: deep(session.spoiled ?? {}), planted_owner: session.planted_owner,
  approve: session.approve ?? [], then_files: deep(session.then_files ?? {}), checkrein: session.checkrein,
  as_user: session.mode === 'user',
  servers: deep(session.servers ?? []), setup: deep(session.setup ?? []),
});
