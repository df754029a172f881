#include "advisories/store.h"

#include <algorithm>
#include <optional>

#include "advisories/shield.h"
#include "advisories/shipped.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/json.h"
#include "policy/decide.h"

namespace checkrein::advisories {
namespace {

constexpr std::string_view kFormat = "checkrein-imported-advisories-v1";

json::Value ToJson(const Store::Record& record) {
  json::Value out;
  out.Set("file", record.import.file).Set("text", record.import.text).Set("trial", record.import.on_trial);
  return out.Set("by", record.import.signed_by).Set("at", record.import.at_ms);
}

std::optional<Import> FromJson(const json::Value& value) {
  const json::Value *file = value.Find("file"), *text = value.Find("text"), *trial = value.Find("trial"), *by = value.Find("by"), *at = value.Find("at");
  if (file == nullptr || text == nullptr || trial == nullptr || by == nullptr || at == nullptr) return std::nullopt;
  if (file->string() == nullptr || text->string() == nullptr || trial->boolean() == nullptr || by->string() == nullptr || at->integer() == nullptr) return std::nullopt;
  return Import{*file->string(), *text->string(), *trial->boolean(), *by->string(), *at->integer()};
}

// All shields that could ever be in force together must fit beside each other.
Status CheckShields(const std::vector<Store::Record>& records) {
  const Result<cedar::Schema> schema = cedar::ParseSchema(policy::PolicySet::Schema(), "checkrein.cedarschema");
  if (!schema) return schema.error();
  const std::vector<Advisory> shipped = ShippedAdvisories();
  std::vector<const Advisory*> all;
  for (const Advisory& advisory : shipped) all.push_back(&advisory);
  for (const Store::Record& record : records) all.push_back(&record.advisory);
  const Result<cedar::PolicySet> shields = ShieldsOf(all, *schema);
  if (!shields) return shields.error();
  return Done{};
}

}  // namespace

std::string Store::PathIn(const std::string& state) { return state + "/advisories/imported.json"; }

Result<Store> Store::Load(const std::string& state) {
  Store store;
  const std::string path = PathIn(state);
  const Result<std::string> text = ReadFile(path, kMaxStoreBytes);
  if (!text && text.error().kind == Error::Kind::kNotFound) return store;
  if (!text) return text.error();
  json::Limits limits;
  limits.max_bytes = kMaxStoreBytes;
  const Result<json::Value> value = json::Parse(*text, limits);
  const Error damaged{Error::Kind::kInvalid, path + ": damaged; remove it and import again"};
  if (!value || value->Text("format") != kFormat || value->At("records").array() == nullptr) return damaged;
  for (const json::Value& item : *value->At("records").array()) {
    std::optional<Import> import = FromJson(item);
    if (!import) return damaged;
    Result<Advisory> advisory = ReadAdvisory(import->text, import->file);
    if (!advisory) return Error{advisory.error().kind, path + ": " + advisory.error().text};
    store.records_.push_back({*std::move(import), std::move(advisory).take()});
  }
  return store;
}

Status Store::Add(const std::vector<Import>& imports) {
  std::vector<Record> records = records_;
  std::vector<std::string> ids;
  for (const Import& import : imports) {
    Result<Advisory> advisory = ReadAdvisory(import.text, import.file);
    if (!advisory) return advisory.error();
    const bool again = std::find(ids.begin(), ids.end(), advisory->id) != ids.end();
    const auto old = std::find_if(records.begin(), records.end(), [&](const Record& r) { return r.advisory.id == advisory->id; });
    if (old != records.end() && old->import.text != import.text) {
      if (again) return Error{Error::Kind::kInvalid, import.file + ": the id " + advisory->id + " has another text in " + old->import.file};
      if (advisory->modified_ms <= old->advisory.modified_ms)
        return Error{Error::Kind::kInvalid, import.file + ": " + advisory->id + " says something else than what is there, and was not modified later; import the newer one, or forget the old one first"};
    }
    ids.push_back(advisory->id);
    if (old != records.end()) records.erase(old);
    records.push_back({import, std::move(advisory).take()});
  }
  if (records.size() > kMaxImported) return Error{Error::Kind::kLimit, "more than " + std::to_string(kMaxImported) + " advisories"};
  std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return a.advisory.id < b.advisory.id; });
  if (const Status fit = CheckShields(records); !fit) return fit;
  records_ = std::move(records);
  return Done{};
}

bool Store::Remove(std::string_view id) {
  return std::erase_if(records_, [id](const Record& r) { return r.advisory.id == id; }) > 0;
}

Status Store::Save(const std::string& state) const {
  json::Array records;
  for (const Record& record : records_) records.push_back(ToJson(record));
  json::Value out;
  out.Set("format", kFormat).Set("records", std::move(records));
  if (const Status made = MakeDirectories(state + "/advisories", 0700); !made) return made;
  return ReplaceFile(PathIn(state), out.Dump() + "\n", 0600);
}

std::string Store::Digest() const {
  if (records_.empty()) return {};
  std::string all;
  for (const Record& record : records_) all += HexEncode(Sha256(record.import.text)) + (record.import.on_trial ? " trial\n" : "\n");
  return HexEncode(Sha256(all));
}

}  // namespace checkrein::advisories
