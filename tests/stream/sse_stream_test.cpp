#include <gmock/gmock.h>

#include "tests/stream/stream_fixture.h"

namespace fairlead::stream {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST_F(StreamTest, AConnectionThatCannotBeWatchedOpensNoSession) {
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  Client client{UniqueFd(fds[1])};
  start_sse(UniqueFd(fds[0]), {}, request());
  client.read_until("hello");
  // epoll refuses what it watches already, as it refuses any socket when the kernel has no room.
  // (The number is closed with the second stream; the first finds it gone at its end.)
  start_sse(UniqueFd(fds[0]), {}, request());
  on_engine([] {});
  on_engine([] {});
  EXPECT_EQ(engine_->connections(), 1u);
  EXPECT_EQ(stats().sessions, 1u);
}

TEST_F(StreamTest, AStreamThatIsReadSlowlyIsNotClosedAsOneThatIsNotRead) {
  auto client = sse();
  client.read_until("hello");
  notes(4000);
  for (int i = 0; i < 3; ++i) {
    pass(25s);
    ASSERT_TRUE(client.fill(25'000));
  }
  pass(2s);
  EXPECT_EQ(stats().slow_closed, 0u);
  pass(62s);
  EXPECT_EQ(stats().slow_closed, 1u);
}

TEST_F(StreamTest, WhatIsCutByTheEndOfLifeIsWholeEventsAndABye) {
  sse::StreamOptions options;
  options.max_life = 5s;
  options.flush_comments = true;
  auto client = sse(options);
  client.read_until("hello");
  notes(4000);  // more than the socket holds: an event is cut in the middle
  pass(6s);
  const auto& text = client.read_to_end();
  EXPECT_THAT(text, HasSubstr(R"("code":"max_life")"));
  // Each line but the head's is a whole field or a comment.
  std::size_t at = text.find("\r\n\r\n") + 4;
  int events = 0;
  while (at < text.size()) {
    const auto end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos) << text.substr(at);
    const auto line = text.substr(at, end - at);
    if (line.starts_with("data:")) {
      ++events;
      const auto json = protocol::Json::parse(line.substr(5), nullptr, false);
      ASSERT_FALSE(json.is_discarded()) << line;
      if (json.at("type") == "note") {
        EXPECT_EQ(json.at("data").at("n"), events - 1);
      }
    }
    at = end + 1;
  }
  EXPECT_GT(events, 10);
}

TEST_F(StreamTest, AClientThatGoesIsForgotten) {
  auto client = sse();
  client.read_until("hello");
  EXPECT_EQ(stats().sessions, 1u);
  client.close();
  for (int i = 0; i < 500 && engine_->connections() > 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(engine_->connections(), 0u);
  EXPECT_EQ(stats().sessions, 0u);
}

}  // namespace
}  // namespace fairlead::stream
