#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "tests/transport/websocket_rig.h"

namespace fairlead::websocket::testing {
namespace {

using ::testing::HasSubstr;

// Frames that a test server's socket cannot hold: what lws and the outbox keep is part of what is
// tested.
WsShardOptions small_buffers() {
  return {.send_buffer_bytes = 4096};
}
Rig::Knock small_client() {
  return {.tcp = true, .receive_buffer_bytes = 4096};
}

std::chrono::microseconds cpu_time() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return us(used.ru_utime) + us(used.ru_stime);
}

TEST(WebSocketDelivery, AnEventArrivesAsItIsInTheLog) {
  Rig rig;
  auto client = rig.connect();
  const auto event = rig.publish("hi – ünïcode");
  EXPECT_EQ(client.read_text(), event);
}

TEST(WebSocketDelivery, ManyEventsAtOnceArriveWholeAndInOrder) {
  Rig rig;
  auto client = rig.connect();
  std::vector<std::string> events;
  rig.on_shard([&](hub::Shard&) {
    for (int i = 0; i < 500; ++i) {
      events.push_back(rig.publish(std::string(static_cast<std::size_t>(i) * 3, 'x')));
    }
  });
  for (const auto& event : events) ASSERT_EQ(client.read_text(), event);
}

TEST(WebSocketDelivery, AClientThatDoesNotReadHasItAllLaterInOrderAndInStep) {
  Rig rig(small_buffers());
  auto client = rig.connect(small_client());
  auto canary = rig.connect();
  constexpr int kEvents = 3000;
  std::vector<std::string> events;
  for (int i = 0; i < kEvents; ++i) {
    events.push_back(rig.publish(std::to_string(i) + std::string(1000, 'x')));
    ASSERT_EQ(canary.read_text(), events.back());
    // The library answers these by itself, between our writes.
    if (i % 100 == 0) {
      ASSERT_TRUE(client.send(client_frame(kPing, std::to_string(i))));
    }
    if (i % 500 == 0) {
      rig.clock.advance(
          std::chrono::seconds(9));  // below the slow client's limit; heartbeats are due
    }
  }
  EXPECT_GE(rig.hub.stats().fell_behind, 1u);
  std::size_t next = 0;
  while (next < events.size()) {
    const auto frame = client.read_frame();
    ASSERT_NE(frame.opcode, -1) << frame.payload << " after " << next;
    if (frame.text() && frame.payload.find("message.created") != std::string::npos) {
      ASSERT_EQ(frame.payload, events[next]) << next;
      ++next;
    }
  }
}

TEST(WebSocketDelivery, ManySlowClientsUnderLoadStayInStep) {
  Rig rig(small_buffers());
  constexpr int kClients = 20;
  constexpr int kEvents = 400;
  std::vector<Client> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(rig.connect(small_client()));
  std::vector<std::string> events;
  for (int i = 0; i < kEvents; ++i) {
    events.push_back(
        rig.publish(std::to_string(i) + std::string(static_cast<std::size_t>(i * 37 % 3000), 'y')));
  }
  std::vector<std::thread> readers;
  for (auto& client : clients) {
    readers.emplace_back([&] {
      for (const auto& event : events) {
        const auto text = client.read_text();
        if (text != event) {
          ADD_FAILURE() << text.substr(0, 100) << " is not " << event.substr(0, 100);
          return;
        }
        client.send(client_frame(kPing, "between"));
      }
    });
  }
  for (auto& reader : readers) reader.join();
}

TEST(WebSocketDelivery, EachEndingHasItsByeAndItsCloseCode) {
  Rig rig;
  for (const auto reason :
       {hub::EndReason::kGoingAway, hub::EndReason::kRestart, hub::EndReason::kAuthEnded,
        hub::EndReason::kForbidden, hub::EndReason::kSlow, hub::EndReason::kTakenOver,
        hub::EndReason::kUnproven, hub::EndReason::kRateLimited, hub::EndReason::kInternal}) {
    auto client = rig.connect();
    rig.end_all(reason);
    EXPECT_THAT(client.read_text(), HasSubstr(R"("type":"bye")"));
    const auto frame = client.read_frame();
    EXPECT_EQ(frame.close_code(), hub::traits(reason).close_code);
    EXPECT_EQ(frame.payload.substr(2), hub::traits(reason).code);
    ASSERT_TRUE(client.send(client_frame(kClose, frame.payload)));
    EXPECT_EQ(client.read_frame().payload, "eof") << "nothing comes behind a CLOSE";
  }
  EXPECT_TRUE(eventually([&] { return rig.ws->stats().connections == 0; }));
}

TEST(WebSocketDelivery, TheCloseCodeArrivesEvenIfTheSocketWasFullWhenTheSessionEnded) {
  Rig rig(small_buffers());
  auto client = rig.connect(small_client());
  std::vector<std::string> events;
  for (int i = 0; i < 300; ++i) events.push_back(rig.publish(std::string(2000, 'z')));
  rig.on_shard([](hub::Shard&) {});  // all of them have been flushed or are waiting
  rig.end_all(hub::EndReason::kRestart);
  std::size_t next = 0;
  for (;;) {
    const auto text = client.read_text();
    if (text.find(R"("type":"bye")") != std::string::npos) break;
    ASSERT_LT(next, events.size());
    ASSERT_EQ(text, events[next++]);
  }
  EXPECT_GT(next, 0u);
  EXPECT_EQ(client.read_frame().close_code(), 1012);
}

TEST(WebSocketDelivery, WhatAClientSaysAfterItsEndIsIgnored) {
  Rig rig;
  auto client = rig.connect();
  rig.end_all(hub::EndReason::kAuthEnded);
  for (int i = 0; i < 300; ++i)
    client.say(R"({"op":"send","room_id":"r_0000000000001","text":"x"})");
  EXPECT_EQ(client.read_close().close_code(), 4001);
  client.send(client_frame(kClose, "\x0f\xa1"));
  EXPECT_EQ(client.read_frame().opcode, -1);
  EXPECT_EQ(rig.handler.handled(), 0u);
}

TEST(WebSocketDelivery, ANewConnectionTakesTheSessionOver) {
  Rig rig;
  auto first = rig.connect({.session = "s_mine"});
  auto second = rig.connect({.session = "s_mine"});
  EXPECT_EQ(first.read_close().close_code(), 4009);
  EXPECT_EQ(rig.sessions(), 1u);
  const auto event = rig.publish("to the second");
  EXPECT_EQ(second.read_text(), event);
}

// lws would spin: it sees the end of what it may read again and again while it holds bytes to
// write.
TEST(WebSocketDelivery, AClientThatClosesItsSideWhileBlockedCostsNoProcessorTime) {
  Rig rig(small_buffers());
  auto client = rig.connect(small_client());
  for (int i = 0; i < 300; ++i) rig.publish(std::string(2000, 'z'));
  rig.on_shard([](hub::Shard&) {});
  const auto before = cpu_time();
  client.shut_down_sending();
  EXPECT_TRUE(eventually([&] { return rig.ws->stats().connections == 0; }));
  EXPECT_LT(cpu_time() - before, std::chrono::milliseconds(1000));
  EXPECT_EQ(rig.sessions(), 0u);
}

TEST(WebSocketDelivery, AClientWhoseAnswersPileUpIsNotReadFurther) {
  auto options = small_buffers();
  options.commands_burst = 1e6;
  Rig rig(options);
  rig.handler.answer_with([](const protocol::Command&) -> Result<std::string> {
    return "\"" + std::string(20'000, 'a') + "\"";
  });
  auto client = rig.connect(small_client());
  constexpr int kCommands = 1000;
  std::string command =
      client_frame(kText, R"({"op":"send","ref":1,"room_id":"r_0000000000001","text":"x"})");
  std::string all;
  for (int i = 0; i < kCommands; ++i) all += command;
  ASSERT_TRUE(client.send(all));
  std::size_t most = 0;
  for (int i = 0; i < 50; ++i) {
    rig.on_shard([&](hub::Shard& shard) {
      shard.end_where(
          [&](const hub::Session& session) {
            most = std::max(most, session.outbox.bytes());
            return false;
          },
          hub::EndReason::kInternal);
    });
  }
  EXPECT_LT(most, 64u * 1024 + 66 * 20'100);
  for (int i = 0; i < kCommands; ++i) ASSERT_THAT(client.read_text(), HasSubstr("ack")) << i;
}

}  // namespace
}  // namespace fairlead::websocket::testing
