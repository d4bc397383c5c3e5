// Nodes that talk over a real Redis, which comes, goes, hangs and forgets.
#include "bus/redis/redis_bus.h"

#include <gmock/gmock.h>

#include <mutex>

#include "tests/redis/eventually.h"
#include "tests/redis/redis_server.h"

namespace fairlead::bus {
namespace {

using redis::eventually;

// A node's bus, with what it has heard.
class TestBus {
 public:
  explicit TestBus(const RedisBusOptions& options) : bus(options) {
    bus.on_message([this](const Message& message) {
      std::lock_guard lock(mutex_);
      if (const auto* moved = std::get_if<SessionMoved>(&message)) heard_.push_back(moved->session);
      if (const auto* committed = std::get_if<Committed>(&message)) {
        for (const auto& event : committed->events) positions_.push_back(event->position.value());
      }
    });
    bus.start();
  }
  ~TestBus() { bus.stop(); }

  bool works() {
    return eventually([&] { return bus.healthy(); });
  }
  void say(const std::string& word) { bus.publish(SessionMoved{word, 1}); }
  std::vector<std::string> heard() const {
    std::lock_guard lock(mutex_);
    return heard_;
  }
  std::vector<std::int64_t> positions() const {
    std::lock_guard lock(mutex_);
    return positions_;
  }
  bool hears(const std::string& word) {
    return eventually([&] {
      const auto all = heard();
      return std::find(all.begin(), all.end(), word) != all.end();
    });
  }

  RedisBus bus;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> heard_;
  std::vector<std::int64_t> positions_;
};

class RedisBusTest : public testing::Test {
 protected:
  std::unique_ptr<TestBus> node() {
    auto made = std::make_unique<TestBus>(options_);
    EXPECT_TRUE(made->works());
    return made;
  }
  static Committed committed(std::int64_t from, std::size_t count, std::size_t bytes) {
    Committed all;
    for (std::size_t i = 0; i < count; ++i) {
      auto event = std::make_shared<store::Event>();
      event->position = LogPosition(from + static_cast<std::int64_t>(i));
      event->room = RoomId(1);
      event->json = "{\"pad\":\"" + std::string(bytes, 'x') + "\"}";
      all.events.push_back(std::move(event));
    }
    return all;
  }

  redis::RedisServer server_;
  RedisBusOptions options_ = [this] {
    RedisBusOptions options;
    options.address = server_.address();
    options.epoch = "0123456789ab";
    options.answer_timeout = Millis(1000);
    options.backoff_max = Millis(200);
    return options;
  }();
};

TEST_F(RedisBusTest, EachHearsWhatTheOthersSayInOrderAndNotItself) {
  const auto a = node(), b = node(), c = node();
  for (int i = 0; i < 500; ++i) a->say("a" + std::to_string(i));
  c->say("from c");
  ASSERT_TRUE(b->hears("a499"));
  ASSERT_TRUE(b->hears("from c"));
  auto all = b->heard();
  std::erase(all, "from c");
  ASSERT_EQ(all.size(), 500U);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], "a" + std::to_string(i));
  ASSERT_TRUE(a->hears("from c"));
  EXPECT_THAT(a->heard(), testing::ElementsAre("from c"));
}

TEST_F(RedisBusTest, ManyMessagesShareAnEntry) {
  const auto a = node(), b = node();
  const auto before = server_.calls()["xadd"];
  for (int i = 0; i < 2000; ++i) a->say("word " + std::to_string(i));
  ASSERT_TRUE(b->hears("word 1999"));
  EXPECT_LT(server_.calls()["xadd"] - before, 1000);
}

TEST_F(RedisBusTest, ALargeCommitComesInPartsThatTogetherAreIt) {
  const auto a = node(), b = node();
  a->bus.publish(committed(11, 300, 1000));
  a->bus.publish(committed(311, 1, 3 * kEntryBytes));
  ASSERT_TRUE(eventually([&] { return b->positions().size() == 301; }));
  const auto positions = b->positions();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    EXPECT_EQ(positions[i], 11 + static_cast<std::int64_t>(i));
  }
}

TEST_F(RedisBusTest, AnotherStoresNodesAreNotHeard) {
  const auto a = node(), b = node();
  options_.epoch = "ba9876543210";
  const auto stranger = node();
  stranger->say("psst");
  a->say("hello");
  ASSERT_TRUE(b->hears("hello"));
  EXPECT_THAT(b->heard(), testing::ElementsAre("hello"));
  EXPECT_TRUE(stranger->heard().empty());
}

