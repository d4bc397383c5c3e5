#include "load/websocket_frames.h"

#include <gtest/gtest.h>

#include <vector>

#include "pieces.h"

namespace fairlead::load {
namespace {

using Frames = std::vector<std::pair<Opcode, std::string>>;

// What a server sends: unmasked.
std::string frame(unsigned first, std::string_view payload) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  return out.append(payload);
}

Frames read(FrameParser& parser, std::initializer_list<std::string_view> pieces) {
  Frames frames;
  for (const auto piece : pieces) {
    parser.feed(piece, [&frames](Opcode opcode, std::string_view payload) {
      frames.emplace_back(opcode, payload);
      return true;
    });
  }
  return frames;
}

TEST(WebSocketFrames, TheAnswerToAKeyIsThatOfTheRfc) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(websocket_key().size(), 24u);
  EXPECT_NE(websocket_key(), websocket_key());
}

TEST(WebSocketFrames, MessagesAreTheSameWhereverTheyAreCut) {
  const std::string longer(300, 'x');
  const auto text = frame(0x81, "hello") + frame(0x89, "ping") + frame(0x81, "") +
                    frame(0x81, longer) + frame(0x88, "\x03\xe8");
  const Frames expected = {{Opcode::kText, "hello"},
                           {Opcode::kPing, "ping"},
                           {Opcode::kText, ""},
                           {Opcode::kText, longer},
                           {Opcode::kClose, "\x03\xe8"}};
  cut_everywhere(text, [&](std::string_view a, std::string_view b) {
    FrameParser parser;
    EXPECT_EQ(read(parser, {a, b}), expected) << "cut at " << a.size();
    EXPECT_EQ(parser.problem(), "");
  });
}

TEST(WebSocketFrames, AMessageInFragmentsIsPutTogetherAroundAPing) {
  const auto text =
      frame(0x01, "one ") + frame(0x00, "two ") + frame(0x89, "") + frame(0x80, "three");
  cut_everywhere(text, [&](std::string_view a, std::string_view b) {
    FrameParser parser;
    EXPECT_EQ(read(parser, {a, b}),
              (Frames{{Opcode::kPing, ""}, {Opcode::kText, "one two three"}}));
  });
}

TEST(WebSocketFrames, EachLengthHasItsForm) {
  for (const std::size_t size : {0u, 125u, 126u, 65'535u, 65'536u, 70'000u}) {
    const std::string payload(size, 'p');
    std::string sent;
    append_frame(sent, Opcode::kText, payload, 0);  // a mask of zeros changes nothing
    const std::size_t head = size < 126 ? 2 : size <= 0xffff ? 4 : 10;
    ASSERT_EQ(sent.size(), head + 4 + size);
    EXPECT_NE(static_cast<unsigned char>(sent[1]) & 0x80U, 0U) << "a client masks";
    sent[1] = static_cast<char>(static_cast<unsigned char>(sent[1]) & 0x7fU);
    sent.erase(head, 4);
    FrameParser parser;
    EXPECT_EQ(read(parser, {sent}), (Frames{{Opcode::kText, payload}})) << size;
  }
}

TEST(WebSocketFrames, AMaskIsAppliedByteByByte) {
  std::string sent;
  append_frame(sent, Opcode::kText, "Hello", 0x37fa213d);  // RFC 6455 section 5.7
  EXPECT_EQ(sent, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

TEST(WebSocketFrames, WhatAServerMustNotSendIsNamed) {
  for (const auto& bad : {frame(0xC1, "x"), std::string("\x81\x81MASKx"), frame(0x80, "of nothing"),
                          frame(0x01, "a") + frame(0x81, "b"), frame(0x09, "x"), frame(0x83, "x"),
                          frame(0x89, std::string(126, 'x'))}) {
    FrameParser parser;
    read(parser, {bad});
    EXPECT_NE(parser.problem(), "");
  }
}

}  // namespace
}  // namespace fairlead::load
