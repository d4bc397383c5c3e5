#include "core/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <thread>

namespace fairlead {
namespace {

TEST(Mailbox, ManyPostsBeforeARunWakeOnce) {
  int wakes = 0;
  std::string order;
  Mailbox box([&] { ++wakes; });
  for (const char c : {'a', 'b', 'c'}) EXPECT_TRUE(box.post([&order, c] { order += c; }));
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(order, "");
  box.run();
  EXPECT_EQ(order, "abc");
  box.post([&] { order += 'd'; });
  EXPECT_EQ(wakes, 2);
}

TEST(Mailbox, WhatATaskPostsRunsNextTime) {
  int wakes = 0;
  int ran = 0;
  Mailbox box([&] { ++wakes; });
  box.post([&] { box.post([&] { ++ran; }); });
  box.run();
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(wakes, 2);
  box.run();
  EXPECT_EQ(ran, 1);
  box.run();
  EXPECT_EQ(ran, 1);
}

TEST(Mailbox, AClosedBoxTakesNothingAndDestroysWhatWasInIt) {
  const auto held = std::make_shared<int>(1);
  bool ran = false;
  Mailbox box([] {});
  box.post([&ran, held] { ran = true; });
  EXPECT_EQ(held.use_count(), 2);
  box.close();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(box.post([&ran] { ran = true; }));
  box.run();
  EXPECT_FALSE(ran);
}

// A task may own the last reference to something whose destructor posts to the same box.
TEST(Mailbox, ATaskThatIsDestroyedByCloseMayPost) {
  Mailbox box([] {});
  bool destroyed = false;
  bool taken = true;
  const auto last_words = [&](int*) {
    destroyed = true;
    taken = box.post([] {});
  };
  box.post([owned = std::shared_ptr<int>(nullptr, last_words)] { static_cast<void>(owned); });
  box.close();
  EXPECT_TRUE(destroyed);
  EXPECT_FALSE(taken);
}

TEST(Mailbox, AShareOfTheTasksCanBeRunAndTheRestLater) {
  int wakes = 0;
  Mailbox box([&] { ++wakes; });
  std::vector<int> ran;
  const auto add = [&](int i) { box.post([&ran, i] { ran.push_back(i); }); };
  for (int i = 0; i < 5; ++i) add(i);
  const auto two = [n = 0]() mutable { return ++n % 2 == 0; };
  EXPECT_FALSE(box.run_until(two));
  EXPECT_EQ(ran, (std::vector{0, 1}));
  add(5);  // behind what is left, although the box itself was empty
  EXPECT_EQ(wakes, 2);
  EXPECT_TRUE(box.run_until([] { return false; }));
  EXPECT_EQ(ran, (std::vector{0, 1, 2, 3, 4, 5})) << "the wake-up for 5 may have been the one for the rest";
  add(6);
  EXPECT_EQ(wakes, 3);
  EXPECT_TRUE(box.run_until([] { return true; })) << "nothing is left";
}

// The owner that runs shares goes on by itself while some are left; nothing else wakes it.
TEST(Mailbox, NothingIsLostOrRunTwiceWhenManyThreadsPost) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  std::mutex mutex;
  std::condition_variable changed;
  bool woken = false;
  Mailbox box([&] {
    std::lock_guard lock(mutex);
    woken = true;
    changed.notify_one();
  });
  std::vector<std::vector<int>> got(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i)
        box.post([&got, t, i] { got[static_cast<std::size_t>(t)].push_back(i); });
    });
  }
  const auto total = [&] {
    std::size_t n = 0;
    for (const auto& of_one : got) n += of_one.size();
    return n;
  };
  while (total() < kThreads * kEach) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return woken; });  // a lost wake-up would hang here
      woken = false;
    }
    int share = 7;
    while (!box.run_until([&] { return --share == 0; })) share = 7;
  }
  for (auto& thread : threads) thread.join();
  for (const auto& of_one : got) {
    for (int i = 0; i < kEach; ++i) ASSERT_EQ(of_one[static_cast<std::size_t>(i)], i);
  }
}

}  // namespace
}  // namespace fairlead
