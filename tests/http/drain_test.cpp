// Leaving in order.
#include <gmock/gmock.h>

#include "server_fixture.h"

namespace fairlead::http {
namespace {

TEST_F(ServerTest, FinishesWhatIsOpenAfterItStopsAccepting) {
  start();
  RawClient idle = client();
  ASSERT_EQ(idle.exchange(get("/echo/a")).body, "a");
  RawClient busy = client();
  ASSERT_TRUE(busy.send(get("/later/1")));
  const Pending pending = pending_.get();
  RawClient halfway = client();
  ASSERT_TRUE(halfway.send("GET /echo/half"));
  ASSERT_TRUE(eventually([&] { return server_->stats().connections_accepted == 3; }));
  const int old_port = port();

  server_->stop_accepting();
  EXPECT_TRUE(idle.closed_cleanly());
  EXPECT_TRUE(eventually([&] { return !RawClient::tcp(old_port).connected(); }));
  const auto half = halfway.exchange("way HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(half.body, "halfway");
  EXPECT_EQ(half.header("connection"), "close");
  EXPECT_TRUE(halfway.closed_cleanly());
  pending.responder->respond({.body = "late"});
  const auto late = busy.receive();
  EXPECT_EQ(late.body, "late");
  EXPECT_EQ(late.header("connection"), "close");
  EXPECT_TRUE(busy.closed_cleanly());
  EXPECT_TRUE(eventually([&] { return server_->stats().connections_open == 0; }));
}

TEST_F(ServerTest, DropsPendingAnswersWhenItStops) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(get("/later/1")));
  const Pending pending = pending_.get();
  server_->stop();
  EXPECT_EQ(c.receive().status, 0);
  pending.responder->respond({.body = "too late"});
  server_->stop();  // twice is once
  server_.reset();
  pending.responder->take_over([](TakenConnection) { ADD_FAILURE(); });
}

TEST_F(ServerTest, OutlivesAnswersThatRaceWithItsStop) {
  for (int round = 0; round < 20; ++round) {
    start();
    std::vector<RawClient> clients;
    std::vector<Pending> pending;
    for (int i = 0; i < 8; ++i) {
      clients.push_back(client());
      ASSERT_TRUE(clients.back().send(get("/later/" + std::to_string(i))));
      pending.push_back(pending_.get());
    }
    std::thread answering([&] {
      for (std::size_t i = 0; i < pending.size(); ++i) {
        if (i % 2 == 0) {
          pending[i].responder->respond({.body = "x"});
        } else {
          pending[i].responder->take_over(
              [this](TakenConnection taken) { server_->give_back(std::move(taken)); });
        }
      }
    });
    server_->stop_accepting();
    server_->stop();
    answering.join();
  }
}

TEST_F(ServerTest, StopsWithoutHavingStarted) {
  Server never_started(options_, routes_);
  never_started.stop_accepting();
  never_started.stop();
  EXPECT_TRUE(never_started.ports().empty());
}

}  // namespace
}  // namespace fairlead::http
