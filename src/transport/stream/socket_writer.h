#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead::stream {

enum class Write : std::uint8_t { kAll, kSome, kBroken };

// Writes `bytes` from `taken` on without blocking and moves `taken` forward.
Write write_some(int fd, std::string_view bytes, std::size_t& taken);

}  // namespace fairlead::stream
