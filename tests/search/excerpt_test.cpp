#include "search/excerpt.h"

#include <gtest/gtest.h>

#include "protocol/json.h"

namespace fairlead::search {
namespace {

// [word] is marked.
std::string marked(std::string text) {
  for (char& c : text) {
    if (c == '[') c = '\x02';
    if (c == ']') c = '\x03';
  }
  return text;
}

std::string repeat(std::string_view part, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += part;
  return all;
}

// Back to the first form, by the offsets.
std::string shown(const Excerpt& excerpt) {
  std::string out;
  std::size_t at = 0;
  for (const char c : excerpt.text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      for (const auto& mark : excerpt.marks) {
        if (mark.begin + mark.length == at) out += ']';
        if (mark.begin == at) out += '[';
      }
      ++at;
    }
    out += c;
  }
  for (const auto& mark : excerpt.marks) {
    if (mark.begin + mark.length == at) out += ']';
  }
  return out;
}

TEST(Excerpt, AShortTextIsAllOfIt) {
  EXPECT_EQ(shown(excerpt_of(marked("the [blue] [whale]"))), "the [blue] [whale]");
}

TEST(Excerpt, OffsetsCountCharacters) {
  const auto excerpt = excerpt_of(marked("Grüße 🚀 [größe]"));
  ASSERT_EQ(excerpt.marks.size(), 1U);
  EXPECT_EQ(excerpt.marks[0].begin, 8U);
  EXPECT_EQ(excerpt.marks[0].length, 5U);
}

TEST(Excerpt, ALongTextIsCutAroundTheFirstMark) {
  const auto excerpt = excerpt_of(marked(repeat("é ", 200) + "[whale]" + repeat(" ü", 200)));
  EXPECT_LE(protocol::characters(excerpt.text), kExcerptChars + 1);
  const auto text = shown(excerpt);
  EXPECT_TRUE(text.starts_with("…")) << text;
  EXPECT_TRUE(text.ends_with("…")) << text;
  EXPECT_NE(text.find(" [whale] "), std::string::npos) << text;
}

TEST(Excerpt, AMarkThatIsCutEndsWithTheText) {
  const auto excerpt = excerpt_of(marked("[" + repeat("w", 500) + "]"));
  ASSERT_EQ(excerpt.marks.size(), 1U);
  EXPECT_EQ(excerpt.marks[0].length, kExcerptChars);
}

TEST(Excerpt, LinesBecomeOne) {
  EXPECT_EQ(excerpt_of(marked("one\r\n[two]\tthree")).text, "one  two three");
}

TEST(Excerpt, WithoutMarksThereIsTheBeginning) {
  EXPECT_EQ(excerpt_of("nothing").text, "nothing");
  EXPECT_TRUE(excerpt_of("").text.empty());
}

TEST(Excerpt, UnmarkedIsWhatWasSaid) {
  EXPECT_EQ(unmarked(marked("the [blue] [whale]")), "the blue whale");
}

TEST(SearchFit, MoreOfTheTextIsBetter) {
  EXPECT_GT(fit_of(marked("[whale]")), fit_of(marked("a [whale] and many other words")));
  EXPECT_GT(fit_of(marked("[whale] [whale] x")), fit_of(marked("[whale] x x")));
}

}  // namespace
}  // namespace fairlead::search
