#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/transport/websocket_rig.h"

namespace fairlead::websocket::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(WebSocketHandshake, IsAnsweredWithTheAcceptKeyTheSubprotocolAndTheRequestId) {
  Rig rig;
  auto client = rig.knock({});
  const auto head = client.read_head();
  EXPECT_THAT(head, StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Protocol: fairlead.v1.json\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Request-Id: request-1\r\n"));
  EXPECT_THAT(client.read_text(), HasSubstr(R"("transport":"websocket")"));
}

TEST(WebSocketHandshake, EchoesTheSubprotocolOnlyIfItWasOffered) {
  Rig rig;
  auto client = rig.knock({.subprotocol = Subprotocol::kNone});
  const auto head = client.read_head();
  EXPECT_THAT(head, StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(head, Not(HasSubstr("Sec-WebSocket-Protocol")));
  EXPECT_THAT(client.read_text(), HasSubstr(R"("type":"hello")"));
}

TEST(WebSocketHandshake, FramesThatCameBehindItAreAnsweredAfterHello) {
  Rig rig;
  for (const std::size_t padding : {0, 100, 126, 127, 128, 2000, 8000}) {
    const auto command =
        R"({"op":"ping","ref":"early","pad":")" + std::string(padding, 'x') + "\"}";
    auto client = rig.knock({.early = client_frame(kText, command)});
    ASSERT_THAT(client.read_head(), StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(client.read_text(), HasSubstr(R"("type":"hello")"));
    EXPECT_THAT(client.read_text(), HasSubstr(R"("type":"ack","ref":"early")")) << padding;
  }
}

TEST(WebSocketHandshake, AFrameThatCameInPartBehindItIsReadToItsEnd) {
  Rig rig;
  const auto frame = client_frame(kText, R"({"op":"ping","ref":"split"})");
  for (std::size_t at = 1; at < frame.size(); at += 5) {
    auto client = rig.knock({.early = frame.substr(0, at)});
    ASSERT_TRUE(client.send(frame.substr(at)));
    ASSERT_THAT(client.read_head(), StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(client.read_text(), HasSubstr(R"("type":"hello")"));
    EXPECT_THAT(client.read_text(), HasSubstr(R"("ref":"split")")) << at;
  }
}

TEST(WebSocketHandshake, AKeyThatIsNoneIsNotPutIntoAHead) {
  Rig rig;
  for (const char* key :
       {"", "short", "dGhlIHNhbXBsZSBub25\r\nX: y", "dGhlIHNhbXBsZSBub25jZQ==="}) {
    auto client = rig.knock({.key = key});
    EXPECT_EQ(client.read_head(), "");
  }
  EXPECT_EQ(rig.ws->stats().connections, 0u);
}

TEST(WebSocketHandshake, ThousandsAreAdoptedWithTwoHeaderTables) {
  Rig rig({.header_tables = 2});
  constexpr std::size_t kConnections = 2000;
  std::vector<Client> clients;
  for (std::size_t i = 0; i < kConnections; ++i) clients.push_back(rig.knock({}));
  for (auto& client : clients) {
    ASSERT_THAT(client.read_head(), StartsWith("HTTP/1.1 101 "));
    ASSERT_THAT(client.read_text(), HasSubstr(R"("type":"hello")"));
  }
  EXPECT_EQ(rig.sessions(), kConnections);
  const auto event = rig.publish("to all");
  for (auto& client : clients) ASSERT_EQ(client.read_text(), event);
  clients.clear();
  EXPECT_TRUE(eventually([&] { return rig.ws->stats().connections == 0; }));
  EXPECT_EQ(rig.sessions(), 0u);
}

TEST(WebSocketHandshake, AClientThatLeavesDuringItLeavesNothingBehind) {
  Rig rig;
  for (int i = 0; i < 200; ++i) {
    auto client = rig.knock({.tcp = true});
    if (i % 2 == 0) {
      client.reset();
    } else {
      client.close();
    }
  }
  EXPECT_TRUE(eventually(
      [&] { return rig.ws->stats().adopted == 200 && rig.ws->stats().connections == 0; }));
  EXPECT_EQ(rig.sessions(), 0u);
}

TEST(WebSocketHandshake, AfterTheStopAConnectionIsClosed) {
  Rig rig;
  rig.ws->stop();
  auto client = rig.knock({});
  EXPECT_TRUE(client.at_end());
}

}  // namespace
}  // namespace fairlead::websocket::testing
