#include "chat/rooms.h"

#include "chat/permissions.h"
#include "core/limits.h"
#include "protocol/ids.h"
#include "tests/chat/rules_fixture.h"

namespace fairlead::chat {
namespace {

using Types = std::vector<std::string>;

class RoomsTest : public RulesTest {
 protected:
  User ann = make_user("ann"), bob = make_user("bob"), eve = make_user("eve");

  std::size_t events_seen(const User& user, LogPosition after) {
    return look([&](auto& view) {
      return view.page(user.id, after, {100, 100'000}).events.size();
    });
  }
  std::vector<SeenRoom> rooms(const User& user) {
    return look([&](auto& view) { return list_rooms(view, user.id); });
  }
  Result<DirectRoom> direct(const User& a, const User& b) {
    return run([&](auto& tx) { return direct_room(tx, a.id, b.id, ++now_ms_); });
  }
};

TEST(Permissions, TheTableIsTheOneThatIsDocumented) {
  using enum Action;
  const auto row = [](Action action) {
    std::string who;
    for (const auto role : {Role::kReader, Role::kMember, Role::kModerator, Role::kOwner}) {
      who += may(role, action) ? 'x' : '-';
    }
    return who;
  };
  EXPECT_EQ(row(kRead), "xxxx");
  EXPECT_EQ(row(kMarkRead), "xxxx");
  EXPECT_EQ(row(kSend), "-xxx");
  EXPECT_EQ(row(kReact), "-xxx");
  EXPECT_EQ(row(kModerate), "--xx");
  EXPECT_EQ(row(kUpdateRoom), "--xx");
  EXPECT_EQ(row(kManageMembers), "--xx");
  EXPECT_EQ(row(kDeleteRoom), "---x");
}

TEST_F(RoomsTest, ANewRoomHasItsOwnerWhoSeesItAppear) {
  const auto before = head();
  const auto room = make_room(ann);
  EXPECT_EQ(types_after(before), Types{"room.created"});
  EXPECT_EQ(role_of(room, ann), Role::kOwner);
  EXPECT_EQ(events_seen(ann, before), 1u);
  EXPECT_EQ(events_seen(bob, before), 0u);
}

TEST_F(RoomsTest, JoiningTellsTheRoomOnce) {
  const auto room = make_room(ann);
  const auto before = head();
  EXPECT_EQ(join(bob, room)->role, Role::kMember);
  EXPECT_EQ(join(bob, room)->role, Role::kMember);
  const auto events = events_after(before);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["type"], "member.joined");
  EXPECT_EQ(events[0]["data"]["member"]["user"]["id"], protocol::to_wire(bob.id));
  EXPECT_EQ(events[0]["data"]["room"]["members_count"], 2);
  EXPECT_EQ(events_seen(bob, before), 1u) << "the join itself is the first thing they see";
}

TEST_F(RoomsTest, APrivateRoomCannotBeJoinedOrSeen) {
  const auto room = make_room(ann, Visibility::kPrivate);
  EXPECT_EQ(join(bob, room).error().code, ErrorCode::kNotFound);
  const auto hidden = look([&](auto& view) { return sight(view, room, bob.id); });
  const auto missing = look([&](auto& view) { return sight(view, RoomId(1), bob.id); });
  EXPECT_EQ(hidden.error().code, missing.error().code);
  EXPECT_EQ(hidden.error().detail, missing.error().detail);
}

TEST_F(RoomsTest, TheListHasOnesOwnRoomsAndThePublicOnes) {
  make_room(ann);
  make_room(ann, Visibility::kPrivate);
  EXPECT_EQ(rooms(ann).size(), 2u);
  const auto seen = rooms(bob);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_FALSE(seen[0].role);
}

TEST_F(RoomsTest, LeavingIsTheLastThingThatOneSees) {
  const auto room = make_room(ann);
  join(bob, room);
  const auto before = head();
  ASSERT_TRUE(leave(bob, room));
  say(ann, room, "gone?");
  EXPECT_EQ(types_after(before), (Types{"member.left", "message.created"}));
  EXPECT_EQ(events_seen(bob, before), 1u);
  EXPECT_EQ(leave(bob, room).error().code, ErrorCode::kNotAMember);
}

TEST_F(RoomsTest, TheLastOwnerPassesTheRoomOn) {
  const auto room = make_room(ann);
  join(bob, room);
  join(eve, room);
  const auto before = head();
  ASSERT_TRUE(leave(ann, room));
  EXPECT_EQ(types_after(before), (Types{"member.updated", "member.left"}));
  EXPECT_EQ(role_of(room, bob), Role::kOwner) << "who came first";
  EXPECT_EQ(role_of(room, eve), Role::kMember);
}

TEST_F(RoomsTest, AModeratorInheritsBeforeWhoCameEarlier) {
  const auto room = make_room(ann);
  join(bob, room);
  join(eve, room);
  ASSERT_TRUE(give_role(ann, room, eve, Role::kModerator));
  ASSERT_TRUE(leave(ann, room));
  EXPECT_EQ(role_of(room, eve), Role::kOwner);
  EXPECT_EQ(role_of(room, bob), Role::kMember);
}

TEST_F(RoomsTest, WithASecondOwnerNobodyInherits) {
  const auto room = make_room(ann);
  join(bob, room);
  join(eve, room);
  ASSERT_TRUE(give_role(ann, room, eve, Role::kOwner));
  const auto before = head();
  ASSERT_TRUE(leave(ann, room));
  EXPECT_EQ(types_after(before), Types{"member.left"});
}

TEST_F(RoomsTest, AnEmptyPublicRoomGoesToWhoJoinsNext) {
  const auto room = make_room(ann);
  say(ann, room, "for later");
  ASSERT_TRUE(leave(ann, room));
  EXPECT_EQ(join(bob, room)->role, Role::kOwner);
}

TEST_F(RoomsTest, AnEmptyPrivateRoomIsDeleted) {
  const auto room = make_room(ann, Visibility::kPrivate);
  const auto before = head();
  ASSERT_TRUE(leave(ann, room));
  EXPECT_EQ(types_after(before), (Types{"member.left", "room.deleted"}));
  EXPECT_FALSE(look([&](auto& view) { return view.room(room); }));
}

TEST_F(RoomsTest, OnlyModeratorsChangeARoomAndOnlyOwnersDeleteIt) {
  const auto room = make_room(ann);
  join(bob, room);
  const auto update = [&](const User& user, RoomChanges changes) {
    return run([&](auto& tx) { return update_room(tx, user.id, room, changes, ++now_ms_); });
  };
  const auto erase = [&](const User& user) {
    return run([&](auto& tx) { return delete_room(tx, user.id, room, ++now_ms_); });
  };
  const RoomChanges topic{{}, "tea", {}};
  EXPECT_EQ(update(eve, topic).error().code, ErrorCode::kNotAMember);
  EXPECT_EQ(update(bob, topic).error().code, ErrorCode::kForbidden);
  ASSERT_TRUE(give_role(ann, room, bob, Role::kModerator));
  const auto before = head();
  EXPECT_EQ(update(bob, topic)->room.topic, "tea");
  ASSERT_TRUE(update(bob, topic)) << "the same again makes no event";
  EXPECT_EQ(erase(bob).error().code, ErrorCode::kForbidden);
  EXPECT_EQ(update(bob, {"new name", {}, Visibility::kPrivate})->room.name, "new name");
  ASSERT_TRUE(erase(ann));
  EXPECT_EQ(types_after(before), (Types{"room.updated", "room.updated", "room.deleted"}));
  EXPECT_EQ(events_seen(bob, before), 1u) << "of a deleted room only its end is left";
  EXPECT_EQ(say(ann, room, "?").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(rooms(ann).empty());
}

TEST_F(RoomsTest, AModeratorBringsPeopleIntoAPrivateRoom) {
  const auto room = make_room(ann, Visibility::kPrivate);
  const auto added = give_role(ann, room, bob, Role::kModerator);
  ASSERT_TRUE(added);
  EXPECT_TRUE(added->added);
  EXPECT_TRUE(give_role(bob, room, eve, Role::kReader)->added);
  EXPECT_EQ(give_role(eve, room, bob, Role::kReader).error().code, ErrorCode::kForbidden);
}

TEST_F(RoomsTest, NobodyRulesOverTheirOwnRankOrAbove) {
  const auto room = make_room(ann);
  const auto mod = make_user("mod");
  join(bob, room);
  join(eve, room);
  join(mod, room);
  ASSERT_TRUE(give_role(ann, room, bob, Role::kModerator));
  ASSERT_TRUE(give_role(ann, room, mod, Role::kModerator));
  const auto refused = [](const auto& result) {
    return !result && result.error().code == ErrorCode::kForbidden;
  };
  EXPECT_TRUE(refused(give_role(bob, room, ann, Role::kReader)));
  EXPECT_TRUE(refused(give_role(bob, room, mod, Role::kMember)));
  EXPECT_TRUE(refused(give_role(bob, room, eve, Role::kModerator)));
  EXPECT_TRUE(refused(give_role(bob, room, bob, Role::kOwner)));
  EXPECT_TRUE(refused(remove(bob, room, ann)));
  EXPECT_TRUE(refused(remove(bob, room, mod)));
  EXPECT_TRUE(refused(remove(eve, room, bob)));
  EXPECT_TRUE(give_role(bob, room, eve, Role::kReader));
  EXPECT_TRUE(remove(bob, room, eve));
  EXPECT_TRUE(give_role(ann, room, bob, Role::kOwner));
  EXPECT_TRUE(remove(bob, room, ann)) << "owners may do everything";
}

TEST_F(RoomsTest, ARoomKeepsAnOwner) {
  const auto room = make_room(ann);
  join(bob, room);
  EXPECT_EQ(give_role(ann, room, ann, Role::kMember).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(give_role(ann, room, bob, Role::kOwner));
  EXPECT_TRUE(give_role(ann, room, ann, Role::kMember));
}

TEST_F(RoomsTest, BeingRemovedSaysByWhom) {
  const auto room = make_room(ann);
  join(bob, room);
  const auto before = head();
  ASSERT_TRUE(remove(ann, room, bob));
  const auto data = events_after(before).at(0)["data"];
  EXPECT_EQ(data["reason"], "removed");
  EXPECT_EQ(data["by"], protocol::to_wire(ann.id));
  EXPECT_EQ(data["user_id"], protocol::to_wire(bob.id));
  EXPECT_EQ(events_seen(bob, before), 1u);
  EXPECT_EQ(remove(ann, room, bob).error().code, ErrorCode::kNotFound);
}

TEST_F(RoomsTest, APairHasOneDirectRoom) {
  const auto before = head();
  const auto first = direct(ann, bob);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->created);
  EXPECT_EQ(types_after(before), (Types{"room.created", "member.joined"}));
  const auto again = direct(bob, ann);
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->room.room.id, first->room.room.id);
  EXPECT_EQ(again->room.room.kind, RoomKind::kDirect);
  const auto peer_of = [&](const User& user) { return rooms(user)[0].peer->id; };
  EXPECT_EQ(first->room.peer->id, bob.id);
  EXPECT_EQ(again->room.peer->id, ann.id);
  EXPECT_EQ(peer_of(ann), bob.id);
  EXPECT_EQ(peer_of(bob), ann.id);
  EXPECT_EQ(look([&](auto& view) { return sight(view, first->room.room.id, bob.id); })->peer->id,
            ann.id);
  EXPECT_EQ(again->room.role, Role::kMember);
  EXPECT_EQ(direct(ann, ann).error().code, ErrorCode::kInvalidFields);
  EXPECT_EQ(direct(ann, User{UserId(1), "", "", 0}).error().code, ErrorCode::kNotFound);
}

TEST_F(RoomsTest, ADirectRoomStaysThePairs) {
  const auto room = direct(ann, bob)->room.room.id;
  EXPECT_TRUE(say(bob, room, "hi"));
  EXPECT_EQ(join(eve, room).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(leave(ann, room).error().code, ErrorCode::kForbidden);
  EXPECT_EQ(remove(ann, room, ann).error().code, ErrorCode::kForbidden);
  EXPECT_EQ(give_role(ann, room, eve, Role::kMember).error().code, ErrorCode::kForbidden);
}

TEST_F(RoomsTest, NobodyIsInMoreThan1000Rooms) {
  store_->write([&](store::Transaction& tx) {
    for (std::size_t i = 0; i < limits::kRoomsPerUserMax; ++i) {
      ASSERT_TRUE(create_room(tx, ann.id, {"room", "", Visibility::kPublic}, ++now_ms_));
    }
  });
  const auto one_more = run([&](auto& tx) {
    return create_room(tx, ann.id, {"room", "", Visibility::kPublic}, ++now_ms_);
  });
  EXPECT_EQ(one_more.error().code, ErrorCode::kConflict);
  const auto room = make_room(bob);
  EXPECT_EQ(join(ann, room).error().code, ErrorCode::kConflict);
  EXPECT_EQ(give_role(bob, room, ann, Role::kMember).error().code, ErrorCode::kConflict);
}

TEST_F(RoomsTest, AccountsHaveUniqueNames) {
  EXPECT_EQ(
      run([&](auto& tx) { return register_user(tx, "ann", "Ann", "h", ++now_ms_); }).error().code,
      ErrorCode::kNameTaken);
  const auto login = look([&](auto& view) { return find_login(view, "ann"); });
  ASSERT_TRUE(login.user);
  EXPECT_EQ(login.user->id, ann.id);
  EXPECT_EQ(login.password_hash, "hash");
  EXPECT_FALSE(look([&](auto& view) { return find_login(view, "nobody"); }).user);
  EXPECT_EQ(look([&](auto& view) { return read_user(view, UserId(5)); }).error().code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace fairlead::chat
