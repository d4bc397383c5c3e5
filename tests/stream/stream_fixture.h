#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "fallback/poll/poll_connection.h"
#include "protocol/ids.h"
#include "store/sqlite/sqlite_store.h"
#include "tests/hub/shard_fixture.h"
#include "transport/sse/sse_stream.h"
#include "transport/stream/stream_engine.h"

namespace fairlead::stream {

// The client's end of a connection, blocking, with a deadline of ten seconds a read.
class Client {
 public:
  explicit Client(UniqueFd fd) : fd_(std::move(fd)) {}
  const std::string& read_until(std::string_view what) {
    while (in_.find(what) == std::string::npos && fill(4096)) {
    }
    return in_;
  }
  const std::string& read_to_end() {
    while (fill(4096)) {
    }
    return in_;
  }
  // Up to `bytes`; false: the end, or nothing came.
  bool fill(std::size_t bytes) {
    pollfd ready{fd_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 10'000) != 1) return false;
    std::string chunk(bytes, '\0');
    const auto n = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
    if (n > 0) in_.append(chunk, 0, static_cast<std::size_t>(n));
    return n > 0;
  }
  bool has_something() const {
    pollfd ready{fd_.get(), POLLIN, 0};
    return ::poll(&ready, 1, 0) == 1;
  }
  void send(std::string_view bytes) {
    EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void forget(std::size_t bytes) { in_.erase(0, bytes); }
  void half_close() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

 private:
  UniqueFd fd_;
  std::string in_;
};

// An engine with its thread, on a real store, a clock that stands still, and socket pairs for
// clients.
class StreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::temp_directory_path() /
        ("fairlead-stream-" + protocol::base32(static_cast<std::int64_t>(random_u64() >> 1)));
    std::filesystem::create_directories(directory_);
    store_ = store::open_sqlite_store((directory_ / "log.db").string());
    store_->write([&](store::Transaction& tx) {
      tx.insert_user({ann_, "ann", "Ann", 1}, "hash");
      Room row;
      row.id = room_;
      row.name = "room";
      tx.insert_room(row);
      tx.insert_member(room_, ann_, Role::kOwner, tx.next_position(), 1);
    });
    writer_ = std::make_unique<log::Writer>(*store_);
    readers_ = std::make_unique<log::Readers>(*store_, 1);
    LogPosition head;
    store_->open_reader()->read([&](store::View& view) { head = view.head(); });
    hub::ShardSettings settings;
    settings.epoch = store_->epoch();
    settings.node = "test";
    settings.token_ended = [](const TokenMark& t) { return t == TokenMark{9, 9}; };
    engine_ = std::make_unique<StreamEngine>(clock_, [&](std::function<void()> wake) {
      return std::make_unique<hub::Shard>(hub_, *readers_, presence_, clock_, settings, head,
                                          std::move(wake));
    });
    hub_.add(&engine_->shard());
    writer_->subscribe([this](const log::BatchPtr& batch) { hub_.deliver(batch); });
    writer_->start();
    readers_->start();
    engine_->start("stream");
  }

