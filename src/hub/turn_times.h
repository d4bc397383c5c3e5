#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "core/counter.h"

namespace fairlead::hub {

// How long a shard held its thread, turn by turn: a histogram and the longest, and the most that
// one used of the processor, which others may have had in between. Written by the shard's thread,
// read by any.
class TurnTimes {
 public:
  static constexpr std::array<std::int64_t, 7> kBounds_us = {100,  500,    1000,  2000,
                                                             5000, 10'000, 50'000};

  struct Sum {
    std::array<std::uint64_t, kBounds_us.size() + 1> counts{};  // the last: longer than all bounds
    std::uint64_t total_us = 0;
    std::int64_t longest_us = 0;
    std::int64_t longest_cpu_us = 0;
  };

  void add(std::chrono::nanoseconds time) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    const auto bucket =
        std::lower_bound(kBounds_us.begin(), kBounds_us.end(), us) - kBounds_us.begin();
    ++counts_[static_cast<std::size_t>(bucket)];
    total_us_ += static_cast<std::uint64_t>(us);
    raise(longest_us_, us);
  }
  void add_cpu(std::chrono::nanoseconds time) {
    raise(longest_cpu_us_, std::chrono::duration_cast<std::chrono::microseconds>(time).count());
  }

  void add_to(Sum& sum) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) sum.counts[i] += counts_[i];
    sum.total_us += total_us_;
    sum.longest_us = std::max(sum.longest_us, longest_us_.load(std::memory_order_relaxed));
    sum.longest_cpu_us =
        std::max(sum.longest_cpu_us, longest_cpu_us_.load(std::memory_order_relaxed));
  }

 private:
  static void raise(std::atomic<std::int64_t>& longest, std::int64_t us) {
    if (us > longest.load(std::memory_order_relaxed)) longest.store(us, std::memory_order_relaxed);
  }

  std::array<Counter, kBounds_us.size() + 1> counts_;
  Counter total_us_;
  std::atomic<std::int64_t> longest_us_{0};
  std::atomic<std::int64_t> longest_cpu_us_{0};
};

}  // namespace fairlead::hub
