#include "presence/roster.h"

#include <gtest/gtest.h>

#include "tests/auth/manual_clock.h"

namespace fairlead::presence {
namespace {

struct RosterTest : testing::Test {
  ManualClock clock;
  Roster roster{Millis(15'000)};
  const UserId alice{1};
  const UserId bob{2};

  Roster::Now now() const { return {clock.mono(), clock.wall_ms()}; }
  bool opens(UserId user, std::string_view session, std::string_view transport = "sse") {
    return roster.open(user, session, transport, now()).has_value();
  }
  void close(UserId user, std::string_view session) { roster.close(user, session, now()); }
  Status status(UserId user) const { return roster.state(user, clock.wall_ms()).status; }
};

TEST_F(RosterTest, TheFirstSessionMakesOnlineAndTheSecondDoesNot) {
  const auto change = roster.open(alice, "s_1", "websocket", now());
  ASSERT_TRUE(change);
  EXPECT_EQ(change->user, alice);
  EXPECT_EQ(change->now.status, Status::kOnline);
  EXPECT_FALSE(opens(alice, "s_2"));
}

TEST_F(RosterTest, TheLastCloseMakesOfflineWhenTheGraceIsOverAndNotBefore) {
  opens(alice, "s_1");
  close(alice, "s_1");
  const std::int64_t left_at = clock.wall_ms();
  EXPECT_EQ(roster.next_due(), clock.mono() + Millis(15'000));
  clock.advance(Millis(14'999));
  EXPECT_TRUE(roster.tick(clock.mono()).empty());
  EXPECT_EQ(status(alice), Status::kOnline);
  clock.advance(Millis(1));
  const auto changes = roster.tick(clock.mono());
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].user, alice);
  EXPECT_EQ(changes[0].now.status, Status::kOffline);
  EXPECT_EQ(changes[0].now.last_seen_at_ms, left_at);
  EXPECT_FALSE(roster.next_due());
  EXPECT_TRUE(roster.tick(clock.mono() + Millis(60'000)).empty());
}

TEST_F(RosterTest, ComingBackWithinTheGraceIsNotAnnouncedAndAfterItIs) {
  opens(alice, "s_1");
  close(alice, "s_1");
  clock.advance(Millis(14'999));
  EXPECT_FALSE(opens(alice, "s_2", "poll"));
  clock.advance(Millis(15'000));
  EXPECT_TRUE(roster.tick(clock.mono()).empty());

  close(alice, "s_2");
  clock.advance(Millis(15'000));
  EXPECT_EQ(roster.tick(clock.mono()).size(), 1u);
  EXPECT_TRUE(opens(alice, "s_3"));
}

TEST_F(RosterTest, AUserLeavesWithTheLastOfTwoSessions) {
  opens(alice, "s_1");
  opens(alice, "s_2");
  close(alice, "s_1");
  EXPECT_FALSE(roster.next_due());
  close(alice, "s_2");
  EXPECT_TRUE(roster.next_due());
}

TEST_F(RosterTest, AMoveToAnotherTransportKeepsOneSession) {
  opens(alice, "s_1", "websocket");
  EXPECT_FALSE(opens(alice, "s_1", "poll"));
  EXPECT_EQ(roster.state(alice, 0).transports, std::vector<std::string>{"poll"});
  close(alice, "s_1");
  EXPECT_TRUE(roster.next_due());
}

TEST_F(RosterTest, ClosingWhatIsNotOpenChangesNothing) {
  close(alice, "s_1");
  opens(alice, "s_1");
  close(alice, "s_2");
  close(bob, "s_1");
  EXPECT_FALSE(roster.next_due());
  close(alice, "s_1");
  const auto due = roster.next_due();
  clock.advance(Millis(5'000));
  close(alice, "s_1");
  EXPECT_EQ(roster.next_due(), due);
}

TEST_F(RosterTest, EachLeaverHasTheirOwnGrace) {
  opens(alice, "s_1");
  opens(bob, "s_2");
  close(bob, "s_2");
  clock.advance(Millis(10));
  close(alice, "s_1");
  clock.advance(Millis(14'990));
  auto changes = roster.tick(clock.mono());
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].user, bob);
  clock.advance(Millis(10));
  changes = roster.tick(clock.mono());
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].user, alice);
}

TEST_F(RosterTest, LastSeenIsNowWhileASessionIsOpenAndTheCloseAfterwards) {
  EXPECT_EQ(roster.state(alice, 77).last_seen_at_ms, 0);
  opens(alice, "s_1");
  EXPECT_EQ(roster.state(alice, 77).last_seen_at_ms, 77);
  const std::int64_t left_at = clock.wall_ms();
  close(alice, "s_1");
  EXPECT_EQ(roster.state(alice, left_at + 9).last_seen_at_ms, left_at);
}

TEST_F(RosterTest, TheLongestGoneAreForgottenFirst) {
  Roster small(Millis(0), 2);
  for (int i = 1; i <= 3; ++i) {
    clock.advance(Millis(1));
    small.open(UserId(i), "s", "sse", now());
    small.close(UserId(i), "s", now());
    small.tick(clock.mono());
  }
  EXPECT_EQ(small.users(), 2u);
  EXPECT_EQ(small.state(UserId(1), 0).last_seen_at_ms, 0);
  EXPECT_NE(small.state(UserId(2), 0).last_seen_at_ms, 0);
  EXPECT_NE(small.state(UserId(3), 0).last_seen_at_ms, 0);
}

TEST_F(RosterTest, WhoCameBackIsNotForgotten) {
  Roster small(Millis(0), 1);
  const auto visit = [&](UserId user) {
    clock.advance(Millis(1));
    small.open(user, "s", "sse", now());
    small.close(user, "s", now());
    small.tick(clock.mono());
  };
  visit(alice);
  small.open(alice, "s", "sse", now());
  visit(bob);
  EXPECT_EQ(small.state(alice, 5).status, Status::kOnline);
}

}  // namespace
}  // namespace fairlead::presence
