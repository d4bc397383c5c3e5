#pragma once

#include <atomic>
#include <cstdint>

namespace fairlead {

// A number that one thread counts and any thread may read: no locked instruction.
class Counter {
 public:
  Counter& operator+=(std::uint64_t by) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    return *this;
  }
  Counter& operator++() { return *this += 1; }
  Counter& operator--() { return *this += static_cast<std::uint64_t>(-1); }
  operator std::uint64_t() const {
    return value_.load(std::memory_order_relaxed);
  }  // NOLINT: it is a number

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace fairlead
