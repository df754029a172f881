#include "release/storage/references.h"

#include <algorithm>

namespace checkrein::release {
namespace {

constexpr int kMaxDepth = 16;   // variables given on to modules

void CollectBuckets(const json::Value& module, int depth, std::vector<std::string>& out) {
  if (depth > 64) return;
  for (const json::Value& resource : module.At("resources").array() != nullptr ? *module.At("resources").array() : json::Array()) {
    if (resource.Text("type") == "aws_s3_bucket" || resource.Text("type") == "google_storage_bucket") out.emplace_back(resource.Text("address"));
  }
  for (const json::Value& child : module.At("child_modules").array() != nullptr ? *module.At("child_modules").array() : json::Array()) CollectBuckets(child, depth + 1, out);
}

// The modules of "module.a.module.b.type.name", and what stands behind them.
std::pair<std::vector<std::string>, std::string> Split(std::string_view address) {
  std::vector<std::string> path;
  while (address.starts_with("module.")) {
    address.remove_prefix(7);
    const size_t dot = std::min(address.find('.'), address.size());
    path.emplace_back(address.substr(0, dot));
    address.remove_prefix(std::min(dot + 1, address.size()));
  }
  return {path, std::string(address)};
}

std::string Prefix(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& one : path) out += "module." + one + ".";
  return out;
}

}  // namespace

std::string WithoutIndexes(std::string_view address) {
  std::string out;
  bool inside = false, quoted = false;
  for (const char c : address) {
    if (inside && c == '"') quoted = !quoted;
    if (!inside && c == '[') inside = true;
    else if (inside && !quoted && c == ']') inside = false;
    else if (!inside) out += c;
  }
  return out;
}

References::References(const json::Value& plan) : root_(plan.At("configuration").At("root_module")) { CollectBuckets(plan.At("planned_values").At("root_module"), 0, buckets_); }

const json::Value* References::Module(const std::vector<std::string>& path) const {
  const json::Value* at = &root_;
  for (const std::string& one : path) at = &at->At("module_calls").At(one).At("module");
  return at;
}

std::optional<std::string> References::Follow(const json::Value& expression, std::vector<std::string> path, const std::string& index, int depth) const {
  const json::Array* references = expression.At("references").array();
  if (references == nullptr || depth > kMaxDepth) return std::nullopt;
  std::optional<std::string> found;
  for (const json::Value& reference : *references) {
    if (reference.string() == nullptr) return std::nullopt;
    const std::string name = WithoutIndexes(*reference.string());
    std::optional<std::string> one;
    if (name.starts_with("aws_s3_bucket.") || name.starts_with("google_storage_bucket.")) {
      const size_t end = name.find('.', name.find('.') + 1);   // behind the name: an attribute
      const std::string wanted = Prefix(path) + name.substr(0, end);
      std::vector<std::string> same;
      for (const std::string& bucket : buckets_) {
        if (WithoutIndexes(bucket) == wanted) same.push_back(bucket);
      }
      if (same.size() > 1) std::erase_if(same, [&](const std::string& bucket) { return index.empty() || !bucket.ends_with(index); });
      if (same.size() != 1) return std::nullopt;   // one of several
      one = same[0];
    } else if (name.starts_with("var.") && !path.empty()) {
      const std::string variable = name.substr(4, name.find('.', 4) - 4), call = path.back();
      std::vector<std::string> above(path.begin(), path.end() - 1);
      one = Follow(Module(above)->At("module_calls").At(call).At("expressions").At(variable), above, "", depth + 1);
    } else if (name.starts_with("each.") || name.starts_with("count.")) {
      continue;
    }
    if (!one || (found && *found != *one)) return std::nullopt;
    found = one;
  }
  return found;
}

std::optional<std::string> References::BucketOf(const json::Value& resource) const {
  const std::string address(resource.Text("address"));
  const auto [path, local] = Split(WithoutIndexes(address));
  const size_t bracket = address.ends_with(']') ? address.rfind('[') : std::string::npos;
  const std::string index = bracket == std::string::npos ? "" : address.substr(bracket);
  const json::Array* resources = Module(path)->At("resources").array();
  for (const json::Value& one : resources != nullptr ? *resources : json::Array()) {
    if (one.Text("address") == local) return Follow(one.At("expressions").At("bucket"), path, index, 0);
  }
  return std::nullopt;
}

}  // namespace checkrein::release
