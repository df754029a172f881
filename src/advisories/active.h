// What is in force on this machine: which advisories concern what is installed, and with which shields. Worked out rarely (Work), kept in
// one small file, and read by every hook.
//
// Nothing in it comes from what a client says while it runs. More can only be in force for it, never less.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisories/installed.h"
#include "advisories/osv/advisory.h"
#include "base/result.h"
#include "policy/shields.h"

namespace checkrein::advisories {

// How a file looked: another program lies there when any of it differs.
struct Stamp {
  std::string path;
  std::string seen;   // device, inode, size and times; "" when there was none
  bool operator==(const Stamp&) const = default;
};
Stamp StampOf(const std::string& path);  // one stat(2)
std::string SeenIn(const struct stat& about);

// An advisory that concerns something installed, or that would if a client whose version nobody knows were to act.
struct InForce {
  std::string advisory;
  std::string because;        // "claude 2.1.1 (package.json beside the program)"
  std::string only_for;       // "": for every session; else only where this client acts, for none of its programs was found
  bool on_trial = false;      // asked beside and recorded only
};

struct ActiveShield {
  std::string id;             // ADVISORY:ID; for people
  int64_t expires_ms = 0;
  uint32_t policy = 0;        // which of the program's policies it is
  uint32_t row = 0;           // which row of `in_force` it belongs to
};

struct Active {
  std::string set;                     // digest over the advisories that it was worked out from
  std::vector<Installed> installed;
  std::vector<Stamp> stamps;           // of the programs that some advisory is about
  std::vector<InForce> in_force;
  std::vector<ActiveShield> shields;   // of those
  std::vector<uint64_t> image;         // their program; empty: that of the shipped advisories, in which others may stand too

  // kInForce leaves out what only people read, which a hook that decides has no use for: `installed`, why something is in force, the ids of
  // shields.
  enum class Part : uint8_t { kAll, kInForce };
  std::string Encode() const;
  // Nothing for what is damaged or of another version.
  static std::optional<Active> Decode(std::string_view bytes, Part part = Part::kAll);
};

// An advisory as it was found: compiled in, or imported.
struct Known {
  Advisory advisory;
  bool imported = false;
  bool on_trial = false;
};

// Pure but for the stamps. `set`: the digest that the result carries. Errors: as ShieldsOf (imported ones were checked when they came).
Result<Active> Work(const std::vector<Known>& known, const std::vector<Installed>& installed, const std::string& set);

// What the shields are part of. Borrows from `active`.
cedar::Program ProgramOf(const Active& active);

// Which of the shields apply at `now_ms` in a session in which `clients` act. `program`: ProgramOf(active).
enum class Trial : uint8_t { kLeftOut, kIncluded };
policy::Shields ShieldsFor(const Active& active, const cedar::Program& program, const std::vector<std::string>& clients, int64_t now_ms, Trial trial);
std::vector<std::string> AdvisoriesFor(const Active& active, const std::vector<std::string>& clients);  // ids, each once

}  // namespace checkrein::advisories
