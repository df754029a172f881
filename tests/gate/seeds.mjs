// Makes one artifact for each thing that the gate must find or refuse, below the directory given, and cases.json: for each its path, the
// exit code, and the rules that must be among the findings (or, for exit 3, words of the reason). Tokens are drawn here, at run time.
//   node seeds.mjs DIR
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { spawnSync } from 'node:child_process';

const root = process.argv[2];
const cases = [];
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const draw = (n, from = letters) => Array.from(crypto.randomBytes(n), (b) => from[b % from.length]).join('');
const token = () => 'ghp_' + draw(36);
const add = (name, bytes, exit, rules, more = {}) => {
  const file = path.join(root, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes);
  cases.push({ name, exit, rules, ...more });
};

// ---- containers, made by hand so that they can be made wrong

const octal = (n, size) => n.toString(8).padStart(size - 1, '0') + '\0';
function header(e) {
  const h = Buffer.alloc(512);
  h.write(e.name.slice(0, 100), 0, 'latin1');
  h.write(octal(e.mode ?? 0o644, 8), 100);
  h.write(octal(0, 8), 108);
  h.write(octal(0, 8), 116);
  h.write(octal(e.type === undefined || e.type === '0' || e.type === 'L' ? e.data.length : 0, 12), 124);
  h.write(octal(0, 12), 136);
  h.write('        ', 148);
  h.write(e.type ?? '0', 156);
  h.write(e.link ?? '', 157);
  h.write('ustar\x0000', 257, 'latin1');
  h.write(e.user ?? 'root', 265);
  let sum = 0;
  for (const b of h) sum += b;
  h.write(sum.toString(8).padStart(6, '0') + '\0 ', 148);
  return h;
}
function tar(entries, end = true) {
  const out = [];
  for (const e of entries) {
    const data = Buffer.from(e.data ?? '');
    if (e.name.length > 100) {
      const long = Buffer.from(e.name + '\0');
      out.push(header({ name: '././@LongLink', type: 'L', data: long }), long, Buffer.alloc((512 - (long.length % 512)) % 512));
    }
    out.push(header({ ...e, data }));
    if (!e.type || e.type === '0') out.push(data, Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  if (end) out.push(Buffer.alloc(1024));
  return Buffer.concat(out);
}
const gz = (b) => zlib.gzipSync(b);
const tgz = (entries) => gz(tar(entries));

// Each entry may lie: `local` overrides what its local header says; `hidden` leaves it out of the directory.
function zip(entries, { before = '', after = '' } = {}) {
  const parts = [Buffer.from(before)];
  const central = [];
  let at = parts[0].length;
  let count = 0;
  for (const e of entries) {
    const data = Buffer.from(e.data ?? '');
    const packed = e.store ? data : zlib.deflateRawSync(data);
    const crc = zlib.crc32 ? zlib.crc32(data) : crc32(data);
    const fields = { name: e.name, method: e.store ? 0 : 8, crc, packed: packed.length, size: data.length, flags: e.encrypted ? 1 : 0 };
    const l = { ...fields, ...(e.local ?? {}) };
    const lname = Buffer.from(l.name);
    const lh = Buffer.alloc(30);
    lh.writeUInt32LE(0x04034b50, 0); lh.writeUInt16LE(20, 4); lh.writeUInt16LE(l.flags, 6); lh.writeUInt16LE(l.method, 8);
    lh.writeUInt32LE(l.crc >>> 0, 14); lh.writeUInt32LE(l.packed, 18); lh.writeUInt32LE(l.size, 22); lh.writeUInt16LE(lname.length, 26);
    parts.push(lh, lname, packed);
    if (!e.hidden) {
      const name = Buffer.from(e.name);
      const ch = Buffer.alloc(46);
      ch.writeUInt32LE(0x02014b50, 0); ch.writeUInt16LE(0x0314, 4); ch.writeUInt16LE(20, 6); ch.writeUInt16LE(fields.flags, 8); ch.writeUInt16LE(fields.method, 10);
      ch.writeUInt32LE(crc >>> 0, 16); ch.writeUInt32LE(packed.length, 20); ch.writeUInt32LE(data.length, 24); ch.writeUInt16LE(name.length, 28);
      ch.writeUInt32LE((e.link ? 0o120777 : 0o100644) * 65536, 38); ch.writeUInt32LE(at, 42);
      central.push(ch, name);
      ++count;
    }
    at += 30 + lname.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0); end.writeUInt16LE(count, 8); end.writeUInt16LE(count, 10); end.writeUInt32LE(directory.length, 12); end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, directory, end, Buffer.from(after)]);
}
function crc32(data) {
  let crc = ~0;
  for (const b of data) { crc ^= b; for (let k = 0; k < 8; ++k) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1)); }
  return ~crc >>> 0;
}
function ar(entries) {
  const out = [Buffer.from('!<arch>\n')];
  for (const [name, data] of entries) {
    out.push(Buffer.from(name.padEnd(16) + '0'.padEnd(12) + '0'.padEnd(6) + '0'.padEnd(6) + '100644'.padEnd(8) + String(data.length).padEnd(10) + '`\n'), data);
    if (data.length % 2) out.push(Buffer.from('\n'));
  }
  return Buffer.concat(out);
}
const filter = (program, args, input) => {
  const run = spawnSync(program, args, { input, maxBuffer: 1 << 28 });
  return run.status === 0 ? run.stdout : null;
};

