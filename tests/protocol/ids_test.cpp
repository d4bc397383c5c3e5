#include "protocol/ids.h"

#include <gtest/gtest.h>

#include <limits>

namespace fairlead::protocol {
namespace {

constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

TEST(Ids, EveryNumberComesBack) {
  for (const std::int64_t value :
       {std::int64_t{1}, std::int64_t{31}, std::int64_t{32}, std::int64_t{1} << 40, kMax}) {
    EXPECT_EQ(parse_base32(base32(value)), value);
    EXPECT_EQ(parse_user_id(to_wire(UserId(value))), UserId(value));
    EXPECT_EQ(parse_room_id(to_wire(RoomId(value))), RoomId(value));
    EXPECT_EQ(parse_message_id(to_wire(MessageId(value))), MessageId(value));
  }
  EXPECT_EQ(base32(0), "0000000000000");
  EXPECT_EQ(parse_base32("0000000000000"), 0);
  EXPECT_EQ(to_wire(UserId(33)), "u_0000000000011");
}

TEST(Ids, WireIdsSortAsTheirNumbers) {
  const std::int64_t values[] = {1, 9, 10, 31, 32, 1000, std::int64_t{1} << 33, kMax - 1, kMax};
  for (std::size_t i = 1; i < std::size(values); ++i) {
    EXPECT_LT(to_wire(MessageId(values[i - 1])), to_wire(MessageId(values[i])));
  }
}

TEST(Ids, WhatToWireDoesNotWriteIsRefused) {
  const std::string good = to_wire(UserId(33));
  ASSERT_TRUE(parse_user_id(good));
  for (const std::string& bad :
       {std::string(), std::string("u_"), std::string("r_0000000000011"), good + "0",
        good.substr(1), std::string("u_000000000001w"), std::string("u_000000000001A"),
        std::string("u_00000000000 1"), std::string("u-0000000000011"),
        std::string("u_0000000000000"), std::string("u_8000000000000"),
        std::string("u_vvvvvvvvvvvvv"), std::string("u_00000000000\0 1", 15)}) {
    EXPECT_FALSE(parse_user_id(bad)) << bad;
  }
  EXPECT_FALSE(parse_room_id(good));
  EXPECT_FALSE(parse_message_id(good));
}

}  // namespace
}  // namespace fairlead::protocol
