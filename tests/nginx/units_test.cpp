#include "nginx/units.h"

#include <gtest/gtest.h>

namespace fairlead::nginx {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Units, ATimeIsReadAsNginxReadsIt) {
  EXPECT_EQ(parse_time("75s"), seconds(75));
  EXPECT_EQ(parse_time("90"), seconds(90));
  EXPECT_EQ(parse_time("1h"), seconds(3600));
  EXPECT_EQ(parse_time("1m30s"), seconds(90));
  EXPECT_EQ(parse_time("1m 30"), seconds(90));
  EXPECT_EQ(parse_time("500ms"), milliseconds(500));
  EXPECT_EQ(parse_time("1d"), seconds(86'400));
  EXPECT_EQ(parse_time("1M"), seconds(30 * 86'400));
  EXPECT_EQ(parse_time("0"), seconds(0));
}

TEST(Units, WhatNginxWouldRefuseIsNoTime) {
  for (const auto* bad : {"", "s", "75x", "-1s", "1s1m", "1s1s", "1.5s", "500ms1", "75 seconds",
                          "99999999999999999999s", "1099511627776y"}) {
    EXPECT_FALSE(parse_time(bad)) << bad;
  }
}

TEST(Units, ASizeIsReadAsNginxReadsIt) {
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("64k"), 65'536U);
  EXPECT_EQ(parse_size("64K"), 65'536U);
  EXPECT_EQ(parse_size("1m"), 1'048'576U);
  EXPECT_EQ(parse_size("2G"), 2'147'483'648U);
  for (const auto* bad : {"", "k", "4kb", "4 k", "-4k", "4t", "999999999999g"}) {
    EXPECT_FALSE(parse_size(bad)) << bad;
  }
}

TEST(Units, WhatIsWrittenIsReadBack) {
  for (const auto s : {1, 55, 75, 3600, 3601, 7200}) {
    EXPECT_EQ(parse_time(time_text(seconds(s))), seconds(s));
  }
  for (const std::uint64_t bytes : {1U, 880U, 1024U, 65'536U, 65'537U}) {
    EXPECT_EQ(parse_size(size_text(bytes)), bytes);
  }
  EXPECT_EQ(time_text(seconds(3600)), "1h");
  EXPECT_EQ(size_text(65'536), "64k");
}

}  // namespace
}  // namespace fairlead::nginx
