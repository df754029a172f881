// Known ways to make an innocent-looking program run, write or send something. Each must show: none may come out as "it only reads,
// and that is all". The ways are public (evidence of 2026, CVEs, manuals); the commands here are our own and name a harmless ./x.
#include <string>

#include "analysis/command.h"
#include "analysis/program/example_for_test.h"
#include "gtest/gtest.h"

namespace checkrein::analysis {
namespace {

Description Describe(std::string_view command) {
  NoWorld world;
  return DescribeCommand(ReadCommand(command), Place{}, world);
}

// Whether the description says: one program, which reads, and nothing else.
bool OnlyReads(const Description& d) {
  if (d.coverage != Coverage::kFull || !d.nested.empty()) return false;
  size_t programs = 0;
  for (const Effect& effect : d.effects.all()) {
    if (effect.op == Op::kExec) {
      ++programs;
    } else if (effect.op == Op::kWrite && effect.object == "/home/user/project/.git/index") {
      continue;  // git writes down when it looked at which file
    } else if (effect.op != Op::kRead) {
      return false;
    } else if (!effect.object.starts_with("/home/user/project")) {
      return false;
    }
  }
  return programs <= 1;
}

std::string Shown(const Description& d) {
  std::string out(CoverageName(d.coverage));
  for (const Effect& effect : d.effects.all()) out += " " + ToString(effect);
  return out;
}

class Options : public testing::TestWithParam<const char*> {};

TEST_P(Options, ShowWhatTheyStart) {
  const Description d = Describe(GetParam());
  EXPECT_FALSE(OnlyReads(d)) << GetParam() << "\n  " << Shown(d);
}

// Read-only tools that run or write.
INSTANTIATE_TEST_SUITE_P(Bypass, Options,
                         testing::Values("find . -exec ./x {} ;", "find . -execdir ./x ;", "find . -ok ./x ;", "find . -fprint out", "find . -fprintf out %p", "find . -fls out", "find . -delete",
                                         "sed 1e./x a", "sed '1e ./x' a", "sed 's/a/id/e' a", "sed 's/a/b/w out' a", "sed 'w out' a", "sed -n 'R /etc/shadow' a", "sed -n '$!{s/x/y/;w out' a",
                                         "sed -f script a", "sed --expr=1e./x a", "sort --compress-program=./x a", "sort --compress=./x a", "sort -o out a", "sort -oout a", "sort --ou=out a",
                                         "sort -T /etc a", "awk 'BEGIN{system(\"./x\")}'", "awk 'BEGIN{\"./x\"|getline}'", "awk '{print > \"out\"}' a", "awk '{print | \"./x\"}' a", "awk '{print|&\"./x\"}' a",
                                         "gawk '@load \"./x\"' a", "gawk -i ./x 1 a", "gawk -l ./x 1 a", "xargs ./x", "xargs -a a ./x", "rg --pre ./x foo", "rg --pre=./x foo", "rg --hostname-bin ./x foo",
                                         "git grep -O./x foo", "git grep --open-files-in-pag=./x foo", "git -c core.fsmonitor=./x status", "git -c alias.z=!./x z", "git -c core.pager=./x log",
                                         "git -c pager.log=./x log", "git -c diff.external=./x diff", "git -c core.sshCommand=./x fetch", "git -c core.editor=./x commit", "git -c protocol.ext.allow=always fetch ext::./x",
                                         "git -c CORE.FSMONITOR=./x status", "git -c diff.foo.textconv=./x log -p", "git -c credential.helper=!./x fetch", "git -c include.path=./x status", "git -c core.hooksPath=./x status",
                                         "git --config-env=core.pager=X log", "git ls-remote --upload-pack=./x .", "git fetch --upload-pack ./x .", "git fetch --upload-p=./x .", "git archive --remote=. --exec=./x HEAD",
                                         "git log --output=out", "git diff --output out", "git difftool -x ./x", "git difftool --extcmd=./x", "git rebase -x ./x HEAD~1", "git rebase --exec ./x HEAD~1", "git bisect run ./x",
                                         "git --exec-path=. status", "git -p --paginate -c core.pager=./x log", "git submodule foreach ./x", "git z", "tar cf /dev/null a --checkpoint=1 --checkpoint-action=exec=./x",
                                         "tar tf a --checkpoint-act=exec=./x", "tar -I ./x -tf a", "tar --use-compress-program ./x -tf a", "tar xf a --to-command=./x", "tar tf a -F ./x", "tar tf host:a --rsh-command=./x",
                                         "man -P ./x ls", "man -H./x ls", "split --filter=./x a", "uniq in OUT", "date -f /etc/shadow", "wc --files0-from=/etc/shadow", "du --files0-from=/etc/shadow",
                                         "ssh -o ProxyCommand=./x h", "ssh -oProxyCommand=./x h", "ssh -o proxycommand=./x h", "ssh -o LocalCommand=./x -o PermitLocalCommand=yes h", "scp -S ./x a h:", "rsync -e ./x a h:",
                                         "rsync --rsh=./x a h:", "wget --use-askpass=./x a.example", "wget -e use_askpass=./x a.example", "make --eval=x", "gdb -ex '!./x'", "gdb -batch -x a", "vim -c '!./x'", "vim +'!./x'", "ed a",
                                         "script -c ./x /dev/null", "flock l ./x", "flock l -c ./x", "watch ./x", "env -S './x'", "env --split-str=./x", "env -iS./x", "timeout 5 ./x", "nice ./x", "setsid ./x", "stdbuf -o0 ./x",
                                         "nohup nice timeout 5 ./x", "unshare ./x", "zip a.zip b -T -TT ./x", "zip a.zip b -T --unzip-command ./x", "curl file:///etc/shadow", "curl -o out file:///dev/null", "diff a /etc/shadow",
                                         "git diff --no-index /dev/null /etc/shadow", "less -O out a", "less +'!./x' a", "more +!./x a", "jq -n env", "column /etc/shadow", "base64 /etc/shadow", "busybox ./x", "ionice ./x",
                                         "chrt 1 ./x", "taskset 1 ./x", "strace ./x", "ltrace ./x", "parallel ./x", "fd -x ./x", "fd -X./x", "python3 -m x", "python3 -c x", "perl -ne x a", "perl -i -pe x a", "ruby -e x", "node -p x",
                                         "php -r x", "lua -e x", "sqlite3 :memory: '.shell ./x'", "sqlite3 :memory: \"select load_extension('./x')\"", "sqlite3 :memory: \"select writefile('out','')\"", "psql -c '\\! ./x'",
                                         "openssl rand -engine ./x 1", "openssl enc -in /etc/shadow", "tee out", "dd of=out", "dd if=/etc/shadow", "cp a out", "ln -s /etc/shadow y", "install a out", "patch -o out a b", "npm run x", "npx x",
                                         "pip install x", "cargo run", "go run .", "go vet -vettool=./x", "docker run x", "kubectl exec x -- y", "systemctl start x", "crontab a", "gcc -wrapper ./x a.c", "gcc @a", "cmake -P a",
                                         "ninja", "pytest", "./x", "../x", "/tmp/x", "./sed -n 1p a", "/tmp/evil/cat a", "x-unknown", "checkrein uninstall claude"));

// Variables that execute: CVE-2026-22708 and its kin.
INSTANTIATE_TEST_SUITE_P(Environment, Options,
                         testing::Values("BASH_ENV=./x bash -n a", "ENV=./x sh -n a", "GIT_PAGER=./x git log", "PAGER=./x git log", "GIT_EXTERNAL_DIFF=./x git diff", "GIT_SSH_COMMAND=./x git fetch",
                                         "GIT_SSH=./x git fetch", "GIT_EDITOR=./x git commit", "EDITOR=./x git commit", "VISUAL=./x git commit", "GIT_SEQUENCE_EDITOR=./x git status", "GIT_ASKPASS=./x git status",
                                         "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.fsmonitor GIT_CONFIG_VALUE_0=./x git status", "GIT_CONFIG_GLOBAL=./c git status", "GIT_CONFIG_PARAMETERS=\"'a.b=c'\" git status",
                                         "GIT_DIR=./evil git status", "GIT_EXEC_PATH=. git status", "GIT_TRACE=/etc/x git status", "LESSOPEN='|./x %s' less a", "LESSKEY=./k less a", "TAR_OPTIONS=--to-command=./x tar tf a",
                                         "PATH=. ls", "PATH=.:/bin cat a", "PERL5OPT=-Mx perl -v", "PERL5LIB=. perl -v", "NODE_OPTIONS='--require ./x' node -v", "PYTHONPATH=. python3 -V", "PYTHONSTARTUP=./x python3 -V",
                                         "GH_CONFIG_DIR=. gh pr list", "GH_PAGER=./x gh pr list", "PAGER=./x gh pr view 1", "BROWSER=./x gh repo view", "HOME=. gh pr list", "XDG_CONFIG_HOME=. gh pr list", "DOTNET_STARTUP_HOOKS=./x dotnet --version", "RUSTUP_TOOLCHAIN=/x cargo --version", "GEM_HOME=. gem list", "CCC_OVERRIDE_OPTIONS=+x clang a.c", "PGSERVICE=x psql -c 'select 1'", "GOPRIVATE=* go mod download", "PATH= ls", "PYTHONWARNINGS=all:0:antigravity.x:0:0 python3 -V", "RUBYOPT=-r./x ruby -v", "LD_PRELOAD=./x.so ls", "LD_LIBRARY_PATH=. ls", "LD_AUDIT=./x.so cat a", "GCONV_PATH=. iconv a",
                                         "RIPGREP_CONFIG_PATH=./c rg foo", "JAVA_TOOL_OPTIONS=-javaagent:x java -version", "MANPAGER=./x man ls", "OPENSSL_CONF=./c openssl version", "HOME=. git status", "XDG_CONFIG_HOME=. git status",
                                         "npm_config_script_shell=./x npm ls", "PIP_INDEX_URL=http://a.example pip list", "GOFLAGS=-toolexec=./x go version", "RUSTC_WRAPPER=./x cargo tree", "SHELLOPTS=xtrace bash -n a",
                                         "env LD_PRELOAD=./x.so ls", "DOCKER_HOST=tcp://a.example docker ps", "KUBECONFIG=./k kubectl get x", "VIMINIT=:!./x vim a"));

// An unknown word where an option may stand could be any of the above.
INSTANTIATE_TEST_SUITE_P(UnknownWords, Options,
                         testing::Values("sort $x", "tar tf $x", "git log $x", "git -c $x status", "rg $x", "find $x", "sed $x a", "awk $x a", "env $x", "xargs $x", "$x", "bash -c $x", "curl $x", "cat $x"));

class Quiet : public testing::TestWithParam<const char*> {};

// The same programs at their everyday work: that must stay plain.
TEST_P(Quiet, OnlyReads) {
  const Description d = Describe(GetParam());
  EXPECT_TRUE(OnlyReads(d)) << GetParam() << "\n  " << Shown(d);
}

INSTANTIATE_TEST_SUITE_P(Everyday, Quiet,
                         testing::Values("find . -name a.c -type f", "find src -maxdepth 2 -newer a -print0", "sed -n 1,20p a", "sed 's/a/b/g;s/c/d/' a", "sed -e '/x/d' -e 's|a|b|' a", "sed '/^$/d' a", "sed 's/[/]/x/' a",
                                         "sort -u -k2 a", "sort a b", "awk '{print $1, $NF}' a", "awk -F, 'NR>1 && $3>5 {s+=$2} END {print s/NR}' a", "awk '/x/{print}' a", "awk '$1 ~ /a|b/' a", "rg -n foo", "rg -t py foo src",
                                         "git status", "git log --oneline -5", "git diff HEAD~1 --stat", "git show HEAD:a.c", "git blame a", "git grep foo", "git -c color.ui=false log", "git --no-pager diff --cached",
                                         "git branch --show-current", "git rev-parse HEAD", "git ls-files", "git stash list", "git remote -v", "git config --get user.name", "tar tf a.tar", "wc -l a", "uniq -c", "date +%F",
                                         "diff -u a b", "cat a b", "head -5 a", "tail -n 3 a", "grep -rn foo .", "ls -la", "jq .a a", "cut -d: -f1 a", "file a", "stat a", "du -sh .", "python3 --version", "node --version",
                                         "GIT_PAGER=cat git log", "LANG=C sort a", "PYTHONUNBUFFERED=1 python3 -V", "echo rm -rf /", "basename a", "tr a b", "sha256sum a", "less -F a", "man -k x", "npm ls", "pip list", "cargo --version"));

}  // namespace
}  // namespace checkrein::analysis
