#include <gmock/gmock.h>

#include "tests/stream/stream_fixture.h"

namespace fairlead::stream {
namespace {

using namespace std::chrono_literals;

constexpr auto kShort = 0s;
constexpr auto kHeld = 20s;

TEST_F(StreamTest, ALimitHoldsForEventsWithoutACursorToo) {
  auto asked = request();
  const auto id = asked.session;
  auto first = poll(kShort, std::move(asked));
  const auto start = body(first).at("cursor");
  on_engine([this] {
    for (int i = 0; i < 2; ++i) {
      const auto json = R"({"type":"typing","n":)" + std::to_string(i) + "}";
      engine_->shard().deliver(Ephemeral{{room_}, {}, make_bytes(json)});
    }
  });
  auto next = request(id);
  next.frames_max = 1;
  auto second = poll(kHeld, std::move(next));
  const auto answer = body(second);
  ASSERT_EQ(answer.at("events").size(), 1u);
  EXPECT_EQ(answer.at("events")[0].at("n"), 1);  // the newest
  EXPECT_EQ(answer.at("cursor"), start);
}

TEST_F(StreamTest, ARefusedPollOfAnotherUserDoesNotLeadToTheSessionBefore) {
  auto asked = request();
  const auto id = asked.session;
  auto client = poll(kShort, std::move(asked));
  const auto cursor = body(client).at("cursor").get<std::string>();
  client.send("bob");  // on the same (shared) connection: refused by the shard
  client.read_until("request_id");
  client.forget(client.read_until("}").size());
  client.send("again " + cursor);  // bob's head again
  on_engine([] {});
  on_engine([] {});
  EXPECT_EQ(stats().sessions, 0u) << "bob holds ann's session";
  on_engine([&] { EXPECT_EQ(reader_.given_back.size(), 1u); });
  notes(1);
  pass(100ms);
}

TEST_F(StreamTest, ASupersededPollWithoutACursorSaysWhereToGoOn) {
  auto asked = request();
  const auto id = asked.session;
  auto hello = poll(kShort, std::move(asked));
  const auto start = body(hello).at("cursor");
  auto first = poll(kHeld, request(id));
  on_engine([] {});
  auto second = poll(kHeld, request(id));
  const auto answer = body(first);
  EXPECT_EQ(answer.at("superseded"), true);
  EXPECT_EQ(answer.at("cursor"), start);
  notes(1);
  pass(100ms);
  EXPECT_EQ(body(second).at("events").size(), 1u);
}

TEST_F(StreamTest, ACursorThatIsNoneIsNotEchoedIntoAnAnswer) {
  on_engine([this] { engine_->shard().drain(1s, [] {}); });
  auto asked = request();
  asked.cursor = R"(","superseded":true,"x":"\)";
  auto client = poll(kHeld, std::move(asked));
  const auto answer = body(client);
  ASSERT_TRUE(answer.is_object());
  EXPECT_FALSE(answer.contains("superseded"));
  EXPECT_EQ(answer.at("cursor"), "");
}

TEST_F(StreamTest, AShortPollIsAnsweredThoughMuchOfTheLogIsNotForIt) {
  auto asked = request();
  const auto id = asked.session;
  auto first = poll(kShort, std::move(asked));
  const auto start = body(first).at("cursor").get<std::string>();
  notes(3000, RoomId(78));  // more than one look at the log leads past
  auto next = request(id);
  next.cursor = start;
  auto second = poll(kShort, std::move(next));
  const auto answer = body(second);
  ASSERT_TRUE(answer.is_object()) << answer;
  EXPECT_TRUE(answer.at("events").empty());
  EXPECT_NE(answer.at("cursor"), start) << "is led past the same again";
}

TEST_F(StreamTest, AHeldPollIsAnsweredWithWhatComesAndItsConnectionWaitsForTheNext) {
  auto asked = request();
  const auto id = asked.session;
  auto client = poll(kShort, std::move(asked));
  auto cursor = body(client).at("cursor").get<std::string>();
  for (const int n : {3, 1, 2}) {
    client.send(id + " " + cursor);
    while (stats().sessions == 0) on_engine([] {});
    notes(n);
    pass(100ms);  // the linger
    const auto answer = body(client);
    EXPECT_EQ(answer.at("events").size(), static_cast<std::size_t>(n));
    EXPECT_EQ(answer.at("session"), id);
    cursor = answer.at("cursor");
  }
  EXPECT_EQ(engine_->connections(), 1u);
  client.close();
  while (engine_->connections() > 0) on_engine([] {});
  EXPECT_EQ(stats().parked, 1u);
}

TEST_F(StreamTest, TheSameHeadWithANewCursorIsNotReadAgain) {
  auto asked = request();
  const auto id = asked.session;
  auto client = poll(kShort, std::move(asked));
  auto cursor = body(client).at("cursor").get<std::string>();
  for (int n = 1; n <= 5; ++n) {
    client.send((n == 1 ? id + " " : "again ") + cursor);
    while (stats().sessions == 0) on_engine([] {});
    notes(n);
    pass(100ms);
    const auto answer = body(client);
    EXPECT_EQ(answer.at("events").size(), static_cast<std::size_t>(n));
    EXPECT_EQ(answer.at("session"), id);
    cursor = answer.at("cursor");
  }
  on_engine([this] { EXPECT_EQ(reader_.asked, 1); });
  // A cursor that the tail does not have is none that it can go on from so simply.
  client.send("again c1.other.00");
  on_engine([] {});
  while (engine_->connections() > 0) on_engine([] {});
  on_engine([this] { ASSERT_EQ(reader_.given_back.size(), 1u); });
}

TEST_F(StreamTest, ASessionThatSomebodyElseHasPolledSinceIsReadAnew) {
  auto asked = request();
  const auto id = asked.session;
  auto client = poll(kShort, std::move(asked));
  const auto cursor = body(client).at("cursor").get<std::string>();
  auto other = poll(kShort, [&] {
    auto again = request(id);
    again.cursor = cursor;
    return again;
  }());
  EXPECT_EQ(body(other).at("session"), id);
  client.send("again " + cursor);
  while (engine_->connections() > 1) on_engine([] {});
  on_engine([&] {
    ASSERT_EQ(reader_.given_back.size(), 1u);
    EXPECT_EQ(reader_.given_back[0].unread.view(), "again " + cursor);
  });
}

TEST_F(StreamTest, AnythingButAPollGoesBackToTheWorkerWithItsBytes) {
  auto client = poll(kShort, request());
  body(client);
  client.send("GET /api/v1/rooms HTTP/1.1\r\n");
  while (engine_->connections() > 0) on_engine([] {});
  on_engine([this] {
    ASSERT_EQ(reader_.given_back.size(), 1u);
    EXPECT_EQ(reader_.given_back[0].unread.view(), "GET /api/v1/rooms HTTP/1.1\r\n");
    EXPECT_TRUE(reader_.given_back[0].fd);
  });
}

TEST_F(StreamTest, WhatIsPipelinedBehindAPollWaitsForItsAnswer) {
  auto asked = request();
  const auto id = asked.session;
  auto client = poll(kShort, std::move(asked));
  const auto cursor = body(client).at("cursor").get<std::string>();
  while (stats().parked == 0) on_engine([] {});
  client.send(id + " " + cursor);
  while (stats().sessions == 0) on_engine([] {});
  client.send("something else");
  on_engine([] {});
  on_engine([this] { EXPECT_TRUE(reader_.given_back.empty()); });
  notes(1);
  pass(100ms);
  EXPECT_EQ(body(client).at("events").size(), 1u);
  while (engine_->connections() > 0) on_engine([] {});
  on_engine([this] { EXPECT_EQ(reader_.given_back.at(0).unread.view(), "something else"); });
}

TEST_F(StreamTest, WhatTheWorkerHadReadBehindAPollGoesBackToIt) {
  auto client = poll(kShort, request(), "read already");
  body(client);
  while (engine_->connections() > 0) on_engine([] {});
  on_engine([this] { EXPECT_EQ(reader_.given_back.at(0).unread.view(), "read already"); });
}

TEST_F(StreamTest, WhenTheNodeStopsIdlePollersGoAndHeldOnesAreAnsweredFirst) {
  auto idle = poll(kShort, request());
  body(idle);
  auto asked = request();
  const auto id = asked.session;
  auto held = poll(kShort, std::move(asked));
  auto next = request(id);
  next.cursor = body(held).at("cursor").get<std::string>();
  auto again = poll(kHeld, std::move(next));
  while (stats().sessions == 0) on_engine([] {});
  engine_->drain();
  while (engine_->connections() > 1) on_engine([] {});
  EXPECT_EQ(idle.read_to_end(), "");
  notes(1);
  pass(100ms);
  EXPECT_NE(again.read_to_end().find("Connection: close"), std::string::npos);
  EXPECT_EQ(body(again).at("events").size(), 1u);
}

TEST_F(StreamTest, APollerThatSaysNothingForLongIsClosed) {
  auto client = poll(kShort, request());
  body(client);
  pass(limits::kKeepAliveTimeout - 1s);
  EXPECT_EQ(engine_->connections(), 1u);
  pass(2s);
  EXPECT_EQ(engine_->connections(), 0u);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(StreamTest, APollWhoseClientHasGoneIsFreedAndItsEventsComeWithTheNext) {
  auto asked = request();
  const auto id = asked.session;
  auto hello = poll(kShort, std::move(asked));
  const auto cursor = body(hello).at("cursor").get<std::string>();
  auto next = request(id);
  next.cursor = cursor;
  auto held = poll(kHeld, next);
  on_engine([] {});
  held.close();
  for (int i = 0; i < 500 && engine_->connections() > 1; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(stats().parked, 1u);
  notes(2);
  auto again = poll(kHeld, std::move(next));
  EXPECT_EQ(body(again).at("events").size(), 2u);
}

}  // namespace
}  // namespace fairlead::stream
