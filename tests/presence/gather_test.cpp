#include "presence/gather.h"

#include <gtest/gtest.h>

namespace fairlead::presence {
namespace {

class GatherTest : public ::testing::Test {
 protected:
  static MonoTime at(int ms) { return MonoTime(std::chrono::seconds(100)) + Millis(ms); }
  static State state(Status status) { return {status, 0, {}}; }

  const UserId ann_{1}, bob_{2};
  Gather gather_;
};

TEST_F(GatherTest, TheFirstIsDueAtOnce) {
  gather_.add(ann_, state(Status::kOnline));
  EXPECT_LE(gather_.due(), at(0));
  EXPECT_EQ(gather_.take(at(0)).at(ann_).status, Status::kOnline);
}

TEST_F(GatherTest, WhatFollowsGoesTogetherAfterAWhile) {
  gather_.add(ann_, state(Status::kOnline));
  gather_.take(at(0));
  gather_.add(ann_, state(Status::kAway));
  gather_.add(bob_, state(Status::kOnline));
  EXPECT_EQ(gather_.due(), at(0) + Gather::kEvery);
  EXPECT_EQ(gather_.take(at(250)).size(), 2U);
  gather_.add(ann_, state(Status::kOnline));
  EXPECT_EQ(gather_.due(), at(250) + Gather::kEvery);
}

TEST_F(GatherTest, AQuietTimeEndsWithNoChanges) {
  gather_.add(ann_, state(Status::kOnline));
  gather_.take(at(0));
  EXPECT_EQ(gather_.due(), at(0) + Gather::kQuiet);
  EXPECT_TRUE(gather_.take(at(5000)).empty());
  EXPECT_EQ(gather_.due(), at(5000) + Gather::kQuiet);
}

TEST_F(GatherTest, OfAUsersChangesTheLastOneCounts) {
  gather_.add(ann_, state(Status::kOnline));
  gather_.add(ann_, state(Status::kOffline));
  const auto changes = gather_.take(at(0));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes.at(ann_).status, Status::kOffline);
}

}  // namespace
}  // namespace fairlead::presence
