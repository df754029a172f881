// node false.mjs GATE.json: blocking findings by rule on text in which no secret is known.
import fs from 'node:fs';
const d = JSON.parse(fs.readFileSync(process.argv[2]));
const by = {};
for (const a of d.artifacts) for (const f of a.findings) by[`${f.severity} ${f.rule}`] = (by[`${f.severity} ${f.rule}`] ?? 0) + 1;
for (const [k, n] of Object.entries(by).sort()) console.log(`  ${k}: ${n}`);
for (const a of d.artifacts) for (const f of a.findings) if (f.severity === 'block') console.log(`  block ${f.rule} ${f.path}:${f.line} ${f.detail ?? ''}`);
const mb = d.summary.bytes / 1e6;
const generic = d.artifacts.flatMap((a) => a.findings).filter((f) => f.severity === 'block' && /named-secret|generic/.test(f.rule)).length;
console.log(`${d.summary.findings.block} blocking on ${mb.toFixed(0)} MB = ${((d.summary.findings.block * 10) / mb).toFixed(2)} per 10 MB; of generic rules ${((generic * 10) / mb).toFixed(2)}; verdict ${d.summary.verdict}`);
for (const a of d.artifacts) for (const p of a.incomplete.slice(0, 10)) console.log(`  incomplete: ${p.path}: ${p.what}`);
