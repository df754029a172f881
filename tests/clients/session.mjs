// session.mjs RUN: inside the namespaces that `drive` made: loopback up, /etc replaced if RUN/etc exists, model started, client run.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const run = process.argv[2];
const { argv, env, work, port, timeout_s } = JSON.parse(readFileSync(join(run, 'command.json'), 'utf8'));

// SIOCSIFFLAGS with IFF_UP|IFF_RUNNING|IFF_LOOPBACK on "lo"; perl-base is on every Debian, iproute2 is not.
execFileSync('perl', ['-e', 'socket(S,2,2,0) or die; $r=pack("a16sx22","lo",0x49); ioctl(S,0x8914,$r) or die $!']);

if (existsSync(join(run, 'etc'))) {
  // A copy of /etc with the planted files; the real one is not touched, and the mount ends with the namespace.
  const copy = join(run, 'etc.copy');
  mkdirSync(copy);
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', copy]);
  execFileSync('cp', ['-a', '/etc/.', copy]);
  cpSync(join(run, 'etc'), copy, { recursive: true });
  execFileSync('mount', ['--bind', copy, '/etc']);
}

const model = spawn(process.execPath, [join(dirname(fileURLToPath(import.meta.url)), 'server.mjs'), String(port), join(run, 'turns.json'), join(run, 'requests.jsonl')],
  { stdio: ['ignore', 'pipe', 'inherit'] });
await new Promise((resolve, reject) => {
  model.stdout.once('data', resolve);
  model.once('exit', () => reject(new Error('the scripted model did not start')));
});

const out = openSync(join(run, 'out'), 'w');
const err = openSync(join(run, 'err'), 'w');
const started = Date.now();
const child = spawn('timeout', ['--kill-after=5', String(timeout_s), ...argv], { cwd: work, env, stdio: ['ignore', out, err] });
const status = await new Promise((resolve) => {
  child.once('error', () => resolve(127));
  child.once('exit', (code, signal) => resolve(code ?? `signal ${signal}`));
});
closeSync(out);
closeSync(err);
writeFileSync(join(run, 'rc'), `${status}\n`);
writeFileSync(join(run, 'wall_ms'), `${Date.now() - started}\n`);
process.exit(0); // the process namespace ends with us, and everything in it
