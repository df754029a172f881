#include "report/standards.h"

#include <algorithm>

namespace checkrein::report {
namespace {

struct Text {
  std::string_view file;
  std::string_view text;
};
constexpr Text kTexts[] = {
#include "standards_texts.inc"  // made from data/standards.json by cmake/CheckreinTexts.cmake
};

struct StandardsRow {
  std::string when;
  std::vector<std::string> ids;
  int64_t ocsf = 0;
};

struct Table {
  std::string version;
  std::vector<StandardsRow> rows;
};

// A fault in the file is a programmer's: the tests read it first.
Table Load() {
  Table table;
  const Result<json::Value> file = json::Parse(kTexts[0].text);
  if (!file) std::abort();
  table.version = file->Text("version");
  const json::Value& editions = file->At("editions");
  for (const json::Value& row : *file->At("rows").array()) {
    StandardsRow out{std::string(row.Text("when")), {}, row.Integer("ocsf", 0)};
    for (const char* catalogue : {"asi", "llm2026", "llm2025", "atlas", "nist"}) {
      for (const json::Value& id : *row.At(catalogue).array()) out.ids.push_back(*id.string() + ":" + std::string(editions.Text(catalogue)));
    }
    table.rows.push_back(std::move(out));
  }
  return table;
}

const Table& TheTable() {
  static const Table table = Load();
  return table;
}

bool Has(const json::Value& list, std::string_view text) {
  return list.array() != nullptr && std::any_of(list.array()->begin(), list.array()->end(), [text](const json::Value& v) { return v.string() != nullptr && *v.string() == text; });
}

bool HasOp(const json::Value& effects, std::string_view op) {
  return effects.array() != nullptr && std::any_of(effects.array()->begin(), effects.array()->end(), [op](const json::Value& v) {
           return v.string() != nullptr && v.string()->starts_with(op) && v.string()->substr(op.size()).starts_with(':');
         });
}

// The rows of the table that apply to a record, by their `when`.
std::vector<std::string_view> Applying(const json::Value& record) {
  const std::string_view kind = record.Text("k");
  std::vector<std::string_view> out;
  if (kind == "action") {
    const json::Value& effects = record.At("predicted").At("effects");
    out = {"action", "decided"};
    if (record.At("call").Text("kind") == "shell") out.push_back("shell");
    if (Has(record.At("labels"), "untrusted")) out.push_back("tainted");
    if (Has(record.At("labels"), "secret")) out.push_back("secret");
    constexpr std::pair<std::string_view, std::string_view> kOps[] = {{"connect", "connects"}, {"push", "connects"},       {"delete", "deletes"},
                                                                      {"configure", "configures"}, {"privilege", "privilege"}, {"install", "installs"}};
    for (const auto& [op, when] : kOps) {
      if (HasOp(effects, op)) out.push_back(when);
    }
  } else if (kind == "outcome") {
    out = {"outcome"};
    const json::Array* unpredicted = record.At("divergence").At("unpredicted").array();
    if ((unpredicted != nullptr && !unpredicted->empty()) || record.At("divergence").Integer("score", 0) > 0) out.push_back("diverges");
  } else if (kind == "run" || kind == "run_end" || kind == "session") {
    out = {"session"};
  } else if (kind == "commit" || kind == "undo" || kind == "change") {
    out = {"change"};
  } else if (kind == "freeze" || kind == "thaw") {
    out = {"incident"};
  } else {
    out = {kind};
    for (const StandardsRow& row : TheTable().rows)
      if (row.when.starts_with(std::string(kind) + ":") && row.when.substr(kind.size() + 1) == record.Text("code")) out.push_back(row.when);
  }
  return out;
}

}  // namespace

std::vector<std::string> StandardsFor(const json::Value& record) {
  const std::vector<std::string_view> applying = Applying(record);
  std::vector<std::string> out;
  for (const StandardsRow& row : TheTable().rows) {
    if (std::find(applying.begin(), applying.end(), row.when) == applying.end()) continue;
    for (const std::string& id : row.ids) {
      if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(id);
    }
  }
  return out;
}

int64_t OcsfClassFor(const json::Value& record) {
  const std::vector<std::string_view> applying = Applying(record);
  int64_t out = 0;
  for (const std::string_view when : applying) {
    for (const StandardsRow& row : TheTable().rows) {
      if (row.when != when || row.ocsf == 0) continue;
      if (when == "diverges") return row.ocsf;  // a finding is more than the action it is about
      if (out == 0) out = row.ocsf;
    }
  }
  return out;
}

std::string_view StandardsVersion() { return TheTable().version; }

}  // namespace checkrein::report
