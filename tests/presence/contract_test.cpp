#include <gtest/gtest.h>

#include <memory>
#include <ostream>

#include "presence/memory/memory_map.h"
#include "presence/redis/redis_map.h"
#include "tests/presence/observer.h"
#include "tests/redis/redis_server.h"

// What every presence map promises, run on each implementation.
namespace fairlead::presence {
namespace {

using Transports = std::vector<std::string>;
constexpr Millis kGrace(400);

struct Backend {
  std::unique_ptr<redis::RedisServer> server;
  std::unique_ptr<Map> map;
};

Backend memory_backend() {
  return {nullptr, std::make_unique<MemoryMap>(MemoryMap::Options{.leave_grace = kGrace})};
}

Backend redis_backend() {
  auto server = std::make_unique<redis::RedisServer>();
  RedisOptions options;
  options.address = server->address();
  options.leave_grace = kGrace;
  options.lease_ttl = Millis(2000);
  return {std::move(server), std::make_unique<RedisMap>(options)};
}

struct Kind {
  const char* name;
  Backend (*make)();
};

void PrintTo(const Kind& kind, std::ostream* to) {
  *to << kind.name;
}

struct MapContract : testing::TestWithParam<Kind> {
  Backend backend = GetParam().make();
  Map& map = *backend.map;
  Observer heard{map};
  const UserId alice{1};
  const UserId bob{2};
  const UserId carol{3};

