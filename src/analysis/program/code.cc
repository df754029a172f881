#include "analysis/program/code.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analysis/program/table.h"

namespace checkrein::analysis {
namespace {

constexpr size_t kMaxCode = 16u << 10;  // bytes: a one-liner; longer text is a program
constexpr size_t kMaxNested = 8;        // expressions within formatted strings within ...

struct Token {
  enum class Kind : uint8_t { kName, kString, kNumber, kMark, kBreak };
  Kind kind = Kind::kMark;
  std::string text;  // of a string: what it holds
};
using Kind = Token::Kind;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// ---------------------------------------------------------------------------------------------------------- what is known

// One call, by its whole dotted name, whose first argument is text that the code spells out.
enum class Does : uint8_t { kNothing, kRead, kList, kWrite, kDelete, kOpen, kConnect, kSend, kShell, kCommand };
struct Call {
  std::string_view name;
  Does does;
};

constexpr std::string_view kPythonWords =
    " and as assert break class continue def del elif else except False finally for from if import in is lambda None nonlocal not or pass raise return True try while with yield print len range int float str "
    "bool list dict set tuple sum min max sorted reversed enumerate zip map filter abs round any all isinstance type repr chr ord hex bin oct divmod pow format bytes bytearray iter next slice complex "
    "frozenset hash id Exception ValueError KeyError TypeError IndexError OSError IOError FileNotFoundError ImportError RuntimeError StopIteration KeyboardInterrupt AssertionError open self __name__ ";
constexpr std::string_view kPythonModules = " sys os json re math datetime time collections itertools string random base64 hashlib csv textwrap struct platform statistics decimal fractions functools operator glob pathlib urllib.request urllib.parse subprocess requests os.path shutil tempfile io html uuid calendar bisect heapq pprint ";
constexpr std::string_view kPythonMembers =
    " read readline readlines write close split rsplit splitlines strip lstrip rstrip join replace lower upper title startswith endswith find rfind index count format encode decode append extend items keys values "
    "get pop sort insert copy update add union stdin stdout stderr argv exit version version_info platform buffer flush dumps loads dump load name sep linesep getcwd path join basename dirname abspath splitext expanduser "
    "realpath search match findall finditer sub compile group groups IGNORECASE MULTILINE DOTALL sqrt floor ceil pi e log exp sin cos now today utcnow strftime strptime isoformat timedelta datetime date sleep time "
    "perf_counter Counter defaultdict OrderedDict deque namedtuple chain product combinations permutations islice most_common ascii_letters digits randint choice random shuffle sample seed b64encode b64decode "
    "hexdigest digest md5 sha1 sha256 sha512 reader writer DictReader DictWriter writerow writerows writeheader indent dedent pack unpack machine node release python_version mean median stdev Decimal reduce partial "
    "quote unquote urlencode urlparse parse_qs status text content ok status_code zfill ljust rjust center isdigit isalpha isspace partition hex total_seconds year month day stem suffix parent bit_length real imag returncode "
    "escape unescape uuid4 StringIO BytesIO getvalue pprint maxsize byteorder executable request parse ";
// What a module has that is harmless, for the names of its own: a text's `replace` is not os.replace. A module that is not here has nothing.
struct ModuleMembers {
  std::string_view module;
  std::string_view members;
};
constexpr ModuleMembers kPythonModuleMembers[] = {
    {"sys", " stdin stdout stderr argv exit version version_info platform maxsize byteorder executable "},
    {"os", " path sep linesep getcwd name "},
    {"os.path", " join basename dirname abspath splitext expanduser realpath split "},
    {"json", " dumps loads dump load "},
    {"re", " search match findall finditer sub compile split escape IGNORECASE MULTILINE DOTALL "},
    {"math", " sqrt floor ceil pi e log exp sin cos "},
    {"datetime", " datetime date timedelta time "},
    {"time", " time sleep perf_counter strftime strptime "},
    {"collections", " Counter defaultdict OrderedDict deque namedtuple "},
    {"itertools", " chain product combinations permutations islice count "},
    {"string", " ascii_letters digits "},
    {"random", " randint choice random shuffle sample seed "},
    {"base64", " b64encode b64decode "},
    {"hashlib", " md5 sha1 sha256 sha512 "},
    {"csv", " reader writer DictReader DictWriter "},
    {"textwrap", " indent dedent "},
    {"struct", " pack unpack "},
    {"platform", " machine node release python_version platform version "},
    {"statistics", " mean median stdev "},
    {"decimal", " Decimal "},
    {"functools", " reduce partial "},
    {"urllib", " parse request "},
    {"urllib.parse", " quote unquote urlencode urlparse parse_qs "},
    {"io", " StringIO BytesIO "},
    {"html", " escape unescape "},
    {"uuid", " uuid4 "},
    {"pprint", " pprint "}};
constexpr Call kPythonCalls[] = {
    {"open", Does::kOpen},          {"io.open", Does::kOpen},          {"os.remove", Does::kDelete},   {"os.unlink", Does::kDelete},  {"os.rmdir", Does::kDelete},     {"os.mkdir", Does::kWrite},
    {"os.makedirs", Does::kWrite},  {"os.listdir", Does::kList},       {"os.stat", Does::kList},       {"os.path.exists", Does::kList}, {"os.path.isfile", Does::kList}, {"os.path.isdir", Does::kList},
    {"os.path.getsize", Does::kList}, {"os.path.getmtime", Does::kList}, {"os.system", Does::kShell},  {"os.popen", Does::kShell},    {"subprocess.run", Does::kCommand}, {"subprocess.call", Does::kCommand},
    {"subprocess.check_call", Does::kCommand}, {"subprocess.check_output", Does::kCommand}, {"subprocess.Popen", Does::kCommand}, {"subprocess.getoutput", Does::kShell},
    {"urllib.request.urlopen", Does::kConnect}, {"requests.get", Does::kConnect}, {"requests.head", Does::kConnect}, {"requests.post", Does::kSend}, {"requests.put", Does::kSend}};

constexpr std::string_view kScriptWords =
    " break case catch const continue default delete do else false finally for function if in instanceof let new null of return switch throw true try typeof undefined var void while async await yield "
    "console JSON Math Object Array String Number Boolean Date Set Map Promise Error RegExp parseInt parseFloat isNaN process require fetch BigInt Symbol NaN Infinity Buffer URL encodeURIComponent decodeURIComponent ";
constexpr std::string_view kScriptModules = " fs path os util url crypto child_process assert node:fs node:path node:os node:util node:url node:crypto node:child_process ";
constexpr std::string_view kScriptMembers =
    " log error warn info table parse stringify keys values entries assign freeze length push pop shift unshift slice splice map filter reduce forEach find findIndex some every includes indexOf join split replace "
    "trim toUpperCase toLowerCase startsWith endsWith toString toFixed padStart padEnd repeat charAt charCodeAt match test sort reverse concat flat flatMap from of isArray max min floor ceil round random abs sqrt pow PI "
    "now getTime toISOString getFullYear stdout stderr write exit argv version versions platform arch cwd pid hrtime memoryUsage uptime then catch finally json text ok status message name resolve reject all add has get set "
    "delete size basename dirname extname join resolve relative normalize sep EOL cpus totalmem freemem hostname homedir tmpdir inspect format createHash update digest randomBytes randomUUID at fill keys isInteger node v8 ";
constexpr Call kScriptCalls[] = {
    {"fs.readFileSync", Does::kRead},   {"fs.existsSync", Does::kList},   {"fs.statSync", Does::kList},     {"fs.readdirSync", Does::kList},   {"fs.writeFileSync", Does::kWrite}, {"fs.appendFileSync", Does::kWrite},
    {"fs.mkdirSync", Does::kWrite},     {"fs.unlinkSync", Does::kDelete}, {"fs.rmSync", Does::kDelete},     {"fs.rmdirSync", Does::kDelete},   {"child_process.execSync", Does::kShell}, {"child_process.exec", Does::kShell},
    {"fetch", Does::kConnect}};

bool InWords(std::string_view list, std::string_view word) { return list.find(" " + std::string(word) + " ") != std::string_view::npos; }

// ---------------------------------------------------------------------------------------------------------- reading

// Splits code into tokens; `inner` gets the expressions within f-strings and template literals. Nothing: something it cannot tell apart.
class Lexer {
 public:
  Lexer(Language language, std::string_view code, std::vector<std::string>& inner) : python_(language == Language::kPython), code_(code), inner_(inner) {}

