// What commands execute, watched while they run: serves the listeners of a session's commands (sandbox/exec_listener.h) and keeps, in bounds,
// what it saw.
//
//   Result<std::unique_ptr<ExecWatch>> watch = ExecWatch::Start(session root);      // a thread of its own: a command must never wait for
//   const uint64_t id = (*watch)->Add(process.TakeExecListener());                  // the supervisor's other work
//   ... the command ended ...
//   ExecsSeen seen = (*watch)->Take(id);                                            // what it left running stays watched
//
// The hook, which has nothing else to do, serves one ExecGroup by itself.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "monitor/exec_seen.h"
#include "sandbox/exec_listener.h"

namespace checkrein::monitor {

// One command's listener and what it saw.
class ExecGroup {
 public:
  // `root`: borrowed.
  ExecGroup(Fd listener, int root) : listener_(std::move(listener), root) { seen_.watched = listener_.fd() >= 0; }
  int fd() const { return listener_.fd(); }
  bool over() const { return listener_.over(); }
  bool looks_again() const { return !pending_.empty(); }  // then Serve() wants to be called within kLookAgainMs
  void Serve();                                           // whatever waits; never blocks
  ExecsSeen Take();                                       // since the last time

 private:
  struct Pending {
    sandbox::ExecAttempt attempt;
    int64_t since_ns = 0;
  };
  ExecSeen* Find(const sandbox::ExecAttempt& attempt);
  void LookAgain();
  sandbox::ExecListener listener_;
  ExecsSeen seen_;
  std::vector<Pending> pending_;
};
inline constexpr int kLookAgainMs = 1;

class ExecWatch {
 public:
  static Result<std::unique_ptr<ExecWatch>> Start(Fd root);
  ~ExecWatch();  // ends the thread; what still executes then fails
  uint64_t Add(Fd listener);
  ExecsSeen Take(uint64_t id);  // since it was added, or last taken
  void Drop(uint64_t id);       // nothing of it runs any more

 private:
  ExecWatch(Fd root, Fd wake) : root_(std::move(root)), wake_(std::move(wake)) {}
  void Loop();
  Fd root_, wake_;
  std::mutex mutex_;  // of what follows
  std::map<uint64_t, ExecGroup> groups_;
  uint64_t next_ = 1;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace checkrein::monitor
