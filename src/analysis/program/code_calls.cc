// Inline code of perl, ruby, php and lua, read for plain calls: `system("ls")`, `File.write("a", x)`, `file_get_contents('a')`. A text
// that is nothing but such calls and prints of constants is understood. Of any other (and of R, julia, tcl, AppleScript, PowerShell) the
// calls that are found are effects beside `unknown:code`, never in its place.
//
// Not covered: what a variable holds, concatenation, methods of objects that are not named here.
#include <algorithm>
#include <optional>
#include <string>

#include "analysis/program/code.h"

namespace checkrein::analysis {
namespace {

constexpr size_t kMaxText = 64u << 10;  // bytes that are looked through
constexpr size_t kMaxCalls = 64;        // of one text that become effects

enum class Does : uint8_t { kNothing, kShell, kRead, kWrite, kDelete, kDeleteTree, kConnect, kListen, kOpen };
struct Call {
  std::string_view name;
  Does does;
};

// By whole name, or after the last `.`, `::`, `:` or `->`.
constexpr Call kCalls[] = {
    {"system", Does::kShell},          {"exec", Does::kShell},            {"popen", Does::kShell},          {"popen2", Does::kShell},        {"popen3", Does::kShell},         {"shell_exec", Does::kShell},
    {"passthru", Does::kShell},        {"proc_open", Does::kShell},       {"pcntl_exec", Does::kShell},     {"spawn", Does::kShell},         {"execute", Does::kShell},        {"qx", Does::kShell},
    {"capture2", Does::kShell},        {"capture2e", Does::kShell},       {"capture3", Does::kShell},       {"execSync", Does::kShell},      {"system2", Does::kShell},        {"do shell script", Does::kShell},
    {"unlink", Does::kDelete},         {"File.delete", Does::kDelete},    {"File.unlink", Does::kDelete},   {"os.remove", Does::kDelete},    {"file.remove", Does::kDelete},   {"rmdir", Does::kDelete},
    {"FileUtils.rm", Does::kDelete},   {"FileUtils.rm_f", Does::kDelete}, {"FileUtils.rm_rf", Does::kDeleteTree}, {"FileUtils.rm_r", Does::kDeleteTree}, {"remove_tree", Does::kDeleteTree}, {"rmtree", Does::kDeleteTree},
    {"rmSync", Does::kDeleteTree},     {"unlinkSync", Does::kDelete},     {"rm", Does::kDelete},            {"file_put_contents", Does::kWrite}, {"File.write", Does::kWrite},  {"IO.write", Does::kWrite},
    {"writeFileSync", Does::kWrite},   {"appendFileSync", Does::kWrite},  {"mkdir", Does::kWrite},          {"touch", Does::kWrite},         {"FileUtils.touch", Does::kWrite}, {"file_get_contents", Does::kRead},
    {"readfile", Does::kRead},         {"File.read", Does::kRead},        {"File.readlines", Does::kRead},  {"IO.read", Does::kRead},        {"IO.readlines", Does::kRead},    {"IO.binread", Does::kRead},
    {"readFileSync", Does::kRead},     {"io.lines", Does::kRead},         {"readLines", Does::kRead},       {"dofile", Does::kRead},         {"file", Does::kRead},            {"open", Does::kOpen},
    {"fopen", Does::kOpen},            {"io.open", Does::kOpen},          {"File.open", Does::kOpen},       {"sysopen", Does::kOpen},        {"fsockopen", Does::kConnect},    {"pfsockopen", Does::kConnect},
    {"stream_socket_client", Does::kConnect}, {"TCPSocket.new", Does::kConnect}, {"TCPSocket.open", Does::kConnect}, {"UDPSocket.new", Does::kNothing}, {"connect", Does::kConnect}, {"create_connection", Does::kConnect},
    {"bind", Does::kListen},           {"listen", Does::kListen},         {"TCPServer.new", Does::kListen}, {"TCPServer.open", Does::kListen}, {"stream_socket_server", Does::kListen}, {"socketServer", Does::kListen},
    {"print", Does::kNothing},         {"say", Does::kNothing},           {"puts", Does::kNothing},         {"p", Does::kNothing},           {"pp", Does::kNothing},           {"echo", Does::kNothing},
    {"printf", Does::kNothing},        {"io.write", Does::kNothing},      {"var_dump", Does::kNothing},     {"exit", Does::kNothing},        {"sleep", Does::kNothing},        {"phpversion", Does::kNothing}};

bool InName(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
int Hex(char c) { return IsDigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

bool IsHost(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return InName(c) || c == '.' || c == '-' || c == ':'; });
}

struct Constant {
  std::string text;
  size_t end = 0;  // of the text: behind it
};

class Calls {
 public:
  Calls(Context& c, Dialect dialect, std::string_view text, Span span) : c_(c), dialect_(dialect), text_(text.substr(0, kMaxText)), whole_(text.size() <= kMaxText), span_(span) {}

