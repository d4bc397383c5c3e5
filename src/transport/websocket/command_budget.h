#pragma once

#include <algorithm>
#include <chrono>

#include "core/clock.h"

namespace fairlead::websocket {

// How much one connection may say: a bucket that holds `burst` and is refilled with `per_second`. A
// plain value; one thread.
class CommandBudget {
 public:
  CommandBudget(double per_second, double burst, MonoTime now)
      : per_second_(per_second), burst_(burst), left_(burst), at_(now) {}

  // False: spent. A refused command costs nothing.
  bool take(double cost, MonoTime now) {
    const std::chrono::duration<double> since = now - at_;
    left_ = std::min(burst_, left_ + since.count() * per_second_);
    at_ = now;
    if (left_ < cost) return false;
    left_ -= cost;
    return true;
  }

 private:
  double per_second_;
  double burst_;
  double left_;
  MonoTime at_;
};

}  // namespace fairlead::websocket
