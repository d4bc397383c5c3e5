#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Messages of RFC 7692 (permessage-deflate), each compressed for itself: nothing of one message is
// ever the dictionary of another. Functions without state to the caller; each thread that uses them
// keeps one scratch of zlib's, some 50 KiB to compress and 50 KiB to inflate.
namespace fairlead::deflate {

// The LZ77 window of what add_compressed() writes is 2^12 bytes: server_max_window_bits may be this
// or more.
inline constexpr int kWindowBits = 12;

// Appends `message` (at most 4 GiB) as section 7.2.1 has it, to be sent with RSV1. False: that
// would not be shorter than the message; `out` is as it was. Some 35 µs a KiB; does not block.
bool add_compressed(std::string& out, std::string_view message);

enum class Inflated : std::uint8_t {
  kWhole,
  kTooLong,  // more than `bytes_max`: what comes after that was not looked at
  kBroken,   // no DEFLATE data, or it ends within a block
};
// The message of `payload`, as section 7.2.2 has it; `message` (overwritten) holds at most
// `bytes_max` bytes, whatever the payload says of itself (CWE-409).
Inflated inflate(std::string_view payload, std::size_t bytes_max, std::string& message);

}  // namespace fairlead::deflate
