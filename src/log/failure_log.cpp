#include "log/failure_log.h"

#include <utility>

#include "core/log_line.h"

namespace fairlead::log {

void FailureLog::report(std::string_view event, std::string_view what) {
  std::uint64_t left_out;
  {
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) {
      ++left_out_;
      return;
    }
    next_ = now + std::chrono::seconds(1);
    left_out = std::exchange(left_out_, 0);
  }
  log_error("{} left_out={} what=\"{}\"", event, left_out, what);
}

}  // namespace fairlead::log
