#include "doctor/path/event_stream.h"

#include <gtest/gtest.h>

namespace fairlead::doctor {
namespace {

constexpr const char* kHello = "data: {\"type\":\"hello\",\"session\":\"s_1\",\"probe\":\"w\"}\n\n";
constexpr const char* kProbe = "data: {\"type\":\"probe\"}\n\n";

// A stream whose pieces came at these times.
Answer stream(std::initializer_list<std::pair<double, std::string>> pieces) {
  Answer answer;
  answer.status = 200;
  answer.headers = {{"content-type", "text/event-stream; charset=utf-8"}};
  for (const auto& [at, text] : pieces) {
    answer.body += text;
    answer.pieces.push_back({at, answer.body.size()});
  }
  return answer;
}

TEST(EventStream, EventsHaveTheTimeOfTheirLastByte) {
  const std::string hello = kHello;
  const auto events =
      events_in(stream({{0.1, hello.substr(0, 20)}, {0.2, hello.substr(20)}, {0.5, kProbe}}));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type, "hello");
  EXPECT_EQ(events[0].session, "s_1");
  EXPECT_EQ(events[0].probe, "w");
  EXPECT_DOUBLE_EQ(events[0].at_s, 0.2);
  EXPECT_DOUBLE_EQ(events[1].at_s, 0.5);
}

TEST(EventStream, WhatIsNoJsonIsPassedOver) {
  EXPECT_TRUE(events_in(stream({{0, "data: {\n\ndata: []\n\ndata: {\"type\":7}x\n\n"}})).empty());
}

TEST(EventStream, WellIsASecondEventWhereTheServerPutIt) {
  EXPECT_EQ(look_at(stream({{0.01, kHello}, {0.32, kProbe}})).pace, Pace::kWell);
  EXPECT_EQ(look_at(stream({{0.01, kHello}, {1.2, kProbe}})).pace, Pace::kWell) << "a slow way";
}

TEST(EventStream, HeldIsNoEvent) {
  EXPECT_EQ(look_at(stream({{0.01, ": padding\n"}})).pace, Pace::kHeld);
  Answer silent;
  silent.trouble = {Trouble::Kind::kTimeout};
  EXPECT_EQ(look_at(silent).pace, Pace::kHeld);
}

TEST(EventStream, BehindIsAHelloAlone) {
  EXPECT_EQ(look_at(stream({{0.3, kHello}})).pace, Pace::kBehind);
  EXPECT_EQ(look_at(stream({{0.3, kHello}, {3.5, kProbe}})).pace, Pace::kBehind);
}

TEST(EventStream, DelayedIsBothAtOnce) {
  auto answer = stream({{1.0, std::string(kHello) + kProbe}});
  answer.head_s = 0.1;
  const auto look = look_at(answer);
  EXPECT_EQ(look.pace, Pace::kDelayed);
  EXPECT_NEAR(look.delay_s, 0.9, 1e-9);
}

TEST(EventStream, AnotherAnswerIsARefusal) {
  auto answer = stream({});
  answer.status = 403;
  EXPECT_EQ(look_at(answer).pace, Pace::kRefused);
  answer.status = 200;
  answer.headers = {{"content-type", "text/html"}};
  EXPECT_EQ(look_at(answer).pace, Pace::kRefused);
}

TEST(EventStream, IdentityIsNoCompression) {
  auto answer = stream({{0.01, kHello}, {0.32, kProbe}});
  answer.headers.emplace_back("content-encoding", "identity");
  EXPECT_EQ(look_at(answer).encoding, "");
  answer.headers.back().second = "gzip";
  EXPECT_EQ(look_at(answer).encoding, "gzip");
}

}  // namespace
}  // namespace fairlead::doctor
