// `checkrein log anchor`: keeps a checkpoint where whoever rewrites the log cannot rewrite it.
#include <unistd.h>

#include <cstdio>

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "audit/prove.h"
#include "audit/witness.h"
#include "base/fd.h"
#include "base/path.h"
#include "cli/anchor.h"
#include "cli/child.h"
#include "cli/log_command.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

struct AnchorOptions {
  std::string place;     // a file, a repository, a URL
  std::string vkey;      // of a witness
  std::string line;      // a file with a cosignature line; "-" is standard input
};

struct Published {
  std::string directory;
  std::string note;
  audit::Checkpoint checkpoint;
};

Result<Published> PublishNow(const LogCommand& command) {
  Result<audit::Log> log = command.Open(audit::Log::Mode::kAppend);
  if (!log) return log.error();
  if (const Status published = log->Publish(); !published) return published.error();
  Published out{*command.Directory(), log->CheckpointNote(), {}};
  const Result<audit::Note> note = audit::ParseNote(out.note);
  if (!note) return note.error();
  Result<audit::Checkpoint> checkpoint = audit::ParseCheckpointBody(note->text);
  if (!checkpoint) return checkpoint.error();
  out.checkpoint = std::move(checkpoint).take();
  return out;
}

// An anchor must never be replaced by one that contradicts it: that would destroy the only evidence.
Status CheckExtends(const Published& now, std::string_view old_note) {
  const Result<audit::Note> note = audit::ParseNote(old_note);
  if (!note) return Error{Error::Kind::kInvalid, "what is there is no checkpoint (" + note.error().text + "); name another place"};
  const Result<audit::Checkpoint> old = audit::ParseCheckpointBody(note->text);
  if (!old) return old.error();
  if (old->origin != now.checkpoint.origin) return Error{Error::Kind::kInvalid, "what is there is a checkpoint of another log, " + old->origin + "; name another place"};
  const Error contradiction{Error::Kind::kInvalid, "the anchor there was signed for " + std::to_string(old->size) + " records, and this log does not extend that tree: it was cut off or " +
                                                       "rewritten; the anchor is left as it is; run `checkrein log verify`"};
  if (old->size > now.checkpoint.size) return contradiction;
  const Result<std::vector<Digest>> hashes = audit::ProveExtension(now.directory, old->size);
  if (!hashes) return hashes.error();
  if (!audit::VerifyConsistency(old->size, old->root, now.checkpoint.size, now.checkpoint.root, *hashes)) return contradiction;
  return Done{};
}

Status Say(const Published& now, const std::string& where) {
  std::printf("anchored: %llu record(s), in %s\n", static_cast<unsigned long long>(now.checkpoint.size), report::Plain(where).c_str());
  return Done{};
}

Status AnchorFile(const Published& now, const std::string& place) {
  char* real = realpath(std::string(DirName(place)).c_str(), nullptr);
  if (real == nullptr) return SystemError(place, errno);
  const std::string path = std::string(real) + "/" + place.substr(place.rfind('/') + 1);
  free(real);
  const Result<std::string> old = ReadFile(path, audit::kMaxNoteBytes);
  if (!old && old.error().kind != Error::Kind::kNotFound) return old.error();
  if (old) {
    if (Status extends = CheckExtends(now, *old); !extends) return extends;
  }
  if (Status written = ReplaceFile(path, now.note, 0644); !written) return written;
  if (Status kept = RememberPlace(now.directory, "file " + path); !kept) return kept;
  return Say(now, path);
}

Result<std::string> Git(const std::string& repository, const std::vector<std::string>& words, std::string_view input) {
  Result<Ended> ended = RunChild(GitCommand(repository, words), input);
  if (!ended) return ended.error();
  if (ended->status != 0) return Error{Error::Kind::kIo, "git " + words[0] + " failed in " + repository};
  while (ended->output.ends_with('\n')) ended->output.pop_back();
  return ended->output;
}

