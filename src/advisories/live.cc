#include "advisories/live.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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
  return Work(known->known, InstalledOn(machine, before), known->digest);
}

Status Keep(const Machine& machine, const Active& active) {
  if (const Status made = MakeDirectories(machine.state + "/advisories", 0700); !made) return made;
  return ReplaceFile(ActiveFile(machine.state), active.Encode(), 0600);
}

// In the fewest system calls that do: this is most of what a hook pays.
std::optional<Active> ReadActive(const Machine& machine, Active::Part part, std::string* seen) {
  const Fd fd(open(ActiveFile(machine.state).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat about {};
  if (!fd.valid() || fstat(fd.get(), &about) != 0 || static_cast<size_t>(about.st_size) > kMaxActiveBytes) return std::nullopt;
  *seen = SeenIn(about);
  std::string bytes(static_cast<size_t>(about.st_size), '\0');
  if (read(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return std::nullopt;
  return Active::Decode(bytes, part);
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
  std::string seen;
  const std::optional<Active> before = ReadActive(machine, Active::Part::kAll, &seen);
  Result<Active> active = WorkFrom(machine, before ? before->installed : std::vector<Installed>{});
  if (!active) return active;
  if (const Status kept = Keep(machine, *active); !kept) return kept.error();
  return active;
}

LiveShields::LiveShields(Machine machine) : machine_(std::move(machine)) {}

const policy::Shields* LiveShields::enforced() {
  if (!chosen_) AllOn();
  return enforced_.any() ? &enforced_ : nullptr;
}

// Not done before somebody asks: to look at the program for nothing would be a tenth of what a hook pays.
void LiveShields::AllOn() {
  enforced_.program = ShippedShields();
  enforced_.on.assign(enforced_.program.size(), true);
  enforced_.Aim();
}

void LiveShields::Act(std::string_view client) {
  if (std::find(clients_.begin(), clients_.end(), client) == clients_.end()) clients_.emplace_back(client);
}

bool LiveShields::IsCurrent(Look look) const {
  if (!loaded_ || look == Look::kWhole || !active_.set.starts_with(ShippedDigest())) return false;
  return std::all_of(active_.stamps.begin(), active_.stamps.end(), [](const Stamp& stamp) { return StampOf(stamp.path) == stamp; });
}

void LiveShields::Load() {
  if (loaded_ && StampOf(ActiveFile(machine_.state)).seen == seen_) return;
  loaded_ = false;
  std::optional<Active> read = ReadActive(machine_, Active::Part::kInForce, &seen_);
  if (!read) return;
  active_ = *std::move(read);
  loaded_ = true;
}

Status LiveShields::WorkAnew() {
  std::string seen;
  const std::optional<Active> before = ReadActive(machine_, Active::Part::kAll, &seen);
  Result<Active> active = WorkFrom(machine_, before ? before->installed : active_.installed);
  if (!active) return active.error();
  active_ = std::move(active).take();
  loaded_ = true;
  if (Keep(machine_, active_)) seen_ = StampOf(ActiveFile(machine_.state)).seen;
  return Done{};
}

void LiveShields::Choose(int64_t now_ms) {
  enforced_ = with_trial_ = {};
  chosen_ = true;
  advisories_ = AdvisoriesFor(active_, clients_);
  has_trial_ = std::any_of(active_.in_force.begin(), active_.in_force.end(), [](const InForce& f) { return f.on_trial; });
  if (advisories_.empty()) return;
  const cedar::Program program = ProgramOf(active_);
  enforced_ = ShieldsFor(active_, program, clients_, now_ms, Trial::kLeftOut);
  if (has_trial_) with_trial_ = ShieldsFor(active_, program, clients_, now_ms, Trial::kIncluded);
}

Status LiveShields::Refresh(int64_t now_ms, Look look) {
  Load();
  if (!IsCurrent(look))
    if (const Status worked = WorkAnew(); !worked) return worked;
  Choose(now_ms);
  return Done{};
}

}  // namespace checkrein::advisories
