// Pipelined requests whose route lets them overlap are in hand together; all others one by one.
#include <gmock/gmock.h>

#include "server_fixture.h"

namespace fairlead::http {
namespace {

class PipeliningTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    routes_.add(
        Method::kPost, "/send",
        [this](const Request& request, Responder responder) {
          if (request.body == "bad") {
            responder.respond({.status = 422, .body = "bad"});
          } else if (request.body == "throw") {
            throw std::runtime_error("a handler's fault");
          } else {
            pending_.put({request, responder});
          }
        },
        Routes::Pipelined::kOverlap);
  }

  static std::string send(const std::string& body, const std::string& headers = "") {
    return post("/send", body, headers);
  }
  // The next `count` that are in hand, of which no more come.
  std::vector<Pending> in_hand(int count) {
    std::vector<Pending> all;
    for (int i = 0; i < count; ++i) all.push_back(pending_.get());
    // Others are served meanwhile: the worker has had its time.
    for (int i = 0; i < 10; ++i) EXPECT_EQ(client().exchange(get("/echo/x")).body, "x");
    EXPECT_EQ(pending_.size(), 0U);
    return all;
  }
  static void answer(const Pending& pending) {
    pending.responder->respond({.status = 201, .body = "did " + pending.request.body});
  }
};

TEST_F(PipeliningTest, AnswersInTheOrderOfTheRequestsWhateverTheOrderOfTheAnswers) {
  start();
  RawClient c = client();
  std::string all;
  for (int i = 0; i < 20; ++i) {
    all += send(std::to_string(i), "X-Request-Id: r-" + std::to_string(i) + "\r\n");
  }
  ASSERT_TRUE(c.send(all));
  const auto sent = in_hand(20);
  for (int i = 19; i >= 0; --i) {
    EXPECT_EQ(sent[static_cast<std::size_t>(i)].request.body, std::to_string(i));
    answer(sent[static_cast<std::size_t>(i)]);
  }
  for (int i = 0; i < 20; ++i) {
    const auto answer = c.receive();
    EXPECT_EQ(answer.body, "did " + std::to_string(i));
    EXPECT_EQ(answer.header("x-request-id"), "r-" + std::to_string(i));
  }
  EXPECT_EQ(c.exchange(get("/echo/on")).body, "on");
}

TEST_F(PipeliningTest, AnotherRouteWaitsForThoseInHand) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(send("1") + send("2") + get("/later/3") + send("4") + send("5")));
  auto first = in_hand(2);
  answer(first[1]);
  answer(first[0]);
  EXPECT_EQ(c.receive().body, "did 1");
  EXPECT_EQ(c.receive().body, "did 2");
  const auto alone = in_hand(1);
  EXPECT_EQ(alone[0].request.param(":word"), "3");
  alone[0].responder->respond({.body = "3"});
  EXPECT_EQ(c.receive().body, "3");
  for (const auto& pending : in_hand(2)) answer(pending);
  EXPECT_EQ(c.receive().body, "did 4");
  EXPECT_EQ(c.receive().body, "did 5");
}

TEST_F(PipeliningTest, OneThatTakesTheConnectionOverWaitsToo) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(send("1") + get("/take/it") + "early"));
  const auto first = in_hand(1);
  EXPECT_EQ(taken_.size(), 0U);
  answer(first[0]);
  EXPECT_EQ(c.receive().body, "did 1");
  EXPECT_EQ(taken_.get().unread.view(), "early");
}

TEST_F(PipeliningTest, AnswersAtOnceWaitForTheirTurn) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(send("1") + send("bad") + send("throw") + send("2") + send("bad")));
  for (const auto& pending : in_hand(2)) answer(pending);
  EXPECT_EQ(c.receive().body, "did 1");
  EXPECT_EQ(c.receive().status, 422);
  EXPECT_EQ(c.receive().status, 500);
  EXPECT_EQ(c.receive().body, "did 2");
  EXPECT_EQ(c.receive().status, 422);
}

TEST_F(PipeliningTest, ABrokenRequestIsJudgedBehindThoseInHand) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(send("1") + send("2") + "POST /send HTTP/1.1\r\nbroken\r\n\r\n" + send("3")));
  for (const auto& pending : in_hand(2)) answer(pending);
  EXPECT_EQ(c.receive().body, "did 1");
  EXPECT_EQ(c.receive().body, "did 2");
  EXPECT_EQ(c.receive().status, 400);
  EXPECT_TRUE(c.closed_cleanly());
  EXPECT_EQ(pending_.size(), 0U);
}

