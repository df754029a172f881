// Build tool: data/protected_places.json -> a table of constants that src/effect/places.cc includes.
//   places_table data/protected_places.json OUT
// Refuses a row without why, source or examples, an unknown member, a pattern it cannot compile. Its output has no pointers: the
// hook starts without relocating it.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace {

using checkrein::json::Value;

[[noreturn]] void Fail(const std::string& text) {
  std::fprintf(stderr, "places_table: %s\n", text.c_str());
  std::exit(1);
}

std::string Fold(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

struct Writer {
  std::string blob, patterns, components, rows, hosts;
  std::map<std::string, size_t> interned;
  std::map<std::string, size_t> groups;
  std::vector<std::string> group_names;
  size_t component_count = 0;
  size_t row_count = 0;

  std::string Text(const std::string& text) {
    auto [at, fresh] = interned.emplace(text, blob.size());
    if (fresh) blob += text;
    return "{" + std::to_string(at->second) + "," + std::to_string(text.size()) + "}";
  }
  size_t Group(const std::string& name) {
    auto [at, fresh] = groups.emplace(name, group_names.size());
    if (fresh) group_names.push_back(name);
    return at->second;
  }
};

void AddPattern(Writer& w, const std::string& written, size_t group, size_t row) {
  std::string rest = written;
  const char* anchor = "kRoot";
  if (rest.starts_with("~/")) {
    anchor = "kHome";
    rest = rest.substr(2);
  } else if (rest.starts_with("**/")) {
    anchor = "kFloating";
    rest = rest.substr(3);
  } else if (rest.starts_with('/')) {
    rest = rest.substr(1);
  } else {
    Fail(written + ": a pattern starts with /, ~/ or **/");
  }
  bool subtree = false;
  if (rest.ends_with("/**")) {
    subtree = true;
    rest.resize(rest.size() - 3);
  }
  if (rest.empty() || rest.find("**") != std::string::npos || rest.find("//") != std::string::npos || rest.ends_with('/')) Fail(written + ": bad pattern");
  const size_t first = w.component_count;
  for (size_t at = 0; at <= rest.size();) {
    size_t end = rest.find('/', at);
    if (end == std::string::npos) end = rest.size();
    w.components += "  " + w.Text(Fold(rest.substr(at, end - at))) + ",\n";
    ++w.component_count;
    at = end + 1;
  }
  w.patterns += std::string("  {Anchor::") + anchor + "," + (subtree ? "true" : "false") + "," + std::to_string(group) + "," + std::to_string(first) + "," +
                std::to_string(w.component_count - first) + "," + std::to_string(row) + "," + w.Text(written) + "},\n";
}

void CheckMembers(const Value& row, std::initializer_list<std::string_view> allowed, const std::string& where) {
  if (!row.object()) Fail(where + ": not an object");
  for (const auto& [key, value] : *row.object()) {
    bool known = false;
    for (const auto name : allowed) known = known || key == name;
    if (!known) Fail(where + ": unknown member " + key);
  }
  for (const auto key : {"group", "why", "source"})
    if (row.Text(key).empty()) Fail(where + ": no " + key);
}

void AddPlaces(Writer& w, const Value& all) {
  if (!all.array()) Fail("places: not an array");
  for (const Value& row : *all.array()) {
    const std::string where = "places[" + std::to_string(w.row_count) + "]";
    CheckMembers(row, {"group", "paths", "why", "source", "match", "miss"}, where);
    for (const auto key : {"paths", "match", "miss"})
      if (!row.At(key).array() || row.At(key).array()->empty()) Fail(where + ": no " + key);
    const size_t group = w.Group(std::string(row.Text("group")));
    for (const Value& path : *row.At("paths").array()) {
      if (!path.string()) Fail(where + ": a path is not a string");
      AddPattern(w, *path.string(), group, w.row_count);
    }
    w.rows += "  {" + w.Text(std::string(row.Text("why"))) + "," + w.Text(std::string(row.Text("source"))) + "},\n";
    ++w.row_count;
  }
}

void AddHosts(Writer& w, const Value& all) {
  if (!all.array()) Fail("hosts: not an array");
  for (const Value& row : *all.array()) {
    CheckMembers(row, {"group", "hosts", "why", "source"}, "hosts");
    if (row.Text("group") != "metadata") Fail("hosts: only the group metadata is compiled in");
    for (const Value& host : *row.At("hosts").array()) w.hosts += "  " + w.Text(Fold(*host.string())) + ",\n";
  }
}

std::string Literal(const std::string& blob) {
  std::string out;
  for (size_t at = 0; at < blob.size(); at += 120) out += "  " + checkrein::json::Quote(blob.substr(at, 120)) + "\n";
  return out.empty() ? "\"\"" : out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) Fail("usage: places_table IN.json OUT");
  std::ifstream in(argv[1], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto parsed = checkrein::json::Parse(text);
  if (!parsed) Fail(std::string(argv[1]) + ": " + parsed.error().text);
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) Fail(std::string(argv[1]) + ": only ASCII, please");
  Writer w;
  AddPlaces(w, parsed->At("places"));
  AddHosts(w, parsed->At("hosts"));
  std::string groups;
  for (const auto& name : w.group_names) groups += "  \"" + name + "\",\n";
  std::string maybe;
  for (const auto& name : w.group_names) maybe += "  \"maybe-" + name + "\",\n";
  std::ofstream out(argv[2], std::ios::binary | std::ios::trunc);
  out << "// Generated by tools/places_table.cc from data/protected_places.json.\n"
      << "constexpr std::string_view kGroups[] = {\n" << groups << "};\n"
      << "constexpr std::string_view kMaybeGroups[] = {\n" << maybe << "};\n"
      << "constexpr Text kComponents[] = {\n" << w.components << "};\n"
      << "constexpr Pattern kPatterns[] = {\n" << w.patterns << "};\n"
      << "constexpr RowText kRows[] = {\n" << w.rows << "};\n"
      << "constexpr Text kMetadataHosts[] = {\n" << w.hosts << "};\n"
      << "constexpr char kBlob[] =\n" << Literal(w.blob) << ";\n";
  out.close();
  if (!out) Fail(std::string(argv[2]) + ": cannot write");
  return 0;
}
