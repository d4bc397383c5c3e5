#include <gmock/gmock.h>

#include "tests/stream/stream_fixture.h"

namespace fairlead::stream {
namespace {

using namespace std::chrono_literals;

constexpr poll::PollOptions kShort{"r", 0s};
constexpr poll::PollOptions kHeld{"r", 20s};

TEST_F(StreamTest, ALimitHoldsForEventsWithoutACursorToo) {
  auto asked = request();
  const auto id = asked.session;
  auto first = poll(kShort, std::move(asked));
  const auto start = body(first).at("cursor");
  on_engine([this] {
    for (int i = 0; i < 2; ++i) {
      const auto json = R"({"type":"typing","n":)" + std::to_string(i) + "}";
      engine_->shard().deliver(hub::Ephemeral{{room_}, {}, make_bytes(json)});
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

TEST_F(StreamTest, AHeldPollIsAnsweredWithWhatComesAndItsConnectionGivenBack) {
  auto asked = request();
  const auto id = asked.session;
  auto hello = poll(kShort, std::move(asked));
  auto next = request(id);
  next.cursor = body(hello).at("cursor").get<std::string>();
  auto held = poll(kHeld, std::move(next));
  on_engine([] {});
  notes(3);
  pass(100ms);  // the linger
  EXPECT_EQ(body(held).at("events").size(), 3u);
  std::size_t given_back = 0;
  on_engine([&] { given_back = given_back_.size(); });
  EXPECT_EQ(given_back, 2u);
  EXPECT_EQ(engine_->connections(), 0u);
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
  for (int i = 0; i < 500 && engine_->connections() > 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(stats().parked, 1u);
  notes(2);
  auto again = poll(kHeld, std::move(next));
  EXPECT_EQ(body(again).at("events").size(), 2u);
}

}  // namespace
}  // namespace fairlead::stream
