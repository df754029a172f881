// What is compiled in: the texts under policies/, and the shipped sets in their flat form.
//
//   std::string_view schema = ShippedText("checkrein.cedarschema");
//   if (const ShippedImage* base = FindShippedImage("base")) cedar::Program::OpenOwn(base->bytes());
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace checkrein::policy {

std::string_view ShippedText(std::string_view file);  // "" when there is none of that name

struct ShippedImage {
  std::string_view name;
  const uint64_t* words;
  size_t size;                    // bytes
  std::string_view digest_lines;  // DigestLine (assemble.h) of each of its texts
  std::string_view digest;        // hex SHA-256 of those
  std::string_view bytes() const { return {reinterpret_cast<const char*>(words), size}; }
};
const ShippedImage* FindShippedImage(std::string_view set);  // nullptr when there is none of that name

}  // namespace checkrein::policy
