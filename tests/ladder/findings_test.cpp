// What clients found out about a network, and what the next one is advised.
#include "fallback/ladder/findings.h"

#include <gtest/gtest.h>

namespace fairlead::ladder {
namespace {

using hub::TransportKind;
using protocol::Json;
using std::chrono::seconds;

constexpr auto kWs = TransportKind::kWebSocket, kSse = TransportKind::kSse,
               kPoll = TransportKind::kPoll;
constexpr std::int64_t kNow = 1'800'000'000, kDay = Findings::kKept_s;

class FindingsTest : public ::testing::Test {
 protected:
  Json advice(std::int64_t later_s = 0) const { return findings_.advice(kNow + later_s); }
  std::string transport(std::int64_t later_s = 0) const {
    return advice(later_s).value("transport", "none");
  }
  // Each a minute after the one before.
  void cut(Findings& findings, int life_s, int idle_s = 1) {
    findings.cut(seconds(life_s), seconds(idle_s), kNow + 60 * cuts_++);
  }
  void cut(int life_s, int idle_s = 1) { cut(findings_, life_s, idle_s); }

  Findings findings_;
  int cuts_ = 0;
};

TEST_F(FindingsTest, WhereNothingIsKnownNothingIsAdvised) {
  EXPECT_EQ(advice(), Json::object());
  findings_.proved(kPoll, 0, kNow);
  EXPECT_EQ(transport(), "none") << "nobody tried the better ones";
}

TEST_F(FindingsTest, TheBestThatWorksIsAdvised) {
  findings_.proved(kWs, 0, kNow);
  findings_.proved(kPoll, 0, kNow);
  EXPECT_EQ(transport(), "websocket");
}

TEST_F(FindingsTest, WhatFailedIsSkipped) {
  findings_.failed(kWs, kNow);
  EXPECT_EQ(transport(), "none") << "SSE is worth a try";
  findings_.proved(kSse, 0, kNow);
  EXPECT_EQ(transport(), "sse");
  findings_.failed(kSse, kNow);
  findings_.failed(kSse, kNow);
  EXPECT_EQ(transport(), "poll");
  findings_.failed(kPoll, kNow);
  EXPECT_EQ(transport(), "poll") << "there is nothing below it";
}

TEST_F(FindingsTest, OneFailureIsNoReasonToDoubtWhatHasWorked) {
  findings_.proved(kWs, 0, kNow);
  findings_.failed(kWs, kNow + 1);
  EXPECT_EQ(transport(1), "websocket");
  findings_.failed(kWs, kNow + 2);
  EXPECT_EQ(transport(2), "none");
  findings_.proved(kWs, 0, kNow + 3);
  EXPECT_EQ(transport(3), "websocket") << "a proof weighs more than any failure before it";
}

TEST_F(FindingsTest, AfterADayAllIsForgotten) {
  findings_.proved(kWs, 0, kNow);
  EXPECT_EQ(transport(kDay), "websocket");
  EXPECT_EQ(transport(kDay + 1), "none");
  EXPECT_FALSE(findings_.is_stale(kNow + kDay));
  EXPECT_TRUE(findings_.is_stale(kNow + kDay + 1));
  findings_.failed(kWs, kNow + kDay + 1);
  findings_.failed(kWs, kNow + 3 * kDay);
  EXPECT_EQ(findings_.advice(kNow + 3 * kDay).value("transport", "none"), "none");
}

TEST_F(FindingsTest, PaddingIsAdvisedWhereItHelped) {
  findings_.proved(kSse, 2, kNow);
  EXPECT_EQ(advice().value("padding", 0), 2048);
  findings_.proved(kSse, 0, kNow);
  EXPECT_FALSE(advice().contains("padding")) << "it works without";
}

TEST_F(FindingsTest, CutsAtOneAgeAreALifetime) {
  for (const auto life : {30, 7, 30, 95}) cut(life);
  EXPECT_FALSE(advice().contains("max_life_seconds")) << "people leave when they like";
  for (const auto life : {30, 30}) cut(life);
  EXPECT_EQ(advice().value("max_life_seconds", 0), 24);
}

TEST_F(FindingsTest, CutsAfterOneSilenceAskForMoreHeartbeats) {
  for (int i = 0; i < 4; ++i) cut(100 + 9 * i, 15);
  EXPECT_EQ(advice().value("heartbeat_seconds", 0), 9);
  Findings other;
  for (int i = 0; i < 4; ++i) cut(other, 40 + 9 * i, 50);
  EXPECT_FALSE(other.advice(kNow).contains("heartbeat_seconds")) << "the default is short enough";
}

TEST_F(FindingsTest, OnlyTheLastCutsCount) {
  for (int i = 0; i < 4; ++i) cut(30);
  ASSERT_TRUE(advice().contains("max_life_seconds"));
  for (std::size_t i = 0; i < Findings::kCutsKept; ++i) cut(40 + 20 * static_cast<int>(i));
  EXPECT_FALSE(advice().contains("max_life_seconds"));
}

// A laptop with four tabs is shut, a proxy is started again.
TEST_F(FindingsTest, WhatEndsTogetherIsCutOnce) {
  for (int i = 0; i < 8; ++i) findings_.cut(seconds(600), seconds(12), kNow + i / 2);
  EXPECT_EQ(advice(), Json::object());
}

TEST_F(FindingsTest, CutsAreGoodForADayWhateverElseHappens) {
  for (int i = 0; i < 4; ++i) cut(30, 15);
  findings_.proved(kWs, 0, kNow + kDay);
  EXPECT_EQ(advice(kDay).size(), 3U);
  findings_.proved(kWs, 0, kNow + kDay + 600);
  EXPECT_EQ(advice(kDay + 600).size(), 1U) << "the transport alone";
}

TEST_F(FindingsTest, TwoNodesKnowMoreThanOne) {
  Findings other;
  findings_.failed(kWs, kNow);
  other.proved(kSse, 2, kNow + 1);
  findings_.merge(other);
  EXPECT_EQ(transport(1), "sse");
  EXPECT_EQ(advice(1).value("padding", 0), 2048);
  Findings old;
  old.proved(kWs, 0, kNow - 5);
  findings_.failed(kWs, kNow);
  findings_.merge(old);
  EXPECT_EQ(transport(1), "websocket") << "it has worked since the first failure, perhaps";
  findings_.failed(kWs, kNow + 1);
  findings_.merge(old);
  EXPECT_EQ(transport(1), "sse");
}

TEST_F(FindingsTest, AFailureElsewhereIsNoReasonToDoubtWhatHasWorkedHere) {
  Findings other;
  findings_.proved(kWs, 0, kNow);
  for (int i = 1; i < 3; ++i) other.failed(kWs, kNow - i);
  other.failed(kWs, kNow + 1);
  other.merge(findings_);
  findings_.merge(other);
  for (const auto& each : {findings_, other}) {
    EXPECT_EQ(each.advice(kNow + 1).value("transport", "none"), "websocket");
  }
}

TEST_F(FindingsTest, AnotherNodesNewsTakeNothingAway) {
  findings_.failed(kWs, kNow);
  findings_.proved(kSse, 2, kNow);
  for (int i = 0; i < 4; ++i) cut(30, 15);
  const auto before = advice(600);
  ASSERT_EQ(before.size(), 4U);
  Findings other;
  other.proved(kPoll, 0, kNow + 600);
  findings_.merge(other);
  EXPECT_EQ(advice(600), before);
  other.merge(findings_);
  EXPECT_EQ(other.advice(kNow + 600), before);
}

TEST_F(FindingsTest, TheCutsOfTwoNodesCountTogether) {
  Findings other;
  for (int i = 0; i < 2; ++i) {
    cut(30);
    cut(other, 30);
  }
  for (int i = 0; i < 3; ++i) {
    findings_.merge(other);
    other.merge(findings_);
  }
  EXPECT_EQ(advice().value("max_life_seconds", 0), 24);
  EXPECT_EQ(findings_.to_json(), other.to_json());
}

TEST_F(FindingsTest, GoThereAndBack) {
  findings_.failed(kWs, kNow);
  findings_.proved(kSse, 16, kNow);
  for (int i = 0; i < 4; ++i) cut(30, 15);
  const auto back = Findings::from_json(findings_.to_json());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->advice(kNow), advice());
  EXPECT_EQ(advice().size(), 4U);
}

TEST_F(FindingsTest, WhatIsNoneIsRefused) {
  findings_.proved(kWs, 0, kNow);
  const auto good = Json::parse(findings_.to_json());
  ASSERT_TRUE(Findings::from_json(good.dump()));
  for (const auto* bad : {"", "[]", "{}", "null", "{\"rungs\":1}"})
    EXPECT_FALSE(Findings::from_json(bad)) << bad;
  for (const auto& [key, value] : good.items()) {
    for (const Json& wrong : {Json(-1), Json(1.5), Json("x"), Json(nullptr),
                              Json(std::int64_t{1} << 41), Json::array({-1})}) {
      auto bad = good;
      bad[key] = wrong;
      EXPECT_FALSE(Findings::from_json(bad.dump())) << bad.dump();
    }
  }
  auto too_many = good;
  for (int i = 0; i < 9; ++i) too_many["cuts"].push_back(Json::array({10 * i, 1, 1}));
  EXPECT_FALSE(Findings::from_json(too_many.dump()));
  auto later = good;
  later["changed"] = kNow - 1;
  EXPECT_FALSE(Findings::from_json(later.dump())) << "it would outlive its last change";
}

}  // namespace
}  // namespace fairlead::ladder
