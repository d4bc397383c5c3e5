#include <gmock/gmock.h>

#include "hub/turn.h"
#include "tests/hub/shard_fixture.h"

namespace fairlead::hub {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ShardTest, HelloComesFirstAndThenWhatHappens) {
  create_room(room_, ann_);
  FakeTransport to;
  open(to, ann_);
  note(room_, 1);
  ASSERT_EQ(to.types(), (std::vector<std::string>{"hello", "note"}));
  const auto hello = to.events().front();
  EXPECT_EQ(hello.at("resume"), "fresh");
  EXPECT_EQ(hello.at("transport"), "websocket");
  EXPECT_EQ(hello.at("user").at("name"), "user1");
  EXPECT_LT(hello.at("cursor").get<std::string>(),
            to.events().back().at("cursor").get<std::string>());
}

TEST_F(ShardTest, EveryTransportGetsTheSameBytesOfAnEvent) {
  create_room(room_, ann_);
  FakeTransport ws(TransportKind::kWebSocket), sse(TransportKind::kSse), poll(TransportKind::kPoll);
  open(ws, ann_);
  open(sse, ann_);
  open(poll, ann_);
  note(room_, 1);
  EXPECT_EQ(ws.jsons().back(), sse.jsons().back());
  EXPECT_EQ(ws.jsons().back(), poll.jsons().back());
}

TEST_F(ShardTest, ResumingFromACursorGivesExactlyWhatCameAfterIt) {
  create_room(room_, ann_);
  notes(room_, 1, 10);
  FakeTransport first;
  open(first, ann_, shard_->cursor_at({}));
  ASSERT_EQ(first.notes(), one_to(10));
  const auto after_four =
      first.events().at(5).at("cursor").get<std::string>();  // hello, joined, 1…4
  FakeTransport second;
  open(second, ann_, after_four);
  EXPECT_EQ(second.events().front().at("resume"), "resumed");
  EXPECT_THAT(second.notes(), ElementsAre(5, 6, 7, 8, 9, 10));
}

TEST_F(ShardTest, HistoryFromTheStoreMeetsLiveEventsWithNoGapAndNoOverlap) {
  create_room(room_, ann_);
  notes(room_, 1, 3000);
  make_shard();  // a new one: its tail knows nothing, so all must come from the store
  FakeTransport to;
  open(to, ann_, shard_->cursor_at({}));
  notes(room_, 3001, 3500);
  pump_until([&] { return to.notes().size() >= 3500; });
  EXPECT_EQ(to.notes(), one_to(3500));
}

TEST_F(ShardTest, NobodyHearsARoomThatTheyAreNotIn) {
  create_room(room_, ann_);
  create_room(other_room_, bob_);
  FakeTransport ann, bob;
  open(ann, ann_);
  open(bob, bob_);
  note(room_, 1);
  note(other_room_, 2);
  EXPECT_THAT(ann.notes(), ElementsAre(1));
  EXPECT_THAT(bob.notes(), ElementsAre(2));
}

TEST_F(ShardTest, JoiningDeliversFromTheJoinOnAndLeavingEndsWithMemberLeft) {
  create_room(room_, ann_);
  FakeTransport bob;
  open(bob, bob_);
  note(room_, 1);
  join(room_, bob_);
  note(room_, 2);
  leave(room_, bob_);
  note(room_, 3);
  EXPECT_EQ(bob.types(),
            (std::vector<std::string>{"hello", "member.joined", "note", "member.left"}));
}

TEST_F(ShardTest, AnOldCursorShowsNothingOfARoomThatWasLeftButThatItWasLeft) {
  create_room(room_, ann_);
  join(room_, bob_);
  const auto before = cursor_now();
  notes(room_, 1, 5);
  leave(room_, bob_);
  notes(room_, 6, 9);
  FakeTransport from_tail;
  open(from_tail, bob_, before);
  EXPECT_EQ(from_tail.types(), (std::vector<std::string>{"hello", "member.left"}));
  make_shard();
  FakeTransport from_store;
  open(from_store, bob_, before);
  pump_until([&] { return from_store.taken.size() >= 2; });
  EXPECT_EQ(from_store.jsons().back(), from_tail.jsons().back());
}

