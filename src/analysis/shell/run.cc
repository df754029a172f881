// Lists, pipelines and compound commands: which parts run in which state.
#include <algorithm>

#include "analysis/shell/interpreter.h"

namespace checkrein::analysis::shell {

Interpreter::Interpreter(Session& session) : session_(session), sink_(&lost_) {
  lost_.known = false;
  const auto set = [this](const std::string& name, Value value) {
    Cell cell;
    cell.presence = Cell::Presence::kSet;
    cell.value = std::move(value);
    state_.Set(name, std::move(cell));
  };
  Cell directory;
  directory.places = {session.place.cwd};
  state_.Set("(cwd)", std::move(directory));
  set("HOME", Exactly(session.place.home));
  set("IFS", Exactly(" \t\n"));
  Cell positional;
  positional.array = positional.elements_known = true;
  state_.Set("(@)", std::move(positional));
  set("(0)", Value{});  // bash, /bin/bash: as the client called it
  for (const char* name : {"RANDOM", "SRANDOM", "SECONDS", "LINENO", "UID", "EUID", "PPID", "BASHPID", "EPOCHSECONDS", "COLUMNS", "LINES", "SHLVL", "OPTIND"}) set(name, UnknownNumber());
}

bool Interpreter::Option(std::string_view name) const {
  const Cell* cell = state_.Find("(o)" + std::string(name));
  return cell != nullptr && cell->value.exact() && cell->value.text == "on";
}

void Interpreter::SetOption(std::string_view name, Toggle toggle) {
  Cell cell;
  cell.presence = Cell::Presence::kSet;
  cell.value = Exactly(toggle == Toggle::kOn ? "on" : "off");
  state_.Set("(o)" + std::string(name), std::move(cell));
}

bool Interpreter::Spend() {
  if (++session_.steps <= session_.allowed + kMaxRepeats) return true;
  Unknown("budget", forced_span_.value_or(Span{}), "the script repeats itself beyond what is followed");
  return false;
}

const Cell& Interpreter::Directory() {
  static const Cell kUnknown;
  const Cell* cell = state_.Find("(cwd)");
  return cell != nullptr ? *cell : kUnknown;
}

// A value that came out of an expansion, unless all of them together have grown too large.
Value Interpreter::Charged(Value value) {
  session_.expanded += value.text.size();
  if (session_.expanded <= kMaxExpanded) return value;
  Note(Coverage::kPartial, "texts grow beyond what is followed");
  Value unknown;
  unknown.data = true;
  return unknown;
}

// After a list that went on whatever its cd said: it may also be where it was.
void Interpreter::SettleDirectory() {
  const Cell& cell = Directory();
  if (cell.fallback.empty()) return;
  if (Option("errexit")) return DropFallback();
  Cell failed = cell;
  failed.places = std::move(failed.fallback);
  failed.fallback.clear();
  Cell worked = cell;
  worked.fallback.clear();
  state_.Set("(cwd)", JoinCells(worked, failed));
}

void Interpreter::DropFallback() {
  if (Directory().fallback.empty()) return;
  Cell cell = Directory();
  cell.fallback.clear();
  state_.Set("(cwd)", std::move(cell));
}

void Interpreter::TakeFallback() {
  if (Directory().fallback.empty()) return;
  Cell cell = Directory();
  cell.places = std::move(cell.fallback);
  cell.fallback.clear();
  state_.Set("(cwd)", std::move(cell));
}

bool Interpreter::RunWhole(std::string_view text, const std::vector<Value>& arguments) {
  if (!arguments.empty()) {
    Cell positional;
    positional.array = positional.elements_known = true;
    positional.elements.assign(arguments.begin() + 1, arguments.end());
    state_.Set("(@)", std::move(positional));
    Cell zero;
    zero.value = arguments[0];
    state_.Set("(0)", std::move(zero));
  }
  session_.scripts.push_back(std::make_unique<Script>(Parse(text)));
  const Script& script = *session_.scripts.back();
  RunScript(script);
  if (script.error && script.list.items.empty()) NameUnread(text);
  RunTraps();
  return !script.error || script.error->silent;
}

void Interpreter::RunScript(const Script& script) {
  const Depth guard(*this);
  if (guard.exceeded()) return Unknown("depth", forced_span_.value_or(Span{}), "nested too deep to follow");
  const bool extglob = std::exchange(extglob_read_, extglob_read_ || script.extglob_turned_on);
  RunList(script.list);
  extglob_read_ = extglob;
  if (script.error) {
    const Span at{script.error->at, script.error->at + 1};
    const bool deep = script.error->kind == SyntaxError::Kind::kTooDeep || script.error->kind == SyntaxError::Kind::kTooLong;
    Unknown(deep ? "depth" : "syntax", SpanOf(at), "bash stops reading there: " + script.error->text);
    sink_->Lose();
  }
}

// Of a text that bash does not read at all another shell may read some: the names in it count.
void Interpreter::NameUnread(std::string_view text) {
  const Span span = forced_span_.value_or(Span{});
  const EffectSet named = MentionedIn(text, session_.place, session_.world, span);
  for (const Effect& effect : named.all()) AddEffect(effect.op, effect.object, span);
}

// A text met on the way (eval, a trap): read and walked in this shell.
void Interpreter::RunText(std::string_view text, Span cause) {
  if (!Spend()) return;
  const std::optional<Span> outer = std::exchange(forced_span_, std::optional<Span>(SpanOf(cause)));
  session_.scripts.push_back(std::make_unique<Script>(Parse(text, extglob_read_ ? Extglob::kOn : Extglob::kOff)));
  RunScript(*session_.scripts.back());
  forced_span_ = outer;
}

void Interpreter::RunTraps() {
  std::vector<std::pair<std::string, Cell>> traps;
  for (const auto& [name, cell] : state_.cells())
    if (name.starts_with("(t)") && cell.value.exact() && !cell.value.text.empty()) traps.emplace_back(name, cell);
  std::sort(traps.begin(), traps.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [name, cell] : traps) InSubshell([&] { RunText(cell.value.text, Span{}); });
}

Changes Interpreter::RunBranch(const std::function<void()>& body) {
  const size_t mark = state_.Mark();
  body();
  return state_.Rollback(mark);
}

void Interpreter::InSubshell(const std::function<void()>& body) {
  const Input input = input_;
  const bool exits = exits_, leaves = leaves_;
  state_.PushWrites();
  RunBranch(body);
  state_.DropWrites();
  input_ = input;
  exits_ = exits;
  leaves_ = leaves;
}

// Branches of which one runs (or, where the path may be skipped, none). What ends the process does not count for what follows.
void Interpreter::RunBranches(const std::vector<std::function<void()>>& branches, Path path) {
  std::vector<Changes> changes;
  changes.reserve(branches.size());
  std::vector<const Changes*> going_on;
  const bool exits = exits_;
  const Input input = input_;
  bool leaves = leaves_;
  bool printed = false;
  const size_t text = sink_->text.size();
  for (const auto& branch : branches) {
    exits_ = false;
    leaves_ = false;
    changes.push_back(RunBranch(branch));
    printed = printed || sink_->text.size() != text;
    if (!exits_) going_on.push_back(&changes.back());
    leaves = leaves || leaves_;
  }
  if (printed) sink_->Lose();
  if (going_on.empty() && path == Path::kOneOfThese) {
    for (const Changes& change : changes) going_on.push_back(&change);
    exits_ = true;
  } else {
    exits_ = exits;
  }
  leaves_ = leaves;
  if (input_.text != input.text || input_.kind != input.kind) input_ = {Input::Kind::kPipe, ""};
  state_.Join(going_on, path);
  status_ = ExitStatus::kUnknown;
}

void Interpreter::RunList(const List& list) {
  const Depth guard(*this);
  if (guard.exceeded()) return Unknown("depth", forced_span_.value_or(Span{}), "nested too deep to follow");
  std::optional<size_t> mark;  // since a return, break or continue may have left: the rest may not run
  const std::vector<Item>& items = list.items;
  size_t printed = 0;
  for (size_t begin = 0; begin < items.size();) {
    size_t end = begin;
    while (items[end].then == Item::Then::kAnd || items[end].then == Item::Then::kOr) ++end;
    SettleDirectory();
    if (items[end].then == Item::Then::kBackground) {
      InSubshell([&] { RunChain(list, begin, end + 1); });
      sink_->Lose();
      status_ = ExitStatus::kZero;
    } else {
      RunChain(list, begin, end + 1);
    }
    begin = end + 1;
    if (leaves_ && !mark && begin < items.size()) {
      mark = state_.Mark();
      printed = sink_->text.size();
    }
  }
  if (mark) {
    const Changes changes = state_.Rollback(*mark);
    if (sink_->text.size() != printed) sink_->Lose();
    state_.Join({&changes}, Path::kMayBeSkipped);
  }
}

// a && b && c || d ...: the && runs see what succeeded before them; || sees either.
void Interpreter::RunChain(const List& list, size_t begin, size_t end) {
  const std::vector<Item>& items = list.items;
  RunPipeline(items[begin].pipeline);
  for (size_t at = begin + 1; at < end;) {
    const Item::Then link = items[at - 1].then;
    const ExitStatus before = status_;
    const size_t text = sink_->text.size();
    const bool exits = exits_, leaves = leaves_;
    exits_ = false;
    if (link == Item::Then::kAnd) {
      size_t last = at;
      while (last + 1 < end && items[last].then == Item::Then::kAnd) ++last;
      const size_t mark = state_.Mark();
      bool sure = before == ExitStatus::kZero;
      // X=1 && make && X=2: where a link may fail, what was changed by then is a way in which it may end.
      std::vector<Changes> stopped;
      size_t written = mark;
      for (const size_t first = at; at <= last; ++at) {
        if (at > begin + 1) sure = sure && status_ == ExitStatus::kZero;
        DropFallback();
        if (at > first && status_ != ExitStatus::kZero && state_.Written() != written) {
          if (stopped.size() == kMaxStopped) Unknown("budget", forced_span_.value_or(Span{}), "a chain changes more than is followed");
          if (stopped.size() < kMaxStopped) stopped.push_back(state_.Since(mark));
          written = state_.Written();
        }
        RunPipeline(items[at].pipeline);
      }
      const Changes changes = state_.Rollback(mark);
      const bool ends = exits_;
      if (!sure && sink_->text.size() != text) sink_->Lose();
      // What failed before stays possible unless the next link ends the process for it: `cd x && make || exit`.
      const bool rescued = at < end && EndsProcess(items[at].pipeline);
      if (sure || rescued) {
        state_.Apply(changes);
      } else {
        std::vector<const Changes*> ways;  // cd x && y: y ran in x; what follows may be in either
        for (const Changes& way : stopped) ways.push_back(&way);
        if (!ends) ways.push_back(&changes);
        if (!ways.empty()) state_.Join(ways, Path::kMayBeSkipped);
      }
      exits_ = exits || (ends && sure);
      if (!sure) status_ = ExitStatus::kUnknown;
    } else {
      const bool ends_now = EndsProcess(items[at].pipeline);
      const size_t mark = state_.Mark();
      ends_now ? TakeFallback() : SettleDirectory();
      RunPipeline(items[at].pipeline);
      const Changes changes = state_.Rollback(mark);
      const bool ends = exits_ || ends_now;
      if (sink_->text.size() != text) sink_->Lose();
      if (ends) {
        DropFallback();  // cd x || exit
      } else {
        state_.Join({&changes}, Path::kMayBeSkipped);
      }
      exits_ = exits;
      status_ = ExitStatus::kUnknown;
      ++at;
    }
    leaves_ = leaves_ || leaves;
  }
}

// Whether the pipeline is a plain exit or return, whatever else it prints before: || exit 1, || { echo no; exit 1; }
bool Interpreter::EndsProcess(const Pipeline& pipeline) const {
  if (pipeline.commands.size() != 1) return false;
  const Command& command = pipeline.commands[0];
  if (const Group* group = std::get_if<Group>(&command.what)) return !group->body.items.empty() && group->body.items.back().then != Item::Then::kBackground && EndsProcess(group->body.items.back().pipeline);
  const Simple* simple = std::get_if<Simple>(&command.what);
  if (simple == nullptr || simple->words.empty()) return false;
  const std::vector<Part>& parts = simple->words[0].word.parts;
  if (parts.size() != 1 || parts[0].kind != Part::Kind::kLiteral) return false;
  const std::string& name = parts[0].text;
  const bool ends = name == "exit" || name == "return" || name == "break" || name == "continue";
  return ends && state_.Find("(f)" + name) == nullptr;
}

void Interpreter::RunPipeline(const Pipeline& pipeline) {
  if (pipeline.commands.empty()) {
    status_ = ExitStatus::kUnknown;
    return;
  }
  if (pipeline.commands.size() == 1) {
    RunCommand(pipeline.commands[0]);
  } else {
    RunPipes(pipeline);
  }
  if (pipeline.negations % 2 == 1 && status_ != ExitStatus::kUnknown) status_ = status_ == ExitStatus::kZero ? ExitStatus::kNonZero : ExitStatus::kZero;
}

void Interpreter::RunPipes(const Pipeline& pipeline) {
  const Input outer_input = input_;
  Sink* const outer = sink_;
  Input next = input_;
  const Input::Origin printed = session_.printed;
  bool exits = exits_;
  for (size_t i = 0; i < pipeline.commands.size(); ++i) {
    const bool last = i + 1 == pipeline.commands.size();
    Sink sink;
    if (!last) sink_ = &sink;
    input_ = next;
    session_.printed = next.origin == Input::Origin::kDecoder ? next.origin : Input::Origin::kPlain;
    session_.last_prints = Input::Origin::kPlain;
    const auto run = [&] {
      input_ = next;
      RunCommand(pipeline.commands[i]);
    };
    if (last && Option("lastpipe")) {
      const Changes changes = RunBranch(run);
      state_.Join({&changes}, Path::kMayBeSkipped);
    } else {
      InSubshell(run);
    }
    sink_ = outer;
    const bool both = !last && pipeline.both[i];
    // One program whose output is its own words: nothing else wrote into this pipe.
    const bool own = session_.last_prints == Input::Origin::kOwnWords && !both && !state_.has_names() && std::holds_alternative<Simple>(pipeline.commands[i].what);
    next = sink.known && !both ? Input{Input::Kind::kText, sink.text, session_.printed} : Input{Input::Kind::kPipe, "", own ? Input::Origin::kOwnWords : session_.printed};
  }
  session_.printed = std::max(printed, session_.printed);
  input_ = outer_input;
  if (input_.kind == Input::Kind::kText) input_ = {Input::Kind::kPipe, ""};
  exits_ = exits;
  status_ = ExitStatus::kUnknown;
}

void Interpreter::RunCommand(const Command& command) {
  if (const Simple* simple = std::get_if<Simple>(&command.what)) return RunSimple(command, *simple);
  if (command.redirects.empty()) return RunWhat(command);
  WithRedirects(command.redirects, [&] { RunWhat(command); });
}

void Interpreter::RunWhat(const Command& command) {
  if (const auto* subshell = std::get_if<Subshell>(&command.what)) {
    InSubshell([&] { RunList(subshell->body); });
    status_ = ExitStatus::kUnknown;
  } else if (const auto* group = std::get_if<Group>(&command.what)) {
    RunList(group->body);
  } else if (const auto* branch = std::get_if<If>(&command.what)) {
    RunIf(*branch);
  } else if (const auto* each = std::get_if<For>(&command.what)) {
    RunFor(*each);
  } else if (const auto* counted = std::get_if<ArithmeticFor>(&command.what)) {
    RunArithmeticFor(*counted);
  } else if (const auto* loop = std::get_if<While>(&command.what)) {
    RunWhile(*loop);
  } else if (const auto* choice = std::get_if<Case>(&command.what)) {
    RunCase(*choice);
  } else if (const auto* arithmetic = std::get_if<ArithmeticCommand>(&command.what)) {
    EvaluateParts(arithmetic->expression);
    status_ = ExitStatus::kUnknown;
  } else if (const auto* conditional = std::get_if<ConditionalCommand>(&command.what)) {
    const bool outer_looks = std::exchange(only_looks_, true);
    RunConditional(conditional->condition);
    only_looks_ = outer_looks;
    status_ = ExitStatus::kUnknown;
  } else if (const auto* function = std::get_if<Function>(&command.what)) {
    DefineFunction(*function);
  } else if (const auto* coproc = std::get_if<Coproc>(&command.what)) {
    RunCoproc(*coproc);
  }
}

void Interpreter::RunIf(const If& what) {
  // Each elif's condition is walked in the state that the failed ones before it leave; flat, however many there are.
  std::vector<Changes> changes;
  const bool exits = exits_;
  const Input input = input_;
  bool leaves = leaves_, all_exit = true;
  const size_t text = sink_->text.size();
  std::vector<const Changes*> going_on;
  changes.reserve(what.branches.size() + 1);
  for (const If::Branch& branch : what.branches) {
    SettleDirectory();
    RunList(branch.condition);
    exits_ = leaves_ = false;
    changes.push_back(RunBranch([&] {
      DropFallback();
      RunList(branch.body);
    }));
    if (!exits_) going_on.push_back(&changes.back());
    all_exit = all_exit && exits_;
    leaves = leaves || leaves_;
    TakeFallback();
  }
  exits_ = leaves_ = false;
  if (what.otherwise) {
    changes.push_back(RunBranch([&] { RunList(*what.otherwise); }));
    if (!exits_) going_on.push_back(&changes.back());
    all_exit = all_exit && exits_;
    leaves = leaves || leaves_;
  } else {
    all_exit = false;
  }
  if (sink_->text.size() != text) sink_->Lose();
  exits_ = exits || all_exit;
  leaves_ = leaves;
  if (input_.text != input.text || input_.kind != input.kind) input_ = {Input::Kind::kPipe, ""};
  if (all_exit)
    for (const Changes& change : changes) going_on.push_back(&change);
  state_.Join(going_on, what.otherwise ? Path::kOneOfThese : Path::kMayBeSkipped);
  status_ = ExitStatus::kUnknown;
}

// A body that runs any number of times: walked until what it leaves adds nothing to what it starts with.
void Interpreter::RunRepeated(const std::function<void()>& body) {
  constexpr int kMaxPasses = 4;
  constexpr int kMaxNestedLoops = 2;  // deeper loops are walked once with everything before them unknown, so that cost stays linear
  const size_t text = sink_->text.size();
  const bool exits = exits_, leaves = leaves_;
  ++loops_;
  bool stable = false;
  const bool foggy = loops_ > kMaxNestedLoops || Busy();
  for (int pass = 0; pass < kMaxPasses && !stable && !foggy; ++pass) {
    leaves_ = false;
    state_.PushWrites();
    const Changes changes = RunBranch(body);
    const Changes writes = state_.PopWrites();
    stable = !state_.Join({&changes}, Path::kMayBeSkipped);
    state_.DropChoices(changes);  // each pass might add one
    if (leaves_) stable = !state_.Join({&writes}, Path::kMayBeSkipped) && stable;
  }
  if (!stable) {
    const uint64_t before = state_.Fog();
    state_.PushWrites();
    const Changes changes = RunBranch(body);
    const Changes writes = state_.PopWrites();
    state_.RestoreFog(before);
    Changes unknown;
    for (const auto& [name, cell] : writes) {
      if (!cell.bodies.empty()) Unknown("function", forced_span_.value_or(Span{}), "a function defined within nested loops");
      Cell widened = cell;
      widened.value = cell.value.number || (cell.value.exact() && IsNumber(cell.value.text)) ? UnknownNumber() : UnknownData();
      widened.any_of.clear();
      widened.presence = Cell::Presence::kMaybe;
      widened.elements_known = false;
      widened.places.clear();
      widened.fallback.clear();
      unknown.emplace(name, std::move(widened));
    }
    state_.Join({&unknown}, Path::kMayBeSkipped);
  }
  --loops_;
  exits_ = exits;
  leaves_ = leaves;
  if (sink_->text.size() != text) sink_->Lose();
  status_ = ExitStatus::kUnknown;
}

void Interpreter::RunFor(const For& what) {
  Words items;
  if (what.has_list) {
    items = ExpandWords(what.words);
  } else {
    const Cell* positional = state_.Find("(@)");
    if (positional != nullptr && positional->elements_known) {
      for (const Value& value : positional->elements) items.push_back(ToWord(value, Span{}));
    } else {
      items.emplace_back().may_be_several = true;
    }
  }
  bool constant = items.size() <= kMaxUnrolled && !what.select && !Busy();
  for (const analysis::Word& item : items) constant = constant && item.exact() && !item.may_be_several;
  const bool exits = exits_, leaves = leaves_;
  if (constant) {
    state_.PushWrites();
    ++loops_;
    bool left = false;
    const size_t text = sink_->text.size();
    for (const analysis::Word& item : items) {
      if (!Spend()) break;
      leaves_ = false;
      SetVariable(what.name, Exactly(item.text));
      RunList(what.body);
      SettleDirectory();
      left = left || leaves_;
    }
    --loops_;
    const Changes writes = state_.PopWrites();
    if (left) {
      state_.Join({&writes}, Path::kMayBeSkipped);
      if (sink_->text.size() != text) sink_->Lose();
    }
    exits_ = exits || (exits_ && !left && !items.empty());
    leaves_ = leaves;
    status_ = ExitStatus::kUnknown;
    return;
  }
  Value any;
  bool first = true;
  for (const analysis::Word& item : items) {
    Value value;
    value.known = item.known;
    value.text = item.text;
    value.glob = item.file_names;
    value.data = !item.exact() && !item.file_names;
    any = first ? value : Join(any, value);
    first = false;
  }
  if (what.select) any = Join(any, Exactly(""));
  RunRepeated([&] {
    SetVariable(what.name, any);
    if (what.select) SetVariable("REPLY", UnknownData());
    RunList(what.body);
    SettleDirectory();
  });
}

void Interpreter::RunArithmeticFor(const ArithmeticFor& what) {
  EvaluateParts(what.init);
  RunRepeated([&] {
    EvaluateParts(what.condition);
    RunList(what.body);
    SettleDirectory();
    EvaluateParts(what.step);
  });
}

void Interpreter::RunWhile(const While& what) {
  if (input_.kind == Input::Kind::kText) input_ = {Input::Kind::kPipe, ""};  // each round reads on
  RunRepeated([&] {
    RunList(what.condition);
    SettleDirectory();
    RunList(what.body);
    SettleDirectory();
  });
}

void Interpreter::RunCase(const Case& what) {
  ExpandScalar(what.subject);
  std::vector<std::function<void()>> branches;
  for (size_t i = 0; i < what.clauses.size(); ++i) {
    for (const WordNode& pattern : what.clauses[i].patterns) ExpandPattern(pattern);
    branches.emplace_back([this, &what, i] { RunList(what.clauses[i].body); });
  }
  if (branches.empty()) return;
  const bool goes_on = std::any_of(what.clauses.begin(), what.clauses.end(), [](const Case::Clause& c) { return c.then != Case::Then::kBreak; });
  const bool catches_all = std::any_of(what.clauses.begin(), what.clauses.end(), [](const Case::Clause& clause) {
    return std::any_of(clause.patterns.begin(), clause.patterns.end(), [](const WordNode& pattern) { return pattern.parts.size() == 1 && pattern.parts[0].kind == Part::Kind::kLiteral && pattern.parts[0].text == "*"; });
  });
  if (!goes_on) return RunBranches(branches, catches_all ? Path::kOneOfThese : Path::kMayBeSkipped);
  RunRepeated([&] { RunBranches(branches, Path::kMayBeSkipped); });  // ;;& and ;&: bodies after bodies
}

void Interpreter::RunConditional(const Condition& condition) {
  switch (condition.kind) {
    case Condition::Kind::kWord: ExpandScalar(condition.left); return;
    case Condition::Kind::kUnary: {
      const Value value = ExpandScalar(condition.left);
      const Span span = SpanOf(condition.left.span);
      if (condition.op == "-v" || condition.op == "-R") return EvaluateSubscripted(value, span);
      if (condition.op != "-n" && condition.op != "-z" && condition.op != "-o" && condition.op != "-t") LookAt(ToWord(value, span), span);
      return;
    }
    case Condition::Kind::kBinary: return RunBinaryCondition(condition);
    case Condition::Kind::kNot: case Condition::Kind::kGroup: case Condition::Kind::kAnd: case Condition::Kind::kOr:
      for (const Condition& operand : condition.operands) RunConditional(operand);
  }
}

void Interpreter::RunBinaryCondition(const Condition& condition) {
  const Value left = ExpandScalar(condition.left);
  const bool compares = condition.op == "-eq" || condition.op == "-ne" || condition.op == "-lt" || condition.op == "-le" || condition.op == "-gt" || condition.op == "-ge";
  if (compares) {
    Evaluate(left, SpanOf(condition.left.span));
    Evaluate(ExpandScalar(condition.right), SpanOf(condition.right.span));
    return;
  }
  const Value right = ExpandPattern(condition.right);
  if (condition.op == "=~") SetVariable("BASH_REMATCH", UnknownData());
  if (condition.op == "-nt" || condition.op == "-ot" || condition.op == "-ef") {
    LookAt(ToWord(left, SpanOf(condition.left.span)), SpanOf(condition.left.span));
    LookAt(ToWord(right, SpanOf(condition.right.span)), SpanOf(condition.right.span));
  }
}

void Interpreter::RunCoproc(const Coproc& what) {
  Sink sink;
  Sink* const outer = std::exchange(sink_, &sink);
  InSubshell([&] {
    input_ = {Input::Kind::kPipe, ""};
    RunCommand(*what.body);
  });
  sink_ = outer;
  Cell cell;
  cell.presence = Cell::Presence::kSet;
  cell.array = true;
  cell.value = UnknownNumber();
  state_.Set(what.name.empty() ? "COPROC" : what.name, std::move(cell));
  status_ = ExitStatus::kZero;
}

void Interpreter::DefineFunction(const Function& what) {
  status_ = ExitStatus::kZero;
  if (what.odd_name) return;  // bash refuses the name when it comes to it
  Cell cell;
  cell.presence = Cell::Presence::kSet;
  cell.bodies = {what.body.get()};
  state_.Set("(f)" + what.name, std::move(cell));
}

// $(..): what it prints, if that is known; `otherwise` is what is known of it even so.
std::optional<std::string> Interpreter::Capture(const Script& script, Span span, Value& otherwise) {
  const std::optional<Span> outer_span = forced_span_;
  if (script.span_is_whole) forced_span_ = SpanOf(span);
  Sink sink;
  Sink* const outer = std::exchange(sink_, &sink);
  const Input::Origin printed = std::exchange(session_.printed, Input::Origin::kPlain);
  InSubshell([&] { RunScript(script); });
  session_.substituted = std::max(session_.substituted, session_.printed);
  session_.printed = printed;
  sink_ = outer;
  forced_span_ = outer_span;
  otherwise = WhatItPrints(script);
  if (!sink.known) return std::nullopt;
  while (sink.text.ends_with('\n')) sink.text.pop_back();
  return std::move(sink.text);
}

void Interpreter::RunShell(const Nested& nested, const Input& input) {
  const Depth guard(*this);
  const Span span = SpanOf(nested.command.span);
  if (guard.exceeded()) return Unknown("depth", span, "shells within shells, too deep");
  if (!Spend()) return;
  std::optional<std::string> text = nested.text;
  if (nested.kind == Nested::Kind::kShellFile) text = FileText(nested.text);
  if (!text) return Unknown(UnknownText("script"), span, "what " + nested.text + " holds is not known");
  Interpreter child(session_);
  child.forced_span_ = span;
  child.input_ = input;
  child.sink_ = sink_;
  child.Inherit(state_, nested);
  std::vector<Value> arguments;
  bool several = nested.words_unknown;
  for (const analysis::Word& word : nested.command.argv) {
    Value value;
    value.known = word.known;
    value.text = word.text;
    value.glob = word.file_names;
    value.data = !word.exact() && !word.file_names;
    arguments.push_back(std::move(value));
    several = several || word.may_be_several;
  }
  if (nested.kind == Nested::Kind::kShellFile && arguments.empty()) arguments.push_back(Exactly(nested.text));
  if (several) child.state_.Set("(@)", Cell{});
  child.RunWhole(*text, several ? std::vector<Value>{} : arguments);
  const std::string& shell = nested.shell;
  if (shell != "sh" && shell != "bash" && shell != "dash" && !shell.empty()) Note(Coverage::kPartial, shell + " is read as if it were bash");
}

void Interpreter::RunNested(const Nested& nested, const Input& input) {
  const Depth guard(*this);
  const Span span = SpanOf(nested.command.span);
  if (guard.exceeded()) return Unknown("depth", span, "programs that start programs, too deep");
  if (nested.kind != Nested::Kind::kCommand) return RunShell(nested, input);
  if (!Spend()) return;
  analysis::Command command = nested.command;
  if (nested.words_unknown && (command.argv.empty() || !command.argv.back().may_be_several)) {
    analysis::Word& more = command.argv.emplace_back();
    more.may_be_several = true;
    more.span = command.span;
  }
  input_ = command.input;
  Start(std::move(command));
}

}  // namespace checkrein::analysis::shell
