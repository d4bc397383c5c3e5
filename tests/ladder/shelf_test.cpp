// Findings on a real Redis, which comes, goes and forgets.
#include "fallback/ladder/redis/shelf.h"

#include <gmock/gmock.h>

#include <mutex>

#include "tests/redis/eventually.h"
#include "tests/redis/redis_server.h"

namespace fairlead::ladder {
namespace {

using redis::eventually;
using testing::ElementsAre;

class ShelfTest : public ::testing::Test {
 protected:
  ShelfTest() {
    options_.address = server_.address();
    options_.backoff_max = Millis(100);
  }
  // A node's shelf; what it finds is in found(), and what begins with "bad" is thrown out.
  std::unique_ptr<Shelf> node() {
    auto shelf =
        std::make_unique<Shelf>(options_, [this](Network network, std::string_view findings) {
          std::lock_guard lock(mutex_);
          found_.push_back(network.to_wire() + " " + std::string(findings));
          return !findings.starts_with("bad");
        });
    shelf->start();
    return shelf;
  }
  std::vector<std::string> found() {
    std::lock_guard lock(mutex_);
    return found_;
  }
  std::string at(const std::string& field) {
    return server_.command({"HGET", options_.key, field});
  }

  redis::RedisServer server_;
  ShelfOptions options_;
  const Network office_ = Network::of_ip("203.0.113.7");

 private:
  std::mutex mutex_;
  std::vector<std::string> found_;
};

TEST_F(ShelfTest, WhatOneNodePutsTheNextOneFinds) {
  auto first = node();
  EXPECT_TRUE(eventually([&] {
    first->put(office_, "findings");
    return at("203.0.113.0/24") == "findings";
  }));
  EXPECT_TRUE(eventually([&] { return server_.command({"TTL", options_.key}) == "86400"; }));
  first.reset();
  const auto second = node();
  EXPECT_TRUE(eventually([&] { return !found().empty(); }));
  EXPECT_THAT(found(), ElementsAre("203.0.113.0/24 findings"));
}

TEST_F(ShelfTest, WhatIsNoLongerGoodIsThrownOut) {
  server_.command(
      {"HSET", options_.key, "203.0.113.0/24", "bad", "198.51.100.0/24", "good", "nowhere", "?"});
  const auto shelf = node();
  EXPECT_TRUE(eventually([&] { return server_.command({"HLEN", options_.key}) == "1"; }));
  EXPECT_EQ(at("198.51.100.0/24"), "good");
}

// All at once would hold Redis for everybody, and beyond some size never arrive in time.
TEST_F(ShelfTest, ALargeOneIsReadInPiecesAndTrimmed) {
  server_.command({"EVAL",
                   "for i = 0, ARGV[1] - 1 do redis.call('HSET', KEYS[1], string.format("
                   "'10.%d.%d.0/24', i / 256, i % 256), 'good') end",
                   "1", options_.key, "50000"});
  server_.command({"EVAL",
                   "for i = 0, ARGV[1] - 1 do redis.call('HSET', KEYS[1], string.format("
                   "'11.%d.%d.0/24', i / 256, i % 256), 'good') end",
                   "1", options_.key, "52000"});
  ASSERT_EQ(server_.command({"HLEN", options_.key}), "102000");
  const auto shelf = node();
  EXPECT_TRUE(eventually([&] {
    return found().size() >= Shelf::kRecordsMax &&
           std::stoul(server_.command({"HLEN", options_.key})) <= Shelf::kRecordsMax;
  }));
  EXPECT_GT(std::stoul(server_.command({"HLEN", options_.key})), 90'000U);
  EXPECT_EQ(server_.calls()["hgetall"], 0);
}

TEST_F(ShelfTest, ItIsReadAgainWhenRedisIsBack) {
  const auto shelf = node();
  server_.command({"HSET", options_.key, "203.0.113.0/24", "before"});
  const auto is_found = [&] {
    const auto all = found();
    return std::find(all.begin(), all.end(), "198.51.100.0/24 after") != all.end();
  };
  // It may be read before this is in it; then it is read at the next return.
  EXPECT_TRUE(eventually([&] {
    server_.stop();
    shelf->put(office_, "lost");
    server_.start();
    server_.command({"HSET", options_.key, "198.51.100.0/24", "after"});
    return eventually(is_found, Millis(2'000));
  }));
}

TEST_F(ShelfTest, ItEndsWhileRedisHangs) {
  server_.pause();
  auto shelf = node();
  shelf->put(office_, "findings");
  shelf.reset();
  server_.resume();
}

}  // namespace
}  // namespace fairlead::ladder
