#include "report/index.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <map>
#include <unordered_map>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/json.h"

namespace checkrein::report {
namespace {

constexpr int kForm = 1;                      // of the tables; another one means: make it anew
constexpr uint64_t kRecordsInOneCommit = 50'000;
constexpr size_t kMaxIndexedText = 4096;      // bytes of one record's words
constexpr size_t kMaxWords = 512;             // objects of one record
constexpr size_t kMaxRememberedWords = 200'000;

constexpr const char* kSchema = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE record(n INTEGER PRIMARY KEY, first INTEGER NOT NULL, t INTEGER NOT NULL, kind INTEGER, session INTEGER, client INTEGER, tool INTEGER, verdict INTEGER, course INTEGER, score INTEGER NOT NULL);
CREATE INDEX by_session ON record(session, n) WHERE session IS NOT NULL;
CREATE INDEX by_tool ON record(tool, n) WHERE tool IS NOT NULL;
CREATE INDEX by_verdict ON record(verdict, n) WHERE verdict IS NOT NULL;
CREATE INDEX by_course ON record(course, n) WHERE course IS NOT NULL;
CREATE INDEX by_kind ON record(kind, n);
CREATE INDEX by_score ON record(n) WHERE score > 0;
CREATE INDEX by_time ON record(t);
CREATE TABLE touch(word INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(word, n)) WITHOUT ROWID;
CREATE VIRTUAL TABLE text USING fts5(body, content='', detail=none, columnsize=0);
)";

Error Failed(sqlite3* db, std::string_view what) { return {Error::Kind::kIo, "index: " + std::string(what) + ": " + (db == nullptr ? "no memory" : sqlite3_errmsg(db))}; }

class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_(db) { good_ = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) == SQLITE_OK; }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  bool good() const { return good_; }
  Statement& Bind(int at, std::string_view text) { return sqlite3_bind_text(statement_, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT), *this; }
  Statement& Bind(int at, int64_t number) { return sqlite3_bind_int64(statement_, at, number), *this; }
  Statement& BindNothing(int at) { return sqlite3_bind_null(statement_, at), *this; }
  // True: a row is there; false: no more. Errors end both; ask the database.
  bool Step() { return (last_ = sqlite3_step(statement_)) == SQLITE_ROW; }
  bool Run() {
    while (Step()) {
    }
    const bool done = last_ == SQLITE_DONE;
    sqlite3_reset(statement_);
    return done;
  }
  bool ended_well() const { return last_ == SQLITE_DONE || last_ == SQLITE_ROW; }
  void Reset() { sqlite3_reset(statement_); }
  int64_t Integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string TextAt(int column) const {
    const unsigned char* text = sqlite3_column_text(statement_, column);
    return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text), static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
  bool good_ = false;
  int last_ = SQLITE_DONE;
};

int64_t MillisOf(std::string_view rfc3339) {
  tm parts{};
  int millis = 0;
  const std::string text(rfc3339.substr(0, 32));
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &millis) < 6) return 0;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return static_cast<int64_t>(timegm(&parts)) * 1000 + millis;
}

// Whatever a record says in words.
void AddWords(const json::Value& value, std::string& out, int depth) {
  if (out.size() > kMaxIndexedText || depth > 6) return;
  if (value.string() != nullptr) {
    out += *value.string();
    out += ' ';
  } else if (value.array() != nullptr) {
    for (const json::Value& item : *value.array()) AddWords(item, out, depth + 1);
  } else if (value.object() != nullptr) {
    for (const auto& [key, member] : *value.object()) {
      // Envelope, digests: looked for by other means or by nobody.
      if (depth == 0 && (key == "t" || key == "boot" || key == "mode" || key == "client" || key == "session" || key == "turn" || key == "k" || key == "cwd" || key == "workspace" || key == "ticket")) continue;
      if (key == "digest" || key == "set" || key == "hmac" || key == "id" || key == "action_digest") continue;
      AddWords(member, out, depth + 1);
    }
  }
}

