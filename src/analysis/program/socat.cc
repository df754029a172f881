// socat joins two addresses of the form KIND:WORDS,OPTION... (socat(1)). What it starts, opens and reaches stands in their names.
#include <algorithm>

#include "analysis/program/describe.h"
#include "base/ascii.h"

namespace checkrein::analysis {
namespace {

enum class End : uint8_t { kOther, kProgram, kNetwork, kStandard, kFile };

// One address. KIND is an abbreviation-free word; `-` is standard input and output.
End Address(Context& c, const Word& word) {
  if (!word.exact()) return c.Unknown("network-program", word.span), End::kOther;
  const std::string& text = word.text;
  const std::string kind = AsciiLower(text.substr(0, text.find_first_of(":,")));
  const size_t colon = text.find(':');
  const std::string_view rest = colon == std::string::npos ? std::string_view() : std::string_view(text).substr(colon + 1);
  const std::string first(rest.substr(0, rest.find(',')));
  const Word object = Exactly(first, word.span);
  if (kind == "-" || kind == "stdio" || kind == "stdin" || kind == "fd") return End::kStandard;
  if (kind == "stdout" || kind == "stderr" || kind == "pty" || kind == "pipe" || kind == "readline") return End::kOther;
  if (kind == "exec" || kind == "system" || kind == "shell") {
    c.Shell(object);
    return End::kProgram;
  }
  if (kind.ends_with("-listen") || kind.ends_with("-l") || kind.ends_with("-recv") || kind.ends_with("-recvfrom")) {
    if (kind.starts_with("unix") || kind.starts_with("abstract")) {
      c.Path(Op::kWrite, object);
    } else {
      c.Listen(object);
    }
    return End::kNetwork;
  }
  if (kind == "tcp" || kind == "tcp4" || kind == "tcp6" || kind == "tcp-connect" || kind == "tcp4-connect" || kind == "tcp6-connect" || kind == "udp" || kind == "udp4" || kind == "udp6" || kind == "udp-connect" ||
      kind == "openssl" || kind == "ssl" || kind == "openssl-connect" || kind == "sctp" || kind == "sctp-connect" || kind == "udp-sendto") {
    c.ConnectHost(object, 0);
    return End::kNetwork;
  }
  if (kind == "proxy" || kind == "proxy-connect" || kind == "socks4" || kind == "socks4a" || kind == "socks5" || kind == "socks") {  // PROXY:HOST:PORT
    c.ConnectHost(Exactly(first.substr(0, first.find(':')), word.span), 0);
    return End::kNetwork;
  }
  if (kind == "file" || kind == "open" || kind == "gopen" || kind == "create" || kind.starts_with("unix") || kind.find('/') != std::string::npos) {
    const Word path = kind.find('/') != std::string::npos ? Exactly(text.substr(0, text.find(',')), word.span) : object;
    c.Path(Op::kRead, path);
    c.Path(Op::kWrite, path);
    return End::kFile;
  }
  c.Unknown("network-program", word.span);
  return End::kOther;
}

}  // namespace

Then DescribeSocat(Context& c, const Parsed& p) {
  std::vector<End> ends;
  for (const Word& word : p.arguments) {
    if (word.Is("-V") || word.Is("-h") || word.Is("-?") || word.Is("-hh") || word.Is("-hhh")) return Then::kDone;
    if (word.text.size() > 1 && word.text[0] == '-') continue;  // options tune; -lf FILE and -r FILE take a file, and then its name is an address that is not known
    ends.push_back(Address(c, word));
  }
  const auto has = [&ends](End end) { return std::find(ends.begin(), ends.end(), end) != ends.end(); };
  if (has(End::kProgram) && has(End::kNetwork)) c.Unknown("remote-shell", c.command.span);
  if (!has(End::kFile) && !(has(End::kStandard) && SendsInput(c))) return Then::kDone;
  const std::vector<Effect> effects = c.out.effects.all();
  for (const Effect& effect : effects)
    if (effect.op == Op::kConnect) c.Add(Op::kPush, effect.object, c.command.span);
  return Then::kDone;
}

}  // namespace checkrein::analysis
