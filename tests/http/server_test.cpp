// What a well-meaning client sees.
#include "http/server.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "server_fixture.h"

namespace fairlead::http {
namespace {

using ::testing::HasSubstr;

std::string socket_path() {
  return (std::filesystem::temp_directory_path() /
          ("fairlead-http-" + std::to_string(::getpid()) + ".sock"))
      .string();
}

TEST_F(ServerTest, AnswersManyRequestsOnOneConnection) {
  start();
  RawClient c = client();
  for (int i = 0; i < 200; ++i) {
    const auto answer = c.exchange(get("/echo/" + std::to_string(i)));
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(answer.body, std::to_string(i));
    ASSERT_EQ(answer.header("connection"), "keep-alive");
  }
  EXPECT_EQ(server_->stats().connections_accepted, 1U);
  EXPECT_EQ(server_->stats().requests, 200U);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient c = client();
  std::string all;
  for (int i = 0; i < 500; ++i) all += get("/echo/" + std::to_string(i));
  ASSERT_TRUE(c.send(all));
  for (int i = 0; i < 500; ++i) ASSERT_EQ(c.receive().body, std::to_string(i));
}

TEST_F(ServerTest, ReadsARequestThatComesByteByByte) {
  start();
  RawClient c = client();
  for (const char byte : post("/echo", "hello")) ASSERT_TRUE(c.send(std::string(1, byte)));
  EXPECT_EQ(c.receive().body, "POST hello");
}

TEST_F(ServerTest, TakesTheLargestBody) {
  start();
  RawClient c = client();
  const std::string body(limits::kRequestBodyBytesMax, 'b');
  EXPECT_EQ(c.exchange(post("/echo", body)).body, "POST " + body);
  EXPECT_EQ(c.exchange(get("/echo/next")).body, "next");
}

TEST_F(ServerTest, SaysContinueBeforeABodyItWillTake) {
  start();
  RawClient c = client();
  const std::string request = post("/echo", "hello", "Expect: 100-continue\r\n");
  ASSERT_TRUE(c.send(request.substr(0, request.size() - 5)));
  EXPECT_EQ(c.receive().status, 100);
  EXPECT_EQ(c.exchange("hello").body, "POST hello");
}

TEST_F(ServerTest, RefusesAnExpectedBodyThatIsTooLargeAtOnce) {
  start();
  RawClient c = client();
  const auto answer = c.exchange(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(c.closed_cleanly());
}

TEST_F(ServerTest, ServesHeadWithoutABody) {
  start();
  RawClient c = client();
  const auto answer = c.exchange("HEAD /echo/word HTTP/1.1\r\nHost: x\r\n\r\n", true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-length"), "4");
  EXPECT_EQ(c.exchange(get("/echo/next")).body, "next");
}

TEST_F(ServerTest, AnswersOptionsAndUnservedMethodsWithAllow) {
  start();
  RawClient c = client();
  auto answer = c.exchange("OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("allow"), "POST, PUT, OPTIONS");
  answer = c.exchange("DELETE /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.header("allow"), "POST, PUT, OPTIONS");
  EXPECT_EQ(answer.header("content-type"), "application/problem+json");
  answer = c.exchange(get("/nope"));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(nlohmann::json::parse(answer.body)["code"], "not_found");
  answer = c.exchange("BREW /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.status, 501);
}

TEST_F(ServerTest, OverridesTheMethodOfAPost) {
  start();
  EXPECT_EQ(client().exchange(post("/echo", "x", "X-HTTP-Method-Override: PUT\r\n")).body, "PUT x");
}

TEST_F(ServerTest, GivesEveryAnswerARequestId) {
  start();
  RawClient c = client();
  EXPECT_EQ(c.exchange(get("/echo/a", "X-Request-Id: mine_1.a-b\r\n")).header("x-request-id"),
            "mine_1.a-b");
  EXPECT_EQ(c.exchange(get("/echo/a", "X-Request-Id: not ok\r\n")).header("x-request-id").size(),
            16U);
  const auto problem = c.exchange(get("/nope", "X-Request-Id: abc\r\n"));
  EXPECT_EQ(nlohmann::json::parse(problem.body)["request_id"], "abc");
  EXPECT_EQ(c.exchange(get("/a", "X-Request-Id: abc\r\nBad\r\n")).header("x-request-id"), "abc");
}

TEST_F(ServerTest, ShowsHandlersEveryHeaderUnderItsName) {
  Handoff<Request> seen;
  routes_.add(Method::kGet, "/headers", [&](const Request& request, Responder responder) {
    seen.put(request);
    responder.respond({});
  });
  start();
  RawClient c = client();
  ASSERT_EQ(
      c.exchange(get("/headers?a=1%202&a=b+c",
                     "Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2\r\nCookie: foo; "
                     "a=b; foo\r\n"
                     "Cache-Control: No-Cache, foo\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: k==\r\nDate: yesterday\r\nAuthorization: "
                     "Foo\r\nSet-Cookie: x\r\n"))
          .status,
      200);
  const Request request = seen.get();
  EXPECT_EQ(request.header("accept"), "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2");
  EXPECT_EQ(request.header("cookie"), "foo; a=b; foo");
  EXPECT_EQ(request.header("cache-control"), "No-Cache, foo");
  EXPECT_EQ(request.header("upgrade"), "websocket");
  EXPECT_EQ(request.header("connection"), "Upgrade");
  EXPECT_EQ(request.header("sec-websocket-key"), "k==");
  EXPECT_EQ(request.header("host"), "x");
  EXPECT_EQ(request.header("missing"), std::nullopt);
  EXPECT_EQ(request.query_value("a"), "1 2");
  EXPECT_EQ(request.query.at(1).second, "b c");
  EXPECT_EQ(request.client_ip, "127.0.0.1");
}

TEST_F(ServerTest, ClosesAfterAnHttp10AnswerUnlessAskedToKeepIt) {
  start();
  RawClient closing = client();
  EXPECT_EQ(closing.exchange("GET /echo/a HTTP/1.0\r\n\r\n").header("connection"), "close");
  EXPECT_TRUE(closing.closed_cleanly());
  RawClient keeping = client();
  const std::string request = "GET /echo/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_EQ(keeping.exchange(request).header("connection"), "keep-alive");
  EXPECT_EQ(keeping.exchange(request).body, "a");
}

TEST_F(ServerTest, ClosesAfterTheAnswerWhenAskedTo) {
  start();
  RawClient c = client();
  EXPECT_EQ(c.exchange(get("/echo/a", "Connection: close\r\n")).header("connection"), "close");
  EXPECT_TRUE(c.closed_cleanly());
}

TEST_F(ServerTest, AnswersAClientThatHasFinishedSending) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(get("/later/a")));
  c.half_close();
  pending_.get().responder->respond({.body = "answer"});
  EXPECT_EQ(c.receive().body, "answer");
  EXPECT_TRUE(c.closed_cleanly());
}

TEST_F(ServerTest, SendsAnAnswerOfManyMegabytes) {
  start();
  RawClient c = client();
  const auto answer = c.exchange(get("/big/20000000") + get("/echo/behind"));
  EXPECT_EQ(answer.body, std::string(20'000'000, 'x'));
  EXPECT_EQ(c.receive().body, "behind");
}

TEST_F(ServerTest, TurnsAnExceptionIntoAnAnswerThatSaysNothingOfIt) {
  routes_.add(Method::kGet, "/throw",
              [](const Request&, Responder) { throw std::runtime_error("secret"); });
  routes_.add(Method::kGet, "/throw-int", [](const Request&, Responder) { throw 42; });
  routes_.add(Method::kGet, "/throw-late", [](const Request&, Responder responder) {
    responder.respond({.body = "said"});
    throw std::runtime_error("secret");
  });
  start();
  RawClient c = client();
  for (const std::string path : {"/throw", "/throw-int"}) {
    const auto answer = c.exchange(get(path));
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("secret")));
  }
  EXPECT_EQ(c.exchange(get("/throw-late")).body, "said");
  EXPECT_EQ(c.exchange(get("/echo/a")).body, "a");
}

TEST_F(ServerTest, SpreadsConnectionsOverItsWorkers) {
  options_.workers = 3;
  Handoff<std::thread::id> threads;
  routes_.add(Method::kGet, "/thread", [&](const Request&, Responder responder) {
    threads.put(std::this_thread::get_id());
    responder.respond({});
  });
  start();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client().exchange(get("/thread")).status, 200);
  std::vector<std::thread::id> seen;
  for (int i = 0; i < 100; ++i) seen.push_back(threads.get());
  std::ranges::sort(seen);
  EXPECT_GT(std::ranges::unique(seen).begin() - seen.begin(), 1);
}

TEST_F(ServerTest, ListensOnAUnixSocketAndTrustsItsPeersRealIp) {
  const std::string path = socket_path();
  options_.listen = {"unix:" + path};
  options_.workers = 2;
  Handoff<std::string> ips;
  routes_.add(Method::kGet, "/ip", [&](const Request& request, Responder responder) {
    ips.put(request.client_ip);
    responder.respond({});
  });
  start();
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0666U);
  EXPECT_EQ(server_->ports(), std::vector<int>{0});
  RawClient c = RawClient::unix_socket(path);
  EXPECT_EQ(c.exchange(get("/ip", "X-Real-IP: 2001:DB8::1\r\n")).status, 200);
  EXPECT_EQ(ips.get(), "2001:db8::1");
  EXPECT_EQ(c.exchange(get("/ip", "X-Real-IP: nonsense\r\n")).status, 200);
  EXPECT_EQ(ips.get(), "127.0.0.1");
  server_->stop();
  EXPECT_NE(::stat(path.c_str(), &info), 0);
}

TEST_F(ServerTest, BelievesNoRealIpOfATcpPeerUnlessTold) {
  Handoff<std::string> ips;
  routes_.add(Method::kGet, "/ip", [&](const Request& request, Responder responder) {
    ips.put(request.client_ip);
    responder.respond({});
  });
  start();
  client().exchange(get("/ip", "X-Real-IP: 192.0.2.9\r\n"));
  EXPECT_EQ(ips.get(), "127.0.0.1");
  server_.reset();
  options_.trust_x_real_ip = true;
  start();
  client().exchange(get("/ip", "X-Real-IP: 192.0.2.9\r\n"));
  EXPECT_EQ(ips.get(), "192.0.2.9");
}

TEST_F(ServerTest, ReplacesAStaleSocketFileButNotALiveServers) {
  const std::string path = socket_path();
  options_.listen = {"unix:" + path};
  {
    UniqueFd stale(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    ASSERT_EQ(::bind(stale.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  start();
  EXPECT_EQ(RawClient::unix_socket(path).exchange(get("/echo/a")).body, "a");
  Server second(options_, routes_);
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().detail, HasSubstr(path));
  EXPECT_EQ(RawClient::unix_socket(path).exchange(get("/echo/a")).body, "a");
}

TEST_F(ServerTest, SaysWhichAddressItCannotListenOnAndWhy) {
  start();
  for (const std::string& bad :
       {"127.0.0.1:" + std::to_string(port()), std::string("nonsense"), std::string("127.0.0.1:x"),
        std::string("127.0.0.1:99999"), std::string("127.0.0.1:"),
        std::string("unix:"), std::string("unix:/nowhere/at/all.sock")}) {
    ServerOptions options;
    options.listen = {bad};
    options.workers = 2;
    Server second(options, {});
    const auto started = second.start();
    ASSERT_FALSE(started) << bad;
    EXPECT_THAT(started.error().detail, HasSubstr(bad));
  }
}

TEST_F(ServerTest, ListensOnSeveralAddresses) {
  options_.listen = {"127.0.0.1:0", "127.0.0.1:0", "unix:" + socket_path()};
  start();
  ASSERT_EQ(server_->ports().size(), 3U);
  EXPECT_EQ(RawClient::tcp(server_->ports()[1]).exchange(get("/echo/a")).body, "a");
  EXPECT_EQ(RawClient::unix_socket(socket_path()).exchange(get("/echo/b")).body, "b");
}

}  // namespace
}  // namespace fairlead::http