  std::optional<std::vector<Token>> Go() {
    while (at_ < code_.size()) {
      const char c = code_[at_];
      if (c == '\n' || c == ';') {
        out_.push_back({Kind::kBreak, ""});
        ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else if ((python_ && c == '#') || (!python_ && code_.substr(at_, 2) == "//")) {
        at_ = std::min(code_.find('\n', at_), code_.size());
      } else if (c == '"' || c == '\'' || (!python_ && c == '`')) {
        if (!String("")) return std::nullopt;
      } else if (IsDigit(c)) {
        while (at_ < code_.size() && (IsLetter(code_[at_]) || IsDigit(code_[at_]) || code_[at_] == '.')) ++at_;
        out_.push_back({Kind::kNumber, ""});
      } else if (IsLetter(c)) {
        if (!Name()) return std::nullopt;
      } else if (static_cast<unsigned char>(c) >= 0x80 || c == '\\' || (c == '/' && !python_ && !AfterOperand())) {
        return std::nullopt;  // letters of other scripts are folded into ours by python; a regular expression in JavaScript
      } else {
        out_.push_back({Kind::kMark, std::string(1, c)});
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  bool AfterOperand() const { return !out_.empty() && (out_.back().kind == Kind::kName || out_.back().kind == Kind::kNumber || out_.back().text == ")" || out_.back().text == "]"); }

  bool Name() {
    const size_t start = at_;
    while (at_ < code_.size() && (IsLetter(code_[at_]) || IsDigit(code_[at_]))) ++at_;
    const std::string_view name = code_.substr(start, at_ - start);
    if (python_ && at_ < code_.size() && (code_[at_] == '"' || code_[at_] == '\'') && name.size() <= 2 && name.find_first_not_of("rRbBfFuU") == std::string_view::npos) return String(name);
    out_.push_back({Kind::kName, std::string(name)});
    return true;
  }

  bool String(std::string_view prefix) {
    const bool raw = prefix.find_first_of("rR") != std::string_view::npos;
    const bool formatted = prefix.find_first_of("fF") != std::string_view::npos || code_[at_] == '`';
    const char quote = code_[at_];
    const bool triple = python_ && code_.substr(at_, 3) == std::string(3, quote);
    at_ += triple ? 3 : 1;
    std::string text;
    for (;; ++at_) {
      if (at_ >= code_.size()) return false;
      if (triple ? code_.substr(at_, 3) == std::string(3, quote) : code_[at_] == quote) break;
      if (code_[at_] == '\\' && !raw) {
        if (at_ + 1 >= code_.size()) return false;
        const char next = code_[++at_];
        if (next == 'x' || next == 'u' || next == 'U' || next == 'N' || IsDigit(next)) return false;  // spelt so as not to be read
        text += next == 'n' ? '\n' : next == 't' ? '\t' : next;
      } else {
        text += code_[at_];
      }
    }
    at_ += triple ? 3 : 1;
    if (formatted && !Holes(text)) return false;
    if (python_ && LooksInside(text)) return false;
    // A formatted string's value is not known: as if it came out of a call.
    if (formatted && text.find('{') != std::string::npos) out_.push_back({Kind::kNumber, ""});
    else out_.push_back({Kind::kString, std::move(text)});
    return true;
  }

  // "{0.x}" and "{0[x]}", given to format(), read what the value is made of.
  static bool LooksInside(std::string_view text) {
    for (size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
      const std::string_view field = text.substr(open + 1, text.find_first_of(":!} ", open + 1) - open - 1);
      if (field.find_first_of(".[") != std::string_view::npos && field.find_first_of("\"'") == std::string_view::npos) return true;
    }
    return false;
  }

  // {expression!r:format} of an f-string, ${expression} of a template.
  bool Holes(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
      if (python_ && text[i] == '{' && text.substr(i, 2) == "{{") {
        ++i;
        continue;
      }
      if (!(python_ ? text[i] == '{' : text.substr(i, 2) == "${")) continue;
      if (!python_) ++i;
      const size_t end = text.find('}', i);
      if (end == std::string_view::npos || text.substr(i + 1, end - i - 1).find('{') != std::string_view::npos) return false;
      std::string hole(text.substr(i + 1, end - i - 1));
      if (python_) hole.resize(std::min(hole.find_first_of(":!"), hole.size()));
      inner_.push_back(std::move(hole));
      i = end;
    }
    return true;
  }

  const bool python_;
  std::string_view code_;
  std::vector<std::string>& inner_;
  size_t at_ = 0;
  std::vector<Token> out_;
};

// ---------------------------------------------------------------------------------------------------------- following

class Follower {
 public:
  Follower(Context& c, Language language, Span span) : c_(c), language_(language), python_(language == Language::kPython), span_(span) {}

  bool Text(std::string_view code, size_t depth) {
    std::vector<std::string> inner;
    auto tokens = Lexer(language_, code, inner).Go();
    if (!tokens || depth > kMaxNested) return false;
    tokens_ = std::move(*tokens);
    if (!Bindings()) return false;
    for (at_ = 0; at_ < tokens_.size();)
      if (!One()) return false;
    if (!std::all_of(inner.begin(), inner.end(), [&](const std::string& hole) { return Text(hole, depth + 1); })) return false;
    return !(environment_ && !c_.out.nested.empty());  // what it starts may have been given another environment
  }

 private:
  const Token& At(size_t i) const {
    static const Token kEnd{Kind::kBreak, ""};
    return i < tokens_.size() ? tokens_[i] : kEnd;
  }
  bool Mark(size_t i, std::string_view text) const { return At(i).kind == Kind::kMark && At(i).text == text; }
  bool Name(size_t i, std::string_view text) const { return At(i).kind == Kind::kName && At(i).text == text; }

  // Names that the code itself gives to values. A value is made of harmless parts, or the code is not followed.
  // False: it gives a new meaning to a name that we read as something else (open=1).
  bool Bindings() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (At(i).kind != Kind::kName) continue;
      const bool assigned = Mark(i + 1, "=") && !Mark(i + 2, "=");
      const bool walrus = Mark(i + 1, ":") && Mark(i + 2, "=");
      const bool listed = Mark(i + 1, ",") || Mark(i + 1, ")") || Mark(i + 1, "}") || Name(i + 1, "in") || Name(i + 1, "of") || (Mark(i + 1, "=") && Mark(i + 2, ">")) || Mark(i + 1, ":");
      const bool declared = i > 0 && At(i - 1).kind == Kind::kName && (InWords(" for as def lambda const let var function class ", At(i - 1).text));
      // `for a, b in`, `lambda a, b:`, `(a, b) =>`, `{a, b} =`: between such a word or mark and its end.
      if (!(assigned || walrus || declared || (listed && InPattern(i)))) continue;
      if (InWords(python_ ? " open os io subprocess urllib requests print " : " fetch process require console globalThis ", At(i).text)) return false;
      bound_.insert(At(i).text);
    }
    return true;
  }

  bool InPattern(size_t i) const {
    for (size_t back = i; back-- > 0;) {
      const Token& t = At(back);
      if (t.kind == Kind::kName && InWords(" for lambda def const let var function ", t.text)) return true;
      if (t.kind == Kind::kName || Mark(back, ",") || Mark(back, "{") || Mark(back, "[")) continue;
      if (!Mark(back, "(")) return false;
      if (back > 0 && At(back - 1).kind == Kind::kName && back > 1 && InWords(" def function ", At(back - 2).text)) return true;
      size_t close = i;
      while (close < tokens_.size() && !Mark(close, ")")) ++close;
      return Mark(close + 1, "=") && Mark(close + 2, ">");  // an arrow function's
    }
    return false;
  }

  bool One() {
    const Token& token = At(at_);
    if (token.kind != Kind::kName) {
      if (Mark(at_, ".") && At(at_ + 1).kind == Kind::kName) return Member();
      // In JavaScript x[k] is x.k: only numbers may stand there.
      const bool index = !python_ && Mark(at_, "[") && at_ > 0 && (At(at_ - 1).kind == Kind::kName || At(at_ - 1).kind == Kind::kString || Mark(at_ - 1, ")") || Mark(at_ - 1, "]"));
      if (index && !(At(at_ + 1).kind == Kind::kNumber && Mark(at_ + 2, "]"))) return false;
      ++at_;
      return true;
    }
    if (python_ && (token.text == "import" || token.text == "from") && (at_ == 0 || At(at_ - 1).kind == Kind::kBreak || Mark(at_ - 1, ":"))) return Import();
    return Dotted();
  }

  bool Member() {
    const std::string& name = At(at_ + 1).text;
    if (name.find("__") != std::string::npos || !InWords(python_ ? kPythonMembers : kScriptMembers, name)) return false;
    at_ += 2;
    return true;
  }

  bool Import() {
    const bool from = At(at_).text == "from";
    ++at_;
    while (true) {
      std::string module;
      while (At(at_).kind == Kind::kName || Mark(at_, ".")) module += At(at_++).text == "as" ? " " : At(at_ - 1).text;
      const size_t as = module.find(' ');
      const std::string named = module.substr(0, as);
      if (from) {
        const size_t import = named.find("import");
        if (import == std::string::npos) return false;
        const std::string where = named.substr(0, import);
        if (!InWords(kPythonModules, where) || !Has(where, named.substr(import + 6)) || as != std::string::npos) return false;
        bound_.insert(named.substr(import + 6));
        while (Mark(at_, ",") && At(at_ + 1).kind == Kind::kName) {
          if (!Has(where, At(at_ + 1).text)) return false;
          bound_.insert(At(at_ + 1).text);
          at_ += 2;
        }
        return Local(where);
      }
      if (as != std::string::npos || !InWords(kPythonModules, named) || !Local(named)) return false;
      modules_.insert(named.substr(0, named.find('.')));
      if (!Mark(at_, ",")) return true;
      ++at_;
    }
  }

  static bool Has(std::string_view module, std::string_view member) {
    for (const ModuleMembers& row : kPythonModuleMembers)
      if (row.module == module) return InWords(row.members, member);
    return false;
  }

  // `import json` takes ./json.py before the library's. What the world does not show is taken to be absent.
  bool Local(const std::string& module) const {
    const std::string first = module.substr(0, module.find('.'));
    return !c_.world.Read(c_.cwd + "/" + first + ".py", 1u << 20) && !c_.world.Read(c_.cwd + "/" + first + "/__init__.py", 1u << 20);
  }

  // name.name.name, perhaps called.
  bool Dotted() {
    std::string name = At(at_).text;
    if (!python_ && name == "require") return Require();
    if (!Harmless(name)) return false;
    size_t end = at_ + 1;
    while (Mark(end, ".") && At(end + 1).kind == Kind::kName) {
      name += "." + At(end + 1).text;
      end += 2;
    }
    if (Mark(end, "(") && !bound_.contains(At(at_).text)) {
      const auto call = Find(Alias(name));
      if (call) {
        at_ = end + 1;
        return Apply(*call);
      }
    }
    if (name == "os.environ" || name == "os.environ.get" || name == "os.getenv" || name.starts_with("process.env")) {
      c_.PathText(Op::kRead, "/proc/self/environ", span_);
      environment_ = true;
      at_ = end;
      return true;
    }
    if (!python_ && end == at_ + 1 && (name == "process" || name == "console")) return false;  // all that they hold could be taken out
    const bool module = modules_.contains(At(at_).text) || required_.contains(At(at_).text);
    if (module && end == at_ + 1) return false;  // a module by another name: whose `get` would `x.get` be?
    if (name.starts_with("sys.path") || name.starts_with("sys.modules")) return false;
    if (Find(Alias(name))) return false;  // named without being called: it may be called by another name
    if (python_ && modules_.contains(At(at_).text)) {
      std::string of = At(at_).text;
      for (size_t i = at_ + 2; i < end; i += 2) {
        if (!Has(of, At(i).text)) return false;
        of += "." + At(i).text;
        if (of != "os.path" && of != "urllib.parse" && of != "urllib.request") break;  // a value's own members follow
      }
    }
    for (++at_; at_ < end;)
      if (!Member()) return false;
    return true;
  }

  bool Harmless(const std::string& name) const {
    if (name.find("__") != std::string::npos && name != "__name__") return false;
    return bound_.contains(name) || modules_.contains(name) || required_.contains(name) || InWords(python_ ? kPythonWords : kScriptWords, name);
  }

  // `const f = require("fs")`: f.x is fs.x.
  std::string Alias(const std::string& name) const {
    const size_t dot = name.find('.');
    if (python_ || dot == std::string::npos) return name;
    for (const auto& [local, module] : required_map_)
      if (local == name.substr(0, dot)) return module + name.substr(dot);
    return name;
  }

  std::optional<Does> Find(std::string_view name) const {
    const auto in = [name](const auto& calls) -> std::optional<Does> {
      for (const Call& call : calls)
        if (call.name == name) return call.does;
      return std::nullopt;
    };
    return python_ ? in(kPythonCalls) : in(kScriptCalls);
  }

  bool Require() {
    if (!Mark(at_ + 1, "(") || At(at_ + 2).kind != Kind::kString || !Mark(at_ + 3, ")")) return false;
    const std::string module = At(at_ + 2).text;
    if (module.starts_with('.') && module.ends_with(".json")) {
      c_.PathText(Op::kRead, module, span_);
      at_ += 4;
      return true;
    }
    if (!InWords(kScriptModules, module)) return false;
    const std::string plain = module.starts_with("node:") ? module.substr(5) : module;
    if (at_ >= 2 && Mark(at_ - 1, "=") && At(at_ - 2).kind == Kind::kName) {
      required_map_.emplace_back(At(at_ - 2).text, plain);
      required_.insert(At(at_ - 2).text);
      bound_.erase(At(at_ - 2).text);
    } else if (Mark(at_ + 4, ".") && At(at_ + 5).kind == Kind::kName && Mark(at_ + 6, "(")) {
      const auto call = Find(plain + "." + At(at_ + 5).text);
      if (call) {
        at_ += 7;
        return Apply(*call);
      }
    } else {
      return false;  // const {execSync} = require(...)
    }
    at_ += 4;
    return true;
  }

  // The argument in front of which we stand must be a string by itself.
  bool Apply(Does does) {
    const bool spelt = At(at_).kind == Kind::kString && (Mark(at_ + 1, ",") || Mark(at_ + 1, ")"));
    if (does == Does::kCommand && Mark(at_, "[")) return Command();
    if (!spelt) return false;
    const std::string text = At(at_).text;
    const size_t argument = at_;
    ++at_;
    switch (does) {
      case Does::kNothing: return true;
      case Does::kRead:
      case Does::kList: return c_.PathText(Op::kRead, text, span_), true;
      case Does::kWrite: return c_.PathText(Op::kWrite, text, span_), true;
      case Does::kDelete: {
        const bool tree = !python_ && Mark(at_, ",");  // rmSync(x, {recursive: true})
        return c_.PathText(Op::kDelete, text, span_, tree ? Tree::kWhole : Tree::kOne), true;
      }
      case Does::kOpen: return Open(text, argument);
      case Does::kSend: {
        const auto target = UrlTarget(text, "http");
        c_.Add(Op::kPush, target && !target->local_file ? target->Object() : text, span_);
        return c_.Connect(Exactly(text, span_), "http"), true;
      }
      case Does::kConnect: {
        const auto target = UrlTarget(text, "http");
        if (CarriesBody()) c_.Add(Op::kPush, target && !target->local_file ? target->Object() : text, span_);
        return c_.Connect(Exactly(text, span_), "http"), true;
      }
      case Does::kShell: return c_.Shell(Exactly(text, span_)), true;
      case Does::kCommand: return ShellFlag() && (c_.Shell(Exactly(text, span_)), true);
    }
    return false;
  }

  bool Open(const std::string& path, size_t argument) {
    std::string mode = "r";
    if (Mark(argument + 1, ",")) {
      size_t at = argument + 2;
      if (Name(at, "mode") && Mark(at + 1, "=")) at += 2;
      if (At(at).kind == Kind::kString && (Mark(at + 1, ")") || Mark(at + 1, ","))) {
        mode = At(at).text;
      } else if (!(Name(at, "encoding") || Name(at, "newline") || Name(at, "errors"))) {
        return false;
      }
    }
    if (mode.find_first_not_of("rwaxbt+U") != std::string::npos) return false;
    const bool writes = mode.find_first_of("wax+") != std::string::npos;
    if (!writes || mode.find('+') != std::string::npos) c_.PathText(Op::kRead, path, span_);
    if (writes) c_.PathText(Op::kWrite, path, span_);
    return true;
  }

  // subprocess.run("text", shell=True)
  bool ShellFlag() const {
    for (size_t i = at_; i < tokens_.size() && At(i).kind != Kind::kBreak; ++i)
      if (Name(i, "shell") && Mark(i + 1, "=") && Name(i + 2, "True")) return true;
    return false;
  }

  // urlopen("http://a.example", data)
  bool CarriesBody() const {
    if (!Mark(at_, ",")) return false;
    if (!python_ || !(At(at_ + 1).kind == Kind::kName && Mark(at_ + 2, "="))) return true;
    for (size_t i = at_; i < tokens_.size() && At(i).kind != Kind::kBreak; ++i)
      if (At(i).kind == Kind::kName && InWords(" data json files ", At(i).text) && Mark(i + 1, "=")) return true;
    return false;
  }

  bool Command() {
    std::vector<Word> argv;
    for (++at_; At(at_).kind == Kind::kString; ++at_) {
      argv.push_back(Exactly(At(at_).text, span_));
      if (Mark(at_ + 1, ",")) ++at_;
    }
    if (argv.empty() || !Mark(at_, "]") || ShellFlag()) return false;
    for (size_t i = at_; i < tokens_.size() && At(i).kind != Kind::kBreak; ++i)
      if (Name(i, "env") || Name(i, "cwd") || Name(i, "executable") || Name(i, "preexec_fn")) return false;
    ++at_;
    c_.Run(std::move(argv), false);
    return true;
  }

  Context& c_;
  const Language language_;
  const bool python_;
  const Span span_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  std::set<std::string> bound_, modules_, required_;
  bool environment_ = false;  // it looked at the environment, and may have changed it
  std::vector<std::pair<std::string, std::string>> required_map_;
};

}  // namespace

bool FollowCode(Context& c, Language language, std::string_view code, Span span) {
  if (code.size() > kMaxCode) return false;
  const Description before = c.out;
  if (Follower(c, language, span).Text(code, 0)) return true;
  c.out = before;
  return false;
}

}  // namespace checkrein::analysis
