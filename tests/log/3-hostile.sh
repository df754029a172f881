# Records that try to steer a terminal: no control character, no change of direction, nothing invisible reaches the screen. Sourced by run.
evil=$scratch/evil
bad=$(printf '\033[2J\033]0;owned\007\033[8mhidden\x7f \xe2\x80\xaetxt.exe\xe2\x80\xac \xe2\x80\x8b\xc2\x9b31m <script>alert(1)</script> \xf3\xa0\x81\xa1')
long=$(head -c 30000 /dev/zero | tr '\0' 'A')
event UserPromptSubmit ",\"prompt\":$(jq -Rn --arg c "$bad" '$c')" "$evil" >/dev/null
bash_call "echo $bad" "$evil"
bash_call "$long" "$evil"
bash_call $'two\nlines\r\tand a tab' "$evil"
event PreToolUse ",\"tool_name\":$(jq -Rn --arg c "mcp__$bad" '$c'),\"tool_input\":{\"a\":$(jq -Rn --arg c "$bad" '$c')},\"tool_use_id\":\"x\"" "$evil" >/dev/null 2>&1
event PreToolUse ",\"tool_name\":\"Bash\",\"tool_input\":{\"command\":\"\u0000\"},\"tool_use_id\":\"x\"" "$evil" >/dev/null 2>&1
head -c 300 /dev/urandom | "$hook" --state "$evil" --config "$scratch/config" claude >/dev/null 2>&1
of="--state $evil --config $scratch/config"
for part in show 'show --story' 'search echo' divergence 'baseline' verify; do
  out=$("$checkrein" log $part $of 2>&1)
  stray=$(printf '%s' "$out" | LC_ALL=C tr -d '\n\t -~\200-\377' | wc -c)
  check "hostile-control-${part// /-}" "$stray" 0
  if printf '%s' "$out" | LC_ALL=C grep -qP '\xe2\x80[\x8b-\x8f\xaa-\xae]|\xc2[\x80-\x9f]|\xf3\xa0'; then fail "hostile-invisible-${part// /-}" "$(head -c 300 <<<"$out" | od -c | head -5)"; else pass "hostile-invisible-${part// /-}"; fi
done
# As wide as the terminal, whatever is in it, and plain in a pipe.
out=$(script -qec "stty cols 90; $checkrein log show --no-pager $of" /dev/null </dev/null | sed 's/\x1b\[[0-9;]*m//g' | tr -d '\r')
check show-fits-the-terminal "$(($(LC_ALL=C.UTF-8 wc -L <<<"$out") <= 90))" 1
contains show-has-lanes "$out" 'happened'
lacks show-is-plain-in-a-pipe "$("$checkrein" log show $of)" $'\033'
