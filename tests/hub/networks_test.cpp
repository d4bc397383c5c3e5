// What a shard tells of the networks that its clients come from, and what it tells them.
#include "hub/networks.h"

#include <gmock/gmock.h>

#include "tests/hub/shard_fixture.h"

namespace fairlead::hub {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class NetworksSpy final : public Networks {
 public:
  protocol::Json advice(Network network) const override {
    return {{"transport", network.to_wire()}};
  }
  void proved(Network network, TransportKind kind, int padding_kib) override {
    said.push_back(network.to_wire() + " proved " + std::string(to_wire(kind)) + " " +
                   std::to_string(padding_kib));
  }
  void unproven(Network network, TransportKind kind, Cause cause) override {
    said.push_back(network.to_wire() + " unproven " + std::string(to_wire(kind)) + " " +
                   std::string(to_wire(cause)));
  }
  void fell_back(Network network, TransportKind from, Cause cause) override {
    said.push_back(network.to_wire() + " fell back from " + std::string(to_wire(from)) + " " +
                   std::string(to_wire(cause)));
  }
  void cut(Network network, TransportKind kind, Millis life, Millis idle) override {
    said.push_back(network.to_wire() + " cut " + std::string(to_wire(kind)) + " " +
                   std::to_string(life.count()) + " " + std::to_string(idle.count()));
  }
  std::vector<std::string> said;
};

class NetworksTest : public ShardTest {
 protected:
  ShardSettings settings() const override {
    auto settings = ShardTest::settings();
    settings.networks = &spy_;
    return settings;
  }
  Session* come(FakeTransport& to, bool probe = true) {
    auto asked = request(ann_);
    asked.probe = probe;
    asked.network = office_;
    asked.padding_kib = 2;
    auto* session = shard_->open(std::move(asked), &to);
    pump_until([&] { return !to.taken.empty(); });
    return session;
  }

  const Network office_ = Network::of_ip("203.0.113.7");
  mutable NetworksSpy spy_;
};

TEST_F(NetworksTest, HelloNamesTheNetworkAndBringsItsAdvice) {
  FakeTransport to;
  come(to);
  EXPECT_EQ(
      to.events()[0].at("network"),
      protocol::Json::parse(R"({"key":"203.0.113.0/24","advice":{"transport":"203.0.113.0/24"}})"));
}

TEST_F(NetworksTest, AProofIsToldOnceWithThePaddingThatItTook) {
  FakeTransport to(TransportKind::kSse);
  auto* session = come(to);
  EXPECT_THAT(spy_.said, IsEmpty());
  EXPECT_FALSE(shard_->prove(session, "another"));
  EXPECT_TRUE(shard_->prove(session, session->probe_word()));
  EXPECT_TRUE(shard_->prove(session, session->probe_word()));
  EXPECT_THAT(spy_.said, ElementsAre("203.0.113.0/24 proved sse 2"));
}

TEST_F(NetworksTest, WhyNoneCameDependsOnWhatWasHeard) {
  FakeTransport held_back(TransportKind::kSse), one_way, silent;
  silent.spoken = true;
  for (auto* to : {&held_back, &one_way, &silent}) come(*to);
  tick_for(11s);
  EXPECT_THAT(spy_.said, ElementsAre("203.0.113.0/24 unproven sse buffered",
                                     "203.0.113.0/24 unproven websocket one_way",
                                     "203.0.113.0/24 unproven websocket silent"));
}

TEST_F(NetworksTest, WhoHasNotHeardHelloYetSaysNothingOfItsNetwork) {
  FakeTransport to;
  auto asked = request(ann_);
  asked.probe = true;
  asked.network = office_;
  shard_->open(std::move(asked), &to);
  tick_for(11s);  // the store has not been read
  EXPECT_EQ(to.reason, EndReason::kUnproven);
  EXPECT_THAT(spy_.said, IsEmpty());
}

TEST_F(NetworksTest, WhatAClientHasGivenUpIsToldWhenItsSessionBegins) {
  FakeTransport to(TransportKind::kSse);
  auto asked = request(ann_);
  asked.network = office_;
  asked.fell_back_from = TransportKind::kWebSocket;
  asked.fell_back_cause = Cause::kRefused;
  shard_->open(std::move(asked), &to);
  pump_until([&] { return !to.taken.empty(); });
  EXPECT_THAT(spy_.said, ElementsAre("203.0.113.0/24 fell back from websocket refused"));
}

TEST_F(NetworksTest, ThePollsOfASessionAreAProofOnce) {
  create_room(room_, ann_);
  FakeTransport to(TransportKind::kPoll);
  auto asked = request(ann_, "s_polls");
  asked.network = office_;
  for (int n = 0; n < 4; ++n) {
    auto* session = shard_->poll(asked, &to);
    pump_until([&] { return session->state == Session::State::kLive; });
    EXPECT_EQ(spy_.said.size(), n == 0 ? 0U : 1U);
    shard_->answered(session);
    asked.cursor = cursor_now();
  }
  EXPECT_THAT(spy_.said, ElementsAre("203.0.113.0/24 proved poll 0"));
}

TEST_F(NetworksTest, ACutIsToldWithAgeAndSilenceALeaveIsNot) {
  create_room(room_, ann_);
  FakeTransport left, cut, unproven;
  auto *leaves = come(left, false), *is_cut = come(cut, false), *never_proved = come(unproven);
  clock_.advance(10s);
  note(room_, 1);
  clock_.advance(20s);
  shard_->gone(leaves);
  shard_->cut(never_proved);
  EXPECT_THAT(spy_.said, IsEmpty());
  shard_->cut(is_cut);
  EXPECT_THAT(spy_.said, ElementsAre("203.0.113.0/24 cut websocket 30000 20000"));
}

}  // namespace
}  // namespace fairlead::hub
