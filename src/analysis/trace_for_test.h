// What a command really does: it runs in a scratch root made by bubblewrap (no network but loopback, nothing of the machine writable)
// under strace(1), and its system calls are read back as observed effects.
//
//   Tracer tracer;                                        // "" in tracer.missing(), or why nothing can be traced here
//   Observed seen = tracer.Run("cp a.txt b.txt");
//
// Not seen: what a program does through a descriptor that somebody else opened; Unix sockets; mmap writes beyond the open.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::analysis {

struct Observed {
  struct Exec {
    std::string path;
  };
  std::set<std::string> execs;        // paths that execve(2) accepted, but the first (the bash that reads the command)
  std::set<std::string> reads;        // paths opened for reading, listed, or asked for their attributes
  std::set<std::string> writes;       // paths opened for writing, made, renamed to, or whose attributes were changed
  std::set<std::string> deletes;      // paths unlinked, or renamed away
  std::set<std::string> connects;     // HOST:PORT over IP, the names of the scratch root's /etc/hosts in place of addresses
  std::set<std::string> transient;    // made and removed or renamed away again by the command itself, under a name that was new
  bool ran = false;
};

class Tracer {
 public:
  Tracer();
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Why nothing can be traced on this machine; empty: it can.
  const std::string& missing() const { return missing_; }
  // Runs `command` with bash in a fresh copy of the project, for at most 30 s.
  Observed Run(const std::string& command) const;

 private:
  std::string root_;  // a temporary directory: template/ (a home with a project), etc/, trace/
  std::string missing_;
};

}  // namespace checkrein::analysis
