#include "protocol/framing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace fairlead::protocol {
namespace {

std::string head_of(std::size_t payload) {
  std::string frame;
  add_websocket_frame(frame, WebSocketFrame::kText, std::string(payload, 'x'));
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
  std::string events;
  add_sse_event(events, R"({"a":1})", "c1.x");
  EXPECT_EQ(events, "id: c1.x\ndata: {\"a\":1}\n\n");
  add_sse_event(events, R"({"b":2})", "");
  EXPECT_EQ(events, "id: c1.x\ndata: {\"a\":1}\n\ndata: {\"b\":2}\n\n");
}

TEST(Framing, TheRestOfACutWebSocketFrameEndsWithIt) {
  std::string frames;
  std::vector<std::size_t> ends;
  for (const std::size_t payload : {0u, 5u, 125u, 126u, 300u, 65535u, 65536u, 1u}) {
    add_websocket_frame(frames, WebSocketFrame::kText, std::string(payload, 'x'));
    ends.push_back(frames.size());
  }
  for (std::size_t at = 0; at <= frames.size(); at += at < 1000 || at + 1000 > frames.size() ? 1 : 61) {
    const auto end = at == 0 ? 0 : *std::lower_bound(ends.begin(), ends.end(), at);
    EXPECT_EQ(websocket_frame_cut(frames, at).size(), end - at) << at;
  }
}

TEST(Framing, TheFirstSseEventEndsAtItsEmptyLine) {
  EXPECT_EQ(sse_event_end("data: 1\n\ndata: 2\n\n"), 9u);
  EXPECT_EQ(sse_event_end("\n"), 1u);  // the last byte of one
  EXPECT_EQ(sse_event_end(""), 0u);
}

TEST(Framing, PollLinesBecomeMembersOfAnArray) {
  std::string lines, members;
  add_poll_members(members, lines);
  EXPECT_EQ(members, "");
  add_poll_line(lines, R"({"a":1})", /*durable=*/true);
  add_poll_line(lines, R"({"b":2})", /*durable=*/false);
  add_poll_members(members, lines);
  EXPECT_EQ(members, R"({"a":1},{"b":2})");
}

TEST(Framing, OfPollLinesTheNewestEphemeralOnesAreKept) {
  std::string lines;
  for (int i = 0; i < 10; ++i) add_poll_line(lines, std::to_string(i), /*durable=*/i % 2 == 0);
  EXPECT_EQ(keep_ephemeral_lines(lines, 3), 3u);
  std::string members;
  add_poll_members(members, lines);
  EXPECT_EQ(members, "5,7,9");
  EXPECT_EQ(keep_ephemeral_lines(lines, 0), 0u);
  EXPECT_EQ(lines, "");
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
