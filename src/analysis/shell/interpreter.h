// Walks a script with an abstract state and finds what it runs and touches. The insides of AnalyzeCommand (analysis/analysis.h).
//
//   Analysis out;
//   Session session{out, world, place, &DescribeCommand};
//   Interpreter shell(session);
//   shell.RunWhole("cd /tmp && rm -rf \"$x\"");
//
// Sound before precise: every branch is walked, loops until nothing more is learnt, and whatever could run without being understood
// becomes an `unknown:WHAT` effect with coverage opaque. A `cd` may fail unless `&&`, `|| exit` or `set -e` says otherwise: what
// follows is then described in both directories.
// Not covered: what a signal's trap sees half-way, `fc` and history.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analysis/analysis.h"
#include "analysis/command.h"
#include "analysis/shell/analyze.h"
#include "analysis/shell/ast.h"
#include "analysis/shell/parser.h"
#include "analysis/shell/state.h"

namespace checkrein::analysis::shell {

inline constexpr int kMaxRunDepth = 120;          // lists within lists, functions, evals and nested shells together: bounds the stack
inline constexpr size_t kMaxRepeats = 40000;      // simple commands walked beyond one per byte written: loops and functions again
inline constexpr size_t kMaxUnrolled = 256;       // items of a constant list that are walked one by one
inline constexpr size_t kMaxExported = 64;        // exported variables handed to a program; more are `unknown:environment`
inline constexpr size_t kMaxElements = 256;       // of an array or the positional parameters that are known one by one
inline constexpr size_t kMaxVariable = 1U << 14;  // bytes of a variable's value that are known; of a longer one its beginning is
inline constexpr size_t kMaxExpanded = 1U << 25;  // bytes that parameters and substitutions may expand to in all; more is not known
inline constexpr size_t kMaxStopped = 32;         // places where a chain of && may stop that are kept apart; more are `unknown:budget`
inline constexpr size_t kMaxWays = 12;            // in which one simple command is walked for the values that its variables may have
inline constexpr int kMaxRecursion = 2;           // activations of one function at a time; more are `unknown:recursion`
inline constexpr size_t kMaxNotes = 20;
inline constexpr size_t kMaxOutput = 1U << 16;    // bytes of known output kept



// What all shells of one analysis share.
struct Session {
  Session(Analysis& analysis, World& w, const analysis::Place& p, Describe d) : out(analysis), world(w), place(p), place_of_start(p), describe(d) {}
  Analysis& out;
  World& world;
  const analysis::Place& place;
  analysis::Place place_of_start;   // the same, with the directory of the program that is being started
  std::set<std::string> shells_elsewhere;  // shells that this text has copied or linked to another name ("sh")
  std::set<std::string> mentioned;  // files whose text has been looked through for names (MentionedIn)
  Describe describe;
  size_t steps = 0;        // walked again, beyond `allowed`
  size_t allowed = 0;      // bytes of all texts read so far: each command written may be walked once
  size_t expanded = 0;     // bytes
  int depth = 0;
  std::unordered_map<const Command*, int> active;  // function bodies being walked
  std::unordered_set<std::string> notes_seen;
  std::unordered_set<std::string> scripts_seen;
  std::deque<std::unique_ptr<Script>> scripts;                         // read on the way: function bodies point into them
  std::deque<std::vector<Part>> parts;                                 // likewise
  std::unordered_map<std::string, std::optional<std::string>> files;  // written so far: content, if known
  std::unordered_set<std::string> overwritten;                        // objects that programs write, more than attributes; for NoteWritten
  Input::Origin printed = Input::Origin::kPlain;                       // where the output of what is being walked comes from
  Input::Origin last_prints = Input::Origin::kPlain;                   // likewise, of the program that was started last alone
  Input::Origin substituted = Input::Origin::kPlain;                   // likewise, of the substitutions in the words at hand
  int next_descriptor = 63;                                           // of process substitutions, as bash numbers them
};

// Standard output of what is being walked.
struct Sink {
  bool known = true;
  std::string text;
  void Append(std::string_view more) {
    if (text.size() + more.size() > kMaxOutput) known = false;
    if (known) text += more;
  }
  void Lose() { known = false; text.clear(); }
};

enum class ExitStatus : uint8_t { kUnknown, kZero, kNonZero };

bool IsInherited(std::string_view name);  // every environment holds it, or may: to set it is to export it

class Interpreter {
 public:
  explicit Interpreter(Session& session);

  // A whole script, then the traps it set. Says whether bash reads all of it.
  bool RunWhole(std::string_view text, const std::vector<Value>& arguments = {});

  // Before RunWhole: as a shell that earlier calls left so. After it: what it leaves itself, files apart.
  void Recall(const Past& past);
  Past Leave();

 private:
  friend class Arithmetic;
  using Words = std::vector<analysis::Word>;

  class Depth {
   public:
    explicit Depth(Interpreter& shell) : shell_(shell) { ++shell_.session_.depth; }
    ~Depth() { --shell_.session_.depth; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    bool exceeded() const { return shell_.session_.depth > kMaxRunDepth; }

   private:
    Interpreter& shell_;
  };

