#include "release/expose/source_map.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "release/scan/decode.h"

namespace checkrein::release {
namespace {

namespace od = simdjson::ondemand;
constexpr int kMaxSections = 8;           // index maps in index maps
constexpr size_t kMaxRootBytes = 64u << 20;   // of sourceRoot, which stands before every name
constexpr size_t kLinkReach = 4096;       // bytes at a script's end in which the link to its map stands, when it is not inline

Error Broken(std::string_view what) { return {Error::Kind::kInvalid, "source map: " + std::string(what)}; }

bool IsNull(od::value& value) {
  bool null = false;
  return value.is_null().get(null) == simdjson::SUCCESS && null;
}

// One map object: its fields may come in any order, so contents and names meet at the end.
struct Fields {
  std::vector<std::string> names;
  std::vector<std::pair<std::string, bool>> contents;   // text, there
  std::vector<uint64_t> ignored;
  std::string root;
};

class MapReader {
 public:
  explicit MapReader(SourceMap& out) : out_(out) {}

  Status Object(od::object object, int depth) {
    if (depth > kMaxSections) return Broken("sections in sections");
    Fields fields;
    for (auto field : object) {
      std::string_view key;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS) return Broken("bad JSON");
      od::value value;
      if (field.value().get(value) != simdjson::SUCCESS) return Broken("bad JSON");
      const Status read = Field(std::string(key), value, fields, depth);
      if (!read) return read;
    }
    return Merge(fields);
  }
  bool saw_version() const { return version_ || sections_; }

 private:
  Status Field(const std::string& key, od::value value, Fields& fields, int depth) {
    if (key == "sourcesContent") return Contents(value, fields);
    if (key == "sources") return Names(value, fields);
    if (key == "sections") return Sections(value, depth);
    if (key == "ignoreList" || key == "x_google_ignoreList") return Ignored(value, fields);
    if (key == "version") version_ = true;
    if (key == "mappings") mappings_ = true;
    od::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS) return Broken("bad JSON");
    if (type == od::json_type::string && key != "mappings") {
      std::string_view text;
      if (value.get_string().get(text) != simdjson::SUCCESS) return Broken("bad JSON");
      if (key == "sourceRoot") fields.root = text;
      out_.names_and_rest.emplace_back(text);
    }
    return Done{};
  }
  template <typename Each>
  Status ForEach(od::value value, Each&& each) {
    if (IsNull(value)) return Done{};
    od::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return Broken("not an array where one must be");
    for (auto item : array) {
      od::value one;
      if (item.get(one) != simdjson::SUCCESS) return Broken("bad JSON");
      const Status read = each(one);
      if (!read) return read;
    }
    return Done{};
  }
  static Result<std::pair<std::string, bool>> TextOrNull(od::value value) {
    if (IsNull(value)) return std::pair<std::string, bool>("", false);
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return Broken("a source is neither text nor null");
    return std::pair<std::string, bool>(std::string(text), true);
  }
  Status Contents(od::value value, Fields& fields) {
    return ForEach(value, [&](od::value one) -> Status {
      if (fields.contents.size() >= kMaxMapSources) return Error{Error::Kind::kLimit, "source map: too many sources"};
      Result<std::pair<std::string, bool>> text = TextOrNull(one);
      if (!text) return text.error();
      fields.contents.push_back(std::move(*text));
      return Done{};
    });
  }
  Status Names(od::value value, Fields& fields) {
    return ForEach(value, [&](od::value one) -> Status {
      if (fields.names.size() >= kMaxMapSources) return Error{Error::Kind::kLimit, "source map: too many sources"};
      Result<std::pair<std::string, bool>> text = TextOrNull(one);
      if (!text) return text.error();
      fields.names.push_back(std::move(text->first));
      return Done{};
    });
  }
  Status Ignored(od::value value, Fields& fields) {
    return ForEach(value, [&](od::value one) -> Status {
      uint64_t index = 0;
      if (one.get_uint64().get(index) == simdjson::SUCCESS) fields.ignored.push_back(index);
      return Done{};
    });
  }
  Status Sections(od::value value, int depth) {
    sections_ = true;
    return ForEach(value, [&](od::value one) -> Status {
      od::object section;
      if (one.get_object().get(section) != simdjson::SUCCESS) return Broken("a section is no object");
      for (auto field : section) {
        std::string_view key;
        if (field.unescaped_key().get(key) != simdjson::SUCCESS) return Broken("bad JSON");
        if (key != "map") continue;
        od::object map;
        if (field.value().get_object().get(map) != simdjson::SUCCESS) return Broken("a section's map is no object");
        const Status read = Object(map, depth + 1);
        if (!read) return read;
      }
      return Done{};
    });
  }
  Status Merge(Fields& fields) {
    const size_t count = std::max(fields.names.size(), fields.contents.size());
    if (fields.root.size() > kMaxRootBytes / std::max<size_t>(count, 1)) return Error{Error::Kind::kLimit, "source map: a sourceRoot that makes names longer than is looked into"};
    std::sort(fields.ignored.begin(), fields.ignored.end());
    for (size_t i = 0; i < count; ++i) {
      MapSource source;
      if (i < fields.names.size()) source.name = std::move(fields.names[i]);
      if (!fields.root.empty() && !source.name.starts_with('/') && source.name.find("://") == std::string::npos) {
        source.name = fields.root + (fields.root.ends_with('/') ? "" : "/") + source.name;
      }
      if (i < fields.contents.size() && fields.contents[i].second && !fields.contents[i].first.empty()) {
        source.content = std::move(fields.contents[i].first);
        source.has_content = true;
        source.lines = CountLines(source.content);
      }
      source.vendored = IsVendored(source.name) || std::binary_search(fields.ignored.begin(), fields.ignored.end(), i);
      out_.names_and_rest.push_back(source.name);
      out_.sources.push_back(std::move(source));
    }
    return Done{};
  }

