// The resolver of the session: it answers only names that are permitted, each with an address of its own that means that name and nothing
// else. No query leaves, so nothing can be carried out in one; the way from an address back to its name cannot be forged.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::egress {

// A query (RFC 1035 4.1) as far as it is answered: one question.
struct NameQuery {
  uint16_t id = 0;
  uint16_t type = 0;
  std::string name;      // canonical; "" when it is no host name (answered: does not exist)
  std::string question;  // its bytes, to be repeated in the answer
  bool wants_recursion = false;
};
inline constexpr uint16_t kTypeA = 1;
std::optional<NameQuery> ReadQuery(std::string_view bytes);

// `address` in network order. A permitted name has no record of any other type (no AAAA, no HTTPS: no keys for an encrypted greeting).
std::string AnswerWith(const NameQuery& query, uint32_t address);
std::string AnswerNoSuchName(const NameQuery& query);

// Names and the addresses that stand for them, of 198.18.0.0/15 (RFC 2544: never routed).
class NameTable {
 public:
  std::optional<uint32_t> AddressFor(const std::string& name);       // network order; nothing when the table is full
  const std::string* NameOf(const in6_addr& address) const;          // nullptr: not one of ours
  static bool IsOurs(const in6_addr& address);
  static constexpr size_t kMaxNames = 60'000;

 private:
  std::map<std::string, uint32_t, std::less<>> indexes_;
  std::vector<std::string> names_;
};

}  // namespace checkrein::egress
