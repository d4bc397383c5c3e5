#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/store/store_contract.h"

namespace fairlead::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(StoreContract, AMemberSeesARoomFromTheJoinOn) {
  const RoomId room(7);
  const UserId ada(1), bob(2);
  join(room, bob);
  tell(room);
  const auto joined = join(room, ada);
  const auto told = tell(room);
  tell(RoomId(8));
  EXPECT_THAT(positions(ada), ElementsAre(joined.value(), told.value()));
  EXPECT_THAT(positions(ada, joined), ElementsAre(told.value()));
  EXPECT_THAT(positions(ada, told), IsEmpty());
  EXPECT_EQ(page(ada, joined).position, page(ada).head);
}

TEST_P(StoreContract, WhoHasLeftSeesOnlyHowItEnded) {
  const RoomId room(7);
  const UserId ada(1);
  join(room, ada);
  tell(room);
  const auto left = leave(room, ada);
  tell(room);
  EXPECT_THAT(positions(ada), ElementsAre(left.value()));
  EXPECT_THAT(positions(ada, left), IsEmpty());
}

TEST_P(StoreContract, WhoComesBackSeesBothTimesButNotTheOneBetween) {
  const RoomId room(7);
  const UserId ada(1);
  join(room, ada);   // 1
  tell(room);        // 2
  leave(room, ada);  // 3
  tell(room);        // 4
  join(room, ada);   // 5
  tell(room);        // 6
  EXPECT_THAT(positions(ada), ElementsAre(1, 2, 3, 5, 6));
  EXPECT_THAT(positions(ada, LogPosition(2)), ElementsAre(3, 5, 6));
}

TEST_P(StoreContract, WhatIsForOneUserIsSeenByNobodyElse) {
  const RoomId room(7);
  const UserId ada(1), bob(2);
  join(room, ada);
  join(room, bob);
  write([&](Transaction& t) { t.append(private_draft(ada, room)); });  // 3
  write([&](Transaction& t) { t.append(private_draft(bob)); });        // 4
  EXPECT_THAT(positions(ada), ElementsAre(1, 2, 3));
  EXPECT_THAT(positions(bob), ElementsAre(2, 4));
  EXPECT_THAT(positions(UserId(99)), IsEmpty());
}

TEST_P(StoreContract, TheMembersOfADeletedRoomSeeItsEnd) {
  const auto room = add_room(7, "gone");
  const UserId ada(1);
  join(room.id, ada);
  write([&](Transaction& t) {
    t.delete_room(room.id);
    t.append(draft(room.id, EventKind::kRoomDeleted));  // 2
  });
  EXPECT_THAT(positions(ada), ElementsAre(2));
}

TEST_P(StoreContract, APageThatWasCutSaysWhereAndOneThatWasNotStandsAtTheHead) {
  const RoomId room(7);
  const UserId ada(1);
  join(room, ada);
  for (int i = 0; i < 3; ++i) tell(room);  // 2, 3, 4
  tell(RoomId(8));                         // 5
  auto cut = page(ada, LogPosition(0), {2, 1 << 20});
  EXPECT_EQ(cut.events.size(), 2u);
  EXPECT_EQ(cut.position, LogPosition(2));
  EXPECT_EQ(cut.head, LogPosition(5));
  EXPECT_FALSE(cut.complete());
  auto exact = page(ada, LogPosition(0), {4, 1 << 20});
  EXPECT_EQ(exact.events.size(), 4u);
  EXPECT_EQ(exact.position, LogPosition(5)) << "all were looked at";
  auto by_bytes = page(ada, LogPosition(0), {100, cut.events[0]->json.size() * 3});
  EXPECT_EQ(by_bytes.events.size(), 3u);
  EXPECT_EQ(by_bytes.position, LogPosition(3));
  auto too_large = page(ada, LogPosition(3), {100, 1});
  EXPECT_EQ(too_large.events.size(), 1u) << "one is given whatever its size";
  EXPECT_EQ(too_large.position, LogPosition(5));
}

TEST_P(StoreContract, MembershipsTellThePresentAndThePast) {
  const RoomId stays(7), left(8);
  const UserId ada(1);
  join(left, ada);    // 1
  join(stays, ada);   // 2
  leave(stays, ada);  // 3
  leave(left, ada);   // 4
  join(stays, ada);   // 5
  leave(stays, ada);  // 6
  join(stays, ada);   // 7
  const auto memberships = read([&](View& view) { return view.memberships(ada); });
  ASSERT_EQ(memberships.size(), 2u);
  const auto& of_stays = memberships[memberships[0].room == stays ? 0 : 1];
  const auto& of_left = memberships[memberships[0].room == left ? 0 : 1];
  EXPECT_EQ(of_stays.room, stays);
  EXPECT_EQ(of_stays.since, LogPosition(7));
  ASSERT_EQ(of_stays.earlier.size(), 2u);
  EXPECT_EQ(of_stays.earlier[0].since, LogPosition(2));
  EXPECT_EQ(of_stays.earlier[0].until, LogPosition(3));
  EXPECT_EQ(of_stays.earlier[1].until, LogPosition(6));
  EXPECT_EQ(of_left.room, left);
  EXPECT_FALSE(of_left.since);
  ASSERT_EQ(of_left.earlier.size(), 1u);
}

