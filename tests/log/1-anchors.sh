# What is proved, by whom, and what a rollback or a fork looks like. Sourced by run.
event UserPromptSubmit ',"prompt":"Fix the failing test."' >/dev/null
for c in 'cat README.md'; do bash_call "$c"; done
vkey=$(log key)
out=$(log verify --vkey "$vkey"); rc=$?
check verify-status $rc 0
contains verify-says-complete "$out" 'verified: 5 record(s), complete and in order'
contains verify-says-unanchored "$out" 'anchored nowhere'
contains verify-other-key "$(log verify --vkey "${vkey%??}AA")" 'checkrein: '

contains anchor-file "$(log anchor file "$scratch/stick")" 'anchored: 5 record(s)'
bash_call 'echo two'
out=$(log verify)
contains verify-says-anchored "$out" 'anchored records 0 to 4: file '
contains verify-says-rest "$out" 'only self-signed: the last 1 (5 to 5)'

repository=$scratch/repository
git init -q "$repository"
git -C "$repository" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m first
# A hook that an agent may have left there must not run as us.
printf '#!/bin/sh\ntouch %s/ran\n' "$scratch" >"$repository/.git/hooks/reference-transaction"
chmod +x "$repository/.git/hooks/reference-transaction"
contains anchor-git "$(log anchor git "$repository")" 'anchored: 6 record(s)'
check anchor-git-runs-no-hook "$(ls "$scratch/ran" 2>/dev/null)" ''
contains verify-git "$(log verify)" 'git note of commit'

# A witness that serves, and one that signs by hand.
"$checkrein" witness --dir "$scratch/w1" --name w1.example --log "$vkey" serve --port 0 >"$scratch/w1.out" 2>&1 &
witness_pid=$!
for _ in $(seq 200); do url=$(sed -n 's/^listening on //p' "$scratch/w1.out"); [ -n "$url" ] && break; read -rt 0.05 <> <(:) || true; done
w1=$(sed -n 's/^witness //p' "$scratch/w1.out")
contains anchor-witness "$(log anchor witness "$url" --vkey "$w1")" 'a cosignature by w1.example'
bash_call 'echo three'
contains anchor-witness-again "$(log anchor witness "$url" --vkey "$w1")" 'anchored: 7 record(s)'
rm -r "$state/log/anchor"
contains anchor-witness-resumes "$(log anchor witness "$url" --vkey "$w1")" 'anchored: 7 record(s)'
out=$(log verify)
contains verify-cosigned "$out" 'records 0 to 6: cosigned by w1.example at 20'
lacks verify-all-anchored "$out" 'only self-signed'
w2=$("$checkrein" witness --dir "$scratch/w2" --name w2.example --log "$vkey" key)
log anchor request >"$scratch/request"
line=$("$checkrein" witness --dir "$scratch/w2" sign "$scratch/request")
contains witness-sign "$line" '— w2.example '
contains anchor-add "$(log anchor add --vkey "$w2" - <<<"$line")" 'a cosignature by w2.example'
contains witness-knows "$("$checkrein" witness --dir "$scratch/w2" sign "$scratch/request" 2>&1)" 'this witness knows 7'
contains witness-stranger "$("$checkrein" witness --dir "$scratch/w3" --name w3.example sign "$scratch/request" 2>&1)" 'not signed (404)'

# Rolled back, and told anew with the log's own key: each anchor alone shows it, and none is overwritten.
cp -r "$state" "$scratch/later"
bash_call 'echo four'
log publish >/dev/null
contains verify-before "$(log verify)" 'verified: 8'
cp "$scratch/stick" "$scratch/stick5"
log anchor file "$scratch/stick" >/dev/null
rm -r "$state"; mv "$scratch/later" "$state"
out=$(log verify); check rollback-status $? 1
contains rollback-named "$out" "record 7: missing; file $scratch/stick"
contains rollback-not-anchored "$(log anchor file "$scratch/stick")" 'the anchor is left as it is'
bash_call 'echo forged'
bash_call 'echo forged'
out=$(log verify)
contains fork-named "$out" 'signed for another tree of 8 records'
contains fork-not-anchored "$(log anchor file "$scratch/stick")" 'the anchor is left as it is'
log anchor witness "$url" --vkey "$w1" >/dev/null # nine of these: extends what w1 saw at seven
out=$(log verify --anchor "$scratch/stick" --vkey "$vkey"); check fork-status $? 1
rm "$state/log/anchors"
contains fork-without-anchor "$(log verify)" 'verified: 9'
contains fork-with-named-anchor "$(log verify --anchor "$scratch/stick")" 'NOT VERIFIED'
contains anchor-gone "$(log verify --anchor "$scratch/none")" 'ANCHOR GONE'
kill "$witness_pid"; wait "$witness_pid" 2>/dev/null; witness_pid=

# One record and its proof, for somebody who has nothing else.
out=$(cd "$scratch" && log prove 3)
contains prove "$out" 'record-3.tlog-proof'
check proof-holds "$("$checkrein" log check-proof --vkey "$vkey" "$scratch/record-3.tlog-proof" "$scratch/record-3.json" | head -1)" "proved: these bytes are record 3 of a log of 9 record(s), signed by $vkey"
sed 's/in force/not in force/; s/cat/dog/; s/"v":1/"v":2/' "$scratch/record-3.json" >"$scratch/false.json"
contains proof-of-other-bytes "$("$checkrein" log check-proof --vkey "$vkey" "$scratch/record-3.tlog-proof" "$scratch/false.json")" 'NOT PROVED'
check prove-none "$(log prove 99 >/dev/null 2>&1; echo $?)" 2