  // Statements of known calls on constants, and nothing else.
  bool Understood() {
    if (!whole_ || dialect_ == Dialect::kOther) return false;
    size_t at = Start();
    while (true) {
      at = Blank(at, " \t\r\n;");
      if (at >= text_.size() || text_.substr(at) == "?>") return true;
      const auto end = Statement(at);
      if (!end) return false;
      at = *end;
    }
  }

  // What any other text calls plainly.
  void Mentioned() {
    for (size_t at = 0, found = 0; at < text_.size() && found < kMaxCalls;) {
      if (text_[at] == '`' && (dialect_ != Dialect::kLua && dialect_ != Dialect::kOther)) {
        const size_t close = text_.find('`', at + 1);
        if (close == std::string_view::npos) return;
        Run(std::string(text_.substr(at + 1, close - at - 1)));
        at = close + 1;
        ++found;
      } else if (dialect_ == Dialect::kOther && (text_.substr(at, 5) == "run(`" || text_.substr(at, 14) == "run(pipeline(`")) {  // julia
        const size_t open = text_.find('`', at), close = text_.find('`', open + 1);
        if (close == std::string_view::npos) return;
        const std::string command(text_.substr(open + 1, close - open - 1));
        command.find('$') == std::string::npos ? Run(command) : c_.Add(Op::kExec, "sh", span_);
        at = close + 1;
        ++found;
      } else if (InName(text_[at]) && (at == 0 || !InName(text_[at - 1])) && !(at > 0 && (text_[at - 1] == '$' || text_[at - 1] == '%' || (text_[at - 1] == '@' && dialect_ != Dialect::kPhp)))) {
        const size_t end = NameEnd(at);
        if (const auto does = Find(text_.substr(at, end - at))) found += Apply(*does, end) ? size_t{1} : size_t{0};
        at = end;
      } else {
        ++at;
      }
    }
  }

 private:
  size_t Start() const { return dialect_ == Dialect::kPhp && text_.starts_with("<?php") ? 5 : 0; }
  size_t Blank(size_t at, std::string_view blanks) const { return std::min(text_.find_first_not_of(blanks, at), text_.size()); }

  size_t NameEnd(size_t at) const {
    if (text_.substr(at, 15) == "do shell script") return at + 15;
    while (at < text_.size() && (InName(text_[at]) || ((text_[at] == '.' || text_[at] == ':') && at + 1 < text_.size() && (InName(text_[at + 1]) || text_[at + 1] == ':')))) ++at;
    return at;
  }

  static std::optional<Does> Find(std::string_view name) {
    for (const Call& call : kCalls)
      if (call.name == name) return call.does;
    const size_t cut = name.find_last_of(".:");
    if (cut == std::string_view::npos) return std::nullopt;
    for (const Call& call : kCalls)
      if (call.name == name.substr(cut + 1) && call.does != Does::kNothing && call.name != "exec" && call.name != "file") return call.does;  // re.exec(x)
    return std::nullopt;
  }

  // A string that nothing is put into. Escapes by number are undone: they are spelt so only to be overlooked.
  std::optional<Constant> String(size_t at) const {
    if (at >= text_.size() || (text_[at] != '"' && text_[at] != '\'')) return std::nullopt;
    const char quote = text_[at];
    Constant out;
    for (++at; at < text_.size() && text_[at] != quote; ++at) {
      const char c = text_[at];
      if (c == '\\' && at + 1 < text_.size()) {
        at = Escape(at + 1, quote, out.text);
        continue;
      }
      if (quote == '"' && dialect_ == Dialect::kPerl && text_.substr(at, 10) == "$ENV{HOME}") {
        out.text += c_.place.home;
        at += 9;
        continue;
      }
      const bool hole = quote == '"' && ((c == '$' && (dialect_ == Dialect::kPerl || dialect_ == Dialect::kPhp)) || (c == '@' && dialect_ == Dialect::kPerl && at + 1 < text_.size() && InName(text_[at + 1])) ||
                                         (c == '#' && dialect_ == Dialect::kRuby && at + 1 < text_.size() && text_[at + 1] == '{'));
      if (hole) return std::nullopt;
      out.text += c;
    }
    if (at >= text_.size()) return std::nullopt;
    out.end = at + 1;
    return out;
  }

