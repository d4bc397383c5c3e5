#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <future>
#include <thread>

#include "tests/transport/websocket_rig.h"

namespace fairlead::websocket::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::seconds kHeartbeat{limits::kHeartbeatDefault_s};

Client::Frame next_ping(Client& client) {
  for (;;) {
    auto frame = client.read_frame();
    if (frame.opcode == kPing || frame.opcode == -1) return frame;
  }
}

TEST(WebSocketLiveness, AHeartbeatIsADataFrameAndAPing) {
  Rig rig;
  auto client = rig.connect();
  rig.clock.advance(kHeartbeat);
  bool heartbeat = false;
  bool ping = false;
  while (!heartbeat || !ping) {
    const auto frame = client.read_frame();
    ASSERT_NE(frame.opcode, -1);
    heartbeat |= frame.text() && frame.payload.find("heartbeat") != std::string::npos;
    if (frame.opcode == kPing) {
      ping = true;
      EXPECT_NE(frame.payload, "") << "lws does not tell of empty pongs";
    }
  }
}

TEST(WebSocketLiveness, AClientThatDoesNotAnswerAPingIsDropped) {
  Rig rig;
  auto silent = rig.connect();
  auto answers = rig.connect();
  rig.clock.advance(kHeartbeat);
  ASSERT_EQ(next_ping(silent).opcode, kPing);
  const auto ping = next_ping(answers);
  ASSERT_EQ(ping.opcode, kPing);
  ASSERT_TRUE(answers.send(client_frame(kPong, ping.payload)));
  answers.say(R"({"op":"ping","ref":"behind the pong"})");
  ASSERT_THAT(answers.read_text_with("behind"), HasSubstr("ack"));
  EXPECT_EQ(rig.ws->stats().pong_timeouts, 0u);
  rig.clock.advance(limits::kPongTimeout);
  EXPECT_TRUE(silent.at_end());
  EXPECT_EQ(rig.ws->stats().pong_timeouts, 1u);
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 1; }));
  answers.say(R"({"op":"ping","ref":"still here"})");
  EXPECT_THAT(answers.read_text_with("still"), HasSubstr("ack"));
}

// How long it had been silent then is our own patience: four of these would be taken for a proxy.
TEST(WebSocketLiveness, AClientThatIsDroppedForItsSilenceWasCutNobodyKnowsWhen) {
  class Cuts final : public hub::Networks {
   public:
    protocol::Json advice(Network) const override { return protocol::Json::object(); }
    void proved(Network, hub::TransportKind, int) override {}
    void unproven(Network, hub::TransportKind, hub::Cause) override {}
    void fell_back(Network, hub::TransportKind, hub::Cause) override {}
    void cut(Network, hub::TransportKind, Millis, Millis) override { ++count; }
    std::atomic<int> count{0};
  } cuts;
  hub::ShardSettings settings;
  settings.networks = &cuts;
  Rig rig({}, settings);
  auto silent = rig.connect(), resets = rig.connect({.tcp = true});
  resets.reset();
  EXPECT_TRUE(eventually([&] { return cuts.count == 1; }));
  rig.clock.advance(kHeartbeat);
  ASSERT_EQ(next_ping(silent).opcode, kPing);
  rig.clock.advance(limits::kPongTimeout);
  EXPECT_TRUE(silent.at_end());
  EXPECT_TRUE(eventually([&] { return rig.sessions() == 0; }));
  EXPECT_EQ(cuts.count, 1);
}

TEST(WebSocketLiveness, AnyFrameAfterThePingWillDo) {
  Rig rig;
  auto client = rig.connect();
  rig.clock.advance(kHeartbeat);
  ASSERT_EQ(next_ping(client).opcode, kPing);
  client.say(R"({"op":"ping","ref":1})");
  ASSERT_THAT(client.read_text_with("\"ref\":1"), HasSubstr("ack"));
  rig.clock.advance(limits::kPongTimeout);
  client.say(R"({"op":"ping","ref":2})");
  EXPECT_THAT(client.read_text_with("\"ref\":2"), HasSubstr("ack"));
  EXPECT_EQ(rig.ws->stats().pong_timeouts, 0u);
}

TEST(WebSocketLiveness, AClientThatIsNotReadForItsUnansweredCommandsIsNotTakenForDead) {
  Rig rig({.unanswered_commands_max = 1});
  rig.handler.answer_with(nullptr);
  auto client = rig.connect();
  client.say(R"({"op":"send","ref":1,"room_id":"r_0000000000001","text":"x"})");
  ASSERT_TRUE(eventually([&] { return rig.handler.handled() == 1; }));
  rig.clock.advance(kHeartbeat);
  const auto ping = next_ping(client);
  ASSERT_TRUE(client.send(client_frame(kPong, ping.payload)));
  rig.clock.advance(limits::kPongTimeout);
  rig.clock.advance(limits::kPongTimeout);
  rig.on_shard([](hub::Shard& shard) { shard.tick(); });
  for (const auto& done : rig.handler.take_waiting()) done("{}");
  EXPECT_THAT(client.read_text_with("\"ref\":1"), HasSubstr("ack"));
  EXPECT_EQ(rig.ws->stats().pong_timeouts, 0u);
}

