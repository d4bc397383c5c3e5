// Many polls that come back later than events do, through a proxy on this host.
#include <algorithm>
#include <deque>

#include "tests/stream/stream_fixture.h"

namespace fairlead::stream {
namespace {

using namespace std::chrono_literals;

constexpr auto kShort = 0s;
// That a proxy is given ahead; the answers that made the crowd fill a part of the first slice.
constexpr auto kAtLeast = ProxyWindow::kSlice * (ProxyWindow::kSlicesMax - 1);

class PollCrowdTest : public StreamTest {
 protected:
  static constexpr std::size_t kMany = 100;

  struct Poller {
    Client client;
    std::string next;  // its next poll
  };

  // Each has a session and a cursor, and no poll.
  std::deque<Poller> pollers(std::size_t count) {
    std::deque<Poller> all;
    for (std::size_t i = 0; i < count; ++i) {
      auto asked = request();
      auto next = asked.session + " ";
      all.push_back({poll(kShort, std::move(asked)), std::move(next)});
      all.back().next += body(all.back().client).at("cursor").get<std::string>();
    }
    while (stats().sessions > 0) on_engine([] {});
    return all;
  }
  void send(std::deque<Poller>& some) {
    for (auto& poller : some) poller.client.send(poller.next);
  }
  // Events that had come before some polls did: these come late.
  void crowd() {
    auto late = pollers(ProxyWindow::kLateOnes);
    notes(1);
    send(late);
    expect_each_has(those(late), 1);
  }
  static std::size_t answered(const std::deque<Poller>& some) {
    return static_cast<std::size_t>(
        std::count_if(some.begin(), some.end(),
                      [](const Poller& poller) { return poller.client.has_something(); }));
  }
  // The proxy reads on, in whatever order the answers come, until everybody has one.
  static void expect_each_has(std::vector<Poller*> some, std::size_t events) {
    while (!some.empty()) {
      const auto none = std::ranges::stable_partition(
          some, [](const Poller* poller) { return !poller->client.has_something(); });
      for (auto* poller : none) EXPECT_EQ(body(poller->client).at("events").size(), events);
      some.erase(none.begin(), none.end());
    }
  }
  static std::vector<Poller*> those(std::deque<Poller>& some) {
    std::vector<Poller*> all;
    for (auto& poller : some) all.push_back(&poller);
    return all;
  }
  // The proxy reads nothing; as many have their answers as it is given ahead.
  void fill(std::deque<Poller>& some) {
    send(some);
    for (int passes = 0; passes < 8 || answered(some) < kAtLeast; ++passes) on_engine([] {});
    ASSERT_LT(answered(some),
              some.size() / 2);  // some more than the window: what has been read follows
  }
};

TEST_F(PollCrowdTest, AProxyIsNotGivenMoreThanItTakesInAndWhatWaitsHasMoreToSay) {
  auto all = pollers(kMany);
  crowd();
  fill(all);
  std::vector<Poller*> first, later;
  for (auto& poller : all) (poller.client.has_something() ? first : later).push_back(&poller);
  notes(1);
  expect_each_has(first, 1);
  expect_each_has(later, 2);
}

TEST_F(PollCrowdTest, WhereNobodyCameLateAllAreAnsweredAtOnce) {
  auto all = pollers(kMany);
  send(all);
  while (stats().sessions < kMany) on_engine([] {});
  notes(1);
  pass(100ms);  // the linger
  while (answered(all) < kMany) on_engine([] {});
}

TEST_F(PollCrowdTest, NobodyWaitsLongForAProxyThatTakesNothingIn) {
  auto all = pollers(kMany);
  crowd();
  fill(all);
  pass(StreamEngine::kTurnMax + 100ms);
  while (answered(all) < kMany) on_engine([] {});
}

TEST_F(PollCrowdTest, WhoIsHeldIsNotOvertakenByThoseWhoComeAfterItsEvent) {
  auto held = pollers(1);
  auto all = pollers(kMany);
  auto newcomers = pollers(kMany);
  crowd();
  held[0].next.replace(held[0].next.find(' ') + 1, std::string::npos, cursor());
  send(held);
  while (stats().sessions == 0) on_engine([] {});
  fill(all);
  notes(1);
  pass(20ms);  // the linger
  EXPECT_EQ(answered(held), 0u);
  send(newcomers);
  while (answered(held) == 0) {
    for (auto& poller : all) {
      if (poller.client.has_something()) body(poller.client);
    }
  }
  expect_each_has(those(held), 1);
  EXPECT_LT(answered(newcomers), kMany / 2);
}

TEST_F(PollCrowdTest, WhatIsNoPollWaitsForNobody) {
  auto others = pollers(1);
  auto all = pollers(kMany);
  crowd();
  fill(all);
  others[0].client.send("POST /api/v1/rooms");
  while (engine_->connections() > kMany) on_engine([] {});
  on_engine([this] {
    ASSERT_EQ(reader_.given_back.size(), 1u);
    EXPECT_EQ(reader_.given_back[0].unread.view(), "POST /api/v1/rooms");
  });
  EXPECT_LT(answered(all), kMany / 2);
}

TEST_F(PollCrowdTest, WhoLeavesWhileItWaitsIsForgotten) {
  auto all = pollers(kMany);
  crowd();
  fill(all);
  for (std::size_t i = 0; i < kMany; i += 2) all[i].client.close();
  while (engine_->connections() > kMany / 2) on_engine([] {});
  std::vector<Poller*> stayed;
  for (std::size_t i = 1; i < kMany; i += 2) stayed.push_back(&all[i]);
  expect_each_has(stayed, 1);
}

}  // namespace
}  // namespace fairlead::stream
