#include "monitor/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fd.h"
#include "monitor/fields.h"

namespace checkrein::monitor {
namespace {

constexpr std::string_view kVersion = "facts1";
constexpr size_t kMaxFactsBytes = 4u << 20;  // 64 calls with their effects

// What a session whose facts cannot be read is taken for: one that has seen everything.
SessionFacts WorstFacts() {
  SessionFacts facts;
  facts.labels = {"secret", "untrusted"};
  return facts;
}

}  // namespace

void SessionFacts::AddLabel(std::string_view label) {
  const auto at = std::lower_bound(labels.begin(), labels.end(), label);
  if (at == labels.end() || *at != label) labels.emplace(at, label);
}

const RecentCall* SessionFacts::FindCall(std::string_view call_id) const {
  for (auto call = calls.rbegin(); call != calls.rend(); ++call)
    if (call_id.empty() || call->call_id == call_id) return &*call;
  return nullptr;
}

std::string SessionFacts::Encode() const {
  FieldWriter w;
  w.Add(kVersion).Add(workspace).Add(goal).Add(intent).AddList(labels).AddNumber(actions).AddNumber(static_cast<int64_t>(calls.size()));
  for (const RecentCall& call : calls) w.Add(call.call_id).AddNumber(call.action).Add(call.verdict).AddList(call.predicted);
  return w.bytes();
}

std::optional<SessionFacts> SessionFacts::Decode(std::string_view bytes) {
  FieldReader r(bytes);
  if (r.Text() != kVersion) return std::nullopt;
  SessionFacts facts;
  facts.workspace = r.Text();
  facts.goal = r.Text();
  facts.intent = r.Text();
  facts.labels = r.List();
  facts.actions = r.Number();
  const int64_t count = r.Number();
  for (int64_t i = 0; r.ok() && i < count; ++i) {
    RecentCall call;
    call.call_id = r.Text();
    call.action = r.Number();
    call.verdict = r.Text();
    call.predicted = r.List();
    facts.calls.push_back(std::move(call));
  }
  if (!r.AtEnd()) return std::nullopt;
  return facts;
}

std::string FactStore::PathOf(std::string_view key) const { return directory_ + "/" + HexEncode(Sha256(key)).substr(0, 40); }

Result<SessionFacts> FactStore::Load(std::string_view key) const {
  const Result<std::string> bytes = ReadFile(PathOf(key), kMaxFactsBytes);
  if (!bytes) {
    if (bytes.error().kind == Error::Kind::kNotFound) return SessionFacts{};
    return bytes.error();
  }
  std::optional<SessionFacts> facts = SessionFacts::Decode(*bytes);
  return facts ? *std::move(facts) : WorstFacts();
}

Result<SessionFacts> FactStore::Update(std::string_view key, const std::function<void(SessionFacts&)>& change) const {
  if (const Status made = MakeDirectories(directory_, 0700); !made) return made.error();
  const std::string lock_path = directory_ + "/lock";
  const Fd lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid() || flock(lock.get(), LOCK_EX) != 0) return SystemError(lock_path, errno);
  Result<SessionFacts> facts = Load(key);
  if (!facts) return facts;
  change(*facts);
  if (facts->calls.size() > SessionFacts::kMaxCalls)
    facts->calls.erase(facts->calls.begin(), facts->calls.end() - static_cast<std::ptrdiff_t>(SessionFacts::kMaxCalls));
  // Not synced: after a power cut the log still holds every action, and a torn file counts as the worst.
  const std::string path = PathOf(key);
  const std::string temporary = path + ".new";
  const Fd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return SystemError(temporary, errno);
  if (const Status written = WriteAll(fd.get(), facts->Encode()); !written) return written.error();
  if (rename(temporary.c_str(), path.c_str()) != 0) return SystemError(path, errno);
  return facts;
}

}  // namespace checkrein::monitor
