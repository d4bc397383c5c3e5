#include "chat/moderation.h"

#include "core/limits.h"
#include "protocol/ids.h"
#include "tests/chat/rules_fixture.h"

namespace fairlead::chat {
namespace {

class ModerationTest : public RulesTest {
 protected:
  User owner = make_user("owner"), mod = make_user("mod"), bob = make_user("bob"),
       eve = make_user("eve");
  RoomId room = make_room(owner);

  void SetUp() override {
    ASSERT_TRUE(join(bob, room));
    ASSERT_TRUE(give_role(owner, room, mod, Role::kModerator));
  }

  Result<Member> mute_for(const User& by, const User& user, std::int64_t seconds) {
    return run([&](auto& tx) { return mute(tx, by.id, room, user.id, seconds, now_ms_); });
  }
  Result<void> lift(const User& by, const User& user) {
    return run([&](auto& tx) { return unmute(tx, by.id, room, user.id, ++now_ms_); });
  }
  // By somebody who may.
  void slow_down(std::int64_t seconds) {
    RoomChanges changes;
    changes.slow_mode_s = seconds;
    ASSERT_TRUE(run([&](auto& tx) { return update_room(tx, mod.id, room, changes, ++now_ms_); }));
  }
  template <typename T>
  static ErrorCode code(const Result<T>& result) {
    EXPECT_FALSE(result);
    return result ? ErrorCode::kInternal : result.error().code;
  }
};

TEST_F(ModerationTest, WhoIsMutedIsNotSeenUntilItIsOver) {
  const auto said = say(bob, room, "before");
  ASSERT_TRUE(mute_for(mod, bob, 60));
  const auto until_ms = now_ms_ + 60'000;
  EXPECT_EQ(code(say(bob, room, "x")), ErrorCode::kMuted);
  EXPECT_EQ(code(run([&](auto& tx) {
              return edit_message(tx, bob.id, room, said->message.id, "x", now_ms_);
            })),
            ErrorCode::kMuted);
  const auto react = [&](const std::string& emoji) {
    return run(
        [&](auto& tx) { return add_reaction(tx, bob.id, room, said->message.id, emoji, now_ms_); });
  };
  EXPECT_EQ(code(react("x")), ErrorCode::kMuted);
  EXPECT_TRUE(say(owner, room, "others are heard"));
  EXPECT_TRUE(run([&](auto& tx) {  // what takes something back is no voice
    return delete_message(tx, bob.id, room, said->message.id, now_ms_);
  }));
  now_ms_ = until_ms - 2;
  EXPECT_EQ(code(say(bob, room, "x")), ErrorCode::kMuted);
  EXPECT_TRUE(say(bob, room, "over"));
}

TEST_F(ModerationTest, AMuteIsToldAndOutlivesLeaving) {
  const auto before = head();
  const auto member = mute_for(mod, bob, 60);
  ASSERT_TRUE(member);
  EXPECT_EQ(member->muted_until_ms, now_ms_ + 60'000);
  const auto events = events_after(before);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["type"], "member.updated");
  EXPECT_EQ(events[0]["data"]["member"]["muted_until"], protocol::rfc3339(member->muted_until_ms));
  ASSERT_TRUE(leave(bob, room));
  const auto back = join(bob, room);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->muted_until_ms, member->muted_until_ms);
  EXPECT_EQ(code(say(bob, room, "x")), ErrorCode::kMuted);
}

TEST_F(ModerationTest, ItIsLiftedOnceAndThatIsTold) {
  ASSERT_TRUE(mute_for(mod, bob, 60));
  const auto before = head();
  EXPECT_TRUE(lift(owner, bob));
  EXPECT_TRUE(lift(owner, bob));
  const auto events = events_after(before);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_FALSE(events[0]["data"]["member"].contains("muted_until"));
  EXPECT_TRUE(say(bob, room, "heard again"));
}

TEST_F(ModerationTest, OnlyThoseBelowCanBeMuted) {
  for (const auto* whom : {&mod, &owner}) {
    EXPECT_EQ(code(mute_for(mod, *whom, 60)), ErrorCode::kForbidden);
    EXPECT_EQ(code(lift(mod, *whom)), ErrorCode::kForbidden);
  }
  EXPECT_EQ(code(mute_for(owner, owner, 60)), ErrorCode::kForbidden);
  EXPECT_EQ(code(mute_for(bob, bob, 60)), ErrorCode::kForbidden);
  EXPECT_EQ(code(mute_for(eve, bob, 60)), ErrorCode::kNotAMember);
  EXPECT_EQ(code(mute_for(mod, eve, 60)), ErrorCode::kNotFound);
  EXPECT_TRUE(mute_for(owner, mod, 60));
  EXPECT_EQ(code(say(mod, room, "x")), ErrorCode::kMuted);
  RoomChanges changes;
  changes.topic = "x";
  EXPECT_EQ(code(run([&](auto& tx) { return update_room(tx, mod.id, room, changes, now_ms_); })),
            ErrorCode::kMuted);
}

TEST_F(ModerationTest, WhoBecomesAnOwnerIsMutedNoMore) {
  const auto expect_told = [&](LogPosition before, const User& user) {
    EXPECT_FALSE(events_after(before).at(0)["data"]["member"].contains("muted_until"));
    EXPECT_TRUE(say(user, room, "heard"));
  };
  ASSERT_TRUE(mute_for(owner, bob, 60));
  auto before = head();
  ASSERT_TRUE(give_role(owner, room, bob, Role::kOwner));
  expect_told(before, bob);

  ASSERT_TRUE(leave(bob, room));
  ASSERT_TRUE(mute_for(owner, mod, 60));
  before = head();
  ASSERT_TRUE(leave(owner, room));  // mod is next
  expect_told(before, mod);

  ASSERT_TRUE(join(eve, room));
  ASSERT_TRUE(mute_for(mod, eve, 60));
  ASSERT_TRUE(leave(eve, room));
  ASSERT_TRUE(leave(mod, room));
  before = head();
  const auto alone = join(eve, room);
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->role, Role::kOwner);
  EXPECT_EQ(alone->muted_until_ms, 0);
  expect_told(before, eve);
}

