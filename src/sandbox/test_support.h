// For this module's tests: a scratch place with a workspace and layers, and a session on it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "sandbox/session.h"

namespace checkrein::sandbox {

// Under the real temporary directory; gone with the object.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  std::string path(const std::string& relative = "") const { return relative.empty() ? root_ : root_ + "/" + relative; }
  Copy copy() const { return {path("ws"), path("state/upper"), path("state/work")}; }
  void Write(const std::string& relative, const std::string& content, unsigned mode = 0644) const;
  void MakeDir(const std::string& relative, unsigned mode = 0755) const;
  std::string Read(const std::string& relative) const;  // "<none>" when it does not exist

 private:
  std::string root_;
};

Plan PlanFor(const Scratch& scratch);  // copy and home

struct Ran {
  Outcome outcome;
  std::string out;  // stdout and stderr
};
// Runs one program to its end.
Ran RunProgram(Session& session, const std::vector<std::string>& argv, Reach reach = Reach::kCommandNetwork, const std::string& cwd = "/");
Ran Shell(Session& session, const std::string& script, Reach reach = Reach::kCommandNetwork, const std::string& cwd = "/");

// Waits until a file written just now would carry a later time than one written before: no sleep of a guessed length.
void NextTick();

}  // namespace checkrein::sandbox
