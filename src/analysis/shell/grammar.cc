// The grammar of bash 5.2, by recursive descent. Lists are read in loops, so only nesting recurses, and that is capped.
//
//   script    = { newline | line } ;
//   line      = and-or { (";" | "&") and-or } [";" | "&"] (newline | end) ;
//   and-or    = pipeline { ("&&" | "||") newlines pipeline } ;
//   compound  = newlines and-or { (";" | "&" | newline) newlines and-or } [(";" | "&" | newline) newlines] ;
//   pipeline  = { "!" | "time" ["-p"] ["--"] } [ command { ("|" | "|&") newlines command } ] ;      (only `!`, `time` may stand alone)
//   command   = simple | compound-command {redirect} | function | coproc ;
//   simple    = { assignment | redirect } { word | redirect } ;
//   compound-command
//             = "(" compound ")" | "{" compound "}" | "((" arith "))" | "[[" condition "]]"
//             | "if" compound "then" compound { "elif" compound "then" compound } ["else" compound] "fi"
//             | ("while" | "until") compound "do" compound "done"
//             | ("for" | "select") name newlines [ "in" {word} (";" | newline) | ";" ] newlines block
//             | "for" "((" arith ";" arith ";" arith "))" [";" | newline] newlines block
//             | "case" word newlines "in" newlines { clause } "esac" ;
//   block     = "do" compound "done" | "{" compound "}" ;
//   clause    = ["("] word { "|" word } ")" (compound | newlines) [ (";;" | ";&" | ";;&") newlines ] ;  (the last may go without)
//   function  = word "(" ")" newlines compound-command {redirect} | "function" word ["(" ")"] newlines compound-command {redirect} ;
//   coproc    = "coproc" ( [word] compound-command {redirect} | simple ) ;
//   redirect  = [io-number | io-variable] operator word ;
#include <algorithm>

#include "analysis/shell/characters.h"
#include "analysis/shell/reader.h"

