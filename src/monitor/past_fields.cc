#include "monitor/past_fields.h"

#include "secret/redact.h"

namespace checkrein::monitor {
namespace {

using analysis::Past;
using analysis::WrittenFile;

bool PromisesSecret(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  for (const char* part : {"TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY"})
    if (upper.find(part) != std::string::npos) return true;
  return false;
}

// A count that its reader may trust to be small; anything else spoils it.
size_t Count(FieldReader& r, size_t most) {
  const int64_t count = r.Number();
  return r.ok() && count >= 0 && static_cast<size_t>(count) <= most ? static_cast<size_t>(count) : 0;
}

}  // namespace

void WriteFiles(FieldWriter& w, const std::vector<WrittenFile>& files) {
  w.AddNumber(static_cast<int64_t>(files.size()));
  for (const WrittenFile& file : files)
    w.Add(file.path).AddNumber(file.content.has_value()).Add(file.content.value_or("")).AddList(file.from).AddList(file.labels).Add(file.by).AddNumber(file.action);
}

std::vector<WrittenFile> ReadFiles(FieldReader& r) {
  std::vector<WrittenFile> files;
  const size_t count = Count(r, 8 * Past::kMaxFiles);  // a session's and the labelled ones of all
  for (size_t i = 0; r.ok() && i < count; ++i) {
    WrittenFile& file = files.emplace_back();
    file.path = r.Text();
    const bool known = r.Number() != 0;
    std::string content(r.Text());
    if (known) file.content = std::move(content);
    file.from = r.List();
    file.labels = r.List();
    file.by = r.Text();
    file.action = r.Number();
  }
  return files;
}

void WritePast(FieldWriter& w, const Past& past) {
  w.AddNumber(static_cast<int64_t>(past.names.size()));
  for (const Past::Name& name : past.names) w.Add(name.name).AddNumber(static_cast<int>(name.known)).Add(name.text).AddNumber(name.exported);
  w.AddNumber(static_cast<int64_t>(past.functions.size()));
  for (const Past::Function& function : past.functions) w.Add(function.name).Add(function.text);
  w.AddList(past.places).AddNumber(past.lost);
  WriteFiles(w, past.files);
}

Past ReadPast(FieldReader& r) {
  Past past;
  for (size_t i = 0, count = Count(r, Past::kMaxNames); r.ok() && i < count; ++i) {
    Past::Name& name = past.names.emplace_back();
    name.name = r.Text();
    const int64_t known = r.Number();
    name.text = r.Text();
    name.exported = r.Number() != 0;
    if (known == 1 || known == 2) name.known = static_cast<Past::Name::Known>(known);
    else name.text.clear();
  }
  for (size_t i = 0, count = Count(r, Past::kMaxFunctions); r.ok() && i < count; ++i) {
    std::string name(r.Text());
    past.functions.push_back({std::move(name), std::string(r.Text())});
  }
  past.places = r.List();
  past.lost = r.Number() != 0;
  past.files = ReadFiles(r);
  return past;
}

void DropSecrets(Past& past) {
  for (Past::Name& name : past.names) {
    if (name.text.empty() || (!PromisesSecret(name.name) && secret::Find(name.text).empty())) continue;
    name.known = Past::Name::Known::kNothing;
    name.text.clear();
  }
  for (Past::Function& function : past.functions)
    if (!secret::Find(function.text).empty()) function.text.clear();
}

void DropSecrets(std::vector<WrittenFile>& files) {
  for (WrittenFile& file : files)
    if (file.content && !secret::Find(*file.content).empty()) file.content.reset();
}

}  // namespace checkrein::monitor