  SourceMap& out_;
  bool version_ = false, sections_ = false, mappings_ = false;
};

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto hex = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) << 4 | hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

size_t CountLines(std::string_view text) {
  if (text.empty()) return 0;
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + (text.back() == '\n' ? 0u : 1u);
}

bool IsVendored(std::string_view name) {
  for (const std::string_view sign : {"node_modules/", "/bower_components/", "webpack/bootstrap", "webpack/runtime", "(webpack)", "webpack/universalModuleDefinition", "/jspm_packages/", "/.pnpm/"}) {
    if (name.find(sign) != std::string_view::npos) return true;
  }
  return name.starts_with("bower_components/") || name.starts_with("external ") || name.starts_with("webpack:///external ") || name.starts_with("ignored|") || name.starts_with('\0');
}

Result<SourceMap> ReadSourceMap(std::string_view bytes) {
  if (bytes.starts_with(")]}'")) {
    const size_t line = bytes.find('\n');
    if (line == std::string_view::npos) return Broken("nothing behind )]}'");
    bytes.remove_prefix(line + 1);
  }
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  const size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || bytes[first] != '{') return Broken("not a JSON object");
  const simdjson::padded_string padded(bytes);
  od::parser parser;
  od::document document;
  od::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS) return Broken("not JSON");
  SourceMap out;
  MapReader reader(out);
  if (Status read = reader.Object(object, 0); !read) return read.error();
  if (!reader.saw_version() && out.sources.empty()) return Broken("no version and no sources");
  return out;
}

MapLink FindMapLink(std::string_view script) {
  MapLink out;
  constexpr std::string_view kMark = "sourceMappingURL=";
  if (memmem(script.data(), script.size(), kMark.data(), kMark.size()) == nullptr) return out;  // four times as fast as looking from the end
  const size_t at = script.rfind(kMark);
  if (at == std::string_view::npos || at < 4) return out;
  const std::string_view before = script.substr(at - 4, 4);
  if (before != "//# " && before != "//@ " && before != "/*# " && before != "/*@ ") return out;
  std::string_view url = script.substr(at + kMark.size());
  url = url.substr(0, url.find_first_of(" \t\r\n*\"'`"));
  if (url.starts_with("data:")) {
    const size_t comma = url.find(',');
    if (comma == std::string_view::npos) return out;
    const std::string_view kind = url.substr(0, comma);
    out.inline_map = kind.ends_with(";base64") ? DecodeBase64(url.substr(comma + 1)) : PercentDecoded(url.substr(comma + 1));
    return out;
  }
  if (url.size() <= kLinkReach) out.url = url;
  return out;
}

}  // namespace checkrein::release
