#pragma once

#include <chrono>
#include <cstdint>

namespace fairlead {

using MonoTime = std::chrono::steady_clock::time_point;
using Millis = std::chrono::milliseconds;

// The time, as a thing that a test can set. Thread-safe, does not block.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t wall_us() const = 0;  // microseconds since 1970-01-01 UTC
  std::int64_t wall_ms() const { return wall_us() / 1000; }
  virtual MonoTime mono() const = 0;  // for deadlines; never goes back
};

const Clock& system_clock();

// What the calling thread has used of its processor. A system call, unlike the others.
std::chrono::nanoseconds thread_cpu_time();

}  // namespace fairlead
