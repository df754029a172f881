// `checkrein changes diff ID [PATH...]`: what is in held changes: text as a difference to what the workspace has, the rest in a line each.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "base/fd.h"
#include "cli/changes.h"
#include "cli/child.h"
#include "cli/commands.h"
#include "report/text.h"
#include "sandbox/beneath.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxSide = 1u << 20;  // bytes of a file that are shown; a person does not read more

Result<Fd> InMemory(const std::string& text) {
  Fd file(memfd_create("side", 0));  // inherited by the program that compares
  if (!file.valid()) return SystemError("memfd_create", errno);
  if (const Status written = WriteAll(file.get(), text); !written) return written.error();
  return file;
}

// Lines of strangers, each made harmless by itself.
void PrintLines(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::printf("  %s\n", report::Plain(text.substr(at, end - at)).c_str());
    at = end + 1;
  }
}

Status PrintDifference(const std::string& before, const std::string& after) {
  const Result<Fd> old = InMemory(before), fresh = InMemory(after);
  if (!old || !fresh) return old ? fresh.error() : old.error();
  const auto name = [](const Fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); };
  const Result<Ended> compared = RunChild({"diff", "-u", "--label", "in the workspace", "--label", "held", name(*old), name(*fresh)}, "");
  if (!compared) return compared.error();
  if (compared->status > 1) return Error{Error::Kind::kIo, "diff: it could not compare them"};
  PrintLines(compared->output);
  return Done{};
}

Status ShowInside(const sandbox::Change& change, int upper, int lower) {
  std::printf("%s %s  (%s)\n", std::string(sandbox::ChangeKindName(change.kind)).c_str(), report::Plain(change.path).c_str(), Details(change).c_str());
  if (change.type != sandbox::ChangeType::kFile) return Done{};
  const bool deleted = change.kind == sandbox::ChangeKind::kDeleted;
  const std::optional<std::string> after = deleted ? std::string() : sandbox::ReadBeneath(upper, change.path, kMaxSide);
  const std::optional<std::string> before = change.kind == sandbox::ChangeKind::kAdded ? std::string() : sandbox::ReadBeneath(lower, change.path, kMaxSide);
  const auto readable = [](const std::optional<std::string>& text) { return text && text->find('\0') == std::string::npos; };
  if (!readable(after) || !readable(before)) {
    std::printf("  no text, or more than %zu KiB: not shown\n", kMaxSide >> 10);
    return Done{};
  }
  return *before == *after ? Status(Done{}) : PrintDifference(*before, *after);
}

}  // namespace

std::string Details(const sandbox::Change& change) {
  char text[64];
  switch (change.type) {
    case sandbox::ChangeType::kFile: std::snprintf(text, sizeof text, "file, mode %o, %llu bytes", change.mode, static_cast<unsigned long long>(change.size_bytes)); break;
    case sandbox::ChangeType::kDirectory: std::snprintf(text, sizeof text, "directory, mode %o", change.mode); break;
    case sandbox::ChangeType::kLink: return change.kind == sandbox::ChangeKind::kDeleted ? "link" : "link to " + report::Plain(change.link_target);
    default: return "device, socket or fifo";
  }
  return change.kind == sandbox::ChangeKind::kDeleted ? std::string(change.type == sandbox::ChangeType::kFile ? "file" : "directory") : std::string(text);
}

int DiffChanges(const sandbox::Copy& copy, const std::vector<std::string>& paths) {
  const Result<std::vector<sandbox::Change>> changes = sandbox::Changes(copy);
  if (!changes) return Report(changes.error(), kIncomplete);
  for (const std::string& path : paths) {
    if (std::none_of(changes->begin(), changes->end(), [&path](const sandbox::Change& one) { return one.path == path; }))
      return Report(Error{Error::Kind::kNotFound, path + ": not among the changes; `checkrein changes` lists them"}, kUsage);
  }
  const Fd upper(open(copy.upper.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)), lower(open(copy.workspace.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  for (const sandbox::Change& change : *changes) {
    if (!paths.empty() && std::find(paths.begin(), paths.end(), change.path) == paths.end()) continue;
    if (const Status shown = ShowInside(change, upper.get(), lower.get()); !shown) return Report(shown.error(), kIncomplete);
  }
  return kDone;
}

}  // namespace checkrein::cli
