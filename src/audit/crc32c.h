// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, RFC 3720 B.4): finds torn and rotten frames. No defence against a person.
//
//   uint32_t sum = Crc32c("123456789");  // 0xE3069283
#pragma once

#include <cstdint>
#include <string_view>

namespace checkrein::audit {

uint32_t Crc32c(std::string_view bytes);          // with the processor's instruction where it has one
uint32_t Crc32cPortable(std::string_view bytes);  // by table; the same answer

}  // namespace checkrein::audit
