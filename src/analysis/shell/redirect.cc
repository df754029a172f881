// Redirections: what they read, write and connect to, and where input and output go meanwhile.
#include <algorithm>

#include "analysis/shell/interpreter.h"
#include "base/path.h"

namespace checkrein::analysis::shell {

// Where standard output goes while a command with redirections runs.
struct Interpreter::Target {
  bool moved_output = false;
  bool moved_input = false;
  bool append = false;
  std::optional<std::string> path;  // the file, if it is one and known
  Sink sink;
};

namespace {

std::string_view AfterRoot(std::string_view path, std::string_view place) {  // /proc/self/root/etc/x with place "root" -> /etc/x
  if (!path.starts_with("/proc/")) return path;
  const size_t slash = path.find('/', 6);
  if (slash == std::string_view::npos) return path;
  const std::string_view who = path.substr(6, slash - 6);
  const bool process = who == "self" || who == "thread-self" || who.find_first_not_of("0123456789") == std::string_view::npos;
  const std::string_view rest = path.substr(slash + 1);
  if (!process || !rest.starts_with(place) || (rest.size() > place.size() && rest[place.size()] != '/')) return path;
  return rest.substr(place.size());
}

}  // namespace

// The objects that a path names: one per directory that it may be relative to.
std::vector<std::string> Interpreter::PathObjects(const analysis::Word& word) {
  std::vector<std::string> out;
  if (word.exact() && word.text.empty()) return out;
  if (IsStepFile(word.ambient)) return {std::string(kStepFiles)};
  if (word.known == Known::kNothing || (!word.file_names && word.text.empty() && !word.exact())) {
    Note(Coverage::kPartial, "which file is not known");
    return {"?"};
  }
  static const std::vector<std::string> kRoot = {"/"};
  const std::vector<std::string>& bases = word.text.starts_with('/') ? kRoot : Directory().places;
  if (bases.empty()) {
    Note(Coverage::kPartial, "the working directory is not known");
    return {"?"};
  }
  if (!word.exact() && !word.file_names) Note(Coverage::kPartial, "which file is not wholly known");
  for (const std::string& base : bases) {
    std::string_view text = word.text;
    if (!word.exact()) text = text.substr(0, text.rfind('/') == std::string_view::npos ? 0 : text.rfind('/') + 1);
    std::string path = NormalizePath(text, base);
    for (std::string_view rest = AfterRoot(path, "root"); rest.size() != path.size(); rest = AfterRoot(path, "root")) path = rest.empty() ? "/" : std::string(rest);
    if (const std::string_view rest = AfterRoot(path, "cwd"); rest.size() != path.size()) path = NormalizePath(rest.empty() ? "." : rest.substr(1), base == "/" && !Directory().places.empty() ? Directory().places[0] : base);
    const auto object = [&word](const std::string& p) { return word.exact() ? p : (p == "/" ? "/**" : p + "/**"); };
    out.push_back(object(path));  // as written, and where it leads: a policy on either holds
    const std::optional<std::string> led = session_.world.Resolve(path);
    if (!led) Note(Coverage::kPartial, "where " + path + " leads could not be found out");
    if (led && *led != path) out.push_back(object(*led));
  }
  return out;
}

// /dev/tcp/HOST/PORT and /dev/udp: bash itself connects.
bool Interpreter::ConnectPath(const analysis::Word& word, Span span) {
  for (const std::string_view device : {"/dev/tcp/", "/dev/udp/"}) {
    if (!word.text.starts_with(device)) continue;
    const std::string_view rest = std::string_view(word.text).substr(device.size());
    const size_t slash = rest.find('/');
    if (!word.exact() || slash == std::string_view::npos) {
      const bool host = slash != std::string_view::npos;
      AddEffect(Op::kConnect, host ? std::string(rest.substr(0, slash)) + ":*" : "?", span);
      Note(Coverage::kPartial, "where it connects is not wholly known");
    } else {
      AddEffect(Op::kConnect, (IsConfiguredHost(rest.substr(0, slash)) ? "?" : std::string(rest.substr(0, slash))) + ":" + std::string(rest.substr(slash + 1)), span);
    }
    return true;
  }
  return false;
}

void Interpreter::TouchPath(Op op, const analysis::Word& word, Span span) {
  for (std::string& object : PathObjects(word)) AddEffect(op, std::move(object), span);
  if (op == Op::kWrite && word.ambient == Ambient::kStepEnvironment) AddEffect(Op::kConfigure, std::string(kStepEnvironmentSetting), span);
}

void Interpreter::OpenPath(const Redirect& redirect, const analysis::Word& word, Target& target) {
  using R = Redirect::Kind;
  const Span span = SpanOf(redirect.span);
  const bool in = redirect.kind == R::kIn || redirect.kind == R::kReadWrite;
  const bool both = redirect.kind == R::kBoth || redirect.kind == R::kBothAppend || redirect.kind == R::kDuplicateOut;
  const int fd = redirect.fd.value_or(in ? 0 : 1);
  const bool standard = redirect.variable.empty();
  const bool network = ConnectPath(word, span);
  if (network && redirect.kind != R::kIn && redirect.kind != R::kReadWrite) {  // what is written there leaves; <> is a conversation
    const std::string rest = word.text.substr(std::min(word.text.size(), sizeof "/dev/tcp/" - 1));
    const size_t slash = rest.find('/');
    AddEffect(Op::kPush, word.exact() && slash != std::string::npos ? rest.substr(0, slash) + ":" + rest.substr(slash + 1) : "?", span);
  }
  if (!network) {
    if (in) TouchPath(Op::kRead, word, span);
    if (redirect.kind != R::kIn) TouchPath(Op::kWrite, word, span);
  }
  std::optional<std::string> path;
  const std::vector<std::string> places = Directory().places;
  if (word.exact() && !network && (word.text.starts_with('/') || places.size() == 1)) path = NormalizePath(word.text, places.empty() ? "/" : places[0]);
  if (standard && fd == 0) {
    target.moved_input = true;
    input_ = path && !network ? Input{Input::Kind::kFile, *path} : Input{Input::Kind::kPipe, ""};
    if (path) {
      const auto written = session_.files.find(*path);
      if (written != session_.files.end()) input_ = written->second ? Input{Input::Kind::kText, *written->second} : Input{Input::Kind::kPipe, ""};
      if (*path == "/dev/null") input_ = {Input::Kind::kText, ""};
    }
  }
  if (redirect.kind == R::kIn) return;
  if (standard && (fd == 1 || both)) {
    target.moved_output = true;
    target.append = redirect.kind == R::kAppend || redirect.kind == R::kBothAppend;
    target.path = path;
    target.sink = Sink{};
    if (both) target.sink.Lose();
  } else if (path) {
    session_.files[*path] = std::nullopt;
  }
}

void Interpreter::Duplicate(const Redirect& redirect, Target& target) {
  const Value word = ExpandScalar(redirect.target);
  const bool out = redirect.kind == Redirect::Kind::kDuplicateOut;
  std::string_view text = word.text;
  if (word.exact() && text.size() > 1 && text.ends_with('-')) text.remove_suffix(1);  // moved: 2>&3-
  const bool descriptor = word.number || (word.exact() && (text == "-" || (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos)));
  if (!descriptor) {
    if (out && redirect.fd.value_or(1) == 1) return OpenPath(redirect, ToWord(word, SpanOf(redirect.target.span)), target);
    if (!word.exact()) Note(Coverage::kPartial, "a file descriptor that is not known");
    return;
  }
  const int fd = redirect.fd.value_or(out ? 1 : 0);
  if (!redirect.variable.empty()) return;
  if (fd == 0 && text != "0") {
    target.moved_input = true;
    input_ = {Input::Kind::kPipe, ""};
  }
  if (fd == 1 && text != "1") {
    target.moved_output = true;
    target.path.reset();
    target.sink = Sink{};
  }
}

void Interpreter::ApplyRedirect(const Redirect& redirect, Target& target) {
  using R = Redirect::Kind;
  if (!redirect.variable.empty()) {
    EvaluateSubscripted(Exactly(redirect.variable), SpanOf(redirect.span));
    if (redirect.variable.find('[') == std::string::npos) SetVariable(redirect.variable, UnknownNumber());
  }
  switch (redirect.kind) {
    case R::kDuplicateIn: case R::kDuplicateOut: return Duplicate(redirect, target);
    case R::kHereDocument: case R::kHereString: {
      Value text;
      if (redirect.kind == R::kHereString) {
        text = Concat(ExpandScalar(redirect.target), Exactly("\n"));
      } else {
        const std::optional<Span> outer = forced_span_;
        if (redirect.here->body_moved) forced_span_ = SpanOf(redirect.here->body.span);
        text = redirect.here->quoted ? Exactly(redirect.here->body.parts.empty() ? "" : redirect.here->body.parts[0].text) : ExpandParts(redirect.here->body.parts);
        forced_span_ = outer;
      }
      if (redirect.fd.value_or(0) != 0 || !redirect.variable.empty()) return;
      target.moved_input = true;
      input_ = text.exact() ? Input{Input::Kind::kText, text.text} : Input{Input::Kind::kPipe, ""};
      return;
    }
    default: break;
  }
  Words words;
  ExpandWord(redirect.target, words);
  for (const analysis::Word& word : words) OpenPath(redirect, word, target);
}

void Interpreter::WithRedirects(const std::vector<Redirect>& redirects, const std::function<void()>& body) {
  if (redirects.empty()) return body();
  const Input input = input_;
  Sink* const outer = sink_;
  Target target;
  for (const Redirect& redirect : redirects) ApplyRedirect(redirect, target);
  if (target.moved_output) sink_ = &target.sink;
  body();
  sink_ = outer;
  if (target.moved_input) input_ = input;
  if (!target.moved_output || !target.path) return;
  std::optional<std::string>& content = session_.files[*target.path];
  if (!target.sink.known) {
    content.reset();
  } else if (!target.append) {
    content = target.sink.text;
  } else if (content) {
    *content += target.sink.text;
    if (content->size() > kMaxOutput) content.reset();
  }
}

void Interpreter::KeepRedirects(const std::vector<Redirect>& redirects) {
  Target target;
  for (const Redirect& redirect : redirects) ApplyRedirect(redirect, target);
  if (!target.moved_output) return;
  if (target.path) session_.files[*target.path] = std::nullopt;
  sink_ = &lost_;
}

// What the file holds: what this very text wrote there, else what is on disk, else what an earlier call wrote (it may be on a copy).
std::optional<std::string> Interpreter::FileText(const std::string& path) {
  if (const auto written = session_.files.find(path); written != session_.files.end()) return written->second;
  if (std::optional<std::string> text = session_.world.Read(path, kMaxSource)) return text;
  const WrittenFile* file = session_.place.past != nullptr ? session_.place.past->FindFile(path) : nullptr;
  return file != nullptr && file->path == path ? file->content : std::nullopt;
}

}  // namespace checkrein::analysis::shell
