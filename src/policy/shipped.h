// The texts under policies/, compiled in.
//
//   std::string_view schema = ShippedText("checkrein.cedarschema");
#pragma once

#include <string_view>

namespace checkrein::policy {

std::string_view ShippedText(std::string_view file);  // "" when there is none of that name

}  // namespace checkrein::policy
