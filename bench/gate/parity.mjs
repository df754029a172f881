// node parity.mjs OURS.tsv GITLEAKS.json ROOT: the two multisets of (file, line, rule, secret), and each difference.
import fs from 'node:fs';
const [ours, theirs] = process.argv.slice(2);
const count = (keys) => keys.reduce((m, k) => m.set(k, (m.get(k) ?? 0) + 1), new Map());
const a = count(fs.readFileSync(ours, 'utf8').trim().split('\n').filter(Boolean).map((l) => { const [f, n, r, h] = l.split('\t'); return [f, n, r, Buffer.from(h ?? '', 'hex').toString('utf8')].join('\0'); }));
// A rule about paths only: gitleaks gives line 0 and no secret.
const b = count(JSON.parse(fs.readFileSync(theirs)).map((f) => [f.File, f.StartLine, f.RuleID, f.Secret].join('\0')));
const show = (k) => { const [f, n, r, s] = k.split('\0'); return `${f}:${n} ${r} ${s.slice(0, 4)}...(${s.length})`; };
let same = 0, onlyOurs = 0, onlyTheirs = 0;
for (const [k, n] of a) { same += Math.min(n, b.get(k) ?? 0); if (n > (b.get(k) ?? 0)) { onlyOurs += n - (b.get(k) ?? 0); console.log('only ours:  ', show(k)); } }
for (const [k, n] of b) if (n > (a.get(k) ?? 0)) { onlyTheirs += n - (a.get(k) ?? 0); console.log('only theirs:', show(k)); }
console.log(`findings: ${same} identical, ${onlyOurs} only ours, ${onlyTheirs} only gitleaks'`);
