#include "tests/hub/shard_fixture.h"

namespace fairlead::hub {
namespace {

// Answers with whatever is there, at once, as a poll with a backlog does.
class AnsweringPoll final : public Transport {
 public:
  TransportKind kind() const override { return TransportKind::kPoll; }
  Flush write(const Pending& pending, std::size_t& n) override {
    if (pending.frames.empty()) return Flush::kDone;
    n = pending.frames.size();
    for (auto rest = pending.frames; !rest.empty();) {
      const auto end = rest.find('\n') + 1;
      protocol::add_poll_members(taken.emplace_back(), rest.substr(0, end));
      rest.remove_prefix(end);
    }
    return Flush::kAnswered;
  }
  void end(const Ending& ending, std::string_view, std::string_view) override {
    reason = ending.reason;
  }

  std::vector<std::string> taken;
  std::optional<EndReason> reason;
};

class PollSessionTest : public ShardTest {
 protected:
  HubStats stats() {
    HubStats sum;
    shard_->add_stats(sum);
    return sum;
  }
  void poll(AnsweringPoll& to, OpenRequest request) {
    shard_->poll(std::move(request), &to);
    pump_until([&] { return !to.taken.empty() || to.reason; });
  }
};

TEST_F(PollSessionTest, AFirstPollIsKeptForTheNextOne) {
  create_room(room_, ann_);
  AnsweringPoll first;
  auto asked = request(ann_);
  const auto id = asked.session;
  poll(first, std::move(asked));
  EXPECT_EQ(stats().parked, 1u);
  EXPECT_EQ(stats().sessions, 0u);
  shard_->deliver(Ephemeral{{room_}, {}, make_bytes(R"({"type":"typing"})")});
  AnsweringPoll second;
  auto next = request(ann_, id);
  next.cursor = cursor_now();
  poll(second, std::move(next));
  ASSERT_EQ(second.taken.size(), 1u);
  EXPECT_EQ(second.taken[0], R"({"type":"typing"})");
}

TEST_F(PollSessionTest, PollsWithNothingButACursorShareOneSession) {
  create_room(room_, ann_);
  const auto start = cursor_now();
  note(room_, 1);
  for (int i = 0; i < 100; ++i) {
    AnsweringPoll to;
    auto asked = request(ann_);
    asked.cursor = start;
    poll(to, std::move(asked));
    EXPECT_EQ(to.taken.size(), 1u);
  }
  EXPECT_EQ(stats().parked, 1u);
  EXPECT_EQ(stats().sessions, 0u);
  EXPECT_EQ(presence_.opened, 1);
  tick_for(std::chrono::seconds(32));
  EXPECT_EQ(stats().parked, 0u);
  EXPECT_EQ(presence_.closed, 1);
}

TEST_F(PollSessionTest, PollsWithNothingButACursorAtTheSameTimeDoNotDisturbEachOther) {
  create_room(room_, ann_);
  const auto start = cursor_now();
  AnsweringPoll first, second;
  for (auto* to : {&first, &second}) {
    auto asked = request(ann_);
    asked.cursor = start;
    shard_->poll(std::move(asked), to);
  }
  note(room_, 1);
  pump_until([&] { return !first.taken.empty() && !second.taken.empty(); });
  EXPECT_EQ(first.taken.size(), 1u);
  EXPECT_EQ(second.taken.size(), 1u);
  EXPECT_EQ(stats().parked, 2u);
  // What is not in the log is for who is here: a nameless session keeps nothing for whoever uses it
  // next.
  shard_->deliver(Ephemeral{{room_}, {}, make_bytes(R"({"type":"typing"})")});
  AnsweringPoll third;
  auto asked = request(ann_);
  asked.cursor = start;
  poll(third, std::move(asked));
  EXPECT_EQ(third.taken.size(), 1u);
  EXPECT_EQ(stats().parked, 2u);
}

TEST_F(PollSessionTest, AnotherUserOrOtherRoomsGetAnotherNamelessSession) {
  create_room(room_, ann_);
  join(room_, bob_);
  const auto start = cursor_now();
  note(room_, 1);
  const auto once = [&](UserId user, std::vector<RoomId> rooms) {
    AnsweringPoll to;
    auto asked = request(user);
    asked.cursor = start;
    asked.rooms = std::move(rooms);
    poll(to, std::move(asked));
    EXPECT_EQ(to.taken.size(), 1u);
  };
  once(ann_, {});
  once(bob_, {});
  EXPECT_EQ(stats().parked, 2u);
  once(ann_, {room_});
  EXPECT_EQ(stats().parked, 3u);
  once(bob_, {});
  EXPECT_EQ(stats().parked, 3u);
}

TEST_F(PollSessionTest, APollGoesOnByKeyOnlyAsItWasLeft) {
  create_room(room_, ann_);
  AnsweringPoll first, second, third, fourth;
  auto asked = request(ann_);
  const auto id = asked.session;
  poll(first, std::move(asked));
  auto* session = shard_->find(id);
  const auto key = session->key;
  const auto uses = session->uses;
  const auto cursor = cursor_now();
  ASSERT_NE(shard_->poll_again(key, uses, cursor, &second), nullptr);
  EXPECT_EQ(shard_->poll_again(key, uses + 1, cursor, &third), nullptr) << "it is held";
  note(room_, 1);
  EXPECT_EQ(second.taken.size(), 1u);
  EXPECT_EQ(shard_->poll_again(key, uses, cursor, &third), nullptr) << "it has been used since";
  EXPECT_EQ(shard_->poll_again(key, uses + 1, "c1.other.00", &third), nullptr);
  EXPECT_EQ(shard_->poll_again(key + 1, uses + 1, cursor, &third), nullptr);
  ASSERT_NE(shard_->poll_again(key, uses + 1, cursor, &third), nullptr);
  pump_until([&] { return !third.taken.empty(); });  // the cursor is behind
  hub_->end_token(kToken, EndReason::kAuthEnded);
  shard_->run_mailbox();
  EXPECT_EQ(shard_->poll_again(key, uses + 2, cursor, &fourth), nullptr) << "logged out";
}

TEST_F(PollSessionTest, ASecondPollOfASessionEndsTheFirstAndLosesNothing) {
  create_room(room_, ann_);
  AnsweringPoll hello;
  auto asked = request(ann_);
  const auto id = asked.session;
  poll(hello, std::move(asked));
  const auto cursor = cursor_now();
  AnsweringPoll first, second;
  for (auto* to : {&first, &second}) {
    auto again = request(ann_, id);
    again.cursor = cursor;
    shard_->poll(std::move(again), to);
  }
  EXPECT_EQ(first.reason, EndReason::kTakenOver);
  note(room_, 1);
  EXPECT_TRUE(first.taken.empty());
  EXPECT_EQ(second.taken.size(), 1u);
}

TEST_F(PollSessionTest, AParkedSessionIsForgottenAfterItsLife) {
  AnsweringPoll first;
  poll(first, request(ann_));
  tick_for(std::chrono::seconds(28));
  EXPECT_EQ(stats().parked, 1u);
  tick_for(std::chrono::seconds(4));
  EXPECT_EQ(stats().parked, 0u);
  EXPECT_EQ(presence_.closed, 1);
}

}  // namespace
}  // namespace fairlead::hub
