#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// RFC 6455 section 5.5: control frames as a server sends them. Pure functions.
namespace fairlead::websocket {

inline std::string close_frame(std::uint16_t code, std::string_view reason) {
  constexpr std::size_t kReasonBytesMax = 123;  // 125 with the code
  reason = reason.substr(0, kReasonBytesMax);
  std::string frame = "\x88";
  frame += static_cast<char>(reason.size() + 2);
  frame += static_cast<char>(code >> 8);
  frame += static_cast<char>(code & 0xff);
  frame += reason;
  return frame;
}

// With a payload: lws does not tell of a pong whose payload is empty.
inline std::string_view ping_frame() {
  return "\x89\x02hb";
}

}  // namespace fairlead::websocket
