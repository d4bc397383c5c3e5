#include <gmock/gmock.h>

#include "tests/store/store_contract.h"

namespace fairlead::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST_P(StoreContract, ARoomIsKeptAndCanBeChanged) {
  Room room;
  room.id = RoomId(7);
  room.name = "general";
  room.topic = "all things";
  room.visibility = Visibility::kPrivate;
  room.kind = RoomKind::kDirect;
  room.created_at_ms = 123;
  room.slow_mode_s = 5;
  write([&](Transaction& t) { t.insert_room(room); });
  room.name = "renamed";
  room.topic = "";
  room.visibility = Visibility::kPublic;
  EXPECT_EQ(read([](View& view) { return view.room(RoomId(7)); })->slow_mode_s, 5);
  room.slow_mode_s = 30;
  write([&](Transaction& t) { t.update_room(room); });
  reopen();
  const auto kept = read([](View& view) { return view.room(RoomId(7)); });
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->name, "renamed");
  EXPECT_EQ(kept->topic, "");
  EXPECT_EQ(kept->visibility, Visibility::kPublic);
  EXPECT_EQ(kept->kind, RoomKind::kDirect);
  EXPECT_EQ(kept->created_at_ms, 123);
  EXPECT_EQ(kept->slow_mode_s, 30);
  EXPECT_FALSE(read([](View& view) { return view.room(RoomId(8)); }));
}

TEST_P(StoreContract, MembersAreListedByNameWithTheirRoles) {
  const auto zoe = add_user(1, "zoe");
  const auto ada = add_user(2, "ada");
  const auto bob = add_user(3, "bob");
  const auto room = add_room(7, "general");
  join(room.id, zoe.id, Role::kOwner);
  join(room.id, ada.id);
  join(room.id, bob.id, Role::kReader);
  write([&](Transaction& t) { t.update_member(room.id, bob.id, Role::kModerator); });
  leave(room.id, ada.id);
  join(room.id, ada.id, Role::kReader);
  const auto members = read([&](View& view) { return view.members(room.id, 10); });
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[0].user.name, "ada");
  EXPECT_EQ(members[0].role, Role::kReader);
  EXPECT_EQ(members[0].joined_at_ms, 3000);
  EXPECT_EQ(members[1].role, Role::kModerator);
  EXPECT_EQ(members[2].user.name, "zoe");
  EXPECT_EQ(read([&](View& view) { return view.members(room.id, 2); }).size(), 2u);
  EXPECT_EQ(read([&](View& view) { return view.member_ids(room.id, 9); }),
            (std::vector{zoe.id, ada.id, bob.id}));
  EXPECT_EQ(read([&](View& view) { return view.member_ids(room.id, 2); }),
            (std::vector{zoe.id, ada.id}));
  EXPECT_EQ(read([&](View& view) { return view.role(room.id, zoe.id); }), Role::kOwner);
  EXPECT_EQ(read([&](View& view) { return view.room(room.id); })->members_count, 3);
  leave(room.id, ada.id);
  leave(room.id, ada.id);  // who is not in cannot leave
  EXPECT_FALSE(read([&](View& view) { return view.role(room.id, ada.id); }));
  EXPECT_EQ(read([&](View& view) { return view.room(room.id); })->members_count, 2);
}

TEST_P(StoreContract, OneMemberIsFoundAsTheListHasThem) {
  const auto ada = add_user(1, "ada");
  const auto bob = add_user(2, "bob");
  const auto room = add_room(7, "general");
  join(room.id, ada.id, Role::kModerator);
  write([&](Transaction& t) { t.set_mute(room.id, ada.id, 5000, 1000); });
  const auto member = read([&](View& view) { return view.member(room.id, ada.id); });
  ASSERT_TRUE(member);
  EXPECT_EQ(member->user.name, "ada");
  EXPECT_EQ(member->role, Role::kModerator);
  EXPECT_EQ(member->joined_at_ms,
            read([&](View& view) { return view.members(room.id, 1); }).at(0).joined_at_ms);
  EXPECT_EQ(member->muted_until_ms, 5000);
  EXPECT_FALSE(read([&](View& view) { return view.member(room.id, bob.id); }));
  EXPECT_FALSE(read([&](View& view) { return view.member(RoomId(8), ada.id); }));
}

