#pragma once

#include <algorithm>
#include <chrono>

#include "core/clock.h"

namespace fairlead::websocket {

// How much one connection may say: a bucket that is full with `burst` and is refilled with
// `per_second`. A plain value; one thread.
class CommandBudget {
 public:
  CommandBudget(double burst, MonoTime now) : left_(burst), at_(now) {}

  // False: spent. A refused command costs nothing.
  bool take(double cost, MonoTime now, double per_second, double burst) {
    const std::chrono::duration<double> since = now - at_;
    left_ = std::min(burst, left_ + since.count() * per_second);
    at_ = now;
    if (left_ < cost) return false;
    left_ -= cost;
    return true;
  }

 private:
  double left_;
  MonoTime at_;
};

}  // namespace fairlead::websocket
