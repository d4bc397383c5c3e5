// A busy large room: the shard's thread is given back every few milliseconds, and small rooms do not wait for it.
#include <gmock/gmock.h>

#include <deque>

#include "tests/hub/shard_fixture.h"

namespace fairlead::hub {
namespace {

using ::testing::ElementsAre;

// Each write takes a tenth of a millisecond, on the test's clock.
class SlowTransport final : public Transport {
 public:
  SlowTransport(ManualClock& clock, std::vector<const SlowTransport*>& order) : clock_(clock), order_(order) {}
  TransportKind kind() const override { return TransportKind::kSse; }
  Flush write(const Pending& pending, std::size_t& n) override {
    if (pending.frames.empty()) return Flush::kDone;
    n = pending.frames.size();
    taken += pending.frames;
    ++writes;
    order_.push_back(this);
    clock_.advance_us(100);
    return Flush::kDone;
  }
  void end(const Ending&, std::string_view, std::string_view) override {}

  bool proxy_is_behind() const override { return unread; }

  std::string taken;
  int writes = 0;
  bool unread = false;

 private:
  ManualClock& clock_;
  std::vector<const SlowTransport*>& order_;
};

class SlicesTest : public ShardTest {
 protected:
  static constexpr std::size_t kLarge = 600;

  void fill_rooms() {
    create_room(room_, ann_);
    create_room(other_room_, bob_);
    for (std::size_t i = 0; i < kLarge; ++i) shard_->open(request(ann_), &large_.emplace_back(clock_, order_));
    shard_->open(request(bob_), &small_);
    pump_until([&] {
      return small_.writes == 1 && std::all_of(large_.begin(), large_.end(), [](const auto& t) { return t.writes == 1; });
    });
    order_.clear();
  }
  // A note in the large room; posted to the shard, which has not looked yet.
  void commit(int n) {
    commit_with([&](store::Transaction& tx) {
      tx.append({"note", room_, {}, store::EventKind::kPlain, {}, 1, "{\"n\":" + std::to_string(n) + "}"});
    });
  }
  HubStats stats() {
    HubStats sum;
    shard_->add_stats(sum);
    return sum;
  }

