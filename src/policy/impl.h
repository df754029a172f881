// What a loaded set of policies holds: shared by the files that implement decide.h, and by nobody else.
#pragma once

#include <string>

#include "cedar/ast.h"
#include "cedar/entities.h"
#include "policy/decide.h"
#include "policy/request.h"

namespace checkrein::policy {

struct PolicySet::Impl {
  cedar::PolicySet set;
  Mentioned mentioned;
  cedar::Entities actions;  // with their groups, as in the schema
  std::string digest;
};

}  // namespace checkrein::policy