  // lists and compound commands (run.cc)
  void RunList(const List& list);
  void RunChain(const List& list, size_t begin, size_t end);
  void RunPipeline(const Pipeline& pipeline);
  void RunPipes(const Pipeline& pipeline);
  void RunCommand(const Command& command);
  void RunWhat(const Command& command);
  void RunIf(const If& what);
  void RunFor(const For& what);
  void RunArithmeticFor(const ArithmeticFor& what);
  void RunWhile(const While& what);
  void RunCase(const Case& what);
  void RunConditional(const Condition& condition);
  void RunBinaryCondition(const Condition& condition);
  void RunCoproc(const Coproc& what);
  void DefineFunction(const Function& what);
  void RunBranches(const std::vector<std::function<void()>>& branches, Path path);
  void RunRepeated(const std::function<void()>& body);
  Changes RunBranch(const std::function<void()>& body);
  void InSubshell(const std::function<void()>& body);
  void SettleDirectory();
  void DropFallback();
  void TakeFallback();

  // texts and processes (run.cc)
  void RunText(std::string_view text, Span cause);
  void NameUnread(std::string_view text);
  void RunScript(const Script& script);
  void RunTraps();
  std::optional<std::string> Capture(const Script& script, Span span, Value& otherwise);
  void RunShell(const Nested& nested, const Input& input);
  void Inherit(const State& parent, const Nested& nested);
  std::optional<std::string> FileText(const std::string& path);
  void ForgetFiles(const EffectSet& effects, std::string_view program);
  static bool ReadsBack(const std::string& text);
  bool StartScript(const analysis::Command& command, const std::string& cwd, Sink& output);
  bool EndsProcess(const Pipeline& pipeline) const;
  Value WhatItPrints(const Script& script) const;
  void ObeyPrompt(const std::string& name);
  void LookAt(const analysis::Word& word, Span span);
  bool RunEachChoice(const Command& command, const Simple& simple);
  static analysis::Word ToWord(const Value& value, Span span);
  static Value ToValue(const analysis::Word& word);
  void RunNested(const Nested& nested, const Input& input);

  // simple commands (simple.cc)
  void RunSimple(const Command& command, const Simple& simple);
  Words ExpandArguments(const Simple& simple);
  void RunSimpleWords(const Command& command, const Simple& simple, Span span);
  void RunWords(Words words, std::vector<std::pair<std::string, analysis::Word>> assignments, Span span);
  void CallFunction(const Cell& function, const Words& words);
  void CallWith(const std::vector<std::pair<std::string, analysis::Word>>& assignments, const std::function<void()>& body);
  void RunAlias(const Value& value, const Words& words, Span span);
  std::vector<std::pair<std::string, analysis::Word>> TemporaryAssignments(const Simple& simple);
  void Start(analysis::Command command);
  void StartIn(const analysis::Command& command, const std::string& cwd, Sink& output);
  void Merge(const Description& description, std::string_view cwd);
  void Assign(const Assignment& assignment);
  enum class Write : uint8_t { kReplace, kAppend };
  void History(const std::string& name);  // configure:shell:history, if that is what `name` is about
  void SetVariable(const std::string& name, Value value, Write how = Write::kReplace);
  void SetName(const std::string& array, const Value& subscript, Value value);
  void SetElement(const std::string& name, const Value& subscript, Value value);
  void SetCompound(const Assignment& assignment);
  std::vector<std::pair<std::string, analysis::Word>> Environment();

  // redirections (redirect.cc)
  struct Target;                                         // where standard output goes meanwhile
  void WithRedirects(const std::vector<Redirect>& redirects, const std::function<void()>& body);
  void KeepRedirects(const std::vector<Redirect>& redirects);  // of a bare exec
  void ApplyRedirect(const Redirect& redirect, Target& target);
  void Duplicate(const Redirect& redirect, Target& target);
  void OpenPath(const Redirect& redirect, const analysis::Word& word, Target& target);
  void TouchPath(Op op, const analysis::Word& word, Span span);
  std::vector<std::string> PathObjects(const analysis::Word& word);
  bool ConnectPath(const analysis::Word& word, Span span);

  // builtins (builtins.cc, builtin_*.cc)
  static bool IsBuiltin(std::string_view name);
  bool RunBuiltin(std::string_view name, const Words& words, Span span);
  void Echo(const Words& words);
  void Printf(const Words& words);
  void ChangeDirectory(const Words& words);
  void PushDirectory(const Words& words);
  void PopDirectory();
  void GoTo(const analysis::Word& word);
  void Declare(std::string_view name, const Words& words);
  enum class Exporting : uint8_t { kAsFlags, kNot };
  enum class Scope : uint8_t { kGlobal, kLocal };
  void PrintEnvironment(Span span);
  void DeclareOne(const analysis::Word& word, const Cell& flags, Exporting exporting, Scope scope);
  static bool Scripted(const Words& words, size_t from);  // all words from there on are known, one by one
  void RunProgram(Words words, Span span);
  void Unset(const Words& words);
  void Kill(const Words& words, Span span);
  void SetOptions(const Words& words);
  void Shift(const Words& words);
  void Shopt(const Words& words);
  void Trap(const Words& words);
  void Eval(const Words& words, Span span);
  void Source(const Words& words, Span span);
  void Exec(const Words& words, Span span);
  void CommandBuiltin(const Words& words, Span span);
  void Hash(const Words& words);
  void Enable(const Words& words);
  void Read(const Words& words);
  void MapFile(const Words& words, Span span);
  void Complete(const Words& words, Span span);
  void Test(const Words& words);
  void AliasBuiltin(const Words& words);
  bool Shadows(const std::string& name, std::string_view value) const;
  void SetNamed(const analysis::Word& name, Value value);
  void RunCallback(const analysis::Word& text, Span span);

