// What a node knows of its clients' networks, and whom it tells.
#include "fallback/ladder/ladder.h"

#include <gmock/gmock.h>

#include "tests/chat/manual_clock.h"

namespace fairlead::ladder {
namespace {

using hub::Cause;
using hub::TransportKind;
using protocol::Json;

class LadderTest : public ::testing::Test {
 protected:
  LadderTest() {
    ladder_.on_change([this](Network network, const std::string& findings) {
      told_.emplace_back(network.to_wire(), findings);
    });
  }
  std::string transport(Network network) const {
    return ladder_.advice(network).value("transport", "none");
  }

  const Network office_ = Network::of_ip("203.0.113.7"), home_ = Network::of_ip("198.51.100.7");
  chat::ManualClock clock_;
  Ladder ladder_{clock_, 3};
  std::vector<std::pair<std::string, std::string>> told_;
};

TEST_F(LadderTest, TheNextClientOfANetworkIsToldWhatTheFirstFound) {
  ladder_.fell_back(office_, TransportKind::kWebSocket, Cause::kRefused);
  ladder_.proved(office_, TransportKind::kSse, 0);
  EXPECT_EQ(transport(office_), "sse");
  EXPECT_EQ(ladder_.advice(home_), Json::object());
}

TEST_F(LadderTest, OthersAreToldOfWhatChangesTheAdviceAndNowAndThen) {
  ladder_.proved(office_, TransportKind::kWebSocket, 0);
  ASSERT_EQ(told_.size(), 1U);
  for (int i = 0; i < 100; ++i) ladder_.proved(office_, TransportKind::kWebSocket, 0);
  EXPECT_EQ(told_.size(), 1U);
  clock_.advance(std::chrono::hours(1));
  ladder_.proved(office_, TransportKind::kWebSocket, 0);
  EXPECT_EQ(told_.size(), 2U) << "or it would be forgotten elsewhere";
  ladder_.unproven(office_, TransportKind::kWebSocket, Cause::kOneWay);
  ladder_.unproven(office_, TransportKind::kWebSocket, Cause::kOneWay);
  EXPECT_EQ(told_.size(), 3U);
}

TEST_F(LadderTest, WhatOthersTellIsKnownAndNotToldOn) {
  Ladder there(clock_);
  std::string said;
  there.on_change([&](Network, const std::string& findings) { said = findings; });
  there.proved(office_, TransportKind::kWebSocket, 0);
  EXPECT_TRUE(ladder_.take(office_, said));
  EXPECT_EQ(transport(office_), "websocket");
  EXPECT_FALSE(ladder_.take(office_, "{}"));
  EXPECT_TRUE(told_.empty());
}

// One who comes over this and that would have all nodes write and read all the time.
TEST_F(LadderTest, AnAdviceThatChangesAllTheTimeIsToldTenTimesAMinute) {
  for (int i = 0; i < 500; ++i) {
    ladder_.fell_back(office_, TransportKind::kWebSocket, Cause::kRefused);
    ladder_.fell_back(office_, TransportKind::kWebSocket, Cause::kRefused);
    ladder_.proved(office_, TransportKind::kWebSocket, 0);
  }
  ladder_.fell_back(office_, TransportKind::kWebSocket, Cause::kRefused);
  ladder_.fell_back(office_, TransportKind::kWebSocket, Cause::kRefused);
  EXPECT_EQ(told_.size(), 10U);
  clock_.advance(std::chrono::minutes(1));
  ladder_.fell_back(office_, TransportKind::kWebSocket, Cause::kRefused);
  EXPECT_EQ(told_.size(), 11U) << "others are told in the end how it stands";
}

TEST_F(LadderTest, WhatIsStaleOrOfTomorrowIsNotTaken) {
  Findings findings;
  const auto now_s = clock_.wall_ms() / 1000;
  findings.proved(TransportKind::kWebSocket, 0, now_s - Findings::kKept_s - 1);
  EXPECT_FALSE(ladder_.take(office_, findings.to_json()));
  findings.proved(TransportKind::kWebSocket, 0, now_s + Findings::kKept_s);
  EXPECT_FALSE(ladder_.take(office_, findings.to_json())) << "it would be known for ever";
  EXPECT_EQ(ladder_.stats().networks, 0U);
}

TEST_F(LadderTest, TheOldOnesGoNotTheNewOnes) {
  Ladder ladder(clock_, 1000);
  const auto network = [](int n) {
    return Network::of_ip("10." + std::to_string(n % 7) + "." + std::to_string(n / 7) + ".1");
  };
  for (int n = 0; n < 1000; ++n) ladder.proved(network(n), TransportKind::kWebSocket, 0);
  clock_.advance(std::chrono::hours(1));
  for (int n = 1000; n < 1700; ++n) ladder.proved(network(n), TransportKind::kWebSocket, 0);
  int known = 0;
  for (int n = 1000; n < 1700; ++n) known += ladder.advice(network(n)).empty() ? 0 : 1;
  EXPECT_GT(known, 600) << "nearly all";
  clock_.advance(std::chrono::hours(48));
  for (int n = 0; n < 100; ++n) {
    ladder.proved(Network::of_ip("192.0." + std::to_string(n) + ".1"), TransportKind::kPoll, 0);
  }
  EXPECT_EQ(ladder.stats().networks, 100U) << "what is stale is of no use";
}

TEST_F(LadderTest, ItsMemoryIsBounded) {
  for (const auto* ip : {"10.0.0.1", "10.0.1.1", "10.0.2.1", "10.0.3.1", "10.0.4.1"}) {
    ladder_.proved(Network::of_ip(ip), TransportKind::kWebSocket, 0);
    clock_.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(ladder_.stats().networks, 3U);
  EXPECT_EQ(transport(Network::of_ip("10.0.4.1")), "websocket");
  EXPECT_EQ(transport(Network::of_ip("10.0.0.1")), "none") << "the oldest went";
}

TEST_F(LadderTest, ItCountsByTransportAndCause) {
  ladder_.unproven(office_, TransportKind::kSse, Cause::kBuffered);
  ladder_.fell_back(office_, TransportKind::kWebSocket, Cause::kRefused);
  ladder_.cut(office_, TransportKind::kSse, std::chrono::seconds(31), std::chrono::seconds(4));
  const auto stats = ladder_.stats();
  EXPECT_EQ(stats.unproven[1][static_cast<std::size_t>(Cause::kBuffered)], 1U);
  EXPECT_EQ(stats.fallbacks[0][static_cast<std::size_t>(Cause::kRefused)], 1U);
  EXPECT_EQ(stats.lives.counts[4], 1U) << "over 30 s, at most 60";
  EXPECT_EQ(stats.idles.counts[0], 1U);
  EXPECT_EQ(stats.lives.total_us, 31'000'000U);
}

}  // namespace
}  // namespace fairlead::ladder
