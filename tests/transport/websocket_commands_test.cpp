#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/transport/websocket_rig.h"

namespace fairlead::websocket::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string send_command(int ref) {
  return R"({"op":"send","ref":)" + std::to_string(ref) +
         R"(,"room_id":"r_0000000000001","text":"x","nonce":"n"})";
}

TEST(WebSocketCommands, PingTellsTheServersTime) {
  Rig rig;
  auto client = rig.connect();
  client.say(R"({"op":"ping","ref":7})");
  EXPECT_EQ(client.read_text(),
            R"({"type":"ack","ref":7,"data":{"server_time":"2023-11-14T22:30:00.000Z"}})");
}

TEST(WebSocketCommands, TheProbeWordOfHelloProvesTheSession) {
  Rig rig;
  auto client = rig.knock({.probe = true});
  client.read_head();
  const auto hello = client.read_text();
  const std::string name = R"("probe":")";
  const auto begin = hello.find(name) + name.size();
  const auto word = hello.substr(begin, hello.find('"', begin) - begin);
  client.say(R"({"op":"probe","ref":1,"probe":"another"})");
  EXPECT_THAT(client.read_text(), HasSubstr(R"("type":"error","ref":1)"));
  client.say(R"({"op":"probe","ref":2,"probe":")" + word + "\"}");
  EXPECT_EQ(client.read_text(), R"({"type":"ack","ref":2,"data":{"proven":true}})");
  bool proven = false;
  rig.on_shard([&](hub::Shard& shard) {
    shard.end_where([&](const hub::Session& session) { return proven = session.proven, false; },
                    hub::EndReason::kInternal);
  });
  EXPECT_TRUE(proven);
}

TEST(WebSocketCommands, AnUnprovenSessionIsClosedWith4010) {
  Rig rig;
  auto client = rig.connect({.probe = true});
  rig.clock.advance(limits::kProbeTimeout);
  EXPECT_THAT(client.read_text_with("bye"), HasSubstr(R"("code":"unproven")"));
  EXPECT_EQ(client.read_close().close_code(), 4010);
}

TEST(WebSocketCommands, ReceivedIsAcknowledgedOnlyIfItHasARef) {
  Rig rig;
  auto client = rig.connect();
  client.say(R"({"op":"received","cursor":"c"})");
  client.say(R"({"op":"received","cursor":"c","ref":"mine"})");
  EXPECT_EQ(client.read_text(), R"({"type":"ack","ref":"mine","data":null})");
  EXPECT_EQ(rig.ws->stats().received, 2u);
}

TEST(WebSocketCommands, TheHandlersAnswersComeBackWithTheirRefs) {
  Rig rig;
  rig.handler.answer_with([](const protocol::Command& command) -> Result<std::string> {
    if (command.op == protocol::CommandOp::kTyping) return fail(ErrorCode::kNotAMember, "no");
    return R"({"text":")" + command.text + "\"}";
  });
  auto client = rig.connect();
  client.say(send_command(1));
  EXPECT_EQ(client.read_text(), R"({"type":"ack","ref":1,"data":{"text":"x"}})");
  client.say(R"({"op":"typing","ref":"t","room_id":"r_0000000000001"})");
  EXPECT_THAT(client.read_text(),
              AllOf(HasSubstr(R"("type":"error","ref":"t")"), HasSubstr(R"("code":"not_a_member")"),
                    HasSubstr(R"("request_id":"request-1")")));
}

TEST(WebSocketCommands, WhatIsNoCommandIsAnsweredAndTheConnectionStays) {
  Rig rig;
  auto client = rig.connect();
  for (const char* text : {"{", "[]", "7", "null", ""}) {
    client.say(text);
    EXPECT_THAT(client.read_text(), AllOf(HasSubstr(R"("type":"error","ref":null)"),
                                          HasSubstr(R"("code":"malformed_json")")));
  }
  client.say(R"({"op":"no_such_op","ref":3})");
  EXPECT_THAT(client.read_text(),
              AllOf(HasSubstr(R"("ref":3)"), HasSubstr(R"("code":"bad_request")")));
  client.say(R"({"op":"ping","ref":4})");
  EXPECT_THAT(client.read_text(), HasSubstr(R"("type":"ack","ref":4)"));
  EXPECT_EQ(rig.ws->stats().commands_refused, 6u);
}