TEST_P(StoreContract, AnHeirIsOfTheHighestRoleAndThenTheOneWhoCameFirst) {
  const auto room = add_room(7, "general");
  add_room(8, "another");
  for (int id = 1; id <= 5; ++id) add_user(id, "user" + std::to_string(id));
  const auto heir = [&](int of) {
    const auto found = read([&](View& view) { return view.heir(room.id, UserId(of)); });
    return found ? found->user.id : UserId();
  };
  join(room.id, UserId(1), Role::kOwner);
  EXPECT_EQ(heir(1), UserId());
  join(RoomId(8), UserId(5), Role::kOwner);
  join(room.id, UserId(4));
  join(room.id, UserId(3));
  EXPECT_EQ(heir(1), UserId(4));
  EXPECT_EQ(heir(4), UserId(1));
  write([&](Transaction& t) { t.update_member(room.id, UserId(3), Role::kModerator); });
  EXPECT_EQ(heir(1), UserId(3));
}

TEST_P(StoreContract, AMuteIsKeptAcrossLeavingUntilItIsLiftedOrOverAndForgotten) {
  const auto ada = add_user(1, "ada");
  const auto bob = add_user(2, "bob");
  const auto room = add_room(7, "general");
  join(room.id, ada.id);
  join(room.id, bob.id);
  const auto muted = [&](UserId user) {
    return read([&](View& view) { return view.muted_until_ms(room.id, user); });
  };
  write([&](Transaction& t) { t.set_mute(room.id, ada.id, 5000, 1000); });
  write([&](Transaction& t) { t.set_mute(room.id, ada.id, 6000, 1000); });
  EXPECT_EQ(read([&](View& view) { return view.members(room.id, 9); })[0].muted_until_ms, 6000);
  EXPECT_EQ(read([&](View& view) { return view.members(room.id, 9); })[1].muted_until_ms, 0);
  EXPECT_EQ(read([&](View& view) { return view.rooms_of(ada.id); })[0].seen.muted_until_ms, 6000);
  EXPECT_EQ(read([&](View& view) { return view.rooms_of(bob.id); })[0].seen.muted_until_ms, 0);
  leave(room.id, ada.id);
  reopen();
  EXPECT_EQ(muted(ada.id), 6000);
  write([&](Transaction& t) { t.set_mute(room.id, bob.id, 9000, 6001); });
  EXPECT_EQ(muted(ada.id), 0) << "over, and forgotten with the next one";
  EXPECT_EQ(muted(bob.id), 9000);
  write([&](Transaction& t) { t.lift_mute(room.id, bob.id); });
  EXPECT_EQ(muted(bob.id), 0);
  write([&](Transaction& t) { t.set_mute(room.id, bob.id, 9000, 1); });
  write([&](Transaction& t) { t.delete_room(room.id); });
  EXPECT_EQ(muted(bob.id), 0);
}

TEST_P(StoreContract, PublicRoomsAreListedByNameWithoutPrivateAndDirectOnes) {
  for (const auto& [id, name] :
       {std::pair{1, "beta"}, {2, "Alpha"}, {3, "secret"}, {4, "direct"}, {5, "gamma"}}) {
    Room room;
    room.id = RoomId(id);
    room.name = name;
    if (id == 3) room.visibility = Visibility::kPrivate;
    if (id == 4) room.kind = RoomKind::kDirect;
    write([&](Transaction& t) { t.insert_room(room); });
  }
  write([](Transaction& t) { t.delete_room(RoomId(5)); });
  const auto list = [&](std::size_t limit) {
    std::vector<std::string> names;
    for (const auto& room : read([&](View& view) { return view.public_rooms(limit); }))
      names.push_back(room.name);
    return names;
  };
  EXPECT_THAT(list(10), ElementsAre("Alpha", "beta"));
  EXPECT_THAT(list(1), ElementsAre("Alpha"));
}

TEST_P(StoreContract, ThePairHasOneDirectRoomWhicheverWayItIsAsked) {
  const auto room = add_room(7, "");
  write([&](Transaction& t) { t.set_direct_room(UserId(9), UserId(4), room.id); });
  EXPECT_EQ(read([](View& view) { return view.direct_room(UserId(4), UserId(9)); })->id, room.id);
  EXPECT_EQ(read([](View& view) { return view.direct_room(UserId(9), UserId(4)); })->id, room.id);
  EXPECT_FALSE(read([](View& view) { return view.direct_room(UserId(4), UserId(5)); }));
  EXPECT_THROW(write([&](Transaction& t) { t.set_direct_room(UserId(4), UserId(9), RoomId(8)); }),
               std::logic_error);
  write([&](Transaction& t) { t.delete_room(room.id); });
  EXPECT_FALSE(read([](View& view) { return view.direct_room(UserId(4), UserId(9)); }));
}

