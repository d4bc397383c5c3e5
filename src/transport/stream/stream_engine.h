#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/slot_table.h"
#include "core/socket.h"
#include "core/unique_fd.h"
#include "hub/shard.h"
#include "transport/stream/deadlines.h"
#include "transport/stream/proxy_window.h"

namespace fairlead::stream {

class StreamEngine;

// One connection that an engine watches: an SSE stream or a held poll. Made on the engine's thread
// and owned by the engine; finish() is how it ends. All methods: the engine's thread.
class Connection : public hub::Transport {
 public:
  Connection(StreamEngine& engine, UniqueFd fd) : engine_(engine), fd_(std::move(fd)) {}

  virtual void start() = 0;  // watched from now on
  virtual void on_events(std::uint32_t epoll) = 0;
  virtual void on_deadline() {}  // the time given to wake_at() has come
  virtual void on_soon() {}      // what was asked of wake_soon()
  virtual void on_turn() {}      // what was asked of wait_for_turn()
  virtual void on_drain() {}     // no further request is waited for
  bool proxy_is_behind() const override { return local_peer_has_unread(fd_.get()); }
  friend std::uint64_t key_of(const Connection& connection) { return connection.key_; }

 private:
  friend class StreamEngine;
  Deadline deadline_;
  std::uint64_t key_ = 0;  // never reused, unlike fd numbers and addresses

 protected:
  StreamEngine& engine_;
  UniqueFd fd_;

 private:
  bool finished_ = false;
};

// A thread, an epoll, a hub::Shard: the home of SSE streams and held polls. It alone touches their
// sockets, so no write can outlive its peer and no fd number is met twice in one pass.
class StreamEngine {
 public:
  // `make_shard` gets the function that wakes this engine.
  using MakeShard = std::function<std::unique_ptr<hub::Shard>(std::function<void()> wake)>;
  StreamEngine(const Clock& clock, const MakeShard& make_shard);
  ~StreamEngine();  // stop()

  void start(const char* thread_name);
  void stop();  // closes what is left, joins

  hub::Shard& shard() { return *shard_; }

  // Any thread: `make` runs on the engine's thread and its connection is started there. False:
  // stopped.
  bool adopt(std::function<std::unique_ptr<Connection>(StreamEngine&)> make);

  // Any thread: the node stops, connections without a request go.
  void drain();

  // --- the engine's thread
  // False: the kernel refused, and the connection has been finished; it must not open a session.
  [[nodiscard]] bool watch(Connection& connection, std::uint32_t epoll_events);
  void rewatch(Connection& connection, std::uint32_t epoll_events);
  // No events any more; the fd is the caller's, still open.
  UniqueFd unwatch(Connection& connection);
  // on_deadline() at `when` (a new call replaces the one before; MonoTime::max(): never).
  void wake_at(Connection& connection, MonoTime when);
  // on_soon() in kSoon. Cheaper than a deadline, for what happens with each batch of events; cannot
  // be taken back.
  void wake_soon(Connection& connection) { soon_.emplace_back(now() + kSoon, connection.key_); }
  static constexpr auto kSoon = limits::kPollLinger;
  // For those behind a proxy on this host whose answers may be many at once. While it has enough of
  // them before it the others wait: true; then on_turn() comes, first come, first served, within
  // kTurnMax. What was asked of wake_soon() waits its turn, too.
  bool wait_for_turn(Connection& connection);
  static constexpr std::chrono::seconds kTurnMax{1};
  void has_answered(Connection& connection, std::size_t events) {
    window_.answered(connection.key_, events, now());
  }
  void came_late() { window_.came_late(now()); }
  // For reading: large, and nobody's beyond the present call.
  std::span<char> scratch() { return scratch_; }
  // Destroyed when nothing is on the stack of it any more, its socket closed if it still has one.
  void finish(Connection& connection);
  MonoTime now() const { return clock_.mono(); }
  const Clock& clock() const { return clock_; }
  std::size_t connections() const { return count_.load(std::memory_order_relaxed); }

 private:
  void run();
  int wait(std::span<epoll_event> events) const;
  void look_forward_to(MonoTime then) const;
  bool have_answers_to_go() const;
  bool may_answer_now();
  int wait_ms() const;
  void run_soon();
  void run_deadlines();
  Connection* find(std::uint64_t key);
  void bury();

  const Clock& clock_;
  UniqueFd epoll_;
  UniqueFd wake_;
  std::unique_ptr<hub::Shard> shard_;
  SlotTable<Connection> connections_;
  std::vector<std::uint64_t> finished_;
  Deadlines deadlines_;
  std::deque<std::pair<MonoTime, std::uint64_t>> soon_;
  std::deque<std::pair<MonoTime, std::uint64_t>> in_turn_;
  ProxyWindow window_;
  std::array<char, 16 * 1024> scratch_{};
  MonoTime next_look_{};  // at a proxy that had enough
  std::size_t answers_in_pass_ = 0;
  MonoTime next_tick_;
  std::optional<MonoTime> resume_at_;  // the shard
  std::atomic<std::size_t> count_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace fairlead::stream