TEST_F(ShardTest, WhoComesBackSeesBothTimesInTheRoomFromTheTailAsFromTheStore) {
  create_room(room_, ann_);
  join(room_, bob_);
  const auto before = cursor_now();
  note(room_, 1);
  leave(room_, bob_);
  note(room_, 2);
  join(room_, bob_);
  note(room_, 3);
  FakeTransport from_tail;
  open(from_tail, bob_, before);
  EXPECT_THAT(from_tail.notes(), ElementsAre(1, 3));
  make_shard();
  FakeTransport from_store;
  open(from_store, bob_, before);
  pump_until([&] { return from_store.taken.size() >= from_tail.taken.size(); });
  EXPECT_EQ(from_store.jsons().size(), from_tail.jsons().size());
  EXPECT_THAT(from_store.notes(), ElementsAre(1, 3));
}

TEST_F(ShardTest, ACursorOfAnotherStoreOrFromTheFutureIsReset) {
  create_room(room_, ann_);
  for (const auto* cursor : {"nonsense", "c1.00000000.0000000000001", ""}) {
    FakeTransport to;
    open(to, ann_, std::string(cursor));
    const auto hello = to.events().front();
    EXPECT_EQ(hello.at("resume"), "reset") << cursor;
    EXPECT_EQ(hello.at("reason"), "unknown_cursor");
  }
  FakeTransport future;
  open(future, ann_, shard_->cursor_at(LogPosition(1'000'000)));
  EXPECT_EQ(future.events().front().at("resume"), "reset");
}

TEST_F(ShardTest, ACursorOlderThanRetentionIsReset) {
  create_room(room_, ann_);
  notes(room_, 1, 20);
  write([](store::Transaction& tx) { tx.prune(/*before_ms=*/1000, /*max=*/10); });
  make_shard();
  FakeTransport to;
  open(to, ann_, shard_->cursor_at(LogPosition(3)));
  EXPECT_EQ(to.events().front().at("resume"), "reset");
  EXPECT_EQ(to.events().front().at("reason"), "older_than_retention");
}

