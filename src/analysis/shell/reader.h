// The parser's insides: one reader over one source text. Use parser.h.
//
// Three layers in one class, because bash's own rules go both ways between them (a word may hold a whole command list):
// characters and quoting (quote.cc), tokens and words (lex.cc, heredoc.cc), grammar (grammar.cc, condition.cc).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analysis/shell/ast.h"
#include "analysis/shell/parser.h"

namespace checkrein::analysis::shell {

// Where a word stands decides how it is read.
enum class Where : uint8_t {
  kCommand,      // reserved words, assignments, ((
  kAssignments,  // after an assignment or a leading redirection: assignments, no reserved words
  kArgument,
  kDeclaration,  // arguments of declare, export, ...: name=( is an assignment
  kPattern,      // of a case clause
  kElements,     // between the parentheses of name=(
  kCondition,    // in [[ ]]
  kConditionPattern,  // right of == in [[ ]]: extended globs are on
  kRegex,        // right of =~
};

struct Token {
  enum class Kind : uint8_t {
    kEnd, kNewline, kWord, kAssignment, kIoNumber, kIoVariable, kArithmetic,
    kSemi, kAmp, kAndAnd, kOrOr, kPipe, kPipeBoth, kOpen, kClose, kCaseBreak, kCaseFall, kCaseNext,
    kLess, kGreat, kDoubleGreat, kLessGreat, kClobber, kLessAnd, kGreatAnd, kAndGreat, kAndDoubleGreat, kHere, kHereTabs, kHereString,
  };
  Kind kind = Kind::kEnd;
  Span span;
  WordNode word;           // kWord; kArithmetic: the expression
  std::string_view plain;  // kWord without any quoting or expansion: its text in the source ("" otherwise)
  std::string joined;      // owns `plain` where a line continuation was in it
  Assignment assignment;   // kAssignment; kWord in kDeclaration with a compound value
  bool compound = false;   // kWord: `assignment` holds a compound value
};

class Reader {
 public:
  Reader(std::string_view source, Extglob extglob, int depth) : source_(source), end_(static_cast<uint32_t>(source.size())), extglob_(extglob == Extglob::kOn), depth_(depth) {}

  Script ReadScript();
  // The whole source as the body of a here-document whose delimiter is unquoted.
  std::vector<Part> ReadHereBody();
  const std::optional<SyntaxError>& error() const { return error_; }

 private:
  static constexpr int kNone = -1;
  static constexpr size_t kMaxHereDocuments = 16;  // waiting at once: bash's own HEREDOC_MAX
  using Pos = uint32_t;

  // What Match() must know of the construct it is in.
  enum Flags : unsigned { kFirstClose = 1, kBrace = 2, kArith = 4, kSubscript = 8, kAllowEscape = 16, kInDouble = 32 };

  enum class FunctionForm : uint8_t { kPlain, kKeyword };
  enum class ForKind : uint8_t { kFor, kSelect };
  enum class LoopKind : uint8_t { kWhile, kUntil };

  // How Build() reads a stretch of text.
  enum class Mode : uint8_t { kUnquoted, kDouble, kDoubleBrace, kArithmetic, kHereBody };

  class Deeper {
   public:
    explicit Deeper(Reader& reader) : reader_(reader) { ++reader_.depth_; if (reader_.depth_ > kMaxDepth) reader_.Fail(SyntaxError::Kind::kTooDeep, "nested too deep"); }
    ~Deeper() { --reader_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Reader& reader_;
  };

  // characters (quote.cc)
  int Get();                 // next character, line continuations removed; kNone at the end
  int GetRaw();              // the same, line continuations kept
  int PeekChar();
  Pos AfterNewline(Pos newline) const;
  bool Fail(SyntaxError::Kind kind, std::string text);
  bool FailSyntax(const Token& token);
  bool failed() const { return error_.has_value(); }
  bool Match(char open, char close, unsigned flags);
  bool MatchNested(char c, bool was_dollar, unsigned flags);
  Part ReadDollar(Pos begin, unsigned flags);  // after `$`, at one of ( { [
  Part ReadSubstitution(Pos begin, Part::Kind kind);
  Part ReadArithmetic(Pos begin);
  Part ReadProcess(Pos begin);
  Part ReadCommandWithin(Pos begin, Pos inner, Part::Kind kind);
  Part ReadParameter(Pos begin, unsigned flags);
  Part ReadSubscriptArithmetic(Pos begin);
  Part ReadBackquoted(Pos begin, Mode mode);
  Part ReadSingle(Pos begin);
  Part ReadAnsi(Pos begin);
  Part ReadDouble(Pos begin, Part::Kind kind);
  bool Build(std::vector<Part>& out, Mode mode, int stop);  // true when it met `stop`
  bool BuildExpansion(std::vector<Part>& out, Pos at, Mode mode);
  bool BuildQuote(std::vector<Part>& out, Pos at, int c, Mode mode);
  void BuildEscape(std::vector<Part>& out, Pos at, Mode mode);
  std::vector<Part> BuildRange(Pos begin, Pos end, Mode mode);
  WordNode BuildOperand(Mode mode, int stop);
  bool FillParameter(Parameter& parameter, unsigned flags);
  bool FillHead(Parameter& parameter);
  bool FillOperator(Parameter& parameter, unsigned flags);
  bool FillSlice(Parameter& parameter);
  bool ReadName(std::string& name);
  Part Broken(Pos begin, Pos end) const;
  std::string_view Raw(Pos begin, Pos end) const { return source_.substr(begin, end - begin); }

