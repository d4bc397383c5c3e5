#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/clock.h"

namespace fairlead::stream {

// When which connection wants to be woken: at most one time each, so that a stream which sets its
// time anew with every write (max_life, flush=1) costs no more than one that never does. One
// thread.
class Deadlines {
 public:
  // In place of the one before; MonoTime::max(): never.
  void set(std::uint64_t key, MonoTime when) {
    const auto it = by_key_.find(key);
    if (it != by_key_.end()) {
      if (it->second == when) return;
      by_time_.erase({it->second, key});
      by_key_.erase(it);
    }
    if (when == MonoTime::max()) return;
    by_key_.emplace(key, when);
    by_time_.emplace(when, key);
  }
  void forget(std::uint64_t key) { set(key, MonoTime::max()); }

  std::optional<MonoTime> next() const {
    if (by_time_.empty()) return std::nullopt;
    return by_time_.begin()->first;
  }
  // The first one whose time has come, which then has none any more.
  std::optional<std::uint64_t> take_due(MonoTime now) {
    if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
    const auto key = by_time_.begin()->second;
    forget(key);
    return key;
  }
  std::size_t size() const { return by_time_.size(); }

 private:
  std::unordered_map<std::uint64_t, MonoTime> by_key_;
  std::set<std::pair<MonoTime, std::uint64_t>> by_time_;
};

}  // namespace fairlead::stream
