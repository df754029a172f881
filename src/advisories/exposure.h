// What each installed client is exposed to, since when, and what stands before it. Pure.
//
//   for (const Exposure& e : ExposuresOf(known, active, now_ms)) e.days_open, e.shielded()
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "advisories/active.h"

namespace checkrein::advisories {

struct ShieldState {
  enum class Kind : uint8_t { kExpired, kOnTrial, kInForce };
  std::string id;
  Kind kind = Kind::kExpired;
  int64_t expires_ms = 0;
};

struct Exposure {
  Installed installed;
  std::string advisory, summary, link, effect, remains;
  std::vector<std::string> aliases, unconfirmed;
  bool imported = false;
  std::string fixed_in;       // "" when no fixed version is stated
  std::string uncertain;      // why it cannot be told whether this version is affected; "" when it is
  int64_t published_ms = 0, days_open = 0;
  std::vector<ShieldState> shields;
  bool shielded() const;      // at least one is in force
};

// One for each installed program and each advisory that it is, or may be, affected by; the longest open first within a program.
std::vector<Exposure> ExposuresOf(const std::vector<Known>& known, const Active& active, int64_t now_ms);

}  // namespace checkrein::advisories
