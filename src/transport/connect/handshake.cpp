#include "transport/connect/handshake.h"

#include <algorithm>

#include "core/text.h"
#include "protocol/framing.h"
#include "transport/websocket/deflate_offer.h"

namespace fairlead::connect {
namespace {

using websocket::Subprotocol;

constexpr std::string_view kBearerPrefix = "fairlead.bearer.";

bool is_websocket_key(std::string_view key) {  // 16 bytes in base 64
  if (key.size() != 24 || key[22] != '=' || key[23] != '=') return false;
  return std::all_of(key.begin(), key.begin() + 22, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
}

Subprotocol subprotocol_of(std::string_view entry) {
  return entry == protocol::kJsonSubprotocol   ? Subprotocol::kJson
         : entry == protocol::kCborSubprotocol ? Subprotocol::kCbor
                                               : Subprotocol::kNone;
}

}  // namespace

bool has_token(const http::Request& request, std::string_view header, std::string_view token) {
  return request.any_entry(header,
                   [&](std::string_view entry) { return same_ignoring_case(entry, token); });
}

bool asks_for_websocket(const http::Request& request) {
  return request.method == http::Method::kGet && has_token(request, "upgrade", "websocket");
}

bool accepts_event_stream(const http::Request& request) {
  return request.any_entry("accept", [](std::string_view entry) {
    return same_ignoring_case(entry.substr(0, entry.find(';')), "text/event-stream");
  });
}

Result<websocket::Handshake> parse_handshake(const http::Request& request) {
  if (request.http_1_0 || !has_token(request, "connection", "upgrade")) {
    return fail(ErrorCode::kBadRequest,
                "a WebSocket handshake needs HTTP/1.1 and Connection: Upgrade");
  }
  if (request.header("sec-websocket-version").value_or("") != "13") {
    auto refusal =
        error(ErrorCode::kUpgradeRequired, "only Sec-WebSocket-Version 13 is spoken here");
    refusal.headers.emplace("Sec-WebSocket-Version", "13");
    return fail(std::move(refusal));
  }
  websocket::Handshake handshake;
  handshake.key = request.header("sec-websocket-key").value_or("");
  if (!is_websocket_key(handshake.key)) {
    return fail(ErrorCode::kBadRequest, "Sec-WebSocket-Key must be 16 bytes in base 64");
  }
  bool offered_other = false;
  request.any_entry("sec-websocket-protocol", [&](std::string_view entry) {
    const auto ours = subprotocol_of(entry);
    if (ours == Subprotocol::kNone) offered_other |= !entry.starts_with(kBearerPrefix);
    handshake.subprotocol = ours;
    return ours != Subprotocol::kNone;  // the client's first choice
  });
  if (offered_other && handshake.subprotocol == Subprotocol::kNone) {
    return fail(ErrorCode::kBadRequest,
                "offer the subprotocol fairlead.v1.json or fairlead.v1.cbor, or none");
  }
  request.any_entry("sec-websocket-extensions", [&](std::string_view offer) {
    handshake.deflate = websocket::answer_to_deflate_offer(offer);
    return !handshake.deflate.empty();
  });
  if (handshake.subprotocol == Subprotocol::kCbor) handshake.deflate.clear();
  handshake.request_id = request.id;
  return handshake;
}

std::optional<std::string> subprotocol_token(const http::Request& request) {
  std::optional<std::string> token;
  request.any_entry("sec-websocket-protocol", [&](std::string_view entry) {
    if (!entry.starts_with(kBearerPrefix)) return false;
    token = std::string(entry.substr(kBearerPrefix.size()));
    return true;
  });
  return token;
}

}  // namespace fairlead::connect