  std::vector<const SlowTransport*> order_;  // who was written to
  std::deque<SlowTransport> large_;
  SlowTransport small_{clock_, order_};
  int going_ = 0;
};

TEST_F(SlicesTest, ALargeRoomIsFlushedInSlicesAndASmallOneBetween) {
  fill_rooms();
  writer_->submit<int>(
      [&](store::Transaction& tx) -> Result<int> {
        tx.append({"note", room_, {}, store::EventKind::kPlain, {}, 1, R"({"n":1})"});
        tx.append({"note", other_room_, {}, store::EventKind::kPlain, {}, 1, R"({"n":2})"});
        return 0;
      },
      [&](Result<int>) {});
  pump_until([&] { return order_.size() == kLarge + 1; });
  const auto at = std::find(order_.begin(), order_.end(), &small_) - order_.begin();
  EXPECT_EQ(at, 0) << "the few before the many";
  for (const auto& transport : large_) EXPECT_EQ(transport.writes, 2);
  EXPECT_LE(stats().turns.longest_us, 5000);
  EXPECT_GE(stats().turns.counts[4] + stats().turns.counts[3], kLarge / 50) << "many turns of a few milliseconds";
}

TEST_F(SlicesTest, WhatCameMeanwhileLeavesInTheSameWriteAndInOrder) {
  fill_rooms();
  for (int n = 1; n <= 10; ++n) {
    commit(n);
    shard_->run_mailbox();  // one turn: its slice does not reach everybody
  }
  pump_until([&] {
    return std::all_of(large_.begin(), large_.end(),
                       [](const auto& t) { return t.taken.find(R"("n":10})") != std::string::npos; });
  });
  int writes = 0;
  for (const auto& transport : large_) {
    writes += transport.writes - 1;
    std::size_t from = 0;
    for (int n = 1; n <= 10; ++n) {
      from = transport.taken.find("\"n\":" + std::to_string(n) + "}", from);
      ASSERT_NE(from, std::string::npos) << n;
    }
  }
  EXPECT_LT(writes, static_cast<int>(kLarge) * 10);
  EXPECT_LE(stats().turns.longest_us, 5000);
}

TEST_F(SlicesTest, TheNextRoundWaitsAsLongAsTheLastTookAndSmallRoomsDoNot) {
  fill_rooms();
  pump_until([&] { return !shard_->resumes_at(); });
  clock_.advance(std::chrono::seconds(1));
  commit(1);
  const auto began = clock_.mono();
  pump_until([&] { return order_.size() == kLarge; });  // at once: there was nothing to wait for
  const auto took = clock_.mono() - began;
  ASSERT_GT(took, Pace::kPauseMax);

  commit(2);
  writer_->submit<int>(
      [&](store::Transaction& tx) -> Result<int> {
        tx.append({"note", other_room_, {}, store::EventKind::kPlain, {}, 1, R"({"n":3})"});
        return 0;
      },
      [&](Result<int>) {});
  while (small_.writes < 2) shard_->run_mailbox();
  for (int i = 0; i < 3; ++i) shard_->run_mailbox();
  EXPECT_EQ(order_.size(), kLarge + 1) << "the large room has its pause";
  ASSERT_TRUE(shard_->resumes_at());
  EXPECT_LE(*shard_->resumes_at(), began + took + Pace::kPauseMax);
  EXPECT_GT(*shard_->resumes_at(), clock_.mono());
  clock_.advance_to(*shard_->resumes_at());
  shard_->run_mailbox();
  EXPECT_GT(order_.size(), kLarge + 1);
  pump_until([&] { return order_.size() == 2 * kLarge + 1; });
  EXPECT_FALSE(shard_->resumes_at()) << "nobody waits";
}

TEST_F(SlicesTest, AClientThatDoesNotReadIsTakenForASlowProxyOnceOnly) {
  fill_rooms();
  clock_.advance(std::chrono::seconds(1));
  large_.back().unread = true;
  const auto round = [&](int n) {  // how long it takes until the next may begin
    order_.clear();
    commit(n);
    pump_until([&] { return order_.size() == kLarge; });
    const auto wrote = clock_.mono();
    commit(-n);
    shard_->run_mailbox();
    while (order_.size() == kLarge) {
      if (const auto at = shard_->resumes_at()) clock_.advance_to(*at);
      shard_->run_mailbox();
    }
    const auto began = clock_.mono();
    pump_until([&] { return order_.size() == 2 * kLarge; });
    while (const auto at = shard_->resumes_at()) {
      clock_.advance_to(*at);
      shard_->run_mailbox();
    }
    clock_.advance(std::chrono::seconds(1));
    return began - wrote;
  };
  EXPECT_GE(round(1), Pace::kProxyMax);
  EXPECT_LT(round(2), Pace::kProxyMax) << "another tells how far the proxy is";
  large_.back().unread = false;
  round(3);
  large_.back().unread = true;
  EXPECT_GE(round(4), Pace::kProxyMax) << "it had read everything: it may tell again";
}

TEST_F(SlicesTest, ARoundThatNobodyIsLeftOfEndsToo) {
  fill_rooms();
  clock_.advance(std::chrono::seconds(1));
  commit(1);
  shard_->run_mailbox();
  ASSERT_LT(order_.size(), kLarge);
  while (auto* session = shard_->find("s_" + std::to_string(++going_))) {
    if (going_ <= static_cast<int>(kLarge)) shard_->gone(session);
  }
  shard_->run_mailbox();
  const auto written = order_.size();
  clock_.advance(std::chrono::seconds(1));
  for (std::size_t i = 0; i < 300; ++i) shard_->open(request(ann_), &large_.emplace_back(clock_, order_));
  pump_until([&] { return large_.back().writes == 1; });
  order_.clear();
  commit(2);
  pump_until([&] { return order_.size() == 300; });
  EXPECT_LT(written, kLarge);
}

TEST_F(SlicesTest, ASessionThatGoesInBetweenIsNotWrittenTo) {
  fill_rooms();
  auto* going = shard_->find("s_600");  // the last of the large room
  ASSERT_NE(going, nullptr);
  commit(1);
  shard_->run_mailbox();
  ASSERT_EQ(large_.back().writes, 1) << "not yet its slice";
  shard_->gone(going);
  pump_until([&] { return order_.size() == kLarge - 1; });
  shard_->run_mailbox();
  EXPECT_EQ(large_.back().writes, 1);
}

}  // namespace
}  // namespace fairlead::hub
