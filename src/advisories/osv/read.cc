#include <algorithm>
#include <array>
#include <span>

#include "advisories/osv/advisory.h"
#include "advisories/osv/version.h"
#include "base/json.h"
#include "notation/read.h"

namespace checkrein::advisories {
namespace {

using notation::Node;
using notation::Position;

constexpr size_t kMaxText = 1u << 16;   // of one text for people
constexpr size_t kMaxId = 64;
constexpr size_t kMaxPolicyLines = 512;

// Bounded by kMaxAdvisoryDepth.
json::Value ToJson(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kBoolean: return node.boolean;
    case Node::Kind::kInteger: return node.integer;
    case Node::Kind::kReal: return node.real;
    case Node::Kind::kText: return node.text;
    case Node::Kind::kList: {
      json::Array items;
      for (const Node& item : node.items) items.push_back(ToJson(item));
      return items;
    }
    case Node::Kind::kTable: {
      json::Object members;
      for (const notation::Member& member : node.members) members.emplace_back(member.name, ToJson(member.value));
      return members;
    }
    default: return nullptr;
  }
}

// Reads one file; the first error stands.
class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) { advisory_.file = file; }

  Result<Advisory> Read(const Node& root) {
    Record(root);
    if (error_) return *error_;
    return std::move(advisory_);
  }

 private:
  bool failed() const { return error_.has_value(); }
  void Fail(Position at, std::string what, Error::Kind kind = Error::Kind::kInvalid) {
    if (!error_) error_ = Error{kind, notation::Place(file_, at) + ": " + std::move(what)};
  }

  void OnlyKnown(const Node& table, std::span<const std::string_view> known, std::string_view what) {
    for (const notation::Member& member : table.members)
      if (std::find(known.begin(), known.end(), member.name) == known.end()) Fail(member.at, "`" + member.name.substr(0, kMaxId) + "` is no member of " + std::string(what));
  }
  const Node* Table(const Node& in, std::string_view name) { return Typed(in, name, Node::Kind::kTable, "a table"); }
  const Node* List(const Node& in, std::string_view name, size_t most) {
    const Node* list = Typed(in, name, Node::Kind::kList, "a list");
    if (list != nullptr && list->items.size() > most) Fail(list->at, "more than " + std::to_string(most) + " items in `" + std::string(name) + "`", Error::Kind::kLimit);
    return failed() ? nullptr : list;
  }
  const Node* Typed(const Node& in, std::string_view name, Node::Kind kind, const char* what) {
    const Node* node = in.Find(name);
    if (node != nullptr && node->kind != kind) Fail(node->at, "`" + std::string(name) + "` must be " + what);
    return failed() ? nullptr : node;
  }
  std::string Text(const Node& in, std::string_view name) {
    const Node* node = Typed(in, name, Node::Kind::kText, "a text");
    return node == nullptr ? std::string() : Words(*node);
  }
  std::string Needed(const Node& in, std::string_view name) {
    std::string text = Text(in, name);
    if (text.empty()) Fail(in.at, "`" + std::string(name) + "` is missing");
    return text;
  }
  // A text that can stand on a screen and in a log.
  std::string Words(const Node& node) {
    if (node.text.size() > kMaxText) Fail(node.at, "a text of more than " + std::to_string(kMaxText) + " bytes", Error::Kind::kLimit);
    for (const char c : node.text)
      if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') Fail(node.at, "a text with a control character");
    return node.text;
  }
  std::vector<std::string> Texts(const Node& in, std::string_view name, size_t most) {
    std::vector<std::string> out;
    const Node* list = List(in, name, most);
    if (list == nullptr) return out;
    for (const Node& item : list->items) {
      if (!item.is_text()) Fail(item.at, "`" + std::string(name) + "` must be a list of texts");
      out.push_back(Words(item));
    }
    return out;
  }
  int64_t Time(const Node& in, std::string_view name) {
    const Node* node = Typed(in, name, Node::Kind::kText, "a text");
    if (node == nullptr) return 0;
    const auto time = TimeOf(node->text);
    if (!time || node->text.size() < 20) Fail(node->at, "`" + std::string(name) + "` must be a time such as 2026-02-06T10:11:12Z");
    return time.value_or(0);
  }
  static bool IsId(std::string_view text) {
    return !text.empty() && text.size() <= kMaxId && std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'; });
  }

  void Record(const Node& root) {
    static constexpr std::string_view kKnown[] = {"schema_version", "id", "modified", "published", "withdrawn", "aliases", "upstream", "related", "summary", "details", "severity", "affected", "references", "credits", "database_specific"};
    if (!root.is_table()) return Fail(root.at, "an advisory is a table");
    OnlyKnown(root, kKnown, "an OSV record");
    const std::string schema = Needed(root, "schema_version");
    if (!failed() && (!Version::Parse(schema) || !schema.starts_with("1."))) Fail(root.Find("schema_version")->at, "this version reads schema 1.x of OSV");
    advisory_.id = Needed(root, "id");
    if (!failed() && !IsId(advisory_.id)) Fail(root.Find("id")->at, "an id is of letters, digits, dash, dot and underscore, at most " + std::to_string(kMaxId));
    advisory_.aliases = Texts(root, "aliases", kMaxAffected);
    advisory_.summary = Text(root, "summary");
    advisory_.details = Text(root, "details");
    Times(root);
    References(root);
    const Node* affected = List(root, "affected", kMaxAffected);
    if (!failed() && (affected == nullptr || affected->items.empty())) Fail(root.at, "`affected` is missing: nothing could be told of any version");
    if (failed()) return;
    for (const Node& item : affected->items) Package(item);
    const Node* specific = Table(root, "database_specific");
    if (specific != nullptr)
      if (const Node* ours = Table(*specific, "checkrein")) Checkrein(*ours);
    if (!failed()) CheckPackages(*affected);
  }

  void Times(const Node& root) {
    if (!failed() && root.Find("modified") == nullptr) Fail(root.at, "`modified` is missing");
    advisory_.modified_ms = Time(root, "modified");
    advisory_.published_ms = root.Find("published") == nullptr ? advisory_.modified_ms : Time(root, "published");
    advisory_.withdrawn = root.Find("withdrawn") != nullptr;
    const int64_t withdrawn = Time(root, "withdrawn");
    if (failed()) return;
    if (advisory_.modified_ms < advisory_.published_ms) Fail(root.Find("modified")->at, "modified before it was published");
    if (advisory_.withdrawn && withdrawn < advisory_.published_ms) Fail(root.Find("withdrawn")->at, "withdrawn before it was published");
  }

  void References(const Node& root) {
    const Node* list = List(root, "references", kMaxAffected);
    if (list == nullptr) return;
    for (const Node& item : list->items) {
      if (!item.is_table()) return Fail(item.at, "a reference is a table");
      const std::string type = Needed(item, "type"), url = Needed(item, "url");
      if (failed()) return;
      if (!IsLink(url)) return Fail(item.Find("url")->at, "a link begins with https:// or http:// and has no space in it");
      if (advisory_.link.empty() && (type == "ADVISORY" || type == "WEB")) advisory_.link = url;
    }
  }
  static bool IsLink(std::string_view url) {
    return (url.starts_with("https://") || url.starts_with("http://")) && url.size() < 1024 && std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; });
  }

  void Package(const Node& item) {
    if (!item.is_table()) return Fail(item.at, "an item of `affected` is a table");
    static constexpr std::string_view kKnown[] = {"package", "severity", "ranges", "versions", "ecosystem_specific", "database_specific"};
    OnlyKnown(item, kKnown, "an item of `affected`");
    Affected affected;
    if (const Node* package = Table(item, "package")) {
      affected.ecosystem = Needed(*package, "ecosystem");
      affected.package = Needed(*package, "name");
    }
    affected.versions = Texts(item, "versions", kMaxVersions);
    if (const Node* ranges = List(item, "ranges", kMaxRanges))
      for (const Node& range : ranges->items) affected.ranges.push_back(OneRange(range, affected.ecosystem));
    if (!failed() && affected.ranges.empty() && affected.versions.empty()) Fail(item.at, "neither `ranges` nor `versions`: which versions are affected is not said");
    advisory_.affected.push_back(std::move(affected));
  }

  Range OneRange(const Node& node, const std::string& ecosystem) {
    Range range;
    if (!node.is_table()) Fail(node.at, "a range is a table");
    static constexpr std::string_view kKnown[] = {"type", "repo", "events", "database_specific"};
    OnlyKnown(node, kKnown, "a range");
    const std::string type = Needed(node, "type");
    if (failed()) return range;
    if (type == "SEMVER") range.type = Range::Type::kSemver;
    else if (type == "ECOSYSTEM") range.type = Range::Type::kEcosystem;
    else if (type != "GIT") Fail(node.Find("type")->at, "`" + type.substr(0, kMaxId) + "` is no type of range; SEMVER, ECOSYSTEM and GIT are");
    const Node* events = List(node, "events", kMaxEvents);
    if (!failed() && (events == nullptr || events->items.empty())) Fail(node.at, "a range without events");
    if (failed()) return range;
    for (const Node& event : events->items) OneEvent(event, range);
    const bool ordered = range.type == Range::Type::kSemver || (range.type == Range::Type::kEcosystem && (ecosystem == "npm" || ecosystem.empty()));
    if (!failed() && ordered) Order(range);
    return range;
  }

  void OneEvent(const Node& node, Range& range) {
    static constexpr std::pair<std::string_view, Event::Kind> kKinds[] = {
        {"introduced", Event::Kind::kIntroduced}, {"fixed", Event::Kind::kFixed}, {"last_affected", Event::Kind::kLastAffected}, {"limit", Event::Kind::kLimit}};
    if (!node.is_table() || node.members.size() != 1) return Fail(node.at, "an event is a table with one member: introduced, fixed, last_affected or limit");
    const notation::Member& member = node.members.front();
    const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& k) { return k.first == member.name; });
    if (kind == std::end(kKinds)) return Fail(member.at, "`" + member.name.substr(0, kMaxId) + "` is no event; introduced, fixed, last_affected and limit are");
    if (!member.value.is_text() || member.value.text.empty() || member.value.text.size() > kMaxVersionBytes) return Fail(member.value.at, "a version is a text of at most " + std::to_string(kMaxVersionBytes) + " bytes");
    range.events.push_back({kind->second, member.value.text, member.value.at});
  }

  // In order of version; affected and not affected must take turns, beginning with affected.
  void Order(Range& range) {
    std::vector<std::pair<Version, Event>> events;
    for (Event& event : range.events) {
      const auto version = event.version == "0" ? Version::Parse("0.0.0-0") : event.version == "*" && event.kind == Event::Kind::kLimit ? std::nullopt : Version::Parse(event.version);
      if (event.kind == Event::Kind::kLimit && event.version == "*") continue;  // OSV: no limit
      if (!version || (event.version == "0" && event.kind != Event::Kind::kIntroduced)) return Fail(event.at, "`" + event.version + "` is no version of the form 1.2.3");
      events.emplace_back(*version, std::move(event));
    }
    std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    const Event* open = nullptr;
    const Event* last = nullptr;
    for (const auto& [version, event] : events) {
      if (event.kind == Event::Kind::kLimit) continue;
      if (last != nullptr && Version::Parse(last->version == "0" ? "0.0.0-0" : last->version) == version && event.kind != Event::Kind::kLastAffected)
        return Fail(event.at, "two events at " + event.version);
      if (event.kind == Event::Kind::kIntroduced) {
        if (open != nullptr) return Fail(event.at, "introduced in " + event.version + " while it had not gone since " + open->version);
        open = &event;
      } else {
        if (open == nullptr) return Fail(event.at, (event.kind == Event::Kind::kFixed ? "fixed in " : "last affected in ") + event.version + ", before it was introduced");
        open = nullptr;
      }
      last = &event;
    }
    if (last == nullptr) return Fail(range.events.front().at, "a range in which nothing is introduced");
    range.events.clear();
    for (auto& [version, event] : events) range.events.push_back(std::move(event));
  }

  // Ranges of one package must not overlap: where they do, one of them says fixed where the other says affected.
  void CheckPackages(const Node& affected) {
    for (size_t i = 0; i < advisory_.affected.size(); ++i) {
      const Affected& a = advisory_.affected[i];
      if (a.package.empty() && advisory_.client.empty()) return Fail(affected.items[i].at, "neither a package nor database_specific.checkrein.client: which product this is about is not said");
      std::vector<const Range*> ranges;
      for (size_t j = 0; j <= i; ++j)
        if (advisory_.affected[j].ecosystem == a.ecosystem && advisory_.affected[j].package == a.package)
          for (const Range& range : advisory_.affected[j].ranges)
            if (range.type == Range::Type::kSemver || (range.type == Range::Type::kEcosystem && (a.ecosystem == "npm" || a.ecosystem.empty()))) ranges.push_back(&range);
      Range all;
      all.type = Range::Type::kSemver;
      for (const Range* range : ranges)
        for (const Event& event : range->events)
          if (event.kind != Event::Kind::kLimit) all.events.push_back(event);
      if (ranges.size() > 1) Order(all);
      if (failed()) return;
    }
  }

  void Checkrein(const Node& ours) {
    static constexpr std::string_view kKnown[] = {"client", "effect", "remains", "unconfirmed", "policies", "examples"};
    OnlyKnown(ours, kKnown, "database_specific.checkrein");
    advisory_.client = Text(ours, "client");
    if (!advisory_.client.empty() && !IsId(advisory_.client)) Fail(ours.Find("client")->at, "a client is named as in data/clients, or as another product");
    advisory_.effect = Text(ours, "effect");
    advisory_.remains = Text(ours, "remains");
    advisory_.unconfirmed = Texts(ours, "unconfirmed", kMaxExamples);
    if (const Node* lines = List(ours, "policies", kMaxPolicyLines))
      for (const Node& line : lines->items) {
        if (!line.is_text() || line.text.find('\n') != std::string::npos) return Fail(line.at, "`policies` is Cedar, one line of it in each text");
        advisory_.policies += Words(line) + "\n";
        advisory_.policy_lines.push_back(line.at);
      }
    if (const Node* examples = List(ours, "examples", kMaxExamples))
      for (const Node& example : examples->items) OneExample(example);
  }

  void OneExample(const Node& node) {
    static constexpr std::string_view kKnown[] = {"abuse", "work", "becomes"};
    if (!node.is_table()) return Fail(node.at, "an example is a table");
    OnlyKnown(node, kKnown, "an example");
    const Node *abuse = Table(node, "abuse"), *work = Table(node, "work");
    const std::string becomes = Text(node, "becomes");
    if (failed()) return;
    if ((abuse == nullptr) == (work == nullptr) || (abuse == nullptr) != becomes.empty()) return Fail(node.at, "an example has either `abuse` and what it `becomes`, or `work`");
    if (!becomes.empty() && becomes != "contain" && becomes != "ask" && becomes != "deny") return Fail(node.Find("becomes")->at, "what an abuse becomes is contain, ask or deny");
    advisory_.examples.push_back({work == nullptr, ToJson(work == nullptr ? *abuse : *work).Dump(), becomes, node.at});
  }

  std::string file_;
  Advisory advisory_;
  std::optional<Error> error_;
};

