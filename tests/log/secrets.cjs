// 10,000 secrets that nobody has, planted in everything an agent says and does. usage:
//   node secrets.cjs make DIR COUNT SEED        DIR/event-N.json for the hook (Claude Code's events), DIR/secrets.json
//   node secrets.cjs look DIR PLACE...          searches files and directories for any of them, whole or a third of one, in any encoding
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');

let state = 1;
const random = (n) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return Math.floor(state / 4294967296 * n); };
const drawn = (alphabet, n) => { let out = ''; while (out.length < n) out += alphabet[random(alphabet.length)]; return out; };
const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', HEX = '0123456789abcdef';

// What they look like, and how they stand in a text.
const KINDS = [
  () => 'ghp_' + drawn(ALNUM, 36), () => 'github_pat_' + drawn(ALNUM, 40), () => 'AKIA' + drawn(UPPER, 16), () => 'sk-ant-api03-' + drawn(ALNUM, 60), () => 'sk-proj-' + drawn(ALNUM, 48),
  () => 'glpat-' + drawn(ALNUM, 20), () => 'xoxb-' + drawn('0123456789', 11) + '-' + drawn(ALNUM, 24), () => 'sk_live_' + drawn(ALNUM, 24), () => 'npm_' + drawn(ALNUM, 36), () => 'AIza' + drawn(ALNUM, 35),
  () => 'hvs.' + drawn(ALNUM, 28), () => 'pypi-AgE' + drawn(ALNUM, 60), () => 'dop_v1_' + drawn(HEX, 64), () => 'hf_' + drawn(ALNUM, 34),
];
const NAMED = ['DB_PASSWORD', 'client_secret', 'AWS_SECRET_ACCESS_KEY', 'auth_token', 'apiKey'];
const ENCODINGS = {
  plain: (s) => s,
  quoted: (s) => `"${s}"`,
  json: (s) => JSON.stringify(JSON.stringify({ value: s })).slice(1, -1),
  base64: (s) => Buffer.from('value=' + s).toString('base64'),
  base64url: (s) => Buffer.from(s).toString('base64url'),
  hex: (s) => Buffer.from(s).toString('hex'),
  url: (s) => [...s].map((c) => '%' + c.charCodeAt(0).toString(16).toUpperCase()).join(''),
  escapes: (s) => [...s].map((c) => '\\u00' + c.charCodeAt(0).toString(16)).join(''),
  shell: (s) => s.slice(0, 9) + '""' + s.slice(9, 16) + "''" + s.slice(16),
  lines: (s) => s.slice(0, 14) + '\\\n' + s.slice(14),
};

function make(dir, count) {
  const secrets = [], names = Object.keys(ENCODINGS);
  const text = (n) => {
    let out = 'note:';
    for (let i = 0; i < n; i++) {
      const named = random(4) === 0;
      const value = named ? drawn(ALNUM, 12) + '7Qk' + drawn(ALNUM, 12) : KINDS[random(KINDS.length)]();
      const encoding = named ? ['plain', 'quoted', 'args'][random(3)] : names[random(names.length)];
      secrets.push({ value, encoding });
      if (!named) out += ` use ${ENCODINGS[encoding](value)} ;`;
      else if (encoding === 'args') out += ` mysql --password ${value} db ;`;
      else out += ` ${NAMED[random(NAMED.length)]}=${ENCODINGS[encoding](value)} ;`;
    }
    return out;
  };
  let n = 0;
  const write = (event) => fs.writeFileSync(path.join(dir, `event-${String(n++).padStart(4, '0')}.json`), JSON.stringify({ session_id: 's' + n % 5, transcript_path: '/x', cwd: '/tmp', ...event }));
  while (secrets.length < count) {
    const id = 't' + n;
    write({ hook_event_name: 'UserPromptSubmit', prompt: text(5) });
    write({ hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_use_id: id, tool_input: { command: text(20).replace('note:', 'echo'), description: text(4) } });
    write({ hook_event_name: 'PostToolUse', tool_name: 'Bash', tool_use_id: id, tool_input: { command: text(5).replace('note:', 'echo') }, tool_response: { stdout: text(10), stderr: text(2) } });
    write({ hook_event_name: 'PreToolUse', tool_name: 'Write', tool_use_id: id + 'w', tool_input: { file_path: '/tmp/x', content: text(10) } });
    write({ hook_event_name: 'PreToolUse', tool_name: 'mcp__srv__send', tool_use_id: id + 'm', tool_input: { body: text(6), nested: { deep: [text(2)] } } });
    write({ hook_event_name: 'PreToolUse', tool_name: 'WebFetch', tool_use_id: id + 'f', tool_input: { url: 'https://a.example/?q=' + encodeURIComponent(text(2)), prompt: text(3) } });
  }
  fs.writeFileSync(path.join(dir, 'secrets.json'), JSON.stringify(secrets));
  console.log(`${n} events, ${secrets.length} secrets`);
}

