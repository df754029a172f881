#include "proof/symbol.h"

#include <algorithm>

namespace checkrein::proof {

const SymbolField* Symbol::Find(std::string_view name) const {
  const auto it = std::lower_bound(fields.begin(), fields.end(), name, [](const SymbolField& f, std::string_view n) { return f.name < n; });
  return it != fields.end() && it->name == name ? &*it : nullptr;
}

Symbol ScalarSymbol(Symbol::Kind kind, TermId term) {
  Symbol s;
  s.kind = kind;
  s.term = term;
  return s;
}

// IPv4 stands in the lowest 32 bits of the address.
std::string IpBits(const cedar::Ip& ip) {
  std::string out(kIpBits, '0');
  if (ip.v6) out[0] = '1';
  for (size_t i = 0; i < 8; ++i) out[1 + i] = (ip.prefix >> (7 - i) & 1) != 0 ? '1' : '0';
  const size_t bits = ip.v6 ? 128 : 32, from = kIpBits - bits;
  for (size_t i = 0; i < bits; ++i) out[from + i] = (ip.bytes[i / 8] >> (7 - i % 8) & 1) != 0 ? '1' : '0';
  return out;
}

cedar::Ip IpFromBits(std::string_view zeros_and_ones) {
  cedar::Ip ip;
  if (zeros_and_ones.size() != kIpBits) return ip;
  ip.v6 = zeros_and_ones[0] == '1';
  ip.prefix = 0;
  for (size_t i = 0; i < 8; ++i) ip.prefix = static_cast<uint8_t>(ip.prefix << 1 | (zeros_and_ones[1 + i] == '1' ? 1 : 0));
  const size_t bits = ip.v6 ? 128 : 32, from = kIpBits - bits;
  for (size_t i = 0; i < bits; ++i)
    if (zeros_and_ones[from + i] == '1') ip.bytes[i / 8] = static_cast<uint8_t>(ip.bytes[i / 8] | 1 << (7 - i % 8));
  return ip;
}

std::string ElementKey(const Symbol& symbol) { return std::to_string(static_cast<int>(symbol.kind)) + " " + symbol.type; }

}  // namespace checkrein::proof
