// jq, sqlite3 and editors: languages of which a small plain part is known to be harmless.
#include <algorithm>

#include "analysis/program/describe.h"

namespace checkrein::analysis {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

// SQL and dot commands that only look.
bool OnlyLooks(std::string_view sql) {
  const std::string text = Lower(sql);
  for (const std::string_view word : {"load_extension", "readfile", "writefile", "attach", "edit(", "fts3_tokenizer", "copy", "into outfile", "into dumpfile", "load_file", "pg_read", "lo_import", "lo_export", "\\", "program", "|"})
    if (text.find(word) != std::string::npos) return false;
  size_t at = 0;
  while (at < text.size()) {
    at = text.find_first_not_of(" \t\n;", at);
    if (at == std::string::npos) return true;
    const std::string_view rest = std::string_view(text).substr(at);
    const bool looks = rest.starts_with("select ") || rest.starts_with("pragma table_info") || rest.starts_with(".tables") || rest.starts_with(".schema") || rest.starts_with(".headers") || rest.starts_with(".mode") ||
                       rest.starts_with(".indexes") || rest.starts_with(".databases") || rest.starts_with("explain ") || rest.starts_with("show ") || rest.starts_with("describe ");
    if (!looks) return false;
    const size_t end = rest.starts_with('.') ? text.find('\n', at) : text.find(';', at);
    if (end == std::string::npos) return true;
    at = end + 1;
  }
  return true;
}

}  // namespace

Then DescribeJq(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  const bool filter_file = p.Has("-f --from-file");
  size_t first = 0;
  if (!filter_file && !p.arguments.empty()) {
    const Word& filter = p.arguments.front();
    first = 1;
    // `env`, `$ENV` show the environment; import and include read modules.
    const bool plain = filter.exact() && filter.text.find("env") == std::string::npos && filter.text.find("ENV") == std::string::npos && filter.text.find("import") == std::string::npos &&
                       filter.text.find("include") == std::string::npos;
    if (!plain) {
      c.PathText(Op::kRead, "/proc/self/environ", filter.span);
      c.Partial("the filter may read the environment or modules");
    }
  }
  if (p.Has("--args --jsonargs")) return Then::kDone;
  for (size_t i = first; i < p.arguments.size(); ++i) ApplyRole(c, p, Role::kRead, p.arguments[i]);
  if (p.may_hide_arguments) c.Partial("a word may be several");
  return Then::kDone;
}

Then DescribeSql(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  const bool file_database = p.name() == "sqlite3";
  std::vector<Word> texts;
  for (const Given* given : p.All("-cmd -c --command -e --execute"))
    if (given->value) texts.push_back(*given->value);
  if (file_database) {
    if (!p.arguments.empty() && !p.arguments.front().Is(":memory:")) {
      c.Path(Op::kRead, p.arguments.front());
      if (!p.Has("-readonly --readonly")) c.Path(Op::kWrite, p.arguments.front());
    }
    for (size_t i = 1; i < p.arguments.size(); ++i) texts.push_back(p.arguments[i]);
  } else {
    const Given* host = p.Find("-h --host");
    if (host && host->value) {
      c.ConnectHost(*host->value, PortOf(p));
    } else if (!p.arguments.empty() && p.arguments.front().text.find("://") != std::string::npos) {
      c.Connect(p.arguments.front(), "");
    } else {
      c.Add(Op::kConnect, "localhost:" + std::to_string(PortOf(p)), c.command.span);
    }
  }
  for (const Word& text : texts)
    if (!text.exact() || !OnlyLooks(text.text)) c.Unknown("code", text.span);
  if (texts.empty() && !p.Has("-version --version -help --help -V")) {
    if (c.command.input.kind == Input::Kind::kText && OnlyLooks(c.command.input.text)) return Then::kDone;
    StdinIsCode(c, "");
  }
  return Then::kDone;
}

// yq [eval] FILTER FILE...: filters that name other files, the environment or further filters are not followed.
Then DescribeYq(Context& c, const Parsed& before) {
  Parsed p = before;
  if (!p.arguments.empty() && (p.arguments.front().Is("eval") || p.arguments.front().Is("e") || p.arguments.front().Is("eval-all") || p.arguments.front().Is("ea"))) p.arguments.erase(p.arguments.begin());
  if (!p.arguments.empty()) {
    const Word& filter = p.arguments.front();
    constexpr std::string_view kReaches[] = {"load", "env", "eval", "input", "import", "include", "system", "halt", "$__"};
    const bool plain = filter.exact() && std::none_of(std::begin(kReaches), std::end(kReaches), [&filter](std::string_view word) { return filter.text.find(word) != std::string::npos; });
    const bool words = filter.exact() || filter.ambient != Ambient::kNo;
    if (!plain && words && !filter.exact()) c.Partial("part of the filter is not known");
    if (!plain && (filter.exact() || !words)) {
      c.Add(Op::kRead, "?", filter.span);
      c.Unknown("code", filter.span);
    }
  }
  DescribeTable(c, p);
  return Then::kDone;
}

// Editors run anything they are told to, and read project files that tell them.
Then DescribeVim(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  for (const Word& word : p.arguments) ApplyRole(c, p, Role::kReadWrite, word);
  for (const Given* given : p.All("-c --cmd +")) {  // :!COMMAND, :shell, :terminal
    if (!given->value || !given->value->exact()) continue;
    std::string_view text = given->value->text;
    text.remove_prefix(std::min(text.find_first_not_of(": "), text.size()));
    const std::string_view last = text.substr(text.rfind('|') == std::string_view::npos ? 0 : text.rfind('|') + 1);
    if (text.starts_with('!')) c.Shell(Rest(*given->value, given->value->text.find('!') + 1));
    if (last.find("shell") != std::string_view::npos || last.find("term") != std::string_view::npos) c.Unknown("interactive-shell", given->span);
  }
  if (!p.Has("--version -h --help")) c.Unknown("editor", c.command.span);
  return Then::kDone;
}

}  // namespace checkrein::analysis