  void SetUp() override {
    map.start();
    ASSERT_TRUE(eventually([&] { return map.healthy(); }));
  }
  void TearDown() override { map.stop(); }
  // Changes are heard in order: when this one is, those before it were.
  void everything_before_is_heard() {
    map.open(carol, "s_carol", "sse");
    ASSERT_TRUE(heard.hears(carol, "online"));
  }
};

TEST_P(MapContract, SaysWhichKindItIs) {
  EXPECT_EQ(map.kind(), GetParam().name);
}

TEST_P(MapContract, TheFirstSessionIsAnnouncedOnceWithItsTransport) {
  map.open(alice, "s_1", "websocket");
  ASSERT_TRUE(heard.hears(alice, "online"));
  map.open(alice, "s_2", "sse");
  everything_before_is_heard();
  EXPECT_EQ(heard.of(alice), "online");
}

TEST_P(MapContract, WhoIsHereMaySayThatTheyAreAway) {
  map.open(alice, "s_1", "websocket");
  map.set_away(alice, true);
  ASSERT_TRUE(eventually([&] { return heard.last(alice).now.status == Status::kAway; }));
  EXPECT_EQ(status(map, alice), Status::kAway);
  map.set_away(alice, true);
  map.open(alice, "s_2", "sse");
  EXPECT_EQ(status(map, alice), Status::kAway) << "another session changes nothing";
  map.set_away(alice, false);
  ASSERT_TRUE(eventually([&] { return heard.last(alice).now.status == Status::kOnline; }));
  EXPECT_EQ(status(map, alice), Status::kOnline);
}

TEST_P(MapContract, CountsWhoIsHereAndWhoIsAway) {
  map.open(alice, "s_1", "websocket");
  map.open(bob, "s_2", "sse");
  map.set_away(bob, true);
  ASSERT_TRUE(becomes(map, bob, Status::kAway));
  const auto here = count(map, {alice, bob, carol});
  ASSERT_TRUE(here);
  EXPECT_EQ(here->online, 1u);
  EXPECT_EQ(here->away, 1u);
  EXPECT_EQ(here->all, 3u);
}

TEST_P(MapContract, AwayIsForgottenWhenTheyGo) {
  map.open(alice, "s_1", "websocket");
  map.set_away(alice, true);
  map.close(alice, "s_1");
  EXPECT_TRUE(becomes(map, alice, Status::kOffline));
  map.open(alice, "s_2", "websocket");
  EXPECT_TRUE(becomes(map, alice, Status::kOnline));
}

TEST_P(MapContract, WhoIsNotHereIsNotAwayEither) {
  map.set_away(bob, true);
  map.set_away(bob, false);
  everything_before_is_heard();
  EXPECT_EQ(heard.of(bob), "");
  map.open(bob, "s_1", "sse");
  EXPECT_TRUE(becomes(map, bob, Status::kOnline));
}

TEST_P(MapContract, ManyWhoComeAtOnceAreAFewAnnouncements) {
  for (std::int64_t i = 100; i < 600; ++i) map.open(UserId(i), "s_" + std::to_string(i), "sse");
  ASSERT_TRUE(eventually([&] { return heard.all().size() == 500; }));
  EXPECT_LE(heard.times(), 12);
}

TEST_P(MapContract, AMoveBetweenTransportsIsNotAnnounced) {
  map.open(alice, "s_1", "websocket");
  map.open(alice, "s_1", "sse");
  map.open(alice, "s_1", "poll");
  everything_before_is_heard();
  EXPECT_EQ(heard.of(alice), "online");
  EXPECT_EQ(ask(map, alice).transports, Transports{"poll"});
}

TEST_P(MapContract, TheLastCloseIsAnnouncedWhenTheGraceIsOver) {
  map.open(alice, "s_1", "sse");
  const MonoTime closed_at = std::chrono::steady_clock::now();
  map.close(alice, "s_1");
  ASSERT_TRUE(heard.hears(alice, "online offline"));
  EXPECT_GE(heard.last(alice).at - closed_at, kGrace);
  EXPECT_EQ(status(map, alice), Status::kOffline);
}

TEST_P(MapContract, ComingBackWithinTheGraceAnnouncesNothing) {
  map.open(alice, "s_1", "websocket");
  map.open(bob, "s_9", "sse");
  map.close(alice, "s_1");
  map.open(alice, "s_2", "poll");
  map.close(bob, "s_9");
  ASSERT_TRUE(heard.hears(bob, "online offline"));  // alice's grace would have ended before bob's
  EXPECT_EQ(heard.of(alice), "online");
  EXPECT_EQ(status(map, alice), Status::kOnline);
}

TEST_P(MapContract, ComingBackAfterTheGraceIsAnnounced) {
  map.open(alice, "s_1", "sse");
  map.close(alice, "s_1");
  ASSERT_TRUE(heard.hears(alice, "online offline"));
  map.open(alice, "s_2", "sse");
  EXPECT_TRUE(heard.hears(alice, "online offline online"));
}

TEST_P(MapContract, AUserStaysOnlineUntilTheLastOfTheirSessionsCloses) {
  map.open(alice, "s_1", "websocket");
  map.open(alice, "s_2", "sse");
  map.open(bob, "s_9", "sse");
  map.close(alice, "s_1");
  map.close(bob, "s_9");
  ASSERT_TRUE(heard.hears(bob, "online offline"));
  EXPECT_EQ(heard.of(alice), "online");
  map.close(alice, "s_2");
  EXPECT_TRUE(heard.hears(alice, "online offline"));
}

TEST_P(MapContract, WhoIsInTheirGraceIsOnlineWithoutATransport) {
  map.open(alice, "s_1", "sse");
  everything_before_is_heard();
  map.close(alice, "s_1");
  EXPECT_TRUE(eventually([&] {
    const State state = ask(map, alice);
    return state.status == Status::kOnline && state.transports.empty();
  }));
}

TEST_P(MapContract, AQueryAnswersForEachUserAsked) {
  map.open(alice, "s_1", "websocket");
  everything_before_is_heard();
  const auto states = ask(map, {alice, bob});
  ASSERT_EQ(states.size(), 2u);
  EXPECT_EQ(states.at(alice).status, Status::kOnline);
  EXPECT_EQ(states.at(bob).status, Status::kOffline);
  EXPECT_EQ(states.at(bob).last_seen_at_ms, 0);
}

TEST_P(MapContract, AQueryForNobodyIsAnswered) {
  EXPECT_TRUE(ask(map, std::vector<UserId>{}).empty());
}

TEST_P(MapContract, AQueryForOneThousandUsersAnswersForAll) {
  std::vector<UserId> users;
  for (int i = 1; i <= 1000; ++i) users.emplace_back(100 + i);
  for (int i = 0; i < 1000; i += 2) {
    map.open(users[static_cast<std::size_t>(i)], "s_" + std::to_string(i), "sse");
  }
  everything_before_is_heard();
  const auto states = ask(map, users);
  ASSERT_EQ(states.size(), 1000u);
  for (std::size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(states.at(users[i]).status, i % 2 == 0 ? Status::kOnline : Status::kOffline) << i;
  }
}

TEST_P(MapContract, TransportsAreSortedAndEachStandsOnce) {
  map.open(alice, "s_1", "websocket");
  map.open(alice, "s_2", "poll");
  map.open(alice, "s_3", "websocket");
  everything_before_is_heard();
  EXPECT_EQ(ask(map, alice).transports, (Transports{"poll", "websocket"}));
}

TEST_P(MapContract, LastSeenIsNowWhileOnlineAndTheCloseAfterwards) {
  const std::int64_t begin = system_clock().wall_ms();
  map.open(alice, "s_1", "sse");
  everything_before_is_heard();
  const std::int64_t online = ask(map, alice).last_seen_at_ms;
  EXPECT_GE(online, begin);
  EXPECT_LE(online, system_clock().wall_ms());
  const std::int64_t before_close = system_clock().wall_ms();
  map.close(alice, "s_1");
  ASSERT_TRUE(heard.hears(alice, "online offline"));
  const std::int64_t gone = ask(map, alice).last_seen_at_ms;
  EXPECT_GE(gone, before_close);
  EXPECT_LT(gone, system_clock().wall_ms());
  EXPECT_EQ(heard.last(alice).now.last_seen_at_ms, gone);
}

TEST_P(MapContract, ClosingWhatIsNotOpenChangesNothing) {
  map.close(alice, "s_1");
  map.open(alice, "s_1", "sse");
  map.close(alice, "s_other");
  map.close(bob, "s_1");
  map.open(bob, "s_9", "sse");
  map.close(bob, "s_9");
  ASSERT_TRUE(heard.hears(bob, "online offline"));
  EXPECT_EQ(heard.of(alice), "online");
}

TEST_P(MapContract, WhatWasOpenedBeforeTheStartIsThere) {
  Backend other = GetParam().make();
  Observer other_heard(*other.map);
  other.map->open(alice, "s_1", "sse");
  other.map->start();
  EXPECT_TRUE(other_heard.hears(alice, "online"));
  other.map->stop();
}

TEST_P(MapContract, StoppingAnnouncesNothing) {
  map.open(alice, "s_1", "sse");
  everything_before_is_heard();
  map.stop();
  map.close(alice, "s_1");
  map.open(bob, "s_2", "sse");
  EXPECT_EQ(heard.all().size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Presence, MapContract,
                         testing::Values(Kind{"memory", memory_backend},
                                         Kind{"redis", redis_backend}),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace fairlead::presence
