#pragma once

#include <atomic>

#include "core/clock.h"

namespace fairlead::chat {

// A clock that stands still until the test moves it. Any thread.
class ManualClock final : public Clock {
 public:
  std::int64_t wall_us() const override { return (1'800'000'000'000 + elapsed_ms_) * 1000; }
  MonoTime mono() const override {
    return MonoTime{} + std::chrono::hours(1) + Millis(elapsed_ms_);
  }
  void advance(Millis time) { elapsed_ms_ += time.count(); }

 private:
  std::atomic<std::int64_t> elapsed_ms_{0};
};

}  // namespace fairlead::chat