  // tokens and words (lex.cc)
  const Token& Peek(Where place);
  Token Take(Where place);
  void Lex(Token& token, Where place);
  void SkipBlanks();
  bool LexOperator(Token& token, int c, Where place);
  bool LexArithmetic(Token& token);
  void LexWord(Token& token, Where place);
  bool LexAssignmentHead(Token& token, Where place);
  bool LexCompound(Assignment& assignment);
  bool LexWordPart(std::vector<Part>& parts, int c, Where place);
  bool LexPatternOrRegex(std::vector<Part>& parts, int c, Where place);
  void FinishWord(Token& token);
  void GatherHereDocuments(Pos newline);
  Pos ReadHereDocument(HereDocument& document, Pos at);
  void FinishHereDocument(HereDocument& document, Pos begin, Pos end, const std::string& stripped);
  void AppendLiteral(std::vector<Part>& parts, Pos begin, Pos end);

  // grammar (grammar.cc)
  bool ReadLine(List& out);
  bool ReadCompoundList(List& list);
  bool ReadPipeline(Item& item);
  bool ReadPipes(Pipeline& pipeline);
  bool ReadCommand(Command& command);
  bool ReadCompoundCommand(Command& command);
  bool ReadSimple(Command& command);
  bool ReadSimpleRest(Command& command, Where place);
  bool ReadFunctionBody(Command& command, Token name, FunctionForm form);
  bool FinishFunction(Command& command, Function function);
  bool FinishCoproc(Command& command, Coproc coproc);
  void SetDelimiter(HereDocument& document, const WordNode& word) const;
  bool ReadFunctionKeyword(Command& command);
  bool ReadSubshell(Command& command);
  bool ReadGroup(Command& command);
  bool ReadIf(Command& command);
  bool ReadFor(Command& command, ForKind kind);
  bool ReadArithmeticFor(Command& command);
  bool ReadWhile(Command& command, LoopKind kind);
  bool ReadCase(Command& command);
  bool ReadClause(Case::Clause& clause);
  bool ReadCoproc(Command& command);
  bool ReadDoBlock(List& body, bool& braces);
  bool ReadRedirects(Command& command);
  bool IsRedirect(const Token& token) const;
  bool ReadRedirect(std::vector<Redirect>& redirects);
  bool AtCompound(const Token& token) const;
  bool Expect(std::string_view reserved);
  bool SkipNewlines();
  void NoteExtglob(const List& list, size_t from);
  void Count(uint32_t commands) { commands_ = commands < kMaxCommands - commands_ ? commands_ + commands : kMaxCommands; }
  void CountUnread();
  void CountText(std::string_view text);

  // [[ ]] (condition.cc)
  bool ReadConditional(Command& command);
  bool ReadConditionOr(Condition& out);
  bool ReadConditionAnd(Condition& out);
  bool ReadConditionTerm(Condition& out);
  bool ReadConditionBinary(Condition& out, Token left);
  void SkipConditionNewlines();

  std::string_view source_;
  Pos pos_ = 0;
  Pos end_;                                   // Get() stops here
  bool extglob_;
  bool extglob_turned_on_ = false;
  int depth_;
  uint32_t commands_ = 0;                     // Script::commands
  int substitutions_ = 0;                     // how many $( we are in: a `)` may end a here-document there
  std::optional<SyntaxError> error_;
  Token token_;
  bool has_token_ = false;
  Pos last_end_ = 0;                          // where the last taken token ended
  bool in_case_ = false;                      // as bash counts it: from `case` to the next `esac`, whichever
  bool tolerant_ = false;                     // a fault makes a kBroken part, not a refusal: bash sees it only when it runs
  std::vector<HereDocument*> here_documents_; // waiting for their bodies, in order; owned by the tree being built
  std::unordered_map<Pos, Pos> resume_;       // newline -> where the next line really starts, after here-document bodies
  std::unordered_map<Pos, Part> kept_;        // parts that Match() met, by offset
  std::unordered_map<Pos, Pos> parens_;       // ( -> just after its ), as the (( test saw them
};

}  // namespace checkrein::analysis::shell