TEST_F(ModerationTest, InSlowModeMembersWaitAndModeratorsDoNot) {
  slow_down(30);
  ASSERT_TRUE(say(bob, room, "first"));
  const auto sent_ms = now_ms_;
  const auto early = say(bob, room, "x");
  EXPECT_EQ(code(early), ErrorCode::kSlowMode);
  EXPECT_EQ(early.error().retry_after_s, 30);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(say(mod, room, "again"));
  now_ms_ = sent_ms + 29'000;
  EXPECT_EQ(say(bob, room, "x").error().retry_after_s, 1);
  now_ms_ = sent_ms + 29'999;
  EXPECT_TRUE(say(bob, room, "second")) << "refused ones do not count";
  EXPECT_EQ(code(say(bob, room, "x")), ErrorCode::kSlowMode);
  slow_down(0);
  EXPECT_TRUE(say(bob, room, "at once"));
}

TEST_F(ModerationTest, DeletingTheLastMessageWinsNoTime) {
  slow_down(30);
  const auto sent = say(bob, room, "first");
  ASSERT_TRUE(
      run([&](auto& tx) { return delete_message(tx, bob.id, room, sent->message.id, now_ms_); }));
  EXPECT_EQ(code(say(bob, room, "x")), ErrorCode::kSlowMode);
}

TEST_F(ModerationTest, AReplayIsNeitherTooSoonNorMuted) {
  slow_down(30);
  const auto sent = say(bob, room, "once", "n");
  ASSERT_TRUE(mute_for(mod, bob, 60));
  const auto again = say(bob, room, "once", "n");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->json, sent->json);
}

TEST_F(ModerationTest, AClockThatIsSetBackStopsNobody) {
  slow_down(30);
  ASSERT_TRUE(say(bob, room, "first"));
  now_ms_ -= 3'600'000;
  EXPECT_TRUE(say(bob, room, "an hour before"));
}

TEST_F(ModerationTest, SlowModeIsSeenAndToldAndOfEachRoomItsOwn) {
  const auto other = make_room(bob);
  const auto before = head();
  slow_down(30);
  slow_down(30);
  const auto events = events_after(before);
  ASSERT_EQ(events.size(), 1u) << "the same again changes nothing";
  EXPECT_EQ(events[0]["type"], "room.updated");
  EXPECT_EQ(events[0]["data"]["slow_mode_seconds"], 30);
  ASSERT_TRUE(join(eve, other));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(say(eve, other, "as fast as one likes"));
}

}  // namespace
}  // namespace fairlead::chat
