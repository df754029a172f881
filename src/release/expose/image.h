// Layers of a container image: what a later layer deletes is still in the image, for everyone who downloads it.
// Source: OCI image specification 1.1, layer.md (whiteouts), manifest.md; `docker save`'s manifest.json.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::release {

class ImageLayers {
 public:
  // An entry of an archive inside the artifact ("blobs/sha256/ab12!etc/shadow"), or of the artifact itself ("manifest.json").
  void Entry(std::string_view path, std::string_view bytes);
  // "deleted in layer 3 of 5", "replaced in layer 3 of 5" or "". Ask when all entries were seen.
  std::string Fate(std::string_view path) const;
  bool is_image() const { return !Orders().empty(); }

 private:
  std::vector<std::vector<std::string>> Orders() const;   // of each image, its layers' paths, lowest first
  std::map<std::string, std::set<std::string>, std::less<>> files_;   // layer -> names, whiteouts as they are
  std::map<std::string, std::string, std::less<>> manifests_;
};

}  // namespace checkrein::release
