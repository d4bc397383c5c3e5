#include <gtest/gtest.h>

#include "protocol/ids.h"
#include "transport/connect/connect_parameters.h"

namespace fairlead::connect {
namespace {

http::Request get(std::vector<std::pair<std::string, std::string>> query) {
  http::Request request;
  request.query = std::move(query);
  return request;
}

http::Request post(std::string body) {
  http::Request request;
  request.method = http::Method::kPost;
  request.body = std::move(body);
  return request;
}

TEST(ConnectParameters, NothingAskedForGivesTheDefaultsOfTheContract) {
  const auto p = parse_parameters(get({}));
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->cursor);
  EXPECT_EQ(p->heartbeat_s, 20);
  EXPECT_TRUE(p->ephemeral);
  EXPECT_TRUE(p->probe);
  EXPECT_EQ(p->timeout.count(), 20);
  EXPECT_EQ(p->limit, 500u);
  EXPECT_EQ(p->padding_bytes, 0u);
}

TEST(ConnectParameters, TheServersHeartbeatIsForWhoAsksForNone) {
  EXPECT_EQ(parse_parameters(get({}), 7)->heartbeat_s, 7);
  EXPECT_EQ(parse_parameters(get({{"heartbeat", "30"}}), 7)->heartbeat_s, 30);
}

TEST(ConnectParameters, NumbersOutOfRangeAreClamped) {
  const auto low = parse_parameters(
      get({{"heartbeat", "1"}, {"timeout", "-3"}, {"limit", "0"}, {"padding", "-1"}}));
  ASSERT_TRUE(low);
  EXPECT_EQ(low->heartbeat_s, 5);
  EXPECT_EQ(low->timeout.count(), 0);
  EXPECT_EQ(low->limit, 1u);
  EXPECT_EQ(low->padding_bytes, 0u);
  const auto high = parse_parameters(
      get({{"heartbeat", "1e9"}, {"timeout", "600"}, {"limit", "99999"}, {"padding", "99999999"}}));
  ASSERT_TRUE(high);
  EXPECT_EQ(high->heartbeat_s, 55);
  EXPECT_EQ(high->timeout.count(), 55);
  EXPECT_EQ(high->limit, 500u);
  EXPECT_EQ(high->padding_bytes, 16u * 1024);
}

TEST(ConnectParameters, WhatCannotBeUnderstoodIsNamedFieldByField) {
  const auto p = parse_parameters(
      get({{"heartbeat", "soon"}, {"events", "some"}, {"probe", "maybe"}, {"rooms", "hall"}}));
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().code, ErrorCode::kInvalidFields);
  for (const auto* field : {"heartbeat", "events", "probe", "rooms"}) {
    EXPECT_TRUE(p.error().fields.contains(field)) << field;
  }
}

TEST(ConnectParameters, NotANumberIsNoNumber) {
  EXPECT_FALSE(parse_parameters(get({{"timeout", "nan"}})));
  EXPECT_TRUE(parse_parameters(get({{"timeout", "inf"}})));  // clamped
}

TEST(ConnectParameters, APostSaysTheSameInJson) {
  const auto room = protocol::to_wire(RoomId(7));
  const auto p = parse_parameters(post(R"({"cursor":"c","heartbeat":7,"probe":false,"once":true,)"
                                       R"("rooms":[")" + room + R"("],"timeout":"3","unknown":{}})"));
  ASSERT_TRUE(p);
  EXPECT_EQ(p->cursor, "c");
  EXPECT_EQ(p->heartbeat_s, 7);
  EXPECT_FALSE(p->probe);
  EXPECT_TRUE(p->once);
  EXPECT_EQ(p->rooms, std::vector<RoomId>{RoomId(7)});
  EXPECT_EQ(p->timeout.count(), 3);
}

TEST(ConnectParameters, ABodyThatIsNoObjectIsRefused) {
  EXPECT_EQ(parse_parameters(post("[]")).error().code, ErrorCode::kMalformedJson);
  EXPECT_EQ(parse_parameters(post(R"({"rooms":[1]})")).error().code, ErrorCode::kInvalidFields);
}

TEST(ConnectParameters, LastEventIdWinsOverTheCursor) {
  auto request = get({{"cursor", "old"}});
  request.headers.emplace_back("last-event-id", "new");
  EXPECT_EQ(parse_parameters(request)->cursor, "new");
}

}  // namespace
}  // namespace fairlead::connect
