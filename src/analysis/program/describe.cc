#include "analysis/program/describe.h"

#include <algorithm>

#include "analysis/program/code.h"
#include "analysis/program/table.h"
#include "base/path.h"

namespace checkrein::analysis {
namespace {

using SpecialFunction = Then (*)(Context&, const Parsed&);
Then DescribeNone(Context&, const Parsed&) { return Then::kTable; }

constexpr SpecialFunction kSpecials[] = {
#define CHECKREIN_SPECIAL(name, text) Describe##name,
    CHECKREIN_SPECIALS(CHECKREIN_SPECIAL)
#undef CHECKREIN_SPECIAL
};

// Variables that the loader, libc or any program obeys. `ld.so(8)`, iconv(3), config(5ssl).
struct GlobalVariable {
  std::string_view name;
  std::string_view unknown;
};
constexpr GlobalVariable kLoaders[] = {{"LD_PRELOAD", "preload"},     {"LD_AUDIT", "preload"},        {"LD_LIBRARY_PATH", "preload"}, {"LD_ORIGIN_PATH", "preload"},
                                       {"GLIBC_TUNABLES", "preload"}, {"GCONV_PATH", "preload"},      {"OPENSSL_CONF", "config"},     {"OPENSSL_MODULES", "preload"},
                                       {"OPENSSL_ENGINES", "preload"}, {"DYLD_INSERT_LIBRARIES", "preload"}, {"CHECKREIN_STATE", "config"}, {"CHECKREIN_CONFIG", "config"}};
// Those whose only use is that a program runs or loads what they say: others in the tables (GOOS, CGO_ENABLED) have everyday ones.
constexpr std::string_view kInjecting[] = {"PYTHONWARNINGS", "BROWSER", "PYTHONSTARTUP", "PERL5OPT", "PERL5DB", "RUBYOPT", "NODE_OPTIONS"};
constexpr std::string_view kProxies[] = {"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy", "ftp_proxy", "FTP_PROXY"};
constexpr std::string_view kHomes[] = {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"};

constexpr std::string_view kTempRoots[] = {"/tmp", "/var/tmp", "/dev/shm"};

bool MayBeSet(const Word& value) { return !(value.exact() && value.text.empty()); }

void GlobalVariables(Context& c, const Parsed* p, bool bare_name) {
  for (const auto& [name, value] : c.command.assignments) {
    if (name == "PATH" && bare_name) c.Unknown("path", value.span);  // an empty one, too: it means the working directory
    if (!MayBeSet(value)) continue;
    for (const auto& row : kLoaders)
      if (row.name == name) {
        if (name == "LD_PRELOAD" && value.exact()) c.Path(Op::kRead, value);
        c.Unknown(row.unknown, value.span);
      }
    if (p == nullptr) continue;
    if (Executes(*p) && std::find(std::begin(kHomes), std::end(kHomes), name) != std::end(kHomes)) c.Unknown("config", value.span);
    if (std::find(std::begin(kProxies), std::end(kProxies), name) != std::end(kProxies)) {
      const bool connects = std::any_of(c.out.effects.all().begin(), c.out.effects.all().end(), [](const Effect& e) { return e.op == Op::kConnect; });
      if (connects) c.Connect(value, "http");
    }
  }
}

void TableVariables(Context& c, const Parsed& p) {
  for (const auto& [name, value] : c.command.assignments) {
    if (!MayBeSet(value) || value.Is("cat") || value.Is("true") || value.Is(":")) continue;  // GIT_PAGER=cat, GIT_EDITOR=true: to have none
    for (const Program* program : p.chain)
      for (const Variable& variable : VariablesOf(*program)) {
        std::string_view pattern = View(variable.name);
        const bool prefix = pattern.ends_with('*');
        if (prefix) pattern.remove_suffix(1);
        if (prefix ? !name.starts_with(pattern) : name != pattern) continue;
        if (name == "LESSOPEN" && value.exact())  // what it prints is the name of the file that is shown
          for (const EffectSet named = MentionedIn(value.text, c.place, c.world, value.span); const Effect& effect : named.all()) c.Add(effect.op, effect.object, value.span);
        const bool piped = name == "LESSOPEN" || name == "LESSCLOSE";  // |PROGRAM, ||-PROGRAM
        ApplyRole(c, p, variable.role, piped ? Rest(value, std::min(value.text.find_first_not_of("|-"), value.text.size())) : value);
        // Told apart from code that the command itself brings: policies may take a variable from an earlier call for worse.
        if (variable.role == Role::kCode && std::find(std::begin(kInjecting), std::end(kInjecting), name) != std::end(kInjecting)) c.Unknown("variable", value.span);
      }
  }
}

void RunWords(Context& c, const Word& program, bool words_unknown) {
  if (program.exact() && program.text.find_first_of(" \t;|&$`<>(\"'") != std::string::npos) return c.Shell(program);
  c.Run({program}, words_unknown);
}

// The language of inline code for `p`, if we follow it and no option or variable changes what else runs.
std::optional<Language> LanguageOf(const Parsed& p) {
  if (!p.unknown_options.empty() || p.may_hide_options) return std::nullopt;
  if (p.name().starts_with("python")) return Language::kPython;
  if ((p.name() == "node" || p.name() == "nodejs") && !p.Has("-r --require --import --loader --experimental-loader")) return Language::kJavaScript;
  return std::nullopt;
}

// Whether `word` is the text after -c or -e, and all of it is understood. The very word: a variable may hold the same letters.
bool FollowsInline(Context& c, const Parsed& p, const Word& word) {
  const auto language = LanguageOf(p);
  const Given* given = p.Find(language == Language::kPython ? "-c" : "-e --eval -p --print -pe");
  if (!language || !given || !given->value || &*given->value != &word || !word.exact() || word.may_be_several) return false;
  return FollowCode(c, *language, word.text, word.span);
}

// Whether the program reads its code from a here-document, and all of it is understood.
bool FollowsStdin(Context& c, const Parsed& p) {
  if (c.command.input.kind != Input::Kind::kText) return false;
  const auto language = LanguageOf(p);
  if (language) return FollowCode(c, *language, c.command.input.text, c.command.span);
  return p.options.empty() && p.unknown_options.empty() && !p.may_hide_options && FollowCalls(c, DialectOf(p.name()), c.command.input.text, c.command.span);
}

// Options beside which the text after -e is all that runs.
bool IsOnlyText(const Parsed& p, const Word& word) {
  if (!p.unknown_options.empty() || p.may_hide_options || !word.exact() || word.may_be_several) return false;
  return std::all_of(p.options.begin(), p.options.end(), [](const Given& given) {
    constexpr std::string_view kPlain[] = {"-e", "-E", "-r", "--run", "-w", "-W"};
    return std::find(std::begin(kPlain), std::end(kPlain), given.name) != std::end(kPlain);
  }) && (DialectOf(p.name()) == Dialect::kPhp || !p.Has("-r"));
}

// Program text given as a word: followed where it is plain; else it is unknown, and the calls that are found in it stand beside that.
void Code(Context& c, const Parsed& p, const Word& word) {
  if (FollowsInline(c, p, word)) return;
  const Dialect dialect = DialectOf(p.name());
  const Given* given = p.Find("-e -E -r --run");
  if (given && given->value && &*given->value == &word && IsOnlyText(p, word) && FollowCalls(c, dialect, word.text, word.span)) return;
  c.Unknown(word.exact() ? "code" : UnknownText(c.command.words_from, "code"), word.span);
  if (word.exact() && p.program->special != Special::kAwk) MentionCalls(c, dialect, word.text, word.span);
}

bool IsStandardStream(const Word& word) { return word.Is("-"); }

bool ListsExecuting(const Program& program) {
  const auto options = OptionsOf(program);
  return std::any_of(options.begin(), options.end(), [](const Option& option) {
    return option.role == Role::kProgram || option.role == Role::kShell || option.role == Role::kCode || option.role == Role::kConfig || option.role == Role::kScript || option.role == Role::kCommand;
  });
}

// Whether an option that hides in a word could do more than the table says of the words themselves. The name of a file holds no slash, so
// its option reads nothing but a file that the same pattern could have named.
bool HiddenOptionsMatter(const Parsed& p) {
  for (const Program* program : p.chain) {
    const bool only_files = program->special == Special::kGrep && p.hides_only_names;  // -f and -r of such a name: a file, a folder of the pattern
    if (program->mode_count > 0 || (program->special != Special::kNone && !only_files)) return true;
    for (const Option& option : OptionsOf(*program)) {
      const bool reads = option.role == Role::kRead || option.role == Role::kMaybeRead || option.role == Role::kList || option.role == Role::kReadList;
      if (option.role != Role::kText && !(reads && p.hides_only_names)) return true;
    }
  }
  return Executes(p);
}

// PROGRAM --version: it says so and ends. Not where an option could run anything, for such programs may obey the project's files first;
// nor where it talks to a server anyway, for that may be asked for news.
bool OnlyAboutItself(const Command& command, const Parsed& p) {
  const bool connects = std::any_of(p.chain.begin(), p.chain.end(), [](const Program* part) { return View(part->does).find("connect:") != std::string_view::npos; });
  if (command.argv.size() < 2 || connects || Executes(p)) return false;
  return std::all_of(command.argv.begin() + 1, command.argv.end(), [&p](const Word& word) { return word.Is("--version") || word.Is("--help") || (word.Is("-version") && p.program->syntax == Syntax::kLong); });
}

// Whether it prints nothing but what it makes of its own words, all of which are known: jq without input, environment and files.
bool MakesOfWords(const Context& c, const Parsed& p) {
  if (p.program->special != Special::kJq || !p.Has("-n --null-input") || c.out.coverage != Coverage::kFull) return false;
  const auto& effects = c.out.effects.all();
  const bool only_runs = std::all_of(effects.begin(), effects.end(), [](const Effect& effect) { return effect.op == Op::kExec; });
  const bool may_read_input = std::any_of(p.arguments.begin(), p.arguments.end(), [](const Word& word) { return word.text.find("input") != std::string::npos; });
  return only_runs && !may_read_input && std::all_of(c.command.argv.begin(), c.command.argv.end(), [](const Word& word) { return word.exact() && !word.may_be_several; });
}

// Whether what it prints comes out of an encoding. A pipe through `tr` or `cat` keeps where its bytes came from.
Input::Origin PrintsFrom(const Context& c, const Parsed& p) {
  const std::string_view name = p.name();
  const bool decodes = ((name == "base64" || name == "base32" || name == "basenc" || name == "gbase64") && p.Has("-d --decode -D")) || (name == "xxd" && p.Has("-r -revert -rp")) ||
                       (name == "openssl" && p.Has("-d")) || name == "uudecode" || name == "b64decode" || name == "ccrypt" || (name == "gpg" && p.Has("-d --decrypt"));
  if (decodes) return Input::Origin::kDecoder;
  if (MakesOfWords(c, p)) return Input::Origin::kOwnWords;
  return c.command.input.origin == Input::Origin::kDecoder ? Input::Origin::kDecoder : Input::Origin::kPlain;
}

const Mode* ModeForArguments(const Parsed& p) {
  for (auto program = p.chain.rbegin(); program != p.chain.rend(); ++program)
    for (const Mode& mode : ModesOf(**program))
      if (mode.has_args && p.Has(View(mode.on))) return &mode;
  return nullptr;
}

void ApplyAt(Context& c, const Parsed& p, Role role, size_t& next) {
  if (role == Role::kCommand) {
    ApplyCommand(c, p, next);
    next = p.arguments.size();
  } else if (role == Role::kShellRest) {
    std::string text;
    bool known = true;
    Span span = p.arguments[next].span;
    for (; next < p.arguments.size(); ++next) {
      if (!text.empty()) text += ' ';
      text += p.arguments[next].text;
      known = known && p.arguments[next].exact() && !p.arguments[next].may_be_several;
      span.end = p.arguments[next].span.end;
    }
    Word joined = Exactly(text, span);
    if (!known) joined.known = Word::Known::kNothing;
    c.Shell(joined);
  } else {
    ApplyRole(c, p, role, p.arguments[next++]);
  }
}

}  // namespace

std::string_view ManagerOf(const Parsed& p) {
  for (auto program = p.chain.rbegin(); program != p.chain.rend(); ++program)
    if ((*program)->manager.size > 0) return View((*program)->manager);
  return View(p.chain.front()->name);
}

uint16_t PortOf(const Parsed& p) {
  for (auto program = p.chain.rbegin(); program != p.chain.rend(); ++program)
    if ((*program)->port != 0) return (*program)->port;
  return 0;
}

bool Executes(const Parsed& p) {
  return std::any_of(p.chain.begin(), p.chain.end(), [](const Program* program) { return program->executes; });
}

void ApplyCommand(Context& c, const Parsed& p, size_t first_argument) {
  std::vector<Word> argv(p.arguments.begin() + static_cast<std::ptrdiff_t>(std::min(first_argument, p.arguments.size())), p.arguments.end());
  c.Run(std::move(argv), false);
}

// csh, fish and others whose text is not followed are named as shells are.
static bool IsShellName(const Context& c) {
  const Program* program = c.command.argv.empty() ? nullptr : FindProgram(BaseName(c.command.argv.front().text));
  return program != nullptr && View(program->object) == "name" && program->stdin_code;
}

void StdinIsCode(Context& c, std::string_view shell) {
  const Input& input = c.command.input;
  switch (input.kind) {
    case Input::Kind::kText:
      if (input.origin == Input::Origin::kDecoder) c.Unknown("hidden-code", c.command.span);  // we read it; who looks at the command does not
      if (!shell.empty()) return c.ShellText(input.text, std::string(shell), c.command.span);
      MentionCalls(c, c.command.argv.empty() ? Dialect::kOther : DialectOf(BaseName(c.command.argv.front().text)), input.text, c.command.span);
      return c.Unknown("code", c.command.span);
    case Input::Kind::kFile:
      c.PathText(Op::kRead, input.text, c.command.span);
      c.out.scripts.push_back(input.text);
      if (!shell.empty()) {
        Nested nested;
        nested.kind = Nested::Kind::kShellFile;
        nested.text = input.text;
        nested.shell = std::string(shell);
        nested.command = c.command;
        c.out.nested.push_back(std::move(nested));
        return;
      }
      return c.ProjectCode(c.command.span);
    case Input::Kind::kInherited:  // one client types into a running program later, and asks no hook about what it types
      return c.Unknown(shell.empty() && !IsShellName(c) ? "stdin-script" : "interactive-shell", c.command.span);
    case Input::Kind::kPipe: return c.Unknown(UnknownText(input.origin, "stdin-script"), c.command.span);
  }
}

void ApplyRole(Context& c, const Parsed& p, Role role, const Word& word) {
  const bool stream = IsStandardStream(word);
  switch (role) {
    case Role::kText: return;
    case Role::kMaybeRead:
      if (!word.exact() || word.text.find('/') != std::string::npos) c.Path(Op::kRead, word);
      return;
    case Role::kRead:
      if (!stream) c.Path(Op::kRead, word);
      return;
    case Role::kReadTree:
      if (!stream) c.Path(Op::kRead, word, Tree::kWhole);
      return;
    case Role::kList: return c.Path(Op::kRead, word);
    case Role::kWrite:
      if (!stream) c.Path(Op::kWrite, word);
      return;
    case Role::kWriteTree: return c.Path(Op::kWrite, word, Tree::kWhole);
    case Role::kMakeDirectory: return c.MakeDirectory(word);
    case Role::kReadWrite:
      if (stream) return;
      c.Path(Op::kRead, word);
      return c.Path(Op::kWrite, word);
    case Role::kDelete: return c.Path(Op::kDelete, word);
    case Role::kDeleteTree:
      // `rm -r /tmp` is no cleaning of temporary files: the folder itself goes.
      if (word.exact() && !word.may_be_several && std::find(std::begin(kTempRoots), std::end(kTempRoots), c.Resolve(word.text)) != std::end(kTempRoots)) c.Path(Op::kDelete, word);
      return c.Path(Op::kDelete, word, Tree::kWhole);
    case Role::kDestroy:
      c.Path(Op::kWrite, word);
      return c.Path(Op::kDelete, word);
    case Role::kTemplate: {
      Word folder = word;
      folder.text = folder.text.find('/') == std::string::npos ? "." : std::string(DirName(folder.text));
      return c.Path(Op::kWrite, folder, Tree::kWhole);
    }
    case Role::kMove:
      c.Path(Op::kRead, word, Tree::kWhole);
      return c.Path(Op::kDelete, word, Tree::kWhole);
    case Role::kReadList:
      if (!stream) c.Path(Op::kRead, word);
      c.Add(Op::kRead, "?", word.span);
      return c.Partial("it reads files that another file names");
    case Role::kDirectory: return;  // done before
    case Role::kProgram: return RunWords(c, word, true);
    case Role::kShell: return c.Shell(word);
    case Role::kShellRest: return c.Shell(word);
    case Role::kCommand: return c.Run({word}, true);
    case Role::kRemote: return c.Unknown("remote-command", word.span);
    case Role::kCode: return Code(c, p, word);
    case Role::kScript:
      if (!stream) return c.Script(word);
      return FollowsStdin(c, p) ? void() : StdinIsCode(c, "");
    case Role::kConfig:
      if (!stream) c.Path(Op::kRead, word);
      return c.Unknown("config", word.span);
    case Role::kUrl: return c.Connect(word, PortOf(p) == 443 ? "https" : "http");
    case Role::kSource:
      if (word.text.find("://") != std::string::npos) return c.Connect(word, "");
      if (!stream) c.Path(Op::kRead, word);
      return;
    case Role::kHost: return c.ConnectHost(word, PortOf(p));
    case Role::kListen: return c.Listen(word);
    case Role::kPackage: return c.Add(Op::kInstall, std::string(ManagerOf(p)) + ":" + (word.exact() ? word.text : "?"), word.span);
    case Role::kPush: return c.Add(Op::kPush, word.exact() && !word.text.empty() ? word.text : "?", word.span);
    case Role::kConfigure:
      return c.Add(Op::kConfigure, std::string(View(p.chain.front()->name)) + ":" + (word.exact() ? word.text : "?"), word.span);
  }
}

void DescribeOptions(Context& c, const Parsed& p) {
  for (const Given& given : p.options)
    if (given.option && given.option->role == Role::kDirectory && given.value) {
      if (given.value->exact()) {
        c.cwd = c.Resolve(given.value->text);
      } else {
        c.cwd = kNowhere;
        if (given.value->file_names && !Executes(p)) {
          c.in_nowhere = c.Object(*given.value, Tree::kWhole);  // somewhere beneath /tmp, and nothing there is obeyed
        } else {
          c.Unknown("directory", given.span);
        }
      }
    }
  for (const Given& given : p.options)
    if (given.option && given.value) ApplyRole(c, p, given.option->role, *given.value);
  const bool lenient = std::any_of(p.chain.begin(), p.chain.end(), [](const Program* program) { return program->lenient; });
  const bool executes = Executes(p);
  if (!lenient)
    for (const Word& word : p.unknown_options) {
      if (executes) c.Unknown("option", word.span);
      c.Partial(word.text + ": an option that is not in the tables");
    }
  if (p.may_hide_options && HiddenOptionsMatter(p)) {
    // A lenient row lists all its options that run something; with none, a hidden one is only a detail.
    if (executes && (!lenient || ListsExecuting(*p.program))) c.Unknown("option", c.command.span);
    c.Partial("a word that is not known may be an option");
  }
}

void DescribeArguments(Context& c, const Parsed& p) {
  if (p.unknown_sub) return c.Unknown("sub-command", p.unknown_sub->span);
  const Mode* chosen = ModeForArguments(p);
  for (const Program* program : p.chain)
    for (const Mode& mode : ModesOf(*program))
      if (p.Has(View(mode.on))) c.AddText(View(mode.does), p.Find(View(mode.on))->span);
  if (!chosen) c.AddText(View(p.program->otherwise), c.command.span);
  const auto roles = chosen ? ArgumentsOf(*chosen) : ArgumentsOf(*p.program);
  const auto any = std::find_if(roles.begin(), roles.end(), [](const Argument& a) { return a.repeat == Repeat::kAny; });
  const size_t after = any == roles.end() ? 0 : static_cast<size_t>(roles.end() - any) - 1;
  size_t next = 0;
  for (const Argument& role : roles) {
    if (role.repeat == Repeat::kAny) {
      while (next < p.arguments.size() && p.arguments.size() - next > after) ApplyAt(c, p, role.role, next);
    } else if (next < p.arguments.size()) {
      ApplyAt(c, p, role.role, next);
    }
  }
  if (next < p.arguments.size()) c.Partial(p.arguments[next].text + ": more words than the tables know");
  if (p.may_hide_arguments) c.Partial("a word may be several");
  if (!p.arguments.empty()) return;
  const bool mode_bare = chosen && chosen->has_bare;
  c.AddText(mode_bare ? View(chosen->bare) : View(p.program->bare), c.command.span);
  const bool given_code = std::any_of(p.options.begin(), p.options.end(), [](const Given& g) { return g.option && (g.option->role == Role::kCode || g.option->role == Role::kScript); });
  if (!chosen && !given_code && p.program->stdin_code && !FollowsStdin(c, p)) StdinIsCode(c, "");
}

void DescribeTable(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  DescribeArguments(c, p);
}

Description DescribeCommand(const Command& command, const Place& place, World& world) {
  Context c(command, place, world);
  if (command.argv.empty()) return std::move(c.out);
  const Word& first = command.argv.front();
  const ProgramName name = NameProgram(first, c);
  const Program* program = name.base.empty() ? nullptr : FindProgram(name.base);
  if (!program || !program->builtin || !name.path.empty()) c.Add(Op::kExec, name.object, first.span);
  if (!program) {
    GlobalVariables(c, nullptr, name.path.empty());
    if (name.in_project) {
      c.out.scripts.push_back(name.path);
      c.ProjectCode(first.span);
    } else {
      c.Unknown("program", first.span);
    }
    Mentions(c);
    return std::move(c.out);
  }
  const Parsed p = ParseWords(*program, command.argv, 1);
  Special special = Special::kNone;
  for (const Program* part : p.chain)
    if (part->special != Special::kNone) special = part->special;
  if (!OnlyAboutItself(command, p)) {
    if (kSpecials[static_cast<size_t>(special)](c, p) == Then::kTable) DescribeTable(c, p);
    for (const Program* part : p.chain) {
      c.AddText(View(part->does), command.span);
      c.out.coverage = Least(c.out.coverage, part->coverage);
    }
  }
  TableVariables(c, p);
  GlobalVariables(c, &p, name.path.empty());
  c.out.prints = PrintsFrom(c, p);
  const bool plain = p.program->syntax == Syntax::kRaw && special == Special::kNone && !program->builtin;
  if (plain || c.out.coverage == Coverage::kOpaque) Mentions(c);
  return std::move(c.out);
}

}  // namespace checkrein::analysis
