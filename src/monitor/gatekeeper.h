// Has the release gate look at what an action would publish, before it may: `checkrein-tools gate` as a child process, its answer as JSON.
//
//   const Looked looked = Gatekeeper(settings, world).Look(publication, "/home/u/project");
//   if (!looked.refusal.empty()) Deny(looked.refusal);      // one line that an agent can act on
//
// Files are read here, through the world in which the action will run, and handed on as memory: what was looked at is what was read, and its
// digest is in the record. A repository is looked at with everything in its object store, for any object can be pushed. Only "clean" passes;
// findings, anything incomplete, a missing program and a time-out refuse. Cost: the gate's time, up to kLookMs.
// Not covered: a file that something else changes between the look and its publishing; the record has the digest of what was looked at.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "monitor/live_world.h"
#include "monitor/publication.h"

namespace checkrein::monitor {

inline constexpr int kLookMs = 15'000;   // with the judge's time below the hook's (hook.h)

struct GateSettings {
  std::string tools;      // checkrein-tools; "": there is none, nothing is looked at
  std::string path;       // PATH for git and docker
  std::string home;
  std::string baseline;   // what a person has accepted; "" or not there: nothing
};

struct Looked {
  std::string refusal;                // "": clean
  std::vector<json::Value> artifacts; // one for each: artifact, sha256, rules_sha256, verdict, findings, incomplete, own_lines
};

class Gatekeeper {
 public:
  Gatekeeper(GateSettings settings, const LiveWorld& world) : settings_(std::move(settings)), world_(world) {}
  Looked Look(const Publication& publication, const std::string& directory) const;

 private:
  GateSettings settings_;
  const LiveWorld& world_;
};

// What the gate's answer means. `names`: what the artifacts are called, in order. Pure.
Looked ReadGateAnswer(std::string_view json, int status, const std::vector<std::string>& names);

}  // namespace checkrein::monitor
