// What the words of an opaque command name: its files, hosts and shells. Nobody knows what the program does with them, so a path is
// taken as read, one in a protected place as written too, a shell's path as a shell that is started, a URL as a connection. This adds
// to `unknown:...`; it never takes its place.
//
// Not covered: names that the program text builds or encodes; relative paths.
#include <algorithm>

#include "analysis/program/code.h"
#include "analysis/program/describe.h"
#include "analysis/program/table.h"
#include "base/ascii.h"
#include "base/path.h"
#include "effect/places.h"

namespace checkrein::analysis {
namespace {

constexpr size_t kMaxMentionText = 256u << 10;  // bytes looked at: beyond, `unknown` has to do
constexpr size_t kMaxMentions = 64;             // of one command
constexpr std::string_view kTopFolders[] = {"etc", "root", "home", "var", "usr", "tmp", "opt", "proc", "sys", "dev", "run", "boot", "bin", "sbin", "lib", "lib64", "mnt", "srv", "media", "Users"};

// What a domain ends in, where a file name would do as well (a.json): the common ones.
constexpr std::string_view kTopDomains[] = {"com", "org", "net", "io", "dev", "edu", "gov", "info", "biz", "app", "cloud", "ai", "xyz", "co", "uk", "de", "fr", "eu", "ru", "cn", "jp", "in", "br", "us", "me", "tv", "top", "site", "online", "club", "onion", "internal", "example", "invalid", "localhost"};
constexpr std::string_view kNetworkWords[] = {"socket", "Socket", "sockopen", "connect", "http", "urllib", "requests", "fetch", "INET", "tcp", "ftp", "smtp", "dns", "\"net\"", "'net'"};

bool InPath(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '/' || c == '-' || c == '+' || c == '@' || c == '%' || c == '*' || c == '~';
}
bool InWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'; }

class Mentioned {
 public:
  Mentioned(Context& c, Span span) : c_(c), span_(span) {}

  void Text(std::string_view text) {
    text = text.substr(0, kMaxMentionText);
    for (size_t at = 0; at < text.size() && count_ < kMaxMentions; ++at) {
      if (text[at] == ':' && text.substr(at, 3) == "://") {
        at = Url(text, at);
      } else if (text[at] == '/' || (text[at] == '~' && text.substr(at, 2) == "~/")) {
        at = Path(text, at);
      }
    }
  }

  enum class Known : uint8_t { kConnects, kPerhaps };

