// task_server.mjs PORT DIRECTORY: what the tasks reach on "the outside": a page, a git repository over HTTP, a Python index and an npm registry of one
// package each. Prints a line when it listens. Makes its content in DIRECTORY.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join, normalize } from 'node:path';

const [port, directory] = [Number(process.argv[2]), process.argv[3]];
const url = `http://127.0.0.1:${port}`;
mkdirSync(join(directory, 'files'), { recursive: true });
writeFileSync(join(directory, 'hello.txt'), 'hello from outside\n');

// What git serves without a program: files, and a list of them.
const from = join(directory, 'from');
const git = (...words) => execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@a.example', ...words], { stdio: 'ignore',
  env: { PATH: process.env.PATH, HOME: directory, GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z', GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z' } });
git('init', '-q', '-b', 'main', from);
writeFileSync(join(from, 'readme.txt'), 'a repository\n');
git('-C', from, 'add', '.');
git('-C', from, 'commit', '-qm', 'first commit');
git('clone', '-q', '--bare', from, join(directory, 'repo.git'));
git('-C', join(directory, 'repo.git'), 'update-server-info');

execFileSync('python3', ['-c', `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
  z.writestr('demo_pkg/__init__.py', "WORD = 'from-the-index'\\n")
  z.writestr('demo_pkg-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: demo-pkg\\nVersion: 1.0\\n')
  z.writestr('demo_pkg-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
  z.writestr('demo_pkg-1.0.dist-info/RECORD', '')
`, join(directory, 'files', 'demo_pkg-1.0-py3-none-any.whl')]);

mkdirSync(join(directory, 'package'));
writeFileSync(join(directory, 'package', 'package.json'), JSON.stringify({ name: 'demo', version: '1.0.0', main: 'index.js' }));
writeFileSync(join(directory, 'package', 'index.js'), "module.exports = 'from-the-registry';\n");
execFileSync('tar', ['--sort=name', '--mtime=@0', '-czf', join(directory, 'files', 'demo-1.0.0.tgz'), '-C', directory, 'package']);
const integrity = `sha512-${createHash('sha512').update(readFileSync(join(directory, 'files', 'demo-1.0.0.tgz'))).digest('base64')}`;
const made = {
  '/npm/demo': ['application/json', JSON.stringify({ name: 'demo', 'dist-tags': { latest: '1.0.0' },
    versions: { '1.0.0': { name: 'demo', version: '1.0.0', main: 'index.js', dist: { tarball: `${url}/files/demo-1.0.0.tgz`, integrity } } } })],
  '/simple/demo-pkg/': ['text/html', '<a href="/files/demo_pkg-1.0-py3-none-any.whl">demo_pkg-1.0-py3-none-any.whl</a>'],
};

http.createServer((request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, url).pathname));
  const file = join(directory, path);
  if (made[path]) {
    response.setHeader('Content-Type', made[path][0]);
    response.end(made[path][1]);
  } else if (existsSync(file) && statSync(file).isFile()) {
    response.end(readFileSync(file));
  } else {
    response.statusCode = 404;
    response.end();
  }
}).listen(port, '127.0.0.1', () => console.log('listening'));
