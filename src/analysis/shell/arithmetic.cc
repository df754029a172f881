// Arithmetic on what is known: the value, the assignments it makes, and the commands hidden in array subscripts.
//
//   expression = assignment { "," assignment } ;        (then C's operators in C's order, and ** above them)
//   primary    = number | "(" expression ")" | name [ "[" subscript "]" ] ;
//
// A variable's value is an expression of its own, and a subscript is expanded again when it is evaluated: `x='a[$(cmd)]'; $((x))`
// runs cmd. Both sides of && || ?: are walked.
#include <limits>

#include "analysis/shell/characters.h"
#include "analysis/shell/interpreter.h"

namespace checkrein::analysis::shell {

class Arithmetic {
 public:
  Arithmetic(Interpreter& shell, std::string_view text, Span span, int depth) : shell_(shell), text_(text), span_(span), depth_(depth) {}

  Value Whole() {
    Skip();
    if (at_ == text_.size()) return Exactly("0");
    const Number value = Comma();
    Skip();
    if (bad_ || at_ != text_.size()) return UnknownNumber();
    return Show(value);
  }

  static constexpr int kMaxNesting = 64;  // parentheses and variables within variables; deeper is `unknown:arithmetic`

 private:
  struct Number { bool known = false; int64_t value = 0; };

  static Value Show(Number n) { return n.known ? Exactly(std::to_string(n.value)) : UnknownNumber(); }

  void Skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }
  bool Eat(std::string_view op, std::string_view not_before = "") {
    Skip();
    if (!text_.substr(at_).starts_with(op)) return false;
    const char next = at_ + op.size() < text_.size() ? text_[at_ + op.size()] : '\0';
    if (next != '\0' && not_before.find(next) != std::string_view::npos) return false;
    at_ += op.size();
    return true;
  }
  Number Bad() {
    bad_ = true;
    at_ = text_.size();
    return {};
  }

  Number Comma() {
    Number value = Assignment();
    while (!bad_ && Eat(",")) value = Assignment();
    return value;
  }

  Number Assignment() {
    Nest nest(*this);
    if (!nest.fine) return Bad();
    const size_t start = at_;
    Skip();
    std::string name;
    Value subscript;
    if (Name(name, subscript)) {
      for (const std::string_view op : {"=", "*=", "/=", "%=", "+=", "-=", "<<=", ">>=", "&=", "^=", "|="}) {
        if (!Eat(op, op == "=" ? "=" : "")) continue;
        Number right = Assignment();
        if (op != "=") {
          const Number left = Get(name, subscript);
          right = Apply(op.substr(0, op.size() - 1), left, right);
        }
        Set(name, subscript, right);
        return right;
      }
    }
    at_ = start;
    return Ternary();
  }

  Number Ternary() {
    const Number condition = Binary(0);
    if (bad_ || !Eat("?")) return condition;
    const Number yes = Assignment();
    if (bad_ || !Eat(":")) return Bad();
    const Number no = Assignment();
    if (condition.known) return condition.value != 0 ? yes : no;
    return yes.known && no.known && yes.value == no.value ? yes : Number{};
  }

  struct Level { std::string_view ops[4]; };
  static constexpr Level kLevels[] = {{{"||"}}, {{"&&"}}, {{"|"}}, {{"^"}}, {{"&"}}, {{"==", "!="}}, {{"<=", ">=", "<", ">"}}, {{"<<", ">>"}}, {{"+", "-"}}, {{"*", "/", "%"}}};

  std::string_view Operator(size_t level) {
    Skip();
    const std::string_view rest = text_.substr(at_);
    for (const std::string_view op : kLevels[level].ops) {
      if (op.empty() || !rest.starts_with(op)) continue;
      const char next = rest.size() > op.size() ? rest[op.size()] : '\0';
      if (next == '=' && op != "==" && op != "!=" && op != "<=" && op != ">=") continue;         // an assignment operator
      if (op.size() == 1 && next == op[0] && std::string_view("|&<>*").find(next) != std::string_view::npos) continue;  // || && << >> **
      return op;
    }
    return {};
  }

  Number Binary(size_t level) {
    if (level == std::size(kLevels)) return Power();
    Number left = Binary(level + 1);
    for (std::string_view op = Operator(level); !bad_ && !op.empty(); op = Operator(level)) {
      at_ += op.size();
      const Number right = Binary(level + 1);
      left = Apply(op, left, right);
    }
    return left;
  }

  Number Power() {
    Number base = Unary();
    if (bad_ || !Eat("**", "=")) return base;
    Nest nest(*this);
    if (!nest.fine) return Bad();
    const Number exponent = Power();
    if (!base.known || !exponent.known || exponent.value < 0 || exponent.value > 64) return {};
    uint64_t result = 1;
    for (int64_t i = 0; i < exponent.value; ++i) result *= static_cast<uint64_t>(base.value);
    return {true, static_cast<int64_t>(result)};
  }

