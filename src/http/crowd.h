#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/clock.h"

namespace fairlead::http {

// While anybody has it, its client is still coming in: its request is unanswered, or what has taken
// its connection over has not begun yet. Null: the client came alone, and nobody waits for it.
using Arrival = std::shared_ptr<const void>;

// The pace at which a worker lets in a crowd, that is many whose first request comes at the same
// time: a group, and when all of that are in, the same time once more for those who are here
// already, which share the processor with it; at the latest kGroupMax after the group before. One
// thread: the worker's.
class Crowd {
 public:
  static constexpr std::size_t kFrom = 8;  // so many at once are one
  static constexpr std::size_t kGroup = 16;
  static constexpr std::chrono::microseconds kGroupMax{3200};  // 5,000 clients a second at least

  // When the next group may come.
  MonoTime next() const { return next_; }
  // The group's number.
  std::uint64_t begin(MonoTime now) {
    began_ = now;
    next_ = now + kGroupMax;
    return ++group_;
  }
  void are_in(std::uint64_t group, MonoTime now) {
    if (group == group_) next_ = std::min(next_, now + (now - began_));
  }

 private:
  std::uint64_t group_ = 0;
  MonoTime began_{};
  MonoTime next_{};
};

}  // namespace fairlead::http