// ---- 1: every kind of artifact holds the same leak

const leak = () => [{ name: 'package/package.json', data: '{"name":"x","version":"1.0.0"}' }, { name: 'package/lib/a.js', data: `exports.t = "${token()}";\n` }];
const has = ['github-token'];
add('kinds/plain.js', `t = "${token()}"`, 1, has);
add('kinds/dir/package/a.js', `t = "${token()}"`, 1, has, { path: 'kinds/dir' });
add('kinds/x.tar', tar(leak()), 1, has);
add('kinds/x.tgz', tgz(leak()), 1, has);
add('kinds/x-1.0.tar.gz', tgz([{ name: 'x-1.0/PKG-INFO', data: 'Metadata-Version: 2.1\nName: x\nVersion: 1.0\n' }, ...leak()]), 1, has);
for (const [ext, program, args] of [['bz2', 'bzip2', ['-c']], ['xz', 'xz', ['-c']], ['zst', 'zstd', ['-c', '-q']]]) {
  const packed = filter(program, args, tar(leak()));
  if (packed) add(`kinds/x.tar.${ext}`, packed, 1, has);
  else console.log(`skipped  gate-kind-${ext}: no ${program} here, so that ${ext} is read is not proved`);
}
for (const ext of ['zip', 'whl', 'jar', 'vsix']) add(`kinds/x.${ext}`, zip(leak()), 1, has);
add('kinds/stored.zip', zip(leak().map((e) => ({ ...e, store: true }))), 1, has);
add('kinds/x.deb', ar([['debian-binary', Buffer.from('2.0\n')], ['control.tar.gz', tgz([{ name: './control', data: 'Package: x\n' }])], ['data.tar.gz', tgz([{ name: './usr/lib/x/a.js', data: `t="${token()}"` }])]]), 1, has);
add('kinds/members.tgz', Buffer.concat([gz(tar(leak(), false)), gz(Buffer.alloc(1024))]), 1, has);
add('kinds/nested.zip', zip([{ name: 'a.tgz', data: tgz([{ name: 'b.zip', data: zip(leak()) }]) }]), 1, has);
add('kinds/gzipped.json.gz', gz(`{"t":"${token()}"}`), 1, has);
add('kinds/clean.tgz', tgz([{ name: 'package/package.json', data: '{"name":"x","version":"1.0.0"}' }, { name: 'package/a.js', data: 'exports.a = 1;\n' }]), 0, []);

