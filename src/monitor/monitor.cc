#include "monitor/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/fields.h"
#include "monitor/clip.h"
#include "monitor/finding.h"
#include "monitor/fit.h"
#include "monitor/mcp_ask.h"
#include "monitor/reconcile.h"
#include "monitor/schema.h"
#include "secret/redact.h"

namespace checkrein::monitor {
namespace {

// The key under which digests of outputs and secrets are made: made once, kept with the state.
Result<Digest> RedactionKey(const std::string& state) {
  const std::string path = state + "/redaction.key";
  Digest key{};
  Result<std::string> bytes = ReadFile(path, key.size());
  if (!bytes && bytes.error().kind == Error::Kind::kNotFound) {
    FillRandom(key);
    // Exclusive, so that of two first hooks one key wins and the other reads it.
    const Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (fd.valid()) {
      if (const Status written = WriteAll(fd.get(), AsText(key)); !written) return written.error();
      return key;
    }
    if (errno != EEXIST) return SystemError(path, errno);
    // The winner may be between making and writing it: 32 bytes take no second look in practice, but a short read is an error below.
    bytes = ReadFile(path, key.size());
  }
  if (!bytes) return bytes.error();
  if (bytes->size() != key.size()) return Error{Error::Kind::kInvalid, path + ": damaged; remove it"};
  std::copy(bytes->begin(), bytes->end(), key.begin());
  return key;
}

// Records of what sensors saw, and of what people did about it: names of files and hosts are whatever a command made them. (What a client
// said was redacted by the judge.)
constexpr std::string_view kOfSensors[] = {"outcome", "background", "connection", "run_end", "finding", "incident", "commit", "change"};
constexpr std::string_view kEnvelope[] = {"k", "t", "boot", "mode", "session", "client", "copy", "workspace"};

// Recursion is bounded: our own records are a few levels deep.
void RedactTexts(json::Value& value, const Digest& key) {
  if (const std::string* text = value.string()) {
    std::string shown = secret::Redact(*text, key);
    if (shown != *text) value = json::Value(std::move(shown));
  } else if (json::Array* items = value.array()) {
    for (json::Value& item : *items) RedactTexts(item, key);
  } else if (json::Object* members = value.object()) {
    for (auto& [name, member] : *members) RedactTexts(member, key);
  }
}

std::string BootId() {
  Result<std::string> id = ReadFile("/proc/sys/kernel/random/boot_id", 64);
  if (!id) return "unknown";
  while (id->ends_with('\n')) id->pop_back();
  return std::move(id).take();
}

}  // namespace

Monitor::Monitor(Options options, Settings settings, policy::PolicySet policies, Digest redaction_key)
    : options_(std::move(options)),
      settings_(std::move(settings)),
      policies_(std::move(policies)),
      redaction_key_(redaction_key),
      facts_(options_.places.state + "/sessions"),
      tickets_(options_.places.state + "/tickets"),
      pins_(options_.places.state, options_.mode != Mode::kHooks ? advisories::PinWatch::Stamps::kInMemory : advisories::PinWatch::Stamps::kKept),
      shields_({options_.places.state, options_.places.home, options_.path, {}, options_.mode == Mode::kRun ? advisories::Machine::Places::kWatched : advisories::Machine::Places::kNotWatched, options_.programs}) {}

Result<Monitor> Monitor::Open(Options options) {
  Result<Monitor> monitor = OpenForOne(std::move(options));
  if (!monitor) return monitor;
  if (const Status opened = monitor->OpenLog(); !opened) return opened.error();
  return monitor;
}

Status Monitor::OpenLog() {
  if (is_open_) return Done{};
  if (options_.shared_log == nullptr) {
    Result<audit::Log> own = audit::Log::Open(options_.places.state + "/log", audit::Log::Mode::kAppend);
    if (!own) return own.error();
    log_ = std::move(own).take();
  }
  boot_ = BootId();
  Status booted = RecordBoot();
  is_open_ = booted.ok();
  return booted;
}

Result<Monitor> Monitor::OpenForOne(Options options) {
  if (const Status prepared = PrepareState(options.places); !prepared) return prepared.error();
  Result<Settings> settings = LoadSettings(options.places.config);
  if (!settings) return settings.error();
  Result<policy::PolicySet> policies = policy::PolicySet::Load(settings->policy_set, settings->texts, {}, options.places.state + "/policy");
  if (!policies) return policies.error();
  const Result<Digest> key = RedactionKey(options.places.state);
  if (!key) return key.error();
  if (!options.world) options.world = LiveWorld::OfThisProcess();
  std::optional<policy::PolicySet> shadow;
  if (settings->has_shadow()) {
    std::vector<policy::PolicySet::Text> texts = settings->texts;
    texts.insert(texts.end(), settings->shadow_texts.begin(), settings->shadow_texts.end());
    // A set on trial that does not load is a broken configuration like any other: whoever tries it wants to know.
    Result<policy::PolicySet> loaded = policy::PolicySet::Load(settings->shadow_set.empty() ? settings->policy_set : settings->shadow_set, texts, {}, options.places.state + "/policy");
    if (!loaded) return Error{loaded.error().kind, "the set on trial: " + loaded.error().text};
    shadow = std::move(loaded).take();
  }
  Monitor monitor(std::move(options), std::move(settings).take(), std::move(policies).take(), *key);
  monitor.shadow_ = std::move(shadow);
  if (monitor.options_.mode == Mode::kRun)
    if (const Status known = monitor.shields_.Refresh(UnixMillis(), advisories::Look::kWhole); !known) return known.error();
  return monitor;
}

std::string Monitor::FactsKey(std::string_view client_session, agent::Client client) const {
  // Under `run` there is one session whatever the client calls itself: a new id must not shed labels.
  if (options_.mode == Mode::kRun) return "run " + options_.run_session;
  return std::string(agent::ClientName(client)) + " " + std::string(client_session);
}

Result<std::optional<policy::PolicySet>> Monitor::ProjectPolicies(const std::string& workspace) const {
  const Result<ProjectTexts> project = ReadProject(workspace);
  if (!project) return project.error();
  if (project->policies.empty()) return std::optional<policy::PolicySet>();
  Result<policy::PolicySet> set = policy::PolicySet::Load(settings_.policy_set, settings_.texts, project->policies);
  if (!set) return set.error();
  return std::optional<policy::PolicySet>(std::move(set).take());
}

Envelope Monitor::NewEnvelope() const { return {UnixMillis(), MonotonicNanos(), boot_, options_.mode, options_.uid}; }

Envelope Monitor::StartEnvelope(Mode mode) { return {UnixMillis(), MonotonicNanos(), BootId(), mode}; }

policy::Circumstances Monitor::BaseCircumstances() {
  policy::Circumstances c = PlainCircumstances();
  LookUpShields();
  c.shields = shields_.enforced();
  return c;
}

void Monitor::LookUpShields() {
  // The service cannot look into homes for what is installed there: all shields that are compiled in are in force, whatever is.
  if (options_.mode != Mode::kSystem || options_.shared_log == nullptr) shields_known_ = shields_.Refresh(UnixMillis(), advisories::Look::kQuick);
}

policy::Circumstances Monitor::PlainCircumstances() const {
  policy::Circumstances c;
  c.home = options_.places.home;
  c.workspace = options_.workspace;
  c.state_dir = options_.places.state;
  c.config_dir = options_.places.config.empty() ? "" : options_.places.config.back();
  c.model_hosts = options_.model_hosts;
  c.model_hosts.insert(c.model_hosts.end(), settings_.model_hosts.begin(), settings_.model_hosts.end());
  c.registries = settings_.registries;
  c.personal = &settings_.personal;
  return c;
}

Result<uint64_t> Monitor::Record(json::Value record) {
  std::vector<json::Value> one;
  one.push_back(std::move(record));
  return RecordAll(std::move(one));
}

void Monitor::Redact(json::Value& record) const {
  const std::string_view kind = record.Text("k");
  if (std::find(std::begin(kOfSensors), std::end(kOfSensors), kind) == std::end(kOfSensors)) return;
  for (auto& [name, value] : *record.object())
    if (std::find(std::begin(kEnvelope), std::end(kEnvelope), name) == std::end(kEnvelope)) RedactTexts(value, redaction_key_);
}

Result<uint64_t> Monitor::RecordAll(std::vector<json::Value> records) {
  std::vector<std::string> texts;
  for (json::Value& record : records) {
    if (const Status kept = CheckRecord(record); !kept) return kept.error();
    Redact(record);
    FitRecord(record);
    texts.push_back(record.Dump());
  }
  Result<uint64_t> first = log().AppendAll(std::vector<std::string_view>(texts.begin(), texts.end()));
  for (size_t i = 0; first && hooks_.recorded && i < records.size(); ++i) {
    records[i].Set("index", static_cast<int64_t>(*first + i));
    hooks_.recorded(records[i]);
  }
  return first;
}

Result<Digest> Monitor::ToolsOf(const advisories::Server& server, const std::string& workspace, const std::string& session) const {
  // It would run a program of the user's choice as the service.
  if (options_.shared_log != nullptr) return Error{Error::Kind::kUnsupported, "a system installation's service starts no servers"};
  const AskedTools asked(options_.places.state);
  const Digest key = AskedTools::KeyOf(session, server, workspace);
  const Digest nothing{};
  if (const std::optional<Digest> known = asked.Find(key)) {
    if (*known == nothing) return Error{Error::Kind::kInvalid, "it could not be asked in this session"};
    return *known;
  }
  const Result<std::string> said = AskTools(server, {options_.places, options_.places.home, workspace, environ}, kAskDeadlineMs);
  asked.Keep(key, said ? Sha256(*said) : nothing);  // whoever is silent holds everybody up: once is enough
  if (!said) return said.error();
  return Sha256(*said);
}

Status Monitor::WriteOutcome(const Outcome& outcome) {
  const Result<std::string> bytes = outcome.action < 0 ? Result<std::string>(std::string()) : log().Read(static_cast<uint64_t>(outcome.action));
  const Result<json::Value> action = bytes ? json::Parse(*bytes) : Result<json::Value>(bytes.error());
  const Reconciled reconciled = ReconcileOutcome(action ? *action : json::Value(), outcome);
  Outcome shown = outcome;
  RedactCalls(shown.execs, redaction_key_);
  json::Value record = OutcomeRecord(NewEnvelope(), shown);
  SetDivergence(record, reconciled);
  // What did so much more than was known of it may have been steered: from now on the session is asked about whatever needs trust.
  if (reconciled.differs() == Differs::kHigh && action) {
    const agent::Client client = agent::ClientFromName(action->Text("client")).value_or(agent::Client{});
    const Result<SessionFacts> facts = facts_.Update(FactsKey(action->Text("session"), client), [](SessionFacts& f) { f.AddLabel("untrusted"); });
    if (!facts) return facts.error();
    SetList(record, "new_labels", {"untrusted"});
  }
  if (action)
    if (const Status labelled = LabelObserved(outcome, *action); !labelled) return labelled;
  std::vector<json::Value> records;
  records.push_back(std::move(record));
  if (json::Value finding = DivergenceFinding(NewEnvelope(), outcome.action, action ? *action : json::Value(), reconciled); finding.object() != nullptr)
    records.push_back(std::move(finding));
  const Result<uint64_t> index = RecordAll(std::move(records));
  if (!index) return index.error();
  return Done{};
}

// A log that is first written to after a boot, or that a broken-off write has marked, says so: silence and damage are to be seen. So is
// that other policies are in force than before.
Status Monitor::RecordBoot() {
  // In a file of its own, for a hook has no time to look for the last record.
  const std::string seen = options_.places.state + "/boot";
  const std::string now = boot_ + " " + InForce();
  const Result<std::string> last = ReadFile(seen, kPathText);
  if (last && *last == now && log().torn_bytes() == 0) return Done{};
  if (log().size() == 0) {
    json::Value key = StartRecord(NewEnvelope(), "key");
    key.Set("event", "made").Set("vkey", log().Vkey());
    if (const Result<uint64_t> index = Record(std::move(key)); !index) return index.error();
  }
  if (!last || !last->ends_with(" " + InForce())) {
    json::Value policy = StartRecord(NewEnvelope(), "policy");
    policy.Set("event", "in force").Set("set", policies_.digest());
    SayInForce(policy);
    if (const Result<uint64_t> index = Record(std::move(policy)); !index) return index.error();
  }
  if (last && last->starts_with(boot_ + " ") && log().torn_bytes() == 0) return ReplaceFile(seen, now, 0600);
  json::Value record = StartRecord(NewEnvelope(), "log");
  record.Set("event", "boot").Set("clean", log().torn_bytes() == 0).Set("torn_bytes", static_cast<int64_t>(log().torn_bytes())).Set("size", static_cast<int64_t>(log().size()));
  std::vector<json::Value> records;
  records.push_back(std::move(record));
  if (const uint64_t torn = log().torn_bytes(); torn > 0 && options_.shared_log == nullptr) {
    const std::string what = std::to_string(torn) + " bytes of a write that never ended stood at the log's end and were dropped";
    records.push_back(FindingRecord(NewEnvelope(), Finding::kCutOff, {-1, {}, {}, what, {}}));
  }
  const Result<uint64_t> index = RecordAll(std::move(records));
  if (!index) return index.error();
  return ReplaceFile(seen, now, 0600);
}

std::string Monitor::InForce() const {
  if (settings_.personal.empty()) return policies_.digest();
  FieldWriter declared;
  declared.AddList(settings_.personal.Written());
  return policies_.digest() + HexEncode(Sha256(declared.bytes()));
}

void Monitor::SayInForce(json::Value& record) const {
  SetList(record, "ids", policies_.Ids());
  std::vector<std::string> declared = settings_.personal.Written();
  for (std::string& pattern : declared) pattern = secret::Redact(pattern, redaction_key_);
  if (!declared.empty()) SetList(record, "personal_data", declared);
}

void Monitor::RefreshPolicies() {
  if (options_.mode == Mode::kHooks) return;
  Result<Settings> settings = LoadSettings(options_.places.config);
  std::string fault = settings ? std::string() : settings.error().text;
  std::optional<policy::PolicySet> set;
  if (settings && !settings->decides_as(settings_)) {
    Result<policy::PolicySet> loaded = policy::PolicySet::Load(settings->policy_set, settings->texts, {}, options_.places.state + "/policy");
    if (loaded) {
      set = std::move(loaded).take();
    } else {
      fault = loaded.error().text;
    }
  }
  const bool told = fault == policy_fault_;
  policy_fault_ = std::move(fault);
  if (!policy_fault_.empty() && !told) {
    json::Value record = StartRecord(NewEnvelope(), "policy");
    record.Set("event", "refused").Set("why", secret::Redact(Clip(policy_fault_, kExcerpt), redaction_key_)).Set("set", policies_.digest());
    (void)Record(std::move(record));  // what cannot be recorded does not run: the action at hand finds that out
  }
  const bool declares = settings && policy_fault_.empty() && settings->personal.Written() != settings_.personal.Written();
  if (!set && !declares) return;
  Settings before = settings_;
  settings_.policy_set = settings->policy_set;
  settings_.texts = settings->texts;
  settings_.personal = settings->personal;
  if (set) std::swap(policies_, *set);
  json::Value record = StartRecord(NewEnvelope(), "policy");
  record.Set("event", "in force").Set("set", policies_.digest());
  SayInForce(record);
  if (Record(std::move(record))) return;
  // Unrecorded it would decide without anybody knowing since when.
  settings_ = std::move(before);
  if (set) std::swap(policies_, *set);
}

Status Monitor::RecordFinding(Finding finding, const FindingFacts& facts) {
  const Result<uint64_t> index = Record(FindingRecord(NewEnvelope(), finding, facts));
  if (!index) return index.error();
  return Done{};
}

Status Monitor::RecordHeartbeat(json::Value silence) {
  json::Value record = StartRecord(NewEnvelope(), "log");
  record.Set("event", "heartbeat").Set("size", static_cast<int64_t>(log().size()));
  std::vector<json::Value> records;
  if (silence.object() != nullptr) records.push_back(std::move(silence));
  records.push_back(std::move(record));
  const Result<uint64_t> index = RecordAll(std::move(records));
  if (!index) return index.error();
  return Done{};
}

}  // namespace checkrein::monitor
