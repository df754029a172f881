// What the monitor knows of a session between two events: goal, stated intent, taint labels, recent calls. One small file each.
//
// Labels only grow. A file that is damaged counts as a session that has read everything: it gets every label.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/past.h"
#include "base/fd.h"
#include "base/result.h"

namespace checkrein::monitor {

// A tool call that was decided, kept so that its outcome can be joined to it.
struct RecentCall {
  std::string call_id;     // the client's; "" for clients that give none
  int64_t action = 0;      // index of its record in the log
  std::string verdict;
  bool reaches_out = false;              // it was predicted to connect to some host
  std::vector<std::string> labels = {};  // of files that it was predicted to read: its output earns them
};

// Of a session of which nothing can be told: it has read everything.
std::vector<std::string> WorstLabels();

struct SessionFacts {
  std::string workspace;             // fixed by the first event of the session (hooks) or by the command line (run)
  std::string goal;                  // the person's last words, redacted and clipped
  std::string intent;                // the model's last words before a call, redacted and clipped
  std::vector<std::string> labels;   // sorted
  std::vector<RecentCall> calls;     // at most kMaxCalls, oldest first
  int64_t actions = 0;
  analysis::Past past;               // what its calls left in a shell and in files; no value in it is a secret that we can tell

  static constexpr size_t kMaxCalls = 64;  // far above the calls that clients run side by side; what they were predicted to do is in the log

  void AddLabel(std::string_view label);
  void AddCall(RecentCall call);  // within the bounds above
  const RecentCall* FindAction(int64_t action) const;
  const RecentCall* FindCall(std::string_view call_id) const;  // the newest one with that id; for "" the newest of all

  std::string Encode() const;
  static std::optional<SessionFacts> Decode(std::string_view bytes);
};

// The facts of all sessions in a directory, a file each: a digest of what follows it, then the encoded facts, then perhaps what an older
// and longer version left. Safe among many processes: Update holds a lock while it runs `change`; Load takes it only when what it read
// does not fit its digest. Written over in place, for making and renaming a file costs more than all the rest of an update.
// The key of the labels of all files, which outlive their sessions; no session's: those begin with a word.
inline constexpr std::string_view kLabelledFiles = " labelled files";

class FactStore {
 public:
  explicit FactStore(std::string directory) : directory_(std::move(directory)) {}

  // `key` names the session in any words; the file's name is its digest.
  Result<SessionFacts> Load(std::string_view key) const;
  // Loads, changes and replaces. kIo when it cannot be written: the caller denies.
  Result<SessionFacts> Update(std::string_view key, const std::function<void(SessionFacts&)>& change) const;

  // All that there are, by the names of their files: what a session is called is not kept. kIo when one cannot be read; one that is damaged
  // is the worst.
  struct Named {
    std::string name;
    SessionFacts facts;
  };
  Result<std::vector<Named>> All() const;
  Result<SessionFacts> UpdateNamed(const std::string& name, const std::function<void(SessionFacts&)>& change) const;
  static std::string NameOf(std::string_view key);

 private:
  Result<SessionFacts> LoadPath(const std::string& path) const;
  Result<SessionFacts> UpdatePath(const std::string& path, const std::function<void(SessionFacts&)>& change) const;
  std::string PathOf(std::string_view key) const;
  Fd Lock(int how) const;
  std::string directory_;
};

}  // namespace checkrein::monitor