  // host, host:port, tcp:host:port, user@host: for programs that connect, and (names in common domains only) for those that may.
  void Hosts(std::string_view text, Known known) {
    text = text.substr(0, kMaxMentionText);
    for (size_t at = 0; at < text.size() && count_ < kMaxMentions;) {
      const size_t end = std::min(text.find_first_of(":/@,=; \t\n\r\\\"'()<>[]", at), text.size());
      const std::string_view part = text.substr(at, end - at);
      const size_t dot = part.rfind('.');
      const bool domain = dot != std::string_view::npos && dot > 0 && part.size() - dot > 2 && std::all_of(part.begin() + static_cast<std::ptrdiff_t>(dot) + 1, part.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
      const bool common = domain && std::find(std::begin(kTopDomains), std::end(kTopDomains), part.substr(dot + 1)) != std::end(kTopDomains);
      const bool address = std::count(part.begin(), part.end(), '.') == 3 && part.find_first_not_of("0123456789.") == std::string_view::npos;
      if (known == Known::kConnects ? domain || address : common || address) {
        std::string port = "?";
        if (end < text.size() && text[end] == ':') {
          const size_t stop = std::min(text.find_first_not_of("0123456789", end + 1), text.size());
          if (stop > end + 1) port = std::string(text.substr(end + 1, stop - end - 1));
        }
        if (const auto host = NormalHost(part)) {
          c_.Add(Op::kConnect, *host + ":" + port, span_);
          ++count_;
        }
      }
      at = end + 1;
    }
  }

 private:
  // $HOME/.x, ENV["HOME"] + "/.x", process.env.HOME+"/.x"
  static bool FollowsHome(std::string_view text, size_t at) {
    const size_t start = at > 14 ? at - 14 : 0;
    const std::string_view before = text.substr(start, at - start);
    const size_t home = before.rfind("HOME");
    return home != std::string_view::npos && before.find_first_not_of("\"')]}+ .,", home + 4) == std::string_view::npos;
  }

  // Where settings name a program: exec PATH, PostUp = PATH, <script path='PATH', "command": "PATH".
  static bool IsCommand(std::string_view text, size_t at) {
    size_t end = at;
    while (end > 0 && std::string_view(" \t=:'\"<").find(text[end - 1]) != std::string_view::npos) --end;
    size_t start = end;
    while (start > 0 && InWord(text[start - 1])) --start;
    const std::string_view key = text.substr(start, end - start);
    if (key == "path" && start >= 7 && text.substr(start - 7, 7) == "script ") return true;
    return end < at && NamesCommand(key);
  }

 public:
  // Whether what stands behind `key` is a command: exec, --command, PostUp.
  static bool NamesCommand(std::string_view key) {
    key.remove_prefix(std::min(key.find_first_not_of('-'), key.size()));
    const std::string lower = AsciiLower(key);
    constexpr std::string_view kKeys[] = {"exec", "execstart", "execstartpre", "execstop", "command", "cmd", "postup", "preup", "postdown", "predown", "actionstart", "actionban", "actionstop", "emulator", "proxycommand", "execute", "load_module"};
    return std::find(std::begin(kKeys), std::end(kKeys), lower) != std::end(kKeys);
  }

 private:
  size_t Url(std::string_view text, size_t colon) {
    size_t start = colon;
    while (start > 0 && InWord(text[start - 1])) --start;
    const size_t end = std::min(text.find_first_of(" \t\r\n\"'`<>()[]{}|\\^;,", colon + 3), text.size());
    const auto target = UrlTarget(text.substr(start, end - start), "");
    if (target && target->local_file) {
      c_.PathText(Op::kRead, target->path, span_);
    } else if (target && target->port != 0) {  // s3://bucket is no host
      c_.Add(Op::kConnect, target->Object(), span_);
      ++count_;
    }
    return end;
  }

  size_t Path(std::string_view text, size_t at) {
    size_t end = at;
    while (end < text.size() && InPath(text[end])) ++end;
    const size_t last = end - 1;
    const bool tag = at > 0 && text[at - 1] == '<' && text.substr(at + 1, end - at - 1).find('/') == std::string_view::npos;  // </p>, not </etc/x
    if (at > 0 && (InWord(text[at - 1]) || text[at - 1] == '/' || tag)) {
      // -o/etc/x and -I/usr/include: an option with its value; otherwise the slash divides or ends a tag.
      const size_t word = text.find_last_of(" \t\"'=,:(", at) == std::string_view::npos ? 0 : text.find_last_of(" \t\"'=,:(", at) + 1;
      if (text[word] != '-' || at - word > 2) return last;
    }
    std::string_view path = text.substr(at, end - at);
    while (!path.empty() && (path.back() == '.' || path.back() == '-')) path.remove_suffix(1);
    std::string full = path.starts_with("~/") ? c_.place.home + std::string(path.substr(1)) : std::string(path);
    if (full.starts_with("/.") && FollowsHome(text, at)) full = c_.place.home + full;
    full = c_.Resolve(full);
    for (const std::string_view device : {"/dev/tcp/", "/dev/udp/"}) {  // bash connects there
      if (!full.starts_with(device)) continue;
      const std::string rest = full.substr(device.size());
      const size_t slash = rest.find('/');
      if (slash != std::string::npos) c_.ConnectHost(Exactly(rest.substr(0, slash) + ":" + rest.substr(slash + 1), span_), 0);
      ++count_;
      return last;
    }
    if (IsCommand(text, at) && full.size() > 1) c_.Add(Op::kExec, full, span_);
    const std::string_view top = std::string_view(full).substr(1, full.find('/', 1) == std::string::npos ? std::string::npos : full.find('/', 1) - 1);
    if (std::find(std::begin(kTopFolders), std::end(kTopFolders), top) == std::end(kTopFolders)) return last;
    ++count_;
    const ProgramName program = NameProgram(Exactly(full, span_), c_);
    const checkrein::analysis::Program* row = program.base.empty() ? nullptr : FindProgram(program.base);
    if (row && row->special == Special::kShell) {
      if (at > 1 && text[at - 1] == '!' && text[at - 2] == '#' && text.find_first_of("/ ", end) != std::string_view::npos && text.find("/bin/", end) == std::string_view::npos) return last;  // what a script begins with
      c_.Add(Op::kExec, program.object, span_);
      // "/bin/sh" alone, or with -i or -p: a shell that waits for orders.
      const std::string_view after = text.substr(end, 4);
      waits_ = waits_ || after.empty() || std::string_view("\"';),]<>\n").find(after[0]) != std::string_view::npos || after.starts_with(" -i") || after.starts_with(" -p") || after.starts_with(" 0") || after.starts_with(" <") || after.starts_with(" 1");
      return last;
    }
    c_.PathText(Op::kRead, full, span_);
    const auto groups = PlaceGroups(full, c_.place.home, c_.place.workspace);
    const bool guarded = std::any_of(groups.begin(), groups.end(), [](std::string_view g) { return g == "persistence" || g == "accounts" || g == "checkrein" || g == "agent-config" || g == "kernel" || g == "devices" || g == "package-config"; });
    const bool runs = full.starts_with("/usr/bin/") || full.starts_with("/bin/") || full.starts_with("/usr/sbin/") || full.starts_with("/sbin/") || full.starts_with("/usr/local/bin/");
    if (guarded && !runs) c_.PathText(Op::kWrite, full, span_);
    if (runs && row) c_.Add(Op::kExec, full, span_);
    return last;
  }

  Context& c_;
  Span span_;
  size_t count_ = 0;
  bool waits_ = false;

 public:
  bool waits() const { return waits_; }  // a shell is named that would wait for orders
};

}  // namespace

void Mentions(Context& c) {
  const bool connects = std::any_of(c.out.effects.all().begin(), c.out.effects.all().end(), [](const Effect& e) { return e.op == Op::kConnect && e.object == "?"; });
  for (size_t i = 1; i < c.command.argv.size(); ++i) {
    const Word& word = c.command.argv[i];
    if (word.known == Word::Known::kNothing) continue;
    Mentioned mentioned(c, word.span);
    mentioned.Text(word.text);
    const bool named = word.exact() && word.text.starts_with('/') && word.text.size() > 1 && c.command.argv[i - 1].exact();
    if (named && Mentioned::NamesCommand(c.command.argv[i - 1].text)) c.Add(Op::kExec, c.Resolve(word.text), word.span);
    const bool unknown_program = c.out.effects.Contains({Op::kUnknown, "program", {}});
    const bool code = c.out.effects.Contains({Op::kUnknown, "code", {}}) && std::any_of(std::begin(kNetworkWords), std::end(kNetworkWords), [&word](std::string_view w) { return word.text.find(w) != std::string::npos; });
    if (!connects && (unknown_program || code)) mentioned.Hosts(word.text, Mentioned::Known::kPerhaps);
    if (connects || word.text.starts_with('@')) mentioned.Hosts(word.text, Mentioned::Known::kConnects);
    // awf -- /bin/bash -c TEXT: a word by itself with more behind it has its orders already.
    const bool has_orders = word.text.find_first_of(" \n") == std::string::npos && i + 1 < c.command.argv.size() && !c.command.argv[i + 1].Is("-i") && !c.command.argv[i + 1].Is("-p") && !c.command.argv[i + 1].Is(";");
    if (!mentioned.waits() || has_orders) continue;
    const bool network = std::any_of(std::begin(kNetworkWords), std::end(kNetworkWords), [&word](std::string_view w) { return word.text.find(w) != std::string::npos; });
    c.Unknown(network ? "remote-shell" : "interactive-shell", word.span);
  }
  const Input& input = c.command.input;
  if (input.kind == Input::Kind::kText && c.out.coverage == Coverage::kOpaque) Mentioned(c, c.command.span).Text(input.text);
}

EffectSet MentionedIn(std::string_view text, const Place& place, World& world, Span cause) {
  const Command command;
  Context c(command, place, world);
  Mentioned mentioned(c, cause);
  mentioned.Text(text);
  MentionCalls(c, Dialect::kOther, text, cause);
  c.out.nested.clear();
  if (std::any_of(std::begin(kNetworkWords), std::end(kNetworkWords), [text](std::string_view w) { return text.find(w) != std::string::npos; })) mentioned.Hosts(text, Mentioned::Known::kPerhaps);
  return std::move(c.out.effects);
}

}  // namespace checkrein::analysis
