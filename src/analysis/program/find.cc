// find: the folders first, then an expression of which some parts run programs, delete or write. Listing names is read:FOLDER; what
// -exec does to the files it finds is beneath that folder.
#include <algorithm>

#include "analysis/program/describe.h"

namespace checkrein::analysis {
namespace {

constexpr std::string_view kNoValue[] = {"-print", "-print0", "-ls", "-prune", "-quit", "-depth", "-d", "-mount", "-xdev", "-empty", "-readable", "-writable", "-executable", "-true", "-false",
                                         "-not", "-a", "-and", "-o", "-or", "(", ")", "!", ",", "-follow", "-daystart", "-noleaf", "-ignore_readdir_race", "-noignore_readdir_race", "-nouser",
                                         "-nogroup", "-warn", "-nowarn", "--help", "-help", "--version", "-version", "-L", "-H", "-P", "-E", "-X", "-x", "-s"};
constexpr std::string_view kOneValue[] = {"-name", "-iname", "-path", "-ipath", "-wholename", "-iwholename", "-regex", "-iregex", "-type", "-xtype", "-size", "-mtime", "-atime", "-ctime", "-mmin",
                                          "-amin", "-cmin", "-user", "-group", "-uid", "-gid", "-perm", "-maxdepth", "-mindepth", "-links", "-inum", "-fstype", "-lname", "-ilname", "-used", "-context",
                                          "-printf", "-regextype", "-D"};
constexpr std::string_view kFileValue[] = {"-newer", "-anewer", "-cnewer", "-samefile"};

template <size_t n>
bool In(const std::string_view (&list)[n], std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

class Find {
 public:
  explicit Find(Context& c) : c_(c), argv_(c.command.argv) {}

  void Go() {
    while (at_ < argv_.size() && (argv_[at_].Is("-H") || argv_[at_].Is("-L") || argv_[at_].Is("-P") || argv_[at_].text.starts_with("-O") || argv_[at_].Is("-E") || argv_[at_].Is("-D"))) at_ += argv_[at_].Is("-D") ? 2u : 1u;
    for (; at_ < argv_.size(); ++at_) {
      const Word& word = argv_[at_];
      if (word.exact() && (word.text.starts_with('-') || word.text == "(" || word.text == "!" || word.text == ")" || word.text == ",")) break;
      if (!word.exact() && (word.text.empty() || word.text[0] == '-' || (word.may_be_several && !word.file_names))) c_.Unknown("option", word.span);
      roots_.push_back(word);
    }
    if (roots_.empty()) roots_.push_back(Exactly(".", c_.command.span));
    for (const Word& root : roots_) {
      const std::string path = root.exact() ? c_.Resolve(root.text) : std::string();
      const bool everything = path == "/" || path == "/home" || path == "/root" || path == "/etc" || path == c_.place.home;  // that is looking for something, not at something
      c_.Path(Op::kRead, root, everything ? Tree::kWhole : Tree::kOne);
    }
    while (at_ < argv_.size()) Primary();
  }

 private:
  void Primary() {
    const Word& word = argv_[at_++];
    if (!word.exact()) return c_.Unknown("option", word.span);
    const std::string_view name = word.text;
    if (In(kNoValue, name) || name.starts_with("-O")) return;
    if (In(kOneValue, name)) {
      ++at_;
    } else if (In(kFileValue, name) || (name.starts_with("-newer") && name.size() == 8)) {
      if (at_ < argv_.size() && !name.ends_with('t')) c_.Path(Op::kRead, argv_[at_]);
      ++at_;
    } else if (name == "-delete") {
      for (const Word& root : roots_) c_.Path(Op::kDelete, root, Tree::kWhole);
    } else if (name == "-exec" || name == "-execdir" || name == "-ok" || name == "-okdir") {
      Exec(name.ends_with("dir"));
    } else if (name == "-fprint" || name == "-fprint0" || name == "-fls" || name == "-fprintf") {
      if (at_ < argv_.size()) c_.Path(Op::kWrite, argv_[at_]);
      at_ += name == "-fprintf" ? 2u : 1u;
    } else if (name == "-files0-from") {
      if (at_ < argv_.size()) c_.Path(Op::kRead, argv_[at_]);
      ++at_;
      c_.Add(Op::kRead, "?", word.span);
      roots_.push_back(Word{});
      c_.Partial("find reads its folders from a file");
    } else {
      c_.Unknown("option", word.span);
    }
  }

  void Exec(bool in_folder) {
    std::vector<Word> words;
    for (; at_ < argv_.size(); ++at_) {
      if (argv_[at_].Is(";") || (argv_[at_].Is("+") && !words.empty() && words.back().Is("{}"))) {
        ++at_;
        break;
      }
      words.push_back(argv_[at_]);
    }
    if (words.empty()) return;
    for (const Word& root : roots_) {
      std::vector<Word> argv;
      for (const Word& word : words) argv.push_back(Filled(word, root));
      c_.Run(std::move(argv), false);
      if (in_folder) {
        if (root.exact()) {
          c_.out.nested.back().cwd = c_.Resolve(root.text);
        } else {
          c_.Unknown("directory", root.span);
        }
      }
    }
  }

  // `{}` is the root or a path beneath it. In any other word the text around it could join with it to anything.
  Word Filled(const Word& word, const Word& root) const {
    if (!word.exact() || word.text.find("{}") == std::string::npos) return word;
    Word filled;
    filled.span = word.span;
    if (word.text == "{}" && root.exact()) {
      filled.known = Word::Known::kPrefix;
      filled.text = c_.Resolve(root.text);
      if (filled.text != "/") filled.text += '/';
      filled.may_be_several = true;
      filled.file_names = true;
    }
    return filled;
  }

  Context& c_;
  const std::vector<Word>& argv_;
  size_t at_ = 1;
  std::vector<Word> roots_;
};

}  // namespace

Then DescribeFind(Context& c, const Parsed&) {
  Find(c).Go();
  return Then::kDone;
}

}  // namespace checkrein::analysis
