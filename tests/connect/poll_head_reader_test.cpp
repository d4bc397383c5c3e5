#include "transport/connect/poll_head_reader.h"

#include <gtest/gtest.h>

namespace fairlead::connect {
namespace {

std::string head(std::string_view query, std::string_view fields = "") {
  return "GET /rt/v1/poll?" + std::string(query) +
         " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abc\r\n" + std::string(fields) + "\r\n";
}

class PollHeadReaderTest : public ::testing::Test {
 protected:
  bool is_read(const std::string& text) { return heads_.look_at(text).has_value(); }
  bool same(const std::string& one, const std::string& other) {
    const auto a = heads_.look_at(one);
    const auto b = heads_.look_at(other);
    return a && b && a->fingerprint == b->fingerprint;
  }
  PollHeadReader heads_;
};

TEST_F(PollHeadReaderTest, SaysWhatMoves) {
  const auto text = head("probe=0&cursor=c1.e.01&timeout=20", "X-Request-Id: a-1\r\nDNT: 1\r\n");
  const auto read = heads_.look_at(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->cursor, "c1.e.01");
  EXPECT_EQ(read->request_id, "a-1");
  const auto without = head("cursor=c1.e.01");
  ASSERT_TRUE(heads_.look_at(without));
  EXPECT_EQ(heads_.look_at(without)->request_id, "");
}

TEST_F(PollHeadReaderTest, OnlyCursorAndRequestIdMayDiffer) {
  const auto one = head("probe=0&cursor=c1.e.01&timeout=20");
  EXPECT_TRUE(same(one, one));
  EXPECT_TRUE(same(one, head("probe=0&cursor=c1.longer.0002&timeout=20")));
  EXPECT_FALSE(same(one, head("probe=0&cursor=c1.e.01&timeout=21")));
  EXPECT_FALSE(same(one, head("probe=1&cursor=c1.e.01&timeout=20")));
  EXPECT_FALSE(same(one, head("probe=0&cursor=c1.e.01&timeout=20", "DNT: 1\r\n")));
  EXPECT_FALSE(same(one, head("probe=0&cursor=c1.e.01&timeout=20", "X-Request-Id: a\r\n")));

  const auto with_id = head("cursor=c1.e.01", "X-Request-Id: a-1\r\nX-Real-IP: 10.0.0.1\r\n");
  EXPECT_TRUE(same(with_id, head("cursor=c1.e.02", "X-Request-Id: 2\r\nX-Real-IP: 10.0.0.1\r\n")));
  EXPECT_FALSE(
      same(with_id, head("cursor=c1.e.01", "X-Request-Id: a-1\r\nX-Real-IP: 10.0.0.2\r\n")));
  EXPECT_FALSE(same(head("cursor=c1.e.01", "A: 1\r\nX-Request-Id: i\r\nB: 2\r\n"),
                    head("cursor=c1.e.01", "A: 1\r\nB: 2\r\nX-Request-Id: i\r\n")))
      << "the same fields at other places";
}

TEST_F(PollHeadReaderTest, WithOtherKeysNothingIsKnownAgain) {
  const auto text = head("cursor=c1.e.01");
  EXPECT_EQ(heads_.look_at(text, 1)->fingerprint, heads_.look_at(text, 1)->fingerprint);
  EXPECT_NE(heads_.look_at(text, 1)->fingerprint, heads_.look_at(text, 2)->fingerprint);
}

TEST_F(PollHeadReaderTest, ACursorAtTheEndOfTheQueryToo) {
  EXPECT_TRUE(same(head("cursor=c1.e.01"), head("cursor=c1.e.02")));
  EXPECT_FALSE(same(head("cursor=c1.e.01"), head("cursor=c1.e.01&session=s_1")));
}

TEST_F(PollHeadReaderTest, WhatIsNotPlainIsLeftToTheParser) {
  EXPECT_FALSE(is_read(head("timeout=20")));
  EXPECT_FALSE(is_read(head("xcursor=c1.e.01")));
  EXPECT_FALSE(is_read(head("cursor=c1.e.01&cursor=c1.e.02")))
      << "which of them counts is not decided here";
  EXPECT_FALSE(is_read(head("cursor=")));
  EXPECT_FALSE(is_read(head("cursor=c1%2Ee")));
  EXPECT_FALSE(is_read("POST" + head("cursor=c1.e.01").substr(3)));
  EXPECT_FALSE(is_read(head("cursor=c1.e.01") + "body"));
  EXPECT_FALSE(is_read("GET / HTTP/1.1\r\nX: ?cursor=c1.e.01 \r\n\r\n"));
  EXPECT_FALSE(is_read("GET cursor=c1.e.01\r\n\r\n"));
  EXPECT_FALSE(is_read(head("cursor=c1.e.01", "X-Request-Id: a b\r\n")));
  EXPECT_FALSE(is_read(head("cursor=c1.e.01", "X-Request-Id: \r\n")));
  EXPECT_FALSE(is_read("GET \r\n\r\n"));
  EXPECT_FALSE(is_read("GET"));
  EXPECT_FALSE(is_read(""));
}

TEST_F(PollHeadReaderTest, TwoRequestsInARowAreNotTheHeadOfOne) {
  const auto one = head("cursor=c1.e.01");
  EXPECT_FALSE(same(one, one + one));
  EXPECT_FALSE(same(one, "GET /?cursor=c1.e.01 HTTP/1.1\r\n\r\n" + one));
}

TEST_F(PollHeadReaderTest, AnotherServersFingerprintsAreOthers) {
  const auto one = head("cursor=c1.e.01");
  EXPECT_NE(heads_.look_at(one)->fingerprint, PollHeadReader().look_at(one)->fingerprint);
}

}  // namespace
}  // namespace fairlead::connect
