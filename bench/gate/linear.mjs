// node linear.mjs CHECKREIN DIR CORPUS: time of the processor per byte of hostile text, beyond what starting costs, against that of real text
// (64 MiB of the files below CORPUS): the same text as one line, and for each rule its own example over and over, whole, cut short and
// without space between. Names each that costs more than twice as much and is not exit 3.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
const [program, dir, corpus] = process.argv.slice(2);
const top = path.join(path.dirname(new URL(import.meta.url).pathname), '../..');
fs.mkdirSync(dir, { recursive: true });
const size = 64 << 20, small = 8 << 20;
function cpu(file) {
  let best = Infinity, status = 0;
  for (let i = 0; i < 3; ++i) {
    const out = spawnSync('bash', ['-c', 'TIMEFORMAT="%3U %3S"; time "$0" gate --format json "$1" >/dev/null', program, file]);
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
function real(bytes) {
  const out = [];
  let size = 0;
  const walk = (from) => {
    for (const e of fs.readdirSync(from, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (size >= bytes) return;
      const p = path.join(from, e.name);
      if (e.isDirectory()) walk(p);
      else if (e.isFile()) out.push(fs.readFileSync(p).subarray(0, bytes / 64)), size += out.at(-1).length;
    }
  };
  walk(corpus);
  return Buffer.concat(out).subarray(0, bytes);
}
const put = (name, bytes) => { const file = path.join(dir, name); fs.writeFileSync(file, bytes); return file; };
const file = put('x.js', '');
const [start] = cpu(file);
const source = real(size);
const perByte = (bytes) => { fs.writeFileSync(file, bytes); const [seconds, status] = cpu(file); return [(seconds - start) / bytes.length * 1e9, status]; };
const [plain, plain_status] = perByte(source);
console.log(`start: ${start.toFixed(3)} s; real text, ${source.length >> 20} MiB: ${plain.toFixed(2)} ns a byte, exit ${plain_status}`);
const [minified, minified_status] = perByte(Buffer.from(source.toString('latin1').replace(/\s+/g, ' '), 'latin1'));
console.log(`the same as one line: ${minified.toFixed(2)} ns a byte = ${(minified / plain).toFixed(2)} x, exit ${minified_status}`);
let worst = 0, worst_name = '', bad = 0, tried = 0, incomplete = 0;
const toml = fs.readFileSync(path.join(top, 'data/rules/secrets.toml'), 'utf8');
for (const block of toml.split('[[rules]]').slice(1)) {
  const id = /id = "([^"]+)"/.exec(block)[1];
  const example = /examples = \{ match = \["((?:[^"\\]|\\.)*)"/.exec(block)?.[1];
  if (!example || !/regex = /.test(block)) continue;
  const text = drawn(example.replace(/\\n/g, '\n').replace(/\\"/g, '"'));
  for (const [kind, unit] of [['whole', text + ' '], ['cut', text.slice(0, Math.max(4, text.length >> 1)) + ' '], ['joined', text]]) {
    const [each, status] = perByte(fill(unit, small));
    ++tried;
    if (status === 3) { ++incomplete; }
    const r = each / plain;
    if (r > worst) worst = r, worst_name = `${id} ${kind} (exit ${status})`;
    if (r > 2 && status !== 3) { ++bad; console.log(`  ${id} ${kind}: ${r.toFixed(2)} x, exit ${status}`); }
  }
}
console.log(`${tried} hostile texts of 8 MiB, ${incomplete} answered incomplete; worst ${worst.toFixed(2)} x real text: ${worst_name}; ${bad} beyond 2 x without exit 3`);
fs.rmSync(dir, { recursive: true });