TEST_P(StoreContract, AcquaintancesShareARoomNow) {
  for (int id = 1; id <= 5; ++id) add_user(id, "user" + std::to_string(id));
  const auto one = add_room(7, "one").id;
  const auto two = add_room(8, "two").id;
  for (int id = 1; id <= 3; ++id) join(one, UserId(id));
  for (int id : {1, 3, 4}) join(two, UserId(id));
  leave(one, UserId(2));
  EXPECT_THAT(read([](View& view) { return view.acquaintances(UserId(1), 10); }),
              UnorderedElementsAre(UserId(3), UserId(4)));
  EXPECT_EQ(read([](View& view) { return view.acquaintances(UserId(1), 1); }).size(), 1u);
  EXPECT_THAT(read([](View& view) { return view.acquaintances(UserId(5), 10); }), IsEmpty());
}

TEST_P(StoreContract, TheRoomsOfAUserComeInPagesById) {
  const auto ada = add_user(1, "ada"), bob = add_user(2, "bob");
  for (const int id : {7, 3, 9, 5})
    join(add_room(id, "room " + std::to_string(10 - id)).id, ada.id);
  join(add_room(4, "elsewhere").id, bob.id);
  const auto page = [&](int after, std::size_t limit) {
    std::vector<std::int64_t> ids;
    for (const auto& summary :
         read([&](View& view) { return view.rooms_of(ada.id, RoomId(after), limit); })) {
      ids.push_back(summary.seen.room.id.value());
    }
    return ids;
  };
  EXPECT_EQ(page(0, 10), (std::vector<std::int64_t>{3, 5, 7, 9}));
  EXPECT_EQ(page(0, 2), (std::vector<std::int64_t>{3, 5}));
  EXPECT_EQ(page(5, 2), (std::vector<std::int64_t>{7, 9}));
  EXPECT_EQ(page(6, 1), (std::vector<std::int64_t>{7}));
  EXPECT_TRUE(page(9, 2).empty());
}

TEST_P(StoreContract, TheRoomListCountsWhatOthersWroteSinceTheLastRead) {
  const auto ada = add_user(1, "ada");
  const auto bob = add_user(2, "bob");
  const auto room = add_room(7, "general").id;
  join(room, bob.id);
  send(room, bob, "before ada came", "", {ada.id});
  join(room, ada.id, Role::kModerator);
  const auto summary = [&](UserId user) {
    auto rooms = read([&](View& view) { return view.rooms_of(user); });
    EXPECT_EQ(rooms.size(), 1u);
    return rooms.at(0);
  };
  EXPECT_EQ(summary(ada.id).unread_count, 0) << "what was there at the join is not unread";
  EXPECT_EQ(summary(ada.id).mention_count, 0);
  EXPECT_EQ(summary(ada.id).seen.role, Role::kModerator);
  EXPECT_EQ(summary(ada.id).last_message->text, "before ada came");

  const auto first = send(room, bob, "one", "", {ada.id});
  send(room, ada, "mine");
  send(room, bob, "two", "", {ada.id, bob.id});
  auto third = send(room, bob, "three");
  EXPECT_EQ(summary(ada.id).unread_count, 3);
  EXPECT_EQ(summary(ada.id).mention_count, 2);
  EXPECT_EQ(summary(bob.id).unread_count, 1);
  EXPECT_EQ(summary(bob.id).mention_count, 0) << "one's own mention of oneself";
  EXPECT_EQ(summary(ada.id).last_message->id, third.id);
  EXPECT_FALSE(summary(ada.id).last_read_message_id);

  EXPECT_TRUE(write([&](Transaction& t) { return t.set_read(room, ada.id, first.id, first.seq); }));
  EXPECT_EQ(summary(ada.id).unread_count, 2);
  EXPECT_EQ(summary(ada.id).mention_count, 1);
  EXPECT_EQ(summary(ada.id).last_read_message_id, first.id);

  third.deleted_at_ms = 99;
  write([&](Transaction& t) { t.update_message(third); });
  EXPECT_EQ(summary(ada.id).unread_count, 1) << "a tombstone is nothing to read";
  EXPECT_TRUE(summary(ada.id).last_message->text.empty());

  leave(room, ada.id);
  send(room, bob, "while away");
  join(room, ada.id);
  EXPECT_EQ(summary(ada.id).unread_count, 0);
  send(room, bob, "back");
  EXPECT_EQ(summary(ada.id).unread_count, 1);
}

