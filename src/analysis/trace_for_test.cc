#include "analysis/trace_for_test.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "base/path.h"

namespace checkrein::analysis {
namespace {

namespace fs = std::filesystem;
constexpr const char* kHome = "/home/user";
constexpr const char* kProject = "/home/user/project";

// The home and project every command starts with. Harmless, small, and with something for each class of programs to work on.
constexpr const char* kMakeTemplate = R"(
set -e
export HOME="$1" GIT_CONFIG_NOSYSTEM=1 LC_ALL=C
mkdir -p "$1/project" "$1/.config" && cd "$1"
echo 'notes' > notes.txt
cd project
git init -q -b main .
git config user.name t && git config user.email t@t.example && git config commit.gpgsign false
printf 'alpha\nbeta\ngamma\nbeta\n' > a.txt
printf 'beta\ndelta\n' > b.txt
seq 1 40 > n.txt
printf 'id,name\n1,x\n2,y\n' > data.csv
printf '{"name":"x","list":[1,2,3],"deep":{"k":"v"}}\n' > data.json
mkdir -p dir/sub empty src out
echo one > dir/x.txt; echo two > dir/y.log; echo three > dir/sub/z.txt
printf '#!/bin/sh\necho from-script\ntouch made-by-script\n' > script.sh && chmod +x script.sh
printf 'int main(void){return 0;}\n' > main.c
printf '#include "u.h"\nint f(void){return U;}\n' > src/u.c; printf '#define U 1\n' > src/u.h
printf 'all: o.txt\no.txt: a.txt\n\tcp a.txt o.txt\nclean:\n\trm -f o.txt\n' > Makefile
printf 'print("hello")\n' > hello.py
printf 'console.log("hello")\n' > hello.js
printf 'print "hello\\n";\n' > hello.pl
ln -s a.txt link.txt
tar cf t.tar dir && tar czf t.tgz dir && gzip -k -c a.txt > a.txt.gz && bzip2 -k -c b.txt > b.txt.bz2 && xz -k -c b.txt > b.txt.xz
printf -- '--- a.txt\n+++ a.txt\n@@ -1,2 +1,2 @@\n-alpha\n+ALPHA\n beta\n' > p.diff
git add -A . && git commit -q -m first && echo changed >> b.txt && echo new > untracked.txt
git branch side
)";

constexpr const char* kPasswd = "root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:user:/home/user:/bin/bash\n";
constexpr const char* kHosts = "127.0.0.1 localhost\n127.0.0.2 a.example\n127.0.0.3 b.example\n127.0.0.4 c.example\n";

void WriteFile(const std::string& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Runs argv with no input and its output thrown away; its exit status, or 127.
int Execute(const std::vector<std::string>& argv) {
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) _exit(127);
    execvp(words[0], words.data());
    _exit(127);
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return 127;
  return WEXITSTATUS(status);
}

std::vector<std::string> Sandbox(const std::string& root) {
  std::vector<std::string> argv = {"bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin",
                                   "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/var", "--dir", "/var/tmp",
                                   "--tmpfs", "/home", "--dir", kHome, "--dir", "/etc", "--ro-bind", root + "/template", "/template", "--bind", root + "/trace", "/trace"};
  for (const char* name : {"passwd", "hosts", "nsswitch.conf"}) argv.insert(argv.end(), {"--ro-bind", root + "/etc/" + name, std::string("/etc/") + name});
  for (const char* path : {"/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl"}) argv.insert(argv.end(), {"--ro-bind-try", path, path});
  argv.insert(argv.end(), {"--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", kHome, "--setenv", "LC_ALL", "C.UTF-8", "--setenv", "GIT_CONFIG_NOSYSTEM", "1", "--setenv", "USER", "user"});
  return argv;
}

// ------------------------------------------------------------------------------------------------ strace's lines

// The C string literal that starts at text[at] == '"'; moves `at` behind it. "" when it is cut short.
std::string Unquote(std::string_view text, size_t& at) {
  std::string out;
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] != '\\' || at + 1 >= text.size()) {
      out += text[at];
      continue;
    }
    const char c = text[++at];
    if (c >= '0' && c <= '7') {
      int value = 0;
      size_t digits = 0;
      for (; digits < 3 && at < text.size() && text[at] >= '0' && text[at] <= '7'; ++digits, ++at) value = value * 8 + (text[at] - '0');
      --at;
      out += static_cast<char>(value);
    } else {
      out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'v' ? '\v' : c == 'f' ? '\f' : c;
    }
  }
  ++at;
  return out;
}

