#include "advisories/live.h"

#include <algorithm>

#include "advisories/inventory/clients.h"
#include "advisories/inventory/identify.h"
#include "advisories/shipped.h"
#include "advisories/store.h"
#include "base/fd.h"

namespace checkrein::advisories {
namespace {

constexpr size_t kMaxActiveBytes = 64u << 20;

bool Has(const std::vector<Installed>& installed, const std::string& path) {
  return std::any_of(installed.begin(), installed.end(), [&](const Installed& i) { return i.path == path; });
}

void AddIdentified(const std::string& path, std::vector<Installed>* installed) {
  const Identity identity = IdentifyProgram(path, "");
  if (identity.client.empty() || Has(*installed, identity.program)) return;
  installed->push_back({identity.client, identity.ecosystem, identity.package, identity.version, identity.program, identity.source});
}

// What is found now; what was found before, as long as its program is there: PATH is whoever starts us's to set, so leaving a directory
// out of it must not hide what is in it.
std::vector<Installed> InstalledOn(const Machine& machine, const std::vector<Installed>& before) {
  Search search = SearchOf(machine.home, machine.path, "");
  search.prefixes = machine.prefixes;
  std::vector<Installed> installed = FindInstalled(search);
  for (const std::string& program : machine.programs) AddIdentified(program, &installed);
  for (const Installed& old : before) {
    if (Has(installed, old.path) || StampOf(old.path).seen.empty()) continue;
    AddIdentified(old.path, &installed);
    if (Has(installed, old.path)) continue;
    Installed unknown = old;
    unknown.version.clear();
    unknown.source = "was " + old.version + "; what lies there now is not known";
    installed.push_back(std::move(unknown));
  }
  return installed;
}

Result<Active> WorkFrom(const Machine& machine, const std::vector<Installed>& before) {
  const Result<KnownSet> known = AllKnown(machine.state);
  if (!known) return known.error();
  Result<Active> active = Work(known->known, InstalledOn(machine, before), known->digest);
  if (active) active->stamps.push_back(StampOf(Store::PathIn(machine.state)));
  return active;
}

Status Keep(const Machine& machine, const Active& active) {
  if (const Status made = MakeDirectories(machine.state + "/advisories", 0700); !made) return made;
  return ReplaceFile(ActiveFile(machine.state), active.Encode(), 0600);
}

std::optional<Active> ReadActive(const Machine& machine) {
  const Result<std::string> bytes = ReadFile(ActiveFile(machine.state), kMaxActiveBytes);
  return bytes ? Active::Decode(*bytes) : std::nullopt;
}

}  // namespace

std::string ActiveFile(const std::string& state) { return state + "/advisories/active"; }

Result<KnownSet> AllKnown(const std::string& state) {
  const Result<Store> store = Store::Load(state);
  if (!store) return store.error();
  KnownSet all;
  for (Advisory& advisory : ShippedAdvisories()) all.known.push_back({std::move(advisory), false, false});
  for (const Store::Record& record : store->records()) all.known.push_back({record.advisory, true, record.import.on_trial});
  all.digest = std::string(ShippedDigest()) + " " + store->Digest();
  return all;
}

Result<Active> WorkAndKeep(const Machine& machine) {
  const std::optional<Active> before = ReadActive(machine);
  Result<Active> active = WorkFrom(machine, before ? before->installed : std::vector<Installed>{});
  if (!active) return active;
  if (const Status kept = Keep(machine, *active); !kept) return kept.error();
  return active;
}

LiveShields::LiveShields(Machine machine) : machine_(std::move(machine)), program_(ShippedShields()), enforced_{program_, std::vector<bool>(program_.size(), true)} {}

void LiveShields::Act(std::string_view client) {
  if (std::find(clients_.begin(), clients_.end(), client) == clients_.end()) clients_.emplace_back(client);
}

bool LiveShields::IsCurrent(Look look) const {
  if (!loaded_ || look == Look::kWhole || !active_.set.starts_with(ShippedDigest())) return false;
  return std::all_of(active_.stamps.begin(), active_.stamps.end(), [](const Stamp& stamp) { return StampOf(stamp.path) == stamp; });
}

void LiveShields::Load() {
  const Stamp now = StampOf(ActiveFile(machine_.state));
  if (loaded_ && now == file_) return;
  loaded_ = false;
  std::optional<Active> read = ReadActive(machine_);
  if (!read) return;
  active_ = *std::move(read);
  file_ = now;
  loaded_ = true;
  program_ = ProgramOf(active_);
}

Status LiveShields::WorkAnew() {
  Result<Active> active = WorkFrom(machine_, active_.installed);
  if (!active) return active.error();
  active_ = std::move(active).take();
  program_ = ProgramOf(active_);
  loaded_ = true;
  if (Keep(machine_, active_)) file_ = StampOf(ActiveFile(machine_.state));
  return Done{};
}

void LiveShields::Choose(int64_t now_ms) {
  enforced_ = ShieldsFor(active_, program_, clients_, now_ms, Trial::kLeftOut);
  has_trial_ = std::any_of(active_.in_force.begin(), active_.in_force.end(), [](const InForce& f) { return f.on_trial; });
  with_trial_ = has_trial_ ? ShieldsFor(active_, program_, clients_, now_ms, Trial::kIncluded) : policy::Shields{};
  advisories_ = AdvisoriesFor(active_, clients_);
}

Status LiveShields::Refresh(int64_t now_ms, Look look) {
  Load();
  if (!IsCurrent(look))
    if (const Status worked = WorkAnew(); !worked) return worked;
  Choose(now_ms);
  return Done{};
}

}  // namespace checkrein::advisories
