// From a Plan to the list of steps that makes it: which trees are hidden, where the workspace and the binds go, and how their mount
// points come to exist. Pure but for questions to the host's file system, asked through Host.
//
//   Result<Layout> layout = MakeLayout(plan, host, Caller{geteuid()});
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sandbox/session.h"
#include "sandbox/step.h"

namespace checkrein::sandbox {

// What the layout wants to know of the host. Untrusted in the sense that it may change at any time: a wrong answer makes a step fail, never
// a wall vanish.
class Host {
 public:
  enum class Node : uint8_t { kNone, kFile, kDirectory, kLink };  // kFile: anything that is neither directory nor link
  struct Entry {
    std::string name;
    Node node = Node::kNone;
    bool others_may_read = true;  // by its permission bits, for users that are neither owner nor group
  };
  virtual ~Host() = default;
  virtual Node Look(const std::string& path) const = 0;           // of the path itself, not of what a link leads to
  virtual Node LookThrough(const std::string& path) const = 0;    // links followed; never kLink
  virtual std::string RealPath(const std::string& path) const = 0;  // "" when it does not exist
  virtual std::vector<Entry> List(const std::string& directory) const = 0;  // without links
  virtual std::vector<std::pair<std::string, std::string>> Links(const std::string& directory) const = 0;  // name and target
  virtual bool OthersMayPass(const std::string& directory) const = 0;  // search permission for users that are neither owner nor group
};

class LiveHost : public Host {
 public:
  Node Look(const std::string& path) const override;
  Node LookThrough(const std::string& path) const override;
  std::string RealPath(const std::string& path) const override;
  std::vector<Entry> List(const std::string& directory) const override;
  std::vector<std::pair<std::string, std::string>> Links(const std::string& directory) const override;
  bool OthersMayPass(const std::string& directory) const override;
};

struct Caller {
  uint32_t uid = 0;
  HostFiles files = HostFiles::kTheirOwners;
  std::vector<std::string> trees = {};  // with kNobodys: where those that are handed over belong, the root first
};

struct Layout {
  std::vector<Step> steps;
  std::vector<std::string> writable;                        // where Landlock permits everything
  std::vector<std::pair<std::string, Audience>> audiences;  // binds to be taken away again from programs they are not for, in the order made
};

uint32_t HostAttributes();                          // of mounts of the host's trees
std::vector<std::string> AlwaysCovered(const Host& host);  // trees of the host that no session sees anything of
Result<Layout> MakeLayout(const Plan& plan, const Host& host, Caller caller);

}  // namespace checkrein::sandbox
