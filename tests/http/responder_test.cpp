// Answers that come later, from elsewhere, twice or never.
#include <gmock/gmock.h>

#include <thread>

#include "server_fixture.h"

namespace fairlead::http {
namespace {

TEST_F(ServerTest, AnswersFromAnotherThread) {
  start();
  RawClient c = client();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(c.send(get("/later/" + std::to_string(i))));
    const Pending pending = pending_.get();
    pending.responder->respond({.body = "late " + std::string(pending.request.param(":word"))});
    ASSERT_EQ(c.receive().body, "late " + std::to_string(i));
  }
}

TEST_F(ServerTest, BeginsNoOtherRequestWhileAnAnswerIsPending) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(get("/later/1") + get("/later/2") + get("/echo/3")));
  const Pending first = pending_.get();
  // Another connection is served meanwhile, and shows that the worker has had its time.
  for (int i = 0; i < 10; ++i) ASSERT_EQ(client().exchange(get("/echo/x")).body, "x");
  EXPECT_EQ(pending_.size(), 0U);
  first.responder->respond({.body = "1"});
  EXPECT_EQ(c.receive().body, "1");
  pending_.get().responder->respond({.body = "2"});
  EXPECT_EQ(c.receive().body, "2");
  EXPECT_EQ(c.receive().body, "3");
}

TEST_F(ServerTest, StopsAFloodBehindAPendingRequest) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(get("/later/1")));
  const Pending pending = pending_.get();
  // The kernel's buffers fill up and the client blocks: the server reads nothing into memory.
  const timeval limit{0, 300'000};
  setsockopt(c.fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  std::size_t requests = 0;
  while (c.send(get("/echo/flood")) && requests < 10'000'000) ++requests;
  EXPECT_LT(requests, 10'000'000U);
  EXPECT_EQ(client().exchange(get("/echo/canary")).body, "canary");
  pending.responder->respond({.body = "1"});
  EXPECT_EQ(c.receive().body, "1");
  for (std::size_t i = 0; i < std::min<std::size_t>(requests, 10'000); ++i)
    ASSERT_EQ(c.receive().body, "flood");
}

TEST_F(ServerTest, SendsTheFirstOfSeveralAnswers) {
  routes_.add(Method::kGet, "/twice", [](const Request&, Responder responder) {
    responder.respond({.body = "first"});
    responder.respond({.body = "second"});
    responder.take_over(
        [](TakenConnection) { ADD_FAILURE() << "an answered connection was taken"; });
  });
  start();
  RawClient c = client();
  EXPECT_EQ(c.exchange(get("/twice")).body, "first");
  EXPECT_EQ(c.exchange(get("/echo/next")).body, "next");
  ASSERT_TRUE(c.send(get("/later/1")));
  const Pending pending = pending_.get();
  std::vector<std::thread> racers;
  for (int i = 0; i < 8; ++i)
    racers.emplace_back([&] { pending.responder->respond({.body = "raced"}); });
  for (auto& racer : racers) racer.join();
  EXPECT_EQ(c.receive().body, "raced");
  EXPECT_EQ(c.exchange(get("/echo/next")).body, "next");
}

TEST_F(ServerTest, AnswersForAHandlerThatForgot) {
  routes_.add(Method::kGet, "/forget", [](const Request&, Responder) {});
  start();
  RawClient c = client();
  EXPECT_EQ(c.exchange(get("/forget")).status, 500);
  ASSERT_TRUE(c.send(get("/later/1", "X-Request-Id: forgotten\r\n")));
  { const Pending dropped = pending_.get(); }
  const auto answer = c.receive();
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.header("content-type"), "application/problem+json");
  EXPECT_EQ(answer.header("x-request-id"), "forgotten");
  EXPECT_EQ(c.exchange(get("/echo/next")).body, "next");
}

// The fault this layer exists for: an answer must not go to who got the fd number next.
TEST_F(ServerTest, NeverGivesAnAbortedClientsAnswerToAnother) {
  start();
  for (int round = 0; round < 300; ++round) {
    RawClient aborting = client();
    ASSERT_TRUE(aborting.send(get("/later/aborted")));
    const Pending pending = pending_.get();
    aborting.reset();
    ASSERT_TRUE(eventually([&] { return server_->stats().connections_open == 0; }));
    RawClient next = client();  // gets the same fd number in the server
    ASSERT_TRUE(next.send(get("/later/next")));
    const Pending waiting = pending_.get();
    pending.responder->respond({.body = "meant for another"});
    pending.responder->take_over(
        [](TakenConnection) { ADD_FAILURE() << "taken after it was answered"; });
    waiting.responder->respond({.body = "mine"});
    ASSERT_EQ(next.receive().body, "mine");
    next.reset();
    ASSERT_TRUE(eventually([&] { return server_->stats().connections_open == 0; }));
  }
}

TEST_F(ServerTest, KeepsNoConnectionOfAClientThatReset) {
  start();
  RawClient c = client();
  ASSERT_TRUE(c.send(get("/later/1")));
  const Pending pending = pending_.get();
  c.reset();
  EXPECT_TRUE(eventually([&] { return server_->stats().connections_open == 0; }));
}

// One handler answers for others: their next requests must not run inside it.
TEST_F(ServerTest, AnswersOthersFromAHandlerWithoutRecursion) {
  std::vector<Responder> waiting;  // touched on the one worker's thread only
  bool in_handler = false;
  routes_.add(Method::kGet, "/join", [&](const Request&, Responder responder) {
    EXPECT_FALSE(in_handler);
    in_handler = true;
    for (const auto& other : std::exchange(waiting, {})) other.respond({.body = "released"});
    waiting.push_back(responder);
    in_handler = false;
  });
  start();
  constexpr std::size_t kJoining = 20;
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kJoining; ++i) clients.push_back(client());
  // Each sends a second request behind the first, so that a release makes it runnable at once.
  for (auto& c : clients) ASSERT_TRUE(c.send(get("/join") + get("/join")));
  // Whether the last of them is the first or the second of its client depends on how they came: the
  // first leaves a second one waiting behind it, which somebody else's request lets go on.
  ASSERT_TRUE(eventually([&] { return server_->stats().requests >= 2 * kJoining - 1; }));
  clients.push_back(client());
  ASSERT_TRUE(clients.back().send(get("/join")));
  ASSERT_TRUE(eventually([&] { return server_->stats().requests == 2 * kJoining + 1; }));
  server_->stop();
  std::size_t answers = 0;
  for (auto& c : clients) {
    const std::string all = c.drain();
    for (std::size_t at = 0; (at = all.find("released", at)) != std::string::npos; ++at) ++answers;
  }
  EXPECT_EQ(answers, 2 * kJoining);  // the last one had nobody behind it
}

}  // namespace
}  // namespace fairlead::http