TEST_F(RedisBusTest, WhatWasSaidBeforeANodeCameIsNotHeard) {
  const auto a = node();
  {
    const auto b = node();
    a->say("old");
    ASSERT_TRUE(b->hears("old"));
  }
  const auto c = node();
  a->say("new");
  ASSERT_TRUE(c->hears("new"));
  EXPECT_THAT(c->heard(), testing::ElementsAre("new"));
}

TEST_F(RedisBusTest, AfterRedisWasGoneTheyTalkAgain) {
  const auto a = node(), b = node();
  a->say("before");
  ASSERT_TRUE(b->hears("before"));
  server_.stop();
  ASSERT_TRUE(eventually([&] { return !a->bus.healthy() && !b->bus.healthy(); }));
  a->say("meanwhile");
  EXPECT_GE(a->bus.stats().dropped, 1U);
  server_.start();
  ASSERT_TRUE(a->works());
  ASSERT_TRUE(b->works());
  a->say("after");
  ASSERT_TRUE(b->hears("after"));
}

TEST_F(RedisBusTest, ARedisThatHangsIsGivenUpAndFoundAgain) {
  const auto a = node(), b = node();
  server_.pause();
  a->say("into the void");
  EXPECT_TRUE(eventually([&] { return !a->bus.healthy(); }));
  server_.resume();
  ASSERT_TRUE(a->works());
  ASSERT_TRUE(b->works());
  a->say("after");
  ASSERT_TRUE(b->hears("after"));
}

TEST_F(RedisBusTest, AFlushedRedisLosesHintsAndNothingElse) {
  const auto a = node(), b = node();
  a->say("before");
  ASSERT_TRUE(b->hears("before"));
  server_.command({"FLUSHALL"});
  a->say("after");
  ASSERT_TRUE(b->hears("after"));
}

TEST_F(RedisBusTest, AStreamThatBeganAnewIsFollowedFromItsBeginning) {
  const auto key = options_.prefix + options_.epoch;
  // As if an earlier Redis had been ahead in time.
  server_.command({"XADD", key, "99999999999999-0", "from", "nobody", "m", "{}"});
  const auto a = node(), b = node();
  server_.stop();
  ASSERT_TRUE(eventually([&] { return !a->bus.healthy() && !b->bus.healthy(); }));
  server_.start();
  ASSERT_TRUE(a->works());
  ASSERT_TRUE(b->works());
  a->say("anew");
  ASSERT_TRUE(b->hears("anew"));
}

TEST_F(RedisBusTest, NonsenseIsCountedAndHurtsNobody) {
  const auto a = node(), b = node();
  const auto key = options_.prefix + options_.epoch;
  server_.command({"XADD", key, "*", "from", "x", "m", "{nonsense"});
  server_.command({"XADD", key, "*", "from", "x", "m", "{}", "odd", ""});
  server_.command({"XADD", key, "*", "alone", "x"});
  a->say("sense");
  ASSERT_TRUE(b->hears("sense"));
  EXPECT_GE(b->bus.stats().malformed, 2U);
}

TEST_F(RedisBusTest, ARedisThatTakesNothingIsNotAskedAllTheTime) {
  options_.backoff_max = Millis(2000);
  const auto a = node();
  const auto connections = [&] {
    const auto info = server_.command({"INFO", "stats"});
    constexpr std::string_view kName = "total_connections_received:";
    return std::stol(info.substr(info.find(kName) + kName.size()));
  };
  server_.command({"CONFIG", "SET", "maxmemory", "1"});
  const auto before = connections();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(4);
  while (std::chrono::steady_clock::now() < until) {
    a->say("lost");
    std::this_thread::sleep_for(Millis(2));
  }
  EXPECT_LT(connections() - before, 2 * 10);
  server_.command({"CONFIG", "SET", "maxmemory", "0"});
  const auto b = node();
  ASSERT_TRUE(a->works());
  a->say("again");
  EXPECT_TRUE(b->hears("again"));
}

TEST_F(RedisBusTest, WhatRedisKeepsIsBounded) {
  options_.entries_max = 100;
  const auto a = node(), b = node();
  for (std::uint64_t i = 1; a->bus.stats().sent < 2000; ++i) {
    a->bus.publish(committed(1, 1, kEntryBytes));
    if (i % 100 == 0) {
      // A busy machine makes Redis too slow now and then.
      ASSERT_TRUE(eventually([&] { return a->bus.stats().sent + a->bus.stats().dropped >= i; }));
      ASSERT_TRUE(a->works());
    }
  }
  EXPECT_LT(std::stol(server_.command({"XLEN", options_.prefix + options_.epoch})), 300);
}

}  // namespace
}  // namespace fairlead::bus