  // At the byte behind the backslash; gives the last byte that belongs to it.
  size_t Escape(size_t at, char quote, std::string& out) const {
    const char c = text_[at];
    if (quote == '\'' && dialect_ != Dialect::kLua) {  // nothing but the quote and itself
      if (c != '\'' && c != '\\') out += '\\';
      out += c;
      return at;
    }
    if (c == 'x' && at + 1 < text_.size()) {
      const bool braces = text_[at + 1] == '{';
      size_t next = at + (braces ? 2 : 1);
      int value = 0;
      for (int digits = 0; next < text_.size() && Hex(text_[next]) >= 0 && digits < (braces ? 6 : 2); ++digits) value = value * 16 + Hex(text_[next++]);
      if (braces && next < text_.size() && text_[next] == '}') ++next;
      out += value < 256 ? static_cast<char>(value) : '?';
      return next - 1;
    }
    if (IsDigit(c)) {
      const int base = dialect_ == Dialect::kLua ? 10 : 8;
      int value = 0;
      size_t next = at;
      for (int digits = 0; next < text_.size() && IsDigit(text_[next]) && digits < 3; ++digits) value = value * base + (text_[next++] - '0');
      out += static_cast<char>(value);
      return next - 1;
    }
    constexpr std::string_view kFrom = "nrtae0", kTo = "\n\r\t\a\x1b";
    const size_t known = kFrom.find(c);
    out += known < kTo.size() ? kTo[known] : c;
    return at;
  }

  std::optional<Constant> Number(size_t at) const {
    const size_t start = at;
    while (at < text_.size() && IsDigit(text_[at])) ++at;
    if (at == start) return std::nullopt;
    return Constant{std::string(text_.substr(start, at - start)), at};
  }

  // name [(] constant {, constant} [)] and the end of a statement.
  std::optional<size_t> Statement(size_t at) {
    if (!InName(text_[at])) return std::nullopt;
    const size_t end = NameEnd(at);
    const std::string_view name = text_.substr(at, end - at);
    std::optional<Does> does;
    for (const Call& call : kCalls)
      if (call.name == name) does = call.does;
    if (!does || *does == Does::kOpen || *does == Does::kConnect || *does == Does::kListen || name == "rm" || name == "dofile") return std::nullopt;
    size_t next = Blank(end, " \t");
    const bool parenthesis = next < text_.size() && text_[next] == '(';
    if (parenthesis) ++next;
    size_t count = 0;
    for (;;) {
      next = Blank(next, " \t");
      if (next >= text_.size() || text_[next] == ')' || text_[next] == ';' || text_[next] == '\n') break;
      auto constant = String(next);
      if (!constant) constant = Number(next);
      if (!constant) return std::nullopt;
      ++count;
      next = Blank(constant->end, " \t");
      if (next >= text_.size() || text_[next] != ',') break;
      ++next;
    }
    if (parenthesis) {
      if (next >= text_.size() || text_[next] != ')') return std::nullopt;
      next = Blank(next + 1, " \t");
    }
    const bool ends = next >= text_.size() || text_[next] == ';' || text_[next] == '\n';
    if (!ends || (*does != Does::kNothing && count != 1 && !(*does == Does::kWrite && count == 2))) return std::nullopt;
    if (*does != Does::kNothing && !Apply(*does, end)) return std::nullopt;
    return next;
  }

  void Run(std::string command) { c_.Shell(Exactly(std::move(command), span_)); }

