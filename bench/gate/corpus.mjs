// node corpus.mjs OUT NPM: some 150 MB of real text: the files of the packages in NPM, and of this machine's headers, Python and Go.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
const [out, npm] = process.argv.slice(2);
const text = /\.(h|hpp|py|go|js|mjs|cjs|ts|json|map|md|toml|ya?ml|cc?|txt|html|css|sh|pem|env)$/;
let total = 0;
function take(from, to, most) {
  let size = 0;
  const walk = (dir) => {
    let names = [];
    try { names = fs.readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)); } catch { return; }
    for (const e of names) {
      if (size > most) return;
      const p = path.join(dir, e.name);
      if (e.isDirectory()) walk(p);
      else if (e.isFile() && text.test(e.name)) {
        const bytes = fs.readFileSync(p);
        if (bytes.length === 0 || bytes.length > 20e6 || bytes.subarray(0, 8000).includes(0)) continue;
        const target = path.join(to, path.relative(from, p));
        fs.mkdirSync(path.dirname(target), { recursive: true });
        fs.writeFileSync(target, bytes);
        size += bytes.length;
      }
    }
  };
  walk(from);
  total += size;
}
const unpacked = out + '.unpacked';
for (const tgz of fs.readdirSync(npm).sort()) {
  if (total > 70e6) break;
  const dir = path.join(unpacked, tgz.replace(/\.tgz$/, ''));
  fs.mkdirSync(dir, { recursive: true });
  spawnSync('tar', ['xzf', path.join(npm, tgz), '-C', dir]);
  take(dir, path.join(out, 'npm', tgz.replace(/\.tgz$/, '')), 8e6);
}
fs.rmSync(unpacked, { recursive: true, force: true });
const goroot = spawnSync('go', ['env', 'GOROOT']).stdout?.toString().trim() || '/usr/lib/go';
const modules = spawnSync('go', ['env', 'GOMODCACHE']).stdout?.toString().trim() || '/nonexistent';
take('/usr/include', path.join(out, 'include'), 40e6);
take('/usr/lib/python3', path.join(out, 'python'), 30e6);
take(path.join(goroot, 'src'), path.join(out, 'go'), 40e6);
take(modules, path.join(out, 'modules'), 40e6);
console.log(`${Math.round(total / 1e6)} MB`);
