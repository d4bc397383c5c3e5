#pragma once

#include <deque>

#include "core/limits.h"
#include "log/writer.h"

namespace fairlead::log {

// The newest events of the log, in memory: what most resumes need. One thread (each shard has its
// own; the events themselves are shared). Bounded in events and bytes; the oldest go first.
class Tail {
 public:
  explicit Tail(LogPosition head = {}, std::size_t events_max = limits::kTailEventsMax,
                std::size_t bytes_max = limits::kTailBytesMax)
      : head_(head), events_max_(events_max), bytes_max_(bytes_max) {}

  // `event` must be the successor of head().
  void append(store::EventPtr event);

  // The log goes on behind `head`; what was in between is not known.
  void begin_anew(LogPosition head) {
    events_.clear();
    bytes_ = 0;
    head_ = head;
  }

  LogPosition head() const { return head_; }
  // Whether every event after `position` is here (true for position == head()).
  bool reaches_back_to(LogPosition position) const;
  // The event right after `position`; only if reaches_back_to(position) and position < head().
  const store::Event& after(LogPosition position) const;

 private:
  std::deque<store::EventPtr> events_;  // consecutive positions, the last is head_
  LogPosition head_;
  std::size_t bytes_ = 0;
  const std::size_t events_max_;
  const std::size_t bytes_max_;
};

}  // namespace fairlead::log