namespace checkrein::analysis::shell {
namespace {

using K = Token::Kind;

constexpr std::string_view kReserved[] = {"if",     "then", "else",  "elif", "fi",       "case", "esac", "for", "select", "while", "until", "do",
                                          "done",   "in",   "{",     "}",    "function", "!",    "[[",   "]]",  "coproc"};
constexpr std::string_view kStarters[] = {"if", "case", "for", "select", "while", "until", "{", "[[", "function", "coproc"};
constexpr std::string_view kDeclarations[] = {"declare", "typeset", "local", "export", "readonly", "eval", "let", "alias"};

template <size_t N>
bool IsOneOf(std::string_view word, const std::string_view (&list)[N]) {
  return !word.empty() && std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool IsReserved(const Token& token) { return token.kind == K::kWord && IsOneOf(token.plain, kReserved); }

// A token that no command can start with, so that a list ends before it.
bool EndsList(const Token& token) {
  switch (token.kind) {
    case K::kEnd: case K::kClose: case K::kCaseBreak: case K::kCaseFall: case K::kCaseNext: return true;
    case K::kWord: return IsReserved(token) && !IsOneOf(token.plain, kStarters) && token.plain != "!";
    default: return false;
  }
}

std::string Describe(const Token& token, std::string_view raw) {
  if (token.kind == K::kEnd) return "syntax error: unexpected end of text";
  if (token.kind == K::kNewline) return "syntax error: unexpected end of line";
  return "syntax error near `" + std::string(raw.substr(0, 40)) + "'";
}

}  // namespace

bool Reader::FailSyntax(const Token& token) {
  if (!error_) error_ = SyntaxError{SyntaxError::Kind::kSyntax, token.span.begin, Describe(token, Raw(token.span.begin, token.span.end))};
  return false;
}

Script Reader::ReadScript() {
  Script script;
  script.list.items.reserve(1);
  if (source_.size() > kMaxSource) {
    Fail(SyntaxError::Kind::kTooLong, "longer than " + std::to_string(kMaxSource) + " bytes");
  } else if (const size_t nul = source_.find('\0'); nul != std::string_view::npos) {
    pos_ = static_cast<Pos>(nul);
    Fail(SyntaxError::Kind::kNul, "a NUL byte, which no shell can be given");
  }
  while (!failed()) {
    const Token& token = Peek(Where::kCommand);
    if (failed() || token.kind == K::kEnd) break;
    if (token.kind == K::kNewline) {
      Take(Where::kCommand);
      continue;
    }
    List line;
    if (!ReadLine(line)) break;
    const size_t from = script.list.items.size();
    for (Item& item : line.items) script.list.items.push_back(std::move(item));
    NoteExtglob(script.list, from);
  }
  CountUnread();
  script.error = std::move(error_);
  script.commands = commands_;
  script.extglob_turned_on = extglob_turned_on_;
  return script;
}

// What bash does not read, somebody else may: the worst is assumed of it.
void Reader::CountUnread() {
  if (!error_) return;
  if (error_->kind == SyntaxError::Kind::kTooLong) return Count(kMaxCommands);
  CountText(source_.substr(std::min<size_t>(error_->at, source_.size())));
}

void Reader::CountText(std::string_view text) {
  Count(1 + static_cast<uint32_t>(std::count_if(text.begin(), text.end(), [](char c) { return c == ';' || c == '&' || c == '|' || c == '\n'; })));
}

// `shopt -s extglob` anywhere in a line that has been read counts as run: later lines are read by the new rules.
void Reader::NoteExtglob(const List& list, size_t from) {
  for (size_t i = from; i < list.items.size(); ++i) {
    for (const Command& command : list.items[i].pipeline.commands) {
      const Simple* simple = std::get_if<Simple>(&command.what);
      if (simple == nullptr || simple->words.size() < 3) continue;
      const auto is = [simple](size_t at, std::string_view text) {
        const std::vector<Part>& parts = simple->words[at].word.parts;
        return parts.size() == 1 && parts[0].kind == Part::Kind::kLiteral && parts[0].text == text;
      };
      if (!is(0, "shopt")) continue;
      for (size_t at = 2; at < simple->words.size(); ++at)
        if (is(at, "extglob") && (is(1, "-s") || is(1, "-u"))) {
          extglob_ = is(1, "-s");
          extglob_turned_on_ = extglob_turned_on_ || extglob_;
        }
    }
  }
}

bool Reader::SkipNewlines() {
  while (!failed() && Peek(Where::kCommand).kind == K::kNewline) Take(Where::kCommand);
  return !failed();
}

bool Reader::ReadLine(List& out) {
  while (!failed()) {
    Item& item = out.items.emplace_back();
    if (!ReadPipeline(item)) return false;
    const K kind = Peek(Where::kCommand).kind;
    if (failed()) return false;
    switch (kind) {
      case K::kEnd: return true;
      case K::kNewline:
        item.then = Item::Then::kNewline;
        Take(Where::kCommand);
        return !failed();
      case K::kAndAnd: case K::kOrOr:
        item.then = kind == K::kAndAnd ? Item::Then::kAnd : Item::Then::kOr;
        Take(Where::kCommand);
        if (!SkipNewlines()) return false;
        continue;
      case K::kSemi: case K::kAmp: {
        item.then = kind == K::kAmp ? Item::Then::kBackground : Item::Then::kNext;
        Take(Where::kCommand);
        const K next = Peek(Where::kCommand).kind;
        if (failed()) return false;
        if (next == K::kEnd) return true;
        if (next == K::kNewline) {
          Take(Where::kCommand);
          return !failed();
        }
        continue;
      }
      default: return FailSyntax(token_);
    }
  }
  return false;
}

// Stops before a token that cannot begin a command; whether that is the right one, the caller knows.
bool Reader::ReadCompoundList(List& list) {
  const Deeper deeper(*this);
  if (!SkipNewlines()) return false;
  if (EndsList(token_)) return FailSyntax(token_);
  while (!failed()) {
    Item& item = list.items.emplace_back();
    if (!ReadPipeline(item)) return false;
    const K kind = Peek(Where::kCommand).kind;
    switch (kind) {
      case K::kAndAnd: case K::kOrOr:
        item.then = kind == K::kAndAnd ? Item::Then::kAnd : Item::Then::kOr;
        Take(Where::kCommand);
        if (!SkipNewlines()) return false;
        continue;
      case K::kNewline: case K::kSemi: case K::kAmp:
        item.then = kind == K::kAmp ? Item::Then::kBackground : (kind == K::kSemi ? Item::Then::kNext : Item::Then::kNewline);
        Take(Where::kCommand);
        if (!SkipNewlines()) return false;
        if (EndsList(token_)) return true;
        continue;
      default: return !failed();
    }
  }
  return false;
}

bool Reader::ReadPipeline(Item& item) {
  Pipeline& pipeline = item.pipeline;
  pipeline.span.begin = Peek(Where::kCommand).span.begin;
  bool bare = false;
  for (;;) {
    const Token& token = Peek(Where::kCommand);
    if (failed()) return false;
    if (token.plain == "!") {
      ++pipeline.negations;
      Take(Where::kCommand);
    } else if (token.plain == "time") {
      pipeline.bang_before_time = pipeline.bang_before_time || pipeline.negations > 0;
      pipeline.timed = true;
      Take(Where::kCommand);
      if (Peek(Where::kCommand).plain == "-p") {
        pipeline.time_posix = true;
        Take(Where::kCommand);
      }
      if (Peek(Where::kCommand).plain == "--") Take(Where::kCommand);
    } else {
      break;
    }
    bare = true;
  }
  const K kind = token_.kind;
  if (bare && (kind == K::kEnd || kind == K::kNewline || kind == K::kSemi)) {
    pipeline.span.end = last_end_;
    return !failed();
  }
  if (!ReadPipes(pipeline)) return false;
  pipeline.span.end = last_end_;
  return true;
}

bool Reader::ReadPipes(Pipeline& pipeline) {
  while (!failed()) {
    Command& command = pipeline.commands.emplace_back();
    command.span.begin = Peek(Where::kCommand).span.begin;
    if (!ReadCommand(command)) return false;
    command.span.end = last_end_;
    const K kind = Peek(Where::kCommand).kind;
    if (kind != K::kPipe && kind != K::kPipeBoth) return !failed();
    pipeline.both.push_back(kind == K::kPipeBoth);
    Take(Where::kCommand);
    if (!SkipNewlines()) return false;
  }
  return false;
}

bool Reader::IsRedirect(const Token& token) const { return token.kind >= K::kLess || token.kind == K::kIoNumber || token.kind == K::kIoVariable; }

bool Reader::AtCompound(const Token& token) const {
  return token.kind == K::kOpen || token.kind == K::kArithmetic ||
         (token.kind == K::kWord && IsOneOf(token.plain, kStarters) && token.plain != "function" && token.plain != "coproc");
}

bool Reader::ReadCommand(Command& command) {
  const Deeper deeper(*this);
  const Token& token = Peek(Where::kCommand);
  if (failed()) return false;
  if (AtCompound(token)) return ReadCompoundCommand(command) && ReadRedirects(command);
  if (token.plain == "function") return ReadFunctionKeyword(command);
  if (token.plain == "coproc") return ReadCoproc(command);
  if (IsReserved(token)) return FailSyntax(token);
  if (token.kind != K::kWord && token.kind != K::kAssignment && !IsRedirect(token)) return FailSyntax(token);
  return ReadSimple(command);
}

bool Reader::ReadCompoundCommand(Command& command) {
  Token token = Take(Where::kCommand);
  Count(2);
  if (token.kind == K::kOpen) return ReadSubshell(command);
  if (token.kind == K::kArithmetic) {
    command.what = ArithmeticCommand{std::move(token.word)};
    return !failed();
  }
  const std::string_view word = token.plain;
  if (word == "{") return ReadGroup(command);
  if (word == "if") return ReadIf(command);
  if (word == "for" || word == "select") return ReadFor(command, word == "select" ? ForKind::kSelect : ForKind::kFor);
  if (word == "while" || word == "until") return ReadWhile(command, word == "until" ? LoopKind::kUntil : LoopKind::kWhile);
  if (word == "case") return ReadCase(command);
  return ReadConditional(command);
}

bool Reader::ReadRedirects(Command& command) {
  while (!failed() && IsRedirect(Peek(Where::kCommand)))
    if (!ReadRedirect(command.redirects)) return false;
  return !failed();
}

bool Reader::ReadRedirect(std::vector<Redirect>& redirects) {
  Redirect redirect;
  Token token = Take(Where::kArgument);
  redirect.span.begin = token.span.begin;
  if (token.kind == K::kIoNumber) {
    int fd = 0;
    for (const char c : token.plain) fd = fd * 10 + (c - '0');
    redirect.fd = fd;
    token = Take(Where::kArgument);
  } else if (token.kind == K::kIoVariable) {
    redirect.variable = token.plain.substr(1, token.plain.size() - 2);
    token = Take(Where::kArgument);
  }
  using R = Redirect::Kind;
  switch (token.kind) {
    case K::kLess: redirect.kind = R::kIn; break;
    case K::kGreat: redirect.kind = R::kOut; break;
    case K::kDoubleGreat: redirect.kind = R::kAppend; break;
    case K::kLessGreat: redirect.kind = R::kReadWrite; break;
    case K::kClobber: redirect.kind = R::kClobber; break;
    case K::kLessAnd: redirect.kind = R::kDuplicateIn; break;
    case K::kGreatAnd: redirect.kind = R::kDuplicateOut; break;
    case K::kAndGreat: redirect.kind = R::kBoth; break;
    case K::kAndDoubleGreat: redirect.kind = R::kBothAppend; break;
    case K::kHereString: redirect.kind = R::kHereString; break;
    case K::kHere: case K::kHereTabs: redirect.kind = R::kHereDocument; break;
    default: return FailSyntax(token);
  }
  const bool duplicate = redirect.kind == R::kDuplicateIn || redirect.kind == R::kDuplicateOut;
  const bool both = redirect.kind == R::kBoth || redirect.kind == R::kBothAppend;
  if (both && (redirect.fd || !redirect.variable.empty())) return FailSyntax(token);
  SkipBlanks();
  if (duplicate && PeekChar() == '-') {  // a token of its own, whatever follows
    const Pos at = pos_;
    GetRaw();
    redirect.target.span = {at, pos_};
    AppendLiteral(redirect.target.parts, at, pos_);
    last_end_ = pos_;
  } else {
    Token target = Take(Where::kArgument);
    if (failed()) return false;
    if (target.kind == K::kIoNumber) target.kind = duplicate ? K::kWord : target.kind;
    if (target.kind != K::kWord) return FailSyntax(target);
    redirect.target = std::move(target.word);
  }
  redirect.span.end = last_end_;
  if (redirect.kind == R::kHereDocument) {
    if (here_documents_.size() == kMaxHereDocuments) return Fail(SyntaxError::Kind::kSyntax, "more here-documents on one line than bash reads");
    redirect.here = std::make_unique<HereDocument>();
    redirect.here->strip_tabs = token.kind == K::kHereTabs;
    SetDelimiter(*redirect.here, redirect.target);
    here_documents_.push_back(redirect.here.get());
  }
  redirects.push_back(std::move(redirect));
  return !failed();
}

bool Reader::ReadSimple(Command& command) {
  command.what = Simple{};
  const Token& token = Peek(Where::kCommand);
  if (token.kind == K::kWord) {
    Token name = Take(Where::kCommand);
    const bool declares = IsOneOf(name.plain, kDeclarations);
    if (Peek(declares ? Where::kDeclaration : Where::kArgument).kind == K::kOpen) return ReadFunctionBody(command, std::move(name), FunctionForm::kPlain);
    std::get<Simple>(command.what).words.push_back({std::move(name.word), nullptr});
    return ReadSimpleRest(command, declares ? Where::kDeclaration : Where::kArgument);
  }
  return ReadSimpleRest(command, Where::kAssignments);
}

bool Reader::ReadSimpleRest(Command& command, Where place) {
  Count(1);
  Simple& simple = std::get<Simple>(command.what);
  while (!failed()) {
    const Token& token = Peek(place);
    if (failed()) return false;
    if (IsRedirect(token)) {
      if (!ReadRedirect(command.redirects)) return false;
    } else if (token.kind == K::kAssignment) {
      simple.assignments.push_back(std::move(Take(place).assignment));
    } else if (token.kind == K::kWord) {
      Token word = Take(place);
      if (place == Where::kAssignments) place = IsOneOf(word.plain, kDeclarations) ? Where::kDeclaration : Where::kArgument;
      Argument& argument = simple.words.emplace_back();
      argument.word = std::move(word.word);
      if (word.compound) argument.assignment = std::make_unique<Assignment>(std::move(word.assignment));
    } else {
      return true;
    }
  }
  return false;
}

bool Reader::ReadFunctionKeyword(Command& command) {
  Take(Where::kCommand);
  Token name = Take(Where::kArgument);
  if (failed()) return false;
  if (name.kind != K::kWord) return FailSyntax(name);
  return ReadFunctionBody(command, std::move(name), FunctionForm::kKeyword);
}

bool Reader::ReadFunctionBody(Command& command, Token name, FunctionForm form) {
  Function function;
  function.keyword = form == FunctionForm::kKeyword;
  function.name = name.plain.empty() ? std::string(Raw(name.span.begin, name.span.end)) : std::string(name.plain);
  function.odd_name = name.plain.empty();
  const Token& open = Peek(Where::kCommand);
  // After the keyword a `(` is that of the parentheses only when a `)` follows: `function f (a)` has a subshell for a body.
  bool parentheses = open.kind == K::kOpen;
  if (parentheses) {
    const Pos after = pos_;
    Take(Where::kCommand);
    if (form == FunctionForm::kKeyword && Peek(Where::kCommand).kind != K::kClose) {
      has_token_ = false;
      pos_ = after;
      command.what = Function{};
      function.body = std::make_unique<Command>();
      function.body->span.begin = after - 1;
      if (!ReadSubshell(*function.body)) return false;
      return FinishFunction(command, std::move(function));
    }
    Token close = Take(Where::kCommand);
    if (failed()) return false;
    if (close.kind != K::kClose) return FailSyntax(close);
  }
  if (!SkipNewlines()) return false;
  if (!AtCompound(token_)) return FailSyntax(token_);
  function.body = std::make_unique<Command>();
  function.body->span.begin = token_.span.begin;
  if (!ReadCompoundCommand(*function.body)) return false;
  return FinishFunction(command, std::move(function));
}

bool Reader::FinishFunction(Command& command, Function function) {
  if (!ReadRedirects(*function.body)) return false;
  function.body->span.end = last_end_;
  command.what = std::move(function);
  return true;
}

bool Reader::Expect(std::string_view reserved) {
  Token token = Take(Where::kCommand);
  if (failed()) return false;
  return token.plain == reserved || FailSyntax(token);
}

bool Reader::ReadSubshell(Command& command) {  // after the parenthesis
  command.what = Subshell{};
  List body;
  if (!ReadCompoundList(body)) return false;
  Token close = Take(Where::kCommand);
  if (failed()) return false;
  if (close.kind != K::kClose) return FailSyntax(close);
  command.what = Subshell{std::move(body)};
  return true;
}

bool Reader::ReadGroup(Command& command) {
  List body;
  if (!ReadCompoundList(body) || !Expect("}")) return false;
  command.what = Group{std::move(body)};
  return true;
}

bool Reader::ReadIf(Command& command) {
  If out;
  do {
    If::Branch& branch = out.branches.emplace_back();
    if (!ReadCompoundList(branch.condition) || !Expect("then") || !ReadCompoundList(branch.body)) return false;
    if (Peek(Where::kCommand).plain == "else") {
      Take(Where::kCommand);
      out.otherwise.emplace();
      if (!ReadCompoundList(*out.otherwise)) return false;
      break;
    }
    if (Peek(Where::kCommand).plain != "elif") break;
    Take(Where::kCommand);
  } while (!failed());
  if (!Expect("fi")) return false;
  command.what = std::move(out);
  return true;
}

bool Reader::ReadDoBlock(List& body, bool& braces) {
  if (!SkipNewlines()) return false;
  braces = token_.plain == "{";
  if (!braces && token_.plain != "do") return FailSyntax(token_);
  Take(Where::kCommand);
  return ReadCompoundList(body) && Expect(braces ? "}" : "done");
}

bool Reader::ReadFor(Command& command, ForKind kind) {
  if (kind == ForKind::kFor && Peek(Where::kCommand).kind == K::kArithmetic) return ReadArithmeticFor(command);
  Token name = Take(Where::kArgument);
  if (failed()) return false;
  if (name.kind != K::kWord) return FailSyntax(name);
  For out;
  out.select = kind == ForKind::kSelect;
  out.name = name.plain.empty() ? std::string(Raw(name.span.begin, name.span.end)) : std::string(name.plain);
  out.name_span = name.span;
  K next = Peek(Where::kCommand).kind;
  const bool newline = next == K::kNewline;
  if (!SkipNewlines()) return false;
  next = token_.kind;
  if (next == K::kSemi && !newline) {
    Take(Where::kCommand);
  } else if (token_.plain == "in") {
    if (newline && in_case_) return FailSyntax(token_);  // bash 5.2 takes it for the `in` of the case
    Take(Where::kCommand);
    out.has_list = true;
    while (!failed() && Peek(Where::kArgument).kind == K::kWord) out.words.push_back(std::move(Take(Where::kArgument).word));
    if (failed()) return false;
    if (token_.kind != K::kSemi && token_.kind != K::kNewline) return FailSyntax(token_);
    Take(Where::kArgument);
  } else if (token_.plain == "{" && !newline) {
    return FailSyntax(token_);
  }
  if (!ReadDoBlock(out.body, out.braces)) return false;
  command.what = std::move(out);
  return true;
}

// for ((init; condition; step)): three parts, which quotes hide no semicolon from but strings do.
bool Reader::ReadArithmeticFor(Command& command) {
  const Token token = Take(Where::kCommand);
  Count(2);
  ArithmeticFor out;
  const Pos begin = token.word.span.begin, end = token.word.span.end;
  std::vector<Pos> cuts;
  const Pos limit = std::exchange(end_, end);
  const Pos pos = std::exchange(pos_, begin);
  for (int c = Get(); c != kNone && !failed(); c = Get()) {
    if (c == ';') cuts.push_back(pos_ - 1);
    if (c == '\\') GetRaw();
    if (c == '\'' || c == '"' || c == '`') Match(static_cast<char>(c), static_cast<char>(c), 0);
    const int next = c == '$' ? PeekChar() : kNone;
    if (next == '(' || next == '{') {
      const Pos dollar = pos_ - 1;
      Part part = ReadDollar(dollar, kInDouble);
      kept_.insert_or_assign(dollar, std::move(part));
    }
  }
  end_ = limit;
  pos_ = pos;
  if (failed() || cuts.size() != 2) return FailSyntax(token);
  out.init = {{begin, cuts[0]}, BuildRange(begin, cuts[0], Mode::kArithmetic)};
  out.condition = {{cuts[0] + 1, cuts[1]}, BuildRange(cuts[0] + 1, cuts[1], Mode::kArithmetic)};
  out.step = {{cuts[1] + 1, end}, BuildRange(cuts[1] + 1, end, Mode::kArithmetic)};
  if (Peek(Where::kCommand).kind == K::kSemi) Take(Where::kCommand);
  if (!ReadDoBlock(out.body, out.braces)) return false;
  command.what = std::move(out);
  return true;
}

bool Reader::ReadWhile(Command& command, LoopKind kind) {
  While out;
  out.until = kind == LoopKind::kUntil;
  if (!ReadCompoundList(out.condition) || !Expect("do") || !ReadCompoundList(out.body) || !Expect("done")) return false;
  command.what = std::move(out);
  return true;
}

bool Reader::ReadCase(Command& command) {
  in_case_ = true;
  Token subject = Take(Where::kArgument);
  if (failed()) return false;
  if (subject.kind != K::kWord) return FailSyntax(subject);
  Case out;
  out.subject = std::move(subject.word);
  if (!SkipNewlines()) return false;
  if (!Expect("in")) return false;
  for (bool last = false; !last;) {
    while (Peek(Where::kPattern).kind == K::kNewline) Take(Where::kPattern);
    if (failed()) return false;
    if (token_.plain == "esac") break;
    Case::Clause& clause = out.clauses.emplace_back();
    clause.span.begin = token_.span.begin;
    if (!ReadClause(clause)) return false;
    clause.span.end = last_end_;
    switch (Peek(Where::kPattern).kind) {
      case K::kCaseBreak: break;
      case K::kCaseFall: clause.then = Case::Then::kFallThrough; break;
      case K::kCaseNext: clause.then = Case::Then::kTestNext; break;
      default: last = true; continue;
    }
    Take(Where::kPattern);
  }
  if (!Expect("esac")) return false;
  in_case_ = false;
  command.what = std::move(out);
  return true;
}

bool Reader::ReadClause(Case::Clause& clause) {
  Count(1);
  if (Peek(Where::kPattern).kind == K::kOpen) Take(Where::kPattern);
  for (;;) {
    Token pattern = Take(Where::kPattern);
    if (failed()) return false;
    if (pattern.kind != K::kWord) return FailSyntax(pattern);
    clause.patterns.push_back(std::move(pattern.word));
    Token next = Take(Where::kPattern);
    if (failed()) return false;
    if (next.kind == K::kClose) break;
    if (next.kind != K::kPipe) return FailSyntax(next);
  }
  if (!SkipNewlines()) return false;
  const K kind = token_.kind;
  if (kind == K::kCaseBreak || kind == K::kCaseFall || kind == K::kCaseNext || token_.plain == "esac") return true;
  return ReadCompoundList(clause.body);
}

bool Reader::ReadCoproc(Command& command) {
  Take(Where::kCommand);
  Coproc out;
  out.body = std::make_unique<Command>();
  const Token& token = Peek(Where::kCommand);
  if (failed()) return false;
  out.body->span.begin = token.span.begin;
  if (!AtCompound(token)) {
    if (IsReserved(token)) return FailSyntax(token);
    if (token.kind == K::kWord) {
      Token name = Take(Where::kCommand);
      const bool declares = IsOneOf(name.plain, kDeclarations);
      if (AtCompound(Peek(Where::kCommand))) {
        out.name = name.plain.empty() ? std::string(Raw(name.span.begin, name.span.end)) : std::string(name.plain);
        out.body->span.begin = token_.span.begin;
      } else if (IsReserved(token_)) {  // reserved words are read after the name, too
        return FailSyntax(token_);
      } else {
        out.body->what = Simple{};
        std::get<Simple>(out.body->what).words.push_back({std::move(name.word), nullptr});
        if (!ReadSimpleRest(*out.body, declares ? Where::kDeclaration : Where::kArgument)) return false;
        return FinishCoproc(command, std::move(out));
      }
    } else if (token.kind == K::kAssignment || IsRedirect(token)) {
      out.body->what = Simple{};
      if (!ReadSimpleRest(*out.body, Where::kAssignments)) return false;
      return FinishCoproc(command, std::move(out));
    } else {
      return FailSyntax(token);
    }
  }
  if (!ReadCompoundCommand(*out.body) || !ReadRedirects(*out.body)) return false;
  return FinishCoproc(command, std::move(out));
}

bool Reader::FinishCoproc(Command& command, Coproc coproc) {
  coproc.body->span.end = last_end_;
  command.what = std::move(coproc);
  return true;
}

Script Parse(std::string_view source, Extglob extglob, int depth) { return Reader(source, extglob, depth).ReadScript(); }

}  // namespace checkrein::analysis::shell
