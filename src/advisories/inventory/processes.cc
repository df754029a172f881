#include "advisories/inventory/processes.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "advisories/inventory/look.h"
#include "base/path.h"

namespace checkrein::advisories {
namespace {

constexpr size_t kMaxCommandLine = 64u << 10;
constexpr size_t kMaxWords = 16;  // before which an interpreter's script stands
constexpr std::string_view kInterpreters[] = {"node", "nodejs", "bun", "deno"};
constexpr std::string_view kDeleted = " (deleted)";

enum class Read : uint8_t { kDone, kGone, kForbidden };

std::optional<std::string> Link(const std::string& path, Read* outcome = nullptr) {
  char target[PATH_MAX];
  const ssize_t n = readlink(path.c_str(), target, sizeof target);
  if (outcome != nullptr) *outcome = n >= 0 ? Read::kDone : errno == EACCES || errno == EPERM ? Read::kForbidden : Read::kGone;
  if (n < 0 || n == sizeof target) return std::nullopt;
  return std::string(target, static_cast<size_t>(n));
}

std::vector<std::string> Words(const std::string& proc_pid) {
  std::vector<std::string> words;
  const Result<std::string> line = ReadRegular(proc_pid + "/cmdline", kMaxCommandLine);
  for (size_t at = 0; line && at < line->size() && words.size() < kMaxWords;) {
    const size_t end = std::min(line->find('\0', at), line->size());
    words.push_back(line->substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// The script that an interpreter runs: its first argument that is no option and names a file.
std::optional<std::string> Script(const std::string& proc_pid, const std::string& root) {
  const std::vector<std::string> words = Words(proc_pid);
  const std::string cwd = Link(proc_pid + "/cwd").value_or("/");
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i].empty() || words[i].starts_with('-')) continue;
    const std::string path = NormalizePath(words[i], cwd.starts_with('/') ? cwd : "/");
    if (!Exists(root + path)) continue;
    const std::optional<std::string> real = RealPath(root + path);
    if (real && real->starts_with(root)) return real->substr(root.size());
  }
  return std::nullopt;
}

}  // namespace

ProcessScan ScanProcesses(const std::string& proc) {
  ProcessScan out;
  const std::optional<std::string> our_mounts = Link(proc + "/self/ns/mnt");
  for (const std::string& name : NamesIn(proc)) {
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }) || name.size() > 9) continue;
    const std::string at = proc + "/" + name;
    Read outcome = Read::kDone;
    std::optional<std::string> exe = Link(at + "/exe", &outcome);
    if (outcome == Read::kForbidden) ++out.unreadable;
    if (!exe || !exe->starts_with('/')) continue;  // gone, or a thread of the kernel
    RunningProgram running;
    running.pid = std::stoi(name);
    const std::optional<std::string> mounts = Link(at + "/ns/mnt");
    const std::string root = our_mounts && mounts && *mounts != *our_mounts ? at + "/root" : "";
    if (!root.empty()) running.notes.push_back("process " + name + " sees another file system than this one");
    if (exe->ends_with(kDeleted)) {
      exe->resize(exe->size() - kDeleted.size());
      running.notes.push_back("process " + name + " runs a program that was replaced or removed since it was started");
    }
    running.path = *exe;
    const std::string_view program = BaseName(*exe);
    if (std::find(std::begin(kInterpreters), std::end(kInterpreters), program) != std::end(kInterpreters)) {
      const std::optional<std::string> script = Script(at, root);
      if (!script) continue;
      running.path = *script;
    }
    running.identity = IdentifyProgram(running.path, root);
    if (running.identity.client.empty()) {
      const Product* product = ProductOfProgram(program);
      if (product == nullptr) continue;
      running.identity.client = product->client;
      running.identity.source = "its name; neither a package nor an installer's layout is around it";
    }
    out.running.push_back(std::move(running));
  }
  return out;
}

}  // namespace checkrein::advisories