  // expansion (expand.cc, expand_parameter.cc, brace.cc)
  struct Fields;
  Words ExpandWords(const std::vector<WordNode>& words);
  void ExpandWord(const WordNode& word, Words& out);
  Value ExpandScalar(const WordNode& word);              // as in an assignment: one word, no splitting
  Value ExpandPattern(const WordNode& word);             // quoted characters get a backslash
  Value ExpandParts(const std::vector<Part>& parts);     // as between double quotes
  void ExpandPart(const Part& part, Fields& fields, bool quoted);
  void ExpandUnbraced(const std::vector<Part>& parts, Span span, Words& out);
  void ExpandParameter(const Part& part, Fields& fields, bool quoted);
  void AddSplit(const Value& value, Fields& fields);
  enum class AtStart : uint8_t { kNo, kYes };
  void AddAssigned(std::string_view rest, Fields& fields, AtStart at);
  void Finish(Fields& fields, Words& out);
  static bool IsList(const Parameter& parameter);
  Value Tilde(std::string_view& text);
  Value ParameterValue(const Parameter& parameter);
  void ReadEnvironment(std::string_view name, Span span);
  Value ObjectValue(const Parameter& parameter);
  Value ApplyOperator(const Parameter& parameter, Value value);
  Value ApplyDefault(const Parameter& parameter, Value value);
  Value IndirectValue(const Parameter& parameter);
  Value ApplyTransform(const Parameter& parameter, const Value& value);
  Value Slice(const Parameter& parameter, const Value& value);
  std::optional<std::vector<Value>> SliceList(const Parameter& parameter);
  Value Trim(const Value& value, const Value& pattern, std::string_view op);
  Value Substitute(const Parameter& parameter, const Value& value);
  std::optional<std::vector<Value>> ListOf(const Parameter& parameter);
  Value Lookup(std::string_view name);
  Value LookupElement(const std::string& name, const WordNode& subscript);
  Value ReadProcess(const Part& part, Span span);
  Value CommandValue(const Part& part);
  Value Prompt(const Value& value);
  std::optional<std::string> Separators();

  // arithmetic (arithmetic.cc)
  Value Evaluate(const Value& text, Span span, int depth = 0);  // an expression: its value, and what evaluating it does
  Value SubscriptValue(const std::string& name, std::string_view text, Span span, int depth);
  Value EvaluateParts(const WordNode& word) { return Evaluate(ExpandParts(word.parts), SpanOf(word.span)); }
  void EvaluateSubscripted(const Value& name, Span span);  // NAME or NAME[SUBSCRIPT] met at run time: the subscript is evaluated

  // effects (simple.cc)
  const std::vector<Part>& Keep(std::vector<Part> parts) { return session_.parts.emplace_back(std::move(parts)); }
  void Unknown(std::string what, Span span, std::string note);
  std::string UnknownText(std::string_view otherwise) const { return std::string(analysis::UnknownText(session_.substituted, otherwise)); }
  void Note(Coverage coverage, std::string note);
  enum class ByGit : uint8_t { kNo, kYes };
  void Look(Op op, std::string_view object, ByGit by, Span span);
  void AddEffect(Op op, std::string object, Span span);
  Span SpanOf(Span span) const { return forced_span_ ? *forced_span_ : span; }
  bool Spend();
  Value Charged(Value value);
  bool Busy() const { return session_.steps > session_.allowed + kMaxRepeats / 8; }  // loops are walked the cheap way from here on

  const Cell& Directory();
  bool Option(std::string_view name) const;
  enum class Toggle : uint8_t { kOff, kOn };
  void SetOption(std::string_view name, Toggle toggle);

  Session& session_;
  State state_;
  Input input_;
  size_t ways_ = 1;  // in which the command at hand is walked, for the values that its variables may have
  Sink* sink_;
  Sink lost_;
  std::optional<Span> forced_span_;
  bool only_looks_ = false;  // words are expanded to see whether they are empty or alike: [ -n "$TOKEN" ]
  ExitStatus status_ = ExitStatus::kUnknown;
  bool exits_ = false;       // the process ends for certain at the end of what was just walked
  bool leaves_ = false;      // a return, break or continue may have left the body
  bool extglob_read_ = false;
  int loops_ = 0;
  std::vector<std::unordered_map<std::string, std::optional<Cell>>> locals_;
};

}  // namespace checkrein::analysis::shell
