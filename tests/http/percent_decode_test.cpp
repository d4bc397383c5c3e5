#include "http/percent_decode.h"

#include <gtest/gtest.h>

namespace fairlead::http {
namespace {

TEST(PercentDecode, DecodesEscapesOfEitherCase) {
  EXPECT_EQ(percent_decode("a%2Fb%2fc", Plus::kLiteral), "a/b/c");
  EXPECT_EQ(percent_decode("%E2%82%AC", Plus::kLiteral), "\u20AC");
  EXPECT_EQ(percent_decode("", Plus::kLiteral), "");
}

TEST(PercentDecode, TakesAPlusForASpaceInQueriesOnly) {
  EXPECT_EQ(percent_decode("a+b%2B", Plus::kIsSpace), "a b+");
  EXPECT_EQ(percent_decode("a+b", Plus::kLiteral), "a+b");
}

TEST(PercentDecode, RefusesBrokenEscapesNulAndWhatIsNotUtf8) {
  for (const char* bad :
       {"%", "%2", "a%", "%g0", "%0g", "%-1", "%00", "%ff", "%C3", "%C3%28", "%C0%80", "%ED%A0%80",
        "%F4%90%80%80", "%E0%80%80", "%F0%80%80%80", "%80"}) {
    EXPECT_FALSE(percent_decode(bad, Plus::kLiteral)) << bad;
  }
}

TEST(PercentDecode, ReadsQueriesInOrder) {
  std::vector<std::pair<std::string, std::string>> out;
  ASSERT_TRUE(parse_query("a=1&b=x%20y&a=2&flag&=v&&k+k=a=b&", out));
  const std::vector<std::pair<std::string, std::string>> wanted = {
      {"a", "1"}, {"b", "x y"}, {"a", "2"}, {"flag", ""}, {"", "v"}, {"k k", "a=b"}};
  EXPECT_EQ(out, wanted);
  EXPECT_FALSE(parse_query("a=1&b=%", out));
}

TEST(PercentDecode, KnowsUtf8) {
  EXPECT_TRUE(is_utf8("plain \u00e9 \u20ac \U0001F600"));
  EXPECT_FALSE(is_utf8("\xC3"));
  EXPECT_FALSE(is_utf8("\xF8\x88\x80\x80\x80"));
}

}  // namespace
}  // namespace fairlead::http
