#include "search/query.h"

#include <gmock/gmock.h>

namespace fairlead::search {
namespace {

using testing::ElementsAre;

// "words" or "words*" of each.
std::vector<std::string> terms(std::string_view q) {
  std::vector<std::string> all;
  const auto parsed = parse_query(q);
  if (!parsed) return {"refused: " + parsed.error().fields.at("q")};
  for (const auto& term : *parsed) all.push_back(term.words + (term.is_prefix ? "*" : ""));
  return all;
}

TEST(SearchQuery, WordsAreLookedForEachAndTheLastMayGoOn) {
  EXPECT_THAT(terms("blue whale"), ElementsAre("blue", "whale*"));
  EXPECT_THAT(terms("  blue\twhale "), ElementsAre("blue", "whale"));
}

TEST(SearchQuery, OneLetterDoesNotBeginAnything) {
  EXPECT_THAT(terms("a"), ElementsAre("a"));
}

TEST(SearchQuery, QuotesKeepWordsTogether) {
  EXPECT_THAT(terms("\"blue whale\" song"), ElementsAre("blue whale", "song*"));
  EXPECT_THAT(terms("\"not closed"), ElementsAre("not closed"));
  EXPECT_THAT(terms("blue\"whale\"x"), ElementsAre("blue", "whale", "x"));
}

TEST(SearchQuery, WhatIsNoWordIsLeftOut) {
  EXPECT_THAT(terms("blue - whale !"), ElementsAre("blue", "whale"));
  EXPECT_THAT(terms("grüße 中文"), ElementsAre("grüße", "中文*"));
}

TEST(SearchQuery, SomethingMustBeLookedFor) {
  for (const auto* q : {"", "  ", "\"\"", "\"", "-- !", "\"\"\"\""}) {
    EXPECT_THAT(terms(q), ElementsAre("refused: must have a word to look for")) << q;
  }
}

TEST(SearchQuery, BoundsAreInCharactersAndWords) {
  std::string long_word, many;
  for (std::size_t i = 0; i < kQueryCharsMax; ++i) long_word += "é";
  EXPECT_THAT(terms(long_word), ElementsAre(long_word + "*"));
  EXPECT_THAT(terms(long_word + "é"), ElementsAre("refused: at most 200 characters"));
  for (std::size_t i = 0; i < kTermsMax; ++i) many += "ab ";
  EXPECT_EQ(terms(many).size(), kTermsMax);
  EXPECT_THAT(terms(many + "ab"), ElementsAre("refused: at most 16 words"));
}

}  // namespace
}  // namespace fairlead::search
