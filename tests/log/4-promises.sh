# With hooks only each screen says what that cannot promise, in the same words, and what is piped to a program stays without them. Sourced by run.
promise='hooks only: no boundary'
screens=("log show" "log show --story" "log show --json" "log search echo" "log search echo --json" "log verify" "log divergence" "log baseline" "log export --ocsf" "log export --jsonl"
  "log prove 5 --to $scratch/promise" "log check-proof --vkey $(log key) $scratch/promise.tlog-proof $scratch/promise.json" "bundle --to $scratch/promise.tar" "bundle verify $scratch/promise.tar")
for screen in "${screens[@]}"; do
  places=$at
  case $screen in *check-proof* | "bundle verify"*) places= ;; esac
  contains "promise-$(tr ' ' - <<<"${screen%% $scratch*}" | cut -c1-24)" "$("$checkrein" $screen $places 2>&1 | tr '\n' ' ')" "$promise"
done
contains promise-pending "$("$checkrein" pending $at)" 'that is no boundary'
for screen in "log show" "log show --json" "log search echo" "log export --jsonl"; do lacks "rows-alone-$(tr ' ' - <<<"$screen")" "$("$checkrein" $screen $at 2>/dev/null)" "$promise"; done
check ocsf-says-it-in-each-event "$("$checkrein" log export --ocsf $at 2>/dev/null | jq -r 'select(.unmapped.mode == "hooks") | .unmapped.not_promised[0:10]' | sort -u)" 'hooks only'
# The export's lines hold the records' own bytes.
check export-is-the-bytes "$("$checkrein" log export --jsonl --from 5 --until 6 $at 2>/dev/null | sed 's/^{"index":5,"origin":"[^"]*","record"://; s/}$//' | tr -d '\n' | sha256sum)" "$(sha256sum <"$scratch/promise.json")"
"$checkrein" log report --to "$scratch/promise.html" $at >/dev/null
contains promise-report "$(sed -n 's/.*id="meta">\([^<]*\)<.*/\1/p' "$scratch/promise.html" | base64 -d | jq -r '.promises[0]')" "$promise"
# Nor of a run is it said.
(cd "$scratch/project" && "$checkrein" exec --state "$scratch/state-run" --config "$scratch/config" -- true >/dev/null 2>&1)
for screen in "log show" "log verify" "changes" "undo"; do lacks "run-needs-none-$(tr ' ' - <<<"$screen")" "$("$checkrein" $screen --state "$scratch/state-run" --config "$scratch/config" 2>&1)" "$promise"; done
