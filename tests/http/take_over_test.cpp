// Connections that leave their worker and come back.
#include <gmock/gmock.h>

#include <thread>

#include "server_fixture.h"

namespace fairlead::http {
namespace {

std::string framed(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool send_all(int fd, std::string_view bytes) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

TEST_F(ServerTest, HandsTheSocketOverWithWhatWasReadBehindTheRequest) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(get("/take/1") + "early frame"));
  const TakenConnection taken = taken_.get();
  EXPECT_EQ(taken.unread.view(), "early frame");
  EXPECT_TRUE(taken.keep_alive);
  EXPECT_EQ(taken.peer_ip, "127.0.0.1");
  EXPECT_FALSE(taken.trusted_proxy);
  EXPECT_EQ(taken.worker, 0);
  EXPECT_EQ(::fcntl(taken.fd.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_EQ(::fcntl(taken.fd.get(), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  EXPECT_EQ(server_->stats().connections_open, 0U);
  ASSERT_TRUE(send_all(taken.fd.get(), framed("from its new owner")));
  EXPECT_EQ(c.receive().body, "from its new owner");
}

TEST_F(ServerTest, HandsTheSocketOverLaterFromAnotherThread) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(get("/later/1") + "abc"));
  const Pending pending = pending_.get();
  pending.responder->take_over([this](TakenConnection taken) { taken_.put(std::move(taken)); });
  const TakenConnection taken = taken_.get();
  EXPECT_EQ(taken.unread.view(), "abc");
  ASSERT_TRUE(send_all(taken.fd.get(), framed("x")));
  EXPECT_EQ(c.receive().body, "x");
}

TEST_F(ServerTest, NeverTakesAConnectionWhoseClientHasGone) {
  start();
  for (const bool by_reset : {true, false}) {
    RawClient c = client();
    ASSERT_TRUE(c.send(get("/later/1")));
    const Pending pending = pending_.get();
    if (by_reset) {
      c.reset();
    } else {
      c.close();
    }
    auto watched = std::make_shared<int>(0);
    std::weak_ptr<int> alive = watched;
    pending.responder->take_over(
        [watched = std::move(watched)](TakenConnection) { ADD_FAILURE() << "taken"; });
    EXPECT_TRUE(eventually([&] { return alive.expired(); }));
    EXPECT_TRUE(eventually([&] { return server_->stats().connections_open == 0; }));
  }
}

TEST_F(ServerTest, ClosesATakenConnectionThatIsDropped) {
  routes_.add(Method::kGet, "/drop", [](const Request&, Responder responder) {
    responder.take_over([](TakenConnection) {});
  });
  routes_.add(Method::kGet, "/throw-in-take", [](const Request&, Responder responder) {
    responder.take_over([](TakenConnection) { throw std::runtime_error("secret"); });
  });
  start();
  for (const std::string path : {"/drop", "/throw-in-take"}) {
    RawClient c = client();
    ASSERT_TRUE(c.send(get(path)));
    EXPECT_TRUE(c.closed_cleanly());
  }
  EXPECT_EQ(client().exchange(get("/echo/a")).body, "a");
}

// What a long poll is: taken, held elsewhere, answered there, given back. 300 of them on one
// connection.
TEST_F(ServerTest, GivesAConnectionBackThreeHundredTimes) {
  options_.workers = 2;
  start();
  std::thread engine([&] {
    for (int i = 0; i < 300; ++i) {
      TakenConnection taken = taken_.get();
      if (!send_all(taken.fd.get(), framed("poll " + std::to_string(i)))) return;
      server_->give_back(std::move(taken));
    }
  });
  RawClient c = client();
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(c.exchange(get("/take/" + std::to_string(i))).body, "poll " + std::to_string(i));
    if (i % 50 == 0) {
      ASSERT_EQ(c.exchange(get("/echo/between")).body, "between");
    }
  }
  engine.join();
  EXPECT_EQ(server_->stats().connections_accepted, 1U);
}

TEST_F(ServerTest, GoesOnWithTheUnreadBytesFirst) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(get("/take/1") + get("/echo/second") + "GET /echo/thi"));
  TakenConnection taken = taken_.get();
  ASSERT_TRUE(c.send("rd HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(send_all(taken.fd.get(), framed("first")));
  server_->give_back(std::move(taken));
  EXPECT_EQ(c.receive().body, "first");
  EXPECT_EQ(c.receive().body, "second");
  EXPECT_EQ(c.receive().body, "third");
}

TEST_F(ServerTest, AGivenBackConnectionOfAProxyServesWhomItNames) {
  options_.trust_x_real_ip = true;
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(get("/take/1", "X-Real-IP: 192.0.2.9\r\n")));
  TakenConnection taken = taken_.get();
  EXPECT_EQ(taken.peer_ip, "127.0.0.1");
  EXPECT_TRUE(taken.trusted_proxy);
  server_->give_back(std::move(taken));
  for (const auto& [header, ip] : {std::pair{"X-Real-IP: 192.0.2.10\r\n", "192.0.2.10"}, {"", "127.0.0.1"}}) {
    ASSERT_TRUE(c.send(get("/later/1", header)));
    const Pending pending = pending_.get();
    EXPECT_EQ(pending.request.client_ip, ip) << "never the client of an earlier request";
    pending.responder->respond({});
    EXPECT_EQ(c.receive().status, 200);
  }
}

TEST_F(ServerTest, ClosesAGivenBackConnectionThatStaysIdle) {
  options_.keep_alive_timeout = std::chrono::milliseconds(100);
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(get("/take/1")));
  server_->give_back(taken_.get());
  EXPECT_TRUE(c.closed_cleanly());
}

TEST_F(ServerTest, ClosesWhatIsGivenBackToAServerThatStops) {
  start();
  RawClient first = client();
  RawClient second = client();
  ASSERT_TRUE(first.send(get("/take/1")));
  ASSERT_TRUE(second.send(get("/take/2")));
  TakenConnection a = taken_.get();
  TakenConnection b = taken_.get();
  server_->stop_accepting();
  server_->give_back(std::move(a));
  EXPECT_TRUE(first.closed_cleanly());
  server_->stop();
  server_->give_back(std::move(b));
  EXPECT_TRUE(second.closed_cleanly());
}

}  // namespace
}  // namespace fairlead::http
