#pragma once

#include <algorithm>
#include <cstdint>

#include "core/clock.h"
#include "core/random.h"

namespace fairlead::redis {

// How long to wait before the next attempt to connect: half to all of a step that doubles, so that
// nodes that lost Redis together do not return together. One thread.
class Backoff {
 public:
  static constexpr Millis kFirst{100};

  explicit Backoff(Millis max) : max_(max) {}

  // Counts an attempt that failed.
  Millis next() {
    const auto step = std::min(kFirst * (1 << std::min(attempts_++, 10U)), max_).count();
    const auto half = static_cast<std::uint64_t>(step / 2);
    return Millis(step / 2 + static_cast<std::int64_t>(random_u64() % (half + 1)));
  }
  unsigned attempts() const { return attempts_; }
  // All is well again: the next wait is a short one.
  void reset() { attempts_ = 0; }
  // Not each attempt is worth a line in the log.
  bool is_worth_a_word() const { return attempts_ == 1 || attempts_ % 60 == 0; }

 private:
  const Millis max_;
  unsigned attempts_ = 0;
};

}  // namespace fairlead::redis
