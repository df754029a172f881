// Inline code: plain cases are followed to their effects; every way of hiding one is given up on.
#include "analysis/program/code.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace checkrein::analysis {
namespace {

struct Case {
  Language language;
  const char* code;
  const char* effects;  // blank-separated, in order of text; "?": not followed
};

std::string Followed(Language language, std::string_view code) {
  NoWorld world;
  const Command command;
  const Place place;
  Context c(command, place, world);
  if (!FollowCode(c, language, code, {})) return c.out.effects.all().empty() && c.out.nested.empty() ? "?" : "? but left effects";
  std::set<std::string> all;
  for (const Effect& e : c.out.effects.all()) all.insert(ToString(e));
  for (const Nested& nested : c.out.nested) all.insert("runs:" + (nested.kind == Nested::Kind::kCommand ? nested.command.argv.front().text : nested.text));
  std::string out;
  for (const auto& effect : all) out += (out.empty() ? "" : " ") + effect;
  return out;
}

class Code : public testing::TestWithParam<Case> {};

TEST_P(Code, IsFollowedOrGivenUp) { EXPECT_EQ(Followed(GetParam().language, GetParam().code), GetParam().effects) << GetParam().code; }

constexpr Language kPy = Language::kPython, kJs = Language::kJavaScript;

INSTANTIATE_TEST_SUITE_P(Plain, Code,
                         testing::Values(Case{kPy, "print(1+1)", ""}, Case{kPy, "import sys; print(sys.version)", ""}, Case{kPy, "import json,sys\nd=json.load(sys.stdin)\nprint(d['a'])", ""},
                                         Case{kPy, "for i in range(3): print(f'{i:>3} {i*2}')", ""}, Case{kPy, "print(open('a.txt').read())", "read:/home/user/project/a.txt"},
                                         Case{kPy, "with open('a') as f, open('b', 'w') as g: g.write(f.read().upper())", "read:/home/user/project/a write:/home/user/project/b"},
                                         Case{kPy, "open('a','r+').write('x')", "read:/home/user/project/a write:/home/user/project/a"}, Case{kPy, "import os; os.makedirs('/srv/x', exist_ok=True)", "write:/srv/x"},
                                         Case{kPy, "import os\nif os.path.exists('/etc/shadow'): print(1)", "read:/etc/shadow"}, Case{kPy, "import os; print(os.environ['HOME'])", "read:/proc/self/environ"},
                                         Case{kPy, "import os; os.system('rm -rf /srv')", "exec:sh runs:rm -rf /srv"}, Case{kPy, "import subprocess; subprocess.run(['ls', '-l'], check=True)", "runs:ls"},
                                         Case{kPy, "import subprocess; subprocess.check_output('id', shell=True)", "exec:sh runs:id"},
                                         Case{kPy, "import urllib.request as_x", "?"}, Case{kPy, "import urllib.request; urllib.request.urlopen('http://a.example/x').read()", "connect:a.example:80"},
                                         Case{kPy, "from datetime import datetime; print(datetime.now())", ""}, Case{kPy, "x = [n*n for n in range(5) if n % 2]\nprint(sum(x))", ""},
                                         Case{kJs, "console.log(1 + 1)", ""}, Case{kJs, "const fs = require('fs'); console.log(fs.readFileSync('a', 'utf8').length)", "read:/home/user/project/a"},
                                         Case{kJs, "require('fs').writeFileSync('/etc/x', 'y')", "write:/etc/x"}, Case{kJs, "console.log(require('./package.json').version)", "read:/home/user/project/package.json"},
                                         Case{kJs, "require('child_process').execSync('id')", "exec:sh runs:id"}, Case{kJs, "console.log(process.env.HOME)", "read:/proc/self/environ"},
                                         Case{kPy, "import datetime; print(datetime.datetime.now().isoformat(), '{:.2f} {}'.format(1.5, 2))", ""}, Case{kPy, "import os.path, sys; print(os.path.join('a', 'b').replace('a', 'b')); sys.stdout.write('x')", ""},
                                         Case{kPy, "import urllib.request; urllib.request.urlopen('http://a.example/', b'x')", "connect:a.example:80 push:a.example:80"}, Case{kJs, "fetch('http://a.example/')", "connect:a.example:80"}, Case{kJs, "const o = {}; fetch('http://a.example/', o)", "connect:a.example:80 push:a.example:80"},
                                         Case{kJs, "[1,2].map(x => x * 2).forEach(x => console.log(`n ${x}`))", ""}));

INSTANTIATE_TEST_SUITE_P(
    Hidden, Code,
    testing::Values(Case{kPy, "__import__('os').system('x')", "?"}, Case{kPy, "exec('x')", "?"}, Case{kPy, "eval(input())", "?"}, Case{kPy, "getattr(os, 'system')('x')", "?"}, Case{kPy, "import os; f = os.system; f('x')", "?"},
                    Case{kPy, "import os; [os.system][0]('x')", "?"}, Case{kPy, "import os; list(map(os.system, ['x']))", "?"}, Case{kPy, "from os import system; system('x')", "?"}, Case{kPy, "import os as o; o.system('x')", "?"},
                    Case{kPy, "import requests; r = requests; r.get('http://a.example')", "?"}, Case{kPy, "import os; o = os; o.system('x')", "?"}, Case{kJs, "const fs = require('fs'); const g = fs; g.writeFileSync('a', 'b')", "?"}, Case{kPy, "import pty; pty.spawn('/bin/sh')", "?"}, Case{kPy, "import socket", "?"}, Case{kPy, "import evil", "?"}, Case{kPy, "().__class__.__bases__[0].__subclasses__()", "?"},
                    Case{kPy, "print(open('a').read(), open=1)", "?"}, Case{kPy, "(open)('a')", "?"}, Case{kPy, "o = open; o('a')", "?"}, Case{kPy, "open(x)", "?"}, Case{kPy, "open('a', m)", "?"}, Case{kPy, "open('a' + 'b')", "?"},
                    Case{kPy, "open('\\x61')", "?"}, Case{kPy, "f\"{__import__('os').system('x')}\"", "?"}, Case{kPy, "f\"{open('a').read()}\"", "read:/home/user/project/a"}, Case{kPy, "import os; os.execvp('x', ['x'])", "?"},
                    Case{kPy, "import subprocess; subprocess.run(cmd)", "?"}, Case{kPy, "import subprocess; subprocess.run(['a'], env={})", "?"}, Case{kPy, "import subprocess; subprocess.run(['a'], shell=True)", "?"},
                    Case{kPy, "import os; os.environ.update(x)", "?"}, Case{kPy, "import sys; sys.path.insert(0, 'x')", "?"}, Case{kPy, "breakpoint()", "?"}, Case{kPy, "import os\n\\\nos.system('x')", "?"},
                    Case{kPy, "import os; os.replace('x', 'y')", "?"}, Case{kPy, "import shutil; shutil.copy('x', 'y')", "?"}, Case{kPy, "from shutil import copy; copy('x', 'y')", "?"}, Case{kPy, "from os import replace; replace('x', 'y')", "?"},
                    Case{kPy, "import requests; requests.request('POST', 'http://a.example')", "?"}, Case{kPy, "from os import environ; print(environ)", "?"}, Case{kPy, "'{0.__init__}'.format(1)", "?"}, Case{kPy, "def f(): pass\nprint('{0[a]}'.format(f))", "?"},
                    Case{kPy, "import os, subprocess; os.environ['PATH'] = '.'; subprocess.run(['ls'])", "?"}, Case{kPy, "import os\nfor os.environ['PATH'] in ['.']: os.system('ls')", "?"},
                    Case{kJs, "console.log(process)", "?"}, Case{kJs, "const {env} = process; console.log(env)", "?"}, Case{kJs, "Object.values(process)[30]('./x')", "?"},
                    Case{kJs, "Object.values(Object.values((function() { return this })())[17])[3]('./x')", "?"}, Case{kJs, "process.env.PATH = '.'; require('child_process').execSync('ls')", "?"},
                    Case{kJs, "fetch('http://a.example/', {method: 'POST', body: 'x'})", "?"}, Case{kPy, "\xef\xbd\x8fpen('a')", "?"}, Case{kPy, "@exec\nclass X: pass", "?"}, Case{kPy, "import json.tool", "?"}, Case{kPy, "class os: pass", "?"},
                    Case{kJs, "eval('x')", "?"}, Case{kJs, "Function('x')()", "?"}, Case{kJs, "[].constructor.constructor('x')()", "?"}, Case{kJs, "const k = 'constructor'; [][k][k]('x')()", "?"}, Case{kJs, "process['bin' + 'ding']", "?"},
                    Case{kJs, "process.binding('x')", "?"}, Case{kJs, "import('fs')", "?"}, Case{kJs, "const r = require; r('child_process')", "?"}, Case{kJs, "const {execSync} = require('child_process'); execSync('x')", "?"},
                    Case{kJs, "require('child_process').execSync(x)", "?"}, Case{kJs, "require(x)", "?"}, Case{kJs, "require('./evil')", "?"}, Case{kJs, "globalThis.x", "?"}, Case{kJs, "`${require('child_process').execSync(x)}`", "?"},
                    Case{kJs, "require('fs').promises.readFile('a')", "?"}, Case{kJs, "a = /x/.source", "?"}));

TEST(Code, ALocalModuleIsTheProjects) {
  class OneFile final : public World {
   public:
    std::optional<std::string> Resolve(std::string_view path) override { return std::string(path); }
    std::optional<std::string> Read(std::string_view path, size_t) override { return path == "/home/user/project/json.py" ? std::optional<std::string>("import os") : std::nullopt; }
  } world;
  const Command command;
  const Place place;
  Context c(command, place, world);
  EXPECT_FALSE(FollowCode(c, Language::kPython, "import json", {}));
  EXPECT_TRUE(FollowCode(c, Language::kPython, "import math", {}));
}

}  // namespace
}  // namespace checkrein::analysis
