#include "transport/stream/deadlines.h"

#include <gtest/gtest.h>

#include <map>

namespace fairlead::stream {
namespace {

using namespace std::chrono_literals;

const MonoTime kStart = MonoTime(1000s);

class DeadlinesTest : public ::testing::Test {
 protected:
  void set(std::uint64_t key, std::chrono::milliseconds at) {
    deadlines_.set(key, connections_[key], kStart + at);
  }
  // Whose time has come at `now`, as the engine asks.
  std::vector<std::uint64_t> due(std::chrono::milliseconds now) {
    std::vector<std::uint64_t> keys;
    while (const auto noted = deadlines_.take(kStart + now)) {
      const auto it = connections_.find(noted->second);
      if (it != connections_.end() &&
          deadlines_.is_due(it->first, it->second, noted->first, kStart + now)) {
        keys.push_back(it->first);
      }
    }
    return keys;
  }
  using Keys = std::vector<std::uint64_t>;

  Deadlines deadlines_;
  std::map<std::uint64_t, Deadline> connections_;
};

TEST_F(DeadlinesTest, EachComesOnceInTheOrderOfTime) {
  set(1, 30ms);
  set(2, 10ms);
  set(3, 20ms);
  EXPECT_EQ(deadlines_.next(), kStart + 10ms);
  EXPECT_EQ(due(9ms), Keys{});
  EXPECT_EQ(due(20ms), (Keys{2, 3}));
  EXPECT_EQ(due(30ms), Keys{1});
  EXPECT_EQ(due(1h), Keys{});
  EXPECT_EQ(deadlines_.size(), 0u);
}

TEST_F(DeadlinesTest, ANewTimeReplacesTheOneBefore) {
  set(1, 10ms);
  set(1, 50ms);
  EXPECT_EQ(due(49ms), Keys{});
  set(1, 20ms);
  EXPECT_EQ(due(49ms), Keys{1});
  EXPECT_EQ(due(1h), Keys{});
}

TEST_F(DeadlinesTest, NeverTakesADeadlineBack) {
  set(1, 10ms);
  deadlines_.set(1, connections_[1], MonoTime::max());
  EXPECT_EQ(due(1h), Keys{});
  set(1, 7200s);
  EXPECT_EQ(due(7200s), Keys{1});
}

TEST_F(DeadlinesTest, WhoMovesItsDeadlineWithEveryPollFillsNothing) {
  for (int i = 0; i < 100'000; ++i) {
    set(1, std::chrono::milliseconds(20'000 + i));
    EXPECT_LE(deadlines_.size(), 2u);
    due(std::chrono::milliseconds(i));
  }
  EXPECT_EQ(due(20'000ms + 99'999ms), Keys{1});
}

TEST_F(DeadlinesTest, OneThatHasGoneIsForgotten) {
  set(1, 10ms);
  connections_.erase(1);
  EXPECT_EQ(due(1h), Keys{});
  EXPECT_EQ(deadlines_.size(), 0u);
}

}  // namespace
}  // namespace fairlead::stream
