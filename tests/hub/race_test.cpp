// What happens between threads, put in the worst order by hand.
#include <gmock/gmock.h>

#include "tests/hub/shard_fixture.h"

namespace fairlead::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ShardRaceTest : public ShardTest {
 protected:
  // A poll has begun a session and been answered: what the next one asks for.
  OpenRequest after_a_first_poll() {
    FakeTransport first(TransportKind::kPoll);
    auto asked = request(ann_);
    const auto id = asked.session;
    auto* session = shard_->poll(std::move(asked), &first);
    pump_until([&] { return !first.taken.empty(); });
    shard_->answered(session);
    auto next = request(ann_, id);
    next.cursor = cursor_now();
    return next;
  }
  // Committed, but still on its way to the shard.
  log::BatchPtr commit(const std::function<void(store::Transaction&)>& work) {
    auto batch = std::make_shared<log::Batch>();
    write_elsewhere([&](store::Transaction& tx) {
      tx.begin_command();
      work(tx);
      tx.keep_command();
      batch->events = tx.appended();
    });
    return batch;
  }
  static store::EventDraft draft(const char* type, RoomId room, store::EventKind kind = {},
                                 UserId subject = {}, const char* data = "{}") {
    return {type, room, {}, kind, subject, 1, data};
  }
  void deliver(const std::vector<log::BatchPtr>& batches) {
    for (const auto& batch : batches) shard_->deliver(batch);
  }
};

TEST_F(ShardRaceTest, WhoResumesWhileTheirJoinIsOnItsWayHearsNothingFromBeforeIt) {
  create_room(room_, ann_);
  const auto before = cursor_now();
  const auto secret =
      commit([&](auto& tx) { tx.append(draft("note", room_, {}, {}, R"({"n":1})")); });
  const auto joined = commit([&](auto& tx) {
    tx.insert_member(room_, bob_, Role::kMember, tx.next_position(), 1);
    tx.append(draft("member.joined", room_, store::EventKind::kMemberJoined, bob_));
  });
  FakeTransport bob;
  open(bob, bob_, before);
  deliver({secret, joined});
  note(room_, 2);
  pump_until([&] { return bob.taken.size() >= 3; });
  EXPECT_EQ(bob.types(), (std::vector<std::string>{"hello", "member.joined", "note"}));
  EXPECT_THAT(bob.notes(), ElementsAre(2));
}

TEST_F(ShardRaceTest, WhoResumesWhileTheirLeaveIsOnItsWayHearsOfIt) {
  create_room(room_, ann_);
  join(room_, bob_);
  const auto before = cursor_now();
  const auto left = commit([&](auto& tx) {
    const auto event = tx.append(draft("member.left", room_, store::EventKind::kMemberLeft, bob_));
    tx.remove_member(room_, bob_, event->position);
  });
  FakeTransport bob;
  open(bob, bob_, before);
  deliver({left});
  note(room_, 1);
  for (int i = 0; i < 100 && bob.taken.size() < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    shard_->run_mailbox();
  }
  EXPECT_EQ(bob.types(), (std::vector<std::string>{"hello", "member.left"}));
}

TEST_F(ShardRaceTest, ATakeOverThatFailsBeforeItsHelloLeavesNobodyBehindInPresence) {
  FakeTransport first, second;
  auto* session = open(first, ann_);
  const std::string id(session->id);
  ASSERT_EQ(presence_.opened, 1);
  Shard other(*hub_, *readers_, presence_, clock_, settings(), head(), [] {});
  auto* moved = other.open(request(ann_, id), &second);
  other.gone(moved);  // before its snapshot has been read
  shard_->run_mailbox();
  EXPECT_TRUE(first.ended);
  EXPECT_GE(presence_.closed, 1);
  EXPECT_EQ(hub_->find(id), nullptr);
  other.close();
  readers_->stop();  // a read of `other` may still be under way
}

TEST_F(ShardRaceTest, WhatIsPrunedInFrontOfASlowReaderIsAnEndAndNotAGap) {
  create_room(room_, ann_);
  notes(room_, 1, 3000);
  make_shard();
  FakeTransport slow;
  slow.stuck = true;
  auto asked = request(ann_);
  asked.cursor = shard_->cursor_at({});
  auto* session = shard_->open(std::move(asked), &slow);
  pump_until([&] { return session->outbox.frames() > 100 && !session->reading; });
  write([](store::Transaction& tx) { tx.prune(/*before_ms=*/1000, /*max=*/2900); });
  slow.stuck = false;
  shard_->writable(session);
  pump_until([&] { return slow.ended || slow.notes().size() >= 3000; });
  EXPECT_TRUE(slow.ended);
  EXPECT_EQ(slow.reason, EndReason::kInternal);
  EXPECT_EQ(slow.notes(), one_to(static_cast<int>(slow.notes().size())));
}