bool AreDigits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }); }
int NumberAt(std::string_view text, size_t at, size_t size) {
  int number = 0;
  for (const char c : text.substr(at, size)) number = number * 10 + (c - '0');
  return number;
}

}  // namespace

std::optional<int64_t> TimeOf(std::string_view text) {
  const auto shaped = [&](size_t at, std::string_view form) {
    for (size_t i = 0; i < form.size(); ++i)
      if (at + i >= text.size() || (form[i] == '9' ? text[at + i] < '0' || text[at + i] > '9' : text[at + i] != form[i])) return false;
    return true;
  };
  if (!shaped(0, "9999-99-99")) return std::nullopt;
  const int year = NumberAt(text, 0, 4), month = NumberAt(text, 5, 2), day = NumberAt(text, 8, 2);
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0)) return std::nullopt;
  int64_t seconds = 0;
  if (text.size() > 10) {
    if (!shaped(10, "T99:99:99") || !text.ends_with('Z')) return std::nullopt;
    const std::string_view fraction = text.substr(19, text.size() - 20);
    if (!fraction.empty() && (fraction[0] != '.' || !AreDigits(fraction.substr(1)) || fraction.size() > 10)) return std::nullopt;
    const int hour = NumberAt(text, 11, 2), minute = NumberAt(text, 14, 2), second = NumberAt(text, 17, 2);
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
    seconds = hour * 3600 + minute * 60 + second;
  }
  // Days since 1970 by the proleptic Gregorian calendar.
  int64_t days = 0;
  for (int y = 1970; y < year; ++y) days += (y % 4 == 0 && y % 100 != 0) || y % 400 == 0 ? 366 : 365;
  for (int m = 1; m < month; ++m) days += kDays[static_cast<size_t>(m - 1)] + (m == 2 && leap ? 1 : 0);
  return ((days + day - 1) * 86'400 + seconds) * 1000;
}

Result<Advisory> ReadAdvisory(std::string_view text, std::string_view file) {
  notation::Limits limits;
  limits.max_bytes = kMaxAdvisoryBytes;
  limits.max_depth = kMaxAdvisoryDepth;
  limits.max_values = kMaxAdvisoryValues;
  if (text.size() > limits.max_bytes) return Error{Error::Kind::kLimit, std::string(file) + ": larger than " + std::to_string(limits.max_bytes) + " bytes"};
  const Result<Node> root = notation::ParseJson(text, file, notation::Dialect::kJson, limits);
  if (!root) return root.error();
  return Reader(file).Read(*root);
}

}  // namespace checkrein::advisories
