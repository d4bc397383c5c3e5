#include "nginx/fill.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "nginx/version.h"

namespace fairlead::nginx {
namespace {

TEST(Fill, ANameIsReplacedWhereItStands) {
  EXPECT_EQ(fill("a @ONE@ b @ONE@@TWO@\n", {{"ONE", "1"}, {"TWO", "2"}}), "a 1 b 12\n");
}

TEST(Fill, ANameAloneOnItsLineIndentsItsLines) {
  EXPECT_EQ(fill("{\n    @LINES@\n}\n", {{"LINES", "a;\n\nb;"}}), "{\n    a;\n\n    b;\n}\n");
}

TEST(Fill, AnEmptyValueTakesItsLineAway) {
  EXPECT_EQ(fill("a\n  @NONE@\nb\n", {{"NONE", ""}}), "a\nb\n");
}

TEST(Fill, WhatAValueHoldsIsNotLookedAtAgain) {
  EXPECT_EQ(fill("@ONE@\n", {{"ONE", "@TWO@ \\1 &"}, {"TWO", "2"}}), "@TWO@ \\1 &\n");
}

TEST(Fill, WhatIsNoNameStays) {
  EXPECT_EQ(fill("a@b.example @ @@ @name @lower@ $@\n", {}), "a@b.example @ @@ @name @lower@ $@\n");
}

TEST(Fill, ANameThatNobodyKnowsIsAMistakeInTheTemplate) {
  EXPECT_THROW(fill("@ONE@\n", {}), std::logic_error);
}

TEST(Fill, DirectivesAreLinesWithTheirReason) {
  const auto text = lines_of({{"tcp_nodelay", "on", Rule::kSame, "small events", "on"},
                              {"sendfile", "on", Rule::kTaste, "", "off"},
                              {"server max_fails", "0", Rule::kSame, "in the server's line", "1"},
                              {"proxy_ignore_headers", "X", Rule::kAbsent, "never", ""}});
  EXPECT_TRUE(text.starts_with("tcp_nodelay on;  ")) << text;
  EXPECT_TRUE(text.ends_with("# small events\nsendfile on;")) << text;
}

TEST(Version, IsReadFromWhatNginxSays) {
  EXPECT_EQ(version_in("nginx version: nginx/1.22.1\n"), (Version{1, 22, 1}));
  EXPECT_EQ(version_in("nginx version: nginx/1.18.0 (Ubuntu)\n"), (Version{1, 18, 0}));
  EXPECT_EQ(version_in("nginx version: openresty"), std::nullopt);
  EXPECT_EQ(version_in("sh: 1: nginx: not found\n"), std::nullopt);
}

TEST(Version, IsThreeNumbersOrTwo) {
  EXPECT_EQ(parse_version("1.26"), (Version{1, 26, 0}));
  EXPECT_LT(parse_version("1.9.15"), parse_version("1.25.1"));
  EXPECT_EQ(text_of({1, 26, 3}), "1.26.3");
  for (const auto* bad : {"", "1.22.1.4", "v1.22", "1..2", "1.22-beta", "-1.2", "0"}) {
    EXPECT_FALSE(parse_version(bad)) << bad;
  }
}

}  // namespace
}  // namespace fairlead::nginx
