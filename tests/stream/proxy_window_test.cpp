#include "transport/stream/proxy_window.h"

#include <gtest/gtest.h>

#include <set>

namespace fairlead::stream {
namespace {

using namespace std::chrono_literals;

class ProxyWindowTest : public ::testing::Test {
 protected:
  // Answers until it is full, 100 at most.
  int answer() {
    int count = 0;
    while (count < 100 && !is_full()) {
      window_.answered(++key_, kManyEvents, now_);
      unread_.insert(key_);
      ++count;
    }
    return count;
  }
  // So many are answered, with so many events in each, and taken in.
  void serve(std::size_t answers, std::size_t events) {
    for (; answers > 0; --answers) window_.answered(++key_, events, now_);
  }
  void crowd() {
    for (std::size_t n = 0; n < ProxyWindow::kLateOnes; ++n) window_.came_late(now_);
  }
  bool is_full() {
    return window_.is_full(now_, [this](std::uint64_t key) { return unread_.contains(key); });
  }
  void take_in(std::uint64_t up_to) { unread_.erase(unread_.begin(), unread_.upper_bound(up_to)); }

  static constexpr std::size_t kFewEvents = 2, kManyEvents = 4;  // in an answer
  static constexpr int kAhead = ProxyWindow::kSlice * ProxyWindow::kSlicesMax;
  ProxyWindow window_;
  MonoTime now_{1h};
  std::uint64_t key_ = 0;
  std::set<std::uint64_t> unread_;
};

TEST_F(ProxyWindowTest, WhereNobodyComesLateThereIsNoLimit) {
  EXPECT_EQ(answer(), 100);
}

TEST_F(ProxyWindowTest, OneThatComesLateNowAndThenIsNoCrowd) {
  for (std::size_t n = 0; n < 2 * ProxyWindow::kLateOnes; ++n) {
    window_.came_late(now_);
    now_ += ProxyWindow::kLateWithin / 4;
  }
  EXPECT_EQ(answer(), 100);
}

TEST_F(ProxyWindowTest, WhileAnswersBringLittleTheEndOfEachPeriodIsForOthers) {
  crowd();
  serve(ProxyWindow::kSample, kFewEvents);
  now_ += ProxyWindow::kPeriod - ProxyWindow::kRest;
  EXPECT_EQ(answer(), 0);
  now_ += ProxyWindow::kRest;
  EXPECT_FALSE(is_full());
  serve(ProxyWindow::kSample, kManyEvents);
  now_ += ProxyWindow::kPeriod - ProxyWindow::kRest;
  EXPECT_EQ(answer(), kAhead) << "they bring enough";
}

TEST_F(ProxyWindowTest, WhereNobodyComesLateThereIsNoRest) {
  serve(ProxyWindow::kSample, kFewEvents);
  now_ += ProxyWindow::kPeriod - ProxyWindow::kRest;
  EXPECT_EQ(answer(), 100);
}

TEST_F(ProxyWindowTest, InACrowdItGoesOnAsTheProxyTakesInSliceAfterSlice) {
  crowd();
  EXPECT_EQ(answer(), kAhead);
  take_in(ProxyWindow::kSlice - 1);
  EXPECT_TRUE(is_full());
  take_in(ProxyWindow::kSlice);
  EXPECT_EQ(answer(), ProxyWindow::kSlice);
  take_in(key_);
  EXPECT_EQ(answer(), kAhead);
}

TEST_F(ProxyWindowTest, AProxyThatTakesNothingInIsNotWaitedForLong) {
  crowd();
  EXPECT_EQ(answer(), kAhead);
  now_ += ProxyWindow::kPatience - 1ms;
  EXPECT_TRUE(is_full());
  now_ += 1ms;
  EXPECT_EQ(answer(), kAhead);
}

TEST_F(ProxyWindowTest, WhenTheCrowdHasGoneThereIsNoLimitAgain) {
  crowd();
  EXPECT_EQ(answer(), kAhead);
  now_ += ProxyWindow::kCrowded;
  EXPECT_EQ(answer(), 100);
}

}  // namespace
}  // namespace fairlead::stream
