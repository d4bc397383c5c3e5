#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/ids.h"
#include "log/failure_log.h"
#include "log/writer.h"

namespace fairlead::log {

struct FollowerStats {
  std::uint64_t gaps = 0;         // times the store was read, because a batch was missing
  std::uint64_t gap_events = 0;   // events that came by that way
  std::uint64_t late_events = 0;  // came again, or when they had been read from the store already
};

// The whole log, in order and once, whoever writes it. This node's writer offers its commits, the
// bus what other nodes say of theirs: hints, that may be lost, late, repeated or out of order. What
// follows on what has gone before is passed on at once; anything else only says that the store has
// more, and is read from there (G2, G8). Looks into the store now and then even if nobody offers
// anything.
//
// Subscribers are called on whichever thread brings the next events, one call at a time.
class Follower {
 public:
  using Subscriber = std::function<void(const BatchPtr&)>;
  // Everything up to this position that has not been passed on is no longer in the store.
  using LostListener = std::function<void(LogPosition)>;
  static constexpr std::chrono::milliseconds kLook{100};  // without hints: how late an event may be

  // `head`: the first batch begins right behind it. Throws StoreFailure.
  Follower(store::Store& store, LogPosition head);
  ~Follower();  // stop()

  // Before start(). Must not block, nor call the follower.
  void subscribe(Subscriber subscriber);
  // The same. This node was stopped for longer than the log is kept: the next batch begins right
  // behind that position. If it throws, it is called again when it is time to look.
  void on_lost(LostListener listener) { lost_ = std::move(listener); }
  void start();
  void stop();

  // Any thread; does not block for longer than the subscribers take. `batch`: consecutive events.
  void offer(const BatchPtr& batch);

  FollowerStats stats() const;

 private:
  struct Page {
    LogPosition floor;
    BatchPtr batch;  // null: nothing
  };

  void run();
  // What is behind `after` in the store, as far as one page goes.
  Page read(LogPosition after);
  bool skip_to(LogPosition floor);  // false: later
  // What of it was passed on; null: nothing.
  BatchPtr pass_on(const BatchPtr& batch);

  // Opened before the thread begins, so that a store that cannot be read fails the start.
  const std::unique_ptr<store::Store::Reader> reader_;
  std::vector<Subscriber> subscribers_;  // constant after start()
  LostListener lost_;                    // the same
  std::thread thread_;
  FailureLog failures_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  LogPosition given_;      // guarded by mutex_
  bool missing_ = false;   // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  FollowerStats stats_;    // guarded by mutex_
};

}  // namespace fairlead::log
