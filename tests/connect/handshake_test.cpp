#include <gtest/gtest.h>

#include "transport/connect/handshake.h"

namespace fairlead::connect {
namespace {

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
  EXPECT_FALSE(parsed->echo_subprotocol);
  EXPECT_TRUE(asks_for_websocket(handshake()));
}

TEST(Handshake, TheSubprotocolIsEchoedOnlyIfItWasOffered) {
  EXPECT_TRUE(
      parse_handshake(handshake({{"sec-websocket-protocol", "fairlead.bearer.abc, fairlead.v1.json"}}))
          ->echo_subprotocol);
  EXPECT_FALSE(
      parse_handshake(handshake({{"sec-websocket-protocol", "fairlead.bearer.abc"}}))->echo_subprotocol);
  EXPECT_FALSE(parse_handshake(handshake({{"sec-websocket-protocol", "soap"}})));
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

TEST(Handshake, PagesOfTheSameHostAndOfTheListMayConnectAndOthersMayNot) {
  EXPECT_TRUE(origin_allowed(handshake(), {}));  // no browser
  EXPECT_TRUE(origin_allowed(handshake({{"origin", "https://chat.example.org"}}), {}));
  EXPECT_FALSE(origin_allowed(handshake({{"origin", "https://chat.example.org.evil.net"}}), {}));
  EXPECT_FALSE(origin_allowed(handshake({{"origin", "null"}}), {}));
  EXPECT_TRUE(origin_allowed(handshake({{"origin", "https://app.example.org"}}),
                             {"https://app.example.org"}));
  EXPECT_TRUE(origin_allowed(handshake({{"origin", "https://anything"}}), {"*"}));
}

TEST(Handshake, AProxyThatChangesHostDoesNotMakeAPageForeign) {
  const auto behind = [](std::string name, std::string value) {
    return handshake({{"host", "127.0.0.1:8080"},
                      {"origin", "https://chat.example.org"},
                      {std::move(name), std::move(value)}});
  };
  EXPECT_FALSE(origin_allowed(behind("via", "1.1 chat.example.org"), {}));
  EXPECT_TRUE(origin_allowed(behind("sec-fetch-site", "same-origin"), {}));
  EXPECT_FALSE(origin_allowed(behind("sec-fetch-site", "same-site"), {}));
  EXPECT_FALSE(origin_allowed(behind("sec-fetch-site", "cross-site"), {}));
  EXPECT_TRUE(origin_allowed(behind("x-forwarded-host", "chat.example.org"), {}));
  EXPECT_TRUE(origin_allowed(behind("x-forwarded-host", "chat.example.org, inner:8080"), {}));
  EXPECT_FALSE(origin_allowed(behind("x-forwarded-host", "chat.example.org.evil.net"), {}));
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
