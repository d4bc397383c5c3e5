#include <gtest/gtest.h>

#include "http/server.h"
#include "tests/http/raw_client.h"

namespace fairlead::http {
namespace {

class CrossOriginTest : public testing::Test {
 protected:
  CrossOriginTest() : server_(options(), routes()) { EXPECT_TRUE(server_.start()); }
  ~CrossOriginTest() override { server_.stop(); }

  Received ask(const std::string& method, const std::string& path, const std::string& origin,
               const std::string& more = {}) {
    auto client = RawClient::tcp(server_.ports().at(0));
    return client.exchange(method + " " + path +
                           " HTTP/1.1\r\nHost: localhost\r\nOrigin: " + origin + "\r\n" + more +
                           "Content-Length: 0\r\nConnection: close\r\n\r\n");
  }

 private:
  static ServerOptions options() {
    ServerOptions options;
    options.listen = {"127.0.0.1:0"};
    options.origins = {"https://app.example"};
    return options;
  }
  static Routes routes() {
    Routes routes;
    routes.add(Method::kPost, "/thing", [](const Request&, const Responder& responder) {
      responder.respond({.status = 201, .body = "{}"});
    });
    return routes;
  }
  Server server_;
};

constexpr char kAllowed[] = "access-control-allow-origin";

TEST_F(CrossOriginTest, EveryAnswerToAListedPageMayBeRead) {
  EXPECT_EQ(ask("POST", "/thing", "https://app.example").header(kAllowed), "https://app.example");
  EXPECT_EQ(ask("POST", "/nothing", "https://app.example").header(kAllowed), "https://app.example");
  EXPECT_EQ(ask("PUT", "/thing", "https://app.example").header(kAllowed), "https://app.example");
}

TEST_F(CrossOriginTest, NoAnswerToAnotherPageMay) {
  for (const auto* origin : {"https://evil.example", "null", "http://app.example"}) {
    const auto answer = ask("POST", "/thing", origin);
    EXPECT_EQ(answer.status, 201) << "who may not read may still be served: the handler decides";
    EXPECT_EQ(answer.header(kAllowed), "");
    EXPECT_EQ(answer.header("access-control-allow-credentials"), "");
  }
}

TEST_F(CrossOriginTest, APreflightNamesTheMethodsOfThePath) {
  const std::string asks = "Access-Control-Request-Method: POST\r\n";
  const auto answer = ask("OPTIONS", "/thing", "https://app.example", asks);
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header(kAllowed), "https://app.example");
  EXPECT_EQ(answer.header("access-control-allow-methods"), answer.header("allow"));
  for (const auto* header : {"Authorization", "If-None-Match"}) {
    EXPECT_NE(answer.header("access-control-allow-headers").find(header), std::string::npos);
  }
  EXPECT_EQ(answer.header("access-control-allow-credentials"), "true");
  const auto refused = ask("OPTIONS", "/thing", "https://evil.example", asks);
  EXPECT_EQ(refused.header(kAllowed), "");
  EXPECT_EQ(refused.header("access-control-allow-methods"), "");
}

}  // namespace
}  // namespace fairlead::http
