// Runs the steps of .github/actions/gate/action.yml as a runner would: node action.mjs ACTION.yml BUNDLE. Reads as much of YAML as that file
// uses. Ends in `N passed, N failed, N skipped`.
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const [file, bundle] = process.argv.slice(2).map((p) => path.resolve(p));
const lines = fs.readFileSync(file, 'utf8').split('\n');
let passed = 0, failed = 0;
const ok = (what, good, why = '') => { if (good) ++passed; else { ++failed; console.log(`FAIL  ${what}: ${why}`); } };

// ---- a mapping of mappings, lists and block texts, by indentation
function parse(from, indent) {
  const out = {};
  let i = from, list = null;
  for (; i < lines.length; ++i) {
    const line = lines[i];
    if (line.trim() === '') continue;
    const depth = line.search(/\S/);
    if (depth < indent) break;
    let text = line.slice(depth);
    if (text.startsWith('- ')) {
      list = list ?? [];
      lines[i] = ' '.repeat(depth + 2) + text.slice(2);
      const [item, next] = parse(i, depth + 2);
      list.push(item);
      i = next - 1;
      continue;
    }
    const [, key, value] = /^([\w-]+):(?: (.*))?$/.exec(text);
    if (value === '|') {
      const block = [];
      for (++i; i < lines.length && (lines[i].trim() === '' || lines[i].search(/\S/) > depth); ++i) block.push(lines[i].slice(depth + 2));
      --i;
      out[key] = block.join('\n');
    } else if (value === undefined) {
      const [inner, next] = parse(i + 1, depth + 1);
      out[key] = inner;
      i = next - 1;
    } else out[key] = value.replace(/^'(.*)'$/, '$1');
  }
  return [list ?? out, i];
}
const action = parse(0, 0)[0];
const steps = action.runs.steps;
ok('it is a composite action with steps', action.runs.using === 'composite' && steps.length === 3, JSON.stringify(action.runs));
// What a person writes into an input is data: it reaches the shell in a variable, never in the text of a script.
for (const s of steps) ok(`no expression in the script of "${s.name}"`, !(s.run ?? '').includes('${{'));
ok('no address in it', !/https?:|www\.|\b[\w-]+\.(com|org|io|net)\b/.test(fs.readFileSync(file, 'utf8')));
ok('other actions are pinned to a version', steps.filter((s) => s.uses).every((s) => /@v\d+|@[0-9a-f]{40}/.test(s.uses)));

function run(inputs) {
  const temp = fs.mkdtempSync(path.join(os.tmpdir(), 'action-'));
  const given = Object.fromEntries(Object.entries(action.inputs).map(([k, v]) => [k, inputs[k] ?? v.default]));
  const outputs = {};
  const fill = (text) => text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, k) => given[k]).replace(/\$\{\{ steps\.([\w-]+)\.outputs\.([\w-]+) \}\}/g, (_, s, k) => outputs[s]?.[k] ?? '');
  let status = 0, log = '';
  for (const step of steps.filter((s) => s.run)) {
    if (status !== 0) break;
    const out = path.join(temp, 'output');
    fs.writeFileSync(out, '');
    const script = path.join(temp, 'step.sh');
    fs.writeFileSync(script, step.run);
    const env = { PATH: inputs.PATH ?? '/usr/bin:/bin', HOME: temp, RUNNER_TEMP: temp, GITHUB_OUTPUT: out, ...Object.fromEntries(Object.entries(step.env ?? {}).map(([k, v]) => [k, fill(v)])) };
    const ran = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], { env, cwd: temp });
    status = ran.status;
    log += String(ran.stdout) + String(ran.stderr);
    outputs[step.id] = Object.fromEntries(fs.readFileSync(out, 'utf8').trim().split('\n').filter(Boolean).map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)]));
  }
  const verdict = fill(action.outputs.verdict.value), sarif = fill(action.outputs.sarif.value);
  const results = sarif && fs.existsSync(sarif) ? JSON.parse(fs.readFileSync(sarif)).runs[0].results.length : -1;
  fs.rmSync(temp, { recursive: true });
  return { status, log, verdict, results };
}
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seeds-'));
const token = 'ghp_' + Array.from(crypto.randomBytes(36), (b) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'[b % 62]).join('');
const put = (name, text) => { fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true }); fs.writeFileSync(path.join(dir, name), text); return path.join(dir, name); };
const clean = put('clean/a.js', 'exports.a = 1;\n'), leak = put('leak dir/a.js', `t = "${token}"\n`), rar = put('a.rar', 'Rar!\x1a\x07\x01\0');
const is = (what, got, status, verdict) => ok(what, got.status === status && got.verdict === verdict, `exit ${got.status}, "${got.verdict}": ${got.log.slice(-300)}`);
is('a clean file, by the bundle', run({ program: bundle, what: clean }), 0, 'clean');
// From here on as a path: to unpack it each time takes longer than the rest.
ok('it unpacks', spawnSync('tar', ['-xzf', bundle, '-C', dir, '--strip-components=1']).status === 0);
const program = path.join(dir, 'bin/checkrein');
const found = run({ program, what: `${clean}\n${leak}\n` });
is('a leak stops it', found, 1, 'findings');
ok('and is in the SARIF', found.results === 1, String(found.results));
ok('and in the log, masked', found.log.includes('github-token') && !found.log.includes(token));
is('what cannot be read is incomplete', run({ program, what: rar }), 3, 'incomplete');
const packed = path.join(dir, 'packed.tgz');
ok('an archive is made', spawnSync('tar', ['-czf', packed, '-C', path.dirname(leak), 'a.js']).status === 0);
is('options go to the gate', run({ program, what: packed, arguments: '--max-entry\n3\n' }), 3, 'incomplete');
is('a shell in an input is a name', run({ program, what: '$(touch /tmp/never); `id`' }), 3, 'incomplete');
is('so is an option', run({ program, what: `--help` }), 3, 'incomplete');
is('an unknown kind is refused', run({ program, kind: 'exotic', what: clean }), 2, '');
is('without a program it says so', run({ what: clean }), 2, '');
fs.rmSync(dir, { recursive: true });
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 ? 0 : 1);
