#include "transport/connect/poll_heads.h"

#include <gtest/gtest.h>

namespace fairlead::connect {
namespace {

std::string head(std::string_view query, std::string_view token = "abc") {
  return "GET /rt/v1/poll?" + std::string(query) +
         " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + std::string(token) + "\r\n\r\n";
}

class PollHeadsTest : public ::testing::Test {
 protected:
  bool remembered(std::string_view text) {
    heads_.remember(text, seen_);
    return seen_.cursor_at != 0;
  }
  std::string again(const std::string& text) {
    return std::string(heads_.same_but_for_cursor(text, seen_).value_or("another"));
  }
  PollHeads heads_;
  poll::SeenHead seen_;
};

TEST_F(PollHeadsTest, OnlyTheCursorMayDiffer) {
  ASSERT_TRUE(remembered(head("probe=0&cursor=c1.e.01&timeout=20")));
  EXPECT_EQ(again(head("probe=0&cursor=c1.e.01&timeout=20")), "c1.e.01");
  EXPECT_EQ(again(head("probe=0&cursor=c1.longer.0002&timeout=20")), "c1.longer.0002");
  EXPECT_EQ(again(head("probe=0&cursor=c1.e.01&timeout=21")), "another");
  EXPECT_EQ(again(head("probe=1&cursor=c1.e.01&timeout=20")), "another");
  EXPECT_EQ(again(head("probe=0&cursor=c1.e.01&timeout=20", "abd")), "another");
  EXPECT_EQ(again(head("probe=0&cursor=c1.e.01&timeout=20") + "more"), "another");
  EXPECT_EQ(again(head("probe=0&cursor=&timeout=20")), "another");
  EXPECT_EQ(again(head("probe=0&cursor=c1%2Ee&timeout=20")), "another") << "to be decoded";
  EXPECT_EQ(again("GET"), "another");
  EXPECT_EQ(again(""), "another");
}

TEST_F(PollHeadsTest, ACursorAtTheEndOfTheQueryToo) {
  ASSERT_TRUE(remembered(head("cursor=c1.e.01")));
  EXPECT_EQ(again(head("cursor=c1.e.02")), "c1.e.02");
  EXPECT_EQ(again(head("cursor=c1.e.02&session=s_1")), "another");
}

TEST_F(PollHeadsTest, WhatIsNotPlainIsNotRemembered) {
  EXPECT_FALSE(remembered(head("timeout=20")));
  EXPECT_FALSE(remembered(head("xcursor=c1.e.01")));
  EXPECT_FALSE(remembered(head("cursor=c1.e.01&cursor=c1.e.02")))
      << "which of them counts is not decided here";
  EXPECT_FALSE(remembered(head("cursor=c1%2Ee")));
  EXPECT_FALSE(remembered("POST" + head("cursor=c1.e.01").substr(3)));
  EXPECT_FALSE(remembered(head("cursor=c1.e.01") + "body"));
  EXPECT_FALSE(remembered("GET / HTTP/1.1\r\nX: ?cursor=c1.e.01 \r\n\r\n"));
  EXPECT_FALSE(remembered(""));
  EXPECT_EQ(again(head("cursor=c1.e.01")), "another") << "nothing is remembered";
}

TEST_F(PollHeadsTest, AnotherServersMemoryIsWorthNothing) {
  ASSERT_TRUE(remembered(head("cursor=c1.e.01")));
  EXPECT_EQ(PollHeads().same_but_for_cursor(head("cursor=c1.e.01"), seen_), std::nullopt);
}

}  // namespace
}  // namespace fairlead::connect
