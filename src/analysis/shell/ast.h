// The tree of a bash script, as parser.h builds it and the printer and the interpreter read it.
//
//   Script script = Parse("a=1 rm -rf \"$a\"*");
//   for (const Item& item : script.list.items) Visit(item.pipeline);
//
// Plain values: the tree owns all its text. Every node knows its bytes of the source (Span; of the re-read text for backquotes and
// for bodies of `<<-`, where `Script::span_is_whole` of the enclosing node says that only the whole is known).
// No node is nested deeper than kMaxDepth, so recursion over the tree (and its destruction) is bounded. Lists are flat.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "effect/effect.h"

namespace checkrein::analysis::shell {

struct Script;
struct Parameter;
struct Command;

// A piece of a word.
struct Part {
  enum class Kind : uint8_t {
    kLiteral,       // `text`, unquoted: may hold glob characters, braces, a tilde
    kEscaped,       // \c: `text` is c
    kSingleQuoted,  // '..': `text`
    kAnsiQuoted,    // $'..': `text` is what it stands for
    kDoubleQuoted,  // "..": `parts`
    kLocaleQuoted,  // $"..": `parts` (translated by message catalogues, which agents' shells do not have)
    kParameter,     // $x ${x...}: `parameter`
    kCommand,       // $(..) and `..`: `script`; `text` is the whole as written where bash keeps it so: $((a); b)
    kArithmetic,    // $((..)) and $[..]: `parts`
    kProcessIn,     // <(..): `script`
    kProcessOut,    // >(..): `script`
    kExtendedGlob,  // @(..|..): `text` is the whole, `parts` what stands between the parentheses
    kBroken,        // bash will refuse it when it comes to it (a here-document's `$(`, a bad substitution): `text` as written
  };
  Kind kind = Kind::kLiteral;
  bool backquoted = false;  // kCommand: written `..`, and `text` is what stands between them
  bool bracketed = false;   // kArithmetic: written $[..]
  bool spelled = false;     // kAnsiQuoted: an escape stands for a letter, a digit, a blank or a slash ($'\x63at')
  Span span;
  std::string text;
  std::vector<Part> parts;
  std::unique_ptr<Parameter> parameter;
  std::unique_ptr<Script> script;
};

struct WordNode {
  Span span;
  std::vector<Part> parts;
};

// ${..}. `$x` is the same with name "x" and nothing else.
struct Parameter {
  std::string name;                    // identifier, digits, or one of * @ # ? - $ ! _
  bool braced = false;                 // written with braces
  bool length = false;                 // ${#x}
  bool indirect = false;               // ${!x}; with name_list ${!x*} ${!x@}
  bool name_list = false;
  std::optional<WordNode> subscript;   // x[..]; `@` and `*` as literals
  std::string op;                      // "" or one of :- - := = :? ? :+ + # ## % %% / // /# /% : ^ ^^ , ,, ~ ~~ @
  WordNode operand;                    // word, pattern, offset; for `@` the letter
  std::optional<WordNode> second;      // replacement (/), length (:)
};

struct HereDocument {
  bool strip_tabs = false;             // <<-
  bool quoted = false;                 // the delimiter was: the body is plain text
  bool ended_by_eof = false;           // the delimiter never came
  bool body_moved = false;             // spans inside the body are not of the source (tabs were taken out)
  std::string delimiter;
  WordNode body;
  std::string text;                    // of a body that expands anything: as bash keeps it, tabs and continuations taken out
};

struct Redirect {
  enum class Kind : uint8_t {
    kIn, kOut, kAppend, kReadWrite, kClobber,  // < > >> <> >|
    kDuplicateIn, kDuplicateOut,               // <&w >&w (w may be `-` or end in it)
    kBoth, kBothAppend,                        // &> &>>
    kHereDocument, kHereString,                // << <<- <<<
  };
  Kind kind = Kind::kIn;
  Span span;
  std::optional<int> fd;               // as written: 2>
  std::string variable;                // {name}>
  WordNode target;                     // for kHereDocument the delimiter as written
  std::unique_ptr<HereDocument> here;  // kHereDocument
};

struct Assignment;
struct ArrayElement {
  std::optional<WordNode> subscript;   // [k]=v
  bool append = false;                 // [k]+=v
  WordNode value;
};
struct Assignment {
  Span span;
  std::string name;
  std::optional<WordNode> subscript;
  bool append = false;
  WordNode value;
  std::optional<std::vector<ArrayElement>> array;  // name=(..)
};

struct Pipeline {
  Span span;
  uint32_t negations = 0;              // `!`, how many
  bool timed = false;
  bool time_posix = false;             // time -p
  bool bang_before_time = false;       // `! time a`, for the printer
  std::vector<Command> commands;       // none for a bare `!` or `time`
  std::vector<bool> both;              // both[i]: the pipe after command i is |&
};

struct Item {
  enum class Then : uint8_t { kNext, kNewline, kBackground, kAnd, kOr };  // ; newline & && ||
  Pipeline pipeline;
  Then then = Then::kNext;
};

struct List {
  std::vector<Item> items;
};

// A word of a simple command: an argument, or an assignment in argument position that bash reads as one (declare a=(..)).
struct Argument {
  WordNode word;
  std::unique_ptr<Assignment> assignment;  // declare x=(1 2): the compound value
};

struct Simple {
  std::vector<Assignment> assignments;
  std::vector<Argument> words;
};
struct Subshell { List body; };
struct Group { List body; };
struct If {
  struct Branch { List condition; List body; };
  std::vector<Branch> branches;        // if, elif ...
  std::optional<List> otherwise;
};
struct For {                           // and select
  bool select = false;
  bool braces = false;                 // { } in place of do done
  bool has_list = false;               // `in` was there
  Span name_span;
  std::string name;
  std::vector<WordNode> words;
  List body;
};
struct ArithmeticFor {
  bool braces = false;
  WordNode init, condition, step;
  List body;
};
struct While {
  bool until = false;
  List condition;
  List body;
};
struct Case {
  enum class Then : uint8_t { kBreak, kFallThrough, kTestNext };  // ;; ;& ;;&
  struct Clause { std::vector<WordNode> patterns; List body; Then then = Then::kBreak; Span span; };
  WordNode subject;
  std::vector<Clause> clauses;
};
struct ArithmeticCommand { WordNode expression; };
struct Condition {                     // a node of [[ ]]
  enum class Kind : uint8_t { kWord, kUnary, kBinary, kNot, kAnd, kOr, kGroup };
  Kind kind = Kind::kWord;
  std::string op;                      // -f == =~ < ...
  WordNode left, right;                // kWord, kUnary: left
  std::vector<Condition> operands;     // kNot, kGroup: one; kAnd, kOr: two or more, flat
};
struct ConditionalCommand { Condition condition; };
struct Function {
  bool keyword = false;                // written with `function`
  std::string name;
  bool odd_name = false;               // the name holds quotes or expansions: refused when it runs
  std::unique_ptr<Command> body;
};
struct Coproc {
  std::string name;                    // "" for the default, COPROC
  std::unique_ptr<Command> body;
};

struct Command {
  Span span;
  std::vector<Redirect> redirects;
  std::variant<Simple, Subshell, Group, If, For, ArithmeticFor, While, Case, ArithmeticCommand, ConditionalCommand, Function, Coproc> what;
};

struct SyntaxError {
  enum class Kind : uint8_t { kSyntax, kUnclosed, kTooDeep, kTooLong, kNul };
  Kind kind = Kind::kSyntax;
  uint32_t at = 0;                     // byte offset
  std::string text;                    // for people
  bool silent = false;                 // `bash -n` says nothing and exits 0, but the script stops there when it runs: [[ ]]
};

struct Script {
  List list;                           // all complete lines before the error: what bash has run when it meets it
  std::optional<SyntaxError> error;
  bool extglob_turned_on = false;      // a line read so far turned extglob on
  bool span_is_whole = false;          // inner spans are not of the source: use the enclosing node's
  // As many commands as whoever cuts the text at its operators may find, or more: simple commands, those in substitutions with them; two
  // more for what begins and ends a compound command (for ((;;)): four); clauses of a case, operands in [[ ]]. What follows an error
  // counts as one for each operator or line. At most kMaxCommands, which a text that is too long has.
  uint32_t commands = 0;
};

}  // namespace checkrein::analysis::shell