  Number Unary() {
    Nest nest(*this);
    if (!nest.fine) return Bad();
    Skip();
    for (const std::string_view op : {"++", "--"}) {
      if (!text_.substr(at_).starts_with(op)) continue;
      const size_t start = at_;
      at_ += 2;
      Skip();
      std::string name;
      Value subscript;
      if (Name(name, subscript)) {
        const Number value = Apply(op.substr(0, 1), Get(name, subscript), {true, 1});
        Set(name, subscript, value);
        return value;
      }
      at_ = start;
    }
    for (const char op : {'!', '~', '-', '+'}) {
      if (at_ >= text_.size() || text_[at_] != op) continue;
      ++at_;
      Number value = Unary();
      if (op == '!') value.value = value.value == 0 ? 1 : 0;
      if (op == '~') value.value = ~value.value;
      if (op == '-') value.value = static_cast<int64_t>(0 - static_cast<uint64_t>(value.value));
      return value;
    }
    return Primary();
  }

  Number Primary() {
    Skip();
    if (at_ >= text_.size()) return Bad();
    if (Eat("(")) {
      const Number value = Comma();
      if (bad_ || !Eat(")")) return Bad();
      return value;
    }
    if (IsDigit(static_cast<unsigned char>(text_[at_]))) return Literal();
    std::string name;
    Value subscript;
    if (!Name(name, subscript)) return Bad();
    const Number value = Get(name, subscript);
    for (const std::string_view op : {"++", "--"})
      if (Eat(op)) Set(name, subscript, Apply(op.substr(0, 1), value, {true, 1}));
    return value;
  }

  Number Literal() {
    uint64_t base = 10, value = 0;
    const auto digit = [](char c) -> uint64_t {
      if (c >= '0' && c <= '9') return static_cast<uint64_t>(c - '0');
      if (c >= 'a' && c <= 'z') return static_cast<uint64_t>(c - 'a') + 10;
      if (c >= 'A' && c <= 'Z') return static_cast<uint64_t>(c - 'A') + 36;
      return c == '@' ? 62 : (c == '_' ? 63 : 99);
    };
    if (text_[at_] == '0' && at_ + 1 < text_.size() && (text_[at_ + 1] == 'x' || text_[at_ + 1] == 'X')) {
      base = 16;
      at_ += 2;
    } else if (text_[at_] == '0') {
      base = 8;
    }
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '#' && base == 10 && value >= 2 && value <= 64) {
        base = value;
        value = 0;
        continue;
      }
      uint64_t d = digit(c);
      if (d >= 36 && d < 62 && base <= 36) d -= 26;
      if (d >= base) break;
      value = value * base + d;
    }
    if (at_ < text_.size() && IsNameChar(static_cast<unsigned char>(text_[at_]))) return Bad();
    return {true, static_cast<int64_t>(value)};
  }

  // A name and its subscript, evaluated. Not a name: false, nothing read.
  bool Name(std::string& name, Value& subscript) {
    size_t end = at_;
    if (end >= text_.size() || !IsNameStart(static_cast<unsigned char>(text_[end]))) return false;
    while (end < text_.size() && IsNameChar(static_cast<unsigned char>(text_[end]))) ++end;
    name = text_.substr(at_, end - at_);
    at_ = end;
    if (at_ >= text_.size() || text_[at_] != '[') return true;
    int depth = 0;
    for (; end < text_.size(); ++end) {
      if (text_[end] == '\\') ++end;
      else if (text_[end] == '[') ++depth;
      else if (text_[end] == ']' && --depth == 0) break;
    }
    if (end >= text_.size()) {
      subscript = shell_.ExpandParts(shell_.Keep(ParseExpandable(text_.substr(at_ + 1), depth_)));
      Bad();
      return true;
    }
    const std::string_view inner = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    subscript = shell_.SubscriptValue(name, inner, span_, depth_ + nesting_ + 1);
    return true;
  }

  Number Get(const std::string& name, const Value& subscript) {
    if (!subscript.exact() && (subscript.number || !subscript.text.empty())) return {};
    const Cell* cell = shell_.state_.Find(name);
    Value value = cell != nullptr && cell->array && subscript.exact() ? Value{} : shell_.Lookup(name);
    if (cell != nullptr && cell->presence == Cell::Presence::kUnset) return {true, 0};
    if (value.number && !value.exact()) return {};
    if (!value.exact()) {
      if (value.data) shell_.Unknown("arithmetic", span_, "`" + name + "` holds text from outside, and arithmetic on it may run a subscript");
      return {};
    }
    if (value.text.empty()) return {true, 0};
    if (depth_ + nesting_ >= kMaxNesting) {
      shell_.Unknown("arithmetic", span_, "variables within variables, too deep");
      return {};
    }
    Arithmetic inner(shell_, value.text, span_, depth_ + nesting_ + 1);
    const Value result = inner.Whole();
    if (!result.exact()) return {};
    int64_t number = 0;
    for (const char c : result.text)
      if (c != '-') number = static_cast<int64_t>(static_cast<uint64_t>(number) * 10 + static_cast<uint64_t>(c - '0'));
    return {true, result.text.starts_with('-') ? -number : number};
  }

  void Set(const std::string& name, const Value& subscript, Number number) {
    if (subscript.known != Known::kNothing || subscript.number) {
      shell_.SetElement(name, subscript, Show(number));
    } else {
      shell_.SetVariable(name, Show(number));
    }
  }

  static Number Apply(std::string_view op, Number a, Number b) {
    if (!a.known || !b.known) return {};
    const auto u = [](int64_t n) { return static_cast<uint64_t>(n); };
    const auto n = [](uint64_t v) { return Number{true, static_cast<int64_t>(v)}; };
    const auto truth = [](bool v) { return Number{true, v ? 1 : 0}; };
    if (op == "+") return n(u(a.value) + u(b.value));
    if (op == "-") return n(u(a.value) - u(b.value));
    if (op == "*") return n(u(a.value) * u(b.value));
    if (op == "/" || op == "%") {
      if (b.value == 0 || (b.value == -1 && a.value == std::numeric_limits<int64_t>::min())) return {};
      return {true, op == "/" ? a.value / b.value : a.value % b.value};
    }
    if (op == "<<") return n(u(a.value) << (u(b.value) & 63));
    if (op == ">>") return {true, a.value >> (u(b.value) & 63)};
    if (op == "&") return n(u(a.value) & u(b.value));
    if (op == "|") return n(u(a.value) | u(b.value));
    if (op == "^") return n(u(a.value) ^ u(b.value));
    if (op == "==") return truth(a.value == b.value);
    if (op == "!=") return truth(a.value != b.value);
    if (op == "<") return truth(a.value < b.value);
    if (op == ">") return truth(a.value > b.value);
    if (op == "<=") return truth(a.value <= b.value);
    if (op == ">=") return truth(a.value >= b.value);
    if (op == "&&") return truth(a.value != 0 && b.value != 0);
    if (op == "||") return truth(a.value != 0 || b.value != 0);
    return {};
  }

  struct Nest {
    explicit Nest(Arithmetic& a) : arithmetic(a), fine(++a.nesting_ + a.depth_ <= kMaxNesting) {
      if (!fine) a.shell_.Unknown("arithmetic", a.span_, "an expression nested too deep");
    }
    ~Nest() { --arithmetic.nesting_; }
    Nest(const Nest&) = delete;
    Nest& operator=(const Nest&) = delete;
    Arithmetic& arithmetic;
    bool fine;
  };

  Interpreter& shell_;
  std::string_view text_;
  Span span_;
  int depth_;
  int nesting_ = 0;
  size_t at_ = 0;
  bool bad_ = false;
};