const layer1 = tar([{ name: 'etc/' , type: '5' }, { name: 'app/config', data: `t=${token()}` }, { name: 'app/dir/k', data: `t=${token()}` }, { name: 'app/same', data: `t=${token()}` }]);
const layer2 = tar([{ name: 'app/.wh.config', data: '' }, { name: 'app/dir/.wh..wh..opq', data: '' }, { name: 'app/same', data: 'clean' }]);
const sha = (b) => crypto.createHash('sha256').update(b).digest('hex');
const config = Buffer.from(JSON.stringify({ architecture: 'amd64', config: { Env: ['PATH=/bin', `DB_PASSWORD=${draw(20)}`] }, rootfs: { type: 'layers', diff_ids: [] }, history: [{ created_by: `RUN |1 API_TOKEN=${draw(24)} /bin/sh -c make` }] }));
add('kinds/docker.tar', tar([{ name: 'aaa/layer.tar', data: layer1 }, { name: 'bbb/layer.tar', data: layer2 }, { name: 'ccc.json', data: config }, { name: 'manifest.json', data: JSON.stringify([{ Config: 'ccc.json', Layers: ['aaa/layer.tar', 'bbb/layer.tar'] }]) }]), 1,
  ['github-token', 'image-config'], { details: ['deleted in layer 2 of 2', 'replaced in layer 2 of 2'], count: { 'github-token': 3, 'image-config': 2 } });
