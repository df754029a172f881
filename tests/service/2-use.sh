# What users do.
ask agent "ls"
check allowed "$rc" 0
contains record-says-how-it-came-about "$(last)" '"mode":"system"'
contains record-says-whose "$(last)" "\"uid\":$(uid agent)"
ask other "cat file"
contains record-says-anothers "$(last)" "\"uid\":$(uid other)"
ask agent "sudo rm -rf /"
check denied "$rc" 2

# What must run contained: rewritten, the ticket is good once, and for its user.
printf 'echo built > made.txt\n' | as agent tee project/build.sh >/dev/null
ask agent "make -f build.mk; node build.js > made.txt; echo built > made.txt"
command=$(rewritten)
contains contained-is-rewritten "$command" " --service /run/checkrein/service.sock exec "
as other sh -c "$command" >/dev/null 2>&1
check ticket-is-its-users "$?" 125
as agent sh -c "cd project && $command" >/tmp/out 2>&1
check ticket-runs "$(cat /home/ckr-agent/project/made.txt 2>&1)" built
contains outcome-is-recorded "$(log | grep '"k":"outcome"' | tail -1)" '"how":"contained"'
contains outcome-says-who-tells "$(log | grep '"k":"outcome"' | tail -1)" "own process"
as agent sh -c "cd project && $command" >/tmp/out 2>&1
check ticket-is-good-once "$?" 125

# What waits on a copy is root's to decide: the agent has its user's uid. Refused attempts are recorded, and what root does names whose it is.
printf 'all:\n\techo held > .git/hooks/pre-commit\n' | as agent tee project/hold.mk >/dev/null
ask agent "make -f hold.mk"
as agent sh -c "cd project && $(rewritten)" >/tmp/out 2>&1
copy=$(as agent "$checkrein" changes | awk 'NR == 1 { print $1 }')
contains changes-say-what-is-not-promised "$(as agent "$checkrein" changes | tr '\n' ' ')" "system installation: the agent cannot change the record"
for how in "changes commit $copy" "changes discard $copy" "changes commit $copy --state /home/ckr-agent/.local/state/checkrein" "undo 3"; do
  as agent "$checkrein" $how >/tmp/out 2>&1; rc=$?
  check "agent-cannot-$(cut -c1-15 <<<"$how" | tr ' ' -)" "$rc $(grep -c 'root decides' /tmp/out)" "1 1"
done
contains attempts-are-recorded "$(log | grep '"k":"refused"' | tail -1)" "\"by_uid\":$(uid agent)"
as boss "$checkrein" changes commit "$copy" --of ckr-agent >/tmp/out 2>&1
check another-user-cannot-either "$?" 1
"$checkrein" changes commit "$copy" >/tmp/out 2>&1
check root-says-whose "$? $(grep -c -- '--of USER' /tmp/out)" "2 1"
"$checkrein" changes commit "$copy" --of ckr-agent >/tmp/out 2>&1
check root-commits-for-the-user "$? $(cat /home/ckr-agent/project/.git/hooks/pre-commit 2>&1) $(stat -c %U /home/ckr-agent/project/.git/hooks/pre-commit 2>&1)" "0 held ckr-agent"
contains what-root-did-is-recorded "$(log | grep '"k":"commit"' | tail -1)" "\"uid\":$(uid agent)"
contains and-that-root-did "$(log | grep '"k":"commit"' | tail -1)" '"by_uid":0'
as agent rm -f project/.git/hooks/pre-commit

# A person's permission: root's, or an approver's who is another user.
ask agent "git push https://elsewhere.example/x main"
check ask-is-denied-for-now "$rc" 2
id=$(sed -n 's/.*checkrein approve \([0-9a-f]*\).*/\1/p' <<<"$err" | head -1)
contains pending-shows-it "$(as boss "$checkrein" pending)" "$id"
lacks pending-of-others-is-not-shown "$(as other "$checkrein" pending)" "$id"
as agent "$checkrein" approve "$id" >/tmp/out 2>&1
check agent-cannot-approve "$?" 1
as other "$checkrein" approve "$id" >/tmp/out 2>&1
check another-user-cannot-approve "$?" 1
usermod -aG checkrein-approvers ckr-agent
as agent "$checkrein" approve "$id" >/tmp/out 2>&1
check approver-cannot-approve-its-own "$?" 1
contains refusal-is-recorded "$(log | grep '"k":"refused"' | tail -1)" "\"by_uid\":$(uid agent)"
gpasswd -d ckr-agent checkrein-approvers >/dev/null
as boss "$checkrein" approve "$id" >/tmp/out 2>&1
check approver-approves "$?" 0
contains approval-names-who "$(log | grep '"k":"approval"' | tail -1)" "\"by_uid\":$(uid boss)"
ask agent "git push https://elsewhere.example/x main"
check approved-is-permitted "$rc" 0
ask agent "git push https://elsewhere.example/x main"
check approval-counts-once "$rc" 2

# Stopping is anybody's, of their own; going on is not.
as agent "$checkrein" freeze >/dev/null 2>&1
ask agent ls
check frozen-denies "$rc" 2
ask other ls
check others-go-on "$rc" 0
as agent "$checkrein" thaw >/tmp/out 2>&1
check agent-cannot-thaw "$?" 3
ask agent ls
check still-frozen "$rc" 2
as boss "$checkrein" thaw >/tmp/out 2>&1
check approver-thaws "$?" 0
check freeze-is-an-incident "$(log | jq -r 'select(.code == "frozen") | "\(.event) \(.by_uid)"' | tr '\n' ' ')" "begins $(uid agent) ends $(uid boss) "
rm -f /home/ckr-agent/.local/state/checkrein/frozen
ask agent ls
check thawed "$rc" 0
