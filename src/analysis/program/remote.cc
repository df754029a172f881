// ssh, scp, rsync, nc: other machines, and options that start programs here.
#include "analysis/program/describe.h"
#include "base/ascii.h"

namespace checkrein::analysis {
namespace {

// Options of ssh_config(5) given as -o NAME=VALUE that do nothing but tune the connection.
constexpr std::string_view kHarmless[] = {"stricthostkeychecking", "userknownhostsfile", "connecttimeout", "serveraliveinterval", "serveralivecountmax", "batchmode", "loglevel", "port",
                                          "user", "identitiesonly", "passwordauthentication", "pubkeyauthentication", "preferredauthentications", "compression", "controlpersist",
                                          "controlmaster", "controlpath", "requesttty", "tcpkeepalive", "addressfamily", "ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "globalknownhostsfile",
                                          "checkhostip", "numberofpasswordprompts", "exitonforwardfailure", "forwardagent", "forwardx11", "pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes"};

void SshOption(Context& c, const Word& word) {
  const size_t end = word.text.find_first_of("= \t");
  if (end == std::string::npos) return c.Unknown("option", word.span);
  const std::string name = AsciiLower(word.text.substr(0, end));
  const size_t value_at = word.text.find_first_not_of("= \t", end);
  const Word value = Rest(word, value_at == std::string::npos ? word.text.size() : value_at);
  if (name == "proxycommand" || name == "localcommand" || name == "knownhostscommand" || name == "match") return c.Shell(value);
  if (name == "permitlocalcommand" || name == "proxyusefdpass") return;
  if (name == "identityfile" || name == "certificatefile") return c.Path(Op::kRead, value);
  if (name == "hostname") return c.ConnectHost(value, 22);
  if (name == "proxyjump") return c.ConnectHost(value, 22);
  for (const auto harmless : kHarmless)
    if (name == harmless) return;
  c.Unknown("option", word.span);
}

void SshOptions(Context& c, const Parsed& p) {
  for (const Given* given : p.All("-o"))
    if (given->value) SshOption(c, *given->value);
  for (const Given* given : p.All("-L -D -R"))
    if (given->value) c.Listen(*given->value);
}

uint16_t Port(const Parsed& p, std::string_view option) {
  const Given* given = p.Find(option);
  if (!given || !given->value || !given->value->exact()) return 22;
  const auto target = HostTarget("x:" + given->value->text, 22);
  return target ? target->port : 22;
}

// [user@]host:path or scheme://host/path; nothing: a local path.
bool Remote(Context& c, const Word& word, uint16_t port) {
  if (!word.exact() && word.text.empty()) return false;
  const size_t colon = word.text.find(':');
  const size_t slash = word.text.find('/');
  if (colon == std::string::npos || colon == 0 || (slash != std::string::npos && slash < colon)) return false;
  if (word.text.compare(colon, 3, "://") == 0) {
    c.Connect(word, "");
    return true;
  }
  if (word.text.starts_with('[') || word.text.find("@[") != std::string::npos) {  // [v6]:path
    const size_t close = word.text.find(']');
    c.ConnectHost(Exactly(word.text.substr(0, close + 1), word.span), port);
    return true;
  }
  c.ConnectHost(Exactly(word.text.substr(0, colon), word.span), port);
  return true;
}

}  // namespace

bool SendsInput(const Context& c) {
  return (c.command.input.kind == Input::Kind::kPipe && c.command.input.origin != Input::Origin::kOwnWords) || c.command.input.kind == Input::Kind::kFile;
}

Then DescribeSsh(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  SshOptions(c, p);
  if (p.Has("-V -Q")) return Then::kDone;
  if (p.arguments.empty()) return Then::kDone;
  const Word& host = p.arguments.front();
  if (host.text.starts_with("ssh://")) {
    c.Connect(host, "");
  } else {
    c.ConnectHost(host, Port(p, "-p"));
  }
  // What the other machine does is not seen; without a command it reads one from here.
  if (!p.Has("-N") && !p.Has("-O")) c.Unknown("remote-command", c.command.span);
  return Then::kDone;
}

// scp, sftp, rsync: the last word is where things go.
Then DescribeScp(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  const bool rsync = p.name() == "rsync";
  if (!rsync) SshOptions(c, p);
  const uint16_t port = rsync ? uint16_t{22} : Port(p, "-P");
  const bool moves = p.Has("--remove-source-files");
  if (p.name() == "sftp") {
    if (!p.arguments.empty() && !Remote(c, p.arguments.front(), port)) c.ConnectHost(p.arguments.front(), port);
    c.Unknown("remote-command", c.command.span);  // what it gets and puts stands on its standard input
    return Then::kDone;
  }
  for (size_t i = 0; i < p.arguments.size(); ++i) {
    const Word& word = p.arguments[i];
    const bool last = i + 1 == p.arguments.size() && i > 0;
    if (Remote(c, word, port)) {
      if (word.text.find("rsync://") == std::string::npos && !p.Has("-e --rsh -S")) c.Add(Op::kExec, "/usr/bin/ssh", word.span);
      if (last) {
        c.Add(Op::kPush, word.exact() ? word.text : "?", word.span);
      }
      continue;
    }
    if (last) {
      c.Path(Op::kWrite, word, Tree::kWhole);
      if (p.Has("--delete --del --delete-before --delete-during --delete-after --delete-excluded --delete-delay")) c.Path(Op::kDelete, word, Tree::kWhole);
    } else {
      c.Path(Op::kRead, word, Tree::kWhole);
      if (moves) c.Path(Op::kDelete, word, Tree::kWhole);
    }
  }
  if (p.may_hide_arguments) c.Partial("a word may be several");
  return Then::kDone;
}

Then DescribeNc(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  std::vector<Word> words = p.arguments;
  if (p.Has("-l --listen")) {
    const Given* port = p.Find("-p --source-port");
    if (port && port->value) {
      c.Listen(*port->value);
    } else if (!words.empty()) {
      c.Listen(words.back());
    }
    return Then::kDone;
  }
  if (p.Has("-U --unixsock") && !words.empty()) {
    c.Path(Op::kWrite, words.front());
    return Then::kDone;
  }
  if (words.empty()) return Then::kDone;
  const bool known = words.front().exact() && words.size() > 1 && words[1].exact();
  const auto target = known ? HostTarget(words.front().text + ":" + words[1].text, 0) : std::nullopt;
  const auto host = words.front().exact() ? NormalHost(words.front().text) : std::nullopt;
  if (!host) c.Partial("the host is not known");
  const std::string object = target ? target->Object() : host ? *host + ":?" : "?";
  c.Add(Op::kConnect, object, words.front().span);
  if (SendsInput(c) && !p.Has("-z -d")) c.Add(Op::kPush, object, words.front().span);
  return Then::kDone;
}

}  // namespace checkrein::analysis
