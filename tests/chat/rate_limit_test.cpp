#include "chat/rate_limit.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/chat/manual_clock.h"

namespace fairlead::chat {
namespace {

using namespace std::chrono_literals;

class RateLimitTest : public ::testing::Test {
 protected:
  Charge charge(const std::string& key = "a") { return limiter_.charge(key, clock_.mono()); }
  int allowed_now(const std::string& key = "a") {
    int count = 0;
    while (count < 1000 && charge(key).allowed) ++count;
    return count;
  }

  ManualClock clock_;
  RateLimiter<std::string> limiter_{Rate{5, 5s, 10}};
};

TEST_F(RateLimitTest, ABurstPassesAndThenNothing) {
  EXPECT_EQ(allowed_now(), 10);
  EXPECT_FALSE(charge().allowed);
}

TEST_F(RateLimitTest, TheSteadyRateIsOneASecond) {
  allowed_now();
  for (int second = 0; second < 20; ++second) {
    clock_.advance(999ms);
    EXPECT_FALSE(charge().allowed);
    clock_.advance(1ms);
    EXPECT_EQ(allowed_now(), 1);
  }
}

TEST_F(RateLimitTest, TheQuotaIsWholeAgainAfterARest) {
  allowed_now();
  clock_.advance(10s);
  EXPECT_EQ(allowed_now(), 10);
  clock_.advance(1h);
  EXPECT_EQ(allowed_now(), 10);
}

TEST_F(RateLimitTest, TheQuotaCountsDownAndSaysWhenItIsWholeAgain) {
  for (int used = 1; used <= 10; ++used) {
    const auto quota = charge().quota;
    EXPECT_EQ(quota.limit, 10);
    EXPECT_EQ(quota.remaining, 10 - used);
    EXPECT_EQ(quota.reset_s, used);
    EXPECT_EQ(quota.retry_after_s, 0);
  }
  const auto refused = charge().quota;
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_EQ(refused.reset_s, 10);
  EXPECT_EQ(refused.retry_after_s, 1);
}

TEST_F(RateLimitTest, WhoWaitsAsToldIsLetIn) {
  allowed_now();
  clock_.advance(250ms);
  const auto refused = charge();
  ASSERT_FALSE(refused.allowed);
  clock_.advance(std::chrono::seconds(refused.quota.retry_after_s));
  EXPECT_TRUE(charge().allowed);
}

TEST_F(RateLimitTest, KeysDoNotShareAQuota) {
  EXPECT_EQ(allowed_now("a"), 10);
  EXPECT_EQ(allowed_now("b"), 10);
}

TEST_F(RateLimitTest, ARefundIsAsIfNothingHadBeen) {
  allowed_now();
  EXPECT_EQ(limiter_.refund("a", clock_.mono()).remaining, 1);
  EXPECT_EQ(allowed_now(), 1);
  EXPECT_EQ(limiter_.refund("never seen", clock_.mono()).remaining, 10);
}

TEST_F(RateLimitTest, NoLimitMeansNoQuotaEither) {
  RateLimiter<std::string> unlimited(Rate{0, 5s, 10});
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(unlimited.charge("a", clock_.mono()).allowed);
  EXPECT_EQ(unlimited.charge("a", clock_.mono()).quota.limit, 0);
  EXPECT_EQ(unlimited.keys(), 0u);
}

TEST_F(RateLimitTest, WhoHasRestedIsForgotten) {
  for (int i = 0; i < 5000; ++i) charge("first" + std::to_string(i));
  clock_.advance(1min);
  for (int i = 0; i < 5000; ++i) charge("second" + std::to_string(i));
  EXPECT_LE(limiter_.keys(), 6024u);
}

TEST_F(RateLimitTest, MemoryIsBoundedWhateverComes) {
  RateLimiter<int> small(Rate{5, 5s, 10}, 2000);
  for (int key = 0; key < 50'000; ++key) small.charge(key, clock_.mono());
  EXPECT_LE(small.keys(), 2000u);
}

TEST_F(RateLimitTest, ThreadsTogetherGetOneBurst) {
  std::atomic<int> allowed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) allowed += charge().allowed ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(allowed, 10);
}

TEST(RateLimited, TheErrorCarriesTheHeaders) {
  const auto refused = rate_limited({10, 0, 7, 0}, "wait");
  EXPECT_EQ(refused.code, ErrorCode::kRateLimited);
  EXPECT_EQ(refused.retry_after_s, 1);
  EXPECT_EQ(refused.headers.at("RateLimit-Limit"), "10");
  EXPECT_EQ(refused.headers.at("RateLimit-Remaining"), "0");
  EXPECT_EQ(refused.headers.at("RateLimit-Reset"), "7");
}

}  // namespace
}  // namespace fairlead::chat
