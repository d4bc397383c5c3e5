#include "protocol/framing.h"

#include <gtest/gtest.h>

namespace fairlead::protocol {
namespace {

std::string head_of(std::size_t payload) {
  const auto frame = websocket_text_frame(std::string(payload, 'x'));
  EXPECT_EQ(frame.substr(frame.size() - payload), std::string(payload, 'x'));
  return frame.substr(0, frame.size() - payload);
}

// RFC 6455 section 5.2: the shortest of the three forms of the length, and no mask.
TEST(Framing, AWebSocketFramesLengthIsInItsShortestForm) {
  EXPECT_EQ(head_of(0), std::string("\x81\x00", 2));
  EXPECT_EQ(head_of(125), std::string("\x81\x7d", 2));
  EXPECT_EQ(head_of(126), std::string("\x81\x7e\x00\x7e", 4));
  EXPECT_EQ(head_of(65535), std::string("\x81\x7e\xff\xff", 4));
  EXPECT_EQ(head_of(65536), std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST(Framing, ADurableEventHasItsCursorAsSseId) {
  EXPECT_EQ(sse_event(R"({"a":1})", "c1.x"), "id: c1.x\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(sse_event(R"({"a":1})", ""), "data: {\"a\":1}\n\n");
}

TEST(Framing, AnSseCommentHasExactlyTheBytesAskedFor) {
  EXPECT_EQ(sse_comment(3), ":\n\n");
  for (const std::size_t n : {4u, 100u, 16384u}) {
    const auto comment = sse_comment(n);
    EXPECT_EQ(comment.size(), n);
    EXPECT_EQ(comment.front(), ':');
    EXPECT_EQ(comment.find('\n'), n - 2);
    EXPECT_TRUE(comment.ends_with("\n\n"));
  }
  EXPECT_EQ(sse_comment(0), ":\n\n");
}

TEST(Framing, RetryIsInMilliseconds) {
  EXPECT_EQ(sse_retry(1500), "retry: 1500\n\n");
}

}  // namespace
}  // namespace fairlead::protocol
