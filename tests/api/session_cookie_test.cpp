// The cookie of a browser: who gets one, for what it counts, and for what it does not.
#include "tests/api/api_fixture.h"

namespace fairlead::api {
namespace {

Settings with_origins() {
  Settings settings;
  settings.origins = {"https://app.example", "*"};
  return settings;
}

class SessionCookieTest : public ApiTest {
 protected:
  SessionCookieTest() : ApiTest(with_origins()) {}

  using Headers = ApiTest::Headers;
  const std::pair<std::string, std::string> kCsrf{"X-Fairlead-CSRF", "1"};
  const std::pair<std::string, std::string> kOwnPage{"Origin", "http://localhost"};

  Reply sign_up(Headers headers, const Json& cookie = true) {
    return request("POST", "/api/v1/users", "",
                   Json{{"name", "ann"}, {"password", "a long secret"}, {"cookie", cookie}}.dump(),
                   headers);
  }
  // "name=value" of what Set-Cookie set.
  static std::string cookie_of(const Reply& reply) {
    const auto text = reply.header("set-cookie");
    return text.substr(0, text.find(';'));
  }
  std::string signed_up() { return cookie_of(sign_up({kCsrf, kOwnPage})); }
  Reply get_me(const std::string& cookie, Headers headers = {}) {
    headers.emplace_back("Cookie", cookie);
    return request("GET", "/api/v1/users/me", "", "", headers);
  }
  Reply make_room(const std::string& cookie, Headers headers) {
    headers.emplace_back("Cookie", cookie);
    return request("POST", "/api/v1/rooms", "", R"({"name":"hall","visibility":"public"})",
                   headers);
  }
};

TEST_F(SessionCookieTest, SigningUpMaySetOneInsteadOfGivingTheToken) {
  const auto reply = sign_up({kCsrf, kOwnPage});
  ASSERT_EQ(reply.status, 201) << reply.raw.body;
  EXPECT_FALSE(reply.json.contains("token")) << "scripts are not to have it";
  EXPECT_TRUE(reply.json.contains("expires_at"));
  const auto set = reply.header("set-cookie");
  EXPECT_TRUE(set.starts_with("fairlead=fl1.")) << set;
  EXPECT_NE(set.find("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"), std::string::npos)
      << set;
  EXPECT_EQ(set.find("Secure"), std::string::npos);
  EXPECT_EQ(get_me(cookie_of(reply)).json.value("name", ""), "ann");
}

TEST_F(SessionCookieTest, ABrowserUnderHttpsGetsASecureOne) {
  const auto set = sign_up({kCsrf, {"Origin", "https://localhost"}}).header("set-cookie");
  EXPECT_TRUE(set.starts_with("__Host-fairlead=")) << set;
  EXPECT_TRUE(set.ends_with("; Secure")) << set;
}

TEST_F(SessionCookieTest, SigningInMaySetOneAndGivesTheTokenOtherwise) {
  ASSERT_EQ(sign_up({}, false).status, 201);
  Json body = {{"name", "ann"}, {"password", "a long secret"}, {"cookie", true}};
  const auto with = request("POST", "/api/v1/sessions", "", body.dump(), {kCsrf, kOwnPage});
  ASSERT_EQ(with.status, 201) << with.raw.body;
  EXPECT_FALSE(with.json.contains("token"));
  EXPECT_EQ(get_me(cookie_of(with)).status, 200);
  body.erase("cookie");
  const auto without = request("POST", "/api/v1/sessions", "", body.dump());
  EXPECT_TRUE(without.json.contains("token"));
  EXPECT_EQ(without.header("set-cookie"), "");
  expect_field(sign_up({kCsrf}, "yes"), "cookie");
}

// Login CSRF: signed in as the attacker, a visitor would write to them.
TEST_F(SessionCookieTest, AnotherPageCannotSignItsVisitorsIn) {
  for (const auto& headers : std::vector<Headers>{{kOwnPage},
                                                  {},
                                                  {kCsrf, {"Origin", "https://evil.example"}},
                                                  {kCsrf, {"Origin", "null"}},
                                                  {kCsrf, {"Sec-Fetch-Site", "cross-site"}}}) {
    const auto reply = sign_up(headers);
    EXPECT_EQ(reply.status, 403) << reply.raw.body;
    EXPECT_EQ(reply.header("set-cookie"), "");
  }
}

TEST_F(SessionCookieTest, WhatChangesAnythingNeedsTheHeaderAndTheRightPage) {
  const auto cookie = signed_up();
  EXPECT_EQ(make_room(cookie, {kCsrf, kOwnPage}).status, 201);
  EXPECT_EQ(make_room(cookie, {kCsrf, {"Origin", "https://app.example"}}).status, 201);
  EXPECT_EQ(make_room(cookie, {kCsrf, {"Sec-Fetch-Site", "same-origin"}}).status, 201);
  for (const auto& headers : std::vector<Headers>{{},
                                                  {kOwnPage},
                                                  {{"Origin", "https://app.example"}},
                                                  {kCsrf, {"Origin", "https://evil.example"}},
                                                  {kCsrf, {"Origin", "null"}},
                                                  {kCsrf, {"Origin", "http://app.example"}},
                                                  {kCsrf, {"Sec-Fetch-Site", "cross-site"}},
                                                  {kCsrf, {"Sec-Fetch-Site", "same-site"}}}) {
    EXPECT_EQ(make_room(cookie, headers).status, 403);
  }
  for (const auto* method : {"PUT", "PATCH", "DELETE"}) {
    const auto overridden = request("POST", "/api/v1/users/me", "", "{}",
                                    {{"X-HTTP-Method-Override", method}, {"Cookie", cookie}});
    EXPECT_NE(overridden.status, 200) << method;
    EXPECT_NE(overridden.status, 204) << method;
  }
}

TEST_F(SessionCookieTest, ReadingNeedsTheRightPageToo) {
  const auto cookie = signed_up();
  EXPECT_EQ(get_me(cookie).status, 200);
  EXPECT_EQ(get_me(cookie, {kOwnPage}).status, 200);
  EXPECT_EQ(get_me(cookie, {{"Origin", "https://evil.example"}}).status, 403);
  EXPECT_EQ(get_me(cookie, {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
}

TEST_F(SessionCookieTest, ABearerTokenWinsAndNeedsNoHeader) {
  const auto cookie = signed_up();
  const auto bob = person("bob");
  EXPECT_EQ(request("GET", "/api/v1/users/me", bob.token, "", {{"Cookie", cookie}})
                .json.value("name", ""),
            "bob");
  EXPECT_EQ(request("POST", "/api/v1/rooms", bob.token, R"({"name":"x","visibility":"public"})",
                    {{"Cookie", cookie}, {"Origin", "https://evil.example"}})
                .status,
            201);
  // A wrong one is not made good by the cookie.
  EXPECT_EQ(request("GET", "/api/v1/users/me", "wrong", "", {{"Cookie", cookie}}).status, 401);
}

TEST_F(SessionCookieTest, ACookieThatIsNoneIsNoToken) {
  const auto cookie = signed_up();
  for (const std::string& other :
       {std::string("fairlead=x"), cookie + "; " + cookie, "Fair" + cookie.substr(4), cookie + "x",
        std::string("fairlead=")}) {
    EXPECT_EQ(get_me(other).status, 401) << other;
  }
}

TEST_F(SessionCookieTest, LoggingOutTakesItAwayAndEndsTheToken) {
  const auto cookie = signed_up();
  const auto reply =
      request("DELETE", "/api/v1/sessions/current", "", "", {{"Cookie", cookie}, kCsrf, kOwnPage});
  EXPECT_EQ(reply.status, 204);
  EXPECT_TRUE(reply.header("set-cookie").starts_with("fairlead=; Path=/; Max-Age=0"));
  EXPECT_EQ(get_me(cookie).status, 401);
}

TEST_F(SessionCookieTest, RefreshingRenewsIt) {
  const auto cookie = signed_up();
  const auto reply =
      request("POST", "/api/v1/tokens/refresh", "", "", {{"Cookie", cookie}, kCsrf, kOwnPage});
  EXPECT_EQ(reply.status, 201) << reply.raw.body;
  EXPECT_FALSE(reply.json.contains("token"));
  EXPECT_NE(cookie_of(reply), cookie);
  EXPECT_EQ(get_me(cookie_of(reply)).status, 200);
}

}  // namespace
}  // namespace fairlead::api
