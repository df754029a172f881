// `checkrein log search`: finds records by what they were about; `log reindex`.
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "cli/log_command.h"
#include "cli/promise.h"
#include "report/index.h"
#include "report/lanes.h"

namespace checkrein::cli {
namespace {

struct SearchOptions {
  report::Query query;
  std::vector<std::string> words;
  std::string since, until;
  bool json = false, numbers = false;
};

// "2026-11-27", "2026-11-27T10:00", "2026-11-27T10:00:00Z" (UTC), or "90m", "12h", "3d" ago.
std::optional<int64_t> TimeOf(const std::string& text, int64_t now_ms) {
  char* end = nullptr;
  const long long number = std::strtoll(text.c_str(), &end, 10);
  if (end != text.c_str() && end[0] != '\0' && end[1] == '\0' && number >= 0 && number < 1'000'000) {
    const int64_t unit = *end == 'm' ? 60'000 : *end == 'h' ? 3'600'000 : *end == 'd' ? 86'400'000 : 0;
    if (unit > 0) return now_ms - number * unit;
  }
  for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    tm parts{};
    const char* rest = strptime(text.c_str(), form, &parts);
    if (rest != nullptr && *rest == '\0') return static_cast<int64_t>(timegm(&parts)) * 1000;
  }
  return std::nullopt;
}

Result<report::Index> OpenIndex(const LogCommand& command, const audit::Log& log) {
  const std::string path = command.places->Find()->state + "/index.sqlite";
  Result<report::Index> index = report::Index::Open(path);
  if (!index) return index;
  const Status current = index->CatchUp({log.origin(), log.size(), [&log](uint64_t n) { return log.Read(n); }});
  if (!current) return current.error();
  return index;
}

// A row needs its outcome, which may stand far behind: the index does not keep where, so what follows closely is looked through.
constexpr uint64_t kLookAhead = 64;

report::Row RowAt(const audit::Log& log, uint64_t first) {
  report::Rows rows;
  for (uint64_t i = first; i < log.size() && i < first + kLookAhead; ++i) {
    const Result<std::string> bytes = log.Read(i);
    const Result<json::Value> record = bytes ? json::Parse(*bytes) : Result<json::Value>(bytes.error());
    if (i == first && !record) {
      rows.FeedUnreadable(i);
      break;
    }
    if (record && (i == first || record->Integer("ref", -1) == static_cast<int64_t>(first))) rows.Feed(i, *record);
  }
  return rows.all().empty() ? report::Row{} : rows.all().front();
}

int RunSearch(const LogCommand& command, SearchOptions& options) {
  const Result<audit::Log> log = command.Open(audit::Log::Mode::kRead);
  if (!log) return Report(log.error(), log.error().kind == Error::Kind::kNotFound ? kFindings : kIncomplete);
  for (const std::string& word : options.words) options.query.text += (options.query.text.empty() ? "" : " ") + word;
  const int64_t now_ms = static_cast<int64_t>(std::time(nullptr)) * 1000;
  for (const auto& [text, to] : {std::pair{&options.since, &options.query.since_ms}, std::pair{&options.until, &options.query.until_ms}}) {
    if (text->empty()) continue;
    *to = TimeOf(*text, now_ms);
    if (!*to) return Report(Error{Error::Kind::kInvalid, "'" + *text + "' is no time; write 2026-11-27, 2026-11-27T10:00 or 3d, 12h, 90m ago"}, kUsage);
  }
  const Result<report::Index> index = OpenIndex(command, *log);
  if (!index) return Report(index.error(), kIncomplete);
  const Result<std::vector<uint64_t>> found = index->Search(options.query);
  if (!found) return Report(found.error(), found.error().kind == Error::Kind::kInvalid ? kUsage : kIncomplete);
  const report::Lanes lanes(report::TerminalOf(STDOUT_FILENO), isatty(STDOUT_FILENO) == 1 ? report::Shape::kColumns : report::Shape::kPlain);
  if (!options.json && !options.numbers && !found->empty()) std::fputs(lanes.Head().c_str(), stdout);
  report::Modes modes;
  for (const uint64_t n : *found) {
    if (const Result<std::string> bytes = log->Read(n)) modes.FeedBytes(*bytes);
    if (options.numbers) {
      std::printf("%llu\n", static_cast<unsigned long long>(n));
    } else if (options.json) {
      const Result<std::string> bytes = log->Read(n);
      if (!bytes) return Report(bytes.error(), kIncomplete);
      std::printf("%s\n", bytes->c_str());
    } else {
      std::fputs(lanes.Line(RowAt(*log, n)).c_str(), stdout);
    }
  }
  if (found->size() == options.query.limit) std::fprintf(stderr, "checkrein: the newest %zu; there may be more (--limit)\n", found->size());
  TellPromises(modes, options.json || options.numbers ? Screen::kRows : RowsTo(STDOUT_FILENO));
  return found->empty() ? kFindings : kDone;
}

}  // namespace

void AddLogSearch(const LogCommand& log) {
  const auto options = std::make_shared<SearchOptions>();
  report::Query& query = options->query;
  CLI::App* search = log.Add("search", "Find records, newest first; exit 1 when there is none");
  search->add_option("WORDS", options->words, "Words in what was wanted, said, called or decided");
  search->add_option("--session", query.session, "This session");
  search->add_option("--client", query.client, "claude, codex, ...");
  search->add_option("--tool", query.tool, "The client's tool: Bash, Write, ...");
  search->add_option("--verdict", query.verdict, "allow, contain, ask, deny");
  search->add_option("--course", query.course, "What was done about it: denied, contained, started, ...");
  search->add_option("--kind", query.kind, "The kind of record: action, turn, approval, ...");
  search->add_option("--host", query.host, "A host, or one below it, was or would be contacted");
  search->add_option("--path", query.path, "A path, or one below it, was or would be touched");
  search->add_option("--program", query.program, "A program was or would be run");
  search->add_option("--since", options->since, "From this time on: 2026-11-27, 2026-11-27T10:00 (UTC), 3d, 12h, 90m");
  search->add_option("--until", options->until, "Before this time");
  search->add_flag("--differs", query.differs, "Only what was not as predicted");
  search->add_option("--limit", query.limit, "At most so many (default 100)");
  search->add_flag("--json", options->json, "The records themselves");
  search->add_flag("--numbers", options->numbers, "Their numbers");
  search->callback([log, options] { log.exit->code = RunSearch(log, *options); });
}

}  // namespace checkrein::cli
