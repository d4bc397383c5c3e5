#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>

#include "core/random.h"
#include "hub/shard.h"
#include "log/readers.h"
#include "log/writer.h"
#include "protocol/ids.h"
#include "store/sqlite/sqlite_store.h"
#include "tests/hub/fake_transport.h"

namespace fairlead::hub {

class ManualClock final : public Clock {
 public:
  std::int64_t wall_us() const override { return wall_us_; }
  MonoTime mono() const override { return MonoTime(std::chrono::microseconds(mono_us_.load())); }
  void advance(std::chrono::milliseconds by) { advance_us(by.count() * 1000); }
  void advance_us(std::int64_t by) {
    wall_us_ += by;
    mono_us_ += by;
  }
  void advance_to(MonoTime time) {
    if (time > mono()) advance_us(std::chrono::ceil<std::chrono::microseconds>(time - mono()).count());
  }

 private:
  std::atomic<std::int64_t> wall_us_{1'800'000'000'000'000};
  std::atomic<std::int64_t> mono_us_{1'000'000'000};
};

inline constexpr TokenMark kToken{1, 1};  // everybody's, if nothing else is said

// Counts what the shard tells it; nobody else is there.
class PresenceSpy final : public presence::Map {
 public:
  void on_change(Listener) override {}
  void start() override {}
  void stop() override {}
  void open(UserId, std::string_view, std::string_view) override { ++opened; }
  void close(UserId, std::string_view) override { ++closed; }
  void set_away(UserId, bool) override {}
  void query(std::vector<UserId>, Answer) override {}
  bool healthy() const override { return true; }
  std::string_view kind() const override { return "spy"; }
  int opened = 0;
  int closed = 0;
};

// A shard on a real store, log writer and readers, run by the test's own thread: pump() is its loop.
class ShardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() /
                 ("fairlead-hub-" + protocol::base32(static_cast<std::int64_t>(random_u64() >> 1)));
    std::filesystem::create_directories(directory_);
    store_ = store::open_sqlite_store((directory_ / "log.db").string());
    writer_ = std::make_unique<log::Writer>(*store_);
    readers_ = std::make_unique<log::Readers>(*store_, 1);
    for (int i = 1; i <= 3; ++i) add_user(UserId(i));
    make_shard();
    writer_->subscribe([this](const log::BatchPtr& batch) { hub_->deliver(batch); });
    writer_->start();
    readers_->start();
  }

  void TearDown() override {
    writer_->stop();
    readers_->stop();
    shard_->close();
    shard_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  virtual ShardSettings settings() const {
    ShardSettings settings;
    settings.epoch = store_->epoch();
    settings.node = "test";
    return settings;
  }

  void make_shard() {
    hub_ = std::make_unique<Hub>();
    shard_ = std::make_unique<Shard>(*hub_, *readers_, presence_, clock_, settings(), head(),
                                     [this] {
                                       std::lock_guard lock(mutex_);
                                       woken_ = true;
                                       ready_.notify_all();
                                     });
    hub_->add(shard_.get());
  }

  LogPosition head() {
    LogPosition position;
    store_->open_reader()->read([&](store::View& view) { position = view.head(); });
    return position;
  }

  void add_user(UserId id) {
    store_->write([&](store::Transaction& tx) {
      tx.insert_user({id, "user" + std::to_string(id.value()), "User", 1}, "hash");
    });
  }

  // As another node does it: this one's log, which is the one writer of store_, hears nothing of it.
  void write_elsewhere(const std::function<void(store::Transaction&)>& work) {
    store::open_sqlite_store((directory_ / "log.db").string())->write(work);
  }

  // Runs the mailbox until `condition` holds; fails the test after a deadline.
  void pump_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(240);
    while (!condition()) {
      std::unique_lock lock(mutex_);
      ready_.wait_for(lock, std::chrono::milliseconds(20), [this] { return woken_; });
      woken_ = false;
      lock.unlock();
      turn();
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "what was waited for did not come";
    }
  }

