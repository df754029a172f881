// node peak.mjs COMMAND...: the peak resident memory of the largest process of a command.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
spawnSync(process.argv[2], process.argv.slice(3), { stdio: 'ignore' });
const out = spawnSync('bash', ['-c', '"$@" >/dev/null & pid=$!; peak=0; while kill -0 $pid 2>/dev/null; do for p in $pid $(cat /proc/$pid/task/$pid/children 2>/dev/null); do m=$(sed -n "s/VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p" /proc/$p/status 2>/dev/null); [ "${m:-0}" -gt "$peak" ] && peak=$m; done; sleep 0.02; done; echo $peak', 'x', ...process.argv.slice(2)]);
console.log(`peak of the largest process: ${out.stdout.toString().trim()} kB`);
