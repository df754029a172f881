#include "advisories/inventory/clients.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "advisories/inventory/identify.h"
#include "advisories/inventory/look.h"
#include "advisories/inventory/processes.h"
#include "advisories/inventory/products.h"
#include "base/path.h"

namespace checkrein::advisories {
namespace {

constexpr size_t kMaxRoots = 4096;  // node_modules directories

// Directories below a home that hold npm prefixes, `*` standing for every name: what npm, nvm, fnm, n, asdf, mise, volta and others make.
constexpr std::string_view kHomePrefixes[] = {
    ".npm-global", ".npm-packages", ".local", "node_modules/..", "n", ".nvm/versions/node/*", ".local/share/fnm/node-versions/*/installation",
    ".fnm/node-versions/*/installation", ".asdf/installs/nodejs/*", ".asdf/installs/nodejs/*/.npm", ".local/share/mise/installs/node/*",
    ".local/share/rtx/installs/node/*", ".volta/tools/image/packages/*", ".volta/tools/image/packages/*/*", ".volta/tools/image/node/*/*", ".bun/install/global", ".local/share/pnpm/global/*",
    ".config/yarn/global", ".npm/_npx/*", ".claude/local", ".linuxbrew", ".nodenv/versions/*", ".nodebrew/node/*",
};
constexpr std::string_view kSystemPrefixes[] = {"/usr", "/usr/local", "/opt/homebrew", "/home/linuxbrew/.linuxbrew", "/usr/local/n/versions/node/*", "/opt/node", "/opt/nodejs"};
constexpr std::string_view kUsualPath[] = {"/usr/local/bin", "/usr/bin", "/bin"};
constexpr std::string_view kUsualHomePath[] = {".local/bin", "bin", ".npm-global/bin", ".opencode/bin", ".bun/bin", ".cursor/bin"};

// Every directory that `pattern` below `base` names; a component `*` is each name there is. `listed` gets the directories that were listed.
std::vector<std::string> Expand(const std::string& base, std::string_view pattern, std::set<std::string>* listed) {
  std::vector<std::string> found = {base};
  while (!pattern.empty()) {
    const size_t slash = pattern.find('/');
    const std::string_view part = pattern.substr(0, slash);
    pattern = slash == std::string_view::npos ? "" : pattern.substr(slash + 1);
    std::vector<std::string> next;
    for (const std::string& directory : found) {
      if (part == "*") {
        listed->insert(directory);
        for (const std::string& name : NamesIn(directory))
          if (next.size() < kMaxRoots) next.push_back(directory + "/" + name);
      } else {
        next.push_back(directory + "/" + std::string(part));
      }
    }
    found = std::move(next);
  }
  return found;
}

class Finder {
 public:
  explicit Finder(const Search& search) : search_(search) {}

  ClientInventory Find() {
    for (const std::string& directory : search_.path) LookInPath(directory);
    for (const std::string_view prefix : kSystemPrefixes)
      for (const std::string& directory : Expand("", prefix.substr(1), &places_)) LookInPrefix(directory);
    if (!search_.home.empty()) LookInHome(search_.home);
    for (const std::string& prefix : search_.prefixes) {
      LookInPrefix(prefix);
      LookInHome(prefix);
      for (const Product& product : Products())
        for (const std::string_view program : product.programs) LookAtProgram(prefix + "/bin/" + std::string(program), product, "program " + prefix + "/bin/" + std::string(program));
    }
    for (std::string at = search_.workspace; at.size() > 1; at = DirName(at)) LookInModules(at + "/node_modules", "project " + at);
    if (!search_.proc.empty()) LookAtProcesses();
    NotePlaces();
    std::sort(out_.clients.begin(), out_.clients.end(), [](const FoundClient& a, const FoundClient& b) {
      return std::tie(a.what.client, a.what.path) < std::tie(b.what.client, b.what.path);
    });
    return std::move(out_);
  }

 private:
  void NotePlaces() {
    std::set<std::string> there;
    for (std::string place : places_) {
      while (place.size() > 1 && !Exists(place)) place = DirName(place);
      if (place.starts_with('/')) there.insert(std::move(place));
    }
    out_.places.assign(there.begin(), there.end());
  }

  void LookInHome(const std::string& home) {
    for (const std::string_view prefix : kHomePrefixes)
      for (const std::string& directory : Expand(home, prefix, &places_)) LookInPrefix(NormalizePath(directory, "/"));
    if (const std::optional<std::string> prefix = NpmPrefixOf(home)) LookInPrefix(*prefix);
    for (const NativePlace& place : NativePlaces()) {
      places_.insert(home + "/" + std::string(place.directory));
      for (const std::string& version : NamesIn(home + "/" + std::string(place.directory))) {
        const std::string program = home + "/" + std::string(place.directory) + "/" + version + (place.below.empty() ? "" : "/" + std::string(place.below));
        LookAtProgram(program, *ProductOfClient(place.client), "installer's directory " + home + "/" + std::string(place.directory));
      }
    }
    for (const std::string_view directory : kUsualHomePath) {
      places_.insert(home + "/" + std::string(directory));
      for (const Product& product : Products())
        for (const std::string_view program : product.programs) {
          const std::string path = home + "/" + std::string(directory) + "/" + std::string(program);
          LookAtProgram(path, product, "program " + path);
        }
    }
  }

