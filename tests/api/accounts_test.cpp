#include "api/entrance.h"
#include "api/handler.h"
#include "hub/transport.h"
#include "tests/api/api_fixture.h"

namespace fairlead::api {
namespace {

constexpr const char* kPassword = "correct horse battery";

class AccountsTest : public ApiTest {
 protected:
  Reply sign_up(const std::string& name) {
    return request("POST", "/api/v1/users", "",
                   protocol::dump({{"name", name}, {"password", kPassword}}));
  }
  Reply sign_in(const std::string& name, const std::string& password) {
    return request("POST", "/api/v1/sessions", "",
                   protocol::dump({{"name", name}, {"password", password}}));
  }
};

TEST_F(AccountsTest, AnAccountIsMadeAndItsTokenWorksAtOnce) {
  const auto reply = request(
      "POST", "/api/v1/users", "",
      protocol::dump({{"name", "ann"}, {"password", kPassword}, {"display_name", "Ann ✓"}}));
  ASSERT_EQ(reply.status, 201) << reply.raw.body;
  EXPECT_EQ(reply.json["user"]["name"], "ann");
  EXPECT_EQ(reply.json["user"]["display_name"], "Ann ✓");
  EXPECT_TRUE(reply.json.contains("expires_at"));
  EXPECT_EQ(reply.raw.body.find("password"), std::string::npos);
  EXPECT_EQ(reply.header("cache-control"), "no-store");
  const auto me = request("GET", "/api/v1/users/me", reply.json["token"]);
  EXPECT_EQ(me.status, 200);
  EXPECT_EQ(me.json, reply.json["user"]);
}

TEST_F(AccountsTest, ANameIsTakenOnce) {
  make_user("ann");
  const auto again = sign_up("ann");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.code(), "name_taken");
}

TEST_F(AccountsTest, ABadAccountIsRefusedWithItsFields) {
  expect_field(sign_up("A"), "name");
  expect_field(request("POST", "/api/v1/users", "", R"({"name":"ann","password":"short"})"),
               "password");
  expect_field(request("POST", "/api/v1/users", "", R"({"name":"a\u0000b","password":"12345678"})"),
               "name");
  EXPECT_EQ(request("POST", "/api/v1/users", "", "").status, 400);
  EXPECT_EQ(request("POST", "/api/v1/users", "", "[]").code(), "malformed_json");
}

TEST_F(AccountsTest, SigningInNeedsTheRightPassword) {
  ASSERT_EQ(sign_up("ann").status, 201);
  const auto good = sign_in("ann", kPassword);
  EXPECT_EQ(good.status, 201);
  EXPECT_EQ(good.json["user"]["name"], "ann");
  const auto wrong = sign_in("ann", "wrong"), nobody = sign_in("nobody", kPassword);
  for (const auto* refused : {&wrong, &nobody}) {
    EXPECT_EQ(refused->status, 401);
    EXPECT_EQ(refused->code(), "bad_credentials");
  }
  EXPECT_EQ(wrong.json["detail"], nobody.json["detail"]) << "a name must not be found out";
  expect_field(request("POST", "/api/v1/sessions", "", R"({"name":"ann"})"), "password");
}

TEST_F(AccountsTest, SigningOutEndsThatTokenAndItsConnectionsOnly) {
  const auto ann = person("ann");
  const auto other = tokens_.issue_token(ann.id).text;
  chat::Listener mine, others;
  for (const auto& [token, listener] : {std::pair{ann.token, &mine}, {other, &others}}) {
    hub::OpenRequest open;
    open.user = ann.id;
    open.session = tokens_.make_session_id(ann.id);
    open.token.mark = auth::mark_of(tokens_.check_token(token)->token_id);
    open.probe = false;
    shard_.open(std::move(open), *listener);
    ASSERT_EQ(listener->wait_for("hello", 1).size(), 1u);
  }
  EXPECT_EQ(erase(ann, "/sessions/current").status, 204);
  EXPECT_EQ(mine.wait_for_end(), hub::EndReason::kAuthEnded);
  EXPECT_EQ(get(ann, "/users/me").status, 401);
  EXPECT_EQ(request("GET", "/api/v1/users/me", other).status, 200);
  make_room(ann);
  EXPECT_EQ(others.wait_for("room.created", 1).size(), 1u);
}

TEST_F(AccountsTest, WhatWasRevokedStaysRevokedAfterARestart) {
  const auto ann = person("ann");
  ASSERT_EQ(erase(ann, "/sessions/current").status, 204);
  auth::Tokens restarted(std::string(32, 'k'), clock_);
  ASSERT_TRUE(restarted.check_token(ann.token));
  load_revocations(*store_, restarted);
  EXPECT_FALSE(restarted.check_token(ann.token));
}

TEST_F(AccountsTest, WithoutAGoodTokenThereIs401) {
  const auto ann = person("ann");
  for (const char* target :
       {"/api/v1/users/me", "/api/v1/sync", "/api/v1/rooms", "/api/v1/presence"}) {
    for (const char* value : {"", "Bearer", "Bearer ", "Bearer x", "Basic dXNlcjpwYXNz"}) {
      Headers headers;
      if (*value != '\0') headers.emplace_back("Authorization", value);
      EXPECT_EQ(request("GET", target, "", "", headers).status, 401) << target << value;
    }
    EXPECT_EQ(request("GET", target + std::string("?token=") + ann.token, "").status, 401)
        << "a token is never accepted in a URL";
  }
  EXPECT_EQ(request("GET", "/api/v1/users/me", "", "", {{"Authorization", "bEARER  " + ann.token}})
                .status,
            200);
}

TEST_F(AccountsTest, ATicketAndAFreshTokenAreIssued) {
  const auto ann = person("ann");
  const auto ticket = post(ann, "/tickets");
  EXPECT_EQ(ticket.status, 201);
  EXPECT_EQ(ticket.json["expires_in"], 30);
  const auto checked = tokens_.check_ticket(ticket.json["ticket"].get<std::string>());
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->identity.user, ann.id);
  EXPECT_EQ(request("GET", "/api/v1/users/me", ticket.json["ticket"]).status, 401)
      << "a ticket is no token";
  const auto fresh = post(ann, "/tokens/refresh");
  EXPECT_EQ(fresh.status, 201);
  EXPECT_TRUE(fresh.json.contains("expires_at"));
  EXPECT_EQ(request("GET", "/api/v1/users/me", fresh.json["token"]).json["id"], to_wire(ann.id));
  EXPECT_EQ(get(ann, "/users/me").status, 200) << "the old one lives on";
}

