#include "bus/codec.h"

#include <gmock/gmock.h>

#include "protocol/cursor.h"

namespace fairlead::bus {
namespace {

const std::string kEpoch = "0123456789ab";

store::EventPtr event(std::int64_t position, std::string json) {
  auto made = std::make_shared<store::Event>();
  made->position = LogPosition(position);
  made->room = RoomId(7);
  made->only_for = UserId(8);
  made->kind = store::EventKind::kMemberLeft;
  made->subject = UserId(9);
  made->time_ms = 1'800'000'000'123'456;
  made->cursor = protocol::encode_cursor(kEpoch, made->position);
  made->json = std::move(json);
  return made;
}

template <typename T>
T there_and_back(const T& message) {
  const auto decoded = decode(encode(message), kEpoch);
  if (!decoded) throw std::runtime_error(decoded.error().detail);
  return std::get<T>(*decoded);
}

TEST(BusCodec, WhatACommitAddedComesBackByteForByte) {
  const std::string odd = "{\"text\":\"\\u0000 \\\" \\\\ ä 😀\",\"n\":1.50}";
  const auto back = there_and_back(Committed{{event(41, odd), event(42, "{}")}});
  ASSERT_EQ(back.events.size(), 2U);
  const auto& first = *back.events[0];
  EXPECT_EQ(first.position, LogPosition(41));
  EXPECT_EQ(first.room, RoomId(7));
  EXPECT_EQ(first.only_for, UserId(8));
  EXPECT_EQ(first.kind, store::EventKind::kMemberLeft);
  EXPECT_EQ(first.subject, UserId(9));
  EXPECT_EQ(first.time_ms, 1'800'000'000'123'456);
  EXPECT_EQ(first.json, odd);
  EXPECT_EQ(first.cursor, protocol::encode_cursor(kEpoch, LogPosition(41)));
  EXPECT_EQ(back.events[1]->position, LogPosition(42));
}

TEST(BusCodec, AnEphemeralEventComesBack) {
  const auto back =
      there_and_back(Ephemeral{{RoomId(1), RoomId(2)}, UserId(3), make_bytes("{\"a\":1}")});
  EXPECT_THAT(back.rooms, testing::ElementsAre(RoomId(1), RoomId(2)));
  EXPECT_EQ(back.except, UserId(3));
  EXPECT_EQ(*back.json, "{\"a\":1}");
}

TEST(BusCodec, WhatANodeHasLearntOfANetworkComesBack) {
  const auto back = there_and_back(NetworkLearnt{Network::of_ip("203.0.113.7"), "{\"a\":1}"});
  EXPECT_EQ(back.network, Network::of_ip("203.0.113.7"));
  EXPECT_EQ(back.findings, "{\"a\":1}");
  EXPECT_FALSE(decode(R"({"type":"network_learnt","network":"nowhere","findings":"{}"})", kEpoch));
}

TEST(BusCodec, AMovedSessionComesBack) {
  const auto back = there_and_back(SessionMoved{"s_one", 1'800'000'000'123'456});
  EXPECT_EQ(back.session, "s_one");
  EXPECT_EQ(back.at_us, 1'800'000'000'123'456);
}

TEST(BusCodec, AProofComesBack) {
  const auto back = there_and_back(SessionProof{UserId(5), "s_one", "word"});
  EXPECT_EQ(back.user, UserId(5));
  EXPECT_EQ(back.session, "s_one");
  EXPECT_EQ(back.word, "word");
}

TEST(BusCodec, WhatIsNoMessageIsAnErrorThatSaysWhy) {
  for (const auto* text :
       {"", "x", "[]", "{}", "{\"type\":1}", "{\"type\":\"later\"}", "{\"type\":\"committed\"}",
        "{\"type\":\"committed\",\"from\":1,\"events\":[]}",
        "{\"type\":\"committed\",\"from\":0,\"events\":[[1,0,0,0,0,\"{}\"]]}",
        "{\"type\":\"committed\",\"from\":1,\"events\":[[1,0,9,0,0,\"{}\"]]}",
        "{\"type\":\"committed\",\"from\":1,\"events\":[[1,0,0,0,0]]}",
        "{\"type\":\"committed\",\"from\":1,\"events\":[[1.5,0,0,0,0,\"{}\"]]}",
        "{\"type\":\"committed\",\"from\":1,\"events\":[[-1,0,0,0,0,\"{}\"]]}",
        "{\"type\":\"committed\",\"from\":1,\"events\":7}",
        "{\"type\":\"committed\",\"from\":9223372036854775807,\"events\":[[1,0,0,0,0,\"{}\"],[1,0,"
        "0,0,0,\"{}\"]]}",
        "{\"type\":\"ephemeral\",\"rooms\":[true],\"except\":0,\"json\":\"{}\"}",
        "{\"type\":\"ephemeral\",\"rooms\":[],\"except\":0,\"json\":{}}",
        "{\"type\":\"session_proof\",\"user\":0,\"session\":\"s_x\",\"word\":\"w\"}",
        "{\"type\":\"session_moved\",\"session\":\"s_x\"}"}) {
    const auto decoded = decode(text, kEpoch);
    ASSERT_FALSE(decoded) << text;
    EXPECT_FALSE(decoded.error().detail.empty()) << text;
  }
}

}  // namespace
}  // namespace fairlead::bus
