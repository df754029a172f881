#include "advisories/inventory/identify.h"

#include <sys/stat.h>
#include <unistd.h>

#include "advisories/inventory/look.h"
#include "advisories/inventory/package_file.h"
#include "base/path.h"

namespace checkrein::advisories {
namespace {

constexpr int kMaxLevels = 8;                  // from a program up to its package.json; the clients' need at most five
constexpr size_t kMaxStartScript = 16u << 10;  // of a package manager
constexpr size_t kMaxNpmrc = 64u << 10;

// Names the copy: the node_modules that holds the client's main package, also for the platform's package that lies beside or in it.
std::string CopyOf(const std::string& package_directory, const Product& product) {
  std::string modules = package_directory;
  if (const size_t at = modules.rfind("/node_modules/"); at != std::string::npos) modules.resize(at + 13);
  const std::string inner = "/" + std::string(product.package) + "/node_modules";
  if (modules.ends_with(inner)) modules.resize(modules.size() - inner.size());
  return modules;
}

void Fill(Identity& out, const Product& product, const PackageFile& file, const std::string& directory) {
  out.client = product.client;
  out.ecosystem = "npm";
  out.package = product.package;
  out.version = PlainVersion(file.version);
  out.source = directory + "/package.json";
  out.copy = CopyOf(directory, product);
}

// The package that `path` (real) lies in, if it is one of ours.
void FromPackage(const std::string& path, const std::string& root, Identity& out) {
  std::string directory(DirName(path));
  for (int level = 0; level < kMaxLevels && directory.size() > 1; ++level, directory = DirName(directory)) {
    const std::string file = directory + "/package.json";
    if (!Exists(root + file)) continue;
    const Result<PackageFile> package = ReadPackageFile(root + file, "");
    if (!package) {
      out.problem = package.error().text;
      return;
    }
    if (package->name.empty()) continue;  // {"type":"module"} and the like say how to read a folder, not whose it is
    if (const Product* product = ProductOfPackage(package->name)) Fill(out, *product, *package, directory);
    return;
  }
}

// pnpm, yarn and others write a shell script that starts "$basedir/../PATH".
void FromStartScript(const std::string& path, const std::string& root, Identity& out) {
  const Result<std::string> text = ReadRegular(root + path, kMaxStartScript);
  if (!text || !text->starts_with("#!")) return;
  constexpr std::string_view kBase = "$basedir/";
  for (size_t at = text->find(kBase); at != std::string::npos && out.client.empty(); at = text->find(kBase, at + 1)) {
    const size_t end = text->find_first_of("\"' \n", at);
    const std::string named = NormalizePath(text->substr(at + kBase.size(), end == std::string::npos ? end : end - at - kBase.size()), DirName(path));
    const std::optional<std::string> real = RealPath(root + named);
    if (!real) continue;
    const std::string inside = real->substr(root.size());
    FromPackage(inside, root, out);
    if (!out.client.empty()) {
      out.program = inside;
      out.notes.push_back("started by the script " + path);
    }
  }
}

}  // namespace

bool IsProgram(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

Identity IdentifyPackage(const std::string& directory, const Product& product) {
  Identity out;
  const std::string real = RealPath(directory).value_or(directory);
  const Result<PackageFile> file = ReadPackageFile(real + "/package.json", product.programs[0]);
  if (!file) {
    out.problem = file.error().text;
    Fill(out, product, {}, real);
    out.notes.push_back("its package.json cannot be read: the version is not known");
  } else {
    Fill(out, product, *file, real);
    // A directory may be named after one package and hold another: what is inside counts.
    if (file->name != product.package) out.notes.push_back("the package calls itself \"" + file->name + "\"");
  }
  out.program = real;
  if (file && !file->program.empty())
    if (const std::optional<std::string> program = RealPath(real + "/" + file->program)) out.program = *program;
  return out;
}

Identity IdentifyProgram(const std::string& path, const std::string& root) {
  Identity out;
  out.program = path;
  if (root.empty()) out.program = RealPath(path).value_or(path);
  out.copy = out.program;
  if (const std::optional<NativeProgram> native = NativeFromPath(out.program)) {
    out.client = native->client;
    out.version = native->version;
    out.source = native->layout;
    if (const Product* product = ProductOfClient(out.client); product != nullptr && !product->package.empty()) {
      out.ecosystem = "npm";  // the same releases under the same numbers
      out.package = product->package;
    }
    return out;
  }
  FromPackage(out.program, root, out);
  if (out.client.empty() && out.problem.empty()) FromStartScript(out.program, root, out);
  return out;
}

std::optional<std::string> NpmPrefixOf(const std::string& home) {
  const Result<std::string> text = ReadRegular(home + "/.npmrc", kMaxNpmrc);
  if (!text) return std::nullopt;
  std::optional<std::string> prefix;
  for (size_t at = 0; at < text->size();) {
    const size_t end = std::min(text->find('\n', at), text->size());
    std::string_view line = std::string_view(*text).substr(at, end - at);
    at = end + 1;
    while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
    if (!line.starts_with("prefix")) continue;
    line.remove_prefix(6);
    const size_t value = line.find_first_not_of(" \t=");
    if (value == 0 || value == std::string_view::npos || line.substr(0, value).find('=') == std::string_view::npos) continue;
    std::string found(line.substr(value));
    while (!found.empty() && (found.back() == '\r' || found.back() == ' ' || found.back() == '/')) found.pop_back();
    for (const std::string_view mine : {"${HOME}", "~"})
      if (found.starts_with(mine)) found = home + found.substr(mine.size());
    if (found.starts_with('/')) prefix = NormalizePath(found, "/");
  }
  return prefix;
}

}  // namespace checkrein::advisories