TEST_P(StoreContract, TheRoomListIsByNameAndHoldsOnlyPresentRooms) {
  const auto ada = add_user(1, "ada");
  for (const auto& [id, name] :
       {std::pair{1, "zeta"}, {2, "beta"}, {3, "left"}, {4, "deleted"}, {5, "foreign"}}) {
    add_room(id, name);
    if (id < 5) join(RoomId(id), ada.id);
  }
  leave(RoomId(3), ada.id);
  write([](Transaction& t) { t.delete_room(RoomId(4)); });
  std::vector<std::string> names;
  for (const auto& summary : read([&](View& view) { return view.rooms_of(ada.id); })) {
    names.push_back(summary.seen.room.name);
    EXPECT_FALSE(summary.last_message);
    EXPECT_EQ(summary.unread_count, 0);
  }
  EXPECT_THAT(names, ElementsAre("beta", "zeta"));
}

TEST_P(StoreContract, ReadingGoesForwardOnly) {
  const auto ada = add_user(1, "ada");
  const auto bob = add_user(2, "bob");
  const auto room = add_room(7, "general").id;
  join(room, ada.id);
  const auto first = send(room, bob, "one");
  const auto second = send(room, bob, "two");
  const auto read_to = [&](const Message& m) {
    return write([&](Transaction& t) { return t.set_read(room, ada.id, m.id, m.seq); });
  };
  EXPECT_TRUE(read_to(second));
  EXPECT_FALSE(read_to(second));
  EXPECT_FALSE(read_to(first));
  EXPECT_EQ(read([&](View& view) { return view.rooms_of(ada.id); })[0].last_read_message_id,
            second.id);
}

TEST_P(StoreContract, ADeletedRoomTakesItsMessagesAndFreesTheirNonces) {
  const auto ada = add_user(1, "ada");
  const auto room = add_room(7, "old").id;
  join(room, ada.id);
  std::vector<Message> messages;
  write([&](Transaction& t) {
    for (int i = 0; i < 1500; ++i) {
      messages.push_back(send_in(t, room, ada, "text", "nonce" + std::to_string(i), {UserId(2)}));
    }
    t.add_reaction(messages.back().id, ada.id, "👍");
  });
  write([&](Transaction& t) {
    t.delete_room(room);
    t.append(draft(room, EventKind::kRoomDeleted));
  });
  EXPECT_FALSE(read([&](View& view) { return view.room(room); }));
  EXPECT_FALSE(read([&](View& view) { return view.role(room, ada.id); }));
  EXPECT_FALSE(read([&](View& view) { return view.nonce_use(ada.id, "nonce1499"); }));
  const auto fresh = add_room(8, "new").id;
  EXPECT_EQ(send(fresh, ada, "again", "nonce1499").seq, 1);
  EXPECT_EQ(send(fresh, ada, "again", "nonce0").seq, 2);
  // Bit by bit: a full slice says that there may be more.
  const auto head = read([](View& view) { return view.head(); });
  for (int slices = 0; write([](Transaction& t) { return t.prune(0, 500); }) == 500; ++slices) {
    ASSERT_LT(slices, 4);
  }
  EXPECT_EQ(read([](View& view) { return view.floor(); }), LogPosition()) << "the log is as it was";
  EXPECT_EQ(read([](View& view) { return view.head(); }), head);
  EXPECT_THAT(read([&](View& view) { return view.history(room, {}, ada.id).messages; }), IsEmpty());
  EXPECT_FALSE(read([&](View& view) { return view.message(room, messages.back().id, ada.id); }));
  EXPECT_EQ(read([&](View& view) { return view.history(fresh, {}, ada.id).messages; }).size(), 2u);
}

}  // namespace
}  // namespace fairlead::store
