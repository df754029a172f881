// How bash lays out commands. Found by asking bash 5.2.15; what looks odd here (a semicolon that is missing after the body of a
// here-document, `1>&2` where `>&2` was written) is how it prints.
#include "analysis/shell/print.h"

#include <algorithm>
#include <variant>

namespace checkrein::analysis::shell {
namespace {

constexpr size_t kIndent = 4;

// Two commands and what joins them, as bash's own tree has them: lists lean to the left, pipelines to the right, and `a; b & c` is
// `a; (b & c)`. It matters where bodies of here-documents come out.
struct Node {
  const Pipeline* pipeline = nullptr;  // a leaf; all others have `first`
  char connector = 0;                  // ; & A(nd) O(r); a line's end within $(..)
  int first = -1, second = -1;         // indexes; no second after a final &
};

enum class Setting : uint8_t { kScript, kSubstitution };  // where a list stands: $(..) keeps its lines apart

class Tree {
 public:
  Tree(const List& list, Setting setting) : setting_(setting) {
    const size_t count = list.items.size();
    for (size_t at = 0; at < count;) {
      const char joined = at == 0 ? '\0' : Connector(list.items[at - 1].then);
      int unit = Leaf(list.items[at].pipeline);
      for (; list.items[at].then >= Item::Then::kAnd && at + 1 < count; ++at) unit = Join(Connector(list.items[at].then), unit, Leaf(list.items[at + 1].pipeline));
      if (root_ < 0) root_ = unit;
      else root_ = Append(joined, unit);
      ++at;
    }
    if (count > 0 && list.items.back().then == Item::Then::kBackground) root_ = Append('&', -1);
  }
  int root() const { return root_; }
  const Node& at(int index) const { return nodes_[static_cast<size_t>(index)]; }

 private:
  char Connector(Item::Then then) const {
    switch (then) {
      case Item::Then::kNewline: return setting_ == Setting::kSubstitution ? '\n' : ';';
      case Item::Then::kBackground: return '&';
      case Item::Then::kAnd: return 'A';
      case Item::Then::kOr: return 'O';
      default: return ';';
    }
  }
  int Leaf(const Pipeline& pipeline) {
    nodes_.emplace_back().pipeline = &pipeline;
    return static_cast<int>(nodes_.size()) - 1;
  }
  int Join(char connector, int first, int second) {
    Node& node = nodes_.emplace_back();
    node.connector = connector;
    node.first = first;
    node.second = second;
    return static_cast<int>(nodes_.size()) - 1;
  }
  int Append(char connector, int unit) {
    const Node root = at(root_);
    if (connector == '&' && root.connector == ';') return Join(';', root.first, Join('&', root.second, unit));
    return Join(connector, root_, unit);
  }

  Setting setting_;
  std::vector<Node> nodes_;
  int root_ = -1;
};

class Printer {
 public:
  std::string Take() { return std::move(out_); }

  // $(..), <(..): on one line where bash can, and as if nothing stood around it.
  static std::string Inline(const List& list) {
    Printer printer;
    printer.setting_ = Setting::kSubstitution;
    printer.Print(list);
    printer.FlushBodies("");
    return printer.Take();
  }

  void PrintTop(const std::string& name, const Command& body) {
    out_ = name + " () \n";
    PrintBody(body);
  }

  void Print(const WordNode& word) { Print(word.parts); }

 private:
  // --- words ---

  void Print(const std::vector<Part>& parts) {
    for (const Part& part : parts) Print(part);
  }

  void PrintWithin(std::string_view open, const Part& part) {
    if (!part.text.empty()) {
      out_ += part.text;
      return;
    }
    const std::string inner = Inline(part.script->list);
    out_ += open;
    if (inner.starts_with('(')) out_ += ' ';
    out_ += inner;
    out_ += ')';
  }

