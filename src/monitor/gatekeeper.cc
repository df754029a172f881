#include "monitor/gatekeeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "monitor/clip.h"

namespace checkrein::monitor {
namespace {

constexpr size_t kMaxFile = 256u << 20;     // bytes of one file that is published; the gate's own limit
constexpr size_t kMaxAnswer = 16u << 20;
constexpr size_t kMaxArtifacts = 32;        // files published at once

Looked Refused(std::string why) { return {"the release gate: " + std::move(why), {}}; }

struct Said {
  int status = -1;
  std::string output;
};

// Runs `argv` with nothing of ours but the descriptors without close-on-exec; kills its group when it takes too long.
Result<Said> Ask(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  std::vector<char*> words, variables;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
  words.push_back(nullptr);
  variables.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return SystemError("pipe", errno);
  const Fd ours(ends[0]);
  Fd theirs(ends[1]);
  const Fd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  const pid_t pid = fork();
  if (pid < 0) return SystemError("fork", errno);
  if (pid == 0) {  // only async-signal-safe calls
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(nothing.get(), 0) < 0 || dup2(theirs.get(), 1) < 0 || dup2(nothing.get(), 2) < 0) _exit(127);
    execve(words[0], words.data(), variables.data());
    _exit(127);
  }
  setpgid(pid, pid);
  theirs.Reset(-1);
  Said said;
  const int64_t end_ns = MonotonicNanos() + int64_t{kLookMs} * 1'000'000;
  bool whole = false;
  while (said.output.size() <= kMaxAnswer) {
    const int64_t left_ms = (end_ns - MonotonicNanos()) / 1'000'000;
    if (left_ms <= 0) break;
    pollfd waiting{ours.get(), POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(left_ms)) <= 0) continue;
    char buffer[1u << 14];
    const ssize_t n = read(ours.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    whole = n == 0;
    if (n <= 0) break;
    said.output.append(buffer, static_cast<size_t>(n));
  }
  if (!whole) kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole) return Error{Error::Kind::kLimit, "it took longer than " + std::to_string(kLookMs / 1000) + " s"};
  said.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return said;
}

// The directory whose .git git would take, "" when that is not plain: a .git that is no directory, or a directory that is a bare repository.
std::string RepositoryOf(const LiveWorld& world, const std::string& directory) {
  for (std::string at = directory;; at = std::string(DirName(at))) {
    if (world.Stamp(at + "/.git")) return world.Read(at + "/.git/HEAD", kPathText) ? at : "";
    if (world.Stamp(at + "/HEAD") || at.size() <= 1) return "";
  }
}

// The object store is where it seems to be: git, asked from outside the session, would follow a link to another place than the session does.
bool IsOwnStore(const LiveWorld& world, const std::string& repository) {
  const std::string objects = repository + "/.git/objects";
  const auto is_itself = [&](const std::string& path) { return world.Resolve(path) == path; };
  if (!is_itself(objects) || !is_itself(objects + "/pack") || !is_itself(objects + "/info")) return false;
  constexpr char kHex[] = "0123456789abcdef";
  for (size_t i = 0; i < 256; ++i)
    if (!is_itself(objects + "/" + kHex[i / 16] + kHex[i % 16])) return false;
  return !world.Stamp(objects + "/info/alternates") && !world.Stamp(repository + "/.git/commondir");
}

}  // namespace

