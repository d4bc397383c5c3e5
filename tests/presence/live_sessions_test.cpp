#include "presence/redis/live_sessions.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fairlead::presence {
namespace {

struct LiveSessionsTest : testing::Test {
  LiveSessions live;
  const UserId alice{1};
  const UserId bob{2};

  static MonoTime at(int ms) { return MonoTime(Millis(ms)); }
  static std::vector<std::string> all(const LiveSessions& from) {
    std::vector<std::string> lines;
    from.for_each(
        [&](UserId user, const std::string& session, const std::string& transport, bool told) {
          lines.push_back(std::to_string(user.value()) + " " + session + " " + transport +
                          (told ? " told" : ""));
        });
    return lines;
  }
  static std::vector<UserId> left(const LiveSessions& from) {
    std::vector<UserId> users;
    from.for_each_left([&](UserId user) { users.push_back(user); });
    return users;
  }
};

TEST_F(LiveSessionsTest, ASessionIsThereUntilItCloses) {
  live.open(alice, "s_1", "sse");
  EXPECT_EQ(all(live), std::vector<std::string>{"1 s_1 sse"});
  live.open(alice, "s_1", "poll");
  EXPECT_EQ(all(live), std::vector<std::string>{"1 s_1 poll"});
  EXPECT_EQ(live.sessions(), 1u);
  EXPECT_TRUE(live.close(alice, "s_1", at(1)));
  EXPECT_FALSE(live.close(alice, "s_1", at(2)));
  EXPECT_TRUE(all(live).empty());
  EXPECT_EQ(live.sessions(), 0u);
}

TEST_F(LiveSessionsTest, ALeaverWhomTheOthersBelieveOnlineIsRememberedUntilTheyAreTold) {
  live.open(alice, "s_1", "sse");
  live.told_online(alice);
  live.open(bob, "s_2", "sse");
  live.close(alice, "s_1", at(1));
  live.close(bob, "s_2", at(1));
  EXPECT_EQ(left(live), std::vector<UserId>{alice});  // nobody was told of bob
  live.told_offline(alice);
  EXPECT_TRUE(left(live).empty());
}

TEST_F(LiveSessionsTest, ComingBackKeepsWhatTheOthersWereTold) {
  live.open(alice, "s_1", "sse");
  live.told_online(alice);
  live.close(alice, "s_1", at(1));
  live.open(alice, "s_2", "poll");
  EXPECT_TRUE(left(live).empty());
  EXPECT_EQ(all(live), std::vector<std::string>{"1 s_2 poll told"});
  live.forget_left(at(100));  // the leave of old is no reason to forget who is here
  EXPECT_EQ(all(live).size(), 1u);
}

TEST_F(LiveSessionsTest, LeaversAreForgottenInTheirOrder) {
  for (const UserId user : {alice, bob}) {
    live.open(user, "s", "sse");
    live.told_online(user);
    live.close(user, "s", at(static_cast<int>(user.value()) * 10));
  }
  live.forget_left(at(10));
  EXPECT_EQ(left(live).size(), 2u);
  live.forget_left(at(20));
  EXPECT_EQ(left(live), std::vector<UserId>{bob});
}

TEST_F(LiveSessionsTest, TheNumberOfLeaversIsBounded) {
  LiveSessions small(2);
  for (int i = 1; i <= 5; ++i) {
    small.open(UserId(i), "s", "sse");
    small.told_online(UserId(i));
    small.close(UserId(i), "s", at(i));
  }
  EXPECT_EQ(left(small).size(), 2u);
}

}  // namespace
}  // namespace fairlead::presence
