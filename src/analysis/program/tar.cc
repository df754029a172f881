// tar: what it does hangs on one letter, which may be written without a dash; several options start programs. GNU tar 1.34.
#include "analysis/program/describe.h"

namespace checkrein::analysis {
namespace {

// `tar xzf a.tgz` as `tar -x -z -f a.tgz`: each letter that takes a value takes the next of the words that follow.
std::vector<Word> WithDashes(const std::vector<Word>& argv, const Program& program) {
  if (argv.size() < 2 || !argv[1].exact() || argv[1].text.empty() || argv[1].text[0] == '-') return argv;
  std::vector<Word> out{argv[0]};
  size_t next = 2;
  for (const char letter : argv[1].text) {
    const std::string name = {'-', letter};
    out.push_back(Exactly(name, argv[1].span));
    const Option* option = FindOption(program, name);
    if (option && option->takes == Takes::kValue && next < argv.size()) out.push_back(argv[next++]);
  }
  out.insert(out.end(), argv.begin() + static_cast<std::ptrdiff_t>(std::min(next, argv.size())), argv.end());
  return out;
}

void Archive(Context& c, const Parsed& p, Op op) {
  for (const Given* given : p.All("-f --file")) {
    if (!given->value || given->value->Is("-")) continue;
    const std::string& text = given->value->text;
    const size_t colon = text.find(':');
    if (given->value->exact() && colon != std::string::npos && text.find('/') > colon && !p.Has("--force-local")) {
      c.ConnectHost(Exactly(text.substr(0, colon), given->value->span), 22);  // HOST:FILE is another machine's tape
      c.Unknown("remote-command", given->value->span);
    } else {
      c.Path(op, *given->value);
    }
  }
}

// gzip and its like are programs that tar starts: by option, or by the archive's name (when reading, by what is in it).
void Compressors(Context& c, const Parsed& p, bool create) {
  struct Row {
    std::string_view options, program;
    std::string_view endings;  // each between blanks
  };
  static constexpr Row kRows[] = {{"-z --gzip --gunzip --ungzip", "gzip", " gz tgz taz "}, {"-j --bzip2", "bzip2", " bz2 tbz tbz2 tz2 "}, {"-J --xz", "xz", " xz txz "},
                                  {"--zstd", "zstd", " zst tzst "}, {"-Z --compress --uncompress", "compress", " Z taZ "}, {"--lzma", "lzma", " lzma tlz "}, {"--lzip", "lzip", " lz "}, {"--lzop", "lzop", " lzo "}};
  std::string_view ending;
  const Given* file = p.Find("-f --file");
  if (file && file->value && file->value->exact()) ending = std::string_view(file->value->text).substr(file->value->text.rfind('.') == std::string::npos ? file->value->text.size() : file->value->text.rfind('.') + 1);
  bool packed = false;
  for (const Row& row : kRows) {
    const bool by_name = (!create || p.Has("-a --auto-compress")) && !ending.empty() && row.endings.find(" " + std::string(ending) + " ") != std::string_view::npos;
    if (!p.Has(row.options) && !by_name) continue;
    c.Add(Op::kExec, "/usr/bin/" + std::string(row.program), c.command.span);
    packed = true;
  }
  if (packed && create) c.Add(Op::kExec, "sh", c.command.span);
  if (!packed && !create && file && !p.Has("-I --use-compress-program") && ending != "tar" && !(file->value && file->value->Is("-"))) c.Partial("if the archive is compressed, tar starts a program to unpack it");
}

}  // namespace

Then DescribeTar(Context& c, const Parsed& before) {
  const std::vector<Word> argv = WithDashes(c.command.argv, *before.program);
  const Parsed p = ParseWords(*before.program, argv, 1);
  DescribeOptions(c, p);
  for (const Given* given : p.All("--checkpoint-action")) {
    const bool harmless = given->value && given->value->exact() && !given->value->text.starts_with("exec");
    if (harmless) continue;
    if (given->value && given->value->exact() && given->value->text.starts_with("exec=")) {
      c.Shell(Rest(*given->value, 5));
    } else {
      c.Unknown("shell-text", given->span);
    }
  }
  // s/REGEX/NAME/: members are written by that name, when it is absolute and -P takes it so.
  for (const Given* given : p.All("--transform --xform")) {
    if (!given->value || !given->value->exact() || given->value->text.size() < 4 || given->value->text[0] != 's') continue;
    const char mark = given->value->text[1];
    const size_t second = given->value->text.find(mark, 2), third = second == std::string::npos ? second : given->value->text.find(mark, second + 1);
    if (third == std::string::npos) continue;
    const std::string name = given->value->text.substr(second + 1, third - second - 1);
    if (name.starts_with('/') && name.find_first_of("\\&") == std::string::npos) c.PathText(Op::kWrite, name, given->span);
  }
  const bool create = p.Has("-c --create -r --append -u --update -A --catenate --concatenate");
  const bool extract = p.Has("-x --extract --get");
  Compressors(c, p, create);
  const std::string start = c.cwd;  // the archive's own name is not relative to -C
  if (!create) Archive(c, p, Op::kRead);
  if (create) Archive(c, p, Op::kWrite);
  if (!create && p.Has("--delete")) Archive(c, p, Op::kWrite);
  const auto folders = p.All("-C --directory");
  if (folders.size() > 1) c.Partial("several folders: what is relative to which is not followed");
  for (const Given* given : folders) {
    if (!given->value) continue;
    if (given->value->exact()) {
      c.cwd = c.Resolve(given->value->text);
    } else {
      c.Unknown("directory", given->span);
    }
  }
  if (create) {
    for (const Word& word : p.arguments) c.Path(Op::kRead, word, Tree::kWhole);
    if (p.Has("--remove-files"))
      for (const Word& word : p.arguments) c.Path(Op::kDelete, word, Tree::kWhole);
  } else {
    if (extract && !p.Has("-O --to-stdout --to-command")) {
      if (p.Has("-P --absolute-names")) c.Add(Op::kWrite, "?", c.command.span), c.Partial("members may have absolute names");
      c.PathText(Op::kWrite, ".", c.command.span, Tree::kWhole);
    }
    if (p.Has("-d --diff --compare")) c.PathText(Op::kRead, ".", c.command.span, Tree::kWhole);
  }
  c.cwd = start;
  if (p.may_hide_arguments) c.Partial("a word may be several");
  return Then::kDone;
}

// cpio -o and -p read the names of what they copy from their input.
Then DescribeCpio(Context& c, const Parsed& p) {
  if (!p.Has("-o --create -p --pass-through")) return Then::kTable;
  DescribeOptions(c, p);
  const Input& input = c.command.input;
  if (input.kind != Input::Kind::kText) {
    c.Add(Op::kRead, "?", c.command.span);
    c.Partial("the names that it reads are not known");
  }
  for (size_t at = 0; input.kind == Input::Kind::kText && at < input.text.size();) {
    const size_t end = std::min(input.text.find('\n', at), input.text.size());
    if (end > at) c.PathText(Op::kRead, input.text.substr(at, end - at), c.command.span);
    at = end + 1;
  }
  if (p.Has("-p --pass-through"))
    for (const Word& word : p.arguments) c.Path(Op::kWrite, word, Tree::kWhole);
  return Then::kDone;
}

}  // namespace checkrein::analysis
