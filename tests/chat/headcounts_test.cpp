#include "chat/headcounts.h"

#include <gmock/gmock.h>

namespace fairlead::chat {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class HeadcountsTest : public ::testing::Test {
 protected:
  static MonoTime at(int seconds) { return MonoTime(std::chrono::seconds(100 + seconds)); }

  const RoomId hall_{1}, yard_{2}, square_{3};
  Headcounts counts_;
};

TEST_F(HeadcountsTest, ARoomsTurnComesAtOnceAndThenAtMostEveryFiveSeconds) {
  EXPECT_THAT(counts_.due(at(0)), IsEmpty());
  counts_.changed(hall_, 300);
  counts_.changed(hall_, 300);
  EXPECT_THAT(counts_.due(at(0)), ElementsAre(hall_));
  EXPECT_THAT(counts_.due(at(10)), IsEmpty()) << "nothing has changed since";
  counts_.changed(hall_, 300);
  EXPECT_THAT(counts_.due(at(11)), ElementsAre(hall_));
  counts_.changed(hall_, 300);
  EXPECT_THAT(counts_.due(at(13)), IsEmpty());
  EXPECT_THAT(counts_.due(at(16)), ElementsAre(hall_)) << "the last change is told of, too";
}

TEST_F(HeadcountsTest, WhatOneRoundDoesNotTakeTheNextOnesDo) {
  for (const auto room : {hall_, yard_, square_}) counts_.changed(room, Headcounts::kAskedMax / 2);
  auto told = counts_.due(at(0));
  EXPECT_EQ(told.size(), 2U);
  EXPECT_THAT(counts_.due(at(0)), IsEmpty()) << "a round a second";
  for (const auto room : counts_.due(at(1))) told.push_back(room);
  EXPECT_THAT(told, UnorderedElementsAre(hall_, yard_, square_));
}

TEST_F(HeadcountsTest, ARoomThatChangesAllTheTimeDoesNotStarveOthers) {
  std::map<RoomId, int> turns;
  for (int second = 0; second < 60; ++second) {
    for (const auto room : {hall_, yard_, square_}) counts_.changed(room, Headcounts::kAskedMax);
    for (const auto room : counts_.due(at(second))) ++turns[room];
  }
  EXPECT_THAT(turns,
              ElementsAre(std::pair(hall_, 12), std::pair(yard_, 12), std::pair(square_, 12)));
}

TEST_F(HeadcountsTest, RoomsBeyondTheBoundAreNotCounted) {
  counts_.changed(hall_, Headcounts::kAskedMax + 1);
  EXPECT_THAT(counts_.due(at(0)), IsEmpty());
}

}  // namespace
}  // namespace fairlead::chat
