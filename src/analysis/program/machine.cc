// Programs that give orders to the machine's services and kernel: at, service, run-parts, sysctl, mount, sshfs.
#include <algorithm>

#include "analysis/program/describe.h"
#include "base/path.h"

namespace checkrein::analysis {

// at TIME [-f FILE]: what stands on its input runs later, by sh.
Then DescribeAt(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  if (p.Has("-l -q -d -r -c -V --help --version") && !p.Has("-f")) return Then::kDone;
  c.Unknown("scheduled-code", c.command.span);
  c.Add(Op::kExec, "sh", c.command.span);  // at(1): "executed using /bin/sh"
  const Given* file = p.Find("-f");
  if (!file) {
    StdinIsCode(c, "sh");
  } else if (file->value && file->value->exact()) {
    Nested nested;
    nested.kind = Nested::Kind::kShellFile;
    nested.text = c.Resolve(file->value->text);
    nested.shell = "sh";
    nested.command.span = file->span;
    c.out.nested.push_back(std::move(nested));
  }
  return Then::kDone;
}

// service NAME starts /etc/init.d/NAME, wherever a NAME with slashes leads.
Then DescribeService(Context& c, const Parsed& p) {
  if (!p.arguments.empty() && p.arguments.front().exact() && p.arguments.front().text.find('/') != std::string::npos) {
    std::vector<Word> argv(p.arguments.begin(), p.arguments.end());
    argv.front().text = NormalizePath(argv.front().text, "/etc/init.d");
    c.Run(std::move(argv), false);
  }
  return Then::kTable;
}

// run-parts starts every program of a folder whose name fits; `^NAME$` fits one.
Then DescribeRunParts(Context& c, const Parsed& p) {
  const Given* given = p.Find("--regex");
  if (!given || !given->value || !given->value->exact() || p.arguments.empty() || !p.arguments.front().exact() || p.Has("--test --list")) return Then::kTable;
  const std::string& pattern = given->value->text;
  const bool one = pattern.size() > 2 && pattern.front() == '^' && pattern.back() == '$' && pattern.find_first_of(".[]()*+?{}|\\/", 1) == std::string::npos;
  if (one) c.Run({Exactly(c.Resolve(p.arguments.front().text + "/" + pattern.substr(1, pattern.size() - 2)), given->span)}, false);
  return Then::kTable;
}

// sysctl NAME shows, NAME=VALUE sets; names are paths below /proc/sys, with dots for slashes. The kernel itself starts what
// kernel.core_pattern=|PROGRAM, kernel.modprobe and kernel.hotplug name.
Then DescribeSysctl(Context& c, const Parsed& p) {
  if (p.Has("-p --load --system")) return Then::kTable;
  DescribeOptions(c, p);
  for (const Word& word : p.arguments) {
    if (!word.exact()) {
      c.Add(Op::kWrite, "/proc/sys/**", word.span);
      c.Add(Op::kPrivilege, "kernel", word.span);
      c.Partial("which setting is not known");
      continue;
    }
    const size_t equals = word.text.find('=');
    std::string name = word.text.substr(0, equals);
    if (name.find('/') == std::string::npos) std::replace(name.begin(), name.end(), '.', '/');
    const std::string path = "/proc/sys/" + name;
    if (equals == std::string::npos) {
      c.PathText(Op::kRead, path, word.span);
      continue;
    }
    c.PathText(Op::kWrite, path, word.span);
    c.Add(Op::kPrivilege, "kernel", word.span);
    std::string value = word.text.substr(equals + 1);
    const bool starts = (name.ends_with("core_pattern") && value.starts_with('|')) || name.ends_with("kernel/modprobe") || name.ends_with("kernel/hotplug");
    if (!starts) continue;
    if (value.starts_with('|')) value.erase(0, 1);
    c.Shell(Exactly(value, word.span));
    c.Unknown("scheduled-code", word.span);
  }
  if (p.arguments.empty() || p.Has("-a -A -X --all")) c.PathText(Op::kRead, "/proc/sys", c.command.span, Tree::kWhole);
  return Then::kDone;
}

// mount HOST:/path, //HOST/share, user@HOST:path: another machine's files.
Then DescribeMount(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  const bool changes = !p.arguments.empty() || p.Has("-a --all --bind --rbind --move --make-private --make-shared --make-rprivate --make-rshared --make-slave -L --label -U --uuid --source --target");
  if (!changes) {
    c.PathText(Op::kRead, "/proc/mounts", c.command.span);
    return Then::kDone;
  }
  c.Add(Op::kPrivilege, "mount", c.command.span);
  for (size_t i = 0; i < p.arguments.size(); ++i) {
    const Word& word = p.arguments[i];
    const size_t colon = word.text.find(':');
    const bool share = word.text.starts_with("//");
    const bool remote = i == 0 && word.exact() && (share || (colon != std::string::npos && colon > 0 && word.text.find('/') > colon));
    if (remote) {
      const std::string host = share ? word.text.substr(2, word.text.find('/', 2) - 2) : word.text.substr(0, colon);
      c.ConnectHost(Exactly(host, word.span), share ? 445 : 2049);
    } else if (i == 0 && p.arguments.size() > 1) {
      const bool device = word.exact() && word.text.find('/') == std::string::npos;  // tmpfs, proc, none
      if (!device) c.Path(Op::kRead, word);
    } else {
      c.Path(Op::kWrite, word);
    }
  }
  return Then::kDone;
}

// sshfs HOST:DIR MOUNTPOINT; its -o takes those of ssh and of FUSE, and two that start a program.
Then DescribeSshfs(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  for (const Given* given : p.All("-o")) {
    if (!given->value) continue;
    for (const std::string_view name : {"ssh_command=", "sftp_server=", "directport="}) {
      const size_t at = given->value->text.find(name);
      if (at == std::string::npos || name == "directport=") continue;
      const size_t start = at + name.size();
      const Word program = Exactly(given->value->text.substr(start, given->value->text.find(',', start) - start), given->span);
      if (name == "ssh_command=") c.Shell(program);
      if (name == "sftp_server=") c.Unknown("remote-command", given->span);
    }
    if (!given->value->exact() || given->value->text.find("ProxyCommand") != std::string::npos) c.Unknown("option", given->span);
  }
  if (!p.arguments.empty()) {
    const Word& from = p.arguments.front();
    c.ConnectHost(from.exact() ? Exactly(from.text.substr(0, from.text.find(':')), from.span) : from, 22);
  }
  if (p.arguments.size() > 1) c.Path(Op::kWrite, p.arguments[1], Tree::kWhole);
  c.Add(Op::kPrivilege, "mount", c.command.span);
  return Then::kDone;
}

}  // namespace checkrein::analysis
