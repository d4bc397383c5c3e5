#pragma once

#include <atomic>

#include "core/clock.h"

namespace fairlead {

// A clock that stands still until the test moves it. Any thread.
class ManualClock final : public Clock {
 public:
  std::int64_t wall_us() const override { return (1'700'000'000'000 + now_ms_.load()) * 1000; }
  MonoTime mono() const override { return MonoTime(Millis(now_ms_.load())); }
  void advance(Millis by) { now_ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_ms_{1'000'000};
};

}  // namespace fairlead