// Objects by what they are: "host:a.example", "path:/w/x", "program:curl".
void AddObjects(const json::Value& effects, std::vector<std::string>& out) {
  if (effects.array() == nullptr) return;
  for (const json::Value& item : *effects.array()) {
    if (item.string() == nullptr || out.size() > kMaxWords) continue;
    const std::string_view effect = *item.string();
    const size_t colon = effect.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view op = effect.substr(0, colon), object = effect.substr(colon + 1);
    if (op == "connect" || op == "push") {
      std::string host(object.substr(0, object.rfind(':')));
      std::reverse(host.begin(), host.end());  // so that what lies below a domain is a prefix search, too
      out.push_back("host:" + host);
    } else if (op == "exec") {
      out.push_back("program:" + std::string(object.substr(object.rfind('/') + 1)));
    } else if (object.starts_with('/')) {
      out.push_back("path:" + std::string(object));
    }
  }
}

// Each word quoted: nothing in it is syntax of FTS5.
std::string MatchOf(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of(" \t\n", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (std::none_of(word.begin(), word.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80; })) continue;
    // Without positions in the index a word of several parts ("npm-test") is looked for by its parts.
    std::string part;
    const auto flush = [&] {
      if (!part.empty()) out += "\"" + part + "\" ";
      part.clear();
    };
    for (const char c : word) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80) part += c;
      else flush();
    }
    flush();
  }
  return out;
}

}  // namespace

struct Index::Impl {
  ~Impl() { sqlite3_close(db); }
  Status Execute(const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return Failed(db, "cannot write");
    return Done{};
  }
  std::string Meta(std::string_view key) {
    Statement s(db, "SELECT value FROM meta WHERE key = ?");
    if (!s.good()) return "";
    s.Bind(1, key);
    return s.Step() ? s.TextAt(0) : "";
  }
  Status SetMeta(std::string_view key, std::string_view value) {
    Statement s(db, "INSERT OR REPLACE INTO meta VALUES(?, ?)");
    if (!s.good() || !s.Bind(1, key).Bind(2, value).Run()) return Failed(db, "cannot write");
    return Done{};
  }
  Status Empty();
  // The number of a dictionary word, made if need be; nothing for "".
  std::optional<int64_t> WordId(std::string_view text);
  std::optional<int64_t> FindWord(std::string_view text);

  sqlite3* db = nullptr;
  std::string path;
  std::unordered_map<std::string, int64_t> words;
};

Status Index::Impl::Empty() {
  words.clear();
  Status done = Execute("PRAGMA writable_schema = OFF; DROP TABLE IF EXISTS text; DROP TABLE IF EXISTS touch; DROP TABLE IF EXISTS record; DROP TABLE IF EXISTS word; DROP TABLE IF EXISTS meta;");
  if (done) done = Execute(kSchema);
  if (done) done = SetMeta("form", std::to_string(kForm));
  return done;
}

std::optional<int64_t> Index::Impl::FindWord(std::string_view text) {
  Statement s(db, "SELECT id FROM word WHERE text = ?");
  if (!s.good()) return std::nullopt;
  s.Bind(1, text);
  if (!s.Step()) return std::nullopt;
  return s.Integer(0);
}

std::optional<int64_t> Index::Impl::WordId(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::string key(text.substr(0, 1024));
  if (const auto known = words.find(key); known != words.end()) return known->second;
  std::optional<int64_t> id = FindWord(key);
  if (!id) {
    Statement s(db, "INSERT INTO word(text) VALUES(?)");
    if (!s.good() || !s.Bind(1, key).Run()) return std::nullopt;
    id = sqlite3_last_insert_rowid(db);
  }
  if (words.size() > kMaxRememberedWords) words.clear();
  words.emplace(key, *id);
  return id;
}

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

