# 10,000 secrets in every encoding, in prompts, commands, descriptions, contents, outputs, URLs; and none of them, not even a piece of one, in
# whatever we write: log, index, report, bundle, exports, messages of refusal. Sourced by run. (Tickets hold commands as they must run; the
# client's own input goes back to it.)
planted=$scratch/planted
mkdir -p "$planted" "$scratch/told"
node "$here/secrets.cjs" make "$planted" "${CHECKREIN_SECRETS:-2000}" "${CHECKREIN_SEED:-7}"
hide=$scratch/hide
for f in "$planted"/event-*.json; do
  "$hook" --state "$hide" --config "$scratch/config" claude <"$f" >/dev/null 2>>"$scratch/told/stderr"
done
for f in "$planted"/event-000*.json; do # broken off: what is said about them quotes nothing
  head -c 700 "$f" | "$hook" --state "$hide" --config "$scratch/config" claude >/dev/null 2>>"$scratch/told/stderr"
  sed 's/"hook_event_name":"/&X/' "$f" | "$hook" --state "$hide" --config "$scratch/config" claude >/dev/null 2>>"$scratch/told/stderr"
done
of="--state $hide --config $scratch/config"
"$checkrein" log search $of use >/dev/null 2>&1
for part in 'show --json' 'show --story' show 'export --jsonl' 'export --ocsf' divergence; do "$checkrein" log $part $of >"$scratch/told/${part// /}.txt" 2>&1; done
"$checkrein" log report $of -o "$scratch/told/report.html" >/dev/null
"$checkrein" bundle $of -o "$scratch/told/bundle.tar" >/dev/null
found=$(node "$here/secrets.cjs" look "$planted" "$hide/log" "$hide/index.sqlite"* "$hide/sessions" "$scratch/told"); rc=$?
if [ "$rc" = 0 ]; then pass "secrets: $found"; else fail secrets "$found"; fi
# The search itself must be able to find: one secret left in a file on purpose.
node -e 'console.log(JSON.parse(require("fs").readFileSync(process.argv[1]))[3].value)' "$planted/secrets.json" >"$scratch/told/left"
node "$here/secrets.cjs" look "$planted" "$scratch/told/left" >/dev/null && fail secrets-search 'it finds nothing' || pass secrets-search

# The bundle, by whoever has nothing else.
vkey=$("$checkrein" log key $of)
contains bundle "$("$checkrein" bundle verify --vkey "$vkey" "$scratch/told/bundle.tar")" 'verified: '
tar -xf "$scratch/told/bundle.tar" -C "$scratch" manifest.json records/0.json && pass bundle-is-a-tar || fail bundle-is-a-tar 'tar cannot read it'
printf 'X' | dd of="$scratch/told/bundle.tar" bs=1 seek=20000 conv=notrunc status=none
contains bundle-changed "$("$checkrein" bundle verify --vkey "$vkey" "$scratch/told/bundle.tar")" 'NOT VERIFIED'