  void TearDown() override {
    engine_->stop();
    writer_->stop();
    readers_->stop();
    engine_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  // Runs on the engine's thread; when this returns, it has run.
  void on_engine(std::function<void()> work) {
    std::mutex mutex;
    std::condition_variable there;
    bool done = false;
    engine_->shard().post([&] {
      work();
      std::lock_guard lock(mutex);
      done = true;
      there.notify_all();
    });
    std::unique_lock lock(mutex);
    there.wait(lock, [&] { return done; });
  }
  // The clock goes on by `time`, and the engine sees each of its ticks.
  void pass(std::chrono::milliseconds time) {
    for (auto passed = Millis(0); passed < time; passed += hub::Shard::kTick) {
      clock_.advance(hub::Shard::kTick);
      on_engine([] {});  // the tick comes behind the mailbox …
      on_engine([] {});  // … so it has been by now
    }
  }

  void notes(int count) { notes(count, room_); }
  void notes(int count, RoomId room) {
    std::mutex mutex;
    std::condition_variable there;
    bool done = false;
    writer_->submit<bool>(
        [&](store::Transaction& tx) -> Result<bool> {
          for (int n = 1; n <= count; ++n) {
            tx.append(
                {"note",
                 room,
                 {},
                 store::EventKind::kPlain,
                 {},
                 1,
                 "{\"n\":" + std::to_string(n) + ",\"pad\":\"" + std::string(200, 'x') + "\"}"});
          }
          return true;
        },
        [&](const Result<bool>&) {
          std::lock_guard lock(mutex);
          done = true;
          there.notify_all();
        });
    std::unique_lock lock(mutex);
    there.wait(lock, [&] { return done; });
    lock.unlock();
    on_engine([] {});  // behind the batch, in its turn or the next …
    on_engine([] {});  // … so that turn has ended, and what it queued has been flushed
  }

  hub::OpenRequest request(std::string session = {}) {
    hub::OpenRequest open;
    open.user = ann_;
    open.session_is_new = session.empty();
    open.session = session.empty() ? "s_" + std::to_string(++sessions_) : std::move(session);
    open.probe = false;
    return open;
  }

  Client sse(sse::StreamOptions options = {}, std::optional<hub::OpenRequest> asked = {}) {
    auto [ours, theirs] = pair();
    start_sse(std::move(ours), std::move(options), asked ? std::move(*asked) : request());
    return Client(std::move(theirs));
  }
  void start_sse(UniqueFd fd, sse::StreamOptions options, hub::OpenRequest asked) {
    auto shared = std::make_shared<UniqueFd>(std::move(fd));
    engine_->adopt([=](StreamEngine& engine) {
      return std::make_unique<sse::SseStream>(engine, std::move(*shared), options, asked);
    });
  }
  Client poll(std::chrono::seconds timeout, hub::OpenRequest asked, std::string unread = {}) {
    auto [ours, theirs] = pair();
    auto taken = std::make_shared<http::TakenConnection>();
    taken->fd = std::move(ours);
    taken->unread = std::move(unread);
    engine_->adopt([=, this](StreamEngine& engine) {
      return std::make_unique<poll::PollConnection>(engine, std::move(*taken),
                                                    poll::Poll{"r", timeout, asked}, reader_);
    });
    return Client(std::move(theirs));
  }
  // The next answer's body.
  static protocol::Json body(Client& client) {
    const auto& text = client.read_until("poll_again_ms");
    const auto end = client.read_until("}").find('}', text.find("poll_again_ms"));
    const auto begin = text.find("\r\n\r\n");
    if (begin == std::string::npos) return "no answer";
    const auto json = text.substr(begin + 4, end + 1 - begin - 4);
    client.forget(end + 1);
    return protocol::Json::parse(json, nullptr, /*allow_exceptions=*/false);
  }
  std::string cursor() {  // of the log's end
    std::string at;
    on_engine([&] {
      LogPosition head;
      store_->open_reader()->read([&](store::View& view) { head = view.head(); });
      at = engine_->shard().cursor_at(head);
    });
    return at;
  }
  hub::HubStats stats() { return hub_.stats(); }

  const RoomId room_{77};
  const UserId ann_{1};
  hub::ManualClock clock_;
  hub::PresenceSpy presence_;
  hub::Hub hub_;
  std::filesystem::path directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<log::Writer> writer_;
  std::unique_ptr<log::Readers> readers_;
  std::unique_ptr<StreamEngine> engine_;
  // "SESSION CURSOR" is a poll, "again CURSOR" one more with the head before it; all else goes
  // back.
  struct Reader final : poll::PollReader {
    std::optional<poll::PollHead> look_at(std::string_view bytes) const override {
      if (!bytes.starts_with("again ")) return std::nullopt;
      return poll::PollHead{kFingerprint, bytes.substr(6), "again"};
    }
    bool may_be_poll(std::string_view beginning) const override {
      return beginning.starts_with("s_") || beginning.starts_with("again ");
    }
    std::optional<poll::Poll> read(std::string_view bytes, const std::optional<poll::PollHead>&,
                                   const http::TakenPeer&, const hub::Shard&) override {
      ++asked;
      if (bytes == "bob") {
        hub::OpenRequest open;
        open.user = UserId(2);
        open.session = "s_bob";
        open.token.mark = {9, 9};
        open.cursor = "x";
        return poll::Poll{"bob", std::chrono::seconds(20), std::move(open), kFingerprint};
      }
      const auto space = bytes.find(' ');
      if (!bytes.starts_with("s_") || space == std::string_view::npos) return std::nullopt;
      hub::OpenRequest open;
      open.user = UserId(1);
      open.session_is_new = false;
      open.session = bytes.substr(0, space);
      open.cursor = bytes.substr(space + 1);
      open.probe = false;
      return poll::Poll{"next", std::chrono::seconds(20), std::move(open), kFingerprint};
    }
    void give_back(http::TakenConnection connection) override {
      given_back.push_back(std::move(connection));
    }

    static constexpr std::array<std::uint64_t, 2> kFingerprint{1, 2};
    int asked = 0;
    std::vector<http::TakenConnection> given_back;
  } reader_;  // the engine's thread

 private:
  static std::pair<UniqueFd, UniqueFd> pair() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    return {UniqueFd(fds[0]), UniqueFd(fds[1])};
  }
  int sessions_ = 0;
};

}  // namespace fairlead::stream
