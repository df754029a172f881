// Bounds for texts that go into a record or onto a screen. What is cut says so and by how much.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace checkrein::monitor {

inline constexpr size_t kShortText = 128;        // ids and names
inline constexpr size_t kExcerpt = 512;          // goals, intents, reasons
inline constexpr size_t kPathText = 1024;
inline constexpr size_t kCommandExcerpt = 2048;  // commands: most are shorter than 1 KiB

// At most `cap` bytes of `text`, cut between characters, followed by `…[+N bytes]` when something was cut.
std::string Clip(std::string_view text, size_t cap);

}  // namespace checkrein::monitor
