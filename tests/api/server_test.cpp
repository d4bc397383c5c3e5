// The server-to-server API.
#include "log/control.h"
#include "tests/api/api_fixture.h"

namespace fairlead::api {
namespace {

constexpr char kKey[] = "a secret of the billing program";

class ServerApiTest : public ApiTest {
 protected:
  ServerApiTest() : ApiTest(Settings{.api_keys = {"another one, for somebody else", kKey}}) {}

  Reply disconnect(const Json& body, const std::string& key = kKey) {
    return request("POST", "/api/v1/server/disconnect", "", protocol::dump(body),
                   {{"X-Api-Key", key}});
  }
  std::vector<log::Control> told() {
    std::vector<log::Control> all;
    store_->open_reader()->read([&](store::View& view) {
      for (const auto& event : view.events({}, view.head(), 1000)) {
        if (auto control = log::control_of(*event)) all.push_back(std::move(*control));
      }
    });
    return all;
  }
};

TEST_F(ServerApiTest, AUserOrASessionIsDisconnectedOnAllNodesByTheLog) {
  const auto ann = person("ann");
  EXPECT_EQ(disconnect({{"user", to_wire(ann.id)}}).status, 204);
  EXPECT_EQ(disconnect({{"session", "s_one"}}).status, 204);
  const auto all = told();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(std::get<log::UserDisconnected>(all[0]).user, ann.id);
  EXPECT_EQ(std::get<log::SessionDisconnected>(all[1]).session, "s_one");
}

TEST_F(ServerApiTest, WithoutAKnownKeyNobodyMay) {
  const auto ann = person("ann");
  const Json body = {{"user", to_wire(ann.id)}};
  EXPECT_EQ(disconnect(body, "a guess").status, 401);
  EXPECT_EQ(disconnect(body, "").status, 401);
  EXPECT_EQ(request("POST", "/api/v1/server/disconnect", ann.token, protocol::dump(body)).status,
            401);
  EXPECT_TRUE(told().empty());
}

TEST_F(ServerApiTest, WhatIsNotOneOfThemIsRefusedByField) {
  for (const Json& body :
       {Json::object(), Json{{"user", "u_x"}}, Json{{"user", 7}}, Json{{"session", 7}},
        Json{{"user", to_wire(UserId(1))}, {"session", "s_one"}}}) {
    EXPECT_EQ(disconnect(body).status, 422) << body;
  }
  EXPECT_TRUE(told().empty());
}

class NoKeyTest : public ApiTest {};

TEST_F(NoKeyTest, AServerWithoutKeysKnowsNone) {
  const auto reply = request("POST", "/api/v1/server/disconnect", "", R"({"session":"s_one"})",
                             {{"X-Api-Key", ""}});
  EXPECT_EQ(reply.status, 401);
}

}  // namespace
}  // namespace fairlead::api
