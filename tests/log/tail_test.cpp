#include "log/tail.h"

#include <gtest/gtest.h>

namespace fairlead::log {
namespace {

store::EventPtr event(std::int64_t position, std::size_t bytes = 100) {
  auto event = std::make_shared<store::Event>();
  event->position = LogPosition(position);
  event->json = std::string(bytes, 'x');
  return event;
}

TEST(Tail, AnEmptyTailReachesOnlyItsHead) {
  const Tail tail(LogPosition(41));
  EXPECT_EQ(tail.head(), LogPosition(41));
  EXPECT_TRUE(tail.reaches_back_to(LogPosition(41)));
  EXPECT_FALSE(tail.reaches_back_to(LogPosition(40)));
  EXPECT_FALSE(tail.reaches_back_to(LogPosition(42)));
}

TEST(Tail, WhatWasAppendedIsReadInOrder) {
  Tail tail(LogPosition(41));
  for (int i = 42; i <= 45; ++i) tail.append(event(i));
  EXPECT_EQ(tail.head(), LogPosition(45));
  EXPECT_TRUE(tail.reaches_back_to(LogPosition(41)));
  EXPECT_FALSE(tail.reaches_back_to(LogPosition(40)));
  EXPECT_FALSE(tail.reaches_back_to(LogPosition(46)));
  for (int i = 41; i < 45; ++i)
    EXPECT_EQ(tail.after(LogPosition(i)).position, LogPosition(i + 1));
}

TEST(Tail, TheOldestGoFirstWhenThereAreTooMany) {
  Tail tail(LogPosition(0), /*events_max=*/3);
  for (int i = 1; i <= 10; ++i) tail.append(event(i));
  EXPECT_TRUE(tail.reaches_back_to(LogPosition(7)));
  EXPECT_FALSE(tail.reaches_back_to(LogPosition(6)));
  EXPECT_EQ(tail.after(LogPosition(7)).position, LogPosition(8));
}

TEST(Tail, TheOldestGoFirstWhenTheyAreTooLarge) {
  Tail tail(LogPosition(0), 1000, /*bytes_max=*/100'000);
  for (int i = 1; i <= 100; ++i) tail.append(event(i, 10'000));
  EXPECT_TRUE(tail.reaches_back_to(LogPosition(91)));
  EXPECT_FALSE(tail.reaches_back_to(LogPosition(90)));
  tail.append(event(101, 1'000'000));
  EXPECT_TRUE(tail.reaches_back_to(LogPosition(100))) << "the newest is always here";
  EXPECT_FALSE(tail.reaches_back_to(LogPosition(99)));
  for (int i = 102; i <= 110; ++i) tail.append(event(i, 100));
  EXPECT_TRUE(tail.reaches_back_to(LogPosition(101)));
}

}  // namespace
}  // namespace fairlead::log
