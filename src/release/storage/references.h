// Which bucket a resource of a Terraform plan is about, when its name is only known once the plan is applied: by what its expression refers to.
//
//   const References references(plan);
//   if (auto address = references.BucketOf(resource)) Join(*address, resource);
//
// Follows `aws_s3_bucket.x.id` and the like in the resource's own module, and `var.x` to the call of the module. Locals, outputs of other
// modules and functions are not followed: then nothing is told, and the resource counts for every bucket.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace checkrein::release {

class References {
 public:
  explicit References(const json::Value& plan);   // borrowed
  // The address of a bucket in the plan: "module.m.aws_s3_bucket.b".
  std::optional<std::string> BucketOf(const json::Value& resource) const;

 private:
  const json::Value* Module(const std::vector<std::string>& path) const;
  std::optional<std::string> Follow(const json::Value& expression, std::vector<std::string> path, const std::string& index, int depth) const;

  const json::Value& root_;
  std::vector<std::string> buckets_;   // addresses, with their indexes
};

// "module.m[0].aws_s3_bucket.b[\"x\"]" without what stands in brackets.
std::string WithoutIndexes(std::string_view address);

}  // namespace checkrein::release
