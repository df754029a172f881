// cp, mv, install, ln; grep; chmod, chown: where a folder makes a difference.
#include <algorithm>

#include "analysis/program/describe.h"
#include "base/path.h"
#include "effect/places.h"

namespace checkrein::analysis {
namespace {

bool MayBeFolder(const Word& to) { return to.exact(); }

// Writes `to`, and `to`/NAME in case it is a folder: only the world knows, and both may matter (`cp job /etc/cron.d`).
void Destination(Context& c, const Word& to, const std::vector<Word>& from, Tree tree, bool surely_folder) {
  const bool slash = to.exact() && (to.text.ends_with('/') || to.text == "." || to.text == ".." || to.text.ends_with("/.") || to.text.ends_with("/.."));
  const bool folder = surely_folder || slash || from.size() > 1;
  const bool is_root = to.exact() && (c.Resolve(to.text) == c.place.workspace || c.Resolve(to.text) == c.place.home || c.Resolve(to.text) == c.cwd);
  if (!folder && !is_root) c.Path(Op::kWrite, to, tree);
  if (!MayBeFolder(to) || (tree == Tree::kWhole && !folder && !is_root)) {
    if (folder || is_root) c.Path(Op::kWrite, to, Tree::kWhole);
    return;
  }
  for (const Word& source : from) {
    if (!source.exact() || source.may_be_several) {
      c.Path(Op::kWrite, to, Tree::kWhole);
      continue;
    }
    std::string base(BaseName(c.Resolve(source.text)));
    if (base.empty() || source.text.ends_with("/.") || source.text == "." || source.text == "..") {
      c.Path(Op::kWrite, to, Tree::kWhole);
      continue;
    }
    c.PathText(Op::kWrite, to.text + "/" + base, to.span, tree);
  }
}

// A link into a home or a protected place is made to be read or written through: by its new name nobody would notice. Links to
// programs and libraries are everyday, and so are those within the project, but for what is obeyed or run (a second name of a hook).
void LinkTarget(Context& c, const Word& target, const std::string& from) {
  if (!target.exact() || target.text.empty()) return c.Partial("where the link leads is not known");
  const std::string path = target.text[0] == '/' ? c.Resolve(target.text) : NormalizePath(target.text, from);
  const auto groups = PlaceGroups(path, c.place.home, c.place.workspace);
  const auto in = [&groups](std::string_view group) { return std::find(groups.begin(), groups.end(), group) != groups.end(); };
  const auto only = [&groups](std::initializer_list<std::string_view> harmless) {
    return std::all_of(groups.begin(), groups.end(), [&](std::string_view group) { return group.starts_with("maybe-") || std::find(harmless.begin(), harmless.end(), group) != harmless.end(); });
  };
  // A home may lie in /opt or /var/lib, and is no part of the system for it.
  if ((in("workspace") && only({"workspace", "home", "temp", "credentials"})) || (in("system") && only({"system"})) || path.starts_with("/usr/")) return;
  c.PathText(Op::kRead, path, target.span);
  c.PathText(Op::kWrite, path, target.span);
}

}  // namespace

Then DescribeCopy(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  const std::string_view name = p.name();
  std::vector<Word> from = p.arguments;
  if (name == "install" && p.Has("-d --directory")) {
    for (const Word& word : from) c.Path(Op::kWrite, word);
    return Then::kDone;
  }
  std::optional<Word> to;
  const Given* target = p.Find("-t --target-directory");
  if (target && target->value) {
    to = *target->value;
  } else if (from.size() > 1) {
    to = from.back();
    from.pop_back();
  } else if (name == "ln" && from.size() == 1) {
    to = Exactly(".", c.command.span);
  }
  const bool move = name == "mv";
  const bool whole = move || p.Has("-r -R --recursive -a --archive");
  for (const Word& word : from) {
    if (name == "ln") {
      // A link makes another name for what it points to: whoever writes here later writes there.
      if (p.Has("-s --symbolic")) {
        LinkTarget(c, word, to && to->exact() ? std::string(DirName(c.Resolve(to->text))) : c.cwd);
      } else {
        c.Path(Op::kRead, word);
        LinkTarget(c, word, c.cwd);
      }
      continue;
    }
    c.Path(Op::kRead, word, whole ? Tree::kWhole : Tree::kOne);
    if (move) c.Path(Op::kDelete, word, whole ? Tree::kWhole : Tree::kOne);
  }
  if (to) Destination(c, *to, from, Tree::kOne, target != nullptr);
  if (to && whole && !move) Destination(c, *to, from, Tree::kWhole, target != nullptr);
  if (p.may_hide_arguments) c.Partial("a word may be several");
  return Then::kDone;
}

Then DescribeGrep(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  const std::string_view name = p.name();
  const bool always_deep = name == "rg" || name == "ag" || name == "ack";
  const bool no_pattern = p.Has("-e --regexp -f --file") || (always_deep && p.Has("--files --type-list"));
  const bool deep = always_deep || p.Has("-r -R --recursive --dereference-recursive") || (p.Find("-d --directories") && p.Find("-d --directories")->value && p.Find("-d --directories")->value->Is("recurse"));
  const size_t first = no_pattern ? 0 : 1;
  for (size_t i = first; i < p.arguments.size(); ++i) ApplyRole(c, p, deep ? Role::kReadTree : Role::kRead, p.arguments[i]);
  const bool has_files = p.arguments.size() > first;
  const bool reads_stdin = always_deep && c.command.input.kind != Input::Kind::kInherited;
  if (deep && !has_files && !reads_stdin && !p.Has("--version -V --help -h --type-list")) c.PathText(Op::kRead, ".", c.command.span, Tree::kWhole);
  if (p.may_hide_arguments) c.Partial("a word may be several");
  return Then::kDone;
}

// Without -o a compiler names its output after the source.
Then DescribeCompiler(Context& c, const Parsed& p) {
  DescribeTable(c, p);
  if (p.Has("-o -E -M -MM --version --help -dumpversion -dumpmachine -fsyntax-only") || p.arguments.empty()) return Then::kDone;
  if (!p.Has("-c -S")) {
    c.PathText(Op::kWrite, "a.out", c.command.span);
    return Then::kDone;
  }
  for (const Word& source : p.arguments) {
    if (!source.exact() || source.may_be_several) {
      c.PathText(Op::kWrite, ".", source.span, Tree::kWhole);
      continue;
    }
    const std::string_view base = BaseName(source.text);
    c.PathText(Op::kWrite, std::string(base.substr(0, base.rfind('.'))) + (p.Has("-S") ? ".s" : ".o"), source.span);
  }
  return Then::kDone;
}

namespace {

constexpr std::string_view kSystemFolders[] = {"/bin/", "/sbin/", "/lib/", "/lib64/", "/usr/bin/", "/usr/sbin/", "/usr/lib/"};

// chmod(1): whether a mode lets everybody change the file: 666, a+w, o=rw; `+w` asks the umask, which does not.
bool OpensToAll(std::string_view mode) {
  if (!mode.empty() && mode.find_first_not_of("01234567") == std::string_view::npos) return ((mode.back() - '0') & 2) != 0;
  for (size_t at = 0; at < mode.size();) {
    const std::string_view clause = mode.substr(at, mode.find(',', at) - at);
    at += clause.size() + 1;
    const size_t sign = clause.find_first_of("+-=");
    if (sign == std::string_view::npos || clause[sign] == '-') continue;
    if (clause.substr(0, sign).find_first_of("ao") != std::string_view::npos && clause.find('w', sign) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

Then DescribeChmod(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  const bool reference = p.Has("--reference");
  const size_t first = reference ? 0 : 1;
  const bool deep = p.Has("-R --recursive");
  for (size_t i = first; i < p.arguments.size(); ++i) c.Path(Op::kWrite, p.arguments[i], deep ? Tree::kWhole : Tree::kOne);
  const bool is_mode = p.name() == "chmod" && !reference && !p.arguments.empty();
  if (is_mode) {
    const Word& mode = p.arguments.front();
    const bool set_id = mode.text.find('s') != std::string::npos || (mode.text.size() >= 4 && mode.text.find_first_not_of("01234567") == std::string::npos && mode.text[mode.text.size() - 4] != '0' && mode.text[mode.text.size() - 4] != '1');
    if (set_id || !mode.exact()) c.Add(Op::kPrivilege, "set-id", mode.span);
    if (OpensToAll(mode.text)) c.Add(Op::kConfigure, "file:open-to-all", mode.span);
  } else if (p.name() != "chmod") {
    c.Add(Op::kConfigure, "file:owner", c.command.span);
  }
  if (p.may_hide_arguments) c.Partial("a word may be several");
  return Then::kDone;
}

// The loader that it starts may run the program (ldd(1), "Security"): those of the system would do so anyway.
Then DescribeLdd(Context& c, const Parsed& p) {
  for (const Word& word : p.arguments) {
    const bool system = std::any_of(std::begin(kSystemFolders), std::end(kSystemFolders), [&word](std::string_view folder) { return word.text.starts_with(folder); });
    if (!system || word.text.find("..") != std::string::npos) c.ProjectCode(word.span);
  }
  return Then::kTable;
}

// What is written beside a name that is given without an ending: MODEL.bin and MODEL.vec.
Then DescribeStem(Context& c, const Parsed& p) {
  struct Stem { std::string_view program, option, endings; };  // an option "" is the second word
  constexpr Stem kStems[] = {{"fasttext", "-output", ".bin .vec .ftz .o"}, {"tesseract", "", ".txt .pdf .hocr .tsv .xml .box .lstmf .osd"}};
  for (const Stem& row : kStems) {
    if (p.name() != row.program) continue;
    std::optional<Word> stem;
    if (row.option.empty()) {
      if (p.arguments.size() > 1) stem = p.arguments[1];
    } else if (const Given* given = p.Find(row.option)) {
      stem = given->value;
    }
    if (!stem || stem->Is("-") || stem->Is("stdout")) continue;
    if (!stem->exact() || stem->may_be_several) {
      c.Path(Op::kWrite, *stem);
      continue;
    }
    for (size_t at = 0; at < row.endings.size();) {
      const size_t end = std::min(row.endings.find(' ', at), row.endings.size());
      c.PathText(Op::kWrite, stem->text + std::string(row.endings.substr(at, end - at)), stem->span);
      at = end + 1;
    }
  }
  return Then::kTable;
}

}  // namespace checkrein::analysis