TEST_F(AccountsTest, UsersAreFoundByIdAndBySearch) {
  const auto ann = person("ann"), bob = person("bob");
  EXPECT_EQ(get(bob, "/users/" + to_wire(ann.id)).json["name"], "ann");
  for (const char* id : {"u_nobody", "u_0000000000001", "..%2fx"}) {
    EXPECT_EQ(get(bob, std::string("/users/") + id).status, 404) << id;
  }
  const auto found = get(bob, "/users?q=an&limit=5").json["users"];
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]["id"], to_wire(ann.id));
  expect_field(get(bob, "/users?limit=0"), "limit");
  expect_field(get(bob, "/users?limit=ten"), "limit");
}

TEST_F(AccountsTest, AProfileIsChangedByItsOwner) {
  const auto ann = person("ann");
  const auto changed = patch(ann, "/users/me", {{"display_name", "Ann of Green Gables"}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(get(ann, "/users/me").json, changed.json);
  expect_field(patch(ann, "/users/me", {{"display_name", ""}}), "display_name");
}

TEST_F(AccountsTest, ATokenOfAnotherStoresUserIsNobody) {
  EXPECT_EQ(request("GET", "/api/v1/sync", tokens_.issue_token(UserId(5)).text).status, 401);
}

class ThrottledTest : public AccountsTest {
 protected:
  ThrottledTest() {
    for (int i = 0; i < 9; ++i) api_.login_failures().charge("127.0.0.1 ann", clock_.mono());
    for (int i = 0; i < 600; ++i) api_.registrations().charge("127.0.0.1", clock_.mono());
  }
};

TEST_F(ThrottledTest, TooManyFailuresHoldUpThatNameOnly) {
  EXPECT_EQ(sign_in("ann", "wrong").status, 401);
  const auto refused = sign_in("ann", "wrong");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.code(), "rate_limited");
  EXPECT_EQ(refused.header("retry-after"), "6");
  EXPECT_EQ(refused.header("ratelimit-remaining"), "0");
  EXPECT_EQ(sign_in("bob", "wrong").status, 401);
}

TEST_F(ThrottledTest, TooManyFailuresFromOneAddressHoldUpItsNextAttemptsWhateverTheName) {
  for (int i = 0; i < 99; ++i) api_.address_failures().charge("127.0.0.1", clock_.mono());
  EXPECT_EQ(sign_in("bob", "wrong").status, 401);
  for (const auto* name : {"bob", "cat", "dan"}) {
    const auto refused = sign_in(name, "wrong");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.code(), "rate_limited");
    EXPECT_EQ(refused.header("retry-after"), "1");
    EXPECT_EQ(refused.header("ratelimit-limit"), "100");
  }
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(sign_in("cat", "wrong").status, 401);
}

TEST_F(ThrottledTest, WhatANamesLimitRefusesIsNotChargedToTheAddress) {
  EXPECT_EQ(sign_in("ann", "wrong").status, 401);
  const auto left = [this] {
    const auto quota = api_.address_failures().charge("127.0.0.1", clock_.mono()).quota;
    api_.address_failures().refund("127.0.0.1", clock_.mono());
    return quota.remaining;
  };
  const auto before = left();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in("ann", "wrong").status, 429);
  EXPECT_EQ(left(), before);
}

TEST(ThrottleKey, AnIpv6ClientIsItsNetworkAndOthersAreThemselves) {
  EXPECT_EQ(throttle_key("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(throttle_key("2001:db8:1:2::3"), "2001:db8:1::/48");
  EXPECT_EQ(throttle_key("2001:db8:1:ffff::9"), throttle_key("2001:db8:1:2::3"));
}

TEST_F(ThrottledTest, TheRightPasswordIsNoFailure) {
  clock_.advance(std::chrono::minutes(1));
  ASSERT_EQ(sign_up("ann").status, 201);
  for (int i = 0; i < 12; ++i) ASSERT_EQ(sign_in("ann", kPassword).status, 201);
}

TEST_F(ThrottledTest, TooManyAccountsFromOneAddressAreRefused) {
  EXPECT_EQ(sign_up("ann").status, 429);
  clock_.advance(std::chrono::milliseconds(100));
  EXPECT_EQ(sign_up("ann").status, 201);
}

TEST(BearerToken, IsTakenOnlyFromAWellFormedHeader) {
  const auto token = [](const char* value) {
    http::Request request;
    request.headers = {{"authorization", value}};
    return std::string(bearer_token(request).value_or("(none)"));
  };
  EXPECT_EQ(token("Bearer abc"), "abc");
  EXPECT_EQ(token("bearer   abc  "), "abc");
  for (const char* bad : {"", "Bearer", "Bearer ", "Bearer   ", "Bearerabc", "Basic abc", "abc"}) {
    EXPECT_EQ(token(bad), "(none)") << bad;
  }
  EXPECT_FALSE(bearer_token(http::Request{}));
}

}  // namespace
}  // namespace fairlead::api