const blobs = [gz(layer1), gz(layer2)];
const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: { digest: 'sha256:' + sha(config) }, layers: blobs.map((b) => ({ digest: 'sha256:' + sha(b) })) }));
add('kinds/oci.tar', tar([{ name: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' }, { name: 'index.json', data: JSON.stringify({ manifests: [{ digest: 'sha256:' + sha(manifest) }] }) },
  ...[...blobs, config, manifest].map((b) => ({ name: 'blobs/sha256/' + sha(b), data: b }))]), 1, ['github-token', 'image-config'], { details: ['deleted in layer 2 of 2'], count: { 'github-token': 3 } });

// ---- 2: views

const map = (m) => JSON.stringify({ version: 3, mappings: 'AAAA', ...m });
const own = (lines) => Array.from({ length: lines }, (_, i) => `line ${i}`).join('\n');
const pack = (files) => tgz(Object.entries(files).map(([name, data]) => ({ name: 'package/' + name, data })));
add('views/map.tgz', pack({ 'a.js.map': map({ sources: ['../src/a.ts', '../node_modules/l/i.js'], sourcesContent: [own(7), own(5)] }) }), 1, ['own-source'], { rebuild: { maps: 1, sources: 2, sources_with_content: 2, own_sources: 1, own_lines: 7, vendored_lines: 5 } });
add('views/index-map.tgz', pack({ 'a.js.map': `)]}'\n` + JSON.stringify({ version: 3, sections: [{ offset: { line: 0, column: 0 }, map: JSON.parse(map({ sources: ['x'], sourceRoot: '/r', sourcesContent: [own(3)] })) }, { offset: { line: 9, column: 0 }, map: JSON.parse(map({ sources: ['y', 'z'], sourcesContent: [own(2), null], ignoreList: [0] })) }] }) }), 1, ['own-source'],
  { rebuild: { maps: 1, sources: 3, sources_with_content: 2, own_sources: 1, own_lines: 3, vendored_lines: 2 } });
add('views/inline-map.tgz', pack({ 'a.js': `x=1\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map({ sources: ['a.ts'], sourcesContent: [own(4) + `\nt="${token()}"`] })).toString('base64')}\n` }), 1, ['own-source', 'github-token'], { rebuild: { maps: 1, own_lines: 5 } });
add('views/secret-in-map.tgz', pack({ 'a.js.map': map({ sources: ['a.ts'], sourcesContent: [`t="${token()}"`] }) }), 1, ['github-token']);
add('views/no-content.tgz', pack({ 'a.js.map': map({ sources: ['a.ts', 'b.ts'] }) }), 0, [], { rebuild: { maps: 1, sources: 2, sources_with_content: 0, own_lines: 0 } });
add('views/public.tgz', pack({ 'package.json': '{"name":"x","version":"1.0.0","license":"MIT","repository":"github:a/x"}', 'a.js.map': map({ sources: ['a.ts'], sourcesContent: [own(9)] }) }), 0, [], { rebuild: { own_lines: 9 } });
const b64 = (t) => Buffer.from(t).toString('base64');
const hex = (t) => Buffer.from(t).toString('hex');
const percent = (t) => Array.from(Buffer.from(t), (b) => '%' + b.toString(16).padStart(2, '0')).join('');
const text = () => `here is the token ${token()} and so on`;
add('views/base64.tgz', pack({ 'a.txt': 'x ' + b64(text()) + '\n' }), 1, has);
add('views/base64url.tgz', pack({ 'a.txt': Buffer.from(text() + '???>>>').toString('base64url') }), 1, has);
add('views/base64-lines.tgz', pack({ 'a.txt': b64(text().repeat(4)).replace(/(.{64})/g, '$1\n') }), 1, has);
add('views/hex.tgz', pack({ 'a.txt': hex(text()) }), 1, has);
add('views/percent.tgz', pack({ 'a.txt': 'u=' + percent(text()) }), 1, has);
add('views/gzip-in-base64.tgz', pack({ 'a.txt': gz(text()).toString('base64') }), 1, has);
add('views/three-deep.tgz', pack({ 'a.txt': b64(hex(b64(text()))) }), 1, has);
// What the budget of work leaves undecoded is not clean.
add('views/undecoded.tgz', pack({ 'a.txt': 'x ' + b64(text()) + '\n' }), 3, [], { why: 'far more than ordinary', args: ['--max-work', '0'] });
{
  const dir = fs.mkdtempSync(path.join(root, 'elf-'));
  fs.writeFileSync(path.join(dir, 'a.c'), 'int main(void){return 0;}\n');
  const built = spawnSync('gcc', ['-g', '-gz=zlib', `-fdebug-prefix-map=${dir}=/home/seedperson/secret-project`, '-o', path.join(dir, 'a'), path.join(dir, 'a.c')]);
  if (built.status === 0) add('views/elf.tgz', pack({ 'bin/a': fs.readFileSync(path.join(dir, 'a')) }), 0, ['debug-information'], { people: 'seedperson' });
  else console.log('skipped  gate-elf: no gcc here, so that debug sections are read is not proved');
  fs.rmSync(dir, { recursive: true });
}

// ---- 3: formats and keys, really parsed

const key = (type, o, e) => crypto.generateKeyPairSync(type, o).privateKey.export(e);
const pem8 = { type: 'pkcs8', format: 'pem' };
const usable = { 'rsa-pkcs8': key('rsa', { modulusLength: 2048 }, pem8), 'rsa-pkcs1': key('rsa', { modulusLength: 2048 }, { type: 'pkcs1', format: 'pem' }), 'ec-sec1': key('ec', { namedCurve: 'P-256' }, { type: 'sec1', format: 'pem' }),
  'ec-pkcs8': key('ec', { namedCurve: 'P-384' }, pem8), ed25519: key('ed25519', {}, pem8), x25519: key('x25519', {}, pem8) };
for (const [name, text] of Object.entries(usable)) add(`keys/${name}.tgz`, pack({ 'k.pem': text }), 1, ['private-key-usable']);
add('keys/in-a-string.tgz', pack({ 'k.js': 'const k = ' + JSON.stringify(usable.ed25519) }), 1, ['private-key-usable']);
add('keys/der.tgz', pack({ 'k.der': key('rsa', { modulusLength: 2048 }, { type: 'pkcs8', format: 'der' }) }), 1, ['private-key-usable']);
const pass = { cipher: 'aes-256-cbc', passphrase: draw(20) };
add('keys/encrypted-pkcs8.tgz', pack({ 'k.pem': key('rsa', { modulusLength: 2048 }, { ...pem8, ...pass }) }), 0, ['private-key-encrypted']);
add('keys/encrypted-pkcs1.tgz', pack({ 'k.pem': key('rsa', { modulusLength: 2048 }, { type: 'pkcs1', format: 'pem', ...pass }) }), 0, ['private-key-encrypted']);
add('keys/broken.tgz', pack({ 'k.pem': '-----BEGIN RSA PRIVATE KEY-----\n' + draw(64) + '\n-----END RSA PRIVATE KEY-----\n' }), 0, ['private-key-broken']);
const field = (b) => { const h = Buffer.alloc(4); h.writeUInt32BE(Buffer.from(b).length); return Buffer.concat([h, Buffer.from(b)]); };
const openssh = (cipher) => '-----BEGIN OPENSSH PRIVATE KEY-----\n' + Buffer.concat([Buffer.from('openssh-key-v1\0'), field(cipher), field(cipher === 'none' ? 'none' : 'bcrypt'), field(''), Buffer.from([0, 0, 0, 1]), field(Buffer.concat([field('ssh-ed25519'), field(crypto.randomBytes(32))])), field(crypto.randomBytes(136))]).toString('base64').replace(/(.{70})/g, '$1\n') + '\n-----END OPENSSH PRIVATE KEY-----\n';
add('keys/openssh.tgz', pack({ id_ed25519: openssh('none') }), 1, ['private-key-usable']);
add('keys/openssh-encrypted.tgz', pack({ id_ed25519: openssh('aes256-ctr') }), 0, ['private-key-encrypted']);
{
  const dir = fs.mkdtempSync(path.join(root, 'cert-'));
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=x', '-days', '1', '-keyout', path.join(dir, 'k'), '-out', path.join(dir, 'c')]);
  if (made.status === 0) add('keys/with-certificate.tgz', pack({ 'k.pem': fs.readFileSync(path.join(dir, 'k')), 'c.pem': fs.readFileSync(path.join(dir, 'c')) }), 1, ['private-key-usable'], { details: ['its certificate is in the package'] });
  else console.log('skipped  gate-certificate: no openssl here, so that a key finds its certificate is not proved');
  fs.rmSync(dir, { recursive: true });
}
const secret = () => draw(12) + '7' + draw(11);
const formats = {
  npmrc: ['.npmrc', `//r.example/:_authToken=${secret()}\n`], pypirc: ['.pypirc', `[pypi]\nusername = __token__\npassword = ${secret()}\n`], netrc: ['.netrc', `machine h.example login me password ${secret()}\n`],
  pgpass: ['.pgpass', `db.example:5432:app:me:${secret()}\n`], htpasswd: ['.htpasswd', `me:$apr1$${draw(8)}$${draw(22)}\n`], shadow: ['etc/shadow', `root:$6$${draw(8)}$${draw(86)}:19000:0:99999:7:::\n`],
  'docker-config': ['.docker/config.json', JSON.stringify({ auths: { 'r.example': { auth: b64('me:' + secret()) } } })], 'kube-config': ['.kube/config', `users:\n- name: me\n  user:\n    token: ${secret()}\n`],
  'env-file': ['.env', `DEBUG=1\nDB_PASSWORD=${secret()}\n`], 'cloud-credentials': ['.aws/credentials', `[default]\naws_secret_access_key = ${draw(40)}\n`],
  'service-account': ['sa.json', JSON.stringify({ type: 'service_account', private_key: usable['rsa-pkcs8'] })],
};
for (const [rule, [name, data]] of Object.entries(formats)) add(`formats/${rule}.tgz`, pack({ [name]: data }), 1, [rule]);
add('formats/variables.tgz', pack({ '.env': 'DB_PASSWORD=${DB_PASSWORD}\nAPI_KEY=\n', '.npmrc': '//r.example/:_authToken=${NPM_TOKEN}\n' }), 0, []);

// ---- 4: what strangers learn

add('exposure/names.tgz', pack({ 'a.js': 'fetch("https://build.eng.acme.corp/x"); if (checkGate("tengu-new-mode")) go(process.env.ACME_INTERNAL_MODE); p="You are a careful coding agent that works at night"; s="/Users/seedperson/work/a.ts"' }), 0, [],
  { exposure: { hosts: 'build.eng.acme.corp', flags: 'tengu-new-mode', prompts: 'You are a careful coding agent that works at night', people: 'seedperson' } });
for (const [rule, name, exit] of [['version-control', '.git/config', 1], ['shell-history', '.bash_history', 1], ['terraform-state', 'terraform.tfstate', 1], ['memory-image', 'a.heapsnapshot', 1], ['http-archive', 'x.har', 1], ['database', 'users.sqlite', 0], ['agent-files', 'CLAUDE.md', 0], ['model-weights', 'm.gguf', 0]])
  add(`artifacts/${rule}.tgz`, pack({ [name]: 'x' }), exit, [rule]);

// ---- 7: hostile archives

const one = { name: 'package/a.js', data: 'x' };
add('hostile/traversal.tgz', tgz([{ name: 'package/../../etc/passwd', data: 'x' }]), 1, ['archive-traversal']);
add('hostile/traversal.zip', zip([{ name: '../../a', data: 'x' }]), 1, ['archive-traversal']);
add('hostile/backslash.zip', zip([{ name: '..\\..\\a', data: 'x' }]), 1, ['archive-traversal']);
add('hostile/absolute.tgz', tgz([{ name: '/etc/passwd', data: 'x' }]), 1, ['archive-absolute-name']);
add('hostile/drive.zip', zip([{ name: 'C:\\a', data: 'x' }]), 1, ['archive-absolute-name']);
add('hostile/duplicate.tgz', tgz([one, one]), 1, ['archive-duplicate-name']);
add('hostile/duplicate-dot.tgz', tgz([one, { ...one, name: './package/a.js' }]), 1, ['archive-duplicate-name']);
add('hostile/case.tgz', tgz([one, { ...one, name: 'package/A.js' }]), 0, ['archive-case-collision']);
add('hostile/link-out.tgz', tgz([{ name: 'package/l', type: '2', link: '../../etc/passwd' }]), 1, ['archive-escaping-link']);
add('hostile/link-absolute.tgz', tgz([{ name: 'package/l', type: '2', link: '/etc/passwd' }]), 1, ['archive-escaping-link']);
add('hostile/hardlink-out.tgz', tgz([{ name: 'package/l', type: '1', link: '../../etc/passwd' }]), 1, ['archive-escaping-link']);
add('hostile/link-inside.tgz', tgz([one, { name: 'package/d/l', type: '2', link: '../a.js' }]), 0, []);
add('hostile/device.tgz', tgz([{ name: 'package/d', type: '3' }]), 1, ['archive-special-file']);
add('hostile/setuid.tgz', tgz([{ ...one, mode: 0o4755 }]), 0, ['archive-setuid']);
add('hostile/zip-name.zip', zip([{ ...one, local: { name: 'package/b.js' } }]), 1, ['zip-mismatch']);
add('hostile/zip-size.zip', zip([{ ...one, store: true, local: { size: 7, packed: 1 } }]), 1, ['zip-mismatch'], { may: 3 });
add('hostile/zip-method.zip', zip([{ ...one, store: true, local: { method: 8 } }]), 1, ['zip-mismatch'], { may: 3 });
add('hostile/zip-hidden.zip', zip([one, { name: 'package/evil.js', data: 'y', hidden: true }]), 1, ['zip-mismatch']);
add('hostile/zip-before.zip', zip([one], { before: '#!/bin/sh\nexit\n' }), 1, ['archive-trailing-data'], { may: 3, also: 'zip-mismatch' });
add('hostile/zip-after.zip', zip([one], { after: 'more' }), 1, ['archive-trailing-data'], { may: 3 });
add('hostile/gzip-after.tgz', Buffer.concat([tgz([one]), Buffer.from('hidden behind')]), 1, ['archive-trailing-data']);
add('hostile/tar-after.tgz', gz(Buffer.concat([tar([one]), Buffer.from('hidden behind'.repeat(50))])), 1, ['archive-trailing-data']);
add('hostile/control-name.tgz', tgz([{ name: 'package/a\x1b[2Jb', data: 'x' }]), 1, ['archive-bad-name']);
add('hostile/ratio.tgz', tgz([{ name: 'package/zeros', data: Buffer.alloc(48 << 20) }]), 3, [], { why: 'ratio' });
add('hostile/ratio.gz', gz(Buffer.alloc(100 << 20)), 3, [], { why: 'ratio' });
add('hostile/ratio.zip', zip([{ name: 'zeros', data: Buffer.alloc(48 << 20) }]), 3, [], { why: 'ratio' });
{
  let inner = zip([one]);
  for (let i = 0; i < 12; ++i) inner = zip([{ name: `l${i}.zip`, data: inner }]);
  add('hostile/nesting.zip', inner, 3, [], { why: 'nesting' });
}
add('hostile/entries.tgz', tgz(Array.from({ length: 300 }, (_, i) => ({ name: `package/${i}`, data: '' }))), 3, [], { why: 'entries', args: ['--max-entries', '200'] });
add('hostile/total.tgz', tgz([{ name: 'package/r', data: crypto.randomBytes(300000) }]), 3, [], { why: 'bytes', args: ['--max-total', '200000'] });
add('hostile/entry.tgz', tgz([{ name: 'package/r', data: crypto.randomBytes(300000) }]), 3, [], { why: 'one file', args: ['--max-entry', '200000'] });
add('hostile/path.tgz', tgz([{ name: 'package/' + 'd/'.repeat(3000) + 'a', data: 'x' }]), 3, [], { why: 'name longer' });
add('hostile/seven.7z', Buffer.concat([Buffer.from('377abcaf271c0004', 'hex'), crypto.randomBytes(64)]), 3, [], { why: '7z' });
add('hostile/inner-rar.tgz', pack({ 'a.rar': Buffer.concat([Buffer.from('Rar!\x1a\x07\x01\x00', 'latin1'), crypto.randomBytes(64)]) }), 3, [], { why: 'rar' });
add('hostile/encrypted.zip', zip([{ ...one, encrypted: true }]), 3, [], { why: 'encrypted' });
add('hostile/bad-deflate.zip', (() => { const z = zip([{ name: 'a', data: 'x'.repeat(5000) }]); z.fill(0xff, 34, 50); return z; })(), 3, []);
add('hostile/bad-elf.tgz', pack({ a: Buffer.concat([Buffer.from('7f454c46020101000000000000000000', 'hex'), Buffer.alloc(48, 0xff)]) }), 3, [], { why: 'ELF' });
const whole = tgz(leak());
for (const part of [1, 3, 9, 17, 19, 30, 60, 100, whole.length - 9, whole.length - 4, whole.length - 1]) add(`hostile/cut-${part}.tgz`, whole.subarray(0, part), 3, [], part < 3 ? { exit: 0 } : {});
const tall = tar(leak());
for (const part of [700, 1100, 1600]) add(`hostile/cut-${part}.tar`, tall.subarray(0, part), 3, []);
{
  const z = zip(leak());
  for (const part of [40, z.length - 30, z.length - 5]) add(`hostile/cut-${part}.zip`, z.subarray(0, part), 3, [], { mayfind: true });
}
const deep = '{"version":3,"sections":[{"map":'.repeat(20000);
add('hostile/deep-map.tgz', pack({ 'a.js.map': deep, 'b.js.map': '['.repeat(100000), 'c.js.map': '{"version":3,"sourcesContent":["' + 'x'.repeat(1000) }), 3, []);
fs.mkdirSync(path.join(root, 'hostile/link-dir'));
fs.symlinkSync('/etc', path.join(root, 'hostile/link-dir/etc'));
fs.writeFileSync(path.join(root, 'hostile/link-dir/a'), 'x');
cases.push({ name: 'hostile/link-dir', exit: 0, rules: [], entries: 1 });

// Bytes turned at random places: any answer but a crash or a hang.
for (let i = 0; i < 60; ++i) {
  const source = [whole, gz(tall), zip(leak()), tall, fs.readFileSync(path.join(root, 'kinds/docker.tar')), fs.readFileSync(path.join(root, 'kinds/x.deb'))][i % 6];
  const bytes = Buffer.from(source);
  for (let k = 0; k < 1 + (i % 5); ++k) bytes[crypto.randomInt(bytes.length)] ^= 1 << crypto.randomInt(8);
  add(`hostile/turned-${i}`, bytes, -1, []);
}
fs.writeFileSync(path.join(root, 'cases.json'), JSON.stringify(cases));
