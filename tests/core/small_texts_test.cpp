#include <gtest/gtest.h>

#include "core/inline_text.h"
#include "core/rare_text.h"

namespace fairlead {
namespace {

TEST(InlineText, HoldsATextUpToItsSizeAndRefusesALongerOne) {
  InlineText<4> text("abcd");
  EXPECT_EQ(text, "abcd");
  text = "x";
  EXPECT_EQ(text, "x");
  EXPECT_THROW(text = "abcde", std::length_error);
  EXPECT_EQ(text, "x") << "unchanged";
  EXPECT_EQ(sizeof(InlineText<4>), 5u);
  EXPECT_EQ(InlineText<4>(), "");
}

TEST(RareText, IsEmptyUntilItIsNot) {
  RareText text;
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.view(), "");
  text += "";
  EXPECT_TRUE(text.empty());
  text += "head";
  text += "er";
  EXPECT_EQ(text.view(), "header");
  text.remove_prefix(4);
  EXPECT_EQ(text.view(), "er");
  text.remove_prefix(2);
  EXPECT_TRUE(text.empty());
  text.remove_prefix(0);
  EXPECT_EQ(sizeof text, sizeof(void*));
}

TEST(RareText, TakingEmptiesIt) {
  RareText text(std::string("early"));
  EXPECT_EQ(text.take(), "early");
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.take(), "");
}

}  // namespace
}  // namespace fairlead
