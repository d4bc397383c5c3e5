#include "doctor/verdict/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "doctor/verdict/meanings.h"

namespace fairlead::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kFirst = static_cast<int>(Symptom::kNone) + 1;
constexpr auto kLast = static_cast<int>(Symptom::kDirective);

Finding bad(Symptom symptom, std::string subject = {}, double value = 0) {
  return {"probe", State::kBad, "detail", symptom, std::move(subject), value};
}

std::vector<Symptom> symptoms_of(const std::vector<Cause>& causes) {
  std::vector<Symptom> all;
  for (const auto& cause : causes) all.push_back(cause.symptom);
  return all;
}

TEST(Meanings, EverySymptomHasANameAMeaningAndARemedy) {
  std::set<std::string_view> names;
  for (int i = kFirst; i <= kLast; ++i) {
    const auto symptom = static_cast<Symptom>(i);
    EXPECT_EQ(meaning_of(symptom).symptom, symptom) << i;
    EXPECT_FALSE(meaning_of(symptom).what.empty()) << i;
    EXPECT_FALSE(meaning_of(symptom).change.empty()) << i;
    EXPECT_TRUE(names.insert(name_of(symptom)).second) << name_of(symptom);
  }
}

TEST(Verdict, WithoutFindingsThereIsNothingToMend) {
  EXPECT_THAT(diagnose({}, {}), IsEmpty());
  EXPECT_THAT(diagnose({{"dns", State::kOk, "fine"}}, {Product::kNginx}), IsEmpty());
}

TEST(Verdict, WhatWasNotTriedIsNoCause) {
  auto finding = bad(Symptom::kSseHeld);
  finding.state = State::kSkipped;
  EXPECT_THAT(diagnose({finding}, {}), IsEmpty());
}

TEST(Verdict, TheProductThatAnsweredIsNamedBeforeTheOthersOnTheWay) {
  auto finding = bad(Symptom::kUpgradeStripped);
  const auto by_all = diagnose({finding}, {Product::kNginx, Product::kSquid, Product::kPrivoxy});
  ASSERT_THAT(by_all, SizeIs(1));
  ASSERT_THAT(by_all[0].remedies, SizeIs(2)) << "privoxy is not known to do that";
  EXPECT_EQ(by_all[0].remedies[0].product, "nginx");
  EXPECT_EQ(by_all[0].remedies[1].product, "Squid");
  finding.by = {Product::kSquid};
  const auto by_one = diagnose({finding}, {Product::kNginx, Product::kSquid});
  ASSERT_THAT(by_one[0].remedies, SizeIs(1));
  EXPECT_EQ(by_one[0].remedies[0].product, "Squid");
}

TEST(Verdict, WithoutAKnownProductThereIsAGeneralRemedy) {
  const auto causes = diagnose({bad(Symptom::kUpgradeStripped)}, {Product::kZscaler});
  ASSERT_THAT(causes[0].remedies, SizeIs(1));
  EXPECT_EQ(causes[0].remedies[0].product, "");
  EXPECT_THAT(causes[0].remedies[0].change, HasSubstr("Upgrade"));
}

TEST(Verdict, FindingsOfOneSymptomAreOneCauseWithTheSmallestValue) {
  const auto causes =
      diagnose({bad(Symptom::kIdleCut, "WebSocket", 4), bad(Symptom::kIdleCut, "SSE", 2.04)}, {});
  ASSERT_THAT(causes, SizeIs(1));
  EXPECT_EQ(causes[0].what, "WebSocket, SSE cut after 2 s of silence.");
}

TEST(Verdict, AConsequenceIsLeftOut) {
  EXPECT_THAT(
      symptoms_of(diagnose({bad(Symptom::kUpgradeRefused), bad(Symptom::kHttp1Refused)}, {})),
      ElementsAre(Symptom::kHttp1Refused));
  EXPECT_THAT(symptoms_of(diagnose({bad(Symptom::kSseProof), bad(Symptom::kPostRefused)}, {})),
              ElementsAre(Symptom::kPostRefused));
}

TEST(Verdict, TheWorstComesFirstAndNotesLast) {
  auto note = bad(Symptom::kNoName);
  note.state = State::kNote;
  EXPECT_THAT(symptoms_of(diagnose({note, bad(Symptom::kUrlLimit), bad(Symptom::kCached)}, {})),
              ElementsAre(Symptom::kCached, Symptom::kUrlLimit, Symptom::kNoName));
}

TEST(Verdict, AFindingWithItsOwnRemedyStandsAlone) {
  Finding finding = bad(Symptom::kDirective);
  finding.detail = "gzip is on";
  finding.remedy = "nginx.conf:3: `gzip off;`";
  const auto causes = diagnose({finding, finding}, {Product::kNginx});
  ASSERT_THAT(causes, SizeIs(2));
  EXPECT_EQ(causes[0].what, "gzip is on");
  EXPECT_EQ(causes[0].remedies[0].change, "nginx.conf:3: `gzip off;`");
}

TEST(Verdict, TextFromTheNetworkIsNotTakenForAPlaceToFillIn) {
  const auto causes = diagnose({bad(Symptom::kRedirected, "http://{value}{subject}", 7)}, {});
  EXPECT_THAT(causes[0].what, HasSubstr("http://{value}{subject}"));
}

}  // namespace
}  // namespace fairlead::doctor
