#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/api.h"
#include "tests/chat/service_fixture.h"
#include "tests/http/raw_client.h"

namespace fairlead::api {

using protocol::Json;
using protocol::to_wire;

// One answer, with its body as JSON if it is.
struct Reply {
  int status = 0;
  http::Received raw;
  Json json;

  std::string code() const { return json.value("code", ""); }
  std::string header(std::string_view name) const { return raw.header(name); }
};

// The whole REST API over a real HTTP server and a real store; what the parts under it do for
// themselves (passwords apart) is done through chat::Service, as it is quicker.
class ApiTest : public chat::ServiceTest {
 protected:
  struct Person : User {
    std::string token;
    Person(User user, std::string text) : User(std::move(user)), token(std::move(text)) {}
  };

  explicit ApiTest(Settings settings = {}, chat::Settings chat_settings = {})
      : ServiceTest(chat_settings),
        api_({service_, tokens_, passwords_, writer_, hub_, presence_, clock_, "0.0-test",
              [this] { return server_->stats(); }},
             settings) {
    http::Routes routes;
    add_routes(routes, api_);
    http::ServerOptions options;
    options.listen = {"127.0.0.1:0"};
    server_ = std::make_unique<http::Server>(std::move(options), std::move(routes));
    const auto started = server_->start();
    EXPECT_TRUE(started) << started.error().detail;
  }
  ~ApiTest() override {
    passwords_.stop();
    server_->stop();
    writer_.stop();
    readers_.stop();
  }

  Person person(const std::string& name) {
    auto user = make_user(name);
    auto token = tokens_.issue_token(user.id).text;
    return {std::move(user), std::move(token)};
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  Reply request(const std::string& method, const std::string& target, const std::string& token,
                const std::string& body = {}, const Headers& headers = {}) {
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
    if (!token.empty()) text += "Authorization: Bearer " + token + "\r\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    text += "Connection: close\r\n\r\n" + body;
    auto client = http::RawClient::tcp(server_->ports().at(0));
    Reply reply;
    reply.raw = client.exchange(text);
    reply.status = reply.raw.status;
    reply.json = Json::parse(reply.raw.body, nullptr, false);
    if (reply.status >= 400 && target.starts_with("/api/")) expect_problem(reply);
    return reply;
  }
  Reply get(const Person& who, const std::string& path) {
    return request("GET", "/api/v1" + path, who.token);
  }
  Reply post(const Person& who, const std::string& path, const Json& body = Json::object(),
             const Headers& headers = {}) {
    return request("POST", "/api/v1" + path, who.token, protocol::dump(body), headers);
  }
  Reply put(const Person& who, const std::string& path, const Json& body = Json::object()) {
    return request("PUT", "/api/v1" + path, who.token, protocol::dump(body));
  }
  Reply patch(const Person& who, const std::string& path, const Json& body) {
    return request("PATCH", "/api/v1" + path, who.token, protocol::dump(body));
  }
  Reply erase(const Person& who, const std::string& path) {
    return request("DELETE", "/api/v1" + path, who.token);
  }
  std::string room_path(RoomId room) { return "/rooms/" + to_wire(room); }

  // RFC 9457, with everything that PROTOCOL section 2 promises.
  static void expect_problem(const Reply& reply) {
    EXPECT_EQ(reply.header("content-type"), "application/problem+json");
    for (const char* name : {"type", "title", "status", "code", "detail", "request_id"}) {
      EXPECT_TRUE(reply.json.contains(name)) << name << " in " << reply.raw.body;
    }
    EXPECT_EQ(reply.json.value("status", 0), reply.status);
    if (reply.status == 422) {
      EXPECT_FALSE(reply.json.value("fields", Json::object()).empty());
    }
    if (reply.status == 401 && reply.code() == "unauthorized") {
      EXPECT_EQ(reply.header("www-authenticate"), "Bearer");
    }
  }
  static void expect_field(const Reply& reply, const std::string& field) {
    EXPECT_EQ(reply.status, 422) << reply.raw.body;
    EXPECT_TRUE(reply.json.value("fields", Json::object()).contains(field)) << reply.raw.body;
  }

  auth::Tokens tokens_{std::string(32, 'k'), clock_};
  auth::Passwords passwords_{1};
  Api api_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace fairlead::api
