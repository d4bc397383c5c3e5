#include "transport/connect/gate.h"

#include <gtest/gtest.h>

#include <set>

namespace fairlead::connect {
namespace {

using namespace std::chrono_literals;

class GateTest : public ::testing::Test {
 protected:
  int let_in(bool resumes, int out_of) {
    int in = 0;
    for (int i = 0; i < out_of; ++i) in += !gate_.refusal(resumes, now_);
    return in;
  }

  MonoTime now_ = MonoTime(1000s);
  Gate gate_{{10, 100}};
};

TEST_F(GateTest, NewcomersGetHalfAndResumersAll) {
  EXPECT_EQ(let_in(false, 200), 50);
  EXPECT_EQ(let_in(true, 200), 50);
  EXPECT_EQ(gate_.refused(), 300U);
}

TEST_F(GateTest, ResumersAloneGetAll) {
  EXPECT_EQ(let_in(true, 200), 100);
}

TEST_F(GateTest, ItFillsAgainAtItsRateAndNotBeyondItsSize) {
  EXPECT_EQ(let_in(true, 200), 100);
  now_ += 2s;
  EXPECT_EQ(let_in(false, 50), 0) << "20 are there, and kept for those who resume";
  EXPECT_EQ(let_in(true, 50), 20);
  now_ += 1h;
  EXPECT_EQ(let_in(true, 200), 100);
}

TEST_F(GateTest, ThoseRefusedTogetherAreToldDifferentTimes) {
  let_in(true, 100);
  std::set<std::int64_t> told;
  for (int i = 0; i < 200; ++i) told.insert(gate_.refusal(true, now_).value());
  EXPECT_EQ(*told.begin(), Gate::kRetryMin.count());
  EXPECT_EQ(*told.rbegin(), Gate::kRetryMax.count());
  EXPECT_EQ(told.size(), 5U);
}

TEST_F(GateTest, ItRemembersForAWhileThatItRefused) {
  EXPECT_FALSE(gate_.has_refused_lately(now_));
  let_in(true, 101);
  EXPECT_TRUE(gate_.has_refused_lately(now_ + Gate::kLately));
  EXPECT_FALSE(gate_.has_refused_lately(now_ + Gate::kLately + 1s));
}

TEST_F(GateTest, ARateOfZeroLetsEverybodyIn) {
  Gate open({0, 0});
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(open.refusal(false, now_));
}

}  // namespace
}  // namespace fairlead::connect