Status AnchorGit(const Published& now, const std::string& place) {
  const Result<std::string> top = Git(place, {"rev-parse", "--show-toplevel"}, "");
  if (!top) return top.error();
  const Result<std::string> head = Git(*top, {"rev-parse", "HEAD"}, "");
  if (!head) return head.error();
  const std::string ref = NotesRef(now.checkpoint.origin);
  const Result<Ended> old = RunChild(GitCommand(*top, {"notes", "--ref=" + ref, "list"}), "");
  if (old && old->output.find(" " + *head) != std::string::npos) {
    const Result<Ended> note = RunChild(GitCommand(*top, {"notes", "--ref=" + ref, "show", *head}), "");
    if (!note || note->status != 0) return Error{Error::Kind::kIo, "git: cannot read the note of " + *head};
    if (Status extends = CheckExtends(now, note->output); !extends) return extends;
  }
  // As a blob, and then by name: `git notes -m` would tidy the text.
  const Result<std::string> blob = Git(*top, {"hash-object", "-w", "--stdin"}, now.note);
  if (!blob) return blob.error();
  const Result<std::string> added = Git(*top, {"notes", "--ref=" + ref, "add", "-f", "-C", *blob, *head}, "");
  if (!added) return added.error();
  if (Status kept = RememberPlace(now.directory, "git " + *top); !kept) return kept;
  if (Status said = Say(now, "a note of commit " + head->substr(0, 12) + " in " + *top); !said) return said;
  std::printf("it protects once it is somewhere else:\n  git -C '%s' push REMOTE refs/notes/%s\n", report::Plain(*top).c_str(), ref.c_str());
  return Done{};
}

// The cosignature must hold before it is kept; what was kept before it is then covered by it.
Status KeepCosigned(const Published& now, const audit::VerifierKey& witness, const std::string& url, const std::string& line) {
  const Result<audit::Note> note = audit::ParseNote(now.note + line);
  if (!note) return note.error();
  const Result<uint64_t> time = audit::VerifyCosignature(*note, witness);
  if (!time) return Error{Error::Kind::kInvalid, "the answer is no cosignature of this checkpoint by " + witness.Text()};
  if (Status made = MakeDirectories(now.directory + "/anchor", 0700); !made) return made;
  if (Status written = ReplaceFile(WitnessPath(now.directory, witness), now.note + line, 0600); !written) return written;
  if (Status kept = RememberPlace(now.directory, "witness " + witness.Text() + " " + url); !kept) return kept;
  return Say(now, "a cosignature by " + witness.name);
}

uint64_t SizeKnownTo(const Published& now, const audit::VerifierKey& witness) {
  const Result<std::string> bytes = ReadFile(WitnessPath(now.directory, witness), audit::kMaxNoteBytes);
  const Result<audit::Note> note = bytes ? audit::ParseNote(*bytes) : Result<audit::Note>(bytes.error());
  const Result<audit::Checkpoint> kept = note ? audit::ParseCheckpointBody(note->text) : Result<audit::Checkpoint>(note.error());
  return kept ? kept->size : 0;
}

struct HttpAnswer {
  int status = 0;
  std::string body;
};

Result<HttpAnswer> Post(const std::string& url, const std::string& body) {
  // No redirects, no files, no other protocols: the address is the person's own, and nothing else is contacted.
  const Result<Ended> ended = RunChild({"curl", "--silent", "--show-error", "--proto", "=http,https", "--max-time", "30", "--max-filesize", "1000000", "--data-binary", "@-", "--header",
                                        "Content-Type: text/plain", "--write-out", "\n%{http_code}", "--url", url},
                                       body);
  if (!ended && ended.error().kind == Error::Kind::kNotFound) return Error{Error::Kind::kNotFound, "curl is missing; install it, or use `log anchor request` and `log anchor add`"};
  if (!ended) return ended.error();
  const size_t last = ended->output.rfind('\n');
  if (ended->status != 0 || last == std::string::npos) return Error{Error::Kind::kIo, url + ": no answer"};
  return HttpAnswer{std::atoi(ended->output.c_str() + last + 1), ended->output.substr(0, last)};
}

