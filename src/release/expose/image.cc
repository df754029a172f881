#include "release/expose/image.h"

#include <algorithm>

#include "base/json.h"
#include "base/path.h"

namespace checkrein::release {
namespace {

constexpr size_t kMaxManifest = 1u << 20;   // bytes: one with 127 layers has some 30 KiB
constexpr size_t kMaxNames = 4'000'000;     // over all layers; later ones are not compared
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

bool IsLayerName(std::string_view path) { return path.starts_with("blobs/") || path.ends_with(".tar") || path.ends_with("/layer.tar"); }

std::string_view Plain(std::string_view name) {
  while (name.starts_with("./") || name.starts_with('/')) name.remove_prefix(name[0] == '/' ? 1 : 2);
  return name;
}

}  // namespace

void ImageLayers::Entry(std::string_view path, std::string_view bytes) {
  const size_t bang = path.find('!');
  if (bang == std::string_view::npos) {
    const std::string_view name = Plain(path);
    const bool manifest = name == "manifest.json" || (name.starts_with("blobs/") && bytes.starts_with('{') && bytes.find("\"layers\"") != std::string_view::npos);
    if (manifest && bytes.size() <= kMaxManifest) manifests_.emplace(name, bytes);
    return;
  }
  const std::string_view layer = Plain(path.substr(0, bang));
  if (!IsLayerName(layer) || path.find('!', bang + 1) != std::string_view::npos) return;
  std::set<std::string>& names = files_[std::string(layer)];
  if (names.size() < kMaxNames) names.emplace(Plain(path.substr(bang + 1)));
}

std::vector<std::vector<std::string>> ImageLayers::Orders() const {
  std::vector<std::vector<std::string>> out;
  for (const auto& [name, text] : manifests_) {
    const Result<json::Value> manifest = json::Parse(text);
    if (!manifest) continue;
    const auto add = [&](const json::Value& list) {
      std::vector<std::string> layers;
      for (const json::Value& layer : list.array() != nullptr ? *list.array() : json::Array()) {
        if (layer.string() != nullptr) layers.push_back(*layer.string());
        else if (std::string digest(layer.Text("digest")); digest.find(':') != std::string::npos) {
          std::replace(digest.begin(), digest.end(), ':', '/');
          layers.push_back("blobs/" + digest);
        }
      }
      if (!layers.empty()) out.push_back(std::move(layers));
    };
    if (const json::Array* images = manifest->array()) {
      for (const json::Value& image : *images) add(image.At("Layers"));
    } else {
      add(manifest->At("layers"));
    }
  }
  return out;
}

std::string ImageLayers::Fate(std::string_view path) const {
  const size_t bang = path.find('!');
  if (bang == std::string_view::npos) return "";
  const std::string_view layer = Plain(path.substr(0, bang));
  std::string_view name = Plain(path.substr(bang + 1));
  name = name.substr(0, name.find('!'));
  for (const std::vector<std::string>& order : Orders()) {
    const auto own = std::find(order.begin(), order.end(), layer);
    if (own == order.end()) continue;
    for (auto later = own + 1; later != order.end(); ++later) {
      const auto files = files_.find(*later);
      if (files == files_.end()) continue;
      const std::string where = " in layer " + std::to_string(later - order.begin() + 1) + " of " + std::to_string(order.size()) + ", and still in the image";
      if (files->second.contains(std::string(name))) return "replaced" + where;
      for (std::string_view at = name; !at.empty(); at = DirName(at) == "." ? std::string_view() : DirName(at)) {
        const std::string folder = DirName(at) == "." ? "" : std::string(DirName(at)) + "/";
        if (files->second.contains(folder + std::string(kWhiteout) + std::string(BaseName(at))) || files->second.contains(folder + std::string(kOpaque))) return "deleted" + where;
      }
    }
  }
  return "";
}

}  // namespace checkrein::release