TEST_F(PipeliningTest, AHalfRequestBehindThemGoesOnAndIsTimedLikeAnyOther) {
  options_.body_timeout = std::chrono::milliseconds(50);
  start();
  RawClient c = client();
  const auto second = send("second", "Expect: 100-continue\r\n");
  ASSERT_TRUE(c.send(send("1") + second.substr(0, second.size() - 6)));
  answer(in_hand(1)[0]);
  EXPECT_EQ(c.receive().body, "did 1");
  EXPECT_EQ(c.receive().status, 100);
  EXPECT_EQ(c.receive().status, 408);
  EXPECT_TRUE(c.closed_cleanly());
}

TEST_F(PipeliningTest, NothingBehindConnectionCloseIsBegun) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(send("1") + send("2", "Connection: close\r\n") + send("3")));
  for (const auto& pending : in_hand(2)) answer(pending);
  EXPECT_EQ(c.receive().body, "did 1");
  EXPECT_EQ(c.receive().header("connection"), "close");
  EXPECT_TRUE(c.closed_cleanly());
}

TEST_F(PipeliningTest, ADroppedResponderIsA500InItsPlace) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(send("1") + send("2") + send("3")));
  auto sent = in_hand(3);
  answer(sent[2]);
  sent[1].responder.reset();
  answer(sent[0]);
  EXPECT_EQ(c.receive().body, "did 1");
  EXPECT_EQ(c.receive().status, 500);
  EXPECT_EQ(c.receive().body, "did 3");
}

TEST_F(PipeliningTest, LargeAnswersOfManyLeaveInOrderThroughAFullSocket) {
  routes_.add(
      Method::kGet, "/large/:n",
      [this](const Request& request, Responder responder) {
        pending_.put({request, responder});
      },
      Routes::Pipelined::kOverlap);
  start();
  RawClient c = RawClient::tcp(port(), 4096);
  std::string all;
  for (int i = 0; i < 30; ++i) all += get("/large/" + std::to_string(i));
  ASSERT_TRUE(c.send(all));
  for (const auto& pending : in_hand(30)) {
    pending.responder->respond(
        {.body = std::string(pending.request.param(":n")) + std::string(400'000, 'x')});
  }
  for (int i = 0; i < 30; ++i) {
    const auto answer = c.receive();
    ASSERT_EQ(answer.body.size(), std::to_string(i).size() + 400'000);
    EXPECT_TRUE(answer.body.starts_with(std::to_string(i) + "x"));
  }
}

TEST_F(PipeliningTest, AClientThatLeavesCostsNobodyAnything) {
  start();
  std::vector<Pending> left;
  for (int round = 0; round < 20; ++round) {
    RawClient c = client();
    ASSERT_TRUE(c.send(send("1") + send("2") + get("/echo/behind")));
    auto sent = in_hand(2);
    answer(sent[round % 2]);
    left.push_back(std::move(sent[1 - round % 2]));
    if (round % 3 == 0) c.reset();
  }
  for (const auto& pending : left) answer(pending);
  RawClient canary = client();
  ASSERT_TRUE(canary.send(send("a") + send("b")));
  for (const auto& pending : in_hand(2)) answer(pending);
  EXPECT_EQ(canary.receive().body, "did a");
  EXPECT_EQ(canary.receive().body, "did b");
}

TEST_F(PipeliningTest, ADrainAnswersWhatIsInHandAndThenCloses) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(send("1") + send("2")));
  const auto sent = in_hand(2);
  server_->stop_accepting();
  ASSERT_TRUE(eventually([&] { return !client().connected(); }));
  answer(sent[0]);
  answer(sent[1]);
  EXPECT_EQ(c.receive().body, "did 1");
  const auto last = c.receive();
  EXPECT_EQ(last.body, "did 2");
  EXPECT_EQ(last.header("connection"), "close");
  EXPECT_TRUE(c.closed_cleanly());
}

// Its event is older than the answer that made the connection wait for room.
TEST_F(PipeliningTest, ARequestThatComesTogetherWithALargeAnswerDoesNotHoldItUp) {
  std::mutex hold;
  std::atomic<bool> holds{false};
  routes_.add(Method::kGet, "/hold", [&](const Request&, Responder responder) {
    holds = true;
    const std::lock_guard lock(hold);
    responder.respond({.body = "held"});
  });
  start();
  RawClient c = RawClient::tcp(port(), 4096);
  ASSERT_TRUE(c.send(send("1")));
  const auto first = pending_.get();
  RawClient other = client();
  std::unique_lock lock(hold);
  ASSERT_TRUE(other.send(get("/hold")));
  ASSERT_TRUE(eventually([&] { return holds.load(); }));
  // Both meet the worker in one batch of events, the answer first.
  first.responder->respond({.body = std::string(10'000'000, 'x')});
  ASSERT_TRUE(c.send(send("2")));
  lock.unlock();
  EXPECT_EQ(other.receive().body, "held");
  EXPECT_EQ(c.receive().body.size(), 10'000'000U);
  answer(pending_.get());
  EXPECT_EQ(c.receive().body, "did 2");
}

}  // namespace
}  // namespace fairlead::http
