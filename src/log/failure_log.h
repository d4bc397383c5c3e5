#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace fairlead::log {

// Log lines about failures that may come with every message (a full disk): one line a second, which
// says how many it stands for. Any thread; does not block.
class FailureLog {
 public:
  // `event`: the line's first word. `what`: for the operator.
  void report(std::string_view event, std::string_view what);

 private:
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_;  // guarded by mutex_
  std::uint64_t left_out_ = 0;                  // guarded by mutex_
};

}  // namespace fairlead::log
