#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "http/message.h"
#include "transport/websocket/ws_shard.h"

// What a realtime request says of itself in its headers. Pure functions.
namespace fairlead::connect {

// Whether a comma-separated header (Connection, Upgrade) holds `token`, in any case.
bool has_token(const http::Request& request, std::string_view header, std::string_view token);

bool asks_for_websocket(const http::Request& request);
bool accepts_event_stream(const http::Request& request);

// RFC 6455 section 4.2.1. bad_request says what is wrong; another version is `upgrade_required`.
Result<websocket::Handshake> parse_handshake(const http::Request& request);

// The TOKEN of a `fairlead.bearer.TOKEN` entry of Sec-WebSocket-Protocol: what a browser can set.
std::optional<std::string> subprotocol_token(const http::Request& request);

}  // namespace fairlead::connect
