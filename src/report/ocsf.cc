#include "report/ocsf.h"

#include <ctime>

#include "audit/merkle.h"
#include "base/bytes.h"
#include "report/promise.h"
#include "report/row.h"
#include "report/standards.h"
#include "report/text.h"

namespace checkrein::report {
namespace {

constexpr int64_t kOther = 99;

struct Activity {
  int64_t id;
  const char* name;
};

// Of the class: Launch for programs, Create for findings and incidents, Open for connections.
Activity ActivityOf(int64_t ocsf_class, const json::Value& record) {
  switch (ocsf_class) {
    case 1007: return {1, "Launch"};
    case 2004:
    case 2005:
    case 2006: return {1, "Create"};
    case 4001: return {1, "Open"};
    case 6002: return record.Text("k") == "run_end" || record.Text("event") == "SessionEnd" ? Activity{4, "Stop"} : Activity{3, "Start"};
    default: return {kOther, "Other"};
  }
}

int64_t MillisOf(std::string_view t) {
  tm parts{};
  const std::string text(t.substr(0, 32));
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return 0;
  return static_cast<int64_t>(timegm(&parts)) * 1000 + (*rest == '.' ? std::atoi(rest + 1) : 0);
}

// 1 Informational to 5 Critical: a record's own word, else by how much an action differed.
int64_t SeverityOf(const json::Value& record, bool finding, int64_t score) {
  constexpr std::string_view kNames[] = {"", "", "low", "medium", "high", "critical"};
  for (int64_t id = 2; id <= 5; ++id)
    if (record.Text("severity") == kNames[id]) return id;
  return !finding ? 1 : score >= 50 ? 4 : score >= 20 ? 3 : 2;
}

// action_id and disposition_id of the profile `security_control`.
void SetControl(json::Value& event, const json::Value& record) {
  const std::string_view course = record.Text("course");
  int64_t action = 3, disposition = 17;  // Observed, Logged
  if (course == "denied") action = 2, disposition = 2;                        // Denied, Blocked
  else if (course == "awaits approval") action = 2, disposition = 2;
  else if (course == "contained") action = 4, disposition = 1;                // Modified: it runs on a copy
  else if (course == "allowed" || course == "started") action = 1, disposition = 1;
  if (record.At("decision").Flag("approved")) disposition = 8;                // Approved
  event.Set("action_id", action).Set("disposition_id", disposition);
  json::Array policies;
  if (const json::Array* ids = record.At("decision").At("policies").array()) {
    for (const json::Value& id : *ids) policies.push_back(json::Value().Set("uid", id));
  }
  json::Value policy;
  policy.Set("uid", record.At("decision").Text("set")).Set("name", "checkrein");
  event.Set("policy", std::move(policy));
  if (!policies.empty()) event.Set("authorizations", json::Array{json::Value().Set("decision", record.At("decision").Text("verdict")).Set("policy", policies.front())});
}

}  // namespace

json::Value OcsfEvent(const json::Value& record, std::string_view bytes, const OcsfContext& context) {
  int64_t ocsf_class = OcsfClassFor(record);
  if (ocsf_class == 0) ocsf_class = 6003;
  const Activity activity = ActivityOf(ocsf_class, record);
  const bool finding = ocsf_class / 1000 == 2;
  const int64_t score = record.At("divergence").Integer("score", 0);
  json::Value event;
  event.Set("class_uid", ocsf_class).Set("category_uid", ocsf_class / 1000).Set("activity_id", activity.id).Set("type_uid", ocsf_class * 100 + activity.id);
  event.Set("activity_name", activity.name).Set("time", MillisOf(record.Text("t")));
  event.Set("severity_id", SeverityOf(record, finding, score));
  const Row row = [&] {
    Rows rows;
    rows.Feed(0, record);
    return rows.all().empty() ? Row{} : rows.all().front();
  }();
  std::string message = row.did.empty() ? row.said.empty() ? Describe(record) : row.said : row.did;
  if (!message.empty()) event.Set("message", message);
  json::Value product;
  product.Set("name", "Checkrein").Set("vendor_name", "Checkrein").Set("version", context.version);
  json::Array labels, profiles;
  for (const std::string& id : StandardsFor(record)) labels.emplace_back(id);
  profiles.emplace_back("security_control");
  profiles.emplace_back("ai_operation");
  json::Value metadata;
  metadata.Set("version", "1.8.0").Set("product", std::move(product)).Set("uid", context.origin + "/" + std::to_string(context.index)).Set("sequence", static_cast<int64_t>(context.index));
  metadata.Set("log_name", context.origin).Set("labels", std::move(labels)).Set("profiles", std::move(profiles)).Set("correlation_uid", record.Text("session"));
  event.Set("metadata", std::move(metadata));
  if (record.Text("k") == "action") SetControl(event, record);
  if (ocsf_class == 6003) {
    json::Value api, actor;
    api.Set("operation", record.At("call").Text("tool").empty() ? record.Text("k") : record.At("call").Text("tool"));
    actor.Set("app_name", record.Text("client")).Set("session", json::Value().Set("uid", record.Text("session")));
    event.Set("api", std::move(api)).Set("actor", std::move(actor));
  }
  if (finding) {
    json::Value info;
    const std::string_view what = record.Text("what");
    info.Set("title", !what.empty() ? what : record.Text("k") == "refused" ? "an event was refused" : ocsf_class == 2005 ? "incident" : "an action was not as predicted");
    info.Set("uid", context.origin + "/" + std::to_string(context.index));
    if (const std::string_view code = record.Text("code"); !code.empty()) info.Set("types", json::Array{json::Value(code)});
    if (const int64_t ref = record.Integer("ref", -1); ref >= 0) info.Set("related_events", json::Array{json::Value().Set("uid", context.origin + "/" + std::to_string(ref))});
    event.Set("finding_info", std::move(info));
  }
  json::Value unmapped;
  unmapped.Set("leaf", HexEncode(audit::LeafHash(bytes))).Set("kind", record.Text("k")).Set("score", score).Set("mode", record.Text("mode"));
  if (const std::string_view not_promised = NotPromised(record.Text("mode")); !not_promised.empty()) unmapped.Set("not_promised", not_promised);
  event.Set("unmapped", std::move(unmapped));
  event.Set("raw_data", bytes);
  return event;
}

}  // namespace checkrein::report
