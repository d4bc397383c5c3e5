#include <future>
#include <vector>

#include "server_fixture.h"

// A crowd that comes does not keep those waiting who are here.
namespace fairlead::http {
namespace {

class NewcomersTest : public ServerTest {
 protected:
  static constexpr std::size_t kCrowd = 200;

  NewcomersTest() {
    options_.workers = 1;
    routes_.add(Method::kGet, "/note/:word", [this](const Request& request, Responder responder) {
      noted_.put(std::string(request.param(":word")));
      responder.respond({.body = "noted"});
    });
    // Holds the worker, so that all who ask meanwhile are there when it looks again.
    routes_.add(Method::kGet, "/gate", [this](const Request&, Responder responder) {
      entered_.set_value();
      open_.get_future().wait();
      responder.respond({.body = "open"});
    });
  }

  Handoff<std::string> noted_;
  std::promise<void> entered_, open_;
};

TEST_F(NewcomersTest, WhoHasAskedBeforeIsServedBeforeACrowd) {
  start();
  RawClient known = client(), gate = client();
  ASSERT_EQ(known.exchange(get("/note/known")).body, "noted");
  ASSERT_EQ(noted_.get(), "known");
  std::vector<RawClient> crowd;
  for (std::size_t i = 0; i < kCrowd; ++i) crowd.push_back(client());
  ASSERT_TRUE(eventually([&] { return server_->stats().connections_accepted == kCrowd + 2; }));

  ASSERT_TRUE(gate.send(get("/gate")));
  entered_.get_future().wait();
  for (auto& newcomer : crowd) ASSERT_TRUE(newcomer.send(get("/note/newcomer")));
  ASSERT_TRUE(known.send(get("/note/known")));
  open_.set_value();

  std::vector<std::string> order;
  while (order.size() < kCrowd + 1) {
    order.push_back(noted_.get());
    ASSERT_NE(order.back(), "") << order.size() << " were served";
  }
  EXPECT_EQ(order.front(), "known");
}

TEST_F(NewcomersTest, EverybodyOfACrowdIsServed) {
  start();
  std::vector<RawClient> crowd;
  for (std::size_t i = 0; i < kCrowd; ++i) crowd.push_back(client());
  for (auto& newcomer : crowd) ASSERT_TRUE(newcomer.send(get("/note/newcomer")));
  for (auto& newcomer : crowd) EXPECT_EQ(newcomer.receive().body, "noted");
  EXPECT_EQ(server_->stats().connections_accepted, kCrowd);
}

}  // namespace
}  // namespace fairlead::http
