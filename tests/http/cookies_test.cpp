#include "http/cookies.h"

#include <gtest/gtest.h>

namespace fairlead::http {
namespace {

Request with(const std::vector<std::string>& cookies) {
  Request request;
  for (const auto& one : cookies) request.headers.emplace_back("cookie", one);
  return request;
}
std::optional<std::string_view> found(const Request& request) {
  return cookie(request, "fairlead");
}

TEST(Cookies, OneIsFoundAmongOthersWhateverTheyLookLike) {
  for (const auto* text :
       {"fairlead=v", "a=1; fairlead=v", "fairlead=v; b", "a=\"x y\";fairlead=v",
        "=; ; ;fairlead=v;", "xfairlead=1; fairlead=v; fairlead2=2", "\tfairlead=v"}) {
    const auto request = with({text});
    EXPECT_EQ(found(request), "v") << text;
  }
  const auto two_headers = with({"a=1", "fairlead=v"});
  EXPECT_EQ(found(two_headers), "v");
}

TEST(Cookies, WhatIsNotThereOrNotACookiesValueIsNotFound) {
  for (const auto* text :
       {"", "fairlead", "fairlead=", "Fairlead=v", "a=fairlead=v", "fairlead =v", "fairlead=a b",
        "fairlead=\"v\"", "fairlead=a,b", "fairlead=a\\b", "fairlead=\xC3\xA4", "fairlead=a\x01"}) {
    const auto request = with({text});
    EXPECT_EQ(found(request), std::nullopt) << text;
  }
}

TEST(Cookies, OneThatIsThereTwiceIsNobodys) {
  EXPECT_EQ(found(with({"fairlead=a; fairlead=b"})), std::nullopt);
  EXPECT_EQ(found(with({"fairlead=a; fairlead=a"})), std::nullopt);
  EXPECT_EQ(found(with({"fairlead=a", "fairlead=b"})), std::nullopt);
}

TEST(Cookies, MoreThanSixtyFourAreTooMany) {
  std::string many;
  for (int i = 0; i < 63; ++i) many += "a=1;";
  const auto request = with({many + "fairlead=v"});
  EXPECT_EQ(found(request), "v");
  EXPECT_EQ(found(with({many + "b=1;fairlead=v"})), std::nullopt);
}

TEST(Cookies, ASetCookieIsForThisHostAloneAndNotForScripts) {
  EXPECT_EQ(set_cookie("__Host-x", "v", 60, true),
            "__Host-x=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
  EXPECT_EQ(set_cookie("x", "", 0, false), "x=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
}

}  // namespace
}  // namespace fairlead::http
