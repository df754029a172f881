// Texts that a rule's own expression makes slow: what it matches, nearly matches and begins to match, over and over. For benches and tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::release {

// A text that `regex` matches, drawn by `random`: each repeat as seldom (`kLeast`) or as often (`kMost`, up to 300 times) as it may be.
// "" when the expression holds something that is not understood.
enum class Length : uint8_t { kLeast, kMost };
std::string DrawMatch(std::string_view regex, Length length, std::mt19937& random);

struct Hostile {
  std::string kind;
  std::string unit;   // to be repeated
};
std::vector<Hostile> HostileUnits(std::string_view regex, const std::vector<std::string>& keywords, std::mt19937& random);

}  // namespace checkrein::release
