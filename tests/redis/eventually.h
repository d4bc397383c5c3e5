#pragma once

#include <chrono>
#include <thread>

#include "core/clock.h"

namespace fairlead::redis {

// Polls until the condition holds; false: it did not within the deadline.
template <typename Condition>
bool eventually(Condition condition, Millis within = Millis(20'000)) {
  const MonoTime deadline = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(Millis(2));
  }
  return true;
}

}  // namespace fairlead::redis
