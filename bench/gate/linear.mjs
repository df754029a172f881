// node linear.mjs CHECKREIN DIR: seconds of processor for 64 MiB of hostile text against 64 MiB of plain text: one line of minified script,
// and for each rule its own example over and over, whole and cut short. Fails where one costs more than twice as much and is not exit 3.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
const [program, dir] = process.argv.slice(2);
const top = path.join(path.dirname(new URL(import.meta.url).pathname), '../..');
fs.mkdirSync(dir, { recursive: true });
const size = 64 << 20, small = 8 << 20;
function cpu(file) {
  let best = Infinity, status = 0;
  for (let i = 0; i < 2; ++i) {
    const out = spawnSync('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$0" gate --format json "$1" >/dev/null', program, file]);
    const lines = out.stderr.toString().trim().split('\n');
    const [u, s] = lines[lines.length - 1].split(' ').map(Number);
    best = Math.min(best, u + s);
    status = out.status;
  }
  return [best, status];
}
const alphabets = { alnum: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', hex: '0123456789abcdef', digit: '0123456789' };
const drawn = (text) => text.replace(/<(\w+):(\d+)>/g, (_, a, n) => Array.from(crypto.randomBytes(+n), (b) => (alphabets[a] ?? alphabets.alnum)[b % (alphabets[a] ?? alphabets.alnum).length]).join(''));
const fill = (unit, bytes) => Buffer.from(unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes));
const source = fs.readFileSync(path.join(top, 'src/release/inspect.cc'), 'utf8') + fs.readFileSync(path.join(top, 'bench/gate/linear.mjs'), 'utf8');
const put = (name, bytes) => { const file = path.join(dir, name); fs.writeFileSync(file, bytes); return file; };
const file = put('x.js', fill(source, size));
const [plain] = cpu(file);
console.log(`plain text, 64 MiB: ${plain.toFixed(3)} s`);
fs.writeFileSync(file, fill(source.replace(/\s+/g, ' '), size));
const [minified, minified_status] = cpu(file);
console.log(`one line of 64 MiB: ${minified.toFixed(3)} s = ${(minified / plain).toFixed(2)} x, exit ${minified_status}`);
let worst = 0, worst_name = '', bad = 0, tried = 0, incomplete = 0;
const [plain_small] = (fs.writeFileSync(file, fill(source, small)), cpu(file));
const toml = fs.readFileSync(path.join(top, 'data/rules/secrets.toml'), 'utf8');
for (const block of toml.split('[[rules]]').slice(1)) {
  const id = /id = "([^"]+)"/.exec(block)[1];
  const example = /examples = \{ match = \["((?:[^"\\]|\\.)*)"/.exec(block)?.[1];
  if (!example || !/regex = /.test(block)) continue;
  const text = drawn(example.replace(/\\n/g, '\n').replace(/\\"/g, '"'));
  for (const [kind, unit] of [['whole', text + ' '], ['cut', text.slice(0, Math.max(4, text.length >> 1)) + ' '], ['joined', text]]) {
    fs.writeFileSync(file, fill(unit, small));
    const [seconds, status] = cpu(file);
    ++tried;
    if (status === 3) { ++incomplete; }
    const r = seconds / plain_small;
    if (r > worst) worst = r, worst_name = `${id} ${kind} (exit ${status})`;
    if (r > 2 && status !== 3) { ++bad; console.log(`  ${id} ${kind}: ${r.toFixed(2)} x, exit ${status}`); }
  }
}
console.log(`${tried} hostile texts of 8 MiB, ${incomplete} answered incomplete; worst ${worst.toFixed(2)} x plain: ${worst_name}; ${bad} beyond 2 x without exit 3`);
fs.rmSync(dir, { recursive: true });