  void Print(const Part& part) {
    switch (part.kind) {
      case Part::Kind::kLiteral: case Part::Kind::kBroken: out_ += part.text; return;
      case Part::Kind::kEscaped: (out_ += '\\') += part.text; return;
      case Part::Kind::kSingleQuoted: ((out_ += '\'') += part.text) += '\''; return;
      case Part::Kind::kAnsiQuoted: PrintQuoted(part.text); return;
      case Part::Kind::kDoubleQuoted: case Part::Kind::kLocaleQuoted:
        out_ += '"';
        Print(part.parts);
        out_ += '"';
        return;
      case Part::Kind::kParameter: Print(*part.parameter); return;
      case Part::Kind::kCommand:
        if (part.backquoted) ((out_ += '`') += part.text) += '`';
        else PrintWithin("$(", part);
        return;
      case Part::Kind::kArithmetic:
        out_ += part.bracketed ? "$[" : "$((";
        Print(part.parts);
        out_ += part.bracketed ? "]" : "))";
        return;
      case Part::Kind::kProcessIn: PrintWithin("<(", part); return;
      case Part::Kind::kProcessOut: PrintWithin(">(", part); return;
      case Part::Kind::kExtendedGlob:
        (out_ += part.text[0]) += '(';
        Print(part.parts);
        out_ += ')';
    }
  }

  void Print(const Parameter& parameter) {
    out_ += parameter.braced ? "${" : "$";
    if (parameter.length) out_ += '#';
    if (parameter.indirect) out_ += '!';
    out_ += parameter.name;
    if (parameter.subscript) {
      out_ += '[';
      Print(*parameter.subscript);
      out_ += ']';
    }
    out_ += parameter.op;
    Print(parameter.operand);
    if (parameter.second) {
      out_ += parameter.op == ":" ? ':' : '/';
      Print(*parameter.second);
    }
    if (parameter.braced) out_ += '}';
  }

  // Between single quotes; a lone quote goes with a backslash.
  void PrintQuoted(std::string_view text) {
    if (text == "'") {
      out_ += "\\'";
      return;
    }
    out_ += '\'';
    for (const char c : text) {
      if (c == '\'') out_ += "'\\''";
      else out_ += c;
    }
    out_ += '\'';
  }

  void Print(const Assignment& assignment) {
    out_ += assignment.name;
    if (assignment.subscript) {
      out_ += '[';
      Print(*assignment.subscript);
      out_ += ']';
    }
    out_ += assignment.append ? "+=" : "=";
    if (!assignment.array) return Print(assignment.value);
    out_ += '(';
    bool first = true;
    for (const ArrayElement& element : *assignment.array) {
      if (!first) out_ += ' ';
      first = false;
      if (element.subscript) {
        out_ += '[';
        Print(*element.subscript);
        out_ += element.append ? "]+=" : "]=";
      }
      Print(element.value);
    }
    out_ += ')';
  }

  void PrintWords(const std::vector<WordNode>& words, std::string_view between) {
    bool first = true;
    for (const WordNode& word : words) {
      if (!first) out_ += between;
      first = false;
      Print(word);
    }
  }

  // --- layout ---

  void Indent() { out_.append(indent_, ' '); }
  void NewLine(std::string_view text) {
    out_ += '\n';
    Indent();
    out_ += text;
  }
  void Semicolon() {
    if (!out_.empty() && (out_.back() == '&' || out_.back() == '\n')) return;
    out_ += ';';
  }
  // At the beginning of each command.
  void Begin() {
    if (skip_indent_ > 0) --skip_indent_;
    else Indent();
  }

  void PrintBodies(const std::vector<const HereDocument*>& bodies) {
    if (bodies.empty()) return;
    out_ += '\n';
    for (const HereDocument* body : bodies) {
      if (!body->text.empty()) out_ += body->text;
      else if (!body->body.parts.empty()) out_ += body->body.parts[0].text;
      out_ += body->delimiter;
      out_ += '\n';
    }
    after_body_ = true;
  }
  // The bodies that wait for the end of a line, after what ends it.
  void FlushBodies(std::string_view connector) {
    if (connector != ";") out_ += connector;
    if (waiting_.empty()) return;
    PrintBodies(waiting_);
    if (!connector.empty() && connector != ";") out_ += ' ';
    waiting_.clear();
  }

  // --- lists ---

  void Print(const List& list) {
    if (list.items.empty()) return;
    const Tree tree(list, setting_);
    Print(tree, tree.root());
  }

  // Down the left side in a loop, however long the list is; to the right it goes one deep.
  void Print(const Tree& tree, int index) {
    std::vector<int> spine;
    for (int at = index; tree.at(at).pipeline == nullptr; at = tree.at(at).first) spine.push_back(at);
    connections_ += spine.size();
    const int leaf = spine.empty() ? index : tree.at(spine.back()).first;
    Print(*tree.at(leaf).pipeline, {});
    for (auto at = spine.rbegin(); at != spine.rend(); ++at) {
      const Node& node = tree.at(*at);
      PrintConnector(node);
      if (node.second >= 0) Print(tree, node.second);
      FlushBodies("");
      --connections_;
    }
  }