struct Argument {
  std::string fd_path;  // AT_FDCWD</x> or 3</x>
  std::optional<std::string> text;
  std::string raw;
};

struct Call {
  std::string name;
  std::vector<Argument> arguments;
  bool succeeded = false;
  bool cut = false;           // the process was replaced or killed in it
  std::string result_path;    // = 3</x>
  std::string result_text;
};

// NAME(ARGUMENTS) = RESULT
std::optional<Call> ReadCall(std::string_view line) {
  const size_t open = line.find('(');
  if (open == std::string_view::npos) return std::nullopt;
  Call call;
  call.name = std::string(line.substr(0, open));
  Argument argument;
  int depth = 0;
  size_t at = open + 1;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (c == '"') {
      const std::string text = Unquote(line, at);
      --at;
      if (!argument.text) argument.text = text;
      argument.raw += '"' + text + '"';
    } else if (c == '<' && argument.fd_path.empty() && depth == 0) {
      const size_t end = line.find('>', at);
      if (end == std::string_view::npos) return std::nullopt;
      argument.fd_path = std::string(line.substr(at + 1, end - at - 1));
      at = end;
    } else if (depth == 0 && (c == ',' || c == ')')) {
      call.arguments.push_back(std::move(argument));
      argument = {};
      if (c == ')') break;
    } else {
      if (c == '{' || c == '[' || c == '(') ++depth;
      if (c == '}' || c == ']' || c == ')') --depth;
      argument.raw += c;
    }
  }
  const size_t equals = line.find("= ", at);
  if (equals == std::string_view::npos) return call;
  const std::string_view result = line.substr(equals + 2);
  call.succeeded = !result.starts_with("-1") && !result.starts_with('?');
  call.result_text = std::string(result);
  if (const size_t less = result.find('<'); less != std::string_view::npos) call.result_path = std::string(result.substr(less + 1, result.find('>', less) - less - 1));
  return call;
}

class Reader {
 public:
  explicit Reader(Observed& out) : out_(out) {}

  void Line(std::string_view line, std::string& cwd, bool& first_exec) {
    const auto call = ReadCall(line);
    if (!call || call->arguments.empty()) return;
    const std::string& name = call->name;
    for (const Argument& argument : call->arguments)
      if (argument.raw.find("AT_FDCWD") != std::string::npos && !argument.fd_path.empty()) cwd = argument.fd_path;
    if (name == "connect") return Connect(*call);
    if (!call->succeeded) return Tried(*call, cwd);
    if (name == "fchdir") {
      cwd = call->arguments[0].fd_path;
      return;
    }
    if (name == "chdir" && call->arguments[0].text) cwd = NormalizePath(*call->arguments[0].text, cwd);
    if (name == "execve" || name == "execveat") {
      if (first_exec) {
        first_exec = false;
        return;
      }
      out_.execs.insert(PathOf(*call, cwd, 0));
    } else if (name == "open" || name == "openat" || name == "openat2" || name == "creat") {
      Open(*call, cwd);
    } else if (name == "unlink" || name == "unlinkat" || name == "rmdir") {
      Gone(PathOf(*call, cwd, 0));
    } else if (name.starts_with("rename")) {
      Gone(PathOf(*call, cwd, 0));
      Made(PathOf(*call, cwd, 1));
    } else if (name.starts_with("mkdir") || name.starts_with("mknod")) {
      Made(PathOf(*call, cwd, 0));
    } else if (name.starts_with("symlink") || name.starts_with("link")) {
      Made(PathOf(*call, cwd, 1));
    } else if (name == "truncate" || name.starts_with("chmod") || name.starts_with("fchmodat") || name.starts_with("chown") || name.starts_with("lchown") || name.starts_with("fchownat") ||
               name.starts_with("utime") || name.starts_with("futimesat") || name.starts_with("setxattr")) {
      Written(PathOf(*call, cwd, 0));
    } else {
      Read(PathOf(*call, cwd, 0));  // stat, access, readlink, statfs, getxattr, chdir
    }
  }

 private:
  // The nth path among the call's words, absolute.
  static std::string PathOf(const Call& call, const std::string& cwd, size_t nth) {
    std::string base = cwd;
    for (const Argument& argument : call.arguments) {
      if (!argument.fd_path.empty()) base = argument.fd_path;
      if (!argument.text) continue;
      if (nth-- == 0) return argument.text->empty() ? base : NormalizePath(*argument.text, base);
      base = cwd;
    }
    return base;
  }

  static bool Ignored(const std::string& path) { return path.empty() || path.starts_with("/dev/") || path.starts_with("/proc/") || path.starts_with("/trace/") || !path.starts_with('/'); }

