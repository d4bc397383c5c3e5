#include "protocol/cursor.h"

#include <gtest/gtest.h>

#include <limits>

namespace fairlead::protocol {
namespace {

TEST(Cursor, ComesBackAsItWas) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{1}, std::numeric_limits<std::int64_t>::max()}) {
    const auto cursor = decode_cursor(encode_cursor("0a1b2c3v", LogPosition(value)));
    ASSERT_TRUE(cursor);
    EXPECT_EQ(cursor->epoch, "0a1b2c3v");
    EXPECT_EQ(cursor->position, LogPosition(value));
  }
}

TEST(Cursor, FitsAUrlAndAnSseIdLine) {
  const auto wire = encode_cursor("0a1b2c3v", LogPosition(123456789));
  EXPECT_LE(wire.size(), 128u);
  EXPECT_EQ(
      wire.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-"),
      std::string::npos);
}

TEST(Cursor, LaterOnesAreGreaterStrings) {
  EXPECT_LT(encode_cursor("00000000", LogPosition(31)), encode_cursor("00000000", LogPosition(32)));
  EXPECT_LT(encode_cursor("00000000", LogPosition(999)),
            encode_cursor("00000000", LogPosition(1'000'000)));
}

TEST(Cursor, WhatNoLogWouldWriteIsRefused) {
  const auto good = encode_cursor("0a1b2c3v", LogPosition(5));
  ASSERT_TRUE(decode_cursor(good));
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(decode_cursor(good.substr(0, n)));
  EXPECT_FALSE(decode_cursor(good + "0"));
  EXPECT_FALSE(decode_cursor(std::string(1'000'000, 'c')));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'\0', '\n', 'z', 'A', '/', '\xff'}) {
      auto bad = good;
      bad[i] = c;
      EXPECT_FALSE(decode_cursor(bad)) << i;
    }
  }
  EXPECT_FALSE(decode_cursor("c2" + good.substr(2))) << "a version that we do not know";
  EXPECT_FALSE(decode_cursor("c1.0a1b2c3v.8000000000000")) << "above the largest position";
}

}  // namespace
}  // namespace fairlead::protocol
