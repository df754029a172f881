// ${..} on what is known.
#include <algorithm>

#include "analysis/shell/characters.h"
#include "analysis/shell/interpreter.h"
#include "analysis/shell/pattern.h"
#include "secret/names.h"

namespace checkrein::analysis::shell {
namespace {

constexpr size_t kMaxTrimmed = 4096;  // bytes of text on which patterns are tried at every place

std::optional<size_t> Index(const Value& value) {
  if (!value.exact() || value.text.empty() || value.text.size() > 6 || value.text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return static_cast<size_t>(std::stoul(value.text));
}

// What a variable that nobody has set holds, unless it is one that bash itself sets as it goes.
Ambient AmbientOf(std::string_view name) {
  for (const std::string_view own : {"_", "REPLY", "OPTARG", "OPTERR", "MAPFILE", "COPROC", "DIRSTACK", "FUNCNAME", "PIPESTATUS", "OLDPWD"})
    if (name == own) return Ambient::kNo;
  for (const std::string_view own : {"BASH", "COMP_", "READLINE_", "("})
    if (name.starts_with(own)) return Ambient::kNo;
  for (const std::string_view file : {"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_STATE"})
    if (name == file) return Ambient::kStepResult;
  if (name == "GITHUB_ENV" || name == "GITHUB_PATH") return Ambient::kStepEnvironment;
  return IsName(name) ? Ambient::kPart : Ambient::kNo;
}

char Cased(char c, char op) {
  const bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
  if (lower && (op == '^' || op == '~')) return static_cast<char>(c - 'a' + 'A');
  if (upper && (op == ',' || op == '~')) return static_cast<char>(c - 'A' + 'a');
  return c;
}

}  // namespace

Value Interpreter::Lookup(std::string_view name) {
  if (name == "PWD") {
    const std::vector<std::string>& places = Directory().places;
    if (places.empty()) return Value{};
    Value value = Exactly(places[0]);
    for (const std::string& place : places) value = Join(value, Exactly(place));
    return value;
  }
  if (name == "0") {
    const Cell* zero = state_.Find("(0)");
    return zero != nullptr ? zero->value : Value{};
  }
  if (name == "?" || name == "$" || name == "!" || name == "#" || IsDigit(static_cast<unsigned char>(name[0]))) {
    const Cell* cell = state_.Find("(@)");
    if (name == "#") return cell != nullptr && cell->elements_known ? Exactly(std::to_string(cell->elements.size())) : UnknownNumber();
    if (!IsDigit(static_cast<unsigned char>(name[0]))) return UnknownNumber();
    if (cell == nullptr || !cell->elements_known) return UnknownData();
    const std::optional<size_t> index = Index(Exactly(std::string(name)));
    if (!index || *index > cell->elements.size()) return Exactly("");
    return cell->elements[*index - 1];
  }
  const Cell* cell = state_.Find(name);
  if (cell == nullptr) {
    Value value;
    if (!state_.foggy()) value.ambient = AmbientOf(name);
    return value;
  }
  if (cell->reference) {
    Unknown("nameref", forced_span_.value_or(Span{}), "`" + std::string(name) + "` stands for another variable");
    return UnknownData();
  }
  if (cell->presence == Cell::Presence::kUnset) return Exactly("");
  if (cell->array && cell->elements_known) return cell->elements.empty() ? Exactly("") : cell->elements[0];
  return cell->value;
}

// A variable to which this text has surely given no value comes from the environment; one whose name says that it holds a key is a read of it.
// The caller leaves out where only its presence matters: [ -n "$TOKEN" ], ${TOKEN:+yes}.
void Interpreter::ReadEnvironment(std::string_view name, Span span) {
  if (!IsName(name)) return;
  const Cell* cell = state_.foggy() ? nullptr : state_.Find(name);
  if (cell != nullptr && cell->presence != Cell::Presence::kMaybe && cell->value != Value{}) return;  // `export TOKEN` gives none
  const secret::NameSays says = secret::Judge(name);
  if (says == secret::NameSays::kSecret || says == secret::NameSays::kToken) AddEffect(Op::kRead, "/proc/self/environ", span);
}

Value Interpreter::LookupElement(const std::string& name, const WordNode& subscript) {
  const Value text = ExpandScalar(subscript);
  const Cell* cell = state_.Find(name);
  if (cell != nullptr && cell->keyed) return UnknownData();
  const Value index = Evaluate(text, SpanOf(subscript.span));
  cell = state_.Find(name);
  if (cell == nullptr) return UnknownData();
  if (!cell->array) return index.exact() && index.text == "0" ? Lookup(name) : (index.exact() ? Exactly("") : UnknownData());
  if (!cell->elements_known) return cell->value.number ? UnknownNumber() : UnknownData();
  const std::optional<size_t> at = Index(index);
  if (at) return *at < cell->elements.size() ? cell->elements[*at] : Exactly("");
  if (index.exact() && IsNumber(index.text) && index.text.starts_with('-')) {
    const size_t back = static_cast<size_t>(std::min(std::stoul(index.text.substr(1, 6)), 1000000UL));
    if (back <= cell->elements.size()) return cell->elements[cell->elements.size() - back];
  }
  if (cell->elements.empty()) return Exactly("");
  Value any = cell->elements[0];
  for (const Value& element : cell->elements) any = Join(any, element);
  return any;
}

// All of $@ or ${x[@]}, if they are known one by one.
std::optional<std::vector<Value>> Interpreter::ListOf(const Parameter& parameter) {
  const Cell* cell = state_.Find(parameter.subscript ? parameter.name : "(@)");
  if (cell == nullptr) return std::nullopt;
  if (cell->array) return cell->elements_known ? std::optional(cell->elements) : std::nullopt;
  if (cell->presence == Cell::Presence::kUnset) return std::vector<Value>{};
  if (cell->presence == Cell::Presence::kSet && parameter.subscript) return std::vector<Value>{cell->value};
  return std::nullopt;
}

Value Interpreter::ObjectValue(const Parameter& parameter) {
  if (IsList(parameter)) {
    const std::optional<std::vector<Value>> list = ListOf(parameter);
    if (!list) return UnknownData();
    Value all = Exactly("");
    for (size_t i = 0; i < list->size(); ++i) all = Concat(i > 0 ? Concat(all, Exactly(" ")) : all, (*list)[i]);
    return all;
  }
  if (parameter.subscript) return LookupElement(parameter.name, *parameter.subscript);
  return Lookup(parameter.name);
}

// ${!x}: the variable whose name x holds; a subscript in that name is evaluated.
Value Interpreter::IndirectValue(const Parameter& parameter) {
  if (parameter.name_list || IsList(parameter)) return UnknownData();
  if (parameter.name == "#") {
    const Cell* cell = state_.Find("(@)");
    return cell != nullptr && cell->elements_known ? (cell->elements.empty() ? Lookup("0") : cell->elements.back()) : UnknownData();
  }
  const Value name = ObjectValue(parameter);
  const Span span = forced_span_.value_or(Span{});
  if (!name.exact()) {
    if (name.data) Unknown("indirect", span, "${!" + parameter.name + "} reads a variable whose name comes from outside");
    return UnknownData();
  }
  EvaluateSubscripted(name, span);
  if (!only_looks_) ReadEnvironment(name.text, span);
  return IsName(name.text) || Index(name) ? Lookup(name.text) : UnknownData();
}

Value Interpreter::ParameterValue(const Parameter& parameter) {
  if (parameter.length) {
    if (IsList(parameter)) {
      const std::optional<std::vector<Value>> list = ListOf(parameter);
      return list ? Exactly(std::to_string(list->size())) : UnknownNumber();
    }
    const Value value = ObjectValue(parameter);
    const bool ascii = value.exact() && std::all_of(value.text.begin(), value.text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
    return ascii ? Exactly(std::to_string(value.text.size())) : UnknownNumber();
  }
  Value value = parameter.indirect ? IndirectValue(parameter) : ObjectValue(parameter);
  if (parameter.op.empty() || parameter.name_list) return value;
  if (IsList(parameter)) {  // element by element: known only where that is the same as on the whole
    const std::optional<std::vector<Value>> list = ListOf(parameter);
    const bool whole = parameter.op[0] == ':' || std::string_view("-=?+").find(parameter.op[0]) != std::string_view::npos;
    if (!list || list->size() != 1 || whole) {
      const bool defaults = parameter.op.size() <= 2 && std::string_view("-=?+").find(parameter.op.back()) != std::string_view::npos;
      if (list && list->empty() && defaults) return ApplyDefault(parameter, Exactly(""));
      const Value after = ApplyOperator(parameter, UnknownData());
      return list && list->empty() ? Exactly("") : after;
    }
    value = (*list)[0];
  }
  return ApplyOperator(parameter, std::move(value));
}

// The operators that look whether there is a value.
Value Interpreter::ApplyDefault(const Parameter& parameter, Value value) {
  const char op = parameter.op.back();
  const bool colon = parameter.op[0] == ':';
  const Cell* cell = parameter.indirect || parameter.subscript ? nullptr : state_.Find(parameter.name);
  const bool positional = IsDigit(static_cast<unsigned char>(parameter.name[0])) || parameter.name == "@" || parameter.name == "*";
  bool surely_set = cell != nullptr && cell->presence == Cell::Presence::kSet;
  bool surely_unset = cell != nullptr && cell->presence == Cell::Presence::kUnset;
  if (parameter.name == "PWD" || parameter.name == "#" || parameter.name == "?" || parameter.name == "$") surely_set = true;
  if (positional && value.exact()) (value.text.empty() ? surely_unset : surely_set) = true;
  if (surely_set && colon) {
    surely_unset = value.exact() && value.text.empty();
    surely_set = (value.exact() && !value.text.empty()) || (value.known == Known::kPrefix && !value.text.empty()) || value.number;
  }
  if (surely_set && op != '+') return value;
  if (surely_unset && op == '+') return Exactly("");
  const Value word = ExpandScalar(parameter.operand);
  if (op == '+') return surely_set ? word : Join(Exactly(""), word);
  if (op == '?') return value;
  const Value out = surely_unset ? word : Join(value, word);
  if (op == '=' && IsName(parameter.name) && !parameter.subscript) SetVariable(parameter.name, out);
  return out;
}

Value Interpreter::Trim(const Value& value, const Value& pattern, std::string_view op) {
  const std::string& text = value.text;
  if (!pattern.exact() || !value.exact() || text.size() > kMaxTrimmed) {
    Value unknown;
    unknown.number = value.number;
    unknown.data = value.data;
    if (value.ambient != Ambient::kNo) unknown.ambient = Ambient::kPart;
    return unknown;
  }
  if (pattern.text.find_first_of("*?[\\") == std::string::npos) {
    if (op[0] == '#' && text.starts_with(pattern.text)) return Exactly(text.substr(pattern.text.size()));
    if (op[0] == '%' && text.ends_with(pattern.text)) return Exactly(text.substr(0, text.size() - pattern.text.size()));
    return value;
  }
  const bool longest = op.size() == 2;
  for (size_t i = 0; i <= text.size(); ++i) {
    const size_t length = longest ? text.size() - i : i;
    const std::string_view part = op[0] == '#' ? std::string_view(text).substr(0, length) : std::string_view(text).substr(text.size() - length);
    const std::optional<bool> matches = pattern.text.size() * text.size() * text.size() > (1U << 22) ? std::nullopt : Matches(pattern.text, part);
    if (!matches) return Value{};
    if (*matches) return Exactly(op[0] == '#' ? text.substr(length) : text.substr(0, text.size() - length));
  }
  return value;
}

Value Interpreter::Substitute(const Parameter& parameter, const Value& value) {
  const Value pattern = ExpandPattern(parameter.operand);
  const Value with = parameter.second ? ExpandScalar(*parameter.second) : Exactly("");
  if (!value.exact() || !pattern.exact() || !with.exact() || value.text.size() > kMaxTrimmed || with.text.find('&') != std::string::npos) {
    Value unknown;
    unknown.data = value.data || with.data;
    if (value.ambient != Ambient::kNo && !with.data) unknown.ambient = Ambient::kPart;
    return unknown;
  }
  const std::string& text = value.text;
  if (pattern.text.empty()) return value;
  const char mode = parameter.op.size() == 2 ? parameter.op[1] : '\0';
  const bool literal = pattern.text.find_first_of("*?[\\") == std::string::npos;
  if (!literal && text.size() * text.size() * pattern.text.size() > (1U << 22)) return Value{};
  std::string out;
  size_t at = 0;
  while (at <= text.size()) {
    std::optional<size_t> length;
    if (literal) {
      if (std::string_view(text).substr(at).starts_with(pattern.text)) length = pattern.text.size();
    } else {
      for (size_t n = text.size() - at + 1; n-- > 0 && !length;) {
        if (mode == '%' && at + n != text.size()) break;
        const std::optional<bool> matches = Matches(pattern.text, std::string_view(text).substr(at, n));
        if (!matches) return Value{};
        if (*matches) length = n;
      }
    }
    const bool allowed = mode != '%' || (length && at + *length == text.size());
    if (length && allowed && (*length > 0 || text.empty())) {
      out += with.text;
      at += *length;
      if (mode != '/') return Exactly(out + text.substr(at));
      if (*length == 0) break;
      continue;
    }
    if (mode == '#') break;
    if (at < text.size()) out += text[at];
    ++at;
  }
  if (at < text.size()) out += text.substr(at);
  return Exactly(std::move(out));
}

Value Interpreter::Slice(const Parameter& parameter, const Value& value) {
  const Value offset = EvaluateParts(parameter.operand);
  const Value length = parameter.second ? EvaluateParts(*parameter.second) : Value{};
  Value unknown;
  unknown.number = value.number;
  unknown.data = value.data;
  if (!value.exact() || !offset.exact() || (parameter.second && !length.exact()) || offset.text.size() > 8 || length.text.size() > 8) return unknown;
  for (const char c : value.text)
    if (static_cast<unsigned char>(c) > 127) return unknown;
  const long size = static_cast<long>(value.text.size());
  long from = std::stol(offset.text);
  if (from < 0) from += size;
  if (from < 0 || from > size) return Exactly("");
  long to = size;
  if (parameter.second) {
    const long given = std::stol(length.text);
    to = given < 0 ? size + given : std::min(size, from + given);
  }
  if (to < from) return Exactly("");
  return Exactly(value.text.substr(static_cast<size_t>(from), static_cast<size_t>(to - from)));
}

// ${@:2} and ${x[@]:1:2}: by elements; $@ counts from 1, with $0 before it.
std::optional<std::vector<Value>> Interpreter::SliceList(const Parameter& parameter) {
  const Value offset = EvaluateParts(parameter.operand);
  const Value length = parameter.second ? EvaluateParts(*parameter.second) : Value{};
  std::optional<std::vector<Value>> list = ListOf(parameter);
  if (!list || !offset.exact() || (parameter.second && !length.exact()) || offset.text.size() > 6 || length.text.size() > 6) return std::nullopt;
  if (!parameter.subscript) list->insert(list->begin(), Lookup("0"));
  const long size = static_cast<long>(list->size());
  long from = std::stol(offset.text);
  if (from < 0) from += size;
  if (from < 0 || from >= size) return std::vector<Value>{};
  long to = size;
  if (parameter.second) {
    const long given = std::stol(length.text);
    if (given < 0) return std::nullopt;  // bash refuses it
    to = std::min(size, from + given);
  }
  return std::vector<Value>(list->begin() + from, list->begin() + to);
}

// ${x@P}: the value is a prompt, and a prompt's substitutions run.
Value Interpreter::Prompt(const Value& value) {
  const Span span = forced_span_.value_or(Span{});
  if (!value.exact()) {
    if (!value.number) Unknown("prompt", span, "a text that is not known is expanded as a prompt");
    return UnknownData();
  }
  std::string text;
  bool escaped = false;
  for (size_t i = 0; i < value.text.size(); ++i) {  // its backslash escapes become text first: \$ is $ or #, \` stays
    const char c = value.text[i];
    if (c == '\\' && i + 1 < value.text.size()) {
      escaped = true;
      const size_t start = i + 1;
      if (value.text[start] >= '0' && value.text[start] <= '7') {
        int code = 0;
        size_t n = 0;
        for (; n < 3 && start + n < value.text.size() && value.text[start + n] >= '0' && value.text[start + n] <= '7'; ++n) code = code * 8 + (value.text[start + n] - '0');
        text += static_cast<char>(static_cast<unsigned char>(code));
        i = start + n - 1;
        continue;
      }
      ++i;
      text += value.text[i] == '\\' ? "\\" : "x";
      if (value.text[i] != '\\') text.back() = value.text[i] == '$' ? '$' : 'x';
      continue;
    }
    text += c;
  }
  const Depth guard(*this);
  if (guard.exceeded()) {
    Unknown("depth", span, "nested too deep to follow");
    return UnknownData();
  }
  const Value expanded = ExpandParts(Keep(ParseExpandable(text)));
  return escaped ? UnknownData() : expanded;
}

Value Interpreter::ApplyTransform(const Parameter& parameter, const Value& value) {
  const std::string letter = parameter.operand.parts.empty() ? "" : parameter.operand.parts[0].text;
  if (letter == "P") return Prompt(value);
  if (value.exact() && letter == "E") return Exactly(DecodeAnsi(value.text));
  if (value.exact() && (letter == "U" || letter == "L" || letter == "u")) {
    std::string text = value.text;
    for (size_t i = 0; i < text.size() && (i == 0 || letter != "u"); ++i) {
      if (static_cast<unsigned char>(text[i]) > 127) return UnknownData();
      text[i] = Cased(text[i], letter == "L" ? ',' : '^');
    }
    return Exactly(std::move(text));
  }
  if (value.exact() && letter == "Q" && std::all_of(value.text.begin(), value.text.end(), [](char c) { return c >= ' ' && c < 127; })) {
    std::string text = "'";
    for (const char c : value.text) c == '\'' ? text += "'\\''" : text += c;
    return Exactly(text + "'");
  }
  return UnknownData();
}

Value Interpreter::ApplyOperator(const Parameter& parameter, Value value) {
  const std::string& op = parameter.op;
  switch (op[0]) {
    case '-': case '=': case '?': case '+': return ApplyDefault(parameter, std::move(value));
    case ':': return op.size() > 1 ? ApplyDefault(parameter, std::move(value)) : Slice(parameter, value);
    case '#': case '%': return Trim(value, ExpandPattern(parameter.operand), op);
    case '/': return Substitute(parameter, value);
    case '@': return ApplyTransform(parameter, value);
    default: break;
  }
  const Value pattern = ExpandPattern(parameter.operand);  // ^ , ~
  if (!value.exact() || !pattern.exact() || !pattern.text.empty()) return value.number ? value : UnknownData();
  for (size_t i = 0; i < value.text.size() && (i == 0 || op.size() == 2); ++i) {
    if (static_cast<unsigned char>(value.text[i]) > 127) return UnknownData();
    value.text[i] = Cased(value.text[i], op[0]);
  }
  return value;
}

}  // namespace checkrein::analysis::shell