// A piece of a secret is a secret: any run of a third of it, at least ten characters.
function look(dir, places) {
  const secrets = JSON.parse(fs.readFileSync(path.join(dir, 'secrets.json')));
  const pieces = new Map();
  const WIDTH = 10;
  for (const { value, encoding } of secrets) {
    const body = value.length > 30 ? value.slice(-24) : value.slice(-16);  // without the telling prefix
    for (const form of [body, Buffer.from(body).toString('hex'), [...body].map((c) => '%' + c.charCodeAt(0).toString(16).toUpperCase()).join(''), [...body].map((c) => '\\u00' + c.charCodeAt(0).toString(16)).join(''), ...[0, 1, 2].map((k) => Buffer.from(' '.repeat(k) + body).toString('base64').slice(4, -4))]) {
      const width = form.startsWith('%') ? 3 * WIDTH : form.startsWith('\\') ? 6 * WIDTH : form === body ? WIDTH : 14;
      for (let at = 0; at + width <= form.length; at += Math.max(1, Math.floor(width / 3))) pieces.set(form.slice(at, at + width), { value, encoding });
    }
  }
  const widths = [...new Set([...pieces.keys()].map((p) => p.length))];
  const found = [];
  let bytes = 0, files = 0;
  // What a report carries is packed.
  const unpacked = (name) => {
    const raw = fs.readFileSync(name, 'latin1');
    if (!name.endsWith('.html')) return raw;
    return raw + [...raw.matchAll(/<div hidden id="(\w)\w*">([^<]*)/g)].map(([, kind, data]) => (kind === 'k' || kind === 'r' ? zlib.inflateSync(Buffer.from(data, 'base64')) : Buffer.from(data, 'base64')).toString('latin1')).join('\n');
  };
  const file = (name) => {
    const text = unpacked(name);
    bytes += text.length;
    files++;
    for (const width of widths) for (let at = 0; at + width <= text.length; at++) {
      const hit = pieces.get(text.slice(at, at + width));
      if (hit) { found.push({ ...hit, where: name, near: text.slice(Math.max(0, at - 60), at + 60).replace(/[^ -~]/g, '.') }); at += width; }
    }
  };
  const walk = (name) => fs.statSync(name).isDirectory() ? fs.readdirSync(name).forEach((child) => walk(path.join(name, child))) : file(name);
  places.forEach(walk);
  const by = {};
  for (const f of found) by[f.encoding] = (by[f.encoding] || 0) + 1;
  const told = new Set();
  for (const f of found.filter((f) => !told.has(f.encoding) && told.add(f.encoding))) console.log(`LEAK ${f.encoding} ${f.value} in ${f.where}: ${f.near}`);
  console.log(`${found.length} pieces in clear of ${secrets.length} secrets, in ${files} files of ${bytes} bytes ${found.length ? JSON.stringify(by) : ''}`);
  process.exit(found.length ? 1 : 0);
}

const [what, dir, ...rest] = process.argv.slice(2);
state = Number(rest[1]) || 7;
if (what === 'make') make(dir, Number(rest[0]));
else look(dir, rest);
