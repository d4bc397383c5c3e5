#include "http/origins.h"

#include <gtest/gtest.h>

namespace fairlead::http {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Request from(const std::string& origin, Headers more = {}, bool secure = false) {
  Request request;
  request.secure = secure;
  request.headers = {{"host", "chat.example.org"}};
  if (!origin.empty()) request.headers.emplace_back("origin", origin);
  for (auto& [name, value] : more) {
    std::erase_if(request.headers, [&name = name](const auto& one) { return one.first == name; });
    request.headers.emplace_back(std::move(name), std::move(value));
  }
  return request;
}
bool may_call(const Request& request, const std::vector<std::string>& listed = {}) {
  return Origins(listed).may_call(request);
}

TEST(Origins, AnOriginHasOneSpelling) {
  EXPECT_EQ(normal_origin("HTTPS://Chat.Example.ORG"), "https://chat.example.org:443");
  EXPECT_EQ(normal_origin("https://chat.example.org:443"), "https://chat.example.org:443");
  EXPECT_EQ(normal_origin("http://[::1]"), "http://[::1]:80");
  EXPECT_EQ(normal_origin("http://[::1]:8080"), "http://[::1]:8080");
  EXPECT_EQ(normal_origin("capacitor://localhost"), "capacitor://localhost:0");
  for (const auto* none :
       {"", "null", "*", "chat.example.org", "https://", "https://a/", "https://a/b", "https://a:0",
        "https://a:65536", "https://a:", "https://a:x", "https://u@a", "https://a b", "://a",
        "https://a?b", "https://a#b", "https://[::1", "ht tp://a", "https://a,https://b"}) {
    EXPECT_EQ(normal_origin(none), std::nullopt) << none;
  }
}

TEST(Origins, WhoSaysNothingOfAPageIsNoPage) {
  EXPECT_TRUE(may_call(from("")));
}

TEST(Origins, TheOwnPageIsThatOfTheSameHostAndPort) {
  EXPECT_TRUE(may_call(from("http://chat.example.org")));
  EXPECT_TRUE(may_call(from("http://chat.example.org:80")));
  EXPECT_TRUE(may_call(from("http://chat.example.org", {{"host", "Chat.Example.Org:80"}})));
  EXPECT_TRUE(may_call(from("http://localhost:8080", {{"host", "localhost:8080"}})));
  EXPECT_FALSE(may_call(from("http://localhost:8080", {{"host", "localhost"}})));
  EXPECT_FALSE(may_call(from("http://localhost", {{"host", "localhost:8080"}})));
  EXPECT_FALSE(may_call(from("http://localhost:8081", {{"host", "localhost:8080"}})));
  EXPECT_FALSE(may_call(from("https://chat.example.org.evil.net")));
  EXPECT_FALSE(may_call(from("https://evil.net/chat.example.org")));
  EXPECT_FALSE(may_call(from("https://evil.net#@chat.example.org")));
}

// Whoever can answer for http://chat.example.org on somebody's way is not the server.
TEST(Origins, AnUnencryptedPageIsForeignToAnEncryptedServer) {
  EXPECT_TRUE(may_call(from("https://chat.example.org", {}, /*secure=*/true)));
  EXPECT_FALSE(may_call(from("http://chat.example.org", {}, /*secure=*/true)));
  EXPECT_FALSE(may_call(from("http://chat.example.org:443", {}, /*secure=*/true)));
  EXPECT_FALSE(may_call(from("ws://chat.example.org")));
}

TEST(Origins, AnEncryptedPageMayBeBehindAProxyThatDoesNotTell) {
  EXPECT_TRUE(may_call(from("https://chat.example.org")));
  EXPECT_FALSE(may_call(from("https://chat.example.org:8443")));
}

TEST(Origins, AProxyThatChangesHostDoesNotMakeAPageForeign) {
  const auto behind = [](std::string name, std::string value) {
    return from("https://chat.example.org",
                {{"host", "127.0.0.1:8080"}, {std::move(name), std::move(value)}});
  };
  EXPECT_FALSE(may_call(behind("via", "1.1 chat.example.org")));
  EXPECT_TRUE(may_call(behind("sec-fetch-site", "same-origin")));
  EXPECT_FALSE(may_call(behind("sec-fetch-site", "same-site")));
  EXPECT_FALSE(may_call(behind("sec-fetch-site", "cross-site")));
  EXPECT_TRUE(may_call(behind("x-forwarded-host", "chat.example.org")));
  EXPECT_TRUE(may_call(behind("x-forwarded-host", "chat.example.org, inner:8080")));
  EXPECT_FALSE(may_call(behind("x-forwarded-host", "chat.example.org.evil.net")));
}

TEST(Origins, PagesOfTheListMayCallAndNoOthers) {
  const std::vector<std::string> listed = {"https://app.example.org", "http://localhost:3000"};
  EXPECT_TRUE(may_call(from("https://app.example.org"), listed));
  EXPECT_TRUE(may_call(from("https://APP.example.org:443"), listed));
  EXPECT_TRUE(may_call(from("http://localhost:3000"), listed));
  EXPECT_FALSE(may_call(from("http://app.example.org"), listed));
  EXPECT_FALSE(may_call(from("https://app.example.org:444"), listed));
  EXPECT_FALSE(may_call(from("https://x.app.example.org"), listed));
  EXPECT_FALSE(may_call(from("https://app.example.org.evil.net"), listed));
}

TEST(Origins, NullIsRefusedUnlessItIsListedByName) {
  EXPECT_FALSE(may_call(from("null")));
  EXPECT_FALSE(may_call(from("null"), {"*"}));
  EXPECT_TRUE(may_call(from("null"), {"null"}));
  EXPECT_TRUE(may_call(from("https://anything"), {"*"}));
  EXPECT_FALSE(may_call(from("no origin"), {"*"}));
}

TEST(Origins, ACookieIsForOwnPagesAndThoseListedByName) {
  const Origins any({"*", "null", "https://app.example.org"});
  EXPECT_TRUE(any.may_use_cookies(from("http://chat.example.org")));
  EXPECT_TRUE(any.may_use_cookies(from("https://app.example.org")));
  EXPECT_FALSE(any.may_use_cookies(from("https://anything")));
  EXPECT_FALSE(any.may_use_cookies(from("null")));
  EXPECT_TRUE(any.may_use_cookies(from("")));
  EXPECT_TRUE(any.may_use_cookies(from("", {{"sec-fetch-site", "same-origin"}})));
  EXPECT_TRUE(any.may_use_cookies(from("", {{"sec-fetch-site", "none"}})));
  EXPECT_FALSE(any.may_use_cookies(from("", {{"sec-fetch-site", "same-site"}})));
  EXPECT_FALSE(any.may_use_cookies(from("", {{"sec-fetch-site", "cross-site"}})));
}

TEST(Origins, OnlyListedPagesMayReadAnswersAndCredentialsNeedAName) {
  const Origins named({"https://app.example.org"}), all({"*"}), null({"null"});
  const auto lines = named.answer_lines(from("https://app.example.org"));
  EXPECT_NE(lines.find("Access-Control-Allow-Origin: https://app.example.org\r\n"),
            std::string::npos);
  EXPECT_NE(lines.find("Access-Control-Allow-Credentials: true\r\n"), std::string::npos);
  EXPECT_NE(lines.find("Vary: Origin\r\n"), std::string::npos);
  EXPECT_EQ(named.answer_lines(from("https://evil.example")), "");
  EXPECT_EQ(named.answer_lines(from("http://chat.example.org")), "");
  EXPECT_EQ(named.answer_lines(from("")), "");

  const auto any = all.answer_lines(from("https://evil.example"));
  EXPECT_NE(any.find("Access-Control-Allow-Origin: *\r\n"), std::string::npos);
  EXPECT_EQ(any.find("Credentials"), std::string::npos);
  EXPECT_EQ(all.answer_lines(from("null")), "");
  EXPECT_EQ(null.answer_lines(from("null")).find("Credentials"), std::string::npos);
}

TEST(Origins, APreflightIsAnsweredToListedPagesOnly) {
  const Headers asks = {{"access-control-request-method", "POST"}};
  const Origins named({"https://app.example.org"});
  const auto lines = named.preflight_lines(from("https://app.example.org", asks), "GET, POST");
  EXPECT_NE(lines.find("Access-Control-Allow-Methods: GET, POST\r\n"), std::string::npos);
  EXPECT_NE(lines.find("X-Fairlead-CSRF"), std::string::npos);
  EXPECT_EQ(named.preflight_lines(from("https://app.example.org"), "GET"), "");
  EXPECT_EQ(named.preflight_lines(from("https://evil.example", asks), "GET"), "");
  EXPECT_EQ(named.preflight_lines(from("http://chat.example.org", asks), "GET"), "");
}

TEST(Origins, WhatCannotBeListedIsNamed) {
  for (const auto* good : {"*", "null", "https://a.example", "http://localhost:3000"}) {
    EXPECT_EQ(Origins::problem_of(good), "");
  }
  for (const auto* bad : {"", "a.example", "https://a.example/", "https://*.example"}) {
    EXPECT_NE(Origins::problem_of(bad).find("https://HOST"), std::string::npos) << bad;
  }
}

TEST(Origins, OnlyATrustedProxySaysWhatTheBrowserSpeaks) {
  const auto said = from("", {{"x-forwarded-proto", "HTTPS"}});
  EXPECT_TRUE(is_secure(said, true));
  EXPECT_FALSE(is_secure(said, false));
  EXPECT_FALSE(is_secure(from("", {{"x-forwarded-proto", "http"}}), true));
  EXPECT_FALSE(is_secure(from("", {{"x-forwarded-proto", "https, http"}}), true));
  EXPECT_FALSE(is_secure(from(""), true));
}

}  // namespace
}  // namespace fairlead::http
