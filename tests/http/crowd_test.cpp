#include "http/crowd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <vector>

#include "server_fixture.h"

namespace fairlead::http {
namespace {

using std::chrono::microseconds;

// ----------------------------------------------------------------------------------- the pace

class CrowdPaceTest : public ::testing::Test {
 protected:
  static MonoTime at(int us) { return MonoTime(std::chrono::seconds(1000)) + microseconds(us); }
  static constexpr int kMax_us = static_cast<int>(Crowd::kGroupMax.count());

  Crowd crowd_;
};

TEST_F(CrowdPaceTest, TheFirstGroupComesAtOnce) {
  EXPECT_LE(crowd_.next(), at(0));
}

TEST_F(CrowdPaceTest, WhoIsHereHasAsMuchTimeAsTheGroupTook) {
  const auto group = crowd_.begin(at(0));
  crowd_.are_in(group, at(500));
  EXPECT_EQ(crowd_.next(), at(1000));
}

TEST_F(CrowdPaceTest, AGroupThatIsSlowIsNotWaitedFor) {
  const auto slow = crowd_.begin(at(0));
  EXPECT_EQ(crowd_.next(), at(kMax_us));
  crowd_.are_in(slow, at(kMax_us - 100));
  EXPECT_EQ(crowd_.next(), at(kMax_us));
  crowd_.are_in(slow, at(kMax_us + 100));
  EXPECT_EQ(crowd_.next(), at(kMax_us)) << "nor does it cost those a pause who come later";
}

TEST_F(CrowdPaceTest, OfTwoGroupsTheLaterOneCounts) {
  const auto first = crowd_.begin(at(0));
  crowd_.begin(at(kMax_us));
  crowd_.are_in(first, at(kMax_us + 100));
  EXPECT_EQ(crowd_.next(), at(2 * kMax_us));
}

// ----------------------------------------------------------------------------------- a worker's

class CrowdTest : public ServerTest {
 protected:
  static constexpr std::size_t kCrowd = 200;

  CrowdTest() {
    options_.workers = 1;
    // Holds the worker, so that all who ask meanwhile are there when it looks again.
    routes_.add(Method::kGet, "/gate", [this](const Request&, Responder responder) {
      entered_.set_value();
      open_.get_future().wait();
      responder.respond({.body = "open"});
    });
  }

  // All of them ask while the worker is held.
  std::vector<RawClient> crowd(
      const std::string& request, const std::function<void()>& and_then = [] {}) {
    std::vector<RawClient> all;
    const auto before = server_->stats().connections_accepted;
    RawClient gate = client();
    for (std::size_t i = 0; i < kCrowd; ++i) all.push_back(client());
    EXPECT_TRUE(
        eventually([&] { return server_->stats().connections_accepted == before + kCrowd + 1; }));
    EXPECT_TRUE(gate.send(get("/gate")));
    entered_.get_future().wait();
    for (auto& one : all) EXPECT_TRUE(one.send(request));
    and_then();
    open_.set_value();
    return all;
  }

