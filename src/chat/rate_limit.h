#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "core/clock.h"
#include "core/error.h"

namespace fairlead::chat {

// So many in so long, and how many may come at once.
struct Rate {
  int count = 5;  // 0: unlimited
  std::chrono::milliseconds per = std::chrono::seconds(5);
  int burst = 10;  // at least 1
};

// What a client is told (RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After).
struct Quota {
  std::int64_t limit = 0;  // 0: unlimited, nothing to tell
  std::int64_t remaining = 0;
  std::int64_t reset_s = 0;        // until all of `limit` is there again
  std::int64_t retry_after_s = 0;  // until the next one may come; 0: now
};

struct Charge {
  bool allowed = true;
  Quota quota;
};

// `rate_limited` with the headers that tell the client when to come again.
Error rate_limited(const Quota& quota, std::string detail);

// The generic cell rate algorithm (ITU-T I.371): one time stamp per key, no timers. Any thread; a
// mutex around a hash map, never held for long. Memory is bounded: a key whose quota is whole again
// is forgotten, and beyond `keys_max` keys an arbitrary one gets its quota back early.
template <typename Key, typename Hash = std::hash<Key>>
class RateLimiter {
 public:
  explicit RateLimiter(Rate rate, std::size_t keys_max = 50'000)
      : rate_{rate.count, rate.per, std::max(rate.burst, 1)},
        interval_(rate.count > 0 ? std::chrono::duration_cast<Nanos>(rate.per) / rate.count
                                 : Nanos{0}),
        keys_max_(std::max<std::size_t>(keys_max, 1)) {}

  bool unlimited() const { return rate_.count <= 0; }

  // Takes one, or says when there will be one again.
  Charge charge(const Key& key, MonoTime now) {
    if (unlimited()) return {};
    std::lock_guard lock(mutex_);
    auto found = full_at_.find(key);
    const MonoTime full_at = found == full_at_.end() ? now : std::max(found->second, now);
    const auto wait = full_at + interval_ - now - interval_ * rate_.burst;
    if (wait > Nanos{0}) return {false, quota(full_at, now, wait)};
    if (found == full_at_.end()) {
      make_room(now);
      found = full_at_.emplace(key, now).first;
    }
    found->second = full_at + interval_;
    return {true, quota(found->second, now, Nanos{0})};
  }

  // Gives one back.
  Quota refund(const Key& key, MonoTime now) {
    if (unlimited()) return {};
    std::lock_guard lock(mutex_);
    const auto found = full_at_.find(key);
    if (found == full_at_.end()) return quota(now, now, Nanos{0});
    found->second -= interval_;
    return quota(std::max(found->second, now), now, Nanos{0});
  }

  std::size_t keys() const {
    std::lock_guard lock(mutex_);
    return full_at_.size();
  }

 private:
  using Nanos = std::chrono::nanoseconds;

  Quota quota(MonoTime full_at, MonoTime now, Nanos wait) const {
    const auto seconds = [](Nanos t) { return std::chrono::ceil<std::chrono::seconds>(t).count(); };
    const auto used = (full_at - now + interval_ - Nanos{1}) / interval_;
    return {rate_.burst, std::max<std::int64_t>(rate_.burst - used, 0), seconds(full_at - now),
            seconds(wait)};
  }

  // Before a new key. Looking through all keys is paid for by as many new ones.
  void make_room(MonoTime now) {
    if (until_sweep_ == 0) {
      std::erase_if(full_at_, [now](const auto& entry) { return entry.second <= now; });
      until_sweep_ = std::max<std::size_t>(full_at_.size(), 1024);
    }
    --until_sweep_;
    if (full_at_.size() >= keys_max_) full_at_.erase(full_at_.begin());
  }

  const Rate rate_;
  const Nanos interval_;  // between two, at the steady rate
  const std::size_t keys_max_;
  mutable std::mutex mutex_;
  std::unordered_map<Key, MonoTime, Hash>
      full_at_;                     // guarded by mutex_; when the quota is whole again
  std::size_t until_sweep_ = 1024;  // guarded by mutex_; new keys to come
};

}  // namespace fairlead::chat
