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

constexpr std::string_view kHead = "checkrein-active-1\n";

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
  FieldWriter programs, w;
  programs.AddNumber(static_cast<int64_t>(installed.size()));
  for (const Installed& i : installed) programs.Add(i.client).Add(i.ecosystem).Add(i.package).Add(i.version).Add(i.path).Add(i.source);
  w.Add(set).Add(programs.bytes()).AddNumber(static_cast<int64_t>(stamps.size()));
  for (const Stamp& s : stamps) w.Add(s.path).Add(s.seen);
  w.AddNumber(static_cast<int64_t>(in_force.size()));
  for (const InForce& f : in_force) w.Add(f.advisory).Add(f.because).Add(f.only_for).AddNumber(f.on_trial);
  w.AddNumber(static_cast<int64_t>(shields.size()));
  for (const ActiveShield& s : shields) w.Add(s.id).AddNumber(s.expires_ms);
  w.Add({reinterpret_cast<const char*>(image.data()), image.size() * 8});
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
  FieldReader programs(r.Text());
  for (int64_t n = part == Part::kAll ? programs.Number() : 0; n > 0 && programs.ok(); --n) {
    Installed& i = a.installed.emplace_back();
    for (std::string* field : {&i.client, &i.ecosystem, &i.package, &i.version, &i.path, &i.source}) *field = programs.Text();
  }
  for (int64_t n = r.Number(); n > 0 && r.ok(); --n) {
    Stamp& s = a.stamps.emplace_back();
    s.path = r.Text();
    s.seen = r.Text();
  }
  for (int64_t n = r.Number(); n > 0 && r.ok(); --n) {
    InForce& f = a.in_force.emplace_back();
    for (std::string* field : {&f.advisory, &f.because, &f.only_for}) *field = r.Text();
    f.on_trial = r.Number() != 0;
  }
  for (int64_t n = r.Number(); n > 0 && r.ok(); --n) {
    ActiveShield& s = a.shields.emplace_back();
    s.id = r.Text();
    s.expires_ms = r.Number();
  }
  const std::string_view image = r.Text();
  if (!r.AtEnd() || !programs.ok() || image.size() % 8 != 0) return std::nullopt;
  a.image.resize(image.size() / 8);
  if (image.empty()) return a;
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
  for (const cedar::Policy& policy : *shields) active.shields.push_back({policy.id, *TimeOf(policy.AnnotationValue("expires"))});
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
  auto shield = active.shields.begin();  // these are in the program's order, which may hold others between them
  for (size_t i = 0; i < program.size() && shield != active.shields.end(); ++i) {
    const std::string_view id = program.id(i);
    if (shield->id != id) continue;
    const bool expired = shield++->expires_ms <= now_ms;
    if (expired) continue;
    out.on[i] = std::any_of(active.in_force.begin(), active.in_force.end(), [&](const InForce& f) {
      return f.advisory == AdvisoryOf(id) && AppliesTo(f, clients) && (!f.on_trial || trial == Trial::kIncluded);
    });
  }
  // One that the program lacks would be asked by nobody, and so would those behind it: then all of the program are.
  if (shield != active.shields.end()) out.on.assign(program.size(), true);
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
