#include "advisories/active.h"

#include <algorithm>
#include <cstring>

#include "advisories/shield.h"
#include "advisories/shipped.h"
#include "base/fields.h"
#include "policy/decide.h"
#include "policy/words.h"

namespace checkrein::advisories {
namespace {

constexpr std::string_view kHead = "checkrein-active-2\n";

// A shield as a hook needs it, as the machine has it.
struct ShieldNumbers {
  int64_t expires_ms = 0;
  uint32_t policy = 0, row = 0;
};
static_assert(sizeof(ShieldNumbers) == 16);

// Finds damage, not malice: whoever can write here can write the log's key too.
uint64_t SumOf(std::string_view bytes) {
  uint64_t sum = 0xcbf29ce484222325u ^ bytes.size();
  while (bytes.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    sum = (sum ^ word) * 0x9E3779B97F4A7C15u;
    sum ^= sum >> 29;
    bytes.remove_prefix(8);
  }
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return sum;
}

uint64_t Nanos(const timespec& t) { return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec); }

std::string Because(const Installed& installed, const Standing& standing) {
  std::string text = installed.client + " " + (installed.version.empty() ? std::string("of an unknown version") : installed.version);
  return text + " (" + (standing.why.empty() ? installed.source : standing.why) + ")";
}

// Why it is in force, "" when it is not.
InForce InForceOf(const Known& known, const std::vector<Installed>& installed) {
  InForce row{known.advisory.id, {}, {}, known.on_trial};
  bool found = false;
  for (const Installed& program : installed) {
    const Standing standing = StandingOf(known.advisory, program);
    found |= standing.kind != Standing::Kind::kElsewhere;
    if (standing.exposed() && row.because.empty()) row.because = Because(program, standing);
  }
  if (row.because.empty() && !found && !known.advisory.withdrawn && !known.advisory.client.empty()) {
    row.only_for = known.advisory.client;
    row.because = known.advisory.client + " of an unknown version (no program of it was found)";
  }
  return row;
}

bool AppliesTo(const InForce& row, const std::vector<std::string>& clients) {
  return row.only_for.empty() || std::find(clients.begin(), clients.end(), row.only_for) != clients.end();
}

// Which advisory each shield is of: they stand in the order of the advisories, and two of those may have one id.
Status TellRows(const std::vector<const Advisory*>& advisories, const cedar::Schema& schema, std::vector<ActiveShield>* shields) {
  size_t at = 0;
  for (uint32_t row = 0; row < advisories.size(); ++row) {
    const Result<cedar::PolicySet> own = ShieldsOf({advisories[row]}, schema);
    if (!own) return own.error();
    for (size_t n = own->size(); n > 0 && at < shields->size(); --n) (*shields)[at++].row = row;
  }
  return Done{};
}

}  // namespace

std::string SeenIn(const struct stat& about) {
  const uint64_t numbers[] = {about.st_dev, about.st_ino, static_cast<uint64_t>(about.st_size), Nanos(about.st_ctim), Nanos(about.st_mtim)};
  return {reinterpret_cast<const char*>(numbers), sizeof numbers};
}

Stamp StampOf(const std::string& path) {
  struct stat about {};
  return {path, stat(path.c_str(), &about) == 0 ? SeenIn(about) : std::string()};
}

std::string Active::Encode() const {
  FieldWriter people, w;
  people.AddNumber(static_cast<int64_t>(installed.size()));
  for (const Installed& i : installed) people.Add(i.client).Add(i.ecosystem).Add(i.package).Add(i.version).Add(i.path).Add(i.source);
  for (const InForce& f : in_force) people.Add(f.because);
  for (const ActiveShield& s : shields) people.Add(s.id);
  w.Add(set).AddNumber(static_cast<int64_t>(stamps.size()));
  for (const Stamp& s : stamps) w.Add(s.path).Add(s.seen);
  w.AddNumber(static_cast<int64_t>(in_force.size()));
  for (const InForce& f : in_force) w.Add(f.advisory).Add(f.only_for).AddNumber(f.on_trial);
  std::vector<ShieldNumbers> numbers;
  for (const ActiveShield& s : shields) numbers.push_back({s.expires_ms, s.policy, s.row});
  w.Add({reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(ShieldNumbers)});
  w.Add({reinterpret_cast<const char*>(image.data()), image.size() * 8}).Add(people.bytes());
  return std::string(kHead) + std::to_string(SumOf(w.bytes())) + "\n" + w.bytes();
}

