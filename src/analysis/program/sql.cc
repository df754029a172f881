// sqlite3, psql, mysql and their like: what a plain text for them does beyond the database itself.
//
//   text      = { statement ";" | command newline } ;
//   command   = "." word { word }                      (sqlite3)  | "\" word rest-of-line   (psql, mysql) | ("system" | "source") rest-of-line (mysql) ;
//   statement = words and quoted texts, up to ";" or the end ;
//
// Commands that run programs or touch files are effects of their own; so are ATTACH, INTO OUTFILE, COPY .. TO PROGRAM and the functions
// that open files, where a constant says which. A server's files are taken to be this machine's when it is. What is not in the lists below
// is unknown:code. Sources: sqlite.org/cli.html, PostgreSQL 15 psql(1) and COPY, MySQL 8.0 manual 4.5.1.2 and 13.2.10.
#include <algorithm>

#include "analysis/program/describe.h"
#include "base/ascii.h"

namespace checkrein::analysis {
namespace {

enum class SqlDialect : uint8_t { kSqlite, kPostgres, kMysql };

constexpr size_t kMaxSql = 256u << 10;  // bytes that are followed

std::string_view Trimmed(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t\r\n") - start + 1);
}

// Without the quotes around it; nothing for what is not one plain word.
std::optional<std::string> Unquoted(std::string_view word) {
  word = Trimmed(word);
  if (word.size() >= 2 && (word[0] == '\'' || word[0] == '"') && word.back() == word[0]) word = word.substr(1, word.size() - 2);
  else if (word.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
  if (word.empty() || word[0] == '-' || word.starts_with("file:") || word.find_first_of("'\"\\`") != std::string_view::npos) return std::nullopt;
  return std::string(word);
}

class SqlReader {
 public:
  SqlReader(Context& c, SqlDialect dialect, Span span) : c_(c), dialect_(dialect), span_(span) {}

  bool changed() const { return changed_; }  // whether a statement may change the database

  // Whether all of it is understood. What is understood has its effects either way.
  bool Read(std::string_view text) {
    if (text.size() > kMaxSql) return false;
    // Comments and other quotes (psql's $$) may hide where a statement ends.
    for (const std::string_view hides : {"--", "/*", "$$", "#"})
      if (text.find(hides) != std::string_view::npos) return false;
    bool all = true;
    for (size_t at = 0; at < text.size();) {
      at = text.find_first_not_of(" \t\r\n;", at);
      if (at == std::string_view::npos) break;
      const bool command = IsCommand(text.substr(at));
      const size_t end = command ? std::min(text.find('\n', at), text.size()) : EndOfStatement(text, at);
      const std::string_view part = Trimmed(text.substr(at, end - at));
      all = (command ? Command(part) : Statement(part)) && all;
      at = end + 1;
    }
    return all;
  }

 private:
  bool IsCommand(std::string_view rest) const {
    if (dialect_ == SqlDialect::kSqlite) return rest.starts_with('.');
    if (rest.starts_with('\\')) return true;
    const std::string word = AsciiLower(rest.substr(0, rest.find_first_of(" \t\n")));
    return dialect_ == SqlDialect::kMysql && (word == "system" || word == "source");
  }

  // `;` outside of quotes and comments.
  static size_t EndOfStatement(std::string_view text, size_t at) {
    char quote = 0;
    for (; at < text.size(); ++at) {
      const char c = text[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '\'' || c == '"' || c == '`') {
        quote = c;
      } else if (c == ';') {
        return at;
      }
    }
    return text.size();
  }

  bool File(Op op, std::string_view word) {
    const std::optional<std::string> name = Unquoted(word);
    if (!name || name->front() == '|') return false;  // .output |PROGRAM
    c_.PathText(op, *name, span_);
    return true;
  }

  bool Runs(std::string_view text) {
    if (Trimmed(text).empty()) return false;
    c_.ShellText(std::string(Trimmed(text)), "sh", span_);
    return true;
  }

  bool Command(std::string_view line) {
    const size_t blank = std::min(line.find_first_of(" \t"), line.size());
    const std::string word = AsciiLower(line.substr(line[0] == '.' || line[0] == '\\' ? 1 : 0, blank - (line[0] == '.' || line[0] == '\\' ? 1 : 0)));
    const std::string_view rest = Trimmed(line.substr(blank));
    const auto is = [&word](std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), word) != names.end(); };
    if (dialect_ == SqlDialect::kSqlite) {
      if (is({"shell", "system"})) return Runs(rest);
      if (is({"tables", "schema", "headers", "header", "mode", "indexes", "databases", "dump", "echo", "bail", "width", "nullvalue", "separator", "timer", "changes", "stats", "show", "help", "quit", "exit", "print", "explain", "eqp", "timeout", "version", "fullschema", "dbinfo", "limit"})) return rest.find('|') == std::string_view::npos;
      if (is({"output", "once"})) return rest.empty() || rest == "stdout" || File(Op::kWrite, rest);
      if (is({"backup", "save", "clone"})) return File(Op::kWrite, rest.substr(rest.starts_with("main ") ? 5 : 0));
      if (is({"restore", "open"})) return File(Op::kRead, rest) && File(Op::kWrite, rest);
      if (is({"import"})) return File(Op::kRead, rest.substr(0, rest.find_first_of(" \t")));
      return false;  // .read, .load and the rest
    }
    if (word.starts_with("!")) return Runs(line.substr(2));
    if (is({"system"})) return Runs(rest);
    if (dialect_ == SqlDialect::kMysql) return is({"q", "g", "s", "u", "h", "r", "w", "t", "c"}) && rest.find_first_of("|/") == std::string_view::npos;
    if (is({"d", "dt", "dn", "du", "df", "l", "list", "q", "x", "a", "timing", "echo", "pset", "conninfo", "encoding", "di", "dv", "ds", "d+", "dt+", "l+"})) return rest.find('`') == std::string_view::npos;
    if (is({"o", "out"})) return rest.empty() || File(Op::kWrite, rest);
    return false;  // \copy, \i, \e, \set with backquotes and the rest
  }

