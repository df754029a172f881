#include "monitor/schema.h"

#include <algorithm>
#include <string>
#include <vector>

namespace checkrein::monitor {
namespace {

enum class Type : char { kText = 't', kNumber = 'n', kFlag = 'f', kList = 'l', kObject = 'o' };

// One row a kind: the members that it always has, each with the letter of its type. Members of members are their writers' own.
struct Kind {
  std::string_view name;
  std::string_view members;
};
constexpr std::string_view kEnvelope = "v:n k:t t:t mono:n boot:t mode:t";
constexpr Kind kKinds[] = {
    {"session", "client:t"},
    {"turn", "client:t goal:t"},
    {"message", "client:t said:t"},
    {"note", "client:t"},
    {"action", "client:t cwd:t goal:t intent:o call:o predicted:o labels:l decision:o course:t"},
    {"result", "client:t call:o output:o"},
    {"refused", ""},
    {"outcome", "ref:n exit:n ms:n how:t observed:o divergence:o committed:l held:l"},
    {"background", "ref:n effects:l count:n lost:n"},
    {"connection", "host:t port:n result:t"},
    {"run", "session:t program:t arguments:n workspace:t reach:l policy:t"},
    {"run_end", "session:t exit:n committed:l held:l"},
    {"approval", "action_digest:t by_uid:n expires_s:n"},
    {"finding", "code:t severity:t what:t"},
    {"incident", "code:t severity:t what:t"},
    {"freeze", "by_uid:n"},
    {"thaw", "by_uid:n"},
    {"policy", "event:t set:t"},
    {"key", "event:t vkey:t"},
    {"log", "event:t size:n"},
    {"pin", "event:t what:t"},
    {"labels", "event:t what:t labels:l by_uid:n"},
    {"commit", "copy:t workspace:t committed:l left:l by_uid:n"},
    {"change", "event:t copy:t workspace:t by_uid:n"},
    {"gate", "artifact:t sha256:t rules_sha256:t verdict:t action:n"},
    {"undo", "action:t changes:n by_uid:n"},
};

bool Is(const json::Value& value, char type) {
  switch (static_cast<Type>(type)) {
    case Type::kText:
      return value.string() != nullptr;
    case Type::kNumber:
      return value.integer() != nullptr;
    case Type::kFlag:
      return value.boolean() != nullptr;
    case Type::kList:
      return value.array() != nullptr;
    case Type::kObject:
      return value.object() != nullptr;
  }
  return false;
}

Status Has(const json::Value& record, std::string_view kind, std::string_view members) {
  while (!members.empty()) {
    const size_t end = std::min(members.find(' '), members.size());
    const std::string name(members.substr(0, end - 2));
    const json::Value* value = record.Find(name);
    if (value == nullptr || !Is(*value, members[end - 1])) {
      return Error{Error::Kind::kInternal, "record of kind " + std::string(kind) + ": " + name + (value == nullptr ? ": missing" : ": of another type")};
    }
    members.remove_prefix(std::min(end + 1, members.size()));
  }
  return Done{};
}

}  // namespace

Status CheckRecord(const json::Value& record) {
  const std::string_view kind = record.Text("k");
  const auto known = std::find_if(std::begin(kKinds), std::end(kKinds), [kind](const Kind& row) { return row.name == kind; });
  if (known == std::end(kKinds)) return Error{Error::Kind::kInternal, "record: no kind " + std::string(kind.substr(0, 64))};
  if (const Status envelope = Has(record, kind, kEnvelope); !envelope) return envelope;
  return Has(record, kind, known->members);
}

}  // namespace checkrein::monitor
