#include "advisories/history.h"

#include <algorithm>
#include <cstring>

#include "advisories/shield.h"
#include "policy/words.h"

namespace checkrein::advisories {
namespace {

using How = Occurrence::How;

constexpr size_t kMaxOpen = 4096;  // actions that wait for their outcome; later ones push out the oldest

std::vector<std::string> Texts(const json::Value& list) {
  std::vector<std::string> out;
  if (list.array() == nullptr) return out;
  for (const json::Value& item : *list.array())
    if (item.string() != nullptr) out.push_back(*item.string());
  return out;
}

How HowOf(std::string_view course) {
  if (course == "denied" || course == "awaits approval") return How::kRefused;
  if (course == "contained") return How::kOnACopy;
  return course == "allowed" || course == "started" ? How::kHappened : How::kPerhaps;
}

}  // namespace

std::string_view HowName(How how) {
  switch (how) {
    case How::kRefused: return "refused";
    case How::kOnACopy: return "on a copy only";
    case How::kHappened: return "HAPPENED";
    case How::kPerhaps: break;
  }
  return "perhaps";
}

bool PastExposure::happened() const {
  return std::any_of(occurrences.begin(), occurrences.end(), [](const Occurrence& o) { return o.how == How::kHappened || o.how == How::kPerhaps; });
}

History::History(const std::vector<Known>& known, std::string home) : known_(known), home_(std::move(home)) {
  std::vector<const Advisory*> all;
  for (const Known& one : known) all.push_back(&one.advisory);
  const Result<cedar::Schema> schema = cedar::ParseSchema(policy::PolicySet::Schema(), "checkrein.cedarschema");
  const Result<cedar::PolicySet> set = schema ? ShieldsOf(all, *schema) : Result<cedar::PolicySet>(schema.error());
  const Result<std::string> image = set ? policy::CompileSet(*set) : Result<std::string>(set.error());
  if (!image) {
    status_ = image.error();
    return;
  }
  words_.resize(image->size() / 8);
  std::memcpy(words_.data(), image->data(), image->size());
  shields_.program = cedar::Program::OpenOwn({reinterpret_cast<const char*>(words_.data()), words_.size() * 8});
  shields_.on.assign(shields_.program.size(), true);
  shields_.Aim();
}

History::Session& History::SessionOf(const json::Value& record) {
  const std::string name = std::string(record.Text("client")) + " " + std::string(record.Text("session"));
  const auto [at, added] = by_name_.try_emplace(name, sessions_.size());
  if (added) sessions_.push_back({std::string(record.Text("client")), std::string(record.Text("session")), std::string(record.Text("t")), {}, false, 0, {}});
  return sessions_[at->second];
}

// A policy set that permits everything, with all shields beside it: what they refuse as it stands is what the advisories are about.
void History::Look(const std::vector<std::string>& effects, uint64_t index, How how, Action& action) {
  static const Result<policy::PolicySet> observe = policy::PolicySet::Shipped("observe");
  EffectSet set;
  for (const std::string& text : effects)
    if (const auto effect = EffectFromString(text)) set.Add(*effect);
  action.circumstances.shields = &shields_;
  const policy::Decision decision = observe->Decide(set, action.circumstances);
  for (const policy::EffectDecision& e : decision.effects)
    for (const std::string& shield : e.shields) {
      std::vector<Occurrence>& found = sessions_[action.session].found[std::string(AdvisoryOf(shield))];
      const std::string effect = ToString(e.effect);
      const auto same = std::find_if(found.begin(), found.end(), [&](const Occurrence& o) { return o.record == index && o.effect == effect; });
      if (same == found.end()) found.push_back({how, index, effect, shield});
      else same->how = std::max(same->how, how);
    }
}

void History::FeedAction(uint64_t index, const json::Value& record) {
  Session& session = SessionOf(record);
  ++session.actions;
  Action action;
  action.session = static_cast<size_t>(&session - sessions_.data());
  action.course = record.Text("course");
  action.circumstances.client = session.client;
  action.circumstances.session = session.id;
  action.circumstances.home = home_;
  action.circumstances.workspace = record.Text("workspace");
  action.circumstances.coverage = CoverageFromName(record.At("predicted").Text("coverage")).value_or(Coverage::kOpaque);
  action.circumstances.commands = record.At("predicted").Integer("commands", 0);
  Look(Texts(record.At("predicted").At("effects")), index, HowOf(action.course), action);
  if (actions_.size() == kMaxOpen) actions_.erase(actions_.begin());
  actions_.emplace(index, std::move(action));
}

// What was observed counts where it reached the workspace, or ran as it stood.
void History::FeedOutcome(const json::Value& record) {
  const auto at = actions_.find(static_cast<uint64_t>(record.Integer("ref", -1)));
  if (at == actions_.end()) return;
  Action& action = at->second;
  action.circumstances.coverage = Coverage::kFull;
  const bool contained = record.Text("how") == "contained";
  Look(Texts(record.At("observed").At("effects")), at->first, contained ? How::kOnACopy : How::kHappened, action);
  std::vector<std::string> kept;
  for (const std::string& path : Texts(record.At("committed"))) kept.push_back("write:" + action.circumstances.workspace + "/" + path);
  Look(kept, at->first, How::kHappened, action);
}

void History::Feed(uint64_t index, const json::Value& record) {
  if (!status_) return;
  const std::string_view kind = record.Text("k");
  if (kind == "action") FeedAction(index, record);
  if (kind == "outcome") FeedOutcome(record);
  if (kind != "session" || record.At("installed").array() == nullptr) return;
  Session& session = SessionOf(record);
  session.says_installed = true;
  for (const json::Value& row : *record.At("installed").array()) {
    Installed installed{session.client, {}, {}, std::string(row.Text("version")), std::string(row.Text("path")), std::string(row.Text("source"))};
    if (std::none_of(session.installed.begin(), session.installed.end(), [&](const Installed& i) { return i.path == installed.path && i.version == installed.version; })) session.installed.push_back(std::move(installed));
  }
}

std::vector<PastExposure> History::Finish() {
  std::vector<PastExposure> out;
  for (Session& session : sessions_) {
    if (session.installed.empty()) session.installed.push_back({session.client, {}, {}, {}, {}, session.says_installed ? "no program of it was found" : "its version was not recorded"});
    for (const Known& known : known_) {
      const Installed* worst = nullptr;
      for (const Installed& installed : session.installed)
        if (StandingOf(known.advisory, installed).exposed() && worst == nullptr) worst = &installed;
      if (worst == nullptr) continue;
      out.push_back({session.client, session.id, session.begun, known.advisory.id, worst->version, worst->source, session.actions, session.found[known.advisory.id]});
    }
  }
  return out;
}

}  // namespace checkrein::advisories
