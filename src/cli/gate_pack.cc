// checkrein gate npm|pypi|oci: runs the packer itself and gates what it made, which is what the registry would get. The packer is the
// person's own and runs the project's scripts, as publishing would.
#include <dirent.h>

#include <algorithm>
#include <functional>

#include "cli/child.h"
#include "cli/gate.h"
#include "cli/scratch.h"

namespace checkrein::cli {
namespace {

std::vector<std::string> FilesIn(const std::string& dir) {
  std::vector<std::string> out;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(dir, ignored)) out.push_back(entry.path().string());
  std::sort(out.begin(), out.end());
  return out;
}

// Absolute, and never read as an option.
std::string Place(const std::string& path) {
  std::error_code ignored;
  const std::string out = std::filesystem::absolute(path.empty() ? "." : path, ignored).lexically_normal().string();
  return out.size() > 1 && out.ends_with('/') ? out.substr(0, out.size() - 1) : out;
}

int PackAndGate(const GateOptions& options, const std::string& what, const std::function<std::vector<std::vector<std::string>>(const std::string& target)>& commands) {
  Result<Scratch> scratch = Scratch::Make("gate");
  if (!scratch) return Report(scratch.error(), kUsage);
  std::string tried;
  for (const std::vector<std::string>& argv : commands(scratch->path())) {
    const Result<Ended> ended = RunChild(argv, "");
    if (ended && ended->status == 0) {
      GateOptions inner = options;
      inner.paths = FilesIn(scratch->path());
      if (inner.paths.empty()) return Report(Error{Error::Kind::kNotFound, "gate " + what + ": " + argv[0] + " made nothing"}, kIncomplete);
      return RunGate(inner);
    }
    tried += (tried.empty() ? "" : ", ") + argv[0] + (ended ? " (exit " + std::to_string(ended->status) + ")" : " (not here)");
  }
  return Report(Error{Error::Kind::kIo, "gate " + what + ": nothing was packed; tried " + tried}, kIncomplete);
}

}  // namespace

void AddGatePackers(CLI::App& gate, const std::shared_ptr<GateOptions>& options, Exit& exit) {
  struct Packer {
    const char* name;
    const char* help;
    std::function<std::vector<std::vector<std::string>>(const std::string& from, const std::string& target)> commands;
  };
  const Packer packers[] = {
      {"npm", "Pack with `npm pack`, and gate the tarball that would be published",
       [](const std::string& from, const std::string& target) { return std::vector<std::vector<std::string>>{{"npm", "pack", "--silent", "--pack-destination", target, Place(from)}}; }},
      {"pypi", "Build sdist and wheel, and gate both",
       [](const std::string& from, const std::string& target) {
         return std::vector<std::vector<std::string>>{{"python3", "-m", "build", "--outdir", target, Place(from)}, {"python3", "-m", "build", "--no-isolation", "--outdir", target, Place(from)}, {"python3", "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "-w", target, Place(from)}};
       }},
      {"oci", "Save an image, and gate every layer of it",
       [](const std::string& image, const std::string& target) {
         const std::string file = target + "/image.tar";
         return std::vector<std::vector<std::string>>{{"docker", "save", "-o", file, "--", image}, {"podman", "save", "--format", "oci-archive", "-o", file, "--", image}, {"buildah", "push", "--quiet", "--", image, "oci-archive:" + file}};
       }},
  };
  for (const Packer& packer : packers) {
    CLI::App* command = gate.add_subcommand(packer.name, packer.help);
    command->fallthrough();
    auto from = std::make_shared<std::string>(".");
    command->add_option("what", *from, "a project's directory, or an image")->capture_default_str();
    command->callback([from, options, commands = packer.commands, name = std::string(packer.name), &exit] {
      exit.code = PackAndGate(*options, name, [&](const std::string& target) { return commands(*from, target); });
    });
  }
}

}  // namespace checkrein::cli
