#include "cli/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "cli/child.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxPlacesBytes = 64 << 10;
constexpr size_t kMaxNotesOfOneRepository = 10'000;

std::string Trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string FileTime(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return "";
  return ", written " + Rfc3339(static_cast<int64_t>(info.st_mtim.tv_sec) * 1000);
}

void AddFile(const std::string& path, Anchors& out) {
  Result<std::string> note = ReadFile(path, audit::kMaxNoteBytes);
  if (!note) out.unreadable.push_back("file " + path + ": " + note.error().text);
  else out.notes.emplace_back(std::move(note).take(), "file " + path + FileTime(path));
}

void AddRepository(const std::string& repository, const std::string& origin, Anchors& out) {
  const auto git = [&](const std::vector<std::string>& words) -> std::optional<std::string> {
    const Result<Ended> ended = RunChild(GitCommand(repository, words), "");
    if (!ended || ended->status != 0) return std::nullopt;
    return ended->output;
  };
  const std::string ref = NotesRef(origin);
  const std::optional<std::string> list = git({"notes", "--ref=" + ref, "list"});
  if (!list || list->empty()) {
    out.unreadable.push_back("git " + repository + ": no notes of this log (refs/notes/" + ref + ")");
    return;
  }
  std::istringstream lines(*list);
  std::string blob, commit;
  for (size_t n = 0; n < kMaxNotesOfOneRepository && lines >> blob >> commit; ++n) {
    std::optional<std::string> note = git({"cat-file", "blob", blob});
    if (!note) {
      out.unreadable.push_back("git " + repository + ": cannot read the note of commit " + commit);
      continue;
    }
    const std::optional<std::string> when = git({"log", "-1", "--format=%cI", "refs/notes/" + ref});
    out.notes.emplace_back(*std::move(note), "git note of commit " + commit.substr(0, 12) + " in " + repository + (when ? ", last noted " + Trimmed(*when) : ""));
  }
}

}  // namespace

std::string NotesRef(std::string_view origin) { return "checkrein/" + HexEncode(Sha256(origin)).substr(0, 16); }

// An agent can write the repository's own configuration: no hook of it, no monitor and no alias may run for us.
std::vector<std::string> GitCommand(const std::string& repository, const std::vector<std::string>& words) {
  std::vector<std::string> out = {"git", "-C", repository, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
                                  "-c", "core.pager=cat", "-c", "commit.gpgSign=false", "-c", "log.showSignature=false", "-c", "user.name=checkrein", "-c", "user.email=checkrein@localhost"};
  out.insert(out.end(), words.begin(), words.end());
  return out;
}

std::string WitnessPath(const std::string& log_directory, const audit::VerifierKey& witness) {
  return log_directory + "/anchor/" + HexEncode(Sha256(witness.Text())).substr(0, 16);
}

Result<AnchorPlaces> ReadAnchorPlaces(const std::string& log_directory) {
  AnchorPlaces out;
  const Result<std::string> text = ReadFile(log_directory + "/anchors", kMaxPlacesBytes);
  if (!text && text.error().kind == Error::Kind::kNotFound) return out;
  if (!text) return text.error();
  std::istringstream lines(*text);
  size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const size_t space = line.find(' ');
    const std::string kind = line.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    const size_t second = rest.find(' ');
    if (kind == "file" && !rest.empty()) out.files.push_back(rest);
    else if (kind == "git" && !rest.empty()) out.repositories.push_back(rest);
    else if (kind == "witness" && second != std::string::npos) out.witnesses.push_back({rest.substr(0, second), rest.substr(second + 1)});
    else return Error{Error::Kind::kInvalid, log_directory + "/anchors:" + std::to_string(number) + ": neither file, git nor witness; mend or remove that line"};
  }
  return out;
}

Status RememberPlace(const std::string& log_directory, const std::string& line) {
  const std::string path = log_directory + "/anchors";
  Result<std::string> text = ReadFile(path, kMaxPlacesBytes);
  if (!text && text.error().kind != Error::Kind::kNotFound) return text.error();
  const std::string old = text ? *text : "";
  if (("\n" + old).find("\n" + line + "\n") != std::string::npos) return Done{};
  return ReplaceFile(path, old + line + "\n", 0600);
}

Anchors LoadAnchors(const std::string& log_directory, const AnchorPlaces& places) {
  Anchors out;
  for (const std::string& path : places.files) AddFile(path, out);
  if (!places.repositories.empty()) {
    const Result<std::string> vkey = ReadFile(log_directory + "/vkey", audit::kMaxNoteBytes);
    for (const std::string& repository : places.repositories) AddRepository(repository, vkey ? vkey->substr(0, vkey->find('+')) : "", out);
  }
  for (const AnchorPlaces::Witness& witness : places.witnesses) {
    out.witnesses.push_back(witness.vkey);
    const Result<audit::VerifierKey> key = audit::VerifierKey::Parse(witness.vkey);
    if (!key) {
      out.unreadable.push_back("witness " + witness.vkey + ": " + key.error().text);
      continue;
    }
    Result<std::string> note = ReadFile(WitnessPath(log_directory, *key), audit::kMaxNoteBytes);
    if (!note) out.unreadable.push_back("witness " + key->name + ": " + note.error().text);
    else out.notes.emplace_back(std::move(note).take(), "checkpoint that " + key->name + " cosigned");
  }
  return out;
}

}  // namespace checkrein::cli
