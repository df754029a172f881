#include "monitor/exec_seen.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/json.h"
#include "base/path.h"
#include "secret/redact.h"

namespace checkrein::monitor {
namespace {

constexpr std::string_view kProgramDirectories[] = {"/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin", "/usr/local/sbin"};
// Read-only in every session: what stands there the system's owner has installed.
constexpr std::string_view kInstalled[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt"};
// Run whatever they are told to. A version behind the name does not matter: python3.11.
constexpr std::string_view kInterpreters[] = {"sh", "bash", "dash", "zsh", "ksh", "mksh", "fish", "busybox", "python", "perl", "ruby", "node", "nodejs", "php", "lua", "tclsh", "guile", "gdb", "ssh"};

std::string Canonical(const std::string& path) {  // on a merged /usr both names are one
  for (const std::string_view directory : {"/bin/", "/sbin/"}) {
    if (path.starts_with(directory)) return "/usr" + path;
  }
  return path;
}

bool IsProgramDirectory(std::string_view path) {
  return std::find(std::begin(kProgramDirectories), std::end(kProgramDirectories), DirName(path)) != std::end(kProgramDirectories);
}

bool IsInstalled(std::string_view path) {
  return std::any_of(std::begin(kInstalled), std::end(kInstalled), [path](std::string_view root) { return IsBeneath(path, root); });
}

bool IsInterpreter(std::string_view path) {
  std::string_view name = BaseName(path);
  while (!name.empty() && (name.back() == '.' || (name.back() >= '0' && name.back() <= '9'))) name.remove_suffix(1);
  return std::find(std::begin(kInterpreters), std::end(kInterpreters), name) != std::end(kInterpreters);
}

// Whether the prediction's object means the file at `path`. A name, or a path in a directory of programs, means the program of that name in
// any such directory; never one that the agent could have made.
bool Means(std::string_view object, const std::string& path) {
  if (object == path || object == Canonical(path)) return true;
  if (!IsProgramDirectory(path) || BaseName(object) != BaseName(path)) return false;
  return object.find('/') == std::string_view::npos || IsProgramDirectory(object);
}

const Effect* PredictionOf(const std::string& path, const EffectSet& predicted) {
  const auto found = std::find_if(predicted.all().begin(), predicted.all().end(), [&path](const Effect& e) { return e.op == Op::kExec && Means(e.object, path); });
  return found == predicted.all().end() ? nullptr : &*found;
}

std::string ObjectOf(const std::string& path, const EffectSet& predicted) {
  const Effect* prediction = PredictionOf(path, predicted);
  return prediction != nullptr ? prediction->object : Canonical(path);
}

bool RanSomethingElse(const ExecSeen& one) { return !one.image.empty() && !one.as_claimed; }

}  // namespace

EffectSet ExecEffects(const ExecsSeen& seen, const EffectSet& predicted) {
  EffectSet effects;
  for (const ExecSeen& one : seen.programs) {
    effects.Add(Op::kExec, ObjectOf(one.path, predicted), {});
    if (!one.interpreter.empty()) effects.Add(Op::kExec, ObjectOf(one.interpreter, predicted), {});
    if (RanSomethingElse(one)) effects.Add(Op::kExec, ObjectOf(one.image, predicted), {});  // it changed between the look and the kernel's
  }
  return effects;
}

EffectSet AccountedExecs(const ExecsSeen& seen, const EffectSet& predicted, Coverage coverage) {
  EffectSet accounted;
  const bool open = coverage != Coverage::kFull;
  const auto follows = [&](const std::string& path) { return IsInstalled(path) && (open || !IsInterpreter(path)); };
  std::vector<std::string> images;  // that were accounted for, by the kernel's names
  std::vector<bool> done(seen.programs.size(), false);
  for (bool found = true; found;) {  // those whose callers were accounted for in the last turn; at most one turn for each program
    found = false;
    for (size_t i = 0; i < seen.programs.size(); ++i) {
      const ExecSeen& one = seen.programs[i];
      if (done[i]) continue;
      const bool caller = std::find(images.begin(), images.end(), one.caller) != images.end();
      if (PredictionOf(one.path, predicted) == nullptr && !(follows(one.path) && (open || caller))) continue;
      done[i] = found = true;
      accounted.Add(Op::kExec, ObjectOf(one.path, predicted), {});
      images.push_back(one.path);
      if (!one.interpreter.empty() && IsInstalled(one.interpreter)) accounted.Add(Op::kExec, ObjectOf(one.interpreter, predicted), {});
      if (one.as_claimed) images.push_back(one.image);
    }
  }
  return accounted;
}

std::string WhyRenameFailed(const ExecsSeen& seen, const std::string& workspace) {
  for (const std::string& path : seen.renamed_directories) {
    if (!IsBeneath(path, workspace)) continue;
    return "the directory " + json::Quote(path) + " cannot be renamed in one step: the project is a copy-on-write copy, where that is \"Invalid cross-device link\" (EXDEV); "
           "move it with mv (for git: mv, then git add -A), or make the new directory and move the files";
  }
  return "";
}

void RedactCalls(ExecsSeen& seen, const Digest& key) {
  for (ExecSeen& one : seen.programs) {
    for (std::string& call : one.calls) call = secret::Redact(call, key);
  }
}

}  // namespace checkrein::monitor
