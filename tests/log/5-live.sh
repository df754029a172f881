# As it happens, and when there is no room. Sourced by run.
timeout 20 "$checkrein" log show --follow $at >"$scratch/followed" 2>/dev/null & follow_pid=$!
until_said() { for _ in $(seq 200); do grep -q "$1" "$scratch/followed" && return; read -rt 0.05 <> <(:) || true; done; }
bash_call 'echo followed-one'
until_said followed-one
bash_call 'rm -rf ~'
until_said 'rm -rf'
kill "$follow_pid" 2>/dev/null; wait "$follow_pid" 2>/dev/null
contains follow-tells-what-happens "$(cat "$scratch/followed")" 'followed-one'
contains follow-tells-the-decision "$(cat "$scratch/followed")" 'deny   by '

# A full disk denies, whatever the action, and what was written before is whole; with room again it goes on.
cat >"$scratch/full.sh" <<'END'
mount -t tmpfs -o size=1m tmpfs "$1" || exit 77
cd /
say() { printf '{"session_id":"s1","transcript_path":"/x","cwd":"%s","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"echo a%s"},"tool_use_id":"t%s"}' "$project" "$1" "$1" | "$hook" --state "$dir/state" --config "$config" claude >/dev/null 2>"$dir/../full.err"; echo $?; }
dir=$1
first=$(say 1)
dd if=/dev/zero of="$dir/filler" bs=64k 2>/dev/null
denied=0 last=0
for i in $(seq 2 400); do last=$(say "$i"); [ "$last" = 0 ] || { denied=$i; break; }; done
why=$(cat "$dir/../full.err")
rm "$dir/filler"
again=$(say 900)
verified=$("$checkrein" log verify --state "$dir/state" --config "$config" 2>&1 | head -1)
echo "first $first, denied $([ "$denied" -gt 0 ] && echo yes), status $last, again $again, $(cut -c1-8 <<<"$verified")"
echo "$why"
END
mkdir -p "$scratch/full"
namespace="unshare --mount"; [ "$(id -u)" = 0 ] || namespace="unshare --map-root-user --mount"
out=$(hook=$hook checkrein=$checkrein config=$scratch/config project=$scratch/project $namespace bash "$scratch/full.sh" "$scratch/full" 2>&1); rc=$?
if [ "$rc" = 77 ]; then skip full-disk "no file system can be mounted here: NOT PROVED that a full disk denies"; else
  check full-disk-denies-and-goes-on "$(head -1 <<<"$out")" 'first 0, denied yes, status 2, again 0, verified'
fi