  // The call whose name ends at `at`. False: no constant stands where its object is named.
  bool Apply(Does does, size_t at) {
    at = Blank(at, " \t");
    const bool parenthesis = at < text_.size() && (text_[at] == '(' || text_[at] == '{' || text_[at] == '[');
    if (parenthesis) at = Blank(at + 1, " \t\n[");
    const auto first = String(at);
    switch (does) {
      case Does::kNothing: return false;
      case Does::kShell:
        if (!parenthesis && !first) return false;  // a word of that name, not a call
        if (first) return Run(first->text), true;
        c_.Add(Op::kExec, "sh", span_);
        return true;
      case Does::kListen: {
        const auto port = Number(first ? Blank(first->end, " \t,") : at);
        if (!port) return false;
        const std::string host = first ? first->text : HostBehind(port->end);
        c_.Add(Op::kListen, IsHost(host) ? host + ":" + port->text : port->text, span_);
        return true;
      }
      case Does::kConnect: {
        if (!first) return false;
        auto port = Number(Blank(first->end, " \t,\"'"));
        const std::string_view host = std::string_view(first->text).substr(first->text.starts_with("tcp://") ? 6 : 0);
        c_.ConnectHost(Exactly(std::string(host) + (port && host.find(':') == std::string_view::npos ? ":" + port->text : ""), span_), 0);
        return true;
      }
      case Does::kOpen: return first ? Open(*first) : OpenHandle(at);
      default: break;
    }
    if (!first || first->text.empty()) return false;
    if (does == Does::kRead && first->text.find("://") != std::string::npos) return c_.Connect(Exactly(first->text, span_), "http"), true;
    const Op op = does == Does::kRead ? Op::kRead : does == Does::kWrite ? Op::kWrite : Op::kDelete;
    c_.PathText(op, first->text, span_, does == Does::kDeleteTree ? Tree::kWhole : Tree::kOne);
    return true;
  }

  // listen(8080, "127.0.0.1"): "" for anything that is not plainly one argument.
  std::string HostBehind(size_t at) const {
    const auto host = String(Blank(at, " \t,"));
    if (!host) return {};
    const size_t next = Blank(host->end, " \t");
    return next < text_.size() && (text_[next] == ')' || text_[next] == ',') ? host->text : std::string();
  }

  bool Open(const Constant& path) {
    const auto mode = String(Blank(path.end, " \t,"));
    if (!path.text.empty() && (path.text[0] == '|' || path.text.back() == '|')) return Run(path.text.substr(path.text[0] == '|' ? 1 : 0, path.text.size() - 1)), true;
    const bool writes = mode && mode->text.find_first_of("wax+") != std::string::npos;
    c_.PathText(writes ? Op::kWrite : Op::kRead, path.text, span_);
    return true;
  }

  // perl: open(my $f, ">", "a"); open(F, ">a")
  bool OpenHandle(size_t at) {
    const size_t comma = text_.find(',', at);
    if (dialect_ != Dialect::kPerl || comma == std::string_view::npos || comma - at > 40) return false;
    const auto mode = String(Blank(comma + 1, " \t"));
    if (!mode) return false;
    const size_t next = Blank(mode->end, " \t");
    const auto path = next < text_.size() && text_[next] == ',' ? String(Blank(next + 1, " \t")) : std::nullopt;
    const bool pipes = mode->text.find('|') != std::string::npos;
    const size_t cut = mode->text.find_first_not_of("<>+| ");
    const std::string name = path ? path->text : cut == std::string::npos ? "" : mode->text.substr(cut);
    if (name.empty()) return false;
    if (pipes) return Run(name), true;
    c_.PathText(mode->text.find('>') != std::string::npos ? Op::kWrite : Op::kRead, name, span_);
    return true;
  }

  Context& c_;
  const Dialect dialect_;
  const std::string_view text_;
  const bool whole_;
  const Span span_;
};

}  // namespace

Dialect DialectOf(std::string_view program) {
  if (program.starts_with("perl")) return Dialect::kPerl;
  if (program == "ruby" || program == "irb" || program == "jruby") return Dialect::kRuby;
  if (program.starts_with("php")) return Dialect::kPhp;
  if (program.starts_with("lua")) return Dialect::kLua;
  return Dialect::kOther;
}

bool FollowCalls(Context& c, Dialect dialect, std::string_view code, Span span) {
  const Description before = c.out;
  if (Calls(c, dialect, code, span).Understood()) return true;
  c.out = before;
  return false;
}

void MentionCalls(Context& c, Dialect dialect, std::string_view code, Span span) { Calls(c, dialect, code, span).Mentioned(); }

}  // namespace checkrein::analysis