TEST_F(ShardTest, WhoseSocketTakesNothingIsGivenNothingAndReadsOnFromTheLog) {
  create_room(room_, ann_);
  FakeTransport slow, fast;
  auto* session = open(slow, ann_);
  open(fast, ann_);
  slow.stuck = true;
  notes(room_, 1, 500);
  const auto held = session->outbox.bytes();
  for (int n = 1; n < 20; ++n) notes(room_, n * 500 + 1, n * 500 + 500);
  EXPECT_EQ(session->outbox.bytes(), held) << "what it was given before";
  EXPECT_EQ(session->state, Session::State::kCatchingUp);
  EXPECT_EQ(fast.notes(), one_to(10'000));  // it was not held up
  slow.stuck = false;
  shard_->writable(session);
  pump_until([&] { return slow.notes().size() >= 10'000; });
  EXPECT_EQ(slow.notes(), one_to(10'000));
  note(room_, 10'001);
  EXPECT_EQ(slow.notes().back(), 10'001);
  HubStats stats;
  shard_->add_stats(stats);
  EXPECT_GE(stats.fell_behind, 1u);
}

TEST_F(ShardTest, AClientThatReadsNothingForAMinuteIsClosedAsSlow) {
  create_room(room_, ann_);
  FakeTransport to;
  open(to, ann_);
  to.stuck = true;
  note(room_, 1);
  tick_for(59s);
  EXPECT_FALSE(to.ended);
  tick_for(3s);
  EXPECT_TRUE(to.ended);
  EXPECT_EQ(to.reason, EndReason::kSlow);
}

TEST_F(ShardTest, EphemeralEventsReachTheRoomOnceButNotTheOneWhoCausedThem) {
  create_room(room_, ann_);
  create_room(other_room_, ann_);
  join(room_, bob_);
  join(other_room_, bob_);
  FakeTransport ann, bob, eve;
  open(ann, ann_);
  open(bob, bob_);
  open(eve, eve_);
  shard_->deliver(Ephemeral{{room_, other_room_}, ann_, make_bytes(R"({"type":"presence"})")});
  EXPECT_EQ(bob.types().back(), "presence");
  EXPECT_EQ(bob.taken.size(), 2u);
  EXPECT_EQ(ann.taken.size(), 1u);
  EXPECT_EQ(eve.taken.size(), 1u);
}

TEST_F(ShardTest, EphemeralEventsAreTheFirstToGoWhenAClientIsSlow) {
  create_room(room_, ann_);
  FakeTransport to;
  auto* session = open(to, ann_);
  to.stuck = true;
  for (int i = 0; i < 1000; ++i) {
    shard_->deliver(Ephemeral{{room_}, {}, make_bytes(R"({"type":"typing"})")});
  }
  EXPECT_LE(session->outbox.frames(), limits::kOutboxEphemeralFramesMax);
  note(room_, 1);
  to.stuck = false;
  shard_->writable(session);
  pump_until([&] { return !to.notes().empty(); });
  EXPECT_EQ(to.types().back(), "note") << "behind those that were kept";
}

TEST_F(ShardTest, ASilentSessionHearsAHeartbeatWithTheHeadThatItWasSent) {
  create_room(room_, ann_);
  FakeTransport to;
  open(to, ann_);
  note(room_, 1);
  const auto head = to.events().back().at("cursor");
  tick_for(22s);
  ASSERT_EQ(to.types().back(), "heartbeat");
  EXPECT_EQ(to.events().back().at("head"), head);
  EXPECT_EQ(to.pings, 1);
}

TEST_F(ShardTest, AnUnprovenSessionIsEndedAfterTenSecondsAndAProvenOneIsNot) {
  FakeTransport proven, unproven;
  auto asked = request(ann_);
  asked.probe = true;
  auto* session = shard_->open(std::move(asked), &proven);
  auto other = request(ann_);
  other.probe = true;
  shard_->open(std::move(other), &unproven);
  pump_until([&] { return !proven.taken.empty() && !unproven.taken.empty(); });
  EXPECT_FALSE(shard_->prove(session, "another word"));
  EXPECT_TRUE(shard_->prove(session, proven.events().front().at("probe").get<std::string>()));
  tick_for(12s);
  EXPECT_TRUE(unproven.ended);
  EXPECT_EQ(unproven.reason, EndReason::kUnproven);
  EXPECT_THAT(unproven.bye, HasSubstr(R"("code":"unproven")"));
  EXPECT_FALSE(proven.ended);
}

TEST_F(ShardTest, OverSseASecondEventShowsThatNothingIsHeldBack) {
  FakeTransport to(TransportKind::kSse);
  auto asked = request(ann_);
  asked.probe = true;
  shard_->open(std::move(asked), &to);
  pump_until([&] { return !to.taken.empty(); });
  tick_for(200ms);
  EXPECT_EQ(to.taken.size(), 1u);
  tick_for(200ms);
  ASSERT_EQ(to.types(), (std::vector<std::string>{"hello", "probe"}));
  EXPECT_EQ(to.events()[0].at("probe"), to.events()[1].at("probe"));
}

TEST_F(ShardTest, ASessionThatGoesOnElsewhereEndsItsOldConnection) {
  create_room(room_, ann_);
  FakeTransport first, second;
  auto* session = open(first, ann_);
  const std::string id(session->id);
  open(second, ann_, cursor_now(), id);
  EXPECT_TRUE(first.ended);
  EXPECT_EQ(first.reason, EndReason::kTakenOver);
  note(room_, 1);
  EXPECT_THAT(first.notes(), IsEmpty());
  EXPECT_THAT(second.notes(), ElementsAre(1));
  EXPECT_EQ(hub_->find(id), shard_.get());
}

TEST_F(ShardTest, AConnectionThatIsTakenOverBeforeItsHelloHearsNoByeEither) {
  FakeTransport first, second;
  auto asked = request(ann_, "s_same");
  shard_->open(asked, &first);
  open(second, ann_, {}, "s_same");
  EXPECT_TRUE(first.ended);
  EXPECT_TRUE(first.taken.empty());
  EXPECT_TRUE(first.bye.empty());
  EXPECT_EQ(second.types().front(), "hello");
}

TEST_F(ShardTest, LoggingOutEndsTheSessionsOfThatTokenOnly) {
  FakeTransport one, other;
  open(one, ann_);
  auto asked = request(ann_);
  asked.token.mark = {2, 2};
  shard_->open(std::move(asked), &other);
  pump_until([&] { return !other.taken.empty(); });
  hub_->end_token(kToken, EndReason::kAuthEnded);
  shard_->run_mailbox();
  EXPECT_TRUE(one.ended);
  EXPECT_FALSE(other.ended);
}

TEST_F(ShardTest, AnExpiredTokenEndsItsSession) {
  FakeTransport to;
  auto asked = request(ann_);
  asked.token.expires_at_ms = clock_.wall_ms() + 5000;
  shard_->open(std::move(asked), &to);
  pump_until([&] { return !to.taken.empty(); });
  tick_for(4s);
  EXPECT_FALSE(to.ended);
  tick_for(3s);
  EXPECT_EQ(to.reason, EndReason::kAuthEnded);
}

TEST_F(ShardTest, DrainingTellsEverySessionItsOwnTimeToComeBackAndRefusesNewOnes) {
  std::vector<std::unique_ptr<FakeTransport>> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back(std::make_unique<FakeTransport>());
    open(*all.back(), ann_);
  }
  bool done = false;
  shard_->drain(10s, [&] { done = true; });
  tick_for(200ms);
  EXPECT_TRUE(done);
  std::set<std::int64_t> times;
  for (const auto& to : all) {
    EXPECT_TRUE(to->ended);
    EXPECT_GE(to->reconnect_in_ms, 0);
    EXPECT_LT(to->reconnect_in_ms, 10'000);
    times.insert(to->reconnect_in_ms);
  }
  EXPECT_GT(times.size(), 25u);
  FakeTransport late;
  EXPECT_EQ(shard_->open(request(ann_), &late), nullptr);
  EXPECT_EQ(late.reason, EndReason::kRestart);
}

TEST_F(ShardTest, TicksAreRareAsLongAsNobodyIsThere) {
  EXPECT_EQ(shard_->tick_pause(), Shard::kIdleTick);
  FakeTransport to;
  auto* session = open(to, ann_);
  EXPECT_EQ(shard_->tick_pause(), Shard::kTick);
  shard_->gone(session);
  EXPECT_EQ(shard_->tick_pause(), Shard::kIdleTick);
}

TEST_F(ShardTest, NarrowingToSomeRoomsLeavesTheOthersOutLiveAndFromTheLog) {
  create_room(room_, ann_);
  create_room(other_room_, ann_);
  const auto start = cursor_now();
  note(room_, 1);
  note(other_room_, 2);
  FakeTransport to;
  auto asked = request(ann_);
  asked.cursor = start;
  asked.rooms = {other_room_};
  shard_->open(std::move(asked), &to);
  pump_until([&] { return to.taken.size() >= 2; });
  note(room_, 3);
  note(other_room_, 4);
  EXPECT_THAT(to.notes(), ElementsAre(2, 4));
}

TEST_F(ShardTest, PresenceHearsOfASessionOnceItHasBegunAndWhenItIsGone) {
  FakeTransport to;
  auto* session = open(to, ann_);
  EXPECT_EQ(presence_.opened, 1);
  EXPECT_EQ(presence_.closed, 0);
  shard_->gone(session);
  EXPECT_EQ(presence_.closed, 1);
}

TEST_F(ShardTest, AConnectionThatGoesWhileItsSnapshotIsReadLeavesNothingBehind) {
  FakeTransport to;
  auto* session = shard_->open(request(ann_), &to);
  shard_->gone(session);
  FakeTransport next;
  open(next, ann_);
  EXPECT_TRUE(to.taken.empty());
  EXPECT_EQ(presence_.opened, 1);
}

TEST_F(ShardTest, WhoComesIsInWhenItsSessionHasBegunOrIsRefused) {
  const auto comes = [&](FakeTransport& transport, bool polls) {
    auto asked = request(ann_);
    asked.arrival = std::make_shared<int>();
    std::weak_ptr<const void> arrival = asked.arrival;
    if (polls) {
      shard_->poll(std::move(asked), &transport);
    } else {
      shard_->open(std::move(asked), &transport);
    }
    return arrival;
  };
  FakeTransport first, second, poll(TransportKind::kPoll), late;
  const auto waits = comes(first, false);
  EXPECT_FALSE(waits.expired()) << "its snapshot has not been read";
  pump_until([&] { return waits.expired(); });
  EXPECT_EQ(first.types(), std::vector<std::string>{"hello"});
  EXPECT_TRUE(comes(second, false).expired());
  EXPECT_TRUE(comes(poll, true).expired());
  shard_->drain(std::chrono::milliseconds(0), [] {});
  EXPECT_TRUE(comes(late, false).expired());
}

TEST_F(ShardTest, ADeletedRoomEndsForItsMembersWithThatEvent) {
  create_room(room_, ann_);
  join(room_, bob_);
  const auto before = cursor_now();
  FakeTransport bob;
  open(bob, bob_);
  write([this](store::Transaction& tx) {
    tx.delete_room(room_);  // memberships end with the next event
    tx.append({"room.deleted", room_, {}, store::EventKind::kRoomDeleted, {}, 1, "{}"});
  });
  note(room_, 1);
  EXPECT_EQ(bob.types().back(), "room.deleted");
  FakeTransport late;
  open(late, bob_, before);
  EXPECT_EQ(late.types(), (std::vector<std::string>{"hello", "room.deleted"}));
}

TEST_F(ShardTest, ACrowdsSnapshotsAreReadSomeAtATimeAndEachGetsItsOwn) {
  create_room(room_, ann_);
  join(room_, bob_);
  std::vector<FakeTransport> crowd(100);
  {
    Shard::Turn turn(*shard_);  // all of them in one
    for (std::size_t i = 0; i < crowd.size(); ++i) {
      shard_->open(request(i % 2 == 0 ? ann_ : bob_), &crowd[i]);
    }
  }
  pump_until([&] {
    return std::ranges::all_of(crowd, [](const auto& one) { return !one.taken.empty(); });
  });
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    EXPECT_EQ(crowd[i].events().front().at("user").at("name"), i % 2 == 0 ? "user1" : "user2") << i;
  }
  note(room_, 1);
  for (auto& one : crowd) EXPECT_EQ(one.types(), (std::vector<std::string>{"hello", "note"}));
}

TEST_F(ShardTest, TheMailboxIsLateAMillisecondAfterItsLastTurnAndNotWithinOne) {
  shard_->run_mailbox();
  EXPECT_FALSE(shard_->is_late());
  clock_.advance(1ms);
  EXPECT_TRUE(shard_->is_late());
  {
    Shard::Turn turn(*shard_);
    EXPECT_FALSE(shard_->is_late()) << "a turn within a turn would not flush";
  }
  EXPECT_TRUE(shard_->is_late()) << "that was not the mailbox's";
  shard_->run_mailbox();
  EXPECT_FALSE(shard_->is_late());
}

}  // namespace
}  // namespace fairlead::hub
