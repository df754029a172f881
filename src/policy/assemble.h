// From texts to one set of policies: which texts a shipped set is made of, by what name each policy goes, and what each origin may say.
// Also built into the tool that compiles the shipped sets (tools/policy_images.cc).
//
//   Result<Assembly> all = Assemble({{"base.cedar", text, Origin::kShipped}, ...});
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/ast.h"
#include "cedar/schema.h"

namespace checkrein::policy {

struct ShippedSet {
  std::string_view name;
  std::string_view files[2];  // "" for none
};
std::span<const ShippedSet> ShippedSets();

enum class Origin { kShipped, kUser, kProject };
std::string_view OriginName(Origin origin);

struct PolicyText {
  std::string file;  // for messages
  std::string text;
  Origin origin = Origin::kUser;
  std::string digest_line = {};  // of DigestLine, where it is known
};

// A policy goes by its @id, or by where it stands; what a project says can never be taken for ours. kInvalid with file:line:col for what
// does not parse, a template, a name that is taken; kDenied for a permit of a project.
Result<cedar::PolicySet> Assemble(std::span<const PolicyText> texts);

// Adds to what strict validation finds: names that no request can hold, for they are spelled otherwise there ("Host::\"A.Example\"",
// "Path::\"~/x\""). kInvalid with all problems; `from`: the first policy to look at.
Status ValidateAgainst(const cedar::Schema& schema, const cedar::PolicySet& policies, size_t from);

// One line of what a set's digest is made of: the text's own digest and its origin, so that moving a text between origins shows.
std::string DigestLine(std::string_view text, Origin origin);

}  // namespace checkrein::policy