// The subscript of `name`, met as text: expanded again, then evaluated unless the array is associative.
Value Interpreter::SubscriptValue(const std::string& name, std::string_view text, Span span, int depth) {
  if (text == "@" || text == "*") return Exactly(std::string(text));
  Value value = Exactly(std::string(text));
  if (text.find_first_of("$`\\\"") != std::string_view::npos) {
    const Depth guard(*this);
    if (guard.exceeded()) {
      Unknown("depth", span, "nested too deep to follow");
      return {};
    }
    value = ExpandParts(Keep(ParseExpandable(text, depth)));
  }
  const Cell* cell = state_.Find(name);
  if (cell != nullptr && cell->keyed) return value;
  return Evaluate(value, span, depth + 1);
}

Value Interpreter::Evaluate(const Value& text, Span span, int depth) {
  if (depth > Arithmetic::kMaxNesting) {
    Unknown("arithmetic", span, "subscripts within subscripts, too deep");
    return UnknownNumber();
  }
  if (text.exact()) return Arithmetic(*this, text.text, span, depth).Whole();
  if (text.number) return UnknownNumber();
  if (text.data) Unknown("arithmetic", span, "arithmetic on text from outside may run a subscript");
  else Note(Coverage::kPartial, "arithmetic on a value that is not known");
  return UnknownNumber();
}

// NAME or NAME[SUBSCRIPT], as test -v, unset, read, printf -v and declare take it.
void Interpreter::EvaluateSubscripted(const Value& name, Span span) {
  const size_t bracket = name.text.find('[');
  if (name.exact()) {
    if (bracket == std::string::npos) return;
    const size_t end = name.text.rfind(']');
    const std::string_view inner = std::string_view(name.text).substr(bracket + 1, end == std::string::npos || end <= bracket ? std::string::npos : end - bracket - 1);
    SubscriptValue(name.text.substr(0, bracket), inner, span, 0);
  } else if (!name.number && (name.known == Known::kNothing || bracket != std::string::npos)) {
    Unknown("subscript", span, "a variable name that is not known may hold a subscript that runs something");
  }
}

}  // namespace checkrein::analysis::shell
