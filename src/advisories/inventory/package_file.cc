#include "advisories/inventory/package_file.h"

#include <algorithm>

#include "advisories/inventory/look.h"
#include "notation/document.h"

namespace checkrein::advisories {
namespace {

using notation::Node;

constexpr size_t kMaxWord = 256;  // npm's limit for a name is 214, semver's habit for a version 256

// Whether npm would take it for a name or version: printable ASCII, no spaces.
bool IsWord(std::string_view text) {
  return text.size() <= kMaxWord && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Result<std::string> Word(const Node& root, std::string_view member, const std::string& path) {
  const Node* node = root.Find(member);
  if (node == nullptr) return std::string();
  if (!node->is_text() || !IsWord(node->text))
    return Error{Error::Kind::kInvalid, notation::Place(path, node->at) + ": \"" + std::string(member) + "\" is not one that npm would take"};
  return node->text;
}

}  // namespace

Result<PackageFile> ReadPackageFile(const std::string& path, std::string_view program) {
  const Result<std::string> text = ReadRegular(path, kMaxPackageFile);
  if (!text) return text.error();
  const Result<Node> root = notation::Parse(*text, path, notation::Dialect::kJson);
  if (!root) return root.error();
  if (!root->is_table()) return Error{Error::Kind::kInvalid, notation::Place(path, root->at) + ": not an object"};
  PackageFile out;
  Result<std::string> name = Word(*root, "name", path);
  if (!name) return name.error();
  Result<std::string> version = Word(*root, "version", path);
  if (!version) return version.error();
  out.name = std::move(name).take();
  out.version = std::move(version).take();
  if (const Node* bin = root->Find("bin")) {
    const std::string_view file = bin->is_text() ? std::string_view(bin->text) : bin->Text(program);
    // A program outside its package is none: npm refuses to link it, too.
    if (!file.starts_with('/') && file.find("..") == std::string_view::npos && file.find('\0') == std::string_view::npos) out.program = file;
  }
  return out;
}

}  // namespace checkrein::advisories
