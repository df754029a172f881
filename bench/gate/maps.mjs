// node maps.mjs GATE.json TGZ...: counts the source maps of each package by JSON.parse alone, and compares with what the gate counted.
// Knows nothing of the gate but its answer: the format of ECMA-426, and what counts as other people's (docs/format/gate.md).
import fs from 'node:fs';
import zlib from 'node:zlib';
const [answer, ...tarballs] = process.argv.slice(2);
const gate = JSON.parse(fs.readFileSync(answer));
const vendored = (name) => ['node_modules/', '/bower_components/', 'webpack/bootstrap', 'webpack/runtime', '(webpack)', 'webpack/universalModuleDefinition', '/jspm_packages/', '/.pnpm/'].some((s) => name.includes(s)) ||
  ['bower_components/', 'external ', 'webpack:///external ', 'ignored|', '\0'].some((s) => name.startsWith(s));
function* files(tar) {
  let long = null, pax = null;
  for (let at = 0; at + 512 <= tar.length;) {
    const h = tar.subarray(at, at + 512);
    if (h[0] === 0) break;
    const text = (a, n) => h.subarray(a, a + n).toString('utf8').replace(/\0.*$/s, '');
    const size = parseInt(text(124, 12).trim() || '0', 8);
    const data = tar.subarray(at + 512, at + 512 + size);
    const type = String.fromCharCode(h[156]);
    at += 512 + Math.ceil(size / 512) * 512;
    if (type === 'L') { long = data.toString('utf8').replace(/\0.*$/s, ''); continue; }
    if (type === 'x') { pax = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(data.toString('utf8'))?.[1]; continue; }
    if (type === 'g') continue;
    const prefix = text(257, 5) === 'ustar' ? text(345, 155) : '';
    const name = pax ?? long ?? (prefix ? prefix + '/' : '') + text(0, 100);
    long = pax = null;
    if (type === '0' || type === '\0') yield [name, data];
  }
}
function count(map, into) {
  for (const section of map.sections ?? []) count(section.map, into);
  const names = map.sources ?? [], contents = map.sourcesContent ?? [], ignored = map.ignoreList ?? map.x_google_ignoreList ?? [];
  for (let i = 0; i < Math.max(names.length, contents.length); ++i) {
    ++into.sources;
    if (typeof contents[i] !== 'string' || contents[i] === '') continue;
    ++into.with_content;
    const lines = contents[i].split('\n').length - (contents[i].endsWith('\n') ? 1 : 0);
    const other = vendored(`${map.sourceRoot ? map.sourceRoot + '/' : ''}${names[i] ?? ''}`) || ignored.includes(i);
    if (other) into.vendored_lines += lines;
    else { into.own_lines += lines; ++into.own_sources; }
  }
}
let same = 0, differ = 0, maps = 0, lines = 0;
for (const tarball of tarballs) {
  const mine = { maps: 0, sources: 0, with_content: 0, own_sources: 0, own_lines: 0, vendored_lines: 0 };
  for (const [name, data] of files(zlib.gunzipSync(fs.readFileSync(tarball)))) {
    if (!name.endsWith('.map')) continue;
    let map;
    try { map = JSON.parse(data.toString('utf8').replace(/^\uFEFF/, '').replace(/^\)\]\}'[^\n]*\n/, '')); } catch { continue; }
    if (map === null || typeof map !== 'object' || Array.isArray(map) || (map.version === undefined && !map.sections && !map.sources)) continue;
    ++mine.maps;
    count(map, mine);
  }
  const theirs = { maps: 0, sources: 0, with_content: 0, own_sources: 0, own_lines: 0, vendored_lines: 0 };
  for (const m of gate.artifacts.find((a) => a.artifact === tarball).exposure.maps) {
    if (m.path.endsWith('!inline.map')) continue;
    ++theirs.maps;
    for (const k of Object.keys(theirs)) if (k !== 'maps') theirs[k] += m[k];
  }
  maps += mine.maps;
  lines += mine.own_lines + mine.vendored_lines;
  if (JSON.stringify(mine) === JSON.stringify(theirs)) ++same;
  else { ++differ; console.log(`differs: ${tarball}\n  script ${JSON.stringify(mine)}\n  gate   ${JSON.stringify(theirs)}`); }
}
console.log(`source maps: ${maps} with ${lines} lines in ${tarballs.length} packages; ${same} packages identical, ${differ} not`);
process.exit(differ === 0 ? 0 : 1);