Looked ReadGateAnswer(std::string_view text, int status, const std::vector<std::string>& names) {
  json::Limits limits;
  limits.max_bytes = kMaxAnswer;
  const Result<json::Value> answer = json::Parse(text, limits);
  const json::Array* artifacts = answer ? answer->At("artifacts").array() : nullptr;
  if (artifacts == nullptr || artifacts->empty() || answer->Text("format") != "checkrein-gate/1") return Refused("it gave no answer (exit " + std::to_string(status) + "); nothing is published without one");
  Looked out;
  bool clean = status == 0 && answer->At("summary").Text("verdict") == "clean";
  for (size_t i = 0; i < artifacts->size(); ++i) {
    const json::Value& artifact = (*artifacts)[i];
    const std::string name = i < names.size() ? names[i] : std::string(artifact.Text("artifact"));
    const json::Array* findings = artifact.At("findings").array();
    const json::Array* problems = artifact.At("incomplete").array();
    const std::string_view verdict = artifact.At("summary").Text("verdict");
    json::Value shown;
    shown.Set("artifact", ToValidUtf8(Clip(name, kPathText))).Set("sha256", artifact.Text("sha256")).Set("rules_sha256", artifact.Text("rules_sha256")).Set("verdict", verdict);
    shown.Set("name", artifact.At("package").Text("name").substr(0, 256)).Set("version", artifact.At("package").Text("version").substr(0, 256));
    shown.Set("own_lines", artifact.At("summary").At("rebuild").Integer("own_lines", 0)).Set("findings", static_cast<int64_t>(findings == nullptr ? 0 : findings->size())).Set("incomplete", static_cast<int64_t>(problems == nullptr ? 1 : problems->size()));
    out.artifacts.push_back(std::move(shown));
    if (verdict == "clean" || !out.refusal.empty()) continue;
    clean = false;
    const auto is_new = [](const json::Value& f) { return f.Text("severity") == "block" && f.At("known") != json::Value(true); };
    const auto first = findings == nullptr ? json::Array::const_iterator() : std::find_if(findings->begin(), findings->end(), is_new);
    if (verdict == "findings" && findings != nullptr && first != findings->end()) {
      const int64_t more = std::count_if(first + 1, findings->end(), is_new);
      out.refusal = name + ": " + std::string(first->Text("path")) + ":" + std::to_string(first->Integer("line", 0)) + ": " + std::string(first->Text("what")) + " (" + std::string(first->Text("rule")) + ")" +
                    (more > 0 ? ", and " + std::to_string(more) + " more" : "") + "; " + std::string(first->Text("advice"));
    } else {
      out.refusal = name + ": not all of it could be looked at" + (problems != nullptr && !problems->empty() ? ": " + std::string(problems->front().Text("path")) + ": " + std::string(problems->front().Text("what")) : "");
    }
  }
  if (!out.refusal.empty()) out.refusal = "the release gate: " + ToValidUtf8(Clip(out.refusal, kExcerpt));
  else if (!clean) out.refusal = "the release gate: its answer contradicts itself";
  return out;
}

Looked Gatekeeper::Look(const Publication& publication, const std::string& directory) const {
  if (!publication.advice.empty()) return Refused(publication.advice);
  std::vector<std::string> argv = {settings_.tools, "gate"}, names;
  std::vector<Fd> kept;  // without close-on-exec until the child has started
  if (publication.kind == Publication::Kind::kImage) argv.push_back("oci");
  argv.insert(argv.end(), {"--format", "json", "--max-seconds", std::to_string(kLookMs / 1000 - 2)});
  if (!settings_.baseline.empty() && access(settings_.baseline.c_str(), R_OK) == 0) argv.insert(argv.end(), {"--baseline", settings_.baseline});
  switch (publication.kind) {
    case Publication::Kind::kFiles:
      if (publication.what.size() > kMaxArtifacts) return Refused("more than " + std::to_string(kMaxArtifacts) + " files at once");
      for (const std::string& file : publication.what) {
        const std::optional<std::string> bytes = world_.Read(NormalizePath(file, directory), kMaxFile);
        if (!bytes) return Refused(Clip(file, kPathText) + ": is not there, is no file, or is larger than 256 MiB");
        Fd memory(memfd_create("artifact", 0));
        if (!memory.valid() || !WriteAll(memory.get(), *bytes)) return Refused("no memory for " + Clip(file, kPathText));
        argv.push_back("/proc/self/fd/" + std::to_string(memory.get()));
        names.push_back(file);
        kept.push_back(std::move(memory));
      }
      break;
    case Publication::Kind::kImage:
      argv.push_back(publication.what.front());
      names = publication.what;
      break;
    case Publication::Kind::kRepository: {
      const std::string repository = RepositoryOf(world_, directory);
      if (repository.empty() || !IsOwnStore(world_, repository)) return Refused("the repository keeps its objects elsewhere (a worktree, a link or alternates); push from one that holds its own");
      Fd root = world_.Root();
      if (!root.valid()) return Refused("the repository cannot be reached");
      argv.insert(argv.end(), {"--git", "--unreachable", "--source", "/proc/self/fd/" + std::to_string(root.get()) + repository});
      names.push_back(repository);
      kept.push_back(std::move(root));
      break;
    }
  }
  const Result<Said> said = Ask(argv, {"PATH=" + (settings_.path.empty() ? std::string("/usr/local/bin:/usr/bin:/bin") : settings_.path), "HOME=" + settings_.home, "LC_ALL=C.UTF-8"});
  if (!said) return Refused(said.error().text + "; a person can look and publish");
  return ReadGateAnswer(said->output, said->status, names);
}

}  // namespace checkrein::monitor