TEST_P(StoreContract, PruningForgetsMembershipsThatEndedBelowTheFloor) {
  const RoomId room(7);
  const UserId ada(1);
  join(room, ada);
  leave(room, ada);
  tell(room);
  write([](Transaction& t) { t.prune(INT64_MAX, 2); });
  EXPECT_THAT(read([&](View& view) { return view.memberships(ada); }), IsEmpty());
  EXPECT_THAT(positions(ada), IsEmpty());
  EXPECT_EQ(page(ada).position, LogPosition(3));
}

// What page() should answer, by the letter of its contract: every event of the log is looked at.
struct Model {
  std::vector<EventPtr> log;
  std::vector<Membership> memberships;

  bool sees(UserId user, const Event& event) const {
    if (event.only_for) return event.only_for == user;
    return std::any_of(memberships.begin(), memberships.end(), [&](const Membership& m) {
      return m.room == event.room && m.sees(event.position);
    });
  }

  Page page(UserId user, LogPosition after, PageLimits limits) const {
    Page page;
    page.head = page.position = log.empty() ? LogPosition() : log.back()->position;
    std::size_t bytes = 0;
    for (const auto& event : log) {
      if (event->position <= after || !sees(user, *event)) continue;
      bytes += event->json.size();
      if (!page.events.empty() && (page.events.size() == limits.events || bytes > limits.bytes)) {
        page.position = page.events.back()->position;
        break;
      }
      page.events.push_back(event);
    }
    return page;
  }
};

TEST_P(StoreContract, APageIsWhatANaiveFilterOfTheWholeLogWouldGive) {
  std::mt19937 random(20261121);
  const auto roll = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  constexpr int kRooms = 12;
  constexpr int kUsers = 6;
  std::map<std::pair<int, int>, bool> is_member;
  Model model;
  for (int round = 0; round < 60; ++round) {
    write([&](Transaction& t) {
      for (int i = 0; i < 25; ++i) {
        const int room = 1 + roll(kRooms);
        const int user = 1 + roll(kUsers);
        auto& member = is_member[{room, user}];
        const int what = roll(10);
        auto event = draft(RoomId(room));
        event.data = "{\"pad\":\"" + std::string(static_cast<std::size_t>(roll(200)), 'x') + "\"}";
        if (what < 2 && !member) {
          t.insert_member(RoomId(room), UserId(user), Role::kMember, t.next_position(), 1);
          event.kind = EventKind::kMemberJoined;
          member = true;
        } else if (what < 3 && member) {
          t.remove_member(RoomId(room), UserId(user), t.next_position());
          event.kind = EventKind::kMemberLeft;
          member = false;
        } else if (what == 9) {
          event.only_for = UserId(user);
        }
        model.log.push_back(t.append(event));
      }
      if (round % 20 == 19) {  // the log is cut at the other end, too
        const auto gone = t.prune(INT64_MAX, 150);
        model.log.erase(model.log.begin(), model.log.begin() + static_cast<std::ptrdiff_t>(gone));
      }
    });
    for (int user = 1; user <= kUsers; ++user) {
      model.memberships = read([&](View& view) { return view.memberships(UserId(user)); });
      const auto head = model.log.back()->position.value();
      for (const auto after :
           {head - 1, head - 5, head - roll(60), head - roll(1500), std::int64_t{0}}) {
        if (after < 0) continue;
        const PageLimits limits{static_cast<std::size_t>(1 + roll(80)),
                                static_cast<std::size_t>(1 + roll(8000))};
        const auto expected = model.page(UserId(user), LogPosition(after), limits);
        const auto got = page(UserId(user), LogPosition(after), limits);
        ASSERT_EQ(got.head, expected.head);
        ASSERT_EQ(got.position, expected.position) << "user " << user << " after " << after;
        ASSERT_EQ(got.events.size(), expected.events.size());
        for (std::size_t i = 0; i < got.events.size(); ++i) {
          ASSERT_EQ(got.events[i]->json, expected.events[i]->json);
        }
      }
    }
  }
}

TEST_P(StoreContract, AUserOfAThousandRoomsResumesExactly) {
  constexpr int kRooms = 1000;
  const UserId ada(1);
  write([&](Transaction& t) {
    for (int room = 1; room <= kRooms; ++room) {
      t.insert_member(RoomId(room), ada, Role::kMember, t.next_position(), 1);
      t.append(draft(RoomId(room), EventKind::kMemberJoined, ada));
    }
    for (int i = 0; i < 5000; ++i)
      t.append(draft(RoomId(1 + i * 7 % (kRooms + 100))));  // 100 are not hers
  });
  std::vector<std::int64_t> expected;
  for (int i = 0; i < kRooms; ++i) expected.push_back(i + 1);
  for (int i = 0; i < 5000; ++i) {
    if (1 + i * 7 % (kRooms + 100) <= kRooms) expected.push_back(kRooms + 1 + i);
  }
  std::vector<std::int64_t> got;
  LogPosition at;
  for (;;) {
    const auto next = page(ada, at, {500, 256 * 1024});
    for (const auto& event : next.events) got.push_back(event->position.value());
    ASSERT_TRUE(next.complete() || next.position > at);
    at = next.position;
    if (next.complete()) break;
  }
  EXPECT_EQ(got, expected);
}

}  // namespace
}  // namespace fairlead::store
