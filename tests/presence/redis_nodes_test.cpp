#include <thread>

#include "tests/presence/redis_fixture.h"

// Several nodes, and their deaths.
namespace fairlead::presence {
namespace {

using Transports = std::vector<std::string>;

MonoTime now() {
  return std::chrono::steady_clock::now();
}

TEST_F(RedisMapTest, EveryNodeHearsAChangeOnce) {
  const auto a = node("a");
  const auto b = node("b");
  a->map.open(alice, "s_1", "sse");
  EXPECT_TRUE(a->heard.hears(alice, "online"));
  EXPECT_TRUE(b->heard.hears(alice, "online"));
  EXPECT_EQ(status(b->map, alice), Status::kOnline);
  a->map.close(alice, "s_1");
  EXPECT_TRUE(a->heard.hears(alice, "online offline"));
  EXPECT_TRUE(b->heard.hears(alice, "online offline"));
}

TEST_F(RedisMapTest, AMoveBetweenNodesIsNotAnnounced) {
  const auto a = node("a");
  const auto b = node("b");
  a->map.open(alice, "s_1", "sse");
  a->map.open(bob, "s_2", "sse");
  ASSERT_TRUE(b->heard.hears(bob, "online"));
  b->map.open(alice, "s_1", "poll");  // the same session, before the first node noticed
  everything_before_is_heard(*b, *b);
  a->map.close(alice, "s_1");
  a->map.close(bob, "s_2");  // another session, after a pause without any
  b->map.open(bob, "s_3", "poll");
  a_grace_passes(*b, *a);
  a_grace_passes(*a, *b);
  EXPECT_EQ(a->heard.of(alice), "online");
  EXPECT_EQ(a->heard.of(bob), "online");
  EXPECT_EQ(ask(a->map, alice).transports, Transports{"poll"});
}

TEST_F(RedisMapTest, TransportsAreThoseOfTheSessionsOnAllNodes) {
  const auto a = node("a");
  const auto b = node("b");
  a->map.open(alice, "s_1", "websocket");
  ASSERT_TRUE(b->heard.hears(alice, "online"));
  b->map.open(alice, "s_2", "poll");
  everything_before_is_heard(*b, *b);
  EXPECT_EQ(ask(a->map, alice).transports, (Transports{"poll", "websocket"}));
}

TEST_F(RedisMapTest, ANodeThatStopsTakesItsSessionsOutAndTheGraceHolds) {
  const auto a = node("a");
  const auto b = node("b");
  a->map.open(alice, "s_1", "sse");
  a->map.open(bob, "s_2", "sse");
  ASSERT_TRUE(a->heard.hears(bob, "online"));
  ASSERT_TRUE(b->heard.hears(bob, "online"));
  const MonoTime stopped_at = now();
  a->map.stop();
  EXPECT_EQ(ask(b->map, alice).transports, Transports{});
  EXPECT_EQ(status(b->map, alice), Status::kOnline);
  b->map.open(alice, "s_1", "poll");
  ASSERT_TRUE(b->heard.hears(bob, "online offline"));
  EXPECT_GE(b->heard.last(bob).at - stopped_at, options.leave_grace);
  EXPECT_EQ(b->heard.of(alice), "online");
  EXPECT_EQ(a->heard.of(bob), "online");
}

TEST_F(RedisMapTest, ANodeThatWasKilledLeavesNoGhosts) {
  const auto b = node("b");
  ChildNode child(options, 1, 600);  // more than one slice of the reaper
  for (int i = 1; i <= 600; ++i) ASSERT_TRUE(b->heard.hears(UserId(i), "online")) << i;
  b->map.open(alice, "s_own", "sse");
  everything_before_is_heard(*b, *b);
  child.kill();
  for (int i = 2; i <= 600; ++i) ASSERT_TRUE(b->heard.hears(UserId(i), "online offline")) << i;
  EXPECT_EQ(b->heard.of(alice), "online");  // here too
  EXPECT_EQ(ask(b->map, alice).transports, Transports{"sse"});
  EXPECT_EQ(status(b->map, UserId(600)), Status::kOffline);
  EXPECT_EQ(server.command({"ZCARD", options.prefix + "nodes"}), "1");
  EXPECT_EQ(server.command({"EXISTS", options.prefix + "dead"}), "0");
}

TEST_F(RedisMapTest, WithTheDurationsOfProductionAKilledNodesUsersAreOfflineWithinTwentySeconds) {
  RedisOptions production;
  production.address = options.address;
  options = production;
  const auto b = node("b");
  ChildNode child(options, 1, 1);
  ASSERT_TRUE(b->heard.hears(alice, "online"));
  const MonoTime killed_at = now();
  child.kill();
  ASSERT_TRUE(b->heard.hears(alice, "online offline", Millis(30'000)));
  const auto took = std::chrono::duration_cast<Millis>(b->heard.last(alice).at - killed_at);
  EXPECT_LE(took, Millis(20'000));
  EXPECT_GE(took, options.leave_grace - renew_interval(options));  // from the last renewal on
  RecordProperty("offline_after_ms", std::to_string(took.count()));
}

TEST_F(RedisMapTest, AUserOfAKilledNodeWhoComesBackInTimeIsNotAnnounced) {
  const auto b = node("b");
  ChildNode child(options, 1, 2);
  ASSERT_TRUE(b->heard.hears(bob, "online"));
  child.kill();
  b->map.open(alice, "s_1", "sse");  // resumes the session of the dead node
  ASSERT_TRUE(b->heard.hears(bob, "online offline"));
  a_grace_passes(*b, *b);
  EXPECT_EQ(b->heard.of(alice), "online");
  EXPECT_EQ(ask(b->map, alice).transports, Transports{"sse"});
}

TEST_F(RedisMapTest, ANodeThatWasPausedComesBackUnderANewLease) {
  const auto b = node("b");
  ChildNode child(options, 1, 2);
  ASSERT_TRUE(b->heard.hears(bob, "online"));
  child.pause();
  ASSERT_TRUE(b->heard.hears(alice, "online offline"));
  ASSERT_TRUE(b->heard.hears(bob, "online offline"));
  EXPECT_EQ(server.command({"ZCARD", options.prefix + "nodes"}), "1");
  child.resume();
  EXPECT_TRUE(b->heard.hears(alice, "online offline online"));
  EXPECT_TRUE(b->heard.hears(bob, "online offline online"));
  EXPECT_EQ(ask(b->map, alice).transports, Transports{"websocket"});
  EXPECT_EQ(server.command({"ZCARD", options.prefix + "nodes"}), "2");
}

TEST_F(RedisMapTest, ANodeAloneThatWasPausedAnnouncesNothing) {
  // Nobody else was there to tell the time: the map's clock stood still.
  auto a = node("a");
  a->map.open(alice, "s_1", "sse");
  ASSERT_TRUE(a->heard.hears(alice, "online"));
  a->map.stop();
  ChildNode child(options, 1, 1);
  child.pause();
  const MonoTime paused_at = now();
  ASSERT_TRUE(
      eventually([&] { return now() - paused_at > options.leave_grace + options.lease_ttl; }));
  child.resume();
  const auto b = node("b");
  a_grace_passes(*b, *b);
  EXPECT_EQ(b->heard.of(alice), "");
  EXPECT_EQ(status(b->map, alice), Status::kOnline);
}

TEST_F(RedisMapTest, ARestartWithinTheGraceAnnouncesNothing) {
  auto a = node("a");
  const auto b = node("b");
  a->map.open(alice, "s_1", "sse");
  ASSERT_TRUE(b->heard.hears(alice, "online"));
  a.reset();
  a = node("a");
  a->map.open(alice, "s_1", "sse");
  a_grace_passes(*a, *b);
  EXPECT_EQ(b->heard.of(alice), "online");
  EXPECT_EQ(a->heard.of(alice), "");
}

TEST_F(RedisMapTest, AStormOfSessionsIsAnnouncedOnceEach) {
  const auto a = node("a");
  const auto b = node("b");
  constexpr int kUsers = 5000;
  for (int i = 1; i <= kUsers; ++i) a->map.open(UserId(i), "s_" + std::to_string(i), "sse");
  ASSERT_TRUE(eventually([&] { return b->heard.all().size() >= kUsers; }));
  everything_before_is_heard(*a, *b);
  std::map<UserId, int> times;
  for (const auto& heard : b->heard.all()) ++times[heard.user];
  for (int i = 1; i <= kUsers; ++i) EXPECT_EQ(times[UserId(i)], 1) << i;
}

TEST_F(RedisMapTest, AnIdleSessionCostsRedisNothing) {
  const auto commands_of_ten_renewals = [&](TestNode& n) {
    server.command({"CONFIG", "RESETSTAT"});
    EXPECT_TRUE(eventually([&] { return server.calls()["evalsha"] >= 10; }));
    long all = 0;
    for (const auto& [name, calls] : server.calls()) {
      if (name != "info" && name != "config|resetstat") all += calls;
    }
    EXPECT_TRUE(n.map.healthy());
    return std::pair{server.calls()["evalsha"], all};
  };
  const auto a = node("a");
  const auto [empty_scripts, empty] = commands_of_ten_renewals(*a);
  constexpr int kSessions = 10'000;
  for (int i = 1; i <= kSessions; ++i) a->map.open(UserId(i), "s_" + std::to_string(i), "sse");
  ASSERT_TRUE(eventually([&] { return a->heard.all().size() >= kSessions; }));
  const auto [full_scripts, full] = commands_of_ten_renewals(*a);
  std::printf(
      "idle: %ld scripts (%ld commands in all) without sessions, %ld (%ld) with %d sessions\n",
      empty_scripts, empty, full_scripts, full, kSessions);
  // A renewal is one script of a few commands, however many sessions it covers.
  EXPECT_LE(full, full_scripts * 16);
  EXPECT_LE(std::abs(full - empty), 32);  // one renewal more or less, a blocking read
}

struct MovedSessionTest : RedisMapTest {
  void alice_moves(TestNode& from, TestNode& to) {
    from.map.open(alice, "s_1", "sse");
    ASSERT_TRUE(to.heard.hears(alice, "online"));
    std::this_thread::sleep_for(Millis(5));
    to.map.open(alice, "s_1", "websocket");
    ASSERT_TRUE(eventually(
        [&] { return ask(to.map, alice).transports == std::vector<std::string>{"websocket"}; }));
  }
  // When the node that it came from has heard of the move at last.
  void expect_only_the_move_to_count(TestNode& from, TestNode& to) {
    from.map.close(alice, "s_1");
    a_grace_passes(from, to);
    a_grace_passes(from, to);
    EXPECT_EQ(to.heard.of(alice), "online");
    EXPECT_EQ(status(to.map, alice), Status::kOnline);
  }
};

// The old node was paused, or cut off from Redis, when its session's client went to another node;
// it registers all that it has before it hears of that.
TEST_F(MovedSessionTest, ItStaysWithTheNodeThatItMovedTo) {
  const auto a = node("a");
  const auto b = node("b");
  ASSERT_NO_FATAL_FAILURE(alice_moves(*a, *b));
  for (int round = 0; round < 6; ++round) {  // whoever comes back last
    server.stop();
    ASSERT_TRUE(a->fails());
    ASSERT_TRUE(b->fails());
    server.start();
    ASSERT_TRUE(a->works());
    ASSERT_TRUE(b->works());
    EXPECT_EQ(ask(b->map, alice).transports, std::vector<std::string>{"websocket"});
  }
  expect_only_the_move_to_count(*a, *b);
}

TEST_F(MovedSessionTest, ANodeThatWasFencedDoesNotTakeItBack) {
  const auto a = node("a");
  const auto b = node("b");
  ASSERT_NO_FATAL_FAILURE(alice_moves(*a, *b));
  // What a pause of more than the lease's life does.
  server.command({"EVAL",
                  "for _, l in ipairs(redis.call('ZRANGE', ARGV[1], 0, -1)) do "
                  "if string.sub(l, 1, 2) == 'a/' then redis.call('ZREM', ARGV[1], l) end end "
                  "return 'ok'",
                  "0", options.prefix + "nodes"});
  a_grace_passes(*b, *b);  // a has registered again long ago
  expect_only_the_move_to_count(*a, *b);
}

}  // namespace
}  // namespace fairlead::presence