Status AnchorWitness(const Published& now, const AnchorOptions& options) {
  const Result<audit::VerifierKey> witness = audit::VerifierKey::Parse(options.vkey);
  if (!witness) return witness.error();
  uint64_t known = SizeKnownTo(now, *witness);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Result<std::vector<Digest>> hashes = audit::ProveExtension(now.directory, known);
    if (!hashes) return hashes.error();
    const Result<HttpAnswer> answer = Post(options.place + (options.place.ends_with('/') ? "" : "/") + "add-checkpoint", audit::WitnessRequest(known, *hashes, now.note));
    if (!answer) return answer.error();
    if (answer->status == 200) return KeepCosigned(now, *witness, options.place, answer->body);
    const uint64_t theirs = std::strtoull(answer->body.c_str(), nullptr, 10);
    if (answer->status == 409 && theirs > now.checkpoint.size)
      return Error{Error::Kind::kInvalid, "the witness has signed " + std::to_string(theirs) + " records of this log, which has only " + std::to_string(now.checkpoint.size) + ": records have been cut off"};
    if (answer->status != 409 || attempt > 0) return Error{Error::Kind::kInvalid, options.place + ": " + std::to_string(answer->status) + " " + report::Plain(answer->body.substr(0, 500))};
    known = theirs;
  }
  return Error{Error::Kind::kInternal, "witness"};
}

Status AnchorAdd(const Published& now, const AnchorOptions& options) {
  const Result<audit::VerifierKey> witness = audit::VerifierKey::Parse(options.vkey);
  if (!witness) return witness.error();
  const Result<std::string> line = options.line == "-" ? ReadAll(STDIN_FILENO, audit::kMaxNoteBytes) : ReadFile(options.line, audit::kMaxNoteBytes);
  if (!line) return line.error();
  return KeepCosigned(now, *witness, "-", *line);
}

// The checkpoint of a request must be there when its cosignature comes back: it is that of the published tree, unless records came meanwhile.
Status PrintRequest(const Published& now, const AnchorOptions& options) {
  uint64_t known = 0;
  if (!options.vkey.empty()) {
    const Result<audit::VerifierKey> witness = audit::VerifierKey::Parse(options.vkey);
    if (!witness) return witness.error();
    known = SizeKnownTo(now, *witness);
  }
  const Result<std::vector<Digest>> hashes = audit::ProveExtension(now.directory, known);
  if (!hashes) return hashes.error();
  std::fputs(audit::WitnessRequest(known, *hashes, now.note).c_str(), stdout);
  return Done{};
}

using Act = Status (*)(const Published&, const AnchorOptions&);

void Connect(const LogCommand& log, CLI::App* command, const std::shared_ptr<AnchorOptions>& options, Act act) {
  command->fallthrough();
  command->callback([log, options, act] {
    const Result<Published> now = PublishNow(log);
    const Status done = now ? act(*now, *options) : Status(now.error());
    log.exit->code = done ? kDone : Report(done.error(), done.error().kind == Error::Kind::kInvalid ? kFindings : kIncomplete);
  });
}

}  // namespace

void AddLogAnchor(const LogCommand& log) {
  CLI::App* anchor = log.Add("anchor", "Keep a signed checkpoint elsewhere, so that the log cannot be cut back or retold");
  anchor->require_subcommand(1);
  const auto options = std::make_shared<AnchorOptions>();
  CLI::App* file = anchor->add_subcommand("file", "In a file: on another machine's disk, a stick, another user's directory");
  file->add_option("PATH", options->place)->required();
  Connect(log, file, options, [](const Published& now, const AnchorOptions& o) { return AnchorFile(now, o.place); });
  CLI::App* git = anchor->add_subcommand("git", "As a git note of the repository's newest commit");
  git->add_option("REPOSITORY", options->place)->default_str(".");
  Connect(log, git, options, [](const Published& now, const AnchorOptions& o) { return AnchorGit(now, o.place.empty() ? "." : o.place); });
  CLI::App* witness = anchor->add_subcommand("witness", "Have a witness (C2SP tlog-witness) cosign it");
  witness->add_option("URL", options->place, "Where it serves add-checkpoint")->required();
  witness->add_option("--vkey", options->vkey, "The witness's key")->required();
  Connect(log, witness, options, AnchorWitness);
  CLI::App* request = anchor->add_subcommand("request", "Print a request for a witness that signs by hand (`checkrein witness sign`)");
  request->add_option("--vkey", options->vkey, "The witness's key, to begin where it stopped");
  Connect(log, request, options, PrintRequest);
  CLI::App* add = anchor->add_subcommand("add", "Keep the line with which a witness answered such a request");
  add->add_option("LINE", options->line, "A file; - is standard input")->required();
  add->add_option("--vkey", options->vkey, "The witness's key")->required();
  Connect(log, add, options, AnchorAdd);
}

}  // namespace checkrein::cli