  void PrintConnector(const Node& node) {
    switch (node.connector) {
      case '&':
        FlushBodies(" &");
        if (node.second < 0) return;
        out_ += ' ';
        break;
      case 'A': FlushBodies(" && "); break;
      case 'O': FlushBodies(" || "); break;
      case '\n':
        FlushBodies("");
        after_body_ = false;
        out_ += '\n';
        if (inside_function_ == 0) break;
        out_ += '\n';
        return;
      default:
        if (!waiting_.empty()) {
          FlushBodies(inside_function_ > 0 ? "" : ";");
        } else if (!after_body_) {
          out_ += ';';
        }
        after_body_ = false;
        if (inside_function_ > 0) {
          out_ += '\n';
          return;
        }
        out_ += ' ';
    }
    if (node.second >= 0) ++skip_indent_;
  }

  struct None {};
  void Print(const Pipeline& pipeline, None) {
    Begin();
    if (pipeline.timed) out_ += pipeline.time_posix ? "time -p " : "time ";
    if (pipeline.negations % 2 == 1) out_ += "! ";
    const size_t count = pipeline.commands.size();
    for (size_t i = 0; i < count; ++i) {
      const bool last = i + 1 == count;
      if (!last) ++connections_;
      PrintCommand(pipeline.commands[i], !last && pipeline.both[i] ? Errors::kPiped : Errors::kNot);
      if (last) break;
      FlushBodies(" |");
      out_ += ' ';
    }
    for (size_t i = 1; i < count; ++i) {
      FlushBodies("");
      --connections_;
    }
  }

  // --- redirections ---

  static bool IsDigits(std::string_view text) { return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string_view::npos; }

  void PrintFd(const Redirect& redirect, int silent) {
    if (!redirect.variable.empty()) {
      out_ += '{' + redirect.variable + '}';
      return;
    }
    const bool input = redirect.kind == Redirect::Kind::kIn || redirect.kind == Redirect::Kind::kDuplicateIn || redirect.kind == Redirect::Kind::kHereDocument ||
                       redirect.kind == Redirect::Kind::kHereString || redirect.kind == Redirect::Kind::kReadWrite;
    const int fd = redirect.fd.value_or(input ? 0 : 1);
    if (fd != silent) out_ += std::to_string(fd);
  }

  void PrintDuplicate(const Redirect& redirect) {
    const bool input = redirect.kind == Redirect::Kind::kDuplicateIn;
    Printer printer;
    printer.Print(redirect.target);
    std::string target = printer.Take();
    if (target == "-") {
      PrintFd(redirect, -1);
      out_ += ">&-";
      return;
    }
    const bool moves = target.ends_with('-');
    const bool number = IsDigits(moves ? std::string_view(target).substr(0, target.size() - 1) : std::string_view(target));
    PrintFd(redirect, number || moves ? -1 : (input ? 0 : 1));
    out_ += input ? "<&" : ">&";
    if (number) target = std::to_string(std::stoi(target)) + (moves ? "-" : "");
    out_ += target;
  }

  void PrintRedirect(const Redirect& redirect, std::vector<const HereDocument*>& bodies) {
    using K = Redirect::Kind;
    switch (redirect.kind) {
      case K::kIn: PrintFd(redirect, 0); out_ += "< "; break;
      case K::kOut: PrintFd(redirect, 1); out_ += "> "; break;
      case K::kAppend: PrintFd(redirect, 1); out_ += ">> "; break;
      case K::kClobber: PrintFd(redirect, 1); out_ += ">| "; break;
      case K::kReadWrite: PrintFd(redirect, 1); out_ += "<> "; break;
      case K::kBoth: out_ += "&> "; break;
      case K::kBothAppend: out_ += "&>> "; break;
      case K::kHereString: PrintFd(redirect, 0); out_ += "<<< "; break;
      case K::kDuplicateIn: case K::kDuplicateOut: return PrintDuplicate(redirect);
      case K::kHereDocument:
        PrintFd(redirect, 0);
        out_ += redirect.here->strip_tabs ? "<<-" : "<<";
        if (redirect.here->quoted) PrintQuoted(redirect.here->delimiter);
        else out_ += redirect.here->delimiter;
        bodies.push_back(redirect.here.get());
        return;
    }
    Print(redirect.target);
  }

