#include "tests/presence/redis_fixture.h"

// Redis goes away, comes back, forgets (G8).
namespace fairlead::presence {
namespace {

MonoTime now() {
  return std::chrono::steady_clock::now();
}

TEST_F(RedisMapTest, WhileRedisIsAwayEveryAnswerIsUnknownAtOnce) {
  const auto a = node();
  a->map.open(alice, "s_1", "sse");
  ASSERT_TRUE(a->heard.hears(alice, "online"));
  server.stop();
  ASSERT_TRUE(a->fails());
  std::map<UserId, State> answer;
  a->map.query({alice, bob}, [&](auto states) { answer = std::move(states); });
  ASSERT_EQ(answer.size(), 2u);  // on this thread, before query() returned
  EXPECT_EQ(answer.at(alice).status, Status::kUnknown);
  EXPECT_EQ(answer.at(bob).status, Status::kUnknown);
  EXPECT_FALSE(count(a->map, {alice, bob})) << "never a guess";
}

TEST_F(RedisMapTest, AnOutageAnnouncesNothingForWhoStays) {
  const auto a = node("a");
  const auto b = node("b");
  a->map.open(alice, "s_1", "sse");
  ASSERT_TRUE(b->heard.hears(alice, "online"));
  server.stop();
  ASSERT_TRUE(a->fails());
  ASSERT_TRUE(b->fails());
  server.start();
  ASSERT_TRUE(a->works());
  ASSERT_TRUE(b->works());
  EXPECT_TRUE(becomes(b->map, alice, Status::kOnline));
  a_grace_passes(*a, *b);
  a_grace_passes(*b, *a);
  EXPECT_EQ(a->heard.of(alice), "online");
  EXPECT_EQ(b->heard.of(alice), "online");
}

TEST_F(RedisMapTest, WhatHappensDuringAnOutageIsAnnouncedAfterIt) {
  const auto a = node();
  a->map.open(alice, "s_1", "sse");
  a->map.open(bob, "s_2", "sse");
  a->map.open(carol, "s_3", "sse");
  ASSERT_TRUE(a->heard.hears(carol, "online"));
  server.stop();
  ASSERT_TRUE(a->fails());
  a->map.close(alice, "s_1");  // leaves
  a->map.close(bob, "s_2");    // moves
  a->map.open(bob, "s_4", "poll");
  a->map.open(dave, "s_5", "websocket");  // comes
  EXPECT_EQ(a->heard.all().size(), 3u);
  server.start();
  const MonoTime back_at = now();
  EXPECT_TRUE(a->heard.hears(dave, "online"));
  EXPECT_TRUE(a->heard.hears(alice, "online offline"));
  EXPECT_GE(a->heard.last(alice).at - back_at, options.leave_grace);
  a_grace_passes(*a, *a);
  EXPECT_EQ(a->heard.of(alice), "online offline");
  EXPECT_EQ(a->heard.of(bob), "online");
  EXPECT_EQ(a->heard.of(carol), "online");
  EXPECT_EQ(ask(a->map, bob).transports, std::vector<std::string>{"poll"});
}

TEST_F(RedisMapTest, AnOutageLongerThanLeaseAndGraceAnnouncesNothing) {
  const auto a = node("a");
  const auto b = node("b");
  a->map.open(alice, "s_1", "sse");
  b->map.open(bob, "s_2", "sse");
  ASSERT_TRUE(a->heard.hears(bob, "online"));
  ASSERT_TRUE(b->heard.hears(alice, "online"));
  server.pause();  // so that it remembers the leases afterwards
  ASSERT_TRUE(a->fails());
  ASSERT_TRUE(b->fails());
  const MonoTime paused_at = now();
  ASSERT_TRUE(eventually(
      [&] { return now() - paused_at > 2 * (options.leave_grace + options.lease_ttl); }));
  EXPECT_EQ(status(a->map, alice), Status::kUnknown);
  server.resume();
  ASSERT_TRUE(a->works());
  ASSERT_TRUE(b->works());
  a_grace_passes(*a, *b);
  a_grace_passes(*b, *a);
  for (const auto* n : {a.get(), b.get()}) {
    EXPECT_EQ(n->heard.of(alice), "online");
    EXPECT_EQ(n->heard.of(bob), "online");
  }
  EXPECT_EQ(status(b->map, alice), Status::kOnline);
}

TEST_F(RedisMapTest, ARedisThatDoesNotAnswerIsAwayAfterTheAnswerTimeout) {
  const auto a = node();
  a->map.open(alice, "s_1", "sse");
  ASSERT_TRUE(a->heard.hears(alice, "online"));
  server.pause();
  const MonoTime paused_at = now();
  EXPECT_EQ(status(a->map, alice), Status::kUnknown);  // a question on its way is answered too
  EXPECT_LT(now() - paused_at, 3 * options.answer_timeout);
  EXPECT_TRUE(a->fails());
  server.resume();
  EXPECT_TRUE(becomes(a->map, alice, Status::kOnline));
}

TEST_F(RedisMapTest, AfterFlushallTheSessionsAreRegisteredAgainAndNothingIsAnnounced) {
  const auto a = node();
  a->map.open(alice, "s_1", "sse");
  a->map.open(bob, "s_2", "sse");
  ASSERT_TRUE(a->heard.hears(bob, "online"));
  a->map.close(bob, "s_2");
  everything_before_is_heard(*a, *a);
  server.command({"FLUSHALL"});
  const MonoTime flushed_at = now();
  ASSERT_TRUE(eventually([&] {
    const Status seen = status(a->map, alice);
    EXPECT_NE(seen, Status::kOffline);
    return seen == Status::kOnline;
  }));
  EXPECT_LT(now() - flushed_at, options.lease_ttl);
  EXPECT_TRUE(a->heard.hears(bob, "online offline"));  // was in the grace
  a_grace_passes(*a, *a);
  EXPECT_EQ(a->heard.of(alice), "online");
  EXPECT_EQ(a->heard.of(bob), "online offline");
}

TEST_F(RedisMapTest, AfterFlushallAnotherNodesUserIsNeverOffline) {
  const auto a = node("a");
  const auto b = node("b");
  a->map.open(alice, "s_1", "sse");
  b->map.open(bob, "s_2", "sse");
  ASSERT_TRUE(a->heard.hears(bob, "online"));
  ASSERT_TRUE(b->heard.hears(alice, "online"));
  // Both nodes have renewed since the other became ready, so each knows that there are two.
  const long before = server.calls()["evalsha"];
  ASSERT_TRUE(eventually([&] { return server.calls()["evalsha"] >= before + 6; }));
  for (int round = 0; round < 5; ++round) {
    server.command({"FLUSHALL"});
    bool a_sees = false;
    bool b_sees = false;
    ASSERT_TRUE(eventually([&] {
      const Status bobs = status(a->map, bob);
      const Status alices = status(b->map, alice);
      EXPECT_NE(bobs, Status::kOffline);
      EXPECT_NE(alices, Status::kOffline);
      a_sees = bobs == Status::kOnline;
      b_sees = alices == Status::kOnline;
      return a_sees && b_sees;
    }));
  }
  a_grace_passes(*a, *b);
  a_grace_passes(*b, *a);
  for (const auto* n : {a.get(), b.get()}) {
    EXPECT_EQ(n->heard.of(alice), "online");
    EXPECT_EQ(n->heard.of(bob), "online");
  }
}

TEST_F(RedisMapTest, AfterFlushallWhoIsAbsentIsUnknownUntilTheOtherNodesAreBack) {
  options.lease_ttl = Millis(4000);  // for so long at most
  const auto a = node("a");
  a->map.open(alice, "s_1", "sse");
  ChildNode child(options, 2, 2);
  ASSERT_TRUE(a->heard.hears(bob, "online"));
  const long before = server.calls()["evalsha"];
  ASSERT_TRUE(eventually([&] { return server.calls()["evalsha"] >= before + 6; }));
  child.pause();
  server.command({"FLUSHALL"});
  ASSERT_TRUE(becomes(a->map, alice, Status::kOnline));
  EXPECT_EQ(status(a->map, bob), Status::kUnknown);
  child.resume();
  EXPECT_TRUE(becomes(a->map, bob, Status::kOnline));
  EXPECT_TRUE(becomes(a->map, carol, Status::kOffline));
  EXPECT_EQ(a->heard.of(bob), "online");
}

TEST_F(RedisMapTest, ARedisThatCameBackWithAnOldSnapshotRepeatsNothing) {
  const auto a = node("a");
  const auto b = node("b");
  a->map.open(bob, "s_2", "sse");
  ASSERT_TRUE(b->heard.hears(bob, "online"));
  server.command({"SAVE"});
  a->map.close(bob, "s_2");
  a->map.open(alice, "s_1", "sse");
  ASSERT_TRUE(a->heard.hears(bob, "online offline"));
  ASSERT_TRUE(b->heard.hears(bob, "online offline"));
  server.stop();
  ASSERT_TRUE(a->fails());
  ASSERT_TRUE(b->fails());
  server.start();  // bob is online in it, alice is not
  ASSERT_TRUE(a->works());
  ASSERT_TRUE(b->works());
  a->map.open(dave, "s_5", "sse");
  EXPECT_TRUE(a->heard.hears(dave, "online"));  // the log of changes went back too
  EXPECT_TRUE(b->heard.hears(dave, "online"));
  EXPECT_TRUE(becomes(b->map, alice, Status::kOnline));
  EXPECT_TRUE(becomes(b->map, bob, Status::kOffline));
  a_grace_passes(*b, *a);
  EXPECT_EQ(a->heard.of(alice), "online");
  EXPECT_EQ(b->heard.of(alice), "online");
}

TEST_F(RedisMapTest, ANodeStartsWithoutRedisAndRegistersWhenItComes) {
  server.stop();
  options.node = "a";
  TestNode a(options);
  a.map.open(alice, "s_1", "sse");
  EXPECT_EQ(status(a.map, alice), Status::kUnknown);
  EXPECT_FALSE(a.map.healthy());
  server.start();
  EXPECT_TRUE(a.heard.hears(alice, "online"));
  EXPECT_TRUE(a.works());
}

TEST_F(RedisMapTest, ARefusedOrResetTcpConnectionIsNoticedAtOnce) {
  options.address = server.tcp_address();  // nobody listens there yet
  options.answer_timeout = Millis(600'000);
  TestNode a(options);
  a.map.open(alice, "s_1", "sse");
  server.stop();
  server.start();
  ASSERT_TRUE(a.works());
  server.stop();
  ASSERT_TRUE(a.fails());
  server.start();
  EXPECT_TRUE(a.works());
  EXPECT_EQ(status(a.map, alice), Status::kOnline);
}

TEST_F(RedisMapTest, ARedisThatRefusesCommandsIsAway) {
  const auto a = node();
  a->map.open(alice, "s_1", "sse");
  ASSERT_TRUE(a->heard.hears(alice, "online"));
  server.command({"CONFIG", "SET", "maxmemory", "1"});  // scripts that write fail with OOM
  ASSERT_TRUE(a->fails());
  server.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(becomes(a->map, alice, Status::kOnline));
  EXPECT_EQ(a->heard.of(alice), "online");
}

TEST_F(RedisMapTest, ARedisThatForgotTheScriptsIsGivenThemAgain) {
  const auto a = node();
  a->map.open(alice, "s_1", "sse");
  ASSERT_TRUE(a->heard.hears(alice, "online"));
  server.command({"SCRIPT", "FLUSH"});
  a->map.open(bob, "s_2", "sse");
  EXPECT_TRUE(a->heard.hears(bob, "online"));
  EXPECT_TRUE(becomes(a->map, alice, Status::kOnline));
  EXPECT_EQ(a->heard.of(alice), "online");
}

TEST_F(RedisMapTest, StoppingWhileRedisHangsTakesNoLongerThanTheAnswerTimeout) {
  const auto a = node();
  a->map.open(alice, "s_1", "sse");
  ASSERT_TRUE(a->heard.hears(alice, "online"));
  server.pause();
  const MonoTime begin = now();
  a->map.stop();
  EXPECT_LT(now() - begin, options.answer_timeout + std::chrono::seconds(20)) << "Redis never answers";
  server.resume();
}

TEST_F(RedisMapTest, QueriesThatRaceWithAnOutageAndTheStopAreAllAnswered) {
  auto a = node();
  std::atomic<int> asked = 0;
  std::atomic<int> answered = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&](const std::stop_token& end) {
      for (int i = 0; !end.stop_requested(); ++i) {
        std::this_thread::sleep_for(std::chrono::microseconds(200));  // a pace, not a wait
        if (asked - answered > 500) continue;
        ++asked;
        a->map.open(UserId(i % 50 + 1), "s", "sse");
        a->map.query({alice, bob}, [&](auto states) { answered += states.size() == 2 ? 1 : 0; });
        a->map.close(UserId(i % 50 + 1), "s");
      }
    });
  }
  ASSERT_TRUE(eventually([&] { return answered > 1000; }));
  server.stop();
  ASSERT_TRUE(a->fails());
  server.start();
  ASSERT_TRUE(a->works());
  server.command({"FLUSHALL"});
  const int until = answered + 1000;
  ASSERT_TRUE(eventually([&] { return answered > until; }));
  a->map.stop();
  threads.clear();
  EXPECT_EQ(answered, asked);
}

}  // namespace
}  // namespace fairlead::presence
