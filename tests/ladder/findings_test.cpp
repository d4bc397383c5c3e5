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

  Findings findings_;
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
  for (const auto life : {30, 7, 30, 95}) findings_.cut(seconds(life), seconds(1), kNow);
  EXPECT_FALSE(advice().contains("max_life_seconds")) << "people leave when they like";
  for (const auto life : {30, 30}) findings_.cut(seconds(life), seconds(1), kNow);
  EXPECT_EQ(advice().value("max_life_seconds", 0), 24);
}

TEST_F(FindingsTest, CutsAfterOneSilenceAskForMoreHeartbeats) {
  for (int i = 0; i < 4; ++i) findings_.cut(seconds(100 + 9 * i), seconds(15), kNow);
  EXPECT_EQ(advice().value("heartbeat_seconds", 0), 9);
  Findings other;
  for (int i = 0; i < 4; ++i) other.cut(seconds(40 + 9 * i), seconds(50), kNow);
  EXPECT_FALSE(other.advice(kNow).contains("heartbeat_seconds")) << "the default is short enough";
}

TEST_F(FindingsTest, OnlyTheLastCutsCount) {
  for (int i = 0; i < 4; ++i) findings_.cut(seconds(30), seconds(1), kNow);
  for (std::size_t i = 0; i < Findings::kCutsKept; ++i) {
    findings_.cut(seconds(40 + 20 * static_cast<int>(i)), seconds(1), kNow);
  }
  EXPECT_FALSE(advice().contains("max_life_seconds"));
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
  findings_.merge(old);
  EXPECT_EQ(transport(1), "sse");
}

TEST_F(FindingsTest, GoThereAndBack) {
  findings_.failed(kWs, kNow);
  findings_.proved(kSse, 16, kNow);
  for (int i = 0; i < 4; ++i) findings_.cut(seconds(30), seconds(15), kNow);
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
  too_many["lives"] = Json::array({1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_FALSE(Findings::from_json(too_many.dump()));
}

}  // namespace
}  // namespace fairlead::ladder