  enum class Errors : uint8_t { kNot, kPiped };  // |& adds 2>&1
  void PrintRedirects(const std::vector<Redirect>& redirects, Errors errors) {
    std::vector<const HereDocument*> bodies;
    bool first = true;
    for (const Redirect& redirect : redirects) {
      if (!first) out_ += ' ';
      first = false;
      PrintRedirect(redirect, bodies);
    }
    if (errors == Errors::kPiped) out_ += first ? "2>&1" : " 2>&1";
    if (bodies.empty()) return;
    if (connections_ > 0) waiting_ = std::move(bodies);
    else PrintBodies(bodies);
  }

  // --- commands ---

  void PrintCommand(const Command& command, Errors errors) {
    if (const Simple* simple = std::get_if<Simple>(&command.what)) return PrintSimple(*simple, command.redirects, errors);
    std::visit([this](const auto& what) { PrintWhat(what); }, command.what);
    if (command.redirects.empty() && errors == Errors::kNot) return;
    out_ += ' ';
    PrintRedirects(command.redirects, errors);
  }

  void PrintSimple(const Simple& simple, const std::vector<Redirect>& redirects, Errors errors) {
    bool first = true;
    const auto next = [&] {
      if (!first) out_ += ' ';
      first = false;
    };
    for (const Assignment& assignment : simple.assignments) {
      next();
      Print(assignment);
    }
    for (const Argument& argument : simple.words) {
      next();
      if (!argument.assignment) {
        Print(argument.word);
        continue;
      }
      Print(*argument.assignment);
      // a=(1)b: the text goes on after the parenthesis.
      const Assignment& assignment = *argument.assignment;
      const std::string& text = argument.word.parts[0].text;
      if (const size_t length = assignment.span.end - assignment.span.begin; text.size() > length) out_ += text.substr(length);
      for (size_t i = 1; i < argument.word.parts.size(); ++i) Print(argument.word.parts[i]);
    }
    if (redirects.empty() && errors == Errors::kNot) return;
    if (!first) out_ += ' ';
    PrintRedirects(redirects, errors);
  }

  void PrintBlock(const List& body) {
    indent_ += kIndent;
    Print(body);
    FlushBodies("");
    indent_ -= kIndent;
  }