  // What failed changed nothing; but whoever asked for a file that is not there has looked for it.
  void Tried(const Call& call, const std::string& cwd) {
    if (call.name != "execve" && call.name != "execveat") Read(PathOf(call, cwd, 0));
  }
  void Read(const std::string& path) { out_.reads.insert(path); }
  // A file that is there again when all is done was not deleted, but replaced.
  void Written(const std::string& path) {
    if (Ignored(path)) return;
    out_.deletes.erase(path);
    out_.writes.insert(path);
  }
  void Made(const std::string& path) {
    if (Ignored(path)) return;
    if (!out_.deletes.contains(path)) made_.insert(path);
    Written(path);
  }
  void Gone(const std::string& path) {
    if (Ignored(path)) return;
    if (made_.contains(path)) out_.transient.insert(path);
    out_.deletes.insert(path);
  }

  void Open(const Call& call, const std::string& cwd) {
    const std::string path = PathOf(call, cwd, 0);
    std::string flags = call.name == "creat" ? "O_WRONLY|O_CREAT" : "";
    for (const Argument& argument : call.arguments) flags += argument.raw;
    if (flags.find("O_WRONLY") == std::string::npos && flags.find("O_RDWR") == std::string::npos && flags.find("O_TRUNC") == std::string::npos && flags.find("O_CREAT") == std::string::npos) return Read(path);
    if (flags.find("O_EXCL") != std::string::npos) return Made(path);
    Written(path);
  }

  // connect(3<...>, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("127.0.0.2")}, 16); refused ones count.
  void Connect(const Call& call) {
    if (call.arguments.size() < 2) return;
    const std::string& raw = call.arguments[1].raw;
    const size_t port_at = raw.find("_port=htons(");
    const auto& address = call.arguments[1].text;
    if (port_at == std::string::npos || !address) return;  // a Unix socket
    const std::string port = raw.substr(port_at + 12, raw.find(')', port_at) - port_at - 12);
    if (port == "0") return;  // glibc asks the kernel which address it would use; nothing is sent
    static const std::map<std::string, std::string> kNames = {{"127.0.0.2", "a.example"}, {"127.0.0.3", "b.example"}, {"127.0.0.4", "c.example"}};
    const auto name = kNames.find(*address);
    out_.connects.insert((name == kNames.end() ? *address : name->second) + ":" + port);
  }

  Observed& out_;
  std::set<std::string> made_;
};

}  // namespace

Tracer::Tracer() {
  std::string pattern = (fs::temp_directory_path() / "checkrein-trace-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    missing_ = "no temporary directory";
    return;
  }
  root_ = pattern;
  for (const char* name : {"template", "etc", "trace"}) fs::create_directory(root_ + "/" + name);
  WriteFile(root_ + "/etc/passwd", kPasswd);
  WriteFile(root_ + "/etc/hosts", kHosts);
  WriteFile(root_ + "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
  if (Execute({"bash", "-c", kMakeTemplate, "template", root_ + "/template"}) != 0) missing_ = "the project that commands run in could not be made: git, tar, gzip, bzip2 and xz are needed";
  if (missing_.empty() && !Run("true").ran) missing_ = "bwrap and strace do not work together here: unprivileged user namespaces or ptrace are off";
}

Tracer::~Tracer() {
  std::error_code ignored;
  if (!root_.empty()) fs::remove_all(root_, ignored);
}

Observed Tracer::Run(const std::string& command) const {
  const std::string trace = root_ + "/trace";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(trace)) fs::remove(entry.path(), ignored);
  std::vector<std::string> argv = Sandbox(root_);
  argv.insert(argv.end(), {"bash", "-c", std::string("cp -a /template/. ") + kHome + "/; cd " + kProject + "; ulimit -f 100000; exec timeout 30 strace -ff -y -qq -s 4096 -e trace=%file,fchdir,connect -o /trace/log bash -c \"$1\"", "bash", command});
  Execute(argv);
  Observed seen;
  std::map<long, fs::path> logs;  // by process id: children come later than their parents, mostly
  for (const auto& entry : fs::directory_iterator(trace)) logs[std::atol(entry.path().extension().string().c_str() + 1)] = entry.path();
  Reader reader(seen);
  bool first_exec = true;
  for (const auto& [pid, path] : logs) {
    std::string cwd = kProject;
    const std::string text = ReadFile(path);
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      reader.Line(std::string_view(text).substr(at, end - at), cwd, first_exec);
      at = end + 1;
    }
  }
  seen.ran = !first_exec;
  return seen;
}

}  // namespace checkrein::analysis
