// Runs the gate over what seeds.mjs made, and compares. Ends in `N passed, N failed, N skipped`.
//   node cases.mjs CHECKREIN DIR
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const [program, root] = process.argv.slice(2);
const cases = JSON.parse(fs.readFileSync(path.join(root, 'cases.json')));
let passed = 0, failed = 0;
for (const c of cases) {
  const run = spawnSync(program, ['gate', '--format', 'json', ...(c.args ?? []), path.join(root, c.path ?? c.name)], { maxBuffer: 1 << 28, timeout: 120000 });
  const wrong = [];
  let out = { summary: {}, artifacts: [{ findings: [], incomplete: [], exposure: {} }] };
  try { out = JSON.parse(run.stdout); } catch { wrong.push('no JSON: ' + run.stderr); }
  const artifact = out.artifacts[0];
  const rules = artifact.findings.map((f) => f.rule);
  const reasons = artifact.incomplete.map((p) => p.what).join('; ');
  const want = c.exit;
  if (want === -1 ? ![0, 1, 3].includes(run.status) : run.status !== want && run.status !== c.may) wrong.push(`exit ${run.status}, not ${want}`);
  if (/signal|parser (failed|ended|gave|said)/.test(reasons)) wrong.push(reasons);
  for (const rule of c.rules) if (!rules.includes(rule)) wrong.push(`no ${rule} among ${[...new Set(rules)]}`);
  if (c.rules.length === 0 && want === 0) for (const f of artifact.findings) if (f.severity === 'block') wrong.push(`found ${f.rule}`);
  for (const [rule, n] of Object.entries(c.count ?? {})) if (rules.filter((r) => r === rule).length !== n) wrong.push(`${rules.filter((r) => r === rule).length} x ${rule}, not ${n}`);
  for (const detail of c.details ?? []) if (!artifact.findings.some((f) => (f.detail ?? '').includes(detail))) wrong.push(`no detail "${detail}"`);
  for (const [k, v] of Object.entries(c.rebuild ?? {})) if (out.summary.rebuild?.[k] !== v) wrong.push(`${k} ${out.summary.rebuild?.[k]}, not ${v}`);
  for (const [k, v] of Object.entries(c.exposure ?? {})) if (!(artifact.exposure[k] ?? []).some((x) => x.includes(v))) wrong.push(`no ${v} among ${k}: ${artifact.exposure[k]}`);
  if (c.people && !artifact.exposure.people.some((x) => x.includes(c.people))) wrong.push(`no ${c.people} among people`);
  if (c.why && !reasons.includes(c.why)) wrong.push(`reason "${reasons}" does not say "${c.why}"`);
  if (c.entries !== undefined && out.summary.entries !== c.entries) wrong.push(`${out.summary.entries} entries, not ${c.entries}`);
  // No secret is ever shown whole.
  const bytes = String(run.stdout) + String(run.stderr);
  if (/ghp_[A-Za-z0-9]{36}/.test(bytes)) wrong.push('a secret is in the output');
  if (wrong.length === 0) ++passed;
  else { ++failed; console.log(`FAIL  ${c.name}: ${wrong.join('; ')}`); }
}
console.log(`${passed} passed, ${failed} failed, ${process.env.SKIPPED ?? 0} skipped`);
process.exit(failed === 0 ? 0 : 1);
