// The whole log in order and once, whatever happens to the hints.
#include "log/follower.h"

#include <gmock/gmock.h>

#include <atomic>
#include <random>

#include "tests/log/log_fixture.h"

namespace fairlead::log {
namespace {

class FollowerTest : public LogTest {
 protected:
  // Commits `n` events by one of two nodes, which share the store's file.
  BatchPtr commit(store::Store& store, int n = 1) {
    auto batch = std::make_shared<Batch>();
    store.write([&](store::Transaction& tx) {
      for (int i = 0; i < n; ++i) tx.append(draft());
      batch->events = tx.appended();
    });
    return batch;
  }
  void follow(Follower& follower) {
    follower.subscribe([this](const BatchPtr& batch) {
      std::lock_guard lock(mutex_);
      for (const auto& event : batch->events) seen_.push_back(event->position.value());
      arrived_.notify_all();
    });
    follower.start();
  }
  std::vector<std::int64_t> seen(std::size_t at_least) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::seconds(60), [&] { return seen_.size() >= at_least; });
    return seen_;
  }
  static std::vector<std::int64_t> one_to(std::int64_t n) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 1; i <= n; ++i) all.push_back(i);
    return all;
  }

  store::SqliteBench bench_;
  std::unique_ptr<store::Store> here_ = bench_.open();
  std::unique_ptr<store::Store> there_ = bench_.open();
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::int64_t> seen_;
};

TEST_F(FollowerTest, WhatFollowsIsPassedOnAtOnceOnTheCallersThread) {
  Follower follower(*here_, {});
  follow(follower);
  follower.offer(commit(*here_, 3));
  EXPECT_EQ(seen_, one_to(3));
  EXPECT_EQ(follower.stats().gaps, 0u);
}

TEST_F(FollowerTest, WhatAnotherNodeWroteBeforeIsReadFromTheStore) {
  Follower follower(*here_, {});
  follow(follower);
  commit(*there_, 2);  // its hint is lost
  follower.offer(commit(*here_));
  EXPECT_EQ(seen(3), one_to(3));
  EXPECT_GE(follower.stats().gaps, 1u);
  EXPECT_EQ(follower.stats().gap_events, 3u);
}

TEST_F(FollowerTest, WithoutAnyHintTheStoreIsLookedIntoAllTheSame) {
  Follower follower(*here_, {});
  follow(follower);
  commit(*there_, 5000);
  EXPECT_EQ(seen(5000), one_to(5000));
}

TEST_F(FollowerTest, WhatComesTwiceIsPassedOnOnce) {
  Follower follower(*here_, {});
  follow(follower);
  const auto first = commit(*here_, 2);
  follower.offer(first);
  follower.offer(first);
  const auto second = commit(*here_, 2);
  auto both = std::make_shared<Batch>(*first);
  both->events.insert(both->events.end(), second->events.begin(), second->events.end());
  follower.offer(both);
  EXPECT_EQ(seen_, one_to(4));
  EXPECT_EQ(follower.stats().late_events, 4u);
}

TEST_F(FollowerTest, ItBeginsBehindTheHeadThatItIsGiven) {
  commit(*there_, 10);
  Follower follower(*here_, LogPosition(10));
  follow(follower);
  follower.offer(commit(*here_));
  EXPECT_EQ(seen(1), std::vector<std::int64_t>{11});
}

// A node that was paused for longer than the log is kept.
TEST_F(FollowerTest, WhatWasPrunedBeforeItWasReadIsSaidToBeLost) {
  commit(*there_, 10);
  there_->write([](store::Transaction& tx) { tx.prune(1'000, 5); });
  Follower follower(*here_, LogPosition(2));
  std::vector<std::int64_t> lost;
  follower.on_lost([&](LogPosition floor) {
    std::lock_guard lock(mutex_);
    EXPECT_TRUE(seen_.empty());
    lost.push_back(floor.value());
    if (lost.size() == 1) throw store::StoreFailure("tried again");
  });
  follow(follower);
  EXPECT_EQ(seen(5), (std::vector<std::int64_t>{6, 7, 8, 9, 10}));
  EXPECT_EQ(lost, (std::vector<std::int64_t>{5, 5}));
  follower.offer(commit(*here_));
  EXPECT_EQ(seen(6).back(), 11);
}

TEST_F(FollowerTest, TheSameWhenNothingIsLeftOfIt) {
  commit(*there_, 10);
  there_->write([](store::Transaction& tx) { tx.prune(1'000, 100); });
  Follower follower(*here_, LogPosition(2));
  std::atomic<std::int64_t> lost{0};
  follower.on_lost([&](LogPosition floor) { lost = floor.value(); });
  follow(follower);
  while (lost == 0) std::this_thread::yield();
  follower.offer(commit(*here_));
  EXPECT_EQ(seen(1), std::vector<std::int64_t>{11});
  EXPECT_EQ(lost, 10);
}

TEST_F(FollowerTest, NoMoreIsReadThanIsTaken) {
  commit(*there_, 5000);
  Follower follower(*here_, {});
  std::vector<BatchPtr> held;
  follower.subscribe([&](const BatchPtr& batch) {
    std::lock_guard lock(mutex_);
    held.push_back(batch);
  });
  follow(follower);
  seen(1);
  std::this_thread::sleep_for(5 * Follower::kLook);
  {
    std::lock_guard lock(mutex_);
    EXPECT_EQ(held.size(), 1u);
  }
  while (seen(0).size() < 5000) {
    std::lock_guard lock(mutex_);
    held.clear();
  }
  EXPECT_EQ(seen(5000), one_to(5000));
}

TEST_F(FollowerTest, HintsLostLateTwiceAndSwappedByTwoNodesAtOnceChangeNothing) {
  Follower follower(*here_, {});
  follow(follower);
  constexpr int kCommits = 300;
  const auto node = [&](store::Store& store, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<BatchPtr> late;
    for (int i = 0; i < kCommits; ++i) {
      auto batch = commit(store, 1 + static_cast<int>(random() % 3));
      switch (random() % 4) {
        case 0:
          break;
        case 1:
          late.push_back(batch);
          break;
        case 2:
          follower.offer(batch);
          [[fallthrough]];
        default:
          follower.offer(batch);
          if (!late.empty()) {
            follower.offer(late.back());
            late.pop_back();
          }
      }
    }
  };
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::thread other([&] { node(*there_, seed); });
  node(*here_, seed + 1);
  other.join();
  const auto last = commit(*here_)->events.back()->position.value();
  EXPECT_EQ(seen(static_cast<std::size_t>(last)), one_to(last));
}

}  // namespace
}  // namespace fairlead::log
