#include <gtest/gtest.h>

#include "transport/connect/handshake.h"

namespace fairlead::connect {
namespace {

using websocket::Subprotocol;

http::Request handshake(std::vector<std::pair<std::string, std::string>> more = {}) {
  http::Request request;
  request.id = "id";
  request.headers = {{"host", "chat.example.org"},
                     {"upgrade", "websocket"},
                     {"connection", "keep-alive, Upgrade"},
                     {"sec-websocket-version", "13"},
                     {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  for (auto& header : more) {
    std::erase_if(request.headers, [&](const auto& one) { return one.first == header.first; });
    if (!header.second.empty()) request.headers.push_back(std::move(header));
  }
  return request;
}

TEST(Handshake, AProperOneIsAccepted) {
  const auto parsed = parse_handshake(handshake());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->key, "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(parsed->subprotocol, Subprotocol::kNone);
  EXPECT_TRUE(asks_for_websocket(handshake()));
}

TEST(Handshake, TheFirstSubprotocolOfOursIsTaken) {
  const auto taken = [](const char* offered) {
    return parse_handshake(handshake({{"sec-websocket-protocol", offered}}))->subprotocol;
  };
  EXPECT_EQ(taken("fairlead.bearer.abc, fairlead.v1.json"), Subprotocol::kJson);
  EXPECT_EQ(taken("fairlead.v1.cbor, fairlead.v1.json"), Subprotocol::kCbor);
  EXPECT_EQ(taken("soap, fairlead.v1.json, fairlead.v1.cbor"), Subprotocol::kJson);
  EXPECT_EQ(taken("fairlead.bearer.abc"), Subprotocol::kNone);
  EXPECT_FALSE(parse_handshake(handshake({{"sec-websocket-protocol", "soap"}})));
}

TEST(Handshake, CborIsNotCompressed) {
  EXPECT_EQ(parse_handshake(handshake({{"sec-websocket-protocol", "fairlead.v1.cbor"},
                                       {"sec-websocket-extensions", "permessage-deflate"}}))
                ->deflate,
            "");
}

TEST(Handshake, TheFirstOfferOfDeflateThatCanBeKeptIsAnswered) {
  const auto deflate = [](std::vector<std::pair<std::string, std::string>> headers) {
    auto request = handshake();
    for (auto& header : headers) request.headers.push_back(std::move(header));
    return parse_handshake(request)->deflate;
  };
  EXPECT_EQ(deflate({}), "");
  EXPECT_EQ(deflate({{"sec-websocket-extensions", "x-other, permessage-deflate; what"}}), "");
  const std::string name = "sec-websocket-extensions";
  EXPECT_EQ(deflate({{name, "permessage-deflate; server_max_window_bits=8"},
                     {name, "x, permessage-deflate; server_max_window_bits=14, permessage-deflate"}}),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=14");
}

TEST(Handshake, WhatIsNotOneIsRefusedWithItsReason) {
  EXPECT_EQ(parse_handshake(handshake({{"sec-websocket-version", "8"}})).error().code,
            ErrorCode::kUpgradeRequired);
  for (const auto* key : {"", "short", "dGhlIHNhbXBsZSBub25jZQ=!", "dGhlIHNhbXBsZSBub25jZQ===="}) {
    EXPECT_EQ(parse_handshake(handshake({{"sec-websocket-key", key}})).error().code,
              ErrorCode::kBadRequest)
        << key;
  }
  EXPECT_FALSE(parse_handshake(handshake({{"connection", "keep-alive"}})));
  auto old = handshake();
  old.http_1_0 = true;
  EXPECT_FALSE(parse_handshake(old));
}

TEST(Handshake, OnlyWebsocketIsAnUpgradeThatIsKnown) {
  EXPECT_FALSE(asks_for_websocket(handshake({{"upgrade", "h2c"}})));
  EXPECT_TRUE(asks_for_websocket(handshake({{"upgrade", "WebSocket"}})));
  auto post = handshake();
  post.method = http::Method::kPost;
  EXPECT_FALSE(asks_for_websocket(post));
}

TEST(Handshake, TheTokenOfABrowserIsFoundAmongTheSubprotocols) {
  EXPECT_EQ(subprotocol_token(
                handshake({{"sec-websocket-protocol", "fairlead.v1.json , fairlead.bearer.fl1.a.b"}})),
            "fl1.a.b");
  EXPECT_FALSE(subprotocol_token(handshake({{"sec-websocket-protocol", "fairlead.v1.json"}})));
}

TEST(Handshake, AnEventStreamMustBeNamedNotJustAnything) {
  http::Request request;
  request.headers = {{"accept", "application/json, text/event-stream;q=0.9"}};
  EXPECT_TRUE(accepts_event_stream(request));
  request.headers = {{"accept", "*/*"}};
  EXPECT_FALSE(accepts_event_stream(request));
}

}  // namespace
}  // namespace fairlead::connect