  std::promise<void> entered_, open_;
};

TEST_F(CrowdTest, WhoComesAloneIsNoneAndWaitsForNobody) {
  start();
  for (int i = 0; i < 20; ++i) {
    RawClient one = client();
    ASSERT_TRUE(one.send(get("/take/1")));
    EXPECT_EQ(taken_.get().arrival, nullptr);
  }
  EXPECT_EQ(server_->stats().crowded, 0U);
}

TEST_F(CrowdTest, WhoHasAskedBeforeIsServedBeforeIt) {
  start();
  RawClient known = client();
  ASSERT_TRUE(known.send(get("/later/known")));
  pending_.get().responder->respond({.body = "first"});
  ASSERT_EQ(known.receive().body, "first");
  const auto clients =
      crowd(get("/later/newcomer"), [&] { ASSERT_TRUE(known.send(get("/later/known"))); });

  std::vector<std::string> order;
  while (order.size() < kCrowd + 1) {
    const auto pending = pending_.get();
    ASSERT_TRUE(pending.responder) << order.size() << " were served";
    order.emplace_back(pending.request.param(":word"));
  }
  EXPECT_EQ(order.front(), "known");
}

TEST_F(CrowdTest, ComesInInGroupsWhoseArrivalsGoWithTheirConnections) {
  start();
  const auto clients = crowd(get("/take/1"));
  std::vector<TakenConnection> all;  // nobody is in before all have come
  for (std::size_t i = 0; i < kCrowd; ++i) {
    all.push_back(taken_.get());
    ASSERT_NE(all.back().arrival, nullptr);
  }
  std::size_t largest = 0;
  for (const auto& one : all) {
    std::size_t same = 0;
    for (const auto& other : all) {
      same += !one.arrival.owner_before(other.arrival) && !other.arrival.owner_before(one.arrival);
    }
    largest = std::max(largest, same);
  }
  EXPECT_EQ(largest, Crowd::kGroup);
  EXPECT_GE(server_->stats().crowded, kCrowd - 2 * Crowd::kGroup);
}

TEST_F(CrowdTest, IsServedThoughNobodyOfItEverIs) {
  start();
  const auto clients = crowd(get("/later/1"));
  std::vector<Pending> unanswered;
  for (std::size_t i = 0; i < kCrowd; ++i) {
    unanswered.push_back(pending_.get());
    ASSERT_TRUE(unanswered.back().responder) << i << " were served";
  }
}

TEST_F(CrowdTest, WhoGoesWhileItWaitsIsForgotten) {
  start();
  {
    auto clients = crowd(get("/later/1"));
    for (auto& one : clients) one.reset();
  }
  EXPECT_TRUE(eventually([&] { return server_->stats().connections_open <= 1; }));
  EXPECT_EQ(client().exchange(get("/echo/a")).body, "a");
}

TEST_F(CrowdTest, HalfARequestHoldsNobodyUpAndIsServedWhenItIsWhole) {
  start();
  auto halves = crowd("GET /echo/a HTTP/1.1\r\nHo");
  for (auto& one : halves) ASSERT_TRUE(one.send("st: x\r\n\r\n"));
  for (auto& one : halves) EXPECT_EQ(one.receive().body, "a");
}

TEST_F(CrowdTest, WhoIsTooLateWithItsFirstRequestKeepsNobodyOut) {
  options_.head_timeout = std::chrono::milliseconds(100);
  start();
  auto late = crowd("G", [&] { std::this_thread::sleep_for(2 * options_.head_timeout); });
  for (auto& one : late) EXPECT_NE(one.receive().status, 200);
  auto again = client();
  EXPECT_EQ(again.exchange(get("/echo/a")).body, "a");
}

TEST_F(CrowdTest, WhatTricklesInDoesNotMoveItsDeadline) {
  options_.head_timeout = std::chrono::milliseconds(300);
  start();
  auto slow = crowd("GET /echo/a HTTP/1.1\r\nX: ");
  EXPECT_TRUE(eventually([&] {
    for (auto& one : slow) one.send("x");  // refused when it has been closed
    return server_->stats().rejected >= kCrowd;
  }));
  for (auto& one : slow) EXPECT_EQ(one.receive().status, 408) << "late, and not too large";
}

TEST_F(CrowdTest, WhoWaitsForAPlaceComesInAsTheCrowdGoes) {
  options_.connections_max = 64;
  start();
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kCrowd; ++i) clients.push_back(client());
  for (auto& one : clients) ASSERT_TRUE(one.send(get("/take/1")));
  for (std::size_t i = 0; i < kCrowd; ++i) ASSERT_TRUE(taken_.get().fd) << i << " came in";
}

TEST_F(CrowdTest, WhoWaitsWhenTheServerDrainsIsAnswered) {
  start();
  auto clients = crowd(get("/echo/a"));
  server_->stop_accepting();
  for (auto& one : clients) EXPECT_EQ(one.receive().body, "a");
}

}  // namespace
}  // namespace fairlead::http
