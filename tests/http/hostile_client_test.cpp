// Everything that was reproduced against Pistache as it stands, and slow or greedy clients. In each
// case: a clear answer or a close, and a canary beside it that notices nothing.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "server_fixture.h"

namespace fairlead::http {
namespace {

using std::chrono::milliseconds;

class HostileClientTest : public ServerTest {
 protected:
  void expect_canary() { EXPECT_EQ(client().exchange(get("/echo/canary")).body, "canary"); }

  // One refusal: a problem of that status, then nothing but the end of the connection.
  void expect_refusal(RawClient& c, int status) {
    const auto answer = c.receive();
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_FALSE(answer.header("x-request-id").empty());
    const auto body = nlohmann::json::parse(answer.body, nullptr, false);
    EXPECT_EQ(body.value("status", 0), status);
    EXPECT_EQ(c.drain(), "");
    EXPECT_FALSE(c.timed_out());
    expect_canary();
  }
};

TEST_F(HostileClientTest, ReadsNoRequestBehindARefusedBody) {
  start();
  RawClient c = client();
  const std::string smuggled = get("/echo/SMUGGLED");
  ASSERT_TRUE(c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n" + smuggled +
                     std::string(69'000, 'a') + smuggled));
  expect_refusal(c, 413);
  EXPECT_EQ(server_->stats().rejected, 1U);
}

// The client sends its whole body before it reads: the answer must survive that.
TEST_F(HostileClientTest, LetsA413BeReadAfterAMegabyteOfBody) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"));
  ASSERT_TRUE(c.send(std::string(1'000'000, 'a')));
  c.half_close();
  expect_refusal(c, 413);
}

TEST_F(HostileClientTest, RefusesAChunkedBodySplitBetweenCrAndLf) {
  start();
  RawClient c = client();
  ASSERT_TRUE(
      c.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r"));
  c.send("\n0\r\n\r\n");
  expect_refusal(c, 501);
}

TEST_F(HostileClientTest, ReservesNothingForAPromised4Gigabytes) {
  start();
  for (int i = 0; i < 20; ++i) {
    RawClient c = client();
    ASSERT_TRUE(c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4294967295\r\n\r\nx"));
    expect_refusal(c, 413);
  }
}

TEST_F(HostileClientTest, SurvivesSlashPaths) {
  start();
  RawClient longer = client();
  longer.send("GET " + std::string(16'000, '/') + " HTTP/1.1\r\nHost: x\r\n\r\n");
  expect_refusal(longer, 414);
  RawClient c = client();
  EXPECT_EQ(c.exchange(get(std::string(4'000, '/'))).status, 404);
  std::string segments;
  while (segments.size() < 4'000) segments += "/a";
  EXPECT_EQ(c.exchange(get(segments)).status, 404);
  expect_canary();
}

TEST_F(HostileClientTest, RefusesTlsAndOtherProtocols) {
  start();
  RawClient tls = client();
  ASSERT_TRUE(tls.send("\x16\x03\x01\x02"));
  expect_refusal(tls, 400);
  RawClient h2 = client();
  ASSERT_TRUE(h2.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  expect_refusal(h2, 505);
  RawClient lf = client();
  ASSERT_TRUE(lf.send("GET / HTTP/1.1\nHost: x\n\n"));
  expect_refusal(lf, 400);
}

TEST_F(HostileClientTest, SendsARefusedHeadNoBody) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send("HEAD / HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(c.receive(true).status, 400);
  EXPECT_EQ(c.drain(), "");
}

TEST_F(HostileClientTest, ClosesSlowHeadsWith408HoweverTheyTrickle) {
  options_.head_timeout = milliseconds(200);
  start();
  RawClient stalled = client();
  ASSERT_TRUE(stalled.send("GET /echo/a HT"));
  RawClient trickling = client();
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(trickling.send("GET /"));
  while (server_->stats().rejected < 2 &&
         std::chrono::steady_clock::now() - begun < std::chrono::seconds(10)) {
    trickling.send("a");
    std::this_thread::sleep_for(milliseconds(5));  // the trickle itself
  }
  expect_refusal(stalled, 408);
  expect_refusal(trickling, 408);
}

TEST_F(HostileClientTest, ClosesSlowBodiesWith408) {
  options_.body_timeout = milliseconds(200);
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"));
  expect_refusal(c, 408);
}

TEST_F(HostileClientTest, CutsTheSlowHeadOfALaterRequest) {
  options_.head_timeout = milliseconds(200);
  start();
  RawClient c = client();
  ASSERT_EQ(c.exchange(get("/echo/a")).body, "a");
  ASSERT_TRUE(c.send("GET /ec"));
  expect_refusal(c, 408);
}

TEST_F(HostileClientTest, ClosesConnectionsThatSayNothing) {
  options_.head_timeout = milliseconds(100);
  options_.keep_alive_timeout = milliseconds(100);
  start();
  RawClient fresh = client();
  RawClient idle = client();
  ASSERT_EQ(idle.exchange(get("/echo/a")).body, "a");
  EXPECT_TRUE(fresh.closed_cleanly());
  EXPECT_TRUE(idle.closed_cleanly());
}

TEST_F(HostileClientTest, ClosesAClientThatDoesNotReadItsAnswer) {
  options_.unread_answer_timeout = milliseconds(200);
  start();
  RawClient c = RawClient::tcp(port(), 4096);
  ASSERT_TRUE(c.send(get("/big/20000000") + get("/echo/behind")));
  const std::clock_t before = std::clock();
  ASSERT_TRUE(eventually([&] { return server_->stats().requests == 1; }));
  ASSERT_TRUE(eventually([&] { return server_->stats().connections_open == 0; }));
  const double cpu_seconds = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  EXPECT_LT(cpu_seconds, 5.0);
  EXPECT_EQ(server_->stats().requests, 1U);
  expect_canary();
}

TEST_F(HostileClientTest, AsksTheUnreadTimeoutOfStillstandNotOfSlowness) {
  options_.unread_answer_timeout = milliseconds(400);
  start();
  RawClient c = RawClient::tcp(port(), 4096);
  constexpr int kBytes = 3'000'000;
  ASSERT_TRUE(c.send(get("/big/" + std::to_string(kBytes))));
  const auto begun = std::chrono::steady_clock::now();
  std::size_t got = 0;
  std::vector<char> bytes(32 * 1024);
  while (got < kBytes) {
    const ssize_t n = ::recv(c.fd(), bytes.data(), bytes.size(), 0);
    ASSERT_GT(n, 0) << "after " << got;
    got += static_cast<std::size_t>(n);
    if (std::chrono::steady_clock::now() - begun < milliseconds(1'200))
      std::this_thread::sleep_for(milliseconds(50));
  }
  expect_canary();
}

TEST_F(HostileClientTest, WaitsOutTheWantOfFileDescriptors) {
  options_.head_timeout = milliseconds(2'000);  // ticks of half a second
  start();
  std::vector<RawClient> waiting;
  waiting.reserve(20);
  for (int i = 0; i < 10; ++i) waiting.push_back(client());
  ASSERT_TRUE(eventually([&] { return server_->stats().connections_accepted == 10; }));
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  // A socket made first and connected after the limit has fallen: only the server is short of fds.
  UniqueFd late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(late.get());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int connected =
      ::connect(late.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  const std::clock_t cpu_before = std::clock();
  const bool paused = eventually([&] { return server_->stats().accept_pauses >= 3; });
  const double cpu_seconds = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
  const std::string served_meanwhile = waiting[0].exchange(get("/echo/meanwhile")).body;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_EQ(connected, 0);
  EXPECT_TRUE(paused);
  EXPECT_LT(cpu_seconds, 0.5) << "the accept loop spins";
  EXPECT_EQ(served_meanwhile, "meanwhile");
  ASSERT_TRUE(eventually([&] { return server_->stats().connections_accepted == 11; }));
  expect_canary();
}

TEST_F(HostileClientTest, LetsConnectionsBeyondTheMaximumWait) {
  options_.connections_max = 2;
  options_.head_timeout = milliseconds(2'000);
  options_.keep_alive_timeout = milliseconds(10'000);
  start();
  RawClient a = client();
  RawClient b = client();
  ASSERT_EQ(a.exchange(get("/echo/a")).body, "a");
  ASSERT_EQ(b.exchange(get("/echo/b")).body, "b");
  RawClient c = client();
  ASSERT_TRUE(c.send(get("/echo/c")));
  ASSERT_TRUE(eventually([&] { return server_->stats().accept_pauses >= 1; }));
  EXPECT_EQ(server_->stats().connections_open, 2U);
  a.close();
  EXPECT_EQ(c.receive().body, "c");
}

TEST_F(HostileClientTest, KeepsNothingOfClientsThatAbortAnywhere) {
  start();
  const std::string request = post("/echo", "hello");
  for (std::size_t cut = 0; cut <= request.size(); ++cut) {
    RawClient c = client();
    ASSERT_TRUE(c.send(std::string_view(request).substr(0, cut)));
    if (cut % 2 == 0) {
      c.reset();
    } else {
      c.close();
    }
  }
  EXPECT_TRUE(eventually([&] {
    const ServerStats stats = server_->stats();
    return stats.connections_accepted == request.size() + 1 && stats.connections_open == 0;
  }));
  expect_canary();
}

}  // namespace
}  // namespace fairlead::http
