#include "transport/connect/known_polls.h"

#include <gtest/gtest.h>

namespace fairlead::connect {
namespace {

poll::Poll named(std::uint64_t n) {
  poll::Poll poll;
  poll.request.session = "s_" + std::to_string(n);
  poll.fingerprint = {n, 1};
  return poll;
}

TEST(KnownPollsTest, SaysWhatWasPutLast) {
  KnownPolls polls;
  EXPECT_EQ(polls.find({7, 1}), nullptr);
  polls.put(named(7));
  ASSERT_NE(polls.find({7, 1}), nullptr);
  EXPECT_EQ(polls.find({7, 1})->request.session, "s_7");
  EXPECT_EQ(polls.find({7, 2}), nullptr) << "half of a fingerprint is none";
  auto other = named(7);
  other.request.session = "s_other";
  polls.put(other);
  EXPECT_EQ(polls.find({7, 1})->request.session, "s_other");
}

TEST(KnownPollsTest, ForgetsWhatNobodyAsksForAndNoMoreThanItMust) {
  KnownPolls polls;
  polls.put(named(0));
  polls.put(named(1));
  for (std::uint64_t n = 2; n < 4 * KnownPolls::kMax; ++n) {
    polls.put(named(n));
    ASSERT_NE(polls.find({0, 1}), nullptr) << "asked for again and again, after " << n;
  }
  EXPECT_EQ(polls.find({1, 1}), nullptr);
  std::size_t known = 0;
  for (std::uint64_t n = 0; n < 4 * KnownPolls::kMax; ++n) known += polls.find({n, 1}) != nullptr;
  EXPECT_LE(known, KnownPolls::kMax);
  EXPECT_GE(known, KnownPolls::kMax / 4);
}

}  // namespace
}  // namespace fairlead::connect
