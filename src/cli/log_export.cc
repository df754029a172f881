// `checkrein log export` and `log divergence`: the record for other programs, and what it teaches about our own tables.
#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>

#include "cli/log_command.h"
#include "cli/promise.h"
#include "report/ocsf.h"
#include "report/row.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

struct ExportOptions {
  bool jsonl = false, ocsf = false;
  uint64_t from = 0, until = UINT64_MAX;
  std::string session;
};

int RunExport(const LogCommand& command, const ExportOptions& options) {
  if (options.jsonl == options.ocsf) return Report(Error{Error::Kind::kInvalid, "export: say --jsonl or --ocsf"}, kUsage);
  const Result<audit::Log> log = command.Open(audit::Log::Mode::kRead);
  if (!log) return Report(log.error(), kIncomplete);
  report::Modes modes;
  std::set<int64_t> chosen;  // actions of the session: outcomes name only these
  for (uint64_t n = options.from; n < std::min(options.until, log->size()); ++n) {
    const Result<std::string> bytes = log->Read(n);
    if (!bytes) return Report(bytes.error(), kIncomplete);
    const Result<json::Value> parsed = json::Parse(*bytes);
    const json::Value record = parsed ? *parsed : json::Value();
    if (!options.session.empty()) {
      if (record.Text("session") == options.session) chosen.insert(static_cast<int64_t>(n));
      else if (!chosen.contains(record.Integer("ref", -1))) continue;
    }
    modes.Feed(record);
    if (options.jsonl) {
      // The record's own bytes, so that its leaf can be hashed from the line; ours are one line of JSON each.
      const bool as_it_is = parsed && bytes->find('\n') == std::string::npos;
      std::printf("{\"index\":%llu,\"origin\":%s,\"record\":%s}\n", static_cast<unsigned long long>(n), json::Quote(log->origin()).c_str(), as_it_is ? bytes->c_str() : json::Quote(*bytes).c_str());
    } else {
      std::printf("%s\n", report::OcsfEvent(record, *bytes, {n, log->origin(), CHECKREIN_VERSION}).Dump().c_str());
    }
  }
  TellPromises(modes, Screen::kRows);
  return std::ferror(stdout) != 0 ? kIncomplete : kDone;
}

// The programs and options of a command as it was shown; enough to group by, and no parser.
std::vector<std::string> ProgramsAndOptions(const std::string& shown) {
  std::vector<std::string> out;
  std::istringstream words(shown);
  std::string word, program;
  bool begins = true;
  while (words >> word) {
    const bool ends = word == "|" || word == "&&" || word == "||" || word == ";" || word.ends_with(';');
    if (word.ends_with(';')) word.pop_back();
    if (!word.empty() && word != "|" && word != "&&" && word != "||") {
      if (begins && word.find('=') == std::string::npos) {
        program = word.substr(word.rfind('/') + 1);
        out.push_back(program);
        begins = false;
      } else if (!begins && word.size() > 1 && word[0] == '-') {
        out.push_back(program + " " + word.substr(0, word.find('=')));
      }
    }
    if (ends) begins = true;
  }
  return out;
}

struct Group {
  int times = 0;
  uint64_t example = 0;
};

// "write:/w/p/build/x.o" and "write:/w/p/build/y.o" are one lesson.
std::string KindOf(const std::string& effect) {
  const size_t slash = effect.rfind('/');
  const size_t colon = effect.find(':');
  if (slash == std::string::npos || colon == std::string::npos || slash < colon) return effect;
  return effect.substr(0, slash) + "/*";
}

int RunDivergence(const LogCommand& command) {
  const Result<audit::Log> log = command.Open(audit::Log::Mode::kRead);
  if (!log) return Report(log.error(), kIncomplete);
  report::Rows rows;
  report::Modes modes;
  std::map<uint64_t, std::string> shown;
  for (uint64_t n = 0; n < log->size(); ++n) {
    const Result<std::string> bytes = log->Read(n);
    if (!bytes) return Report(bytes.error(), kIncomplete);
    const Result<json::Value> record = json::Parse(*bytes);
    if (!record) continue;
    rows.Feed(n, *record);
    modes.Feed(*record);
    if (record->Text("k") == "action") shown[n] = record->At("call").Text("shown");
  }
  std::map<std::pair<std::string, std::string>, Group> groups;  // by program and option, and by what was not predicted
  size_t differing = 0;
  for (const report::Row& row : rows.all()) {
    if (row.unpredicted.empty()) continue;
    ++differing;
    std::set<std::string> kinds;
    for (const std::string& effect : row.unpredicted) kinds.insert(KindOf(effect));
    for (const std::string& word : ProgramsAndOptions(shown[row.index])) {
      for (const std::string& kind : kinds) {
        Group& group = groups[{word, kind}];
        if (group.times++ == 0) group.example = row.index;
      }
    }
  }
  std::vector<std::pair<std::pair<std::string, std::string>, Group>> sorted(groups.begin(), groups.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second.times > b.second.times; });
  if (sorted.empty()) {
    std::puts("Nothing was seen that had not been predicted.");
    TellPromises(modes);
    return kDone;
  }
  std::printf("%zu action(s) did what was not predicted. By program and option, most often first:\n", differing);
  for (const auto& [key, group] : sorted)
    std::printf("%5d x  %-28s %s   (record %llu)\n", group.times, report::Plain(key.first).c_str(), report::Plain(key.second).c_str(), static_cast<unsigned long long>(group.example));
  std::puts("Programs are mended in data/programs/ (docs/format/programs.md); an option that stands here with one effect and no other is the first to look at.");
  TellPromises(modes);
  return kFindings;
}

}  // namespace

void AddLogExport(const LogCommand& log) {
  const auto options = std::make_shared<ExportOptions>();
  CLI::App* command = log.Add("export", "The records for other programs, one JSON object a line");
  command->add_flag("--jsonl", options->jsonl, "As they are, with number and origin");
  command->add_flag("--ocsf", options->ocsf, "As OCSF 1.8 events, each with the record's bytes");
  command->add_option("--from", options->from, "Begin at this record");
  command->add_option("--until", options->until, "End before this record");
  command->add_option("--session", options->session, "Only this session");
  command->callback([log, options] { log.exit->code = RunExport(log, *options); });
  log.Add("divergence", "What happened and was not predicted, by program and option")->callback([log] { log.exit->code = RunDivergence(log); });
}

}  // namespace checkrein::cli