TEST(WebSocketCommands, AFloodIsClosedWith4029) {
  Rig rig;
  auto client = rig.connect();
  for (int i = 0; i < 201; ++i) client.say(R"({"op":"ping"})");
  for (int i = 0; i < 200; ++i) ASSERT_THAT(client.read_text(), HasSubstr("ack")) << i;
  EXPECT_THAT(client.read_text(), HasSubstr(R"("code":"rate_limited")"));
  EXPECT_EQ(client.read_close().close_code(), 4029);
  EXPECT_EQ(rig.ws->stats().rate_limited, 1u);
}

TEST(WebSocketCommands, TheBudgetComesBackWithTime) {
  Rig rig;
  auto client = rig.connect();
  for (int second = 0; second < 5; ++second) {
    for (int i = 0; i < 50; ++i) client.say(R"({"op":"ping"})");
    for (int i = 0; i < 50; ++i) ASSERT_THAT(client.read_text(), HasSubstr("ack"));
    rig.clock.advance(std::chrono::seconds(1));
  }
}

TEST(WebSocketCommands, TwentyMalformedOnesAreEnough) {
  Rig rig;
  auto client = rig.connect();
  for (int i = 0; i < 21; ++i) client.say("{");
  EXPECT_EQ(client.read_close().close_code(), 4029);
}

TEST(WebSocketCommands, NoMoreThanTheLimitWaitForAnswersAndNoneIsLost) {
  Rig rig({.unanswered_commands_max = 8});
  rig.handler.answer_with(nullptr);
  auto client = rig.connect();
  constexpr int kCommands = 100;
  std::string all;
  for (int i = 0; i < kCommands; ++i) all += client_frame(kText, send_command(i));
  ASSERT_TRUE(client.send(all));
  int answered = 0;
  while (answered < kCommands) {
    ASSERT_TRUE(eventually([&] {
      return rig.handler.handled() == static_cast<std::size_t>(std::min(answered + 8, kCommands));
    })) << rig.handler.handled()
        << " handled, " << answered << " answered";
    for (const auto& done : rig.handler.take_waiting()) {
      done("{}");
      ASSERT_THAT(client.read_text(), HasSubstr("\"ref\":" + std::to_string(answered++) + ","));
    }
  }
  EXPECT_EQ(rig.handler.handled(), static_cast<std::size_t>(kCommands));
}

TEST(WebSocketCommands, AnswersForConnectionsThatAreGoneAreDropped) {
  Rig rig;
  rig.handler.answer_with(nullptr);
  constexpr std::size_t kClients = 20;
  for (std::size_t i = 0; i < kClients; ++i) {
    auto client = rig.connect({.tcp = true});
    client.say(send_command(1));
    ASSERT_TRUE(eventually([&] { return rig.handler.handled() == i + 1; }));
    client.reset();
  }
  ASSERT_TRUE(eventually([&] { return rig.ws->stats().connections == 0; }));
  auto stays = rig.connect();
  const auto waiting = rig.handler.take_waiting();
  ASSERT_EQ(waiting.size(), kClients);
  std::thread elsewhere([&] {
    for (const auto& done : waiting) done(R"({"whose":"another's"})");
  });
  elsewhere.join();
  stays.say(R"({"op":"ping","ref":"own"})");
  EXPECT_THAT(stays.read_text(), HasSubstr(R"("ref":"own")"));
}

TEST(WebSocketCommands, AnswersAfterTheStopAreDropped) {
  Rig rig;
  rig.handler.answer_with(nullptr);
  auto client = rig.connect();
  client.say(send_command(1));
  ASSERT_TRUE(eventually([&] { return rig.handler.handled() == 1; }));
  rig.ws->stop();
  for (const auto& done : rig.handler.take_waiting()) done("{}");
  EXPECT_TRUE(client.at_end());
}

}  // namespace
}  // namespace fairlead::websocket::testing
