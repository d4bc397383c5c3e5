#include "transport/stream/deadlines.h"

#include <gtest/gtest.h>

namespace fairlead::stream {
namespace {

MonoTime at(int ms) {
  return MonoTime(Millis(ms));
}

TEST(Deadlines, ComeInTheOrderOfTheirTimeAndOnce) {
  Deadlines deadlines;
  deadlines.set(1, at(30));
  deadlines.set(2, at(10));
  deadlines.set(3, at(20));
  EXPECT_EQ(deadlines.next(), at(10));
  EXPECT_EQ(deadlines.take_due(at(9)), std::nullopt);
  EXPECT_EQ(deadlines.take_due(at(20)), 2u);
  EXPECT_EQ(deadlines.take_due(at(20)), 3u);
  EXPECT_EQ(deadlines.take_due(at(20)), std::nullopt);
}

TEST(Deadlines, TheLastTimeSetIsTheOneThatCounts) {
  Deadlines deadlines;
  deadlines.set(1, at(10));
  deadlines.set(1, at(50));
  EXPECT_EQ(deadlines.take_due(at(49)), std::nullopt);
  EXPECT_EQ(deadlines.take_due(at(50)), 1u);
  deadlines.set(1, at(60));
  deadlines.set(1, MonoTime::max());
  EXPECT_EQ(deadlines.next(), std::nullopt);
}

TEST(Deadlines, AStreamThatSetsItsTimeWithEveryWriteHoldsOnePlace) {
  Deadlines deadlines;
  for (int i = 0; i < 100'000; ++i) {
    deadlines.set(1, i % 2 == 0 ? at(86'400'000) : at(i));  // max_life, flush=1
  }
  EXPECT_EQ(deadlines.size(), 1u);
  deadlines.forget(1);
  EXPECT_EQ(deadlines.size(), 0u);
}

}  // namespace
}  // namespace fairlead::stream
