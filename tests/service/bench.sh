# Sourced by `inside`: the hook that asks the service beside the hook that decides by itself, in turn; then 16 hooks of one user at once.
count=${3:-200}
"$checkrein" install --system >/dev/null && serve
event agent "grep -rn Result src | sort -u | head -50 && wc -l file" >/tmp/event.json
chmod 644 /tmp/event.json
as agent mkdir -p own config
line() { local IFS=$'\t'; echo "$*"; }
{
  line true /dev/null /bin/true
  line "hook, asks the service" /tmp/event.json "$hook" --service /run/checkrein/service.sock claude
  line "hook, decides itself" /tmp/event.json "$hook" --state /home/ckr-agent/own --config /home/ckr-agent/config claude
} >/tmp/spec
as agent /opt/bin/bench_spawn interleaved "$count" /tmp/spec
line "16 hooks at once, by the service" /tmp/event.json "$hook" --service /run/checkrein/service.sock claude >/tmp/spec16
as agent /opt/bin/bench_spawn together 40 16 /tmp/spec16
kill "$pid"
