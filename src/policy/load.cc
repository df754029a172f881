#include <algorithm>
#include <cstring>

#include "base/digest.h"
#include "cedar/schema.h"
#include "policy/assemble.h"
#include "policy/compiled_cache.h"
#include "policy/impl.h"
#include "policy/request.h"
#include "policy/shipped.h"
#include "policy/words.h"

namespace checkrein::policy {
namespace {

// The shipped texts and the given ones, parsed, validated and compiled.
Result<std::string> CompileTexts(std::string_view shipped, std::vector<PolicyText> texts) {
  const auto sets = ShippedSets();
  const auto found = std::find_if(sets.begin(), sets.end(), [shipped](const ShippedSet& s) { return s.name == shipped; });
  std::vector<PolicyText> all;
  for (const std::string_view file : found->files)
    if (!file.empty()) all.push_back({std::string(file), std::string(ShippedText(file)), Origin::kShipped, {}});
  Result<cedar::PolicySet> base = Assemble(all);
  if (!base) return base.error();
  all.insert(all.end(), std::make_move_iterator(texts.begin()), std::make_move_iterator(texts.end()));
  const Result<cedar::PolicySet> set = Assemble(all);
  if (!set) return set.error();
  const Result<cedar::Schema> schema = cedar::ParseSchema(PolicySet::Schema(), "checkrein.cedarschema");
  if (!schema) return schema.error();
  // The shipped policies were validated when this program was built.
  if (const Status valid = ValidateAgainst(*schema, *set, base->size()); !valid) return valid.error();
  return CompileSet(*set);
}

}  // namespace

std::vector<std::string_view> PolicySet::ShippedNames() {
  std::vector<std::string_view> names;
  for (const ShippedSet& set : ShippedSets()) names.push_back(set.name);
  return names;
}

std::string_view PolicySet::Schema() { return ShippedText("checkrein.cedarschema"); }

Result<PolicySet> PolicySet::Shipped(std::string_view name) { return Load(name, {}, {}); }

Result<PolicySet> PolicySet::Load(std::string_view shipped, const std::vector<Text>& user, const std::vector<Text>& project, const std::string& cache) {
  const ShippedImage* image = FindShippedImage(shipped);
  if (image == nullptr) return Error{Error::Kind::kNotFound, "policy set `" + std::string(shipped) + "`: there is none of that name"};
  auto impl = std::make_unique<Impl>();
  if (user.empty() && project.empty()) {
    impl->program = cedar::Program::OpenOwn(image->bytes());
    impl->digest = image->digest;
  } else {
    std::vector<PolicyText> texts;
    for (const Text& text : user) texts.push_back({text.file, text.text, Origin::kUser, {}});
    for (const Text& text : project) texts.push_back({text.file, text.text, Origin::kProject, {}});
    std::string digest_lines(image->digest_lines);
    for (PolicyText& text : texts) digest_lines += text.digest_line = DigestLine(text.text, text.origin);
    impl->digest = HexEncode(Sha256(digest_lines));
    const CompiledCache kept(cache, *image, texts);
    impl->image = kept.Read();
    if (impl->image.empty()) {
      const Result<std::string> compiled = CompileTexts(shipped, std::move(texts));
      if (!compiled) return compiled.error();
      kept.Write(*compiled);
      impl->image.resize(compiled->size() / 8);
      std::memcpy(impl->image.data(), compiled->data(), compiled->size());
    }
    // Made here or looked through by Read.
    impl->program = cedar::Program::OpenOwn({reinterpret_cast<const char*>(impl->image.data()), impl->image.size() * 8});
  }
  impl->forbidden_paths = ForbiddenPaths(impl->program);
  return PolicySet(std::move(impl));
}

PolicySet::PolicySet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PolicySet::PolicySet(PolicySet&&) noexcept = default;
PolicySet& PolicySet::operator=(PolicySet&&) noexcept = default;
PolicySet::~PolicySet() = default;

const std::string& PolicySet::digest() const { return impl_->digest; }

std::vector<std::string> PolicySet::Ids() const {
  std::vector<std::string> ids;
  for (size_t i = 0; i < impl_->program.size(); ++i) ids.emplace_back(impl_->program.id(i));
  return ids;
}

std::string_view PolicySet::Reason(std::string_view policy_id) const {
  const auto policy = impl_->program.Find(policy_id);
  return policy ? impl_->program.annotation(*policy, "reason") : std::string_view();
}

std::string PolicySet::Source(std::string_view policy_id) const {
  const auto policy = impl_->program.Find(policy_id);
  return policy ? std::string(impl_->program.source(*policy)) : std::string();
}

}  // namespace checkrein::policy
