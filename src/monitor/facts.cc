#include "monitor/facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/fields.h"
#include "monitor/past_fields.h"

namespace checkrein::monitor {
namespace {

constexpr std::string_view kVersion = "facts4";
constexpr size_t kMaxFactsBytes = 4u << 20;  // some calls with their effects

// What a session whose facts cannot be read is taken for: one that has seen everything.
SessionFacts WorstFacts() {
  SessionFacts facts;
  facts.labels = WorstLabels();
  facts.past.lost = true;
  return facts;
}

std::string Sealed(const SessionFacts& facts) {
  const std::string body = facts.Encode();
  const Digest digest = Sha256(body);
  return std::string(AsText(digest)) + FieldWriter().Add(body).bytes();
}

// Nothing when the digest does not fit: torn, damaged, or just being written.
std::optional<SessionFacts> Unsealed(std::string_view bytes) {
  Digest digest{};
  if (bytes.size() < digest.size()) return std::nullopt;
  std::copy_n(bytes.begin(), digest.size(), digest.begin());
  FieldReader r(bytes.substr(digest.size()));
  const std::string_view body = r.Text();
  if (!r.ok() || Sha256(body) != digest) return std::nullopt;
  return SessionFacts::Decode(body);
}

}  // namespace

std::vector<std::string> WorstLabels() { return {"pii", "secret", "untrusted"}; }

void SessionFacts::AddCall(RecentCall call) {
  calls.push_back(std::move(call));
  if (calls.size() > kMaxCalls) calls.erase(calls.begin());
}

void SessionFacts::AddLabel(std::string_view label) {
  const auto at = std::lower_bound(labels.begin(), labels.end(), label);
  if (at == labels.end() || *at != label) labels.emplace(at, label);
}

const RecentCall* SessionFacts::FindAction(int64_t action) const {
  const auto call = std::find_if(calls.begin(), calls.end(), [action](const RecentCall& c) { return c.action == action; });
  return call == calls.end() ? nullptr : &*call;
}

const RecentCall* SessionFacts::FindCall(std::string_view call_id) const {
  for (auto call = calls.rbegin(); call != calls.rend(); ++call)
    if (call_id.empty() || call->call_id == call_id) return &*call;
  return nullptr;
}

std::string SessionFacts::Encode() const {
  FieldWriter w;
  w.Add(kVersion).Add(workspace).Add(goal).Add(intent).AddList(labels).AddNumber(actions).AddNumber(static_cast<int64_t>(calls.size()));
  for (const RecentCall& call : calls) w.Add(call.call_id).AddNumber(call.action).Add(call.verdict).AddNumber(call.reaches_out).AddList(call.labels);
  WritePast(w, past);
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
    call.reaches_out = r.Number() != 0;
    call.labels = r.List();
    facts.calls.push_back(std::move(call));
  }
  facts.past = ReadPast(r);
  if (!r.AtEnd()) return std::nullopt;
  return facts;
}

std::string FactStore::NameOf(std::string_view key) { return HexEncode(Sha256(key)).substr(0, 40); }

std::string FactStore::PathOf(std::string_view key) const { return directory_ + "/" + NameOf(key); }

Fd FactStore::Lock(int how) const {
  Fd lock(open((directory_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  while (lock.valid() && flock(lock.get(), how) != 0) {
    if (errno != EINTR) lock.Reset(-1);
  }
  return lock;
}

Result<std::vector<FactStore::Named>> FactStore::All() const {
  std::vector<Named> all;
  DIR* opened = opendir(directory_.c_str());
  if (opened == nullptr) return errno == ENOENT ? Result<std::vector<Named>>(std::move(all)) : Result<std::vector<Named>>(SystemError(directory_, errno));
  errno = 0;
  while (const dirent* entry = readdir(opened))
    if (const std::string name = entry->d_name; name.size() == NameOf("").size()) all.push_back({name, {}});
  const int failed = errno;
  closedir(opened);
  if (failed != 0) return SystemError(directory_, failed);
  std::sort(all.begin(), all.end(), [](const Named& a, const Named& b) { return a.name < b.name; });
  for (Named& one : all) {
    Result<SessionFacts> facts = LoadPath(directory_ + "/" + one.name);
    if (!facts) return facts.error();
    one.facts = std::move(facts).take();
  }
  return all;
}

Result<SessionFacts> FactStore::Load(std::string_view key) const { return LoadPath(PathOf(key)); }

Result<SessionFacts> FactStore::LoadPath(const std::string& path) const {
  Fd lock;
  for (;;) {
    const Result<std::string> bytes = ReadFile(path, kMaxFactsBytes);
    if (!bytes) {
      if (bytes.error().kind == Error::Kind::kNotFound) return SessionFacts{};
      return bytes.error();
    }
    if (std::optional<SessionFacts> facts = Unsealed(*bytes)) return *std::move(facts);
    if (lock.valid()) return WorstFacts();
    lock = Lock(LOCK_SH);  // somebody may be writing it right now
    if (!lock.valid()) return SystemError(directory_ + "/lock", errno);
  }
}

Result<SessionFacts> FactStore::Update(std::string_view key, const std::function<void(SessionFacts&)>& change) const { return UpdatePath(PathOf(key), change); }

Result<SessionFacts> FactStore::UpdateNamed(const std::string& name, const std::function<void(SessionFacts&)>& change) const { return UpdatePath(directory_ + "/" + name, change); }

Result<SessionFacts> FactStore::UpdatePath(const std::string& path, const std::function<void(SessionFacts&)>& change) const {
  if (const Status made = MakeDirectories(directory_, 0700); !made) return made.error();
  const Fd lock = Lock(LOCK_EX);
  if (!lock.valid()) return SystemError(directory_ + "/lock", errno);
  const Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return SystemError(path, errno);
  const Result<std::string> bytes = ReadAll(fd.get(), kMaxFactsBytes);
  if (!bytes) return Error{bytes.error().kind, path + ": " + bytes.error().text};
  SessionFacts facts;
  if (!bytes->empty()) facts = Unsealed(*bytes).value_or(WorstFacts());
  change(facts);
  // Not synced: after a power cut the log still holds every action, and a torn file counts as the worst.
  const std::string sealed = Sealed(facts);
  ssize_t written = 0;
  do {
    written = pwrite(fd.get(), sealed.data(), sealed.size(), 0);
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(sealed.size())) return SystemError(path, written < 0 ? errno : ENOSPC);
  return facts;
}

}  // namespace checkrein::monitor
