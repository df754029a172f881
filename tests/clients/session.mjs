// session.mjs RUN: inside the namespaces that `drive` made: loopback up, /etc replaced by a copy, model started, client run.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './profile.mjs';

const run = process.argv[2];
const { argv, env, work, port, timeout_s, spoiled, planted_owner, approve, then_files, checkrein, servers, setup, as_user } = JSON.parse(readFileSync(join(run, 'command.json'), 'utf8'));

// Where an ordinary user finds the tree: where it is, or, if others may not pass there, in a folder of /opt or /var/opt, whichever it does not lie in.
const ways = root.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/') || '/');
const stand = !as_user || ways.every((way) => statSync(way).mode & 0o001) ? root : join(root.startsWith('/opt/') ? '/var/opt' : '/opt', 'checkrein-tree');

// SIOCSIFFLAGS with IFF_UP|IFF_RUNNING|IFF_LOOPBACK on "lo"; perl-base is on every Debian, iproute2 is not.
execFileSync('perl', ['-e', 'socket(S,2,2,0) or die; $r=pack("a16sx22","lo",0x49); ioctl(S,0x8914,$r) or die $!']);

// A copy of /etc with the planted files, and a password database that knows the scratch home: programs that rightly mistrust $HOME
// must find the same one. The real /etc is not touched, and the mounts end with the namespace.
const copy = join(run, 'etc.copy');
mkdirSync(copy);
execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', copy]);
spawnSync('cp', ['-a', '/etc/.', copy], { stdio: 'ignore' }); // an ordinary user cannot read all of it: then the rest
const accounts = readFileSync(join(copy, 'passwd'), 'utf8').split('\n').map((line) => line.split(':'));
for (const account of accounts) if (account[2] === '0') account[5] = env.HOME;
if (as_user) accounts.splice(-1, 0, ['tester', 'x', '12345', '12345', '', env.HOME.replaceAll(root, stand), '/bin/bash']);
writeFileSync(join(copy, 'passwd'), accounts.map((account) => account.join(':')).join('\n'));
if (existsSync(join(run, 'etc'))) {
  cpSync(join(run, 'etc'), copy, { recursive: true });
  // In the sandbox of an ordinary user they belong to that user, whom the client knows by the same number.
  if (planted_owner) for (const name of readdirSync(join(run, 'etc'))) execFileSync('chown', ['-R', String(planted_owner), join(copy, name)]);
}
execFileSync('mount', ['--bind', copy, '/etc']);

// Directories in a bad way: "read-only", or "full" (not one block left).
for (const [path, state] of Object.entries(spoiled)) {
  mkdirSync(path, { recursive: true });
  if (state === 'full') {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=1000', 'tmpfs', path]);
    spawnSync('dd', ['if=/dev/zero', `of=${join(path, 'filler')}`, 'bs=4096', 'count=64'], { stdio: 'ignore' });
  } else {
    execFileSync('mount', ['--bind', path, path]);
    execFileSync('mount', ['-o', 'remount,bind,ro', path]);
  }
}

// What a person approved before, and what somebody changed since.
for (const what of approve)
  execFileSync(checkrein, ['advisories', 'approve', '--state', join(run, 'state'), '--workspace', work, what], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });
for (const [path, content] of Object.entries(then_files)) writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2));

const model = spawn(process.execPath, [join(dirname(fileURLToPath(import.meta.url)), 'server.mjs'), String(port), join(run, 'turns.json'), join(run, 'requests.jsonl')],
  { stdio: ['ignore', 'pipe', 'inherit'] });
await new Promise((resolve, reject) => {
  model.stdout.once('data', resolve);
  model.once('exit', () => reject(new Error('the scripted model did not start')));
});

for (const command of setup) execFileSync('/bin/sh', ['-c', command], { cwd: work, env, stdio: 'ignore' });
for (const words of servers) {
  const server = spawn(words[0], words.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    server.stdout.once('data', resolve);
    server.once('exit', () => reject(new Error(`${words[1]} did not start`)));
  });
}

// An ordinary user, who owns the run and nothing else, and can go where the tree stands.
const words = as_user ? ['setpriv', '--reuid', '12345', '--regid', '12345', '--clear-groups', ...argv].map((word) => word.replaceAll(root, stand)) : argv;
if (stand !== root) {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', dirname(stand)]);
  mkdirSync(stand);
  for (const entry of readdirSync(root, { withFileTypes: true })) { // one by one: the tree itself may be one that others may not pass
    const [from, to] = [join(root, entry.name), join(stand, entry.name)];
    if (entry.isDirectory()) mkdirSync(to); else if (entry.isFile()) writeFileSync(to, ''); else continue;
    execFileSync('mount', ['--rbind', from, to]);
  }
}
if (as_user) {
  execFileSync('chown', ['-R', '12345:12345', run]);
  for (const [name, value] of Object.entries(env)) env[name] = value.replaceAll(root, stand);
}

const out = openSync(join(run, 'out'), 'w');
const err = openSync(join(run, 'err'), 'w');
const started = Date.now();
const child = spawn('timeout', ['--kill-after=5', String(timeout_s), ...words], { cwd: as_user ? work.replaceAll(root, stand) : work, env, stdio: ['ignore', out, err] });
const status = await new Promise((resolve) => {
  child.once('error', () => resolve(127));
  child.once('exit', (code, signal) => resolve(code ?? `signal ${signal}`));
});
closeSync(out);
closeSync(err);
writeFileSync(join(run, 'rc'), `${status}\n`);
writeFileSync(join(run, 'wall_ms'), `${Date.now() - started}\n`);
process.exit(0); // the process namespace ends with us, and everything in it
