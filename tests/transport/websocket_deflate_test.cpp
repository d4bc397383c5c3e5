#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/limits.h"
#include "deflate/deflate.h"
#include "tests/transport/websocket_rig.h"
#include "transport/websocket/deflate_offer.h"

namespace fairlead::websocket::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kRsv1 = 4;

Rig::Knock deflating() {
  return {.deflate = answer_to_deflate_offer("permessage-deflate")};
}

std::string compressed(std::string_view text) {
  std::string payload;
  EXPECT_TRUE(deflate::add_compressed(payload, text));
  return payload;
}

std::string ping_command(std::string_view ref, std::size_t padding = 200) {
  return R"({"op":"ping","ref":")" + std::string(ref) + R"(","pad":")" + std::string(padding, 'x') +
         "\"}";
}

TEST(WebSocketDeflate, TheHandshakeSaysHow) {
  Rig rig;
  auto client = rig.knock(deflating());
  EXPECT_THAT(
      client.read_head(),
      HasSubstr("\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                "client_no_context_takeover\r\nX-Request-Id: request-1\r\n"));
  const auto hello = client.read_frame();
  EXPECT_TRUE(hello.text());
  EXPECT_FALSE(hello.deflated);
  auto without = rig.knock({});
  EXPECT_THAT(without.read_head(), Not(HasSubstr("Sec-WebSocket-Extensions")));
}

TEST(WebSocketDeflate, EventsSayTheSameToThoseWhoInflateAndThoseWhoDoNot) {
  Rig rig;
  auto inflating = rig.connect(deflating());
  auto plain = rig.connect();
  for (const std::size_t chars : {5u, 300u, 70'000u}) {
    const auto json = rig.publish(std::string(chars, 'x'));
    const auto frame = inflating.read_frame();
    EXPECT_EQ(frame.payload, json);
    EXPECT_EQ(frame.deflated, chars > 5);
    EXPECT_EQ(plain.read_text(), json);
  }
}

TEST(WebSocketDeflate, CommandsMayBeCompressedAndCut) {
  Rig rig;
  auto client = rig.connect(deflating());
  ASSERT_TRUE(client.send(client_frame(kText, compressed(ping_command("one")), true, true, kRsv1)));
  EXPECT_THAT(client.read_text(), HasSubstr(R"("ref":"one")"));
  ASSERT_TRUE(client.say(ping_command("plain")));
  EXPECT_THAT(client.read_text(), HasSubstr(R"("ref":"plain")"));
  const auto payload = compressed(ping_command("cut"));
  ASSERT_TRUE(client.send(client_frame(kText, payload.substr(0, 3), false, true, kRsv1) +
                          client_frame(kPing, "between") + client_frame(kContinuation, "", false) +
                          client_frame(kContinuation, payload.substr(3))));
  bool pong = false, ack = false;
  while (!pong || !ack) {
    const auto frame = client.read_frame();
    ASSERT_NE(frame.opcode, -1);
    pong |= frame.opcode == kPong && frame.payload == "between";
    ack |= frame.text() && frame.payload.find(R"("ref":"cut")") != std::string::npos;
  }
}

TEST(WebSocketDeflate, OneByteAtATimeIsAsGoodAsAllAtOnce) {
  Rig rig;
  auto client = rig.connect(deflating());
  const auto frame = client_frame(kText, compressed(ping_command("slow")), true, true, kRsv1);
  for (const char byte : frame) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_THAT(client.read_text(), HasSubstr(R"("ref":"slow")"));
}

TEST(WebSocketDeflate, AnEmptyMessageIsNoCommandAndEndsNothing) {
  Rig rig;
  auto client = rig.connect(deflating());
  ASSERT_TRUE(client.send(client_frame(kText, std::string(1, '\0'), true, true, kRsv1) +
                          client_frame(kText, "", true, true, kRsv1)));
  EXPECT_THAT(client.read_text(), HasSubstr("malformed_json"));
  EXPECT_THAT(client.read_text(), HasSubstr("malformed_json"));
  ASSERT_TRUE(client.say(ping_command("alive")));
  EXPECT_THAT(client.read_text(), HasSubstr(R"("ref":"alive")"));
}

TEST(WebSocketDeflate, AllThatIsAllowedIsInflatedAndABombIsNot) {
  Rig rig;
  auto client = rig.connect(deflating());
  const auto padding = limits::kWsMessageBytesMax - ping_command("big", 0).size();
  ASSERT_TRUE(client.send(
      client_frame(kText, compressed(ping_command("big", padding)), true, true, kRsv1)));
  EXPECT_THAT(client.read_text(), HasSubstr(R"("ref":"big")"));
  ASSERT_TRUE(client.send(
      client_frame(kText, compressed(ping_command("big", padding + 1)), true, true, kRsv1)));
  EXPECT_EQ(client.read_close().close_code(), 1009);
  auto bomber = rig.connect(deflating());
  ASSERT_TRUE(bomber.send(
      client_frame(kText, compressed(std::string(50'000'000, 'a')), true, true, kRsv1)));
  EXPECT_EQ(bomber.read_close().close_code(), 1009);
}

struct Offence {
  const char* what;
  std::string bytes;
  int code;
};

TEST(WebSocketDeflate, WhatBreaksTheProtocolClosesTheConnection) {
  const auto payload = compressed(ping_command("x"));
  const std::vector<Offence> offences{
      {"reserved bit 2", client_frame(kText, payload, true, true, 2), 1002},
      {"reserved bits 1 and 3", client_frame(kText, payload, true, true, 5), 1002},
      {"reserved bit 1 on a continuation",
       client_frame(kText, payload.substr(0, 3), false, true, kRsv1) +
           client_frame(kContinuation, payload.substr(3), true, true, kRsv1),
       1002},
      {"reserved bit 1 on a continuation of what is not compressed",
       client_frame(kText, "{", false) + client_frame(kContinuation, "}", true, true, kRsv1), 1002},
      {"reserved bit 1 on a pong", client_frame(kPong, "hb", true, true, kRsv1), 1002},
      {"no DEFLATE data", client_frame(kText, "\xff\xff\xff", true, true, kRsv1), 1007},
      {"DEFLATE data that is cut",
       client_frame(kText, std::string("\x00\x05\x00\xfa\xffHe", 7), true, true, kRsv1), 1007},
      {"a window that another message left",
       client_frame(kText, "\xf2\x00\x11\x00", true, true, kRsv1), 1007},
      {"compressed, not UTF-8",
       client_frame(kText, compressed(std::string(100, '\xff')), true, true, kRsv1), 1007},
      {"not UTF-8", client_frame(kText, "\xc0\xaf"), 1007},
      {"compressed binary", client_frame(kBinary, payload, true, true, kRsv1), 1003},
  };
  Rig rig;
  for (const auto& offence : offences) {
    auto client = rig.connect(deflating());
    client.send(offence.bytes);
    EXPECT_EQ(client.read_close().close_code(), offence.code) << offence.what;
    EXPECT_TRUE(eventually([&] { return rig.sessions() == 0; })) << offence.what;
    rig.publish("late");
    client.shut_down_sending();
    EXPECT_EQ(client.read_frame().opcode, -1) << offence.what;
  }
}

TEST(WebSocketDeflate, ACompressedFrameIsARsvOffenceForWhoHasNotNegotiatedIt) {
  Rig rig;
  auto client = rig.connect();
  client.send(client_frame(kText, compressed(ping_command("x")), true, true, kRsv1));
  EXPECT_EQ(client.read_close().close_code(), 1002);
}

// The socket takes a frame in part, and the rest goes through lws: compressed frames have the
// lengths that are looked at to find where one ends.
TEST(WebSocketDeflate, ASlowReaderGetsEveryFrameWhole) {
  Rig rig({.send_buffer_bytes = 4096});
  auto how = deflating();
  how.tcp = true;
  how.receive_buffer_bytes = 4096;
  auto client = rig.connect(how);
  std::vector<std::string> published;
  for (int i = 0; i < 300; ++i) {
    std::string text = std::to_string(i);
    for (unsigned n = 0; text.size() < 2000; ++n) text += std::to_string(n * 2654435761U);
    published.push_back(rig.publish(text));
  }
  for (const auto& json : published) ASSERT_EQ(client.read_text(), json);
}

}  // namespace
}  // namespace fairlead::websocket::testing
