#include "chat/presence_news.h"

#include <gmock/gmock.h>

#include "protocol/ids.h"
#include "tests/chat/rules_fixture.h"

namespace fairlead::chat {
namespace {

using presence::Status;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class PresenceNewsTest : public RulesTest {
 protected:
  static presence::Changes all_are(Status status, std::initializer_list<User> users) {
    presence::Changes changes;
    for (const auto& user : users) changes.push_back({user.id, {status, 0}});
    return changes;
  }
  PresenceNewsAll all_news(const presence::Changes& changes, std::int64_t members_max) {
    return look([&](store::View& view) { return presence_news(view, changes, members_max); });
  }
  std::vector<PresenceNews> news(const presence::Changes& changes) {
    return all_news(changes, 100).each;
  }
  static std::vector<UserId> users_of(const PresenceNews& news) {
    std::vector<UserId> users;
    for (const auto& [user, now] : news.changes) users.push_back(user);
    return users;
  }

  const User ann_ = make_user("ann"), bob_ = make_user("bob"), eve_ = make_user("eve");
};

TEST_F(PresenceNewsTest, ARoomIsToldOnceOfAllWhoChanged) {
  const auto room = make_room(ann_);
  join(bob_, room);
  const auto told = news(all_are(Status::kOnline, {ann_, bob_, eve_}));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0].rooms, ElementsAre(room));
  EXPECT_THAT(users_of(told[0]), UnorderedElementsAre(ann_.id, bob_.id));
}

TEST_F(PresenceNewsTest, RoomsInWhichTheSameChangedShareAnEvent) {
  const auto one = make_room(ann_), two = make_room(ann_), both = make_room(ann_);
  join(bob_, both);
  auto told = news(all_are(Status::kOffline, {ann_, bob_}));
  ASSERT_EQ(told.size(), 2U);
  std::ranges::sort(told, {}, [](const auto& each) { return each.changes.size(); });
  EXPECT_THAT(told[0].rooms, UnorderedElementsAre(one, two));
  EXPECT_THAT(users_of(told[0]), ElementsAre(ann_.id));
  EXPECT_THAT(told[1].rooms, ElementsAre(both));
  EXPECT_THAT(users_of(told[1]), UnorderedElementsAre(ann_.id, bob_.id));
}

TEST_F(PresenceNewsTest, RoomsAboveTheBoundAreToldCountsAlone) {
  const auto large = make_room(ann_), small = make_room(ann_);
  for (const auto& user : {bob_, eve_}) join(user, large);
  join(bob_, small);
  const auto told = all_news(all_are(Status::kOnline, {ann_}), 2);
  ASSERT_EQ(told.each.size(), 1U);
  EXPECT_THAT(told.each[0].rooms, ElementsAre(small));
  EXPECT_THAT(told.large, ElementsAre(std::pair(large, 3)));
}

TEST_F(PresenceNewsTest, WhoHasLeftIsNotToldOf) {
  const auto room = make_room(ann_);
  join(bob_, room);
  leave(bob_, room);
  EXPECT_TRUE(news(all_are(Status::kOnline, {bob_})).empty());
}

TEST_F(PresenceNewsTest, TheEventNamesEachUserAndASingleOneTwice) {
  const auto one = protocol::Json::parse(
      presence_event_json({{ann_.id, {Status::kOffline, 1'800'000'000'123}}}, now_ms_));
  const auto id = protocol::to_wire(ann_.id);
  EXPECT_EQ(one["type"], "presence");
  EXPECT_EQ(one["data"]["user_id"], id);
  EXPECT_EQ(one["data"]["status"], "offline");
  EXPECT_EQ(one["data"]["users"][id]["status"], "offline");
  EXPECT_EQ(one["data"]["users"][id]["last_seen_at"], protocol::rfc3339(1'800'000'000'123));
  const auto two =
      protocol::Json::parse(presence_event_json(all_are(Status::kOnline, {ann_, bob_}), now_ms_));
  EXPECT_FALSE(two["data"].contains("user_id"));
  EXPECT_EQ(two["data"]["users"].size(), 2U);
  EXPECT_EQ(two["data"]["users"][id]["last_seen_at"], nullptr);
}

TEST_F(PresenceNewsTest, ACountSaysHowManyAreHere) {
  const RoomId room{7};
  const auto told = protocol::Json::parse(presence_counts_json(room, {1, 1, 3}, now_ms_));
  EXPECT_EQ(told["room_id"], protocol::to_wire(room));
  EXPECT_EQ(told["data"], protocol::Json::parse(R"({"counts":{"online":1,"away":1,"members":3}})"));
}

}  // namespace
}  // namespace fairlead::chat
