#include "doctor/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/host/kernel.h"
#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

using ::testing::HasSubstr;

TEST(Report, TextFromTheNetworkIsMadePrintable) {
  EXPECT_EQ(printable("a\x1b[31mb\x07\r\nc\td"), "a?[31mb?? c d");
  EXPECT_EQ(printable("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82"),
            "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "??31m")
      << "the C1 form of an escape";
  EXPECT_EQ(printable("\xff\xc3"), "??");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

TEST(Report, ARowSaysHowItWent) {
  EXPECT_EQ(row({"dns", State::kOk, "fine"}), "  ok    dns                    fine\n");
  EXPECT_THAT(row({"sse", State::kSkipped, "needs an account"}),
              testing::StartsWith("  -     sse "));
}

TEST(Report, TheVerdictNumbersCausesAndNamesWhereToChangeWhat) {
  const std::vector<Cause> causes = {
      {Symptom::kCached, State::kBad, "Cached.", {{"nginx", "`a;`"}, {"Squid", "`b`"}}},
      {Symptom::kHeaderLost, State::kNote, "Lost.", {{"", "Pass it."}}}};
  const auto text = verdict_text(causes, {});
  EXPECT_THAT(text, HasSubstr("1 thing to mend, 1 thing to know."));
  EXPECT_THAT(text, HasSubstr("1. Cached.\n   One of these does it:\n   change in nginx: `a;`\n   "
                              "change in Squid: `b`\n"));
  EXPECT_THAT(text, HasSubstr("2. Lost.\n   change: Pass it.\n"));
  EXPECT_THAT(verdict_text({}, {}), HasSubstr("Well: nothing to mend"));
}

TEST(Report, WhatNeedsAnAccountIsSaid) {
  EXPECT_THAT(verdict_text({}, {{"sse", State::kSkipped, "needs an account"}}),
              HasSubstr("--guest"));
}

TEST(Report, JsonHasEverythingAndNoBrokenText) {
  const Findings findings = {{"sse", State::kBad, "bad \xff", Symptom::kSseHeld, "200", 0}};
  const auto json = protocol::Json::parse(json_text({"http://h", "", {Product::kNginx}}, findings,
                                                    diagnose(findings, {Product::kNginx})));
  EXPECT_EQ(json["well"], false);
  EXPECT_EQ(json["products"][0], "nginx");
  EXPECT_EQ(json["causes"][0]["symptom"], "sse_held");
  EXPECT_EQ(json["causes"][0]["remedies"][0]["product"], "nginx");
  EXPECT_EQ(json["probes"][0]["detail"], "bad ?");
}

TEST(Kernel, IsMeasuredAgainstTheSessionsWanted) {
  KernelLook look{1024, "fairlead serve", 128, 15, 28'232};
  const auto tight = judge_kernel(look, 50'000, true);
  ASSERT_EQ(tight.size(), 4u);
  EXPECT_EQ(tight[0].state, State::kBad);
  EXPECT_EQ(tight[1].state, State::kBad);
  EXPECT_EQ(tight[2].state, State::kNote);
  EXPECT_EQ(tight[3].state, State::kBad);
  EXPECT_THAT(tight[2].remedy, testing::HasSubstr("tcp_retries2=6"));
  look = {131'072, "fairlead serve", 4096, 6, 28'232};
  for (const auto& finding : judge_kernel(look, 50'000, false))
    EXPECT_EQ(finding.state, State::kOk) << finding.detail;
}

TEST(Kernel, WhatCannotBeReadIsNotJudged) {
  EXPECT_TRUE(judge_kernel({}, 10, true).empty());
}

}  // namespace
}  // namespace fairlead::doctor
