// `checkrein advisories import FILE|DIR`: takes OSV files from anywhere, all or none; their shields are in force at once. `forget ID` and
// `sign DIR` beside it. What is refused leaves everything as it was, and says so.
// Exit: 0 taken; 1 refused; 2 the configuration is not in order; 3 something could not be read or written.
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "advisories/live.h"
#include "advisories/shield.h"
#include "advisories/signed.h"
#include "advisories/store.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "cli/advisories_command.h"
#include "monitor/settings.h"
#include "proof/prove.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using advisories::Import;
using advisories::NamedText;
using report::Plain;

struct Options {
  std::string path, id, key, name;
  bool trial = false;
};

bool IsDirectory(const std::string& path) {
  struct stat about {};
  return stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

Result<std::vector<std::string>> JsonFilesIn(const std::string& directory) {
  std::vector<std::string> names;
  DIR* opened = opendir(directory.c_str());
  if (opened == nullptr) return SystemError(directory, errno);
  errno = 0;
  while (const dirent* entry = readdir(opened)) {
    const std::string name = entry->d_name;
    if (name.ends_with(".json") && !name.starts_with('.')) names.push_back(name);
  }
  const int failed = errno;
  closedir(opened);
  if (failed != 0) return SystemError(directory, failed);
  if (names.size() > advisories::kMaxImported) return Error{Error::Kind::kLimit, directory + ": more than " + std::to_string(advisories::kMaxImported) + " files"};
  if (names.empty()) return Error{Error::Kind::kNotFound, directory + ": no *.json in it"};
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<NamedText>> ReadFiles(const std::string& path) {
  std::vector<NamedText> files;
  std::vector<std::string> names = {std::string(BaseName(path))};
  std::string directory(DirName(path));
  if (IsDirectory(path)) {
    directory = path;
    Result<std::vector<std::string>> found = JsonFilesIn(path);
    if (!found) return found.error();
    names = std::move(found).take();
  }
  for (const std::string& name : names) {
    Result<std::string> text = ReadFile(directory + "/" + name, advisories::kMaxAdvisoryBytes);
    if (!text) return text.error();
    files.push_back({name, std::move(text).take()});
  }
  return files;
}

// Who signed it; "" where unsigned ones are accepted.
Result<std::string> Signer(const std::string& path, const std::vector<NamedText>& files, const monitor::Settings& settings) {
  std::vector<audit::VerifierKey> keys;
  for (const std::string& text : settings.advisory_keys) {
    Result<audit::VerifierKey> key = audit::VerifierKey::Parse(text);
    if (!key) return Error{Error::Kind::kInvalid, "settings.json: \"advisory_keys\": " + key.error().text};
    keys.push_back(std::move(key).take());
  }
  const bool whole = IsDirectory(path);
  const std::string note_path = (whole ? path : std::string(DirName(path))) + "/" + std::string(advisories::kNoteName);
  const Result<std::string> note = ReadFile(note_path, audit::kMaxNoteBytes);
  if (!note && note.error().kind != Error::Kind::kNotFound) return note.error();
  if (note) {
    Result<std::string> signer = advisories::SignerOf(files, *note, keys, whole ? advisories::Extent::kWhole : advisories::Extent::kEach);
    if (signer || !settings.accept_unsigned_advisories) return signer;
  }
  if (settings.accept_unsigned_advisories) return std::string();
  return Error{Error::Kind::kDenied, path + ": not signed: there is no " + note_path + "; to take it all the same set \"unsigned_advisories\": \"accept\" in settings.json"};
}

Result<advisories::Machine> MachineOf(const AdvisoriesCommand& advisories) {
  Result<monitor::Places> places = advisories.places->Find();
  if (!places) return places.error();
  if (const Status prepared = monitor::PrepareState(*places); !prepared) return prepared.error();
  const char* path = getenv("PATH");
  return advisories::Machine{places->state, places->home, path == nullptr ? "" : path, {}, {}};
}

// Both what loading checks already: a forbid cannot widen. Here it is said by the module whose business it is.
Status OnlyNarrow(const advisories::Store& store) {
  const Result<cedar::Schema> schema = cedar::ParseSchema(policy::PolicySet::Schema(), "checkrein.cedarschema");
  if (!schema) return schema.error();
  std::vector<const advisories::Advisory*> all;
  for (const auto& record : store.records()) all.push_back(&record.advisory);
  const Result<cedar::PolicySet> shields = advisories::ShieldsOf(all, *schema);
  if (!shields) return shields.error();
  if (!proof::NarrowsByForm(*shields)) return Error{Error::Kind::kDenied, "a shield may only forbid"};
  return Done{};
}

int Refused(const Error& error) {
  Report(error, kFindings);
  std::fputs("checkrein: nothing was imported; what was in force stays in force\n", stderr);
  return error.kind == Error::Kind::kIo || error.kind == Error::Kind::kNotFound ? kIncomplete : kFindings;
}

int RunImport(const AdvisoriesCommand& advisories, const Options& options) {
  const Result<monitor::Places> places = advisories.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const Result<monitor::Settings> settings = monitor::LoadSettings(places->config);
  if (!settings) return Report(settings.error(), kUsage);
  const Result<advisories::Machine> machine = MachineOf(advisories);
  if (!machine) return Report(machine.error(), kUsage);
  const std::string path = options.path.size() > 1 && options.path.ends_with('/') ? options.path.substr(0, options.path.size() - 1) : options.path;
  const Result<std::vector<NamedText>> files = ReadFiles(path);
  if (!files) return Refused(files.error());
  const Result<std::string> signer = Signer(path, *files, *settings);
  if (!signer) return Refused(signer.error());
  Result<advisories::Store> store = advisories::Store::Load(machine->state);
  if (!store) return Refused(store.error());
  std::vector<Import> imports;
  for (const NamedText& file : *files) imports.push_back({file.name, file.text, options.trial, *signer, UnixMillis()});
  if (const Status added = store->Add(imports); !added) return Refused(added.error());
  if (const Status narrow = OnlyNarrow(*store); !narrow) return Refused(narrow.error());
  if (const Status saved = store->Save(machine->state); !saved) return Refused(saved.error());
  const Result<advisories::Active> active = advisories::WorkAndKeep(*machine);
  if (!active) return Report(active.error(), kIncomplete);
  std::printf("%zu advisories taken (%s)%s\n", files->size(), signer->empty() ? "unsigned" : ("signed by " + Plain(*signer)).c_str(), options.trial ? ", on trial" : "");
  for (const NamedText& file : *files)
    for (const auto& record : store->records()) {
      if (record.import.file != file.name) continue;
      const auto in_force = std::find_if(active->in_force.begin(), active->in_force.end(), [&](const auto& f) { return f.advisory == record.advisory.id; });
      std::printf("  %s: %s\n", Plain(record.advisory.id).c_str(), in_force == active->in_force.end() ? "concerns nothing that is installed" : ((options.trial ? "on trial: " : "in force: ") + Plain(in_force->because)).c_str());
    }
  return kDone;
}

int RunForget(const AdvisoriesCommand& advisories, const Options& options) {
  const Result<advisories::Machine> machine = MachineOf(advisories);
  if (!machine) return Report(machine.error(), kUsage);
  Result<advisories::Store> store = advisories::Store::Load(machine->state);
  if (!store) return Report(store.error(), kIncomplete);
  if (!store->Remove(options.id)) return Report({Error::Kind::kNotFound, Plain(options.id) + ": was not imported"}, kFindings);
  if (const Status saved = store->Save(machine->state); !saved) return Report(saved.error(), kIncomplete);
  const Result<advisories::Active> active = advisories::WorkAndKeep(*machine);
  return active ? kDone : Report(active.error(), kIncomplete);
}

// The key in `path`; made there when there is none and a name is given.
Result<audit::NoteSigner> KeyIn(const std::string& path, const std::string& name) {
  const Result<std::string> secret = ReadFile(path, 1u << 12);
  if (secret) return audit::NoteSigner::Parse(secret->substr(0, secret->find('\n')));
  if (secret.error().kind != Error::Kind::kNotFound) return secret.error();
  if (!audit::IsKeyName(name)) return Error{Error::Kind::kNotFound, path + ": there is no key; --name NAME makes one"};
  Digest seed{};
  FillRandom(seed);
  if (const Status written = ReplaceFile(path, audit::NoteSigner::SecretText(name, seed, audit::KeyType::kEd25519) + "\n", 0600); !written) return written.error();
  return audit::NoteSigner::Make(name, seed);
}

int RunSign(const Options& options) {
  const Result<std::vector<NamedText>> files = ReadFiles(options.path);
  if (!files) return Report(files.error(), kIncomplete);
  if (!IsDirectory(options.path)) return Report({Error::Kind::kInvalid, options.path + ": a directory is signed as a whole"}, kUsage);
  for (const NamedText& file : *files)
    if (const Result<advisories::Advisory> read = advisories::ReadAdvisory(file.text, file.name); !read) return Report(read.error(), kFindings);
  const Result<audit::NoteSigner> key = KeyIn(options.key, options.name);
  if (!key) return Report(key.error(), kUsage);
  const Result<std::string> text = advisories::ManifestOf(*files);
  if (!text) return Report(text.error(), kFindings);
  const std::string path = options.path + "/" + std::string(advisories::kNoteName);
  if (const Status written = ReplaceFile(path, audit::SignedNote(*text, {key->SignatureLine(*text)}), 0644); !written) return Report(written.error(), kIncomplete);
  std::printf("%s\nsettings.json of whoever is to take it: \"advisory_keys\": [%s]\n", Plain(path).c_str(), json::Quote(key->verifier().Text()).c_str());
  return kDone;
}

}  // namespace

void AddAdvisoriesImport(const AdvisoriesCommand& advisories) {
  auto options = std::make_shared<Options>();  // CLI11 keeps references into it for as long as its callbacks live
  CLI::App* import = advisories.Add("import", "Take advisories in the OSV format; their shields are in force at once");
  import->add_option("path", options->path, "a file, or a directory of *.json")->required();
  import->add_flag("--trial", options->trial, "only ask their shields beside, and record what they would have said");
  import->callback([advisories, options] { advisories.exit->code = RunImport(advisories, *options); });
  CLI::App* forget = advisories.Add("forget", "Remove an advisory that was imported");
  forget->add_option("id", options->id, "its id")->required();
  forget->callback([advisories, options] { advisories.exit->code = RunForget(advisories, *options); });
  CLI::App* sign = advisories.Add("sign", "Sign a directory of advisories, for others to import");
  sign->add_option("path", options->path, "a directory of *.json")->required();
  sign->add_option("--key", options->key, "the file of the signing key")->required();
  sign->add_option("--name", options->name, "the key's name, such as example.com/advisories: makes it when the file is not there");
  sign->callback([advisories, options] { advisories.exit->code = RunSign(*options); });
}

}  // namespace checkrein::cli