TEST(WebSocketLiveness, AClientThatNeverAnswersOurCloseIsFreed) {
  Rig rig;
  auto client = rig.connect();
  rig.end_all(hub::EndReason::kRestart);
  EXPECT_EQ(client.read_close().close_code(), 1012);
  EXPECT_EQ(rig.ws->stats().connections, 1u) << "it has its time to answer";
  rig.clock.advance(WsShardOptions{}.close_timeout);
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(eventually([&] { return rig.ws->stats().connections == 0; }));
}

TEST(WebSocketLiveness, AClientThatDoesNotReadOurCloseIsFreed) {
  Rig rig({.send_buffer_bytes = 4096});
  auto client = rig.connect({.tcp = true, .receive_buffer_bytes = 4096});
  for (int i = 0; i < 300; ++i) rig.publish(std::string(2000, 'z'));
  rig.end_all(hub::EndReason::kSlow);
  rig.clock.advance(WsShardOptions{}.close_timeout);
  EXPECT_TRUE(eventually([&] { return rig.ws->stats().connections == 0; }));
}

TEST(WebSocketLiveness, ResetsInTheMiddleOfTrafficDisturbNobody) {
  Rig rig;
  auto canary = rig.connect();
  for (int round = 0; round < 50; ++round) {
    std::vector<Client> clients;
    for (int i = 0; i < 4; ++i) clients.push_back(rig.connect({.tcp = true}));
    clients[0].send(client_frame(kText, "{", false));
    clients[1].say(R"({"op":"ping"})");
    const auto event = rig.publish(std::to_string(round));
    for (auto& client : clients) client.reset();
    ASSERT_EQ(canary.read_text(), event);
  }
  EXPECT_TRUE(eventually([&] { return rig.ws->stats().connections == 1; }));
  EXPECT_EQ(rig.sessions(), 1u);
}

TEST(WebSocketLiveness, ADrainEndsEverySessionWith1012) {
  Rig rig;
  std::vector<Client> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(rig.connect());
  std::promise<void> drained;
  rig.hub.drain(std::chrono::milliseconds(1000), [&] { drained.set_value(); });
  for (auto& client : clients) {
    EXPECT_THAT(client.read_text(), HasSubstr(R"("reconnect_in_ms")"));
    EXPECT_EQ(client.read_close().close_code(), 1012);
  }
  drained.get_future().wait();
  auto late = rig.knock({});
  late.read_head();
  EXPECT_EQ(late.read_close().close_code(), 1012);
}

TEST(WebSocketLiveness, AStopClosesWhatIsThere) {
  std::vector<Client> clients;
  {
    Rig rig({.send_buffer_bytes = 4096});
    for (int i = 0; i < 100; ++i) {
      clients.push_back(i % 2 == 0 ? rig.connect()
                                   : rig.connect({.tcp = true, .receive_buffer_bytes = 4096}));
    }
    for (int i = 0; i < 50; ++i) rig.publish(std::string(2000, 'z'));
    clients.push_back(rig.knock({}));
    clients.back().read_head();
    clients[0].send(client_frame(kText, "{", false));
    rig.end_all(hub::EndReason::kRestart);
  }
  for (auto& client : clients) EXPECT_TRUE(client.at_end());
}

TEST(WebSocketLiveness, PostsFromAllSidesDuringAStopAreHarmless) {
  for (int round = 0; round < 20; ++round) {
    Rig rig;
    auto client = rig.connect();
    std::vector<std::thread> others;
    std::atomic<bool> stop{false};
    for (int i = 0; i < 2; ++i) {
      others.emplace_back([&] {
        while (!stop) {
          rig.ws->shard().post([] {});
          rig.knock({});
        }
      });
    }
    rig.ws->stop();
    stop = true;
    for (auto& other : others) other.join();
  }
}

// lws closes the eventfd of its wake-up twice (event_pipe_guard.h).
TEST(WebSocketLiveness, AStopClosesNoDescriptorOfAnotherThread) {
  for (int round = 0; round < 100; ++round) {
    Rig rig;
    std::vector<Client> clients;
    for (int i = 0; i < 10; ++i) clients.push_back(rig.connect());
    std::atomic<bool> stop{false};
    std::atomic<int> lost{0};
    std::atomic<int> running{0};
    std::vector<std::thread> others;
    for (int i = 0; i < 2; ++i) {
      others.emplace_back([&] {
        for (bool first = true; !stop; first = false) {
          std::array<int, 4> fds;
          for (int& fd : fds) fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
          for (const int fd : fds) lost += ::close(fd) != 0;
          if (first) ++running;
        }
      });
    }
    ASSERT_TRUE(eventually([&] { return running == 2; }));
    rig.ws->stop();
    stop = true;
    for (auto& other : others) other.join();
    ASSERT_EQ(lost, 0) << "in round " << round;
  }
}

}  // namespace
}  // namespace fairlead::websocket::testing