  // What stands in the quotes after `word` in the statement, if that is how it goes on.
  static std::optional<std::string> TextAfter(std::string_view lower, std::string_view statement, std::string_view word) {
    const size_t at = lower.find(word);
    if (at == std::string_view::npos) return std::nullopt;
    const size_t quote = statement.find_first_not_of(" \t\r\n(", at + word.size());
    if (quote == std::string_view::npos || (statement[quote] != '\'' && statement[quote] != '"')) return std::nullopt;
    const size_t end = statement.find(statement[quote], quote + 1);
    if (end == std::string_view::npos || end == quote + 1) return std::nullopt;
    std::string text(statement.substr(quote + 1, end - quote - 1));
    if (text.find('\\') != std::string::npos) return std::nullopt;
    return text;
  }

  struct Opens {
    std::string_view word;
    Op op;
  };

  bool Statement(std::string_view statement) {
    const std::string lower = AsciiLower(statement);
    static constexpr Opens kOpens[] = {{"into outfile", Op::kWrite},    {"into dumpfile", Op::kWrite}, {"writefile(", Op::kWrite}, {"vacuum into", Op::kWrite}, {"readfile(", Op::kRead},
                                       {"load_file(", Op::kRead},       {"infile", Op::kRead},         {"pg_read_file(", Op::kRead}, {"pg_read_binary_file(", Op::kRead}, {"lo_import(", Op::kRead},
                                       {"attach database", Op::kWrite}, {"attach", Op::kWrite},        {"pg_ls_dir(", Op::kRead}};
    for (const Opens& row : kOpens) {
      if (lower.find(row.word) == std::string::npos) continue;
      const std::optional<std::string> file = TextAfter(lower, statement, row.word);
      if (!file || file->starts_with("file:") || file->starts_with('-')) return false;
      if (*file == ":memory:") break;
      if (row.word.starts_with("attach")) c_.PathText(Op::kRead, *file, span_), c_.PathText(Op::kWrite, *file + "-journal", span_), c_.PathText(Op::kDelete, *file + "-journal", span_);
      c_.PathText(row.op, *file, span_);
      if (lower.find(row.word, lower.find(row.word) + row.word.size()) != std::string::npos) return false;  // a second one
      return LooksOrChanges(lower, row.word);
    }
    if (const size_t copy = lower.find("copy "); copy != std::string::npos && dialect_ == SqlDialect::kPostgres) {
      if (const auto program = TextAfter(lower, statement, " program")) return Runs(*program);
      if (const auto to = TextAfter(lower, statement, " to ")) return c_.PathText(Op::kWrite, *to, span_), true;
      if (const auto from = TextAfter(lower, statement, " from ")) return c_.PathText(Op::kRead, *from, span_), true;
      return false;
    }
    return LooksOrChanges(lower, {});
  }

