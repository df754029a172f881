# Who may install, and what is there afterwards.
as agent "$checkrein" install claude --system >/tmp/out 2>&1
check install-is-roots "$?" 1
check nothing-was-installed "$(ls /etc/checkrein /etc/claude-code 2>/dev/null)" ""
"$checkrein" install claude --system --dry-run >/tmp/out 2>&1
check dry-run "$? $(ls -d /etc/checkrein 2>/dev/null)" "0 "
"$checkrein" install claude --system --hook "$hook" >/tmp/out 2>&1
check install "$?" 0
contains install-says-what-is-not-promised "$(cat /tmp/out)" "Not promised"
"$checkrein" install claude --system --hook "$hook" >/tmp/out 2>&1
check install-twice "$?" 0
check state-is-its-users "$(stat -c '%U %a' /var/lib/checkrein)" "checkrein 700"
check mark-is-roots "$(stat -c '%U %a' /etc/checkrein/service)" "root 644"
contains managed-configuration-asks-the-service "$(cat /etc/claude-code/managed-settings.json)" "--service /run/checkrein/service.sock"
contains unit-has-its-user "$(cat /etc/systemd/system/checkrein.service)" "User=checkrein"
groupadd -f checkrein-approvers && usermod -aG checkrein-approvers ckr-boss

# Not begun: every action is denied, whatever the user's own configuration says.
ask agent "ls"
check not-begun-denies "$rc" 2
contains not-begun-says-why "$err" "no service"
serve
check runs-as-its-user "$(awk '/^Uid/ { print $2 $3 $4 $5 }' /proc/$pid/status)" "$(id -u checkrein | sed 's/.*/&&&&/')"
check has-two-capabilities "$(awk '/^CapEff|^CapPrm/ { print $2 }' /proc/$pid/status | sort -u)" "00000000000000c0"
check gains-no-privileges "$(awk '/^NoNewPrivs/ { print $2 }' /proc/$pid/status)" 1
