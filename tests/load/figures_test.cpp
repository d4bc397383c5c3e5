// The arithmetic: histogram, tally, search for a rate.
#include <gtest/gtest.h>

#include "load/histogram.h"
#include "load/rate_search.h"
#include "load/tally.h"

namespace fairlead::load {
namespace {

using namespace std::chrono_literals;

const MonoTime kStart{std::chrono::hours(1)};

TEST(Histogram, PercentilesAreWithinOnePerCentOverTheWholeRange) {
  for (const std::int64_t scale_ns : {1'000, 30'000, 1'000'000, 50'000'000}) {
    Histogram histogram;
    for (std::int64_t i = 1; i <= 1000; ++i) histogram.record(i * scale_ns);
    for (const double share : {0.5, 0.9, 0.99}) {
      const double exact_ms = share * 1000 * static_cast<double>(scale_ns) / 1e6;
      EXPECT_NEAR(histogram.quantile_ms(share), exact_ms, exact_ms * 0.01 + 0.0011)
          << scale_ns << " " << share;
    }
    EXPECT_DOUBLE_EQ(histogram.max_ms(), static_cast<double>(scale_ns) / 1e3);
    EXPECT_DOUBLE_EQ(histogram.quantile_ms(1), histogram.max_ms());
  }
}

TEST(Histogram, OneSlowInAHundredIsTheMaximumAndNotTheP99) {
  Histogram histogram;
  for (int i = 0; i < 99; ++i) histogram.record(2'000'000);
  histogram.record(900'000'000);
  EXPECT_NEAR(histogram.quantile_ms(0.99), 2.0, 0.02);
  EXPECT_DOUBLE_EQ(histogram.max_ms(), 900);
}

TEST(Histogram, OfNothingIsZero) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile_ms(0.99), 0);
  histogram.record(-5);
  EXPECT_EQ(histogram.quantile_ms(0.99), 0);
  EXPECT_EQ(histogram.count(), 1u);
}

TEST(Tally, WhatEachReceiverGotOnceAndInOrderIsClean) {
  Tally tally(3);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto number = tally.send(kStart);
    for (std::size_t receiver = 0; receiver < 3; ++receiver) {
      tally.arrived(receiver, number, 50 + i,
                    kStart + 5ms);  // some come before the sender's answer
    }
    tally.acknowledged(number);
  }
  const auto counts = tally.counts();
  EXPECT_TRUE(counts.clean());
  EXPECT_TRUE(tally.complete());
  EXPECT_EQ(counts.sent, 200u);
  EXPECT_EQ(counts.deliveries, 600u);
  EXPECT_NEAR(tally.latency().quantile_ms(0.5), 5, 0.05);
}

TEST(Tally, AMissingOneIsLostAtThatReceiverAlone) {
  Tally tally(2);
  for (int i = 0; i < 130; ++i) tally.acknowledged(tally.send(kStart));
  for (std::uint64_t number = 0; number < 130; ++number) {
    tally.arrived(0, number, number, kStart);
    if (number != 64 && number != 129) tally.arrived(1, number, number, kStart);
  }
  EXPECT_EQ(tally.counts().lost, 2u);
  EXPECT_FALSE(tally.complete());
  tally.arrived(1, 129, 129, kStart);
  tally.arrived(1, 64, 64, kStart);
  EXPECT_EQ(tally.counts().lost, 0u);
  EXPECT_EQ(tally.counts().out_of_order, 1u);
  EXPECT_TRUE(tally.complete());
}

TEST(Tally, ASecondCopyIsRepeatedAndIsNoDelivery) {
  Tally tally(1);
  const auto number = tally.send(kStart);
  tally.acknowledged(number);
  tally.arrived(0, number, 1, kStart);
  tally.arrived(0, number, 1, kStart);
  EXPECT_EQ(tally.counts().repeated, 1u);
  EXPECT_EQ(tally.counts().deliveries, 1u);
}

TEST(Tally, TheOrderIsTheRoomsAndNotTheSenders) {
  Tally tally(1);
  for (int i = 0; i < 3; ++i) tally.acknowledged(tally.send(kStart));
  tally.arrived(0, 1, 10, kStart);  // sent at the same time, committed the other way round
  tally.arrived(0, 0, 11, kStart);
  EXPECT_EQ(tally.counts().out_of_order, 0u);
  tally.arrived(0, 2, 9, kStart);
  EXPECT_EQ(tally.counts().out_of_order, 1u);
}

TEST(Tally, ARefusedSendIsNotLostButMustNotArrive) {
  Tally tally(1);
  const auto refused = tally.send(kStart);
  tally.refused(refused);
  EXPECT_TRUE(tally.counts().clean());
  EXPECT_TRUE(tally.complete());
  tally.arrived(0, refused, 1, kStart);
  EXPECT_EQ(tally.counts().unasked, 1u);
  tally.arrived(0, 77, 2, kStart);  // a number that nobody sent
  EXPECT_EQ(tally.counts().unasked, 2u);
}

TEST(Tally, AnUnknownFateIsNeitherLostNorWrong) {
  Tally tally(2);
  const auto number = tally.send(kStart);
  EXPECT_TRUE(tally.counts().clean());
  tally.arrived(0, number, 1, kStart);
  EXPECT_TRUE(tally.counts().clean());
  EXPECT_EQ(tally.counts().unknown, 1u);
}

double search(double capacity, int& tries) {
  RateSearch rates(10);
  for (tries = 0; tries < 100; ++tries) {
    const auto rate = rates.next();
    if (!rate) break;
    rates.tried(*rate <= capacity);
  }
  return rates.best();
}

TEST(RateSearch, FindsTheCapacityWithinATenthAndEnds) {
  for (const double capacity : {10.0, 37.0, 640.0, 12'345.0}) {
    int tries = 0;
    const auto best = search(capacity, tries);
    EXPECT_LE(best, capacity);
    EXPECT_GE(best, capacity * 0.87);
    EXPECT_LT(tries, 30);
  }
}

TEST(RateSearch, ASingleHiccupIsTriedAgain) {
  RateSearch rates(10);
  rates.tried(false);
  EXPECT_EQ(rates.next(), 10);
  rates.tried(true);
  EXPECT_EQ(rates.next(), 20);
}

TEST(RateSearch, EndsWhenNotEvenTheFirstIsBorne) {
  int tries = 0;
  EXPECT_EQ(search(5, tries), 0);
  EXPECT_EQ(tries, 2);
}

}  // namespace
}  // namespace fairlead::load