  void PrintWhat(const Simple&) {}  // PrintSimple
  void PrintWhat(const Subshell& what) {
    out_ += "( ";
    ++skip_indent_;
    Print(what.body);
    FlushBodies("");
    out_ += " )";
  }
  void PrintWhat(const Group& what) {
    out_ += "{ ";
    if (inside_function_ == 0) {
      ++skip_indent_;
      Print(what.body);
      FlushBodies("");
      Semicolon();
      out_ += " }";
      return;
    }
    out_ += '\n';
    PrintBlock(what.body);
    out_ += '\n';
    Indent();
    out_ += '}';
  }
  void PrintWhat(const If& what) { PrintIf(what, 0); }
  // An elif is an if within the else.
  void PrintIf(const If& what, size_t first) {
    const size_t count = what.branches.size();
    for (size_t i = first; i < count; ++i) {
      if (i > first) {
        Semicolon();
        NewLine("else\n");
        indent_ += kIndent;
        Begin();
      }
      out_ += "if ";
      ++skip_indent_;
      Print(what.branches[i].condition);
      Semicolon();
      out_ += " then\n";
      PrintBlock(what.branches[i].body);
    }
    if (what.otherwise) {
      Semicolon();
      NewLine("else\n");
      PrintBlock(*what.otherwise);
    }
    for (size_t i = first; i < count; ++i) {
      if (i > first) {
        FlushBodies("");
        indent_ -= kIndent;
      }
      Semicolon();
      NewLine("fi");
    }
  }
  void PrintLoop(const List& body) {
    NewLine("do\n");
    indent_ += kIndent;
    Print(body);
    FlushBodies("");
    Semicolon();
    indent_ -= kIndent;
    NewLine("done");
  }
  void PrintWhat(const For& what) {
    out_ += what.select ? "select " : "for ";
    out_ += what.name + " in ";
    if (what.has_list) PrintWords(what.words, " ");
    else out_ += "\"$@\"";
    out_ += ';';
    PrintLoop(what.body);
  }
  void PrintExpression(const WordNode& word) {
    Printer printer;
    printer.Print(word);
    const std::string text = printer.Take();
    const size_t begin = text.find_first_not_of(" \t\n");
    out_ += begin == std::string::npos ? "1" : text.substr(begin);
  }
  void PrintWhat(const ArithmeticFor& what) {
    out_ += "for ((";
    PrintExpression(what.init);
    out_ += "; ";
    PrintExpression(what.condition);
    out_ += "; ";
    PrintExpression(what.step);
    out_ += "))";
    PrintLoop(what.body);
  }
  void PrintWhat(const While& what) {
    out_ += what.until ? "until " : "while ";
    ++skip_indent_;
    Print(what.condition);
    FlushBodies("");
    Semicolon();
    out_ += " do\n";
    PrintBlock(what.body);
    Semicolon();
    NewLine("done");
  }
  void PrintWhat(const Case& what) {
    out_ += "case ";
    Print(what.subject);
    out_ += " in ";
    indent_ += kIndent;
    for (const Case::Clause& clause : what.clauses) {
      NewLine("");
      PrintWords(clause.patterns, " | ");
      out_ += ")\n";
      PrintBlock(clause.body);
      NewLine(clause.then == Case::Then::kBreak ? ";;" : (clause.then == Case::Then::kFallThrough ? ";&" : ";;&"));
    }
    indent_ -= kIndent;
    NewLine("esac");
  }
  void PrintWhat(const ArithmeticCommand& what) {
    out_ += "((";
    Print(what.expression);
    out_ += "))";
  }
  void PrintWhat(const ConditionalCommand& what) {
    out_ += "[[ ";
    Print(what.condition);
    out_ += " ]]";
  }
  void Print(const Condition& condition) {
    switch (condition.kind) {
      case Condition::Kind::kWord:
        out_ += "-n ";
        Print(condition.left);
        return;
      case Condition::Kind::kUnary:
        out_ += condition.op + ' ';
        Print(condition.left);
        return;
      case Condition::Kind::kBinary:
        Print(condition.left);
        out_ += ' ' + condition.op + ' ';
        Print(condition.right);
        return;
      case Condition::Kind::kNot: {
        const Condition* inner = &condition;
        bool negated = false;
        for (; inner->kind == Condition::Kind::kNot; inner = &inner->operands[0]) negated = !negated;
        if (negated) out_ += "! ";
        Print(*inner);
        return;
      }
      case Condition::Kind::kGroup:
        out_ += "( ";
        Print(condition.operands[0]);
        out_ += " )";
        return;
      case Condition::Kind::kAnd: case Condition::Kind::kOr: {
        bool first = true;
        for (const Condition& operand : condition.operands) {
          if (!first) out_ += condition.kind == Condition::Kind::kAnd ? " && " : " || ";
          first = false;
          Print(operand);
        }
      }
    }
  }
  void PrintWhat(const Function& what) {
    out_ += "function " + what.name + " () \n";
    PrintBody(*what.body);
    after_body_ = false;
  }
  void PrintWhat(const Coproc& what) {
    out_ += "coproc " + (what.name.empty() ? "COPROC" : what.name) + ' ';
    PrintCommand(*what.body, Errors::kNot);
  }

  // A function's body: its redirections stand after the brace, those of another compound command within.
  void PrintBody(const Command& body) {
    Indent();
    out_ += "{ \n";
    const Group* group = std::get_if<Group>(&body.what);
    ++inside_function_;
    indent_ += kIndent;
    if (group != nullptr) {
      Print(group->body);
    } else {
      Begin();
      PrintCommand(body, Errors::kNot);
    }
    FlushBodies("");
    indent_ -= kIndent;
    --inside_function_;
    if (group == nullptr || body.redirects.empty()) return NewLine("}");
    NewLine("} ");
    PrintRedirects(body.redirects, Errors::kNot);
  }

  std::string out_;
  Setting setting_ = Setting::kScript;
  size_t indent_ = 0;
  size_t skip_indent_ = 0;   // commands that begin where the line already is
  size_t connections_ = 0;   // lists and pipelines around: bodies wait for the end of the line in them
  size_t inside_function_ = 0;
  bool after_body_ = false;  // the body of a here-document has taken the place of the next semicolon
  std::vector<const HereDocument*> waiting_;
};

}  // namespace

std::string PrintFunction(const std::string& name, const Command& body) {
  Printer printer;
  printer.PrintTop(name, body);
  return printer.Take();
}

std::string PrintFunction(const Function& function) { return PrintFunction(function.name, *function.body); }

std::string PrintWord(const WordNode& word) {
  Printer printer;
  printer.Print(word);
  return printer.Take();
}

}  // namespace checkrein::analysis::shell
