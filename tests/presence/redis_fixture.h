#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "presence/redis/redis_map.h"
#include "tests/presence/child_node.h"
#include "tests/presence/observer.h"
#include "tests/redis/redis_server.h"

namespace fairlead::presence {

// A node of the shared map in this process, with what its listener heard.
struct TestNode {
  RedisMap map;
  Observer heard;
  explicit TestNode(const RedisOptions& options) : map(options), heard(map) { map.start(); }
  ~TestNode() { map.stop(); }  // before what its listener writes to goes
  bool works() {
    return eventually([&] { return map.healthy(); });
  }
  bool fails() {
    return eventually([&] { return !map.healthy(); });
  }
};

// Lease, renewal and grace in the proportions of production, ten times as fast.
struct RedisMapTest : testing::Test {
  redis::RedisServer server;
  RedisOptions options = [this] {
    RedisOptions o;
    o.address = server.address();
    o.lease_ttl = Millis(1000);
    o.leave_grace = Millis(1500);
    o.answer_timeout = Millis(1000);
    o.backoff_max = Millis(200);
    return o;
  }();
  const UserId alice{1};
  const UserId bob{2};
  const UserId carol{3};
  const UserId dave{4};

  std::unique_ptr<TestNode> node(const std::string& name = "a") {
    options.node = name;
    auto made = std::make_unique<TestNode>(options);
    EXPECT_TRUE(made->works());
    return made;
  }
  // Changes are heard in order: when this one is, those before it were.
  static void everything_before_is_heard(TestNode& on, const TestNode& by) {
    static int marker = 1'000'000;
    const UserId user(++marker);
    on.map.open(user, "s_marker", "sse");
    ASSERT_TRUE(by.heard.hears(user, "online"));
  }
  // A whole grace, and whatever was due before, is over when this returns.
  void a_grace_passes(TestNode& on, const TestNode& by) {
    static int marker = 2'000'000;
    const UserId user(++marker);
    on.map.open(user, "s_marker", "sse");
    on.map.close(user, "s_marker");
    ASSERT_TRUE(by.heard.hears(user, "online offline"));
  }
};

}  // namespace fairlead::presence
