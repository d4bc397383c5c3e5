#include "hub/pace.h"

#include <gtest/gtest.h>

namespace fairlead::hub {
namespace {

using std::chrono::milliseconds;

class PaceTest : public ::testing::Test {
 protected:
  MonoTime at(int ms) const { return MonoTime(std::chrono::seconds(1000)) + milliseconds(ms); }
  bool may_begin(int ms, bool behind = false) { return pace_.may_begin(at(ms), behind); }
  void round(int ms, int took_ms, bool behind, std::size_t events = Pace::kEnough) {
    pace_.begin(at(ms));
    EXPECT_TRUE(pace_.is_writing());
    pace_.wrote(at(ms + took_ms), behind, events);
    EXPECT_FALSE(pace_.is_writing());
  }

  Pace pace_;
};

TEST_F(PaceTest, TheFirstRoundIsAtOnce) {
  EXPECT_TRUE(may_begin(0));
}

TEST_F(PaceTest, APauseIsAsLongAsTheRoundWas) {
  round(0, 5, false);
  EXPECT_FALSE(pace_.is_watching());
  EXPECT_EQ(pace_.next(), at(10));
  EXPECT_FALSE(may_begin(9));
  EXPECT_TRUE(may_begin(10));
}

TEST_F(PaceTest, WhatTheShardDoesForOthersIsNotOfTheRound) {
  pace_.begin(at(0));
  pace_.leave(at(1));
  pace_.go_on(at(31));
  pace_.leave(at(32));
  pace_.go_on(at(40));
  pace_.wrote(at(41), false, 1);
  EXPECT_EQ(pace_.next(), at(41 + 3));
}

TEST_F(PaceTest, ButNotLongerThanTheMost) {
  round(0, 500, false);
  EXPECT_EQ(pace_.next(), at(500) + Pace::kPauseMax);
}

TEST_F(PaceTest, RoundsAreAsFarApartAsTheOperatorSays) {
  Pace pace(milliseconds(40));
  EXPECT_TRUE(pace.may_begin(at(0), false)) << "whoever comes after a while does not wait";
  pace.begin(at(0));
  pace.wrote(at(5), false, 1);
  EXPECT_EQ(pace.next(), at(40));
  pace.begin(at(40));
  pace.wrote(at(75), false, 1);
  EXPECT_EQ(pace.next(), at(75) + Pace::kPauseMax) << "a pause is there in any case";
}

TEST_F(PaceTest, WhatTheOperatorSaysCountsFromTheBeginningWhateverTheShardDidInBetween) {
  Pace pace(milliseconds(40));
  pace.begin(at(0));
  pace.leave(at(1));
  pace.go_on(at(31));
  pace.wrote(at(32), false, 1);
  EXPECT_EQ(pace.next(), at(40));
}

TEST_F(PaceTest, RoundsThatBringManyEventsAreNoFurtherApart) {
  Pace pace(milliseconds(40));
  pace.begin(at(0));
  pace.wrote(at(5), false, Pace::kEnough);
  EXPECT_EQ(pace.next(), at(10)) << "else a full backlog would wait for time, not for work";
}

TEST_F(PaceTest, WhatTheProxyTakesBelongsToTheRound) {
  round(0, 1, true);
  EXPECT_TRUE(pace_.is_watching());
  for (int ms = 1; ms < 8; ++ms) EXPECT_FALSE(may_begin(ms, true)) << ms;
  EXPECT_TRUE(pace_.is_watching());
  EXPECT_FALSE(may_begin(8, false)) << "8 ms of pause from here on";
  EXPECT_FALSE(pace_.is_watching());
  EXPECT_EQ(pace_.next(), at(16));
  EXPECT_TRUE(may_begin(16, true)) << "the proxy does not matter any more";
}

TEST_F(PaceTest, OfFewEventsForAProxyThereAreMoreAfterALongerPause) {
  round(0, 1, true, Pace::kEnough - 1);
  EXPECT_FALSE(may_begin(8, false)) << "12 ms of pause from here on";
  EXPECT_EQ(pace_.next(), at(20));
  round(20, 1, true, Pace::kEnough - 1);
  EXPECT_FALSE(may_begin(20 + 39, false));
  EXPECT_EQ(pace_.next(), at(20 + 39) + Pace::kLongPauseMax);
}

TEST_F(PaceTest, WhereThereIsNoProxyFewEventsMakeNoDifference) {
  round(0, 5, false, 1);
  EXPECT_EQ(pace_.next(), at(10));
}

TEST_F(PaceTest, AProxyThatHangsIsNotWaitedForForEver) {
  round(0, 1, true);
  int ms = 1;
  while (!may_begin(ms, true) && ms < 1000) ++ms;
  EXPECT_EQ(at(ms), at(1) + Pace::kProxyMax + Pace::kPauseMax);
}

}  // namespace
}  // namespace fairlead::hub