  void LookInPrefix(const std::string& prefix) {
    LookInModules(prefix + "/lib/node_modules", "npm prefix " + prefix);
    LookInModules(prefix + "/node_modules", "npm project " + prefix);
  }

  void LookInModules(const std::string& modules, const std::string& by) {
    places_.insert(modules);
    const std::optional<std::string> real = RealPath(modules);
    if (!real || roots_.size() > kMaxRoots || !roots_.insert(*real).second) return;
    for (const Product& product : Products()) {
      if (product.package.empty()) continue;
      const std::string directory = modules + "/" + std::string(product.package);
      places_.insert(std::string(DirName(directory)));
      if (!Exists(directory + "/package.json")) continue;
      Add(IdentifyPackage(directory, product), by, directory);
    }
  }

  void LookAtProgram(const std::string& path, const Product& product, const std::string& by) {
    if (!IsProgram(path)) return;
    Identity identity = IdentifyProgram(path, "");
    if (identity.client.empty()) {
      identity.client = product.client;
      identity.source = "its name; neither a package nor an installer's layout is around it";
    }
    Add(std::move(identity), by, path);
  }

  void LookInPath(const std::string& directory) {
    if (!directory.starts_with('/')) return;  // what lies in the current directory is nobody's installation
    places_.insert(directory);
    for (const Product& product : Products())
      for (const std::string_view name : product.programs) {
        const std::string path = directory + "/" + std::string(name);
        if (!IsProgram(path)) continue;
        LookAtProgram(path, product, "PATH: " + path);
        const bool first = names_in_path_.insert(name).second;
        if (first && last_ != kNone) out_.clients[last_].would_run = true;
      }
  }

  void LookAtProcesses() {
    ProcessScan scan = ScanProcesses(search_.proc);
    for (RunningProgram& running : scan.running) {
      Add(std::move(running.identity), "process " + std::to_string(running.pid), running.path);
      if (last_ == kNone) continue;
      FoundClient& client = out_.clients[last_];
      client.processes.push_back(running.pid);
      for (const std::string& note : running.notes) AddNote(client, note);
    }
    if (scan.unreadable > 0) out_.not_seen.push_back(std::to_string(scan.unreadable) + " processes of other users could not be looked at");
  }

  static void AddNote(FoundClient& client, const std::string& note) {
    if (!note.empty() && std::find(client.notes.begin(), client.notes.end(), note) == client.notes.end()) client.notes.push_back(note);
  }

  // Merges what was found with the row of the same copy, and leaves its index in last_.
  void Add(Identity identity, const std::string& by, const std::string& path) {
    last_ = kNone;
    if (!identity.problem.empty()) {
      if (std::none_of(out_.problems.begin(), out_.problems.end(), [&](const Problem& p) { return p.text == identity.problem; })) out_.problems.push_back({identity.problem});
    }
    if (identity.client.empty()) return;
    const auto [at, fresh] = rows_.try_emplace(identity.client + " " + identity.copy, out_.clients.size());
    last_ = at->second;
    if (fresh) {
      FoundClient client;
      client.what = {identity.client, identity.ecosystem, identity.package, identity.version, identity.program, identity.source};
      out_.clients.push_back(std::move(client));
    }
    FoundClient& client = out_.clients[last_];
    if (std::find(client.found_by.begin(), client.found_by.end(), by) == client.found_by.end()) client.found_by.push_back(by);
    for (const std::string& note : identity.notes) AddNote(client, note);
    AddNote(client, Departure(path, identity.program, search_.home));
  }

  static constexpr size_t kNone = ~size_t{0};
  const Search& search_;
  ClientInventory out_;
  std::map<std::string, size_t> rows_;
  std::set<std::string> roots_, places_;
  std::set<std::string_view> names_in_path_;
  size_t last_ = kNone;
};

}  // namespace

ClientInventory FindClients(const Search& search) { return Finder(search).Find(); }

Search SearchOf(const std::string& home, const std::string& path_variable, const std::string& workspace) {
  Search search;
  search.home = home;
  search.workspace = workspace;
  for (size_t at = 0; at <= path_variable.size();) {
    const size_t end = std::min(path_variable.find(':', at), path_variable.size());
    if (end > at) search.path.push_back(path_variable.substr(at, end - at));
    at = end + 1;
  }
  for (const std::string_view directory : kUsualPath)
    if (std::find(search.path.begin(), search.path.end(), directory) == search.path.end()) search.path.emplace_back(directory);
  return search;
}

}  // namespace checkrein::advisories
