#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace fairlead::stream {

// When which connection wants to be woken: one time each, kept with the connection itself
// (Deadline). The heap holds for each a time that is not later than that: who moves a deadline
// later, as each poll does, touches nothing but the connection. One thread.
struct Deadline {
  MonoTime due = MonoTime::max();
  MonoTime noted = MonoTime::max();  // the earliest of its times in the heap
};

class Deadlines {
 public:
  // In place of the one before; MonoTime::max(): never.
  void set(std::uint64_t key, Deadline& deadline, MonoTime when) {
    deadline.due = when;
    if (when >= deadline.noted) return;
    deadline.noted = when;
    heap_.emplace(when, key);
  }

  std::optional<MonoTime> next() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.top().first;
  }

  // Of those that may be due the next one's key; the caller looks it up and asks is_due().
  std::optional<std::pair<MonoTime, std::uint64_t>> take(MonoTime now) {
    if (heap_.empty() || heap_.top().first > now) return std::nullopt;
    const auto first = heap_.top();
    heap_.pop();
    return first;
  }
  // Whether `deadline` is due, of which take() has brought `noted`. Then it has none any more.
  bool is_due(std::uint64_t key, Deadline& deadline, MonoTime noted, MonoTime now) {
    if (noted != deadline.noted)
      return false;  // an earlier time was noted since, and has been taken
    deadline.noted = MonoTime::max();
    if (deadline.due > now) {
      if (deadline.due != MonoTime::max()) set(key, deadline, deadline.due);
      return false;
    }
    deadline.due = MonoTime::max();
    return true;
  }
  std::size_t size() const { return heap_.size(); }

 private:
  using Entry = std::pair<MonoTime, std::uint64_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace fairlead::stream
