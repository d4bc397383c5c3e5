#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <mutex>

#include "core/clock.h"

namespace fairlead::redis {

// Owns a libuv loop. Made and destroyed by the owner; run() on the loop's thread. Everything that
// lives on the loop is destroyed on that thread, or after it has ended.
class EventLoop {
 public:
  // `woken` runs on the loop's thread after wake(); several wake() may cause one call.
  explicit EventLoop(std::function<void()> woken);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  uv_loop_t* get() { return &loop_; }
  void run();    // until stop(); blocks SIGPIPE in the thread
  void stop();   // loop's thread
  void wake();   // any thread, at any time while the object lives
  void close();  // loop's thread, after run(): no wake() gets through any more; closes all handles
  MonoTime now();  // loop's thread: cached at the start of the iteration

 private:
  uv_loop_t loop_;
  uv_async_t async_;
  std::function<void()> woken_;
  std::mutex mutex_;  // held while signalling: libuv aborts if a loop that is closed is signalled
  bool closed_ = false;  // guarded by mutex_
};

// A one-shot timer on a loop. Belongs to the loop's thread; the handle outlives the object until
// the loop has let go of it.
class LoopTimer {
 public:
  LoopTimer(EventLoop& loop, std::function<void()> fired);
  ~LoopTimer();
  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

  void start(Millis after);  // again: the new time replaces the old one
  void stop();
  bool active() const;

 private:
  struct Handle {
    uv_timer_t timer;
    std::function<void()> fired;
  };
  std::unique_ptr<Handle> handle_;
};

}  // namespace fairlead::redis