std::optional<Active> Active::Decode(std::string_view bytes, Part part) {
  if (!bytes.starts_with(kHead)) return std::nullopt;
  bytes.remove_prefix(kHead.size());
  const size_t line = bytes.find('\n');
  if (line == std::string_view::npos || bytes.substr(0, line) != std::to_string(SumOf(bytes.substr(line + 1)))) return std::nullopt;
  FieldReader r(bytes.substr(line + 1));
  Active a;
  a.set = r.Text();
  for (int64_t n = r.Number(); n > 0 && r.ok(); --n) {
    Stamp& s = a.stamps.emplace_back();
    s.path = r.Text();
    s.seen = r.Text();
  }
  for (int64_t n = r.Number(); n > 0 && r.ok(); --n) {
    InForce& f = a.in_force.emplace_back();
    f.advisory = r.Text();
    f.only_for = r.Text();
    f.on_trial = r.Number() != 0;
  }
  const std::string_view numbers = r.Text(), image = r.Text();
  FieldReader people(r.Text());
  if (!r.AtEnd() || numbers.size() % sizeof(ShieldNumbers) != 0 || image.size() % 8 != 0) return std::nullopt;
  a.shields.resize(numbers.size() / sizeof(ShieldNumbers));
  for (size_t i = 0; i < a.shields.size(); ++i) {
    ShieldNumbers of;
    std::memcpy(&of, numbers.data() + i * sizeof of, sizeof of);
    a.shields[i].expires_ms = of.expires_ms;
    a.shields[i].policy = of.policy;
    a.shields[i].row = of.row;
  }
  if (part == Part::kAll) {
    for (int64_t n = people.Number(); n > 0 && people.ok(); --n) {
      Installed& i = a.installed.emplace_back();
      for (std::string* field : {&i.client, &i.ecosystem, &i.package, &i.version, &i.path, &i.source}) *field = people.Text();
    }
    for (InForce& f : a.in_force) f.because = people.Text();
    for (ActiveShield& s : a.shields) s.id = people.Text();
    if (!people.AtEnd()) return std::nullopt;
  }
  if (image.empty()) return a;
  a.image.resize(image.size() / 8);
  std::memcpy(a.image.data(), image.data(), image.size());
  if (!cedar::Program::Open({reinterpret_cast<const char*>(a.image.data()), image.size()})) return std::nullopt;
  return a;
}

Result<Active> Work(const std::vector<Known>& known, const std::vector<Installed>& installed, const std::string& set) {
  Active active;
  active.set = set;
  active.installed = installed;
  for (const Installed& program : installed)
    if (std::any_of(known.begin(), known.end(), [&](const Known& one) { return Concerns(one.advisory, program); })) active.stamps.push_back(StampOf(program.path));
  std::vector<const Advisory*> concerned;
  bool imported = false;
  for (const Known& one : known) {
    InForce row = InForceOf(one, installed);
    if (row.because.empty()) continue;
    active.in_force.push_back(std::move(row));
    concerned.push_back(&one.advisory);
    imported |= one.imported && !one.advisory.policies.empty();
  }
  const Result<cedar::Schema> schema = cedar::ParseSchema(policy::PolicySet::Schema(), "checkrein.cedarschema");
  if (!schema) return schema.error();
  const Result<cedar::PolicySet> shields = ShieldsOf(concerned, *schema);
  if (!shields) return shields.error();
  const cedar::Program shipped = ShippedShields();
  for (const cedar::Policy& policy : *shields) {
    const auto number = imported ? active.shields.size() : shipped.Find(policy.id).value_or(cedar::kNone);
    active.shields.push_back({policy.id, *TimeOf(policy.AnnotationValue("expires")), static_cast<uint32_t>(number), 0});
  }
  if (const Status told = TellRows(concerned, *schema, &active.shields); !told) return told.error();
  if (!imported) return active;
  const Result<std::string> image = policy::CompileSet(*shields);
  if (!image) return image.error();
  active.image.resize(image->size() / 8);
  std::memcpy(active.image.data(), image->data(), image->size());
  return active;
}

cedar::Program ProgramOf(const Active& active) {
  if (active.image.empty()) return ShippedShields();
  return cedar::Program::OpenOwn({reinterpret_cast<const char*>(active.image.data()), active.image.size() * 8});  // made here, or looked through by Decode
}

policy::Shields ShieldsFor(const Active& active, const cedar::Program& program, const std::vector<std::string>& clients, int64_t now_ms, Trial trial) {
  policy::Shields out;
  out.program = program;
  out.on.assign(program.size(), false);
  for (const ActiveShield& shield : active.shields) {
    if (shield.expires_ms <= now_ms) continue;
    // What the program or the list lacks would be asked by nobody: then all of the program are.
    if (shield.policy >= program.size() || shield.row >= active.in_force.size()) {
      out.on.assign(program.size(), true);
      break;
    }
    const InForce& row = active.in_force[shield.row];
    if (AppliesTo(row, clients) && (!row.on_trial || trial == Trial::kIncluded)) out.on[shield.policy] = true;
  }
  out.Aim();
  return out;
}

std::vector<std::string> AdvisoriesFor(const Active& active, const std::vector<std::string>& clients) {
  std::vector<std::string> ids;
  for (const InForce& f : active.in_force)
    if (AppliesTo(f, clients) && std::find(ids.begin(), ids.end(), f.advisory) == ids.end()) ids.push_back(f.advisory);
  return ids;
}

}  // namespace checkrein::advisories
