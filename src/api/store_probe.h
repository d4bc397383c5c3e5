#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "core/clock.h"
#include "log/writer.h"

namespace fairlead::api {

// Whether the store takes writes, shown by writing: at most one small commit a second, however
// often it is asked. Any thread, does not block.
class StoreProbe {
 public:
  StoreProbe(log::Writer& writer, const Clock& clock) : writer_(writer), clock_(clock) {}

  // `done` at once when the last answer is fresh or the writer has been busy with a probe for
  // longer than 5 s (then: false); else with the next commit, on the writer's thread.
  void check(std::function<void(bool writable)> done);

 private:
  void start();

  log::Writer& writer_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<MonoTime> asked_at_;                // guarded by mutex_; of the probe under way
  std::optional<MonoTime> answered_at_;             // guarded by mutex_
  bool writable_ = false;                           // guarded by mutex_
  std::vector<std::function<void(bool)>> waiting_;  // guarded by mutex_
};

}  // namespace fairlead::api
