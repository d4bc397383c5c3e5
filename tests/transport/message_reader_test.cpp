#include "transport/websocket/message_reader.h"

#include <gtest/gtest.h>

#include "deflate/deflate.h"

namespace fairlead::websocket {
namespace {

using Outcome = MessageReader::Outcome;

constexpr std::size_t kMax = 1000;

// One frame, in pieces of at most `bytes`, as lws brings them.
Outcome add_frame(MessageReader& reader, std::string_view payload, bool first, bool fin,
                  bool rsv1 = false, std::size_t bytes = kMax) {
  for (bool begins = first;; begins = false) {
    const auto part = payload.substr(0, bytes);
    payload.remove_prefix(part.size());
    const auto outcome =
        reader.add({part, payload.size(), begins, fin && payload.empty(), rsv1}, kMax);
    if (outcome != Outcome::kMore || payload.empty()) return outcome;
  }
}

std::string compressed(std::string_view text) {
  std::string payload;
  EXPECT_TRUE(deflate::add_compressed(payload, text));
  return payload;
}

TEST(MessageReader, AMessageInOneFrameOrInMany) {
  MessageReader reader;
  EXPECT_EQ(add_frame(reader, "hello", true, true), Outcome::kMessage);
  EXPECT_EQ(reader.message(), "hello");
  reader.forget();
  EXPECT_EQ(add_frame(reader, "hel", true, false, false, 2), Outcome::kMore);
  EXPECT_EQ(add_frame(reader, "", false, false), Outcome::kMore);
  EXPECT_EQ(add_frame(reader, "lo \xc3", false, false, false, 1), Outcome::kMore);
  EXPECT_EQ(add_frame(reader, "\xa9", false, true), Outcome::kMessage);
  EXPECT_EQ(reader.message(), "hello \xc3\xa9");
}

TEST(MessageReader, ACompressedMessageHoweverItIsCut) {
  const std::string text(300, 'x');
  const auto payload = compressed(text);
  for (std::size_t cut = 0; cut <= payload.size(); ++cut) {
    MessageReader reader;
    const auto front = std::string_view(payload).substr(0, cut);
    const auto back = std::string_view(payload).substr(cut);
    EXPECT_EQ(add_frame(reader, front, true, false, true, 3), Outcome::kMore);
    EXPECT_EQ(add_frame(reader, back, false, true, false, 2), Outcome::kMessage);
    EXPECT_EQ(reader.message(), text);
  }
}

TEST(MessageReader, OnlyTheFirstFrameSaysThatAMessageIsCompressed) {
  MessageReader reader;
  const auto payload = compressed(std::string(300, 'x'));
  EXPECT_EQ(add_frame(reader, payload.substr(0, 4), true, false, true, 1), Outcome::kMore);
  EXPECT_EQ(add_frame(reader, payload.substr(4), false, true, true), Outcome::kReservedBit);
  MessageReader plain;
  EXPECT_EQ(add_frame(plain, "hel", true, false), Outcome::kMore);
  EXPECT_EQ(add_frame(plain, "lo", false, true, true), Outcome::kReservedBit);
}

TEST(MessageReader, TheNextMessageIsJudgedForItself) {
  MessageReader reader;
  EXPECT_EQ(add_frame(reader, compressed(std::string(300, 'x')), true, true, true),
            Outcome::kMessage);
  reader.forget();
  EXPECT_EQ(add_frame(reader, "{}", true, true), Outcome::kMessage);
  EXPECT_EQ(reader.message(), "{}");
}

TEST(MessageReader, TheLimitHoldsBeforeAndAfterInflating) {
  const auto outcome = [](std::string_view payload, bool rsv1) {
    MessageReader reader;
    return add_frame(reader, payload, true, true, rsv1);
  };
  EXPECT_EQ(outcome(std::string(kMax, 'x'), false), Outcome::kMessage);
  EXPECT_EQ(outcome(std::string(kMax + 1, 'x'), false), Outcome::kTooBig);
  EXPECT_EQ(outcome(compressed(std::string(kMax, 'x')), true), Outcome::kMessage);
  EXPECT_EQ(outcome(compressed(std::string(kMax + 1, 'x')), true), Outcome::kTooBig);
  EXPECT_EQ(outcome(compressed(std::string(200 * kMax, 'x')), true), Outcome::kTooBig);
  MessageReader fragments;
  EXPECT_EQ(add_frame(fragments, std::string(kMax, 'x'), true, false), Outcome::kMore);
  EXPECT_EQ(add_frame(fragments, "x", false, false), Outcome::kTooBig);
  MessageReader announced;
  EXPECT_EQ(announced.add({"x", std::size_t{1} << 62, true, false, false}, kMax), Outcome::kTooBig);
}

TEST(MessageReader, WhatIsNoDeflateDataOrNoTextIsSaid) {
  MessageReader broken, not_text, inflates_to_no_text;
  EXPECT_EQ(add_frame(broken, "\xff\xff\xff", true, true, true), Outcome::kBroken);
  EXPECT_EQ(add_frame(not_text, "\xc3\x28", true, true), Outcome::kNotUtf8);
  EXPECT_EQ(add_frame(inflates_to_no_text, compressed(std::string(300, '\xff')), true, true, true),
            Outcome::kNotUtf8);
}

}  // namespace
}  // namespace fairlead::websocket
