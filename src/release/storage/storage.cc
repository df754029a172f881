#include "release/storage/storage.h"

#include <algorithm>
#include <map>

#include "release/storage/references.h"

namespace checkrein::release {
namespace {

// What is known of one S3 bucket. A pointer that is null: not in the input.
struct Bucket {
  std::string name;
  std::optional<json::Value> policy, acl, block, account_block, ownership;
};

// The four settings; the strictest of bucket and account counts.
struct Block {
  bool known = false;
  bool ignore_acls = false, restrict_policy = false;
};

bool Flag(const json::Value& from, std::string_view aws, std::string_view terraform) { return from.Flag(aws) || from.Flag(terraform); }

Block ReadBlock(const std::optional<json::Value>& value) {
  Block out;
  if (!value) return out;
  const json::Value& inner = value->Find("PublicAccessBlockConfiguration") != nullptr ? value->At("PublicAccessBlockConfiguration") : *value;
  if (inner.object() == nullptr && !inner.is_null()) return out;
  out.known = true;  // null: asked for, and there is none
  out.ignore_acls = Flag(inner, "IgnorePublicAcls", "ignore_public_acls");
  out.restrict_policy = Flag(inner, "RestrictPublicBuckets", "restrict_public_buckets");
  return out;
}

// A policy may be an object, a text of JSON, or {"Policy": TEXT} as `aws s3api get-bucket-policy` prints it.
Result<json::Value> ReadPolicy(const json::Value& from) {
  if (from.string() != nullptr) return json::Parse(*from.string());
  if (from.Find("Policy") != nullptr) return ReadPolicy(from.At("Policy"));
  return from;
}

std::string Url(const Bucket& bucket) { return "https://" + (bucket.name.empty() ? "BUCKET" : bucket.name) + ".s3.amazonaws.com/"; }

std::string Request(const Bucket& bucket, const std::string& actions) {
  const bool all = actions.find('*') == 0 || actions.find("s3:*") != std::string::npos || actions == "everything but some";
  if (all || actions.find("Get") != std::string::npos || actions.find("get") != std::string::npos) return "GET " + Url(bucket) + "ANY-KEY without credentials";
  if (actions.find("List") != std::string::npos) return "GET " + Url(bucket) + "?list-type=2 without credentials";
  if (actions.find("Put") != std::string::npos) return "PUT " + Url(bucket) + "ANY-KEY without credentials";
  if (actions.find("Delete") != std::string::npos) return "DELETE " + Url(bucket) + "ANY-KEY without credentials";
  return actions + " on " + Url(bucket) + " without credentials";
}

void JudgePolicy(const Bucket& bucket, const Block& block, StorageAnswer& out) {
  if (!bucket.policy) {
    out.unknown.push_back("the bucket policy (null when there is none)");
    return;
  }
  if (bucket.policy->is_null()) return;
  const Result<json::Value> policy = ReadPolicy(*bucket.policy);
  const json::Value* statements = policy ? policy->Find("Statement") : nullptr;
  if (statements == nullptr || (statements->array() == nullptr && statements->object() == nullptr)) {
    out.unknown.push_back("the bucket policy does not parse");
    return;
  }
  out.policy = *policy;
  const json::Array list = statements->array() != nullptr ? *statements->array() : json::Array{*statements};
  for (size_t i = 0; i < list.size(); ++i) {
    const StatementJudgement judged = JudgeStatement(list[i]);
    if (!judged.is_public) continue;
    const std::string what = "statement " + std::to_string(i + 1) + " of the policy grants " + judged.actions + " " + judged.why;
    if (block.restrict_policy) out.latent.push_back(what + "; RestrictPublicBuckets holds it back");
    else out.reasons.push_back({what, Request(bucket, judged.actions), true});
  }
}

void JudgeAcl(const Bucket& bucket, const Block& block, StorageAnswer& out) {
  const bool enforced = bucket.ownership && bucket.ownership->Dump().find("BucketOwnerEnforced") != std::string::npos;
  if (enforced) return;  // ACLs are off
  if (!bucket.acl) {
    if (!block.ignore_acls) out.unknown.push_back("the ACL, which counts unless object ownership is BucketOwnerEnforced");
    return;
  }
  const auto tell = [&](const std::string& who, const std::string& right) {
    const std::string what = "the ACL grants " + right + " to " + who;
    if (block.ignore_acls) out.latent.push_back(what + "; IgnorePublicAcls holds it back");
    else out.reasons.push_back({what, (right == "WRITE" ? "PUT " : "GET ") + Url(bucket) + (who == "AllUsers" ? " without credentials" : " with any AWS account")});
  };
  if (const std::string* canned = bucket.acl->string()) {  // Terraform's `acl`
    if (canned->starts_with("public-read")) tell("AllUsers", "READ");
    if (*canned == "public-read-write") tell("AllUsers", "WRITE");
    if (*canned == "authenticated-read") tell("AuthenticatedUsers", "READ");
    return;
  }
  for (const json::Value& grant : bucket.acl->At("Grants").array() != nullptr ? *bucket.acl->At("Grants").array() : json::Array()) {
    const std::string_view uri = grant.At("Grantee").Text("URI");
    for (const std::string_view group : {"AllUsers", "AuthenticatedUsers"}) {
      if (uri.ends_with(std::string("/global/") + std::string(group))) tell(std::string(group), std::string(grant.Text("Permission")));
    }
  }
}

StorageAnswer JudgeBucket(const Bucket& bucket) {
  StorageAnswer out;
  out.bucket = bucket.name;
  out.provider = "s3";
  const Block own = ReadBlock(bucket.block), account = ReadBlock(bucket.account_block);
  Block block{own.known || account.known, own.ignore_acls || account.ignore_acls, own.restrict_policy || account.restrict_policy};
  if (!own.known && !(block.ignore_acls && block.restrict_policy)) out.unknown.push_back("the bucket's public access block (null when there is none)");
  JudgePolicy(bucket, block, out);
  JudgeAcl(bucket, block, out);
  out.exposed = !out.reasons.empty() ? Exposed::kYes : !out.unknown.empty() ? Exposed::kUnknown : Exposed::kNo;
  return out;
}

std::optional<json::Value> Member(const json::Value& from, std::string_view key) {
  const json::Value* found = from.Find(key);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

Bucket ReadBucket(const json::Value& from) {
  Bucket out;
  out.name = from.Text("bucket");
  out.policy = Member(from, "policy");
  out.acl = Member(from, "acl");
  out.block = Member(from, "public_access_block");
  out.account_block = Member(from, "account_public_access_block");
  out.ownership = Member(from, "ownership");
  return out;
}

// Google: bindings of an IAM policy, ACLs unless access is uniform, and public access prevention over both.
StorageAnswer JudgeGcs(const json::Value& from) {
  StorageAnswer out;
  out.provider = "gcs";
  out.bucket = from.Text("bucket").empty() ? from.Text("name") : from.Text("bucket");
  const json::Value& settings = from.Find("iamConfiguration") != nullptr ? from.At("iamConfiguration") : from.At("iam_configuration");
  const std::string_view prevention = !settings.Text("publicAccessPrevention").empty() ? settings.Text("publicAccessPrevention") : from.Text("public_access_prevention");
  const bool enforced = prevention == "enforced";
  if (prevention.empty()) out.unknown.push_back("public access prevention");
  const bool uniform = settings.At("uniformBucketLevelAccess").Flag("enabled") || from.Flag("uniform_bucket_level_access");
  const auto tell = [&](const std::string& what) {
    if (enforced) out.latent.push_back(what + "; public access prevention holds it back");
    else out.reasons.push_back({what, "GET https://storage.googleapis.com/" + (out.bucket.empty() ? "BUCKET" : out.bucket) + "/ANY-OBJECT" + (what.find("allAuthenticatedUsers") != std::string::npos ? " with any Google account" : " without credentials")});
  };
  const json::Value& iam = from.Find("iam_policy") != nullptr ? from.At("iam_policy") : from;
  const json::Array* bindings = iam.At("bindings").array();
  if (bindings == nullptr) out.unknown.push_back("the IAM policy");
  for (const json::Value& binding : bindings != nullptr ? *bindings : json::Array()) {
    for (const json::Value& member : binding.At("members").array() != nullptr ? *binding.At("members").array() : json::Array()) {
      if (member.string() == nullptr || (*member.string() != "allUsers" && *member.string() != "allAuthenticatedUsers")) continue;
      tell("the IAM policy gives " + std::string(binding.Text("role")) + " to " + *member.string() + (binding.Find("condition") != nullptr && !binding.At("condition").is_null() ? ", under a condition" : ""));
    }
  }
  const json::Array* acl = from.At("acl").array();
  if (acl == nullptr && !uniform && !enforced) out.unknown.push_back("the ACL, which counts unless access is uniform");
  for (const json::Value& entry : acl != nullptr && !uniform ? *acl : json::Array()) {
    const std::string_view who = entry.Text("entity");
    if (who == "allUsers" || who == "allAuthenticatedUsers") tell("the ACL gives " + std::string(entry.Text("role")) + " to " + std::string(who));
  }
  out.exposed = !out.reasons.empty() ? Exposed::kYes : !out.unknown.empty() ? Exposed::kUnknown : Exposed::kNo;
  return out;
}

// Cloudflare R2: nothing is public but through r2.dev or a custom domain.
StorageAnswer JudgeR2(const json::Value& from) {
  StorageAnswer out;
  out.provider = "r2";
  out.bucket = from.Text("bucket");
  if (const bool* managed = from.At("r2_dev").At("enabled").boolean(); managed != nullptr || from.At("r2_dev").boolean() != nullptr) {
    const bool on = managed != nullptr ? *managed : *from.At("r2_dev").boolean();
    if (on) out.reasons.push_back({"the r2.dev address is on", "GET https://" + (from.At("r2_dev").Text("domain").empty() ? std::string("pub-ID.r2.dev") : std::string(from.At("r2_dev").Text("domain"))) + "/ANY-KEY without credentials"});
  } else {
    out.unknown.push_back("whether the r2.dev address is on");
  }
  const json::Array* domains = from.At("custom_domains").array();
  if (domains == nullptr) out.unknown.push_back("the custom domains ([] when there are none)");
  for (const json::Value& domain : domains != nullptr ? *domains : json::Array()) {
    const bool off = domain.At("enabled").boolean() != nullptr && !*domain.At("enabled").boolean();
    if (!off) out.reasons.push_back({"the domain " + std::string(domain.Text("domain")) + " serves it", "GET https://" + std::string(domain.Text("domain")) + "/ANY-KEY without credentials (unless an access rule stands before it)"});
  }
  out.exposed = !out.reasons.empty() ? Exposed::kYes : !out.unknown.empty() ? Exposed::kUnknown : Exposed::kNo;
  return out;
}

// A Terraform plan (`terraform show -json`): resources of all modules, joined by bucket.
void CollectResources(const json::Value& module, int depth, std::vector<const json::Value*>& out) {
  if (depth > 64) return;
  if (const json::Array* resources = module.At("resources").array()) {
    for (const json::Value& resource : *resources) out.push_back(&resource);
  }
  if (const json::Array* children = module.At("child_modules").array()) {
    for (const json::Value& child : *children) CollectResources(child, depth + 1, out);
  }
}

std::vector<StorageAnswer> JudgePlan(const json::Value& plan) {
  std::vector<const json::Value*> resources;
  CollectResources(plan.At("planned_values").At("root_module"), 0, resources);
  std::map<std::string, Bucket> buckets;
  std::map<std::string, json::Value> google;
  // Terraform leaves out of `values` what is decided only when the plan is applied. Such a grant is no absent one: by bucket, what it is.
  std::map<std::string, std::vector<std::string>> undecided;
  std::vector<std::string> anywhere;  // whose bucket is itself undecided: it may be any of them
  std::optional<json::Value> account;
  const References references(plan);
  std::map<std::string, std::string> names;   // by address: as below
  for (const json::Value* resource : resources) {
    const std::string_view type = resource->Text("type"), own = resource->At("values").Text(type == "aws_s3_bucket" ? "bucket" : "name");
    if (type == "aws_s3_bucket" || type == "google_storage_bucket") names[std::string(resource->Text("address"))] = own.empty() ? resource->Text("name") : own;
  }
  for (const json::Value* resource : resources) {
    const std::string_view type = resource->Text("type");
    const json::Value& values = resource->At("values");
    std::string name(values.Text("bucket"));
    if (name.empty() && type != "aws_s3_bucket") {
      if (const std::optional<std::string> address = references.BucketOf(*resource); address && names.contains(*address)) name = names[*address];
    }
    const bool named = !name.empty();
    if (!named) name = resource->Text("name");  // known only when it is applied: joined by the resource's own name
    if (!named && type != "aws_s3_bucket" && (type.starts_with("aws_s3_bucket_") || type.starts_with("google_storage_bucket_iam_"))) {
      anywhere.push_back(std::string(type) + "." + std::string(resource->Text("name")) + ", whose bucket is decided when the plan is applied");
    }
    if (type == "aws_s3_account_public_access_block") account = values;
    else if (type == "aws_s3_bucket") {
      Bucket& bucket = buckets[name];
      bucket.name = name;
      if (values.At("acl").string() != nullptr) bucket.acl = values.At("acl");
      if (values.At("policy").string() != nullptr && !values.Text("policy").empty()) bucket.policy = values.At("policy");
    } else if (type == "aws_s3_bucket_policy") {
      if (values.At("policy").string() != nullptr) buckets[name].policy = values.At("policy");
      else undecided[name].push_back("the bucket policy, which is decided when the plan is applied");
    } else if (type == "aws_s3_bucket_acl") {
      if (values.At("acl").string() != nullptr) buckets[name].acl = values.At("acl");
      else undecided[name].push_back("the ACL, which is written out as grants or decided when the plan is applied");
    }
    else if (type == "aws_s3_bucket_public_access_block") buckets[name].block = values;
    else if (type == "aws_s3_bucket_ownership_controls") buckets[name].ownership = values;
    else if (type == "google_storage_bucket") {
      const std::string own(values.Text("name").empty() ? resource->Text("name") : values.Text("name"));
      json::Value& one = google[own];
      one.Set("bucket", own).Set("public_access_prevention", values.Text("public_access_prevention").empty() ? "inherited" : values.Text("public_access_prevention"));
      one.Set("uniform_bucket_level_access", values.Flag("uniform_bucket_level_access"));
      if (one.Find("bindings") == nullptr) one.Set("bindings", json::Array());
    } else if (type == "google_storage_bucket_iam_member" || type == "google_storage_bucket_iam_binding") {
      json::Value& one = google[name];
      if (values.At("member").string() == nullptr && values.At("members").array() == nullptr) {
        undecided[name].push_back("the members of an IAM binding, which are decided when the plan is applied");
      }
      json::Value binding;
      binding.Set("role", values.Text("role")).Set("members", values.Find("members") != nullptr ? values.At("members") : json::Value(json::Array{values.At("member")}));
      json::Array list = one.At("bindings").array() != nullptr ? *one.At("bindings").array() : json::Array();
      list.push_back(std::move(binding));
      one.Set("bucket", name).Set("bindings", std::move(list));
    }
  }
  std::vector<StorageAnswer> out;
  const auto tell = [&](const std::string& name, StorageAnswer answer) {
    if (const auto open = undecided.find(name); open != undecided.end()) answer.unknown.insert(answer.unknown.end(), open->second.begin(), open->second.end());
    answer.unknown.insert(answer.unknown.end(), anywhere.begin(), anywhere.end());
    if (answer.exposed == Exposed::kNo && !answer.unknown.empty()) answer.exposed = Exposed::kUnknown;
    out.push_back(std::move(answer));
  };
  for (auto& [name, bucket] : buckets) {
    bucket.name = name;
    bucket.account_block = account;
    // A plan says all there will be: what is not in it will not be there, and what is undecided is told apart.
    if (!bucket.block) bucket.block = json::Value();
    if (!bucket.policy) bucket.policy = json::Value();
    if (!bucket.acl) bucket.acl = json::Value("private");
    tell(name, JudgeBucket(bucket));
  }
  for (const auto& [name, one] : google) tell(name, JudgeGcs(one));
  return out;
}

}  // namespace

std::string_view ExposedName(Exposed exposed) { return exposed == Exposed::kYes ? "public" : exposed == Exposed::kNo ? "not public" : "unknown"; }

json::Value StorageAnswer::ToJson() const {
  json::Array reason_list;
  for (const StorageReason& reason : reasons) {
    json::Value one;
    one.Set("what", reason.what).Set("request", reason.request);
    reason_list.push_back(std::move(one));
  }
  json::Value out;
  out.Set("bucket", bucket).Set("provider", provider).Set("exposed", ExposedName(exposed)).Set("reasons", std::move(reason_list));
  out.Set("unknown", json::Array(unknown.begin(), unknown.end())).Set("latent", json::Array(latent.begin(), latent.end()));
  return out;
}

Result<std::vector<StorageAnswer>> JudgeStorage(std::string_view text, std::string_view name) {
  Result<json::Value> parsed = json::Parse(text);
  if (!parsed) return Error{Error::Kind::kInvalid, std::string(name) + ": " + parsed.error().text};
  const json::Value& v = *parsed;
  if (v.Find("planned_values") != nullptr) return JudgePlan(v);
  const std::string_view provider = v.Text("provider");
  if (provider == "r2") return std::vector{JudgeR2(v)};
  if (provider == "gcs" || v.Find("bindings") != nullptr || v.Find("iamConfiguration") != nullptr) return std::vector{JudgeGcs(v)};
  if (provider == "s3" || v.Find("public_access_block") != nullptr || v.Find("policy") != nullptr) return std::vector{JudgeBucket(ReadBucket(v))};
  // One answer of the aws program alone: the rest is unknown.
  Bucket bucket;
  if (v.Find("Statement") != nullptr || v.Find("Policy") != nullptr) bucket.policy = v;
  else if (v.Find("Grants") != nullptr) bucket.acl = v;
  else if (v.Find("PublicAccessBlockConfiguration") != nullptr) bucket.block = v;
  else return Error{Error::Kind::kInvalid, std::string(name) + ": not a form that is known here; see docs/format/bucket.md"};
  return std::vector{JudgeBucket(bucket)};
}

}  // namespace checkrein::release
