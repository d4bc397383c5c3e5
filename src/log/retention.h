#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/clock.h"
#include "log/writer.h"

namespace fairlead::log {

// Forgets events older than the retention, and what deleted rooms and expired tokens left behind, a
// bounded slice per commit so that nobody waits for it. A thread of its own that mostly sleeps.
// Messages stay; only resuming from that far back ends (hello: `reset`).
class Retention {
 public:
  // `keep` 0: events stay for ever.
  Retention(Writer& writer, const Clock& clock, std::chrono::hours keep);
  ~Retention();  // stop()
  void start();
  void stop();  // before the writer's

 private:
  void run();
  void prune();

  Writer& writer_;
  const Clock& clock_;
  const std::chrono::milliseconds keep_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  bool more_ = false;      // guarded by mutex_: the last slice was full
};

}  // namespace fairlead::log
