#include "egress/names.h"

#include <arpa/inet.h>

#include <cstring>

#include "egress/name.h"

namespace checkrein::egress {
namespace {

constexpr size_t kHeader = 12;
constexpr uint32_t kFirst = 0xc6120000;     // 198.18.0.0/15
constexpr uint32_t kMask = 0xfffe0000;
constexpr uint16_t kClassInternet = 1;
constexpr uint32_t kLifeSeconds = 5;        // short: a name may cease to be permitted

uint16_t At(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 | static_cast<uint8_t>(bytes[at + 1]));
}
void Put(std::string& out, uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

std::string Answer(const NameQuery& query, uint16_t code, uint16_t count) {
  std::string out;
  Put(out, query.id);
  Put(out, static_cast<uint16_t>(0x8080 | (query.wants_recursion ? 0x0100 : 0) | code));  // an answer; recursion is available
  for (const uint16_t n : {uint16_t{1}, count, uint16_t{0}, uint16_t{0}}) Put(out, n);
  return out + query.question;
}

}  // namespace

std::optional<NameQuery> ReadQuery(std::string_view bytes) {
  if (bytes.size() < kHeader + 5) return std::nullopt;
  const uint16_t flags = At(bytes, 2);
  if ((flags & 0xf800) != 0 || At(bytes, 4) != 1) return std::nullopt;  // an answer, another operation, or not one question
  NameQuery query;
  query.id = At(bytes, 0);
  query.wants_recursion = (flags & 0x0100) != 0;
  std::string name;
  size_t at = kHeader;
  for (;;) {
    if (at >= bytes.size()) return std::nullopt;
    const size_t length = static_cast<uint8_t>(bytes[at++]);
    if (length == 0) break;
    if (length > 63 || at + length > bytes.size() || name.size() > 255) return std::nullopt;  // also a compressed name
    if (!name.empty()) name += '.';
    // A dot within a label is no separator: such a name is no host name.
    const std::string_view label = bytes.substr(at, length);
    name += label.find('.') == std::string_view::npos ? std::string(label) : std::string("!");
    at += length;
  }
  if (at + 4 > bytes.size() || At(bytes, at + 2) != kClassInternet) return std::nullopt;
  query.type = At(bytes, at);
  query.question = bytes.substr(kHeader, at + 4 - kHeader);
  query.name = CanonicalName(name).value_or("");
  return query;
}

std::string AnswerWith(const NameQuery& query, uint32_t address) {
  if (query.type != kTypeA) return Answer(query, 0, 0);
  std::string out = Answer(query, 0, 1);
  Put(out, 0xc00c);  // the name of the question
  Put(out, kTypeA);
  Put(out, kClassInternet);
  Put(out, 0);
  Put(out, kLifeSeconds);
  Put(out, sizeof address);
  out.append(reinterpret_cast<const char*>(&address), sizeof address);
  return out;
}

std::string AnswerNoSuchName(const NameQuery& query) { return Answer(query, 3, 0); }

std::optional<uint32_t> NameTable::AddressFor(const std::string& name) {
  const auto found = indexes_.find(name);
  if (found != indexes_.end()) return htonl(kFirst + 1 + found->second);
  if (names_.size() >= kMaxNames) return std::nullopt;
  const auto index = static_cast<uint32_t>(names_.size());
  indexes_.emplace(name, index);
  names_.push_back(name);
  return htonl(kFirst + 1 + index);
}

bool NameTable::IsOurs(const in6_addr& address) {
  uint32_t four = 0;
  std::memcpy(&four, &address.s6_addr[12], sizeof four);
  return IN6_IS_ADDR_V4MAPPED(&address) && (ntohl(four) & kMask) == kFirst;
}

const std::string* NameTable::NameOf(const in6_addr& address) const {
  if (!IsOurs(address)) return nullptr;
  uint32_t four = 0;
  std::memcpy(&four, &address.s6_addr[12], sizeof four);
  const uint32_t index = ntohl(four) - kFirst - 1;
  return index < names_.size() ? &names_[index] : nullptr;
}

}  // namespace checkrein::egress
