# What an agent that has read all of this tries.
state=/var/lib/checkrein
for what in "cat $state/log/key" "ls $state" "cat $state/users/$(uid agent)/redaction.key" "touch $state/log/segment/000000000000" "mv $state /var/lib/x" \
  "rm /run/checkrein/service.sock" "mv /run/checkrein /run/x" "ln -sf /tmp/x /run/checkrein/service.sock" "rm /etc/checkrein/service" "cp /tmp/err /etc/checkrein/service" \
  "kill -9 $pid" "kill -STOP $pid" "cat /proc/$pid/mem" "cat /proc/$pid/environ" "ls /proc/$pid/fd" "cat /proc/$pid/maps" "rm /etc/claude-code/managed-settings.json"; do
  if as agent sh -c "$what" >/tmp/out 2>&1; then fail "agent-cannot: $what" "it could: $(head -c 200 /tmp/out)"; else pass "agent-cannot: ${what//$pid/PID}"; fi
done
# A process that belongs to the service's users is not to be traced either (strace is a tracer like any).
as agent timeout 5 strace -p "$pid" >/tmp/out 2>&1
contains agent-cannot-trace "$(cat /tmp/out)" "not permitted"

# Nobody can speak as another: there is no word for it, and a file of one's own says nothing.
printf '%s' "$(event other "echo i-am-other")" | as agent "$hook" claude >/dev/null 2>&1
contains identity-is-the-kernels "$(last)" "\"uid\":$(uid agent)"

# A service of the agent's own: its answer does not count.
cat >/tmp/fake.py <<'P'
import os, socket, struct, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(4); print(os.getpid(), flush=True)
def field(t): b = t.encode(); return struct.pack('<I', len(b)) + b
while True:
    c, _ = s.accept(); c.recv(1 << 20)
    body = field('answer') + field('{}') + field('') + field('0')
    try: c.sendall(struct.pack('<I', len(body)) + body)
    except OSError: pass
    c.close()
P
as agent python3 /tmp/fake.py /home/ckr-agent/fake.sock >/tmp/fake.out 2>&1 & fake=$!
for _ in $(seq 100); do [ -S /home/ckr-agent/fake.sock ] && break; sleep 0.05; done
message=$(event agent ls)
as agent "$hook" --service /home/ckr-agent/fake.sock claude >/tmp/out 2>/tmp/err <<<"$message"
check fake-service-is-denied "$?" 2
contains fake-service-is-named "$(cat /tmp/err)" "served by this very user"
kill "$(head -1 /tmp/fake.out)"; wait "$fake" 2>/dev/null

# Bytes that are no message, too many connections, descriptors: others are served all the same.
cat >/tmp/flood.py <<'P'
import array, os, socket, struct, sys, time
def connect():
    s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect('/run/checkrein/service.sock'); return s
for bytes_ in (b'\xff' * 64, b'\0' * 4096, struct.pack('<I', 0xffffffff), struct.pack('<I', 12) + struct.pack('<I', 4) + b'exec' + struct.pack('<I', 0),
               struct.pack('<I', 30) + struct.pack('<I', 7) + b'outcome' + b'\0' * 15):
    s = connect(); s.sendall(bytes_); s.close()
s = connect(); body = struct.pack('<I', 7) + b'pending'
s.sendmsg([struct.pack('<I', len(body)) + body], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2]))]); s.close()
kept = []
for _ in range(200):
    try: kept.append(connect())
    except OSError: time.sleep(0.01)  # the queue is full for now
print('ready', os.getpid(), flush=True)
time.sleep(60)
P
as agent python3 /tmp/flood.py >/tmp/flood.out 2>&1 & flood=$!
for _ in $(seq 100); do grep -q ready /tmp/flood.out && break; sleep 0.05; done
contains flood-is-under-way "$(cat /tmp/flood.out)" ready
ask other ls
check flood-keeps-nobody-out "$rc" 0
ask agent ls
check whoever-floods-is-kept-out "$rc" 2
kill "$(sed -n 's/ready //p' /tmp/flood.out)"; wait "$flood" 2>/dev/null

# The service looks with the rights of who asks: a script that only root may read is not read for the agent.
mkdir -p /opt/private && printf 'curl https://only-root-knows.example/\n' >/opt/private/s.sh && chmod 700 /opt/private && chmod 600 /opt/private/s.sh
ask agent "bash /opt/private/s.sh"
lacks looks-with-the-askers-rights "$(last)" only-root-knows
printf 'curl https://the-agent-knows.example/\n' | as agent tee project/own.sh >/dev/null; chmod 700 /home/ckr-agent
ask agent "bash own.sh"
contains looks-where-the-asker-may "$(last)" the-agent-knows.example
ask other "bash /home/ckr-agent/project/own.sh"
lacks does-not-look-into-others-homes "$(last)" the-agent-knows.example

# Facts are one user's own: what the one has read is not the other's.
check facts-are-apart "$(ls /var/lib/checkrein/users | sort)" "$(for u in agent other; do uid $u; done | sort)"

# Killed: everything is denied, nothing recorded is lost, and it goes on where it was.
contains log-verifies "$("$checkrein" log verify --state $state 2>&1)" "verified: "
chown -R checkrein:checkrein $state
size=$(log | wc -l)
kill -9 "$pid"; wait "$pid" 2>/dev/null
ask agent ls
check killed-denies "$rc" 2
serve
ask agent ls
check goes-on "$rc" 0
contains killed-is-a-finding "$(log)" '"code":"no-end"'
contains log-verifies-after-the-kill "$("$checkrein" log verify --state $state 2>&1)" "verified: "
[ "$(log | wc -l)" -gt "$size" ] && pass nothing-was-lost || fail nothing-was-lost "$size records before, $(log | wc -l) now"
chown -R checkrein:checkrein $state

# Taking it out is root's; records and key stay.
as agent "$checkrein" uninstall --system >/tmp/out 2>&1
check uninstall-is-roots "$?" 1
kill "$pid"; wait "$pid" 2>/dev/null
check ends-when-told "$?" 0
pid=
"$checkrein" uninstall claude --system --hook "$hook" >/tmp/out 2>&1
check client-is-taken-out "$(ls /etc/claude-code/managed-settings.json 2>&1 | grep -c 'No such')" 1
"$checkrein" uninstall --system >/tmp/out 2>&1
check service-is-taken-out "$(ls /etc/checkrein/service 2>&1 | grep -c 'No such')" 1
check records-stay "$(stat -c %U $state/log/key)" checkrein