Result<Index> Index::Open(const std::string& path) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    // Made by us first, so that SQLite does not make it readable to others.
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return Error{errno == EACCES || errno == ELOOP ? Error::Kind::kDenied : Error::Kind::kIo, path + ": cannot be opened"};
    close(fd);
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    if (sqlite3_open_v2(path.c_str(), &impl->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, nullptr) != SQLITE_OK) return Failed(impl->db, path);
    // The file may be anybody's work: its schema gets no functions and no writes beside our own.
    sqlite3_db_config(impl->db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(impl->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_busy_timeout(impl->db, 10'000);
    const bool writes = impl->Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA mmap_size = 0;").ok();
    if (writes && impl->Meta("form") == std::to_string(kForm)) return Index(std::move(impl));
    if (writes && impl->Execute("BEGIN IMMEDIATE").ok()) {
      // Another process may have been first.
      if (impl->Meta("form") == std::to_string(kForm) || impl->Empty().ok()) {
        if (const Status done = impl->Execute("COMMIT"); done) return Index(std::move(impl));
      }
    }
    if (attempt > 0) return Failed(impl->db, path);
    impl.reset();
    for (const char* ending : {"", "-wal", "-shm"}) unlink((path + ending).c_str());
  }
  return Error{Error::Kind::kInternal, "index"};
}

Status Index::CatchUp(const IndexSource& source) {
  Impl& index = *impl_;
  uint64_t have = std::strtoull(index.Meta("size").c_str(), nullptr, 10);
  bool anew = index.Meta("origin") != source.origin || have > source.size;
  if (!anew && have > 0) {
    const Result<std::string> last = source.read(have - 1);
    if (!last) return last.error();
    anew = HexEncode(Sha256(*last)) != index.Meta("last");
  }
  if (!anew && have == source.size) return Done{};
  Status done = index.Execute("BEGIN IMMEDIATE");
  if (!done) return done;
  if (anew) {
    have = 0;
    done = index.Empty();
    if (done) done = index.SetMeta("origin", source.origin);
  } else if (std::strtoull(index.Meta("size").c_str(), nullptr, 10) != have) {
    // Another process indexed meanwhile.
    (void)index.Execute("ROLLBACK");
    return CatchUp(source);
  }
  Statement add_record(index.db, "INSERT INTO record VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Statement add_text(index.db, "INSERT INTO text(rowid, body) VALUES(?, ?)");
  Statement add_touch(index.db, "INSERT OR IGNORE INTO touch VALUES(?, ?)");
  Statement add_score(index.db, "UPDATE record SET score = max(score, ?) WHERE n = ?");
  if (done && (!add_record.good() || !add_text.good() || !add_touch.good() || !add_score.good())) done = Failed(index.db, "cannot write");
  std::string last;
  for (uint64_t n = have; done && n < source.size; ++n) {
    const Result<std::string> bytes = source.read(n);
    if (!bytes) {
      done = bytes.error();
      break;
    }
    last = *bytes;
    const Result<json::Value> parsed = json::Parse(*bytes);
    const json::Value record = parsed ? *parsed : json::Value();
    const int64_t number = static_cast<int64_t>(n);
    // Objects and score are kept with the first record of the row: one condition may hold for the action, another for its outcome.
    const int64_t ref = record.Integer("ref", -1);
    const int64_t first = ref >= 0 && ref < number ? ref : number;
    add_record.Bind(1, number).Bind(2, first).Bind(3, MillisOf(record.Text("t")));
    int column = 4;
    for (const std::string_view text : {record.Text("k"), record.Text("session"), record.Text("client"), record.At("call").Text("tool"), record.At("decision").Text("verdict"), record.Text("course")}) {
      const std::optional<int64_t> id = index.WordId(text);
      if (id) add_record.Bind(column, *id);
      else add_record.BindNothing(column);
      ++column;
    }
    const json::Value& divergence = record.At("divergence");
    const json::Array* unpredicted = divergence.At("unpredicted").array();
    const int64_t score = divergence.Integer("score", unpredicted == nullptr ? 0 : static_cast<int64_t>(unpredicted->size()));
    add_record.Bind(10, first == number ? score : 0);
    std::string words;
    AddWords(record, words, 0);
    std::vector<std::string> objects;
    AddObjects(record.At("predicted").At("effects"), objects);
    AddObjects(record.At("observed").At("effects"), objects);
    bool good = add_record.Run() && add_text.Bind(1, number).Bind(2, std::string_view(words).substr(0, kMaxIndexedText)).Run();
    for (const std::string& object : objects) {
      const std::optional<int64_t> id = index.WordId(object);
      good = good && id && add_touch.Bind(1, *id).Bind(2, first).Run();
    }
    if (first != number && score > 0) good = good && add_score.Bind(1, score).Bind(2, first).Run();
    if (!good) done = Failed(index.db, "cannot write");
    if (done && (n + 1) % kRecordsInOneCommit == 0 && n + 1 < source.size) {
      done = index.SetMeta("size", std::to_string(n + 1));
      if (done) done = index.SetMeta("last", HexEncode(Sha256(last)));
      if (done) done = index.Execute("COMMIT");
      if (done) done = index.Execute("BEGIN IMMEDIATE");
    }
  }
  if (done) done = index.SetMeta("size", std::to_string(source.size));
  if (done && source.size > 0) done = index.SetMeta("last", HexEncode(Sha256(last)));
  if (done) done = index.Execute("COMMIT");
  if (!done) {
    (void)index.Execute("ROLLBACK");
    index.words.clear();  // some of them were never kept
  }
  return done;
}

// The conditions that few records meet come first and drive the search: the others are only looked at for what these found, hence the `+`,
// which keeps SQLite from walking an index of half the log.
Result<std::vector<uint64_t>> Index::Search(const Query& query) const {
  Impl& index = *impl_;
  std::string where;
  std::vector<std::string> bound;
  bool driven = false, impossible = false;
  const auto among = [&](const std::string& rows) {
    where += " AND n IN (" + rows + ")";
    driven = true;
  };
  const auto touches = [&](const std::string& word, char below) {
    bound.insert(bound.end(), {word, word + below, word + static_cast<char>(below + 1)});
    among("SELECT touch.n FROM word JOIN touch ON touch.word = word.id WHERE word.text = ? OR (word.text > ? AND word.text < ?)");
  };
  if (!query.host.empty()) {
    std::string host = query.host;
    std::reverse(host.begin(), host.end());
    touches("host:" + host, '.');
  }
  if (!query.path.empty()) touches("path:" + (query.path.size() > 1 && query.path.ends_with('/') ? query.path.substr(0, query.path.size() - 1) : query.path), '/');
  if (!query.program.empty()) {
    bound.push_back("program:" + query.program);
    among("SELECT touch.n FROM word JOIN touch ON touch.word = word.id WHERE word.text = ?");
  }
  if (!query.text.empty()) {
    const std::string match = MatchOf(query.text);
    if (match.empty()) return Error{Error::Kind::kInvalid, "search: '" + query.text + "' holds no word"};
    bound.push_back(match);
    among("SELECT first FROM record WHERE n IN (SELECT rowid FROM text WHERE text MATCH ?)");
  }
  if (query.differs) {
    where += driven ? " AND +score > 0" : " AND score > 0";
    driven = true;
  }
  const auto exactly = [&](const char* column, const std::string& value) {
    if (value.empty()) return;
    const std::optional<int64_t> id = index.FindWord(value);
    impossible = impossible || !id;
    where += " AND " + std::string(driven ? "+" : "") + column + " = " + std::to_string(id.value_or(0));
    driven = true;
  };
  exactly("session", query.session);
  exactly("course", query.course);
  exactly("verdict", query.verdict);
  exactly("tool", query.tool);
  exactly("kind", query.kind);
  if (!query.client.empty()) driven = true;  // has no index
  exactly("client", query.client);
  if (impossible) return std::vector<uint64_t>();
  const std::string plus = driven ? "+" : "";
  if (query.since_ms) where += " AND " + plus + "t >= " + std::to_string(*query.since_ms);
  if (query.until_ms) where += " AND " + plus + "t < " + std::to_string(*query.until_ms);
  const std::string sql = "SELECT n FROM record WHERE first = n" + where + " ORDER BY n DESC LIMIT " + std::to_string(query.limit);
  Statement s(index.db, sql.c_str());
  if (!s.good()) return Failed(index.db, "cannot search");
  int at = 0;
  for (const std::string& text : bound) s.Bind(++at, text);
  std::vector<uint64_t> out;
  while (s.Step()) out.push_back(static_cast<uint64_t>(s.Integer(0)));
  if (!s.ended_well()) return Failed(index.db, "cannot search");
  return out;
}

}  // namespace checkrein::report
