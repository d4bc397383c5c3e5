#pragma once

#include <string>
#include <string_view>

namespace fairlead::websocket {

// The answer to one of the offers in Sec-WebSocket-Extensions, RFC 7692 section 7.1: both sides
// without context takeover. Empty, declined: another extension; a parameter that is unknown, comes
// twice, or has a value that it must not have; a window smaller than ours.
std::string answer_to_deflate_offer(std::string_view offer);

}  // namespace fairlead::websocket
