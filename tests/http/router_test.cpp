#include "http/router.h"

#include <gtest/gtest.h>

namespace fairlead::http {
namespace {

using Verdict = Router::Verdict;

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    for (const auto& [method, pattern] : std::vector<std::pair<Method, std::string>>{
             {Method::kGet, "/"},
             {Method::kGet, "/rooms"},
             {Method::kPost, "/rooms"},
             {Method::kGet, "/rooms/:room"},
             {Method::kPatch, "/rooms/:room"},
             {Method::kPost, "/rooms/special"},
             {Method::kPut, "/rooms/:room/members/:user"},
             {Method::kOptions, "/own-options"},
         }) {
      routes_.add(method, pattern, [](const Request&, Responder) {});
    }
  }
  std::string found(Method method, const std::string& path) {
    const auto match = router().match(method, path);
    switch (match.verdict) {
      case Verdict::kNotFound:
        return "404";
      case Verdict::kMethodNotAllowed:
        return "405 " + *match.allow;
      case Verdict::kOptions:
        return "204 " + *match.allow;
      case Verdict::kHandler:
        break;
    }
    std::string out;
    for (const auto& entry : routes_.entries()) {
      if (&entry == match.entry)
        out = std::string(to_string(entry.method)) + " " + entry.pattern;
    }
    for (const auto& [name, value] : match.params) out += " " + name + "=" + value;
    return out;
  }
  Router& router() {
    if (!router_) router_ = std::make_unique<Router>(routes_);
    return *router_;
  }

  Routes routes_;
  std::unique_ptr<Router> router_;
};

TEST_F(RouterTest, FindsHandlersAndDecodesParameters) {
  EXPECT_EQ(found(Method::kGet, "/"), "GET /");
  EXPECT_EQ(found(Method::kGet, "/rooms"), "GET /rooms");
  EXPECT_EQ(found(Method::kGet, "/rooms/"), "GET /rooms");
  EXPECT_EQ(found(Method::kPost, "/rooms"), "POST /rooms");
  EXPECT_EQ(found(Method::kGet, "/rooms/a%2Fb%20c+d"), "GET /rooms/:room :room=a/b c+d");
  EXPECT_EQ(found(Method::kPut, "/rooms/r/members/u"),
            "PUT /rooms/:room/members/:user :room=r :user=u");
}

TEST_F(RouterTest, PrefersTheFixedPatternButGoesOnToTheWiderOne) {
  EXPECT_EQ(found(Method::kPost, "/rooms/special"), "POST /rooms/special");
  EXPECT_EQ(found(Method::kGet, "/rooms/special"), "GET /rooms/:room :room=special");
  EXPECT_EQ(found(Method::kHead, "/rooms/special"), "GET /rooms/:room :room=special");
  EXPECT_EQ(found(Method::kDelete, "/rooms/special"), "405 GET, HEAD, POST, PATCH, OPTIONS");
}

TEST_F(RouterTest, TellsUnknownPathsFromUnservedMethods) {
  EXPECT_EQ(found(Method::kGet, "/nope"), "404");
  EXPECT_EQ(found(Method::kGet, "/rooms/a/b"), "404");
  EXPECT_EQ(found(Method::kDelete, "/rooms"), "405 GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(found(Method::kGet, "/rooms/r/members/u"), "405 PUT, OPTIONS");
  EXPECT_EQ(found(Method::kDelete, "/nope"), "404");
}

TEST_F(RouterTest, ServesHeadAsGetAndAnswersOptions) {
  EXPECT_EQ(found(Method::kHead, "/rooms"), "GET /rooms");
  EXPECT_EQ(found(Method::kOptions, "/rooms"), "204 GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(found(Method::kOptions, "/nope"), "404");
  EXPECT_EQ(found(Method::kOptions, "/own-options"), "OPTIONS /own-options");
  EXPECT_EQ(found(Method::kOptions, "*").substr(0, 3), "204");
}

TEST_F(RouterTest, DoesNotFollowEmptyOrEndlessPaths) {
  EXPECT_EQ(found(Method::kGet, "//rooms"), "404");
  EXPECT_EQ(found(Method::kGet, "/rooms//"), "404");
  EXPECT_EQ(found(Method::kGet, std::string(16'000, '/')), "404");
  std::string deep;
  for (int i = 0; i < 4'000; ++i) deep += "/a";
  EXPECT_EQ(found(Method::kGet, deep), "404");
  EXPECT_EQ(found(Method::kGet, "/" + std::string(4'000, 'a')), "404");
  EXPECT_EQ(found(Method::kGet, "/rooms"), "GET /rooms");  // and goes on
}

TEST_F(RouterTest, TakesAClientsColonForAValue) {
  EXPECT_EQ(found(Method::kGet, "/rooms/:room"), "GET /rooms/:room :room=:room");
  EXPECT_EQ(found(Method::kGet, "/rooms/*"), "GET /rooms/:room :room=*");
}

TEST_F(RouterTest, PassesEveryCharacterThatAPathMayHave) {
  for (char c = '!'; c <= '~'; ++c) {
    if (std::string_view("#?/%").find(c) != std::string_view::npos) continue;
    const std::string word = std::string("a") + c + c + "b" + c;
    EXPECT_EQ(found(Method::kGet, "/rooms/" + word), "GET /rooms/:room :room=" + word);
    EXPECT_EQ(found(Method::kGet, "/rooms/" + std::string(1, c)),
              "GET /rooms/:room :room=" + std::string(1, c));
  }
}

TEST_F(RouterTest, RefusesARouteGivenTwice) {
  routes_.add(Method::kGet, "/rooms", [](const Request&, Responder) {});
  EXPECT_THROW(router(), std::runtime_error);
}

TEST(RouterWithoutRoutes, KnowsNothing) {
  const Routes routes;
  Router router(routes);
  EXPECT_EQ(router.match(Method::kGet, "/").verdict, Verdict::kNotFound);
}

}  // namespace
}  // namespace fairlead::http
