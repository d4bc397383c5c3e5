#include "presence/gather.h"

#include <gtest/gtest.h>

namespace fairlead::presence {
namespace {

class GatherTest : public ::testing::Test {
 protected:
  static MonoTime at(int ms) { return MonoTime(std::chrono::seconds(100)) + Millis(ms); }
  static Change is(UserId user, Status status) { return {user, {status, 0}}; }

  const UserId ann_{1}, bob_{2};
  Gather gather_;
};

TEST_F(GatherTest, TheFirstIsDueAtOnce) {
  gather_.add(is(ann_, Status::kOnline));
  EXPECT_LE(gather_.due(), at(0));
  EXPECT_EQ(gather_.take(at(0)).at(0).now.status, Status::kOnline);
}

TEST_F(GatherTest, WhatFollowsGoesTogetherAfterAWhile) {
  gather_.add(is(ann_, Status::kOnline));
  gather_.take(at(0));
  gather_.add(is(ann_, Status::kAway));
  gather_.add(is(bob_, Status::kOnline));
  EXPECT_EQ(gather_.due(), at(0) + Gather::kEvery);
  EXPECT_EQ(gather_.take(at(250)).size(), 2U);
  gather_.add(is(ann_, Status::kOnline));
  EXPECT_EQ(gather_.due(), at(250) + Gather::kEvery);
}

TEST_F(GatherTest, AQuietTimeEndsWithNoChanges) {
  gather_.add(is(ann_, Status::kOnline));
  gather_.take(at(0));
  EXPECT_EQ(gather_.due(), at(0) + Gather::kQuiet);
  EXPECT_TRUE(gather_.take(at(5000)).empty());
  EXPECT_EQ(gather_.due(), at(5000) + Gather::kQuiet);
}

TEST_F(GatherTest, OfAUsersChangesTheLastOneCounts) {
  gather_.add(is(ann_, Status::kOnline));
  gather_.add(is(ann_, Status::kOffline));
  const auto changes = gather_.take(at(0));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].now.status, Status::kOffline);
}

TEST_F(GatherTest, TheyAreByUserWhateverTheirOrder) {
  gather_.add(is(bob_, Status::kAway));
  gather_.add(is(ann_, Status::kOnline));
  gather_.add(is(bob_, Status::kOnline));
  const auto changes = gather_.take(at(0));
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].user, ann_);
  EXPECT_EQ(changes[1].user, bob_);
  EXPECT_EQ(changes[1].now.status, Status::kOnline);
}

TEST_F(GatherTest, OneWhoChangesAllTheTimeFillsNothing) {
  for (int i = 0; i < 100'000; ++i)
    gather_.add(is(ann_, i % 2 == 0 ? Status::kAway : Status::kOnline));
  const auto changes = gather_.take(at(0));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].now.status, Status::kOnline);
  EXPECT_LE(changes.capacity(), 16U);
}

}  // namespace
}  // namespace fairlead::presence
