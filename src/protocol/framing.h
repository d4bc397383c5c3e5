#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// How one event's JSON is wrapped for each transport. Pure functions.
namespace fairlead::protocol {

// JSON in text frames; the only subprotocol so far.
inline constexpr std::string_view kJsonSubprotocol = "fairlead.v1.json";

// RFC 6455 section 5.2: one unmasked, unfragmented text frame.
std::string websocket_text_frame(std::string_view json);

// WHATWG HTML, section 9.2: `id:` (durable events only: `cursor` not empty) and one `data:` line. JSON
// as dump() writes it holds no raw line break.
std::string sse_event(std::string_view json, std::string_view cursor);
// A comment line of `bytes` bytes in all (at least 3): invisible to the client's code.
std::string sse_comment(std::size_t bytes);
std::string sse_retry(std::int64_t ms);

}  // namespace fairlead::protocol