  // One command through the log's writer; its events have reached the shard when this returns.
  void write(std::function<void(store::Transaction&)> work) {
    std::atomic<bool> done{false};
    LogPosition at;
    writer_->submit<LogPosition>(
        [&](store::Transaction& tx) -> Result<LogPosition> {
          work(tx);
          return LogPosition(tx.next_position().value() - 1);
        },
        [&](Result<LogPosition> answer) {
          at = *answer;
          done = true;
        });
    pump_until([&] { return done.load(); });
    // The batch was posted before the answer was given.
    shard_->run_mailbox();
  }

  // The same, but the shard has only been told of them: it has not looked.
  void commit_with(const std::function<void(store::Transaction&)>& work) {
    std::promise<void> done;
    writer_->submit<int>(
        [&](store::Transaction& tx) -> Result<int> {
          work(tx);
          return 0;
        },
        [&](Result<int>) { done.set_value(); });
    done.get_future().wait();
  }
  // The next turn, when it is due.
  void turn(Shard& shard) {
    if (const auto at = shard.resumes_at()) clock_.advance_to(*at);
    shard.run_mailbox();
  }
  void turn() { turn(*shard_); }

  void create_room(RoomId room, UserId owner) {
    write([=](store::Transaction& tx) {
      Room row;
      row.id = room;
      row.name = "room";
      tx.insert_room(row);
      tx.insert_member(room, owner, Role::kOwner, tx.next_position(), 1);
      tx.append({"member.joined", room, {}, store::EventKind::kMemberJoined, owner, 1, "{}"});
    });
  }
  void join(RoomId room, UserId user) {
    write([=](store::Transaction& tx) {
      tx.insert_member(room, user, Role::kMember, tx.next_position(), 1);
      tx.append({"member.joined", room, {}, store::EventKind::kMemberJoined, user, 1, "{}"});
    });
  }
  void leave(RoomId room, UserId user) {
    write([=](store::Transaction& tx) {
      const auto event =
          tx.append({"member.left", room, {}, store::EventKind::kMemberLeft, user, 1, "{}"});
      tx.remove_member(room, user, event->position);
    });
  }
  void note(RoomId room, int n) { notes(room, n, n); }
  void notes(RoomId room, int from, int to) {
    write([=](store::Transaction& tx) {
      for (int n = from; n <= to; ++n) {
        tx.append({"note", room, {}, store::EventKind::kPlain, {}, 1,
                   "{\"n\":" + std::to_string(n) + ",\"pad\":\"" + std::string(200, 'x') + "\"}"});
      }
    });
  }

  OpenRequest request(UserId user, std::string session = {}) {
    OpenRequest open;
    open.user = user;
    open.token.mark = kToken;
    open.session_is_new = session.empty();
    open.session = session.empty() ? "s_" + std::to_string(++sessions_) : std::move(session);
    open.probe = false;
    return open;
  }
  Session* open(FakeTransport& transport, UserId user, std::optional<std::string> cursor = {},
                std::string session = {}) {
    auto asked = request(user, std::move(session));
    asked.cursor = std::move(cursor);
    auto* opened = shard_->open(std::move(asked), &transport);
    pump_until([&] { return !transport.taken.empty() || transport.ended; });
    return opened;
  }
  std::string cursor_now() { return shard_->cursor_at(head()); }

  static std::vector<int> one_to(int n) {
    std::vector<int> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), 1);
    return all;
  }
  void tick_for(std::chrono::milliseconds time) {
    for (auto passed = Millis(0); passed < time; passed += Shard::kTick) {
      clock_.advance(Shard::kTick);
      shard_->tick();
    }
  }

  const RoomId room_{77};
  const RoomId other_room_{78};
  const UserId ann_{1}, bob_{2}, eve_{3};
  ManualClock clock_;
  PresenceSpy presence_;
  std::filesystem::path directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<log::Writer> writer_;
  std::unique_ptr<log::Readers> readers_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<Shard> shard_;

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  bool woken_ = false;
  int sessions_ = 0;
};

}  // namespace fairlead::hub