TEST_F(ShardRaceTest, LoggingOutTheTokenOfTheLastPollEndsIt) {
  FakeTransport second(TransportKind::kPoll);
  auto next = after_a_first_poll();
  next.token.mark = {2, 2};
  shard_->poll(std::move(next), &second);
  hub_->end_token(kToken, EndReason::kAuthEnded);
  shard_->run_mailbox();
  EXPECT_FALSE(second.ended);
  hub_->end_token({2, 2}, EndReason::kAuthEnded);
  shard_->run_mailbox();
  EXPECT_TRUE(second.ended);
}

TEST_F(ShardRaceTest, WhoIsLoggedOutOnTheWayToTheShardIsNotLetIn) {
  auto with_revocations = settings();
  with_revocations.token_ended = [](const TokenMark& token) { return token == kToken; };
  Shard strict(*hub_, *readers_, presence_, clock_, with_revocations, head(), [] {});
  FakeTransport stream, poll(TransportKind::kPoll), other;
  EXPECT_EQ(strict.open(request(ann_), &stream), nullptr);
  EXPECT_EQ(strict.poll(request(ann_), &poll), nullptr);
  EXPECT_EQ(stream.reason, EndReason::kAuthEnded);
  EXPECT_EQ(poll.reason, EndReason::kAuthEnded);
  auto asked = request(ann_);
  asked.token.mark = {2, 2};
  EXPECT_NE(strict.open(std::move(asked), &other), nullptr);
  strict.close();
  readers_->stop();
}

TEST_F(ShardRaceTest, WhoseKeyGoesOnTheWayToTheShardIsNotLetIn) {
  auto with_keys = settings();
  with_keys.key_has_gone = [](std::uint64_t key) { return key == 1; };
  Shard strict(*hub_, *readers_, presence_, clock_, with_keys, head(), [] {});
  FakeTransport gone, there, ours;
  auto asked = request(ann_);
  asked.token.key = 1;
  EXPECT_EQ(strict.open(asked, &gone), nullptr);
  EXPECT_EQ(gone.reason, EndReason::kGoingAway);
  asked.token.key = 2;
  EXPECT_NE(strict.open(asked, &there), nullptr);
  EXPECT_NE(strict.open(request(ann_), &ours), nullptr);
  strict.close();
  readers_->stop();
}

TEST_F(ShardRaceTest, ATokenThatIsLoggedOutOnTheWayToItsSessionEndsIt) {
  auto with_revocations = settings();
  with_revocations.token_ended = [](const TokenMark& token) { return token == TokenMark{3, 3}; };
  Shard strict(*hub_, *readers_, presence_, clock_, with_revocations, head(), [] {});
  FakeTransport stream;
  auto* session = strict.open(request(ann_), &stream);
  ASSERT_NE(session, nullptr);
  strict.reauthenticate(session, {{3, 3}, clock_.wall_ms() + 60'000});
  EXPECT_TRUE(stream.ended);
  EXPECT_EQ(stream.reason, EndReason::kAuthEnded);
  strict.close();
  readers_->stop();
}

TEST_F(ShardRaceTest, ATokenWhoseKeyGoesOnTheWayToItsSessionEndsIt) {
  auto with_keys = settings();
  with_keys.key_has_gone = [](std::uint64_t key) { return key == 1; };
  Shard strict(*hub_, *readers_, presence_, clock_, with_keys, head(), [] {});
  FakeTransport stream;
  auto* session = strict.open(request(ann_), &stream);
  ASSERT_NE(session, nullptr);
  strict.reauthenticate(session, {{3, 3}, clock_.wall_ms() + 60'000, 2});
  EXPECT_FALSE(stream.ended);
  strict.reauthenticate(session, {{3, 3}, clock_.wall_ms() + 60'000, 1});
  EXPECT_EQ(stream.reason, EndReason::kGoingAway);
  strict.close();
  readers_->stop();
}

TEST_F(ShardRaceTest, APollThatNarrowsASessionGetsNoOtherRooms) {
  create_room(room_, ann_);
  create_room(other_room_, ann_);
  FakeTransport second(TransportKind::kPoll);
  auto next = after_a_first_poll();
  next.rooms = {other_room_};
  shard_->poll(std::move(next), &second);
  note(room_, 1);
  note(other_room_, 2);
  pump_until([&] { return !second.taken.empty(); });
  EXPECT_THAT(second.notes(), ElementsAre(2));
}

TEST_F(ShardRaceTest, AClientThatReadsSlowlyIsNotClosedAsOneThatReadsNothing) {
  class SlowReader final : public Transport {
   public:
    TransportKind kind() const override { return TransportKind::kSse; }
    Flush write(const Pending&, std::size_t&) override { return Flush::kBlocked; }
    bool has_read() override { return reads; }
    void end(const Ending& ending, std::string_view, std::string_view) override {
      reason = ending.reason;
    }
    bool reads = true;
    std::optional<EndReason> reason;
  } slow;
  shard_->open(request(ann_), &slow);
  FakeTransport witness;
  open(witness, ann_);
  tick_for(std::chrono::seconds(150));
  EXPECT_FALSE(slow.reason);
  slow.reads = false;
  tick_for(std::chrono::seconds(62));
  EXPECT_EQ(slow.reason, EndReason::kSlow);
}

}  // namespace
}  // namespace fairlead::hub
