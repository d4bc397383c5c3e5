#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

#include "chat/service.h"
#include "protocol/ids.h"
#include "tests/chat/listener.h"
#include "tests/chat/manual_clock.h"
#include "tests/chat/rules_fixture.h"

namespace fairlead::chat {

// A presence map that says what the test tells it to.
class ScriptedPresence final : public presence::Map {
 public:
  void on_change(Listener listener) override { listener_ = std::move(listener); }
  void start() override {}
  void stop() override {}
  void open(UserId, std::string_view, std::string_view) override {}
  void close(UserId, std::string_view) override {}
  void set_away(UserId user, bool is) override { away[user] = is; }
  void query(std::vector<UserId> users, Answer done) override {
    std::map<UserId, presence::State> states;
    for (const auto user : users) states[user] = {{status, 0}, {"sse"}};
    done(std::move(states));
    ++queries;
  }
  bool healthy() const override { return true; }
  std::string_view kind() const override { return "memory"; }

  void announce(UserId user, presence::Status now) {
    announce(presence::Changes{{user, {now, 1'800'000'000'123}}});
  }

  void announce(const presence::Changes& changes) { listener_(changes); }

  std::map<UserId, bool> away;
  std::atomic<presence::Status> status{presence::Status::kOnline};
  std::atomic<int> queries{0};  // that were answered

 private:
  Listener listener_;
};

// The chat with its real writer, readers, hub and one shard; only sockets and Redis are missing.
class ServiceTest : public ::testing::Test {
 protected:
  explicit ServiceTest(Settings settings = {})
      : service_({writer_, readers_, hub_, presence_, clock_, store_->epoch()}, settings) {
    writer_.subscribe([this](const log::BatchPtr& batch) { hub_.deliver(batch); });
    writer_.start();
    readers_.start();
    shard_.start();
  }
  ~ServiceTest() override {
    writer_.stop();
    readers_.stop();
    shard_.stop();
  }

  // Calls an operation of the service and waits for its answer.
  template <typename T, typename Call>
  Result<T> ask(Call call) {
    std::promise<Result<T>> promise;
    auto answer = promise.get_future();
    call([&promise](Result<T> result) { promise.set_value(std::move(result)); });
    return answer.get();
  }

  User make_user(const std::string& name) {
    return *ask<User>([&](auto done) { service_.register_user(name, name, "hash", done); });
  }
  RoomId make_room(const User& owner, Visibility visibility = Visibility::kPublic) {
    return ask<SeenRoom>([&](auto done) {
             service_.create_room(owner.id, {"room", "", visibility}, done);
           })
        ->room.id;
  }
  void join(const User& user, RoomId room) {
    ASSERT_TRUE(ask<SeenRoom>([&](auto done) { service_.join(user.id, room, done); }));
  }
  Result<SendOutcome> say(const User& user, RoomId room, std::string text, std::string nonce = {}) {
    return ask<SendOutcome>([&](auto done) {
      service_.send({user.id, room, std::move(text), std::move(nonce), {}, {}}, done);
    });
  }
  // Opens a session for the user and waits for its hello.
  void listen(const User& user, Listener& listener) {
    hub::OpenRequest request;
    request.user = user.id;
    request.session = "s_" + std::to_string(++sessions_);
    request.probe = false;
    shard_.open(std::move(request), listener);
    ASSERT_EQ(listener.wait_for("hello", 1).size(), 1u);
  }

  TemporaryStore store_;
  ManualClock clock_;
  ScriptedPresence presence_;
  log::Writer writer_{*store_};
  log::Readers readers_{*store_, 2};
  hub::Hub hub_;
  ShardLoop shard_{hub_, readers_, presence_, clock_, {.epoch = store_->epoch(), .node = "n1"}, {}};
  Service service_;
  int sessions_ = 0;
};

}  // namespace fairlead::chat