  // A statement that looks, or in a file of one's own changes nothing but the database. `opened` has been followed.
  bool LooksOrChanges(std::string_view lower, std::string_view opened) {
    for (const std::string_view word : {"load_extension", "readfile", "writefile", "edit(", "fts3_tokenizer", "outfile", "dumpfile", "load_file", "pg_read", "lo_import", "lo_export", "\\", "program", "|", "zipfile", "fsdir", "copy", "create extension", "language", "dblink", "pg_file", "sys_"})
      if (lower.find(word) != std::string_view::npos && (opened.empty() || opened.find(word) == std::string_view::npos)) return false;
    if (dialect_ != SqlDialect::kSqlite && lower.find("analyze") != std::string_view::npos) return false;  // EXPLAIN ANALYZE does it
    for (const std::string_view start : {"select ", "explain ", "show ", "describe ", "desc ", "pragma table_info"})
      if (lower.starts_with(start)) return true;
    if (dialect_ != SqlDialect::kSqlite) return false;
    for (const std::string_view start : {"values ", "with ", "create table", "create index", "create unique index", "create view", "insert ", "update ", "delete ", "drop table", "drop index", "drop view", "alter table", "begin", "commit", "end", "rollback", "vacuum", "analyze", "reindex", "replace ", "attach", "detach", "pragma "})
      if (lower.starts_with(start)) return changed_ = true;
    return false;
  }

  Context& c_;
  const SqlDialect dialect_;
  const Span span_;
  bool changed_ = false;
};

SqlDialect SqlDialectOf(const Parsed& p) {
  if (p.name() == "psql" || p.name() == "pgcli") return SqlDialect::kPostgres;
  return p.name() == "mysql" || p.name() == "mariadb" || p.name() == "mycli" ? SqlDialect::kMysql : SqlDialect::kSqlite;
}

// The servers' clients: where they connect.
void Server(Context& c, const Parsed& p) {
  const Given* host = p.Find("-h --host");
  if (host && host->value) {
    c.ConnectHost(*host->value, PortOf(p));
  } else if (!p.arguments.empty() && p.arguments.front().text.find("://") != std::string::npos) {
    c.Connect(p.arguments.front(), "");
  } else {
    c.Add(Op::kConnect, "localhost:" + std::to_string(PortOf(p)), c.command.span);
  }
}

// A database of its own is changed by way of files beside it (sqlite.org/tempfiles.html).
void Beside(Context& c, const Word& database) {
  if (database.Is(":memory:")) return;
  for (const std::string_view ending : {"-journal", "-wal", "-shm"}) {
    Word file = database;
    if (file.exact()) file.text += ending;
    c.Path(Op::kWrite, file);
    c.Path(Op::kDelete, file);
  }
}

void Follow(Context& c, const Parsed& p, SqlDialect dialect, const Word& text) {
  SqlReader reader(c, dialect, text.span);
  if (!text.exact() || text.may_be_several || !reader.Read(text.text)) c.Unknown("code", text.span);
  if (dialect == SqlDialect::kSqlite && reader.changed() && !p.arguments.empty()) Beside(c, p.arguments.front());
}

}  // namespace

Then DescribeSql(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  const SqlDialect dialect = SqlDialectOf(p);
  std::vector<Word> texts;
  for (const Given* given : p.All("-cmd -c --command -e --execute"))
    if (given->value) texts.push_back(*given->value);
  if (dialect == SqlDialect::kSqlite) {
    if (!p.arguments.empty() && !p.arguments.front().Is(":memory:")) {
      c.Path(Op::kRead, p.arguments.front());
      if (!p.Has("-readonly --readonly")) c.Path(Op::kWrite, p.arguments.front());
    }
    for (size_t i = 1; i < p.arguments.size(); ++i) texts.push_back(p.arguments[i]);
  } else {
    Server(c, p);
  }
  for (const Word& text : texts) Follow(c, p, dialect, text);
  if (!texts.empty() || p.Has("-version --version -help --help -V")) return Then::kDone;
  const Input& input = c.command.input;
  if (input.kind != Input::Kind::kText) return StdinIsCode(c, ""), Then::kDone;
  Follow(c, p, dialect, Exactly(input.text, c.command.span));
  return Then::kDone;
}

}  // namespace checkrein::analysis
