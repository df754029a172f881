#include "advisories/live.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "advisories/inventory/clients.h"
#include "advisories/inventory/identify.h"
#include "advisories/shipped.h"
#include "advisories/store.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/fields.h"

namespace checkrein::advisories {
namespace {

constexpr size_t kMaxActiveBytes = 64u << 20;
constexpr int64_t kTickMs = 50;             // a file system's clock may be so much behind
constexpr int64_t kPlacesEveryMs = 1'000;   // some fifty directories: 0.1 ms

bool Has(const std::vector<Installed>& installed, const std::string& path) {
  return std::any_of(installed.begin(), installed.end(), [&](const Installed& i) { return i.path == path; });
}

void AddIdentified(const std::string& path, std::vector<Installed>* installed) {
  const Identity identity = IdentifyProgram(path, "");
  if (identity.client.empty() || Has(*installed, identity.program)) return;
  installed->push_back({identity.client, identity.ecosystem, identity.package, identity.version, identity.program, identity.source});
}

struct Looked {
  std::vector<Installed> installed;
  std::vector<std::string> places;
};

// What is found now; what was found before, as long as its program is there: PATH is whoever starts us's to set, so leaving a directory
// out of it must not hide what is in it.
Looked LookAround(const Machine& machine, const std::vector<Installed>& before) {
  Search search = SearchOf(machine.home, machine.path, "");
  search.prefixes = machine.prefixes;
  ClientInventory found = FindClients(search);
  Looked looked;
  looked.places = std::move(found.places);
  std::vector<Installed>& installed = looked.installed;
  for (FoundClient& client : found.clients) installed.push_back(std::move(client.what));
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
  return looked;
}

struct Worked {
  Active active;
  std::vector<std::string> places;
};
Result<Worked> WorkFrom(const Machine& machine, const std::vector<Installed>& before) {
  const Result<KnownSet> known = AllKnown(machine.state);
  if (!known) return known.error();
  Looked looked = LookAround(machine, before);
  Result<Active> active = Work(known->known, looked.installed, known->digest);
  if (!active) return active.error();
  return Worked{std::move(active).take(), std::move(looked.places)};
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
  Result<Worked> worked = WorkFrom(machine, before ? before->installed : std::vector<Installed>{});
  if (!worked) return worked.error();
  if (const Status kept = Keep(machine, worked->active); !kept) return kept.error();
  return std::move(worked->active);
}

ChosenShields::ChosenShields(const Active& active, const std::vector<std::string>& clients, int64_t now_ms) {
  if (AdvisoriesFor(active, clients).empty()) return;
  image_ = {reinterpret_cast<const char*>(active.image.data()), active.image.size() * 8};
  const cedar::Program program = ProgramOf(active);
  enforced_ = ShieldsFor(active, program, clients, now_ms, Trial::kLeftOut);
  has_trial_ = std::any_of(active.in_force.begin(), active.in_force.end(), [](const InForce& f) { return f.on_trial; });
  if (has_trial_) with_trial_ = ShieldsFor(active, program, clients, now_ms, Trial::kIncluded);
}

struct ChosenShields::Own {
  std::string bytes;
  std::vector<uint64_t> image;
};
void ChosenShields::OwnDeleter::operator()(Own* own) const { delete own; }

std::string ChosenShields::Bytes() const {
  FieldWriter w;
  w.Add(image_);
  for (const policy::Shields* shields : {enforced(), with_trial()}) {
    w.AddNumber(shields == nullptr ? 0 : static_cast<int64_t>(shields->on.size()));
    if (shields == nullptr) continue;
    std::string mask;
    for (const bool on : shields->on) mask += on ? '1' : '0';
    w.Add(mask).AddNumber(static_cast<int64_t>(shields->targets.size()));
    for (const policy::Shields::Target& target : shields->targets) w.AddNumber(target.actions).AddNumber(target.above).Add(target.group);
  }
  return w.bytes();
}

std::optional<ChosenShields> ChosenShields::From(std::string_view bytes) {
  ChosenShields chosen;
  chosen.own_.reset(new Own{std::string(bytes), {}});
  FieldReader r(chosen.own_->bytes);
  const std::string_view image = r.Text();
  cedar::Program program = ShippedShields();
  if (!image.empty()) {
    if (image.size() % 8 != 0) return std::nullopt;
    chosen.own_->image.resize(image.size() / 8);
    std::memcpy(chosen.own_->image.data(), image.data(), image.size());
    const Result<cedar::Program> opened = cedar::Program::Open({reinterpret_cast<const char*>(chosen.own_->image.data()), image.size()});
    if (!opened) return std::nullopt;
    program = *opened;
  }
  for (policy::Shields* shields : {&chosen.enforced_, &chosen.with_trial_}) {
    const int64_t size = r.Number();
    if (size == 0) continue;
    const std::string_view mask = r.Text();
    if (!r.ok() || mask.size() != program.size() || size != static_cast<int64_t>(mask.size())) return std::nullopt;
    shields->program = program;
    for (const char c : mask) shields->on.push_back(c == '1');
    for (int64_t n = r.Number(); n > 0 && r.ok(); --n) {
      policy::Shields::Target& target = shields->targets.emplace_back();
      target.actions = static_cast<uint32_t>(r.Number());
      target.above = r.Number();
      target.group = r.Text();
    }
  }
  chosen.has_trial_ = !chosen.with_trial_.on.empty();
  if (!r.AtEnd()) return std::nullopt;
  return chosen;
}

LiveShields::LiveShields(Machine machine) : machine_(std::move(machine)) {}

const policy::Shields* LiveShields::enforced() {
  if (now_ms_ >= 0) {
    if (!chosen_) chosen_.emplace(active_, clients_, now_ms_);
    return chosen_->enforced();
  }
  all_.program = ShippedShields();
  all_.on.assign(all_.program.size(), true);
  all_.Aim();
  return &all_;
}

std::string LiveShields::Bytes() {
  static_cast<void>(enforced());
  return chosen_ ? chosen_->Bytes() : std::string();
}

void LiveShields::Act(std::string_view client) {
  if (std::find(clients_.begin(), clients_.end(), client) == clients_.end()) clients_.emplace_back(client);
}

bool LiveShields::IsCurrent(Look look, int64_t now_ms) {
  if (!loaded_ || look == Look::kWhole || !active_.set.starts_with(ShippedDigest())) return false;
  const auto is_same = [](const Stamp& stamp) { return StampOf(stamp.path) == stamp; };
  if (!std::all_of(active_.stamps.begin(), active_.stamps.end(), is_same)) return false;
  if (machine_.places == Machine::Places::kNotWatched || (now_ms >= places_seen_ms_ && now_ms - places_seen_ms_ < kPlacesEveryMs)) return true;
  places_seen_ms_ = now_ms;
  return !places_.empty() && std::all_of(places_.begin(), places_.end(), is_same);
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
  const int64_t began_ms = UnixMillis();
  std::string seen;
  const std::optional<Active> before = ReadActive(machine_, Active::Part::kAll, &seen);
  Result<Worked> worked = WorkFrom(machine_, before ? before->installed : active_.installed);
  if (!worked) return worked.error();
  active_ = std::move(worked->active);
  places_.clear();
  for (const std::string& place : worked->places) {
    places_.push_back(StampOf(place));
    // What came while we looked could have been missed: such a place is looked at once more.
    struct stat about {};
    if (stat(place.c_str(), &about) == 0 && int64_t{about.st_ctim.tv_sec} * 1000 + about.st_ctim.tv_nsec / 1'000'000 + kTickMs >= began_ms) places_.back().seen.clear();
  }
  loaded_ = true;
  if (Keep(machine_, active_)) seen_ = StampOf(ActiveFile(machine_.state)).seen;
  return Done{};
}

Status LiveShields::Refresh(int64_t now_ms, Look look) {
  Load();
  if (!IsCurrent(look, now_ms))
    if (const Status worked = WorkAnew(); !worked) return worked;
  chosen_.reset();
  now_ms_ = now_ms;
  advisories_ = AdvisoriesFor(active_, clients_);
  return Done{};
}

}  // namespace checkrein::advisories
